"""Runs that die: what was done is kept, what was not is done, the gradebook ends the same."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs import gradebook, runner
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.waiting import wait_for

SLOW = "import time\ntime.sleep(0.6)\ndef shout(word):\n    return word.upper() + '!'"


@pytest.fixture
def crowd(course: Any) -> Any:
    for number in range(8):
        course.solve(f"s{number}", {"shout": SLOW} if number % 2 else {"drop": "def drop_vowels(words):\n    pass"})
    return course


def start(root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from qlab.grading.cli import app; app()", "ps1", "--jobs", "2"]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def descendants(pid: int) -> list[int]:
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in table.splitlines()]
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        children = [child for child, parent in parents if parent == one]
        found += children
        todo += children
    return found


def command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def results(root: Path) -> list[Path]:
    return sorted((root / ".qlab_grading" / "results").glob("*/*.json"))


def recorded(root: Path) -> list[Path]:
    """Return the files of what cells put out in the first phase."""
    return sorted((root / ".qlab_grading" / "cells").rglob("*.json"))


def test_killed_run_goes_on_where_it_stopped(crowd: Any) -> None:
    process = start(crowd.root)
    wait_for(lambda: len(results(crowd.root)) >= 2)
    below = descendants(process.pid)
    process.kill()
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in results(crowd.root)}
    assert 2 <= len(kept) < 8
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    report = grade_assignment(Course(crowd.root), "ps1", workers=2)
    assert sum(row.reused for row in report.rows) == len(kept)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    broken_off = crowd.scores()
    report = grade_assignment(Course(crowd.root), "ps1", workers=2, force=True)
    assert not any(row.reused for row in report.rows)
    assert crowd.scores() == broken_off
    assert len(broken_off) == 8


def test_killed_worker_and_killed_sandbox_cost_nothing(crowd: Any) -> None:
    process = start(crowd.root)
    wait_for(lambda: len(results(crowd.root)) >= 1)
    for wanted in ("multiprocessing", "bwrap", "qlab.grading.trusted.server"):
        pids = [pid for pid in descendants(process.pid) if wanted in command_line(pid)]
        assert pids, wanted
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[-1], signal.SIGKILL)
    assert process.wait(timeout=120) == 0
    scores = crowd.scores()
    assert len(scores) == 8
    assert all(one["count-test"] == 2 for one in scores.values())
    assert all(one["drop-test"] == (1 if int(who[1:]) % 2 else 0) for who, one in scores.items())


def test_gradebook_is_written_whole_or_not_at_all(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    course.solve("ada")

    def fails(*_: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(gradebook.GradebookWriter, "_write_comments", fails)
    with pytest.raises(RuntimeError, match="in the middle"):
        grade_assignment(Course(course.root), "ps1", workers=1)
    with sqlite3.connect(course.root / "gradebook.db") as book:
        assert book.execute("select count(*) from submitted_assignment").fetchone() == (0,)
        assert book.execute("select count(*) from grade").fetchone() == (0,)
    monkeypatch.undo()
    grade_assignment(Course(course.root), "ps1", workers=1)
    assert course.scores()["ada"]["count-test"] == 2


def test_two_runs_at_once_are_refused(course: Any) -> None:
    course.solve("ada")
    with runner._only_run(_with_state(course)), pytest.raises(runner.AlreadyGrading, match="at work in this course"):
        grade_assignment(Course(course.root), "ps1", workers=1)


def _with_state(course: Any) -> Course:
    one = Course(course.root)
    one.state.mkdir()
    return one


def test_damaged_submission_costs_only_its_own_learner(course: Any) -> None:
    course.solve("ada")
    for name, content in {"bad1": b"{", "bad2": b"\xff" * 50, "bad3": b'{"cells": [5]}'}.items():
        course.submit(name).write_bytes(content)
    target = course.submit("link")
    target.unlink()
    target.symlink_to("/etc/passwd")
    pipe = course.submit("pipe")
    pipe.unlink()
    os.mkfifo(pipe)
    folder = course.submit("folder")
    folder.unlink()
    folder.mkdir()
    (course.root / "submitted" / "linked").symlink_to(course.root / "submitted" / "ada")
    report = grade_assignment(Course(course.root), "ps1", workers=2)
    scores = course.scores()
    assert scores["ada"]["count-test"] == 2
    assert all(not any(one.values()) for who, one in scores.items() if who != "ada")
    assert {row.learner for row in report.rows if row.refused} == {"bad1", "bad2", "bad3", "link", "pipe", "folder"}
    assert "linked" not in scores
    assert report.exit_code == 2


def test_changed_answer_key_or_answer_is_graded_again(course: Any) -> None:
    course.submit("ada")
    assert not grade_assignment(Course(course.root), "ps1", workers=1).rows[0].reused
    assert grade_assignment(Course(course.root), "ps1", workers=1).rows[0].reused
    course.solve("ada")
    assert not grade_assignment(Course(course.root), "ps1", workers=1).rows[0].reused
    assert course.scores()["ada"]["count-test"] == 2
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.QlabGrading.test_seconds = 4.0\n")
    assert not grade_assignment(Course(course.root), "ps1", workers=1).rows[0].reused
