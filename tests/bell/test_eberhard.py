"""CH-Eberhard: bound by enumeration, optimum, thresholds and raw counts."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import measures, states
from qlab.bell import chsh, eberhard
from qlab.bell.correlations import behaviour
from qlab.bell.lost_rounds import EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED, lossy_behaviour
from qlab.bell.statistics import BellTestResult


def test_no_local_strategy_has_j_above_zero() -> None:
    values = [eberhard.eberhard_value(chsh.local_behaviour(s)) for s in chsh.local_strategies()]
    assert max(values) == 0
    assert min(values) == -1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_j_and_s_are_tied_for_every_behaviour_without_signalling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = behaviour(states.random_density_matrix(2, rng), rng.uniform(0, 6, 2), rng.uniform(0, 6, 2))
    assert chsh.behaviour_chsh_value(table) == pytest.approx(2 + 4 * eberhard.eberhard_value(table), abs=1e-9)


def test_optimum_with_perfect_detectors_is_tsirelsons() -> None:
    best = eberhard.eberhard_optimum(1.0)
    assert 2 + 4 * best.j == pytest.approx(chsh.TSIRELSON_BOUND, abs=1e-9)
    assert best.concurrence == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("eta", "zeta"), [(1.0, 0.0), (0.9, 0.01), (0.8, 0.001), (0.72, 0.0)])
def test_operator_behaviour_and_counts_agree(eta: float, zeta: float) -> None:
    best = eberhard.eberhard_optimum(eta, background=zeta)
    table = eberhard.eberhard_behaviour(best, eta, background=zeta)
    assert eberhard.eberhard_value(table) == pytest.approx(best.j, abs=1e-12)
    operator = eberhard.eberhard_operator(best.alice_angles, best.bob_angles, eta, background=zeta)
    assert (best.ket.conj() @ operator @ best.ket).real == pytest.approx(best.j, abs=1e-12)
    assert table.sum(axis=(2, 3)) == pytest.approx(np.ones((2, 2)))
    assert 0 <= table.min() <= table.max() <= 1
    if zeta == 0:
        assert np.array_equal(eberhard.eberhard_operator(best.alice_angles, best.bob_angles, eta), operator)
        assert np.array_equal(eberhard.eberhard_behaviour(best, eta), table)


def test_clicks_with_losses_agree_with_the_lossy_behaviour() -> None:
    """Without background, a click is the answer 0 of a detector that clicks with chance η."""
    best = eberhard.eberhard_optimum(0.85)
    lossy = lossy_behaviour(behaviour(best.ket, best.alice_angles, best.bob_angles), 0.85, 0.85)
    fold = np.array([[1, 0], [0, 1], [0, 1]])
    folded = np.einsum("xyab,ac,bd->xycd", lossy, fold, fold)
    assert folded == pytest.approx(eberhard.eberhard_behaviour(best, 0.85), abs=1e-12)


def test_the_optimum_is_not_beaten_by_other_angles() -> None:
    rng = np.random.default_rng(1)
    for eta, zeta in ((1.0, 0.0), (0.9, 0.0), (0.8, 0.002), (0.7, 0.0)):
        best = eberhard.eberhard_optimum(eta, background=zeta).j
        for _ in range(300):
            a, b = rng.uniform(0, 2 * np.pi, (2, 2)) * rng.choice([0.1, 0.3, 1.0])
            operator = eberhard.eberhard_operator(tuple(a), tuple(b), eta, background=zeta)
            assert np.linalg.eigvalsh(operator)[-1] <= best + 1e-12


def test_best_state_is_less_entangled_where_detectors_are_worse() -> None:
    tangled = [eberhard.eberhard_optimum(eta).concurrence for eta in (1.0, 0.9, 0.8, 0.72, 0.68)]
    assert tangled == sorted(tangled, reverse=True)
    assert tangled[-1] < 0.12


def test_thresholds() -> None:
    assert eberhard.smallest_efficiency() == pytest.approx(2 / 3, abs=5e-3)
    assert eberhard.eberhard_optimum(0.67).j > 0
    assert eberhard.eberhard_optimum(2 / 3).j == pytest.approx(0, abs=1e-12)
    assert eberhard.eberhard_optimum(0.6).j == pytest.approx(0, abs=1e-12)
    limit = EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED
    pair = behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    fold = np.array([[1, 0], [0, 1], [0, 1]])
    for eta, violated in ((limit + 0.005, True), (limit - 0.005, False)):
        folded = np.einsum("xyab,ac,bd->xycd", lossy_behaviour(pair, eta, eta), fold, fold)
        assert (eberhard.eberhard_value(folded) > 0) == violated


def test_background_is_tolerated_up_to_a_limit_that_grows_with_efficiency() -> None:
    limits = [eberhard.largest_background(eta, tolerance=1e-5) for eta in (0.6, 0.7, 0.8, 0.9, 1.0)]
    assert limits[0] == 0
    assert limits == sorted(limits)
    edge = limits[3]
    assert eberhard.eberhard_optimum(0.9, background=edge).j > 0
    assert eberhard.eberhard_optimum(0.9, background=edge + 2e-5).j <= 0
    assert eberhard.smallest_efficiency(background=edge, tolerance=1e-3) == pytest.approx(0.9, abs=5e-3)


def test_searches_stop_within_their_tolerance() -> None:
    edge = eberhard.largest_background(0.9)
    assert eberhard.eberhard_optimum(0.9, background=edge).j > 1e-9
    assert eberhard.eberhard_optimum(0.9, background=edge + 1e-6).j <= 1e-9
    least = eberhard.smallest_efficiency(background=0.001)
    assert eberhard.eberhard_optimum(least, background=0.001).j > 1e-9
    assert eberhard.eberhard_optimum(least - 1e-4, background=0.001).j <= 1e-9
    assert eberhard.largest_background(2 / 3) == 0


def test_a_click_too_many_spoils_as_much_as_one_too_few() -> None:
    """Answers renamed, background ζ with perfect detectors is the efficiency 1-ζ without background."""
    assert eberhard.largest_background(1.0) == pytest.approx(1 / 3, abs=2e-3)
    assert eberhard.eberhard_optimum(1.0, background=0.2).j == pytest.approx(eberhard.eberhard_optimum(0.8).j)


@pytest.mark.parametrize("eta", [0.7, 0.85, 1.0])
def test_concurrence_is_that_of_the_state(eta: float) -> None:
    best = eberhard.eberhard_optimum(eta)
    assert best.concurrence == pytest.approx(measures.concurrence(best.ket))
    assert best.ket.dtype == np.complex128
    assert best.alice_angles[0] == best.bob_angles[0] == 0


def experiment(eta: float, zeta: float, rounds: int, seed: int) -> BellTestResult:
    best = eberhard.eberhard_optimum(eta, background=zeta)
    table = eberhard.eberhard_behaviour(best, eta, background=zeta)
    return chsh.play_behaviour(table, rounds, np.random.default_rng(seed))


def test_raw_counts_recover_j() -> None:
    result = experiment(0.85, 0.001, 2_000_000, 1)
    found = eberhard.analyse(result)
    expected = eberhard.eberhard_optimum(0.85, background=0.001).j
    assert abs(found.j - expected) < 4 * found.standard_error
    assert found.log10_p_value < -100
    assert found.for_quantum > found.against


def test_singles_and_coincidences_are_the_same_counts() -> None:
    result = experiment(0.9, 0.0, 100_000, 2)
    t = result.table
    rebuilt = eberhard.counts_from_singles(
        t.sum(axis=(2, 3)), t[:, :, 0, :].sum(axis=2), t[:, :, :, 0].sum(axis=2), t[:, :, 0, 0]
    )
    assert rebuilt == result
    nothing_else = eberhard.counts_from_singles(*[np.full((2, 2), 7)] * 4)
    assert nothing_else.table[..., 0, 0].tolist() == [[7, 7], [7, 7]]
    assert nothing_else.rounds == 28


def test_p_values_of_local_models_are_honest() -> None:
    """A local model on the edge: win or lose a round that counts with chance ½."""
    rng = np.random.default_rng(3)
    local = np.mean([chsh.local_behaviour(((0, 1), (0, 1))), chsh.local_behaviour(((0, 0), (0, 0)))], axis=0)
    assert eberhard.eberhard_value(local) <= 0
    p = []
    for _ in range(1000):
        run = chsh.play_behaviour(local, 200, rng)
        p.append(10 ** eberhard.analyse(run).log10_p_value)
    for alpha in (0.01, 0.05, 0.2):
        assert np.mean(np.array(p) <= alpha) < alpha + 4 * np.sqrt(alpha / len(p))


def test_local_strategies_win_no_more_than_half_of_what_counts() -> None:
    for strategy in chsh.local_strategies():
        t = chsh.local_behaviour(strategy)
        assert t[0, 0, 0, 0] <= t[0, 1, 0, 1] + t[1, 0, 1, 0] + t[1, 1, 0, 0]


@pytest.mark.parametrize("tau", [0.0, 0.01, 0.1])
def test_predictable_questions_weaken_the_evidence(tau: float) -> None:
    result = experiment(0.9, 0.0, 20_000, 4)
    fair, biased = eberhard.analyse(result), eberhard.analyse(result, input_excess=tau)
    assert biased.log10_p_value >= fair.log10_p_value
    assert biased.j == fair.j


def test_standard_error_of_j() -> None:
    runs = [eberhard.analyse(experiment(0.9, 0.0, 5000, seed)) for seed in range(300)]
    spread, claimed = np.std([r.j for r in runs], ddof=1), np.mean([r.standard_error for r in runs])
    assert abs(spread / claimed - 1) < 4 / np.sqrt(600)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: eberhard.eberhard_optimum(1.2), r"efficiency must lie in \[0, 1\], got 1.2"),
        (lambda: eberhard.eberhard_operator((0, 1, 2), (0, 1), 1), "must hold two angles each"),
        (lambda: eberhard.smallest_efficiency(background=0.2), "background must lie in"),
        (lambda: eberhard.smallest_efficiency(tolerance=0), r"tolerance must lie in \[1e-12, 1\], got 0"),
        (lambda: eberhard.largest_background(0.9, tolerance=0), r"tolerance must lie in \[1e-12, 1\], got 0"),
        (lambda: eberhard.eberhard_operator("a", (0, 1), 1), "alice_angles must be an array of real numbers, got 'a'"),
        (lambda: eberhard.eberhard_operator((0, 1), "b", 1), "bob_angles must be an array of real numbers, got 'b'"),
        (lambda: eberhard.analyse(BellTestResult(np.zeros((2, 2, 2, 2), int))), "a round of each pair of questions"),
        (
            lambda: eberhard.analyse(BellTestResult(np.ones((2, 2, 2, 2), int)), input_excess=0.5),
            "input_excess must lie in",
        ),
        (
            lambda: eberhard.counts_from_singles(*[*[np.ones((2, 2), int)] * 3, np.full((2, 2), 2)]),
            "coincidences must fit one another",
        ),
        (lambda: eberhard.counts_from_singles(*[np.ones(2, int)] * 4), "trials must be 4 whole numbers"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_analysis_of_counts_done_by_hand() -> None:
    counts = np.array([[[[60, 20], [10, 10]], [[50, 5], [15, 130]]], [[[40, 10], [8, 42]], [[30, 70], [60, 140]]]])
    found = eberhard.analyse(BellTestResult(counts))
    rates = np.array([60 / 100, 5 / 200, 8 / 100, 30 / 300])
    assert found.j == pytest.approx(rates[0] - rates[1] - rates[2] - rates[3])
    assert found.standard_error == pytest.approx(np.sqrt(sum(rates * (1 - rates) / [100, 200, 100, 300])))
    assert (found.for_quantum, found.against) == (60, 43)
    assert found.log10_p_value == pytest.approx(log10(sum(comb(103, k) for k in range(60, 104)) / 2**103))
    guessed = Fraction(36, 52)  # each question guessed with chance 0.6: 0.36 against 0.16
    tail = sum(comb(103, k) * guessed**k * (1 - guessed) ** (103 - k) for k in range(60, 104))
    assert eberhard.analyse(BellTestResult(counts), input_excess=0.1).log10_p_value == pytest.approx(log10(tail))


@pytest.mark.parametrize(("eta", "percent"), [(1.0, 10.36), (0.9, 4.50), (0.8, 1.10)])
def test_half_of_j_is_the_background_that_eberhard_published(eta: float, percent: float) -> None:
    """Eberhard, PRA 47, R747 (1993), table II."""
    assert 50 * eberhard.eberhard_optimum(eta).j == pytest.approx(percent, abs=0.02)
