"""Every unit is an ordinary nbgrader assignment: stock nbgrader alone cuts it, and grades right and wrong notebooks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from qlab.authoring.cut import ROOT
from qlab.authoring.sample_class import Role, answer_source
from qlab.checks import Task, all_units, slug, tasks_of_unit
from tests.rotation import of_the_day

CONFIG = """c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""
# nbgrader as its formgrader calls it; the kernels that execute the notebooks are its own.
STOCK = """
import sys
from nbgrader.apps import NbGrader, NbGraderAPI

app = NbGrader()
app.initialize([])
api = NbGraderAPI(config=app.config)
for job in sys.argv[1:]:
    unit, _, learner = job.partition("/")
    done = api.autograde(unit, learner) if learner else api.generate_assignment(unit)
    if not done["success"]:
        sys.exit(f"{job}: {done['log']}")
print(*[name for name in sys.modules if name.partition(".")[0] == "qlab"])
"""


def wrong(task: Task) -> str:
    """An answer cell that holds the task's first misconception."""
    return answer_source(task, Role("misconception", task.misconceptions[0].key), "")


def stock(root: Path, *jobs: str) -> None:
    """Run nbgrader on assignments (``unit``) and submissions (``unit/learner``)."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"JUPYTER_CONFIG_DIR": str(root / "config"), "HOME": str(root), "IPYTHONDIR": str(root / "ipython")}
    done = subprocess.run(
        [sys.executable, "-c", STOCK, *jobs], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == [], "nothing of ours runs in nbgrader's process"


def submit(root: Path, released: Path, learner: str, answers: dict[str, str]) -> None:
    """Hand in the released notebook with some cells filled, by grade id."""
    document = json.loads(released.read_text("utf-8"))
    filled = [cell for cell in document["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") in answers]
    assert len(filled) == len(answers)
    for cell in filled:
        cell["source"] = answers[cell["metadata"]["nbgrader"]["grade_id"]]
    place = root / "submitted" / learner / released.stem / released.name
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(document), "utf-8")


def scores(root: Path, unit: str, learner: str) -> dict[str, tuple[float | None, float, bool]]:
    """Points, most points, and whether a person must look, of each graded cell."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        grades = book.find_submission(unit, learner).notebooks[0].grades
        return {grade.name: (grade.auto_score, grade.max_score, grade.needs_manual_grade) for grade in grades}


def each_unit() -> list[Any]:
    """All units; those that are not of the day only in `make soak`."""
    today = of_the_day(all_units(), 3)
    return [pytest.param(unit, marks=[] if unit in today else [pytest.mark.soak]) for unit in all_units()]


@pytest.mark.parametrize("number", each_unit())
def test_stock_nbgrader_cuts_and_grades_a_unit(number: str, tmp_path: Path) -> None:
    unit, tasks = slug(number), tasks_of_unit(number)
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    shutil.copytree(ROOT / "solutions" / unit, tmp_path / "solutions" / unit)
    ours = ROOT / "exercises" / unit / f"{unit}.ipynb"
    essays = {"reflection": "What I take from it."} if "YOUR ANSWER HERE" in ours.read_text("utf-8") else {}
    references = {task.grade_id: answer_source(task, Role("reference"), "") for task in tasks}
    submit(tmp_path, ours, "right", references | essays)
    submit(tmp_path, ours, "wrong", {task.grade_id: wrong(task) for task in tasks})
    stock(tmp_path, unit, f"{unit}/right", f"{unit}/wrong")

    assert (tmp_path / "exercises" / unit / ours.name).read_bytes() == ours.read_bytes()
    worth = {f"{task.grade_id}-visible": 1.0 for task in tasks}
    worth |= {f"{task.grade_id}-hidden": task.points - 1.0 for task in tasks}
    right, wrongs = (scores(tmp_path, unit, learner) for learner in ("right", "wrong"))
    assert {name: score for name, score in right.items() if name not in essays} == {
        name: (points, points, False) for name, points in worth.items()
    }
    assert [right[name][2] for name in essays] == [True] * len(essays), "a person grades what was written"
    assert {name: wrongs[name][:2] for name in worth} == {name: (0.0, points) for name, points in worth.items()}
    told = json.dumps(json.loads((tmp_path / f"autograded/wrong/{unit}/{ours.name}").read_text("utf-8")))
    for task in tasks:
        assert json.dumps(task.misconceptions[0].says)[1:-1] in told, task.id
