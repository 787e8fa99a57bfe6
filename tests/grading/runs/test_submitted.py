"""No file in `submitted/` is lost in silence: it is graded, refused with a reason or ignored with one."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from qlab.grading.cli import app
from qlab.grading.runs.course import Course
from tests.grading.courses import CourseOnDisk, nbgrader

FULL = 8.0
Change = Callable[[Path], Any]


def grade(course: CourseOnDisk, *options: str) -> tuple[int, str]:
    """Run `qlab grade`; its lines are joined where a terminal would break them."""
    arguments = ["ps1", "--course-dir", str(course.root), "--jobs", "2", *options]
    run = CliRunner().invoke(app, arguments, env={"COLUMNS": "400"})
    return run.exit_code, run.output


def renamed(name: str) -> Change:
    def change(place: Path) -> None:
        goal = place.parent / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        place.rename(goal)

    return change


def edited(edit: Callable[[dict[str, Any]], Any], name: str = "words.ipynb") -> Change:
    def change(place: Path) -> None:
        notebook = json.loads(place.read_text())
        edit(notebook)
        place.unlink()
        (place.parent / name).write_text(json.dumps(notebook))

    return change


def stripped(notebook: dict[str, Any], *, ids: bool = False) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if ids:
            del cell["id"]
    notebook["nbformat_minor"] = 4 if ids else 5


def merged(notebook: dict[str, Any]) -> None:
    """All answers in the cell of the first one, the other answer cells deleted."""
    answers = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
    code = [c for c in answers if c["cell_type"] == "code"]
    code[0]["source"] = "\n\n".join(c["source"] for c in code)
    notebook["cells"] = [c for c in notebook["cells"] if c not in code[1:]]


def pasted(notebook: dict[str, Any]) -> None:
    """An old try of the first answer, left at the end."""
    first = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "shout")
    notebook["cells"].append({**first, "id": "again", "source": "def shout(word):\n    return 1"})


HONEST: dict[str, Change] = {
    "number": renamed("words (1).ipynb"),
    "owner": renamed("anna_words.ipynb"),
    "copy": renamed("words-Copy1.ipynb"),
    "final": renamed("final.ipynb"),
    "case": renamed("Words.IPYNB"),
    "ending": renamed("words.ipynb.txt"),
    "json": renamed("words.json"),
    "folder": renamed("my work/words.ipynb"),
    "stripped": edited(stripped),
    "stripped-ids": edited(lambda notebook: stripped(notebook, ids=True)),
    "stripped-renamed": edited(stripped, "mine.ipynb"),
    "merged": edited(merged),
    "pasted": edited(pasted),
}
TAKEN = ("number", "owner", "copy", "final", "case", "ending", "json", "folder", "stripped-renamed")


def twice(place: Path) -> None:
    shutil.copy(place, place.parent / "words (1).ipynb")
    edited(pasted, "words (2).ipynb")(place)


def other(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [{"cell_type": "code", "metadata": {}, "source": "shout = 1", "outputs": []}]


REFUSED: dict[str, tuple[Change, str]] = {
    "rivals": (twice, "2 files are copies of it and none has its name: words (1).ipynb, words (2).ipynb"),
    "document": (lambda place: renamed("words.docx")(place), "not submitted: there is words.docx"),
    "nothing": (lambda place: place.unlink(), "not submitted: the folder is empty"),
    "another": (edited(other), "none of its cells is one of the assignment's"),
    "other-name": (edited(other, "other.ipynb"), "not submitted: there is other.ipynb; none of them holds its cells"),
    "damaged": (lambda place: place.write_text("{"), "the file does not hold JSON"),
}


@pytest.fixture
def lot(course: CourseOnDisk) -> CourseOnDisk:
    """Honest work under other names and in other shapes, work that cannot be graded, and what is no submission."""
    for name, change in HONEST.items():
        change(course.solve(name))
    for name, (spoil, _) in REFUSED.items():
        spoil(course.solve(name))
    submitted = course.root / "submitted"
    (submitted / "words.ipynb").write_text("{}")
    (submitted / ".DS_Store").write_text("x")
    (submitted / "loose").mkdir()
    (submitted / "loose" / "words.ipynb").write_text("{}")
    (submitted / "lower" / "PS1").mkdir(parents=True)
    (submitted / "linked").symlink_to(submitted / "pasted")
    os.makedirs(os.path.join(os.fsencode(submitted), b"\xff\xfe", b"ps1"))
    shutil.copy(submitted / "pasted/ps1/words.ipynb", submitted / "pasted/ps1/words-Copy1.ipynb")
    return course


def test_every_file_is_graded_refused_or_ignored_with_a_reason(lot: CourseOnDisk) -> None:
    code, said = grade(lot)
    assert code == 2
    scores = {who: sum(value or 0 for value in found.values()) for who, found in lot.scores().items()}
    assert scores == {**dict.fromkeys(HONEST, FULL), **dict.fromkeys(REFUSED, 0)}
    for name in TAKEN:
        assert f"taken for words: {name}, " in said
    for name, (_, why) in REFUSED.items():
        assert f"refused: {name}, words: {why}" in said
    assert "put right: pasted, words: 2 cells are called shout: the last before its first test counts" in said
    assert "cells were missing and were put back: count, drop, stack, apply" in said
    assert "had lost their marks" in said
    for line in (
        "ignored: words.ipynb: it is no learner's folder",
        "ignored: loose/words.ipynb: it lies beside the assignments' folders",
        "ignored: lower/PS1: the folder of ps1 must be called so",
        "ignored: linked: it is a link",
        r"ignored: \udcff\udcfe: its name holds control characters",
        "ignored: pasted, words-Copy1.ipynb: it is another copy of words; words.ipynb counts",
        "1 hidden or empty",
    ):
        assert line in said
    assert code, said == grade(lot)  # what is kept says the same
    with (lot.root / "nbgrader_config.py").open("a") as file:
        file.write("\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n")
    made = nbgrader(lot.root, "generate_feedback", "ps1", check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    for name in REFUSED:
        page = re.sub(r"<[^>]+>", "", (lot.root / "feedback" / name / "ps1" / "words.html").read_text())
        assert "This notebook was not graded." in page
        assert "hand in a file called words.ipynb" in page
        assert "secret-one" not in page


def test_ids_of_any_script_with_equal_bytes_are_all_graded(course: CourseOnDisk) -> None:
    names = [
        "山田　太郎",
        "山田　花子",
        "анна",
        "инна",
        "نیم‌فاصله",
        "a-b",
        "a_b",
        "a b",
        "a" * 60 + "1",
        "a" * 60 + "2",
    ]
    for name in names:
        course.submit(name)
    code, said = grade(course)
    assert code == 0, said
    assert set(course.scores()) == set(names)
    assert len(list((course.root / ".qlab_grading" / "results").glob("*/*.json"))) == len(names)
    assert len(list((course.root / "autograded").glob("*/ps1/words.ipynb"))) == len(names)


def test_backups_by_hard_links_refuse_nobody_and_a_link_to_the_source_is_no_answer(course: CourseOnDisk) -> None:
    for name in ("ada", "bob"):
        place = course.solve(name, {"shout": "shout = open('mark.txt').read().__add__ and (lambda w: w.upper() + '!')"})
        (place.parent / "mark.txt").write_text("x")
    shutil.copytree(course.root / "submitted", course.root / "backup", copy_function=os.link)
    stolen = course.submit("thief")
    stolen.unlink()
    os.link(course.root / "source/ps1/words.ipynb", stolen)
    code, said = grade(course)
    scores = {who: sum(value or 0 for value in found.values()) for who, found in course.scores().items()}
    assert scores == {"ada": FULL, "bob": FULL, "thief": 0}
    assert code == 2
    assert "refused: thief, words: words.ipynb is a hard link to a file of the course" in said


def test_what_is_left_out_is_named_to_both(course: CourseOnDisk) -> None:
    """Data too large for either side, a link among the data, and a cell that took too long."""
    beside = course.root / "source" / "ps1"
    (beside / "course.csv").write_bytes(b"1," * (5 << 20))
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.QlabGrading.cell_seconds = 2.0\n")
    for name, text in {
        "big": "open('big.csv').read()",
        "given": "open('course.csv').read()",
        "link": "open('link.csv').read()",
        "slow": "import time\ntime.sleep(60)",
        "chain": "import time\ntime.sleep(60)\nn = 1",
    }.items():
        shout = f"{text}\ndef shout(word):\n    return word.upper() + '!'"
        edits = {"shout": shout}
        if name == "chain":
            edits = {"setup": text, "shout": "m = n\ndef shout(word):\n    return word.upper() + '!'"}
        place = course.solve(name, edits)
        if name == "chain":  # the set-up cell is the instructor's: the slow cell is one of the learner's own
            notebook = json.loads(place.read_text())
            notebook["cells"].insert(2, {"cell_type": "code", "metadata": {}, "source": text, "outputs": []})
            place.write_text(json.dumps(notebook))
    (course.root / "submitted/big/ps1/big.csv").write_bytes(b"1," * (5 << 20))
    (course.root / "submitted/link/ps1/link.csv").symlink_to("/etc/hostname")
    code, said = grade(course)
    assert code == 2
    assert "ignored: big, big.csv: too large: the files beside a notebook may hold 8 MB together" in said
    assert "left out beside the source: course.csv: too large" in said
    read = {}
    for path in (course.root / "autograded").glob("*/ps1/words.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        test = next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == "shout-hidden")
        read[path.parts[-3]] = test["outputs"][0]["evalue"]
    assert read["big"].startswith("`shout` is not defined: the cell that defines `shout` asked for big.csv")
    assert "asked for course.csv, which is not there: too large" in read["given"]
    assert "asked for link.csv, which is not there: it is a link" in read["link"]
    assert read["slow"] == "`shout` is not defined: the cell that defines `shout` took longer than it may."
    assert read["chain"] == "`shout` is not defined: the cell that defines `n` took longer than it may."


def test_the_table_shows_what_waits_and_what_was_marked_by_hand(course: CourseOnDisk) -> None:
    course.solve("ada", {"essay": "My thoughts"})
    course.submit("bob", {"essay": "Other thoughts"})
    code, said = grade(course)
    assert code == 0
    assert re.search(r"ada +8 / 11 +6 +1\b", said), said
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        one = book.find_grade("essay", "words", "ps1", "ada")
        one.manual_score, one.needs_manual_grade = 2.5, False
        two = book.find_grade("shout-visible", "words", "ps1", "bob")
        two.extra_credit = 0.5
        book.db.commit()
    code, said = grade(course)
    assert re.search(r"ada +10\.5 / 11 +6 +1\b", said), said
    assert re.search(r"bob +0\.5 / 11 .* 1 +1\b", said), said


def test_files_kept_back_at_release_are_laid_before_the_tests_alone(course: CourseOnDisk) -> None:
    beside = course.root / "source" / "ps1"
    (beside / "key.txt").write_text("secret")
    (beside / "words.txt").write_text("open")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.CourseDirectory.ignore = ['key*', '*.pyc']\n")
    text = "import os\nprint(sorted(os.listdir('.')))\ndef shout(word):\n    return word.upper() + '!'"
    course.solve("ada", {"shout": text})
    grade(course)
    assert Course(course.root).kept_back("ps1") == {"key.txt"}
    shown = (course.root / "autograded/ada/ps1/words.ipynb").read_text()
    assert "words.txt" in shown
    assert "key.txt" not in shown
    assert course.scores()["ada"]["shout-hidden"] == 2
