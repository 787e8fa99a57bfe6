"""Teleportation and superdense coding, as circuits with feed-forward and as exact density matrices.

The pair is the resource: |Φ+⟩ where nothing is said, any noisy state of two qubits otherwise.
Source: Bennett, Brassard, Crépeau, Jozsa, Peres, Wootters, Phys. Rev. Lett. 70, 1895 (1993).
"""

from __future__ import annotations

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.circuits import Circuit
from qlab.measures import entropy, fidelity
from qlab.protocols.bell_measurement import BellOutcome, _corrected, _two_bits, bell_measurement
from qlab.states import epr_pair, ket, partial_trace, tensor

CLASSICAL_LIMIT = 2 / 3
"""Best average fidelity of sending an unknown qubit by measuring it and phoning the result."""


def _pair(resource: ComplexArray | None) -> ComplexArray:
    return _validate.density_matrix("resource", epr_pair() if resource is None else resource, num_qubits=2)


def teleportation_circuit(*, prepare_pair: bool = True) -> Circuit:
    """Qubit 0 holds the message, qubits 1 (Alice) and 2 (Bob) the pair; Bob ends with the message.

    Args:
        prepare_pair: whether the circuit makes |Φ+⟩ itself, or expects a pair in the initial state.

    >>> print(teleportation_circuit())
    q0: ─────@─H─M───────
             │
    q1: ─H─@─X─M─────────
           │
    q2: ───X─────X?x─Z?z─
    """
    circuit = Circuit(3)
    if prepare_pair:
        circuit = circuit.h(1).cnot(1, 2)
    circuit = circuit.cnot(0, 1).h(0).measure(0, key="z").measure(1, key="x")
    return circuit.x(2, when="x").z(2, when="z")


def _outcomes(message: ComplexArray, resource: ComplexArray | None) -> list[BellOutcome]:
    sent = _validate.density_matrix("message", message, num_qubits=1)
    return bell_measurement(tensor(sent, _pair(resource)), 0, 1)


def teleport(message: ComplexArray, resource: ComplexArray | None = None) -> ComplexArray:
    """Bob's density matrix after teleportation of one qubit, averaged over Alice's outcomes.

    Args:
        message: ket or density matrix of one qubit.
        resource: state of the shared pair (Alice's half first), by default |Φ+⟩.

    >>> from qlab.states import random_ket, werner_state
    >>> psi = random_ket(1, np.random.default_rng(1))
    >>> round(fidelity(psi, teleport(psi)), 12), round(fidelity(psi, teleport(psi, werner_state(0.9))), 6)
    (1.0, 0.933333)
    """
    parts = [o.probability * _corrected(o.rho, o.bits, 0) for o in _outcomes(message, resource) if o.rho is not None]
    return np.asarray(sum(parts))


def bob_before_the_bits(message: ComplexArray, resource: ComplexArray | None = None) -> ComplexArray:
    """Bob's state after Alice's measurement while he does not know its outcome: for |Φ+⟩ always I/2.

    Whatever the message was, nothing of it is there until two classical bits arrive.

    Args:
        message: ket or density matrix of one qubit.
        resource: state of the shared pair (Alice's half first), by default |Φ+⟩.
    """
    return np.asarray(sum(o.probability * o.rho for o in _outcomes(message, resource) if o.rho is not None))


def fidelity_through_pair(pair_fidelity: float) -> float:
    """Average fidelity through a pair: (2F+1)/3, with F = ⟨Φ+|ρ|Φ+⟩ of any resource.

    Above `CLASSICAL_LIMIT` exactly where F > ½ (Horodecki, Horodecki, Horodecki, PRA 60, 1888, 1999).

    >>> round(fidelity_through_pair(0.75), 6)
    0.833333
    """
    return (2 * _validate.probability("pair_fidelity", pair_fidelity) + 1) / 3


def average_teleportation_fidelity(resource: ComplexArray | None = None) -> float:
    """Fidelity averaged over all messages, exact: the mean over the six eigenstates of X, Y and Z."""
    return float(np.mean([fidelity(ket(label), teleport(ket(label), resource)) for label in "01+-rl"]))


def superdense_circuit(bits: tuple[int, int]) -> Circuit:
    """Two bits sent by one qubit of a shared pair (Bennett, Wiesner, PRL 69, 2881, 1992).

    Alice applies Xˣ, then Zᶻ, to her qubit 0 and sends it; Bob's Bell measurement reads ``m`` = (z, x).

    >>> from qlab.simulator import sample
    >>> sample(superdense_circuit((1, 0)), 1, np.random.default_rng(1))["m"].tolist()
    [[1, 0]]
    """
    z, x = _two_bits(bits)
    circuit = Circuit(2).h(0).cnot(0, 1)
    circuit = circuit.x(0) if x else circuit
    circuit = circuit.z(0) if z else circuit
    return circuit.cnot(0, 1).h(0).measure(0, 1, key="m")


def superdense_capacity(resource: ComplexArray | None = None) -> float:
    """Bits a use with Pauli encoding: 1 + S(ρ_B) - S(ρ_AB); below 1 a plain bit does better.

    Two qubits travel in all, one of them beforehand: nothing is compressed.
    Source: Hiroshima, J. Phys. A 34, 6907 (2001).

    >>> from qlab.states import werner_state
    >>> round(superdense_capacity(), 9), round(superdense_capacity(werner_state(0.9)), 5)
    (2.0, 1.37251)
    """
    rho = _pair(resource)
    return 1 + entropy(partial_trace(rho, [1])) - entropy(rho)
