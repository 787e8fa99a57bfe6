"""Marks as files that other systems read: nbgrader's own CSV, Canvas's gradebook, Moodle's import and worksheet."""

from __future__ import annotations

import csv
import html
import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import make_url

from qlab._files import write_atomically
from qlab.grading.reports.lms import (
    CanvasGradebook,
    People,
    Person,
    Worksheet,
    read_canvas_gradebook,
    read_worksheet,
)
from qlab.grading.reports.tables import graded_of
from qlab.grading.runs.course import Course

KINDS = ("csv", "canvas", "moodle", "moodle-worksheet")
LMS = KINDS[1:]
"""Kinds of which one file holds one assignment."""
_STARTS = re.compile(r"(^|[;\t\r\n])(?=[^\w!-~＝＋－＠]*[=+\-@＝＋－＠])")
"""Where a spreadsheet may see a formula begin: it skips blanks and signs that nobody sees, and parts cells at `;`."""
_HARMLESS = re.compile(r"[\w.@+-]*")
"""What logins and addresses are made of; a spreadsheet may take it for a sum, but it calls nothing."""


@dataclass(frozen=True)
class Exported:
    """What an export holds.

    Attributes:
        paths: the files written, one for each assignment where an LMS reads them.
        learners: number of learners in them.
        unfinished: submissions in which a person still has to grade something.
        notes: what an instructor should know of the files, such as who is left out and why.
    """

    paths: tuple[Path, ...]
    learners: int
    unfinished: int
    notes: tuple[str, ...] = ()


def export(
    course: Course,
    kind: str,
    to: Path | None = None,
    *,
    assignments: list[str] | None = None,
    sheet: Path | None = None,
) -> Exported:
    """Write marks, late penalties taken off.

    nbgrader's CSV holds every learner and assignment. A file for an LMS holds one assignment and only the learners
    who have a mark in it, since a blank there erases what the LMS has. Everything is read and matched before the
    first file is written.

    Args:
        course: the course.
        kind: "csv", "canvas", "moodle" or "moodle-worksheet".
        to: the file, or a folder where several are written; by default files in the course's folder.
        assignments: which ones; by default all that the gradebook knows.
        sheet: what the LMS wrote: Moodle's grading worksheet of the assignment, or Canvas's gradebook.

    Raises:
        ValueError: the kind is unknown, `to` cannot be written, there is no gradebook, it lacks an assignment,
            or marks could go to the wrong person.
    """
    if kind not in KINDS:
        raise ValueError(f"export must be one of {', '.join(KINDS)}, got {kind!r}")
    if sheet is not None and kind not in ("canvas", "moodle-worksheet"):
        raise ValueError(f"sheet must stand with canvas or moodle-worksheet, got {kind}")
    if kind == "moodle-worksheet" and sheet is None:
        raise ValueError("moodle-worksheet must have the worksheet that Moodle wrote (--sheet FILE), got none")
    _demand_gradebook(course)
    with Gradebook(course.db_url, course.course_id) as book:
        chosen = [_find(book, name) for name in assignments] if assignments else list(book.assignments)
        if not chosen:
            raise ValueError(f"the gradebook of {str(course.root)!r} must know an assignment, got an empty one")
        if kind == "csv":
            files = {_file(course, kind, to): _nbgrader_csv(book, [one.name for one in chosen])}
            made = _Made(len(book.students), _unfinished(book, chosen), [])
        else:
            files, made = _for_lms(course, book, kind, to, chosen, sheet)
    for path, content in files.items():
        write_atomically(path, content)
    return Exported(tuple(files), made.learners, made.unfinished, tuple(made.notes))


@dataclass
class _Made:
    """What an export is found to hold while it is put together."""

    learners: int
    unfinished: int
    notes: list[str]


def _unfinished(book: Gradebook, chosen: list[Assignment]) -> int:
    return sum(s.needs_manual_grade for one in chosen for s in book.assignment_submissions(one.name))


def _file(course: Course, kind: str, to: Path | None, assignment: str = "") -> Path:
    name = f"grades-{kind}{'-' if assignment else ''}{assignment}.csv"
    path = course.root / name if to is None else to
    if path.is_dir():
        raise ValueError(f"to must be a file, got the folder {str(path)!r}")
    return path


