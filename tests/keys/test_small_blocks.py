"""Keys of few bits: the exact tail against SciPy's, never worse than the bound that it replaces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from qlab.keys import rates, small_blocks


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.floats(0, 0.3), st.floats(1e-12, 0.1))
def test_the_tail_is_that_of_scipy(n: int, k: int, qber: float, chance: float) -> None:
    m = int(qber * k)
    e = small_blocks.largest_unseen_errors(n, k, m, chance=chance)
    assert 0 <= e <= n
    if e < n:  # one more error is too unlikely, for every total of errors
        assert hypergeom.cdf(m, n + k, m + e + 1, k) <= chance * (1 + 1e-6)
    if e > 0:
        assert hypergeom.cdf(m, n + k, m + e, k) > chance * (1 - 1e-6)


def test_the_worst_total_is_the_one_that_is_used() -> None:
    """At most m errors in the test and more than e in the key: no total of errors makes both more likely."""
    n, k, m, chance = 60, 40, 2, 1e-4
    e = small_blocks.largest_unseen_errors(n, k, m, chance=chance)
    for marked in range(n + k + 1):
        together = hypergeom.cdf(min(m, marked - e - 1), n + k, marked, k)
        assert together <= chance * (1 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(100, 10**6), st.floats(0.05, 0.9), st.floats(0, 0.1))
def test_never_shorter_than_serflings(total: int, share: float, qber: float) -> None:
    k = max(1, int(share * total))
    qber = round(qber * k) / k  # whole errors
    old = rates.finite_key_length(total - k, k, qber)
    assert small_blocks.small_block_key_length(total - k, k, qber) >= old


def test_a_satellites_block_gives_a_key() -> None:
    """Some 3,000 sifted bits of two bases at an error rate of 4.5 % and f = 1.19 (Yin et al., Nature 582, 501, 2020):
    positive at a security of 1e-5 (Lim et al. 2021), where Serfling's bound gives nothing."""
    block = {"inefficiency": 1.19, "secrecy": 1e-5, "correctness": 1e-10}
    assert rates.finite_key_length(1500, 1500, 0.0451, **block) == 0
    assert small_blocks.small_block_key_length(1500, 1500, 0.0451, **block) > 100


def test_blocks_may_be_shorter_by_more_than_a_tenth() -> None:
    """Lim et al. (2021) save 14 to 17 % by a better bound on the tail; the exact one saves more."""

    def shortest(length) -> int:
        return next(n for n in range(200, 4000, 20) if length(n, n, 0.03, secrecy=1e-10) > 0)

    assert shortest(small_blocks.small_block_key_length) < 0.83 * shortest(rates.finite_key_length)


def test_a_long_run_approaches_the_rate_without_end() -> None:
    n = 10**9
    length = small_blocks.small_block_key_length(n, n, 0.02, inefficiency=1.0)
    assert length / n == pytest.approx(rates.bb84_rate(0.02), abs=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: small_blocks.largest_unseen_errors(0, 1, 0, chance=0.1), "key_bits must be a whole number"),
        (lambda: small_blocks.largest_unseen_errors(1, 1, 2, chance=0.1), "test_errors must be a whole number"),
        (lambda: small_blocks.largest_unseen_errors(1, 1, 0, chance=0.0), "chance must lie in"),
        (lambda: small_blocks.small_block_key_length(10, 10, 0.6), r"qber must lie in \[0, 0.5\], got 0.6"),
        (lambda: small_blocks.small_block_key_length(10, 10, 0.1, secrecy=0.0), "secrecy must lie in"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
