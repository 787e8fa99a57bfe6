"""The local score is the official one: same notebooks, sandboxed grading on the other side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from qlab.authoring.cut import ROOT, generate
from qlab.authoring.sample_class import submission
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from qlab.learner.notebook import NotebookReport, check_notebook
from tests.learner.notebooks import TASKS, answered, find, released, save
from tests.notebooks import code

SLUG = "04_bell_tests"
FIRST, SECOND, THIRD, FOURTH = TASKS


def tampered() -> dict[str, object]:
    """Half right, with every kind of disorder that grading has to put right."""
    document = answered(**{SECOND.name: f"def {SECOND.name}(name, tilt):\n    return 4 * [0.0]", THIRD.name: ""})
    document["cells"].remove(find(document, f"{FIRST.grade_id}-visible"))
    find(document, f"{SECOND.grade_id}-visible")["source"] = "print('all good')"
    find(document, "set-up")["source"] = "import math"
    document["cells"].append(dict(find(document, f"{FOURTH.grade_id}-visible")))
    document["cells"].insert(3, code("import sys\nsys.exit()"))
    document["cells"].append(code(f"{FOURTH.name} = None"))
    return document


def ending() -> dict[str, object]:
    """A cell ends Python halfway."""
    return answered(**{THIRD.name: "import os\nos._exit(0)"})


def moved() -> dict[str, object]:
    """The first answer is redefined further down, after its test."""
    document = answered(**{FIRST.name: f"def {FIRST.name}(chances):\n    return 'later'"})
    right = "".join(find(answered(), FIRST.grade_id)["source"])
    document["cells"].append(code(right))
    return document


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("official")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    generate([SLUG], ROOT, folder)
    notebooks = {f"sample{number}": submission("04", number, released())[1] for number in range(0, 12, 2)}
    notebooks |= {"tampered": tampered(), "ending": ending(), "moved": moved()}
    for learner, document in notebooks.items():
        place = folder / "submitted" / learner / SLUG
        place.mkdir(parents=True)
        save(document, place)
    grade_assignment(Course(folder), SLUG)
    return folder


@pytest.fixture(scope="module")
def local(course: Path) -> dict[str, NotebookReport]:
    """What `qlab check` says of the same files."""
    found = sorted((course / "submitted").glob(f"*/{SLUG}/{SLUG}.ipynb"))
    return {path.parts[-3]: check_notebook(path) for path in found}


def test_points_are_the_official_ones(course: Path, local: dict[str, NotebookReport]) -> None:
    official: dict[tuple[str, str], float] = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for handed_in in gradebook.assignment_submissions(SLUG):
            for grade in handed_in.notebooks[0].grades:
                official[handed_in.student.id, grade.name] = grade.auto_score
    for learner, report in local.items():
        for task, each in zip(TASKS, report.tasks, strict=True):
            parts = [official[learner, f"{task.grade_id}-{part}"] for part in ("visible", "hidden")]
            assert each.earned == sum(parts), (learner, task.id)
            assert each.points == task.points
    assert {each.earned for report in local.values() for each in report.tasks} >= {0.0, 3.0}


def test_sentences_are_the_official_ones(course: Path, local: dict[str, NotebookReport]) -> None:
    """Where a misconception is recognised, both sides say the same."""
    compared = 0
    for learner in filter(lambda name: name.startswith("sample"), local):
        graded = course / "autograded" / learner / SLUG / f"{SLUG}.ipynb"
        shown = {
            cell["metadata"]["nbgrader"]["grade_id"]: json.dumps(cell["outputs"], ensure_ascii=False)
            for cell in json.loads(graded.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade")
        }
        for task, report in zip(TASKS, local[learner].tasks, strict=True):
            if report.message in {each.says for each in task.misconceptions}:
                compared += 1
                assert json.dumps(report.message, ensure_ascii=False)[1:-1] in shown[f"{task.grade_id}-visible"]
    assert compared >= 3
