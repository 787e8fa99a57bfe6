"""Steps that the circuits of the experiments share."""

from __future__ import annotations

import numpy as np

from qlab.circuits import Circuit, Operation
from qlab.gates import CNOT

MESSAGES = ("0", "1", "+", "-", "r", "l")
"""States that teleportation sends: the six eigenstates of Z, X and Y."""


def bell_pair(circuit: Circuit, first: int, second: int) -> Circuit:
    """Append the preparation of |Φ+⟩ on two coupled qubits."""
    return circuit.h(first).cnot(first, second)


def fence(circuit: Circuit, *qubits: int) -> Circuit:
    """Append identities as a mark that nothing may be merged across; `qlab.interop.Machine` compiles by it.

    A compiler on the vendor's side does not know the mark: see the card's check of fidelity against depth.
    """
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


def mirrored_cnots(
    circuit: Circuit, pair: tuple[int, int], layers: int, rng: np.random.Generator
) -> tuple[Circuit, str]:
    """Append layers of random quarter turns and a CNOT, then the same layers back with signs drawn anew.

    Each layer turns both qubits by ±90° about X or Y, so that an error of the CNOT meets every kind of state and
    cannot add up coherently; the way back undoes all but a bit flip of each qubit, which is known. No gate is
    merged across a CNOT.

    Args:
        circuit: what to append to.
        pair: control and target.
        layers: CNOTs of one way; there are as many back.
        rng: draws axes, signs and the first bits.

    Returns:
        The longer circuit, and the two bits that an ideal machine answers.

    Source: Proctor et al., Phys. Rev. Lett. 129, 150502 (2022).
    """
    ket = np.array([1, 0, 0, 0], dtype=complex)

    def turn(gate: str, qubit: int, *angle: float) -> None:
        nonlocal circuit, ket
        circuit = circuit.gate(gate, pair[qubit], params=angle)
        local = Operation(gate, (0,), angle).matrix()
        ket = (np.kron(local, np.eye(2)) if qubit == 0 else np.kron(np.eye(2), local)) @ ket

    def cnot() -> None:
        nonlocal circuit, ket
        circuit = fence(fence(circuit, *pair).cnot(*pair), *pair)
        ket = CNOT @ ket

    for qubit in (0, 1):
        if rng.integers(2):
            turn("x", qubit)
    axes = rng.integers(2, size=(layers, 2))
    signs = rng.integers(2, size=(2, layers, 2)) * 2 - 1
    for layer in range(layers):
        for qubit in (0, 1):
            turn("rx" if axes[layer, qubit] else "ry", qubit, signs[0, layer, qubit] * np.pi / 2)
        cnot()
    for layer in reversed(range(layers)):
        cnot()
        for qubit in (0, 1):
            turn("rx" if axes[layer, qubit] else "ry", qubit, signs[1, layer, qubit] * np.pi / 2)
    return circuit, f"{int(np.argmax(np.abs(ket))):02b}"
