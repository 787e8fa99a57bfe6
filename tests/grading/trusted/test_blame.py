"""A test that stops over a student's value has failed; one that stops by itself is the grader's to explain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.notebooks.plan import make_job, make_plan
from qlab.grading.notebooks.reading import parse_notebook
from qlab.grading.notebooks.rebuilding import rebuild
from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.trusted.blame import answer_is_to_blame
from qlab.grading.wire.limits import Limits
from tests.notebooks import graded, locked, notebook, solution

LIMITS = Limits(cell_seconds=5, test_seconds=5, notebook_seconds=60)
ANSWERS = {
    "bell": "bell = np.array([1.0, 0, 0, 1.0])",
    "plus": "def plus(x):\n    return x + 1",
    "pair": "def pair():\n    return 1, 2",
    "table": "def table():\n    return {'a': [1, 2, 3]}",
}
TESTS = {
    "shape": "assert bell.shape == (4,)",
    "value": "assert np.isclose(np.sum(bell ** 2), 2)",
    "add": "assert plus(3) + 1 == 5",
    "derived": "cases = [(1, 2), (3, 4)]\nfor given, right in cases:\n    found = plus(given)\n    assert abs(found - right) < 1e-9",
    "divide": "assert 8 / plus(3) == 2",
    "truth": "assert plus(3) == 4",
    "unpack": "first, second = pair()\nassert first < second",
    "item": "assert table()['a'][2] == 3",
    "helped": "def total(values):\n    return sum(values)\nassert total(pair()) == 3",
    "secret": "### BEGIN HIDDEN TESTS\nfor secret in ('key-4711',):\n    assert {**table(), secret: 1}['a'] == [1, 2, 3] and plus(4711) - 4711 == 1\n### END HIDDEN TESTS",
    "own": "assert plus(3) == 4 or {}['nothing']",
    "always": "plus(3)\nint('x')",
    "boundary": "assert plus.__code__.co_argcount == 1",
    "lent": "import inspect\nassert 'return' in inspect.getsource(plus) or True",
}  # fmt: skip
# ruff: noqa: E501 - a test cell as one string each


SOURCE = notebook(
    locked("setup", "import numpy as np"),
    *(solution(name, text) for name, text in ANSWERS.items()),
    *(graded(f"test-{name}", text) for name, text in TESTS.items()),
)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    warm_up = tuple(one["source"] for one in SOURCE["cells"])
    with Worker(Settings(preload=("numpy",), limits=LIMITS, warm_up=warm_up)) as one:
        yield one


def verdicts(worker: Worker, directory: Path, **answers: str) -> dict[str, dict[str, Any]]:
    plan = make_plan("n", json.dumps(SOURCE).encode())
    submitted = rebuild(plan.released, parse_notebook(json.dumps(SOURCE).encode()))
    for one in submitted["cells"]:
        name = one["metadata"]["nbgrader"]["grade_id"]
        one["source"] = answers.get(name, ANSWERS.get(name, one["source"]))
    found = worker.run(make_job(plan, submitted, directory=directory, limits=LIMITS)).tests
    return {name.removeprefix("test-"): judgement.to_data() for name, judgement in found.items()}


UNSURE = {"always", "boundary"}


def test_the_reference_answer_passes_where_the_grader_can_tell(worker: Worker, tmp_path: Path) -> None:
    found = verdicts(worker, tmp_path)
    assert {name for name, one in found.items() if one["verdict"] != "passed"} == UNSURE | {"lent"}
    assert {found[name]["verdict"] for name in UNSURE | {"lent"}} == {"could_not_tell"}


@pytest.mark.parametrize(
    ("answer", "test", "says"),
    [
        ({"bell": "bell = 'x'"}, "shape", "AttributeError: 'str' object has no attribute 'shape'"),
        ({"bell": "bell = 'x'"}, "value", "TypeError"),
        ({"bell": "bell = np.ones(3)"}, "truth", ""),
        ({"plus": "def plus(x):\n    print(x + 1)"}, "add", "TypeError: unsupported operand type(s) for +: 'NoneType'"),
        ({"plus": "def plus(x):\n    pass"}, "derived", "TypeError"),
        ({"plus": "def plus(x):\n    return 0"}, "divide", "ZeroDivisionError"),
        ({"plus": "def plus(x):\n    return np.ones(3)"}, "truth", "ValueError"),
        ({"plus": "plus = 4"}, "truth", "TypeError: 'int' object is not callable"),
        ({"pair": "def pair():\n    return 1, 2, 3"}, "unpack", "ValueError: too many values"),
        ({"pair": "def pair():\n    return 1"}, "unpack", "TypeError"),
        ({"pair": "def pair():\n    return None"}, "helped", "TypeError"),
        ({"table": "def table():\n    return {'b': 1}"}, "item", "KeyError: 'a'"),
        ({"table": "def table():\n    return {'a': [1]}"}, "item", "IndexError"),
    ],
)  # fmt: skip
def test_an_answer_of_the_wrong_kind_fails(
    worker: Worker, tmp_path: Path, answer: dict[str, str], test: str, says: str
) -> None:
    found = verdicts(worker, tmp_path, **answer)[test]
    if not says:
        assert found["verdict"] == "passed"
        return
    assert found["verdict"] == "failed", found
    assert "Your answer is of a kind, a size or a value that the test cannot work with" in found["message"]
    assert says in found["message"]


@pytest.mark.parametrize("answer", [{"table": "def table():\n    return None"}, {"plus": "def plus(x):\n    pass"}])
def test_a_hidden_test_says_nothing_of_its_values(worker: Worker, tmp_path: Path, answer: dict[str, str]) -> None:
    found = verdicts(worker, tmp_path, **answer)["secret"]
    assert found["verdict"] == "failed"
    assert found["message"] == "Your answer is of a kind, a size or a value that a hidden test cannot work with."


def test_the_graders_own_faults_stay_its_own(worker: Worker, tmp_path: Path) -> None:
    found = verdicts(worker, tmp_path, plus="def plus(x):\n    return 0")
    for name in (*UNSURE, "own", "lent"):
        assert found[name]["verdict"] == "could_not_tell", (name, found[name])


def test_without_the_reference_run_nothing_is_blamed_on_an_answer(tmp_path: Path) -> None:
    with Worker(Settings(preload=("numpy",), limits=LIMITS)) as worker:
        assert verdicts(worker, tmp_path, bell="bell = 'x'")["shape"]["verdict"] == "could_not_tell"


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("f + 1", {"f": None}, True),
        ("1 + (lambda: None)()", {"f": None}, False),
        ("x = f\ny = [x]\nz = y[0] + 1", {"f": None}, True),
        ("x = f\nx = 2\n{}[x]", {"f": None}, True),
        ("with open(f):\n    pass", {"f": 1.5}, True),
        ("open('no such file' + str(f))", {"f": 1}, False),
        ("[g + 1 for g in f]", {"f": [None]}, True),
        ("(\n    f\n    +\n    1\n)", {"f": None}, True),
        ("h = {}\nf == 1 and 0\nh['k']", {"f": 1}, False),
        ("raise RuntimeError(f)", {"f": 1}, False),
        ("def check():\n    return f + 1\ncheck()", {"f": None}, True),
    ],
)
def test_whose_value_stopped_it(source: str, values: dict[str, Any], expected: bool) -> None:
    namespace = {"__name__": "__main__", **values}
    caught: Exception | None = None
    try:
        exec(compile(source, "<cell>", "exec"), namespace)
    except Exception as error:
        caught = error
    assert caught is not None
    assert answer_is_to_blame(caught, source, namespace, {"f"}) is expected
