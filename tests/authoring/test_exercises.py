"""Solutions and exercises: partners, full score and none, no answer and no hidden test where a learner looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from qlab._editions import Laid
from qlab.authoring import layout
from qlab.authoring.cut import ROOT, cut, notebooks
from qlab.checks import CheckFailed, Task, all_units, find_task, slug, tasks_of_unit

SOLUTIONS = ROOT / "solutions"
EXERCISES = ROOT / "exercises"
UNITS = [path.parent.name.split("_")[0] for path in notebooks()]


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def of_unit(folder: Path, unit: str) -> dict[str, Any]:
    return read(folder / slug(unit) / f"{slug(unit)}.ipynb")


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def marked(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for cell in document["cells"]:
        if "nbgrader" in cell["metadata"]:
            yield cell["metadata"]["nbgrader"], cell


def graded_tests(document: dict[str, Any]) -> list[str]:
    return [mark["grade_id"] for mark, _ in marked(document) if mark["grade"] and not mark["solution"]]


def execute(document: dict[str, Any], folder: Path) -> dict[str, bool]:
    """Run a notebook in a clean kernel; for each graded test, whether it passed."""
    notebook = nbformat.reads(json.dumps(document), as_version=4)
    NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return {
        cell.metadata.nbgrader.grade_id: not any(o.output_type == "error" for o in cell.outputs)
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
    }


def test_every_unit_has_its_notebooks_and_no_notebook_lacks_a_unit() -> None:
    expected = {f"{slug(unit)}/{slug(unit)}.ipynb" for unit in all_units()}
    for folder in (SOLUTIONS, EXERCISES):
        assert {str(path.relative_to(folder)) for path in folder.rglob("*.ipynb")} == expected


def test_cutting_again_gives_no_difference(tmp_path: Path) -> None:
    target = tmp_path / "exercises"
    cut(target=target)
    assert {str(p.relative_to(target)): p.read_bytes() for p in target.rglob("*.ipynb")} == {
        str(p.relative_to(EXERCISES)): p.read_bytes() for p in EXERCISES.rglob("*.ipynb")
    }
    assert cut(UNITS[:1], target=target) == Laid()


def test_a_unit_without_a_source_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="units must have a notebook"):
        cut(["99"])


def test_a_notebook_that_nbgrader_refuses_is_named(tmp_path: Path) -> None:
    folder = slug(UNITS[0])
    document = of_unit(SOLUTIONS, UNITS[0])
    copies = [{**cell, "id": f"{cell['id']}-again"} for cell in document["cells"] if cell["id"] == "set-up"]
    notebook = tmp_path / "solutions" / folder / f"{folder}.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text(json.dumps(document | {"cells": document["cells"] + copies}), encoding="utf-8")
    with pytest.raises(ValueError, match=f"notebook must satisfy nbgrader, got {folder}"):
        cut(root=tmp_path)
    assert not list((tmp_path / "exercises").rglob("*.ipynb"))


@pytest.mark.parametrize("unit", UNITS)
def test_solutions_score_full(unit: str, tmp_path: Path) -> None:
    document = of_unit(SOLUTIONS, unit)
    assert execute(document, tmp_path) == dict.fromkeys(graded_tests(document), True)


@pytest.mark.parametrize("unit", UNITS)
def test_untouched_exercises_score_nothing(unit: str) -> None:
    """With the hidden tests put back, as autograding does."""
    tests = dict(_tests_with_sources(of_unit(SOLUTIONS, unit)))
    names: dict[str, Any] = {"__name__": "notebook"}
    failed = []
    for cell in of_unit(EXERCISES, unit)["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in tests:
            with pytest.raises(CheckFailed, match="Not done yet"):
                exec(compile(tests[name], name, "exec"), names)
            failed.append(name)
        elif cell["cell_type"] == "code":
            exec(compile(source(cell), str(name), "exec"), names)
    assert failed == list(tests)


def _tests_with_sources(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for mark, cell in marked(document):
        if mark["grade"] and not mark["solution"]:
            yield mark["grade_id"], source(cell)


def anatomy(task: Task) -> list[tuple[str, float]]:
    return [(task.grade_id, 0), (f"{task.grade_id}-visible", 1), (f"{task.grade_id}-hidden", task.points - 1)]


@pytest.mark.parametrize("unit", UNITS)
def test_a_notebook_has_the_anatomy_of_a_unit(unit: str) -> None:
    document = of_unit(SOLUTIONS, unit)
    found = [(mark["grade_id"], mark.get("points", 0)) for mark, _ in marked(document)]
    assert found[0] == ("set-up", 0)
    tasks = [row for task in tasks_of_unit(unit) for row in anatomy(task)]
    assert found[1 : 1 + len(tasks)] == tasks
    reflection = [name for name, _ in found[1 + len(tasks) :]]
    assert reflection in (["reflection"], [])  # where judgement is the point
    first = source(document["cells"][0])
    assert re.match(r"# \S+ · .+\n", first)
    assert re.search(r"\b\d+ min", first)
    assert "hint(" in first
    assert not reflection or "ubric" in source(document["cells"][-2])


@pytest.mark.parametrize("unit", UNITS)
def test_tests_call_the_check_of_their_task(unit: str) -> None:
    document = of_unit(SOLUTIONS, unit)
    tests = dict(_tests_with_sources(document))
    for task in tasks_of_unit(unit):
        call = f'check("{task.id}", {task.name}'
        assert tests[f"{task.grade_id}-visible"] == f"{call})"
        hidden = tests[f"{task.grade_id}-hidden"]
        pattern = rf"### BEGIN HIDDEN TESTS\n{re.escape(call)}, seed=\d+\)\n### END HIDDEN TESTS"
        assert re.fullmatch(f"# .*\n{pattern}", hidden)


def test_grade_ids_are_unique_and_hidden_seeds_differ() -> None:
    seeds: list[str] = []
    for unit in UNITS:
        document = of_unit(SOLUTIONS, unit)
        ids = [mark["grade_id"] for mark, _ in marked(document)]
        cell_ids = [cell["id"] for cell in document["cells"]]
        assert len(set(ids)) == len(ids)
        assert len(set(cell_ids)) == len(cell_ids)
        seeds += re.findall(r"seed=(\d+)", json.dumps(document))
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("folder", [SOLUTIONS, EXERCISES], ids=lambda path: path.name)
def test_no_outputs_are_stored(folder: Path) -> None:
    for path in folder.rglob("*.ipynb"):
        for cell in read(path)["cells"]:
            assert not cell.get("outputs"), path
            assert cell.get("execution_count") is None, path


@pytest.mark.parametrize("unit", UNITS)
def test_exercises_hold_no_answer_and_no_hidden_test(unit: str) -> None:
    text = json.dumps(of_unit(EXERCISES, unit), ensure_ascii=False)
    for trace in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "seed="):
        assert trace not in text
    assert not re.search(r"\breference\b|judge_answer|qlab\.checks\.", text)
    cut_cells = {mark["grade_id"]: cell for mark, cell in marked(of_unit(EXERCISES, unit))}
    for mark, cell in marked(of_unit(SOLUTIONS, unit)):
        if not mark["solution"]:
            continue
        released = source(cut_cells[mark["grade_id"]])
        if mark["grade"]:
            assert released == "YOUR ANSWER HERE"
            continue
        before, rest = source(cell).split("### BEGIN SOLUTION")
        answer, after = rest.split("### END SOLUTION")
        assert "raise NotImplementedError()" in released
        own = [line.strip() for line in answer.splitlines() if line.strip() not in before + after]
        assert own
        assert not [line for line in own if line in released]


def test_a_draft_survives_the_way_into_a_notebook_and_back(tmp_path: Path) -> None:
    text = layout.draft(of_unit(SOLUTIONS, UNITS[0]))
    (tmp_path / "draft.md").write_text(text, encoding="utf-8")
    target = tmp_path / "01" / "01.ipynb"
    layout.main([str(tmp_path / "draft.md"), str(target)])
    assert layout.draft(read(target)) == text
    nbformat.validate(nbformat.reads(target.read_text(encoding="utf-8"), as_version=4))
    with pytest.raises(SystemExit, match="is the source now"):
        layout.main([str(tmp_path / "draft.md"), str(target)])
    with pytest.raises(ValueError, match="id must be"):
        layout.task_cells("01.no_such_task", "", 1)
    assert find_task("01.marginals").grade_id == "marginals"
