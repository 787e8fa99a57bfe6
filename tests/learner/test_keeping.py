"""No command replaces what a learner wrote: a newer edition is laid beside it, and every file is there whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlab import _editions
from qlab._editions import RECORD, lay_out
from qlab.authoring.cut import ROOT, cut, notebooks
from tests.learner.notebooks import TASKS, find, released, save
from tests.notebooks import text

SLUG = "04_bell_tests"
NAME = f"{SLUG}/{SLUG}.ipynb"


def noted(document: dict[str, Any]) -> None:
    document["cells"].insert(2, text("My note."))


def answered(document: dict[str, Any]) -> None:
    find(document, TASKS[0].grade_id)["source"] = ["mine"]


def written(document: dict[str, Any]) -> None:
    find(document, "reflection")["source"] = ["mine"]


def executed(document: dict[str, Any]) -> None:
    find(document, "set-up")["execution_count"] = 3


def annotated(document: dict[str, Any]) -> None:
    document["metadata"]["note"] = "mine"


def emptied(document: dict[str, Any]) -> None:
    document["cells"] = []


CHANGES = (noted, answered, written, executed, annotated, emptied)


def fresh(extra: str = "") -> dict[str, bytes]:
    return {NAME: (ROOT / "exercises" / NAME).read_bytes() + extra.encode()}


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.ipynb")}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one unit; what nbgrader, which takes seconds, makes of it is what exercises/ holds."""

    def already_cut(slugs: list[str], root: Path, folder: Path) -> None:
        for slug in slugs:
            shutil.copytree(ROOT / "exercises" / slug, folder / "exercises" / slug)
            if (root / "newer").exists():
                with (folder / "exercises" / slug / f"{slug}.ipynb").open("a") as notebook:
                    notebook.write("\n")

    monkeypatch.setattr("qlab.authoring.cut.generate", already_cut)
    shutil.copytree(ROOT / "solutions" / SLUG, tmp_path / "solutions" / SLUG)
    cut(root=tmp_path)
    return tmp_path


@pytest.mark.parametrize("units", [[], ["04"]], ids=["all", "one"])
@pytest.mark.parametrize("change", CHANGES)
def test_cutting_keeps_whatever_differs_and_lays_a_newer_edition_beside_it(
    change: Callable[[dict[str, Any]], None], units: list[str], course: Path
) -> None:
    goal = course / "exercises" / NAME
    document = released()
    change(document)
    mine = save(document, goal.parent).read_bytes()
    assert cut(units, root=course).kept == (goal,)
    assert contents(course / "exercises") == {NAME: mine}, "no newer edition, so nothing beside it"
    (course / "newer").touch()
    laid = cut(units, root=course)
    beside = goal.with_name(f"{SLUG}.new-edition.ipynb")
    assert (laid.kept, laid.beside, laid.written) == ((goal,), (beside,), ())
    assert goal.read_bytes() == mine
    assert beside.read_bytes() == fresh("\n")[NAME]
    beside.write_bytes(b"begun in the newer one")
    assert cut(units, root=course).beside == ()
    assert contents(course / "exercises") == {NAME: mine, f"{SLUG}/{beside.name}": b"begun in the newer one"}


def test_what_nobody_changed_follows_the_editions(course: Path) -> None:
    (course / "newer").touch()
    goal = course / "exercises" / NAME
    assert cut(root=course).written == (goal,)
    assert contents(course / "exercises") == fresh("\n")
    (course / "newer").unlink()
    assert cut(root=course).written == (goal,), "an older edition was released, too"


def test_own_files_stay_and_a_unit_that_is_gone_goes_only_if_nobody_changed_it(tmp_path: Path) -> None:
    gone = {"98_gone/98_gone.ipynb": b"released", "99_gone/99_gone.ipynb": b"released"}
    lay_out({**fresh(), **gone}, tmp_path)
    (tmp_path / "99_gone" / "99_gone.ipynb").write_bytes(b"mine")
    (tmp_path / SLUG / "scratch.ipynb").write_bytes(b"mine")
    laid = lay_out(fresh(), tmp_path, drop_others_in=(tmp_path,))
    assert laid.removed == (tmp_path / "98_gone" / "98_gone.ipynb",)
    assert contents(tmp_path) == {**fresh(), f"{SLUG}/scratch.ipynb": b"mine", "99_gone/99_gone.ipynb": b"mine"}


@pytest.mark.parametrize("record", ["", "{", "[]", "null", '{"04_bell_tests/04_bell_tests.ipynb": 3}'])
def test_without_a_readable_list_nothing_is_replaced(record: str, tmp_path: Path) -> None:
    lay_out({NAME: b"first"}, tmp_path)
    (tmp_path / RECORD).write_text(record)
    laid = lay_out({NAME: b"second"}, tmp_path)
    assert [path.read_bytes() for path in (*laid.kept, *laid.beside)] == [b"first", b"second"]


def test_editions_beside_are_numbered_and_never_replace_each_other(tmp_path: Path) -> None:
    lay_out({NAME: b"first"}, tmp_path)
    (tmp_path / NAME).write_bytes(b"mine")
    for edition in (b"second", b"third", b"third"):
        lay_out({NAME: edition}, tmp_path)
    folder = {path.name: path.read_bytes() for path in (tmp_path / SLUG).iterdir()}
    assert folder == {
        f"{SLUG}.ipynb": b"mine",
        f"{SLUG}.new-edition.ipynb": b"second",
        f"{SLUG}.new-edition-2.ipynb": b"third",
    }


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_notebook_that_a_full_disk_cut_off_is_mended(share: float, tmp_path: Path) -> None:
    goal = tmp_path / NAME
    goal.parent.mkdir()
    goal.write_bytes(fresh()[NAME][: int(share * len(fresh()[NAME]))])
    assert lay_out(fresh(), tmp_path).written == (goal,)
    assert contents(tmp_path) == fresh()


def test_a_disk_that_fills_up_leaves_whole_files_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out({NAME: b"first", "b.ipynb": b"first"}, tmp_path)
    replace = os.replace

    def full(source: str, goal: Path) -> None:
        if goal.name == "b.ipynb":
            raise OSError(errno.ENOSPC, "No space left on device", str(goal))
        replace(source, goal)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            lay_out({NAME: b"second", "b.ipynb": b"second"}, tmp_path)
    assert contents(tmp_path) == {NAME: b"second", "b.ipynb": b"first"}
    assert not list(tmp_path.rglob(".new-*"))
    laid = lay_out({NAME: b"second", "b.ipynb": b"second"}, tmp_path)
    assert laid == _editions.Laid(written=(tmp_path / "b.ipynb",))
    assert contents(tmp_path) == {NAME: b"second", "b.ipynb": b"second"}


@pytest.mark.parametrize("source", notebooks(), ids=lambda path: path.stem)
def test_the_list_of_what_was_released_is_up_to_date(source: Path) -> None:
    name = source.relative_to(ROOT / "solutions").as_posix()
    listed = json.loads((ROOT / "exercises" / RECORD).read_text(encoding="utf-8"))
    assert _editions.digest((ROOT / "exercises" / name).read_bytes()) in listed[name], "run make cut"
