"""Task 04.best_without_pairs: the best classical strategy."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab.bell import chsh
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ONE_SETTING, RUN_BELL_TEST, SHARED_SEED, SIGNALLING
from qlab.checks._task import Row

Array = NDArray[Any]

task = Declaration(
    id="04.best_without_pairs",
    points=3,
    title="Find the best that two players can do with a shared seed",
    outcome=RUN_BELL_TEST,
    returns=forms.number(0, 1),
)


@task.inputs
def _question_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    """Even questions, and for each of the four a table in which it is the rarest."""
    tables = []
    for rarest in rng.permutation(4):
        table = rng.dirichlet([4, 4, 4, 4])
        least = int(np.argmin(table))
        table[[least, rarest]] = table[[rarest, least]]
        tables.append(table.reshape(2, 2))
    return [(np.full((2, 2), 0.25),), *((table,) for table in tables)]


@task.reference
def _best_without_pairs(chances: Array) -> float:
    best = 0.0
    for strategy in chsh.local_strategies():
        behaviour = chsh.local_behaviour(strategy)
        wins = [behaviour[x, y, a, b] for x, y, a, b in np.ndindex(2, 2, 2, 2) if a ^ b == x & y]
        per_question = np.reshape(wins, (2, 2, 2)).sum(axis=2)
        best = max(best, float((per_question * chances).sum()))
    return best


@task.remark
def _one_table_of_many(rows: list[Row]) -> str | None:
    """Whatever tables were left out: each value is that of some table."""
    reached = all(np.isclose(got, 1 - np.ravel(chances), rtol=0, atol=1e-9).any() for got, _, (chances,) in rows)
    if not reached:
        return None
    return (
        "Each of your values is what some answer table reaches, and on some inputs another table does better: compare "
        "all sixteen."
    )


@task.misconception(
    SHARED_SEED,
    "You gave what an entangled pair reaches. A shared seed, however long, is one of a few fixed answer tables drawn "
    "in advance, and none of them does that well.",
)
def _quantum_bound(chances: Array) -> float:
    return float(chsh.winning_probability(chsh.TSIRELSON_BOUND))


@task.misconception(
    CONVENTION,
    "You took the number for evenly drawn questions. Questions that come unevenly let the players sacrifice the "
    "rarest one, so the bound that a Bell test must beat moves with them.",
)
def _three_quarters(chances: Array) -> float:
    return 0.75


@task.misconception(
    ONE_SETTING,
    "Your value is that of players who agree every time. There are other answer tables, and each of them gives up a "
    "question of its own.",
)
def _always_agree(chances: Array) -> float:
    return float(1 - np.asarray(chances)[1, 1])


@task.misconception(
    SHARED_SEED,
    "You let the players toss coins. A seed that both know lets them agree on a plan; toss-ups at the table only "
    "throw wins away.",
)
def _random_answers(chances: Array) -> float:
    return 0.5


@task.misconception(
    SIGNALLING,
    "You chose the best answers for each pair of questions. But each player sees one question only, and the answer "
    "may not depend on what the other was asked.",
)
def _knowing_both(chances: Array) -> float:
    return 1.0


@task.misconception(
    ONE_SETTING,
    "You gave up the commonest question. The players are free to choose which of the four they lose.",
)
def _worst_of_all(chances: Array) -> float:
    return float(1 - np.max(chances))


@task.alternative
def _by_enumeration(chances: Array) -> float:
    best = 0.0
    for a0, a1, b0, b1 in product((0, 1), repeat=4):
        total = 0.0
        for x in (0, 1):
            for y in (0, 1):
                if (a0, a1)[x] ^ (b0, b1)[y] == (x and y):
                    total += float(chances[x][y])
        best = max(best, total)
    return best


@task.alternative
def _giving_up_the_rarest(chances: Array) -> float:
    return float(1 - np.min(chances))


@task.alternative
def _by_signs(chances: Array) -> float:
    game = np.asarray(chances) * np.array([[1, 1], [1, -1]])
    bob = np.array([[1, 1], [1, -1]])
    bias = np.abs(game @ bob.T).sum(axis=0).max()
    return float((1 + bias) / 2)


@task.alternative
def _by_seeds(chances: Array) -> float:
    """Every seed is a deterministic strategy, numbered 0 to 15 by its four answers."""
    scores = np.zeros(16)
    for seed in range(16):
        answers = [seed >> i & 1 for i in range(4)]
        lost = [(x, y) for x in (0, 1) for y in (0, 1) if answers[x] ^ answers[2 + y] != x * y]
        scores[seed] = 1 - sum(chances[x][y] for x, y in lost)
    return float(scores.max())


TASK = task.with_hints(
    "A shared seed only picks among fixed tables: Alice's answer to 0 and to 1, Bob's answer to 0 and to 1.",
    "There are sixteen such tables. Compute the chance of winning for each and take the largest.",
    "A table wins at questions x, y if the answers differ exactly when both questions are 1; add up those questions' "
    "chances.",
)
