"""Run a learner's notebook and judge every visible task, in a process of its own.

The judges are those that grade officially (`qlab.checks`), with the visible seed, so that the points
reported here are the points of the visible cells. The notebook is executed as it stands, from top to bottom,
in a fresh IPython shell; a cell that fails does not stop the next one, just as in autograding.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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
        points: points of the visible test.
        earned: the same points where it passed, else 0.
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
        tasks: one report a task, in the notebook's order.
    """

    unit: str
    tasks: tuple[TaskReport, ...]

    @property
    def all_passed(self) -> bool:
        """Whether there is at least one task and every one passed."""
        return bool(self.tasks) and all(task.status == "passed" for task in self.tasks)


def find_notebooks(path: Path) -> list[Path]:
    """The notebooks that a path means: the file itself, a unit's folder, or a folder of units.

    Raises:
        ValueError: where there is none.
    """
    if path.is_file() and path.suffix == ".ipynb":
        return [path]
    found = sorted(p for p in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts) if path.is_dir() else []
    if not found:
        raise ValueError(f"path must be a notebook or a folder that holds one, got {str(path)!r}")
    return found


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook's JSON, checked just as far as it is used here.

    Raises:
        ValueError: where the file is no notebook.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        cells = document["cells"]
        well_formed = all(isinstance(cell["metadata"], dict) and "source" in cell for cell in cells)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, TypeError, KeyError):
        raise ValueError(f"path must be a readable notebook, got {str(path)!r}") from None
    if not well_formed:
        raise ValueError(f"path must be a readable notebook, got {str(path)!r}")
    return dict(document)


def check_notebook(path: Path, *, timeout_s: float = 120.0) -> NotebookReport:
    """Execute a notebook in a fresh process and judge its tasks.

    Args:
        path: the learner's notebook.
        timeout_s: wall time for the whole notebook; tasks not reached by then count as crashed.

    Raises:
        ValueError: where the file is no notebook or belongs to no unit of the course.
    """
    read_notebook(path)
    expected = _expected_tasks(path)
    with tempfile.TemporaryDirectory(prefix="qlab-check-") as folder:
        results = Path(folder) / "results.jsonl"
        command = [sys.executable, "-m", "qlab.learner._execute", str(path.resolve()), str(results)]
        environment = {**os.environ, "MPLBACKEND": "agg", "IPYTHONDIR": folder, "PYTHONHASHSEED": "0"}
        reason = _run_with_deadline(command, environment, path.parent, timeout_s)
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    done = {entry["task"]: TaskReport(**entry) for entry in map(json.loads, lines)}
    reports = tuple(done.get(task.task) or _unreached(task, reason) for task in expected)
    return NotebookReport(path.stem, reports)


def _run_with_deadline(command: list[str], environment: dict[str, str], folder: Path, timeout_s: float) -> str:
    """Run to the end or to the deadline; the process group ends with it. Returns why tasks may be missing."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            _, errors = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return f"Your notebook still ran after {timeout_s:g} s, so this task was not reached: look for a loop."
    if process.returncode == 0:
        return "This task's cells are not in the notebook: copy them back from a fresh exercise."
    last = (errors.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
    return f"Your notebook ended Python itself before this task was reached ({last})."


def _expected_tasks(path: Path) -> list[TaskReport]:
    from qlab.checks import tasks_of_unit

    unit = path.stem.split("_")[0]
    try:
        tasks = tasks_of_unit(unit)
    except (KeyError, ValueError):
        raise ValueError(f"notebook must be named after a unit of the course, got {path.name!r}") from None
    points = dict(_visible_points(path))
    return [TaskReport(task.id, task.title, "crashed", "", points.get(visible_id(task.id), 0.0), 0.0) for task in tasks]


def visible_id(task_id: str) -> str:
    """Grade id of a task's visible test: ``04.best_angles`` becomes ``best-angles-visible``."""
    return task_id.split(".", 1)[1].replace("_", "-") + "-visible"


def _visible_points(path: Path) -> Iterator[tuple[str, float]]:
    for cell in read_notebook(path)["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        if mark.get("grade") and not mark.get("solution") and str(mark.get("grade_id", "")).endswith("-visible"):
            yield mark["grade_id"], float(mark.get("points", 0))


def _unreached(task: TaskReport, reason: str) -> TaskReport:
    return TaskReport(**{**asdict(task), "status": "crashed", "message": reason})
