"""Paths of coupled qubits that do not meet, for experiments that run side by side."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

from qlab.devices import CouplingMap

Edge = tuple[int, int]
QubitPath = tuple[int, ...]
"""Qubits, each coupled to the next."""


def disjoint_paths(couplings: CouplingMap, length: int, limit: int, *, shortest: bool = False) -> list[QubitPath]:
    """Paths with so many couplings that share no qubit, found greedily from the lowest numbers up.

    Args:
        couplings: the device's map.
        length: number of couplings of each path, at least 1.
        limit: number of paths wanted; fewer come back where there is no room.
        shortest: whether each must be a shortest way between its ends.
    """
    used: set[int] = set()
    found: list[QubitPath] = []
    for start in range(couplings.num_qubits):
        path = None if start in used or len(found) >= limit else _free_path(couplings, start, length, used, shortest)
        if path:
            found.append(path)
            used |= set(path)
    return found


def _free_path(couplings: CouplingMap, start: int, length: int, used: set[int], shortest: bool) -> QubitPath | None:
    paths: list[QubitPath] = [(start,)]
    while paths:
        path = paths.pop()
        if len(path) == length + 1:
            return path
        for b in reversed(couplings.neighbours[path[-1]]):
            if b not in used and b not in path and not (shortest and couplings.distances[start, b] != len(path)):
                paths.append((*path, b))
    return None


def best_centre(couplings: CouplingMap, size: int, fidelities: Mapping[Edge, float]) -> int:
    """Where to begin a patch of so many qubits so that the product of the pair fidelities that join it is largest.

    Args:
        couplings: the device's map.
        size: number of qubits, at most those of the largest connected part.
        fidelities: of the couplings measured; the others count as their mean.
    """
    fallback = sum(fidelities.values()) / len(fidelities)

    def score(centre: int) -> float:
        # As `qlab.devices.ghz_circuit` grows a patch: outwards, ring by ring.
        joined, total = [centre], 0.0
        for q in joined:
            for other in couplings.neighbours[q]:
                if len(joined) < size and other not in joined:
                    joined.append(other)
                    fidelity = fidelities.get((min(q, other), max(q, other)), fallback)
                    total += log(max(fidelity, 1e-6))
        return total if len(joined) == size else -float("inf")

    return max(range(couplings.num_qubits), key=score)
