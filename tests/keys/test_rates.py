"""Key rates: published thresholds and tables, laws, and entropies of states behind the formulas."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.bell.chsh import TSIRELSON_BOUND, play_quantum
from qlab.keys.entangled_pairs import e91_probabilities
from qlab.keys.rates import (
    bb84_rate,
    device_independent_rate,
    device_independent_werner_rate,
    finite_key_length,
    finite_key_rate,
    largest_qber,
    werner_qber,
    werner_s,
)
from qlab.measures import entropy
from qlab.states import bell_diagonal_state, epr_pair, werner_state

qbers = st.floats(0, 0.5)


def test_a6_thresholds() -> None:
    assert largest_qber(bb84_rate) == pytest.approx(0.110028, abs=5e-7)
    assert largest_qber(device_independent_werner_rate) == pytest.approx(0.07149, abs=5e-6)
    assert 2 * sqrt(2) * (1 - 2 * largest_qber(device_independent_werner_rate)) == pytest.approx(2.4240, abs=5e-5)


@pytest.mark.parametrize(("inefficiency", "qber"), [(1.16, 0.09811), (1.22, 0.09424)])
def test_thresholds_with_inefficient_correction(inefficiency: float, qber: float) -> None:
    assert largest_qber(lambda q: bb84_rate(q, inefficiency=inefficiency)) == pytest.approx(qber, abs=6e-6)


@pytest.mark.parametrize(
    ("qber", "rate"), [(0.01, 0.77660), (0.02, 0.61229), (0.03, 0.47008), (0.05, 0.22495), (0.07, 0.01461)]
)
def test_device_independent_table(qber: float, rate: float) -> None:
    assert device_independent_werner_rate(qber) == pytest.approx(rate, abs=6e-6)


@settings(deadline=None)
@given(qbers)
def test_bb84_rate_from_the_entropy_of_eves_purification(qber: float) -> None:
    """1 - S(ρ) of the worst Bell-diagonal state that the errors allow."""
    worst = [(1 - qber) ** 2, qber * (1 - qber), qber * (1 - qber), qber**2]
    assert bb84_rate(qber) == pytest.approx(max(0, 1 - entropy(bell_diagonal_state(worst))), abs=1e-9)


@settings(deadline=None)
@given(qbers, qbers)
def test_rates_fall_with_errors_and_keep_their_order(first: float, second: float) -> None:
    low, high = sorted((first, second))
    for rate in (bb84_rate, device_independent_werner_rate):
        assert 0 <= rate(high) <= rate(low) + 1e-12 <= 1 + 1e-12
    assert device_independent_werner_rate(low) <= bb84_rate(low) + 1e-12


@settings(deadline=None)
@given(qbers, st.floats(0, 2))
def test_no_key_without_a_bell_violation(qber: float, s: float) -> None:
    assert device_independent_rate(qber, s) == 0


def test_measured_figures_may_fluctuate_beyond_what_their_expectations_can_be() -> None:
    assert (
        device_independent_rate(0.01, 2.9)
        == device_independent_rate(0.01, -3.5)
        == device_independent_rate(0.01, TSIRELSON_BOUND)
    )
    assert bb84_rate(0.503) == device_independent_rate(0.9, 2.8) == bb84_rate(1.0) == 0
    assert finite_key_length(10**6, 10**5, 0.51) == finite_key_rate(1000, 1.0)[0] == 0
    runs = [play_quantum(epr_pair(), 10_000, np.random.default_rng(seed)).s for seed in range(40)]
    assert max(runs) > TSIRELSON_BOUND
    assert all(0 < device_independent_rate(0.01, s) < 1 for s in runs)


def test_a_bell_violation_alone_gives_no_key() -> None:
    assert werner_s(0.8) > 2
    assert bb84_rate(werner_qber(0.8)) == 0
    assert werner_qber(0.83496) == pytest.approx(0.110028, abs=5e-6)
    assert werner_s(1 - 1.5 * 0.14645) == pytest.approx(2, abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 1))
def test_werner_figures_against_the_state(fidelity: float) -> None:
    table = e91_probabilities(werner_state(fidelity))
    e = table[..., 0, 0] + table[..., 1, 1] - table[..., 0, 1] - table[..., 1, 0]
    assert werner_qber(fidelity) == pytest.approx(table[0, 2, 0, 1] + table[0, 2, 1, 0], abs=1e-10)
    assert werner_s(fidelity) == pytest.approx(e[0, 0] + e[0, 1] + e[1, 0] - e[1, 1], abs=1e-10)


@pytest.mark.parametrize(
    ("sifted", "rates"),
    [
        (10**4, (0.283, 0.178, 0.043)),
        (10**5, (0.530, 0.394, 0.208)),
        (10**6, (0.676, 0.519, 0.304)),
        (10**7, (0.754, 0.584, 0.353)),
    ],
)
def test_finite_key_table(sifted: int, rates: tuple[float, ...]) -> None:
    assert [finite_key_rate(sifted, q)[0] for q in (0.01, 0.025, 0.05)] == pytest.approx(rates, abs=6e-4)


def test_finite_keys_approach_the_limit_from_below() -> None:
    for qber, limit in ((0.01, 0.830), (0.025, 0.646), (0.05, 0.399)):
        assert bb84_rate(qber, inefficiency=1.1) == pytest.approx(limit, abs=6e-4)
        rate, test = finite_key_rate(10**12, qber)
        assert 0.99 * limit < rate < bb84_rate(qber, inefficiency=1.1)
        assert 0 < test < 10**11


def test_the_search_finds_the_best_number_of_test_bits() -> None:
    rate, best = finite_key_rate(8000, 0.01)
    lengths = [finite_key_length(8000 - k, k, 0.01) for k in range(1, 8000)]
    assert rate * 8000 >= max(lengths) - 1
    assert finite_key_length(8000 - best, best, 0.01) == rate * 8000
    assert finite_key_rate(2000, 0.11) == (0.0, 0)


def test_the_search_hands_on_what_it_was_given() -> None:
    options = {"inefficiency": 1.3, "secrecy": 1e-5, "correctness": 1e-8}
    rate, best = finite_key_rate(6000, 0.01, **options)
    assert rate * 6000 == pytest.approx(finite_key_length(6000 - best, best, 0.01, **options))
    for name in options:
        assert finite_key_rate(6000, 0.01, **{k: v for k, v in options.items() if k != name})[0] != rate


def test_the_shortest_runs_leave_no_key() -> None:
    assert [finite_key_rate(n, 0.0) for n in (2, 3, 300)] == [(0.0, 0)] * 3
    assert finite_key_length(1, 1, 0.0) == 0


def test_the_sign_of_s_is_a_matter_of_names() -> None:
    for s in (2.3, 2.6, 2 * sqrt(2), 2 * sqrt(2) + 5e-10):
        assert device_independent_rate(0.01, -s) == device_independent_rate(0.01, s) > 0
    assert device_independent_rate(0.0, 2 * sqrt(2)) == pytest.approx(1)
    assert device_independent_rate(0.0, 2.0) == 0
    assert 0 < device_independent_rate(0.0, 2.001) < 0.01


def test_one_finite_length_by_hand() -> None:
    n, k, q = 90_000, 10_000, 0.02
    mu = sqrt((n + k) * (k + 1) * np.log(2e9) / (n * k * k))
    h = lambda x: -x * np.log2(x) - (1 - x) * np.log2(1 - x)  # noqa: E731
    length = n * (1 - h(q + mu)) - 1.1 * n * h(q) - np.log2(2 / (1e-18 * 1e-15))
    assert finite_key_length(n, k, q) == int(np.floor(length))


@settings(deadline=None, max_examples=60)
@given(st.integers(100, 10**6), st.integers(10, 10**5), st.floats(0, 0.1), st.floats(1e-12, 0.1))
def test_finite_keys_never_beat_the_limit_and_safety_costs(n: int, k: int, qber: float, secrecy: float) -> None:
    length = finite_key_length(n, k, qber, secrecy=secrecy)
    assert 0 <= length <= n * bb84_rate(qber, inefficiency=1.1) + 1
    assert finite_key_length(n, k, qber, secrecy=secrecy / 10) <= length
    assert finite_key_length(n, k, min(0.5, qber + 0.01), secrecy=secrecy) <= length


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bb84_rate(1.1), r"qber must lie in \[0, 1\], got 1.1"),
        (lambda: bb84_rate(0.1, inefficiency=0.9), "inefficiency must lie"),
        (lambda: device_independent_rate(0.1, 4.1), "s must lie"),
        (lambda: device_independent_rate(1.1, 2.5), "qber must lie"),
        (lambda: device_independent_werner_rate(0.7), "qber must lie"),
        (lambda: werner_qber(1.1), "fidelity must lie"),
        (lambda: werner_s(-1), "fidelity must lie"),
        (lambda: largest_qber(lambda q: 0.0), "rate must be positive without errors, got 0.0"),
        (lambda: finite_key_length(0, 1, 0.1), "key_bits must be"),
        (lambda: finite_key_length(1, 0, 0.1), "test_bits must be"),
        (lambda: finite_key_length(1, 1, 1.1), "qber must lie"),
        (lambda: finite_key_length(1, 1, 0.1, secrecy=0), "secrecy must lie"),
        (lambda: finite_key_length(1, 1, 0.1, correctness=1), "correctness must lie"),
        (lambda: finite_key_length(1, 1, 0.1, inefficiency=0.5), "inefficiency must lie"),
        (lambda: finite_key_rate(1, 0.1), "sifted_bits must be"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
