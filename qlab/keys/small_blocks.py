"""Keys from few bits: the exact tail of sampling without replacement, where `finite_key_length` uses a bound on it."""

from __future__ import annotations

from math import ceil, floor, inf, lgamma, log, log2

import numpy as np

from qlab import _numeric, _validate
from qlab.measures import binary_entropy


def largest_unseen_errors(key_bits: int, test_bits: int, test_errors: int, *, chance: float) -> int:
    """Most errors among the key bits that a test with so few errors leaves open.

    All bits were drawn together: whatever the total, the chance of at most m errors in the test and more than
    this in the key is at most the one given. Exact, by the hypergeometric distribution.

    Args:
        key_bits: n, 1 to 1e12.
        test_bits: k, 1 to 1e12.
        test_errors: m, in [0, k].
        chance: in (0, 1), above 1e-300.

    >>> largest_unseen_errors(1000, 1000, 20, chance=1e-10)
    81
    """
    n, k = _validate.count("key_bits", key_bits, 1, 10**12), _validate.count("test_bits", test_bits, 1, 10**12)
    m = _validate.integer("test_errors", test_errors, 0, k)
    log_chance = log(_validate.in_range("chance", chance, 1e-300, 1, open_high=True))
    return _numeric.smallest(lambda e: _log_tail(n, k, m, e + 1) <= log_chance, 0, n)


def _log_tail(n: int, k: int, m: int, e: int) -> float:
    """ln P(at most m of m+e marked bits fall among the k tested of n+k); no chance where e exceeds n."""
    if e > n:
        return -inf
    marked, total = m + e, n + k
    if m * total >= k * marked:
        return 0.0  # not in the tail
    first = _log_choose(k, m) + _log_choose(n, e) - _log_choose(total, marked)
    j = np.arange(m, max(0, m - 20_000), -1, dtype=float)  # terms fall: m-1, m-2, … marked bits in the test
    ratios = j * (n - marked + j) / ((k - j + 1) * (marked - j + 1))
    terms = np.cumprod(ratios)
    rest = terms[-1] * ratios[-1] / (1 - ratios[-1]) if len(j) == 20_000 else 0.0  # a bound: the ratios fall too
    return first + log(1 + float(terms.sum() + rest))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def small_block_key_length(
    key_bits: int,
    test_bits: int,
    qber: float,
    *,
    inefficiency: float = 1.1,
    secrecy: float = 1e-9,
    correctness: float = 1e-15,
) -> int:
    """Secret bits of a finite run, `qlab.keys.rates.finite_key_length` with the exact tail in its margin.

    l = n[1-h(e/n)] - f·n·h(Q) - log₂(2/(ε_sec² ε_cor)) with e of `largest_unseen_errors` at (ε_sec/2)². Never
    shorter, and a key where the margin of Serfling's inequality leaves none. Sources: Lim, Xu, Pan, Ekert, PRL 126,
    100501 (2021); the exact tail, Mannalath, Zapatero, Curty, arXiv:2410.04095 (2024).

    Args:
        key_bits: n, 1 to 1e12.
        test_bits: k bits compared, 1 to 1e12, or of the other basis where pairs are measured in two.
        qber: error rate in [0, ½] seen in the test; its k·Q errors are rounded up.
        inefficiency: f ≥ 1 of error correction.
        secrecy: ε_sec in (0, 1).
        correctness: ε_cor in (0, 1).

    >>> from qlab.keys.rates import finite_key_length
    >>> [length(1500, 1500, 0.045, secrecy=1e-5) for length in (finite_key_length, small_block_key_length)]
    [0, 235]
    """
    n, k = _validate.count("key_bits", key_bits, 1, 10**12), _validate.count("test_bits", test_bits, 1, 10**12)
    q = _validate.in_range("qber", qber, 0, 0.5)
    f = _validate.in_range("inefficiency", inefficiency, 1, 1e6)
    eps_sec = _validate.in_range("secrecy", secrecy, 1e-100, 1, open_high=True)
    eps_cor = _validate.in_range("correctness", correctness, 0, 1, open_low=True, open_high=True)
    share = largest_unseen_errors(n, k, min(k, ceil(q * k - 1e-9)), chance=(eps_sec / 2) ** 2) / n
    if share >= 0.5:
        return 0
    spent = f * n * binary_entropy(q) + 1 - 2 * log2(eps_sec) - log2(eps_cor)
    return max(0, floor(n * (1 - binary_entropy(share)) - spent))
