"""What several tasks of unit 01 share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab.gates import random_unitary

Matrix = NDArray[Any]


def rotated(rho: Matrix, rng: np.random.Generator) -> Matrix:
    """A two-qubit state after a random local unitary on each side, Hermitian to the last bit."""
    local = np.kron(random_unitary(2, rng), random_unitary(2, rng))
    result: Matrix = local @ rho @ local.conj().T
    return (result + result.conj().T) / 2
