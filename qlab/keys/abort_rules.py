"""When to give up on a key: a sample, a threshold, and exact probabilities of both mistakes.

Alice and Bob compare a random sample of sifted bits and abort above a number of errors. Two things can
go wrong: an honest line is rejected (false alarm), or an attacked one passes (miss).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log10

from qlab import _numeric, _validate
from qlab.bell.statistics import binomial_log10_tail


def _log10_at_most(trials: int, errors: int, probability: float) -> float:
    """log₁₀ P(Bin ≤ errors), as a tail of the right answers."""
    return binomial_log10_tail(trials, trials - errors, 1 - probability)


def _log10_more_than(trials: int, errors: int, probability: float) -> float:
    """log₁₀ P(Bin > errors)."""
    return -inf if errors >= trials else binomial_log10_tail(trials, errors + 1, probability)


@dataclass(frozen=True)
class AbortRule:
    """Compare ``sample_size`` bits; abort where more than ``max_errors`` of them differ.

    Attributes:
        sample_size: number of bits compared, and thereby given up.
        max_errors: most errors that still pass.
        expected_qber: error rate of the honest line.
    """

    sample_size: int
    max_errors: int
    expected_qber: float

    def __post_init__(self) -> None:
        n = _validate.count("sample_size", self.sample_size, 1)
        errors = _validate.integer("max_errors", self.max_errors, 0, n)
        expected = _validate.probability("expected_qber", self.expected_qber)
        _validate.keep(self, sample_size=n, max_errors=errors, expected_qber=expected)

    def passes(self, errors: int) -> bool:
        """Whether a sample with so many errors is accepted."""
        return _validate.integer("errors", errors, 0, self.sample_size) <= self.max_errors

    def log10_false_alarm(self) -> float:
        """log₁₀ of the probability that the honest line is rejected."""
        return _log10_more_than(self.sample_size, self.max_errors, self.expected_qber)

    def log10_miss(self, attacked_qber: float) -> float:
        """log₁₀ of the probability that a line with this error rate passes."""
        probability = _validate.probability("attacked_qber", attacked_qber)
        return _log10_at_most(self.sample_size, self.max_errors, probability)


def abort_rule(sample_size: int, *, expected_qber: float, false_alarm: float = 1e-6) -> AbortRule:
    """Strictest rule that rejects an honest line with at most the given probability.

    Args:
        sample_size: number of compared bits ≥ 1.
        expected_qber: error rate of the honest line, in [0, 1).
        false_alarm: in (0, 1).

    >>> abort_rule(1000, expected_qber=0.02).max_errors
    44
    """
    n = _validate.count("sample_size", sample_size, 1)
    q = _validate.in_range("expected_qber", expected_qber, 0, 1, open_high=True)
    allowed = log10(_validate.in_range("false_alarm", false_alarm, 0, 1, open_low=True, open_high=True))
    return AbortRule(n, _numeric.smallest(lambda errors: _log10_more_than(n, errors, q) <= allowed, 0, n), q)


def smallest_sample(
    *, expected_qber: float, attacked_qber: float, false_alarm: float = 1e-6, miss: float = 1e-6
) -> AbortRule:
    """Smallest sample found whose `abort_rule` also lets an attacked line pass with at most the given probability.

    The miss falls with the sample in a saw-tooth, and so the sample found may be one tooth from the least.

    Args:
        expected_qber: error rate of the honest line.
        attacked_qber: error rate of an attacked one, larger.
        false_alarm: in (0, 1).
        miss: in (0, 1).

    >>> rule = smallest_sample(expected_qber=0.0, attacked_qber=0.25)
    >>> rule.sample_size, rule.max_errors
    (49, 0)
    """
    honest = _validate.in_range("expected_qber", expected_qber, 0, 1, open_high=True)
    attacked = _validate.in_range("attacked_qber", attacked_qber, honest, 1, open_low=True)
    allowed = log10(_validate.in_range("miss", miss, 0, 1, open_low=True, open_high=True))

    def suffices(size: int) -> bool:
        rule = abort_rule(size, expected_qber=honest, false_alarm=false_alarm)
        return rule.log10_miss(attacked) <= allowed

    high = 1
    while not suffices(high):
        high = _validate.integer("sample (attacked_qber is too close to expected_qber)", 2 * high, 1, 2**40)
    size = _numeric.smallest(suffices, high // 2 + 1, high)
    return abort_rule(size, expected_qber=honest, false_alarm=false_alarm)
