"""What became of each task of each learner, read back from finished results."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from qlab.grading.notebooks.reading import (
    Cell,
    UnreadableNotebook,
    grade_id,
    is_solution,
    is_test,
    marks,
    parse_notebook,
    read_bytes,
)
from qlab.grading.runs.course import MARK, Course
from qlab.grading.runs.store import Store
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict


@dataclass(frozen=True)
class TaskCells:
    """A solution cell and the tests that follow it, up to the next solution cell.

    Attributes:
        notebook: name of the notebook.
        name: grade id of the solution cell.
        points: points by grade id of the tests; of the cell itself where a person grades it.
        manual: a person grades it.
    """

    notebook: str
    name: str
    points: dict[str, float] = field(default_factory=dict)
    manual: bool = False


def tasks_of(course: Course, assignment: str) -> list[TaskCells]:
    """Return an assignment's tasks in the order of its notebooks.

    Raises:
        ValueError: there is no such assignment.
    """
    found: list[TaskCells] = []
    for notebook, content in course.source_notebooks(assignment).items():
        task: TaskCells | None = None
        for cell in parse_notebook(content)["cells"]:
            name = grade_id(cell)
            if name is None:
                continue
            if is_solution(cell) or marks(cell).get("task") or (is_test(cell) and task is None):
                task = TaskCells(notebook, name, manual=not is_test(cell) and _points(cell) > 0)
                found.append(task)
            if task is not None and (is_test(cell) or task.manual) and _points(cell) > 0:
                task.points[name] = _points(cell)
    return [task for task in found if task.points]


def _points(cell: Cell) -> float:
    mark = marks(cell)
    if not (mark.get("grade") or mark.get("task")):
        return 0.0
    try:
        return float(mark.get("points", 0))
    except (TypeError, ValueError):
        return 0.0


@dataclass(frozen=True)
class Graded:
    """What became of one submission.

    Attributes:
        learner: the learner's id.
        tests: judgements, by notebook and grade id.
        refused: why a notebook was not graded, by name.
        seconds: what grading the submission took; None where stock nbgrader graded it.
    """

    learner: str
    tests: dict[str, dict[str, Judgement]]
    refused: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None


def graded_of(course: Course, assignment: str, learner: str) -> Graded | None:
    """Return what became of a learner's submission, or None if it has not been graded.

    After `qlab grade` it is read from the kept result, after stock `nbgrader autograde` from the
    executed notebooks, which hold neither misconceptions nor times.
    """
    directory = course.path("autograded", assignment, learner)
    if directory.is_symlink() or not directory.is_dir():
        return None
    mark = directory / MARK
    if mark.is_file():
        kept = Store(course.state / "results").get(mark.read_text().split(" ", 1)[0])
        if kept is not None:
            return Graded(
                learner,
                {name: one.tests for name, one in kept.notebooks.items()},
                {name: one.refused for name, one in kept.notebooks.items() if one.refused},
                kept.seconds,
            )
    return Graded(learner, {path.stem: _from_outputs(path) for path in sorted(directory.glob("*.ipynb"))})


def _from_outputs(path: Path) -> dict[str, Judgement]:
    try:
        cells = json.loads(read_bytes(path))["cells"]
    except (UnreadableNotebook, ValueError, KeyError):
        return {}
    found: dict[str, Judgement] = {}
    for cell in cells:
        name = grade_id(cell)
        if name is None or not is_test(cell):
            continue
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        verdict = Verdict.from_error_name(errors[0]["ename"]) if errors else Verdict.PASSED
        found[name] = Judgement(verdict, errors[0]["evalue"] if errors else "", seconds=None)
    return found


def all_graded(course: Course, assignment: str) -> list[Graded]:
    """Return what became of all graded submissions, by learner."""
    found = (graded_of(course, assignment, learner) for learner in course.learners(assignment))
    return [one for one in found if one is not None]


def plain(text: str) -> str:
    """Return text without control characters, so that a terminal only shows it.

    Example:
        >>> plain("a" + chr(27) + "[31mb")
        'a[31mb'
    """
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
