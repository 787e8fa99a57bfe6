"""`qlab grade`: grade submissions in the sandbox, and check an assignment before release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from qlab.grading.sandbox import SandboxUnavailable

app = typer.Typer(help="Grade submissions in a sandbox.")
_OPEN_DOOR = "graded WITHOUT a sandbox: student code could read and change everything you can"

_AGAIN = "What was graded is kept: run the same command again."


@app.command()
def grade(
    assignment: Annotated[str | None, typer.Argument(help="Only this assignment; by default all.")] = None,
    learner: Annotated[list[str] | None, typer.Option(help="Only this learner; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a processor.")] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, such as tls://host:8786.")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="Certificate authority for --dask tls://…")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Own certificate for --dask tls://…")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Own key for --dask tls://…")] = None,
    force: Annotated[bool, typer.Option(help="Grade again what has a result.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run student code unconfined.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check that the tests can be graded.")] = False,
    explain: Annotated[
        tuple[str, str] | None, typer.Option(metavar="LEARNER TASK", help="Say why a task got its points.")
    ] = None,
    statistics: Annotated[bool, typer.Option("--statistics", help="Write how the class fared, as a page.")] = False,
    export: Annotated[str | None, typer.Option(help="Write the marks: csv, canvas or moodle.")] = None,
    to: Annotated[Path | None, typer.Option(help="The file that --statistics or --export writes.")] = None,
    course_dir: Annotated[Path, typer.Option("--course-dir", help="Where nbgrader_config.py is.")] = Path(),
) -> None:
    """Grade submissions: student code in a sandbox, tests apart from it, results in nbgrader's gradebook.

    --explain, --statistics and --export grade nothing: they report on what has been graded.

    Exit codes: 0 all graded; 1 nothing could be graded; 2 some notebooks were refused or could not be
    judged; 3 a release check found tests that cannot be graded.
    """
    from sqlalchemy.exc import SQLAlchemyError

    security = {"tls_ca_file": tls_ca, "tls_client_cert": tls_cert, "tls_client_key": tls_key}
    console = Console(stderr=False)
    desk = bool(explain or statistics or export)
    try:
        if desk:
            code = _desk(console, course_dir, assignment, explain, statistics, export, to)
        else:
            code = _run(console, course_dir, assignment, learner, jobs, dask, security, force, no_sandbox, check)
    except (SandboxUnavailable, ValueError) as error:
        Console(stderr=True).print(f"[bold red]Not {'done' if desk else 'graded'}.[/] {error}", highlight=False)
        code = 1
    except SQLAlchemyError as error:
        says = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        Console(stderr=True).print(f"[bold red]Stopped.[/] The gradebook cannot be used: {says}", highlight=False)
        Console(stderr=True).print(_AGAIN)
        code = 1
    except BlockingIOError:
        Console(stderr=True).print("[bold red]Not graded.[/] Another `qlab grade` is at work in this course.")
        code = 1
    except OSError as error:
        Console(stderr=True).print(f"[bold red]Stopped.[/] {error}", highlight=False)
        Console(stderr=True).print(_AGAIN)
        code = 1
    raise typer.Exit(code)


def _desk(
    console: Console,
    course_dir: Path,
    assignment: str | None,
    explain: tuple[str, str] | None,
    statistics: bool,
    export: str | None,
    to: Path | None,
) -> int:
    from qlab.grading.course import Course

    course = Course(course_dir)
    names = [assignment] if assignment else course.assignments()
    if to is not None and statistics and export:
        raise ValueError(f"to must name one file, got {str(to)!r} for two: ask for --statistics and --export in turn")
    if explain:
        from qlab.grading.desk_explain import explain as lines_of

        for line in lines_of(course, *explain, names):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if statistics:
        from qlab.grading.desk_statistics import graded_assignments, write_page

        path = to or course.root / "statistics.html"
        write_page(course, [assignment] if assignment else graded_assignments(course), path)
        console.print(f"written: {path}", highlight=False, markup=False, soft_wrap=True)
    if export:
        from qlab.grading.export import export as export_marks

        path = to or course.root / f"grades-{export}.csv"
        made = export_marks(course, export, path, assignments=[assignment] if assignment else None)
        console.print(f"written: {path}, {made.learners} learners", highlight=False, markup=False, soft_wrap=True)
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

    from qlab.grading.course import Course

    course = Course(course_dir, Config({"QlabGrading": {"sandbox": False}}) if no_sandbox else None)
    names = [assignment] if assignment else course.assignments()
    if not names:
        raise ValueError(f"{course.path('source', '.')} holds no assignment")
    if check:
        return _check(console, course, names)
    from qlab.grading.pool import dask_executor
    from qlab.grading.runner import grade_assignment

    executor, client = None, None
    if dask:
        chosen = {key: str(value) for key, value in security.items() if value is not None}
        executor, client = dask_executor(dask, **chosen)
    code = 0
    try:
        for name in names:
            with _progress(console) as bar:
                task = bar.add_task(name, total=None)

                def show(done: int, total: int, who: str, bar: Progress = bar, task: Any = task) -> None:
                    bar.update(task, completed=done, total=total)

                report = grade_assignment(
                    course, name, learners=learners, workers=workers, executor=executor, force=force, progress=show
                )
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
    """Print what happened to an assignment: one line a learner, then the sums."""
    table = Table(title=f"{report.assignment}: {len(report.rows)} submissions in {report.seconds:.1f} s")
    table.add_column("learner")
    for heading in ("score", "right", "wrong", "crashed", "timed out", "could not tell", "refused", "late"):
        table.add_column(heading, justify="right")
    for row in report.rows:
        counts = row.verdicts
        table.add_row(
            Text(row.learner),
            f"{row.score:g} / {row.max_score:g}",
            *(str(counts[name] or "") for name in ("passed", "failed", "crashed", "timed_out", "could_not_tell")),
            str(len(row.refused) or ""),
            f"{row.late_seconds / 86400:.1f} d" if row.late_seconds else "",
        )
    console.print(table)
    for row in report.rows:
        for name, why in row.refused.items():
            console.print(f"refused: {row.learner}, {name}: {why}", style="yellow", highlight=False, markup=False)
    if not report.sandboxed:
        console.print(_OPEN_DOOR, style="bold red")


def _check(console: Console, course: Any, names: list[str]) -> int:
    from qlab.grading.release_check import check_assignment

    found = 0
    for name in names:
        for finding in check_assignment(course, name):
            found += 1
            where = f"{name}/{finding.notebook}, {finding.cell}"
            console.print(f"{where}: {finding.says}", style="yellow", highlight=False, markup=False)
        console.print(f"{name}: checked")
    return 3 if found else 0
