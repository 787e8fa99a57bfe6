"""Weak pulses: published reach, photon-number sums behind every formula, bounds that hold against any Eve."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from math import exp, factorial, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.keys.decoy import (
    PulsedLink,
    best_mean_photons,
    decoy_bounds,
    multi_photon_probability,
    rate_with_decoys,
    rate_with_endless_decoys,
    rate_without_decoys,
)

strengths = st.floats(0.02, 1.5)
distances = st.floats(0, 150)


def poisson(mu: float, n: int) -> float:
    return exp(-mu) * mu**n / factorial(n)


def test_pulse_table() -> None:
    assert multi_photon_probability(0.1) == pytest.approx(0.004679, abs=6e-7)


@settings(deadline=None)
@given(strengths, distances)
def test_gain_and_error_are_sums_over_photon_numbers(mu: float, distance: float) -> None:
    link = PulsedLink(distance)
    gain = sum(poisson(mu, n) * link.yield_of(n) for n in range(40))
    errors = sum(poisson(mu, n) * link.yield_of(n) * link.error_of(n) for n in range(40))
    assert link.gain(mu) == pytest.approx(gain, rel=1e-9)
    assert link.qber(mu) == pytest.approx(errors / gain, rel=1e-7)
    assert multi_photon_probability(mu) == pytest.approx(sum(poisson(mu, n) for n in range(2, 40)), rel=1e-9)


@settings(deadline=None)
@given(strengths, st.floats(0.05, 0.95), distances)
def test_decoy_bounds_are_bounds(mu: float, share: float, distance: float) -> None:
    link = PulsedLink(distance)
    single_yield, single_error = decoy_bounds(link, mu, mu * share)
    assert single_yield <= link.yield_of(1) * (1 + 1e-9)
    assert single_error >= min(0.5, link.error_of(1)) * (1 - 1e-9)


def test_bounds_become_tight_as_the_decoy_gets_weaker() -> None:
    link = PulsedLink(20)
    loose, tight = (decoy_bounds(link, 0.48, nu) for nu in (0.2, 0.002))
    assert tight[0] == pytest.approx(link.yield_of(1), rel=5e-3)
    assert tight[1] == pytest.approx(link.error_of(1), rel=5e-3)
    assert loose[0] < tight[0]
    assert loose[1] > tight[1]


def test_the_bound_holds_on_a_line_under_splitting() -> None:
    """Eve's yields 0, y₁, 1, 1, … in place of the honest ones: the bound from gains stays below y₁."""
    mu, nu, y1 = 0.5, 0.1, 0.003
    gain = {m: poisson(m, 1) * y1 + sum(poisson(m, n) for n in range(2, 40)) for m in (mu, nu)}
    bound = mu / (mu * nu - nu**2) * (gain[nu] * exp(nu) - gain[mu] * exp(mu) * nu**2 / mu**2)
    assert bound <= y1


def reach(rate: Callable[[PulsedLink], float]) -> float:
    return max((d for d in np.arange(0.0, 160.0, 0.5) if rate(PulsedLink(float(d))) > 0), default=0.0)


def test_reach_with_and_without_decoys() -> None:
    """Two decoys come close to the limit, a weaker one closer; without decoys little reach is left."""
    limit = reach(lambda link: rate_with_endless_decoys(link, 0.48))
    weak = reach(lambda link: rate_with_decoys(link, 0.48, weak=0.05))
    weaker = reach(lambda link: rate_with_decoys(link, 0.48, weak=0.005))
    assert limit - 3 < weak < weaker < limit
    assert reach(lambda link: rate_without_decoys(link, 0.48)) < limit / 3
    without = reach(lambda link: max(rate_without_decoys(link, float(m)) for m in np.geomspace(1e-4, 1, 40)))
    assert 20 < without < 60


@settings(deadline=None)
@given(strengths, st.floats(0.05, 0.95), distances)
def test_rates_keep_their_order(mu: float, share: float, distance: float) -> None:
    link = PulsedLink(distance)
    rates = (
        rate_without_decoys(link, mu),
        rate_with_decoys(link, mu, weak=mu * share),
        rate_with_endless_decoys(link, mu),
    )
    assert 0 <= rates[1] <= rates[2] + 1e-15
    assert 0 <= rates[0] <= rates[2] + 1e-15
    nearer = PulsedLink(distance / 2)
    assert rates[2] <= rate_with_endless_decoys(nearer, mu) + 1e-15


