"""The CHSH game: bounds, all sixteen local strategies, the quantum value, and rounds played one by one.

A referee asks Alice x and Bob y, two fair bits; they answer a and b without talking, and win where
``a ^ b == x & y``. S = E00 + E01 + E10 - E11 and the probability to win are tied by w = 1/2 + S/8.
Source: Clauser, Horne, Shimony, Holt, Phys. Rev. Lett. 23, 880 (1969).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

from qlab import _validate
from qlab._types import ComplexArray, FloatArray
from qlab.bell.correlations import (
    Direction,
    as_behaviour,
    axes,
    behaviour,
    behaviour_correlators,
    correlators,
    observable,
)
from qlab.bell.statistics import SIGNS, BellTestResult

LOCAL_BOUND = 2.0
"""Largest |S| of any shared seed with any local programs."""

TSIRELSON_BOUND = float(2 * np.sqrt(2))
"""Largest |S| of any quantum state and measurements (Cirel'son, Lett. Math. Phys. 4, 93, 1980)."""

NO_SIGNALLING_BOUND = 4.0
"""Largest S of any correlation that carries no message, and of any that does."""

ALICE_ANGLES = (0.0, np.pi / 2)
"""Alice's best angles for |Φ+⟩: Z and X."""

BOB_ANGLES = (np.pi / 4, -np.pi / 4)
"""Bob's best angles for |Φ+⟩: (Z+X)/√2 and (Z-X)/√2."""

MAX_CALLS = 1_000_000
"""Most rounds in which programs are called one by one."""

Strategy = tuple[tuple[int, int], tuple[int, int]]
"""Alice's answers to x = 0 and 1, then Bob's answers to y = 0 and 1."""

Player = Callable[[int, float], int]
"""A classical player's program: (own question, shared random number in [0, 1)) → answer 0 or 1."""


def winning_probability(s: float) -> float:
    """Probability to win a round with fair questions: 1/2 + S/8.

    >>> winning_probability(2.0), round(winning_probability(TSIRELSON_BOUND), 6)
    (0.75, 0.853553)
    """
    return 0.5 + _validate.in_range("s", s, -4, 4) / 8


def local_strategies() -> list[Strategy]:
    """All 16 deterministic local strategies, ``((a0, a1), (b0, b1))`` in counting order."""
    return [((a0, a1), (b0, b1)) for a0, a1, b0, b1 in product((0, 1), repeat=4)]


def local_behaviour(strategy: Strategy) -> FloatArray:
    """P(a, b | x, y) of a deterministic local strategy, zeros and ones of shape (2, 2, 2, 2)."""
    demand = "must be ((a0, a1), (b0, b1)) of bits"
    answers = _validate.bits("strategy", strategy, demand)
    if answers.shape != (2, 2):
        raise _validate.fail("strategy", demand, strategy)
    table = np.zeros((2, 2, 2, 2))
    for x, y in product((0, 1), repeat=2):
        table[x, y, answers[0, x], answers[1, y]] = 1
    return table


def strategy_chsh_value(strategy: Strategy) -> float:
    """S of a deterministic local strategy: 2 or -2, never more.

    >>> sorted({strategy_chsh_value(s) for s in local_strategies()})
    [-2.0, 2.0]
    """
    return behaviour_chsh_value(local_behaviour(strategy))


def behaviour_chsh_value(behaviour: FloatArray) -> float:
    """S of a behaviour P(a, b | x, y)."""
    return float(np.sum(SIGNS * behaviour_correlators(behaviour)))


def behaviour_winning_probability(behaviour: FloatArray, *, question_one: float = 0.5) -> float:
    """Probability to win the game with a behaviour.

    Args:
        behaviour: array ``[x, y, a, b]``.
        question_one: P(x = 1) = P(y = 1), drawn independently.
    """
    p = _validate.probability("question_one", question_one)
    x, y, a, b = np.indices((2, 2, 2, 2))
    questions = np.outer([1 - p, p], [1 - p, p])
    wins = (as_behaviour("behaviour", behaviour) * ((a ^ b) == (x & y))).sum(axis=(2, 3))
    return float(np.sum(questions * wins))


def chsh_value(
    rho: ComplexArray, alice_angles: Sequence[Direction] = ALICE_ANGLES, bob_angles: Sequence[Direction] = BOB_ANGLES
) -> float:
    """S of a pair measured along two directions a side; the defaults are best for |Φ+⟩.

    Args:
        rho: ket or density matrix of two qubits.
        alice_angles: two angles in radians (observable cos θ·Z + sin θ·X), or two Bloch vectors.
        bob_angles: likewise.

    >>> from qlab.states import classically_correlated_state, epr_pair
    >>> round(chsh_value(epr_pair()), 6), round(chsh_value(classically_correlated_state()), 6)
    (2.828427, 1.414214)
    """
    alice, bob = axes("alice_angles", alice_angles), axes("bob_angles", bob_angles)
    return float(np.sum(SIGNS * correlators(rho, list(alice), list(bob))))


def chsh_operator(alice_angles: Sequence[Direction], bob_angles: Sequence[Direction]) -> ComplexArray:
    """A₀⊗(B₀+B₁) + A₁⊗(B₀-B₁), shape (4, 4): its largest eigenvalue is the best S at these settings.

    Args:
        alice_angles: two angles in radians, or two Bloch vectors.
        bob_angles: likewise.
    """
    a0, a1 = (observable(d) for d in axes("alice_angles", alice_angles))
    b0, b1 = (observable(d) for d in axes("bob_angles", bob_angles))
    return np.asarray(np.kron(a0, b0 + b1) + np.kron(a1, b0 - b1))


def play_behaviour(
    behaviour: FloatArray, rounds: int, rng: np.random.Generator, *, question_one: float = 0.5
) -> BellTestResult:
    """Play a behaviour: how often each pair of questions met each pair of answers, drawn at once.

    Args:
        behaviour: P(ab|xy) as ``[x, y, a, b]``, for instance of `qlab.bell.correlations.behaviour`.
        rounds: how many, at least 0.
        rng: source of the questions and of the answers.
        question_one: P(x = 1) = P(y = 1), in [0, 1].
    """
    n = _validate.count("rounds", rounds)
    _validate.generator("rng", rng)
    p = _validate.probability("question_one", question_one)
    cells = np.outer([1 - p, p], [1 - p, p])[:, :, None, None] * as_behaviour("behaviour", behaviour)
    return BellTestResult(rng.multinomial(n, cells.ravel() / cells.sum()).reshape(2, 2, 2, 2))


def play_quantum(
    rho: ComplexArray,
    rounds: int,
    rng: np.random.Generator,
    *,
    alice_angles: Sequence[Direction] = ALICE_ANGLES,
    bob_angles: Sequence[Direction] = BOB_ANGLES,
) -> BellTestResult:
    """Play the game with a fresh pair each round.

    Args:
        rho: ket or density matrix of two qubits.
        rounds: how many, at least 0.
        rng: source of the questions and of the answers.
        alice_angles: two angles in radians, or two Bloch vectors.
        bob_angles: likewise.

    >>> from qlab.states import epr_pair
    >>> result = play_quantum(epr_pair(), 100_000, np.random.default_rng(1))
    >>> result.s > LOCAL_BOUND, result.log10_p_value() < -300
    (True, True)
    """
    alice, bob = axes("alice_angles", alice_angles), axes("bob_angles", bob_angles)
    return play_behaviour(behaviour(rho, list(alice), list(bob)), rounds, rng)


def play_classical(alice: Player, bob: Player, rounds: int, rng: np.random.Generator) -> BellTestResult:
    """Play the game with two programs, each called with its own question and the round's shared number.

    Args:
        alice: (x, shared number in [0, 1)) → answer 0 or 1.
        bob: (y, shared number) → answer.
        rounds: how many, 0 to 1,000,000.
        rng: source of questions and shared numbers.

    For programs that you trust; `qlab.bell.refereed_game.play_isolated` is for those that you do not.

    >>> always_zero = lambda question, shared: 0
    >>> result = play_classical(always_zero, always_zero, 4000, np.random.default_rng(2))
    >>> abs(result.win_fraction - 0.75) < 0.03
    True
    """
    n = _validate.count("rounds", rounds, 0, MAX_CALLS)
    _validate.generator("rng", rng)
    alice, bob = _validate.function("alice", alice, 2), _validate.function("bob", bob, 2)
    questions, shared = rng.integers(0, 2, size=(n, 2)), rng.random(n)
    codes = np.empty(n, dtype=np.uint8)
    for i, ((x, y), seed) in enumerate(zip(questions.tolist(), shared.tolist(), strict=True)):
        answers = _validate.bit("alice's answer", alice(x, seed)), _validate.bit("bob's answer", bob(y, seed))
        codes[i] = 8 * x + 4 * y + 2 * answers[0] + answers[1]
    return BellTestResult.from_rounds(codes)


def play_with_message(
    alice: Callable[[int, float], tuple[int, int]],
    bob: Callable[[int, float, int], int],
    rounds: int,
    rng: np.random.Generator,
) -> BellTestResult:
    """Play the game where Alice may send Bob one bit each round: that is enough for S = 4.

    Args:
        alice: (x, shared number) → (answer, message bit).
        bob: (y, shared number, message bit) → answer.
        rounds: how many, 0 to 1,000,000.
        rng: source of questions and shared numbers.

    >>> result = play_with_message(lambda x, u: (0, x), lambda y, u, m: m & y, 1000, np.random.default_rng(3))
    >>> result.s
    4.0
    """
    n = _validate.count("rounds", rounds, 0, MAX_CALLS)
    _validate.generator("rng", rng)
    alice, bob = _validate.function("alice", alice, 2), _validate.function("bob", bob, 3)
    questions, shared = rng.integers(0, 2, size=(n, 2)), rng.random(n)
    codes = np.empty(n, dtype=np.uint8)
    for i, ((x, y), seed) in enumerate(zip(questions.tolist(), shared.tolist(), strict=True)):
        said = _validate.sequence("alice's answer and message", alice(x, seed))
        if len(said) != 2:
            raise _validate.fail("alice's answer and message", "must be two bits", said)
        answer, message = said
        reply = bob(y, seed, _validate.bit("alice's message", message))
        codes[i] = 8 * x + 4 * y + 2 * _validate.bit("alice's answer", answer) + _validate.bit("bob's answer", reply)
    return BellTestResult.from_rounds(codes)
