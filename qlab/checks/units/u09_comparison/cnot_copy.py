"""Task 09.cnot_copy: CNOT as a would-be copier."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import CONVENTION, COPYING, JUDGE_CLAIMS, NOISE_ARITHMETIC
from qlab.checks._task import Arguments, Misconception, Task
from qlab.gates import CNOT
from qlab.measures import fidelity
from qlab.states import ket, partial_trace


def _copy_inputs(rng: np.random.Generator) -> list[Arguments]:
    near_pole, near_equator = rng.uniform(0.2, 0.6), rng.uniform(1.2, 1.9)
    phases = rng.uniform(0.3, 2.8, size=2)
    return [(float(near_pole), float(phases[0])), (float(near_equator), float(phases[1])), (0.0, 0.0)]


def _qubit(theta: float, phi: float) -> Any:
    return np.array([np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])


def _judged(value: float) -> dict[str, Any]:
    return {"fidelity": float(value), "universal_cloner_is_better": bool(value < 5 / 6)}


def _copy(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    after = CNOT @ np.kron(psi, ket("0"))
    return _judged(fidelity(psi, partial_trace(after, [1])))


def _copy_perfect(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1.0)


def _copy_at_the_bound(theta: float, phi: float) -> dict[str, Any]:
    return {"fidelity": 5 / 6, "universal_cloner_is_better": False}


def _copy_root(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.sqrt(1 - np.sin(theta) ** 2 / 2))


def _copy_both(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    return _judged(fidelity(np.kron(psi, psi), CNOT @ np.kron(psi, ket("0"))))


def _copy_never(theta: float, phi: float) -> dict[str, Any]:
    return _judged(0.5)


def _copy_formula(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1 - np.sin(theta) ** 2 / 2)


def _copy_powers(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.cos(theta / 2) ** 4 + np.sin(theta / 2) ** 4)


def _copy_as_reading(theta: float, phi: float) -> dict[str, Any]:
    """What the CNOT writes is what a Z measurement would have written."""
    chances = np.abs(_qubit(theta, phi)) ** 2
    return _judged(float(chances @ chances))


TASK = Task(
    id="09.cnot_copy",
    title="CNOT as a would-be copier",
    outcome=JUDGE_CLAIMS,
    inputs=_copy_inputs,
    reference=_copy,
    returns=forms.record(fidelity=forms.number(0, 1), universal_cloner_is_better=forms.boolean()),
    misconceptions=(
        Misconception(
            "copies-like-a-file",
            "You took the CNOT for a file copy. It copies 0 and 1; a superposition comes out as one entangled pair, "
            "whose halves are both damaged.",
            _copy_perfect,
            COPYING,
        ),
        Misconception(
            "bound-for-every-machine",
            "You gave the bound on universal cloners as the result of this circuit. The CNOT is better than that on "
            "some inputs and worse on others; only its worst cases must obey.",
            _copy_at_the_bound,
            COPYING,
        ),
        Misconception(
            "root-of-fidelity",
            "You gave the overlap where the course gives its square. Libraries differ here; ours takes the square.",
            _copy_root,
            CONVENTION,
        ),
        Misconception(
            "both-copies-at-once",
            "You compared the pair with two perfect copies. The question is how good the second qubit is by itself.",
            _copy_both,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "nothing-is-copied",
            "You took no-cloning to mean that nothing is ever copied. States of one known basis are copied perfectly, "
            "which is what classical copying is.",
            _copy_never,
            COPYING,
        ),
    ),
    alternatives=(_copy_formula, _copy_powers, _copy_as_reading),
    hints=(
        "Write down the two-qubit ket after the CNOT, with the second qubit starting in |0⟩.",
        "The copy is the reduced state of qubit 1, and it has no off-diagonal elements.",
        "Take ⟨ψ|ρ|ψ⟩ with that diagonal ρ. A universal cloner reaches 5/6 for each of two copies; compare.",
    ),
)
