"""Done, open and next across all units, and a one-page report of competencies.

Each notebook is judged by `qlab.learner.notebook`; verdicts are kept under the hash of the notebook,
so that looking again costs nothing until something changed. All of it stays in one folder of the learner's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qlab.learner.notebook import NotebookReport, TaskReport, check_notebook, find_notebooks


@dataclass(frozen=True)
class OutcomeProgress:
    """How far one learning outcome is reached.

    Attributes:
        outcome: what a learner can do, in words.
        tasks: the reports of all tasks that serve it.
    """

    outcome: str
    tasks: tuple[TaskReport, ...]

    @property
    def passed(self) -> int:
        """How many of its tasks passed."""
        return sum(task.status == "passed" for task in self.tasks)


def _digest(path: Path) -> str:
    import qlab

    return hashlib.sha256(qlab.__version__.encode() + path.read_bytes()).hexdigest()


def cached_report(path: Path, cache: Path, *, timeout_s: float = 120.0) -> NotebookReport:
    """The report of a notebook, from the cache where the notebook has not changed since.

    The entry is written to a temporary name and moved, so that a stopped run leaves no half report.
    """
    entry = cache / f"{_digest(path)}.json"
    try:
        stored = json.loads(entry.read_text(encoding="utf-8"))
        return NotebookReport(stored["unit"], tuple(TaskReport(**task) for task in stored["tasks"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    report = check_notebook(path, timeout_s=timeout_s)
    cache.mkdir(parents=True, exist_ok=True)
    temporary = entry.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(asdict(report)), encoding="utf-8")
    temporary.replace(entry)
    return report


def all_reports(
    exercises: Path, cache: Path, *, announce: Callable[[Path], None] = lambda path: None
) -> list[NotebookReport]:
    """Reports of every notebook under a folder, in the order of the units.

    Raises:
        ValueError: where the folder holds no notebook.
    """
    reports = []
    for path in find_notebooks(exercises):
        announce(path)
        reports.append(cached_report(path, cache))
    return reports


def next_task(reports: Sequence[NotebookReport]) -> tuple[str, TaskReport] | None:
    """The first task that is not passed, with its unit; None where all are."""
    for report in reports:
        for task in report.tasks:
            if task.status != "passed":
                return report.unit, task
    return None


def by_outcome(reports: Sequence[NotebookReport]) -> list[OutcomeProgress]:
    """Tasks gathered by the outcome they serve, in the order in which the course first needs it."""
    from qlab.checks import all_tasks

    outcome_of = {task.id: task.outcome for task in all_tasks()}
    gathered: dict[str, list[TaskReport]] = {}
    for report in reports:
        for task in report.tasks:
            gathered.setdefault(outcome_of[task.task], []).append(task)
    return [OutcomeProgress(outcome, tuple(tasks)) for outcome, tasks in gathered.items()]


def write_report(reports: Sequence[NotebookReport], path: Path, *, learner: str = "") -> None:
    """Write the competency report: one self-contained page, printable, without scripts.

    Args:
        reports: one for each notebook.
        path: where the HTML goes; written whole or not at all.
        learner: a name to print, where the learner wants one.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("qlab.learner"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    tasks = [task for report in reports for task in report.tasks]
    page = environment.get_template("competency.html.j2").render(
        reports=reports,
        outcomes=by_outcome(reports),
        learner=learner,
        passed=sum(task.status == "passed" for task in tasks),
        total=len(tasks),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
