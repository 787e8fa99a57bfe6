"""What a worker does: one submission in, one plain result out, on this machine or another."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qlab.grading.notebooks.plan import Plan, make_job, make_plan, without_clashes
from qlab.grading.notebooks.reading import (
    UnreadableNotebook,
    grade_id,
    is_solution,
    is_test,
    marks,
    parse_notebook,
    rebuild,
    write_notebook,
)
from qlab.grading.runs.store import Store
from qlab.grading.runs.worker import Settings, Station, StationBroken
from qlab.grading.trusted.verdicts import UNSURE, Verdict


@dataclass(frozen=True)
class Assignment:
    """An assignment by value, so that a worker on another machine needs nothing else.

    Attributes:
        fingerprint: hash of everything that decides a result but for the submission.
        sources: the instructor's notebooks, by name.
        released: what nbgrader released of each marked cell, by notebook and cell name.
        files: the files beside the source notebooks.
        settings: what a station needs.
    """

    fingerprint: str
    sources: dict[str, bytes]
    released: dict[str, dict[str, dict[str, Any]]]
    files: dict[str, bytes]
    settings: Settings


@dataclass(frozen=True)
class Work:
    """One submission to grade: see :class:`~qlab.grading.runs.course.Submission`."""

    key: str
    learner: str
    notebooks: dict[str, bytes]
    unreadable: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)


COULD_NOT_TELL = "CouldNotTell"
_lock = threading.Lock()
_stations: dict[Settings, Station] = {}
_plans: dict[tuple[str, str], Plan] = {}
_directories: dict[str, tempfile.TemporaryDirectory[str]] = {}
_home: list[str] = []


def adopt(station: Station, home: str) -> None:
    """Let this process use a station that another one started.

    Args:
        station: the other process's.
        home: a directory of the other process's, which it removes; whatever this process writes goes
            there, since a worker may end without a chance to clear up.
    """
    _stations[station.settings] = station
    _home[:] = [home]


def station_for(settings: Settings) -> Station:
    """Return this process's station for some settings, starting it if there is none."""
    with _lock:
        if settings not in _stations:
            for old in list(_stations):
                _stations.pop(old).close()
            _stations[settings] = Station(settings, home=_home[0] if _home else None)
        return _stations[settings]


def drop_station(settings: Settings, broken: Station) -> None:
    """Forget a broken station, so that the next call starts a new one."""
    with _lock:
        if _stations.get(settings) is broken:
            _stations.pop(settings).close()


def grade(assignment: Assignment, work: Work, store: str = "") -> dict[str, Any]:
    """Grade one submission.

    Args:
        assignment: the assignment, by value.
        work: the submission.
        store: directory to keep the result in, if this machine has it.

    Returns:
        `key`, `learner`, `seconds` and, by notebook, `text` (the executed notebook), `tests`
        (verdicts by grade id), `unanswered` (solution cells left as released) or `refused` (why not);
        `broken` if the grader itself was at fault: such a result is not kept.
    """
    started = time.monotonic()
    notebooks: dict[str, Any] = {
        name: {"refused": why} for name, why in work.unreadable.items() if name in assignment.sources
    }
    for name, content in work.notebooks.items():
        if name in assignment.sources:
            notebooks[name] = _grade_notebook(assignment, work, name, content)
    result = {
        "key": work.key,
        "learner": work.learner,
        "sandboxed": assignment.settings.confined,
        "seconds": round(time.monotonic() - started, 4),
        "notebooks": notebooks,
    }
    if any(outcome.get("broken") for outcome in notebooks.values()):
        result["broken"] = True
    elif store and os.path.isdir(store):
        Store(Path(store)).put(work.key, result)
    return result


def plan_of(assignment: Assignment, name: str) -> Plan:
    """Return the plan of one of an assignment's notebooks, made once."""
    key = (assignment.fingerprint, name)
    if key not in _plans:
        plan = make_plan(name, assignment.sources[name])
        for cell in plan.released["cells"]:
            kept = assignment.released.get(name, {}).get(grade_id(cell) or "", None)
            if kept is not None:
                cell["source"] = kept["source"]
                cell["metadata"] = {**cell["metadata"], "nbgrader": {**marks(cell), "checksum": kept["checksum"]}}
        _plans[key] = plan
    return _plans[key]


def directory_of(assignment: Assignment) -> Path:
    """Return a directory with the files beside the source notebooks, for the trusted side."""
    if assignment.fingerprint not in _directories:
        made: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(
            prefix="qlab-assignment-", dir=_home[0] if _home else None
        )
        for name, content in assignment.files.items():
            place = Path(made.name, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        _directories[assignment.fingerprint] = made
    return Path(_directories[assignment.fingerprint].name)


def _grade_notebook(assignment: Assignment, work: Work, name: str, content: bytes) -> dict[str, Any]:
    plan = plan_of(assignment, name)
    try:
        submitted = parse_notebook(content)
    except UnreadableNotebook as error:
        return {"refused": str(error)}
    notebook = rebuild(plan.released, submitted)
    job = make_job(
        plan,
        notebook,
        directory=directory_of(assignment),
        limits=assignment.settings.limits,
        files={**without_clashes(work.files, assignment.files), **assignment.files},
        relayed=list(assignment.settings.relayed),
    )
    outcome = run_with_retry(assignment.settings, job)
    fill(notebook, outcome)
    stubs = {grade_id(cell): cell["source"] for cell in plan.released["cells"]}
    unanswered = [
        marked
        for cell in notebook["cells"]
        if (marked := grade_id(cell)) and is_solution(cell) and cell["source"] == stubs[marked]
    ]
    graded = {"text": write_notebook(notebook), "tests": outcome["tests"], "unanswered": unanswered}
    return {**graded, "broken": True} if outcome.get("broken") else graded


def run_with_retry(settings: Settings, job: dict[str, Any]) -> dict[str, Any]:
    """Run a job on this process's station, on a fresh one if a warm process has died."""
    for _ in range(3):
        station = station_for(settings)
        try:
            return station.run(job)
        except StationBroken as error:
            drop_station(settings, station)
            words = str(error)
    verdict = Verdict(UNSURE, "The grader could not run this notebook.", detail=words).as_dict()
    return {"cells": {}, "tests": {cell["test"]: verdict for cell in job["cells"] if cell["test"]}, "broken": True}


def fill(notebook: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Write outputs and verdicts into a notebook, so that nbgrader reads the same scores from it.

    A test that passed has no output; any other verdict is an error output whose text the learner may
    see.
    """
    count = 0
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        name = grade_id(cell)
        if is_test(cell) and name is not None:
            cell["outputs"] = verdict_outputs(outcome["tests"].get(name))
            continue
        outputs = outcome["cells"].get(str(index), [])
        for output in outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = count
        cell["outputs"] = outputs


def verdict_outputs(verdict: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the outputs of a test cell for a verdict, none if it passed.

    Example:
        >>> verdict_outputs({"verdict": "failed", "message": "no"})[0]["evalue"]
        'no'
    """
    if verdict is None or verdict["verdict"] == "passed":
        return []
    name = {"failed": "Failed", "crashed": "Crashed", "timed_out": "TimedOut"}.get(verdict["verdict"], COULD_NOT_TELL)
    text = verdict["message"]
    return [{"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}]
