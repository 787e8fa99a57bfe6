"""How much noise a key survives, by what the two sides do with their bits: 11 % is no law.

Everything here is for endless data and attacks on all pairs together. A pair is Bell-diagonal with weights
(right, phase wrong, bit wrong, both wrong), the worst that the observed error rate allows.
"""

from __future__ import annotations

import numpy as np

from qlab import _numeric, _validate
from qlab._types import FloatArray

PROTOCOLS = ("bb84", "six-state")
"""BB84 (with BBM92) tests two bases, the six-state protocol three."""

PROCESSINGS = ("one-way", "added noise", "two-way")
"""Plain error correction; Alice flips some of her bits first; both first drop blocks that disagree."""


def added_noise_rate(qber: float, *, protocol: str = "bb84") -> float:
    """Best one-way rate where Alice flips each of her bits with some probability before error correction.

    Her noise costs Eve more than Bob: with weights λ and flips of probability p the rate is
    S(X|E) - h(Q + p - 2Qp), S(X|E) = 1 + S(E|X) - H(λ), and Eve's state given a bit has the two blocks
    [[λ₁, (1-2p)√λ₁λ₂], […, λ₂]] and likewise of λ₃, λ₄. Maximised over p.
    Source: Renner, Gisin, Kraus, PRA 72, 012332 (2005); Kraus, Gisin, Renner, PRL 95, 080501 (2005).

    Args:
        qber: error rate Q in [0, ½].
        protocol: one of `PROTOCOLS`.

    >>> added_noise_rate(0.12) > 0, round(added_noise_rate(0.05), 4)
    (True, 0.4272)
    """
    q = _validate.in_range("qber", qber, 0, 0.5)
    weights = _weights(q, protocol)
    grid = np.append(np.linspace(1, 0, 200, endpoint=False), 1e-3)  # of 1 - 2p
    rates = _noisy_rates(q, weights, grid)
    near = grid[int(rates.argmax())] + np.linspace(-0.005, 0.005, 201)
    return max(0.0, float(rates.max()), float(_noisy_rates(q, weights, near.clip(1e-3, 1)).max()))


def _noisy_rates(q: float, weights: tuple[float, float, float, float], kept: FloatArray) -> FloatArray:
    """S(X|E) - H(X|Y) for each 1 - 2p."""
    eve: FloatArray = np.zeros_like(kept)
    for one, two in (weights[:2], weights[2:]):
        spread = np.sqrt((one - two) ** 2 + 4 * kept**2 * one * two)
        eve = eve + _bits((one + two + spread) / 2) + _bits((one + two - spread) / 2)
    flipped = (1 - kept * (1 - 2 * q)) / 2
    return np.asarray(1 + eve - _bits(np.array(weights)).sum() - _bits(flipped) - _bits(1 - flipped))


def tolerable_qber(protocol: str = "bb84", processing: str = "one-way") -> float:
    """Error rate at which the key ends: 11.0, 12.4 and 20.0 % for BB84, 12.6, 14.1 and 27.6 % with six states.

    Two-way: blocks of equal parity help exactly while (λ₁-λ₂)² > (λ₁+λ₂)(λ₃+λ₄), for every pair that the
    test allows; above ¼ (BB84) or ⅓ (six states) no processing helps, since the pair may be separable.
    Sources: those of the rates; Lo, QIC 1, 81 (2001); Chau, PRA 66, 060302 (2002); Bae, Acín, PRA 75, 012334 (2007).

    Args:
        protocol: one of `PROTOCOLS`.
        processing: one of `PROCESSINGS`.

    >>> [[round(100 * tolerable_qber(p, how), 1) for how in PROCESSINGS] for p in PROTOCOLS]
    [[11.0, 12.4, 20.0], [12.6, 14.1, 27.6]]
    """
    _validate.one_of("protocol", protocol, PROTOCOLS)
    _validate.one_of("processing", processing, PROCESSINGS)

    def holds(q: float) -> bool:
        if processing == "added noise":
            return added_noise_rate(q, protocol=protocol) > 0
        if processing == "one-way":
            return 1 - float(_bits(np.array(_weights(q, protocol))).sum()) > 0
        right, phase, bit, both = (1 - 2 * q, q, q, 0.0) if protocol == "bb84" else _weights(q, protocol)
        return (right - phase) ** 2 > (right + phase) * (bit + both)

    return _numeric.bisect(holds, 0.0, 0.3, accuracy=1e-9)


def _weights(q: float, protocol: str) -> tuple[float, float, float, float]:
    if _validate.one_of("protocol", protocol, PROTOCOLS) == "bb84":  # bit and phase errors independent
        return (1 - q) ** 2, q * (1 - q), q * (1 - q), q * q
    return 1 - 1.5 * q, q / 2, q / 2, q / 2


def _bits(chances: FloatArray) -> FloatArray:
    """-p log₂ p, each."""
    return np.asarray(-chances * np.log2(np.where(chances > 0, chances, 1.0)))
