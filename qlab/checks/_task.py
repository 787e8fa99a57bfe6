"""What an exercise is: frozen data. How it is judged stands in `qlab.checks._judge`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import _validate
from qlab.checks._families import FAMILIES, OUTCOMES
from qlab.checks._forms import Form

Answer = Callable[..., Any]
Arguments = tuple[Any, ...]
Row = tuple[Any, Any, Arguments]
STATUSES = ("passed", "failed", "crashed", "could_not_tell")


def _whole(answer: Any, *_arguments: Any) -> Any:
    return answer


@dataclass(frozen=True)
class Misconception:
    """A plausible wrong implementation, and the sentence that names the error in thinking.

    Attributes:
        key: short name, unique in its task, such as ``"half-angles"``.
        says: what the learner is told: the thought that leads here, and what it overlooks; never the key.
        answer: the wrong implementation, a module-level function.
        family: a key of `qlab.checks.FAMILIES`.
    """

    key: str
    says: str
    answer: Answer
    family: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.key):
            raise _validate.fail("key", "must be lower-case words joined by dashes", self.key)
        _validate.one_of("family", self.family, FAMILIES)
        if len(self.says.split()) < 8:
            raise _validate.fail("says", "must name the error in thinking in a whole sentence", self.says)


@dataclass(frozen=True)
class Task:
    """One graded exercise.

    An answer is right where, in every case, ``judge(answer, expected, *arguments)`` is true. The default judge
    compares ``view(answer, *arguments)`` with the same view of the reference's answer, up to the tolerance.
    A misconception is recognised where the views agree with those of its implementation in every case.

    Attributes:
        id: unit and name of the learner's function, such as ``"04.best_angles"``.
        title: the task in a few words.
        outcome: one of `qlab.checks.OUTCOMES`.
        inputs: from a random generator to the cases, a list of argument tuples.
        reference: the right answer, built on the tested core.
        returns: what a result must look like (`qlab.checks._forms`).
        misconceptions: at least four.
        alternatives: at least three other right implementations.
        hints: three steps, the last one short of the answer.
        view: what of a result matters, as plain data or arrays; by default all of it.
        judge: for tasks with more than one right result; by default equality of views.
        remark: what is true of a wrong answer beyond its misconceptions, from rows of (result, expected, arguments),
            one a case; None where nothing is known.
        tolerance: difference that still counts as equal, absolute below 1 and relative above.
        points: of both tests together; the visible one carries 1.
    """

    id: str
    title: str
    outcome: str
    inputs: Callable[[np.random.Generator], Sequence[Arguments]]
    reference: Answer
    returns: Form
    misconceptions: tuple[Misconception, ...]
    alternatives: tuple[Answer, ...]
    hints: tuple[str, str, str]
    view: Callable[..., Any] = _whole
    judge: Callable[..., bool] | None = None
    remark: Callable[[list[Row]], str | None] | None = None
    tolerance: float = 1e-6
    points: int = 3

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(\d\d|faq)\.[a-z][a-z0-9_]*", self.id):
            raise _validate.fail("id", "must be a unit and a function name such as '04.best_angles'", self.id)
        _validate.one_of("outcome", self.outcome, OUTCOMES)
        _validate.integer("points", self.points, 2)
        _validate.positive("tolerance", self.tolerance)
        keys = [m.key for m in self.misconceptions]
        if len(keys) < 4 or len(set(keys)) != len(keys):
            raise _validate.fail(f"misconceptions of {self.id}", "must be at least 4, with different keys", keys)
        if len(self.alternatives) < 3:
            raise _validate.fail(f"alternatives of {self.id}", "must be at least 3", len(self.alternatives))
        if len(self.hints) != 3:
            raise _validate.fail(f"hints of {self.id}", "must be 3", len(self.hints))

    @property
    def unit(self) -> str:
        """The unit's number, or ``"faq"``."""
        return self.id.split(".", 1)[0]

    @property
    def name(self) -> str:
        """Name of the function that the learner writes."""
        return self.id.split(".", 1)[1]

    @property
    def grade_id(self) -> str:
        """Grade id of the solution cell; the tests append ``-visible`` and ``-hidden``."""
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Verdict:
    """What became of an answer.

    Attributes:
        status: ``"passed"``, ``"failed"``, ``"crashed"`` (the learner's code raised) or
            ``"could_not_tell"`` (the fault is not the learner's).
        message: one or two sentences for the learner.
        misconception: key of the misconception recognised, or None.
    """

    status: str
    message: str
    misconception: str | None = None

    def __post_init__(self) -> None:
        _validate.one_of("status", self.status, STATUSES)
