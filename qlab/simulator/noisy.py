"""Density matrices after circuits with noise, resets, measurements and feed-forward.

The circuit is walked as Pauli vectors (see `qlab.simulator._transfer`), one for each classical record that a later
operation still asks for.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from qlab import _validate
from qlab._types import ComplexArray, FloatArray
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.simulator import _memory
from qlab.simulator._transfer import PauliVector, from_density_matrix, kron, to_density_matrix, transfer_matrix

Steps = list[tuple[tuple[int, ...], FloatArray]]
"""Qubits and transfer matrix of each step."""

Branches = dict[frozenset[str], PauliVector]
"""From the keys whose result is not zero to the unnormalised vector of that record."""


_KEPT_ZERO = transfer_matrix(kraus_operators(Operation("measure", (0,)))[:1])
"""A measurement of which only the result 0 is kept."""


def run_density_matrix(circuit: Circuit, *, initial: ComplexArray | None = None) -> ComplexArray:
    """Density matrix after gates, noise, resets and measurements.

    A result is used where a later gate asks for it and is otherwise forgotten: what was measured is dephased.

    ============================  ====================================================================
    part of the circuit           what runs
    ============================  ====================================================================
    qubits not touched so far     nothing: they are not stored
    gates, noise, resets and      one real 4ᵏ×4ᵏ matrix each, one- and two-qubit neighbours multiplied
    results that nobody asks for  together first
    a result that is asked for    one vector where it is zero and one where it is not, added up again
                                  after the last gate that asks
    ============================  ====================================================================

    Args:
        circuit: any circuit; its 2**n × 2**n matrix must fit into memory (n about 14 at most).
        initial: ket of shape (2**n,) or density matrix of shape (2**n, 2**n), by default |0…0⟩.

    Returns:
        Array of shape (2**n, 2**n).

    Raises:
        ValueError: before anything is allocated, where the matrix does not fit into memory.

    >>> noisy = Circuit(2).h(0).cnot(0, 1).noise("dephasing", 1, params=[0.2])
    >>> run_density_matrix(noisy)[0].real.round(4)
    array([0.5, 0. , 0. , 0.4])
    """
    steps = as_circuit(circuit)
    n = steps.num_qubits
    _memory.require(64 << (2 * n), n, "a density matrix with its working space")
    if initial is None:
        return to_density_matrix(_summed_over_records(steps, PauliVector(np.ones(1), ())), n)
    rho = _validate.density_matrix("initial", initial, num_qubits=n)
    vector = PauliVector(from_density_matrix(rho.astype(complex, copy=False), n), tuple(range(n)))
    return _validate.in_precision_of(to_density_matrix(_summed_over_records(steps, vector), n), rho)


def _summed_over_records(circuit: Circuit, start: PauliVector) -> FloatArray:
    """Pauli coefficients after a circuit, shape (4**n,)."""
    n = circuit.num_qubits
    branches: Branches = {frozenset(): start}
    last_use = {o.condition: i for i, o in enumerate(circuit) if o.condition is not None}
    waiting: list[Operation] = []
    for i, operation in enumerate(circuit):
        if operation.condition is None and operation.key not in last_use:
            waiting.append(operation)
            continue
        branches = _all_after(branches, waiting)
        waiting = []
        branches = _split(branches, operation) if operation.key is not None else _conditional(branches, operation)
        finished = {key for key, last in last_use.items() if last == i}
        if finished:
            branches = _merged(branches, finished, n)
    total: FloatArray = np.sum([vector.canonical(n) for vector in _all_after(branches, waiting).values()], axis=0)
    return total


def _after(vector: PauliVector, steps: Steps) -> PauliVector:
    for qubits, matrix in steps:
        vector = vector.apply(matrix, qubits)
    return vector


def _all_after(branches: Branches, operations: list[Operation]) -> Branches:
    steps = _fused(operations)
    return {record: _after(vector, steps) for record, vector in branches.items()}


def _conditional(branches: Branches, operation: Operation) -> Branches:
    """Only the records in which the result asked for is not zero take the operation."""
    steps = _fused([operation])
    return {r: _after(vector, steps) if operation.condition in r else vector for r, vector in branches.items()}


def _split(branches: Branches, measurement: Operation) -> Branches:
    """Each record once with the result zero and once with any other, which is all results less zero."""
    forgotten = _fused([measurement])
    zero: Steps = [((q,), _KEPT_ZERO) for q in measurement.qubits]
    split: Branches = {}
    for record, vector in branches.items():
        none, every = _after(vector, zero), _after(vector, forgotten)
        split[record] = none
        split[record | {str(measurement.key)}] = PauliVector(every.values - none.values, none.order)
    return split


def _merged(branches: Branches, finished: set[str], n: int) -> Branches:
    """Add up the records that differ only in results that nothing will ask for again."""
    sums: dict[frozenset[str], FloatArray] = {}
    for record, vector in branches.items():
        kept = record - finished
        values = vector.canonical(n)
        sums[kept] = sums[kept] + values if kept in sums else values
    return {record: PauliVector(values, tuple(range(n))) for record, values in sums.items()}


@lru_cache(maxsize=4096)
def _matrix(name: str, params: tuple[complex, ...], width: int) -> FloatArray:
    return transfer_matrix(kraus_operators(Operation(name, tuple(range(width)), params)))


def _fused(operations: list[Operation]) -> Steps:
    """Transfer matrices in order, those on one or two qubits drawn into a neighbour that covers them."""
    blocks: Steps = []
    latest: dict[int, int] = {}
    for operation in operations:
        apart = operation.name in ("reset", "measure")  # each qubit on its own
        for qubits in [(q,) for q in operation.qubits] if apart else [operation.qubits]:
            matrix = _matrix(operation.name, operation.params, len(qubits))
            hosts = {latest.get(q, -1) for q in qubits}
            host = hosts.pop() if len(hosts) == 1 else -1
            if host >= 0 and set(qubits) <= set(blocks[host][0]):
                wide, before = blocks[host]
                blocks[host] = (wide, _widened(matrix, qubits, wide) @ before)
                continue
            for q in qubits:  # gates that nothing followed yet, on this qubit alone, are taken in
                place = latest.get(q, -1)
                if len(qubits) > 1 and place >= 0 and blocks[place][0] == (q,):
                    matrix = matrix @ _widened(blocks[place][1], (q,), qubits)
                    blocks[place] = ((), np.eye(1))
                latest[q] = len(blocks)
            blocks.append((qubits, matrix))
    return [block for block in blocks if block[0]]


def _widened(matrix: FloatArray, qubits: tuple[int, ...], wide: tuple[int, ...]) -> FloatArray:
    """A transfer matrix on some qubits as one on more of them."""
    if qubits == wide:
        return matrix
    others = [q for q in wide if q not in qubits]
    full = kron(matrix, np.eye(4 ** len(others)))
    axes = [[*qubits, *others].index(q) for q in wide]
    k = len(wide)
    moved: FloatArray = full.reshape((4,) * (2 * k)).transpose(axes + [k + a for a in axes]).reshape(4**k, 4**k)
    return moved
