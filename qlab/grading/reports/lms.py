"""What Moodle and Canvas write and read: the grading worksheet, the gradebook, and who is who in them.

Moodle's grading worksheet is a CSV with commas. Its importer looks for the headings `Identifier`, `Grade` and
`Last modified (grade)`, takes the number at the end of the identifier ("Participant 4711"), passes over a row whose
grade is blank, greater than the maximum or unchanged, and writes every feedback column that it finds, blank ones too.
Headings, months and the time zone are those of whoever downloaded it.

- https://github.com/moodle/moodle/blob/main/mod/assign/gradingtable.php (the worksheet's columns)
- https://github.com/moodle/moodle/blob/main/mod/assign/feedback/offline/importgradeslib.php (what is read)
- https://github.com/moodle/moodle/blob/main/mod/assign/feedback/offline/locallib.php (what is skipped)

Canvas's gradebook begins with `Student`, `ID`, `SIS User ID`, `SIS Login ID`, `Section`; an assignment's heading is
`title (number)`, and one without a number is looked for by title, or made new. A learner is looked for by `ID`, then
by SIS id and login, and last by name, which may find another person. A blank grade in a row erases the mark.

- https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from qlab.grading.reports.spreadsheets import Table, cells, read_table

_COLUMNS = {
    "identifier": ("Identifier", "ID", "Kennung"),
    "name": ("Full name", "First name / Surname", "Vollständiger Name"),
    "idnumber": ("ID number", "ID-Nummer"),
    "username": ("Username", "Anmeldename"),
    "email": ("Email address", "E-Mail-Adresse"),
    "grade": ("Grade", "Bewertung"),
    "maximum": ("Maximum grade", "Bestwertung"),
    "changeable": ("Grade can be changed", "Bewertung kann geändert werden"),
    "submitted": ("Last modified (submission)", "Zuletzt geändert (Abgabe)"),
    "modified": ("Last modified (grade)", "Zuletzt geändert (Bewertung)"),
    "comments": ("Feedback comments", "Feedback als Kommentar"),
}
"""Columns of the grading worksheet, in English and German."""
_MONTHS = {
    1: "jan gen ene", 2: "feb fev", 3: "mar maa", 4: "apr avr abr", 5: "may mai mei mag", 6: "jun juin giu",
    7: "jul juil lug", 8: "aug aou ago", 9: "sep set", 10: "oct okt ott out", 11: "nov", 12: "dec dez dic",
}  # fmt: skip
"""First letters of months in English, German, French, Spanish, Italian, Dutch and Portuguese, without accents."""
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.?\s+(?:de\s+)?(?P<month>[^\W\d_]+)\.?\s+(?:de\s+)?(?P<year>\d{4})")
_MONTH_FIRST = re.compile(r"(?P<month>[^\W\d_]+)\s+(?P<day>\d{1,2}),\s+(?P<year>\d{4})")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([ap])\.?\s?m)?", re.IGNORECASE)


@dataclass(frozen=True)
class Person:
    """A learner as the gradebook knows them.

    Attributes:
        id: the id in nbgrader.
        first, last: names, maybe empty.
        email: address, maybe empty.
        lms: the LMS's own id, maybe empty.
    """

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    lms: str = ""

    @classmethod
    def of(cls, student: Any) -> Person:
        """Return the person of a row of nbgrader's table of students."""
        texts = (student.first_name, student.last_name, student.email, student.lms_user_id)
        return cls(student.id, *(unicodedata.normalize("NFC", (text or "").strip()) for text in texts))

    @property
    def name(self) -> str:
        """Last name, first name; the id where there is neither."""
        return ", ".join(part for part in (self.last, self.first) if part) or self.id


class People:
    """Finds a learner of the class by what an LMS says of them.

    Args:
        known: the class.
    """

    def __init__(self, known: Iterable[Person]) -> None:
        self.known = list(known)

    def find(
        self, *, ids: Iterable[str] = (), lms: str = "", email: str = "", name: str = ""
    ) -> tuple[Person | None, str]:
        """Return the one learner who is meant, and why nobody is; by ids first, then address, last by name.

        Args:
            ids: logins and numbers that may be the id in nbgrader, or the LMS's.
            lms: the LMS's own id.
            email: address; case is free.
            name: first and last name in any order.
        """
        wanted = [one for one in ids if one]
        ways = (
            [p for p in self.known if p.id in wanted],
            [p for p in self.known if p.lms and p.lms in [lms, *wanted]],
            [p for p in self.known if email and email.casefold() in (p.email.casefold(), p.id.casefold())],
            [p for p in self.known if name and _words(name) == _words(f"{p.first} {p.last}")],
        )
        for found in ways:
            if len(found) == 1:
                return found[0], ""
            if len(found) > 1:
                return None, f"it fits {', '.join(sorted(p.id for p in found))}"
        return None, "nobody on the roster is called so"

    def namesakes(self) -> list[list[Person]]:
        """Return the groups of learners who bear one name."""
        by_name: dict[tuple[str, ...], list[Person]] = {}
        for person in self.known:
            if person.first or person.last:
                by_name.setdefault(_words(f"{person.first} {person.last}"), []).append(person)
        return [group for group in by_name.values() if len(group) > 1]


