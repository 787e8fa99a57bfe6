"""The two searches: exact at the ends, at the boundary and from either side."""

from __future__ import annotations

import math

import pytest

from qlab._numeric import bisect, smallest


@pytest.mark.parametrize("boundary", [0.0, 1e-9, 0.3, 0.75, 1.0])
def test_bisect_finds_the_boundary_from_either_side(boundary: float) -> None:
    below = bisect(lambda x: x < boundary, 0.0, 1.0)
    above = bisect(lambda x: x > boundary, 1.0, 0.0)
    assert abs(below - boundary) <= 1e-13
    assert abs(above - boundary) <= 1e-13
    assert below <= boundary <= above


def test_bisect_stops_at_the_accuracy_asked_for() -> None:
    asked: list[float] = []
    bisect(lambda x: asked.append(x) or x < 0.3, 0.0, 1.0, accuracy=0.1)
    assert len(asked) == 4


@pytest.mark.parametrize(("inside", "outside"), [(1e6, 1e6 + 1), (-1e6 - 1, -1e6), (2.0, 1.0), (0.0, 1.0)])
def test_bisect_ends_where_no_number_lies_between(inside: float, outside: float) -> None:
    boundary = inside + 0.3 * (outside - inside)
    found = bisect(lambda x: abs(x - inside) < abs(boundary - inside), inside, outside, accuracy=0.0)
    assert abs(found - boundary) <= 2 * math.ulp(boundary)


@pytest.mark.parametrize("least", range(3, 12))
def test_smallest_is_the_first_that_passes_and_high_is_never_asked(least: int) -> None:
    asked: list[int] = []
    found = smallest(lambda n: asked.append(n) or n >= least, 3, 11)
    assert found == least
    assert max(asked) < 11
