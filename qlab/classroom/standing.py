"""How each unit stands: who handed in, who is late, what was refused, what waits, whose feedback is out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from nbgrader.api import MissingEntry
from nbgrader.utils import parse_utc

from qlab.classroom.desk import Desk
from qlab.classroom.publishing import is_out, notes
from qlab.grading.reports.tables import graded_of


@dataclass
class UnitStanding:
    """One unit of the term.

    Attributes:
        unit: its name.
        due: when it is due, in UTC.
        known: the gradebook knows it.
        learners: how many the roster has.
        handed_in: learners with a submission.
        missing: learners of the roster without one, once the unit is due.
        late: learners whose submission is late, extensions counted.
        ungraded: learners whose submission, as it lies there now, has not been graded.
        refused: why notebooks were not graded, by learner.
        by_hand: learners with answers that a person has still to mark.
        out: learners whose present feedback has been handed out.
        strangers: learners with a submission who are not on the roster.
    """

    unit: str
    due: datetime.datetime | None = None
    known: bool = False
    learners: int = 0
    handed_in: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


def standing(desk: Desk, unit: str) -> UnitStanding:
    """Return how a unit stands; nothing is written.

    Args:
        desk: the course.
        unit: name of the unit.
    """
    found = UnitStanding(unit)
    found.handed_in = sorted(desk.course.learners(unit))
    submitted = set(found.handed_in)
    published = notes(desk, "published").get(unit, {})
    stamps: dict[str, datetime.datetime | None] = {}
    extensions: dict[str, datetime.timedelta] = {}
    with desk.gradebook() as book:
        roster = {student.id for student in book.students}
        try:
            found.due = book.find_assignment(unit).duedate
            found.known = True
        except MissingEntry:
            pass
        for one in book.assignment_submissions(unit) if found.known else []:
            stamps[one.student.id] = one.timestamp
            extensions[one.student.id] = one.extension or datetime.timedelta()
            if one.needs_manual_grade:
                found.by_hand.append(one.student.id)
    found.by_hand.sort()
    found.learners = len(roster)
    if found.due is None or found.due <= datetime.datetime.now(datetime.UTC).replace(tzinfo=None):
        found.missing = sorted(roster - submitted)
    found.strangers = sorted(submitted - roster)
    for learner in found.handed_in:
        time = _submitted_at(desk, unit, learner)
        allowed = extensions.get(learner, datetime.timedelta())
        if time is not None and found.due is not None and time > found.due + allowed:
            found.late.append(learner)
        graded = graded_of(desk.course, unit, learner)
        if graded is None or learner not in stamps or (time is not None and stamps[learner] != time):
            found.ungraded.append(learner)
        elif graded.refused:
            found.refused[learner] = "; ".join(f"{name}: {why}" for name, why in sorted(graded.refused.items()))
        if is_out(desk, unit, learner, published):
            found.out.append(learner)
    return found


def _submitted_at(desk: Desk, unit: str, learner: str) -> datetime.datetime | None:
    """Return when a submission says that it was handed in; None where it does not, or nobody can read it."""
    stamp = desk.course.path("submitted", unit, learner) / "timestamp.txt"
    try:
        found = parse_utc(stamp.read_text(errors="replace").strip()[:100]) if stamp.is_file() else None
    except (OSError, ValueError, OverflowError, TypeError):
        return None
    return found if isinstance(found, datetime.datetime) else None
