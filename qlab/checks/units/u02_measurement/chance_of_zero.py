"""Task 02.chance_of_zero: |+⟩ against the 50/50 mixture."""

from __future__ import annotations

import math

import numpy as np

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, IGNORANCE, ONE_SETTING, PREDICT_MEASUREMENT, SHARED_SEED
from qlab.gates import X, Z

task = Declaration(
    id="02.chance_of_zero",
    points=3,
    title="Tell a superposition from a coin by turning the axis",
    outcome=PREDICT_MEASUREMENT,
    returns=forms.number(0, 1),
)


@task.inputs
def _source_inputs(rng: np.random.Generator) -> list[tuple[str, float]]:
    angles = [rng.uniform(0.2, 1.3), rng.uniform(1.8, 2.9), -rng.uniform(0.2, 1.3)]
    return [(kind, float(angle)) for angle in angles for kind in ("plus", "mixture")]


@task.reference
def _chance_of_zero(source: str, angle: float) -> float:
    rho = states.density_matrix(states.ket("+")) if source == "plus" else states.maximally_mixed_state(1)
    return float((1 + np.trace(rho @ (np.cos(angle) * Z + np.sin(angle) * X)).real) / 2)


@task.misconception(
    IGNORANCE,
    "You carried the even odds along Z over to every axis. A superposition is not a bit that nobody has read yet: "
    "along other axes it is anything from even to certain.",
)
def _always_even(source: str, angle: float) -> float:
    return 0.5


@task.misconception(
    SHARED_SEED,
    "You treated the mixture as if every device were in 0. Half of them are in 1, and those lean the other way by "
    "just as much.",
)
def _one_member(source: str, angle: float) -> float:
    return (1 + math.sin(angle)) / 2 if source == "plus" else (1 + math.cos(angle)) / 2


@task.misconception(
    ONE_SETTING,
    "You turned the axis away from Z, where |+⟩ is not at home. |+⟩ points along X, so what counts is how far the "
    "axis is from X.",
)
def _plus_as_zero(source: str, angle: float) -> float:
    return (1 + math.cos(angle)) / 2 if source == "plus" else 0.5


@task.misconception(
    CONVENTION,
    "You doubled the angle, as one does for polarisers. The angle here is already that of the axis on the Bloch "
    "sphere.",
)
def _doubled_angle(source: str, angle: float) -> float:
    return (1 + math.sin(2 * angle)) / 2 if source == "plus" else 0.5


@task.misconception(
    IGNORANCE,
    "You gave the mixture a direction. A device that was prepared in 0 or in 1 by a coin has, on average, no "
    "direction at all, so no axis can be better than another.",
)
def _both_follow(source: str, angle: float) -> float:
    return (1 + math.sin(angle)) / 2


@task.alternative
def _by_half_angle(source: str, angle: float) -> float:
    if source == "mixture":
        return 0.5
    return math.cos(angle / 2 - math.pi / 4) ** 2


@task.alternative
def _by_projection(source: str, angle: float) -> float:
    zero = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    members = {"plus": [states.ket("+")], "mixture": [states.ket("0"), states.ket("1")]}[source]
    return float(np.mean([abs(np.vdot(zero, member)) ** 2 for member in members]))


@task.alternative
def _by_rotation(source: str, angle: float) -> float:
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    turned = np.array([[c, s], [-s, c]])
    rho = np.full((2, 2), 0.5) if source == "plus" else np.eye(2) / 2
    return float((turned @ rho @ turned.T)[0, 0])


TASK = task.with_hints(
    "One of the two sources does not care about the angle. Which one, and why?",
    "A pure state is certain along one axis and even along every axis at right angles to it.",
    "The chance is ½(1 + the cosine of the angle between the axis and the state's own direction).",
)
