"""Progress: verdicts are kept while nothing changed, and the report is one page that anyone can read and print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

import qlab.learner.progress as module
from qlab.checks import OUTCOMES
from qlab.cli import app
from qlab.learner.notebook import NotebookReport, TaskReport, check_notebook
from qlab.learner.progress import all_reports, by_outcome, cached_report, next_task
from tests.learner.notebooks import answered, half_done, save


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The notebooks that were really executed."""
    calls: list[Path] = []

    def check(path: Path) -> NotebookReport:
        calls.append(path)
        return check_notebook(path)

    monkeypatch.setattr(module, "check_notebook", check)
    return calls


def test_a_verdict_is_kept_until_the_notebook_or_the_judges_change(
    tmp_path: Path, counted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, kept = save(answered(), tmp_path), tmp_path / "kept"
    first = cached_report(path, kept)
    assert first.all_passed
    assert cached_report(path, kept) == first
    assert len(counted) == 1
    save(answered(best_angles="best_angles = None"), tmp_path)
    assert not cached_report(path, kept).all_passed
    assert len(counted) == 2
    monkeypatch.setattr(module, "_judges", lambda: b"another release")
    assert not cached_report(path, kept).all_passed
    assert len(counted) == 3


@pytest.mark.parametrize("damaged", ["", "{", "[]", "null", '{"unit": 1}', '{"unit": "", "tasks": [{}], "notes": []}'])
def test_a_damaged_entry_is_made_anew(damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(answered(), tmp_path)
    monkeypatch.setattr(module, "check_notebook", lambda path: half_done()[3])
    first = cached_report(path, tmp_path / "kept")
    (entry,) = (tmp_path / "kept").iterdir()
    entry.write_text(damaged)
    assert cached_report(path, tmp_path / "kept") == first
    assert json.loads(entry.read_text())["unit"] == first.unit


def test_what_could_not_be_told_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = NotebookReport("x", (TaskReport("04.best_angles", "t", "could_not_tell", "m", 1.0, 0.0),))
    monkeypatch.setattr(module, "check_notebook", lambda path: unsure)
    assert cached_report(save(answered(), tmp_path), tmp_path / "kept") == unsure
    assert not (tmp_path / "kept").exists()


def test_next_is_the_first_task_that_is_not_passed() -> None:
    made = half_done()
    following = next_task(made)
    assert following is not None
    unit, task = following
    assert unit == next(report.unit for report in made if not report.all_passed)
    assert task.status != "passed"
    assert next_task(made[:3]) is None


def test_every_task_serves_a_named_outcome() -> None:
    made = half_done()
    gathered = by_outcome(made)
    assert {item.outcome for item in gathered} <= set(OUTCOMES)
    assert sorted(task.task for item in gathered for task in item.tasks) == sorted(
        task.task for report in made for task in report.tasks
    )
    assert sum(item.passed for item in gathered) == sum(t.status == "passed" for r in made for t in r.tasks)


def test_a_unit_found_twice_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save(answered(), tmp_path / name)
    with pytest.raises(ValueError, match=r"folder must hold each unit once, got several of 04_bell_tests\.ipynb"):
        all_reports(tmp_path, tmp_path / "kept")


def test_the_command_shows_done_open_and_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exercises").mkdir()
    save(answered(best_angles=""), tmp_path / "exercises")
    for columns in ("100", "40"):
        shown = CliRunner(env={"COLUMNS": columns}).invoke(app, ["progress", "--name", "Ada <L>"])
        assert shown.exit_code == 0
        assert max(map(cell_len, shown.stdout.splitlines())) <= int(columns)
    assert "Next:" in " ".join(shown.stdout.split())
    page = (tmp_path / "_build" / "learner" / "competency.html").read_text(encoding="utf-8")
    assert "Ada &lt;L&gt;" in page
    assert CliRunner().invoke(app, ["progress", "nowhere"]).exit_code == 2


def test_the_report_is_written_before_anything_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under `| head -1`: whoever reads the output may go away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qlab.learner.progress.all_reports", lambda *given, **named: [])

    def gone(*given: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("qlab.learner.cli._print_progress", gone)
    assert CliRunner().invoke(app, ["progress", "--report", "page.html"]).exit_code == 1
    assert (tmp_path / "page.html").exists()
