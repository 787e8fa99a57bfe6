"""Fewer, larger matrices: gates are drawn together into windows of a few qubits.

A dense ket of 2²⁰ amplitudes does not fit into the fast caches, so what a gate costs is mostly the trip through
memory. A window of k qubits makes one trip for all gates that it absorbs, at 2ᵏ multiplications an amplitude;
four or five qubits are best in NumPy, measured in `COST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qlab._validate import ComplexArray
from qlab.circuits import Operation

COST = (0.0, 1.4, 1.5, 1.75, 2.25, 3.15)
"""Nanoseconds an amplitude of a window of k qubits (complex64, one thread of a 2024 server): only ratios matter."""

WIDEST = 5

APART = 0.8
"""What a window's share of the copies costs that bring wires together, in the same unit."""

END = (0.0, 2.5, 2.5, 1.4, 0.7)
"""What a window pays for 0, 1, 2, … wires behind it: short rows make slow products."""


def cost(places: set[int], n: int) -> float:
    """Price of a window on some of n places."""
    last, price = max(places), COST[min(len(places), WIDEST)]
    if last - min(places) >= len(places):
        return price + APART
    behind = n - 1 - last
    return price + END[behind] if behind < len(END) else price


class Gate(NamedTuple):
    """A matrix on qubits, wires already relabelled."""

    qubits: tuple[int, ...]
    matrix: ComplexArray
    diagonal: bool


_DIAGONAL = frozenset({"i", "z", "s", "sdg", "t", "tdg", "rz", "phase", "cz", "rzz", "cphase"})


@lru_cache(maxsize=2048)
def _named(name: str, params: tuple[complex, ...], width: int) -> tuple[ComplexArray, bool]:
    return Operation(name, tuple(range(width)), params).matrix(), name in _DIAGONAL


def _entries(o: Operation) -> tuple[ComplexArray, bool]:
    """Matrix of a gate, and whether it is diagonal."""
    if o.name != "unitary":
        return _named(o.name, o.params, len(o.qubits))
    matrix = o.matrix()
    if len(matrix) == 2:
        return matrix, o.params[1] == 0 == o.params[2]
    return matrix, np.count_nonzero(matrix) == len(matrix) == np.count_nonzero(matrix.diagonal())


def relabelled(n: int, operations: Sequence[Operation]) -> tuple[list[Gate], list[int]]:
    """Gates on wires, and the wire on which each qubit starts.

    A SWAP moves nothing: each wire is named after the qubit that it holds at the end.
    """
    wire = list(range(n))
    gates = []
    for o in reversed(operations):
        if o.name == "swap":
            a, b = o.qubits
            wire[a], wire[b] = wire[b], wire[a]
        else:
            gates.append(Gate(tuple([wire[q] for q in o.qubits]), *_entries(o)))
    return gates[::-1], wire


def _beside(left: ComplexArray, right: ComplexArray) -> ComplexArray:
    """Tensor product of two 2×2 matrices, several times faster than `numpy.kron`."""
    return (left[:, None, :, None] * right[None, :, None, :]).reshape(4, 4)


def merged(gates: Sequence[Gate]) -> list[Gate]:
    """The same gates, those on one qubit drawn into a neighbour and those on one pair into each other."""
    result: list[Gate] = []
    waiting: dict[int, ComplexArray] = {}
    latest: dict[int, int] = {}
    for gate in gates:
        if len(gate.qubits) == 1:
            q = gate.qubits[0]
            waiting[q] = gate.matrix @ waiting[q] if q in waiting else gate.matrix
            continue
        matrix = gate.matrix
        if len(gate.qubits) == 2:
            a, b = gate.qubits
            if a in waiting or b in waiting:
                matrix = matrix @ _beside(waiting.pop(a, _IDENTITY), waiting.pop(b, _IDENTITY))
            place = latest.get(a, -1)
            if place >= 0 and place == latest.get(b, -1) and len(result[place].qubits) == 2:
                before = result[place]
                if before.qubits != gate.qubits:
                    matrix = matrix[_FLIP][:, _FLIP]
                result[place] = Gate(before.qubits, matrix @ before.matrix, False)
                continue
        else:
            for q in gate.qubits:
                if q in waiting:
                    latest[q] = len(result)
                    result.append(Gate((q,), waiting.pop(q), False))
        for q in gate.qubits:
            latest[q] = len(result)
        result.append(Gate(gate.qubits, matrix, False))
    for q, last in waiting.items():
        place = latest.get(q, -1)
        if place >= 0 and len(result[place].qubits) == 2:
            a, b = result[place].qubits
            side = _beside(last, _IDENTITY) if q == a else _beside(_IDENTITY, last)
            result[place] = Gate((a, b), side @ result[place].matrix, False)
        else:
            result.append(Gate((q,), last, False))
    return result


