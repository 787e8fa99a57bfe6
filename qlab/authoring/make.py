"""`make course`: cut the exercises, build the book, grade a sample class, and say where everything lies.

The class lives in a course folder of its own, `_build/class`, so that nothing of a real class is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from qlab.authoring.sample_class import Submission

Scores = dict[tuple[str, str], float]


def grade_class(folder: Path, units: Sequence[str], console: Console) -> Scores:
    """Grade every assignment of a course folder with a progress bar.

    Args:
        folder: of the course.
        units: names of the assignments.
        console: where the bar is drawn.

    Returns:
        Points by (learner, unit).
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from qlab.grading.runs.course import Course
    from qlab.grading.runs.runner import grade_assignment

    course = Course(folder)
    scores: Scores = {}
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        for unit in units:
            task = bar.add_task(unit, total=None)

            def show(done: int, total: int, _learner: str, task: TaskID = task) -> None:
                bar.update(task, completed=done, total=total)

            report = grade_assignment(course, unit, progress=show)
            scores |= {(row.learner, unit): row.score for row in report.rows}
    return scores


def write_feedback(folder: Path, units: Sequence[str], console: Console) -> None:
    """Write feedback pages with nbgrader's own command, one unit to a processor.

    Args:
        folder: of the course.
        units: names of the assignments.
        console: where progress is shown.

    Raises:
        RuntimeError: where nbgrader fails; its last words are in the message.
    """

    def one(unit: str) -> tuple[str, subprocess.CompletedProcess[str]]:
        command = [sys.executable, "-m", "nbgrader", "generate_feedback", unit, "--quiet"]
        return unit, subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool, console.status("writing feedback") as status:
        for done, future in enumerate(as_completed([pool.submit(one, unit) for unit in units]), start=1):
            unit, process = future.result()
            status.update(f"writing feedback: {done} of {len(units)} units")
            if process.returncode:
                raise RuntimeError(f"feedback of {unit} failed: {process.stderr.strip()[-600:]}")


def show_scores(console: Console, written: Sequence[Submission], scores: Scores) -> int:
    """Print a row a learner and a column a unit: the score, and the expected one where it differs.

    Args:
        console: where the table goes.
        written: the sample class's submissions, each with the score that it must get.
        scores: what grading gave, by (learner, unit).

    Returns:
        How many scores are not as expected.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    expected = {(each.learner, each.unit): each.score for each in written}
    units = sorted({unit for _, unit in expected})
    title = "Sample class: score (and expected, where they differ)"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("learner", no_wrap=True)
    for unit in units:
        table.add_column(unit.split("_")[0], justify="right")
    table.add_column("all", justify="right")
    table.add_column("expected", justify="right")
    wrong = 0
    for learner in dict.fromkeys(each.learner for each in written):
        cells = []
        for unit in units:
            got, due = scores.get((learner, unit), float("nan")), expected[learner, unit]
            wrong += got != due
            cells.append(f"{got:g}" if got == due else f"[red]{got:g} ({due:g})[/]")
        total = sum(scores.get((learner, unit), 0.0) for unit in units)
        table.add_row(learner, *cells, f"{total:g}", f"{sum(expected[learner, u] for u in units):g}")
    console.print(table)
    return wrong


@contextlib.contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keep a second run out of the folder that one is at work in.

    Args:
        folder: made where it is missing.

    Raises:
        BlockingIOError: another run has the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "course.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def make_course(root: Path, *, learners: int = 30, book: bool = True) -> int:
    """Cut the exercises, build the book, grade a sample class; returns the exit code.

    Args:
        root: the repository.
        learners: size of the sample class.
        book: whether to build the book too.
    """
    try:
        with only_run(root / "_build"):
            return _make_course(root, learners, book)
    except BlockingIOError:
        print("Not made: another `qlab course` is at work here.", file=sys.stderr)
        return 1


def _make_course(root: Path, learners: int, book: bool) -> int:
    from rich.console import Console

    from qlab.authoring.cut import cut, generate, notebooks, said
    from qlab.authoring.sample_class import write_class

    console = Console(highlight=False)
    console.rule("[bold]1 of 4 · exercises", align="left")
    laid = cut(root=root)
    console.print(f"{len(notebooks(root))} units in exercises/, {len(laid.written)} changed")
    for line in said(laid)[len(laid.written) :]:
        console.print(line, markup=False)
    if book:
        console.rule("[bold]2 of 4 · book", align="left")
        built = subprocess.run([sys.executable, str(root / "book" / "build.py")], cwd=root, check=False)
        if built.returncode:
            return built.returncode
    console.rule("[bold]3 of 4 · sample class", align="left")
    folder = root / "_build" / "class"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(root / "nbgrader_config.py", folder)
    units = [path.parent.name for path in notebooks(root)]
    generate(units, root, folder)
    written = write_class(folder, learners=learners, exercises=folder / "exercises")
    scores = grade_class(folder, units, console)
    console.rule("[bold]4 of 4 · feedback", align="left")
    write_feedback(folder, units, console)
    wrong = show_scores(console, written, scores)
    if book:
        console.print(f"Book:     {root / '_build' / 'html' / 'index.html'}")
    console.print(f"Feedback: {folder / 'feedback'}")
    console.print(f"Marks:    {folder / 'gradebook.db'} (nbgrader's gradebook)")
    if wrong:
        console.print(f"[red]{wrong} scores are not as expected.[/]")
    return 1 if wrong else 0
