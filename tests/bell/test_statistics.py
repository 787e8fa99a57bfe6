"""Statistics of Bell tests against published counts, exact fractions and laws."""

from __future__ import annotations

import time
from fractions import Fraction
from math import comb, lgamma, log, log10
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states
from qlab.bell import chsh
from qlab.bell import statistics as bs
from qlab.bell.statistics import HENSEN_2015, BellTestResult


def exact_tail(n: int, k: int, numerator: int, denominator: int) -> Fraction:
    q = Fraction(numerator, denominator)
    return sum((comb(n, j) * q**j * (1 - q) ** (n - j) for j in range(k, n + 1)), start=Fraction(0))


def log10_of(fraction: Fraction) -> float:
    shift = len(str(fraction.denominator)) - len(str(fraction.numerator))
    return log10(float(fraction * Fraction(10) ** shift)) - shift


def test_a1_hensens_counts_reproduce_the_published_numbers() -> None:
    assert HENSEN_2015.rounds == 245
    assert HENSEN_2015.setting_totals.tolist() == [[53, 79], [62, 51]]
    assert HENSEN_2015.correlators.ravel() == pytest.approx([0.7358, 0.5949, 0.4839, -0.6078], abs=5e-5)
    assert HENSEN_2015.s == pytest.approx(2.4225, abs=5e-5)
    assert HENSEN_2015.standard_error == pytest.approx(0.2038, abs=5e-5)
    assert HENSEN_2015.wins == 196
    assert HENSEN_2015.p_value() == pytest.approx(0.03908, abs=5e-6)
    assert 8 * HENSEN_2015.win_fraction - 4 == pytest.approx(2.400, abs=1e-12)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 400), st.data(), st.integers(1, 19))
def test_tail_agrees_with_exact_fractions(n: int, data: st.DataObject, twentieths: int) -> None:
    k = data.draw(st.integers(0, n))
    exact = log10_of(exact_tail(n, k, twentieths, 20))
    assert bs.binomial_log10_tail(n, k, twentieths / 20) == pytest.approx(exact, rel=1e-10, abs=1e-11)


def test_tail_far_below_the_smallest_float() -> None:
    assert bs.binomial_log10_tail(5000, 4900, 0.75) == pytest.approx(log10_of(exact_tail(5000, 4900, 3, 4)), rel=1e-12)
    assert bs.binomial_log10_tail(5000, 5000, 0.75) == pytest.approx(5000 * log10(0.75), rel=1e-14)
    assert bs.binomial_log10_tail(10**8, 85_355_339, 0.75) < -1e6


def test_tail_of_a_large_number_near_the_mean_is_gaussian() -> None:
    n = 10**8
    k = round(0.75 * n + 2 * np.sqrt(n * 3 / 16))
    assert 10 ** bs.binomial_log10_tail(n, k, 0.75) == pytest.approx(0.02275, rel=1e-3)


@pytest.mark.parametrize(
    ("n", "k", "chance"),
    [(4_000_000, 2_000_001, 0.5), (4_000_000, 2_003_000, 0.5), (4_000_000, 1_998_000, 0.5)]
    + [(5000, 5000 - rest, 0.18) for rest in (4094, 4095, 4096, 4097, 4098)],
)
def test_tail_of_many_blocks_against_plain_logarithms(n: int, k: int, chance: float) -> None:
    """Blocks hold 4,096 terms; here every term by itself, as far as any counts."""
    terms = range(k, min(n, k + 20_000) + 1)
    choices = [lgamma(n + 1) - lgamma(j + 1) - lgamma(n - j + 1) for j in terms]
    logs = np.array(choices) + np.array(terms) * log(chance) + (n - np.array(terms)) * log(1 - chance)
    assert 10 ** bs.binomial_log10_tail(n, k, chance) == pytest.approx(np.exp(logs).sum(), rel=1e-6)


def test_stirlings_error_is_what_his_formula_lacks() -> None:
    for n in range(1, 60):
        exact = np.sum(np.log(np.arange(1.0, n + 1))) - ((n + 0.5) * np.log(n) - n + 0.5 * np.log(2 * np.pi))
        assert bs._stirling_error(n) == pytest.approx(exact, abs=3e-12 if n < 20 else 1e-12)
    assert bs._stirling_error(0) == 0


def test_rounds_are_counted_in_blocks() -> None:
    codes = np.random.default_rng(5).integers(0, 16, 200_003)
    counted = BellTestResult.from_rounds(codes.astype(np.uint8))
    assert np.array_equal(counted.table.ravel(), np.bincount(codes, minlength=16))
    assert BellTestResult.from_rounds(np.zeros(0, dtype=int)).rounds == 0
    assert BellTestResult.from_rounds(np.array([0])).win_fraction == 1
    assert BellTestResult.from_rounds(np.array([0, 15])).table[1, 1].tolist() == [[0, 0], [0, 1]]


