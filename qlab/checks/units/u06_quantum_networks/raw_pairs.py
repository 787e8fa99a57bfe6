"""Task 06.raw_pairs: a swap chain above its threshold, and what it costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ENTANGLED_MEANS_USEFUL, FREE_WIRING, NOISE_ARITHMETIC, PLAN_LINKS, SELECTED_DATA
from qlab.checks._task import Arguments
from qlab.networks.purification import dejmps, werner_weights

task = Declaration(
    id="06.raw_pairs",
    points=4,
    title="A swap chain above its threshold, and what it costs",
    outcome=PLAN_LINKS,
    returns=forms.number(0, what="an average number of raw pairs"),
)


def _swapped(weights: Any, links: int) -> float:
    """Fidelity with |Φ+⟩ after ideal swaps of equal Bell-diagonal links: weights convolve over Z2 × Z2."""
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    return float(np.mean((signs @ np.asarray(weights)) ** links))


MOST_ROUNDS = 8


def _after(link_fidelity: float, links: int, rounds: int) -> float:
    """Fidelity of the chain after so many rounds on each link."""
    weights = werner_weights(link_fidelity)
    for _ in range(rounds):
        weights, _success = dejmps(weights)
    return _swapped(weights, links)


BORDERS = (
    (0.56, 0.6, 3, 0),
    (0.62, 0.68, 3, 1),
    (0.7, 0.76, 3, 2),
    (0.8, 0.9, 5, 1),
    (0.78, 0.9, 2, 1),
)
"""Fidelities of a link, from and to; links; and the rounds that just reach a target."""


@task.inputs
def _raw_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Targets closely below and above what so many rounds reach, for few links and many, even and odd."""
    long_chain, f = int(rng.integers(30, 45)), float(rng.uniform(0.975, 0.984))
    between = (f**long_chain + _swapped(werner_weights(f), long_chain)) / 2
    cases: list[Arguments] = [(f, long_chain, round(between, 6)), (float(rng.uniform(0.3, 0.45)), 4, 0.8)]
    for low, high, links, rounds in BORDERS:
        link = float(rng.uniform(low, high))
        for side in (-1, 1):
            cases.append((link, links, round(_after(link, links, rounds) + side * 0.0008, 6)))
    poor = float(rng.uniform(0.518, 0.524))
    for side in (-1, 1):
        cases.append((poor, 2, round(_after(poor, 2, MOST_ROUNDS) + side * 0.001, 6)))
    return cases


@task.reference
def _raw(link_fidelity: float, links: int, target: float) -> float:
    weights, cost = werner_weights(link_fidelity), 1.0
    for _ in range(MOST_ROUNDS + 1):
        if _swapped(weights, links) >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost *= 2 / success
    return 0.0


@task.misconception(
    NOISE_ARITHMETIC,
    "You purified until each link met the target. Every swap composes the noise of two links, so the links must be "
    "better than the chain is to be.",
)
def _good_links_good_chain(link_fidelity: float, links: int, target: float) -> float:
    return _raw(link_fidelity, 1, target) * links


@task.misconception(
    SELECTED_DATA,
    "You doubled the pairs each round and stopped there. A round also fails, and then both of its pairs are gone and "
    "must be made again.",
)
def _purification_always_succeeds(link_fidelity: float, links: int, target: float) -> float:
    weights, rounds = werner_weights(link_fidelity), 0
    while _swapped(weights, links) < target:
        if rounds == MOST_ROUNDS:
            return 0.0
        weights, rounds = dejmps(weights)[0], rounds + 1
    return float(links * 2**rounds)


@task.misconception(
    FREE_WIRING,
    "You paid for one link. Every link of the chain needs its own purified pair for each pair end to end.",
)
def _one_link_paid(link_fidelity: float, links: int, target: float) -> float:
    return _raw(link_fidelity, links, target) / links


@task.misconception(
    NOISE_ARITHMETIC,
    "You multiplied the links' fidelities. It is the correlations beyond chance that multiply; two errors can also "
    "cancel, and a fidelity counts that.",
)
def _fidelities_multiply(link_fidelity: float, links: int, target: float) -> float:
    weights, cost = werner_weights(link_fidelity), 1.0
    for _ in range(MOST_ROUNDS + 1):
        if weights[0] ** links >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost *= 2 / success
    return 0.0


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You took one raw pair a link, whatever comes out at the ends. The chain has a target to meet, and below fidelity "
    "one half nothing can be purified at all.",
)
def _swapping_is_free(link_fidelity: float, links: int, target: float) -> float:
    return float(links)


def _dejmps_step(a: float, b: float, c: float, d: float) -> tuple[float, float, float, float, float]:
    """Weights of Φ+, Ψ-, Ψ+, Φ- after one round, and its success."""
    n = (a + b) ** 2 + (c + d) ** 2
    return (a * a + b * b) / n, 2 * c * d / n, (c * c + d * d) / n, 2 * a * b / n, n


@task.alternative
def _raw_by_formula(link_fidelity: float, links: int, target: float) -> float:
    a, rest = link_fidelity, (1 - link_fidelity) / 3
    b = c = d = rest
    cost = 1.0
    for _ in range(MOST_ROUNDS + 1):
        x, y, z = (a + c) - (b + d), (a + b) - (c + d), (a + d) - (b + c)
        if (1 + x**links + y**links + z**links) / 4 >= target:
            return links * cost
        a, b, c, d, n = _dejmps_step(a, b, c, d)
        cost *= 2 / n
    return 0.0


@task.alternative
def _raw_by_products(link_fidelity: float, links: int, target: float) -> float:
    """Swap link by link, composing the errors of two pairs as Pauli errors."""
    weights, cost = werner_weights(link_fidelity), 1.0
    table = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]])
    for _ in range(MOST_ROUNDS + 1):
        chain = np.array(weights)
        for _link in range(links - 1):
            chain = np.array(
                [sum(chain[i] * weights[j] for i in range(4) for j in range(4) if table[i, j] == k) for k in range(4)]
            )
        if chain[0] >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost = cost * 2 / success
    return 0.0


@task.alternative
def _raw_recursive(link_fidelity: float, links: int, target: float) -> float:
    def one_link(weights: Any, rounds_left: int) -> float:
        if _swapped(weights, links) >= target:
            return 1.0
        if rounds_left == 0:
            return 0.0
        better, success = dejmps(weights)
        return 2 / success * one_link(better, rounds_left - 1)

    return links * one_link(werner_weights(link_fidelity), MOST_ROUNDS)


TASK = task.with_hints(
    "Try 0, 1, 2, … rounds of purification on every link until the chain's fidelity reaches the target.",
    "purification.dejmps(weights) returns new weights and the success chance; a round costs 2/success pairs for one. "
    "repeaters.swapped_weights composes two links.",
    "Multiply the costs of the rounds, and then by the number of links. If 8 rounds are not enough, return 0.",
)
