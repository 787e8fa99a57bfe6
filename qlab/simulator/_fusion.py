"""Fewer, larger matrices: gates are drawn together into windows of a few qubits.

A dense ket of 2²⁰ amplitudes does not fit into the fast caches, so what a gate costs is mostly the trip through
memory. A window of k qubits makes one trip for all gates that it absorbs, at 2ᵏ multiplications an amplitude;
four or five qubits are best in NumPy, measured in `COST`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qlab._validate import ComplexArray
from qlab.circuits import Operation

COST = (0.0, 1.4, 1.5, 1.75, 2.25, 3.15)
"""Nanoseconds an amplitude of a window of k qubits (complex64, one thread of a 2024 server): only ratios matter."""

WIDEST = 5

BEAM = 3
"""Ways of growing a window that are followed side by side."""

END = (0.0, 2.5, 2.5, 1.4, 0.7)
"""What a window on neighbours pays for 0, 1, 2, … wires behind it: short rows make slow products."""

SCATTERED = (0.0, 2.1, 2.5, 2.6, 2.9, 3.5)
"""Prices where most gates lie far apart and each window shares in copies that bring wires together.

Not quite what is paid: wide windows are dearer than this, but greedy choices end with fewer windows if it favours them.
"""


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


class Folding:
    """Gates taken in one by one: those on one qubit join a neighbour, those on one pair join each other.

    Attributes:
        done: the folded gates, in an order in which they may be applied.
        waiting: for a qubit the product of its one-qubit gates since the last gate of ``done`` on it.
        latest: for a qubit the place in ``done`` of the last gate on it.
    """

    def __init__(self) -> None:
        self.done: list[Gate] = []
        self.waiting: dict[int, ComplexArray] = {}
        self.latest: dict[int, int] = {}

    def take(self, gate: Gate) -> None:
        """Fold one further gate."""
        if len(gate.qubits) == 1:
            q = gate.qubits[0]
            self.waiting[q] = gate.matrix @ self.waiting[q] if q in self.waiting else gate.matrix
        elif len(gate.qubits) == 2:
            self._take_pair(gate)
        else:
            for q in gate.qubits:
                if q in self.waiting:
                    self._put((q,), self.waiting.pop(q))
            self._put(gate.qubits, gate.matrix)

    def _put(self, qubits: tuple[int, ...], matrix: ComplexArray) -> None:
        self.latest.update(dict.fromkeys(qubits, len(self.done)))
        self.done.append(Gate(qubits, matrix, False))

    def _take_pair(self, gate: Gate) -> None:
        a, b = gate.qubits
        matrix = gate.matrix
        if a in self.waiting or b in self.waiting:
            matrix = matrix @ _beside(self.waiting.pop(a, _IDENTITY), self.waiting.pop(b, _IDENTITY))
        place = self.latest.get(a, -1)
        if place < 0 or place != self.latest.get(b, -1) or len(self.done[place].qubits) != 2:
            self._put(gate.qubits, matrix)
            return
        before = self.done[place]
        if before.qubits != gate.qubits:
            matrix = matrix[_FLIP][:, _FLIP]
        self.done[place] = Gate(before.qubits, matrix @ before.matrix, False)

    def finished(self) -> list[Gate]:
        """All gates, what still waits drawn into the last pair on its qubit."""
        for q, last in self.waiting.items():
            place = self.latest.get(q, -1)
            if place >= 0 and len(self.done[place].qubits) == 2:
                a, b = self.done[place].qubits
                side = _beside(last, _IDENTITY) if q == a else _beside(_IDENTITY, last)
                self.done[place] = Gate((a, b), side @ self.done[place].matrix, False)
            else:
                self.done.append(Gate((q,), last, False))
        return self.done


def merged(gates: Sequence[Gate]) -> list[Gate]:
    """The same gates, folded."""
    folding = Folding()
    for gate in gates:
        folding.take(gate)
    return folding.finished()


def sorted_out(
    gates: Sequence[Gate], num_wires: int, inside: Callable[[Gate], bool], pooled: Callable[[Gate], bool]
) -> tuple[list[Gate], list[Gate], list[Gate]]:
    """Gates to do now, diagonal gates to do together right after, and gates that must wait.

    A gate that waits blocks its wires: a diagonal one for the others only, since diagonal gates commute.

    Args:
        gates: in order.
        num_wires: when so many are blocked, all the rest waits.
        inside: whether a gate can be done now, were it free.
        pooled: whether a diagonal gate belongs to the second kind.
    """
    now: list[Gate] = []
    pool: list[Gate] = []
    later: list[Gate] = []
    hard: set[int] = set()
    soft: set[int] = set()
    for turn, gate in enumerate(gates):
        if len(hard) == num_wires:
            return now, pool, later + list(gates[turn:])
        free = hard.isdisjoint(gate.qubits) and (gate.diagonal or soft.isdisjoint(gate.qubits))
        if free and inside(gate):
            now.append(gate)
        elif free and gate.diagonal and pooled(gate):
            pool.append(gate)
            soft.update(gate.qubits)
        else:
            later.append(gate)
            (soft if gate.diagonal else hard).update(gate.qubits)
    return now, pool, later


_IDENTITY = np.eye(2, dtype=complex)
_FLIP = [0, 2, 1, 3]


Option = tuple[float, frozenset[int], list[int], dict[int, int]]
"""A window that could come next: gates a cost, qubits, gates, and where its qubits would stand after them."""


class Queue:
    """Gates still to be done, and those that could be done next.

    Attributes:
        lines: for each qubit the numbers of its gates, in order.
        ranks: for each gate its qubits, with its place in their lines.
        heads: for each qubit how many of its gates are done.
    """

    def __init__(self, gates: list[Gate], n: int) -> None:
        self.gates, self.n = gates, n
        self.lines: dict[int, list[int]] = {}
        self.ranks: list[list[tuple[int, int]]] = []
        for i, gate in enumerate(gates):
            lines = [self.lines.setdefault(q, []) for q in gate.qubits]
            self.ranks.append([(q, len(line)) for q, line in zip(gate.qubits, lines, strict=True)])
            for line in lines:
                line.append(i)
        self.heads = dict.fromkeys(self.lines, 0)
        far = sum(max(g.qubits) - min(g.qubits) >= WIDEST for g in gates)
        self.scattered = 2 * far > len(gates)

    def ready(self) -> set[int]:
        """Gates that could be done first."""
        heads = self.heads
        first = {line[heads[q]] for q, line in self.lines.items() if heads[q] < len(line)}
        return {i for i in first if all(heads[p] == rank for p, rank in self.ranks[i])}

    def cost(self, window: frozenset[int]) -> float:
        """Price of a window."""
        k, last = min(len(window), WIDEST), max(window)
        if self.scattered or last - min(window) >= len(window):
            return SCATTERED[k]
        behind = self.n - 1 - last
        return COST[k] + END[behind] if behind < len(END) else COST[k]

    def absorb(self, window: frozenset[int]) -> tuple[list[int], dict[int, int]]:
        """Gates that a window could do now, in order, and where its qubits would stand after them."""
        heads = {q: self.heads[q] for q in window}
        taken: list[int] = []
        stack = list(window)
        while stack:
            q = stack.pop()
            line = self.lines[q]
            while heads[q] < len(line) and self._is_next(line[heads[q]], heads):
                gate = line[heads[q]]
                taken.append(gate)
                for p, _ in self.ranks[gate]:
                    heads[p] += 1
                    if p != q:
                        stack.append(p)
        return taken, heads

    def _is_next(self, gate: int, heads: dict[int, int]) -> bool:
        """Whether a gate has its turn on each of its qubits, and these all lie in the window."""
        return all(heads.get(p) == rank for p, rank in self.ranks[gate])

    def grown(self, start: int) -> Option:
        """Best window that begins with one gate: grown qubit by qubit, a few ways side by side."""
        window = frozenset(self.gates[start].qubits)
        level = {window: self.absorb(window)}
        best = (0.0, window, *level[window])
        while level:
            wider: dict[frozenset[int], tuple[list[int], dict[int, int]]] = {}
            for window, (taken, heads) in level.items():
                worth = len(taken) / self.cost(window)
                if worth > best[0]:
                    best = (worth, window, taken, heads)
                for q in window:
                    if heads[q] < len(self.lines[q]):
                        grown = window.union(self.gates[self.lines[q][heads[q]]].qubits)
                        if len(window) < len(grown) <= WIDEST and grown not in wider:
                            wider[grown] = self.absorb(grown)
            level = dict(sorted(wider.items(), key=lambda way: 3 * len(way[0]) - len(way[1][0]))[:BEAM])
        return best


def windows(gates: list[Gate], n: int) -> list[tuple[tuple[int, ...], list[Gate]]]:
    """Qubits of each window in ascending order with the gates that it does, greedily by gates a cost."""
    queue = Queue(gates, n)
    done: list[tuple[tuple[int, ...], list[Gate]]] = []
    known: dict[int, Option] = {}
    left = len(gates)
    while left:
        known.update((i, queue.grown(i)) for i in queue.ready() - known.keys())
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
