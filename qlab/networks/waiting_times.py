"""How long a repeater chain waits: exact distributions by arithmetic on power series.

A chain of segments is a tree: two halves are built side by side, then a swap in the middle joins them; where
the swap fails both halves start again. A round is one attempt on every open segment. News of a swap may take
its time: a chain of s segments knows after ⌈s/2⌉ times the talk of one segment, and both its ends wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil, comb, expm1, log, log1p, log2

import numpy as np

from qlab import _validate
from qlab._validate import FloatArray

MAX_ROUNDS = 2**18
"""Longest waiting-time table that is attempted."""


def mean_rounds_all_links(success_probability: float, segments: int) -> float:
    """Mean rounds until n links, tried side by side and kept once up, are all there.

    E[max] = Σ (-1)^(k+1) C(n,k) / (1-(1-p)^k). The alternating sum loses all digits of many links: they are
    summed as Σ_t [1-(1-q^t)^n], or for small p by what Euler and Maclaurin make of that, ½ - (1 + ½ + … + 1/n)/ln q.

    Args:
        success_probability: p of one link a round, in (0, 1].
        segments: number n of links, at least 1.

    >>> round(mean_rounds_all_links(0.1, 4), 4)
    20.2734
    """
    p = _validate.in_range("success_probability", success_probability, 0, 1, open_low=True)
    n = _validate.count("segments", segments, 1)
    if p == 1:
        return 1.0
    if n <= 16:
        sums = sum((-1) ** (k + 1) * comb(n, k) * (p / -expm1(k * log1p(-p))) for k in range(1, n + 1)) / p
        return _validate.fitting("success_probability", p, sums)
    if p < 0.04:
        return _validate.fitting("success_probability", p, 0.5 - _harmonic(n) / log1p(-p))
    rounds = int(np.ceil((40 + np.log(n)) / -log1p(-p)))
    late = np.exp(np.arange(1, rounds) * log1p(-p))
    return float(-np.sum(np.expm1(n * np.log1p(-late))) + 1.0)


def _harmonic(n: int) -> float:
    """1 + ½ + … + 1/n, from the asymptotic series, which is exact to rounding beyond 16."""
    return log(n) + np.euler_gamma + 1 / (2 * n) - 1 / (12 * n**2) + 1 / (120 * n**4) - 1 / (252 * n**6)


def _product(first: FloatArray, second: FloatArray, size: int) -> FloatArray:
    """The first ``size`` terms of the product of two power series."""
    length = 1 << (len(first) + len(second) - 2).bit_length()
    spectrum = np.fft.rfft(first, length) * np.fft.rfft(second, length)
    result: FloatArray = np.fft.irfft(spectrum, length)[:size]
    return result


def _reciprocal(series: FloatArray) -> FloatArray:
    """The power series 1/series by Newton's iteration g ← g(2 - series·g), doubling the right terms."""
    result, size = np.array([1 / series[0]]), 1
    while size < len(series):
        size = min(2 * size, len(series))
        correction = -_product(series[:size], result, size)
        correction[0] += 2
        result = _product(result, correction, size)
    return result


def _waited(pmf: FloatArray, survival: float) -> FloatArray:
    """Σ_{s<t} pmf(s)·survival^(t-s): what the earlier half is worth when the later one arrives at t."""
    powers = survival ** np.arange(len(pmf), dtype=float)
    powers[0] = 0.0
    return _product(pmf, powers, len(pmf))


def news_rounds(segments: int, swap_talk: float) -> float:
    """Rounds from a swap in the middle of a chain until its farther end knows: ⌈s/2⌉ times the talk of one segment.

    Args:
        segments: s of the chain that the swap completes, at least 2.
        swap_talk: rounds that news takes over one segment, at least 0.
    """
    half = ceil(_validate.count("segments", segments, 2) / 2)
    return _validate.fitting("swap_talk", swap_talk, half * _validate.non_negative("swap_talk", swap_talk))


def _later(series: FloatArray, rounds: int) -> FloatArray:
    """The same distribution, so many rounds later."""
    return np.concatenate([np.zeros(min(rounds, len(series))), series])[: len(series)]


