"""Run a learner's notebook and judge every visible task, in a process of its own.

The judges are those that grade officially (`qlab.checks`), and the notebook is read, mended, executed and timed as in
grading. Points are counted as grading counts them: one for the inputs that are shown, the rest for others, which here
come from a seed of their own. A cell that fails does not stop the next one.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlab.checks import all_units, slug, tasks_of_unit
from qlab.grading.wire.limits import Limits
from qlab.learner._cells import VISIBLE_POINTS, as_graded, read_notebook, unit_of
from qlab.learner.places import within

STATUSES = ("passed", "failed", "crashed", "could_not_tell")
"""Passed; wrong; the learner's code raised or never ended; the fault is not the learner's."""


@dataclass(frozen=True)
class TaskReport:
    """What became of one task.

    Attributes:
        task: id such as ``"04.best_angles"``.
        title: the task in a few words.
        status: one of `STATUSES`.
        message: the sentence for the learner.
        points: points of the visible test and the hidden one, as in grading.
        earned: of these; 1 where only the inputs that are shown are answered right.
    """

    task: str
    title: str
    status: str
    message: str
    points: float
    earned: float


@dataclass(frozen=True)
class NotebookReport:
    """What became of one notebook.

    Attributes:
        unit: slug of the unit, the notebook's name without its ending.
        tasks: one report a task, in the unit's order.
        notes: what else the learner should know, such as a test that was changed.
    """

    unit: str
    tasks: tuple[TaskReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def all_passed(self) -> bool:
        """Whether there is at least one task and every one passed."""
        return bool(self.tasks) and all(task.status == "passed" for task in self.tasks)


def find_notebooks(path: Path) -> list[Path]:
    """The notebooks that a path means: the file itself, or the units' notebooks in a folder, in the course's order.

    Raises:
        ValueError: where there is none.
    """
    if path.is_file() and path.suffix == ".ipynb":
        return [path]
    path = within(path)
    names = {f"{slug(unit)}.ipynb": number for number, unit in enumerate(all_units())}
    found = [p for p in path.rglob("*.ipynb") if p.name in names and not _put_aside(p.relative_to(path))]
    if not found:
        raise ValueError(f"path must be a unit's notebook or a folder that holds one, got {str(path)!r}")
    return sorted(found, key=lambda p: (names[p.name], p))


def _put_aside(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def check_notebook(path: Path, *, limits: Limits | None = None) -> NotebookReport:
    """Execute a notebook in a fresh process and judge its tasks.

    Args:
        path: the learner's notebook.
        limits: times allowed, by default those of grading.

    Raises:
        ValueError: where the file is no notebook or belongs to no unit of the course.
    """
    limits = limits or Limits()
    unit = unit_of(path)
    _, notes = as_graded(read_notebook(path), unit)
    if path.stem != slug(unit):
        notes.append(f"To be graded, the notebook must be called {slug(unit)}.ipynb.")
    with tempfile.TemporaryDirectory(prefix="qlab-check-", ignore_cleanup_errors=True) as folder:
        entries, reason = _run(path.resolve(), Path(folder), limits)
    done = {entry["task"]: entry for entry in entries if "task" in entry}
    reports = []
    for task in tasks_of_unit(unit):
        shown = any(entry.get("shown") for entry in entries if entry.get("task") == task.id)
        entry = done.get(task.id) or _unreached(task.name, entries, reason)
        earned = float(task.points) if entry["status"] == "passed" else VISIBLE_POINTS * shown
        reports.append(TaskReport(task.id, task.title, entry["status"], entry["message"], float(task.points), earned))
    told = {report.message for report in reports}
    notes += [entry["note"] for entry in entries if "note" in entry and entry["note"] not in told]
    return NotebookReport(path.stem, tuple(reports), tuple(notes))


def unreadable(path: Path, reason: str) -> NotebookReport:
    """The report of a notebook that cannot be read: nothing could be told, and why.

    Args:
        path: named after its unit.
        reason: the sentence for the learner.
    """
    tasks = tasks_of_unit(unit_of(path))
    told = (TaskReport(task.id, task.title, "could_not_tell", reason, float(task.points), 0.0) for task in tasks)
    return NotebookReport(path.stem, tuple(told), (reason,))


def _run(notebook: Path, folder: Path, limits: Limits) -> tuple[list[dict[str, Any]], str]:
    """Run the child to its end or to the deadline; return what it wrote, and why something may be missing."""
    results, errors = folder / "results.jsonl", folder / "stderr"
    results.touch()
    command = [sys.executable, "-P", "-m", "qlab.learner._execute"]
    command += [str(notebook), str(results), json.dumps(limits.as_dict())]
    environment = {**os.environ, "MPLBACKEND": "agg", "IPYTHONDIR": str(folder)}
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=notebook.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            ended = _ending(process.wait(timeout=limits.notebook_seconds))
        except subprocess.TimeoutExpired:
            ended = f"the notebook still ran after {limits.notebook_seconds:g} s: look for a loop"
        finally:
            _end_group(process)
    entries = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    if not entries:
        lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        ended = lines[-1] if lines else ended
    return entries, ended


def _ending(code: int) -> str:
    return f"a cell ended Python itself ({f'signal {-code}' if code < 0 else f'exit status {code}'})"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what the notebook left running, and the process itself."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _unreached(name: str, entries: list[dict[str, Any]], reason: str) -> dict[str, Any]:
    """What to say of a task without a verdict."""
    marks = [entry["mark"] for entry in entries if "mark" in entry]
    if not marks:
        return {"status": "could_not_tell", "message": f"The check itself did not start ({reason})."}
    if "finished" in marks:
        return {"status": "crashed", "message": f"{name} ended Python itself when it was called."}
    return {"status": "crashed", "message": f"This task was not reached: {reason}."}