def test_tail_at_the_ends() -> None:
    assert bs.binomial_log10_tail(0, 0, 0.5) == 0
    assert bs.binomial_log10_tail(9, 0, 0.0) == 0
    assert bs.binomial_log10_tail(9, 1, 0.0) == -np.inf
    assert bs.binomial_log10_tail(9, 9, 1.0) == 0


@settings(deadline=None)
@given(st.integers(1, 2000), st.data(), st.floats(0.05, 0.95))
def test_tail_falls_with_every_win_and_grows_with_the_chance(n: int, data: st.DataObject, chance: float) -> None:
    k = data.draw(st.integers(1, n))
    here = bs.binomial_log10_tail(n, k, chance)
    assert here <= bs.binomial_log10_tail(n, k - 1, chance) + 1e-12
    assert here <= bs.binomial_log10_tail(n, k, min(1.0, chance + 0.01)) + 1e-12
    assert here <= 0


def test_p_value_is_exact_even_where_questions_are_not_balanced() -> None:
    result = chsh.play_quantum(states.epr_pair(), 300, np.random.default_rng(3))
    assert result.log10_p_value() == pytest.approx(log10_of(exact_tail(300, result.wins, 3, 4)), abs=1e-10)


def test_p_values_of_local_players_are_honest() -> None:
    """Under the best local strategy, at most a fraction α of experiments shows p ≤ α."""
    rng = np.random.default_rng(8)
    chances = chsh.local_behaviour(((0, 0), (0, 0)))
    p = np.array([chsh.play_behaviour(chances, 200, rng).p_value() for _ in range(2000)])
    for alpha in (0.01, 0.05, 0.2):
        excess = np.mean(p <= alpha) - alpha
        assert excess < 4 * np.sqrt(alpha * (1 - alpha) / len(p))
    assert np.mean(p <= 0.5) > 0.3


@pytest.mark.parametrize("tau", [0.0, 0.05, 0.2, 0.5])
def test_predictable_questions_raise_the_local_chance(tau: float) -> None:
    best = max(
        chsh.behaviour_winning_probability(chsh.local_behaviour(s), question_one=0.5 - tau)
        for s in chsh.local_strategies()
    )
    assert bs.best_local_winning_probability(tau) == pytest.approx(best)
    assert bs.best_local_winning_probability() == bs.LOCAL_WINNING_PROBABILITY == 0.75
    assert HENSEN_2015.p_value(input_excess=tau) >= HENSEN_2015.p_value()


TRIALS = {
    1.00: (60, 175, 374),
    0.95: (94, 295, 643),
    0.90: (191, 568, 1310),
    0.85: (523, 1702, 3863),
    0.80: (6109, 21336, 50030),
}


@pytest.mark.parametrize("fidelity", TRIALS)
def test_trials_needed_table(fidelity: float) -> None:
    """Reference figures were searched on a 2 % grid, which steps over dips as wide as a few rounds per win."""
    w = chsh.winning_probability(chsh.chsh_value(states.werner_state(fidelity)))
    found = [bs.trials_needed(w, p) for p in (0.05, 1e-3, 1e-6)]
    for ours, theirs in zip(found, TRIALS[fidelity], strict=True):
        assert 0 <= theirs - ours <= 0.025 * theirs + 3 / (1 - w)


@pytest.mark.parametrize(("w", "p"), [(0.8536, 0.05), (0.8, 1e-3), (1.0, 1e-9), (0.78, 0.01)])
def test_trials_needed_is_the_first_number_that_suffices(w: float, p: float) -> None:
    reached = (n for n in range(1, 5000) if bs.binomial_log10_tail(n, int(n * w + 1e-9), 0.75) <= np.log10(p))
    assert bs.trials_needed(w, p) == next(reached)


COUNTS = st.lists(st.integers(0, 60), min_size=16, max_size=16).map(
    lambda c: BellTestResult(np.reshape(c, (2, 2, 2, 2)))
)


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_results_add_count_by_count(first: BellTestResult, second: BellTestResult) -> None:
    both = first + second
    assert both.rounds == first.rounds + second.rounds
    assert both.wins == first.wins + second.wins
    assert np.array_equal(both.table, first.table + second.table)


