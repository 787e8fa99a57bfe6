"""Cases of one task and one seed, with what the reference and every misconception answer to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from qlab.checks._task import Answer, Arguments, Task
from qlab.checks._views import close

ATTEMPTS = 60
MARGIN = 100.0
"""Cases are redrawn until every wrong answer differs from the right one by this many tolerances."""


@dataclass(frozen=True)
class Exam:
    """What one answer is held against.

    Attributes:
        cases: argument tuples.
        expected: the reference's results, one a case.
        views: what of them matters.
        wrong: by misconception key, the views of its results.
        wrong_results: by misconception key, its results.
    """

    cases: tuple[Arguments, ...]
    expected: tuple[Any, ...]
    views: tuple[Any, ...]
    wrong: dict[str, tuple[Any, ...]]
    wrong_results: dict[str, tuple[Any, ...]]


def copied(value: Any) -> Any:
    """A copy of plain data that shares nothing mutable with it."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return value


def results(task: Task, answer: Answer, cases: tuple[Arguments, ...]) -> tuple[Any, ...]:
    """Results of one of the course's own implementations, in the task's form.

    Args:
        task: the task.
        answer: its reference, an alternative or a misconception.
        cases: argument tuples.
    """
    return tuple(task.returns(answer(*copied(arguments))) for arguments in cases)


def accepted(task: Task, got: Any, expected: Any, arguments: Arguments) -> bool:
    """Whether one result is right.

    Args:
        task: whose ``judge``, or view and tolerance, decides.
        got: the result, in the task's form.
        expected: the reference's result, in the task's form.
        arguments: of the case.
    """
    if task.judge is not None:
        return bool(task.judge(got, expected, *copied(arguments)))
    return close(task.view(got, *arguments), task.view(expected, *arguments), task.tolerance)


def _draw(task: Task, seed: object, attempt: int) -> Exam:
    digest = hashlib.sha256(f"{task.id}|{seed!r}|{attempt}".encode()).digest()
    cases = tuple(tuple(case) for case in task.inputs(np.random.default_rng(list(digest))))
    expected = results(task, task.reference, cases)
    answers = {m.key: results(task, m.answer, cases) for m in task.misconceptions}
    wrong = {key: views(task, given, cases) for key, given in answers.items()}
    exam = Exam(cases, expected, views(task, expected, cases), wrong, answers)
    unclear = _indistinct(task, exam, answers)
    if unclear:
        raise LookupError(f"{task.id}: no cases for seed {seed!r} tell apart: {unclear}")
    return exam


def views(task: Task, given: tuple[Any, ...], cases: tuple[Arguments, ...]) -> tuple[Any, ...]:
    """What of the results matters, one view a case.

    Args:
        task: whose ``view`` is applied.
        given: results in the task's form, one a case.
        cases: argument tuples.
    """
    return tuple(task.view(result, *copied(case)) for result, case in zip(given, cases, strict=True))


def _indistinct(task: Task, exam: Exam, answers: dict[str, tuple[Any, ...]]) -> str:
    """Names of two answers that these cases do not tell apart, or an empty text."""
    far = MARGIN * task.tolerance
    for key, given in answers.items():
        rows = zip(given, exam.expected, exam.cases, strict=True)
        if task.judge is not None and all(accepted(task, g, e, c) for g, e, c in rows):
            return f"the reference and {key}"
    shown = {"the reference": exam.views, **exam.wrong}
    names = list(shown)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if close(shown[first], shown[second], far):
                return f"{first} and {second}"
    return ""


@lru_cache(maxsize=256)
def exam(task: Task, seed: object) -> Exam:
    """The cases of a task for a seed, and the right and wrong answers to hold a learner's against.

    Args:
        task: the task.
        seed: chooses the cases; None for those of the visible test.

    Raises:
        LookupError: where no draw tells all misconceptions apart, which is the author's error.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return _draw(task, seed, attempt)
        except LookupError:
            continue
    return _draw(task, seed, ATTEMPTS - 1)
