"""Done, open and next across all units, and a one-page report of competencies.

Each notebook is judged by `qlab.learner.notebook`; verdicts are kept under the hash of the notebook,
so that looking again costs nothing until something changed. All of it stays in one folder of the learner's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from qlab._files import write_atomically
from qlab.learner.notebook import NotebookReport, TaskReport, check_notebook, find_notebooks, unreadable


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


@cache
def _judges() -> bytes:
    """Hash of the package, so that no verdict outlives the code that gave it."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for source in sorted(package.rglob("*.py")):
        digest.update(source.relative_to(package).as_posix().encode() + source.read_bytes())
    return digest.digest()


def _digest(path: Path) -> str:
    return hashlib.sha256(_judges() + path.name.encode() + b"/" + path.read_bytes()).hexdigest()


def cached_report(path: Path, folder: Path) -> NotebookReport:
    """The report of a notebook, from the folder of verdicts where neither it nor the judges have changed since.

    An entry is written whole or not at all. What could not be told is not kept.

    Args:
        path: the notebook.
        folder: of verdicts, one file a notebook and its content; made where it is missing.
    """
    entry = folder / f"{_digest(path)}.json"
    try:
        stored = json.loads(entry.read_text(encoding="utf-8"))
        tasks = tuple(TaskReport(**task) for task in stored["tasks"])
        return NotebookReport(stored["unit"], tasks, tuple(stored["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    report = check_notebook(path)
    if all(task.status != "could_not_tell" for task in report.tasks):
        # Where it cannot be kept, on a full disk or in a read-only folder, the next look costs as much as this one.
        with contextlib.suppress(OSError):
            write_atomically(entry, json.dumps(asdict(report)))
    return report


def all_reports(
    exercises: Path, verdicts: Path, *, announce: Callable[[Path], None] = lambda _path: None
) -> list[NotebookReport]:
    """Reports of every notebook under a folder, in the order of the units; one that cannot be read stops no other.

    Args:
        exercises: the folder.
        verdicts: where verdicts are kept, see `cached_report`.
        announce: called with each notebook before it runs.

    Raises:
        ValueError: where the folder holds no notebook, or several of one unit.
    """
    paths = find_notebooks(exercises)
    twice = sorted(name for name, count in Counter(path.name for path in paths).items() if count > 1)
    if twice:
        raise ValueError(f"folder must hold each unit once, got several of {', '.join(twice)}")
    reports = []
    for path in paths:
        announce(path)
        try:
            reports.append(cached_report(path, verdicts))
        except ValueError as error:
            reports.append(unreadable(path, str(error)))
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
    write_atomically(path, page)
