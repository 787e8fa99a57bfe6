"""Damaged and edited submissions, rebuilt around the instructor's cells."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from qlab.grading.notebooks.files import files_below
from qlab.grading.notebooks.plan import make_plan
from qlab.grading.notebooks.reading import (
    UnreadableNotebook,
    grade_id,
    parse_notebook,
    read_bytes,
    write_notebook,
)
from qlab.grading.notebooks.rebuilding import rebuild


@pytest.fixture
def plan(words: Any) -> Any:
    return make_plan("words", json.dumps(words).encode())


def names(notebook: Any) -> list[str]:
    return [name for cell in notebook["cells"] if (name := grade_id(cell))]


def rebuilt(plan: Any, submission: Any) -> Any:
    return rebuild(plan.released, parse_notebook(json.dumps(submission).encode()))


def test_untouched_notebook_is_rebuilt_as_released(plan: Any) -> None:
    back = rebuilt(plan, plan.released)
    assert [c["source"] for c in back["cells"]] == [c["source"] for c in plan.released["cells"]]
    nbformat.validate(nbformat.reads(write_notebook(back), as_version=4))


def test_missing_renamed_and_doubled_cells_are_put_right(plan: Any) -> None:
    damaged = copy.deepcopy(plan.released)
    cells = damaged["cells"]
    by_name = {grade_id(c): c for c in cells}
    cells.remove(by_name["shout-hidden"])
    by_name["count-test"]["metadata"]["nbgrader"]["grade_id"] = "something-else"
    cells.append(copy.deepcopy(by_name["shout-visible"]))
    by_name["stack-test"]["source"] = "pass"
    by_name["stack-test"]["metadata"]["nbgrader"]["points"] = 1000
    back = rebuilt(plan, damaged)
    assert sorted(names(back)) == sorted(names(plan.released))
    assert names(back).index("shout-hidden") == names(back).index("shout-visible") + 1
    found = {grade_id(c): c for c in back["cells"] if grade_id(c)}
    assert found["stack-test"]["source"] == {grade_id(c): c for c in plan.released["cells"]}["stack-test"]["source"]
    assert found["stack-test"]["metadata"]["nbgrader"]["points"] == 1


ONE, TWO, THREE = (f"def shout(word): return {number}" for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ([ONE], [TWO], ONE),
        ([ONE, TWO], [], TWO),
        ([ONE, TWO], [THREE, ONE], TWO),
        ([None], [TWO], TWO),
        ([None, ONE], [None], ONE),
        ([], [ONE, TWO], TWO),
    ],
)
def test_of_several_answers_the_last_written_before_its_test_counts(
    plan: Any, before: list[str | None], after: list[str | None], counts: str
) -> None:
    damaged = copy.deepcopy(plan.released)
    cells = damaged["cells"]
    original = next(c for c in cells if grade_id(c) == "shout")
    at = cells.index(original)
    copies = [{**copy.deepcopy(original), "source": text or original["source"]} for text in [*before, *after]]
    cells[at : at + 1] = copies[: len(before)]
    cells += copies[len(before) :]
    notes: list[str] = []
    back = rebuild(plan.released, parse_notebook(json.dumps(damaged).encode()), notes)
    assert next(c for c in back["cells"] if grade_id(c) == "shout")["source"] == counts
    assert names(back) == names(plan.released)
    assert any(note.startswith(f"{len(copies)} cells are called shout: the last") for note in notes)


def test_a_missing_answer_comes_back_empty_and_its_test_below_what_the_learner_wrote(plan: Any) -> None:
    """Answers in cells of one's own, merged into one cell, or a whole section in another: no stub overwrites them."""
    damaged = copy.deepcopy(plan.released)
    own = {"cell_type": "code", "metadata": {}, "source": "def count(words): return {}\ndrop_vowels = len"}
    at = next(i for i, c in enumerate(damaged["cells"]) if grade_id(c) == "count")
    damaged["cells"][at : at + 2] = [own, {**own, "source": "count([])"}]
    damaged["cells"] = [c for c in damaged["cells"] if grade_id(c) != "drop"]
    notes: list[str] = []
    back = rebuild(plan.released, parse_notebook(json.dumps(damaged).encode()), notes)
    assert names(back) == names(plan.released)
    sources = [c["source"] for c in back["cells"]]
    places = {grade_id(c): i for i, c in enumerate(back["cells"])}
    assert [sources[places[name]] for name in ("count", "drop")] == [own["source"], ""]
    assert sources.index("count([])") < places["count-test"] < places["drop"] < places["drop-test"]
    assert "cells were missing and were put back: count-test, drop" in notes


