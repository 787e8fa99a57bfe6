"""A course may mark hidden tests and solutions by other words; nothing marked so reaches a learner."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from qlab.grading.notebooks.delimiters import delimiters_of, with_usual_marks
from qlab.grading.notebooks.plan import make_plan
from qlab.grading.notebooks.reading import hidden_lines, visible_source
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import WORDS, CourseOnDisk, nbgrader

DROP_IN = "\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n"


def options(begin: str, end: str, owner: str = "ClearHiddenTests", kind: str = "test") -> dict[str, Any]:
    return {owner: {f"begin_{kind}_delimeter": begin, f"end_{kind}_delimeter": end}}


@pytest.mark.parametrize(
    ("begin", "end"),
    [("HIDE", "SHOW"), ("BEGIN SECRET", "END SECRET"), ("<<", ">>"), ("VERSTECKT", "END HIDDEN TESTS"), ("*", "ä")],
)
def test_a_courses_own_marks_hide_what_nbgrader_hides(begin: str, end: str) -> None:
    source = f"a = 1\n# {begin}\nassert f(7)\n### {end}\nb = 2\n# {begin} b\nc\n    # {end}"
    marked = with_usual_marks(source, delimiters_of(Config(options(begin, end))))
    assert hidden_lines(marked) == {2, 3, 4, 6, 7, 8}
    assert visible_source(marked) == "a = 1\nb = 2"
    assert with_usual_marks(marked, delimiters_of(Config(options(begin, end)))) == marked


def test_a_line_with_code_keeps_it() -> None:
    marked = with_usual_marks("x = 1  # HIDE\ny\nz = 2  # SHOW", delimiters_of(options("HIDE", "SHOW")))
    assert [line.partition("  #")[0] for line in marked.split("\n")] == ["x = 1", "y", "z = 2"]


@pytest.mark.parametrize("value", ["", " ", 7, None])
def test_a_mark_that_is_none_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValueError, match=r"ClearHiddenTests.begin_test_delimeter must be a text that is not empty"):
        delimiters_of(options(value, "END"))


def test_solutions_are_cut_at_the_courses_own_marks(tmp_path: Path) -> None:
    place = tmp_path / "source" / "ps1"
    place.mkdir(parents=True)
    text = json.dumps(WORDS).replace("BEGIN SOLUTION", "ANSWER FROM").replace("END SOLUTION", "ANSWER TO")
    (place / "words.ipynb").write_text(text)
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ClearSolutions.begin_solution_delimeter = 'ANSWER FROM'\n"
        "c.ClearSolutions.end_solution_delimeter = 'ANSWER TO'\n"
    )
    plan = make_plan("words", Course(tmp_path).source_notebooks("ps1")["words"])
    assert "word.upper()" not in json.dumps([c for c in plan.released["cells"] if c["source"].startswith("def shout")])
    assert "raise NotImplementedError" in json.dumps(plan.released)


@pytest.fixture(scope="module")
def graded(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> CourseOnDisk:
    """A course with other marks, released by nbgrader, graded and given back."""
    root = tmp_path_factory.mktemp("marks") / "course"
    shutil.copytree(released_course, root)
    source = root / "source" / "ps1" / "words.ipynb"
    text = source.read_text().replace("BEGIN HIDDEN TESTS", "KEEP FROM").replace("END HIDDEN TESTS", "KEEP TO")
    source.write_text(text.replace("BEGIN SOLUTION", "ANSWER FROM").replace("END SOLUTION", "ANSWER TO"))
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(
            "\nc.ClearHiddenTests.begin_test_delimeter = 'KEEP FROM'\n"
            "c.ClearHiddenTests.end_test_delimeter = 'KEEP TO'\n"
            "c.ClearSolutions.begin_solution_delimeter = 'ANSWER FROM'\n"
            f"c.ClearSolutions.end_solution_delimeter = 'ANSWER TO'\n{DROP_IN}"
        )
    nbgrader(root, "generate_assignment", "ps1", "--force")
    course = CourseOnDisk(root)
    course.solve("ada")
    spy = "def shout(word):\n    if word == 'a':\n        return 'A!'\n    raise KeyError(word)"
    course.solve("eve", {"shout": spy})
    course.solve("wes", {"shout": "def shout(word):\n    return 'A!'"})
    grade_assignment(Course(root), "ps1", workers=1)
    nbgrader(root, "generate_feedback", "ps1")
    return course


def test_such_a_course_keeps_its_secrets(graded: CourseOnDisk) -> None:
    assert "secret-one" not in (graded.root / "release/ps1/words.ipynb").read_text()
    scores = graded.scores()
    assert scores["ada"]["shout-hidden"] == 2
    assert scores["eve"]["shout-hidden"] == scores["wes"]["shout-hidden"] == 0
    for learner in scores:
        page = (graded.root / "feedback" / learner / "ps1" / "words.html").read_text()
        assert "secret-one" not in page
        assert "KEEP FROM" not in page
    eve = (graded.root / "feedback/eve/ps1/words.html").read_text()
    assert "Your code raised an error in a hidden test." in eve
    assert "KeyError" not in eve.partition("Grade cell: <code>shout-hidden</code>")[2].partition("Grade cell")[0]


def test_other_marks_are_another_course(graded: CourseOnDisk, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(graded.root, root)
    before = Course(root).fingerprint("ps1")
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("c.ClearHiddenTests.begin_test_delimeter = 'ELSE'\n")
    assert Course(root).fingerprint("ps1") != before
