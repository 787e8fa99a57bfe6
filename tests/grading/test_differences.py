# ruff: noqa: E501 - whole programs as one string each
"""The deliberate differences from stock nbgrader, each shown on the same submission graded by both.

They are listed for instructors in qlab/grading/README.md; every heading there is a test here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import CourseOnDisk, nbgrader
from tests.notebooks import graded, notebook, solution


@pytest.fixture(scope="module", name="graded")
def graded_by_both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    """Scores of the same submissions, by ours and by stock."""
    root: Path = tmp_path_factory.mktemp("odd")
    source = notebook(
        solution(
            "warn", "import warnings\ndef warn():\n    ### BEGIN SOLUTION\n    warnings.warn('careful')\n    return 1\n    ### END SOLUTION"
        ),
        graded("warn-test", "assert warn() == 1"),
        solution("tick", "n = []\ndef tick():\n    ### BEGIN SOLUTION\n    n.append(1)\n    return len(n)\n    ### END SOLUTION"),
        graded("tick-once", "assert tick() == 1"),
        graded("tick-again", "assert tick() == 2"),
        solution("double", "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        graded("double-test", "helper = 3\nassert double(helper) == 6"),
        graded("number-test", "assert double(2) == 4\n0.25"),
        solution("after", "### BEGIN SOLUTION\nvalue = 1\n### END SOLUTION"),
        graded("after-test", "assert value == 1"),
        solution("near", "import numpy as np\ndef near():\n    ### BEGIN SOLUTION\n    return np.ones(2)\n    ### END SOLUTION"),
        graded("near-test", "assert np.allclose(near(), [1, 1])"),
    )  # fmt: skip
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    place = root / "source" / "ps1" / "words.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(source))
    nbgrader(root, "generate_assignment", "ps1")
    course = CourseOnDisk(root)
    answers = {c["metadata"]["nbgrader"]["grade_id"]: c["source"] for c in source["cells"]}
    answers = {name: answers[name] for name in ("warn", "tick", "double", "after", "near")}
    course.submit("ada", answers)
    course.submit("leaner", {**answers, "after": "value = helper - 2"})
    course.submit("empty", {**answers, "near": "import numpy as np\ndef near():\n    return np.empty((0, 2))"})
    course.submit(
        "equal", {**answers, "double": "class E:\n    __eq__ = lambda s, o: True\ndef double(x):\n    return E()"}
    )
    edit(course.submit("tagger", {**answers, "double": "def double(x): return 0"}), tag)
    edit(course.submit("dropper", {**answers, "double": "def double(x): return 0"}), drop)
    found = {}
    for who in ("ours", "stock"):
        if who == "ours":
            grade_assignment(Course(root), "ps1", workers=2)
        else:
            (root / "gradebook.db").unlink()
            shutil.rmtree(root / "autograded")
            nbgrader(root, "generate_assignment", "ps1", "--force")
            nbgrader(root, "autograde", "ps1", check=False)
        found[who] = course.scores()
    return found


def edit(path: Path, change: Callable[[list[Any]], None]) -> None:
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))


def named(cells: list[Any], name: str) -> Any:
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def tag(cells: list[Any]) -> None:
    named(cells, "double-test")["metadata"]["tags"] = ["skip-execution"]


def drop(cells: list[Any]) -> None:
    cells.remove(named(cells, "double-test"))


def test_warnings_cost_no_points(graded: Any) -> None:
    assert (graded["ours"]["ada"]["warn-test"], graded["stock"]["ada"]["warn-test"]) == (1, 0)


def test_a_trailing_number_is_a_score_as_under_stock(graded: Any) -> None:
    assert (graded["ours"]["ada"]["number-test"], graded["stock"]["ada"]["number-test"]) == (0.25, 0.25)


def test_a_test_that_needs_what_an_earlier_one_did_gets_it(graded: Any) -> None:
    assert (graded["ours"]["ada"]["tick-again"], graded["stock"]["ada"]["tick-again"]) == (1, 1)
    assert graded["ours"]["ada"]["tick-once"] == 1


def test_names_of_a_test_cell_stay_there(graded: Any) -> None:
    assert (graded["ours"]["leaner"]["after-test"], graded["stock"]["leaner"]["after-test"]) == (0, 1)


def test_a_skip_execution_tag_earns_nothing(graded: Any) -> None:
    assert (graded["ours"]["tagger"]["double-test"], graded["stock"]["tagger"]["double-test"]) == (0, 1)


def test_a_missing_test_is_put_back(graded: Any) -> None:
    assert (graded["ours"]["dropper"]["double-test"], graded["stock"]["dropper"]["double-test"]) == (0, None)


def test_objects_that_equal_everything_earn_nothing(graded: Any) -> None:
    assert (graded["ours"]["equal"]["double-test"], graded["stock"]["equal"]["double-test"]) == (0, 1)


def test_an_empty_answer_is_close_to_nothing(graded: Any) -> None:
    assert (graded["ours"]["empty"]["near-test"], graded["stock"]["empty"]["near-test"]) == (0, 1)
    assert graded["ours"]["ada"]["near-test"] == 1


def test_all_else_is_equal(graded: Any) -> None:
    different = {
        (who, cell)
        for who in graded["ours"]
        for cell in graded["ours"][who]
        if graded["ours"][who][cell] != graded["stock"][who][cell]
    }
    odd = {"warn-test", "number-test", "after-test", "double-test", "near-test"}
    assert {cell for _, cell in different} == odd
    assert {who for who, cell in different if cell == "near-test"} == {"empty"}
    assert {who for who, cell in different if cell == "double-test"} == {"tagger", "dropper", "equal"}
    assert {who for who, cell in different if cell == "number-test"} == {"equal"}
    assert {who for who, cell in different if cell == "after-test"} == {"leaner"}
