"""Fibre, heralding, memories: tables of published values, laws, and simulation against formula."""

from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.channels import apply_channel, thermal_relaxation
from qlab.measures import fidelity
from qlab.networks.links import (
    FibreLink,
    fibre_transmissivity,
    latency_us,
    mean_rounds_two_links,
    mean_storage_factor,
    multiplexed_probability,
    plob_bound,
    repeater_bound,
    stored_pair_fidelity,
)
from qlab.states import BELL_NAMES, bell_state

chances = st.floats(0.01, 1.0)


@pytest.mark.parametrize(
    ("distance", "alpha", "eta"),
    [
        (10, 0.2, 0.6310),
        (10, 0.091, 0.8110),
        (50, 0.16, 0.1585),
        (100, 0.14, 3.98e-2),
        (200, 0.091, 1.51e-2),
        (300, 0.16, 1.58e-5),
        (500, 0.2, 1e-10),
        (1000, 0.2, 1e-20),
        (1000, 0.091, 7.94e-10),
    ],
)
def test_transmissivity_table(distance: float, alpha: float, eta: float) -> None:
    assert fibre_transmissivity(distance, attenuation_db_per_km=alpha) == pytest.approx(eta, rel=4e-3)


@pytest.mark.parametrize(
    ("distance", "bits"),
    [(10, 1.4381), (50, 0.15200), (100, 1.45e-2), (200, 1.4428e-4), (300, 1.4427e-6), (500, 1.4427e-10)],
)
def test_plob_table(distance: float, bits: float) -> None:
    assert plob_bound(fibre_transmissivity(distance)) == pytest.approx(bits, rel=1e-4)


def test_plob_does_not_underflow_and_has_its_known_values() -> None:
    assert plob_bound(fibre_transmissivity(1000)) == pytest.approx(1e-20 / np.log(2), rel=1e-9)
    assert plob_bound(fibre_transmissivity(15.051499783)) == pytest.approx(1, abs=1e-8)
    assert plob_bound(1.0) == np.inf
    assert plob_bound(0.0) == 0.0
    assert repeater_bound(fibre_transmissivity(1000), 10) == pytest.approx(plob_bound(fibre_transmissivity(100)))


def test_latency() -> None:
    assert latency_us(299_792.458, group_index=1.0) == pytest.approx(1e6, rel=1e-12)
    assert latency_us(1) == pytest.approx(4.8967, abs=5e-5)
    assert latency_us(1000) == pytest.approx(4896.7, abs=0.05)
    assert latency_us(1, group_index=1) == pytest.approx(3.3356, abs=5e-5)


@pytest.mark.parametrize(("distance", "rate"), [(10, 6443), (25, 1292), (50, 204), (100, 10.2)])
def test_heralded_link_rates(distance: float, rate: float) -> None:
    link = FibreLink(distance)
    assert link.pair_rate_hz == pytest.approx(rate, rel=2e-3)
    assert link.plob_bound == plob_bound(link.transmissivity)
    assert link.latency_us == latency_us(distance)


def test_efficiency_counts_twice_and_modes_help() -> None:
    assert FibreLink(10, efficiency=0.5).herald_probability == pytest.approx(FibreLink(10).herald_probability / 4)
    assert FibreLink(100, modes=1000).herald_probability == pytest.approx(1 - (1 - 0.005) ** 1000)


def test_multiplexing_table() -> None:
    assert multiplexed_probability(0.001, 100) == pytest.approx(0.095208, abs=5e-7)
    assert mean_rounds_two_links(multiplexed_probability(0.001, 100)) == pytest.approx(15.49, abs=5e-3)
    assert mean_rounds_two_links(multiplexed_probability(0.001, 1000)) == pytest.approx(2.007, abs=5e-4)
    assert multiplexed_probability(1.0, 3) == 1.0


