"""What is sent to the trusted side for one notebook, and what comes back: records here, JSON on the wire.

A :class:`Job` goes in as one line of JSON; the driver answers with one line for each :data:`Message`.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from qlab.grading.wire.limits import Limits
from qlab.grading.wire.standing import Standing
from qlab.grading.wire.verdict import Verdict

Output = dict[str, Any]
"""One output of a cell, as nbformat has it."""


@dataclass(frozen=True)
class Judgement:
    """The outcome of one graded test cell.

    Attributes:
        verdict: how it ended.
        message: what the learner sees; free of hidden tests and their arguments.
        detail: what the instructor sees besides.
        misconception: key of the matched misconception, if any.
        seconds: wall time of the test; None where it is not known.
        score: points that the test's last line gives; None for all or nothing.
        look: why a person should look at it, for the instructor; empty if none need.
        native: how the native run of a test on trial ended, a :class:`qlab.grading.wire.standing.Native`.

    Example:
        >>> Judgement.from_data(Judgement(Verdict.FAILED, "no").to_data()).message
        'no'
    """

    verdict: Verdict
    message: str = ""
    detail: str = ""
    misconception: str | None = None
    seconds: float | None = 0.0
    score: float | None = None
    look: str = ""
    native: str = ""

    def points(self, most: float) -> float:
        """Return the points that it earns, of those that the test can give.

        Example:
            >>> Judgement(Verdict.PASSED, score=0.5).points(2.0), Judgement(Verdict.FAILED).points(2.0)
            (0.5, 0.0)
        """
        if self.verdict != Verdict.PASSED:
            return 0.0
        return most if self.score is None else min(self.score, most)

    @property
    def waits(self) -> bool:
        """Whether a person is asked to look at it."""
        return bool(self.look) or self.verdict in (Verdict.NEEDS_A_LOOK, Verdict.COULD_NOT_TELL)

    def to_data(self) -> dict[str, Any]:
        """Return the judgement as plain data, as results on disk hold it."""
        rare = {name: value for name in ("score", "look", "native") if (value := getattr(self, name)) not in (None, "")}
        always = ("message", "detail", "misconception", "seconds")
        return {"verdict": self.verdict.value, **{name: getattr(self, name) for name in always}, **rare}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Judgement:
        """Return the judgement that plain data describes.

        Raises:
            ValueError: the verdict is unknown.
        """
        known = ("message", "detail", "misconception", "score", "look", "native")
        found = {key: data[key] for key in known if key in data}
        return cls(Verdict(data["verdict"]), **found, seconds=data.get("seconds"))


@dataclass(frozen=True)
class JobCell:
    """One code cell of a rebuilt submission.

    Attributes:
        index: its place among the notebook's cells.
        run: what runs in the sandbox; None if nothing does.
        records: whether what it prints there goes into the notebook.
        before: the instructor's unmarked cells that stand before it.
        imports: import statements of the instructor's solution.
        trusted: what runs on the trusted side; None if nothing does.
        test: the name of the test; None if it is none.
        open: whether the learner was shown the whole test.
        needs: names of the student's that it uses.
        classes: special methods by name of a class, among those that it may use.
        frozen: whether the student's state is kept as it is here.
        standing: how it is judged, if it is a test.
        lead: earlier tests that its native run needs to have run before it.
    """

    index: int
    run: str | None
    records: bool
    before: list[str]
    imports: list[str]
    trusted: str | None
    test: str | None
    open: bool
    needs: list[str]
    classes: dict[str, list[str]]
    frozen: bool
    standing: Standing = field(default_factory=Standing)
    lead: list[str] = field(default_factory=list)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> JobCell:
        """Return the cell that plain data describes."""
        return cls(**{**data, "standing": Standing.from_data(data["standing"])})


@dataclass(frozen=True)
class Job:
    """One notebook to run and to test.

    Attributes:
        cells: its code cells, in order.
        order: the order in which the trusted side takes them, by place in `cells`.
        files: files beside the notebook, by relative name.
        directory: where the instructor's cells run.
        classes: special methods, by name of a class that the instructor's solution defines.
        changes: by function, the parameters that the solution changes in place.
        student_names: names that the student is asked to define.
        relayed: functions of masked packages that still answer.
        limits: the notebook's allowances.
        masked: packages that student code may not read.
        skip: tests that have their judgement.
        half: judgements of split runs, by test, whose native run is still wanted.
        seed: of the global random generators, so that cells run again draw the same numbers; None for fresh ones.
    """

    cells: list[JobCell]
    order: list[int]
    files: dict[str, bytes]
    directory: str
    classes: dict[str, list[str]]
    changes: dict[str, list[Any]]
    student_names: list[str]
    relayed: list[str]
    limits: Limits
    masked: list[str] = field(default_factory=list)
    skip: list[str] = field(default_factory=list)
    half: dict[str, Judgement] = field(default_factory=dict)
    seed: int | None = None

    def cells_alone(self) -> Job:
        """Return the same job without anything that runs on the trusted side: no test, no instructor's cell."""
        bare = [
            replace(cell, trusted=None, test=None, before=[], imports=[], frozen=False, lead=[]) for cell in self.cells
        ]
        return replace(self, cells=bare, order=[])

    def tests(self) -> list[str]:
        """Return the names of its tests."""
        return [cell.test for cell in self.cells if cell.test]

    def to_line(self) -> bytes:
        """Return the job as a line of JSON."""
        files = {name: base64.b64encode(content).decode() for name, content in self.files.items()}
        return json.dumps({**asdict(self), "files": files}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Job:
        """Return the job that a line of JSON describes."""
        data = json.loads(line)
        data["cells"] = [JobCell.from_data(cell) for cell in data["cells"]]
        data["half"] = {name: Judgement.from_data(one) for name, one in data["half"].items()}
        data["files"] = {name: base64.b64decode(text) for name, text in data["files"].items()}
        return cls(**{**data, "limits": Limits(**data["limits"])})


@dataclass(frozen=True)
class Started:
    """The driver runs, under this process id."""

    pid: int


@dataclass(frozen=True)
class CellRan:
    """A cell ran in the sandbox: its outputs by the cell's place in the notebook."""

    cell: int
    outputs: list[Output]
    seconds: float


@dataclass(frozen=True)
class Trying:
    """A test begins."""

    test: str


@dataclass(frozen=True)
class Judged:
    """A test ended, or one of its two runs did.

    Attributes:
        test: its name.
        judgement: what stands if nothing more is heard of it.
        half: the split run's own judgement, if the native run is still to come.
    """

    test: str
    judgement: Judgement
    half: Judgement | None = None


@dataclass(frozen=True)
class Killed:
    """A process of the learner's was killed, by the learner or from outside."""


@dataclass(frozen=True)
class Broken:
    """The sandbox went away, and not by the student's doing."""

    reason: str


@dataclass(frozen=True)
class Done:
    """The job is finished."""


Message = Started | CellRan | Trying | Judged | Killed | Broken | Done
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Started, CellRan, Trying, Judged, Killed, Broken, Done)
}


def to_line(message: Message) -> bytes:
    """Return a message as a line of JSON.

    Example:
        >>> from_line(to_line(Trying("sum")))
        Trying(test='sum')
    """
    return json.dumps({"kind": type(message).__name__, **asdict(message)}).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """Return the message of a line of JSON.

    Raises:
        ValueError: it is none of ours.
    """
    data = json.loads(line)
    kind = _KINDS.get(data.pop("kind", ""))
    if kind is None:
        raise ValueError(f"line must hold a message of the driver, got {line[:80]!r}")
    if kind is Judged:
        data["judgement"] = Judgement.from_data(data["judgement"])
        data["half"] = Judgement.from_data(data["half"]) if data["half"] else None
    message: Message = kind(**data)
    return message


@dataclass(frozen=True)
class Outcome:
    """What became of one job.

    Attributes:
        cells: outputs by the cell's place in the notebook.
        tests: judgement by name of the test.
        broken: the grader itself was at fault.
    """

    cells: dict[int, list[Output]]
    tests: dict[str, Judgement]
    broken: bool = False
