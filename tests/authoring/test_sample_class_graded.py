"""The sample class through the real runner: sandbox, hidden tests, gradebook; every score and sentence as declared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from qlab.authoring.cut import ROOT, generate, notebooks
from qlab.authoring.sample_class import Submission, write_class
from qlab.checks import all_tasks
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment

UNITS = [path.parent.name for path in notebooks()]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Submission]]]:
    folder = tmp_path_factory.mktemp("class")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    generate(UNITS, ROOT, folder)
    numbers = [unit.split("_")[0] for unit in UNITS]
    written = write_class(folder, only=numbers, exercises=folder / "exercises")
    course = Course(folder)
    for unit in UNITS:
        grade_assignment(course, unit)
    yield folder, written
    shutil.rmtree(folder, ignore_errors=True)


def test_every_cell_of_every_learner_has_the_declared_points(graded: tuple[Path, list[Submission]]) -> None:
    folder, written = graded
    assert len(written) == 30 * len(UNITS)
    found: dict[tuple[str, str, str], float] = {}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        for unit in UNITS:
            for submission in gradebook.assignment_submissions(unit):
                for grade in submission.notebooks[0].grades:
                    found[submission.student.id, unit, grade.name] = grade.auto_score
    wrong = [
        (submission.learner, task.role, grade_id, points, found[submission.learner, submission.unit, grade_id])
        for submission in written
        for task in submission.tasks
        for grade_id, points in task.points.items()
        if found[submission.learner, submission.unit, grade_id] != points
    ]
    assert not wrong


def outputs_of(folder: Path, submission: Submission) -> dict[str, str]:
    path = folder / "autograded" / submission.learner / submission.unit / f"{submission.unit}.ipynb"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: json.dumps(cell["outputs"], ensure_ascii=False)
        for cell in document["cells"]
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade")
    }


def test_each_misconception_is_answered_with_its_own_sentence(graded: tuple[Path, list[Submission]]) -> None:
    folder, written = graded
    told = set()
    for submission in written:
        outputs = outputs_of(folder, submission)
        for task in submission.tasks:
            for grade_id in task.points:
                if task.says:
                    told.add(task.says)
                    assert json.dumps(task.says, ensure_ascii=False)[1:-1] in outputs[grade_id]
                elif task.status == "crashed":
                    assert "Crashed" in outputs[grade_id]
    assert told == {each.says for task in all_tasks() for each in task.misconceptions}
