"""Task 02.shots_needed: how many repetitions for ±w."""

from __future__ import annotations

import math

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, PLAN_SHOTS, SAMPLE_IS_TRUTH

task = Declaration(
    id="02.shots_needed",
    points=3,
    title="Count the shots that a promised precision costs",
    outcome=PLAN_SHOTS,
    returns=forms.whole_number(0, what="a whole number of shots"),
    tolerance=1e-9,
)


@task.inputs
def _precision_inputs(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Plans of all sizes: closely above and below a power of two, and with a fraction above and below one half."""
    counts = [1024 * rng.uniform(1.005, 1.04), 256 * rng.uniform(0.96, 0.995), int(rng.integers(9000, 90_000)) + 0.2]
    counts += [int(rng.integers(12, 40)) + 0.8, int(rng.integers(1, 4)) + 0.3]
    return [(float(z / (2 * math.sqrt(n))), float(z)) for n, z in zip(counts, rng.uniform(1.5, 3.2, 5), strict=True)]


@task.reference
def _shots_needed(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / (2 * half_width)) ** 2)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You let the precision grow in proportion to the shots. Independent errors partly cancel, so the error falls only "
    "with the square root: ten times the precision costs a hundred times the shots.",
)
def _linear(half_width: float, sigmas: float) -> int:
    return math.ceil(sigmas / half_width)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You planned for one standard error. Within one standard error lies only about two thirds of all runs; the "
    "confidence asked for is part of the question.",
)
def _one_sigma(half_width: float, sigmas: float) -> int:
    return math.ceil(1 / (4 * half_width**2))


@task.misconception(
    CONVENTION,
    "You gave a single shot a spread of 1. A shot that is 0 or 1 spreads by at most half of that, however uncertain "
    "it is.",
)
def _unit_variance(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / half_width) ** 2)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You squared the width but not the confidence. Both stand under the same root: asking for twice as many standard "
    "errors costs as much as asking for half the width.",
)
def _sigmas_not_squared(half_width: float, sigmas: float) -> int:
    return math.ceil(sigmas / (4 * half_width**2))


@task.misconception(
    CONVENTION,
    "You read ± as the whole width of the interval. It names the half on either side.",
)
def _whole_width(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / (4 * half_width)) ** 2)


@task.misconception(
    CONVENTION,
    "You rounded down. The plan must keep its promise, and one shot too few does not.",
)
def _rounded_down(half_width: float, sigmas: float) -> int:
    return math.floor((sigmas / (2 * half_width)) ** 2)


@task.alternative
def _from_variance(half_width: float, sigmas: float) -> int:
    standard_error = half_width / sigmas
    return int(np.ceil(0.25 / standard_error**2))


@task.alternative
def _by_search(half_width: float, sigmas: float) -> int:
    low, high = 0, 1
    while sigmas * 0.5 / math.sqrt(high) > half_width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if sigmas * 0.5 / math.sqrt(middle) <= half_width else (middle, high)
    return high


@task.alternative
def _one_more(half_width: float, sigmas: float) -> float:
    return math.floor(0.25 * (sigmas / half_width) ** 2) + 1


TASK = task.with_hints(
    "The unknown probability p has a standard error of √(p(1-p)/n). Which p makes it largest?",
    "Demand that so many standard errors fit into the half-width, then solve for n.",
    "The largest spread of one shot is ½. Set sigmas · ½/√n equal to the half-width.",
)
