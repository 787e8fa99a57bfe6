"""What a finished Bell test shows: counts, S, standard error, and a p-value that needs no assumption about devices.

Counts are indexed ``[x][y][a][b]``: questions x (Alice) and y (Bob), answers a and b. Answer 0 is the
eigenvalue +1, answer 1 is -1. A round is won where ``a ^ b == x & y``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, lgamma, log, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import _numeric, _validate
from qlab._validate import FloatArray

IntArray = NDArray[np.int64]

LOCAL_WINNING_PROBABILITY = 0.75
"""Best probability to win a CHSH round with local strategies and uniform questions."""

SIGNS = np.array([[1, 1], [1, -1]])
"""Sign of E(x, y) in S = E00 + E01 + E10 - E11."""

_TERMS = 4096

_SUMMED = 2**20
"""Longer tails are integrated: their terms differ too little from one to the next to be added one by one."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)


def _stirling_error(n: float) -> float:
    """ln n! - ln(√(2πn) (n/e)ⁿ), without the cancellation of large numbers."""
    if n < 16:
        return lgamma(n + 1) - ((n + 0.5) * log(n) - n + 0.5 * log(2 * pi)) if n > 0 else 0.0
    return (1 / 12 - (1 / 360 - 1 / (1260 * n * n)) / (n * n)) / n


def _bend(d: Any) -> FloatArray:
    """(1+d) ln(1+d) - d of d > -1, by its series near 0, where the difference would lose its digits."""
    near = np.abs(d) < 0.02
    small, rest = np.where(near, d, 0.0), np.where(near, 1.0, d)
    series = small**2 * sum((-small) ** k / ((k + 1) * (k + 2)) for k in range(9))
    return np.where(near, series, (1 + rest) * np.log1p(rest) - rest)


def _deviance(x: float, mean: float) -> float:
    """x ln(x/mean) + mean - x of an x > 0, accurate where x is close to the mean."""
    if abs(x - mean) > mean / 2:
        return x * (log(x) - log(mean)) + mean - x
    return mean * float(_bend((x - mean) / mean))


def _log_binomial_pmf(n: int, k: int, p: float) -> float:
    """ln P(Bin(n, p) = k) by the saddle-point expansion (Loader, 2000)."""
    if k == 0:
        return n * log1p(-p)
    if k == n:
        return n * log(p)
    errors = _stirling_error(n) - _stirling_error(k) - _stirling_error(n - k)
    deviances = _deviance(k, n * p) + _deviance(n - k, n * (1 - p))
    return errors - deviances + 0.5 * log(n / (2 * pi * k * (n - k)))


def _log_tail_away_from_mean(n: int, k: int, p: float) -> float:
    """ln P(Bin ≥ k) for k above the mean: the first term times a sum of falling ratios."""
    # Terms fall about as exp(-fall·j - curvature·j²/2); so many are needed until 60 e-folds are gone.
    if k == n:
        return n * log(p)
    fall, curvature = (k + 1 - p - n * p) / ((k + 1) * (1 - p)), 1 / (n - k) + 1 / (k + 1)
    if 120 / (sqrt(fall * fall + 120 * curvature) + fall) > _SUMMED:
        return _log_binomial_pmf(n, k, p) + log(_integrated_tail(n - k, k + 1, log1p(-fall)))
    log_odds, total, log_term, j = log(p) - log1p(-p), 0.0, 0.0, k
    while j <= n:
        steps = np.arange(j, min(j + _TERMS, n))
        logs = log_term + np.concatenate([[0.0], np.cumsum(np.log((n - steps) / (steps + 1)) + log_odds)])
        total += float(np.sum(np.exp(logs[: len(steps)]))) if j + _TERMS < n else float(np.sum(np.exp(logs)))
        if j + _TERMS >= n or logs[-1] < -60:
            break
        log_term, j = float(logs[-1]), j + _TERMS
    return _log_binomial_pmf(n, k, p) + log(total)


def _integrated_tail(left: int, up: int, slope: float) -> float:
    """Σ_j Π_{i<j} e^slope (1 - i/left)/(1 + i/up), by Euler and Maclaurin: an integral and its end correction."""
    length = min(left, 120 / (sqrt(slope * slope + 120 * (1 / left + 1 / up)) - slope))
    x = length * (_NODES + 1) / 2
    exponent = slope * x - left * _bend(-x / left) - up * _bend(x / up)
    exponent -= (np.log1p(-x / left) - np.log1p(x / up)) / 2
    return float(_WEIGHTS @ np.exp(exponent)) * length / 2 + 0.5 - slope / 12


