"""Task 03.control_stays_plus: the kick-back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ANY_GATE_ENTANGLES, BUILD_CIRCUITS, CONVENTION, DISTURBANCE, IGNORANCE
from qlab.circuits import Circuit
from qlab.gates import CNOT, PAULIS, X
from qlab.simulator import statevector

Array = NDArray[Any]

task = Declaration(
    id="03.control_stays_plus",
    points=3,
    title="See what a CNOT does to its control",
    outcome=BUILD_CIRCUITS,
    returns=forms.number(0, 1),
)


@task.inputs
def _target_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    minus = np.exp(1j * rng.uniform(0, 6)) * states.ket("-")
    return [(minus,), (states.random_ket(1, rng),), (states.random_ket(1, rng),)]


@task.reference
def _control_stays_plus(target: Array) -> float:
    return float((1 + (target.conj() @ X @ target).real) / 2)


@task.misconception(
    DISTURBANCE,
    "You took the control for an input that is only read. Along Z that is so; along X the target acts back on the "
    "control, and there is no gate between two qubits that works one way only.",
)
def _control_is_read_only(target: Array) -> float:
    return 1.0


@task.misconception(
    ANY_GATE_ENTANGLES,
    "You let CNOT scramble the control whatever the target is. It does so only as far as a flip would change the "
    "target; a target that a flip leaves alone learns nothing about the control.",
)
def _always_random(target: Array) -> float:
    return 0.5


@task.misconception(
    CONVENTION,
    "You asked whether the target is 0. CNOT flips the target, so what matters is how the target stands to a flip, "
    "and that is a question along X.",
)
def _asks_z(target: Array) -> float:
    return float(abs(target[0]) ** 2)


@task.misconception(
    IGNORANCE,
    "You ignored the sign that a flip gives to the target. A sign is no matter for the target alone, but with the "
    "control in superposition it shows up there: that is the kick-back.",
)
def _sign_ignored(target: Array) -> float:
    return float((1 + abs((target.conj() @ X @ target).real)) / 2)


@task.misconception(
    CONVENTION,
    "You multiplied the target's two amplitudes and took the size. Their relative phase matters: an overlap "
    "conjugates one factor and keeps the real part.",
)
def _conjugate_forgotten(target: Array) -> float:
    return float((1 + abs(2 * target[0] * target[1])) / 2)


@task.alternative
def _by_running(target: Array) -> float:
    after = CNOT @ np.kron(states.ket("+"), target)
    table = after.reshape(2, 2)
    plus = (table[0] + table[1]) / np.sqrt(2)
    return float(np.vdot(plus, plus).real)


@task.alternative
def _by_target_overlap(target: Array) -> float:
    return float(abs(np.vdot(states.ket("+"), target)) ** 2)


@task.alternative
def _by_circuit(target: Array) -> float:
    start = states.tensor(states.ket("0"), target)
    after = statevector.run(Circuit(2).h(0).cnot(0, 1).h(0), initial=start)
    return float(statevector.probabilities(after, [0])[0])


@task.alternative
def _by_reduced_state(target: Array) -> float:
    rho = states.partial_trace(CNOT @ np.kron(states.ket("+"), target), [0])
    return float((1 + np.trace(rho @ PAULIS["X"]).real) / 2)


TASK = task.with_hints(
    "Write |+⟩ as its two terms. In one of them the target stays, in the other it is flipped.",
    "Project the control on |+⟩: what is left of the target is half of (target + flipped target).",
    "The squared length of that sum needs one number only: how much the flipped target overlaps the target.",
)
