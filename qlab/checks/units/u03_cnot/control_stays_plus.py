"""Task 03.control_stays_plus: the kick-back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._families import ANY_GATE_ENTANGLES, BUILD_CIRCUITS, CONVENTION, DISTURBANCE, IGNORANCE
from qlab.checks._task import Misconception, Task
from qlab.circuits import Circuit
from qlab.gates import CNOT, PAULIS, X
from qlab.simulator import statevector

Array = NDArray[Any]


def _target_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    minus = np.exp(1j * rng.uniform(0, 6)) * states.ket("-")
    return [(minus,), (states.random_ket(1, rng),), (states.random_ket(1, rng),)]


def _control_stays_plus(target: Array) -> float:
    return float((1 + (target.conj() @ X @ target).real) / 2)


def _control_is_read_only(target: Array) -> float:
    return 1.0


def _always_random(target: Array) -> float:
    return 0.5


def _asks_z(target: Array) -> float:
    return float(abs(target[0]) ** 2)


def _sign_ignored(target: Array) -> float:
    return float((1 + abs((target.conj() @ X @ target).real)) / 2)


def _conjugate_forgotten(target: Array) -> float:
    return float((1 + abs(2 * target[0] * target[1])) / 2)


def _by_running(target: Array) -> float:
    after = CNOT @ np.kron(states.ket("+"), target)
    table = after.reshape(2, 2)
    plus = (table[0] + table[1]) / np.sqrt(2)
    return float(np.vdot(plus, plus).real)


def _by_target_overlap(target: Array) -> float:
    return float(abs(np.vdot(states.ket("+"), target)) ** 2)


def _by_circuit(target: Array) -> float:
    start = states.tensor(states.ket("0"), target)
    after = statevector.run(Circuit(2).h(0).cnot(0, 1).h(0), initial=start)
    return float(statevector.probabilities(after, [0])[0])


def _by_reduced_state(target: Array) -> float:
    rho = states.partial_trace(CNOT @ np.kron(states.ket("+"), target), [0])
    return float((1 + np.trace(rho @ PAULIS["X"]).real) / 2)


TASK = Task(
    id="03.control_stays_plus",
    title="See what a CNOT does to its control",
    outcome=BUILD_CIRCUITS,
    inputs=_target_inputs,
    reference=_control_stays_plus,
    returns=forms.number(0, 1),
    misconceptions=(
        Misconception(
            "control-is-read-only",
            "You took the control for an input that is only read. Along Z that is so; along X the target acts back on "
            "the control, and there is no gate between two qubits that works one way only.",
            _control_is_read_only,
            DISTURBANCE,
        ),
        Misconception(
            "always-random",
            "You let CNOT scramble the control whatever the target is. It does so only as far as a flip would change "
            "the target; a target that a flip leaves alone learns nothing about the control.",
            _always_random,
            ANY_GATE_ENTANGLES,
        ),
        Misconception(
            "asks-z",
            "You asked whether the target is 0. CNOT flips the target, so what matters is how the target stands to a "
            "flip, and that is a question along X.",
            _asks_z,
            CONVENTION,
        ),
        Misconception(
            "sign-ignored",
            "You ignored the sign that a flip gives to the target. A sign is no matter for the target alone, but with "
            "the control in superposition it shows up there: that is the kick-back.",
            _sign_ignored,
            IGNORANCE,
        ),
        Misconception(
            "conjugate-forgotten",
            "You multiplied the target's two amplitudes and took the size. Their relative phase matters: an overlap "
            "conjugates one factor and keeps the real part.",
            _conjugate_forgotten,
            CONVENTION,
        ),
    ),
    alternatives=(_by_running, _by_target_overlap, _by_circuit, _by_reduced_state),
    hints=(
        "Write |+⟩ as its two terms. In one of them the target stays, in the other it is flipped.",
        "Project the control on |+⟩: what is left of the target is half of (target + flipped target).",
        "The squared length of that sum needs one number only: how much the flipped target overlaps the target.",
    ),
)
