"""Do counts follow the probabilities that somebody else computed? Pearson's chi-squared, one case and a thousand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ENOUGH = 10
"""Outcomes expected less often than this count together with the rarest of the others, so that the statistic
has the moments of a chi-squared variable."""


def tally(bits: np.ndarray) -> np.ndarray:
    """How often each outcome occurs in a (shots, k) array of bits, the first bit counting most."""
    k = bits.shape[1]
    return np.bincount(bits.astype(int) @ (1 << np.arange(k)[::-1]), minlength=2**k)


def chi_squared(seen: np.ndarray, probabilities: np.ndarray) -> tuple[float, int]:
    """The statistic and its degrees of freedom."""
    expected = seen.sum() * probabilities
    assert not seen[expected < 1e-9].any(), "an impossible outcome was seen"
    order = np.argsort(-expected)
    bins = max(1, int(np.sum(expected >= ENOUGH)))
    first = np.arange(bins)
    got, wanted = (np.add.reduceat(values[order], first) for values in (seen, expected))
    return float(np.sum((got - wanted) ** 2 / wanted)), bins - 1


def assert_alike(scores: Sequence[tuple[float, int]]) -> None:
    """Each case below five standard deviations, and their sum within four of what is expected.

    One case is put on the normal scale by Wilson and Hilferty (1931); five of a thousand right cases in
    ten million would fail, and the sum finds an error too small to show in one case.
    """
    values, freedom = np.array([score for score in scores if score[1] > 0]).T
    assert abs(values.sum() - freedom.sum()) < 4 * np.sqrt(2 * freedom.sum())
    spread = 2 / (9 * freedom)
    normal = (np.cbrt(values / freedom) - (1 - spread)) / np.sqrt(spread)
    assert normal.max() < 5, int(normal.argmax())
