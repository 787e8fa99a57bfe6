"""Task 04.chsh_both_ways: what dropping lost rounds does."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, RUN_BELL_TEST, SELECTED_DATA

Array = NDArray[Any]

task = Declaration(
    id="04.chsh_both_ways",
    points=3,
    title="See what dropping the lost rounds does to S",
    outcome=RUN_BELL_TEST,
    returns=forms.record(kept=forms.number(-4, 4), all=forms.number(-4, 4)),
)


@task.inputs
def _count_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    tables = []
    for _ in range(2):
        efficiency = rng.uniform(0.6, 0.95, (2, 2, 2))
        chances = np.zeros((2, 2, 3, 3))
        for x, y in np.ndindex(2, 2):
            mean = rng.uniform(0.4, 0.9) * (-1 if x == y == 1 else 1)
            same, different = (1 + mean) / 4, (1 - mean) / 4
            kept = np.array([[same, different], [different, same]])
            alice, bob = efficiency[0, x, y], efficiency[1, x, y]
            chances[x, y, :2, :2] = kept * alice * bob
            chances[x, y, :2, 2] = kept.sum(axis=1) * alice * (1 - bob)
            chances[x, y, 2, :2] = kept.sum(axis=0) * (1 - alice) * bob
            chances[x, y, 2, 2] = (1 - alice) * (1 - bob)
        rounds = rng.integers(800, 2000, (2, 2))
        table = np.zeros((2, 2, 3, 3), dtype=int)
        for x, y in np.ndindex(2, 2):
            table[x, y] = rng.multinomial(rounds[x, y], chances[x, y].ravel()).reshape(3, 3)
        tables.append((table,))
    return tables


_SIGNS = np.array([[1, 1], [1, -1]])


def _value_of(counts: Array) -> float:
    """S of counts [x, y, a, b] of two outcomes each."""
    signed = np.asarray(counts) * np.array([[1, -1], [-1, 1]])
    means = signed.sum(axis=(2, 3)) / np.asarray(counts).sum(axis=(2, 3))
    return float((_SIGNS * means).sum())


def _lost_as_zero(counts: Array) -> Array:
    """Counts with a lost result booked as outcome 0."""
    table = np.array(counts, dtype=float)
    table[:, :, 0, :] += table[:, :, 2, :]
    table[:, :, :, 0] += table[:, :, :, 2]
    return table[:, :, :2, :2]


@task.reference
def _chsh_both_ways(counts: Array) -> dict[str, float]:
    return {"kept": _value_of(np.asarray(counts)[:, :, :2, :2]), "all": _value_of(_lost_as_zero(counts))}


@task.misconception(
    SELECTED_DATA,
    "You dropped the lost rounds in both numbers. A player who may stay silent when the question does not suit him "
    "can choose which rounds count, and then a seed can pass for entanglement.",
)
def _dropped_twice(counts: Array) -> dict[str, float]:
    kept = _value_of(np.asarray(counts)[:, :, :2, :2])
    return {"kept": kept, "all": kept}


@task.misconception(
    SELECTED_DATA,
    "You let a lost result count as neither. The bound of 2 holds for players who always answer one of two ways, so "
    "the rule of the test has to book silence as one of the two answers.",
)
def _lost_as_nothing(counts: Array) -> dict[str, float]:
    table = np.asarray(counts, dtype=float)
    signed = (table[:, :, :2, :2] * np.array([[1, -1], [-1, 1]])).sum(axis=(2, 3))
    every = signed / table.sum(axis=(2, 3))
    return {"kept": _value_of(table[:, :, :2, :2]), "all": float((_SIGNS * every).sum())}


@task.misconception(
    SELECTED_DATA,
    "You booked the rounds in which both sides lost the signal and dropped those in which one did. Selecting by what "
    "one side saw is selecting all the same.",
)
def _half_lost_dropped(counts: Array) -> dict[str, float]:
    table = np.array(counts, dtype=float)
    table[:, :, 0, 0] += table[:, :, 2, 2]
    kept = _value_of(np.asarray(counts)[:, :, :2, :2])
    return {"kept": kept, "all": _value_of(table[:, :, :2, :2])}


@task.misconception(
    CONVENTION,
    "You pooled all settings and converted the share of wins. The value S gives each of the four settings the same "
    "weight, however many rounds each got.",
)
def _settings_pooled(counts: Array) -> dict[str, float]:
    def pooled(table: Array) -> float:
        agree = table[:, :, 0, 0] + table[:, :, 1, 1]
        differ = table[:, :, 0, 1] + table[:, :, 1, 0]
        wins = np.where(_SIGNS > 0, agree, differ).sum()
        return float(8 * wins / table.sum() - 4)

    return {"kept": pooled(np.asarray(counts, dtype=float)[:, :, :2, :2]), "all": pooled(_lost_as_zero(counts))}


@task.misconception(
    CONVENTION,
    "You added all four correlations. At the questions (1, 1) the players win by differing, so that one enters with a "
    "minus.",
)
def _no_minus(counts: Array) -> dict[str, float]:
    def value(table: Array) -> float:
        signed = table * np.array([[1, -1], [-1, 1]])
        return float((signed.sum(axis=(2, 3)) / table.sum(axis=(2, 3))).sum())

    return {"kept": value(np.asarray(counts, dtype=float)[:, :, :2, :2]), "all": value(_lost_as_zero(counts))}


@task.alternative
def _by_loops(counts: Array) -> dict[str, float]:
    result = {"kept": 0.0, "all": 0.0}
    for x, y in product((0, 1), repeat=2):
        sign = -1 if x and y else 1
        kept = every = kept_rounds = every_rounds = 0
        for a, b in product((0, 1, 2), repeat=2):
            n = int(counts[x][y][a][b])
            booked = (1, -1, 1)[a] * (1, -1, 1)[b] * n
            every, every_rounds = every + booked, every_rounds + n
            if a < 2 and b < 2:
                kept, kept_rounds = kept + booked, kept_rounds + n
        result["kept"] += sign * kept / kept_rounds
        result["all"] += sign * every / every_rounds
    return result


@task.alternative
def _by_values(counts: Array) -> dict[str, float]:
    table = np.asarray(counts, dtype=float)
    sums = {}
    for name, values in {"kept": np.array([1, -1, 0]), "all": np.array([1, -1, 1])}.items():
        total = np.einsum("xyab,a,b->xy", table, values, values)
        rounds = np.einsum("xyab,a,b->xy", table, np.abs(values), np.abs(values))
        sums[name] = float(np.sum(_SIGNS * total / rounds))
    return sums


@task.alternative
def _by_agreement(counts: Array) -> dict[str, float]:
    fold = np.array([[1, 0, 1], [0, 1, 0]])
    folded = np.einsum("ia,jb,xyab->xyij", fold, fold, np.asarray(counts, dtype=float))
    result = {}
    for name, table in {"all": folded, "kept": np.asarray(counts, dtype=float)[..., :2, :2]}.items():
        agree = np.trace(table, axis1=2, axis2=3) / table.sum(axis=(2, 3))
        means = 2 * agree - 1
        result[name] = float(means[0, 0] + means[0, 1] + means[1, 0] - means[1, 1])
    return result


TASK = task.with_hints(
    "For each of the four settings you need the mean product of the results, with outcome 0 as +1 and 1 as -1.",
    "For 'kept', only the 2×2 corner of the table counts, and its own sum is the number of rounds.",
    "For 'all', add row 2 to row 0 and column 2 to column 0 first. Then add the four means with their signs.",
)
