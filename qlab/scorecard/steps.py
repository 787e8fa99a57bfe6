"""Steps that the circuits of the experiments share."""

from __future__ import annotations

import numpy as np

from qlab.circuits import Circuit

MESSAGES = ("0", "1", "+", "-", "r", "l")
"""States that teleportation sends: the six eigenstates of Z, X and Y."""


def bell_pair(circuit: Circuit, first: int, second: int) -> Circuit:
    """Append the preparation of |Φ+⟩ on two coupled qubits."""
    return circuit.h(first).cnot(first, second)


def fence(circuit: Circuit, *qubits: int) -> Circuit:
    """Append identities that no compiler merges across, so that every setting measures the same preparation."""
    for q in qubits:
        circuit = circuit.gate("i", q)
    return circuit


def measure_pauli(circuit: Circuit, letter: str, qubit: int) -> Circuit:
    """Append the turn that makes a Z measurement one of the named Pauli."""
    if letter == "X":
        return circuit.h(qubit)
    if letter == "Y":
        return circuit.gate("sdg", qubit).h(qubit)
    return circuit


def prepare(circuit: Circuit, label: str, qubit: int) -> Circuit:
    """Append the preparation of a message state, one of `MESSAGES`, on a qubit in 0."""
    steps = {"0": (), "1": ("x",), "+": ("h",), "-": ("x", "h"), "r": ("h", "s"), "l": ("h", "sdg")}[label]
    for name in steps:
        circuit = circuit.gate(name, qubit)
    return circuit


def unprepare(circuit: Circuit, label: str, qubit: int) -> Circuit:
    """Append the turn that brings a message state to 0."""
    steps = {"0": (), "1": ("x",), "+": ("h",), "-": ("h", "x"), "r": ("sdg", "h"), "l": ("s", "h")}[label]
    for name in steps:
        circuit = circuit.gate(name, qubit)
    return circuit


_PAULI_NAMES = {(0, 0): "i", (1, 0): "x", (1, 1): "y", (0, 1): "z"}


def twirled_cnot(circuit: Circuit, control: int, target: int, rng: np.random.Generator) -> Circuit:
    """Append a CNOT between random Paulis that undo each other through it, so that its error cannot add up coherently.

    Source: Wallman, Emerson, PRA 94, 052325 (2016).
    """
    (xc, zc), (xt, zt) = (tuple(int(b) for b in rng.integers(0, 2, 2)) for _ in range(2))
    for q, bits in ((control, (xc, zc)), (target, (xt, zt))):
        circuit = circuit.gate(_PAULI_NAMES[bits], q) if any(bits) else circuit
    # The fences keep a compiler from seeing that the Paulis undo each other.
    circuit = fence(fence(circuit, control, target).cnot(control, target), control, target)
    # X on the control spreads to the target, Z on the target to the control.
    for q, bits in ((control, (xc, zc ^ zt)), (target, (xt ^ xc, zt))):
        circuit = circuit.gate(_PAULI_NAMES[bits], q) if any(bits) else circuit
    return circuit
