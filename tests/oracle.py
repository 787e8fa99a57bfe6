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


def final_density_matrix(circuit: Circuit, initial=None):
    """Density matrix after gates and channels, as the sum of all KρK†."""
    n = circuit.num_qubits
    rho = np.zeros((2**n, 2**n), dtype=complex)
    rho[0, 0] = 1
    rho = rho if initial is None else np.array(initial, dtype=complex)
    for operation in circuit:
        columns = [n + q for q in operation.qubits]
        rho = sum(
            apply_gate(apply_gate(rho, k, operation.qubits, 2 * n), k.conj(), columns, 2 * n)
            for k in kraus_operators(operation)
        )
    return rho
