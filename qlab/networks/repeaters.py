"""Repeater chains: exact waiting times and fidelities, and the same by Monte Carlo.

A chain of segments is a tree: two halves are built side by side, then a swap in the middle joins them; where
the swap fails both halves start again. A round is one attempt on every open segment. Talk between the
nodes of a swap is free unless ``swap_talk`` says otherwise, which flatters long chains. Pairs are Werner pairs
named by their visibility w = (4F-1)/3: a swap multiplies visibilities, each round of waiting by the survival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._numeric import honest_variance
from qlab._validate import FloatArray
from qlab.networks.purification import Weights, checked_weights
from qlab.networks.waiting_times import news_rounds


@dataclass(frozen=True)
class ChainRun:
    """End-to-end pairs of a simulated chain.

    Attributes:
        rounds: rounds that each pair took, whole numbers as floats (they may exceed any integer type), shape (pairs,).
        visibilities: Werner visibility of each pair, shape (pairs,).
    """

    rounds: FloatArray
    visibilities: FloatArray

    @property
    def mean_rounds(self) -> float:
        """Average of the rounds."""
        return float(self.rounds.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of `mean_rounds`; not zero where all pairs took equally long, see `qlab._numeric`."""
        scale = max(1.0, float(self.rounds.max()))  # squares of the largest rounds would not fit a float
        variance = float((self.rounds / scale).var(ddof=1))
        return scale * float(np.sqrt(honest_variance(variance, len(self.rounds), spread=1 / scale) / len(self.rounds)))

    @property
    def fidelities(self) -> FloatArray:
        """(1+3w)/4 of each pair."""
        return (1 + 3 * self.visibilities) / 4


