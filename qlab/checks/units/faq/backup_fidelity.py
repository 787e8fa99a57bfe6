"""Task faq.backup_fidelity: can it be backed up?"""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import COPYING, HEADLINE_FIGURE, JUDGE_CLAIMS, NOISE_ARITHMETIC
from qlab.checks._task import Arguments

task = Declaration(
    id="faq.backup_fidelity",
    points=2,
    title="Can a qubit be backed up?",
    outcome=JUDGE_CLAIMS,
    returns=forms.number(0, 1, what="a fidelity"),
)


@task.inputs
def _backup_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(1,), *((int(n),) for n in rng.choice(np.arange(2, 40), size=4, replace=False))]


@task.reference
def _backup(copies: int) -> float:
    return (2 * copies + 1) / (3 * copies)


@task.misconception(
    COPYING,
    "You copied the qubit like a file. An unknown state cannot be copied perfectly; the best machine leaves every "
    "copy damaged.",
)
def _backup_as_usual(copies: int) -> float:
    return 1.0


@task.misconception(
    COPYING,
    "You divided the state among its copies. Even endless copies keep two thirds, as much as measuring and preparing "
    "anew would give.",
)
def _state_divided_up(copies: int) -> float:
    return 1 / copies


@task.misconception(
    HEADLINE_FIGURE,
    "You used the figure for two copies throughout. The more copies, the worse each, down to what a measurement gives.",
)
def _two_copies_for_all(copies: int) -> float:
    return 5 / 6 if copies > 1 else 1.0


@task.misconception(
    NOISE_ARITHMETIC,
    "You copied copies, one after the other, and multiplied the damage. One machine that makes all of them at once "
    "does much better.",
)
def _copies_of_copies(copies: int) -> float:
    return float((5 / 6) ** (copies - 1))


@task.alternative
def _backup_towards_two_thirds(copies: int) -> float:
    return 2 / 3 + 1 / (3 * copies)


@task.alternative
def _backup_shrunk_arrow(copies: int) -> float:
    """The Bloch vector of each copy is shrunk by (M + 2) / 3M."""
    return 0.5 + 0.5 * (copies + 2) / (3 * copies)


@task.alternative
def _backup_general(copies: int) -> float:
    n, m = 1, copies
    return (m * n + m + n) / (m * (n + 2))


TASK = task.with_hints(
    "One copy is the original itself, with fidelity 1; two copies reach 5/6 each.",
    "Endless copies are as good as measuring once and preparing again, which gives 2/3.",
    "The general law from N originals to M copies is (MN + M + N)/(M(N + 2)) (Gisin and Massar, 1997).",
)