def _tree(
    segments: int, p: float, swap: float, link: float, survival: float, talk: float, size: int
) -> list[FloatArray]:
    """P(T = t) and E[w; T = t] for t < size, of a chain built by halving."""

    @cache  # a chain of odd length has two halves, but a level never more than two lengths
    def built(length: int) -> list[FloatArray]:
        if length == 1:
            pmf = np.zeros(size)
            pmf[1:] = p * np.exp(np.arange(size - 1) * log1p(-p)) if p < 1 else np.eye(1, size - 1)[0]
            return [pmf, link * pmf]
        left, right = built(length // 2), built(length - length // 2)
        both = []
        for one, other, kept in ((left[0], right[0], 1.0), (left[1], right[1], survival)):
            if kept == 1.0:
                earlier_one, earlier_other = np.cumsum(one) - one, np.cumsum(other) - other
            else:
                earlier_one, earlier_other = _waited(one, kept), _waited(other, kept)
            both.append(one * earlier_other + other * earlier_one + one * other)
        if talk:
            news = news_rounds(length, talk)
            both = [_later(both[0], round(news)), _later(both[1], round(news)) * survival**news]
        if swap == 1:
            return both
        again = -(1 - swap) * both[0]
        again[0] += 1
        restarts = _reciprocal(again)
        return [np.maximum(_product(swap * part, restarts, size), 0.0) for part in both]

    return built(segments)


@dataclass(frozen=True)
class WaitingTime:
    """How long a chain takes to deliver, and how good the pair then is.

    Attributes:
        pmf: P(T = t) for t = 0, 1, …, as far as the table goes.
        mean_visibility: mean Werner visibility of a delivered pair.
    """

    pmf: FloatArray
    mean_visibility: float

    @property
    def missing(self) -> float:
        """Probability beyond the end of the table."""
        return max(0.0, 1 - float(np.sum(self.pmf)))

    @property
    def mean(self) -> float:
        """Mean number of rounds (rounds beyond the table count as its length)."""
        return float(np.arange(len(self.pmf)) @ self.pmf) + self.missing * len(self.pmf)

    @property
    def mean_fidelity(self) -> float:
        """(1+3w)/4 of the mean visibility."""
        return (1 + 3 * self.mean_visibility) / 4


def waiting_time(
    segments: int,
    success_probability: float,
    *,
    swap_success: float = 1.0,
    link_visibility: float = 1.0,
    survival_per_round: float = 1.0,
    swap_talk: float = 0.0,
    missing: float = 1e-10,
) -> WaitingTime:
    """Exact distribution of the rounds that a chain needs, with the mean visibility of what it delivers.

    One attempt of a level waits for the later half, M = max(T_left, T_right); swaps succeed with probability q,
    and so W(z) = q·M(z) / (1-(1-q)·M(z)), a division of power series. The table grows until less than
    ``missing`` lies beyond it. A visibility is carried along as E[w; T = t] by the same recursion.
    Source: Brand, Coopmans, Elkouss, IEEE J. Sel. Areas Commun. 38, 619 (2020).

    Args:
        segments: n in [1, 4096]; an odd number is split as evenly as it goes.
        success_probability: p of one segment a round, in (0, 1].
        swap_success: q in (0, 1].
        link_visibility: w of a fresh segment, in [0, 1].
        survival_per_round: factor on the visibility of a waiting pair a round, in [0, 1].
        swap_talk: rounds that news of a swap takes over one segment, in [0, 1000]; delays count in whole rounds.
        missing: probability that may lie beyond the table.

    Raises:
        ValueError: where the table would need more than `MAX_ROUNDS` rounds.

    >>> round(waiting_time(4, 0.1, swap_success=0.5).mean, 4)
    84.8176
    """
    n = _validate.count("segments", segments, 1, 4096)
    p = _validate.in_range("success_probability", success_probability, 0, 1, open_low=True)
    q = _validate.in_range("swap_success", swap_success, 0, 1, open_low=True)
    link = _validate.probability("link_visibility", link_visibility)
    survival = _validate.probability("survival_per_round", survival_per_round)
    talk = _validate.in_range("swap_talk", swap_talk, 0, 1000)
    allowed = _validate.in_range("missing", missing, 1e-12, 1, open_high=True)
    guess = log2(16 / p + n * talk) + log2(1.5 / max(q, 1e-300)) * (n - 1).bit_length()
    size = 1 << int(np.ceil(min(max(guess, 4.0), log2(4 * MAX_ROUNDS))))
    while True:
        if size > MAX_ROUNDS:
            names = "segments, success_probability, swap_success, swap_talk and missing"
            raise _validate.fail(names, f"must need at most {MAX_ROUNDS:,} rounds in the table", size)
        pmf, weighted = _tree(n, p, q, link, survival, talk, size)
        if 1 - float(np.sum(pmf)) <= allowed:
            return WaitingTime(pmf, float(np.sum(weighted) / np.sum(pmf)))
        size *= 2
