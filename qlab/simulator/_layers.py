"""A Clifford circuit in layers: operations of one kind on different qubits, which act at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qlab.circuits import Circuit, Operation

_PAULIS = frozenset({"i", "x", "y", "z"})
_CLIFFORD = _PAULIS | {"h", "s", "sdg", "sx", "cnot", "cz", "swap", "iswap"}
_NOISE = frozenset({"bit_flip", "phase_flip", "dephasing", "depolarizing"})


@dataclass
class Layer:
    """Operations of one kind.

    Attributes:
        name: of all of them.
        strength: of Pauli noise, the probability of an error; else 0.
        condition: key that a Pauli gate waits for.
        operations: in order.
        qubits: shape (m, k), those of a measurement or reset one below the other: (m, 1).
    """

    name: str
    strength: float
    condition: str | None
    operations: list[Operation] = field(default_factory=list)
    qubits: NDArray[np.intp] = field(default_factory=lambda: np.zeros((0, 1), dtype=np.intp))


def obstacle(circuit: Circuit) -> Operation | None:
    """The first operation that is no Clifford gate, Pauli noise, measurement, reset, or Pauli gate on a condition."""
    for o in circuit:
        if o.condition is not None:
            if o.name not in _PAULIS:
                return o
        elif o.name not in _CLIFFORD and o.name not in _NOISE and o.key is None and o.name != "reset":
            return o
    return None


def _strength(o: Operation) -> float:
    if not o.is_channel():
        return 0.0
    p = float(o.params[0].real)
    return p / 2 if o.name == "dephasing" else p


def layers(circuit: Circuit) -> list[Layer]:
    """Every operation in the first layer after all that it shares a qubit with, or whose result it waits for."""
    free = [0] * circuit.num_qubits
    known: dict[str, int] = {}
    found: dict[tuple[int, str, int, float, str | None], Layer] = {}
    for o in circuit:
        level = max([free[q] for q in o.qubits])
        if o.condition is not None:
            level = max(level, known[o.condition])
        for q in o.qubits:
            free[q] = level + 1
        if o.key is not None:
            known[o.key] = level + 1
        strength = _strength(o)
        apart = o.key is not None or o.name == "reset"
        kind = level, o.name, 1 if apart else len(o.qubits), strength, o.condition
        layer = found.get(kind)
        if layer is None:
            layer = found[kind] = Layer(o.name, strength, o.condition)
        layer.operations.append(o)
    for (_, _, width, _, _), layer in found.items():
        layer.qubits = np.array([q for o in layer.operations for q in o.qubits], dtype=np.intp).reshape(-1, width)
    return [found[kind] for kind in sorted(found, key=lambda kind: kind[0])]