def _words(name: str) -> tuple[str, ...]:
    r"""Return a name's words in one order, however it was written.

    Example:
        >>> _words("Müller, Anna-Lena") == _words("anna-lena  mu\u0308ller")
        True
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return tuple(sorted(re.findall(r"[\w'-]+", plain)))


@dataclass(frozen=True)
class Participant:
    """A row of Moodle's grading worksheet.

    Attributes:
        number: Moodle's number of the participant, which folders and worksheet share.
        name: the full name.
        ids: id number and login, where the site shows them.
        email: address, where the site shows it.
        submitted: when the submission was changed last, in UTC; None if nothing was handed in.
        unread: the text of a time that could not be read.
        maximum: the assignment's maximum grade, if the worksheet says it.
        locked: Moodle will not change this grade.
        row: the whole row.
    """

    number: str
    name: str
    ids: tuple[str, ...]
    email: str
    submitted: datetime.datetime | None
    unread: str
    maximum: float | None
    locked: bool
    row: dict[str, str]


@dataclass(frozen=True)
class Worksheet:
    """Moodle's grading worksheet of one assignment.

    Attributes:
        table: all of it, as it was read.
        columns: the heading of each column that is known, by our name.
        participants: its rows.
    """

    table: Table
    columns: dict[str, str | None]
    participants: list[Participant]


def read_worksheet(path: Path, zone: str = "UTC") -> Worksheet:
    """Read Moodle's grading worksheet.

    Args:
        path: the CSV file, as downloaded.
        zone: the time zone in which whoever downloaded it sees Moodle's times, such as "Europe/Berlin".

    Raises:
        ValueError: it is no grading worksheet, or the zone is unknown.
    """
    table = read_table(path, "worksheet")
    columns = {name: table.heading(*headings) for name, headings in _COLUMNS.items()}
    lacking = [name for name in ("identifier", "grade", "modified") if columns[name] is None]
    if lacking:
        raise ValueError(
            f"worksheet must have the headings Identifier, Grade and Last modified (grade), got "
            f"{', '.join(table.headings[:8])}: download the grading worksheet with Moodle set to English"
        )
    clock = time_zone(zone)
    found: dict[str, Participant] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        identifier, name, idnumber, username, email, submitted, most, changeable = cells(
            row, (columns[c] for c in ("identifier", "name", "idnumber", "username", "email", "submitted", "maximum",
                                       "changeable")))  # fmt: skip
        number = re.search(r"(\d+)$", identifier)
        if number is None:
            raise ValueError(
                f"worksheet must have a number at the end of each identifier, got {identifier!r} in line {line}"
            )
        if number[1] in found:
            raise ValueError(f"worksheet must have each participant once, got {identifier!r} again in line {line}")
        time = None if submitted in ("", "-") else moodle_time(submitted, clock)
        unread = submitted if submitted not in ("", "-") and time is None else ""
        locked = changeable.casefold() in ("no", "nein")
        found[number[1]] = Participant(
            number[1], name, (username, idnumber), email, time, unread, _number_in(most), locked, row
        )
    return Worksheet(table, columns, list(found.values()))


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"timezone must be a name such as Europe/Berlin, got {name!r}") from None


def moodle_time(text: str, zone: datetime.tzinfo) -> datetime.datetime | None:
    """Return the UTC time that Moodle wrote in words, None if it cannot be read.

    Example:
        >>> berlin = time_zone("Europe/Berlin")
        >>> print(moodle_time("Monday, 2 March 2026, 11:05 PM", berlin), moodle_time("3 mars 2026, 09:00", berlin))
        2026-03-02 22:05:00 2026-03-03 08:00:00
        >>> moodle_time("02/03/2026, 11:05", berlin)  # the day or the month first?
    """
    date = _ISO.search(text) or _DAY_FIRST.search(text) or _MONTH_FIRST.search(text)
    clock = _CLOCK.search(text)
    if date is None or clock is None:
        return None
    month = int(date["month"]) if date["month"].isdigit() else _month(date["month"])
    hour = int(clock[1])
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].casefold() == "p" else 0)
    try:
        local = datetime.datetime(int(date["year"]), month, int(date["day"]), hour, int(clock[2]), tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(datetime.UTC).replace(tzinfo=None)


def _month(word: str) -> int:
    """Return a month's number by its name, 0 if it is none."""
    plain = "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
    names = [(start, number) for number, starts in _MONTHS.items() for start in starts.split()]
    fitting = [(len(start), number) for start, number in names if plain.startswith(start)]
    return max(fitting, default=(0, 0))[1]


def _number_in(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


@dataclass(frozen=True)
class CanvasGradebook:
    """Canvas's gradebook, as downloaded.

    Attributes:
        people: (ID, SIS user id, SIS login, name, section) of each learner.
        assignments: headings of the assignments, such as "Homework 1 (4711)".
    """

    people: list[tuple[str, str, str, str, str]]
    assignments: list[str]

    def heading(self, assignment: str) -> str | None:
        """Return the heading of an assignment by its title; two of one title are none."""
        found = [one for one in self.assignments if re.sub(r"\s\(\d+\)$", "", one) == assignment]
        return found[0] if len(found) == 1 else None


def read_canvas_gradebook(path: Path) -> CanvasGradebook:
    """Read the gradebook that Canvas exports as CSV.

    Raises:
        ValueError: it is none.
    """
    table = read_table(path, "gradebook")
    student, number, section = (table.heading(name) for name in ("Student", "ID", "Section"))
    if student is None or number is None or section is None:
        raise ValueError(
            f"gradebook must have the headings Student, ID and Section, got {', '.join(table.headings[:8])}: "
            f"export the gradebook of Canvas"
        )
    user, login = table.heading("SIS User ID"), table.heading("SIS Login ID")
    rows = [cells(row, (number, user, login, student, section)) for row in table.rows]
    people = [(one[0], one[1], one[2], one[3], one[4]) for one in rows if one[0].isdigit()]
    return CanvasGradebook(people, [one for one in table.headings if re.search(r"\s\(\d+\)$", one)])
