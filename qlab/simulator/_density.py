"""Walk a circuit with noise, resets and feed-forward as Pauli vectors, one a classical record that still matters."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from qlab._validate import ComplexArray, FloatArray
from qlab.circuits import Circuit, Operation
from qlab.simulator._transfer import PauliVector, kron, transfer_matrix

KrausOf = Callable[[Operation], ComplexArray]
Branches = dict[frozenset[str], PauliVector]
"""From the keys whose result is not zero to the unnormalised vector of that record."""


@lru_cache(maxsize=4096)
def _matrix(name: str, params: tuple[complex, ...], width: int, kraus_of: KrausOf) -> FloatArray:
    if name == "reset":
        return transfer_matrix(np.array([[[1, 0], [0, 0]], [[0, 1], [0, 0]]], dtype=complex))
    if name == "measure":
        return measured(width, range(2**width))
    return transfer_matrix(kraus_of(Operation(name, tuple(range(width)), params)))


def measured(width: int, outcomes: range) -> FloatArray:
    """Transfer matrix of a Z measurement of which only some outcomes are kept, and then forgotten."""
    projectors = np.zeros((len(outcomes), 2**width, 2**width), dtype=complex)
    for row, outcome in enumerate(outcomes):
        projectors[row, outcome, outcome] = 1
    return transfer_matrix(projectors)


def _fused(operations: list[Operation], kraus_of: KrausOf) -> list[tuple[tuple[int, ...], FloatArray]]:
    """Transfer matrices in order, those on one or two qubits drawn into a neighbour that covers them."""
    blocks: list[tuple[tuple[int, ...], FloatArray]] = []
    latest: dict[int, int] = {}
    for operation in operations:
        for qubits in [(q,) for q in operation.qubits] if operation.name == "reset" else [operation.qubits]:
            matrix = _matrix(operation.name, operation.params, len(qubits), kraus_of)
            hosts = {latest.get(q, -1) for q in qubits}
            host = hosts.pop() if len(hosts) == 1 else -1
            if host >= 0 and set(qubits) <= set(blocks[host][0]):
                wide, before = blocks[host]
                blocks[host] = (wide, widened(matrix, qubits, wide) @ before)
                continue
            for q in qubits:  # gates that nothing followed yet, on this qubit alone, are taken in
                place = latest.get(q, -1)
                if len(qubits) > 1 and place >= 0 and blocks[place][0] == (q,):
                    matrix = matrix @ widened(blocks[place][1], (q,), qubits)
                    blocks[place] = ((), np.eye(1))
                latest[q] = len(blocks)
            blocks.append((qubits, matrix))
    return [block for block in blocks if block[0]]


def widened(matrix: FloatArray, qubits: tuple[int, ...], wide: tuple[int, ...]) -> FloatArray:
    """A transfer matrix on some qubits as one on more of them."""
    if qubits == wide:
        return matrix
    others = [q for q in wide if q not in qubits]
    full = kron(matrix, np.eye(4 ** len(others)))
    axes = [[*qubits, *others].index(q) for q in wide]
    k = len(wide)
    moved: FloatArray = full.reshape((4,) * (2 * k)).transpose(axes + [k + a for a in axes]).reshape(4**k, 4**k)
    return moved


def final_vector(circuit: Circuit, kraus_of: KrausOf, initial: FloatArray | None) -> FloatArray:
    """Pauli coefficients after a circuit, summed over every measurement record, shape (4**n,)."""
    n = circuit.num_qubits
    start = PauliVector(np.ones(1), ()) if initial is None else PauliVector(initial, tuple(range(n)))
    branches: Branches = {frozenset(): start}
    last_use = {o.condition: i for i, o in enumerate(circuit) if o.condition is not None}
    waiting: list[Operation] = []
    for i, operation in enumerate(circuit):
        if operation.condition is None and operation.key not in last_use:
            waiting.append(operation)
            continue
        for qubits, matrix in _fused(waiting, kraus_of):
            branches = {record: vector.apply(matrix, qubits) for record, vector in branches.items()}
        waiting = []
        branches = _branch(operation, branches, kraus_of)
        finished = {key for key, last in last_use.items() if last == i}
        if finished:
            branches = _merge(branches, finished, n)
    for qubits, matrix in _fused(waiting, kraus_of):
        branches = {record: vector.apply(matrix, qubits) for record, vector in branches.items()}
    total: FloatArray = sum(vector.canonical(n) for vector in branches.values())  # type: ignore[assignment]
    return total


def _branch(operation: Operation, branches: Branches, kraus_of: KrausOf) -> Branches:
    width = len(operation.qubits)
    if operation.condition is None and operation.key is not None:
        zero, other = measured(width, range(1)), measured(width, range(1, 2**width))
        split = {record: vector.apply(zero, operation.qubits) for record, vector in branches.items()}
        for record, vector in branches.items():
            split[record | {operation.key}] = vector.apply(other, operation.qubits)
        return split
    after: Branches = {}
    for record, vector in branches.items():
        if operation.condition in record:
            for qubits, matrix in _fused([operation], kraus_of):
                vector = vector.apply(matrix, qubits)
        after[record] = vector
    return after


def _merge(branches: Branches, finished: set[str], n: int) -> Branches:
    """Add up the records that differ only in results that nothing will ask for again."""
    sums: dict[frozenset[str], FloatArray] = {}
    for record, vector in branches.items():
        kept = record - finished
        values = vector.canonical(n)
        sums[kept] = sums[kept] + values if kept in sums else values
    return {record: PauliVector(values, tuple(range(n))) for record, values in sums.items()}
