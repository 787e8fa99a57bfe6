"""The ket after gates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlab import _memory
from qlab._kernels import apply_in_place
from qlab._validate import ComplexArray
from qlab.circuits import Operation


def evolve(n: int, gates: Sequence[Operation], initial: ComplexArray | None, dtype: Any) -> ComplexArray:
    """New ket of shape (2**n,) after gates, from ``initial`` or from |0…0⟩."""
    size = np.dtype(dtype).itemsize
    _memory.require(size << n, n, f"a ket of {np.dtype(dtype).name}")
    if initial is None:
        ket: ComplexArray = np.zeros(2**n, dtype=dtype)
        ket[0] = 1
    else:
        ket = np.array(initial, dtype=dtype)
    for gate in gates:
        apply_in_place(ket, gate.matrix(), gate.qubits, n)
    return ket
