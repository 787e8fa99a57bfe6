"""Key rates: how many secret bits a sifted bit is worth, from the error rate and from S.

All rates are bits per sifted bit (or per round where a test uses others) and are never negative: 0 means
that this proof gives no key. S above 2 alone is not enough for one. Measured figures fluctuate beyond what
their expectations can be: an error rate above ½ gives no key, an S above 2√2 counts as 2√2.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor, log, log2, sqrt

from qlab import _numeric, _validate
from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.measures import binary_entropy


def _entropy(name: str, qber: float) -> float:
    """h(Q) of an error rate, 1 from ½ on: a line that turns most bits over is out of order, not better."""
    return binary_entropy(min(0.5, _validate.probability(name, qber)))


def bb84_rate(qber: float, *, other_qber: float | None = None, inefficiency: float = 1.0) -> float:
    """1 - f·h(Q) - h(Q') for BB84 and BBM92 with one-way post-processing and endless data.

    Q is corrected; Q', the error rate of the basis that is not used for the key, bounds what Eve knows.

    Source: Shor, Preskill, PRL 85, 441 (2000); f as in Lütkenhaus, PRA 61, 052304 (2000).

    Args:
        qber: error rate Q in [0, 1] of the key bits; from ½ on there is no key.
        other_qber: error rate Q' in [0, 1] of the other basis, likewise; by default Q.
        inefficiency: f ≥ 1, bits spent on error correction over the least possible.

    >>> round(bb84_rate(0.05), 4), bb84_rate(0.12)
    (0.4272, 0.0)
    """
    h = _entropy("qber", qber)
    other = h if other_qber is None else _entropy("other_qber", other_qber)
    f = _validate.in_range("inefficiency", inefficiency, 1, 1e6)
    return max(0.0, 1 - f * h - other)


def device_independent_rate(qber: float, s: float) -> float:
    """1 - h(Q) - h((1+√((S/2)²-1))/2): key from S and Q alone, whatever is inside the boxes.

    Against collective attacks; the boxes must not talk and the settings must be free.
    Source: Acín, Brunner, Gisin, Massar, Pironio, Scarani, PRL 98, 230501 (2007).

    Args:
        qber: error rate Q in [0, 1] of the key settings; from ½ on there is no key.
        s: CHSH value in [-4, 4]; up to 2 there is no key, and a measured one beyond 2√2 counts as 2√2.

    >>> round(device_independent_rate(0.02, 2.8284271 * 0.96), 5)
    0.61229
    """
    h, value = _entropy("qber", qber), abs(_validate.in_range("s", s, -4, 4))
    if value <= 2:
        return 0.0
    known = (1 + sqrt(min(1.0, (value / 2) ** 2 - 1))) / 2
    return max(0.0, 1 - h - binary_entropy(known))


def werner_qber(fidelity: float) -> float:
    """Q = 2(1-F)/3 of a Werner pair, in every basis."""
    return 2 * (1 - _validate.probability("fidelity", fidelity)) / 3


def werner_s(fidelity: float) -> float:
    """S = 2√2(1-2Q) of a Werner pair at the best angles; negative where F < ¼."""
    return TSIRELSON_BOUND * (1 - 2 * werner_qber(fidelity))


def device_independent_werner_rate(qber: float) -> float:
    """`device_independent_rate` of Werner pairs, on which S = 2√2(1-2Q)."""
    return device_independent_rate(qber, TSIRELSON_BOUND * (1 - 2 * _validate.in_range("qber", qber, 0, 0.5)))


def largest_qber(rate: Callable[[float], float]) -> float:
    """Error rate at which a rate falls to zero, by bisection in [0, ½].

    Args:
        rate: falling function of the QBER, positive at 0.

    >>> [round(100 * largest_qber(r), 3) for r in (bb84_rate, device_independent_werner_rate)]
    [11.003, 7.149]
    """
    best = _validate.asked("rate", rate, 0.0)
    if best <= 0:
        raise _validate.fail("rate", "must be positive without errors", best)
    return _numeric.bisect(lambda q: _validate.asked("rate", rate, q) > 0, 0.0, 0.5)


def finite_key_length(
    key_bits: int,
    test_bits: int,
    qber: float,
    *,
    inefficiency: float = 1.1,
    secrecy: float = 1e-9,
    correctness: float = 1e-15,
) -> int:
    """Secret bits from a finite run: a bound of the form of Tomamichel et al. 2012.

    l = n[1-h(Q+μ)] - f·n·h(Q) - log₂(2/(ε_sec² ε_cor)), μ = √((n+k)(k+1) ln(2/ε_sec) / (n k²)):
    the k test bits leave a margin μ on the errors of the n key bits.
    Form: Tomamichel, Lim, Gisin, Renner, Nat. Commun. 3, 634 (2012).

    Args:
        key_bits: n ≥ 1.
        test_bits: k ≥ 1 bits compared and thrown away.
        qber: error rate in [0, 1] seen in the test.
        inefficiency: f ≥ 1 of error correction.
        secrecy: ε_sec in (0, 1).
        correctness: ε_cor in (0, 1).

    Returns:
        Length of the key, 0 where the bound is not positive.
    """
    n = _validate.count("key_bits", key_bits, 1)
    k = _validate.count("test_bits", test_bits, 1)
    q = _validate.probability("qber", qber)
    f = _validate.in_range("inefficiency", inefficiency, 1, 1e6)
    eps_sec = _validate.in_range("secrecy", secrecy, 0, 1, open_low=True, open_high=True)
    eps_cor = _validate.in_range("correctness", correctness, 0, 1, open_low=True, open_high=True)
    margin = sqrt((n + k) * (k + 1) * log(2 / eps_sec) / n) / k
    if q + margin >= 0.5:
        return 0
    spent = f * n * binary_entropy(q) + 1 - 2 * log2(eps_sec) - log2(eps_cor)
    return max(0, floor(n * (1 - binary_entropy(q + margin)) - spent))


def finite_key_rate(
    sifted_bits: int,
    qber: float,
    *,
    inefficiency: float = 1.1,
    secrecy: float = 1e-9,
    correctness: float = 1e-15,
) -> tuple[float, int]:
    """Best `finite_key_length` per sifted bit over the number of test bits.

    Searches a grid of shares, ever finer around the best one.

    Args:
        sifted_bits: n + k ≥ 2.
        qber: error rate in [0, 1] seen in the test.
        inefficiency: f ≥ 1 of error correction.
        secrecy: ε_sec in (0, 1).
        correctness: ε_cor in (0, 1).

    Returns:
        Secret bits per sifted bit, and the number of test bits that gives it (0 where there is no key).

    >>> round(finite_key_rate(10**6, 0.025)[0], 3)
    0.519
    """
    total = _validate.count("sifted_bits", sifted_bits, 2)

    def length(test: int) -> int:
        return finite_key_length(
            total - test, test, qber, inefficiency=inefficiency, secrecy=secrecy, correctness=correctness
        )

    low, high, best = 1, total - 1, (0, 0)
    while True:
        step = max(1, (high - low) // 256)
        best = max(best, *((length(k), k) for k in range(low, high + 1, step)))
        if step == 1 or best[0] == 0:
            return best[0] / total, best[1] if best[0] else 0
        low, high = max(1, best[1] - step), min(total - 1, best[1] + step)
