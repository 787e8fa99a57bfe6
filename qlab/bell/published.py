"""What a paper prints is enough: an error from S and n, two p-values, S ± σ of several experiments pooled.

The tables of counts here are those of photons; those of spins are `qlab.bell.statistics.HENSEN_2015`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, floor, inf, log10, sqrt

import numpy as np

from qlab import _validate
from qlab._numeric import honest_variance
from qlab.bell.statistics import BellTestResult, best_local_winning_probability, binomial_log10_tail

GIUSTINA_2015 = BellTestResult(
    (
        (((141_439, 73_391), (76_224, 875_392_736)), ((146_831, 67_941), (326_768, 874_976_534))),
        (((158_338, 425_067), (58_742, 875_239_860)), ((8_392, 576_445), (463_985, 874_651_457))),
    )
)
"""Photons in Vienna, answer 0 a click: J = 7.27e-6 (Giustina et al., PRL 115, 250401, 2015; cells as tabulated by Gill,
AppliedMath 3, 446, 2023)."""

SHALM_2015 = BellTestResult(
    (
        (((6_378, 3_282), (3_189, 43_897_356)), ((6_794, 2_821), (23_243, 43_276_943))),
        (((6_486, 21_334), (2_843, 43_338_281)), ((106, 27_539), (30_040, 42_502_788))),
    )
)
"""Photons in Boulder, answer 0 a click (Shalm et al., PRL 115, 250402, 2015; cells as tabulated by Gill, 2023). The
binomial test of these cells gives 1.8e-8; the smallest p-value of the paper's own test is 5.9e-9."""


def s_standard_error(s: float, rounds: int) -> float:
    """√((16-S²)/n): standard error of S where a paper prints only S and n.

    For rounds shared equally by four pairs of questions with |E| = |S|/4 each; unequal |E| make it smaller. Not zero
    at |S| = 4 either, see `qlab._numeric`.

    Args:
        s: CHSH value in [-4, 4].
        rounds: n of all four pairs of questions together, at least 4.

    >>> round(s_standard_error(2.0747, 2**20), 4)  # Storz et al., Nature 617, 265 (2023): 2.0747 ± 0.0033
    0.0033
    """
    value, n = _validate.in_range("s", s, -4, 4), _validate.count("rounds", rounds, 4)
    return sqrt(16 / n * float(honest_variance(1 - (value / 4) ** 2, n / 4, spread=2.0)))


def two_p_values(
    s: float, rounds: int, *, standard_error: float | None = None, input_excess: float = 0.0
) -> tuple[float, float]:
    """The naive p-value of S ± σ beside the one that allows for memory and predictable settings.

    The wins are n(½+S/8), rounded down; the best local strategy wins ¾ + τ - τ² of the rounds (see
    `qlab.bell.statistics.best_local_winning_probability`).

    Args:
        s: CHSH value in [-4, 4].
        rounds: n, at least 4.
        standard_error: σ of S as printed; by default that of `s_standard_error`.
        input_excess: τ in [0, ½]: each setting can be guessed with probability ½ + τ at most.

    Returns:
        log₁₀ of both: the naive one, a Gaussian tail at (S-2)/σ that takes settings for fair coins, devices for
        forgetful and rounds for many; and the strict one, a binomial tail.

    >>> [round(10**p, 3) for p in two_p_values(2.4, 245, standard_error=0.2038)]  # Hensen et al. 2015: P ≤ 0.039
    [0.025, 0.039]
    """
    value, n = _validate.in_range("s", s, -4, 4), _validate.count("rounds", rounds, 4)
    error = (
        s_standard_error(value, n) if standard_error is None else _validate.positive("standard_error", standard_error)
    )
    sigmas = (value - 2) / error
    wins = floor(n * (0.5 + value / 8) + 1e-9)
    strict = binomial_log10_tail(n, wins, best_local_winning_probability(input_excess))
    return _log10_normal_tail(sigmas), strict


def _log10_normal_tail(z: float) -> float:
    """log₁₀ P(Z ≥ z); far out by Mills' ratio, where the tail itself underflows."""
    if z < 30:
        return log10(erfc(z / sqrt(2)) / 2)
    return -(z * z) / 2 / np.log(10) - log10(z * sqrt(2 * np.pi)) if z < inf else -inf


@dataclass(frozen=True)
class Pooled:
    """Several measurements of one quantity in one.

    Attributes:
        value: mean, weighted by 1/σ².
        standard_error: 1/√Σσ⁻².
        chi_squared: Σ(x-mean)²/σ²; about one less than the number of measurements where they agree.
        scale: √(χ²/(k-1)), at least 1: factor for the error where they disagree, as the Particle Data Group has it.
    """

    value: float
    standard_error: float
    chi_squared: float
    scale: float


def pool(values: Sequence[float], standard_errors: Sequence[float]) -> Pooled:
    """Pool published values ± errors of separate experiments. Where counts are known, add those instead.

    Args:
        values: at least one.
        standard_errors: as many, each above 0.

    >>> both = pool([2.42, 2.35], [0.20, 0.18])  # Hensen et al., Sci. Rep. 6, 30289 (2016): overall 2.38 ± 0.14
    >>> round(both.value, 2), round(both.standard_error, 3)
    (2.38, 0.134)
    """
    x, sigma = _validate.real_array("values", values), _validate.real_array("standard_errors", standard_errors)
    if x.ndim != 1 or not x.size or not np.all(np.isfinite(x)):
        raise _validate.fail("values", "must be at least one finite number", values)
    if sigma.shape != x.shape or not (np.isfinite(sigma).all() and sigma.min() > 0):
        raise _validate.fail("standard_errors", f"must be {x.size} finite numbers above 0", standard_errors)
    weights = (sigma.min() / sigma) ** 2
    mean = float((weights / weights.sum()) @ x)
    with np.errstate(over="ignore"):
        chi_squared = _validate.fitting("values", values, float(np.sum(((x - mean) / sigma) ** 2)))
    scale = sqrt(max(1.0, chi_squared / (x.size - 1))) if x.size > 1 else 1.0
    return Pooled(mean, float(sigma.min() / sqrt(weights.sum())), chi_squared, scale)
