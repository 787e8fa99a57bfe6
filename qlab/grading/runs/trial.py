"""One small notebook through both processes, to see that grading works on this machine."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from qlab.grading.notebooks.plan import make_job, make_plan
from qlab.grading.notebooks.reading import parse_notebook
from qlab.grading.notebooks.rebuilding import rebuild
from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.student.bubblewrap import SandboxUnavailable
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.verdict import Verdict

_SECONDS = Limits(cell_seconds=20, test_seconds=20, notebook_seconds=40)


def grade_a_trial() -> None:
    """Grade a right answer in the sandbox, as `qlab grade` would.

    Raises:
        SandboxUnavailable: student code cannot be confined here, or the answer was not found to be right.
    """
    source = json.dumps({"cells": _CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    plan = make_plan("trial", source)
    with tempfile.TemporaryDirectory(prefix="qlab-trial-") as folder, Worker(Settings(limits=_SECONDS)) as worker:
        job = make_job(plan, rebuild(plan.released, parse_notebook(source)), directory=Path(folder), limits=_SECONDS)
        judgement = worker.run(job).tests["trial"]
    if judgement.verdict is not Verdict.PASSED:
        says = f"a right answer was judged {judgement.verdict.value}: {judgement.message} {judgement.detail}".strip()
        raise SandboxUnavailable(says, says, "see what `qlab grade` says in a course")


def _cell(name: str, source: str, **marks: object) -> dict[str, object]:
    nbgrader = {"grade_id": name, "schema_version": 3, "cell_type": "code", "task": False, **marks}
    return {"cell_type": "code", "id": name, "metadata": {"nbgrader": nbgrader}, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


_CELLS = [
    _cell("answer", "def double(x):\n    return 2 * x", solution=True, grade=False, locked=False),
    _cell("trial", "assert double(21) == 42", solution=False, grade=True, locked=True, points=1),
]
