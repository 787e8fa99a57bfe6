"""Budgets: what they are made of, the bundling of rare heralds, and repeaters against direct fibre."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlab.bell.witnesses import bell_fidelity_from_counts
from qlab.keys.decoy import PulsedLink
from qlab.keys.rates import werner_qber
from qlab.networks.budget import COARSEST_STEP, Budget, chain_budget, direct_budget
from qlab.networks.links import FibreLink, fibre_transmissivity, mean_rounds_two_links, mean_storage_factor
from qlab.networks.repeaters import chain_fidelity, simulate_chain
from qlab.networks.waiting_times import mean_rounds_all_links


def test_direct_fibre_loses_rate_and_no_fidelity() -> None:
    budget = direct_budget(1000, source_rate_hz=1e10, fresh_fidelity=0.98)
    assert 1 / budget.pairs_per_second / (365.25 * 86400) == pytest.approx(317, rel=2e-3)
    assert budget.fidelity == 0.98
    assert (budget.distance_km, budget.segments) == (1000, 1)
    other = direct_budget(200, source_rate_hz=1e6, fresh_fidelity=0.9, attenuation_db_per_km=0.16)
    assert other.pairs_per_day == pytest.approx(86400e6 * fibre_transmissivity(200, attenuation_db_per_km=0.16))


@pytest.mark.parametrize("distance", [5.0, 60.0, 120.0])
def test_dark_counts_of_direct_fibre_against_pairs_measured_one_by_one(distance: float) -> None:
    rng, shots, fresh, dark = np.random.default_rng(4), 400_000, 0.95, 0.01
    arrived = rng.random(shots) < fibre_transmissivity(distance)
    clicked = arrived | (rng.random(shots) < dark)
    # A pair that arrives agrees in X, disagrees in Y, agrees in Z; beside a dark count the answer is a coin.
    good = (1 + (4 * fresh - 1) / 3) / 2
    counts = []
    for agrees in (good, 1 - good, good):
        first = rng.integers(0, 2, shots)
        same = rng.random(shots) < np.where(arrived, agrees, 0.5)
        outcome = (2 * first + np.where(same, first, 1 - first))[clicked]
        counts.append(np.bincount(outcome, minlength=4).tolist())
    seen = bell_fidelity_from_counts(*counts)
    budget = direct_budget(distance, source_rate_hz=1e6, fresh_fidelity=fresh, dark_count_probability=dark)
    assert abs(seen.fidelity - budget.fidelity) < 4 * seen.standard_error
    share = budget.pairs_per_second / 1e6
    assert abs(clicked.mean() - share) < 4 * np.sqrt(share * (1 - share) / shots)


@given(distance=st.floats(0, 700), fresh=st.floats(0.25, 1), dark=st.floats(1e-9, 1))
def test_dark_counts_are_those_of_weak_pulses(distance: float, fresh: float, dark: float) -> None:
    budget = direct_budget(distance, source_rate_hz=1.0, fresh_fidelity=fresh, dark_count_probability=dark)
    single = PulsedLink(
        distance,
        attenuation_db_per_km=0.2,
        detector_efficiency=1.0,
        dark_count_probability=dark,
        misalignment=werner_qber(fresh),
    )
    assert budget.pairs_per_second == pytest.approx(single.yield_of(1), rel=1e-9)
    assert werner_qber(budget.fidelity) == pytest.approx(single.error_of(1), rel=1e-9)


def test_far_away_every_click_is_dark() -> None:
    far = direct_budget(2000, source_rate_hz=1e6, fresh_fidelity=0.98, dark_count_probability=1e-9)
    assert (far.fidelity, far.pairs_per_second) == (pytest.approx(0.25), pytest.approx(1e-3))


def test_one_segment_is_the_link_itself() -> None:
    link = FibreLink(25)
    budget = chain_budget(link, 1, fresh_fidelity=0.95)
    assert budget.pairs_per_second == pytest.approx(link.pair_rate_hz, rel=1e-8)
    assert budget.fidelity == pytest.approx(0.95)


def test_two_segments_against_closed_forms() -> None:
    link = FibreLink(20)
    errors = {"gate_error": 0.02 * 15 / 16, "readout_error": 0.01}
    budget = chain_budget(link, 2, fresh_fidelity=0.95, coherence_time_s=0.01, **errors)
    p, period = link.herald_probability, link.attempt_period_us * 1e-6
    assert (budget.distance_km, budget.segments) == (40, 2)
    assert budget.pairs_per_second == pytest.approx(1 / (period * (mean_rounds_two_links(p) + 1)), rel=1e-8)
    fresh = chain_fidelity([0.95, 0.95], **errors)
    # Both pairs wait for their heralds, and the two ends of the joined one for the news of the swap.
    stored = (4 * fresh - 1) / 3 * np.exp(-3 * 2 * period / 0.01) * mean_storage_factor(p, 2 * period / 0.01)
    assert budget.fidelity == pytest.approx((1 + 3 * stored) / 4, abs=1e-8)


@pytest.mark.parametrize("distance", [100, 200, 250])
def test_bundles_err_by_less_than_they_promise(distance: float) -> None:
    link = FibreLink(distance)
    assert link.herald_probability < 0.01
    # News of the two swaps side by side crosses one segment, of the last one two.
    exact = (mean_rounds_all_links(link.herald_probability, 4) + 3) * link.attempt_period_us * 1e-6
    budget = chain_budget(link, 4, fresh_fidelity=1.0)
    assert budget.pairs_per_second * exact == pytest.approx(1, abs=COARSEST_STEP / 3)


def test_a_memory_waits_for_its_herald() -> None:
    link = FibreLink(100.0)
    for coherence, expected in ((1.0, 0.25 + 0.73 * np.exp(-2 * 489.67e-6)), (1e-6, 0.25)):
        budget = chain_budget(link, 1, fresh_fidelity=0.98, coherence_time_s=coherence)
        assert budget.fidelity == pytest.approx(expected, abs=1e-7)


def test_bundled_fidelity_against_monte_carlo() -> None:
    link = FibreLink(150)
    survival = np.exp(-2 * link.attempt_period_us * 1e-6 / 5.0)
    run = simulate_chain(
        20_000,
        np.random.default_rng(9),
        segments=4,
        success_probability=link.herald_probability,
        swap_success=0.5,
        link_visibility=float(survival),
        survival_per_round=float(survival),
        swap_talk=1.0,
    )
    budget = chain_budget(link, 4, fresh_fidelity=1.0, coherence_time_s=5.0, swap_success=0.5)
    error = run.fidelities.std() / np.sqrt(len(run.fidelities))
    assert abs(run.fidelities.mean() - budget.fidelity) < 4 * error + COARSEST_STEP
    seconds = run.mean_rounds * link.attempt_period_us * 1e-6
    relative = run.standard_error / run.mean_rounds
    assert budget.pairs_per_second * seconds == pytest.approx(1, abs=4 * relative + COARSEST_STEP)


def test_repeaters_pay_beyond_some_distance_only() -> None:
    def ratio(distance: float) -> float:
        chain = chain_budget(FibreLink(distance / 8), 8, fresh_fidelity=0.99, swap_success=0.5)
        return chain.pairs_per_second / direct_budget(distance, source_rate_hz=1e6, fresh_fidelity=1).pairs_per_second

    assert ratio(50) < 1 < ratio(600)


def test_short_memories_spoil_the_pair_but_not_the_rate() -> None:
    good, poor = (chain_budget(FibreLink(50), 4, fresh_fidelity=0.98, coherence_time_s=t) for t in (10.0, 0.01))
    assert good.pairs_per_second == pytest.approx(poor.pairs_per_second)
    assert good.fidelity > 0.9
    assert poor.fidelity < 0.5
    with pytest.raises(ValueError, match="target must be within reach"):
        poor.purified(0.99)


def test_purified_budget() -> None:
    budget = Budget(100.0, 4, 0.8, 1000.0)
    better = budget.purified(0.99)
    assert better.fidelity >= 0.99
    assert better.pairs_per_second == pytest.approx(1000 / 31.7, rel=2e-3)
    assert budget.purified(0.7) == budget
    other = budget.purified(0.99, protocol="bbpssw")
    assert (other.distance_km, other.segments) == (100.0, 4)
    assert other.pairs_per_second < better.pairs_per_second / 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: direct_budget(1, source_rate_hz=0, fresh_fidelity=1), "source_rate_hz must be"),
        (lambda: direct_budget(-1, source_rate_hz=1, fresh_fidelity=1), "distance_km must be"),
        (lambda: direct_budget(1, source_rate_hz=1, fresh_fidelity=1.2), "fresh_fidelity must lie"),
        (
            lambda: direct_budget(1, source_rate_hz=1, fresh_fidelity=1, dark_count_probability=-1e-9),
            r"dark_count_probability must lie in \[0, 1\], got -1e-09",
        ),
        (lambda: chain_budget(FibreLink(1), 0, fresh_fidelity=1), "segments must be"),
        (lambda: chain_budget(FibreLink(1), 2, fresh_fidelity=0.2), r"fresh_fidelity must lie in \[0.25, 1\]"),
        (lambda: chain_budget(FibreLink(1), 2, fresh_fidelity=1, coherence_time_s=0), "coherence_time_s must lie"),
        (lambda: chain_budget(FibreLink(1), 2, fresh_fidelity=1, swap_success=0), "swap_success must lie"),
        (lambda: chain_budget(FibreLink(1), 2, fresh_fidelity=1, gate_error=-1), "gate_error must lie"),
        (lambda: chain_budget(FibreLink(1), 2, fresh_fidelity=1, readout_error=2), "readout_error must lie"),
        (lambda: chain_budget(FibreLink(1, efficiency=0), 2, fresh_fidelity=1), "herald_probability of link must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
