"""Task 05.expected_wins: where an XOR game helps a load balancer, and where it stops."""

from __future__ import annotations

import numpy as np

from qlab.checks._declaration import Declaration
from qlab.checks._families import COPYING, ENTANGLED_MEANS_USEFUL, NO_SIGNALLING, SHARED_SEED
from qlab.checks._forms import number
from qlab.checks._task import Arguments

task = Declaration(
    id="05.expected_wins",
    points=3,
    title="Where an XOR game helps a load balancer, and where it stops",
    outcome=NO_SIGNALLING,
    returns=number(0, what="an expected number of wins"),
)


@task.inputs
def _wins_inputs(rng: np.random.Generator) -> list[Arguments]:
    above = [float(rng.uniform(0.38, 0.48)), float(rng.uniform(0.38, 0.48))]
    below = float(rng.uniform(0.12, 0.22))
    near = [CUT_OFF * (1 + side * float(rng.uniform(0.02, 0.045))) for side in (1, -1)]
    rounds = [int(n) for n in rng.integers(800, 2000, size=6)]
    some = int(rng.integers(200, 600))
    return [
        (rounds[0], some, above[0]),
        (rounds[1], rounds[1] + some, above[1]),
        (rounds[2], some, below),
        (rounds[3], 0, above[0]),
        *((rounds[4 + i], rounds[4 + i] - some, float(p)) for i, p in enumerate(near)),
    ]


CUT_OFF = 1 - 1 / np.sqrt(2)


def _game_values(p: float) -> tuple[float, float]:
    """Best winning probability with a shared seed, and with a fresh pair, if each input is 1 with probability p."""
    classical = 1 - p * p
    return classical, (0.5 + (p * p + (1 - p) ** 2) / np.sqrt(2) if p > CUT_OFF else classical)


@task.reference
def _wins(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    fresh = min(decisions, pairs)
    return float(fresh * quantum + (decisions - fresh) * classical)


@task.misconception(
    COPYING,
    "You used a pair for every decision, however few there were. A measured pair is spent; each round needs a fresh "
    "one or falls back to the shared seed.",
)
def _pair_used_again(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(decisions * (quantum if pairs else classical))


@task.misconception(
    SHARED_SEED,
    "You counted rounds without a pair as lost. Two servers with a shared seed win most rounds already, and that is "
    "what an advantage is measured against.",
)
def _no_pair_no_win(decisions: int, pairs: int, p: float) -> float:
    return float(min(decisions, pairs) * _game_values(p)[1])


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You took 0.75 and 0.854 from the textbook game, in which both inputs are even. Traffic is not: with rarer "
    "requests the seed alone wins more.",
)
def _textbook_inputs(decisions: int, pairs: int, p: float) -> float:
    fresh = min(decisions, pairs)
    return float(fresh * np.cos(np.pi / 8) ** 2 + (decisions - fresh) * 0.75)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You used the formula for entangled play below the bias where it holds. There the best quantum strategy is the "
    "classical one, and the pair buys nothing.",
)
def _formula_past_its_range(decisions: int, pairs: int, p: float) -> float:
    fresh = min(decisions, pairs)
    return float(fresh * (0.5 + (p * p + (1 - p) ** 2) / np.sqrt(2)) + (decisions - fresh) * (1 - p * p))


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let pairs that no decision needs win rounds. A pair helps one decision; stock beyond that is idle.",
)
def _more_pairs_than_rounds(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(pairs * quantum + (decisions - pairs) * classical)


@task.alternative
def _wins_by_vectors(decisions: int, pairs: int, p: float) -> float:
    """Maximise over the angle between Alice's two directions; Bob's best answer to them is known."""
    q = 1 - p
    cosines = np.linspace(-1, 1, 40_001)
    first = np.sqrt((q * q) ** 2 + (p * q) ** 2 + 2 * q * q * p * q * cosines)
    second = np.sqrt((q * p) ** 2 + (p * p) ** 2 - 2 * q * p * p * p * cosines)
    quantum = 0.5 + float(np.max(first + second)) / 2
    fresh = min(decisions, pairs)
    return fresh * quantum + (decisions - fresh) * (1 - p * p)


@task.alternative
def _wins_as_gain(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(decisions * classical + min(pairs, decisions) * (quantum - classical))


@task.alternative
def _wins_round_by_round(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(np.where(np.arange(decisions) < pairs, quantum, classical).sum())


TASK = task.with_hints(
    "Split the decisions: those that get a fresh pair, and the rest, which play the best classical strategy.",
    "With inputs that are 1 with probability p, answering 0 always wins 1 - p². With a pair it is ½ + (p² + "
    "(1-p)²)/√2, as long as p is above 1 - 1/√2.",
    "Below that bias use the classical value for both. A pair serves one decision, so at most min(decisions, pairs) "
    "of them count.",
)
