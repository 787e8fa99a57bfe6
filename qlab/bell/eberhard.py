"""Bell tests with imperfect detectors: the CH-Eberhard inequality, its best state, and its raw counts.

Each side has one detector. Answer 0 is a click, answer 1 is none, whatever the reason: nothing is dropped.
J = P(00|00) - P(01|01) - P(10|10) - P(00|11) ≤ 0 for every local model (answers | questions).
Sources: Clauser, Horne, PRD 10, 526 (1974); Eberhard, PRA 47, R747 (1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qlab import _numeric, _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.bell.correlations import as_behaviour
from qlab.bell.statistics import BellTestResult, IntArray, binomial_log10_tail

_REFINEMENTS = 24

SMALLEST_J = 1e-9
"""A violation that counts as one, a round: at a threshold rounding leaves 1e-17 where nothing should be."""


@dataclass(frozen=True, eq=False)
class EberhardOptimum:
    """The best CH-Eberhard experiment with given detectors.

    Attributes:
        j: largest J; above 0 no local model explains it.
        ket: best state of two qubits, real amplitudes, shape (4,).
        alice_angles: angles θ for x = 0 and 1; a click means cos(θ/2)|0⟩ + sin(θ/2)|1⟩.
        bob_angles: likewise for y.
    """

    j: float
    ket: ComplexArray
    alice_angles: tuple[float, float]
    bob_angles: tuple[float, float]

    @property
    def concurrence(self) -> float:
        """Concurrence of the state: 1 at perfect efficiency, 0 towards the threshold of 2/3."""
        return float(2 * abs(self.ket[0] * self.ket[3] - self.ket[1] * self.ket[2]))


def _click(angles: FloatArray, efficiency: float, background: float) -> FloatArray:
    """Click operators ζI + η(1-ζ)Π(θ), shape (..., 2, 2): a background click, or none and a detected photon."""
    c, s = np.cos(angles / 2), np.sin(angles / 2)
    projector = np.stack([np.stack([c * c, c * s], -1), np.stack([c * s, s * s], -1)], -2)
    clicks: FloatArray = background * np.eye(2) + efficiency * (1 - background) * projector
    return clicks


def _kron(left: FloatArray, right: FloatArray) -> FloatArray:
    product = np.einsum("...ij,...kl->...ikjl", left, right)
    return np.asarray(product.reshape(*product.shape[:-4], 4, 4))


def eberhard_operator(
    alice_angles: tuple[float, float], bob_angles: tuple[float, float], efficiency: float, *, background: float = 0.0
) -> FloatArray:
    """The operator whose mean is J, shape (4, 4).

    Args:
        alice_angles: θ for x = 0 and 1, in radians on the Bloch sphere.
        bob_angles: likewise.
        efficiency: probability η of a click for a photon that passes the polariser, in [0, 1].
        background: probability ζ of a click from elsewhere, each side and round, in [0, 1].
    """
    eta, zeta = _validate.probability("efficiency", efficiency), _validate.probability("background", background)
    a, b = _validate.real_array("alice_angles", alice_angles), _validate.real_array("bob_angles", bob_angles)
    if a.shape != (2,) or b.shape != (2,) or not np.isfinite([a, b]).all():
        raise _validate.fail("alice_angles and bob_angles", "must hold two angles each", (alice_angles, bob_angles))
    return _operator(a[0], a[1], b[0], b[1], eta, zeta)


def _operator(a0: FloatArray, a1: FloatArray, b0: FloatArray, b1: FloatArray, eta: float, zeta: float) -> FloatArray:
    first, second = (_click(np.asarray(t), eta, zeta) for t in (a0, a1))
    third, fourth = (_click(np.asarray(t), eta, zeta) for t in (b0, b1))
    silent_alice, silent_bob = np.eye(2) - second, np.eye(2) - fourth
    return _kron(first, third) - _kron(first, silent_bob) - _kron(silent_alice, third) - _kron(second, fourth)


def eberhard_value(behaviour: FloatArray) -> float:
    """J of a behaviour ``[x, y, a, b]`` with answer 0 for a click."""
    p = as_behaviour("behaviour", behaviour)
    return float(p[0, 0, 0, 0] - p[0, 1, 0, 1] - p[1, 0, 1, 0] - p[1, 1, 0, 0])


def eberhard_optimum(efficiency: float, *, background: float = 0.0) -> EberhardOptimum:
    """Best state and angles for given detectors, by a search that narrows down to the maximum.

    Rotating either side's frame changes nothing, so that the angles for question 0 may be 0; the two
    others are searched, and the state is the eigenvector of the largest eigenvalue.

    Args:
        efficiency: η in [0, 1].
        background: ζ in [0, 1].

    >>> round(eberhard_optimum(1.0).j, 6), round(eberhard_optimum(1.0).concurrence, 6)
    (0.207107, 1.0)
    """
    eta, zeta = _validate.probability("efficiency", efficiency), _validate.probability("background", background)
    return _optimum(eta, zeta)


@lru_cache(maxsize=256)
def _optimum(eta: float, zeta: float) -> EberhardOptimum:
    # Near the threshold of 2/3 the best angles shrink towards 0: a grid that is fine there.
    axis = np.pi * np.linspace(0.02, 1, 48) ** 3
    a, b = np.meshgrid(axis, axis, indexing="ij")
    centre, width = _best_angles(a, b, eta, zeta), 0.35
    for _ in range(_REFINEMENTS):
        steps = 1 + np.linspace(-width, width, 9)
        a, b = np.meshgrid(centre[0] * steps, centre[1] * steps, indexing="ij")
        centre, width = _best_angles(a, b, eta, zeta), width * 0.5
    values, vectors = np.linalg.eigh(_operator(np.zeros(()), centre[0], np.zeros(()), centre[1], eta, zeta))
    angles = (0.0, float(centre[0])), (0.0, float(centre[1]))
    ket = vectors[:, -1].astype(complex)
    ket.setflags(write=False)  # the same object is handed out again
    return EberhardOptimum(float(values[-1]), ket, *angles)


def _best_angles(a: FloatArray, b: FloatArray, eta: float, zeta: float) -> FloatArray:
    zero = np.zeros_like(a)
    best = np.linalg.eigvalsh(_operator(zero, a, zero, b, eta, zeta))[..., -1]
    index = np.unravel_index(int(np.argmax(best)), best.shape)
    return np.array([a[index], b[index]])


def largest_background(efficiency: float, *, tolerance: float = 1e-6) -> float:
    """Largest background ζ at which J can still exceed 1e-9 a round; 0 at an efficiency of 2/3 or less.

    With perfect detectors it is 1/3: a click too many then spoils as much as one too few. Eberhard's own ζ (1993)
    is another: background a pair of each single rate, which lowers J by 2ζ and leaves coincidences alone, so that
    his limit is half of `eberhard_optimum` (η).j without background, 10.36 % at η = 1 and 4.50 % at η = 0.9.

    Args:
        efficiency: η in [0, 1].
        tolerance: accuracy of ζ, at least 1e-12.
    """
    eta = _validate.probability("efficiency", efficiency)
    accuracy = _validate.in_range("tolerance", tolerance, 1e-12, 1)
    if eberhard_optimum(eta).j <= SMALLEST_J:
        return 0.0
    return _numeric.bisect(
        lambda zeta: eberhard_optimum(eta, background=zeta).j > SMALLEST_J, 0.0, 0.5, accuracy=accuracy
    )


def smallest_efficiency(*, background: float = 0.0, tolerance: float = 1e-4) -> float:
    """Smallest efficiency at which J can exceed 1e-9 a round with a given background.

    Without background that is 4e-4 above the threshold of 2/3 itself, where J begins to rise very slowly.

    Args:
        background: ζ in [0, 0.1].
        tolerance: accuracy of this η, not of the threshold; at least 1e-12.
    """
    zeta = _validate.in_range("background", background, 0, 0.1)
    accuracy = _validate.in_range("tolerance", tolerance, 1e-12, 1)
    return _numeric.bisect(
        lambda eta: eberhard_optimum(eta, background=zeta).j > SMALLEST_J, 1.0, 0.5, accuracy=accuracy
    )


def counts_from_singles(
    trials: NDArray[np.int64],
    singles_alice: NDArray[np.int64],
    singles_bob: NDArray[np.int64],
    coincidences: NDArray[np.int64],
) -> BellTestResult:
    """Counts of a one-detector-a-side experiment, from the totals that papers print.

    Args:
        trials: rounds for each pair of questions, ``[x][y]``, shape (2, 2).
        singles_alice: rounds of these with a click of Alice's.
        singles_bob: with a click of Bob's.
        coincidences: with both.
    """
    n, a = _validate.counts("trials", trials, (2, 2)), _validate.counts("singles_alice", singles_alice, (2, 2))
    b, both = (
        _validate.counts("singles_bob", singles_bob, (2, 2)),
        _validate.counts("coincidences", coincidences, (2, 2)),
    )
    table = np.stack([np.stack([both, a - both], -1), np.stack([b - both, n - a - b + both], -1)], -2)
    if table.min() < 0:
        names = "trials, singles_alice, singles_bob and coincidences"
        raise _validate.fail(names, "must fit one another", [t.tolist() for t in (n, a, b, both)])
    return BellTestResult(table)


@dataclass(frozen=True)
class EberhardAnalysis:
    """What the raw counts of a CH-Eberhard experiment say.

    Attributes:
        j: J from the frequencies of each pair of questions.
        standard_error: its standard error, above 0 also where a rate is 0 or 1, see `qlab._numeric`.
        for_quantum: rounds that count for a violation (click-click at questions 00).
        against: rounds that count against it.
        log10_p_value: log₁₀ of the probability that a local model, with memory, does as well.
    """

    j: float
    standard_error: float
    for_quantum: int
    against: int
    log10_p_value: float


def analyse(result: BellTestResult, *, input_excess: float = 0.0) -> EberhardAnalysis:
    """Analyse raw counts, answer 0 being a click.

    A round counts for the violation (both click at 00) or against it (01 at 01, 10 at 10, 00 at 11).
    Under a deterministic local strategy that could win at 00, at least one of the three other pairs of
    questions loses; with fair questions a round that counts is hence won with probability ½ at most, whatever
    the memory, and the p-value is a binomial tail (Bierhorst, J. Phys. A 48, 195302, 2015).

    Args:
        result: counts ``[x][y][a][b]``.
        input_excess: τ in [0, ½): each question bit can be guessed with probability ½ + τ at most.
    """
    table = _validate.instance("result", result, BellTestResult).table
    if (result.setting_totals == 0).any():
        raise _validate.fail("result", "must hold a round of each pair of questions", result.setting_totals.tolist())
    terms = [table[0, 0, 0, 0], table[0, 1, 0, 1], table[1, 0, 1, 0], table[1, 1, 0, 0]]
    return analyse_terms(terms, result.setting_totals.ravel(), input_excess=input_excess)


def analyse_terms(
    terms: Sequence[int] | IntArray, trials: Sequence[int] | IntArray, *, input_excess: float = 0.0
) -> EberhardAnalysis:
    """`analyse` from the four numbers that papers print, where the other cells are not known.

    These four have no S, nor wins of the CHSH game: that takes all sixteen cells.

    Args:
        terms: rounds with 00 at questions 00, 01 at 01, 10 at 10 and 00 at 11 (click is 0, none is 1).
        trials: rounds of each pair of questions, in the same order.
        input_excess: τ in [0, ½): each question bit can be guessed with probability ½ + τ at most.

    >>> trials = [875_683_790, 875_518_074, 875_882_007, 875_700_279]  # Giustina et al., PRL 115, 250401 (2015)
    >>> f"{analyse_terms([141_439, 67_941, 58_742, 8_392], trials).j:.2e}"
    '7.27e-06'
    """
    tau = _validate.in_range("input_excess", input_excess, 0, 0.5, open_high=True)
    counted, totals = _validate.counts("terms", terms, (4,)), _validate.counts("trials", trials, (4,))
    if (totals == 0).any() or (counted > totals).any():
        demand = "must hold a round of each pair of questions, and terms no more than those"
        raise _validate.fail("trials", demand, totals.tolist())
    rates = counted / totals
    error = np.sqrt(np.sum(_numeric.honest_variance(rates * (1 - rates), totals) / totals))
    wins, losses = int(counted[0]), int(counted[1:].sum())
    probability = (0.5 + tau) ** 2 / ((0.5 + tau) ** 2 + (0.5 - tau) ** 2)
    log10_p = binomial_log10_tail(wins + losses, wins, probability)
    return EberhardAnalysis(float(rates[0] - rates[1:].sum()), float(error), wins, losses, log10_p)


def eberhard_behaviour(optimum: EberhardOptimum, efficiency: float, *, background: float = 0.0) -> FloatArray:
    """P(a, b | x, y) of an experiment with that state and those angles, answer 0 for a click, shape (2, 2, 2, 2).

    Args:
        optimum: state and angles, from `eberhard_optimum`.
        efficiency: η of each detector, in [0, 1].
        background: ζ, probability of a click from elsewhere, in [0, 1].
    """
    eta, zeta = _validate.probability("efficiency", efficiency), _validate.probability("background", background)
    optimum = _validate.instance("optimum", optimum, EberhardOptimum)
    sides = []
    for angles in (optimum.alice_angles, optimum.bob_angles):
        click = _click(np.array(angles), eta, zeta)
        sides.append(np.stack([click, np.eye(2) - click], axis=1))
    amplitude = optimum.ket.reshape(2, 2)
    probabilities = np.einsum("ik,xaij,ybkl,jl->xyab", amplitude.conj(), *sides, amplitude, optimize=True).real
    return np.asarray(np.clip(probabilities, 0, 1))
