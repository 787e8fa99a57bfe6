"""The slow, plain way: one gate after the other, nothing clever. The fast engine is tested against it."""

from __future__ import annotations

import numpy as np

from qlab.channels import kraus_operators
from qlab.circuits import Circuit


def apply_gate(array, matrix, qubits, axes):
    """A (2**k, 2**k) matrix on k of the ``axes`` two-valued axes of a tensor."""
    k = len(qubits)
    block = np.asarray(matrix).reshape((2,) * (2 * k))
    moved = np.tensordot(block, array.reshape((2,) * axes), axes=(range(k, 2 * k), qubits))
    return np.moveaxis(moved, range(k), qubits).reshape(array.shape)


def final_ket(circuit: Circuit, initial=None):
    """Ket after a circuit of gates."""
    n = circuit.num_qubits
    ket = np.eye(1, 2**n, dtype=complex)[0] if initial is None else np.array(initial, dtype=complex)
    for operation in circuit:
        ket = apply_gate(ket, operation.matrix(), operation.qubits, n)
    return ket


def outcomes(operation):
    """What may happen at an operation: its result, or nothing where it leaves none, and the operator that acts then."""
    if operation.key is not None:
        size = 2 ** len(operation.qubits)
        return [(number, np.diag(np.eye(size)[number])) for number in range(size)]
    if operation.name == "reset":
        return [(None, np.array([[1, 0], [0, 0]])), (None, np.array([[0, 1], [0, 0]]))]
    return [(None, kraus) for kraus in kraus_operators(operation)]


def records(circuit: Circuit, initial=None):
    """The unnormalised density matrix of each record of results, ((key, number), …)."""
    n = circuit.num_qubits
    rho = np.zeros((2**n, 2**n), dtype=complex)
    rho[0, 0] = 1
    branches = {(): rho if initial is None else np.array(initial, dtype=complex)}
    for operation in circuit:
        columns = [n + q for q in operation.qubits]
        after = {}
        for record, before in branches.items():
            if operation.condition is not None and dict(record)[operation.condition] == 0:
                after[record] = before
                continue
            for result, k in outcomes(operation):
                new = record if result is None else (*record, (operation.key, result))
                left = apply_gate(before, k, operation.qubits, 2 * n)
                after[new] = after.get(new, 0) + apply_gate(left, k.conj(), columns, 2 * n)
        branches = after
    return branches


def final_density_matrix(circuit: Circuit, initial=None):
    """Density matrix after a circuit, whatever was measured on the way."""
    return sum(records(circuit, initial).values())


def record_kets(circuit: Circuit, initial=None):
    """As `records`, for more qubits and less noise: (record, unnormalised ket) of each course of events."""
    n = circuit.num_qubits
    start = np.eye(1, 2**n, dtype=complex)[0] if initial is None else np.array(initial, dtype=complex)
    courses = [((), start)]
    for operation in circuit:
        after = []
        for record, ket in courses:
            if operation.condition is not None and dict(record)[operation.condition] == 0:
                after.append((record, ket))
                continue
            for result, k in outcomes(operation):
                new = record if result is None else (*record, (operation.key, result))
                branch = apply_gate(ket, k, operation.qubits, n)
                if np.vdot(branch, branch).real > 1e-14:
                    after.append((new, branch))
        courses = after
    return courses
