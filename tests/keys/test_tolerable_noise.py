"""Thresholds of BB84 and the six-state protocol by what is done with the bits, as published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.keys import rates, tolerable_noise


@pytest.mark.parametrize(
    ("protocol", "processing", "percent", "digits"),
    [
        ("bb84", "one-way", 11.0028, 4),  # Shor, Preskill 2000
        ("six-state", "one-way", 12.619, 3),  # Lo 2001
        ("bb84", "added noise", 12.4, 1),  # Kraus, Gisin, Renner 2005
        ("six-state", "added noise", 14.1, 1),
        ("bb84", "two-way", 20.0, 1),  # Chau 2002
        ("six-state", "two-way", 27.6, 1),
    ],
)
def test_published_thresholds(protocol: str, processing: str, percent: float, digits: int) -> None:
    assert round(100 * tolerable_noise.tolerable_qber(protocol, processing), digits) == percent


def test_two_way_thresholds_in_closed_form() -> None:
    assert tolerable_noise.tolerable_qber("bb84", "two-way") == pytest.approx(1 / 5, abs=1e-8)
    assert tolerable_noise.tolerable_qber("six-state", "two-way") == pytest.approx((5 - np.sqrt(5)) / 10, abs=1e-8)


@given(st.floats(0, 0.5))
def test_noise_of_ones_own_never_hurts(qber: float) -> None:
    assert tolerable_noise.added_noise_rate(qber) >= rates.bb84_rate(qber) - 1e-9
    six = tolerable_noise.added_noise_rate(qber, protocol="six-state")
    weights = np.array([1 - 1.5 * qber, *[qber / 2] * 3])
    assert six >= 1 + np.sum(weights * np.log2(weights, where=weights > 0, out=np.zeros(4))) - 1e-9  # plain, Lo 2001


def entropy_by_matrices(qber: float, flips: float) -> float:
    """S(X|E) - H(X|Y) of BB84 from Eve's density matrices, built as states: the second way."""
    weights = np.array([(1 - qber) ** 2, qber * (1 - qber), qber * (1 - qber), qber**2])
    kets = [np.sqrt(weights) * [1, s, 0, 0] for s in (1, -1)], [np.sqrt(weights) * [0, 0, 1, s] for s in (1, -1)]
    given_bit = [sum(np.outer(side[bit], side[bit]) for side in kets) for bit in (0, 1)]
    noisy = [(1 - flips) * given_bit[bit] + flips * given_bit[1 - bit] for bit in (0, 1)]

    def entropy(rho: np.ndarray) -> float:
        values = np.linalg.eigvalsh(rho)
        kept = values[values > 1e-15]
        return -float(np.sum(kept * np.log2(kept)))

    wrong = qber + flips - 2 * qber * flips
    unknown = 1 + (entropy(noisy[0]) + entropy(noisy[1])) / 2 - entropy((noisy[0] + noisy[1]) / 2)
    return unknown - entropy(np.diag([wrong, 1 - wrong]))


@settings(max_examples=8, deadline=None)
@given(st.floats(0.01, 0.13))
def test_rate_with_added_noise_by_eves_density_matrices(qber: float) -> None:
    rate = tolerable_noise.added_noise_rate(qber)
    values = [entropy_by_matrices(qber, flips) for flips in (0, *np.geomspace(1e-5, 0.4995, 120))]
    assert rate >= max(values) - 1e-6
    assert rate == pytest.approx(max(0.0, *values), abs=5e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tolerable_noise.added_noise_rate(-0.1), r"qber must lie in \[0, 0.5\], got -0.1"),
        (lambda: tolerable_noise.added_noise_rate(0.1, protocol="b92"), "protocol must be one of 'bb84', 'six-state'"),
        (lambda: tolerable_noise.tolerable_qber("e91"), "protocol must be one of 'bb84', 'six-state', got 'e91'"),
        (lambda: tolerable_noise.tolerable_qber("bb84", "no-way"), "processing must be one of 'one-way'"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
