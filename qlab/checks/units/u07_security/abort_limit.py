"""Task 07.abort_limit: an abort rule with a stated false-alarm chance."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import HEADLINE_FIGURE, JUDGE_SECURITY, SAMPLE_IS_TRUTH
from qlab.checks._task import Arguments, Row

task = Declaration(
    id="07.abort_limit",
    points=4,
    title="An abort rule with a stated false-alarm chance",
    outcome=JUDGE_SECURITY,
    returns=forms.whole_number(0, what="a number of errors"),
)


@task.inputs
def _abort_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Round chances, one that no error at all meets, and chances closely above and below that of a limit."""
    cases: list[Arguments] = [
        (int(rng.integers(150, 400)), float(rng.uniform(0.01, 0.02)), 1e-3),
        (int(rng.integers(700, 1000)), float(rng.uniform(0.02, 0.05)), 1e-6),
        (int(rng.integers(15, 30)), float(rng.uniform(0.0005, 0.001)), 0.05),
        (int(rng.integers(16, 24)), float(rng.uniform(0.009, 0.011)), 0.05),
    ]
    for size, side in ((150, 1), (400, -1), (250, 1), (200, -1)):
        n, q = size + int(rng.integers(0, 50)), float(rng.uniform(0.02, 0.06))
        chances = np.exp(_log_chances(n, q))
        limit = int(n * q + 2.5 * math.sqrt(n * q))
        cases.append((n, q, float(f"{(1 + side * 0.02) * chances[limit + 1 :].sum():.3g}")))
    return cases


def _log_chances(n: int, q: float) -> list[float]:
    """Logarithm of the binomial chance of each number of errors."""
    lost, kept = math.log(q), math.log1p(-q)
    top = math.lgamma(n + 1)
    return [top - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * lost + (n - k) * kept for k in range(n + 1)]


@task.reference
def _abort(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    """Smallest k with P(more than k errors) ≤ false_alarm, by adding the tail from its small end."""
    logs = _log_chances(sample_size, expected_qber)
    tail, k = 0.0, sample_size
    while k > 0 and tail + math.exp(logs[k]) <= false_alarm:
        tail += math.exp(logs[k])
        k -= 1
    return k


def _poisson_limit(mean: float, false_alarm: float) -> int:
    """Smallest k that a Poisson variable exceeds with a chance of at most false_alarm."""
    chance, below, k = math.exp(-mean), math.exp(-mean), 0
    while 1 - below > false_alarm and k < 10 * mean + 100:
        k += 1
        chance *= mean / k
        below += chance
    return k


def _from_a_curve(rows: list[Row], sigmas: float | None) -> bool:
    """Whether all limits are so many standard deviations out, with any rounding, correction and spread.

    Args:
        rows: results, expected limits and arguments.
        sigmas: how many; None for what a normal curve demands for the false alarms asked for.
    """
    for rounded in (math.floor, round, math.ceil):
        for shift in (-1.0, -0.5, 0.0, 0.5):
            for binomial in (True, False):
                limits = []
                for _, _, (n, q, false_alarm) in rows:
                    far = NormalDist().inv_cdf(1 - false_alarm) if sigmas is None else sigmas
                    spread = math.sqrt(n * q * (1 - q if binomial else 1))
                    limits.append(max(0, rounded(n * q + far * spread + shift)))
                if limits == [got for got, _, _ in rows]:
                    return True
    return False


@task.remark
def _another_distribution(rows: list[Row]) -> str | None:
    """Errors counted by another law than the binomial one, with any rounding."""
    if _from_a_curve(rows, None):
        return (
            "Your limits are those of a normal curve. A binomial with few errors is lopsided, and far out, where a "
            "rare false alarm lies, the curve gives too small a chance: add up the binomial's own."
        )
    if any(_from_a_curve(rows, sigmas) for sigmas in (1, 2, 3, 4, 5, 6)):
        return (
            "Your limits lie a fixed number of standard deviations above the mean. The limit follows from the chance "
            "of a false alarm that is asked for, and that differs from input to input."
        )
    if all(got == _poisson_limit(n * q, false_alarm) for got, _, (n, q, false_alarm) in rows):
        return (
            "Your limits are those of a Poisson distribution. It allows for more errors than there are bits in the "
            "sample, and so scatters more than the binomial that a sample follows."
        )
    return None


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You abort at the first error. The link has errors of its own, so the rule would stop it nearly every time with "
    "nobody listening.",
)
def _first_error_aborts(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return 0


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You put the limit at the expected number. Chance exceeds it about every other time; the limit must leave room "
    "for scatter.",
)
def _mean_is_the_limit(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return math.floor(sample_size * expected_qber)


@task.misconception(
    HEADLINE_FIGURE,
    "You aborted at eleven per cent. That is where no key is left in theory; an honest link that usually has two per "
    "cent is under attack long before.",
)
def _eleven_per_cent_rule(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    return math.floor(0.11 * sample_size)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You took two standard deviations whatever the chance of a false alarm was to be. The limit follows from that "
    "chance, and far out a normal curve is a poor guide too.",
)
def _two_sigma_for_all(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    spread = math.sqrt(sample_size * expected_qber * (1 - expected_qber))
    return math.floor(sample_size * expected_qber + 2 * spread)


@task.alternative
def _abort_with_arrays(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    chances = np.exp(_log_chances(sample_size, expected_qber))
    more_than = np.append(np.cumsum(chances[::-1])[::-1][1:], 0.0)
    return int(np.argmax(more_than <= false_alarm))


@task.alternative
def _abort_with_fractions(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    """From above, with whole binomial coefficients."""
    tail, k = 0.0, sample_size
    while True:
        tail += math.comb(sample_size, k) * expected_qber**k * (1 - expected_qber) ** (sample_size - k)
        if tail > false_alarm:
            return k
        k -= 1


@task.alternative
def _abort_by_ratio(sample_size: int, expected_qber: float, false_alarm: float) -> int:
    odds = expected_qber / (1 - expected_qber)
    chance = math.exp(sample_size * math.log1p(-expected_qber))
    chances = [chance]
    for k in range(sample_size):
        chance *= (sample_size - k) / (k + 1) * odds
        chances.append(chance)
    tail = 0.0
    for k in range(sample_size, 0, -1):
        tail += chances[k]
        if tail > false_alarm:
            return k
    return 0


TASK = task.with_hints(
    "With nobody listening, the number of errors in the sample is binomial.",
    "You want the smallest limit k for which more than k errors happen with a chance of at most false_alarm.",
    "Add up chances from the largest number of errors downwards, and stop before the sum would exceed false_alarm. "
    "Use logarithms (math.lgamma) or math.comb.",
)
