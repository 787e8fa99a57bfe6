"""One bit imitates a singlet (A10); √2 - 1 bit on average imitates the best CHSH correlation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states
from qlab.bell import chsh
from qlab.bell.communication import MEAN_BITS_FOR_TSIRELSON, play_with_rare_messages, toner_bacon
from qlab.bell.correlations import correlator
from qlab.bell.statistics import SIGNS

N = 100_000


@pytest.mark.parametrize("seed", range(6))
def test_a10_one_bit_reproduces_the_singlet_for_any_directions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 3))
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    left, right, _ = toner_bacon(a, b, N, rng)
    expected = correlator(states.bell_state("psi-"), a, b)
    assert expected == pytest.approx(-a @ b, abs=1e-12)
    z = (np.mean(left * right) - expected) / np.sqrt((1 - expected**2) / N)
    assert abs(z) < 3
    for answers in (left, right):
        assert abs(np.mean(answers)) < 4 / np.sqrt(N)


def test_the_message_is_one_bit_that_says_nothing_alone() -> None:
    _, _, sent = toner_bacon(0.3, 1.1, N, np.random.default_rng(9))
    assert set(np.unique(sent)) == {0, 1}
    assert sent.dtype == np.uint8
    assert abs(np.mean(sent) - 0.5) < 4 * 0.5 / np.sqrt(N)


@settings(deadline=None, max_examples=30)
@given(st.floats(-6, 6), st.integers(0, 2**32 - 1))
def test_equal_directions_give_opposite_answers_always(angle: float, seed: int) -> None:
    left, right, _ = toner_bacon(angle, angle, 500, np.random.default_rng(seed))
    assert np.array_equal(left, -right)
    assert left.dtype == right.dtype == np.int8


def test_a10_rare_messages_reach_tsirelsons_bound() -> None:
    played = play_with_rare_messages(400_000, np.random.default_rng(3))
    assert abs(played.result.s - chsh.TSIRELSON_BOUND) < 3 * played.result.standard_error
    f = MEAN_BITS_FOR_TSIRELSON
    assert f == pytest.approx(0.41421356)
    assert abs(played.bits_a_round - f) < 3 * np.sqrt(f * (1 - f) / 400_000)
    signs = SIGNS * played.result.correlators
    assert np.abs(signs - np.sqrt(0.5)).max() < 4 * np.sqrt(0.5 / 100_000)


@pytest.mark.parametrize(("chance", "s"), [(0.0, 2.0), (0.5, 3.0), (1.0, 4.0)])
def test_s_grows_with_the_messages(chance: float, s: float) -> None:
    played = play_with_rare_messages(200_000, np.random.default_rng(4), message_probability=chance)
    assert abs(played.result.s - s) <= 4 * played.result.standard_error
    answers = played.result.table.sum(axis=(0, 1))
    assert abs(answers.sum(axis=1)[0] - 100_000) < 4 * np.sqrt(50_000)
    assert abs(answers.sum(axis=0)[0] - 100_000) < 4 * np.sqrt(50_000)


def test_no_rounds_leave_empty_answers() -> None:
    assert [len(part) for part in toner_bacon(0.0, 0.0, 0, np.random.default_rng(1))] == [0, 0, 0]


def test_bad_input_is_named() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="alice must be an angle or a unit vector"):
        toner_bacon([1, 1, 1], 0.0, 5, rng)
    with pytest.raises(ValueError, match=r"message_probability must lie in \[0, 1\], got 2"):
        play_with_rare_messages(5, rng, message_probability=2)
    with pytest.raises(ValueError, match="rounds must be a whole number"):
        play_with_rare_messages(-5, rng)
    assert play_with_rare_messages(0, rng).bits_a_round == 0
