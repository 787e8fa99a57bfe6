"""Task 11.rounds_to_show: how many rounds the test must run."""

from __future__ import annotations

import math

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import (
    ENTANGLED_MEANS_USEFUL,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    PLAN_SHOTS,
    SAMPLE_IS_TRUTH,
    SHARED_SEED,
)
from qlab.checks._task import Arguments

task = Declaration(
    id="11.rounds_to_show",
    points=3,
    title="How many rounds the test must run",
    outcome=PLAN_SHOTS,
    returns=forms.whole_number(0, what="a number of rounds"),
)


@task.inputs
def _rounds_inputs(rng: np.random.Generator) -> list[Arguments]:
    sigmas = rng.permutation([3.0, 4.0, 5.0, 5.0]).tolist()
    return [(round(float(rng.uniform(2.15, 2.75)), 3), float(many)) for many in sigmas]


@task.reference
def _rounds(claimed_s: float, sigmas: float) -> int:
    variance = 4 * (1 - (claimed_s / 4) ** 2)
    return 4 * math.ceil(variance * sigmas**2 / (claimed_s - 2) ** 2)


@task.misconception(
    ONE_SETTING,
    "You gave the rounds of one setting. The test has four combinations of questions, and each needs its own.",
)
def _one_setting_counted(claimed_s: float, sigmas: float) -> int:
    return _rounds(claimed_s, sigmas) // 4


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You let the error shrink in proportion to the rounds. It shrinks with their square root, so half the error costs "
    "four times the rounds.",
)
def _errors_shrink_linearly(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas / (claimed_s - 2))


@task.misconception(
    SHARED_SEED,
    "You measured the distance of S from zero. What must be excluded is the shared seed, which reaches 2.",
)
def _distance_from_zero(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas**2 / claimed_s**2)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You measured the distance of S from the quantum ceiling. That asks how imperfect the pair is, not whether a "
    "shared seed could have done it.",
)
def _distance_from_the_ceiling(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas**2 / (2 * math.sqrt(2) - claimed_s) ** 2)


@task.misconception(
    NOISE_ARITHMETIC,
    "You took the scatter of one correlation for that of S. Four of them are added, each with its own scatter.",
)
def _one_variance_of_four(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil((1 - (claimed_s / 4) ** 2) * sigmas**2 / (claimed_s - 2) ** 2)


@task.alternative
def _rounds_by_root(claimed_s: float, sigmas: float) -> int:
    error_allowed = (claimed_s - 2) / sigmas
    error_of_one = 2 * math.sqrt(1 - (claimed_s / 4) ** 2)
    return 4 * math.ceil((error_of_one / error_allowed) ** 2)


@task.alternative
def _rounds_by_wins(claimed_s: float, sigmas: float) -> int:
    """S = 8w - 4 with w the mean of four winning rates, each with variance w(1-w)/n."""
    w = 0.5 + claimed_s / 8
    return 4 * math.ceil(sigmas**2 * 16 * w * (1 - w) / (claimed_s - 2) ** 2)


@task.alternative
def _rounds_by_search(claimed_s: float, sigmas: float) -> int:
    low, high = 0, 10**9
    while high - low > 1:
        n = (low + high) // 2
        error = math.sqrt(4 * (1 - (claimed_s / 4) ** 2) / n)
        low, high = (low, n) if claimed_s - 2 >= sigmas * error else (n, high)
    return 4 * high


TASK = task.with_hints(
    "S is a sum of four correlations; with n rounds each, one correlation E has variance (1 - E²)/n.",
    "At the claimed value take every |E| as S/4. The error of S must be at most (S - 2) divided by the number of "
    "standard errors.",
    "Solve 4(1 - (S/4)²)/n ≤ ((S - 2)/sigmas)² for n, round up, and count all four settings.",
)
