"""What a few classical bits buy: programs that send a message and imitate measured pairs.

One bit a round with shared randomness reproduces every projective measurement on a singlet; for the
CHSH correlation alone, √2 - 1 bit a round on average is enough and needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import FloatArray
from qlab.bell.correlations import Direction, axis
from qlab.bell.statistics import BellTestResult

MEAN_BITS_FOR_TSIRELSON = np.sqrt(2) - 1
"""Bits a round, on average, that reach S = 2√2 (Pironio, Phys. Rev. A 68, 062102, 2003)."""

MAX_ROUNDS = 1_000_000
"""Most rounds of one run, which are all held in memory; results of separate runs add."""

Signs = NDArray[np.int8]


def _random_axes(count: int, rng: np.random.Generator) -> FloatArray:
    vectors = rng.standard_normal((count, 3))
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _signs(values: FloatArray) -> Signs:
    return np.where(values >= 0, 1, -1).astype(np.int8)


def toner_bacon(
    alice: Direction, bob: Direction, rounds: int, rng: np.random.Generator
) -> tuple[Signs, Signs, NDArray[np.uint8]]:
    """Imitate measurements on a singlet with shared randomness and one bit sent a round.

    Alice and Bob share random unit vectors λ₁, λ₂. Alice answers -sgn(a·λ₁) and sends c = 1 where
    sgn(a·λ₁) = sgn(a·λ₂); Bob answers sgn(b·(λ₁ ± λ₂)), plus where c = 1. The mean product is
    E = -a·b for all directions, with uniform answers (Toner, Bacon, PRL 91, 187904, 2003).

    Args:
        alice: direction, an angle or a Bloch vector.
        bob: likewise.
        rounds: how many, 0 to 1,000,000.
        rng: the shared randomness.

    Returns:
        Alice's answers ±1, Bob's answers ±1 and the bits sent, three arrays of shape (rounds,).

    >>> a, b, _ = toner_bacon(0.0, 0.0, 1000, np.random.default_rng(1))
    >>> float((a * b).mean())
    -1.0
    """
    n = _validate.count("rounds", rounds, 0, MAX_ROUNDS)
    _validate.generator("rng", rng)
    a, b = axis("alice", alice), axis("bob", bob)
    first, second = _random_axes(n, rng), _random_axes(n, rng)
    sent = _signs(first @ a) * _signs(second @ a)
    answers = _signs((first + sent[:, None] * second) @ b)
    return -_signs(first @ a), answers, (sent > 0).astype(np.uint8)


@dataclass(frozen=True)
class MessageResult:
    """A CHSH game in which Alice sent Bob a bit in some of the rounds.

    Attributes:
        result: counts of the game.
        bits_sent: total number of bits.
    """

    result: BellTestResult
    bits_sent: int

    @property
    def bits_a_round(self) -> float:
        """Mean number of bits a round."""
        return self.bits_sent / max(1, self.result.rounds)


def play_with_rare_messages(
    rounds: int, rng: np.random.Generator, *, message_probability: float = MEAN_BITS_FOR_TSIRELSON
) -> MessageResult:
    """Play CHSH where shared randomness decides in which rounds Alice tells Bob her question.

    In a round with a message all four pairs of questions are won; in a round without, the pair lost
    is drawn at random, so that every correlator is ±(1+f)/2 and S = 2 + 2f with f the probability of a message.

    Args:
        rounds: how many, 0 to 1,000,000.
        rng: source of questions and shared randomness.
        message_probability: f in [0, 1]; the default gives S = 2√2.

    >>> played = play_with_rare_messages(100_000, np.random.default_rng(1))
    >>> abs(played.result.s - 2 * 2**0.5) < 4 * played.result.standard_error
    True
    """
    n = _validate.count("rounds", rounds, 0, MAX_ROUNDS)
    _validate.generator("rng", rng)
    f = _validate.probability("message_probability", message_probability)
    x, y, flip, alice_bit, bob_bit = rng.integers(0, 2, size=(5, n))
    told = rng.random(n) < f
    a = flip ^ np.where(told, 0, alice_bit & x)
    # Without a message: a ^ b = alice_bit·x ^ bob_bit·y ^ alice_bit·bob_bit misses x·y at one pair of questions.
    b = flip ^ np.where(told, x & y, (bob_bit & y) ^ (alice_bit & bob_bit))
    return MessageResult(BellTestResult.from_rounds(8 * x + 4 * y + 2 * a + b), int(told.sum()))
