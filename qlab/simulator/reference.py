"""The whole simulator, slow and plain: one operation after the other, nothing clever.

The fast engine must give what this gives; the tests compare them on thousands of random circuits. A ket is an array of
2ⁿ amplitudes, seen as a tensor with one axis of length two for each qubit, qubit 0 first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab import _validate
from qlab._types import ComplexArray
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit

Record = tuple[tuple[str, int], ...]
"""Keys of measurements in order, each with its result as a binary number."""


def apply_matrix(array: ComplexArray, matrix: Any, qubits: tuple[int, ...] | list[int], axes: int) -> ComplexArray:
    """A matrix on some of the two-valued axes of a tensor.

    Args:
        array: of any shape, with 2**axes entries.
        matrix: shape (2**k, 2**k).
        qubits: the k axes acted on.
        axes: how many axes the tensor has: n for a ket, 2n for a density matrix.
    """
    targets = _validate.distinct_qubits("qubits", qubits, _validate.integer("axes", axes, 1, 26))
    tensor, operator = _validate.finite_array("array", array), _validate.finite_array("matrix", matrix)
    k = len(targets)
    if tensor.size != 2**axes:
        raise _validate.fail("array", f"must have {2**axes} entries", tensor.shape)
    if operator.shape != (2**k, 2**k):
        raise _validate.fail("matrix", f"must have shape ({2**k}, {2**k})", operator.shape)
    block = operator.reshape((2,) * (2 * k))
    moved = np.tensordot(block, tensor.reshape((2,) * axes), axes=(range(k, 2 * k), targets))
    return np.moveaxis(moved, range(k), targets).reshape(tensor.shape)


def _sized(circuit: Any, most: int) -> Circuit:
    steps = as_circuit(circuit)
    _validate.integer("number of qubits of circuit", steps.num_qubits, 1, most)
    return steps


def final_ket(circuit: Circuit, initial: Any = None) -> ComplexArray:
    """Ket after a circuit of gates, shape (2**n,).

    Args:
        circuit: gates only.
        initial: ket of shape (2**n,), by default |0…0⟩.
    """
    steps = _sized(circuit, 26)
    n = steps.num_qubits
    zeros: ComplexArray = np.eye(1, 2**n, dtype=complex)[0]
    ket = zeros if initial is None else _validate.ket("initial", initial, num_qubits=n)
    for operation in steps:
        ket = apply_matrix(ket, operation.matrix(), operation.qubits, n)
    return ket


def outcomes(operation: Operation) -> list[tuple[int | None, ComplexArray]]:
    """What may happen at an operation: the result, if it leaves one, and the operator K that then acts.

    A gate has one K, its unitary; noise and resets have Kraus operators; a measurement has one projector a result.
    """
    operators = kraus_operators(operation)
    results = range(len(operators)) if operation.key is not None else [None] * len(operators)
    return list(zip(results, operators, strict=True))


def records(circuit: Circuit, initial: Any = None) -> dict[Record, ComplexArray]:
    """For each record of results the sum of KρK† over all that may have happened.

    Args:
        circuit: any circuit.
        initial: density matrix of shape (2**n, 2**n), by default |0…0⟩⟨0…0|.

    Returns:
        Unnormalised density matrices of shape (2**n, 2**n): the trace of each is the probability of its record.
    """
    steps = _sized(circuit, 13)
    n = steps.num_qubits
    zeros: ComplexArray = np.eye(1, 2**n, dtype=complex)[0]
    start = _validate.density_matrix("initial", zeros if initial is None else initial, num_qubits=n)
    branches: dict[Record, ComplexArray] = {(): start}
    for operation in steps:
        after: dict[Record, ComplexArray] = {}
        columns = [n + q for q in operation.qubits]
        for record, rho in branches.items():
            if operation.condition is not None and dict(record)[operation.condition] == 0:
                after[record] = rho
                continue
            for result, k in outcomes(operation):
                new = record if result is None else (*record, (str(operation.key), result))
                left = apply_matrix(rho, k, operation.qubits, 2 * n)
                after[new] = after.get(new, 0) + apply_matrix(left, k.conj(), columns, 2 * n)
        branches = after
    return branches


def final_density_matrix(circuit: Circuit, initial: Any = None) -> ComplexArray:
    """Density matrix after a circuit, whatever its measurements gave, shape (2**n, 2**n).

    Args:
        circuit: any circuit.
        initial: density matrix of shape (2**n, 2**n), by default |0…0⟩⟨0…0|.
    """
    total: ComplexArray = np.sum(list(records(circuit, initial).values()), axis=0)
    return total
