"""Marks as files that other systems read: nbgrader's own CSV, Canvas and Moodle gradebook imports."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import make_url

from qlab._files import write_atomically
from qlab.grading.runs.course import Course

KINDS = ("csv", "canvas", "moodle")
_STARTS = re.compile(r"(^|[;\t\r\n])(?=[^\w!-~＝＋－＠]*[=+\-@＝＋－＠])")
"""Where a spreadsheet may see a formula begin: it skips blanks and signs that nobody sees, and parts cells at `;`."""
_HARMLESS = re.compile(r"[\w.@+-]*")
"""What logins and addresses are made of; a spreadsheet may take it for a sum, but it calls nothing."""


@dataclass(frozen=True)
class Exported:
    """What an export holds.

    Attributes:
        path: the file.
        learners: number of learners in it.
        unfinished: submissions in which a person still has to grade something.
    """

    path: Path
    learners: int
    unfinished: int


def export(course: Course, kind: str, path: Path, *, assignments: list[str] | None = None) -> Exported:
    """Write the marks of all learners, late penalties taken off.

    Args:
        course: the course.
        kind: "csv", "canvas" or "moodle".
        path: the file to write; written whole or not at all.
        assignments: which ones; by default all that the gradebook knows.

    Raises:
        ValueError: the kind is unknown, the path is a folder, there is no gradebook, or it lacks an assignment.
    """
    if kind not in KINDS:
        raise ValueError(f"export must be one of {', '.join(KINDS)}, got {kind!r}")
    if path.is_dir():
        raise ValueError(f"to must be a file, got the folder {str(path)!r}")
    _demand_gradebook(course)
    with Gradebook(course.db_url, course.course_id) as book:
        chosen = [_find(book, name) for name in assignments] if assignments else list(book.assignments)
        if not chosen:
            raise ValueError(f"the gradebook of {str(course.root)!r} must know an assignment, got an empty one")
        names = [one.name for one in chosen]
        students = sorted(book.students, key=lambda student: student.id)
        if kind == "csv":
            content = _nbgrader_csv(book, names)
        else:
            rows = _canvas(book, chosen, students) if kind == "canvas" else _moodle(book, chosen, students)
            content = _csv(rows)
        unfinished = sum(s.needs_manual_grade for name in names for s in book.assignment_submissions(name))
    write_atomically(path, content)
    return Exported(path, len(students), unfinished)


def _demand_gradebook(course: Course) -> None:
    """nbgrader makes a gradebook where there is none, so a report on a wrong folder would leave one behind."""
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise ValueError(f"course-dir must hold a graded course, got {str(course.root)!r}, which has no gradebook")


def _find(book: Gradebook, name: str) -> Assignment:
    try:
        return book.find_assignment(name)
    except MissingEntry:
        raise ValueError(f"assignment must be in the gradebook, got {name!r}") from None


def _nbgrader_csv(book: Gradebook, assignments: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        plugin = HarmlessCsv()
        plugin.to = os.path.join(folder, "grades.csv")
        plugin.assignment = list(assignments)
        plugin.export(book)
        return Path(plugin.to).read_bytes()


class HarmlessCsv(CsvExportPlugin):  # type: ignore[misc]
    """Stock's file, in which no id or name acts as a formula or parts a row; `nbgrader export` uses it too."""

    def export(self, gradebook: Gradebook) -> None:
        """Write nbgrader's file."""
        super().export(_Harmless(gradebook))


class _Harmless:
    """A gradebook as nbgrader's exporter reads it, its texts harmless once they are written."""

    def __init__(self, book: Gradebook) -> None:
        self._book = book

    @property
    def assignments(self) -> list[SimpleNamespace]:
        """The assignments."""
        return [_with_cells(one, ("name", "duedate", "max_score")) for one in self._book.assignments]

    @property
    def students(self) -> list[SimpleNamespace]:
        """The learners."""
        return [_with_cells(one, ("id", "first_name", "last_name", "email")) for one in self._book.students]

    def find_submission(self, assignment: str, student: str) -> Any:
        """Return a submission, of which the exporter reads numbers and a time."""
        return self._book.find_submission(str(assignment), str(student))


class _Cell(str):
    """A text that is itself until it is written into a row."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        text = io.StringIO(newline="")
        csv.writer(text).writerow([_text(str(self)), ""])
        return format(text.getvalue().removesuffix(",\r\n"), spec)


def _with_cells(one: Any, names: tuple[str, ...]) -> SimpleNamespace:
    values = {name: getattr(one, name) for name in names}
    return SimpleNamespace(**{name: _Cell(v) if isinstance(v, str) else v for name, v in values.items()})


def _canvas(book: Gradebook, assignments: list[Assignment], students: list[Student]) -> Iterator[list[str]]:
    """Yield Canvas's columns; learners are matched by login, assignments by name."""
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *(_key(one.name) for one in assignments)]
    yield ["    Points Possible", "", "", "", "", *(_number(one.max_score) for one in assignments)]
    for student in students:
        names = ", ".join(name for name in (student.last_name, student.first_name) if name)
        marks = (mark(book, one.name, student.id) for one in assignments)
        yield [_text(names or student.id), "", "", _key(student.id), "", *marks]


def _moodle(book: Gradebook, assignments: list[Assignment], students: list[Student]) -> Iterator[list[str]]:
    """Yield a table for Moodle's grade import; map `Username`, or `Email address`, to the user's."""
    yield ["Username", "First name", "Last name", "Email address", *(_key(one.name) for one in assignments)]
    for student in students:
        name = (_text(student.first_name or ""), _text(student.last_name or ""))
        marks = (mark(book, one.name, student.id) for one in assignments)
        yield [_key(student.id), *name, _key(student.email or ""), *marks]


def mark(book: Gradebook, assignment: str, learner: str) -> str:
    """Return a learner's points as text; empty, which both systems leave alone, if nothing was submitted."""
    try:
        submission = book.find_submission(assignment, learner)
    except MissingEntry:
        return ""
    return _number(max(0.0, submission.score - submission.late_submission_penalty))


def _number(value: float) -> str:
    """Return points with at most four decimals.

    Example:
        >>> _number(3.0), _number(2.125), _number(1 / 3)
        ('3', '2.125', '0.3333')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _text(value: str) -> str:
    """Return text that no spreadsheet takes for a formula.

    Example:
        >>> _text("ada"), _text("=1+1"), _text("a;=1+1")
        ('ada', "'=1+1", "a;'=1+1")
    """
    safe = _STARTS.sub(r"\1'", value)
    return f"'{safe}" if safe[:1] in ("\t", "\r", "\n") else safe


def _key(value: str) -> str:
    """Return a login, address or assignment's name: exact, as it is matched, unless a formula could act in it.

    Example:
        >>> _key("-ada"), _key("+ada@example.org"), _key("=cmd()"), _key("@SUM(1)")
        ('-ada', '+ada@example.org', "'=cmd()", "'@SUM(1)")
    """
    return value if _HARMLESS.fullmatch(value) else _text(value)


def _csv(rows: Iterator[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