def binomial_log10_tail(trials: int, successes: int, success_probability: float) -> float:
    """log₁₀ P(Bin(trials, p) ≥ successes), exact and free of underflow.

    Args:
        trials: number n of rounds, 0 to 2**53.
        successes: number k in [0, n].
        success_probability: p of one round, in [0, 1].

    >>> round(10 ** binomial_log10_tail(245, 196, 0.75), 5)
    0.03908
    >>> round(binomial_log10_tail(10**6, 853_553, 0.75))
    -13932
    """
    n = _validate.count("trials", trials)
    k = _validate.integer("successes", successes, 0, n)
    q = _validate.probability("success_probability", success_probability)
    if k == 0 or q == 1:
        return 0.0
    if q == 0:
        return -inf
    if k > n * q:
        return min(0.0, _log_tail_away_from_mean(n, k, q) / log(10))
    lower = _log_tail_away_from_mean(n, n - k + 1, 1 - q)
    return float(np.log1p(-np.exp(lower))) / log(10)


def best_local_winning_probability(input_excess: float = 0.0) -> float:
    """Best probability of a local strategy where each question bit can be guessed with probability ½ + τ at most.

    A deterministic strategy loses at one pair of questions at least, and each pair comes up with
    probability (½-τ)² at least: 1 - (½-τ)² = ¾ + τ - τ² (Elkouss, Wehner, npj Quantum Inf. 2, 16026, 2016).

    Args:
        input_excess: τ in [0, ½].
    """
    tau = _validate.in_range("input_excess", input_excess, 0, 0.5)
    return 1 - (0.5 - tau) ** 2


def _nested(table: IntArray) -> Any:
    return tuple(_nested(row) for row in table) if table.ndim > 1 else tuple(int(n) for n in table)


@dataclass(frozen=True)
class BellTestResult:
    """Counts of a CHSH experiment; all else is computed from them. Results of separate runs add.

    Attributes:
        counts: ``counts[x][y][a][b]``, 16 whole numbers; anything of that shape is accepted.

    >>> HENSEN_2015.s, HENSEN_2015.standard_error  # doctest: +ELLIPSIS
    (2.422..., 0.203...)
    >>> HENSEN_2015.wins, HENSEN_2015.rounds, round(HENSEN_2015.p_value(), 5)
    (196, 245, 0.03908)
    """

    counts: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", _nested(_validate.counts("counts", self.counts, (2, 2, 2, 2))))

    @classmethod
    def from_rounds(cls, rounds: NDArray[np.integer[Any]]) -> BellTestResult:
        """Result from one number ``8x + 4y + 2a + b`` a round, shape (n,)."""
        demand = "must be whole numbers in [0, 15] of shape (n,)"
        codes = _validate.whole_array("rounds", rounds, demand)
        if codes.ndim != 1 or (codes.size and not 0 <= codes.min() <= codes.max() < 16):
            raise _validate.fail("rounds", demand, codes)
        return cls(_count_codes(codes).reshape(2, 2, 2, 2))

    @property
    def table(self) -> IntArray:
        """The counts as an array of shape (2, 2, 2, 2)."""
        return np.array(self.counts, dtype=np.int64)

    @property
    def rounds(self) -> int:
        """Number of rounds."""
        return int(self.table.sum())

    @property
    def setting_totals(self) -> IntArray:
        """Rounds per pair of questions, shape (2, 2)."""
        totals: IntArray = self.table.sum(axis=(2, 3))
        return totals

    @property
    def correlators(self) -> FloatArray:
        """E(x, y) = (equal - unequal) / rounds, shape (2, 2).

        Raises:
            ValueError: where a pair of questions never came up.
        """
        totals = self.setting_totals
        if (totals == 0).any():
            raise _validate.fail("counts", "must hold a round of each pair of questions", totals.tolist())
        table = self.table
        return np.asarray((table[..., 0, 0] + table[..., 1, 1] - table[..., 0, 1] - table[..., 1, 0]) / totals)

    @property
    def s(self) -> float:
        """CHSH value S = E00 + E01 + E10 - E11."""
        return float(np.sum(SIGNS * self.correlators))

    @property
    def standard_error(self) -> float:
        """Standard error of S: √Σ(1-E²)/n over the four pairs of questions.

        Where all n rounds of a pair of questions agree, |E| = n/(n+2) stands for 1: see `qlab._numeric`.
        """
        variances = _numeric.honest_variance(1 - self.correlators**2, self.setting_totals, spread=2.0)
        return float(np.sqrt(np.sum(variances / self.setting_totals)))

    @property
    def wins(self) -> int:
        """Rounds with ``a ^ b == x & y``."""
        table = self.table
        equal = table[..., 0, 0] + table[..., 1, 1]
        return int(equal[0, 0] + equal[0, 1] + equal[1, 0] + table[1, 1, 0, 1] + table[1, 1, 1, 0])

    @property
    def win_fraction(self) -> float:
        """Wins divided by rounds; 8·(win fraction) - 4 is S only where all four pairs are equally frequent.

        Raises:
            ValueError: where no round was played.
        """
        if self.rounds == 0:
            raise _validate.fail("counts", "must hold a round", self.counts)
        return self.wins / self.rounds

    def log10_p_value(self, *, input_excess: float = 0.0) -> float:
        """log₁₀ of the probability that any local devices, with memory of earlier rounds, win as often.

        Args:
            input_excess: how far above ½ each question bit can be guessed, in [0, ½].
        """
        return binomial_log10_tail(self.rounds, self.wins, best_local_winning_probability(input_excess))

    def p_value(self, *, input_excess: float = 0.0) -> float:
        """10 to the power `log10_p_value`; 0 below 1e-308."""
        return float(10.0 ** self.log10_p_value(input_excess=input_excess))

    def __add__(self, other: BellTestResult) -> BellTestResult:
        if not isinstance(other, BellTestResult):
            return NotImplemented
        return BellTestResult(self.table + other.table)


