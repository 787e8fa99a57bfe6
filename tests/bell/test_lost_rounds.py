"""Dropped rounds deceive, counted ones cost: bounds met exactly by an explicit local program."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states
from qlab.bell import chsh, lost_rounds
from qlab.bell.correlations import behaviour, behaviour_correlators
from qlab.bell.lost_rounds import (
    LossyBellTest,
    deceiving_local_behaviour,
    lossy_behaviour,
    play_lossy,
    post_selected_local_bound,
    with_readout_error,
)

BEST = behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
ETAS = st.floats(2 / 3, 1)


def kept_s(table: np.ndarray) -> float:
    kept = table[:, :, :2, :2]
    return chsh.behaviour_chsh_value(kept / kept.sum(axis=(2, 3), keepdims=True))


@settings(deadline=None)
@given(ETAS)
def test_the_deceiver_reaches_the_bound_and_looks_like_independent_detectors(eta: float) -> None:
    table = deceiving_local_behaviour(eta)
    assert np.allclose(table.sum(axis=(2, 3)), 1)
    assert table.min() >= 0
    assert kept_s(table) == pytest.approx(post_selected_local_bound(eta), abs=1e-9)
    assert np.allclose(table[:, :, :2, :2].sum(axis=(2, 3)), eta**2)
    assert np.allclose(table[:, :, :2, :].sum(axis=(2, 3)), eta)
    assert np.allclose(table[:, :, :, :2].sum(axis=(2, 3)), eta)


@settings(deadline=None)
@given(ETAS)
def test_the_deceiver_signals_nothing_and_is_caught_when_nothing_is_dropped(eta: float) -> None:
    table = deceiving_local_behaviour(eta)
    alice, bob = table.sum(axis=3), table.sum(axis=2)
    assert np.allclose(alice[:, 0], alice[:, 1])
    assert np.allclose(bob[0], bob[1])
    for answer in (0, 1):
        counted = LossyBellTest(np.round(table * 1e12).astype(np.int64)).with_no_click_as(answer)
        assert counted.s <= 2 + 1e-6


def test_two_thirds_efficiency_fakes_the_perfect_game() -> None:
    assert post_selected_local_bound(2 / 3) == pytest.approx(4)
    played = play_lossy(deceiving_local_behaviour(2 / 3), 100_000, np.random.default_rng(1))
    assert played.kept().s == 4
    assert played.with_no_click_as(0).s < 2 + 4 * played.with_no_click_as(0).standard_error


def test_post_selected_bound_meets_tsirelson_at_the_threshold() -> None:
    assert post_selected_local_bound(lost_rounds.EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED) == pytest.approx(
        chsh.TSIRELSON_BOUND
    )
    assert post_selected_local_bound(1) == chsh.LOCAL_BOUND
    assert post_selected_local_bound(0.1) == 4


def test_no_local_strategy_with_silence_exceeds_the_bound() -> None:
    """All 81 deterministic strategies with a silent answer; the bound is a linear inequality over them."""
    answers = [(a0, a1) for a0 in range(3) for a1 in range(3)]
    rng = np.random.default_rng(2)
    vertices = []
    for alice in answers:
        for bob in answers:
            table = np.zeros((2, 2, 3, 3))
            for x in (0, 1):
                for y in (0, 1):
                    table[x, y, alice[x], bob[y]] = 1
            vertices.append(table)
    checked = 0
    for _ in range(400):
        mixed = np.einsum("k,kxyab->xyab", rng.dirichlet(np.full(81, 0.03)), np.array(vertices))
        both = mixed[:, :, :2, :2].sum(axis=(2, 3))
        if both.min() < 1e-3:
            continue
        clicks = np.array([mixed[:, :, :2, :].sum(axis=(2, 3)), mixed[:, :, :, :2].sum(axis=(2, 3))])
        eta = float((both / clicks).min())
        assert kept_s(mixed) <= post_selected_local_bound(eta) + 1e-9
        checked += 1
    assert checked > 100


def test_threshold_of_a_bell_pair() -> None:
    eta = lost_rounds.EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED
    assert eta == pytest.approx(0.828427, abs=1e-6)
    fold = np.array([[1, 0], [0, 1], [1, 0]])
    for efficiency, sign in ((eta, 0), (eta + 0.01, 1), (eta - 0.01, -1)):
        counted = np.einsum("xyab,ac,bd->xycd", lossy_behaviour(BEST, efficiency, efficiency), fold, fold)
        s = chsh.behaviour_chsh_value(counted)
        assert s == pytest.approx(chsh.TSIRELSON_BOUND * efficiency**2 + 2 * (1 - efficiency) ** 2, abs=1e-9)
        assert np.sign(round(s - 2, 9)) == sign


def test_fair_losses_leave_the_kept_rounds_unchanged() -> None:
    lossy = lossy_behaviour(BEST, 0.3, 0.8)
    assert kept_s(lossy) == pytest.approx(chsh.TSIRELSON_BOUND)
    played = play_lossy(lossy, 300_000, np.random.default_rng(3))
    assert abs(played.kept().s - chsh.TSIRELSON_BOUND) < 4 * played.kept().standard_error
    assert played.conditional_efficiency == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 240_000))
    assert played.table.sum() == 300_000


@settings(deadline=None)
@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_readout_errors(e0: float, e1: float) -> None:
    blurred = with_readout_error(BEST, e0, e1)
    shift = e1 - e0
    expected = (1 - e0 - e1) ** 2 * behaviour_correlators(BEST) + shift**2
    assert np.allclose(behaviour_correlators(blurred), expected)
    assert chsh.behaviour_chsh_value(with_readout_error(BEST, e0, e0)) == pytest.approx(
        chsh.TSIRELSON_BOUND * (1 - 2 * e0) ** 2
    )


def test_largest_readout_error_is_where_the_violation_ends() -> None:
    e = lost_rounds.largest_readout_error(chsh.TSIRELSON_BOUND)
    assert e == pytest.approx((1 - 2 ** (-0.25)) / 2)
    assert chsh.behaviour_chsh_value(with_readout_error(BEST, e, e)) == pytest.approx(2)


def test_a_missing_click_becomes_the_answer_named_and_no_round_is_lost() -> None:
    counts = np.arange(36, dtype=np.int32).reshape(2, 2, 3, 3)
    lossy = LossyBellTest(counts.astype(np.int16))
    assert lossy.counts == counts.tolist()
    folded = counts[:, :, :2, :2].copy()
    folded[:, :, :, 0] += counts[:, :, :2, 2]
    folded[:, :, 0, :] += counts[:, :, 2, :2]
    folded[:, :, 0, 0] += counts[:, :, 2, 2]
    assert np.array_equal(lossy.with_no_click_as().table, folded)
    ones = LossyBellTest(counts[:, :, [1, 0, 2]][:, :, :, [1, 0, 2]]).with_no_click_as(1)
    assert np.array_equal(ones.table, folded[:, :, ::-1, ::-1])
    assert np.array_equal(lossy.kept().table, counts[:, :, :2, :2])


@settings(deadline=None)
@given(ETAS)
def test_the_deceivers_answers_look_fair(eta: float) -> None:
    table = deceiving_local_behaviour(eta)
    for clicks in (table.sum(axis=3)[:, :, :2], table.sum(axis=2)[:, :, :2]):
        assert np.allclose(clicks, eta / 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: deceiving_local_behaviour(0.6), r"efficiency must lie in \[0.666667, 1\], got 0.6"),
        (lambda: post_selected_local_bound(0), r"efficiency must lie in \(0, 1\], got 0"),
        (lambda: lossy_behaviour(BEST, 1.1, 1), "efficiency_alice must lie in"),
        (lambda: lossy_behaviour(BEST, 1, -1), "efficiency_bob must lie in"),
        (lambda: LossyBellTest(np.zeros((2, 2, 2, 2), int)), "counts must be 36 whole numbers"),
        (lambda: LossyBellTest(np.ones((2, 2, 3, 3))), "counts must be 36 whole numbers"),
        (lambda: LossyBellTest(np.full((2, 2, 3, 3), -1)), "counts must be 36 whole numbers"),
        (lambda: play_lossy(BEST, 5, np.random.default_rng(1)), "behaviour must be probabilities of shape"),
        (lambda: with_readout_error(BEST, 2, 0), "error_zero must lie in"),
        (lambda: lost_rounds.largest_readout_error(1.9), "s must lie in"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
