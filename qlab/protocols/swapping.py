"""Entanglement swapping and remote gates: pairs joined, and gates done through them.

A repeater measures one qubit of each of two pairs in the Bell basis and phones two bits; the far ends
then share a pair although they never met. Source: Żukowski, Zeilinger, Horne, Ekert, PRL 71, 4287 (1993).
"""

from __future__ import annotations

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.channels import apply_channel, depolarizing
from qlab.circuits import Circuit
from qlab.gates import CNOT, H, I, X, Z
from qlab.protocols.bell_measurement import _corrected, bell_measurement
from qlab.states import tensor


def swapping_circuit() -> Circuit:
    """Pairs 0-1 and 2-3 are made, 1 and 2 measured in the Bell basis, 3 corrected: 0 and 3 share |Φ+⟩."""
    circuit = Circuit(4).h(0).cnot(0, 1).h(2).cnot(2, 3)
    circuit = circuit.cnot(1, 2).h(1).measure(1, key="z").measure(2, key="x")
    return circuit.x(3, when="x").z(3, when="z")


def entanglement_swapping(
    first: ComplexArray, second: ComplexArray, *, gate_error: float = 0.0, readout_error: float = 0.0
) -> ComplexArray:
    """State of the far ends after a swap, averaged over outcomes; the correction is made on the right end.

    Args:
        first: pair of qubits (end, repeater).
        second: pair of qubits (repeater, end).
        gate_error: p of a two-qubit depolarizing channel before the Bell measurement.
        readout_error: probability that each of the two bits is read wrongly.

    Returns:
        Density matrix of shape (4, 4).

    >>> from qlab.measures import fidelity
    >>> from qlab.states import epr_pair, werner_state
    >>> round(fidelity(epr_pair(), entanglement_swapping(werner_state(0.9), werner_state(0.9))), 6)
    0.813333
    """
    left, right = (
        _validate.density_matrix(name, pair, num_qubits=2) for name, pair in (("first", first), ("second", second))
    )
    joint = tensor(left, right)
    if _validate.probability("gate_error", gate_error) > 0:
        joint = apply_channel(joint, depolarizing(gate_error, num_qubits=2), [1, 2])
    wrong = _validate.probability("readout_error", readout_error)
    ends = np.zeros((4, 4), dtype=complex)
    for outcome in bell_measurement(joint, 1, 2):
        if outcome.rho is None:
            continue
        for flips in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = np.prod([wrong if flip else 1 - wrong for flip in flips])
            read = (outcome.bits[0] ^ flips[0], outcome.bits[1] ^ flips[1])
            ends += outcome.probability * weight * _corrected(outcome.rho, read, 1)
    return _validate.in_precision_of(ends, joint)


def remote_cnot_circuit() -> Circuit:
    """CNOT from qubit 0 to the distant qubit 3 through the pair 1-2 and two bits, one each way.

    Source: Gottesman, Chuang, Nature 402, 390 (1999); Eisert, Jacobs, Papadopoulos, Plenio, PRA 62, 052317 (2000).
    """
    circuit = Circuit(4).h(1).cnot(1, 2)
    circuit = circuit.cnot(0, 1).measure(1, key="control").x(2, when="control").cnot(2, 3)
    return circuit.h(2).measure(2, key="target").z(0, when="target")


def remote_cnot(rho: ComplexArray, resource: ComplexArray) -> ComplexArray:
    """Control and target after a remote CNOT through any pair, averaged over outcomes.

    A Bell-diagonal pair of fidelity F gives process fidelity F: each error of the pair becomes one
    Pauli error of the gate (Ψ+ an X on the target, Φ- a Z on the control, Ψ- both).

    Args:
        rho: ket or density matrix of (control, target).
        resource: state of the pair (control's side first).

    Returns:
        Density matrix of shape (4, 4).
    """
    both = _validate.density_matrix("rho", rho, num_qubits=2)
    pair = _validate.density_matrix("resource", resource, num_qubits=2)
    # Order (control, pair, pair, target) from (control, target) ⊗ (pair, pair).
    joint = tensor(both, pair).reshape((2,) * 8).transpose(0, 2, 3, 1, 4, 6, 7, 5).reshape(16, 16)
    result = np.zeros((4, 4), dtype=complex)
    for control_bit in (0, 1):
        for target_bit in (0, 1):
            copied = tensor(I, np.linalg.matrix_power(X, control_bit), I)
            after = tensor(np.linalg.matrix_power(Z, target_bit), I)
            first = tensor(I, I[[control_bit]], I, I) @ tensor(CNOT, I, I)
            second = tensor(I, H[[target_bit]], I) @ tensor(I, CNOT) @ copied
            kraus = after @ second @ first
            result += kraus @ joint @ kraus.conj().T
    return _validate.in_precision_of(result, joint)
