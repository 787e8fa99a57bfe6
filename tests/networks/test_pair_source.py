"""A source of pairs with double emission, loss and dark counts, counted photon by photon."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.keys.rates import bb84_rate
from qlab.networks.pair_source import PairSource

SHARES = st.floats(0.01, 1)


def answers(photons: tuple[int, int], efficiency: float, dark: float) -> np.ndarray:
    """Chances of answers 0 and 1 of one side: photons in two arms, both clicking is a coin, silence may be dark."""
    seen = [1 - (1 - efficiency) ** n for n in photons]
    chances = np.zeros(2)
    for clicks in product((0, 1), repeat=2):
        weight = np.prod([s if c else 1 - s for s, c in zip(seen, clicks, strict=True)])
        chances += weight * (np.array(clicks) / sum(clicks) if sum(clicks) else dark / 2)
    return chances


def by_photons(source: PairSource, most: int = 25) -> tuple[float, float]:
    """Gain and error rate, pair number by pair number; n pairs share their photons out in n+1 equally likely ways."""
    rate, gain, wrong = source.mean_pairs / 2, 0.0, 0.0
    for n in range(most):
        weight = rate**n / (1 + rate) ** (n + 2)
        for m in range(n + 1):
            alice = answers((n - m, m), source.alice_efficiency, source.alice_dark_counts)
            bob = answers((n - m, m), source.bob_efficiency, source.bob_dark_counts)
            gain += weight * alice.sum() * bob.sum()
            wrong += weight * (alice[0] * bob[1] + alice[1] * bob[0])
    return gain, wrong / gain


@settings(max_examples=6, deadline=None)
@given(st.floats(0.01, 0.4), SHARES, SHARES, st.floats(0, 0.01), st.floats(0, 0.01))
def test_gain_and_errors_photon_by_photon(mean: float, one: float, two: float, dark: float, other: float) -> None:
    source = PairSource(mean, one, two, dark, other)
    gain, qber = by_photons(source)
    assert source.gain == pytest.approx(gain, rel=1e-7)
    assert source.qber == pytest.approx(qber, rel=1e-6, abs=1e-9)


def test_a_best_strength_lies_between_dark_counts_and_double_pairs() -> None:
    """35 dB a side, the source between them: keys are made at such losses (Ma, Fung, Lo 2007: up to 70 dB in all)."""
    errors = [PairSource(mu, 10**-3.5, 10**-3.5, 6e-6, 6e-6, 0.015).qber for mu in (0.001, 0.02, 0.2)]
    assert errors[1] < min(errors[0], errors[2])
    assert bb84_rate(errors[1]) > 0
    assert bb84_rate(errors[0]) == 0


def test_far_away_nothing_cancels() -> None:
    """At 200 dB a side, without dark counts: μη² and the error of double pairs, μ/2 over 1 + 3μ/2 halved."""
    source = PairSource(0.1, 1e-20, 1e-20)
    gain = 1e-40 * (2 * 0.05 + 6 * 0.05**2)
    assert source.gain == pytest.approx(gain, rel=1e-9)
    assert source.qber == pytest.approx(0.5 - 0.05 * 1.05 / (2 * 0.05 + 6 * 0.05**2), rel=1e-6)


def test_dark_counts_take_over() -> None:
    assert PairSource(0.1, 1e-9, 1e-9, 1e-5, 1e-5).qber == pytest.approx(0.5, abs=1e-3)
    assert PairSource(0.1, 0.0, 0.0).qber == 0.5
    assert PairSource(1e-6, 1.0, 1.0).s == pytest.approx(2 * np.sqrt(2), rel=1e-5)
    assert PairSource(1e-6, 0.5, 0.5, misalignment=0.02).qber == pytest.approx(0.02, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PairSource(0, 0.1, 0.1), "mean_pairs must be a finite number greater than 0, got 0"),
        (lambda: PairSource(0.1, 1.1, 0.1), r"alice_efficiency must lie in \[0, 1\], got 1.1"),
        (lambda: PairSource(0.1, 0.1, 0.1, misalignment=0.6), r"misalignment must lie in \[0, 0.5\], got 0.6"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
