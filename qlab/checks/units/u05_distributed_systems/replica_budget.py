"""Task 05.replica_budget: what is left for one more replica."""

from __future__ import annotations

import numpy as np

from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, COPYING, GROUP_OF_PAIRS, NO_SIGNALLING, NOISE_ARITHMETIC
from qlab.checks._forms import number
from qlab.checks._task import Arguments
from qlab.measures import concurrence
from qlab.states import partial_trace

task = Declaration(
    id="05.replica_budget",
    points=3,
    title="What is left for one more replica",
    outcome=NO_SIGNALLING,
    returns=number(0, 1, what="a concurrence"),
)


@task.inputs
def _budget_inputs(rng: np.random.Generator) -> list[Arguments]:
    lists = [[float(rng.uniform(0.15, 0.55)) for _ in range(count)] for count in (1, 2, 3, 2)]
    return [(values,) for values in lists]


@task.reference
def _budget(concurrences: list[float]) -> float:
    return float(np.sqrt(max(0.0, 1 - sum(c * c for c in concurrences))))


@task.misconception(
    COPYING,
    "You treated entanglement like a record that every replica can hold in full. It is monogamous: what the hub "
    "shares with one replica is gone for the others.",
)
def _replicas_are_free(concurrences: list[float]) -> float:
    return 1.0


@task.misconception(
    NOISE_ARITHMETIC,
    "You subtracted concurrences from one, as if they were percentages of a total. It is their squares that share the "
    "budget.",
)
def _budget_adds_up_linearly(concurrences: list[float]) -> float:
    return max(0.0, 1 - sum(concurrences))


@task.misconception(
    CONVENTION,
    "You stopped at the square of the answer. The squares add up to at most one, and what is asked for is a "
    "concurrence.",
)
def _forgot_the_root(concurrences: list[float]) -> float:
    return 1 - sum(c * c for c in concurrences)


@task.misconception(
    GROUP_OF_PAIRS,
    "You let only the strongest pair limit the new one. Every replica takes its share out of the one budget of the "
    "hub, not each out of its own.",
)
def _pairs_do_not_compete(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - max(concurrences) ** 2)) if len(concurrences) > 1 else 1.0


@task.misconception(
    GROUP_OF_PAIRS,
    "You divided the hub evenly among all replicas. The others already hold what they hold; the question is what this "
    "leaves.",
)
def _split_evenly(concurrences: list[float]) -> float:
    return 1 / (len(concurrences) + 1)


@task.alternative
def _budget_norm(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - np.linalg.norm(concurrences) ** 2))


@task.alternative
def _budget_step_by_step(concurrences: list[float]) -> float:
    left = 1.0
    for c in concurrences:
        left = float(np.sqrt(left**2 - c**2))
    return left


@task.alternative
def _budget_from_a_state(concurrences: list[float]) -> float:
    """Build hub and replicas with one excitation shared out, and measure what is left for the last of them."""
    shares = np.array(concurrences) / np.sqrt(2)
    last = np.sqrt(0.5 - np.sum(shares**2))
    nodes = len(concurrences) + 2
    ket = np.zeros(2**nodes)
    ket[1 << (nodes - 1)] = np.sqrt(0.5)
    for position, share in enumerate([*shares, last], start=1):
        ket[1 << (nodes - 1 - position)] = share
    return concurrence(partial_trace(ket, [0, nodes - 1]))


TASK = task.with_hints(
    "Monogamy (Coffman, Kundu and Wootters, 2000): the hub's concurrences with all others cannot all be large.",
    "The sum of their squares is at most 1.",
    "Put the unknown concurrence into that sum, take equality, and solve for it.",
)
