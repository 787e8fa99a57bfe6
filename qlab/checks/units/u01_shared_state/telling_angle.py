"""Task 01.telling_angle: Bob's angle that best tells |Φ+⟩ from a shared coin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ONE_SETTING, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Row
from qlab.gates import X, Z

Matrix = NDArray[Any]

task = Declaration(
    id="01.telling_angle",
    points=3,
    title="Choose the setting that tells an entangled pair from a shared coin",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.number(what="an angle in radians"),
)


@task.inputs
def _angle_inputs(rng: np.random.Generator) -> list[tuple[float]]:
    return [(float(rng.uniform(0.35, 1.1)),), (float(rng.uniform(1.9, 2.8)),), (float(-rng.uniform(0.4, 1.2)),)]


@task.reference
def _telling_angle(alice_angle: float) -> float:
    return np.pi / 2


def _axis(angle: float) -> Matrix:
    return np.cos(angle) * Z + np.sin(angle) * X


def _correlations(alice_angle: float, bob_angle: float) -> tuple[float, float]:
    """E(a, b) of |Φ+⟩ and of the classically correlated state."""
    observable = np.kron(_axis(alice_angle), _axis(bob_angle))
    pair = states.density_matrix(states.epr_pair())
    coin = states.classically_correlated_state()
    return float(np.trace(observable @ pair).real), float(np.trace(observable @ coin).real)


@task.view
def _angle_view(got: float, alice_angle: float) -> list[float]:
    return list(_correlations(alice_angle, got))


@task.judge
def _angle_right(got: float, _expected: float, alice_angle: float) -> bool:
    pair, coin = _correlations(alice_angle, got)
    return abs(pair - coin) > abs(np.sin(alice_angle)) - 1e-4


@task.remark
def _partly_along_z(_rows: list[Row]) -> str:
    """Whatever the angle is made of: it leaves the coin part of its correlation."""
    return (
        "Where you are wrong, Bob's axis still lies partly along the one in which the coin was prepared, so the coin "
        "keeps a part of its correlation, and the two states differ less than they could."
    )


@task.misconception(
    ONE_SETTING,
    "You looked where the entangled pair agrees perfectly. But perfect agreement is no mark of entanglement by "
    "itself: what counts is how far the shared coin falls behind at that setting.",
)
def _same_axis(alice_angle: float) -> float:
    return alice_angle


@task.misconception(
    SHARED_SEED,
    "You measured along the very axis in which the coin was prepared. Along it a shared random value reproduces the "
    "pair exactly, so no number of rounds can tell the two apart.",
)
def _agreed_axis(alice_angle: float) -> float:
    return 0.0


@task.misconception(
    ONE_SETTING,
    "You crossed Bob's axis with Alice's, where the pair shows no correlation at all. You then compare nothing "
    "against what is left of the coin instead of the pair's own strength.",
)
def _crossed_axis(alice_angle: float) -> float:
    return alice_angle + np.pi / 2


@task.misconception(
    CONVENTION,
    "You thought in degrees, but the angle goes into a sine as it stands: in this course angles are radians.",
)
def _degrees(alice_angle: float) -> float:
    return 90.0


@task.misconception(
    CONVENTION,
    "You used the angle at which a polariser would stand. The angle here is that of the axis on the Bloch sphere, "
    "where opposite results lie half a turn apart.",
)
def _polariser(alice_angle: float) -> float:
    return np.pi / 4


@task.alternative
def _minus_quarter_turn(alice_angle: float) -> float:
    return -np.pi / 2


@task.alternative
def _scan_angles(alice_angle: float) -> float:
    grid = np.linspace(0, np.pi, 181)
    gaps = np.abs(np.cos(alice_angle - grid) - np.cos(alice_angle) * np.cos(grid))
    return float(grid[np.argmax(gaps)])


@task.alternative
def _scan_matrices(alice_angle: float) -> float:
    pair = states.density_matrix(states.epr_pair())
    difference = pair - states.classically_correlated_state()
    gaps = {}
    for degrees in (0, 45, 90, 135):
        bob = np.deg2rad(degrees)
        observable = np.kron(
            np.cos(alice_angle) * Z + np.sin(alice_angle) * X,
            np.cos(bob) * Z + np.sin(bob) * X,
        )
        gaps[bob] = abs(np.trace(observable @ difference).real)
    return max(gaps, key=lambda bob: gaps[bob])


TASK = task.with_hints(
    "Write down both correlations: the pair gives cos(a - b), the coin cos(a)·cos(b).",
    "Their difference is a product of two factors. Alice's factor is fixed; look at Bob's.",
    "The coin has a definite value along Z only. Which direction is as far from Z as a direction can be?",
)
