"""Inputs far and wide: whether a changed answer is another answer at all, or the same one written differently."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qlab import states
from qlab.checks import Task
from qlab.checks._exam import accepted, copied
from qlab.checks._forms import WrongForm
from qlab.checks._task import Arguments
from qlab.gates import random_unitary

DRAWS = 12
"""Seeds whose cases are probed as they are."""
JITTERS = 8
"""Times that each of them is moved at random, through the whole range of its arguments."""


def _number(value: float, rng: np.random.Generator) -> float:
    """Another number of the same kind: a share stays a share, a sign may turn where both signs are usual."""
    if 0 <= value <= 1:
        return float(rng.choice([rng.uniform(0, 1), min(0.999, value * rng.uniform(0.8, 1.2))]))
    return float(value * rng.uniform(0.5, 1.5))


def _array(value: Any, rng: np.random.Generator) -> Any:
    if value.ndim == 1 and np.iscomplexobj(value):
        return states.random_ket(int(np.log2(value.size)), rng)
    if value.shape == (4, 4) and np.iscomplexobj(value):
        weight = rng.choice([0.0, rng.uniform(0, 1)])
        sides = [random_unitary(2, rng) for _ in range(2)]
        turn = np.kron(*sides) if rng.random() < 0.5 else np.eye(4)
        mixed = (1 - weight) * turn @ value @ turn.conj().T + weight * states.random_density_matrix(2, rng)
        return (mixed + mixed.conj().T) / 2
    if value.dtype.kind == "f":
        moved = np.abs(value * rng.uniform(0.2, 1.8, value.shape))
        return moved / moved.sum() if np.isclose(value.sum(), 1) else moved
    return rng.permutation(value.ravel()).reshape(value.shape)


def _moved(value: Any, others: list[Any], rng: np.random.Generator) -> Any:  # noqa: PLR0911 (a table of kinds)
    """An argument moved at random; what cannot be moved is exchanged for the same argument of another case."""
    if isinstance(value, np.ndarray):
        return _array(value, rng)
    if isinstance(value, (bool, str)):
        return others[rng.integers(len(others))]
    if isinstance(value, int):
        return max(0, value + int(rng.integers(-3, 4)))
    if isinstance(value, float):
        return _number(value, rng)
    if isinstance(value, dict) and all(isinstance(item, (int, float)) for item in value.values()):
        return {key: _moved(item, [item], rng) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, float) for item in value):
        return [_number(item, rng) for item in value]
    return others[rng.integers(len(others))]


def cases(task: Task) -> Iterator[Arguments]:
    """Arguments as drawn, and moved."""
    rng = np.random.default_rng(20)
    drawn = [tuple(case) for seed in range(DRAWS) for case in task.inputs(np.random.default_rng(1000 + seed))]
    columns: list[list[Any]] = [list(column) for column in zip(*drawn, strict=True)]
    for case in drawn:
        yield case
        for _ in range(JITTERS):
            whole = rng.random() < 0.5
            one = int(rng.integers(len(case)))
            yield tuple(
                _moved(copied(value), columns[i], rng) if whole or i == one else copied(value)
                for i, value in enumerate(case)
            )


def _usable(task: Task) -> Iterator[tuple[Arguments, Any]]:
    """Cases on which all right implementations agree: outside of what the task asks about, they need not."""
    for case in cases(task):
        with contextlib.suppress(Exception):
            expected = task.returns(task.reference(*copied(case)))
            others = [task.returns(answer(*copied(case))) for answer in task.alternatives]
            if all(accepted(task, found, expected, case) for found in (expected, *others)):
                yield case, expected


class Probe:
    """The cases of one task, with what the reference answers."""

    def __init__(self, task: Task) -> None:
        self.task = task
        with np.errstate(all="ignore"):
            self.held = list(_usable(task))

    def difference(self, answer: Callable[..., Any]) -> Arguments | None:
        """Arguments for which an answer is not right, or None where there are none among the probes."""
        for case, expected in self.held:
            try:
                if not accepted(self.task, self.task.returns(answer(*copied(case))), expected, case):
                    return case
            except WrongForm:
                return case
            except Exception:
                return case
        return None