@settings(deadline=None)
@given(st.floats(0, 300), st.floats(20, 300), st.floats(0.05, 2), st.sampled_from(BELL_NAMES))
def test_stored_pair_against_density_matrix(time: float, t1: float, ratio: float, name: str) -> None:
    noise = thermal_relaxation(time, t1, ratio * t1)
    rho = apply_channel(apply_channel(bell_state(name), noise, [0]), noise, [1])
    expected = stored_pair_fidelity(time, t1_us=t1, t2_us=ratio * t1, name=name)
    assert fidelity(bell_state(name), rho) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("t1", "t2", "time"), [(300, 300, 207.94), (300, 150, 114.67), (70, 50, 35.69)])
def test_a7_stored_pair_reaches_one_half(t1: float, t2: float, time: float) -> None:
    assert stored_pair_fidelity(time, t1_us=t1, t2_us=t2) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("p", "cutoff", "rounds"), [(0.1, 5, 20.7512), (0.1, 20, 15.3534), (0.05, 10, 43.3875), (0.01, 50, 224.986)]
)
def test_cutoff_table(p: float, cutoff: int, rounds: float) -> None:
    assert mean_rounds_two_links(p, cutoff_rounds=cutoff) == pytest.approx(rounds, abs=6e-4)


@settings(deadline=None)
@given(chances)
def test_cutoff_limits(p: float) -> None:
    assert mean_rounds_two_links(p, cutoff_rounds=0) == pytest.approx(1 / p**2)
    assert mean_rounds_two_links(p, cutoff_rounds=10**5) == pytest.approx(mean_rounds_two_links(p))
    assert mean_storage_factor(p, 0.3, cutoff_rounds=0) == pytest.approx(1)
    assert mean_storage_factor(p, 0.3, cutoff_rounds=10**5) == pytest.approx(mean_storage_factor(p, 0.3))


@settings(deadline=None)
@given(chances, st.integers(0, 60), st.floats(0.001, 2))
def test_a_shorter_cutoff_costs_rounds_and_keeps_quality(p: float, cutoff: int, decay: float) -> None:
    longer = cutoff + 1
    assert mean_rounds_two_links(p, cutoff_rounds=cutoff) >= mean_rounds_two_links(p, cutoff_rounds=longer) - 1e-9
    short, long = (mean_storage_factor(p, decay, cutoff_rounds=c) for c in (cutoff, longer))
    assert short >= long - 1e-12


def test_the_repeater_bound_keeps_its_digits() -> None:
    with localcontext(prec=60):
        for eta in (1 - 1e-10, 1 - 2**-53, 0.5, 1e-3, 1e-300, 5e-324):
            for n in (1, 2, 32, 10**6, 2**53):
                exact = -float((1 - Decimal(eta) ** (Decimal(1) / n)).ln() / Decimal(2).ln())
                assert repeater_bound(eta, n) == pytest.approx(exact, rel=1e-12)
    assert (repeater_bound(0.0, 3), repeater_bound(1.0, 3)) == (0, np.inf)


def test_means_beyond_any_float_are_refused() -> None:
    assert mean_rounds_two_links(1e-100, cutoff_rounds=3) == pytest.approx(1e200 / 7)
    assert mean_rounds_two_links(1e-300) == pytest.approx(1.5e300)
    for call in (lambda: mean_rounds_two_links(1e-300, cutoff_rounds=3), lambda: mean_rounds_two_links(5e-324)):
        with pytest.raises(ValueError, match="success_probability must leave an answer"):
            call()


def test_storage_values() -> None:
    assert mean_storage_factor(0.01, 0.005) == pytest.approx(0.66779, abs=5e-6)


def test_the_rarest_links_do_not_divide_by_zero() -> None:
    with localcontext(prec=400):
        for p in (0.3, 1e-9, 1e-12, 5e-21, 5e-324):
            for alpha, tau in ((0.1, 3), (2.0, 1), (0.0, 5), (1e-9, 10**5)):
                q = 1 - Decimal(p)
                waited, stored = (x * (1 - x**tau) / (1 - x) for x in (q, q * Decimal(-alpha).exp()))
                exact = float((1 + 2 * stored) / (1 + 2 * waited))
                assert mean_storage_factor(p, alpha, cutoff_rounds=tau) == pytest.approx(exact, rel=1e-12)
    assert mean_storage_factor(5e-21, 0.1, cutoff_rounds=3) == pytest.approx(0.846968, abs=5e-7)
    assert mean_storage_factor(1e-18, 0.0) == pytest.approx(1)
    assert mean_storage_factor(1e-18, 1.0) < 1e-17
    assert mean_storage_factor(1.0, 3.0) == mean_storage_factor(1.0, 3.0, cutoff_rounds=4) == 1


