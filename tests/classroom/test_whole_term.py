"""The story whole: twenty-five learners with accents and twins, two LMS's, late, renamed, damaged, given back."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.classroom.conftest import class_command
from tests.classroom.test_collecting import FOLDER, HEAD, archive
from tests.classroom.test_term import WRONG, answered, give, grade, table

pytestmark = pytest.mark.soak
NAMES = ["Müller", "Müller", "Łukasiewicz", "Åberg", "O'Neill", "García-Lorca", "Nguyễn", "Çelik", "Dvořák", "Ñandú",
         "Öztürk", "Šimić", "Žižek", "Þórsdóttir", "El Ḥaddad", "李", "Παπαδάκη", "Иванова", "de la Cruz", "van Dijk",
         "MacLeod", "Sørensen", "Kovács", "Ó Briain", "Zhang"]  # fmt: skip
DAY = '"Monday, 2 March 2026, 11:05 PM"'


def test_a_term_of_twenty_five(begun: Path, tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(begun, root)
    (root / "gradebook.db").unlink()
    people = [(f"l{n:02d}", "Alex", last, f"l{n:02d}@example.org", 500 + n) for n, last in enumerate(NAMES)]
    lines = ["Canvas ID\tSurname\tGiven name\tMail\tLogin", *(f"{c}\t{b}\t{a}\t{e}\t{i}" for i, a, b, e, c in people)]
    (root / "roster.csv").write_bytes("\r\n".join(lines).encode("utf-16"))
    run = class_command(root)
    says = run("init", "--roster", str(root / "roster.csv"), "--due", "ps1=2026-03-02 23:59 Europe/Berlin").output
    assert "25 new" in says
    assert "one name, several learners: l00, l01" in says

    rows = [
        f'Participant {700 + n},"{a} {b}",{e},Submitted,,11.00,Yes,{DAY},-,'
        for n, (_, a, b, e, _) in enumerate(people[:15])
    ]
    rows[2] = rows[2].replace("2 March", "5 March")
    (root / "sheet.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    files = {FOLDER.format(f"Alex {NAMES[n]}", 700 + n) + "/words.ipynb": answered(root) for n in range(14)}  # 14: none
    files[FOLDER.format(f"Alex {NAMES[3]}", 703) + "/words.ipynb"] = b"{damaged"
    files[FOLDER.format(f"Alex {NAMES[4]}", 704) + "/words (1).ipynb"] = answered(root, WRONG)
    zipped = archive(root / "m.zip", files)
    says = run("collect", "moodle", str(zipped), str(root / "sheet.csv"), "--timezone", "Europe/Berlin", code=2).output
    assert "14 new, 0 replaced, 0 as they were, 1 late" in says

    canvas = [
        "Student,ID,SIS User ID,SIS Login ID,Section,ps1 (9)",
        *(f'"{b}, {a}",{c},,{i},A,' for i, a, b, _, c in people),
    ]
    (root / "canvas.csv").write_text("\n".join(canvas) + "\n")
    letters = ["".join(c for c in f"{b}{a}".casefold() if c.isalnum()) for _, a, b, _, _ in people]
    zipped = archive(root / "c.zip", {
        f"{letters[n]}_{'LATE_' if n == 20 else ''}{500 + n}_{9000 + n}_words.ipynb": answered(root)
        for n in range(14, 24)
    })  # fmt: skip
    run("collect", "canvas", str(zipped), str(root / "canvas.csv"))
    grade(root, "ps1", code=2)
    found = json.loads(run("status", "--json").output)[0]
    assert (len(found["handed_in"]), found["missing"], found["late"]) == (24, ["l24"], ["l02", "l20"])
    assert list(found["refused"]) == ["l03"]
    for learner in found["by_hand"]:
        give(root, learner, 3.0)
    says = grade(root, "ps1", code=2)
    assert "moved: l00" not in says  # given by a person, not by the run
    assert "moved: l02 8.6, now 7.7" in says  # three days begun cost a tenth each of the mark by hand too

    run("publish", "ps1", "--by", "moodle", "--to", str(root / "m-back.zip"), code=2)
    run("publish", "ps1", "--by", "canvas", "--to", str(root / "c-back.zip"), code=2)
    counts = {name: len(zipfile.ZipFile(root / name).namelist()) for name in ("m-back.zip", "c-back.zip")}
    assert counts == {"m-back.zip": 14, "c-back.zip": 10}
    assert len(json.loads(run("status", "--json").output)[0]["out"]) == 24
    grade(root, "ps1", "--export", "moodle-worksheet", "--sheet", str(root / "sheet.csv"))
    grade(root, "ps1", "--export", "canvas", "--sheet", str(root / "canvas.csv"))
    marks = {row[0]: row[4] for row in table(root / "grades-moodle-worksheet-ps1.csv")[1:]}
    assert len(marks) == 14  # whoever is on Moodle's sheet and has a mark: l14 too, who handed in through Canvas
    assert (marks["Participant 700"], marks["Participant 702"]) == ("11", "7.7")
    canvas_marks = {row[3]: row[5] for row in table(root / "grades-canvas-ps1.csv")[2:]}
    assert len(canvas_marks) == 23
    assert (canvas_marks["l20"], "l03" in canvas_marks, "l24" in canvas_marks) == ("9.9", False, False)
