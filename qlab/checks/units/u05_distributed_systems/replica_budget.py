"""Task 05.replica_budget: what is left for one more replica."""

from __future__ import annotations

import numpy as np

from qlab.checks._families import CONVENTION, COPYING, GROUP_OF_PAIRS, NO_SIGNALLING, NOISE_ARITHMETIC
from qlab.checks._forms import number
from qlab.checks._task import Arguments, Misconception, Task
from qlab.measures import concurrence
from qlab.states import partial_trace


def _budget_inputs(rng: np.random.Generator) -> list[Arguments]:
    lists = [[float(rng.uniform(0.15, 0.55)) for _ in range(count)] for count in (1, 2, 3, 2)]
    return [(values,) for values in lists]


def _budget(concurrences: list[float]) -> float:
    return float(np.sqrt(max(0.0, 1 - sum(c * c for c in concurrences))))


def _budget_free_copies(concurrences: list[float]) -> float:
    return 1.0


def _budget_linear(concurrences: list[float]) -> float:
    return max(0.0, 1 - sum(concurrences))


def _budget_no_root(concurrences: list[float]) -> float:
    return 1 - sum(c * c for c in concurrences)


def _budget_last_only(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - max(concurrences) ** 2)) if len(concurrences) > 1 else 1.0


def _budget_equal_shares(concurrences: list[float]) -> float:
    return 1 / (len(concurrences) + 1)


def _budget_norm(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - np.linalg.norm(concurrences) ** 2))


def _budget_step_by_step(concurrences: list[float]) -> float:
    left = 1.0
    for c in concurrences:
        left = float(np.sqrt(left**2 - c**2))
    return left


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


TASK = Task(
    id="05.replica_budget",
    title="What is left for one more replica",
    outcome=NO_SIGNALLING,
    inputs=_budget_inputs,
    reference=_budget,
    returns=number(0, 1, what="a concurrence"),
    misconceptions=(
        Misconception(
            "replicas-are-free",
            "You treated entanglement like a record that every replica can hold in full. It is monogamous: what the "
            "hub shares with one replica is gone for the others.",
            _budget_free_copies,
            COPYING,
        ),
        Misconception(
            "budget-adds-up-linearly",
            "You subtracted concurrences from one, as if they were percentages of a total. It is their squares that "
            "share the budget.",
            _budget_linear,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "forgot-the-root",
            "You stopped at the square of the answer. The squares add up to at most one, and what is asked for is a "
            "concurrence.",
            _budget_no_root,
            CONVENTION,
        ),
        Misconception(
            "pairs-do-not-compete",
            "You let only the strongest pair limit the new one. Every replica takes its share out of the one budget "
            "of the hub, not each out of its own.",
            _budget_last_only,
            GROUP_OF_PAIRS,
        ),
        Misconception(
            "split-evenly",
            "You divided the hub evenly among all replicas. The others already hold what they hold; the question is "
            "what this leaves.",
            _budget_equal_shares,
            GROUP_OF_PAIRS,
        ),
    ),
    alternatives=(_budget_norm, _budget_step_by_step, _budget_from_a_state),
    hints=(
        "Monogamy (Coffman, Kundu and Wootters, 2000): the hub's concurrences with all others cannot all be large.",
        "The sum of their squares is at most 1.",
        "Put the unknown concurrence into that sum, take equality, and solve for it.",
    ),
)