def simulated_cutoff(p: float, cutoff: int, pairs: int, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Round by round, a memory at a time: nothing of the formula is used."""
    rounds, ages = [], []
    for _ in range(pairs):
        count, age = 0, [-1, -1]
        while min(age) < 0:
            count += 1
            for side in (0, 1):
                if age[side] >= 0:
                    age[side] += 1
                elif rng.random() < p:
                    age[side] = 0
            if min(age) < 0 and max(age) >= cutoff:
                age = [-1, -1]
        rounds.append(count)
        ages.append(max(age))
    return rounds, ages


@pytest.mark.parametrize(("p", "cutoff"), [(0.3, 0), (0.2, 3), (0.1, 5)])
def test_cutoff_against_round_by_round_simulation(p: float, cutoff: int) -> None:
    rounds, ages = simulated_cutoff(p, cutoff, 6000, np.random.default_rng(11))
    factors = np.exp(-0.2 * np.array(ages))
    for sample, mean in (
        (np.array(rounds), mean_rounds_two_links(p, cutoff_rounds=cutoff)),
        (factors, mean_storage_factor(p, 0.2, cutoff_rounds=cutoff)),
    ):
        error = sample.std() / np.sqrt(len(sample))
        assert abs(sample.mean() - mean) <= 4 * error + 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fibre_transmissivity(-1), "distance_km must be a finite number of at least 0, got -1"),
        (lambda: fibre_transmissivity(1, attenuation_db_per_km=-1), "attenuation_db_per_km must be"),
        (lambda: latency_us(1, group_index=0.5), r"group_index must lie in \[1, inf\), got 0.5"),
        (lambda: plob_bound(1.2), r"transmissivity must lie in \[0, 1\], got 1.2"),
        (lambda: repeater_bound(0.5, 0), "segments must be a whole number of at least 1, got 0"),
        (lambda: multiplexed_probability(0.5, 0), "modes must be a whole number"),
        (lambda: FibreLink(0), "distance_km must be a finite number greater than 0, got 0"),
        (lambda: FibreLink(1, efficiency=2), r"efficiency must lie in \[0, 1\], got 2"),
        (lambda: FibreLink(1, bell_measurement=-1), "bell_measurement must lie"),
        (lambda: FibreLink(1, group_index=0), "group_index must lie"),
        (lambda: FibreLink(1, modes=0), "modes must be"),
        (lambda: FibreLink(1, attenuation_db_per_km=-1), "attenuation_db_per_km must be"),
        (lambda: stored_pair_fidelity(-1, t1_us=1, t2_us=1), "time_us must be"),
        (lambda: stored_pair_fidelity(1, t1_us=1, t2_us=2.5), r"t2_us must lie in \(0, 2\], got 2.5"),
        (lambda: stored_pair_fidelity(1, t1_us=0, t2_us=1), "t1_us must lie"),
        (lambda: stored_pair_fidelity(1, t1_us=1, t2_us=1, name="bell"), "name must be one of"),
        (lambda: mean_rounds_two_links(0), r"success_probability must lie in \(0, 1\], got 0"),
        (lambda: mean_rounds_two_links(0.5, cutoff_rounds=-1), "cutoff_rounds must be"),
        (lambda: mean_storage_factor(0.5, -1), "decay_per_round must be"),
        (lambda: mean_storage_factor(0.5, 1, cutoff_rounds=-1), "cutoff_rounds must be"),
        (lambda: mean_storage_factor(0, 1), "success_probability must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
