"""Task 05.bob_marginal: try to signal through a pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, NO_SIGNALLING, ONE_SETTING, SELECTED_DATA, SIGNALLING
from qlab.checks._forms import number
from qlab.checks._task import Arguments
from qlab.states import partial_trace, random_ket

task = Declaration(
    id="05.bob_marginal",
    points=3,
    title="Try to signal through a pair",
    outcome=NO_SIGNALLING,
    returns=number(0, 1, what="a probability"),
)


@task.inputs
def _marginal_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(random_ket(2, rng), float(rng.uniform(0.4, 2.6))) for _ in range(4)]


@task.reference
def _marginal(ket: Any, angle: float) -> float:
    return float(partial_trace(ket, [1])[1, 1].real)


def _directions(angle: float) -> tuple[Any, Any]:
    """Eigenkets of cos θ Z + sin θ X for +1 and for -1."""
    up = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    return up, np.array([-np.sin(angle / 2), np.cos(angle / 2)])


@task.misconception(
    SELECTED_DATA,
    "You kept the rounds in which Alice read +1. Bob cannot know which rounds these are until she tells him; in the "
    "statistics that he sees, both of her outcomes are mixed.",
)
def _kept_one_outcome(ket: Any, angle: float) -> float:
    branch = _directions(angle)[0] @ np.reshape(ket, (2, 2))
    return float(abs(branch[1]) ** 2 / np.vdot(branch, branch).real)


@task.misconception(
    SIGNALLING,
    "You let Alice's angle turn Bob's qubit, as if the pair were a lever between them. Her choice appears in joint "
    "statistics only, never in his alone.",
)
def _her_angle_turns_him(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float(sum(abs(row @ _directions(angle)[1]) ** 2 for row in table))


@task.misconception(
    ONE_SETTING,
    "You took the 50/50 of a Bell pair for a law. Half of another state has a bias of its own; the law is that this "
    "bias does not depend on what Alice does.",
)
def _always_even(ket: Any, angle: float) -> float:
    return 0.5


@task.misconception(
    CONVENTION,
    "You computed Alice's side. Qubit 0, the leftmost factor, is hers; Bob holds qubit 1.",
)
def _read_alices_side(ket: Any, angle: float) -> float:
    return float(abs(ket[2]) ** 2 + abs(ket[3]) ** 2)


@task.misconception(
    ONE_SETTING,
    "You computed how often both read 1. What Bob sees alone is a sum over everything that Alice may read.",
)
def _joint_for_marginal(ket: Any, angle: float) -> float:
    return float(abs(ket[3]) ** 2)


@task.alternative
def _marginal_sum(ket: Any, angle: float) -> float:
    return float(abs(ket[1]) ** 2 + abs(ket[3]) ** 2)


@task.alternative
def _marginal_branches(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float(sum(abs((direction @ table)[1]) ** 2 for direction in _directions(angle)))


@task.alternative
def _marginal_density(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float((table.T @ table.conj())[1, 1].real)


TASK = task.with_hints(
    "Bob's statistics, over all rounds, are those of his reduced state.",
    "If Alice measures, add up both of her outcomes, each with its probability, before you look at Bob.",
    "Amplitudes stand in the order 00, 01, 10, 11 with Bob's bit last. Which two of them have Bob at 1, and does the "
    "angle appear anywhere?",
)
