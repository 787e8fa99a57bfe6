"""Every figure with its interval: functions of measured shares, their error by the delta method.

For a linear function of proportions the interval is that of Price and Bonett (Comput. Stat. Data Anal. 45,
449, 2004): four pseudo-counts in all are spread over the proportions before the normal interval is taken,
which keeps the coverage near its level even where a share is close to 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from qlab import _validate
from qlab._validate import FloatArray

LEVEL = 0.95
"""Level of every interval of the scorecard."""

Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""Half width of the interval in standard errors, 1.96."""

PSEUDO_COUNTS = 4.0

Shares = Sequence[FloatArray]


@dataclass(frozen=True)
class Estimate:
    """A measured figure.

    Attributes:
        value: what the counts say.
        low: lower end of the 95 % interval.
        high: upper end.
        shots: how many shots went into it.
    """

    value: float
    low: float
    high: float
    shots: int

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise _validate.fail("estimate", "must be ordered low, value, high", (self.low, self.value, self.high))

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def estimate(
    function: Callable[[Shares], float],
    counts: Sequence[ArrayLike],
    *,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """A function of the outcome shares of several circuits, with its interval.

    Args:
        function: from the shares of each circuit's outcomes to the figure.
        counts: a circuit's counts of its outcomes, one array a circuit.
        bounds: what is physically possible; the interval is cut there, and so is the value.

    >>> estimate(lambda shares: shares[0][1], [[20, 80]]).value
    0.8
    """
    blocks = [np.asarray(block, dtype=float) for block in counts]
    totals = [float(block.sum()) for block in blocks]
    if not blocks or min(totals) <= 0:
        raise _validate.fail("counts", "must hold at least one shot a circuit", totals)
    value = float(np.clip(function([b / t for b, t in zip(blocks, totals, strict=True)]), *bounds))
    added = [PSEUDO_COUNTS / len(blocks) / block.size for block in blocks]
    smooth = [b + extra for b, extra in zip(blocks, added, strict=True)]
    sizes = [float(b.sum()) for b in smooth]
    shares = [b / size for b, size in zip(smooth, sizes, strict=True)]
    centre = float(function(shares))
    variance = sum(_variance(function, shares, i) / size for i, size in enumerate(sizes))
    reach = Z * float(np.sqrt(variance))
    low, high = float(np.clip(centre - reach, *bounds)), float(np.clip(centre + reach, *bounds))
    return Estimate(value, min(low, value), max(high, value), round(sum(totals)))


def _variance(function: Callable[[Shares], float], shares: list[FloatArray], block: int) -> float:
    """Variance of the function from one circuit's multinomial shares, times its shots."""
    step = 1e-5
    gradient = np.empty(shares[block].size)
    for outcome in range(shares[block].size):
        ends = []
        for sign in (1, -1):
            moved = shares[block].copy()
            moved[outcome] += sign * step
            ends.append(function([*shares[:block], moved, *shares[block + 1 :]]))
        gradient[outcome] = (ends[0] - ends[1]) / (2 * step)
    mean = float(gradient @ shares[block])
    return float((gradient - mean) ** 2 @ shares[block])


def proportion(successes: float, trials: float) -> Estimate:
    """Share of successes (for one proportion this is the interval of Agresti and Coull, 1998)."""
    return estimate(lambda shares: float(shares[0][0]), [[successes, trials - successes]], bounds=(0, 1))


def linear(
    weights: Sequence[ArrayLike],
    counts: Sequence[ArrayLike],
    *,
    offset: float = 0.0,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """A linear function of outcome shares, as `estimate` would give it, by its closed form.

    value = offset + Σ weight · share.

    Args:
        weights: for each circuit the weight of each outcome.
        counts: a circuit's counts of its outcomes, one array a circuit.
        offset: added to the sum.
        bounds: what is physically possible; the interval is cut there, and so is the value.

    >>> linear([[1, -1]], [[80, 20]]).value
    0.6
    """
    blocks = [np.asarray(block, dtype=float) for block in counts]
    totals = [float(block.sum()) for block in blocks]
    if not blocks or min(totals) <= 0:
        raise _validate.fail("counts", "must hold at least one shot a circuit", totals)
    value, centre, variance = offset, offset, 0.0
    for weight, block, total in zip(weights, blocks, totals, strict=True):
        w = np.asarray(weight, dtype=float)
        smooth = block + PSEUDO_COUNTS / len(blocks) / block.size
        size = float(smooth.sum())
        mean = float(w @ smooth) / size
        value += float(w @ block) / total
        centre += mean
        variance += float((w - mean) ** 2 @ smooth) / size**2
    reach = Z * float(np.sqrt(variance))
    value, low, high = (float(np.clip(x, *bounds)) for x in (value, centre - reach, centre + reach))
    return Estimate(value, min(low, value), max(high, value), round(sum(totals)))


def standard_error(figure: Estimate) -> float:
    """Standard error behind an interval: from its longer side, since the other may be cut at what is possible."""
    return max(figure.value - figure.low, figure.high - figure.value) / Z


def mean(
    figures: Sequence[Estimate], *, bounds: tuple[float, float] = (-np.inf, np.inf), shared: float = 0.0
) -> Estimate:
    """Mean of several figures; its interval shows shot noise alone.

    Unlike a median it is right where each figure rests on so few shots that it takes only a handful of values.

    Args:
        figures: at least one.
        bounds: what is physically possible; the interval is cut there.
        shared: variance of the mean that the figures have in common, on top of their own.

    >>> mean([Estimate(0.9, 0.8, 1.0, 10), Estimate(0.7, 0.6, 0.8, 10)]).value
    0.8
    """
    if not figures:
        raise _validate.fail("figures", "must hold at least one figure", figures)
    middle = float(np.mean([e.value for e in figures]))
    own = float(np.sum([standard_error(e) ** 2 for e in figures])) / len(figures) ** 2
    reach = Z * float(np.sqrt(own + shared))
    low, high = np.clip([middle - reach, middle + reach], *bounds)
    return Estimate(middle, min(middle, float(low)), max(middle, float(high)), sum(e.shots for e in figures))


def simultaneous(
    figure: Estimate,
    comparisons: int,
    *,
    risk: float = 1 - LEVEL,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """A figure with the interval that holds for all of so many figures at once (Bonferroni).

    Args:
        figure: with its own 95 % interval.
        comparisons: figures that are looked at together, at least 1.
        risk: chance that any of them misses.
        bounds: what is physically possible; the interval is cut there.

    >>> simultaneous(Estimate(2.0, 1.9, 2.1, 100), 100).low < 1.9
    True
    """
    factor = NormalDist().inv_cdf(1 - risk / 2 / _validate.integer("comparisons", comparisons, 1)) / Z
    low = figure.value - factor * (figure.value - figure.low)
    high = figure.value + factor * (figure.high - figure.value)
    low, high = (float(x) for x in np.clip([low, high], *bounds))
    return Estimate(figure.value, min(low, figure.value), max(high, figure.value), figure.shots)


def chi2_z(chi2: float, degrees_of_freedom: int) -> float:
    """χ² in standard deviations of a normal variable, near enough in both tails.

    z = ((χ²/k)^⅓ - (1 - 2/9k)) / √(2/9k) (Wilson, Hilferty, PNAS 17, 684, 1931); 0 without degrees of freedom.

    >>> round(chi2_z(36.4, 24), 2)
    1.64
    """
    if degrees_of_freedom < 1:
        return 0.0
    k = 2 / (9 * degrees_of_freedom)
    return float((np.cbrt(chi2 / degrees_of_freedom) - (1 - k)) / np.sqrt(k))


def spread_z(figures: Sequence[Estimate]) -> float:
    """Whether figures differ by more than their shot noise: χ² about their weighted mean, as `chi2_z`."""
    values = np.array([e.value for e in figures])
    weights = 1 / np.maximum([standard_error(e) for e in figures], 1e-12) ** 2
    centre = float(weights @ values / weights.sum())
    return chi2_z(float(weights @ (values - centre) ** 2), len(figures) - 1)


def difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second for independent figures."""
    value = first.value - second.value
    reach = float(np.hypot(first.half_width, second.half_width))
    return Estimate(value, value - reach, value + reach, first.shots + second.shots)


def homogeneity(tables: Sequence[ArrayLike]) -> tuple[float, int]:
    """Whether repeats of one experiment agree: χ² and its degrees of freedom.

    Args:
        tables: for each repeat the counts of the outcomes; outcomes never seen are left out.
    """
    observed = np.asarray(tables, dtype=float)
    observed = observed[:, observed.sum(axis=0) > 0]
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    chi2 = float(np.sum((observed - expected) ** 2 / expected))
    return chi2, (observed.shape[0] - 1) * (observed.shape[1] - 1)