@pytest.mark.parametrize("ids", ["kept", "gone", "new"])
@pytest.mark.parametrize("lost", ["all", "some"])
def test_lost_marks_are_found_by_text_id_and_place(plan: Any, ids: str, lost: str) -> None:
    damaged = copy.deepcopy(plan.released)
    texts = {"shout": ONE, "count": "import os\ndef count(words): return 1", "essay": "My own words"}
    for number, cell in enumerate(damaged["cells"]):
        cell["source"] = texts.get(grade_id(cell) or "", cell["source"])
        if lost == "all" or number % 2:
            cell["metadata"] = {}
        if ids != "kept":
            cell["id"] = f"other-{number}"
        if ids == "gone":
            del cell["id"]
    back = rebuilt(plan, damaged)
    assert names(back) == names(plan.released)
    found = {grade_id(c): c["source"] for c in back["cells"] if grade_id(c)}
    assert texts.items() <= found.items()


def test_ids_that_contradict_the_text_prove_nothing(plan: Any) -> None:
    damaged = copy.deepcopy(plan.released)
    ids = [cell["id"] for cell in damaged["cells"]]
    for cell, one in zip(damaged["cells"], [*ids[1:], ids[0]], strict=True):
        cell["id"], cell["metadata"] = one, {}
    found = {grade_id(c): c["source"] for c in rebuilt(plan, damaged)["cells"] if grade_id(c)}
    expected = {grade_id(c): c["source"] for c in plan.released["cells"] if grade_id(c)}
    assert found == expected


@pytest.mark.parametrize("version", [0, 1, 99, "x", None])
def test_strange_schema_versions_do_no_harm(plan: Any, version: Any) -> None:
    damaged = copy.deepcopy(plan.released)
    for cell in damaged["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = version
    assert sorted(names(rebuilt(plan, damaged))) == sorted(names(plan.released))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"cells": 3}', b"\xff\xfe", b"[" * 100_000, b'{"nbformat": 4}', b"\0" * 100],
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableNotebook):
        parse_notebook(content)


@pytest.mark.parametrize(
    "cell",
    [3, None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 3, "metadata": 4}, {"cell_type": "x"},
     {"cell_type": "code", "source": ["a", 5], "metadata": {"nbgrader": []}, "id": "\ud800"},
     {"cell_type": "code", "source": "\ud800", "metadata": {"nbgrader": {"grade_id": ["x"]}}}],
)  # fmt: skip
def test_strange_cells_are_mended(plan: Any, cell: Any) -> None:
    back = rebuilt(plan, {"cells": [cell]})
    assert sorted(names(back)) == sorted(names(plan.released))
    nbformat.validate(nbformat.reads(write_notebook(back).encode("utf-8", "replace").decode(), as_version=4))


def test_old_format_and_byte_order_mark_are_read() -> None:
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]}]}
    assert parse_notebook(b"\xef\xbb\xbf" + json.dumps(old).encode())["cells"][0]["source"] == "x = 1"


def test_links_pipes_and_directories_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", ".", "missing"):
        with pytest.raises(UnreadableNotebook):
            read_bytes(tmp_path / name)
    with pytest.raises(UnreadableNotebook, match="more than 1"):
        read_bytes(tmp_path / "real", 1)


def test_files_beside_a_notebook_are_regular_ones(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    (tmp_path / "dir").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    found = files_below(tmp_path)
    assert found.files == {"data.csv": b"1,2"}
    assert set(found.left_out) == {"link.csv", "dir", "pipe"}
