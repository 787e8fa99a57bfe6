"""One gate on one array of amplitudes, without transposing it: the kernels for small kets and for batches of kets.

An array of any number of kets of n qubits is a flat array whose last 2ⁿ entries are one ket; the leading
length is free, so that one call serves a whole batch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Amplitudes = NDArray[np.complexfloating[Any, Any]]


@lru_cache(maxsize=4096)
def _layout(qubits: tuple[int, ...], n: int) -> tuple[tuple[int, ...], tuple[tuple[Any, ...], ...]]:
    """Shape that gives each of some qubits its own axis, and the index of each of their 2**k values."""
    shape: list[int] = [-1]
    previous = -1
    axis = {}
    for q in sorted(qubits):
        if shape[-1] == -1:
            shape.append(2)
        else:
            shape[-1] = 2 ** (q - previous - 1)
            shape.append(2)
        axis[q] = len(shape) - 1
        shape.append(1)
        previous = q
    shape[-1] = 2 ** (n - 1 - previous)
    k = len(qubits)
    picks = []
    for value in range(2**k):
        pick: list[Any] = [slice(None)] * len(shape)
        for place, q in enumerate(qubits):
            pick[axis[q]] = value >> (k - 1 - place) & 1
        picks.append(tuple(pick))
    return tuple(shape), tuple(picks)


def parts_of(kets: Amplitudes, qubits: tuple[int, ...], n: int) -> list[Amplitudes]:
    """Views of the amplitudes with each of the 2**k values of some qubits."""
    shape, picks = _layout(qubits, n)
    view = kets.reshape(shape)
    return [view[pick] for pick in picks]


def apply_in_place(kets: Amplitudes, matrix: Amplitudes, qubits: tuple[int, ...], n: int) -> None:
    """Overwrite kets with a (2**k, 2**k) matrix applied to k of their n qubits.

    Zeros of the matrix cost nothing, so a diagonal gate, a permutation or a controlled gate touches only
    the amplitudes that it changes.
    """
    parts = parts_of(kets, qubits, n)
    if len(qubits) == 1:
        one_qubit(parts[0], parts[1], matrix.ravel().tolist())
        return
    rows = matrix.tolist()
    if len(qubits) > 3:
        gathered = np.stack(parts).reshape(len(parts), -1)
        mixed = (matrix.astype(kets.dtype, copy=False) @ gathered).reshape((len(parts), *parts[0].shape))
        for part, new in zip(parts, mixed, strict=True):
            part[...] = new
        return
    active = [i for i, row in enumerate(rows) if row[i] != 1 or any(x != 0 for j, x in enumerate(row) if j != i)]
    if len(active) == 2:
        i, j = active
        one_qubit(parts[i], parts[j], [rows[i][i], rows[i][j], rows[j][i], rows[j][j]])
        return
    fresh = [_combined(rows[i], parts) for i in active]
    for i, new in zip(active, fresh, strict=True):
        parts[i][...] = new


def one_qubit(zero: Amplitudes, one: Amplitudes, entries: Any) -> None:
    """Overwrite the amplitudes of |0⟩ and |1⟩ by a 2×2 matrix, given row by row."""
    a, b, c, d = entries
    if b == 0 and c == 0:
        if a != 1:
            zero *= a
        if d != 1:
            one *= d
        return
    if a == 0 and d == 0:
        kept = zero * c if c != 1 else zero.copy()
        zero[...] = one
        one[...] = kept
        if b != 1:
            zero *= b
        return
    kept = zero * c
    zero *= a
    zero += one * b
    one *= d
    one += kept


def _combined(row: list[complex], parts: list[Amplitudes]) -> Amplitudes:
    terms = [(x, part) for x, part in zip(row, parts, strict=True) if x != 0]
    if not terms:
        return np.zeros_like(parts[0])
    total: Amplitudes = terms[0][1] * terms[0][0]
    for x, part in terms[1:]:
        total += part * x if x != 1 else part
    return total
