"""Abort rules: exact tails by whole-number arithmetic, minimality, and runs of BB84 that obey them."""

from collections.abc import Callable
from fractions import Fraction
from math import comb, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.keys.abort_rules import AbortRule, abort_rule, smallest_sample
from qlab.keys.bb84 import simulate_bb84


def at_most(n: int, k: int, chance: Fraction) -> Fraction:
    return sum((comb(n, j) * chance**j * (1 - chance) ** (n - j) for j in range(k + 1)), Fraction(0))


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 120), st.integers(0, 40), st.integers(1, 60))
def test_both_mistakes_against_exact_fractions(size: int, errors: int, percent: int) -> None:
    chance, allowed = Fraction(percent, 100), min(errors, size)
    rule = AbortRule(size, allowed, float(chance))
    passed = at_most(size, allowed, chance)
    assert 10 ** rule.log10_miss(float(chance)) == pytest.approx(float(passed), rel=1e-9)
    assert 10 ** rule.log10_false_alarm() == pytest.approx(float(1 - passed), rel=1e-9, abs=1e-300)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 300), st.floats(0, 0.3), st.sampled_from([1e-9, 1e-6, 1e-3, 0.1]))
def test_the_rule_is_the_strictest(size: int, qber: float, false_alarm: float) -> None:
    rule = abort_rule(size, expected_qber=qber, false_alarm=false_alarm)
    assert rule.log10_false_alarm() <= log10(false_alarm)
    if rule.max_errors > 0:
        assert AbortRule(size, rule.max_errors - 1, qber).log10_false_alarm() > log10(false_alarm)


@pytest.mark.parametrize(("honest", "attacked"), [(0.0, 0.25), (0.02, 0.25), (0.02, 0.05), (0.05, 0.11)])
def test_smallest_sample(honest: float, attacked: float) -> None:
    rule = smallest_sample(expected_qber=honest, attacked_qber=attacked)
    assert rule.log10_false_alarm() <= -6
    assert rule.log10_miss(attacked) <= -6
    before = abort_rule(rule.sample_size - 1, expected_qber=honest)
    assert before.log10_miss(attacked) > -6


def test_a_noiseless_line_needs_the_textbook_sample() -> None:
    rule = smallest_sample(expected_qber=0.0, attacked_qber=0.25, miss=1e-3)
    assert (rule.sample_size, rule.max_errors) == (25, 0)
    assert 0.75**25 <= 1e-3 < 0.75**24


@pytest.mark.parametrize(("false_alarm", "miss"), [(0.1, 1e-3), (1e-3, 0.1), (0.5, 0.5)])
def test_each_mistake_has_its_own_allowance(false_alarm: float, miss: float) -> None:
    found = smallest_sample(expected_qber=0.02, attacked_qber=0.25, false_alarm=false_alarm, miss=miss)
    suitable = [
        size
        for size in range(1, 200)
        if abort_rule(size, expected_qber=0.02, false_alarm=false_alarm).log10_miss(0.25) <= log10(miss)
    ]
    assert found.sample_size in suitable
    assert found.sample_size - 1 not in suitable
    assert found == abort_rule(found.sample_size, expected_qber=0.02, false_alarm=false_alarm)


def test_rules_at_their_ends() -> None:
    assert abort_rule(1, expected_qber=0.0) == AbortRule(1, 0, 0.0)
    assert abort_rule(3, expected_qber=0.9).max_errors == 3
    everything = AbortRule(3, 3, 0.2)
    assert everything.log10_false_alarm() == -np.inf
    assert everything.log10_miss(1.0) == 0
    assert [everything.passes(n) for n in (0, 3)] == [True, True]
    assert AbortRule(3, 0, 0.0).log10_miss(1.0) == -np.inf


def test_logs_do_not_underflow() -> None:
    rule = abort_rule(10**6, expected_qber=0.02)
    seen = rule.max_errors / 10**6
    divergence = seen * log10(seen / 0.25) + (1 - seen) * log10((1 - seen) / 0.75)
    assert rule.log10_miss(0.25) == pytest.approx(-(10**6) * divergence, rel=1e-4)
    assert rule.passes(rule.max_errors)
    assert not rule.passes(rule.max_errors + 1)


def test_runs_obey_the_rule() -> None:
    """Whole sifted keys as samples: false alarms and misses at the rates that the rule computes."""
    rng = np.random.default_rng(13)
    alarms = misses = 0.0
    spread = 0.0
    for _ in range(1500):
        honest = simulate_bb84(120, rng, flip_probability=0.05)
        rule = abort_rule(honest.sifted_bits, expected_qber=0.05, false_alarm=0.05)
        chance = 10 ** rule.log10_false_alarm()
        alarms += (not rule.passes(sum(honest.errors))) - chance
        tapped = simulate_bb84(120, rng, intercepted_fraction=0.5)
        rule = abort_rule(tapped.sifted_bits, expected_qber=0.05, false_alarm=0.05)
        missed = 10 ** rule.log10_miss(0.125)
        misses += rule.passes(sum(tapped.errors)) - missed
        spread += chance * (1 - chance)
    assert abs(alarms) < 4 * np.sqrt(spread)
    assert abs(misses) < 4 * np.sqrt(1500 / 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AbortRule(0, 0, 0.1), "sample_size must be a whole number of at least 1, got 0"),
        (lambda: AbortRule(5, 6, 0.1), "max_errors must be a whole number of at least 0 and at most 5, got 6"),
        (lambda: AbortRule(5, 1, 1.1), "expected_qber must lie"),
        (lambda: AbortRule(5, 1, 0.1).passes(6), "errors must be"),
        (lambda: AbortRule(5, 1, 0.1).log10_miss(2), "attacked_qber must lie"),
        (lambda: abort_rule(0, expected_qber=0.1), "sample_size must be"),
        (lambda: abort_rule(5, expected_qber=1), "expected_qber must lie"),
        (lambda: abort_rule(5, expected_qber=0.1, false_alarm=0), "false_alarm must lie"),
        (lambda: smallest_sample(expected_qber=0.2, attacked_qber=0.1), r"attacked_qber must lie in \(0.2, 1\]"),
        (lambda: smallest_sample(expected_qber=0.1, attacked_qber=0.2, miss=1), "miss must lie"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
