"""`qlab start`, `qlab check`, `qlab progress` and `qlab cards`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import ROUNDED
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qlab.checks import all_units, slug
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.verdict import Verdict
from qlab.learner.notebook import NotebookReport, check_notebook, find_notebooks
from qlab.learner.places import OWN, base, holds_units, start_units, typed, unit_named, units_folder

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
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Notebooks, folders, or units such as 01, 01_shared_state or faq; by default those here."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds allowed for one notebook.", min=1)] = 120.0,
) -> None:
    """Judge your answers on this machine: passed, failed (and why), or crashed. Exit code 0 only when all pass."""
    console = Console()
    reports: list[NotebookReport] = []
    refused: list[typer.Exit] = []
    try:
        notebooks = [notebook for place in _places(paths) for notebook in find_notebooks(place)]
        for notebook in dict.fromkeys(notebooks):
            with console.status(f"running {notebook.name}"):
                found = _checked(notebook, Limits(notebook_seconds=timeout))
            if isinstance(found, ValueError):
                refused.append(_refuse(found))
            else:
                reports.append(found)
                _print_report(console, found)
    except ValueError as error:
        raise _refuse(error) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _refuse(_no_room(error)) from None
    tasks = [task for report in reports for task in report.tasks]
    passed = sum(task.status == "passed" for task in tasks)
    if tasks:
        console.print(f"{passed} of {len(tasks)} tasks passed.", highlight=False)
    if refused:
        raise refused[0]
    raise typer.Exit(0 if all(report.all_passed for report in reports) else 1)


def _places(words: list[str] | None) -> list[Path]:
    """What was typed; nothing means the working directory, or the units that it belongs to."""
    if words:
        return [typed(word) for word in words]
    here = Path.cwd()
    return [here if holds_units(here) else units_folder() or here]


def _checked(notebook: Path, limits: Limits) -> NotebookReport | ValueError:
    """The report, or why there is none."""
    try:
        return check_notebook(notebook, limits=limits)
    except ValueError as error:
        return error


def _no_room(error: OSError) -> ValueError:
    return ValueError(f"this machine must let the check write and start programs, got: {error.strerror or error}")


def start(
    units: Annotated[list[str] | None, typer.Argument(help="Units such as 01 or faq; by default all.")] = None,
    to: Annotated[Path | None, typer.Option(help=f"Your folder; by default {OWN} in the course's folder.")] = None,
) -> None:
    """Copy units to a folder of your own. What you changed there stays; a newer edition is laid beside it."""
    target = to.expanduser() if to is not None else base() / OWN
    try:
        laid = start_units([_unit(word) for word in units or ()], target)
    except ValueError as error:
        raise _refuse(error) from None
    except OSError as error:
        raise _refuse(
            ValueError(f"to must be a folder that can be written, got {str(target)!r}: {error.strerror}")
        ) from None
    console = Console()
    lines = [f"{_shown(path)}: ready" for path in laid.written]
    lines += [f"{_shown(path)}: as you left it" for path in laid.kept]
    lines += [f"{_shown(path)}: the newer edition, beside your own" for path in laid.beside]
    console.print("\n".join(lines) or f"Nothing is new in {_shown(target)}.", markup=False, highlight=False)


def _unit(word: str) -> str:
    unit = unit_named(word)
    if unit is None:
        raise ValueError(f"unit must be one of {', '.join(map(slug, all_units()))}, got {word!r}")
    return unit


def _shown(path: Path) -> Path:
    """A path from here, where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


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
    for item in reports:
        if any(task.status == "could_not_tell" for task in item.tasks):
            console.print(f"note: {item.tasks[0].message}", markup=False, highlight=False)
    following = next_task(reports)
    if following is None:
        console.print(Text("Everything is done.", "green"))
    else:
        console.print("Next:", Text(following[1].title, "bold"), "in", following[0].replace("_", " "), highlight=False)


def progress(
    exercises: Annotated[str, typer.Argument(help="The folder of all units, or one unit; by default yours.")] = "",
    report: Annotated[Path | None, typer.Option(help="Where the competency report goes; ends in .html.")] = None,
    name: Annotated[str, typer.Option(help="Your name, to be printed on the report.")] = "",
) -> None:
    """Show what is done, open and next, and write a one-page competency report. Nothing leaves the machine."""
    from qlab.learner.progress import all_reports, write_report

    console = Console()
    page = report or base() / BUILD / "competency.html"
    try:
        if page.suffix not in (".html", ".htm"):
            raise ValueError(f"report must end in .html, got {page.name!r}")
        folder = typed(exercises) if exercises else units_folder() or Path.cwd()
        with console.status("looking at your notebooks") as status:
            reports = all_reports(
                folder, base() / BUILD / "verdicts", announce=lambda path: status.update(f"running {path.name}")
            )
    except ValueError as error:
        raise _refuse(error) from None
    except OSError as error:
        raise _refuse(_no_room(error)) from None
    # Written first: whoever reads the output may stop early, as `| head -1` does.
    unwritten = None
    try:
        write_report(reports, page, learner=name)
    except OSError as error:
        unwritten = error
    _print_progress(console, reports)
    if unwritten is not None:
        raise _unwritable("report", page, unwritten)
    console.print(f"Competency report: {_shown(page)}", markup=False, highlight=False)


def cards(
    out: Annotated[Path | None, typer.Argument(help="Where the deck goes; the name ends in .apkg.")] = None,
) -> None:
    """Write retrieval cards, three a section, as a deck for Anki."""
    from qlab.learner.cards import write_deck

    path = out or base() / BUILD / "cards.apkg"
    try:
        count = write_deck(path)
    except ValueError as error:
        raise _refuse(error) from None
    except OSError as error:
        raise _unwritable("out", path, error) from None
    Console().print(f"{count} cards: {_shown(path)}", markup=False, highlight=False)
