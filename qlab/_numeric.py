"""What the physics needs of numerics: two searches, groups of what is tied, and a variance that is never zero."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import numpy as np


def bisect(holds: Callable[[float], bool], inside: float, outside: float, *, accuracy: float = 1e-13) -> float:
    """Boundary of a condition by bisection: the last point found at which it still holds.

    Args:
        holds: true at ``inside`` and up to one boundary, false from there to ``outside``; asked at neither end.
        inside: end where it holds; may be the larger of the two.
        outside: end where it does not.
        accuracy: largest distance between the result and the boundary; less than the numbers there resolve is as
            good as 0.

    >>> round(bisect(lambda x: x * x < 2, 1.0, 2.0), 9)
    1.414213562
    """
    while abs(inside - outside) > accuracy:
        middle = (inside + outside) / 2
        if middle in (inside, outside):  # no number lies between
            break
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


def smallest(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Smallest whole number in [low, high] at which a condition holds, by bisection; ``high`` where none below does.

    Args:
        holds: false up to some number, true from there on; ``high`` itself is never asked.
        low: least candidate.
        high: candidate that is returned where no smaller one passes.

    >>> smallest(lambda n: n * n >= 50, 0, 100)
    8
    """
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def joined(ties: Iterable[Sequence[Hashable]]) -> Callable[[Hashable], Hashable]:
    """Groups of what is tied together, directly or through others: from a thing to one thing that stands for its group.

    >>> group = joined([("a", "b"), ("c", "b"), ("d",)])
    >>> group("a") == group("c"), group("a") == group("d")
    (True, False)
    """
    parent: dict[Hashable, Hashable] = {}

    def root(item: Hashable) -> Hashable:
        while parent.setdefault(item, item) != item:
            item = parent[item]
        return item

    for first, *others in ties:
        for item in others:
            parent[root(item)] = root(first)
    return root


def honest_variance(variance: Any, trials: Any, *, spread: float = 1.0) -> Any:
    """Variance of one result, from the results of some trials; where all agree it is still not zero.

    By Laplace's rule of succession one of n + 2 further results differs where n were alike, which leaves the
    variance spread²·(n+1)/(n+2)². One result of n that does differ leaves more, so only unanimous trials are touched.

    Args:
        variance: of the results seen; a number or an array.
        trials: how many results, likewise.
        spread: distance between two different results.

    >>> honest_variance(0.0, 8), honest_variance(0.25, 8)
    (0.09, 0.25)
    """
    n = np.asarray(trials, dtype=float)
    found = np.maximum(variance, spread**2 * (n + 1) / (n + 2) ** 2)
    return float(found) if found.ndim == 0 else found
