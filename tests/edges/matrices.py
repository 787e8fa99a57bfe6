"""Second ways to the matrices and numbers of states, written out and in plain loops."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np


def matrix(value: Any) -> Any:
    """Density matrix of a ket or density matrix, as NumPy reads it."""
    array = np.array(value, dtype=complex)
    return np.einsum("i,j->ij", array, array.conj()) if array.ndim == 1 else array


def width(array: Any) -> int:
    """Number of qubits."""
    return len(array).bit_length() - 1


def embedded(operator: Any, qubits: Any, n: int) -> Any:
    """An operator on some of n qubits as a matrix on all, entry by entry."""
    block, places = np.array(operator, dtype=complex), [int(q) for q in qubits]
    others = [q for q in range(n) if q not in places]
    full = np.zeros((2**n, 2**n), dtype=complex)
    for row, column in product(product((0, 1), repeat=n), repeat=2):
        if all(row[q] == column[q] for q in others):
            i, j = (int("0" + "".join(str(bits[q]) for q in places), 2) for bits in (row, column))
            full[int("".join(map(str, row)), 2), int("".join(map(str, column)), 2)] = block[i, j]
    return full


def traced(rho: Any, keep: Any) -> Any:
    """Reduced density matrix, Σ ⟨k|ρ|k⟩ over the basis states of what is dropped."""
    full, kept = matrix(rho), [int(q) for q in keep]
    n = width(full)
    dropped = [q for q in range(n) if q not in kept]
    total = np.zeros((2 ** len(kept),) * 2, dtype=complex)
    for bits in product((0, 1), repeat=len(dropped)):
        rows = []
        for kept_bits in product((0, 1), repeat=len(kept)):
            whole = dict(zip(kept, kept_bits, strict=True)) | dict(zip(dropped, bits, strict=True))
            rows.append(int("".join(str(whole[q]) for q in range(n)), 2))
        total += full[np.ix_(rows, rows)]
    return total


def transposed(rho: Any, subsystem: Any) -> Any:
    """Partial transpose, entry by entry."""
    before = matrix(rho)
    n = width(before)
    mask = sum(1 << (n - 1 - int(q)) for q in subsystem)
    result = np.empty_like(before)
    for i, j in product(range(2**n), repeat=2):
        result[i & ~mask | j & mask, j & ~mask | i & mask] = before[i, j]
    return result


def bits_of_entropy(rho: Any) -> float:
    """-Σ p log₂ p of the eigenvalues."""
    return float(-sum(p * np.log2(p) for p in np.linalg.eigvalsh(matrix(rho)) if p > 1e-15))
