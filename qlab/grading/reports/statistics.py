"""What a class found easy and hard, task by task, as one page that works offline and names no learner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from qlab._files import write_atomically
from qlab.grading.reports.tables import Graded, TaskCells, all_graded, tasks_of
from qlab.grading.runs.course import Course
from qlab.grading.wire.verdict import Verdict

_WORST_LAST = (Verdict.PASSED, Verdict.FAILED, Verdict.TIMED_OUT, Verdict.CRASHED, Verdict.NEEDS_A_LOOK,
               Verdict.COULD_NOT_TELL)  # fmt: skip
"""A task is as good as its worst test; a grader at fault shows before anything else."""


@dataclass(frozen=True)
class Misconception:
    """A misconception, and how many held it.

    Attributes:
        key: its name in the task.
        says: what the learner was told.
        learners: how many learners held it.
    """

    key: str
    says: str
    learners: int


@dataclass(frozen=True)
class TaskStatistics:
    """How a class fared on one task.

    Attributes:
        task: its cells.
        verdicts: number of learners by the worst verdict among the task's tests.
        misconceptions: most frequent first; a learner counts once for each.
        seconds: time of the task's tests, one figure for each learner for whom it is known.
    """

    task: TaskCells
    verdicts: dict[Verdict, int]
    misconceptions: tuple[Misconception, ...]
    seconds: tuple[float, ...]

    @property
    def learners(self) -> int:
        """Learners whose tests ran."""
        return sum(self.verdicts.values())

    @property
    def share_right(self) -> float | None:
        """Share of learners who passed all tests of the task; None if there are none."""
        return self.verdicts[Verdict.PASSED] / self.learners if self.learners else None

    @property
    def median_seconds(self) -> float | None:
        """Median time of the task's tests; None if unknown."""
        return median(self.seconds) if self.seconds else None


def task_statistics(task: TaskCells, graded: Iterable[Graded]) -> TaskStatistics:
    """Return how a class fared on one task; refused notebooks do not count.

    Args:
        task: the task.
        graded: the submissions.

    Example:
        >>> from qlab.grading.wire.messages import Judgement
        >>> right = Judgement(Verdict.PASSED, seconds=0.5)
        >>> wrong = Judgement(Verdict.FAILED, "Count from 0.", misconception="off_by_one", seconds=0.1)
        >>> found = [Graded("ada", {"ps1": {"t": right}}), Graded("bob", {"ps1": {"t": wrong}})]
        >>> one = task_statistics(TaskCells("ps1", "count", {"t": 1.0}), found)
        >>> one.share_right, one.misconceptions[0].key, one.median_seconds
        (0.5, 'off_by_one', 0.3)
    """
    verdicts = dict.fromkeys(_WORST_LAST, 0)
    held: Counter[str] = Counter()
    says: dict[str, str] = {}
    seconds: list[float] = []
    for one in graded:
        found = [v for name in task.points if (v := one.tests.get(task.notebook, {}).get(name)) is not None]
        if not found:
            continue
        verdicts[max((v.verdict for v in found), key=_WORST_LAST.index)] += 1
        named = {v.misconception: v.message for v in found if v.misconception}
        held.update(named.keys())
        says = {**named, **says}
        times = [v.seconds for v in found if v.seconds is not None]
        if len(times) == len(found):
            seconds.append(sum(times))
    ranked = sorted(held.items(), key=lambda item: (-item[1], item[0]))
    return TaskStatistics(task, verdicts, tuple(Misconception(k, says[k], n) for k, n in ranked), tuple(seconds))


def assignment_statistics(course: Course, assignment: str) -> tuple[list[TaskStatistics], list[Graded]]:
    """Return the statistics of an assignment's automatically graded tasks, and what they rest on.

    Raises:
        ValueError: the assignment is unknown or nothing of it has been graded.
    """
    tasks = [task for task in tasks_of(course, assignment) if not task.manual]
    graded = all_graded(course, assignment)
    if not graded:
        raise ValueError(f"assignment must have graded submissions, got {assignment!r}, which has none")
    return [task_statistics(task, graded) for task in tasks], graded


def graded_assignments(course: Course) -> list[str]:
    """Return the assignments of which something has been graded.

    Raises:
        ValueError: there is none.
    """
    found = [name for name in course.assignments() if all_graded(course, name)]
    if not found:
        raise ValueError("assignment must have graded submissions, got a course that has none: run `qlab grade` first")
    return found


def write_page(course: Course, assignments: list[str], path: Path) -> None:
    """Write the statistics of some assignments as one self-contained page without scripts.

    Raises:
        ValueError: nothing has been graded, or the path is a folder.
    """
    import jinja2

    if path.is_dir():
        raise ValueError(f"to must be a file, got the folder {str(path)!r}")
    sections: list[dict[str, Any]] = []
    for name in assignments:
        statistics, graded = assignment_statistics(course, name)
        known = [one.seconds for one in graded if one.seconds is not None]
        sections.append(
            {
                "name": name,
                "tasks": statistics,
                "learners": len(graded),
                "refused": sum(bool(one.refused) for one in graded),
                "seconds": median(known) if known else None,
            }
        )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("statistics.html.j2").render(sections=sections, order=_WORST_LAST)
    write_atomically(path, page.encode("utf-8", "replace"))
