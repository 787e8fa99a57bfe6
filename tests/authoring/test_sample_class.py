"""The sample class: what each learner holds, and that its declared outcome is the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qlab.authoring import _source, sample_class
from qlab.authoring.cut import ROOT, notebooks
from qlab.authoring.sample_class import LEARNERS, Role, role_of, roles, write_class
from qlab.checks import judge_answer, slug, tasks_of_unit

UNITS = [path.parent.name.split("_")[0] for path in notebooks()]


def released(unit: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / "exercises" / slug(unit) / f"{slug(unit)}.ipynb").read_text(encoding="utf-8")))


def test_every_role_of_every_task_is_held_by_somebody() -> None:
    assert len(set(LEARNERS)) == len(LEARNERS) == 30
    for unit in UNITS:
        for number, task in enumerate(tasks_of_unit(unit)):
            held = {role_of(task, number, learner) for learner in range(30)}
            assert held == set(roles(task)), task.id


@pytest.mark.parametrize("unit", UNITS)
def test_declared_outcomes_are_the_real_ones(unit: str) -> None:
    """Each notebook's answers, executed one cell after another, get the verdict that was declared."""
    handed_out = released(unit)
    for learner in range(30):
        submission, document = sample_class.submission(unit, learner, handed_out)
        names: dict[str, Any] = {"__name__": "notebook"}
        for cell in document["cells"]:
            mark = cell["metadata"].get("nbgrader", {})
            if cell["cell_type"] == "code" and not mark.get("grade"):
                exec(compile("".join(cell["source"]), "cell", "exec"), names)
        assert len(submission.tasks) == len(tasks_of_unit(unit))
        for outcome in submission.tasks:
            name = outcome.task.split(".")[1]
            assert (name in names) == (outcome.status != "")
            if name not in names:
                continue
            for seed in (None, 20_261_123):
                verdict = judge_answer(outcome.task, names[name], seed)
                assert (verdict.status, verdict.misconception) == (outcome.status, outcome.misconception)
                assert outcome.says in verdict.message
            assert (sum(outcome.points.values()) > 0) == (outcome.status == "passed")


def test_the_first_scores_full_and_the_second_nothing() -> None:
    for unit in UNITS:
        total = sum(task.points for task in tasks_of_unit(unit))
        scores = [sample_class.submission(unit, learner, released(unit))[0].score for learner in range(30)]
        assert scores[:2] == [total, 0]
        assert len(set(scores)) > 2


def test_a_class_is_written_the_same_way_every_time(tmp_path: Path) -> None:
    first = write_class(tmp_path / "a", learners=12, only=UNITS[:1])
    command = [sys.executable, "-m", "qlab.authoring.sample_class", str(tmp_path / "b"), "--learners", "12"]
    subprocess.run([*command, "--units", UNITS[0]], check=True, capture_output=True)
    paths = {p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()}
    assert len(paths) == 13
    for path in paths:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()
    table = json.loads((tmp_path / "a" / "expected.json").read_text(encoding="utf-8"))
    assert [row["score"] for row in table] == [submission.score for submission in first]
    with pytest.raises(ValueError, match="learners must be from 1 to 30, got 31"):
        write_class(tmp_path, learners=31)


def test_only_answers_differ_from_what_was_handed_out() -> None:
    handed_out = released(UNITS[0])
    _, document = sample_class.submission(UNITS[0], 7, handed_out)
    for before, after in zip(handed_out["cells"], document["cells"], strict=True):
        assert before["metadata"] == after["metadata"]
        if not before["metadata"].get("nbgrader", {}).get("solution"):
            assert before == after
    untouched = sample_class.submission(UNITS[0], 1, handed_out)[1]
    assert [c["source"] for c in untouched["cells"]] == [c["source"] for c in handed_out["cells"]]


def test_sources_stand_by_themselves() -> None:
    for unit in UNITS:
        for task in tasks_of_unit(unit):
            for answer in (task.reference, *task.alternatives, *(m.answer for m in task.misconceptions)):
                source = _source.implementation_source(answer)
                assert "qlab.checks" not in source
                assert "@task" not in source
                assert f"def {answer.__name__}(" in source


def test_a_function_without_a_module_has_no_source() -> None:
    with pytest.raises(ValueError, match="must be a module-level function"):
        _source.implementation_source(lambda: 1)
    with pytest.raises(ValueError, match=r"must not use qlab\.checks\._registry"):
        _source.implementation_source(sample_class.submission)


def test_an_empty_cell_promises_points_only() -> None:
    assert Role("empty").status == ""
    assert not Role("empty").right
