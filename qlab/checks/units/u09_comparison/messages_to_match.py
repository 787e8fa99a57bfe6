"""Task 09.messages_to_match: how many messages match a pair."""

from __future__ import annotations

import numpy as np

from qlab.bell.correlations import chsh_maximum
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ENTANGLED_MEANS_USEFUL, JUDGE_CLAIMS, NOISE_ARITHMETIC, SHARED_SEED, SIGNALLING
from qlab.checks._task import Arguments
from qlab.states import werner_state

task = Declaration(
    id="09.messages_to_match",
    points=3,
    title="How many messages match a pair",
    outcome=JUDGE_CLAIMS,
    returns=forms.number(0, 1, what="a share of the rounds"),
)


@task.inputs
def _match_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(float(rng.uniform(0.84, 0.93)),), (1.0,), (float(rng.uniform(0.55, 0.74)),)]


@task.reference
def _match(pair_fidelity: float) -> float:
    best = max(2.0, chsh_maximum(werner_state(pair_fidelity)))
    return (best - 2) / 2


def _value(f: float) -> float:
    return float(2 * np.sqrt(2) * (4 * f - 1) / 3)


@task.misconception(
    SIGNALLING,
    "You sent a bit in every round that quantum play is better than a seed. A bit in every round gives S = 4, far "
    "more than needed; only some of the rounds must have one.",
)
def _a_bit_in_every_round(pair_fidelity: float) -> float:
    return 1.0 if _value(pair_fidelity) > 2 else 0.0


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You held that classical parties need a message always, as if quantum correlations were out of reach. With "
    "messages they reach them, and go beyond.",
)
def _classical_cannot_follow(pair_fidelity: float) -> float:
    return 1.0


@task.misconception(
    NOISE_ARITHMETIC,
    "You matched a perfect pair. A pair of lower fidelity has a lower S, and below the bound there is nothing to "
    "match at all.",
)
def _every_pair_is_perfect(pair_fidelity: float) -> float:
    return float(np.sqrt(2) - 1)


@task.misconception(
    SHARED_SEED,
    "You let messages carry the whole of S. The rounds without a message play with the shared seed and bring 2 on "
    "their own.",
)
def _seed_counts_for_nothing(pair_fidelity: float) -> float:
    return _value(pair_fidelity) / 4


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let the advantage start where entanglement starts, at fidelity one half. For the CHSH game it starts later, "
    "and in between a seed is as good.",
)
def _advantage_from_one_half(pair_fidelity: float) -> float:
    return float(np.sqrt(2) - 1) * max(0.0, 2 * pair_fidelity - 1)


@task.alternative
def _match_formula(pair_fidelity: float) -> float:
    return max(0.0, float(np.sqrt(2)) * (4 * pair_fidelity - 1) / 3 - 1)


@task.alternative
def _match_by_wins(pair_fidelity: float) -> float:
    """The share q of rounds with a message wins always, the rest three quarters: 3/4 + q/4 must be the quantum win."""
    win = 0.5 + _value(pair_fidelity) / 8
    return max(0.0, 4 * (win - 0.75))


@task.alternative
def _match_by_search(pair_fidelity: float) -> float:
    low, high, target = 0.0, 1.0, _value(pair_fidelity)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if 4 * middle + 2 * (1 - middle) >= target else (middle, high)
    return high if high > 1e-12 else 0.0


TASK = task.with_hints(
    "Two kinds of rounds: with a message S is 4, without one it is 2. Mix them.",
    "A Werner pair of fidelity F reaches 2√2·(4F - 1)/3, or the seed's 2 where that is less.",
    "Find the share q with 4q + 2(1 - q) equal to what the pair reaches.",
)
