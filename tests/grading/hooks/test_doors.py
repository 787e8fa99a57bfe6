"""Both doors to the same sandbox: `qlab grade` and stock nbgrader with a few lines of configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from qlab.grading.cli import app
from qlab.grading.reports.release_check import check_assignment
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import nbgrader

DROP_IN = "\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n"


@pytest.fixture
def full_course(course: Any) -> Any:
    course.solve("ada")
    course.solve("bob", {"shout": "def shout(word):\n    return word", "count": "count = 3"})
    course.submit("eve")
    return course


def test_stock_autograde_gives_the_same_scores(full_course: Any) -> None:
    grade_assignment(Course(full_course.root), "ps1", workers=2)
    ours = full_course.scores()
    (full_course.root / "gradebook.db").rename(full_course.root / "ours.db")
    nbgrader(full_course.root, "generate_assignment", "ps1", "--force")
    with (full_course.root / "nbgrader_config.py").open("a") as file:
        file.write(DROP_IN)
    nbgrader(full_course.root, "autograde", "ps1", "--force")
    assert full_course.scores() == ours
    outputs = json.loads((full_course.root / "autograded/bob/ps1/words.ipynb").read_text())["cells"][3]["outputs"]
    assert outputs[0]["ename"] == "Failed"


def test_stock_itself_gives_the_same_scores(full_course: Any) -> None:
    grade_assignment(Course(full_course.root), "ps1", workers=2)
    ours = full_course.scores()
    nbgrader(full_course.root, "autograde", "ps1", "--force")
    assert full_course.scores() == ours


def test_command_prints_a_table_and_exits_honestly(full_course: Any) -> None:
    broken = full_course.submit("zoe")
    broken.write_text("{")
    run = CliRunner().invoke(app, ["ps1", "--course-dir", str(full_course.root), "--jobs", "2"])
    assert run.exit_code == 2, run.output
    assert "refused: zoe" in run.output
    assert full_course.scores()["ada"]["shout-hidden"] == 2
    assert set(full_course.scores()["zoe"].values()) == {0}


def test_unknown_assignment_is_named(course: Any) -> None:
    run = CliRunner().invoke(app, ["ps9", "--course-dir", str(course.root)])
    assert run.exit_code == 1
    assert "'ps9'" in run.output


def test_release_check_accepts_the_sound_course(course: Any) -> None:
    assert check_assignment(Course(course.root), "ps1") == []


def test_stock_reads_no_link_and_hands_over_helper_files(course: Any) -> None:
    place = course.solve("ada", {"shout": "from helper import shout"})
    (place.parent / "helper.py").write_text("def shout(word):\n    return word.upper() + '!'\n")
    stolen = course.submit("bob")
    stolen.unlink()
    stolen.symlink_to(course.root / "source" / "ps1" / "words.ipynb")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(DROP_IN)
    nbgrader(course.root, "autograde", "ps1", "--force")
    scores = course.scores()
    assert scores["ada"]["shout-hidden"] == 2
    assert not any(scores["bob"].values())


def test_stock_too_asks_for_a_manual_grade_where_the_grader_could_not_tell(course: Any) -> None:
    source = course.root / "source" / "ps1" / "words.ipynb"
    content = json.loads(source.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "shout-visible":
            cell["source"] += "\nif shout('') == '?':\n    raise RuntimeError('the test itself is at fault')"
    source.write_text(json.dumps(content))
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(DROP_IN)
    nbgrader(course.root, "generate_assignment", "ps1", "--force")
    course.solve("ada")
    course.solve("bob", {"shout": "def shout(word):\n    return word.upper() + '!' if word else '?'"})
    nbgrader(course.root, "autograde", "ps1")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        wanted = {
            one.student.id: {grade.name for n in one.notebooks for grade in n.grades if grade.needs_manual_grade}
            for one in book.assignment_submissions("ps1")
        }
    assert wanted == {"ada": set(), "bob": {"shout-visible"}}
    assert course.scores()["bob"]["shout-visible"] == 0