def _sample_tree(
    pairs: int,
    segments: int,
    p: float,
    swap: float,
    link: float,
    survival: float,
    talk: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    if segments == 1:
        # A geometric number as an exponential one rounded up: NumPy's own stops at 2**63.
        with np.errstate(divide="ignore"):
            rounds = np.ceil(rng.standard_exponential(pairs) / -np.log1p(-p))
        return np.maximum(rounds, 1.0), np.full(pairs, link)
    attempts = rng.geometric(swap, size=pairs)
    total, half = int(attempts.sum()), segments // 2
    left, left_w = _sample_tree(total, half, p, swap, link, survival, talk, rng)
    right, right_w = _sample_tree(total, segments - half, p, swap, link, survival, talk, rng)
    news = news_rounds(segments, talk)
    last = np.cumsum(attempts) - 1
    rounds = np.add.reduceat(np.maximum(left, right) + round(news), last - attempts + 1)
    waited = np.abs(left[last] - right[last]) + news
    return rounds, left_w[last] * right_w[last] * survival**waited


def simulate_chain(
    pairs: int,
    rng: np.random.Generator,
    *,
    segments: int,
    success_probability: float,
    swap_success: float = 1.0,
    link_visibility: float = 1.0,
    survival_per_round: float = 1.0,
    swap_talk: float = 0.0,
) -> ChainRun:
    """Monte Carlo of `waiting_time`, all pairs at once, level by level of the tree.

    Each pair needs a geometric number of attempts, and each attempt two halves: about (2/q)^log₂n
    random numbers a pair. Works in blocks, so that memory stays bounded.

    Args:
        pairs: number of end-to-end pairs, 2 to 4,000,000.
        rng: source of randomness.
        segments: n in [1, 64].
        success_probability: p of one segment a round, in [1e-250, 1].
        swap_success: q in (0, 1].
        link_visibility: w of a fresh segment, in [0, 1].
        survival_per_round: factor on the visibility of a waiting pair a round, in [0, 1].
        swap_talk: rounds that news of a swap takes over one segment, in [0, 1000]; delays count in whole rounds.

    >>> run = simulate_chain(20_000, np.random.default_rng(7), segments=2, success_probability=0.1)
    >>> bool(abs(run.mean_rounds - 14.7368) < 4 * run.standard_error)
    True
    """
    count, source = _validate.count("pairs", pairs, 2, 4_000_000), _validate.generator("rng", rng)
    n = _validate.integer("segments", segments, 1, 64)
    p = _validate.in_range("success_probability", success_probability, 0, 1, open_low=True)
    if p < 1e-250:
        raise _validate.fail("success_probability", "must be at least 1e-250", success_probability)
    q = _validate.in_range("swap_success", swap_success, 0, 1, open_low=True)
    link = _validate.probability("link_visibility", link_visibility)
    survival = _validate.probability("survival_per_round", survival_per_round)
    talk = _validate.in_range("swap_talk", swap_talk, 0, 1000)
    block = int(2**21 / n * q ** (n - 1).bit_length())
    if block < 1:
        raise _validate.fail("swap_success", f"must be larger for {n} segments", swap_success)
    sizes = [min(block, count - start) for start in range(0, count, block)]
    parts = [_sample_tree(size, n, p, q, link, survival, talk, source) for size in sizes]
    return ChainRun(np.concatenate([r for r, _ in parts]), np.concatenate([w for _, w in parts]))


def swapped_weights(first: Sequence[float], second: Sequence[float]) -> Weights:
    """Bell-diagonal weights after an ideal swap of two pairs: the errors of both add up.

    Numbering Φ+, Φ-, Ψ+, Ψ- as 0 to 3 (bit 1: flip, bit 0: phase), error k comes from i and j with i ⊕ j = k.

    Args:
        first: weights of one pair, order Φ+, Φ-, Ψ+, Ψ-.
        second: weights of the other.

    >>> swapped_weights((1, 0, 0, 0), (0.9, 0.1, 0, 0))
    (0.9, 0.1, 0.0, 0.0)
    """
    one, two = checked_weights("first", first), checked_weights("second", second)
    a, b, c, d = (float(sum(one[i] * two[i ^ k] for i in range(4))) for k in range(4))
    return a, b, c, d


def swap_visibility(gate_error: float, readout_error: float) -> float:
    """Factor by which a noisy entanglement swap shrinks the Werner visibility: (1 - 16p/15)(4η²-1)/3, η = 1-e.

    Args:
        gate_error: p of two-qubit depolarizing noise before the Bell measurement, in [0, 1].
        readout_error: probability e that each of its two bits is read wrongly, in [0, 1].
    """
    kept = 1 - 16 / 15 * _validate.probability("gate_error", gate_error)
    eta = 1 - _validate.probability("readout_error", readout_error)
    return kept * (4 * eta**2 - 1) / 3


def chain_fidelity(fidelities: Sequence[float], *, gate_error: float = 0.0, readout_error: float = 0.0) -> float:
    """Fidelity of a chain of Werner pairs joined by entanglement swapping, ideal or noisy.

    F = ¼ + ¾ Sⁿ⁻¹ Π (4Fᵢ-1)/3, with S of `swap_visibility`; pairs are made Werner again after each swap.
    Source: Briegel, Dür, Cirac, Zoller, PRL 81, 5932 (1998).

    Args:
        fidelities: fidelity Fᵢ of each link in order, at least one, each in [0, 1].
        gate_error: see `swap_visibility`, in [0, 1].
        readout_error: see `swap_visibility`, in [0, 1].

    >>> round(chain_fidelity([0.96, 0.96], gate_error=0.01 * 15 / 16, readout_error=0.01), 6)
    0.897756
    """
    checked = [_validate.probability("each of fidelities", f) for f in _validate.sequence("fidelities", fidelities)]
    if not checked:
        raise _validate.fail("fidelities", "must hold at least one number", fidelities)
    swaps = swap_visibility(gate_error, readout_error) ** (len(checked) - 1)
    return float(0.25 + 0.75 * swaps * np.prod([(4 * f - 1) / 3 for f in checked]))
