"""Task 09.cnot_copy: CNOT as a would-be copier."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, COPYING, JUDGE_CLAIMS, NOISE_ARITHMETIC
from qlab.checks._task import Arguments
from qlab.gates import CNOT
from qlab.measures import fidelity
from qlab.states import ket, partial_trace

task = Declaration(
    id="09.cnot_copy",
    points=3,
    title="CNOT as a would-be copier",
    outcome=JUDGE_CLAIMS,
    returns=forms.record(fidelity=forms.number(0, 1), universal_cloner_is_better=forms.boolean()),
)


@task.inputs
def _copy_inputs(rng: np.random.Generator) -> list[Arguments]:
    near_pole, near_equator = rng.uniform(0.2, 0.6), rng.uniform(1.2, 1.9)
    phases = rng.uniform(0.3, 2.8, size=4).tolist()
    cases: list[Arguments] = [(float(near_pole), phases[0]), (float(near_equator), phases[1]), (0.0, 0.0)]
    for side, phase in zip((1, -1), phases[2:], strict=True):  # closely on both sides of the bound on cloners
        value = 5 / 6 * (1 + side * rng.uniform(0.01, 0.04))
        cases.append((float(np.arcsin(np.sqrt(2 - 2 * value))), phase))
    return cases


def _qubit(theta: float, phi: float) -> Any:
    return np.array([np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])


def _judged(value: float) -> dict[str, Any]:
    return {"fidelity": float(value), "universal_cloner_is_better": bool(value < 5 / 6)}


@task.reference
def _copy(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    after = CNOT @ np.kron(psi, ket("0"))
    return _judged(fidelity(psi, partial_trace(after, [1])))


@task.misconception(
    COPYING,
    "You took the CNOT for a file copy. It copies 0 and 1; a superposition comes out as one entangled pair, whose "
    "halves are both damaged.",
)
def _copies_like_a_file(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1.0)


@task.misconception(
    COPYING,
    "You gave the bound on universal cloners as the result of this circuit. The CNOT is better than that on some "
    "inputs and worse on others; only its worst cases must obey.",
)
def _bound_for_every_machine(theta: float, phi: float) -> dict[str, Any]:
    return {"fidelity": 5 / 6, "universal_cloner_is_better": False}


@task.misconception(
    CONVENTION,
    "You gave the overlap where the course gives its square. Libraries differ here; ours takes the square.",
)
def _root_of_fidelity(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.sqrt(1 - np.sin(theta) ** 2 / 2))


@task.misconception(
    NOISE_ARITHMETIC,
    "You compared the pair with two perfect copies. The question is how good the second qubit is by itself.",
)
def _both_copies_at_once(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    return _judged(fidelity(np.kron(psi, psi), CNOT @ np.kron(psi, ket("0"))))


@task.misconception(
    COPYING,
    "You took no-cloning to mean that nothing is ever copied. States of one known basis are copied perfectly, which "
    "is what classical copying is.",
)
def _nothing_is_copied(theta: float, phi: float) -> dict[str, Any]:
    return _judged(0.5)


@task.alternative
def _copy_formula(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1 - np.sin(theta) ** 2 / 2)


@task.alternative
def _copy_powers(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.cos(theta / 2) ** 4 + np.sin(theta / 2) ** 4)


@task.alternative
def _copy_as_reading(theta: float, phi: float) -> dict[str, Any]:
    """What the CNOT writes is what a Z measurement would have written."""
    chances = np.abs(_qubit(theta, phi)) ** 2
    return _judged(float(chances @ chances))


TASK = task.with_hints(
    "Write down the two-qubit ket after the CNOT, with the second qubit starting in |0⟩.",
    "The copy is the reduced state of qubit 1, and it has no off-diagonal elements.",
    "Take ⟨ψ|ρ|ψ⟩ with that diagonal ρ. A universal cloner reaches 5/6 for each of two copies; compare.",
)
