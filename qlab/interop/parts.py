"""A wide circuit as the independent parts that it falls into."""

from __future__ import annotations

from collections.abc import Hashable

from qlab.circuits import Circuit, Operation


def components(circuit: Circuit) -> list[tuple[tuple[int, ...], Circuit]]:
    """A circuit as its independent parts: the qubits of each part in ascending order, and the part on its own.

    Parts share no gate, no measurement and no condition; idle qubits belong to none.
    """
    parent: dict[Hashable, Hashable] = {}

    def root(item: Hashable) -> Hashable:
        while parent.setdefault(item, item) != item:
            item = parent[item]
        return item

    for o in circuit:
        tied: list[Hashable] = [*o.qubits, *(k for k in (o.key, o.condition) if k is not None)]
        for item in tied[1:]:
            parent[root(item)] = root(tied[0])
    groups: dict[Hashable, list[Operation]] = {}
    for o in circuit:
        groups.setdefault(root(o.qubits[0]), []).append(o)
    parts = []
    for steps in groups.values():
        qubits = tuple(sorted({q for o in steps for q in o.qubits}))
        number = {q: i for i, q in enumerate(qubits)}
        own = tuple(Operation(o.name, tuple(number[q] for q in o.qubits), o.params, o.key, o.condition) for o in steps)
        parts.append((qubits, Circuit(len(qubits), own)))
    return sorted(parts, key=lambda part: part[0])
