"""Other games that a shared state wins more often than a shared seed: biased CHSH, GHZ, magic square."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.bell.inequalities import local_bound
from qlab.circuits import Circuit
from qlab.gates import X, Y, pauli_string
from qlab.states import epr_pair, tensor

BIASED_CHSH_CUTOFF = 1 - 1 / np.sqrt(2)
"""With P(x=1) = P(y=1) at or below this a shared state wins no more often than a shared seed (0.29289)."""

GHZ_QUESTIONS = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0))
"""Questions of the GHZ game, equally likely."""


@dataclass(frozen=True, eq=False)
class NonlocalGame:
    """Two players, one question each, no talking.

    Attributes:
        questions: probability of each pair of questions, shape (X, Y).
        wins: whether answers win, ``[x, y, a, b]``, shape (X, Y, A, B) of booleans.
    """

    questions: FloatArray
    wins: NDArray[np.bool_]

    def __post_init__(self) -> None:
        asked = _validate.real_array("questions", self.questions)
        slack = _validate.tolerance(np.asarray(self.questions))
        if asked.ndim != 2 or not (asked >= -slack).all() or not abs(asked.sum() - 1) <= slack:
            raise _validate.fail("questions", "must be probabilities of shape (X, Y) that add up to 1", self.questions)
        asked = asked.clip(0)
        demand = f"must be booleans of shape {asked.shape} + (A, B)"
        won = _validate.bits("wins", self.wins, demand)
        if np.asarray(self.wins).dtype != bool or won.ndim != 4 or not won.size or won.shape[:2] != asked.shape:
            raise _validate.fail("wins", demand, won.shape)
        _validate.keep(self, questions=asked / asked.sum(), wins=won.astype(bool))

    def classical_value(self) -> float:
        """Best probability of any local strategy: every program of Alice's, each met by Bob's best reply."""
        return local_bound(self.questions[:, :, None, None] * self.wins)

    def value(self, behaviour: FloatArray) -> float:
        """Probability to win with a behaviour P(a, b | x, y) of shape (X, Y, A, B)."""
        table = _validate.conditional("behaviour", behaviour, self.wins.shape)
        return float(np.sum(self.questions[:, :, None, None] * self.wins * table))

    def play(self, behaviour: FloatArray, rounds: int, rng: np.random.Generator) -> int:
        """Number of rounds won of those played; questions and answers are drawn from their exact distribution.

        Args:
            behaviour: P(a, b | x, y) as an array ``[x, y, a, b]`` of shape (X, Y, A, B).
            rounds: number of rounds, at least 0.
            rng: source of randomness.
        """
        n = _validate.count("rounds", rounds)
        _validate.generator("rng", rng)
        table = _validate.conditional("behaviour", behaviour, self.wins.shape)
        cells = (self.questions[:, :, None, None] * table).ravel()
        return int(rng.multinomial(n, cells / cells.sum())[self.wins.ravel()].sum())


def chsh_game(*, question_one: float = 0.5) -> NonlocalGame:
    """CHSH where each question is 1 with a given probability, independently.

    >>> chsh_game().classical_value()
    0.75
    """
    p = _validate.probability("question_one", question_one)
    x, y, a, b = np.indices((2, 2, 2, 2))
    return NonlocalGame(np.outer([1 - p, p], [1 - p, p]), (a ^ b) == (x & y))


def biased_chsh_classical_value(question_one: float) -> float:
    """1 - min(p, 1-p)²: give up the rarest pair of questions."""
    p = _validate.probability("question_one", question_one)
    return 1 - min(p, 1 - p) ** 2


def biased_chsh_quantum_value(question_one: float) -> float:
    """½ + (p² + (1-p)²)/√2 between the cut-offs 1-1/√2 and 1/√2, else the classical value.

    Source: Lawson, Linden, Popescu, arXiv:1011.6245 (2010).

    >>> round(biased_chsh_quantum_value(0.3), 6), biased_chsh_classical_value(0.3)
    (0.910122, 0.91)
    """
    p = _validate.probability("question_one", question_one)
    if min(p, 1 - p) <= BIASED_CHSH_CUTOFF:
        return biased_chsh_classical_value(p)
    return float(0.5 + (p**2 + (1 - p) ** 2) / np.sqrt(2))


def ghz_game_wins(questions: tuple[int, int, int], answers: tuple[int, int, int]) -> bool:
    """Three players win where the parity of the answers is the OR of the questions.

    Source: Mermin, Am. J. Phys. 58, 731 (1990).

    Args:
        questions: one of `GHZ_QUESTIONS`.
        answers: three bits.
    """
    asked, bits = _ghz_questions(questions), _validate.bits("answers", answers, "must be three bits")
    if bits.shape != (3,):
        raise _validate.fail("answers", "must be three bits", answers)
    return int(bits.sum()) % 2 == max(asked)


def _ghz_questions(questions: tuple[int, int, int]) -> tuple[int, ...]:
    demand = "must be one of " + ", ".join(map(str, GHZ_QUESTIONS))
    asked = tuple(_validate.bits("questions", questions, demand).ravel().tolist())
    if np.ndim(questions) != 1 or asked not in GHZ_QUESTIONS:
        raise _validate.fail("questions", demand, questions)
    return asked


def ghz_game_classical_value() -> float:
    """Best share of the four questions won by any of the 64 deterministic local strategies.

    >>> ghz_game_classical_value()
    0.75
    """
    programs = list(product((0, 1), repeat=2))
    scores = []
    for players in product(programs, repeat=3):
        replies = [tuple(player[q] for player, q in zip(players, asked, strict=True)) for asked in GHZ_QUESTIONS]
        scores.append(
            np.mean([ghz_game_wins(q, (r[0], r[1], r[2])) for q, r in zip(GHZ_QUESTIONS, replies, strict=True)])
        )
    return float(max(scores))


def ghz_game_circuit(questions: tuple[int, int, int]) -> Circuit:
    """One round with a GHZ state: question 0 is answered by measuring X, question 1 by measuring Y; key ``m``."""
    circuit = Circuit(3).h(0).cnot(0, 1).cnot(1, 2)
    for qubit, question in enumerate(_ghz_questions(questions)):
        circuit = circuit.gate("sdg", qubit) if question else circuit
        circuit = circuit.h(qubit)
    return circuit.measure(0, 1, 2, key="m")


def ghz_game_value(rho: ComplexArray) -> float:
    """Probability to win the GHZ game with any state of three qubits, measuring X for 0 and Y for 1."""
    matrix = _validate.density_matrix("rho", rho, num_qubits=3)
    means = [np.trace(matrix @ pauli_string("".join("XY"[q] for q in asked))).real for asked in GHZ_QUESTIONS]
    signs = [1 - 2 * max(asked) for asked in GHZ_QUESTIONS]
    return float((1 + np.dot(signs, means) / 4) / 2)


def mermin_operator(num_qubits: int) -> ComplexArray:
    """Re (X+iY)⊗ⁿ = ½[(X+iY)⊗ⁿ + (X-iY)⊗ⁿ], shape (2**n, 2**n); for n = 3 XXX - XYY - YXY - YYX.

    A GHZ state gives 2ⁿ⁻¹, local strategies at most `mermin_local_bound` (Mermin, PRL 65, 1838, 1990).
    """
    n = _validate.integer("num_qubits", num_qubits, 2, 10)
    raising = tensor(*[X + 1j * Y] * n)
    result: ComplexArray = (raising + raising.conj().T) / 2
    return result


def mermin_local_bound(num_qubits: int) -> float:
    """2^⌊n/2⌋: largest Mermin value of local strategies.

    >>> [mermin_local_bound(n) for n in (2, 3, 4, 5)]
    [2.0, 2.0, 4.0, 4.0]
    """
    return 2.0 ** (_validate.integer("num_qubits", num_qubits, 2, 1000) // 2)


_ROW_ANSWERS = np.array([t for t in product((0, 1), repeat=3) if sum(t) % 2 == 0])
_COLUMN_ANSWERS = np.array([t for t in product((0, 1), repeat=3) if sum(t) % 2 == 1])
_SQUARE = (("XI", "IX", "XX"), ("IZ", "ZI", "ZZ"), ("-XZ", "-ZX", "YY"))


def magic_square_game() -> NonlocalGame:
    """Alice fills row x with even parity, Bob column y with odd parity; they win where the common cell agrees.

    Answers are numbered 0 to 3 in ascending order of the three bits. Sources: Mermin, PRL 65, 3373
    (1990); Peres, Phys. Lett. A 151, 107 (1990).

    >>> round(magic_square_game().classical_value(), 6)
    0.888889
    """
    wins = np.array([[_ROW_ANSWERS[:, [y]] == _COLUMN_ANSWERS[:, [x]].T for y in range(3)] for x in range(3)])
    return NonlocalGame(np.full((3, 3), 1 / 9), wins)


def magic_square_observables() -> ComplexArray:
    """The nine commuting-in-line two-qubit observables, shape (3, 3, 4, 4): rows multiply to I, columns to -I."""
    return np.array([[(-1 if s[0] == "-" else 1) * pauli_string(s.lstrip("-")) for s in row] for row in _SQUARE])


def magic_square_behaviour() -> FloatArray:
    """P(a, b | x, y) with two Bell pairs: each player measures the three observables of the row or column.

    Returns:
        Array of shape (3, 3, 4, 4).
    """
    square = magic_square_observables()
    # Qubits (alice 0, bob 0, alice 1, bob 1) → (alice 0, alice 1, bob 0, bob 1).
    pairs = tensor(epr_pair(), epr_pair()).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    table = np.empty((3, 3, 4, 4))
    for x, y in product(range(3), repeat=2):
        rows = [_joint_projector(square[x], bits) for bits in _ROW_ANSWERS]
        columns = [_joint_projector(square[:, y], bits) for bits in _COLUMN_ANSWERS]
        table[x, y] = [[np.vdot(pairs, left @ pairs @ right.T).real for right in columns] for left in rows]
    return np.clip(table, 0, 1)


def _joint_projector(observables: ComplexArray, bits: NDArray[np.int64]) -> ComplexArray:
    """Product of (I ± O)/2 over three commuting observables."""
    projector: ComplexArray = np.eye(4, dtype=complex)
    for observable, bit in zip(observables, bits, strict=True):
        projector = projector @ (np.eye(4) + (1 - 2 * bit) * observable) / 2
    return projector
