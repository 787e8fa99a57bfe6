"""`qlab check`, `qlab progress` and `qlab cards`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import ROUNDED
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qlab.grading.wire.limits import Limits
from qlab.grading.wire.verdict import Verdict
from qlab.learner.notebook import NotebookReport, check_notebook, find_notebooks

COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.CRASHED: "magenta", Verdict.COULD_NOT_TELL: "yellow"}

NARROW = 60
"""Columns below which a list reads better than a table."""

BUILD = Path("_build") / "learner"


def _table(title: str, *, show_lines: bool) -> Table:
    heading = Text(title, "bold")
    return Table(title=heading, title_justify="left", header_style="bold", box=ROUNDED, show_lines=show_lines)


def _refuse(error: ValueError) -> typer.Exit:
    """Say what was wrong with the command; messages are never read as markup."""
    Console(stderr=True).print(Text(str(error), "red"))
    return typer.Exit(2)


def _unwritable(argument: str, path: Path, error: OSError) -> typer.Exit:
    """Say that a file cannot be written, and why."""
    return _refuse(ValueError(f"{argument} must be a file that can be written, got {str(path)!r}: {error.strerror}"))


def _print_report(console: Console, report: NotebookReport) -> None:
    if console.width < NARROW:
        _print_list(console, report)
    else:
        _print_table(console, report)
    for note in report.notes:
        console.print(f"note: {note}", markup=False, highlight=False)


def _verdict(status: str) -> Text:
    verdict = Verdict(status)
    return Text(verdict.spelled, COLOURS[verdict])


def _print_list(console: Console, report: NotebookReport) -> None:
    console.print(Text(report.unit.replace("_", " "), "bold"))
    for task in report.tasks:
        console.print(_verdict(task.status) + Text(f" {task.earned:g} / {task.points:g} · {task.title}", "default"))
        if task.status != "passed":
            console.print(Padding(Text(task.message), (0, 0, 0, 2)))


def _print_table(console: Console, report: NotebookReport) -> None:
    table = _table(report.unit.replace("_", " "), show_lines=True)
    table.add_column("task", ratio=2)
    table.add_column("verdict", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    if not report.all_passed:
        table.add_column("why", ratio=3, overflow="fold")
    for task in report.tasks:
        cells = [Text(task.title), _verdict(task.status), Text(f"{task.earned:g} / {task.points:g}")]
        why = [] if report.all_passed else [Text("" if task.status == "passed" else task.message)]
        table.add_row(*cells, *why)
    console.print(table)


def check(
    path: Annotated[Path, typer.Argument(help="A notebook, a unit's folder, or the folder of all units.")],
    timeout: Annotated[float, typer.Option(help="Seconds allowed for one notebook.", min=1)] = 120.0,
) -> None:
    """Judge your answers on this machine: passed, failed (and why), or crashed. Exit code 0 only when all pass."""
    console = Console()
    try:
        notebooks = find_notebooks(path)
        reports = []
        for notebook in notebooks:
            with console.status(f"running {notebook.name}"):
                reports.append(check_notebook(notebook, limits=Limits(notebook_seconds=timeout)))
            _print_report(console, reports[-1])
    except ValueError as error:
        raise _refuse(error) from None
    tasks = [task for report in reports for task in report.tasks]
    passed = sum(task.status == "passed" for task in tasks)
    console.print(f"{passed} of {len(tasks)} tasks passed.", highlight=False)
    raise typer.Exit(0 if all(report.all_passed for report in reports) else 1)


def _print_progress(console: Console, reports: list[NotebookReport]) -> None:
    from qlab.learner.progress import next_task

    table = _table("Progress", show_lines=False)
    for column in ("unit", "done", "open", "points"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    for item in reports:
        done = sum(task.status == "passed" for task in item.tasks)
        earned, points = sum(task.earned for task in item.tasks), sum(task.points for task in item.tasks)
        unit = Text(item.unit.replace("_", " "), "green" if item.all_passed else "default")
        table.add_row(unit, str(done), str(len(item.tasks) - done), f"{earned:g} / {points:g}")
    console.print(table)
    following = next_task(reports)
    if following is None:
        console.print(Text("Everything is done.", "green"))
    else:
        console.print("Next:", Text(following[1].title, "bold"), "in", following[0].replace("_", " "), highlight=False)


def progress(
    exercises: Annotated[Path, typer.Argument(help="The folder of all units.")] = Path("exercises"),
    report: Annotated[Path, typer.Option(help="Where the competency report goes.")] = BUILD / "competency.html",
    name: Annotated[str, typer.Option(help="Your name, to be printed on the report.")] = "",
) -> None:
    """Show what is done, open and next, and write a one-page competency report. Nothing leaves the machine."""
    from qlab.learner.progress import all_reports, write_report

    console = Console()
    try:
        with console.status("looking at your notebooks") as status:
            reports = all_reports(
                exercises, BUILD / "verdicts", announce=lambda path: status.update(f"running {path.name}")
            )
    except ValueError as error:
        raise _refuse(error) from None
    # Written first: whoever reads the output may stop early, as `| head -1` does.
    try:
        write_report(reports, report, learner=name)
    except OSError as error:
        raise _unwritable("report", report, error) from None
    _print_progress(console, reports)
    console.print(f"Competency report: {report}", highlight=False)


def cards(
    out: Annotated[Path, typer.Argument(help="Where the deck goes; the name ends in .apkg.")] = BUILD / "cards.apkg",
) -> None:
    """Write retrieval cards, three a section, as a deck for Anki."""
    from qlab.learner.cards import write_deck

    try:
        count = write_deck(out)
    except ValueError as error:
        raise _refuse(error) from None
    except OSError as error:
        raise _unwritable("out", out, error) from None
    Console().print(f"{count} cards: {out}", highlight=False)
