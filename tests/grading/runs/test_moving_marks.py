"""Marks follow what decides them: points, gradebook, marks by hand, modules; and stay where nothing has changed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from qlab.grading.runs.course import Course
from qlab.grading.runs.own_code import digest_of_own_code
from qlab.grading.runs.runner import Report, grade_assignment
from tests.grading.courses import CourseOnDisk

LATE = (
    'c.AssignLatePenalties.plugin_class = "qlab.grading.hooks.late.LateByDays"\nc.LateByDays.percent_per_day = 30.0\n'
)
ESSAY = {"essay": "I think so."}


@pytest.fixture(scope="module")
def graded(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two learners graded; ada is late."""
    root = tmp_path_factory.mktemp("moving") / "course"
    shutil.copytree(released_course, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(LATE)
    with Gradebook(address(root)) as book:
        book.update_or_create_assignment("ps1", duedate="2026-03-01 12:00:00 UTC")
    course = CourseOnDisk(root)
    course.solve("ada", ESSAY).with_name("timestamp.txt").write_text("2026-03-01 13:00:00 UTC")
    course.solve("bob", ESSAY)
    run(root)
    return root


@pytest.fixture
def desk(graded: Path, tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    return root


def address(root: Path) -> str:
    return f"sqlite:///{root / 'gradebook.db'}"


def run(root: Path, **options: Any) -> Report:
    return grade_assignment(Course(root, Config({"QlabGrading": {"warm_up": False}})), "ps1", workers=1, **options)


def scores(report: Report) -> dict[str, float]:
    return {row.learner: round(row.score, 6) for row in report.rows}


def mark_by_hand(root: Path, learner: str, points: float) -> None:
    with Gradebook(address(root)) as book:
        found = book.find_grade("essay", "words", "ps1", learner)
        found.manual_score, found.needs_manual_grade = points, False
        book.db.commit()


def edit(root: Path, cell_name: str, **mark: Any) -> None:
    path = root / "source" / "ps1" / "words.ipynb"
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == cell_name:
            cell["metadata"]["nbgrader"].update(mark)
    path.write_text(json.dumps(content))


def test_changed_points_reach_the_marks_at_once(desk: Path) -> None:
    edit(desk, "shout-hidden", points=4)
    edit(desk, "essay", points=5)
    report = run(desk)
    assert report.points == {"words/shout-hidden": (2.0, 4.0), "words/essay": (3.0, 5.0)}
    assert report.moved == {"ada": (pytest.approx(5.6), pytest.approx(7.0)), "bob": (8.0, 10.0)}
    assert {row.max_score for row in report.rows} == {15.0}
    with Gradebook(address(desk)) as book:
        assert book.find_assignment("ps1").max_score == 15
    again = run(desk)
    assert (again.points, again.moved, scores(again)) == ({}, {}, scores(report))
    assert all(row.reused for row in again.rows)


def test_points_changed_in_the_gradebook_alone_follow_the_source(desk: Path) -> None:
    with Gradebook(address(desk)) as book:
        book.find_grade_cell("shout-hidden", "words", "ps1").max_score = 9
        book.db.commit()
    report = run(desk)
    assert report.points == {"words/shout-hidden": (9.0, 2.0)}
    assert scores(report) == {"ada": 5.6, "bob": 8.0}


def test_a_restored_gradebook_gets_todays_marks(desk: Path) -> None:
    shutil.copy(desk / "gradebook.db", desk / "backup.db")
    CourseOnDisk(desk).solve("bob", {**ESSAY, "count": "def count(words):\n    return None"})
    assert run(desk).moved == {"bob": (8.0, 6.0)}
    shutil.copy(desk / "backup.db", desk / "gradebook.db")
    report = run(desk)
    assert report.moved == {"bob": (8.0, 6.0)}
    assert all(row.reused for row in report.rows)
    with Gradebook(address(desk)) as book:
        assert book.find_submission("ps1", "bob").score == 6


def test_a_mark_that_somebody_changed_is_put_back(desk: Path) -> None:
    with Gradebook(address(desk)) as book:
        book.find_grade("count-test", "words", "ps1", "bob").auto_score = 0
        book.db.commit()
    assert run(desk).moved == {"bob": (6.0, 8.0)}


def test_marks_by_hand_move_the_penalty_without_force(desk: Path) -> None:
    mark_by_hand(desk, "ada", 2.0)
    report = run(desk)
    assert scores(report)["ada"] == pytest.approx(0.7 * 10)
    with Gradebook(address(desk)) as book:
        found = book.find_submission("ps1", "ada")
        assert found.late_submission_penalty == pytest.approx(3.0)
        assert not found.needs_manual_grade
    assert run(desk).moved == {}


def test_force_keeps_marks_by_hand_whose_answer_is_the_same(desk: Path) -> None:
    mark_by_hand(desk, "bob", 2.0)
    rows = {row.learner: row for row in run(desk, force=True).rows}
    assert (rows["bob"].score, rows["bob"].waiting, rows["bob"].by_hand) == (10.0, 0, 1)
    CourseOnDisk(desk).solve("bob", {**ESSAY, "count": "def count(words):\n    return None"})
    rows = {row.learner: row for row in run(desk).rows}
    assert (rows["bob"].score, rows["bob"].waiting) == (8.0, 0)  # the essay is as it was
    CourseOnDisk(desk).solve("bob", {"essay": "Now I think otherwise."})
    rows = {row.learner: row for row in run(desk).rows}
    assert (rows["bob"].score, rows["bob"].waiting) == (10.0, 1)  # kept until a person has looked again


def test_a_test_marked_by_hand_is_looked_at_again_if_an_answer_changed(desk: Path) -> None:
    with Gradebook(address(desk)) as book:
        found = book.find_grade("count-test", "words", "ps1", "bob")
        found.manual_score, found.needs_manual_grade = 1.0, False
        book.db.commit()
    assert {row.learner: row.waiting for row in run(desk, force=True).rows}["bob"] == 1  # the essay alone
    CourseOnDisk(desk).solve("bob", {**ESSAY, "count": "def count(words):\n    return None"})
    assert {row.learner: row.waiting for row in run(desk).rows}["bob"] == 2


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of a course's own: checks that call measures, which call gates; plots stand apart."""
    root = tmp_path / "lib" / "ownpack"
    (root / "checks").mkdir(parents=True)
    for name, text in {
        "__init__": "", "gates": "H = 1\n", "measures": "from ownpack.gates import H\nM = H\n", "plots": "P = 1\n",
        "checks/__init__": "from .. import measures\n", "checks/first": "from .second import T\n",
        "checks/second": "T = 2\n",
    }.items():  # fmt: skip
        (root / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(root.parent))
    yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "ownpack"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "text", "counts"),
    [
        ("gates", "H = 2\n", True), ("measures", "M = 3\n", True), ("checks/second", "T = 3\n", True),
        ("plots", "P = 2\n", False), ("gates", '"""Gates."""\n# plain\nH = 1\n', False), ("checks/third", "", True),
    ],
)  # fmt: skip
def test_the_key_covers_what_a_reference_calls_and_no_more(own: Path, name: str, text: str, counts: bool) -> None:
    before = digest_of_own_code(["ownpack.checks"], ["json", "numpy"])
    (own / f"{name}.py").write_text(text)
    assert (digest_of_own_code(["ownpack.checks"], ["json", "numpy"]) != before) is counts


def test_modules_that_notebooks_import_count_where_they_are_the_courses_own(own: Path) -> None:
    before = digest_of_own_code([], ["ownpack.plots"]), digest_of_own_code([], ["json"])
    (own / "plots.py").write_text("P = 5\n")
    assert digest_of_own_code([], ["ownpack.plots"]) != before[0]
    assert digest_of_own_code([], ["json"]) == before[1]