def _for_lms(
    course: Course, book: Gradebook, kind: str, to: Path | None, chosen: list[Assignment], sheet: Path | None
) -> tuple[dict[Path, bytes], _Made]:
    people = People(Person.of(student) for student in book.students)
    made = _Made(0, 0, [])
    named = len(chosen) == 1
    marked: dict[str, dict[str, Mark]] = {}
    for one in chosen:
        found = marks_of(course, book, one.name, made.notes)
        if found or named:
            marked[one.name] = found
    if not any(marked.values()):
        raise ValueError(f"{chosen[0].name if named else 'the gradebook'} must hold a mark, got none: run `qlab grade`")
    if len(marked) > 1 and kind == "moodle-worksheet":
        raise ValueError("moodle-worksheet must be of one assignment, got several: name it before --export")
    if len(marked) > 1 and to is not None and not to.is_dir():
        raise ValueError(f"to must be a folder that is there, for {len(marked)} assignments, got {str(to)!r}")
    made.learners = len({learner for found in marked.values() for learner in found})
    files: dict[Path, bytes] = {}
    for one in chosen:
        if one.name not in marked:
            continue
        found = marked[one.name]
        made.unfinished += sum(mark.waiting for mark in found.values())
        path = _file(course, kind, to / f"grades-{kind}-{one.name}.csv" if to and to.is_dir() else to, one.name)
        if kind == "canvas":
            rows = _canvas(one, found, people, read_canvas_gradebook(sheet) if sheet else None, made.notes)
        elif kind == "moodle":
            rows = _moodle(one, found, people)
        else:
            rows = _worksheet(one, found, people, read_worksheet(sheet or Path()), made.notes)
        files[path] = _csv(iter(rows))
    return files, made


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


@dataclass(frozen=True)
class Mark:
    """What a learner has in one assignment.

    Attributes:
        points: what was reached, the penalty taken off.
        penalty: points taken off for lateness.
        most: what can be reached.
        waiting: a person still has to grade something.
        comments: what graders wrote by hand.
    """

    points: float
    penalty: float
    most: float
    waiting: bool
    comments: tuple[str, ...] = ()


def marks_of(course: Course, book: Gradebook, assignment: str, notes: list[str]) -> dict[str, Mark]:
    """Return who has a mark, by learner: not who handed in nothing, nor who was refused altogether.

    Args:
        course: the course.
        book: its gradebook.
        assignment: name of the assignment.
        notes: gets a line for each learner who was refused.
    """
    found: dict[str, Mark] = {}
    for one in sorted(book.assignment_submissions(assignment), key=lambda submission: submission.student.id):
        learner = one.student.id
        graded = graded_of(course, assignment, learner)
        given = any(g.manual_score is not None or g.extra_credit for n in one.notebooks for g in n.grades)
        if graded and graded.refused and not given and len(graded.refused) == len(one.notebooks):
            why = next(iter(graded.refused.values()))
            notes.append(f"no mark in {assignment}: {learner} was refused ({why})")
            continue
        comments = [c.manual_comment.strip() for n in one.notebooks for c in n.comments if c.manual_comment]
        points = max(0.0, one.score - one.late_submission_penalty)
        found[learner] = Mark(
            points, one.late_submission_penalty, one.max_score, one.needs_manual_grade, tuple(comments)
        )
    return found


def _canvas(
    one: Assignment, marks: dict[str, Mark], people: People, gradebook: CanvasGradebook | None, notes: list[str]
) -> list[list[str]]:
    """Return Canvas's rows: learners by Canvas's number or by login, the assignment by its number or its title."""
    chosen = [person for person in people.known if person.id in marks]
    if gradebook is None:
        heading = _key(one.name)
        places = {p.id: (p.lms, "", p.id if not p.lms else "", p.name, "") for p in chosen}
        notes.append(f"Canvas finds {one.name} by its title and makes a new assignment where there is none of it; "
                     "with its gradebook (--sheet FILE) it is found by number")  # fmt: skip
    else:
        title = gradebook.heading(one.name)
        if title is None:
            listed = ", ".join(gradebook.assignments) or "none"
            raise ValueError(f"Canvas's gradebook must have one assignment with the title {one.name!r}, got {listed}")
        heading = title
        places, left_out = _places(people, gradebook, marks)
        notes += left_out
    _demand_no_namesakes(people, {p.id for p in chosen if p.id in places and not places[p.id][0]}, gradebook is None)
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", heading]]
    rows.append(["    Points Possible", "", "", "", "", _number(one.max_score)])
    for person in sorted(chosen, key=lambda p: p.id):
        if person.id in places:
            number, user, login, name, section = places[person.id]
            rows.append(
                [_text(name), number, _key(user), _key(login), _text(section), _number(marks[person.id].points)]
            )
    return rows


