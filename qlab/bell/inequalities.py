"""Any Bell inequality of two sides, from its table of coefficients: its local bound and its quantum value.

A functional is an array ``[x, y, a, b]``; ``np.sum(functional * behaviour)`` is its value at a behaviour
P(a, b | x, y), the average payoff of a game. Any number of questions and answers, as in `qlab.bell.games.NonlocalGame`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.bell.correlations import Direction, behaviour

MAX_SCORES = 2**22
"""Most numbers that an enumeration holds: programs of one side, times questions and answers of the other."""

LARGEST = 1e290
"""Largest coefficient: sums of many still fit a float."""

I3322 = ((0, -1, 0, 0), (-2, 1, 1, 1), (-1, 1, 1, -1), (0, 1, -1, 0))
"""I3322 in the form of Collins, Gisin, J. Phys. A 37, 1775 (2004): local bound 0, ¼ with qubits."""


def from_correlators(
    joint: Sequence[Sequence[float]] | FloatArray,
    alice: Sequence[float] | FloatArray | None = None,
    bob: Sequence[float] | FloatArray | None = None,
) -> FloatArray:
    """The functional Σ m_xy E(x, y) + Σ a_x ⟨A_x⟩ + Σ b_y ⟨B_y⟩, answers 0 and 1 standing for +1 and -1.

    Args:
        joint: m_xy, shape (X, Y).
        alice: a_x, shape (X,); by default none.
        bob: b_y, shape (Y,); by default none.

    Returns:
        Array of shape (X, Y, 2, 2).

    >>> local_bound(from_correlators([[1, 1], [1, -1]]))
    2.0
    """
    m = _table("joint", joint, 2)
    a = np.zeros(len(m)) if alice is None else _table("alice", alice, 1)
    b = np.zeros(m.shape[1]) if bob is None else _table("bob", bob, 1)
    if m.shape != (len(a), len(b)):
        raise _validate.fail("alice and bob", f"must hold {m.shape[0]} and {m.shape[1]} numbers", (len(a), len(b)))
    sign = np.array([1, -1])
    parts = np.einsum("xy,a,b->xyab", m, sign, sign), np.einsum("x,a->xa", a, sign), np.einsum("y,b->yb", b, sign)
    return np.asarray(parts[0] + parts[1][:, None, :, None] / m.shape[1] + parts[2][None, :, None, :] / m.shape[0])


def from_collins_gisin(table: Sequence[Sequence[float]] | FloatArray) -> FloatArray:
    """The functional of a table of coefficients as papers print it, for two answers a side.

    Args:
        table: shape (X+1, Y+1): the constant, then those of P(0|y) in the first row, of P(0|x) in the first
            column, of P(00|xy) inside.

    Returns:
        Array of shape (X, Y, 2, 2).

    >>> round(local_bound(from_collins_gisin(I3322)), 9)
    0.0
    """
    t = _table("table", table, 2)
    if min(t.shape) < 2:
        raise _validate.fail("table", "must have shape (X+1, Y+1) with a question a side", t.shape)
    questions = np.array(t.shape) - 1
    functional = np.full((*questions, 2, 2), t[0, 0] / questions.prod())
    functional[:, :, 0, :] += t[1:, None, None, 0] / questions[1]
    functional[:, :, :, 0] += t[None, 0, 1:, None] / questions[0]
    functional[:, :, 0, 0] += t[1:, 1:]
    return functional


def chained_inequality(questions: int) -> FloatArray:
    """E(0,0) + E(1,0) + E(1,1) + … + E(n-1,n-1) - E(0,n-1): local bound 2n-2, quantum 2n cos(π/2n).

    For two questions it is CHSH. Sources: Braunstein, Caves, Ann. Phys. 202, 22 (1990); the quantum bound
    Wehner, PRA 73, 022110 (2006).

    Args:
        questions: n a side, at least 2.
    """
    n = _validate.integer("questions", questions, 2, 1000)
    joint = np.eye(n) + np.eye(n, k=-1)
    joint[0, -1] = -1
    return from_correlators(joint)


def behaviour_at(rho: ComplexArray, alice: Sequence[Direction], bob: Sequence[Direction]) -> FloatArray:
    """P(a, b | x, y) of a pair measured along any number of directions a side.

    Args:
        rho: ket or density matrix of two qubits.
        alice: X directions, angles in radians or Bloch vectors.
        bob: Y directions.

    Returns:
        Array of shape (X, Y, 2, 2).
    """
    for name, directions in (("alice", alice), ("bob", bob)):
        if not _validate.sequence(name, directions):
            raise _validate.fail(name, "must hold directions", directions)
    return np.array([[behaviour(rho, (a, a), (b, b))[0, 0] for b in bob] for a in alice])


def local_bound(functional: FloatArray) -> float:
    """Largest value of any shared seed: every program of the side with fewer, each met by the other's best reply.

    Args:
        functional: coefficients, shape (X, Y, A, B).

    >>> round(local_bound(chained_inequality(4)), 9)
    6.0
    """
    return best_programs(functional)[0]


def best_programs(functional: FloatArray) -> tuple[float, FloatArray]:
    """Local bound, and the deterministic behaviour that reaches it.

    Args:
        functional: coefficients, shape (X, Y, A, B).
    """
    c = _table("functional", functional, 4)
    if c.shape[2] ** c.shape[0] > c.shape[3] ** c.shape[1]:
        bound, table = best_programs(c.transpose(1, 0, 3, 2))
        return bound, table.transpose(1, 0, 3, 2)
    questions, answers = c.shape[0], c.shape[2]
    if answers**questions * c.shape[1] * c.shape[3] > MAX_SCORES:
        raise _validate.fail("functional", "must leave one side few enough programs to list", c.shape)
    scores = np.zeros((1, *c.shape[1::2]))
    for x in range(questions):  # all programs at once, one question after the other
        scores = (scores[:, None] + c[x].transpose(1, 0, 2)).reshape(-1, *c.shape[1::2])
    best = int(scores.max(axis=2).sum(axis=1).argmax())
    alice = np.unravel_index(best, (answers,) * questions)
    table = np.zeros(c.shape)
    for (x, a), (y, b) in product(enumerate(alice), enumerate(scores[best].argmax(axis=1))):
        table[x, y, a, b] = 1
    return float(scores[best].max(axis=1).sum()), table


@dataclass(frozen=True, eq=False)
class SeeSaw:
    """A state and measurements found by `quantum_value`.

    Attributes:
        value: value of the functional there: a lower bound on the quantum one.
        ket: the state, shape (d²,).
        alice: observables with eigenvalues ±1, shape (X, d, d).
        bob: likewise, shape (Y, d, d).
    """

    value: float
    ket: ComplexArray
    alice: ComplexArray
    bob: ComplexArray


def quantum_value(functional: FloatArray, rng: np.random.Generator, *, dimension: int = 2, starts: int = 20) -> SeeSaw:
    """Best value found with two d-level systems by see-saw, for two answers a side.

    In turn the state, Alice's and Bob's observables are set to the best for the two others; random starts, the
    best kept. It is reached by what is returned, hence a lower bound; more may exist. Method: Werner, Wolf,
    QIC 1, 1 (2001). For correlators alone `qlab.bell.xor_games.xor_bias` has an upper bound too.

    Args:
        functional: coefficients, shape (X, Y, 2, 2).
        rng: source of the starts.
        dimension: d of each side, in [2, 16].
        starts: how many, 1 to 1000.

    >>> round(quantum_value(from_collins_gisin(I3322), np.random.default_rng(1)).value, 6)
    0.25
    """
    c = _table("functional", functional, 4)
    if c.shape[2:] != (2, 2):
        raise _validate.fail("functional", "must have two answers a side", c.shape)
    d, tries = _validate.integer("dimension", dimension, 2, 16), _validate.count("starts", starts, 1, 1000)
    _validate.generator("rng", rng)
    scale = float(np.abs(c).max()) or 1.0
    c = c / scale
    sign = np.array([1, -1])
    parts = c.sum() / 4, c.sum(axis=(1, 3)) @ sign / 4, c.sum(axis=(0, 2)) @ sign / 4, (c @ sign) @ sign / 4
    program = (best_programs(c)[1][0].sum(axis=1) @ sign)[:, None, None] * np.eye(d)  # never below the local bound
    best = _see_saw(parts, program)
    for _ in range(tries):
        raw = rng.standard_normal((len(program), d, d)) + 1j * rng.standard_normal((len(program), d, d))
        best = max(best, _see_saw(parts, _signs(raw + raw.conj().transpose(0, 2, 1))), key=lambda run: run.value)
    return replace(best, value=scale * best.value)


def _see_saw(parts: tuple[float, FloatArray, FloatArray, FloatArray], bob: ComplexArray) -> SeeSaw:
    (constant, a, b, m), d = parts, bob.shape[1]
    psi, one, found = np.eye(d, dtype=complex) / np.sqrt(d), np.eye(d), -np.inf
    for _ in range(2000):  # ⟨A⊗B⟩ = Tr ψ†AψBᵀ with the ket as a matrix ψ
        alice = _signs(psi @ _weighted(a, m, bob).transpose(0, 2, 1) @ psi.conj().T)
        bob = _signs((psi.conj().T @ _weighted(b, m.T, alice) @ psi).transpose(0, 2, 1))
        operator = constant * np.eye(d * d) + np.kron(np.tensordot(a, alice, 1), one)
        operator = (
            operator
            + np.kron(one, np.tensordot(b, bob, 1))
            + np.einsum("xy,xij,ykl->ikjl", m, alice, bob, optimize=True).reshape(d * d, d * d)
        )
        values, vectors = np.linalg.eigh(operator)
        psi = vectors[:, -1].reshape(d, d)
        if values[-1] - found < 1e-12:
            break
        found = values[-1]
    return SeeSaw(float(values[-1]), psi.ravel(), alice, bob)


def _weighted(own: FloatArray, joint: FloatArray, other: ComplexArray) -> ComplexArray:
    """a_x I + Σ_y m_xy B_y for each x."""
    return np.asarray(own[:, None, None] * np.eye(other.shape[1]) + np.tensordot(joint, other, 1))


def _signs(operators: ComplexArray) -> ComplexArray:
    """The sign of each Hermitian operator: its best observable."""
    values, vectors = np.linalg.eigh(operators)
    return np.asarray((vectors * np.where(values < 0, -1.0, 1.0)[:, None, :]) @ vectors.conj().transpose(0, 2, 1))


def _table(name: str, table: object, dimensions: int) -> FloatArray:
    array = _validate.real_array(name, table)
    if array.ndim != dimensions or not array.size or not (np.abs(array) <= LARGEST).all():
        raise _validate.fail(name, f"must be an array of {dimensions} axes of numbers of at most {LARGEST:g}", table)
    return array


def as_any_behaviour(behaviour: object) -> FloatArray:
    """Check for probabilities ``[x, y, a, b]``, any number of questions and answers.

    Args:
        behaviour: real array of shape (X, Y, A, B) that adds up to 1 for each pair of questions.
    """
    return _validate.conditional("behaviour", behaviour)
