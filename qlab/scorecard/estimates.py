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


def median(
    estimates: Sequence[Estimate], *, bounds: tuple[float, float] = (-np.inf, np.inf), draws: int = 400
) -> Estimate:
    """Median of several figures; its interval shows shot noise alone, by drawing each figure anew.

    The spread over the machine is not in it: that is what the list of figures is for.
    """
    if not estimates:
        raise _validate.fail("estimates", "must hold at least one figure", estimates)
    values = np.array([e.value for e in estimates])
    errors = np.array([e.half_width for e in estimates]) / Z
    noise = np.random.default_rng(20).standard_normal((draws, len(values)))
    medians = np.median(values + errors * noise, axis=1)
    middle = float(np.median(values))
    # Drawing anew spreads the figures a second time, so only the width of the drawn medians is used.
    reach = Z * float(np.std(medians))
    low, high = np.clip([middle - reach, middle + reach], *bounds)
    return Estimate(middle, min(middle, float(low)), max(middle, float(high)), sum(e.shots for e in estimates))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second for independent figures."""
    value = first.value - second.value
    reach = float(np.hypot(first.half_width, second.half_width))
    return Estimate(value, value - reach, value + reach, first.shots + second.shots)


def homogeneity(tables: Sequence[ArrayLike]) -> tuple[float, int, float]:
    """Whether repeats of one experiment agree: χ², its degrees of freedom and z = (χ²-dof)/√(2·dof).

    Args:
        tables: for each repeat the counts of the outcomes; outcomes never seen are left out.
    """
    observed = np.asarray(tables, dtype=float)
    observed = observed[:, observed.sum(axis=0) > 0]
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    chi2 = float(np.sum((observed - expected) ** 2 / expected))
    dof = (observed.shape[0] - 1) * (observed.shape[1] - 1)
    return chi2, dof, (chi2 - dof) / float(np.sqrt(2 * dof)) if dof else 0.0
