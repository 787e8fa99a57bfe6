"""The story of a unit: begun, collected, graded, marked by hand, published, exported to the LMS."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from qlab.grading.cli import app as grade_app
from tests.classroom.conftest import class_command
from tests.classroom.test_collecting import CANVAS, FOLDER, HEAD, WORKSHEET, archive, moodle
from tests.grading.courses import WORDS, nbgrader

WRONG = {"shout": "def shout(w):\n    return w"}


def grade(root: Path, *arguments: str, code: int | None = 0) -> str:
    result = CliRunner().invoke(grade_app, [*arguments, "--course-dir", str(root)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert code is None or result.exit_code == code, result.output
    return " ".join(result.output.split())


def answered(root: Path, but: dict[str, str] | None = None, *, unit: str = "ps1", name: str = "words") -> bytes:
    """The released notebook with the instructor's answers, some replaced."""
    content = json.loads((root / "release" / unit / f"{name}.ipynb").read_text())
    answers = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in WORDS["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code"
    }
    answers |= {"essay": "I think so."} | (but or {})
    for cell in content["cells"]:
        cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""), cell["source"])
    return json.dumps(content).encode()


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(), newline="")))


@pytest.fixture(scope="session")
def marked(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three learners collected from Moodle and graded; one is late, one handed in no notebook."""
    root = tmp_path_factory.mktemp("marked") / "course"
    shutil.copytree(begun, root)
    moodle(root, {
        FOLDER.format("Andreas Müller", 9001) + "/words.ipynb": answered(root),
        FOLDER.format("Andreas Müller", 9002) + "/words (1).ipynb": answered(root, WRONG),
        FOLDER.format("Jan; Maria Łukasiewicz", 9003) + "/essay.docx": b"PK not a notebook",
    })  # fmt: skip
    grade(root, "ps1", "--jobs", "1", code=2)
    return root


@pytest.fixture
def desk(marked: Path, tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(marked, root)
    return root


def test_init_is_enough_for_grading_and_for_nbgrader(term: Path) -> None:
    with Gradebook(f"sqlite:///{term / 'gradebook.db'}") as book:
        assert sorted(s.id for s in book.students) == ["amueller", "amueller2", "jl", "zoe"]
        assert book.find_student("amueller").lms_user_id == "101"
        assert str(book.find_assignment("ps1").duedate) == "2026-03-02 22:59:00"
        assert book.find_assignment("ps1").max_score == 11
    assert (term / "release" / "ps1" / "words.ipynb").is_file()
    listed = nbgrader(term, "db", "student", "list").stderr + nbgrader(term, "db", "student", "list").stdout
    assert "amueller2" in listed


def test_init_says_what_moves_and_never_replaces_a_release(term: Path) -> None:
    run = class_command(term)
    assert "ps1: 11 points\n" in run("init").output
    source = term / "source" / "ps1" / "words.ipynb"
    content = json.loads(source.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "shout-hidden":
            cell["metadata"]["nbgrader"]["points"] = 4
    source.write_text(json.dumps(content))
    before = (term / "release" / "ps1" / "words.ipynb").read_bytes()
    says = run("init", "--weekly", "2026-03-29 12:00", "--timezone", "Europe/Berlin").output
    assert "ps1: 13 points, was 11" in says
    assert "due 2026-03-29 10:00 UTC, was 2026-03-02 22:59" in says
    assert "`nbgrader generate_assignment ps1 --force` replaces it" in says
    assert (term / "release" / "ps1" / "words.ipynb").read_bytes() == before


def test_init_tells_what_others_may_read(term: Path, open_folder: Path) -> None:
    root = open_folder / "course"
    shutil.copytree(term, root)
    for folder in (open_folder, root, root / "source"):
        folder.chmod(0o755)
    assert f"others on this machine may read {root / 'source'}: `chmod o-rwx" in class_command(root)("init").output
    root.chmod(0o750)
    assert "others on this machine" not in class_command(root)("init").output


def test_status_counts_every_way_to_stand(desk: Path) -> None:
    run = class_command(desk)
    found = json.loads(run("status", "--json").output)[0]
    assert found["handed_in"] == ["amueller", "amueller2", "jl"]
    assert (found["missing"], found["late"], found["ungraded"]) == (["zoe"], ["amueller2"], [])
    assert (found["by_hand"], found["out"], found["strangers"]) == (["amueller", "amueller2"], [], [])
    assert "essay.docx; none of them is a notebook" in found["refused"]["jl"]
    (desk / "submitted" / "ghost" / "ps1").mkdir(parents=True)
    (desk / "submitted" / "jl" / "ps1" / "timestamp.txt").write_text("no time at all")
    says = run("status").output
    assert "ps1, missing: zoe" in says
    assert "ps1, not on the roster: ghost" in says
    assert "ps1, not graded: ghost" in says


def test_nobody_is_missing_before_a_unit_is_due(desk: Path) -> None:
    run = class_command(desk)
    run("init", "--due", "ps1=2100-01-01 12:00")
    (found,) = json.loads(run("status", "--json").output)
    assert (found["missing"], found["late"], found["learners"]) == ([], [], 4)
    assert "01 Jan 12:00 3 of 4" in run("status").output


def test_status_before_init_says_what_to_do(tmp_path: Path, begun: Path) -> None:
    shutil.copytree(begun / "source", tmp_path / "source")
    shutil.copy(begun / "nbgrader_config.py", tmp_path)
    assert "the gradebook does not know it: `qlab class init`" in class_command(tmp_path)("status").output
    assert "run `qlab class init`" in grade(tmp_path, "ps1", code=1)
    class_command(tmp_path)("init")
    grade(tmp_path, "ps1")


def test_feedback_goes_out_and_again_when_a_mark_changes(desk: Path, tmp_path: Path) -> None:
    run = class_command(desk)
    says = run("publish", "--by", "folder", "--to", str(tmp_path / "pages")).output
    assert "ps1: 3 made, 3 out" in says
    assert "ps1, to mark by hand: amueller, amueller2" in says
    assert (tmp_path / "pages" / "amueller" / "ps1" / "words.html").is_file()
    assert json.loads(run("status", "--json").output)[0]["out"] == ["amueller", "amueller2", "jl"]
    assert "ps1: 0 made, 3 out" in run("publish", "--by", "folder", "--to", str(tmp_path / "pages")).output
    give(desk, "amueller", 2.0)
    says = run("publish", "--by", "folder", "--to", str(tmp_path / "pages"), "--finished").output
    assert "ps1: 1 made, 2 out" in says  # of amueller2 an answer still waits
    assert "well argued" in (tmp_path / "pages" / "amueller" / "ps1" / "words.html").read_text()


def give(root: Path, learner: str, points: float) -> None:
    """Mark the essay by hand, as formgrader does."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        found = book.find_grade("essay", "words", "ps1", learner)
        found.manual_score, found.needs_manual_grade = points, False
        book.find_comment("essay", "words", "ps1", learner).manual_comment = "well <argued> & well argued"
        book.db.commit()


def test_feedback_returns_to_the_lms_under_its_own_names(desk: Path, tmp_path: Path) -> None:
    run = class_command(desk)
    run("publish", "ps1", "--by", "moodle", "--to", str(tmp_path / "back.zip"))
    with zipfile.ZipFile(tmp_path / "back.zip") as back:
        assert sorted(back.namelist()) == [
            FOLDER.format("Andreas Müller", 9001) + "/words.html",
            FOLDER.format("Andreas Müller", 9002) + "/words.html",
            FOLDER.format("Jan; Maria Łukasiewicz", 9003) + "/words.html",
        ]
    says = run("publish", "ps1", "--by", "canvas", "--to", str(tmp_path / "c.zip"), code=1).output
    assert "ps1 must have feedback for somebody collected from Canvas, got none" in " ".join(says.split())
    archive(tmp_path / "canvas-in.zip", {"müllerandreas_101_5001_words.ipynb": answered(desk)})
    run("collect", "canvas", str(tmp_path / "canvas-in.zip"))
    grade(desk, "ps1", "--jobs", "1", code=2)
    run("publish", "ps1", "--by", "canvas", "--to", str(tmp_path / "c.zip"), code=2)
    with zipfile.ZipFile(tmp_path / "c.zip") as back:
        assert back.namelist() == ["müllerandreas_101_5001_words.html"]


def test_exchange_takes_those_who_used_it(desk: Path) -> None:
    nbgrader(desk, "release_assignment", "ps1")
    place = desk / "submitted" / "amueller" / "ps1"
    (place / "submission_secret.txt").write_text("secret")
    run = class_command(desk)
    grade(desk, "ps1", "--jobs", "1", code=2)
    says = run("publish", code=2).output
    assert "not out: jl did not hand in ps1 through the exchange" in says
    assert json.loads(run("status", "--json").output)[0]["out"] == ["amueller"]
    (desk / ".qlab_grading" / "feedback-published.json").unlink()
    assert json.loads(run("status", "--json").output)[0]["out"] == ["amueller"]  # read from the exchange itself


def test_moodles_worksheet_comes_back_with_marks_alone(desk: Path, tmp_path: Path) -> None:
    give(desk, "amueller", 2.0)
    (tmp_path / "sheet.csv").write_text(WORKSHEET)
    says = grade(desk, "ps1", "--export", "moodle-worksheet", "--sheet", str(tmp_path / "sheet.csv"))
    assert "no mark in ps1: jl was refused" in says
    rows = table(desk / "grades-moodle-worksheet-ps1.csv")
    assert rows[0] == HEAD.split(",")
    assert [row[0] for row in rows[1:]] == ["Participant 9001", "Participant 9002"]
    assert rows[1][4:6] + rows[1][8:] == [
        "10", "11.00", "-", "Points: 10 of 11.<br>well &lt;argued&gt; &amp; well argued"]  # fmt: skip
    assert rows[2][4] == "4.5"
    assert "0.5 taken off for lateness; answers that a person reads are not all graded yet" in rows[2][9]
    kept = WORKSHEET.replace(
        '11.00,Yes,"Monday, 2 March 2026, 11:59 PM",-,', '11.00,No,"Monday, 2 March 2026, 11:59 PM",-,'
    )
    (tmp_path / "sheet.csv").write_text(kept.replace('12:00 AM",-,', '12:00 AM",-,by hand'))
    says = grade(desk, "ps1", "--export", "moodle-worksheet", "--sheet", str(tmp_path / "sheet.csv"))
    assert "left out: Moodle will not change the grade of amueller" in says
    assert table(desk / "grades-moodle-worksheet-ps1.csv")[1][9] == "by hand"


def test_canvas_file_goes_by_canvas_numbers(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_text(CANVAS)
    grade(desk, "ps1", "--export", "canvas", "--sheet", str(tmp_path / "canvas.csv"))
    assert table(desk / "grades-canvas-ps1.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ps1 (77)"],
        ["    Points Possible", "", "", "", "", "11"],
        ["Müller, Andreas", "101", "S101", "amueller", "A", "8"],
        ["Müller, Andreas", "102", "S102", "amueller2", "A", "4.5"],
    ]
    (tmp_path / "canvas.csv").write_text(
        CANVAS.replace('"Müller, Andreas",102', '"Other, Person",902').replace("S102,amueller2", "S9,o")
    )
    says = grade(desk, "ps1", "--export", "canvas", "--sheet", str(tmp_path / "canvas.csv"))
    assert "left out: amueller2 is not in Canvas's gradebook" in says


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        (lambda sheet: sheet.replace("11.00", "100.00"), ["moodle-worksheet"],
         "Moodle's maximum grade of ps1 must be 11, got 100: set it in Moodle"),
        (lambda sheet: sheet.replace("Identifier", "Nummer"), ["moodle-worksheet"],
         "worksheet must have the headings Identifier"),
        (lambda sheet: sheet.replace("9002", "9001"), ["moodle-worksheet"], "must have each participant once"),
        (lambda sheet: sheet, ["canvas"], "gradebook must have the headings Student, ID and Section"),
        (lambda sheet: CANVAS.replace("ps1 (77)", "other (77)"), ["canvas"],
         "one assignment with the title 'ps1', got other (77)"),
        (lambda sheet: sheet, ["csv"], "sheet must stand with canvas or moodle-worksheet, got csv"),
    ],
)  # fmt: skip
def test_nothing_is_written_where_a_mark_could_go_astray(
    desk: Path, tmp_path: Path, change: Any, arguments: list[str], says: str
) -> None:
    (tmp_path / "sheet.csv").write_text(change(WORKSHEET))
    assert says in grade(desk, "ps1", "--export", *arguments, "--sheet", str(tmp_path / "sheet.csv"), code=1)
    assert not list(desk.glob("grades-*"))


def test_namesakes_without_canvas_numbers_are_refused_before_the_file(desk: Path) -> None:
    with Gradebook(f"sqlite:///{desk / 'gradebook.db'}") as book:
        book.update_or_create_student("amueller2", lms_user_id=None)
    says = grade(desk, "ps1", "--export", "canvas", code=1)
    assert "learners of one name must have Canvas's own number (lms_user_id), got none for amueller2" in says
    assert not list(desk.glob("grades-*"))


def test_explain_shows_what_a_person_gave(desk: Path) -> None:
    give(desk, "amueller", 2.0)
    says = grade(desk, "--explain", "amueller", "essay")
    assert "essay: 2 of 3 points by hand Comment: well <argued> & well argued" in says
    assert "amueller, ps1/words, essay" in grade(desk, "--explain", "amueller", "ps1.essay")
