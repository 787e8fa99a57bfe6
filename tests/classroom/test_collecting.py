"""What Moodle and Canvas download, brought to submitted/ by `qlab class collect`."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from qlab.classroom.archives import Archive
from tests.classroom.conftest import class_command

HEAD = ("Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments")  # fmt: skip
WORKSHEET = f"""\ufeff{HEAD}
Participant 9001,Andreas Müller,a.mueller@example.org,Submitted,,11.00,Yes,"Monday, 2 March 2026, 11:59 PM",-,
Participant 9002,Andreas Müller,andreas@example.org,Submitted,,11.00,Yes,"Tuesday, 3 March 2026, 12:00 AM",-,
Participant 9003,Jan; Maria Łukasiewicz,jl@example.org,Submitted,,11.00,Yes,"Sunday, 1 March 2026, 9:05 AM",-,
Participant 9004,Zoë Åberg,zoe@example.org,No submission,,11.00,Yes,-,-,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,ps1 (77)
    Points Possible,,,,,11
"Müller, Andreas",101,S101,amueller,A,
"Müller, Andreas",102,S102,amueller2,A,5
"Łukasiewicz, Jan; Maria",103,S103,jl,A,
"Åberg, Zoë",104,S104,zoe,A,
"""


def notebook(note: str = "") -> bytes:
    return json.dumps({"cells": [], "metadata": {"note": note}, "nbformat": 4, "nbformat_minor": 5}).encode()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def written(root: Path, learner: str) -> dict[str, bytes]:
    place = root / "submitted" / learner / "ps1"
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def moodle(root: Path, files: dict[str, bytes], *options: str, code: int | None = 0, sheet: str = WORKSHEET) -> str:
    (root / "sheet.csv").write_text(sheet)
    zipped = archive(root / "moodle.zip", files)
    run = class_command(root)
    return run(
        "collect", "moodle", str(zipped), str(root / "sheet.csv"), "--timezone", "Europe/Berlin", *options, code=code
    ).output


FOLDER = "{}_{}_assignsubmission_file"


def test_moodle_folders_find_twins_by_address_and_hours_by_zone(term: Path) -> None:
    says = moodle(term, {
        FOLDER.format("Andreas Müller", 9001) + "/words.ipynb": notebook("one"),
        FOLDER.format("Andreas Müller", 9002) + "_/words (1).ipynb": notebook("two"),
        FOLDER.format("Jan; Maria Łukasiewicz", 9003) + "_words.ipynb": notebook("three"),
    })  # fmt: skip
    assert "ps1: 3 new, 0 replaced, 0 as they were, 1 late" in says
    assert "renamed: amueller2, words (1).ipynb is words.ipynb" in says
    stamps = {who: written(term, who)["timestamp.txt"] for who in ("amueller", "amueller2", "jl")}
    assert stamps == {"amueller": b"2026-03-02 22:59:00 UTC\n", "amueller2": b"2026-03-02 23:00:00 UTC\n",
                      "jl": b"2026-03-01 08:05:00 UTC\n"}  # fmt: skip
    assert written(term, "amueller2")["words.ipynb"] == notebook("two")
    assert not (term / "submitted" / "zoe").exists()


def test_again_changes_nothing_and_what_is_newer_stays(term: Path) -> None:
    name = FOLDER.format("Andreas Müller", 9001) + "/words.ipynb"
    moodle(term, {name: notebook("one")}, code=2)
    assert "0 new, 0 replaced, 1 as they were" in moodle(term, {name: notebook("one")}, code=2)
    earlier = WORKSHEET.replace("2 March 2026, 11:59 PM", "1 March 2026, 11:59 PM")
    assert "kept: amueller has a newer submission" in moodle(term, {name: notebook("old")}, code=2, sheet=earlier)
    assert written(term, "amueller")["words.ipynb"] == notebook("one")
    later = WORKSHEET.replace("2 March 2026, 11:59 PM", "4 March 2026, 11:59 PM")
    assert "1 replaced" in moodle(term, {name: notebook("new")}, code=2, sheet=later)
    assert written(term, "amueller")["words.ipynb"] == notebook("new")
    assert sorted(p.name for p in (term / "submitted" / "amueller").iterdir()) == ["ps1"]  # nothing half-written


def test_of_several_versions_the_last_counts_and_other_files_come_along(term: Path) -> None:
    base = FOLDER.format("Andreas Müller", 9001)
    says = moodle(term, {
        f"{base}/words.ipynb": notebook("first"), f"{base}/words (2).ipynb": notebook("third"),
        f"{base}/words (1).ipynb": notebook("second"), f"{base}/data/table.csv": b"1,2\n", f"{base}/essay.docx": b"PK",
        "__MACOSX/x": b"", f"{base}/.DS_Store": b"",
    }, code=2)  # fmt: skip
    assert "several: amueller, words (2).ipynb is the last; left out: words (1).ipynb, words.ipynb" in says
    files = written(term, "amueller")
    assert sorted(files) == ["data/table.csv", "essay.docx", "timestamp.txt", "words.ipynb"]
    assert files["words.ipynb"] == notebook("third")


def test_what_belongs_to_nobody_is_told_and_the_rest_is_collected(term: Path) -> None:
    says = moodle(term, {
        FOLDER.format("Nobody", 9999) + "/words.ipynb": notebook(), "readme.txt": b"",
        "Zoë Åberg_9004_assignsubmission_onlinetext/onlinetext.html": b"<p>",
        FOLDER.format("Andreas Müller", 9001) + "/words.ipynb": notebook("one"),
    }, code=2)  # fmt: skip
    assert "not collected: Nobody (9999) is not in the worksheet" in says
    assert "nobody's: readme.txt: its name is none that Moodle gives" in says
    assert "Zoë Åberg handed in a text online, not a file" in says
    assert "no file: Jan; Maria Łukasiewicz (9003) handed in something that is not in the ZIP file" in says
    assert sorted(p.name for p in (term / "submitted").iterdir()) == ["amueller"]


def test_a_files_own_name_never_makes_it_anothers(term: Path) -> None:
    flat = "Andreas Müller_9001_assignsubmission_file_x_9003_assignsubmission_file_words.ipynb"
    moodle(term, {flat: notebook("mine")}, "--unit", "ps1", code=2)
    assert sorted(p.name for p in (term / "submitted").iterdir()) == ["amueller"]


def test_twins_without_an_address_are_not_mixed_up(term: Path) -> None:
    sheet = WORKSHEET.replace("a.mueller@example.org", "").replace("andreas@example.org", "")
    says = moodle(term, {FOLDER.format("Andreas Müller", 9001) + "/words.ipynb": notebook()}, code=2, sheet=sheet)
    assert "Andreas Müller (9001) in the worksheet: it fits amueller, amueller2" in says
    assert not (term / "submitted").exists()


def test_a_time_that_cannot_be_read_is_told(term: Path) -> None:
    sheet = WORKSHEET.replace('"Monday, 2 March 2026, 11:59 PM"', "2. bře 2026 23:59")
    says = moodle(term, {FOLDER.format("Andreas Müller", 9001) + "/words.ipynb": notebook()}, code=2, sheet=sheet)
    assert "time not read: Andreas Müller (9001): '2. bře 2026 23:59'" in says
    assert "no time: amueller counts as not late" in says


def test_canvas_names_numbers_lateness_and_attempts(term: Path) -> None:
    (term / "canvas.csv").write_text(CANVAS)
    zipped = archive(term / "c.zip", {
        "müllerandreas_101_5001_words.ipynb": notebook("first"),
        "müllerandreas_101_5003_words-1.ipynb": notebook("second"),
        "müllerandreas_LATE_102_5002_words.ipynb": notebook("late"), "åbergzoë_104_text.html": b"<p>",
        "anon_Ab3x_104_5009_words.ipynb": notebook(), "whoisthis_999_5008_words.ipynb": notebook(),
    })  # fmt: skip
    says = class_command(term)("collect", "canvas", str(zipped), str(term / "canvas.csv"), code=2).output
    assert "2 new, 0 replaced, 0 as they were, 1 late" in says
    assert "several: amueller, words-1.ipynb is the last; left out: words.ipynb" in says
    assert "late: amueller2, Canvas does not say by how much: counted as one second" in says
    assert "nobody's: åbergzoë_104_text.html: a text or link" in says
    assert "reveal the names in Canvas" in says
    assert "not collected: whoisthis (999): nobody on the roster is called so" in says
    assert written(term, "amueller") == {
        "words.ipynb": notebook("second"),
        "timestamp.txt": b"2026-03-02 22:59:00 UTC\n",
    }
    assert written(term, "amueller2")["timestamp.txt"] == b"2026-03-02 22:59:01 UTC\n"
    (term / "times.csv").write_text("Learner;Submitted at\namueller2;2026-03-05 10:00\n")
    class_command(term)("collect", "canvas", str(zipped), "--times", str(term / "times.csv"), code=2)  # numbers: roster
    assert written(term, "amueller2")["timestamp.txt"] == b"2026-03-05 10:00:00 UTC\n"


def test_canvas_writes_utf8_names_without_saying_so(term: Path) -> None:
    zipped = archive(term / "c.zip", {"müllerandreas_101_5001_wörds.ipynb": notebook()})
    raw = zipped.read_bytes()
    assert raw.count(struct.pack("<H", 0x800)) >= 2
    zipped.write_bytes(raw.replace(b"\x14\x00\x00\x08", b"\x14\x00\x00\x00"))
    with Archive(zipped, "ZIP") as opened:
        assert [m.path.name for m in opened.members] == ["müllerandreas_101_5001_wörds.ipynb"]


def test_a_learners_number_in_their_own_name_is_not_believed(term: Path) -> None:
    zipped = archive(term / "c.zip", {"x_101_102_5001_words.ipynb": notebook("stolen")})
    says = class_command(term)("collect", "canvas", str(zipped), "--unit", "ps1", code=2).output
    assert "not collected: x (101): the file's numbers fit amueller, its name does not" in says
    zipped = archive(term / "c.zip", {"müllerandreas_102_5001_1_words.ipynb": notebook("own")})
    class_command(term)("collect", "canvas", str(zipped), "--unit", "ps1")
    assert written(term, "amueller2")["1_words.ipynb"] == notebook("own")


def test_learners_own_zip_is_opened_once_and_safely(term: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("homework/words.ipynb", notebook("inner"))
        made.writestr("homework/data.csv", b"1")
        made.writestr("../../evil.py", b"1")
    says = moodle(term, {FOLDER.format("Andreas Müller", 9001) + "/all.zip": inner.getvalue()}, "--unit", "ps1", code=2)
    assert "unpacked: amueller, all.zip" in says
    assert "refused: amueller, ../../evil.py: its name leads out of the ZIP file" in says
    assert sorted(written(term, "amueller")) == ["data.csv", "timestamp.txt", "words.ipynb"]


def test_paths_links_and_encryption_are_refused_one_by_one(term: Path) -> None:
    base = FOLDER.format("Andreas Müller", 9001)
    link = zipfile.ZipInfo(f"{base}/link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = term / "moodle.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(link, "/etc/passwd")
        for name in ("../x", "/etc/x", "C:\\x", f"{base}\\..\\..\\x", f"{base}/a\nb"):
            made.writestr(name, b"1")
        made.writestr(f"{base}/words.ipynb", notebook("good"))
    (term / "sheet.csv").write_text(WORKSHEET)
    says = class_command(term)("collect", "moodle", str(path), str(term / "sheet.csv"), code=2).output
    assert says.count("its name leads out of the ZIP file") == 4
    assert "link.ipynb: it is a link or no file" in says
    assert "its name is none for a file" in says
    assert sorted(written(term, "amueller")) == ["timestamp.txt", "words.ipynb"]


def test_bombs_and_damage_are_refused(term: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = FOLDER.format("Andreas Müller", 9001)
    says = moodle(term, {f"{base}/words.ipynb": bytes(65 << 20)}, "--unit", "ps1", code=2)
    assert "it unpacks to 65 MB, more than 64 MB" in says
    zipped = archive(term / "moodle.zip", {f"{base}/words.ipynb": notebook("x" * 5000), f"{base}/b.csv": b"ok"})
    raw = bytearray(zipped.read_bytes())
    start = raw.index(b"words.ipynb") + len("words.ipynb")
    raw[start + 5 : start + 12] = b"\xff" * 7
    zipped.write_bytes(raw)
    says = class_command(term)(
        "collect", "moodle", str(zipped), str(term / "sheet.csv"), "--unit", "ps1", code=2
    ).output
    assert "damaged: amueller, words.ipynb: it is damaged in the ZIP file" in says
    zipped.write_bytes(raw[:40])
    says = class_command(term)("collect", "moodle", str(zipped), str(term / "sheet.csv"), code=1).output
    assert "ZIP must be a whole ZIP file" in says
    monkeypatch.setattr("qlab.classroom.archives.MOST_MEMBERS", 1)
    archive(zipped, {"a": b"", "b": b""})
    says = class_command(term)("collect", "moodle", str(zipped), str(term / "sheet.csv"), code=1).output
    assert "ZIP must hold at most 1 files, got 2" in says
    with pytest.raises(ValueError, match="must unpack to at most 0 MB, got 2 MB"):
        Archive(archive(zipped, {"a": bytes(2 << 20)}), "ZIP", most=1 << 19)


def test_learners_may_come_from_the_worksheet(term: Path) -> None:
    sheet = (
        WORKSHEET + 'Participant 9005,New One,new@example.org,Submitted,,11.00,Yes,"Sunday, 1 March 2026, 9:05 AM",-,\n'
    )
    files = {FOLDER.format("New One", 9005) + "/words.ipynb": notebook()}
    assert "nobody on the roster" in moodle(term, files, code=2, sheet=sheet)
    assert "enrolled: new@example.org" in moodle(term, files, "--enrol", code=2, sheet=sheet)
    with Gradebook(f"sqlite:///{term / 'gradebook.db'}") as book:
        assert book.find_student("new@example.org").last_name == "One"
    assert "words.ipynb" in written(term, "new@example.org")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["collect", "blackboard", "x.zip"], "lms must be moodle or canvas, got 'blackboard'"),
        (["collect", "moodle", "x.zip"], "moodle must have the assignment's grading worksheet behind the ZIP file"),
        (["collect", "canvas", "x.zip"], "ZIP must be a ZIP file, got 'x.zip', which is not there"),
        (["collect", "canvas", "x.zip", "--unit", "ps1", "--timezone", "Mars"], "ZIP must be a ZIP file"),
        (["init", "--due", "ps9=2026-03-01"], "due must be UNIT=TIME with one of ps1, got 'ps9=2026-03-01'"),
        (["init", "--due", "ps1=soon"], "due must be a time such as '2026-10-05 23:59'"),
        (["init", "--timezone", "Mars"], "timezone must be a name such as Europe/Berlin, got 'Mars'"),
        (["status", "ps9"], "assignment must be one of ps1, got 'ps9'"),
        (
            ["publish", "--by", "pigeon", "--to", "x"],
            "by must be one of exchange, folder, canvas, moodle, got 'pigeon'",
        ),
        (["publish", "--by", "folder"], "to must be given for folder, canvas and moodle alone, got none for folder"),
    ],
)
def test_what_cannot_be_done_is_said(term: Path, arguments: list[str], says: str) -> None:
    assert says in " ".join(class_command(term)(*arguments, code=1).output.split())
