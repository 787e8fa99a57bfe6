"""The beginning of a term: every unit in the gradebook, due dates, and what others on the machine may read."""

from __future__ import annotations

import datetime
import filecmp
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import temp_attrs
from sqlalchemy import make_url

from qlab.classroom.desk import Desk


@dataclass(frozen=True)
class Filled:
    """A unit after it was brought to the gradebook.

    Attributes:
        unit: its name.
        points: points that can be reached.
        before: points that could be reached before, None if the gradebook did not know it.
        released: "made" if the learners' version was missing, "older" if it differs from what would be made, else "".
    """

    unit: str
    points: float
    before: float | None
    released: str


def fill(desk: Desk, unit: str) -> Filled:
    """Bring a unit to the gradebook with nbgrader's `generate_assignment`, whether it was released or not.

    The learners' version is made where it is missing and never replaced: it may be what was handed out.

    Args:
        desk: the course.
        unit: name of the unit.

    Raises:
        ValueError: nbgrader refuses it.
    """
    before = _points(desk, unit)
    with tempfile.TemporaryDirectory(prefix="qlab-fill-") as folder:
        with temp_attrs(desk.api.coursedir, release_directory=folder):
            desk.call(f"unit {unit!r}", desk.api.generate_assignment, unit, force=True, create=True)
        made = Path(desk.api.coursedir.format_path(folder, ".", unit))
        release = desk.course.path("release", unit)
        state = "" if not _differ(made, release) else "older"
        if not release.exists():
            shutil.copytree(made, release)
            state = "made"
    after = _points(desk, unit)
    return Filled(unit, after or 0.0, before, state)


def _points(desk: Desk, unit: str) -> float | None:
    with desk.gradebook() as book:
        try:
            return float(book.find_assignment(unit).max_score)
        except MissingEntry:
            return None


def _differ(made: Path, release: Path) -> bool:
    """Return whether a notebook of the release is not the one that would be made now."""
    names = [path.name for path in made.glob("*.ipynb")]
    same, _, _ = filecmp.cmpfiles(made, release, names, shallow=False) if release.is_dir() else ([], [], [])
    return len(same) < len(names)


def set_due(book: Gradebook, due: dict[str, datetime.datetime]) -> list[tuple[str, datetime.datetime | None]]:
    """Set due dates; return those that moved, with what they were.

    Args:
        book: the gradebook, which knows the units.
        due: by unit, in UTC.
    """
    moved = []
    for unit, time in due.items():
        before = book.find_assignment(unit).duedate
        if before != time:
            book.update_or_create_assignment(unit, duedate=time)
            moved.append((unit, before))
    return moved


def readable_by_others(desk: Desk) -> list[Path]:
    """Return what other accounts of this machine may read and should not: answers, submissions, marks.

    Args:
        desk: the course.
    """
    course = desk.course
    if any(not path.stat().st_mode & stat.S_IXOTH for path in [course.root, *course.root.parents]):
        return []  # a closed folder above closes all
    secret = [course.path(step, ".") for step in ("source", "submitted", "autograded", "feedback")]
    secret.append(course.state)
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite" and url.database:
        secret.append(Path(url.database))
    return [path for path in secret if path.exists() and path.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH)]


def demand_writable(desk: Desk) -> None:
    """Make sure that the course's folder can be written.

    Raises:
        ValueError: it cannot.
    """
    if not os.access(desk.course.root, os.W_OK | os.X_OK):
        raise ValueError(f"course-dir must be a folder that you may write, got {str(desk.course.root)!r}")
