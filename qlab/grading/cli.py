"""`qlab grade`: grade submissions in the sandbox, and check an assignment before release."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from qlab.grading.notebooks.files import HARMLESS
from qlab.grading.notebooks.files import shown as printable
from qlab.grading.runs.progress import WorkerBroken
from qlab.grading.runs.stopping import Stopped, stopped_by_signals
from qlab.grading.student.bubblewrap import SandboxUnavailable
from qlab.grading.wire.verdict import Verdict

app = typer.Typer(help="Grade submissions in a sandbox.")
_OPEN_DOOR = "graded WITHOUT a sandbox: student code could read and change everything you can"

_COLUMNS = (Verdict.PASSED, Verdict.FAILED, Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.NEEDS_A_LOOK,
            Verdict.COULD_NOT_TELL)  # fmt: skip
_REPORTS = frozenset({"--explain", "--statistics", "--export"})
_TLS = frozenset({"--tls-ca", "--tls-cert", "--tls-key"})
_GRADING = frozenset({"--learner", "--jobs", "--dask", "--force"}) | _TLS
_EXCLUDED = {**dict.fromkeys(_REPORTS, _GRADING | {"--no-sandbox", "--check"}), "--check": _GRADING}
"""By option, those that it would leave unused."""
_NEEDED = {
    "--to": frozenset({"--statistics", "--export"}),
    "--sheet": frozenset({"--export"}),
    **dict.fromkeys(_TLS, frozenset({"--dask"})),
}
"""By option, those of which it needs one."""
_AGAIN = "What was graded is kept: run the same command again."
_SHARED = (
    "Where several people grade one course, all of it must belong to a group of theirs that may write: "
    "`chgrp -R GROUP .`, `chmod -R g+w .`, `find . -type d -exec chmod g+s {} +`, and `umask 002` for each of them."
)


@app.command()
def grade(
    assignment: Annotated[str | None, typer.Argument(help="Only this assignment; by default all.")] = None,
    learner: Annotated[list[str] | None, typer.Option(help="Only this learner; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a processor.")] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, such as tls://host:8786.")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="Certificate authority for --dask tls://…")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Own certificate for --dask tls://…")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Own key for --dask tls://…")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has a result.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run student code unconfined.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check that the tests can be graded.")] = False,
    explain: Annotated[
        tuple[str, str] | None, typer.Option(metavar="LEARNER TASK", help="Say why a task got its points.")
    ] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Write how the class fared, as a page.")] = False,
    export: Annotated[
        str | None, typer.Option(help="Write the marks: csv, canvas, moodle or moodle-worksheet.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Moodle's grading worksheet, or Canvas's gradebook, for --export.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="The file that --statistics or --export writes.")] = None,
    course_dir: Annotated[Path, typer.Option("--course-dir", help="Where nbgrader_config.py is.")] = Path(),
) -> None:
    """Grade submissions: student code in a sandbox, tests apart from it, results in nbgrader's gradebook.

    --explain, --statistics and --export grade nothing: they report on what has been graded.

    Exit codes: 0 all graded; 1 nothing could be graded;
    2 some notebooks were refused, could not be judged or need a look, or files were left out;
    3 a release check found tests that cannot be graded;
    128 and above, such as 130: stopped by hand.
    """
    from sqlalchemy.exc import SQLAlchemyError

    security = {"tls_ca_file": tls_ca, "tls_client_cert": tls_cert, "tls_client_key": tls_key}
    values = {"--learner": learner, "--jobs": jobs, "--dask": dask, "--force": force, "--no-sandbox": no_sandbox,
              "--check": check, "--explain": explain, "--statistics": statistics, "--export": export, "--to": to,
              "--sheet": sheet, "--tls-ca": tls_ca, "--tls-cert": tls_cert, "--tls-key": tls_key}  # fmt: skip
    given = {name for name, value in values.items() if value is not None and value is not False and value != []}
    console = Console(stderr=False)
    reports = bool(given & _REPORTS)
    try:
        refuse_combinations(given)
        with stopped_by_signals():
            if reports:
                code = _report(console, course_dir, assignment, explain, statistics, export, sheet, to)
            else:
                code = _run(console, course_dir, assignment, learner, jobs, dask, security, force, no_sandbox, check)
    except (KeyboardInterrupt, Stopped) as error:
        Console(stderr=True).print(f"[bold red]Stopped.[/] {_AGAIN}")
        code = 128 + (error.number if isinstance(error, Stopped) else signal.SIGINT)
    except (SandboxUnavailable, ValueError) as error:
        _complain(f"Not {'done' if reports else 'graded'}.", str(error))
        code = 1
    except SQLAlchemyError as error:
        says = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        _complain("Stopped.", f"The gradebook cannot be used: {says} ({_gradebook(course_dir)})")
        code = _again(reports)
    except (OSError, WorkerBroken) as error:
        _complain("Stopped.", str(error))
        code = _again(reports or isinstance(error, PermissionError))
        if isinstance(error, PermissionError) and not reports:
            Console(stderr=True).print(_SHARED, soft_wrap=True, highlight=False)
    raise typer.Exit(code)


def refuse_combinations(given: set[str]) -> None:
    """Refuse options of which one would be left unused.

    Args:
        given: the options' names, as typed.

    Raises:
        ValueError: two do not go together, or one needs another that is not there.

    Example:
        >>> refuse_combinations({"--to"})
        Traceback (most recent call last):
            ...
        ValueError: --to must stand with --export or --statistics, got neither
    """
    for option in sorted(given):
        for other in sorted(given & _EXCLUDED.get(option, frozenset())):
            raise ValueError(f"{option} must stand without {other}, got both")
        needed = _NEEDED.get(option)
        if needed and not given & needed:
            missing = "neither" if len(needed) > 1 else "none"
            raise ValueError(f"{option} must stand with {' or '.join(sorted(needed))}, got {missing}")


def _complain(head: str, says: str) -> None:
    """Say on stderr why a command ended; what it quotes is never read as markup."""
    Console(stderr=True).print(Text.assemble((head, "bold red"), f" {says}"), soft_wrap=True)


def _again(reports: bool) -> int:
    """Say that work already done is kept, where there was any; returns the exit code."""
    if not reports:
        Console(stderr=True).print(_AGAIN)
    return 1


def _gradebook(course_dir: Path) -> str:
    """The course's gradebook, as a file or an address without its password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from qlab.grading.runs.course import Course

    try:
        url = make_url(Course(course_dir).db_url)
    except ArgumentError:
        return "CourseDirectory.db_url"
    return repr(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _report(
    console: Console,
    course_dir: Path,
    assignment: str | None,
    explain: tuple[str, str] | None,
    statistics: bool,
    export: str | None,
    sheet: Path | None,
    to: Path | None,
) -> int:
    from qlab.grading.runs.course import Course

    course = Course(course_dir)
    names = [assignment] if assignment else course.assignments()
    if to is not None and statistics and export:
        raise ValueError(f"to must name one file, got {str(to)!r} for two: ask for --statistics and --export in turn")
    if explain:
        from qlab.grading.reports.explain import explain as lines_of

        for line in lines_of(course, *explain, names):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if statistics:
        from qlab.grading.reports.statistics import graded_assignments, write_page

        path = to or course.root / "statistics.html"
        write_page(course, [assignment] if assignment else graded_assignments(course), path)
        console.print(f"written: {path}", highlight=False, markup=False, soft_wrap=True)
    if export is not None:
        from qlab.grading.reports.export import export as export_marks

        made = export_marks(course, export, to, assignments=[assignment] if assignment else None, sheet=sheet)
        for path in made.paths:
            console.print(f"written: {path}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"{made.learners} learner{'' if made.learners == 1 else 's'}", highlight=False)
        for note in made.notes:
            console.print(printable(note), style="yellow", highlight=False, markup=False, soft_wrap=True)
        if made.unfinished:
            console.print(f"submissions still to be graded by hand: {made.unfinished}", style="yellow")
    return 0


def _run(
    console: Console,
    course_dir: Path,
    assignment: str | None,
    learners: list[str] | None,
    workers: int | None,
    dask: str | None,
    security: dict[str, Path | None],
    force: bool,
    no_sandbox: bool,
    check: bool,
) -> int:
    from traitlets.config import Config

    from qlab.grading.runs.course import Course, NotPython
    from qlab.grading.runs.options import value_of

    course = Course(course_dir, Config({"QlabGrading": {"sandbox": False}}) if no_sandbox else None)
    assignment = assignment or str(value_of(course.config, "CourseDirectory.assignment_id", "") or "") or None
    names = [assignment] if assignment else course.assignments()
    if not names:
        raise ValueError(f"course-dir must hold assignments in {course.path('source', '.')}, got none there")
    code = 0
    for name in list(names):
        try:
            course.source_notebooks(name)  # an unknown one is refused before anything is written
        except NotPython as error:
            if len(names) == 1:
                raise
            names.remove(name)
            code = 2
            console.print(f"not graded here: {error}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    if check:
        return _check(console, course, names)
    from qlab.grading.runs.pool import dask_executor
    from qlab.grading.runs.runner import grade_assignment

    executor, client = None, None
    if dask:
        chosen = {key: str(value) for key, value in security.items() if value is not None}
        executor, client = dask_executor(dask, **chosen)
    told: set[str] = set()  # what belongs to no assignment is said once
    try:
        for name in names:
            with _progress(console) as bar:
                task = bar.add_task(name, total=None)

                def show(done: int, total: int, who: str, bar: Progress = bar, task: Any = task) -> None:
                    bar.update(task, completed=done, total=total)

                report = grade_assignment(
                    course, name, learners=learners, workers=workers, executor=executor, force=force, progress=show
                )
            report.ignored = {name: why for name, why in report.ignored.items() if name not in told}
            told |= report.ignored.keys()
            summarise(console, report)
            code = max(code, report.exit_code)
    finally:
        if client is not None:
            client.close()
    return code


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def summarise(console: Console, report: Any) -> None:
    """Print what happened to an assignment, one line a learner; columns in which nothing stands are left out."""
    from qlab.grading.reports.tables import plain

    count = f"{len(report.rows)} submission{'' if len(report.rows) == 1 else 's'}"
    console.print(f"{report.assignment}: {count} in {report.seconds:.1f} s", highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("learner", overflow="fold", min_width=8)
    columns = {"score": [f"{row.score:g} / {row.max_score:g}" for row in report.rows]}
    for verdict in _COLUMNS:
        columns[verdict.words.column] = [str(row.verdicts[verdict] or "") for row in report.rows]
    columns["refused"] = [str(len(row.refused) or "") for row in report.rows]
    columns["to grade\nby hand"] = [str(row.waiting or "") for row in report.rows]
    columns["marked\nby hand"] = [str(row.by_hand or "") for row in report.rows]
    columns["late"] = [lateness(row.late_seconds) for row in report.rows]
    shown = [heading for heading, cells in columns.items() if heading in ("score", "right") or any(cells)]
    for heading in shown:
        table.add_column(heading, justify="right", no_wrap=True)
    for number, row in enumerate(report.rows):
        table.add_row(Text(row.learner), *(columns[heading][number] for heading in shown))
    console.print(table)
    for line in remarks(report):
        console.print(line, style="yellow", highlight=False, markup=False)
    for test, reasons in sorted(report.looks.items()):
        for why, learners in reasons.items():
            who = f"{learners} learner{'' if learners == 1 else 's'}"
            console.print(f"to look at: {test}, {who}: {plain(why)}", style="yellow", highlight=False, markup=False)
    for test, why in sorted(report.broken.items()):
        says = f"broken: {test} fails with your own answer, so nobody was judged by it: {plain(why)}"
        console.print(says, style="bold red", highlight=False, markup=False)
    if not report.sandboxed:
        console.print(_OPEN_DOOR, style="bold red")


def lateness(seconds: float) -> str:
    """Return how late a submission was, in the largest unit of which it has one.

    Example:
        >>> lateness(0), lateness(90), lateness(5400), lateness(129600)
        ('', '2 min', '1.5 h', '1.5 d')
    """
    if seconds >= 86400:
        return f"{seconds / 86400:.1f} d"
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{math.ceil(seconds / 60)} min" if seconds else ""


def remarks(report: Any) -> Iterator[str]:
    """Yield a line for what moved and each file that was not simply graded: refused, taken for another, ignored."""
    yield from (f"points: {cell} {was:g}, now {worth:g}" for cell, (was, worth) in sorted(report.points.items()))
    yield from (f"moved: {who} {was:g}, now {score:g}" for who, (was, score) in sorted(report.moved.items()))
    yield from (f"not graded here: {name}: {why}" for name, why in report.foreign.items())
    yield from report.remarks
    for row in report.rows:
        yield from (f"refused: {row.learner}, {name}: {why}" for name, why in row.refused.items())
    for row in report.rows:
        yield from (f"taken for {name}: {row.learner}, {file}" for name, file in row.taken.items())
        yield from (f"put right: {row.learner}, {name}: {note}" for name, notes in row.notes.items() for note in notes)
    ignored = {f"{row.learner}, {name}": why for row in report.rows for name, why in row.ignored.items()}
    ignored |= report.ignored
    told = [(name, why) for name, why in ignored.items() if why not in HARMLESS]
    yield from (f"ignored: {printable(name)}: {printable(why)}" for name, why in told)
    yield from (f"left out beside the source: {printable(name)}: {why}" for name, why in report.left_out.items())
    if len(ignored) > len(told):
        yield f"ignored: {len(ignored) - len(told)} hidden or empty"


def _check(console: Console, course: Any, names: list[str]) -> int:
    from qlab.grading.reports.release_check import check_assignment

    found = 0
    for name in names:
        for finding in check_assignment(course, name):
            found += 1
            where = f"{name}/{finding.notebook}, {finding.cell}"
            console.print(f"{where}: {finding.says}", style="yellow", highlight=False, markup=False)
        console.print(f"{name}: checked")
    return 3 if found else 0
