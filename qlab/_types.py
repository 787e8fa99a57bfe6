"""The array types of the package, each named once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complexfloating[Any, Any]]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Bits = NDArray[np.uint8]
"""Zeros and ones: results of measurements have shape (shots, k)."""

Split = Callable[[FloatArray, FloatArray], FloatArray]
"""From weights of shape (B,) and probabilities of shape (B, m) to the weights of the children, shape (B, m)."""