def _places(
    people: People, gradebook: CanvasGradebook, marks: dict[str, Mark]
) -> tuple[dict[str, tuple[str, str, str, str, str]], list[str]]:
    """Return each learner's row in Canvas's gradebook, and a line for each who has none or several."""
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for row in gradebook.people:
        person, _ = people.find(ids=(row[2], row[1]), lms=row[0], name=row[3])
        if person is not None:
            found.setdefault(person.id, []).append(row)
    notes = [f"left out: {one} is not in Canvas's gradebook" for one in sorted(marks) if one not in found]
    notes += [f"left out: {one} is {len(rows)} people in Canvas's gradebook" for one, rows in sorted(found.items())
              if one in marks and len(rows) > 1]  # fmt: skip
    return {one: rows[0] for one, rows in found.items() if len(rows) == 1}, notes


def _demand_no_namesakes(people: People, unnumbered: set[str], without_sheet: bool) -> None:
    """Refuse a file in which Canvas could take one learner for another of the same name.

    Raises:
        ValueError: a learner without Canvas's number shares a name.
    """
    for group in people.namesakes():
        risky = sorted(p.id for p in group if p.id in unnumbered)
        if risky and without_sheet:
            raise ValueError(
                f"learners of one name must have Canvas's own number (lms_user_id), got none for {', '.join(risky)} "
                f"({group[0].name}): Canvas takes the name where it finds no login. Give its gradebook (--sheet FILE)"
            )


def _moodle(one: Assignment, marks: dict[str, Mark], people: People) -> list[list[str]]:
    """Return a table for Moodle's grade import; map `Username`, `ID number` or `Email address` to the user's."""
    rows = [["Username", "ID number", "First name", "Last name", "Email address", _key(one.name)]]
    for p in sorted(people.known, key=lambda p: p.id):
        if p.id in marks:
            names = [_text(p.first), _text(p.last)]
            rows.append([_key(p.id), _key(p.lms), *names, _key(p.email), _number(marks[p.id].points)])
    return rows


_OURS = "Points: "
"""How a comment of ours begins; one that a person wrote in Moodle is never replaced."""


def _worksheet(
    one: Assignment, marks: dict[str, Mark], people: People, sheet: Worksheet, notes: list[str]
) -> list[list[str]]:
    """Return Moodle's worksheet with grades and comments, of those who have a mark alone.

    Raises:
        ValueError: Moodle's maximum is another than ours, or two rows are one learner's.
    """
    most = sorted({p.maximum for p in sheet.participants if p.maximum is not None and p.maximum != one.max_score})
    if most:
        raise ValueError(
            f"Moodle's maximum grade of {one.name} must be {_number(one.max_score)}, got {_number(most[0])}: "
            "set it in Moodle and download the worksheet again"
        )
    rows = [sheet.table.headings]
    grade, comments = sheet.columns["grade"], sheet.columns["comments"]
    taken: dict[str, str] = {}
    for each in sheet.participants:
        person, _ = people.find(ids=each.ids, email=each.email, name=each.name)
        if person is None or person.id not in marks:
            continue
        if person.id in taken:
            raise ValueError(
                f"worksheet must have each learner once, got {person.id!r} as {taken[person.id]} and {each.number}"
            )
        taken[person.id] = each.number
        if each.locked:
            notes.append(f"left out: Moodle will not change the grade of {person.id}")
            continue
        row = dict(each.row)
        row[grade or ""] = _number(marks[person.id].points)
        if comments and (not row[comments].strip() or row[comments].startswith(_OURS)):
            row[comments] = _comment(marks[person.id])
        rows.append([row[name] if name in (grade, sheet.columns["modified"]) else _text(row[name]) for name in rows[0]])
    notes += [f"left out: {who} is not in the worksheet" for who in sorted(set(marks) - set(taken))]
    return rows


def _comment(mark: Mark) -> str:
    """Return a mark in words, as Moodle shows it: HTML, in which what a grader wrote is text."""
    late = f", {_number(mark.penalty)} taken off for lateness" if mark.penalty else ""
    waiting = "; answers that a person reads are not all graded yet" if mark.waiting else ""
    lines = [f"{_OURS}{_number(mark.points)} of {_number(mark.most)}{late}{waiting}.", *mark.comments]
    return "<br>".join(html.escape(line, quote=False).replace("\n", "<br>") for line in lines)


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
