"""The result of one submission: a record here, JSON in the store and between machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict


@dataclass(frozen=True)
class NotebookResult:
    """What became of one notebook of a submission.

    Attributes:
        tests: judgement by name of the test.
        unanswered: solution cells left as they were released.
        text: the executed notebook; of a refused one, a page that says why.
        refused: why the notebook was not graded; empty if it was.
        broken: the grader itself was at fault.
        notes: what was put right, for a person to look at.
    """

    tests: dict[str, Judgement] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    text: str | None = None
    refused: str = ""
    broken: bool = False
    notes: list[str] = field(default_factory=list)

    def to_data(self) -> dict[str, Any]:
        """Return the result as plain data."""
        data: dict[str, Any] = {"text": self.text} if self.text is not None else {}
        if self.refused:
            return {**data, "refused": self.refused}
        data["tests"] = {name: one.to_data() for name, one in self.tests.items()}
        data["unanswered"] = self.unanswered
        if self.notes:
            data["notes"] = self.notes
        return {**data, "broken": True} if self.broken else data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> NotebookResult:
        """Return the result that plain data describes."""
        return cls(
            tests={name: Judgement.from_data(one) for name, one in data.get("tests", {}).items()},
            unanswered=data.get("unanswered", []),
            text=data.get("text"),
            refused=data.get("refused", ""),
            broken=bool(data.get("broken")),
            notes=data.get("notes", []),
        )


@dataclass(frozen=True)
class Result:
    """What became of one submission.

    Attributes:
        key: its name in the store: a hash of all that decides it.
        learner: the learner's id.
        notebooks: result by name of the notebook.
        sandboxed: whether student code was confined.
        seconds: what grading took.

    Example:
        >>> result = Result("ab12", "ada", {"ps1": NotebookResult(refused="it is a link")})
        >>> Result.from_data(result.to_data()) == result
        True
    """

    key: str
    learner: str
    notebooks: dict[str, NotebookResult]
    sandboxed: bool = True
    seconds: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether the grader itself was at fault; such a result is not kept."""
        return any(one.broken for one in self.notebooks.values())

    @property
    def unsure(self) -> bool:
        """Whether the grader could not tell of some test; such a result is shown, but never used again."""
        judgements = (one for notebook in self.notebooks.values() for one in notebook.tests.values())
        return any(one.verdict == Verdict.COULD_NOT_TELL for one in judgements)

    def to_data(self) -> dict[str, Any]:
        """Return the result as plain data, for the store."""
        return {
            "key": self.key,
            "learner": self.learner,
            "sandboxed": self.sandboxed,
            "seconds": self.seconds,
            "notebooks": {name: one.to_data() for name, one in self.notebooks.items()},
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Result:
        """Return the result that plain data describes.

        Raises:
            KeyError, TypeError, AttributeError, ValueError: it describes none.
        """
        return cls(
            key=data["key"],
            learner=data["learner"],
            notebooks={name: NotebookResult.from_data(one) for name, one in data["notebooks"].items()},
            sandboxed=data.get("sandboxed", True),
            seconds=data.get("seconds", 0.0),
        )
