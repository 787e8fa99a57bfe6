"""`make course` never overwrites what a learner wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qlab.authoring.cut import ROOT, answered, cut, notebooks
from tests.learner.notebooks import TASKS, find, released, save

SLUG = "04_bell_tests"


@pytest.mark.parametrize("source", notebooks(), ids=lambda path: path.stem)
def test_nobody_has_answered_a_notebook_fresh_from_the_cutter(source: Path) -> None:
    assert not answered(ROOT / "exercises" / source.relative_to(ROOT / "solutions"))


@pytest.mark.parametrize("grade_id", [TASKS[0].grade_id, "reflection"])
def test_an_answer_is_noticed(grade_id: str, tmp_path: Path) -> None:
    document = released()
    find(document, grade_id)["source"] = ["mine"]
    assert answered(save(document, tmp_path))


def test_looking_and_running_is_not_answering(tmp_path: Path) -> None:
    document = released()
    find(document, "set-up")["execution_count"] = 3
    document["metadata"]["note"] = "opened"
    assert not answered(save(document, tmp_path))


def already_cut(slugs: list[str], root: Path, folder: Path) -> None:
    """Stands in for nbgrader, which takes seconds; what it makes of these sources is what exercises/ holds."""
    for slug in slugs:
        shutil.copytree(ROOT / "exercises" / slug, folder / "exercises" / slug)


def test_a_second_cut_keeps_answers_and_own_files_and_mends_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qlab.authoring.cut.generate", already_cut)
    shutil.copytree(ROOT / "solutions" / SLUG, tmp_path / "solutions" / SLUG)
    (notebook,) = cut(root=tmp_path)
    document = json.loads(notebook.read_text(encoding="utf-8"))
    find(document, TASKS[0].grade_id)["source"] = ["mine"]
    notebook.write_text(json.dumps(document), encoding="utf-8")
    scratch = notebook.with_name("scratch.ipynb")
    scratch.write_text("{}")
    assert cut(root=tmp_path, keep_answers=True) == []
    assert json.loads(notebook.read_text(encoding="utf-8")) == document
    assert scratch.exists()
    find(document, TASKS[0].grade_id)["source"] = find(released(), TASKS[0].grade_id)["source"]
    notebook.write_text(json.dumps(document), encoding="utf-8")
    assert cut(root=tmp_path, keep_answers=True) == [notebook]
    assert notebook.read_bytes() == (ROOT / "exercises" / SLUG / f"{SLUG}.ipynb").read_bytes()
    notebook.write_text("half a file", encoding="utf-8")
    assert cut(root=tmp_path, keep_answers=True) == []
    assert cut(root=tmp_path) == [notebook, scratch]
