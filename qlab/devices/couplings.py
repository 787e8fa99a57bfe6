"""Coupling maps: which qubits can meet in a two-qubit gate, and how far apart the others are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qlab import _validate

Edge = tuple[int, int]

MAX_QUBITS = 100_000
"""Largest map."""

MAX_TABLE = 2000
"""Largest map with a table of all distances, which takes seconds."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class CouplingMap:
    """Qubits and the pairs of them that share a coupling.

    Attributes:
        num_qubits: number of qubits, named 0 to num_qubits-1.
        edges: pairs (a, b) with a < b, in ascending order, none twice.
        positions: place (x, y) of each qubit on the chip, y downwards, for drawings.

    >>> square = grid(3, 3)
    >>> len(square.edges), square.distance(0, 8), square.diameter
    (12, 4, 4)
    """

    num_qubits: int
    edges: tuple[Edge, ...]
    positions: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        n = _validate.integer("num_qubits", self.num_qubits, 1, MAX_QUBITS)
        listed = _validate.sequence("edges", self.edges)
        pairs = {self._checked(pair, n) for pair in listed}
        if len(pairs) != len(listed):
            raise _validate.fail("edges", "must not name a pair twice", listed)
        places = _validate.real_array("positions", self.positions)
        if places.size and (places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all()):
            raise _validate.fail("positions", "must be pairs (x, y) of finite numbers", self.positions)
        if places.size and len(places) != n:
            raise _validate.fail("positions", f"must number {n}", len(places))
        at = tuple((x, y) for x, y in places.tolist()) if places.size else _circle(n)
        _validate.keep(self, num_qubits=n, edges=tuple(sorted(pairs)), positions=at)

    @staticmethod
    def _checked(pair: Iterable[int], n: int) -> Edge:
        ends = _validate.distinct_qubits("each of edges", pair, n)
        if len(ends) != 2:
            raise _validate.fail("each of edges", "must be a pair of qubits", ends)
        return min(ends), max(ends)

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each qubit those it can meet, in ascending order."""
        found: list[list[int]] = [[] for _ in range(self.num_qubits)]
        for a, b in self.edges:
            found[a].append(b)
            found[b].append(a)
        return tuple(tuple(sorted(near)) for near in found)

    @cached_property
    def distances(self) -> IntArray:
        """Fewest couplings between any two qubits, shape (n, n); -1 where there is no way.

        Raises:
            ValueError: for more than `MAX_TABLE` qubits.
        """
        if self.num_qubits > MAX_TABLE:
            raise _validate.fail(
                "num_qubits", f"must be at most {MAX_TABLE:,} for a table of distances", self.num_qubits
            )
        table = np.full((self.num_qubits, self.num_qubits), -1, dtype=np.int64)
        for start in range(self.num_qubits):
            table[start, start], ring, far = 0, [start], 0
            while ring:
                far += 1
                ring = sorted({b for a in ring for b in self.neighbours[a] if table[start, b] < 0})
                table[start, ring] = far
        return table

    def distance(self, first: int, second: int) -> int:
        """Fewest couplings between two qubits.

        Args:
            first: a qubit.
            second: another.
        """
        last = self.num_qubits - 1
        a, b = _validate.integer("first", first, 0, last), _validate.integer("second", second, 0, last)
        if self.distances[a, b] < 0:
            raise _validate.fail("second", f"must be connected to qubit {a}", b)
        return int(self.distances[a, b])

    def path(self, first: int, second: int) -> tuple[int, ...]:
        """One shortest way between two qubits, both ends included; the smallest numbers where there are several.

        Args:
            first: where it starts.
            second: where it ends.
        """
        hops, steps = self.distance(first, second), [int(first)]
        for left in range(hops - 1, -1, -1):
            steps.append(next(b for b in self.neighbours[steps[-1]] if self.distances[b, second] == left))
        return tuple(steps)

    def is_connected(self) -> bool:
        """Whether every qubit can be reached from every other."""
        return bool((self.distances >= 0).all())

    @property
    def diameter(self) -> int:
        """Largest distance between two connected qubits."""
        return int(self.distances.max())

    @property
    def mean_distance(self) -> float:
        """Mean distance over all pairs of different, connected qubits."""
        apart = self.distances[self.distances > 0]
        return float(apart.mean()) if apart.size else 0.0

    def matchings(self) -> tuple[tuple[Edge, ...], ...]:
        """The couplings in groups that share no qubit, so that each group can be exercised at once.

        Greedy colouring; at most 2Δ-1 groups for largest degree Δ (Vizing: Δ+1 would always be enough).
        """
        groups: list[list[Edge]] = []
        busy: list[set[int]] = []
        for a, b in sorted(self.edges, key=lambda e: (self._slope(e), e)):
            for group, taken in zip(groups, busy, strict=True):
                if a not in taken and b not in taken:
                    group.append((a, b))
                    taken |= {a, b}
                    break
            else:
                groups.append([(a, b)])
                busy.append({a, b})
        return tuple(tuple(group) for group in groups)

    def _slope(self, edge: Edge) -> tuple[bool, float]:
        """Sorts couplings by direction and then by row or column, which colours a grid with four groups."""
        (x0, y0), (x1, y1) = self.positions[edge[0]], self.positions[edge[1]]
        across = abs(x1 - x0) >= abs(y1 - y0)
        return across, min(x0, x1) % 2 if across else min(y0, y1) % 2


def _circle(n: int) -> tuple[tuple[float, float], ...]:
    radius = max(1.0, n / (2 * np.pi))
    turns = 2 * np.pi * np.arange(n) / n
    return tuple((float(radius * np.sin(t)), float(-radius * np.cos(t))) for t in turns)


def line(num_qubits: int) -> CouplingMap:
    """Qubits in a row, each coupled to the next; mean distance (n+1)/3."""
    n = _validate.integer("num_qubits", num_qubits, 1, MAX_QUBITS)
    return CouplingMap(n, tuple((q, q + 1) for q in range(n - 1)), tuple((float(q), 0.0) for q in range(n)))


def grid(rows: int, columns: int) -> CouplingMap:
    """Square grid, numbered row by row; mean distance (rows+columns)/3.

    Args:
        rows: number of rows, at least 1.
        columns: number of columns, at least 1; rows times columns at most 100,000.
    """
    r = _validate.integer("rows", rows, 1, MAX_QUBITS)
    c = _validate.integer("columns", columns, 1, MAX_QUBITS // r)
    across = [(i * c + j, i * c + j + 1) for i in range(r) for j in range(c - 1)]
    down = [(i * c + j, (i + 1) * c + j) for i in range(r - 1) for j in range(c)]
    return CouplingMap(r * c, tuple(across + down), tuple((float(j), float(i)) for i in range(r) for j in range(c)))


def all_to_all(num_qubits: int) -> CouplingMap:
    """Every pair coupled, as where ions are carried to each other; routing costs no SWAP. At most 500 qubits."""
    n = _validate.integer("num_qubits", num_qubits, 1, 500)
    return CouplingMap(n, tuple((a, b) for a in range(n) for b in range(a + 1, n)))


def heavy_hex(rows: int = 7, columns: int = 15, *, first_bridge: int = 0, trimmed: bool = True) -> CouplingMap:
    """Long rows joined by single bridge qubits every fourth column, shifted by two from gap to gap.

    Args:
        rows: number of long rows, 1 to 10,000.
        columns: qubits in a long row, at least 4; rows times columns at most 50,000.
        first_bridge: column of the first bridge below row 0, 0 to 3.
        trimmed: whether the first row lacks its last and the last row its first qubit.

    >>> eagle = heavy_hex()                                              # 127 qubits
    >>> heron = heavy_hex(8, 16, first_bridge=3, trimmed=False)          # 156 qubits
    >>> [(m.num_qubits, len(m.edges), m.diameter) for m in (eagle, heron)]
    [(127, 144, 26), (156, 176, 32)]
    """
    r = _validate.integer("rows", rows, 1, 10_000)
    c = _validate.integer("columns", columns, 4, max(4, 50_000 // r))
    start = _validate.integer("first_bridge", first_bridge, 0, 3)
    places: list[tuple[float, float]] = []
    for i in range(r):
        missing = {c - 1} if trimmed and i == 0 else {0} if trimmed and i == r - 1 else set()
        places += [(float(j), 2.0 * i) for j in range(c) if j not in missing]
        if i < r - 1:
            places += [(float(j), 2.0 * i + 1) for j in range((start + 2 * i) % 4, c, 4)]
    number = {place: q for q, place in enumerate(places)}
    joined = []
    for (x, y), q in number.items():
        across = number.get((x + 1, y)) if y % 2 == 0 else None
        joined += [(q, other) for other in (across, number.get((x, y + 1))) if other is not None]
    return CouplingMap(len(places), tuple(joined), tuple(places))


def coupling_map_from_file(path: str | Path) -> CouplingMap:
    """A map from a JSON file: a list of pairs, or an object with ``num_qubits``, ``edges``, perhaps ``positions``."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _validate.fail("path", f"must hold JSON ({error})", str(path)) from None
    except (OSError, TypeError, ValueError) as error:
        raise _validate.fail("path", f"must name a file that can be read ({error})", path) from None
    if isinstance(found, dict):
        return coupling_map_from_edges(found.get("edges"), found.get("num_qubits"), found.get("positions", ()))
    return coupling_map_from_edges(found)


def coupling_map_from_edges(
    edges: object, num_qubits: int | None = None, positions: Sequence[Sequence[float]] = ()
) -> CouplingMap:
    """A map from a list of pairs; the number of qubits is by default one more than the largest name.

    Args:
        edges: pairs of qubits.
        num_qubits: number of qubits; by default one more than the largest named.
        positions: (x, y) of each qubit for drawing.
    """
    if not isinstance(edges, (list, tuple)) or not all(isinstance(e, (list, tuple)) and len(e) == 2 for e in edges):
        raise _validate.fail("edges", "must be a list of pairs", edges)
    if num_qubits is None and not edges:
        raise _validate.fail("edges", "must hold a pair where num_qubits is not given", edges)
    ends = [_validate.integer("each of edges", q, 0, MAX_QUBITS - 1) for pair in edges for q in pair]
    n = num_qubits if num_qubits is not None else 1 + max(ends)
    unique = {(min(pair), max(pair)) for pair in zip(ends[::2], ends[1::2], strict=True)}
    return CouplingMap(n, tuple(unique), _validate.sequence("positions", positions))
