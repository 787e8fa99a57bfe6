"""The man in the middle passes every check without tags, and tags stop him as surely as computed."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.keys.authentication import (
    TAG_PRIME,
    _exchange,
    draw_tag_key,
    one_time_tag,
    simulate_man_in_the_middle,
)


def test_without_authentication_every_check_passes_and_the_keys_are_eves() -> None:
    rng = np.random.default_rng(3)
    runs = [simulate_man_in_the_middle(1000, rng) for _ in range(50)]
    assert all(run.accepted and not run.authenticated for run in runs)
    assert all(run.alice_sample == run.bob_sample == 100 for run in runs)
    assert all(type(run.authenticated) is bool for run in runs)
    bits, equal = sum(r.key_bits for r in runs), sum(r.equal_bits for r in runs)
    assert abs(equal / bits - 0.5) < 4 * sqrt(0.25 / bits)


def test_with_authentication_he_is_caught_at_the_computed_rate() -> None:
    rng = np.random.default_rng(4)
    runs = [simulate_man_in_the_middle(200, rng, authenticated=True) for _ in range(100)]
    assert all(run.authenticated is True and not run.accepted for run in runs)
    guesses = 30_000
    passed = sum(
        simulate_man_in_the_middle(16, rng, compared_bits=2, authenticated=True, prime=257).accepted
        for _ in range(guesses)
    )
    assert abs(passed / guesses - 1 / 257) < 4 * sqrt(1 / 257 / guesses)


@settings(deadline=None)
@given(st.binary(max_size=80), st.integers(0, TAG_PRIME - 1), st.integers(0, TAG_PRIME - 1))
def test_the_tag_is_the_polynomial_it_claims(message: bytes, r: int, s: int) -> None:
    blocks = [int.from_bytes(message[i : i + 7], "big") for i in range(0, len(message), 7)] + [len(message)]
    expected = (sum(m * pow(r, k + 1, TAG_PRIME) for k, m in enumerate(blocks)) + s) % TAG_PRIME
    assert one_time_tag(message, (r, s)) == expected


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=5), st.binary(max_size=5))
def test_no_shift_of_the_tag_fits_more_keys_than_the_bound(first: bytes, second: bytes) -> None:
    """All keys of a small field: a changed message passes with tag + δ under at most L of 257 values of r."""
    if first == second:
        return
    shifts = [
        (one_time_tag(second, (r, 0), prime=257) - one_time_tag(first, (r, 0), prime=257)) % 257 for r in range(257)
    ]
    most = max(np.bincount(shifts))
    assert most / 257 <= (max(len(first), len(second)) + 1) / 257


@settings(deadline=None, max_examples=20)
@given(st.binary(max_size=6), st.integers(0, 256))
def test_a_tag_alone_tells_nothing_about_the_message(message: bytes, r: int) -> None:
    assert sorted(one_time_tag(message, (r, s), prime=257) for s in range(257)) == list(range(257))


def test_a_secret_used_twice_gives_a_forgery_away() -> None:
    """Two tags under one secret of messages that differ in one block: r follows, and with it every tag."""
    r, s = 1234567, 89
    first, second = b"\x00" * 7, b"\x00" * 6 + b"\x05"
    difference = one_time_tag(second, (r, s)) - one_time_tag(first, (r, s))
    found = difference * pow(5, -1, TAG_PRIME) % TAG_PRIME
    assert found == r


def test_an_exchange_keeps_half_of_its_pulses_as_equal_keys() -> None:
    sent, got, sample, errors, bases = _exchange(4000, np.random.default_rng(6), 100)
    assert (sample, errors) == (100, 0)
    assert np.array_equal(sent, got)
    assert abs(len(sent) + 100 - 2000) < 4 * sqrt(1000)
    assert len(bases) == 500
    run = simulate_man_in_the_middle(400, np.random.default_rng(7), compared_bits=0)
    assert (run.alice_sample, run.bob_sample) == (0, 0)
    assert 140 < run.key_bits <= 220


@pytest.mark.parametrize("prime", [257, 263, 65537, 4294967291])
def test_primes_up_to_the_limit_are_fields(prime: int) -> None:
    assert one_time_tag(b"", (prime - 1, prime - 1), prime=prime) == prime - 1


@pytest.mark.parametrize("number", [259, 289, 1024, 66049, 4294967297, 2**32, 6700417 * 641, 2**61 - 3])
def test_other_numbers_are_not(number: int) -> None:
    """Among them squares of primes, a product of two, and primes beyond the limit."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared whole)
        one_time_tag(b"", (0, 0), prime=number)
    assert str(caught.value) == f"prime must be 2**61 - 1 or a prime of at most 2**32, got {number}"


def test_keys_are_uniform_enough() -> None:
    rng = np.random.default_rng(5)
    keys = [draw_tag_key(rng, prime=257) for _ in range(20_000)]
    assert abs(np.mean(keys) - 128) < 4 * 257 / sqrt(12 * 40_000)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: one_time_tag("text", (1, 2)), "message must be bytes, got 'text'"),
        (lambda: one_time_tag(b"", (1, TAG_PRIME)), "each number of key must be a whole number"),
        (lambda: one_time_tag(b"", (1, 2), prime=258), "prime must be 2\\*\\*61 - 1 or a prime"),
        (lambda: one_time_tag(b"", (1, 2), prime=251), "prime must be a whole number of at least 257"),
        (lambda: draw_tag_key(np.random.default_rng(0), prime=2**33), "prime must be"),
        (lambda: simulate_man_in_the_middle(0, np.random.default_rng(0)), "pulses must be"),
        (lambda: simulate_man_in_the_middle(1, np.random.default_rng(0), compared_bits=-1), "compared_bits must be"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_message_as_long_as_the_prime_is_refused() -> None:
    """Its length would count as 0, and zeros would share a tag with the empty message under every key."""
    assert one_time_tag(bytes(256), (5, 7), prime=257) != one_time_tag(b"", (5, 7), prime=257)
    with pytest.raises(ValueError, match=r"message must be shorter than prime \(257 bytes\), got '257 bytes'"):
        one_time_tag(bytes(257), (5, 7), prime=257)
