"""The class as a spreadsheet tells it, brought to nbgrader's table of students."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from qlab.grading.notebooks.files import is_plain_name, shown
from qlab.grading.reports.lms import People, Person
from qlab.grading.reports.spreadsheets import Table, cells, read_table

_LOGIN = ("SIS Login ID", "Username", "User name", "Login", "Login ID", "Student ID", "Learner", "Net ID", "NetID",
          "Kennung", "Anmeldename", "Benutzername")  # fmt: skip
_ID = ("ID", "ID number", "Matrikelnummer", "Matriculation number", "Email address", "Email", "E-Mail")
_FIRST = ("First name", "Given name", "Given names", "Firstname", "Vorname", "Prénom", "Nombre")
_LAST = ("Last name", "Surname", "Family name", "Lastname", "Nachname", "Nom", "Apellido", "Apellidos")
_FULL = ("Student", "Name", "Full name", "Student name", "Vollständiger Name")
_EMAIL = ("Email address", "Email", "E-Mail", "Mail", "E-Mail-Adresse", "Adresse de courriel")
_LMS = ("LMS user ID", "Canvas ID", "Canvas user ID", "Moodle ID", "ID number")
_LONGEST = 128
"""Characters that nbgrader's table has room for."""


@dataclass(frozen=True)
class Roster:
    """A class as it stands in a file.

    Attributes:
        people: the learners, by id.
        id_heading: the column that gives the ids.
        namesakes: ids of learners who bear one name.
    """

    people: list[Person]
    id_heading: str
    namesakes: list[list[str]]


def read_roster(path: Path, *, encoding: str | None = None) -> Roster:
    """Read a class from any spreadsheet's CSV; columns in any order, others are passed over.

    The id is the login where there is a column of it, otherwise an id, a number or the address.

    Args:
        path: the file.
        encoding: its encoding, where it is neither UTF-8 nor UTF-16.

    Raises:
        ValueError: there is no id, or one that nbgrader cannot use, or two learners have one.
    """
    table = read_table(path, "roster", encoding=encoding)
    login = table.heading(*_LOGIN)
    chosen = login or table.heading(*_ID)
    if chosen is None:
        listed = ", ".join(table.headings) or "none"
        raise ValueError(f"roster must have a column Username, Login or ID, got {listed}")
    lms = table.heading(*_LMS) or (table.heading("ID") if login and table.heading("Student") else None)
    columns = (
        chosen,
        table.heading(*_FIRST),
        table.heading(*_LAST),
        table.heading(*_EMAIL),
        lms,
        table.heading(*_FULL),
    )
    found: dict[str, tuple[int, Person]] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        identity, first, last, email, number, full = cells(row, columns)
        if _is_no_learner(table, row):
            continue
        if not (first or last) and full:
            first, last = _parted(full)
        person = Person(_fit(identity, line), first, last, email, "" if chosen == lms else number)
        _demand_new(found, person, line)
        found.setdefault(person.id, (line, person))
    if not found:
        raise ValueError("roster must name a learner, got headings alone")
    people = [person for _, person in found.values()]
    groups = [sorted(p.id for p in group) for group in People(people).namesakes()]
    return Roster(people, chosen, sorted(groups))


def _is_no_learner(table: Table, row: dict[str, str]) -> bool:
    """Canvas's gradebook has a row of points, and its own test student."""
    student = row.get(table.heading("Student") or "", "").strip().casefold()
    return student.startswith("points possible") or student in ("student, test", "test student")


def _parted(name: str) -> tuple[str, str]:
    """Return first and last name of a whole name.

    Example:
        >>> _parted("Müller, Anna Lena"), _parted("Anna Lena Müller"), _parted("Plato")
        (('Anna Lena', 'Müller'), ('Anna Lena', 'Müller'), ('', 'Plato'))
    """
    last, comma, first = name.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()


def _fit(identity: str, line: int) -> str:
    """Return an id that can be a folder's name.

    Raises:
        ValueError: it cannot.
    """
    where = f"got {shown(identity)!r} in line {line}"
    if not identity:
        raise ValueError(f"roster must give each learner an id, got none in line {line}")
    if len(identity) > _LONGEST or len(identity.encode()) > 200:
        raise ValueError(f"id must have at most {_LONGEST} characters, {where}")
    if "/" in identity or "\\" in identity or identity.startswith(".") or not is_plain_name(identity):
        raise ValueError(f"id must be fit for a folder's name, without slashes, dots in front and controls, {where}")
    if re.fullmatch(r"\d+[.,]\d+E\+\d+", identity):
        raise ValueError(f"id must be whole, {where}: the spreadsheet has rounded it; format the column as text")
    return identity


def _demand_new(found: dict[str, tuple[int, Person]], person: Person, line: int) -> None:
    """Refuse a second learner of an id; ids that differ in case or accents' coding alone are one on some disks.

    Raises:
        ValueError: there are two.
    """
    plain = unicodedata.normalize("NFKC", person.id).casefold()
    for before, other in found.values():
        if other == person:
            return
        if unicodedata.normalize("NFKC", other.id).casefold() == plain:
            raise ValueError(f"ids must differ, got {other.id!r} in line {before} and {person.id!r} in line {line}")


@dataclass
class Enrolled:
    """What became of the gradebook's table of students.

    Attributes:
        added, changed, same: ids.
        absent: ids that the gradebook knows and the roster does not; they stay.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def enrol(book: Gradebook, people: Iterable[Person]) -> Enrolled:
    """Bring learners to the gradebook; what the roster leaves blank stays as it is, and nobody is removed.

    Args:
        book: nbgrader's gradebook.
        people: the learners.
    """
    before = {student.id: Person.of(student) for student in book.students}
    done = Enrolled()
    for person in people:
        fields = {
            "first_name": person.first,
            "last_name": person.last,
            "email": person.email,
            "lms_user_id": person.lms,
        }
        given = {name: value for name, value in fields.items() if value}
        old = before.pop(person.id, None)
        known = {} if old is None else {"first_name": old.first, "last_name": old.last, "email": old.email,
                                        "lms_user_id": old.lms}  # fmt: skip
        if old is not None and all(known[name] == value for name, value in given.items()):
            done.same.append(person.id)
            continue
        book.update_or_create_student(person.id, **given)
        (done.added if old is None else done.changed).append(person.id)
    done.absent = sorted(before)
    return done
