"""The `qlab` command. Each subcommand lives beside what it drives; this file only gathers them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def qlab() -> None:
    """Correlation Is Not Enough: check answers, grade a class, judge a machine."""


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing and how to mend it."""
    from qlab.doctor import report

    raise typer.Exit(report())


@app.command()
def course(
    root: Annotated[Path, typer.Option(help="The repository.")] = Path(),
    learners: Annotated[int, typer.Option(min=1, max=30, help="Size of the sample class.")] = 30,
    book: Annotated[bool, typer.Option(help="Build the book too.")] = True,
) -> None:
    """Cut the exercises, build the book, grade a sample class; what `make course` runs."""
    from qlab.course import make_course

    raise typer.Exit(make_course(root.resolve(), learners=learners, book=book))


def _mount() -> None:
    """Add the commands of the parts that are installed."""
    from qlab.grading import cli as grading
    from qlab.learner import cli as learner

    app.command()(grading.grade)

    app.command()(learner.check)
    app.command()(learner.progress)
    app.command()(learner.cards)


_mount()


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
