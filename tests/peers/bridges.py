"""Ours as the peers' objects. The order of qubits is turned where a peer counts from the right."""

from __future__ import annotations

from typing import Any

import numpy as np
import qutip
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Statevector

from qlab.circuits import Circuit


def turned(array: Any) -> Any:
    """A ket or a square matrix with qubit 0 moved from the left end to the right, or back."""
    n = len(array).bit_length() - 1
    order = [*range(n)][::-1]
    if array.ndim == 1:
        return array.reshape((2,) * n).transpose(order).reshape(-1)
    return array.reshape((2,) * (2 * n)).transpose(order + [n + q for q in order]).reshape(array.shape)


def in_qutip(array: Any) -> qutip.Qobj:
    """A ket, a density matrix or an operator of n qubits; QuTiP's order is ours."""
    n = len(array).bit_length() - 1
    return qutip.Qobj(array, dims=[[2] * n, [1] * n if array.ndim == 1 else [2] * n])


def in_qiskit(array: Any) -> Statevector | DensityMatrix:
    """A ket or a density matrix; Qiskit's qubit 0 is the rightmost factor."""
    return (Statevector if array.ndim == 1 else DensityMatrix)(turned(array))


_PLAIN = {"i": "id", "cnot": "cx", "phase": "p", "u3": "u", "cphase": "cp"}


def circuit_in_qiskit(circuit: Circuit) -> QuantumCircuit:
    """Named gates and unitaries, gate by gate; qubit numbers stay, matrices are turned."""
    made = QuantumCircuit(circuit.num_qubits)
    for o in circuit:
        if o.name == "unitary":
            made.unitary(turned(o.matrix()), list(o.qubits))
        else:
            angles = [float(p.real) for p in o.params]
            getattr(made, _PLAIN.get(o.name, o.name))(*angles, *o.qubits)
    return made


def close(found: Any, wanted: Any, tolerance: float = 1e-12) -> None:
    """Both finite and no further apart than that; the message shows the worst entry."""
    ours, theirs = np.asarray(found), np.asarray(wanted)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    gap = np.abs(ours - theirs)
    assert gap.size
    assert gap.max() <= tolerance, (float(gap.max()), found, wanted)