def _count_codes(codes: NDArray[np.integer[Any]]) -> IntArray:
    """How often each number below 16 occurs, in blocks: `bincount` copies to 8 bytes a number."""
    total = np.zeros(16, dtype=np.int64)
    for start in range(0, len(codes), 1 << 16):
        total += np.bincount(codes[start : start + (1 << 16)], minlength=16)
    return total


def trials_needed(winning_probability: float, p_value: float) -> int:
    """Fewest rounds of which the expected wins, rounded down, give a p-value of at most the one asked for.

    A run of that length reaches it about every second time: its wins scatter about the expectation. The p-value
    falls in a saw-tooth, and so closer than 0.0005 to ¾ the number found may be one tooth from the fewest.

    Args:
        winning_probability: expected fraction of wins, in (¾, 1]; above ¾ by so much that 2**53 rounds are enough.
        p_value: in (0, 1).

    >>> from qlab.bell.chsh import TSIRELSON_BOUND, winning_probability
    >>> trials_needed(winning_probability(TSIRELSON_BOUND), 0.05)
    60
    """
    w = _validate.in_range("winning_probability", winning_probability, 0.75, 1, open_low=True)
    target = float(np.log10(_validate.in_range("p_value", p_value, 0, 1, open_low=True, open_high=True)))

    def enough(wins: int) -> bool:
        return binomial_log10_tail(ceil(wins / w), wins, LOCAL_WINNING_PROBABILITY) <= target

    high = 1
    while not enough(high):
        high *= 2
        if high > _validate.MAX_COUNT / 2:
            raise _validate.fail("winning_probability", "must be further above 0.75", winning_probability)
    high = _numeric.smallest(enough, high // 2 + 1, high)
    tooth = min(2000, ceil(1 / (w - LOCAL_WINNING_PROBABILITY)))
    return ceil(next(k for k in range(max(1, high - tooth), high + 1) if enough(k)) / w)


HENSEN_2015 = BellTestResult(((((23, 3), (4, 23)), ((33, 11), (5, 30))), (((22, 10), (6, 24)), ((4, 20), (21, 6)))))
"""Counts of the first loophole-free Bell test: 245 rounds, 1.3 km apart (Hensen et al., Nature 526, 682, 2015)."""
