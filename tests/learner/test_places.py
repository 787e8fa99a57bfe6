"""Paths, names of units and working directories as a person types them; and a folder of the learner's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qlab._editions import digest, is_released
from qlab.authoring.cut import ROOT
from qlab.checks import all_units, slug
from qlab.cli import app
from qlab.learner.notebook import find_notebooks
from qlab.learner.places import OWN, base, start_units, typed, unit_named, units_folder

FIRST, SECOND = "01_shared_state", "02_measurement"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A checkout with two units handed out, and solutions of the same names."""
    for part in ("exercises", "solutions"):
        for name in (FIRST, SECOND):
            shutil.copytree(ROOT / part / name, tmp_path / part / name)
    shutil.copy(ROOT / "exercises" / ".released.json", tmp_path / "exercises")
    return tmp_path


@pytest.mark.parametrize("unit", all_units())
def test_a_unit_goes_by_many_names(unit: str) -> None:
    name = slug(unit)
    title = name.partition("_")[2] or name
    for word in (unit, unit.lstrip("0"), name, name.upper(), f"{name}.ipynb", title.replace("_", " "), f"unit {unit}"):
        assert unit_named(word) == unit, word
    assert unit_named(f"{unit}.a_task") == unit
    assert unit_named(f" {name.replace('_', '-')} ") == unit


@pytest.mark.parametrize("word", ["", "0", "00", "12", "99_gone", "01_other", "shared", "exercises", "1.5", "unit"])
def test_other_words_name_no_unit(word: str) -> None:
    assert unit_named(word) is None


WAYS = (
    "01",
    "1",
    FIRST,
    f"{FIRST}.ipynb",
    f"{FIRST}/",
    "Shared State",
    "01.sort_states",
    "exercises/01",
    f"exercises/{FIRST}",
    f"exercises\\{FIRST}",
    f"./exercises/{FIRST}/{FIRST}.ipynb",
    f"'{FIRST}'",
)


@pytest.mark.parametrize("where", ["", "exercises", f"exercises/{FIRST}", f"exercises/{SECOND}", "solutions/.."])
@pytest.mark.parametrize("words", WAYS)
def test_a_unit_is_found_from_wherever_somebody_stands(words: str, where: str, course: Path) -> None:
    expected = course / "exercises" / FIRST / f"{FIRST}.ipynb"
    (found,) = find_notebooks(typed(words, course / where))
    assert found.resolve() == expected.resolve()


def test_a_learners_own_folder_comes_first_and_other_paths_mean_what_they_say(course: Path) -> None:
    start_units(["01"], course / OWN, course / "exercises")
    own = course / OWN / FIRST / f"{FIRST}.ipynb"
    for where in (course, course / "exercises", course / OWN, own.parent):
        expected = course / "exercises" / FIRST / own.name if where.name == "exercises" else own
        assert find_notebooks(typed("01", where)) == [expected]
    assert find_notebooks(course) == [own]
    assert find_notebooks(typed("exercises/01", course)) == [course / "exercises" / FIRST / own.name]
    assert find_notebooks(typed(str(course / "solutions" / "02"))) == [
        course / "solutions" / SECOND / f"{SECOND}.ipynb"
    ]
    assert find_notebooks(typed("02", course)) == [course / "exercises" / SECOND / f"{SECOND}.ipynb"]
    for nothing in ("99", "exercises/99_gone", "no where", str(course / "absent")):
        with pytest.raises(ValueError, match="path must be a unit's notebook or a folder that holds one"):
            typed(nothing, course)


