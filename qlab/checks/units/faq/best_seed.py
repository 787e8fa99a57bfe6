"""Task faq.best_seed: is it a shared seed?"""

from __future__ import annotations

import itertools

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import HEADLINE_FIGURE, IGNORANCE, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Arguments

task = Declaration(
    id="faq.best_seed",
    points=2,
    title="Is it just a shared seed?",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.number(0, 1, what="a winning probability"),
)


@task.inputs
def _seed_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Games that no seed wins, games that a seed wins always, and the textbook's."""
    games = []
    for odd in (1, 0, 1, 0, 1):
        weights = rng.dirichlet(np.ones(4) * 4).reshape(2, 2)
        targets = rng.integers(0, 2, size=(2, 2))
        targets[1, 1] = (targets.sum() - targets[1, 1] + odd) % 2
        games.append((weights.tolist(), targets.tolist()))
    even = np.full((2, 2), 0.25).tolist()
    return [*games, (even, [[0, 0], [0, 1]])]


@task.reference
def _seed(weights: list[list[float]], targets: list[list[int]]) -> float:
    best = 0.0
    for a0, a1, b0, b1 in itertools.product((0, 1), repeat=4):
        alice, bob = (a0, a1), (b0, b1)
        won = sum(weights[x][y] for x in (0, 1) for y in (0, 1) if alice[x] ^ bob[y] == targets[x][y])
        best = max(best, won)
    return best


@task.misconception(
    SHARED_SEED,
    "You let both sides always give the same answer. A seed can do more: it may fix any answer to each question in "
    "advance.",
)
def _only_agreement(weights: list[list[float]], targets: list[list[int]]) -> float:
    return sum(weights[x][y] for x in (0, 1) for y in (0, 1) if targets[x][y] == 0)


@task.misconception(
    HEADLINE_FIGURE,
    "You gave the bound of the textbook game. Each game has its own; some are won by a seed entirely, and then "
    "entanglement has nothing to add.",
)
def _three_quarters_always(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 0.75


@task.misconception(
    SHARED_SEED,
    "You let the seed meet every demand. It is drawn before the questions are, so one fixed list of answers must "
    "serve all four.",
)
def _seed_knows_the_questions(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 1.0


@task.misconception(
    IGNORANCE,
    "You made classical players guess. Players who prepared a common plan beat a coin in every such game.",
)
def _classical_is_guessing(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 0.5


@task.alternative
def _seed_by_parity(weights: list[list[float]], targets: list[list[int]]) -> float:
    """Targets of even total parity can all be met; otherwise one, the cheapest, must be given up."""
    odd = sum(map(sum, targets)) % 2
    return 1.0 - (min(map(min, weights)) if odd else 0.0)


@task.alternative
def _seed_with_signs(weights: list[list[float]], targets: list[list[int]]) -> float:
    table = np.array(weights) * (-1.0) ** np.array(targets)
    values = [np.abs(np.array(a) @ table).sum() for a in itertools.product((1, -1), repeat=2)]
    return float(0.5 + max(values) / 2)


@task.alternative
def _seed_bob_replies(weights: list[list[float]], targets: list[list[int]]) -> float:
    w, t = np.array(weights), np.array(targets)
    best = 0.0
    for alice in itertools.product((0, 1), repeat=2):
        won = 0.0
        for y in (0, 1):
            chances = [sum(w[x, y] for x in (0, 1) if alice[x] ^ reply == t[x, y]) for reply in (0, 1)]
            won += max(chances)
        best = max(best, won)
    return float(best)


TASK = task.with_hints(
    "A seed only chooses among fixed plans, so the best fixed plan is the best that it can do.",
    "A plan is an answer of each side to each question: two bits for Alice, two for Bob, sixteen plans.",
    "For each plan add up the weights of those questions (x, y) for which Alice's answer XOR Bob's is the target; "
    "take the largest.",
)