@settings(deadline=None)
@given(COUNTS)
def test_a_result_prints_as_what_makes_it(result: BellTestResult) -> None:
    assert eval(repr(result)) == result
    assert hash(BellTestResult(result.table)) == hash(result)


def test_standard_error_covers_the_scatter_of_repeated_runs() -> None:
    rng = np.random.default_rng(21)
    runs = [chsh.play_quantum(states.werner_state(0.95), 4000, rng) for _ in range(400)]
    spread = np.std([r.s for r in runs], ddof=1)
    claimed = np.mean([r.standard_error for r in runs])
    assert abs(spread / claimed - 1) < 4 / np.sqrt(2 * len(runs))


@pytest.mark.parametrize("rounds", [1, 2, 8, 100])
def test_rounds_that_all_agree_leave_an_error(rounds: int) -> None:
    won = np.zeros((2, 2, 2, 2), dtype=int)
    won[:, :, 0, 0], won[1, 1] = rounds, [[0, rounds], [0, 0]]
    result = BellTestResult(won)
    assert result.s == 4
    # By the rule of succession the next round fails with probability 1/(n+2): variance 4·p·(1-p), four times over n.
    p = 1 / (rounds + 2)
    assert result.standard_error == pytest.approx(np.sqrt(4 * 4 * p * (1 - p) / rounds))
    won[0, 0] = [[rounds, 1], [0, 0]]
    lost_one = BellTestResult(won)
    assert lost_one.standard_error < result.standard_error * 1.3
    plain = [(1 - e**2) / n for e, n in zip(lost_one.correlators.flat, lost_one.setting_totals.flat, strict=True)]
    assert lost_one.standard_error**2 == pytest.approx(plain[0] + 3 * 4 * p * (1 - p) / rounds)


def test_tails_far_too_long_to_be_added_term_by_term() -> None:
    started = time.process_time()
    for n, k, q in ((10**15, 750_000_020_000_000, 0.75), (2**53, 2**52 + 10**8, 0.5), (10**12, 10**11 + 10**6, 0.1)):
        z = (k - 0.5 - n * q) / np.sqrt(n * q * (1 - q))
        skewed = (1 - 2 * q) / (6 * np.sqrt(n * q * (1 - q))) * (1 - z * z) * NormalDist().pdf(z)
        normal = NormalDist().cdf(-z) - skewed
        assert bs.binomial_log10_tail(n, k, q) == pytest.approx(np.log10(normal), abs=2e-7)
    assert bs.trials_needed(0.750001, 0.05) == pytest.approx((1.6449 * np.sqrt(3 / 16) / 1e-6) ** 2, rel=1e-3)
    assert time.process_time() - started < 2


def test_the_integral_of_a_tail_is_its_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(4 * 10**8, 3 * 10**8 + k, 0.75) for k in (1, 3000, 40_000)]
    summed = [bs.binomial_log10_tail(*case) for case in cases]
    monkeypatch.setattr(bs, "_SUMMED", 1000)
    assert [bs.binomial_log10_tail(*case) for case in cases] == pytest.approx(summed, rel=1e-10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: BellTestResult(np.zeros((2, 2, 2))), "counts must be 16 whole numbers"),
        (lambda: BellTestResult(np.full((2, 2, 2, 2), -1)), "counts must be 16 whole numbers"),
        (lambda: BellTestResult(np.zeros((2, 2, 2, 2))), "counts must be 16 whole numbers"),
        (lambda: BellTestResult(np.zeros((2, 2, 2, 2), dtype=int)).s, "a round of each pair of questions"),
        (lambda: BellTestResult(np.zeros((2, 2, 2, 2), dtype=int)).win_fraction, "counts must hold a round, got"),
        (lambda: bs.trials_needed(0.75 + 1e-12, 0.05), "winning_probability must be further above 0.75, got 0.75"),
        (lambda: bs.binomial_log10_tail(10**17, 10**16, 0.5), "trials must be at most 9,007,199,254,740,992, got 1"),
        (lambda: BellTestResult.from_rounds(np.array([16])), "rounds must be whole numbers in"),
        (lambda: bs.binomial_log10_tail(3, 4, 0.5), "successes must be a whole number"),
        (lambda: bs.binomial_log10_tail(3, 2, 1.5), r"success_probability must lie in \[0, 1\], got 1.5"),
        (lambda: bs.trials_needed(0.75, 0.05), r"winning_probability must lie in \(0.75, 1\], got 0.75"),
        (lambda: bs.best_local_winning_probability(0.6), "input_excess must lie in"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_adding_something_else_is_refused() -> None:
    with pytest.raises(TypeError):
        HENSEN_2015 + 1  # type: ignore[operator]
