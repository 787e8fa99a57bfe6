"""Routing: what it costs to let two distant qubits meet.

The router is a plain one: where a gate's qubits are not coupled, they walk towards each other along a
shortest path, and among the meeting points the one is taken that serves the next gates best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab import _validate
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.devices.couplings import CouplingMap

LOOKAHEAD = 12
"""How many two-qubit gates ahead the choice of a meeting point considers."""


@dataclass(frozen=True)
class RoutedCircuit:
    """A circuit on the device's qubits, with SWAPs inserted.

    Attributes:
        circuit: every two-qubit gate acts on a coupling.
        initial: device qubit of each of the circuit's qubits at the start.
        final: device qubit of each of the circuit's qubits at the end.
        swaps: number of SWAPs inserted.
        two_qubit_gates: two-qubit gates of the original circuit.
    """

    circuit: Circuit
    initial: tuple[int, ...]
    final: tuple[int, ...]
    swaps: int
    two_qubit_gates: int

    @property
    def native_gates(self) -> int:
        """Two-qubit gates with every SWAP counted as the three CNOTs it takes."""
        return self.two_qubit_gates + 3 * self.swaps


def route(circuit: Circuit, couplings: CouplingMap, *, initial: tuple[int, ...] | None = None) -> RoutedCircuit:
    """Insert SWAPs until every two-qubit gate acts on a coupling.

    Args:
        circuit: gates on at most two qubits.
        couplings: map with at least as many qubits, connected where the circuit needs it.
        initial: device qubit of each qubit; by default qubit i sits on device qubit i.

    >>> from qlab.devices import line
    >>> far = route(Circuit(5).cnot(0, 4), line(5))
    >>> far.swaps, far.native_gates
    (3, 10)
    """
    circuit = as_circuit(circuit)
    couplings = _validate.instance("couplings", couplings, CouplingMap)
    start: tuple[int, ...] = tuple(range(circuit.num_qubits))
    start = start if initial is None else _validate.sequence("initial", initial)
    start = _validate.distinct_qubits("initial", start, couplings.num_qubits)
    if len(start) != circuit.num_qubits:
        raise _validate.fail("initial", f"must place {circuit.num_qubits} qubits", start)
    meetings = [o.qubits for o in circuit if o.is_gate() and len(o.qubits) == 2]
    place, steps, swaps, met = list(start), [], 0, 0
    for operation in circuit:
        if operation.is_gate() and len(operation.qubits) > 2:
            raise _validate.fail("circuit", "must hold gates on at most two qubits", operation.name)
        if operation.is_gate() and len(operation.qubits) == 2:
            met += 1
            for a, b in _walk(operation, place, couplings, meetings[met : met + LOOKAHEAD]):
                steps.append(Operation("swap", (a, b)))
                place = [{a: b, b: a}.get(q, q) for q in place]
                swaps += 1
        moved = tuple(place[q] for q in operation.qubits)
        steps.append(Operation(operation.name, moved, operation.params, operation.key, operation.condition))
    return RoutedCircuit(Circuit(couplings.num_qubits, tuple(steps)), start, tuple(place), swaps, len(meetings))


def _walk(
    operation: Operation, place: list[int], couplings: CouplingMap, ahead: Sequence[tuple[int, ...]]
) -> list[tuple[int, int]]:
    """SWAPs that bring the two qubits of a gate onto one coupling, at the best meeting point for what follows."""
    path = couplings.path(*(place[q] for q in operation.qubits))
    hops = len(path) - 2
    options = []
    for left in range(hops + 1):
        swaps = [(path[i], path[i + 1]) for i in range(left)]
        swaps += [(path[i], path[i - 1]) for i in range(len(path) - 1, left + 1, -1)]
        after = list(place)
        for a, b in swaps:
            after = [{a: b, b: a}.get(q, q) for q in after]
        cost = sum(0.7**i * couplings.distances[after[p], after[q]] for i, (p, q) in enumerate(ahead))
        options.append((float(cost), left, swaps))
    return min(options)[2]


def remote_cnot_cost(distance: int, *, method: str = "swap") -> int:
    """CNOTs for one CNOT between qubits at a distance on a line.

    Args:
        distance: couplings between the two, at least 1.
        method: ``"swap"`` moves one qubit, 3(d-1)+1; ``"swap_and_return"`` also moves it back, 6(d-1)+1;
            ``"bridge"`` leaves all in place, 4(d-1).

    >>> [remote_cnot_cost(4, method=m) for m in ("swap", "swap_and_return", "bridge")]
    [10, 19, 12]
    """
    d = _validate.count("distance", distance, 1)
    _validate.one_of("method", method, ("swap", "swap_and_return", "bridge"))
    if d == 1:
        return 1
    return {"swap": 3 * (d - 1) + 1, "swap_and_return": 6 * (d - 1) + 1, "bridge": 4 * (d - 1)}[method]
