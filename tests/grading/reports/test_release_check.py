"""Before release: tests that cannot cross are named, with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qlab.grading.notebooks.plan import make_plan
from qlab.grading.reports.release_check import check_assignment, check_text
from qlab.grading.runs.course import Course
from tests.notebooks import graded, notebook, solution


def plan_with(answer: str, test: str) -> Any:
    source = notebook(solution("task", answer), graded("task-test", test))
    return make_plan("n", json.dumps(source).encode())


@pytest.mark.parametrize(
    ("solution", "test", "says"),
    [
        ("def f(): pass", "import inspect\nassert 'for' in inspect.getsource(f)", "needs the student's source"),
        ("xs = [1]", "xs.append(2)\nassert len(xs) == 2", "changing the student's xs in place"),
        ("d = {}", "d['a'] = 1", "changing the student's d in place"),
        ("def f(): return '1 + 1'", "text = f()\nassert eval(text) == 2", "runs it outside the sandbox"),
        ("def f(): return b''", "import pickle\nassert pickle.loads(f()) == 2", "runs it outside the sandbox"),
        (
            "class Bad(Exception): pass\ndef f(): raise Bad",
            "try:\n    f()\nexcept Bad:\n    pass",
            "exception class cannot cross",
        ),
        (
            "def f(): print(1)",
            "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()): f()",
            "does not cross",
        ),
        ("x = 1", "assert 'x' in globals()", "globals() shows the trusted side's names only"),
        ("x = 1", "%timeit x", "magics"),
        ("x = 1", "assert (", "not Python"),
    ],
)
def test_what_cannot_cross_is_named(solution: str, test: str, says: str) -> None:
    findings = check_text(plan_with(solution, test))
    assert {finding.cell for finding in findings} == {"task-test"}
    assert any(says in finding.says for finding in findings)


def test_sound_tests_are_left_alone() -> None:
    plan = plan_with("def f(xs): return sorted(xs)", "xs = [2, 1]\nxs.append(0)\nassert f(xs) == [0, 1, 2]")
    assert check_text(plan) == []


def test_a_test_that_its_own_solution_fails_is_named(course: Any) -> None:
    place = course.root / "source" / "ps1" / "words.ipynb"
    place.write_text(place.read_text().replace("A!", "B!"))
    findings = check_assignment(Course(course.root), "ps1")
    assert [(finding.notebook, finding.cell) for finding in findings] == [("words", "shout-visible")]
    assert "own solution does not pass" in findings[0].says