def test_one_rate_by_hand() -> None:
    link = PulsedLink(0, detector_efficiency=1.0, dark_count_probability=0.0, misalignment=0.0, inefficiency=1.0)
    assert rate_with_endless_decoys(link, 0.5) == pytest.approx(0.5 * 0.5 * exp(-0.5))
    noisy = PulsedLink(0, detector_efficiency=1.0, dark_count_probability=0.0, misalignment=0.05, inefficiency=1.2)
    h = -0.05 * log2(0.05) - 0.95 * log2(0.95)
    expected = 0.5 * (-(1 - exp(-0.5)) * 1.2 * h + 0.5 * exp(-0.5) * (1 - h))
    assert rate_with_endless_decoys(noisy, 0.5) == pytest.approx(expected)
    assert PulsedLink(0, dark_count_probability=0.0).error_of(0) == 0.5


def entropy_of(p: float) -> float:
    return -p * log2(p) - (1 - p) * log2(1 - p)


def test_rates_and_bounds_by_hand() -> None:
    """With every parameter away from its default: gains, both bounds, and the rates without and with decoys."""
    link = PulsedLink(12.0, 0.3, 0.2, 1e-4, 0.02, 1.15)
    mu, nu, eta, dark = 0.4, 0.1, 10 ** (-0.36) * 0.2, 1e-4
    assert link.transmittance == pytest.approx(eta)
    gain = {m: 1 - (1 - dark) * exp(-eta * m) for m in (mu, nu)}
    error = {m: (0.02 * (1 - exp(-eta * m)) + 0.5 * dark * exp(-eta * m)) / gain[m] for m in (mu, nu)}
    for m in (mu, nu):
        assert link.gain(m) == pytest.approx(gain[m])
        assert link.qber(m) == pytest.approx(error[m])
    spent = 0.5 * gain[mu] * 1.15 * entropy_of(error[mu])

    weighted = gain[nu] * exp(nu) - gain[mu] * exp(mu) * nu**2 / mu**2 - (mu**2 - nu**2) / mu**2 * dark
    y1 = mu / (mu * nu - nu**2) * weighted
    e1 = (error[nu] * gain[nu] * exp(nu) - dark / 2) / (y1 * nu)
    assert decoy_bounds(link, mu, nu) == pytest.approx((y1, e1))
    kept = 0.5 * y1 * mu * exp(-mu) * (1 - entropy_of(e1))
    assert rate_with_decoys(link, mu, weak=nu) == pytest.approx(kept - spent)

    weaker = 0.02
    assert rate_without_decoys(link, mu) == 0
    single = link.gain(weaker) - (1 - exp(-weaker) - weaker * exp(-weaker))
    worst = link.qber(weaker) * link.gain(weaker) / single
    without = single * (1 - entropy_of(worst)) - link.gain(weaker) * 1.15 * entropy_of(link.qber(weaker))
    assert rate_without_decoys(link, weaker) == pytest.approx(0.5 * without)
    assert without > 0


def test_a_dead_line_gives_nothing() -> None:
    dead = PulsedLink(100, detector_efficiency=0.0, dark_count_probability=0.0)
    assert (dead.gain(0.5), dead.qber(0.5), dead.error_of(1)) == (0, 0.5, 0.5)
    assert decoy_bounds(dead, 0.5, 0.1) == (0.0, 0.5)
    assert rate_with_decoys(dead, 0.5, weak=0.1) == rate_without_decoys(dead, 0.5) == 0
    dark = PulsedLink(100, detector_efficiency=0.0, dark_count_probability=1e-3)
    assert (dark.qber(0.5), dark.error_of(0), dark.error_of(2)) == pytest.approx((0.5, 0.5, 0.5))
    assert decoy_bounds(dark, 0.5, 0.1)[1] == 0.5
    assert rate_with_endless_decoys(dark, 0.5) == 0


