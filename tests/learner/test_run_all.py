"""In JupyterLab a failed check shows its sentence alone and "Run All" goes on; graders see a failure all the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import determine_grade, setenv
from nbgrader.validator import Validator

from qlab.authoring.sample_class import Role, answer_source
from qlab.checks import all_units, tasks_of_unit
from qlab.checks._judge import WIDTH
from tests.learner.notebooks import answered, find, released, save
from tests.notebooks import code
from tests.rotation import of_the_day

GRADERS = ({}, {"NBGRADER_EXECUTION": "autograde"}, {"NBGRADER_VALIDATING": "1", "NBGRADER_EXECUTION": "validate"})


def run_all(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Run as JupyterLab does: the kernel goes on behind a cell that fails only where the cell's tags say so."""
    notebook = nbformat.reads(json.dumps(document), as_version=4)
    client = NotebookClient(notebook, timeout=120, allow_errors=False, resources={"metadata": {"path": str(folder)}})
    client.execute()
    marked = [cell for cell in notebook.cells if cell.cell_type == "code" and "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell for cell in marked}


def errors(cell: Any) -> list[str]:
    """Tracebacks as shown, without colours."""
    shown = ["\n".join(each.traceback) for each in cell.outputs if each.output_type == "error"]
    return [re.sub(r"\x1b\[[\d;]*m", "", each) for each in shown]


def units() -> list[Any]:
    today = of_the_day(all_units(), 1)
    return [pytest.param(unit, marks=[] if unit in today else [pytest.mark.soak]) for unit in all_units()]


@pytest.mark.parametrize("unit", units())
def test_run_all_reaches_every_task_and_shows_sentences_alone(unit: str, tmp_path: Path) -> None:
    tasks = tasks_of_unit(unit)
    wrong = {task.name: answer_source(task, Role("misconception", task.misconceptions[0].key), "") for task in tasks}
    document = answered(unit, **wrong)
    for surroundings in GRADERS:
        with setenv(**surroundings):
            cells = run_all(document, tmp_path)
        for task in tasks:
            cell = cells[f"{task.grade_id}-visible"]
            (shown,) = errors(cell)
            assert " ".join(shown.split()) == task.misconceptions[0].says
            assert max(map(len, shown.splitlines())) <= WIDTH
            assert determine_grade(cell) == (0, 1.0)
    told = Validator().validate(str(save(document, tmp_path, unit)))
    assert [each["source"] for each in told["failed"]] == [f'check("{task.id}", {task.name})' for task in tasks]


@pytest.mark.parametrize("unit", all_units())
def test_every_answer_and_every_test_lets_run_all_go_on_and_nothing_else_does(unit: str) -> None:
    for cell in released(unit)["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        goes_on = cell["cell_type"] == "code" and bool(mark.get("grade") or mark.get("solution"))
        assert cell["metadata"].get("tags", []) == ["raises-exception"] * goes_on, cell["id"]


def test_a_crash_names_the_learners_line_and_a_syntax_error_stops_its_own_task_only(tmp_path: Path) -> None:
    first, second, third, fourth = tasks_of_unit("04")
    document = answered(
        **{
            first.name: f"def {first.name}(chances)\n    return 3",
            second.name: f"def {second.name}(name, tilt):\n    x = 1\n    return {{}}[name]",
        }
    )
    document["cells"].append(code("reached = 1"))
    cells = run_all(document, tmp_path)
    assert "expected ':'" in errors(cells[first.grade_id])[0]
    (shown,) = errors(cells[f"{second.grade_id}-visible"])
    assert "(line 3 of its cell: return {}[name])" in " ".join(shown.split())
    assert "Traceback" not in shown
    for task in (third, fourth):
        assert not errors(cells[f"{task.grade_id}-visible"])
    assert find(document, first.grade_id)["metadata"]["tags"] == ["raises-exception"]
