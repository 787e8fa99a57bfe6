"""Rounds that are lost: what dropping them pretends, and what counting them costs.

A lossy behaviour is an array ``[x, y, a, b]`` of shape (2, 2, 3, 3) in which answer 2 means "no click".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import _validate
from qlab._validate import FloatArray
from qlab.bell.correlations import as_behaviour
from qlab.bell.statistics import BellTestResult, IntArray
from qlab.channels import readout_confusion

NO_CLICK = 2
"""The third answer of a lossy side."""

EFFICIENCY_THRESHOLD_MAXIMALLY_ENTANGLED = 2 / (1 + np.sqrt(2))
"""Detection efficiency a side above which a Bell pair violates CHSH with lost rounds counted (82.84 %)."""


@dataclass(frozen=True)
class LossyBellTest:
    """Counts with lost answers.

    Attributes:
        counts: ``counts[x][y][a][b]`` with answers 0, 1 and 2 for no click, shape (2, 2, 3, 3).
    """

    counts: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", _validate.counts("counts", self.counts, (2, 2, 3, 3)).tolist())

    @property
    def table(self) -> IntArray:
        """The counts as an array of shape (2, 2, 3, 3)."""
        return np.array(self.counts, dtype=np.int64)

    def kept(self) -> BellTestResult:
        """Only the rounds in which both sides clicked: the post-selection that may deceive."""
        return BellTestResult(self.table[:, :, :2, :2])

    def with_no_click_as(self, answer: int = 0) -> BellTestResult:
        """All rounds, a missing click read as an answer fixed in advance: nothing is dropped."""
        chosen = _validate.integer("answer", answer, 0, 1)
        fold = np.zeros((3, 2), dtype=np.int64)
        fold[[0, 1, NO_CLICK], [0, 1, chosen]] = 1
        return BellTestResult(np.einsum("xyab,ac,bd->xycd", self.table, fold, fold))

    @property
    def conditional_efficiency(self) -> float:
        """P(one side clicks, given that the other did), the lower of the two sides."""
        table = self.table
        both = table[:, :, :2, :2].sum()
        singles = max(table[:, :, :2, :].sum(), table[:, :, :, :2].sum())
        return float(both / max(1, singles))


def lossy_behaviour(behaviour: FloatArray, efficiency_alice: float, efficiency_bob: float) -> FloatArray:
    """A behaviour seen by detectors that click with given probabilities, independently of question and answer.

    Args:
        behaviour: behaviour ``[x, y, a, b]`` of shape (2, 2, 2, 2).
        efficiency_alice: probability of a click on Alice's side, in [0, 1].
        efficiency_bob: likewise for Bob.

    Returns:
        Lossy behaviour of shape (2, 2, 3, 3).
    """
    clicks = []
    for name, value in (("efficiency_alice", efficiency_alice), ("efficiency_bob", efficiency_bob)):
        eta = _validate.probability(name, value)
        clicks.append(np.array([[eta, 0, 1 - eta], [0, eta, 1 - eta]]))
    return np.asarray(np.einsum("xyab,ac,bd->xycd", as_behaviour("behaviour", behaviour), *clicks))


def play_lossy(behaviour: FloatArray, rounds: int, rng: np.random.Generator) -> LossyBellTest:
    """Play a lossy behaviour with fair questions; the counts are drawn from their exact distribution.

    Args:
        behaviour: lossy behaviour ``[x, y, a, b]`` of shape (2, 2, 3, 3).
        rounds: number of rounds, at least 0.
        rng: source of randomness.
    """
    n = _validate.count("rounds", rounds)
    _validate.generator("rng", rng)
    table = _validate.conditional("behaviour", behaviour, (2, 2, 3, 3))
    cells = table.ravel() / table.sum()
    return LossyBellTest(rng.multinomial(n, cells).reshape(2, 2, 3, 3))


def post_selected_local_bound(efficiency: float) -> float:
    """Largest S that a shared seed can show on kept rounds: 4/η - 2, at most 4, at η = 1 the usual 2.

    Args:
        efficiency: η in (0, 1], probability that one side clicks given that the other did.

    Source: Garg, Mermin, PRD 35, 3831 (1987); Larsson, PRA 57, 3304 (1998).

    >>> round(post_selected_local_bound(0.8284271), 4)
    2.8284
    """
    eta = _validate.in_range("efficiency", efficiency, 0, 1, open_low=True)
    return min(4.0, 4 / eta - 2)


def deceiving_local_behaviour(efficiency: float) -> FloatArray:
    """A purely local program that looks like detectors of efficiency η and reaches the bound 4/η - 2.

    With weight q both sides answer a plain strategy (S = 2). Else one side, drawn at random, picks one of
    its questions in advance and stays silent at the other; its partner, who knows the pick, answers so
    that every kept round is won (S = 4). A share of rounds in which neither side clicks makes the clicks
    look independent: singles η, coincidences η², whatever was asked.

    Args:
        efficiency: η in [2/3, 1].

    Returns:
        Lossy behaviour of shape (2, 2, 3, 3).
    """
    eta = _validate.in_range("efficiency", efficiency, 2 / 3, 1)
    q = (3 * eta - 2) / (2 - eta)
    singles = (3 + q) / 4
    table = np.zeros((2, 2, 3, 3))
    for x in (0, 1):
        for y in (0, 1):
            for flip in (0, 1):
                table[x, y, flip, flip] += q / 2
                for pick in (0, 1):
                    silent_alice = flip if x == pick else NO_CLICK
                    table[x, y, silent_alice, flip ^ (pick & y)] += (1 - q) / 8
                    silent_bob = flip if y == pick else NO_CLICK
                    table[x, y, flip ^ (x & pick), silent_bob] += (1 - q) / 8
    table *= eta / singles
    table[:, :, NO_CLICK, NO_CLICK] += 1 - eta / singles
    return table


def with_readout_error(behaviour: FloatArray, error_zero: float, error_one: float) -> FloatArray:
    """A behaviour read by detectors on both sides that report 0 as 1 (probability e₀) or 1 as 0 (e₁).

    Args:
        behaviour: behaviour ``[x, y, a, b]``.
        error_zero: e₀ in [0, 1].
        error_one: e₁ in [0, 1]; with e₀ = e₁ = e, S shrinks by (1-2e)².
    """
    e0, e1 = _validate.probability("error_zero", error_zero), _validate.probability("error_one", error_one)
    confusion = readout_confusion(e0, e1)
    return np.asarray(np.einsum("xyab,ca,db->xycd", as_behaviour("behaviour", behaviour), confusion, confusion))


def largest_readout_error(s: float) -> float:
    """Symmetric readout error a side at which a CHSH value falls to 2: (1 - √(2/S))/2.

    >>> round(largest_readout_error(2 * 2**0.5), 5)
    0.07955
    """
    return float((1 - np.sqrt(2 / _validate.in_range("s", s, 2, 4))) / 2)
