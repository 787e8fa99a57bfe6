"""Rosters of any spreadsheet, and what they bring to the gradebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from qlab.classroom.roster import enrol, read_roster
from qlab.grading.reports.lms import Person

ADA, ZOE = Person("ada", "Ada", "Łovelace", "ada@example.org", "7"), Person("zoe", "Zoë", "Åberg; Jr", "", "8")
PLAIN = 'Last name,Username,First name,Email,LMS user id\nŁovelace,ada,Ada,ada@example.org,7\n"Åberg; Jr",zoe,Zoë,,8\n'
SEMICOLONS = PLAIN.replace(",", "\x00").replace("\x00", ";")


def roster(folder: Path, content: bytes, encoding: str | None = None) -> list[Person]:
    path = folder / "roster.csv"
    path.write_bytes(content)
    return read_roster(path, encoding=encoding).people


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [PLAIN, SEMICOLONS, PLAIN.replace(",", "\t"), "sep=;\r\n" + SEMICOLONS,
                                  PLAIN.replace("\n", "\r\n") + "\r\n,,,,\r\n"])  # fmt: skip
def test_one_class_in_every_dialect(tmp_path: Path, text: str, encoding: str) -> None:
    assert roster(tmp_path, text.encode(encoding)) == [ADA, ZOE]


def test_old_encodings_are_refused_unless_named(tmp_path: Path) -> None:
    text = "Vorname;Nachname;Kennung\nZoë;Åberg;zoe\n"
    with pytest.raises(ValueError, match=r"roster 'roster.csv' must be UTF-8 or UTF-16, got other bytes in line 2"):
        roster(tmp_path, text.encode("latin-1"))
    assert roster(tmp_path, text.encode("latin-1"), "latin-1") == [Person("zoe", "Zoë", "Åberg")]
    assert roster(tmp_path, text.encode("cp1252"), "cp1252") == [Person("zoe", "Zoë", "Åberg")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Student,ID,SIS User ID,SIS Login ID,Section,HW (5)\n    Points Possible,,,,,10\n"
         '"Müller, Anna Lena",901,S1,anna,A,\n"Student, Test",902,,x1,A,\n',
         [Person("anna", "Anna Lena", "Müller", "", "901")]),
        ("First name,Surname,ID number,Email address\nAnna,Müller,4711,a@b.org\n",
         [Person("4711", "Anna", "Müller", "a@b.org")]),
        ("Email,Name\na@b.org,Anna Lena Müller\n", [Person("a@b.org", "Anna Lena", "Müller", "a@b.org")]),
        ("id\nada\n", [Person("ada")]),
        ("id,first_name,last_name,email,lms_user_id\nada,Ada,L,a@b.org,9\n",
         [Person("ada", "Ada", "L", "a@b.org", "9")]),
        ("id\nada\nada\n", [Person("ada")]),
    ],
)  # fmt: skip
def test_what_canvas_moodle_nbgrader_and_people_write(tmp_path: Path, text: str, found: list[Person]) -> None:
    assert roster(tmp_path, text.encode()) == found


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must have a line of headings"),
        (b"PK\x03\x04rest", "must be CSV, got a workbook"),
        (b"Name;Age\nA;3\n", "roster must have a column Username, Login or ID, got Name, Age"),
        (b"id\n", "must name a learner"),
        (b"id,name\n,Anna\n", "must give each learner an id, got none in line 2"),
        (b"id\nada\nAda\n", "ids must differ, got 'ada' in line 2 and 'Ada' in line 3"),
        (b"id,name\nada,A B\nada,C D\n", "ids must differ, got 'ada' in line 2 and 'ada' in line 3"),
        (b"id\n../x\n", "id must be fit for a folder's name"),
        (b"id\n.ada\n", "id must be fit for a folder's name"),
        (b"id\n1.23E+05\n", "id must be whole, got '1.23E+05' in line 2"),
        (b"id\n" + b"a" * 129, "id must have at most 128 characters"),
        (b"id,name\nada,Love,lace\n", "must have 2 cells a row, got 3 in line 2"),
        (b"id,id\na,b\n", "must have each heading once"),
    ],
)
def test_what_is_no_roster_is_told_by_line(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=r".+") as error:
        roster(tmp_path, content)
    assert says in str(error.value)


def test_namesakes_are_found_whatever_their_accents_are_made_of(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("id,first name,last name\na,Zoë,Åberg\nb,ZOË,Åberg\nc,Zoe,Aberg\n")
    assert read_roster(path).namesakes == [["a", "b"]]


def test_enrolling_adds_and_never_removes_or_blanks(tmp_path: Path) -> None:
    with Gradebook(f"sqlite:///{tmp_path / 'g.db'}", "words") as book:
        book.add_student("old", first_name="Old")
        book.add_student("ada", first_name="Ada", email="ada@example.org")
        done = enrol(book, [Person("ada", "Augusta"), ZOE])
        assert (done.added, done.changed, done.absent) == (["zoe"], ["ada"], ["old"])
        ada = book.find_student("ada")
        assert (ada.first_name, ada.email) == ("Augusta", "ada@example.org")
        assert enrol(book, [Person("ada", "Augusta"), ZOE]).same == ["ada", "zoe"]