@pytest.mark.parametrize("misalignment", [0.0, 0.01, 0.033, 0.05])
def test_best_strength_maximises_the_rate(misalignment: float) -> None:
    link = PulsedLink(100, dark_count_probability=0.0, misalignment=misalignment)
    grid = np.linspace(0.01, 1.2, 1200)
    best = grid[np.argmax([rate_with_endless_decoys(link, float(mu)) for mu in grid])]
    assert best_mean_photons(misalignment) == pytest.approx(best, abs=3e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: multi_photon_probability(0), "mean_photons must be a finite number greater than 0, got 0"),
        (lambda: PulsedLink(-1), "distance_km must be"),
        (lambda: PulsedLink(1, attenuation_db_per_km=-1), "attenuation_db_per_km must be"),
        (lambda: PulsedLink(1, detector_efficiency=2), "detector_efficiency must lie"),
        (lambda: PulsedLink(1, dark_count_probability=2), "dark_count_probability must lie"),
        (lambda: PulsedLink(1, misalignment=0.6), "misalignment must lie"),
        (lambda: PulsedLink(1, inefficiency=0.5), "inefficiency must lie"),
        (lambda: PulsedLink(1).yield_of(-1), "photons must be"),
        (lambda: PulsedLink(1).error_of(-1), "photons must be"),
        (lambda: PulsedLink(1).gain(-1), "mean_photons must be"),
        (lambda: PulsedLink(1).qber(-1), "mean_photons must be"),
        (lambda: rate_without_decoys(PulsedLink(1), 0), "mean_photons must be"),
        (lambda: rate_with_endless_decoys(PulsedLink(1), 0), "mean_photons must be"),
        (lambda: rate_with_decoys(PulsedLink(1), 0.5, weak=0.5), r"weak must lie in \(0, 0.5\), got 0.5"),
        (lambda: decoy_bounds(PulsedLink(1), 0.5, 0), "weak must lie"),
        (lambda: best_mean_photons(0.4), "misalignment must leave some key, got 0.4"),
        (lambda: best_mean_photons(0.5), "misalignment must leave some key, got 0.5"),
        (lambda: best_mean_photons(0.6), "misalignment must lie"),
        (lambda: best_mean_photons(0.1, inefficiency=0.2), "inefficiency must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("distance", [0.0, 50.0, 700.0, 800.0, 3000.0])
@pytest.mark.parametrize("dark", [0.0, 1e-9, 1.7e-6])
def test_nothing_cancels_on_dark_lines(distance: float, dark: float) -> None:
    link = PulsedLink(distance, dark_count_probability=dark)
    with localcontext(prec=450):
        eta = Decimal(link.transmittance)
        missed = [(1 - Decimal(dark)) * (1 - eta) ** n for n in range(60)]
        wrong = [
            Decimal(link.misalignment) * (1 - (1 - eta) ** n) + Decimal(dark) / 2 * (1 - eta) ** n for n in range(60)
        ]
        for n in (0, 1, 2, 7):
            clicks = 1 - missed[n]
            assert link.yield_of(n) == pytest.approx(float(clicks), rel=1e-12, abs=0)
            assert link.error_of(n) == pytest.approx(float(wrong[n] / clicks) if clicks else 0.5, rel=1e-12)
        for mu, nu in ((0.48, 0.05), (0.5, 0.4999999), (0.1, 1e-6)):
            m, v = Decimal(mu), Decimal(nu)
            gains = [sum((1 - missed[n]) * x**n / factorial(n) for n in range(60)) for x in (m, v)]
            errors = sum(wrong[n] * v**n / factorial(n) for n in range(60))
            bracket = gains[1] - gains[0] * v**2 / m**2 - (m**2 - v**2) / m**2 * Decimal(dark)
            bound = m / (m * v - v * v) * bracket
            found = decoy_bounds(link, mu, nu)
            if bound <= 0:
                assert found == (0, 0.5)
                continue
            assert found[0] == pytest.approx(float(bound), rel=1e-9, abs=0)
            assert found[0] <= link.yield_of(1)
            assert found[1] == pytest.approx(min(0.5, float((errors - Decimal(dark) / 2) / (bound * v))), rel=1e-9)


def test_pulses_of_any_strength_have_bounds() -> None:
    link = PulsedLink(20)
    assert decoy_bounds(link, 1000.0, 0.1) == decoy_bounds(link, 1e300, 1e299) == (0, 0.5)
    for mu in (1e-9, 1e-4, 0.49, 0.51):
        with localcontext(prec=60):
            exact = float(1 - (1 + Decimal(mu)) * (-Decimal(mu)).exp())
        assert multi_photon_probability(mu) == pytest.approx(exact, rel=1e-12, abs=0)