def test_the_folder_of_all_units_is_known_from_inside_it(
    course: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for where in (course, course / "exercises", course / "exercises" / FIRST):
        assert units_folder(where) == course / "exercises"
        assert base(where) == course
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert units_folder(elsewhere) is None
    assert base(elsewhere) == elsewhere
    shutil.copy(ROOT / "exercises" / FIRST / f"{FIRST}.ipynb", elsewhere)
    assert units_folder(elsewhere) == elsewhere


@pytest.mark.parametrize("where", ["", "exercises", f"exercises/{FIRST}"])
def test_progress_and_check_work_from_inside(where: str, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(course / "exercises" / SECOND)
    monkeypatch.chdir(course / where)
    run = CliRunner(env={"COLUMNS": "200"}).invoke
    shown = run(app, ["progress"])
    assert shown.exit_code == 0, shown.output
    assert "01 shared state" in shown.stdout
    assert (course / "_build" / "learner" / "competency.html").exists()
    assert not (course / "exercises" / "_build").exists()
    for words in (["check"], ["check", "01"], ["check", FIRST, "1"]):
        checked = run(app, words)
        assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (1, "0 of 4 tasks passed."), checked.output


def test_start_copies_units_and_never_replaces_what_was_changed(course: Path) -> None:
    source, target = course / "exercises", course / OWN
    note = source / FIRST / f"{FIRST}.ipynb"
    document = json.loads(note.read_text(encoding="utf-8"))
    document["cells"].insert(1, {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": ["mine"]})
    note.write_text(json.dumps(document), encoding="utf-8")
    goals = [target / name / f"{name}.ipynb" for name in (FIRST, SECOND)]
    laid = start_units(["01", "02"], target, source)
    assert sorted(laid.written) == goals
    assert goals[0].read_bytes() == note.read_bytes(), "begun where it was handed out, it comes along"
    goals[1].write_bytes(b"mine")
    shutil.copy(ROOT / "exercises" / FIRST / note.name, note)
    upgrade = source / SECOND / f"{SECOND}.ipynb"
    upgrade.write_bytes(upgrade.read_bytes() + b"\n")
    record = json.loads((source / ".released.json").read_text(encoding="utf-8"))
    record[f"{SECOND}/{SECOND}.ipynb"].append(digest(upgrade.read_bytes()))
    (source / ".released.json").write_text(json.dumps(record), encoding="utf-8")
    laid = start_units(["01", "02"], target, source)
    assert laid.written == ()
    assert list(laid.kept) == goals
    assert json.loads(goals[0].read_text(encoding="utf-8")) == document
    assert goals[1].read_bytes() == b"mine"
    assert goals[1].with_name(f"{SECOND}.new-edition.ipynb").read_bytes() == upgrade.read_bytes()
    with pytest.raises(ValueError, match="units must be at hand in"):
        start_units(["03"], target, source)


def test_the_command_starts_units_in_a_folder_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner(env={"COLUMNS": "200"}).invoke
    first = run(app, ["start", "1", "faq"])
    assert first.exit_code == 0, first.output
    assert sorted(path.name for path in (tmp_path / OWN).rglob("*.ipynb")) == [f"{FIRST}.ipynb", "faq.ipynb"]
    assert "Nothing is new" in run(app, ["start", "1"]).stdout
    everything = run(app, ["start", "--to", str(tmp_path / "a b")])
    assert everything.exit_code == 0
    assert len(list((tmp_path / "a b").rglob("*.ipynb"))) == len(all_units())
    for words in (["start", "99"], ["start", "01", "--to", str(tmp_path / OWN / "faq" / "faq.ipynb")]):
        refused = run(app, words)
        assert refused.exit_code == 2
        assert "must be" in refused.stderr
        assert "Traceback" not in refused.output


def test_git_does_not_track_the_learners_folder() -> None:
    ignored = subprocess.run(["git", "check-ignore", f"{OWN}/{FIRST}/{FIRST}.ipynb"], cwd=ROOT, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize("words", [["check", "01"], ["progress"], ["start", "01"]], ids=lambda words: words[0])
def test_a_reader_that_goes_away_costs_no_traceback(words: list[str], course: Path) -> None:
    shutil.rmtree(course / "exercises" / SECOND)
    command = [sys.executable, "-P", "-m", "qlab.cli", *words]
    with subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
    assert said == ""
    assert (course / "_build" / "learner" / "competency.html").exists() == (words == ["progress"])


@pytest.mark.parametrize("unreadable", ["half a file", ""])
def test_progress_shows_the_rest_where_one_notebook_or_the_cache_fails(
    unreadable: str, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: the cache and the report cannot be written, and a notebook is cut off."""
    (course / "exercises" / SECOND / f"{SECOND}.ipynb").write_text(unreadable)
    (course / "_build").write_text("a file where a folder should be")
    monkeypatch.chdir(course)
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["progress"])
    assert shown.exit_code == 2, shown.output
    assert "01 shared state" in shown.stdout
    assert "path must be a readable notebook, got" in shown.stdout
    assert "Next:" in shown.stdout
    assert "report must be a file that can be written, got" in shown.stderr
    assert "Traceback" not in shown.output


def test_a_report_never_replaces_a_notebook(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course)
    target = course / "exercises" / FIRST / f"{FIRST}.ipynb"
    kept = target.read_bytes()
    for words in (["progress", "--report", str(target)], ["cards", str(target)]):
        refused = CliRunner(env={"COLUMNS": "200"}).invoke(app, words)
        assert refused.exit_code == 2
        assert "must end in" in refused.stderr
    assert target.read_bytes() == kept


def test_a_checkout_that_turns_line_ends_round_still_holds_what_was_released(course: Path, tmp_path: Path) -> None:
    """As git on Windows does it."""
    shutil.copy(ROOT / ".gitattributes", course)
    (course / "notes.txt").write_bytes(b"turned\n")
    person = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "."], [*person, "commit", "-qm", "released"]):
        subprocess.run(["git", "-c", "core.autocrlf=false", *words], cwd=course, check=True)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "-c", "core.autocrlf=true", str(course), str(clone)], check=True)
    assert (clone / "notes.txt").read_bytes() == b"turned\r\n"
    name = f"{FIRST}/{FIRST}.ipynb"
    assert is_released((clone / "exercises" / name).read_bytes(), name, clone / "exercises")
