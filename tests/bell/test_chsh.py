"""The CHSH game: bounds proved by enumeration, by operators and by playing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states
from qlab.bell import chsh, correlations
from qlab.bell.statistics import SIGNS

ANGLES = st.floats(-7, 7)
SEEDS = st.integers(0, 2**32 - 1)


def test_all_sixteen_local_strategies_win_three_quarters_at_best() -> None:
    strategies = chsh.local_strategies()
    assert len(set(strategies)) == 16
    chances = [chsh.behaviour_winning_probability(chsh.local_behaviour(s)) for s in strategies]
    assert max(chances) == 0.75
    assert sorted(chances).count(0.75) == 8
    assert max(abs(chsh.strategy_chsh_value(s)) for s in strategies) == chsh.LOCAL_BOUND


def test_tsirelson_bound_from_the_operator_and_from_the_best_angles() -> None:
    assert chsh.chsh_value(states.epr_pair()) == pytest.approx(chsh.TSIRELSON_BOUND, abs=1e-12)
    rng = np.random.default_rng(5)
    for _ in range(300):
        a, b = rng.uniform(0, 2 * np.pi, (2, 2))
        operator = chsh.chsh_operator(a, b)
        assert np.linalg.eigvalsh(operator)[-1] <= chsh.TSIRELSON_BOUND + 1e-12
        rho = states.random_density_matrix(2, rng)
        assert chsh.chsh_value(rho, a, b) == pytest.approx(np.trace(operator @ rho).real, abs=1e-12)


def test_each_pair_of_questions_is_won_equally_often() -> None:
    chances = correlations.behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    assert np.allclose(SIGNS * correlations.behaviour_correlators(chances), np.sqrt(0.5))
    assert chsh.behaviour_winning_probability(chances) == pytest.approx(np.cos(np.pi / 8) ** 2, abs=1e-12)


def test_pr_box_wins_always_without_signalling() -> None:
    assert chsh.behaviour_chsh_value(correlations.pr_box()) == chsh.NO_SIGNALLING_BOUND
    assert chsh.behaviour_winning_probability(correlations.pr_box()) == 1
    assert correlations.is_no_signalling(correlations.pr_box())


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.lists(ANGLES, min_size=2, max_size=2), st.lists(ANGLES, min_size=2, max_size=2))
def test_win_chance_and_s_are_tied(seed: int, alice: list[float], bob: list[float]) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed))
    chances = correlations.behaviour(rho, alice, bob)
    s = chsh.chsh_value(rho, alice, bob)
    assert chsh.behaviour_chsh_value(chances) == pytest.approx(s, abs=1e-9)
    assert chsh.behaviour_winning_probability(chances) == pytest.approx(chsh.winning_probability(s), abs=1e-9)
    assert abs(s) <= chsh.TSIRELSON_BOUND + 1e-9


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.01, 1), min_size=16, max_size=16))
def test_mixtures_of_local_strategies_stay_local(weights: list[float]) -> None:
    total = sum(w * chsh.local_behaviour(s) for w, s in zip(weights, chsh.local_strategies(), strict=True))
    mixed = np.asarray(total) / sum(weights)
    assert abs(chsh.behaviour_chsh_value(mixed)) <= chsh.LOCAL_BOUND + 1e-9
    assert correlations.is_no_signalling(mixed)


def test_quantum_rounds_scatter_about_the_closed_form() -> None:
    rho = states.werner_state(0.9)
    result = chsh.play_quantum(rho, 400_000, np.random.default_rng(11))
    assert result.rounds == 400_000
    assert abs(result.s - chsh.chsh_value(rho)) < 4 * result.standard_error
    deviations = (result.setting_totals - 100_000) / np.sqrt(400_000 * 3 / 16)
    assert np.abs(deviations).max() < 4


def test_rounds_follow_every_probability() -> None:
    rng = np.random.default_rng(12)
    chances = rng.random((2, 2, 2, 2))
    chances /= chances.sum(axis=(2, 3), keepdims=True)
    n, p = 1_000_000, 0.3
    table = chsh.play_behaviour(chances, n, rng, question_one=p).table
    expected = n * (np.outer([1 - p, p], [1 - p, p])[:, :, None, None] * chances)
    z = (table - expected) / np.sqrt(expected * (1 - expected / n))
    assert np.abs(z).max() < 4


def test_small_probabilities_are_not_rounded_away() -> None:
    chances = np.zeros((2, 2, 2, 2))
    chances[..., 0, 0], chances[..., 1, 1] = 1 - 1e-5, 1e-5
    table = chsh.play_behaviour(chances, 4_000_000, np.random.default_rng(13)).table
    assert abs(table[..., 1, 1].sum() - 40) < 4 * np.sqrt(40)


def test_no_rounds_at_all_are_a_result_too() -> None:
    rng = np.random.default_rng(1)
    assert chsh.play_behaviour(correlations.pr_box(), 0, rng).rounds == 0
    assert chsh.play_quantum(states.epr_pair(), 0, rng).rounds == 0
    assert chsh.play_classical(lambda x, u: 0, lambda y, u: 0, 0, rng).rounds == 0
    assert chsh.play_with_message(lambda x, u: (0, 0), lambda y, u, m: 0, 0, rng).rounds == 0


def test_impossible_answers_never_occur() -> None:
    result = chsh.play_behaviour(correlations.pr_box(), 500_000, np.random.default_rng(14))
    x, y, a, b = np.indices((2, 2, 2, 2))
    assert result.table[(a ^ b) != (x & y)].sum() == 0
    assert result.s == 4


@pytest.mark.parametrize("strategy", chsh.local_strategies())
def test_classical_players_play_their_strategy(strategy: chsh.Strategy) -> None:
    (a, b), n = strategy, 4000
    result = chsh.play_classical(lambda x, u: a[x], lambda y, u: b[y], n, np.random.default_rng(16))
    expected = chsh.behaviour_winning_probability(chsh.local_behaviour(strategy))
    assert abs(result.win_fraction - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
    assert result.s == chsh.strategy_chsh_value(strategy)


def test_classical_players_share_the_number_of_the_round() -> None:
    seen: list[float] = []

    def alice(x: int, shared: float) -> int:
        seen.append(shared)
        return 0

    def bob(y: int, shared: float) -> bool:
        assert shared == seen[-1]
        return False

    chsh.play_classical(alice, bob, 50, np.random.default_rng(17))
    assert len(set(seen)) == 50


def test_one_bit_sent_wins_every_round() -> None:
    result = chsh.play_with_message(lambda x, u: (0, x), lambda y, u, m: m & y, 2000, np.random.default_rng(18))
    assert result.s == 4
    assert result.wins == result.rounds == 2000


def test_with_a_message_both_still_share_the_number_of_the_round() -> None:
    """Answers that look random to each, and win always."""
    result = chsh.play_with_message(
        lambda x, u: (u < 0.5, x), lambda y, u, m: (u < 0.5) ^ (m & y), 2000, np.random.default_rng(19)
    )
    assert result.wins == 2000
    assert abs(result.table[:, :, 1].sum() - 1000) < 4 * np.sqrt(500)
    assert np.abs(result.setting_totals - 500).max() < 4 * np.sqrt(2000 * 3 / 16)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chsh.winning_probability(4.1), r"s must lie in \[-4, 4\], got 4.1"),
        (lambda: chsh.local_behaviour(((0, 2), (0, 0))), "strategy must be"),
        (lambda: chsh.chsh_value(states.ghz_state(3)), "rho must be a state of two qubits"),
        (lambda: chsh.chsh_value(states.epr_pair(), (0.0,), (0.0, 1.0)), "alice_angles must hold two directions"),
        (lambda: chsh.play_quantum(states.epr_pair(), -1, np.random.default_rng(1)), "rounds must be a whole number"),
        (
            lambda: chsh.play_classical(lambda x, u: 2, lambda y, u: 0, 1, np.random.default_rng(1)),
            "alice's answer must be a whole number of at least 0 and at most 1, got 2",
        ),
        (
            lambda: chsh.play_with_message(lambda x, u: (0, 7), lambda y, u, m: 0, 1, np.random.default_rng(1)),
            "alice's message",
        ),
        (lambda: chsh.play_behaviour(np.ones((2, 2, 2, 2)), 1, np.random.default_rng(1)), "behaviour must add up to 1"),
        (
            lambda: chsh.behaviour_winning_probability(correlations.pr_box(), question_one=1.5),
            "question_one must lie in",
        ),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
