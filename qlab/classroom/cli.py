"""`qlab class`: the instructor's term, from the roster to the feedback."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from qlab.classroom.collecting import Collected
    from qlab.classroom.desk import Desk

app = typer.Typer(
    help="The term: roster and gradebook, an LMS's submissions, how each unit stands, feedback.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
_COURSE = typer.Option("--course-dir", help="Where nbgrader_config.py is.")
_UNIT = typer.Option("--unit", help="Name of the unit; by default told from the notebooks in the ZIP file.")
_ZONE = typer.Option("--timezone", help="Zone of times that name none, such as Europe/Berlin.")
_ENROL = typer.Option("--enrol", help="Add learners whom the gradebook does not know.")
_MOST = 12


@contextmanager
def _open(course_dir: Path) -> Iterator[Desk]:
    """Open a course; what cannot be done is told in a sentence, with exit code 1."""
    from sqlalchemy.exc import SQLAlchemyError

    from qlab.classroom.desk import Desk

    try:
        yield Desk(course_dir)
    except SQLAlchemyError as error:
        says = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        _end(f"The gradebook cannot be used: {says}")
    except (ValueError, OSError) as error:
        _end(str(error))


def _end(says: str) -> None:
    Console(stderr=True).print(Text.assemble(("Not done.", "bold red"), f" {says}"), soft_wrap=True)
    raise typer.Exit(1)


def _say(line: str, style: str = "") -> None:
    Console().print(line, style=style, highlight=False, markup=False, soft_wrap=True)


@app.command()
def init(
    roster: Annotated[Path | None, typer.Option(help="The class, as CSV from any spreadsheet or LMS.")] = None,
    encoding: Annotated[str | None, typer.Option(help="The roster's, where it is not Unicode, such as cp1252.")] = None,
    due: Annotated[list[str] | None, typer.Option(metavar="UNIT=TIME", help="Due date; may be repeated.")] = None,
    weekly: Annotated[
        str | None, typer.Option(metavar="TIME", help="Due date of the first unit, others a week apart.")
    ] = None,
    timezone: Annotated[str, _ZONE] = "UTC",
    course_dir: Annotated[Path, _COURSE] = Path(),
) -> None:
    """Begin a term, or bring what has changed: every unit to the gradebook, the roster, due dates.

    It may be run again at any time: learners are added and never removed, a release is never replaced.
    """
    from qlab.classroom.opening import demand_writable, fill, readable_by_others, set_due
    from qlab.classroom.roster import enrol, read_roster

    with _open(course_dir) as desk:
        demand_writable(desk)
        units = desk.units(None)
        read = read_roster(roster, encoding=encoding) if roster else None
        times = _due_dates(units, due or [], weekly, timezone)
        for unit in units:
            filled = fill(desk, unit)
            was = "" if filled.before in (None, filled.points) else f", was {filled.before:g}"
            _say(
                f"{unit}: {filled.points:g} points{was}{'' if filled.before is not None else ', new in the gradebook'}"
            )
            if filled.released == "made":
                _say(f"  learners' version made: {desk.course.path('release', unit)}")
            elif filled.released:
                _say(f"  {desk.course.path('release', unit)} is of another edition of the source; "
                     f"`nbgrader generate_assignment {unit} --force` replaces it", "yellow")  # fmt: skip
        with desk.gradebook() as book:
            if read is not None:
                done = enrol(book, read.people)
                _say(f"roster by {read.id_heading!r}: {len(done.added)} new, {len(done.changed)} changed, "
                     f"{len(done.same)} as they were")  # fmt: skip
                for group in read.namesakes:
                    _say(f"one name, several learners: {', '.join(group)}", "yellow")
                if done.absent:
                    _say(f"in the gradebook and not on the roster, kept: {_listed(done.absent)}", "yellow")
            for unit, before in set_due(book, times):
                _say(
                    f"{unit}: due {times[unit]:%Y-%m-%d %H:%M} UTC{f', was {before:%Y-%m-%d %H:%M}' if before else ''}"
                )
            count = len(book.students)
        _say(f"{len(units)} units, {count} learners in the gradebook")
        if desk.exchange:
            _say(f"exchange: {desk.exchange}")
        else:
            _say(f"no exchange at {desk.api.exchange_root}: learners hand in through an LMS or into "
                 f"{desk.course.path('submitted', '.')}")  # fmt: skip
        for path in readable_by_others(desk):
            _say(f"others on this machine may read {path}: `chmod o-rwx {path}`", "yellow")


def _due_dates(units: list[str], due: list[str], weekly: str | None, timezone: str) -> dict[str, datetime.datetime]:
    from qlab.classroom.desk import utc
    from qlab.grading.reports.lms import time_zone

    zone = time_zone(timezone)
    found: dict[str, datetime.datetime] = {}
    if weekly is not None:
        first = utc(weekly, "weekly", zone).replace(tzinfo=datetime.UTC).astimezone(zone).replace(tzinfo=None)
        for number, unit in enumerate(units):  # the same hour on the clock, whatever summer time does
            local = (first + datetime.timedelta(weeks=number)).replace(tzinfo=zone)
            found[unit] = local.astimezone(datetime.UTC).replace(tzinfo=None)
    for one in due:
        unit, sign, time = one.partition("=")
        if not sign or unit not in units:
            raise ValueError(f"due must be UNIT=TIME with one of {', '.join(units)}, got {one!r}")
        found[unit] = utc(time, "due", zone)
    return found


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


@app.command()
def collect(
    lms: Annotated[str, typer.Argument(metavar="LMS", help="moodle or canvas.")],
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="All submissions of one assignment.")],
    sheet: Annotated[
        Path | None, typer.Argument(metavar="SHEET", help="Moodle's grading worksheet; Canvas's gradebook.")
    ] = None,
    unit: Annotated[str | None, _UNIT] = None,
    timezone: Annotated[str, _ZONE] = "UTC",
    times: Annotated[Path | None, typer.Option(help="For Canvas: a CSV of learners and times of submission.")] = None,
    enrol: Annotated[bool, _ENROL] = False,
    course_dir: Annotated[Path, _COURSE] = Path(),
) -> None:
    """Bring an LMS's submissions to submitted/, with the times of submission.

    Exit codes: 0 all collected; 1 nothing done; 2 some work was not collected.
    """
    from qlab.classroom.collecting import collect_canvas, collect_moodle

    with _open(course_dir) as desk:
        if lms == "moodle":
            if sheet is None:
                raise ValueError("moodle must have the assignment's grading worksheet behind the ZIP file, got none")
            if times is not None:
                raise ValueError("times must stand with canvas, got moodle, whose worksheet holds them")
            done = collect_moodle(desk, archive, sheet, unit=unit, zone=timezone, new_learners=enrol)
        elif lms == "canvas":
            done = collect_canvas(desk, archive, sheet, unit=unit, zone=timezone, times=times, new_learners=enrol)
        else:
            raise ValueError(f"lms must be moodle or canvas, got {lms!r}")
        _tell_collected(done)
        raise typer.Exit(2 if done.lost else 0)


def _tell_collected(done: Collected) -> None:
    _say(f"{done.unit}: {len(done.new)} new, {len(done.replaced)} replaced, {len(done.same)} as they were, "
         f"{len(done.late)} late")  # fmt: skip
    for line in done.odd:
        _say(line, "yellow")
    for line in done.lost:
        _say(line, "red")


@app.command()
def status(
    unit: Annotated[str | None, typer.Argument(help="Only this unit; by default all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    course_dir: Annotated[Path, _COURSE] = Path(),
) -> None:
    """Show how each unit stands: handed in, missing, late, refused, by hand, feedback out."""
    from qlab.classroom.standing import standing

    with _open(course_dir) as desk:
        found = [standing(desk, one) for one in desk.units(unit)]
        if as_json:
            print(json.dumps([dataclasses.asdict(one) for one in found], default=str, indent=1, ensure_ascii=False))
            return
        table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
        columns: dict[str, Callable[[Any], str]] = {
            "due (UTC)": lambda one: f"{one.due:%d %b %H:%M}" if one.due else "",
            "in": lambda one: f"{len(one.handed_in)} of {one.learners}",
            "missing": lambda one: str(len(one.missing)),
            "late": lambda one: str(len(one.late)),
            "to\ngrade": lambda one: str(len(one.ungraded)),
            "refused": lambda one: str(len(one.refused)),
            "by\nhand": lambda one: str(len(one.by_hand)),
            "feed-\nback": lambda one: str(len(one.out)),
        }
        table.add_column("unit", overflow="fold")
        for heading in columns:
            table.add_column(heading, justify="right", no_wrap=True)
        for one in found:
            table.add_row(Text(one.unit), *(cell(one) for cell in columns.values()))
        Console().print(table)
        for one in found:
            if not one.known:
                _say(f"{one.unit}: the gradebook does not know it: `qlab class init`", "yellow")
            for what, names in (("missing", one.missing if one.handed_in else []), ("late", one.late),
                                ("not graded", one.ungraded), ("to mark by hand", one.by_hand),
                                ("not on the roster", one.strangers)):  # fmt: skip
                if names:
                    _say(f"{one.unit}, {what}: {_listed(names)}")
            for learner, why in one.refused.items():
                _say(f"{one.unit}, refused: {learner}: {why}", "yellow")


@app.command()
def publish(
    unit: Annotated[str | None, typer.Argument(help="Only this unit; by default all.")] = None,
    way: Annotated[str, typer.Option("--by", help="exchange, folder, canvas or moodle.")] = "exchange",
    to: Annotated[Path | None, typer.Option(help="The folder, or the ZIP file for Canvas or Moodle.")] = None,
    finished: Annotated[bool, typer.Option("--finished", help="Not those whose answers wait for a mark.")] = False,
    course_dir: Annotated[Path, _COURSE] = Path(),
) -> None:
    """Make the feedback pages that are missing or old, and hand them out.

    Exit codes: 0 all out; 1 nothing done; 2 some pages could not go this way.
    """
    from qlab.classroom.publishing import publish as publish_feedback

    with _open(course_dir) as desk:
        made = publish_feedback(desk, desk.units(unit), way, to, finished=finished)
        for one in made:
            _say(f"{one.unit}: {len(one.made)} made, {len(one.out)} out")
            if one.waiting:
                _say(f"{one.unit}, to mark by hand: {_listed(one.waiting)}", "yellow")
            for line in one.odd:
                _say(line, "yellow")
        raise typer.Exit(2 if any(one.odd for one in made) else 0)
