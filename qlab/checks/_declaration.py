"""How a task's module is written: the facts, a decorator before each implementation, and the hints at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from qlab import _validate
from qlab.checks._forms import Form
from qlab.checks._task import Answer, Misconception, Task

Function = TypeVar("Function", bound=Answer)


@dataclass
class Declaration:
    """A task while its module is read; the module calls it ``task``, so that learners' copies leave the decorators out.

    A decorator notes the function and leaves it as it is: one implementation may call another.

    Attributes:
        id: as in `Task`, and so are the others.
        points: of both tests together.
        title: the task in a few words.
        outcome: one of `qlab.checks.OUTCOMES`.
        returns: what a result must look like.
        tolerance: difference that still counts as equal.
    """

    id: str
    points: int
    title: str
    outcome: str
    returns: Form
    tolerance: float = 1e-6
    _parts: dict[str, Any] = field(default_factory=dict, init=False)
    _misconceptions: list[Misconception] = field(default_factory=list, init=False)
    _alternatives: list[Answer] = field(default_factory=list, init=False)

    def _part(self, name: str, function: Function) -> Function:
        if name in self._parts:
            raise _validate.fail(f"{name} of {self.id}", "must be declared once", function.__name__)
        self._parts[name] = function
        return function

    def inputs(self, function: Function) -> Function:
        """Draws the cases: from a random generator to a list of argument tuples."""
        return self._part("inputs", function)

    def reference(self, function: Function) -> Function:
        """The right answer."""
        return self._part("reference", function)

    def view(self, function: Function) -> Function:
        """What of a result matters; without one, all of it."""
        return self._part("view", function)

    def judge(self, function: Function) -> Function:
        """Whether a result is right; without one, equality of views decides."""
        return self._part("judge", function)

    def remark(self, function: Function) -> Function:
        """A true sentence about a wrong answer that no single misconception explains, or None."""
        return self._part("remark", function)

    def misconception(self, family: str, says: str) -> Callable[[Function], Function]:
        """A wrong implementation; its name, with dashes, is the misconception's key.

        Args:
            family: a key of `qlab.checks.FAMILIES`.
            says: what the learner is told.
        """

        def note(function: Function) -> Function:
            key = function.__name__.removeprefix("_").replace("_", "-")
            self._misconceptions.append(Misconception(key, says, function, family))
            return function

        return note

    def alternative(self, function: Function) -> Function:
        """Another right implementation."""
        self._alternatives.append(function)
        return function

    def with_hints(self, first: str, second: str, third: str) -> Task:
        """The finished task.

        Args:
            first: the first hint: where to begin.
            second: the second hint.
            third: the last hint, just short of the answer.

        Raises:
            ValueError: where a part is missing, or `Task` refuses what was declared.
        """
        if not {"inputs", "reference"} <= self._parts.keys():
            raise _validate.fail(f"parts of {self.id}", "must include inputs and reference", sorted(self._parts))
        return Task(
            id=self.id,
            title=self.title,
            outcome=self.outcome,
            returns=self.returns,
            misconceptions=tuple(self._misconceptions),
            alternatives=tuple(self._alternatives),
            hints=(first, second, third),
            tolerance=self.tolerance,
            points=self.points,
            **self._parts,
        )
