from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import ENVIRONMENT, write_course


def test_class_of_honest_and_wrong(course: Any) -> None:
    course.solve("ada")
    course.solve("bob", {"shout": "def shout(word):\n    return word"})
    course.submit("eve")
    report = grade_assignment(Course(course.root), "ps1", workers=2)
    scores = course.scores()
    assert scores["ada"] == {
        "shout-visible": 1, "shout-hidden": 2, "count-test": 2, "drop-test": 1, "stack-test": 1, "apply-test": 1,
        "essay": 0,
    }  # fmt: skip
    assert scores["bob"]["shout-visible"] == scores["bob"]["shout-hidden"] == 0
    assert scores["bob"]["count-test"] == 2
    assert set(scores["eve"].values()) == {0}
    assert [row.learner for row in report.rows] == ["ada", "bob", "eve"]
    assert report.exit_code == 0
    text = (course.root / "autograded/bob/ps1/words.ipynb").read_text()
    assert json.loads(text)["cells"][3]["outputs"][0]["ename"] == "Failed"
    again = grade_assignment(Course(course.root), "ps1", workers=2)
    assert all(row.reused for row in again.rows)
    assert course.scores() == scores
    assert [(r.learner, r.score, r.verdicts) for r in again.rows] == [
        (r.learner, r.score, r.verdicts) for r in report.rows
    ]


@pytest.mark.parametrize("breaks", [False, True])
def test_a_run_leaves_nothing_among_temporary_files(course: Any, short_folder: Path, breaks: bool) -> None:
    """Even if a worker had to start a worker of its own, and although workers end without clearing up."""
    scratch = short_folder
    (course.root / "source" / "ps1" / "beside.txt").write_text("a file for the tests")
    course.solve("ada")
    course.solve("bob", {"shout": "import os\nos._exit(1)"} if breaks else {})
    run = subprocess_of_grade(course.root, ENVIRONMENT | {"TMPDIR": str(scratch)}, breaks)
    assert "ada" in run
    assert "bob" in run
    assert sorted(os.listdir(scratch)) == []


def subprocess_of_grade(root: Path, environment: dict[str, str], breaks: bool) -> str:
    program = "from qlab.grading.cli import app; app()"
    if breaks:  # the shared worker is closed as soon as it is warm: each worker starts another
        program = (
            "from qlab.grading.runs.worker import Worker\n"
            "import os, signal\n"
            "kept = Worker.sockets\n"
            "def sockets(self):\n"
            "    found = kept(self)\n"
            "    [os.kill(one.pid, signal.SIGKILL) for one in self._processes]\n"
            "    return found\n"
            "Worker.sockets = sockets\n" + program
        )
    command = [sys.executable, "-c", program, "ps1", "--jobs", "2"]
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_what_the_grader_could_not_tell_is_graded_again(course: Any) -> None:
    course.solve("ada")
    course.solve("bob")
    grade_assignment(Course(course.root), "ps1", workers=2)
    (kept,) = (course.root / ".qlab_grading" / "results").glob("*/*-ada.json")
    result = json.loads(kept.read_text())
    result["notebooks"]["words"]["tests"]["count-test"] |= {"verdict": "could_not_tell", "message": "a bad day"}
    kept.write_text(json.dumps(result))
    again = grade_assignment(Course(course.root), "ps1", workers=2)
    assert [(row.learner, row.reused) for row in again.rows] == [("ada", False), ("bob", True)]
    assert again.exit_code == 0
    assert json.loads(kept.read_text())["notebooks"]["words"]["tests"]["count-test"]["verdict"] == "passed"


def test_a_course_below_a_hidden_folder_is_fingerprinted(tmp_path: Path, words: dict[str, Any]) -> None:
    root = tmp_path / ".local" / "course"
    write_course(root, "c = get_config()\n", words)
    place = root / "source" / "ps1"
    before = Course(root).fingerprint("ps1")
    (place / ".ipynb_checkpoints").mkdir()
    (place / ".ipynb_checkpoints" / "words.ipynb").write_text("{}")
    assert Course(root).fingerprint("ps1") == before
    (place / "words.ipynb").write_text(json.dumps({**words, "metadata": {"changed": True}}))
    assert Course(root).fingerprint("ps1") != before
