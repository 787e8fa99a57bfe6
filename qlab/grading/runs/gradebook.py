"""The one writer of the gradebook: nbgrader's own tables, one transaction for each submission."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Table, bindparam, case, create_engine, func, insert, inspect, select, update
from traitlets import TraitError

from qlab.grading.notebooks.delimiters import Delimiters, with_usual_marks
from qlab.grading.notebooks.files import HIDDEN, files_below
from qlab.grading.runs import gradebook_tables as tables
from qlab.grading.runs.course import Course
from qlab.grading.runs.jobs import Assignment, ReleasedCell
from qlab.grading.runs.results import NotebookResult, Result


class NotReleased(ValueError):
    """The gradebook does not know the assignment."""


@dataclass(frozen=True)
class Marks:
    """What the gradebook says of a submission.

    Attributes:
        score: points reached, the penalty taken off.
        max_score: points that can be reached.
        late_seconds: how late it was.
        penalty: points taken off for that.
    """

    score: float
    max_score: float
    late_seconds: float
    penalty: float


@dataclass(frozen=True)
class Standing:
    """What the gradebook says of a submission as it stands.

    Attributes:
        score: points reached, marks by hand and penalty included.
        waiting: cells that wait for a manual grade.
        by_hand: cells whose marks were given or changed by hand.
    """

    score: float
    waiting: int
    by_hand: int


class GradebookWriter:
    """Writes results; a context manager that holds one connection.

    Args:
        course: the course.
        assignment: name of the assignment.

    Raises:
        NotReleased: `nbgrader generate_assignment` has not been run.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self.course = course
        self.assignment = assignment
        self._engine = create_engine(course.db_url)
        try:
            with self._engine.connect() as connection:
                self._read(connection)
        except BaseException:
            self._engine.dispose()
            raise
        # What is not late needs no policy, and nbgrader, where policies live, is slow to import.
        self._late = _late_plugin(course) if self._duedate is not None else None

    def _read(self, connection: Connection) -> None:
        known = tables.assignments
        row = None
        if inspect(connection).has_table(known.name):
            row = connection.execute(select(known.c.id, known.c.duedate).where(known.c.name == self.assignment)).first()
        if row is None:
            raise NotReleased(
                f"the gradebook must know the assignment, got {self.assignment!r}, which it does not: "
                f"run `qlab class init`"
            )
        self._assignment_id, self._duedate = row.id, row.duedate
        found = select(tables.notebooks.c.id, tables.notebooks.c.name).where(
            tables.notebooks.c.assignment_id == self._assignment_id
        )
        foreign = self.course.foreign(self.assignment)
        notebooks = [one for one in connection.execute(found).all() if one.name not in foreign]
        self._notebooks = {one.name: _NotebookRows(connection, one.id) for one in notebooks}
        past = tables.submissions
        extensions = select(past.c.student_id, past.c.extension).where(past.c.assignment_id == self._assignment_id)
        self._extensions = {one.student_id: one.extension for one in connection.execute(extensions)}
        self._rows = self._digests(connection)

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def objection_to_time(self, timestamp: str | None) -> str:
        """Say why a time stamp cannot be read; empty if it can, or if there is none."""
        if not timestamp or _parse_timestamp(timestamp) is not None:
            return ""
        return f"timestamp.txt must hold a time, got {timestamp!r}"

    @property
    def has_duedate(self) -> bool:
        """Whether a submission's time can cost points."""
        return self._duedate is not None

    def unknown(self, learners: list[str]) -> list[str]:
        """Return those learners that the gradebook does not know."""
        with self._engine.connect() as connection:
            known = {row.id for row in connection.execute(select(tables.students.c.id))}
        return [learner for learner in learners if learner not in known]

    def released(self, delimiters: Delimiters = ()) -> dict[str, dict[str, ReleasedCell]]:
        """Return what nbgrader kept of each marked cell when the assignment was made.

        Args:
            delimiters: the course's own marks of hidden tests, which the tests then carry beside the usual ones.
        """
        return {name: rows.released(delimiters) for name, rows in self._notebooks.items()}

    def max_scores(self) -> dict[str, dict[str, float]]:
        """Return the points of each graded cell, by notebook and cell name."""
        return {
            name: {cell: points for cell, (_, points, _) in rows.graded.items()}
            for name, rows in self._notebooks.items()
        }

    def follow_points(self, points: dict[str, dict[str, float]]) -> dict[str, tuple[float, float]]:
        """Bring the points of cells to the gradebook as the source notebooks have them now.

        Args:
            points: by notebook and cell.

        Returns:
            What each cell was worth and is, by notebook and cell, where that differs.
        """
        moved: dict[str, tuple[float, float]] = {}
        with self._engine.begin() as connection:
            for name, rows in self._notebooks.items():
                for cell, worth in points.get(name, {}).items():
                    if cell not in rows.graded or rows.graded[cell][1] == worth:
                        continue
                    identity, before, automatic = rows.graded[cell]
                    for table in (tables.grade_cells, tables.task_cells):
                        connection.execute(update(table).where(table.c.id == identity).values(max_score=worth))
                    rows.graded[cell] = (identity, worth, automatic)
                    moved[f"{name}/{cell}"] = (before, worth)
        return moved

    def _digests(self, connection: Connection, learner: str | None = None) -> dict[str, str]:
        """Return a hash of the marks in each learner's rows, so that another's writing is noticed."""
        books, past = tables.submitted_notebooks, tables.submissions
        grades = tables.grades
        columns = (grades.c.cell_id, grades.c.auto_score, grades.c.manual_score, grades.c.extra_credit)
        query = (
            select(past.c.student_id, books.c.late_submission_penalty, *columns)
            .join(books, books.c.assignment_id == past.c.id)
            .join(grades, grades.c.notebook_id == books.c.id)
            .where(past.c.assignment_id == self._assignment_id)
        )
        if learner is not None:
            query = query.where(past.c.student_id == learner)
        found: dict[str, list[str]] = {}
        for who, *values in connection.execute(query):
            found.setdefault(who, []).append(repr(values))
        return {who: hashlib.sha256("\0".join(sorted(one)).encode()).hexdigest()[:16] for who, one in found.items()}

    def gradebook_stamp(self, learner: str) -> str:
        """Return a hash of what else decides the rows of a submission, and of the marks in them.

        Which gradebook, due date, extension, policy and points decide them. It differs between a gradebook that
        holds the submission and one that does not, and wherever somebody else has changed a mark since.
        """
        policy = self._late.trait_values(config=True) if self._late is not None else {}
        known = repr(self._extensions.get(learner)) if learner in self._extensions else "not there"
        text = f"{self._assignment_id}\0{self._duedate}\0{known}\0{type(self._late)}\0{sorted(policy.items())!r}"
        text += f"\0{sorted(self.max_scores().items())!r}\0{self._rows.get(learner)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def standings(self) -> dict[str, Standing]:
        """Return what the gradebook says of each submission now, by learner, marks given by hand included."""
        given = tables.grades.c.manual_score.is_not(None) | (func.coalesce(tables.grades.c.extra_credit, 0) != 0)
        extra = func.coalesce(tables.grades.c.extra_credit, 0.0)
        reached = func.coalesce(tables.grades.c.manual_score, tables.grades.c.auto_score, 0.0) + extra
        books = tables.submitted_notebooks
        notebooks = (
            select(
                books.c.assignment_id,
                (func.sum(reached) - func.coalesce(func.max(books.c.late_submission_penalty), 0.0)).label("score"),
                func.sum(case((tables.grades.c.needs_manual_grade, 1), else_=0)).label("waiting"),
                func.sum(case((given, 1), else_=0)).label("by_hand"),
            )
            .join(tables.grades, tables.grades.c.notebook_id == books.c.id)
            .group_by(books.c.id, books.c.assignment_id)
            .subquery()
        )
        past = tables.submissions
        query = (
            select(past.c.student_id, *(func.sum(notebooks.c[name]) for name in ("score", "waiting", "by_hand")))
            .join(notebooks, notebooks.c.assignment_id == past.c.id)
            .where(past.c.assignment_id == self._assignment_id)
            .group_by(past.c.student_id)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
        return {who: Standing(float(score), int(waiting), int(by_hand)) for who, score, waiting, by_hand in found}

    def write(
        self, learner: str, timestamp: str | None, result: Result, unchanged: frozenset[tuple[str, str]] = frozenset()
    ) -> Marks:
        """Write one submission's result in one transaction.

        Args:
            learner: the learner's id.
            timestamp: what timestamp.txt says.
            result: what became of the submission.
            unchanged: cells, by notebook and name, whose answer is the one that a person may have marked: the mark
                stays, and need not be looked at again.
        """
        stamp = _parse_timestamp(timestamp)
        self._extensions.setdefault(learner, None)
        with self._engine.begin() as connection:
            self._ensure_student(connection, learner)
            submission, extension = self._ensure_submission(connection, learner, stamp)
            late = self._seconds_late(stamp, extension)
            score = maximum = penalty = 0.0
            for name, rows in self._notebooks.items():
                outcome = result.notebooks.get(name, NotebookResult(refused="not submitted"))
                notebook = _ensure(
                    connection, tables.submitted_notebooks, {"assignment_id": submission, "notebook_id": rows.id}
                )
                same = {cell for book, cell in unchanged if book == name}
                got = self._write_notebook(connection, notebook, rows, outcome, same)
                lost = self._penalty(learner, got, late)
                table = tables.submitted_notebooks
                connection.execute(update(table).where(table.c.id == notebook).values(late_submission_penalty=lost))
                score, penalty = score + got, penalty + (lost or 0.0)
                maximum += sum(points for _, points, _ in rows.graded.values())
            self._rows |= self._digests(connection, learner)
        return Marks(score - penalty, maximum, late, penalty)

    def _ensure_student(self, connection: Connection, learner: str) -> None:
        students = tables.students
        if connection.execute(select(students.c.id).where(students.c.id == learner)).first() is None:
            connection.execute(insert(students).values(id=learner))

    def _ensure_submission(
        self, connection: Connection, learner: str, stamp: datetime.datetime | None
    ) -> tuple[str, datetime.timedelta | None]:
        table = tables.submissions
        where = {"assignment_id": self._assignment_id, "student_id": learner}
        submission = _ensure(connection, table, where)
        row = connection.execute(select(table.c.extension).where(table.c.id == submission)).one()
        if stamp is not None:
            connection.execute(update(table).where(table.c.id == submission).values(timestamp=stamp))
        return submission, row.extension

    def _seconds_late(self, stamp: datetime.datetime | None, extension: datetime.timedelta | None) -> float:
        if stamp is None or self._duedate is None:
            return 0.0
        due = self._duedate + (extension or datetime.timedelta())
        return max(0.0, float((stamp - due).total_seconds()))

    def _penalty(self, learner: str, score: float, late: float) -> float | None:
        if late <= 0 or self._late is None:
            return None
        penalty = self._late.late_submission_penalty(learner, score, late)
        return None if penalty is None else min(max(float(penalty), 0.0), score)

    def _write_notebook(
        self, connection: Connection, notebook: str, rows: _NotebookRows, outcome: NotebookResult, same: set[str]
    ) -> float:
        grades = tables.grades
        columns = (grades.c.id, grades.c.cell_id, grades.c.manual_score, grades.c.extra_credit,
                   grades.c.needs_manual_grade)  # fmt: skip
        kept = {
            row.cell_id: row for row in connection.execute(select(*columns).where(grades.c.notebook_id == notebook))
        }
        fresh: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        total = 0.0
        for name, (cell, points, automatic) in rows.graded.items():
            auto = _auto_score(outcome, name, points, automatic)
            row = kept.get(cell)
            manual = row.manual_score if row else None
            needs = (manual is not None or auto is None) and not outcome.refused
            needs = needs or (name in outcome.tests and outcome.tests[name].waits)
            if row is not None and manual is not None and name in same:
                needs = bool(row.needs_manual_grade)
            values = {"auto_score": auto, "needs_manual_grade": needs}
            if row is None:
                fresh.append({"id": uuid.uuid4().hex, "cell_id": cell, "notebook_id": notebook, **values})
            else:
                changed.append({"row": row.id, **values})
            total += float(manual if manual is not None else auto or 0.0)
            total += float((row.extra_credit or 0.0) if row else 0.0)
        if fresh:
            connection.execute(insert(grades), fresh)
        if changed:
            connection.execute(update(grades).where(grades.c.id == bindparam("row")), changed)
        self._write_comments(connection, notebook, rows, outcome)
        return total

    def _write_comments(
        self, connection: Connection, notebook: str, rows: _NotebookRows, outcome: NotebookResult
    ) -> None:
        comments = tables.comments
        kept = {
            row.cell_id: row.id
            for row in connection.execute(
                select(comments.c.id, comments.c.cell_id).where(comments.c.notebook_id == notebook)
            )
        }
        fresh, changed = [], []
        for name, (cell, is_task) in rows.commented.items():
            text = "No response." if name in outcome.unanswered and not is_task else None
            if cell in kept:
                changed.append({"row": kept[cell], "auto_comment": text})
            else:
                fresh.append({"id": uuid.uuid4().hex, "cell_id": cell, "notebook_id": notebook, "auto_comment": text})
        if fresh:
            connection.execute(insert(comments), fresh)
        if changed:
            connection.execute(update(comments).where(comments.c.id == bindparam("row")), changed)


class _NotebookRows:
    """The rows of one notebook of the assignment, read once."""

    def __init__(self, connection: Connection, notebook: str) -> None:
        self.id = notebook
        graded = _cells(connection, tables.grade_cells, notebook)
        tasks = _cells(connection, tables.task_cells, notebook)
        solutions = _cells(connection, tables.solution_cells, notebook)
        self.graded: dict[str, tuple[str, float, bool]] = {}
        self.commented: dict[str, tuple[str, bool]] = {}
        for name, cell in graded.items():
            self.graded[name] = (cell.id, float(cell.max_score), cell.cell_type == "code" and name not in solutions)
        for name, cell in tasks.items():
            self.graded[name] = (cell.id, float(cell.max_score), False)
            self.commented[name] = (cell.id, True)
        for name, cell in solutions.items():
            self.commented[name] = (cell.id, False)
        kept = tables.source_cells
        found = connection.execute(select(kept).where(kept.c.notebook_id == notebook))
        self._sources = {cell.name: ReleasedCell(cell.source or "", cell.checksum) for cell in found}

    def released(self, delimiters: Delimiters) -> dict[str, ReleasedCell]:
        """Return what nbgrader kept of each cell, automatic tests with the usual marks."""
        tests = {name for name, (_, _, automatic) in self.graded.items() if automatic}
        return {
            name: replace(one, source=with_usual_marks(one.source, delimiters)) if name in tests else one
            for name, one in self._sources.items()
        }


def _cells(connection: Connection, kind: Table, notebook: str) -> dict[str, Any]:
    """Return the rows of one kind of cell of a notebook, by the cell's name."""
    base = tables.cells
    query = select(base.c.name, kind).join(kind, kind.c.id == base.c.id).where(base.c.notebook_id == notebook)
    return {row.name: row for row in connection.execute(query)}


def _auto_score(outcome: NotebookResult, name: str, points: float, automatic: bool) -> float | None:
    if outcome.refused:
        return 0.0
    if automatic:
        return outcome.tests[name].points(points) if name in outcome.tests else 0.0
    return 0.0 if name in outcome.unanswered else None


def _ensure(connection: Connection, table: Table, where: dict[str, Any]) -> str:
    query = select(table.c.id).where(*(table.c[name] == value for name, value in where.items()))
    row = connection.execute(query).first()
    if row is not None:
        return str(row.id)
    made = uuid.uuid4().hex
    connection.execute(insert(table).values(id=made, **where))
    return made


def _parse_timestamp(text: str | None) -> datetime.datetime | None:
    """Return the UTC time that nbgrader would read from a timestamp, None if it could not.

    Example:
        >>> _parse_timestamp("2026-03-02 12:00:01 Europe/Berlin")
        datetime.datetime(2026, 3, 2, 11, 0, 1)
    """
    if not text:
        return None
    import dateutil.parser  # many submissions carry no timestamp

    *parts, zone = text.split(" ")
    stamp: datetime.datetime
    try:
        if len(parts) == 2:
            stamp = dateutil.parser.parse(" ".join([*parts, "TZ"]), tzinfos={"TZ": _zone(zone)})
        else:
            stamp = dateutil.parser.parse(text)
        offset = stamp.utcoffset()  # may lie outside a day, or lead before the year 1
        return (stamp - offset).replace(tzinfo=None) if offset is not None else stamp
    except (ValueError, OverflowError, TypeError):
        return None


def _zone(text: str) -> Any:
    import dateutil.tz

    try:
        return int(text)
    except ValueError:
        return dateutil.tz.gettz(text)


def _late_plugin(course: Course) -> Any:
    """Return the course's late policy, or None if it has switched that off.

    Raises:
        ValueError: there is no such plugin.
    """
    from nbgrader.preprocessors import AssignLatePenalties

    with course.importable():
        try:
            chosen = AssignLatePenalties(config=course.config)
            if not chosen.enabled:
                return None
            chosen.init_plugin()
        except (TraitError, ImportError) as error:
            wanted = course.config.get("AssignLatePenalties", {}).get("plugin_class")
            demand = "AssignLatePenalties.plugin_class must be a late policy that can be imported"
            raise ValueError(f"{demand}, got {wanted!r}: {error}") from None
    return chosen.plugin_inst


def load_assignment(course: Course, name: str, writer: GradebookWriter) -> Assignment:
    """Return an assignment by value, ready to be sent to workers."""
    sources = course.source_notebooks(name)
    beside = files_below(course.path("source", name))
    return Assignment(
        fingerprint=course.fingerprint(name),
        sources=sources,
        released=writer.released(course.delimiters),
        files=beside.files,
        settings=course.settings(sources),
        kept_back=course.kept_back(name),
        not_overwritten=course.not_overwritten(name),
        shown=course.shown(),
        left_out={file: why for file, why in beside.left_out.items() if why != HIDDEN},
    )
