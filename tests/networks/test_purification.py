"""Purification: the tables, formula against density matrices, laws, and the cost of schedules."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qlab.measures import fidelity
from qlab.networks.purification import bbpssw, dejmps, purification_schedule, purify, twirl, werner_weights
from qlab.states import bell_diagonal_state, epr_pair, werner_state

BBPSSW = {
    0.55: (0.560345, 0.572843, 0.587909, 0.605999, 0.627571),
    0.60: (0.620438, 0.644639, 0.672880, 0.705140, 0.740910),
    0.70: (0.735294, 0.773171, 0.811938, 0.849472, 0.883680),
    0.75: (0.788462, 0.827007, 0.863459, 0.895887, 0.923061),
    0.80: (0.838150, 0.873585, 0.904540, 0.930048, 0.950008),
    0.90: (0.926396, 0.947208, 0.962905, 0.974338, 0.982448),
    0.95: (0.964964, 0.975812, 0.983481, 0.988804, 0.992452),
}
DEJMPS = {
    0.55: (0.560345, 0.594751, 0.640803, 0.688210, 0.773105),
    0.60: (0.620438, 0.688616, 0.771930, 0.841271, 0.933588),
    0.70: (0.735294, 0.845946, 0.934395, 0.972004, 0.996964),
    0.75: (0.788462, 0.902361, 0.970020, 0.989913, 0.999494),
    0.80: (0.838150, 0.943639, 0.987974, 0.996854, 0.999935),
    0.90: (0.926396, 0.988764, 0.999070, 0.999879, 1.0),
    0.95: (0.964964, 0.997502, 0.999908, 0.999994, 1.0),
}
SUCCESS = {
    0.55: (0.58, 0.53805, 0.562513),
    0.60: (0.608889, 0.563962, 0.618130),
    0.70: (0.68, 0.640138, 0.766253),
    0.75: (0.722222, 0.689349, 0.839516),
    0.80: (0.768889, 0.744596, 0.901313),
    0.90: (0.875556, 0.867969, 0.978563),
    0.95: (0.935556, 0.933489, 0.995101),
}


@st.composite
def bell_weights(draw: st.DrawFn) -> tuple[float, ...]:
    parts = [draw(st.floats(0.001, 1)) for _ in range(4)]
    return tuple(part / sum(parts) for part in parts)


@pytest.mark.parametrize("raw", BBPSSW)
def test_a3_bbpssw_table(raw: float) -> None:
    current, reached = raw, []
    for _ in range(5):
        current, _ = bbpssw(current)
        reached.append(current)
    assert reached == pytest.approx(BBPSSW[raw], abs=6e-7)


@pytest.mark.parametrize("raw", DEJMPS)
def test_a3_dejmps_table(raw: float) -> None:
    weights, reached, chances = werner_weights(raw), [], []
    for _ in range(5):
        weights, chance = dejmps(weights)
        reached.append(weights[0])
        chances.append(chance)
    assert reached == pytest.approx(DEJMPS[raw], abs=6e-7)
    assert chances[:3] == pytest.approx(SUCCESS[raw], abs=6e-7)


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(("raw", "better"), [(0.6, 0.69231), (0.7, 0.84483), (0.8, 0.94118), (0.9, 0.98780)])
def test_rank_two_input(raw: float, better: float, place: int) -> None:
    weights = [raw, 0.0, 0.0, 0.0]
    weights[place] = 1 - raw
    assert dejmps(weights)[0][0] == pytest.approx(better, abs=6e-6)


@settings(deadline=None, max_examples=60)
@given(bell_weights(), bell_weights())
def test_dejmps_against_density_matrices(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    kept, chance = dejmps(first, second)
    rho, measured = purify(bell_diagonal_state(first), bell_diagonal_state(second))
    assert measured == pytest.approx(chance, abs=1e-10)
    assert np.allclose(rho, bell_diagonal_state(kept), atol=1e-10)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_bbpssw_against_density_matrices(first: float, second: float) -> None:
    better, chance = bbpssw(first, second)
    rho, measured = purify(werner_state(first), werner_state(second), protocol="bbpssw")
    assert measured == pytest.approx(chance, abs=1e-10)
    assert fidelity(epr_pair(), rho) == pytest.approx(better, abs=1e-10)


@settings(deadline=None)
@given(st.floats(0.5, 1, exclude_min=True, exclude_max=True))
def test_a_werner_pair_gains_exactly_above_one_half(raw: float) -> None:
    assume(0.5 + 1e-6 < raw < 1 - 1e-6)
    assert bbpssw(raw)[0] > raw
    assert bbpssw(1 - raw)[0] <= 0.5
    assert dejmps(werner_weights(raw))[0][0] == pytest.approx(bbpssw(raw)[0])


@settings(deadline=None)
@given(bell_weights(), bell_weights())
def test_dejmps_keeps_weights_a_distribution_and_makes_no_entanglement(
    first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    kept, chance = dejmps(first, second)
    assert sum(kept) == pytest.approx(1)
    assert min(kept) >= 0
    assert 0 < chance <= 1
    if max(first) <= 0.5 and max(second) <= 0.5:
        assert max(kept) <= 0.5 + 1e-12


@pytest.mark.parametrize(
    ("protocol", "raw", "rounds", "pairs"),
    [
        ("dejmps", 0.6, 7, 1303),
        ("dejmps", 0.7, 5, 112.7),
        ("dejmps", 0.8, 4, 31.7),
        ("dejmps", 0.9, 3, 10.8),
        ("bbpssw", 0.7, 12, None),
        ("bbpssw", 0.8, 10, None),
        ("bbpssw", 0.9, 7, None),
    ],
)
def test_schedule_costs(protocol: str, raw: float, rounds: int, pairs: float | None) -> None:
    steps = purification_schedule(werner_weights(raw), target=0.99, protocol=protocol)
    assert steps[-1].round == rounds
    assert steps[-1].fidelity >= 0.99 > steps[-2].fidelity
    assert steps[-1].raw_pairs == pytest.approx(np.prod([2 / s.success for s in steps[1:]]))
    if pairs is not None:
        assert steps[-1].raw_pairs == pytest.approx(pairs, abs=0.5 if pairs > 1000 else 0.05)


def test_pumping_uses_fresh_pairs_and_ends_lower() -> None:
    steps = purification_schedule(werner_weights(0.8), target=0.88, order="pumping")
    expected, cost = werner_weights(0.8), 1.0
    for step in steps[1:]:
        expected, chance = dejmps(expected, werner_weights(0.8))
        cost = (cost + 1) / chance
        assert step.weights == pytest.approx(expected)
        assert step.raw_pairs == pytest.approx(cost)
    with pytest.raises(ValueError, match=r"target must be within reach of dejmps by pumping, got 0\.99"):
        purification_schedule(werner_weights(0.8), target=0.99, order="pumping")


def test_pumping_with_bbpssw_feeds_raw_pairs() -> None:
    _, first, second = purification_schedule(werner_weights(0.8), target=0.85, protocol="bbpssw", order="pumping")
    once, chance = bbpssw(0.8)
    assert (first.fidelity, first.success, first.raw_pairs) == pytest.approx((once, chance, 2 / chance))
    twice, again = bbpssw(once, 0.8)
    assert (second.fidelity, second.success) == pytest.approx((twice, again))
    assert second.raw_pairs == pytest.approx((first.raw_pairs + 1) / again)


def test_a_pair_that_is_good_enough_is_left_alone() -> None:
    assert [step.round for step in purification_schedule(werner_weights(0.8), target=0.8)] == [0]


def test_raw_pairs_by_simulation() -> None:
    """Play the recurrence with coins: pairs are bought until one of the wanted quality is there."""
    steps = purification_schedule(werner_weights(0.8), target=0.98)
    rng, chances = np.random.default_rng(5), [s.success for s in steps[1:]]

    def bought(level: int) -> int:
        if level == 0:
            return 1
        total = 0
        while True:
            total += bought(level - 1) + bought(level - 1)
            if rng.random() < chances[level - 1]:
                return total

    sample = np.array([bought(len(chances)) for _ in range(3000)])
    assert abs(sample.mean() - steps[-1].raw_pairs) < 4 * sample.std() / np.sqrt(len(sample))


def test_bbpssw_twirls_what_it_is_given() -> None:
    weights = (0.8, 0.2, 0.0, 0.0)
    assert twirl(weights) == pytest.approx(werner_weights(0.8))
    steps = purification_schedule(weights, target=0.83, protocol="bbpssw")
    assert steps[0].weights == pytest.approx(werner_weights(0.8))
    assert steps[1].fidelity == pytest.approx(bbpssw(0.8)[0])


def test_noisy_gates_set_a_ceiling() -> None:
    rho = werner_state(0.9)
    reached = []
    for _ in range(12):
        rho, _ = purify(rho, rho, gate_error=0.01)
        reached.append(fidelity(epr_pair(), rho))
    assert 0.97 < reached[-1] < 0.995
    assert abs(reached[-1] - reached[-2]) < 1e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: werner_weights(1.2), r"fidelity must lie in \[0, 1\], got 1.2"),
        (lambda: bbpssw(-0.1), "first must lie"),
        (lambda: bbpssw(0.5, 2), "second must lie"),
        (lambda: dejmps((1, 0, 0)), "weights must be four probabilities"),
        (lambda: dejmps((1, 0, 0, 0.5)), "weights must add up to 1, got 1.5"),
        (lambda: dejmps((1, 0, 0, 0), (0, 2, 0, 0)), "each of other must lie"),
        (lambda: dejmps((1, 0, 0, 0), (0, 1, 0, 0)), "other must pass with the first pair at times"),
        (lambda: purification_schedule(werner_weights(0.5), target=0.9), "target must be within reach of dejmps"),
        (lambda: purification_schedule(werner_weights(0.9), target=1.0), r"target must lie in \(0, 1\)"),
        (lambda: purification_schedule(werner_weights(0.9), target=0.95, protocol="x"), "protocol must be one of"),
        (lambda: purification_schedule(werner_weights(0.9), target=0.95, order="x"), "order must be one of"),
        (lambda: purification_schedule(werner_weights(0.9), target=0.95, max_rounds=0), "max_rounds must be"),
        (lambda: purify(epr_pair(), np.eye(2) / 2), "second must be a state of two qubits"),
        (lambda: purify(epr_pair(), epr_pair(), gate_error=2), "gate_error must lie"),
        (lambda: purify(epr_pair(), epr_pair(), protocol="x"), "protocol must be one of"),
        (lambda: purify(np.eye(4)[0], np.eye(4)[1], protocol="bbpssw"), "second must pass with the first"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
