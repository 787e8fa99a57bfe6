"""Task 06.received: teleport with bits withheld."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, NO_SIGNALLING, SELECTED_DATA, SIGNALLING
from qlab.checks._task import Arguments
from qlab.gates import I, X, Z
from qlab.states import density_matrix, epr_pair, random_ket

task = Declaration(
    id="06.received",
    points=3,
    title="Teleport with bits withheld",
    outcome=NO_SIGNALLING,
    returns=forms.density_matrix(1),
)


@task.inputs
def _received_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(random_ket(1, rng), bits) for bits in ("xz", "", "x", "z")]


@task.reference
def _received(ket: Any, bits: str) -> Any:
    """Average over the four outcomes; Bob undoes X and Z only where he was told."""
    total = np.zeros((2, 2), dtype=complex)
    for a in (0, 1):
        for b in (0, 1):
            arrived = np.linalg.matrix_power(X, a) @ np.linalg.matrix_power(Z, b) @ ket
            if "x" in bits and a:
                arrived = X @ arrived
            if "z" in bits and b:
                arrived = Z @ arrived
            total += density_matrix(arrived) / 4
    return total


@task.misconception(
    SIGNALLING,
    "You let the state arrive with the pair. What Bob holds before the bits is one of four turned versions, and "
    "without the bits he cannot know which.",
)
def _arrives_at_once(ket: Any, bits: str) -> Any:
    return np.outer(ket, np.conj(ket))


@task.misconception(
    SIGNALLING,
    "You let each bit bring half of the state. They are not strength: each says whether one particular turn must be "
    "undone, and each missing one blurs one particular axis.",
)
def _bits_are_signal_strength(ket: Any, bits: str) -> Any:
    share = len(bits) / 2
    return share * np.outer(ket, np.conj(ket)) + (1 - share) * np.eye(2) / 2


@task.misconception(
    CONVENTION,
    "You undid the wrong turns. The x bit tells whether to apply X; without the z bit it is the phase that is unknown.",
)
def _bits_exchanged(ket: Any, bits: str) -> Any:
    return _received(ket, {"x": "z", "z": "x"}.get(bits, bits))


@task.misconception(
    SELECTED_DATA,
    "You kept the rounds in which no correction was due. Bob learns which rounds these were only from the bits that "
    "he does not have.",
)
def _lucky_rounds(ket: Any, bits: str) -> Any:
    """Keeps the rounds in which nothing needed correcting whenever a bit is missing."""
    return np.outer(ket, np.conj(ket)) if bits else _received(ket, "x")


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You gave everything up as soon as one bit is missing. One bit alone saves one axis of the state, the one that "
    "the other turn leaves alone.",
)
def _all_or_nothing(ket: Any, bits: str) -> Any:
    return np.outer(ket, np.conj(ket)) if bits == "xz" else np.eye(2) / 2


@task.alternative
def _received_flips(ket: Any, bits: str) -> Any:
    rho = np.outer(ket, np.conj(ket))
    if "x" not in bits:
        rho = (rho + X @ rho @ X) / 2
    return rho if "z" in bits else (rho + Z @ rho @ Z) / 2


@task.alternative
def _received_bloch(ket: Any, bits: str) -> Any:
    """Each missing bit removes the components of the Bloch vector that it would have turned back."""
    paulis = {"X": X, "Y": np.array([[0, -1j], [1j, 0]]), "Z": Z}
    kept = {"xz": "XYZ", "": "", "x": "Z", "z": "X"}[bits]
    return (I + sum(np.vdot(ket, paulis[p] @ ket).real * paulis[p] for p in kept)) / 2


@task.alternative
def _received_on_three_qubits(ket: Any, bits: str) -> Any:
    """The whole experiment: project Alice's two qubits on each Bell state, correct Bob, add up."""
    whole = np.kron(ket, epr_pair()).reshape(4, 2)
    total = np.zeros((2, 2), dtype=complex)
    for a in (0, 1):
        for b in (0, 1):
            bell = np.kron(np.linalg.matrix_power(Z, b) @ np.linalg.matrix_power(X, a), I) @ epr_pair()
            bob = bell.conj() @ whole
            bob = X @ bob if a and "x" in bits else bob
            bob = Z @ bob if b and "z" in bits else bob
            total += np.outer(bob, bob.conj())
    return total


TASK = task.with_hints(
    "Before any correction Bob holds XᵃZᵇ|ψ⟩ with a and b completely random.",
    "A bit that arrives is a turn undone; a bit that does not is an average over done and not done.",
    "Start from |ψ⟩⟨ψ|. Without the x bit replace ρ by (ρ + XρX)/2, without the z bit by (ρ + ZρZ)/2.",
)
