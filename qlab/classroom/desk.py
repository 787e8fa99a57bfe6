"""A course with nbgrader's own interface to it, opened once for a command."""

from __future__ import annotations

import datetime
import glob
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets.config import Config

from qlab.grading.runs.course import Course


class Desk:
    """A course and what nbgrader offers for it.

    Args:
        root: the folder that holds nbgrader_config.py.

    Attributes:
        course: the course as `qlab grade` sees it.
        api: nbgrader's interface, which formgrader uses too.
    """

    def __init__(self, root: Path) -> None:
        self.course = Course(root)
        own = Config({"CourseDirectory": {"root": str(self.course.root), "db_url": self.course.db_url}})
        config = Config(self.course.config)
        config.merge(own)
        self.api = NbGraderAPI(coursedir=CourseDirectory(config=config), config=config, log_level="ERROR")

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the gradebook; it is made where there is none."""
        with Gradebook(self.course.db_url, self.course.course_id) as book:
            yield book

    def units(self, chosen: str | None) -> list[str]:
        """Return one unit that is known, or all.

        Raises:
            ValueError: it is unknown, or there is none.
        """
        if chosen is not None:
            self.course.source_notebooks(chosen)
            return [chosen]
        found = self.course.assignments()
        if not found:
            raise ValueError(f"course-dir must hold units in {self.course.path('source', '.')}, got none there")
        return found

    @property
    def exchange(self) -> str:
        """Where nbgrader's exchange is, empty where it cannot be used."""
        return str(self.api.exchange_root) if self.api.exchange_is_functional else ""

    def call(self, what: str, method: Any, *arguments: Any, **options: Any) -> str:
        """Call a command of nbgrader's interface and return what it logged.

        Args:
            what: names the call in an error.
            method: a method of `api` that answers with success, error and log.
            arguments: for it.
            options: for it.

        Raises:
            ValueError: it failed; the last line of what it says.
            KeyboardInterrupt: it was stopped by hand, which nbgrader keeps to itself.
        """
        with warnings.catch_warnings():  # nbgrader passes what traitlets does not know, and leaves files open
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", ResourceWarning)
            answer = method(*arguments, **options)
        log = str(answer.get("log", ""))
        if answer["success"]:
            return log
        error = str(answer.get("error", "")).strip()
        last = error.splitlines()[-1] if error else ""
        if last.startswith("KeyboardInterrupt"):
            raise KeyboardInterrupt
        logged = [line.partition("] ")[2] for line in log.splitlines() if line.startswith(("[ERROR]", "[CRITICAL]"))]
        raise ValueError(f"{what} must be possible for nbgrader, got: {(logged or [last])[-1] or last}")


def one_learner(learner: str) -> str:
    """Return nbgrader's pattern for one learner, whatever the id is made of."""
    return glob.escape(learner)


def utc(text: str, what: str, zone: datetime.tzinfo) -> datetime.datetime:
    """Return a time without zone, in UTC, as the gradebook keeps it.

    Args:
        text: such as "2026-10-05 23:59", with a zone behind it or without.
        what: what errors call it.
        zone: the zone of a time that names none.

    Raises:
        ValueError: it is no time.

    Example:
        >>> from zoneinfo import ZoneInfo
        >>> print(utc("2026-10-05 23:59", "due", ZoneInfo("Europe/Berlin")))
        2026-10-05 21:59:00
    """
    try:
        own = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            found = parse_utc(text.strip())
        except (ValueError, OverflowError, TypeError):
            found = None
        if not isinstance(found, datetime.datetime) or not any(c.isdigit() for c in text):
            demand = f"{what} must be a time such as '2026-10-05 23:59' or '2026-10-05 23:59 Europe/Berlin'"
            raise ValueError(f"{demand}, got {text!r}") from None
        return found
    aware = own.replace(tzinfo=zone) if own.tzinfo is None else own
    return aware.astimezone(datetime.UTC).replace(tzinfo=None)
