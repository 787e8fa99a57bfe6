"""Kets that fit into a cache: gate by gate, with as little ceremony as Python allows.

Here a gate costs its calls, not its arithmetic. One-qubit gates therefore wait, and are multiplied together,
until a gate on more qubits needs theirs; then all that wait in one half of the register are applied as one
matrix product with the ket seen as a matrix of left-half rows and right-half columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from qlab._validate import ComplexArray
from qlab.circuits import Operation
from qlab.gates import GATES
from qlab.simulator._kernels import apply_in_place, one_qubit, parts_of

Entries = tuple[complex, complex, complex, complex]


@lru_cache(maxsize=4096)
def _single(name: str, params: tuple[complex, ...]) -> Entries:
    return tuple(GATES[name].matrix(*params).ravel().tolist())  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def _double(name: str, params: tuple[complex, ...]) -> tuple[tuple[int, ...], Entries] | None:
    """The basis states that a two-qubit gate changes, if these are two or fewer, and what it does to them."""
    m = GATES[name].matrix(*params)
    active = tuple([i for i in range(4) if m[i, i] != 1 or np.count_nonzero(m[i]) > 1])
    if len(active) > 2 or len(m) != 4:
        return None
    i, j = (active[0], active[-1]) if active else (0, 0)  # an angle of zero changes none
    return active, tuple(m[[i, i, j, j], [i, j, i, j]].tolist())


def _product(a: Entries, b: Entries) -> Entries:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    )


class _Waiting:
    """One-qubit gates not yet applied."""

    def __init__(self, n: int, ket: ComplexArray) -> None:
        self.n, self.ket = n, ket
        self.gates: list[Entries | None] = [None] * n

    def add(self, q: int, gate: Entries) -> None:
        """A further gate on a qubit."""
        before = self.gates[q]
        self.gates[q] = gate if before is None else _product(gate, before)

    def flush(self, q: int) -> None:
        """Apply what waits on a qubit, and what waits beside it."""
        if self.gates[q] is None:
            return
        cut = self.n // 2
        half = range(cut) if q < cut else range(cut, self.n)
        present = [p for p in half if self.gates[p] is not None]
        if len(present) < 3 or len(half) > 7:
            for p in present:
                zero, one = parts_of(self.ket, (p,), self.n)
                one_qubit(zero, one, self.gates[p])
        else:
            total: ComplexArray = np.ones((1, 1), dtype=self.ket.dtype)
            for p in half:
                gate: ComplexArray = np.array(self.gates[p] or (1, 0, 0, 1), dtype=self.ket.dtype).reshape(2, 2)
                size = 2 * len(total)
                total = (total[:, None, :, None] * gate[:, None, :]).reshape(size, size)
            matrix = self.ket.reshape(2**cut, -1)
            matrix[...] = total @ matrix if q < cut else matrix @ total.T
        for p in present:
            self.gates[p] = None


def run_small(n: int, operations: Sequence[Operation], ket: ComplexArray) -> None:
    """Overwrite a ket of n qubits with the ket after gates."""
    waiting = _Waiting(n, ket)
    for o in operations:
        qubits = o.qubits
        if len(qubits) == 1:
            waiting.add(qubits[0], o.params if o.name == "unitary" else _single(o.name, o.params))  # type: ignore[arg-type]
            continue
        for q in qubits:
            waiting.flush(q)
        known: Any = _double(o.name, o.params) if len(qubits) == 2 and o.name != "unitary" else None
        if known is None:
            apply_in_place(ket, o.matrix(), qubits, n)
            continue
        active, entries = known
        parts = parts_of(ket, qubits, n)
        if len(active) == 2:
            one_qubit(parts[active[0]], parts[active[1]], entries)
        elif active:
            parts[active[0]] *= entries[0]
    for q in range(n):
        waiting.flush(q)
