"""Packages that submissions ask for and the grader lacks are named, to the instructor and to the learner."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

from qlab.grading.notebooks.missed import with_causes
from qlab.grading.runs.census import Census
from qlab.grading.runs.submitted import Submission
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict
from tests.notebooks import code, notebook, text

ABSENT = "no_such_package_anywhere"


def submission(learner: str, *cells: dict[str, Any], **files: bytes) -> Submission:
    named = {name.replace("_dot_", "."): content for name, content in files.items()}
    return Submission(learner, "ps1", {"words": json.dumps(notebook(*cells)).encode()}, {}, named, None)


def test_one_line_for_each_package_that_is_missing() -> None:
    census = Census({"given.py": b""})
    census.take(submission("ada", code(f"import {ABSENT}.sub as x"), code("import json, math")))
    census.take(submission("bob", code(f"def f():\n    from {ABSENT} import y")))
    census.take(submission("eve", code("import math, other_absent_one")))
    assert census.lines() == [
        f"2 learners import {ABSENT}, which the grader does not have",
        "1 learner imports other_absent_one, which the grader does not have",
    ]


def test_what_lies_beside_the_notebook_and_what_is_only_written_about_is_not_missing() -> None:
    census = Census({"given.py": b""})
    cells = (code("import given, own"), text(f"import {ABSENT} if you can"), code(f"x = 'import {ABSENT}'"))
    census.take(submission("ada", *cells, own_dot_py=b""))
    assert census.lines() == []


def test_another_version_is_named() -> None:
    here = metadata.version("numpy")
    census = Census({})
    census.take(submission("ada", code("%pip install numpy==1.0.1"), code("import numpy")))
    census.take(submission("bob", code("import numpy"), requirements_dot_txt=f"numpy=={here}\n".encode()))
    assert census.lines() == [f"1 learner wants numpy 1.0.1, and the grader has {here}"]


def test_the_learner_reads_which_package_is_not_there() -> None:
    book = notebook(code(f"import {ABSENT} as nice"), code("def f(): return nice.g()"))
    error = {"output_type": "error", "ename": "ModuleNotFoundError", "evalue": f"No module named '{ABSENT}'"}
    crashed = {"t": Judgement(Verdict.CRASHED, "f(): NameError: name 'nice' is not defined")}
    found = with_causes(crashed, book, {0: [error]}, {})
    assert found["t"].message.endswith(
        f"the cell that defines `nice` imports {ABSENT}, which is not installed where this is graded."
    )