_IDENTITY = np.eye(2, dtype=complex)
_FLIP = [0, 2, 1, 3]


class Queue:
    """Gates still to be done, and those that could be done next."""

    def __init__(self, gates: list[Gate], n: int) -> None:
        self.gates, self.n = gates, n
        self.lines: dict[int, list[int]] = {}
        for i, gate in enumerate(gates):
            for q in gate.qubits:
                self.lines.setdefault(q, []).append(i)
        self.heads = dict.fromkeys(self.lines, 0)

    def absorb(self, window: set[int]) -> tuple[list[int], dict[int, int]]:
        """Gates that a window could do now, in order, and where its qubits would stand after them."""
        heads = {q: self.heads[q] for q in window}
        taken: list[int] = []
        lines, gates = self.lines, self.gates
        stack = list(window)
        while stack:
            q = stack.pop()
            while heads[q] < len(lines[q]):
                i = lines[q][heads[q]]
                qubits = gates[i].qubits
                if not all(p in heads and heads[p] < len(lines[p]) and lines[p][heads[p]] == i for p in qubits):
                    break
                taken.append(i)
                for p in qubits:
                    heads[p] += 1
                stack.extend(p for p in qubits if p != q)
        return taken, heads

    def grown(self, start: int) -> tuple[float, set[int], list[int], dict[int, int]]:
        """Best window that begins with one gate: gates a cost, qubits, gates, heads."""
        window = set(self.gates[start].qubits)
        taken, heads = self.absorb(window)
        best = (len(taken) / cost(window, self.n), window, taken, heads)
        while len(window) < WIDEST:
            options = []
            for q in window:
                if heads[q] < len(self.lines[q]):
                    wider = window.union(self.gates[self.lines[q][heads[q]]].qubits)
                    if len(window) < len(wider) <= WIDEST and wider not in options:
                        options.append(wider)
            trials = [(len(t) - 3 * len(w), -max(w) + min(w), w, t, h) for w in options for t, h in [self.absorb(w)]]
            if not trials:
                break
            _, _, window, taken, heads = max(trials, key=lambda trial: trial[:2])
            worth = len(taken) / cost(window, self.n)
            if worth > best[0]:
                best = (worth, window, taken, heads)
        return best


def windows(gates: list[Gate], n: int) -> list[tuple[tuple[int, ...], list[Gate]]]:
    """Qubits of each window in ascending order with the gates that it does, greedily by gates a cost."""
    queue = Queue(gates, n)
    done: list[tuple[tuple[int, ...], list[Gate]]] = []
    known: dict[int, tuple[float, set[int], list[int], dict[int, int]]] = {}
    left = len(gates)
    while left:
        for q, line in queue.lines.items():
            if queue.heads[q] < len(line):
                i = line[queue.heads[q]]
                if i not in known and all(
                    queue.lines[p][queue.heads[p]] == i if queue.heads[p] < len(queue.lines[p]) else False
                    for p in gates[i].qubits
                ):
                    known[i] = queue.grown(i)
        _, window, taken, heads = max(known.values(), key=lambda option: option[0])
        done.append((tuple(sorted(window)), [gates[i] for i in taken]))
        left -= len(taken)
        queue.heads.update(heads)
        known = {i: option for i, option in known.items() if window.isdisjoint(option[1])}
    return done


@lru_cache(maxsize=4096)
def _rows(places: tuple[int, ...], k: int) -> NDArray[np.intp]:
    """Row numbers of a 2**k matrix as (2**m, 2**(k-m)), the named qubits in the first axis."""
    rest = [p for p in range(k) if p not in places]
    return np.arange(2**k).reshape((2,) * k).transpose([*places, *rest]).reshape(2 ** len(places), -1)


def window_matrix(window: tuple[int, ...], gates: list[Gate]) -> ComplexArray:
    """Product of gates as one matrix of shape (2**k, 2**k)."""
    k = len(window)
    if len(gates) == 1 and gates[0].qubits == window:
        return gates[0].matrix
    total = np.eye(2**k, dtype=complex)
    for gate in gates:
        rows = _rows(tuple([window.index(q) for q in gate.qubits]), k)
        mixed = gate.matrix @ total[rows].reshape(len(rows), -1)
        total[rows] = mixed.reshape(*rows.shape, -1)
    return total
