"""The two searches that the physics needs: a root of a monotonic condition, and the least whole number."""

from __future__ import annotations

from collections.abc import Callable


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
