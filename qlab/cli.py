"""The `qlab` command. Each subcommand lives beside what it drives; this file only gathers them.

A subcommand's module is imported when it is called: `qlab doctor` must answer where Cirq is missing, and at once.
"""

from __future__ import annotations

import contextlib
import os
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "grade": ("qlab.grading.cli", "Grade submissions in the sandbox, report on them, export marks."),
    "class": ("qlab.classroom.cli", "The term: roster, an LMS's submissions, how units stand, feedback."),
    "start": ("qlab.learner.cli", "Copy units to a folder of your own, where no upgrade touches them."),
    "check": ("qlab.learner.cli", "Judge your answers on this machine: passed, failed and why, or crashed."),
    "progress": ("qlab.learner.cli", "Show what is done, open and next; write a competency report."),
    "cards": ("qlab.learner.cli", "Write retrieval cards as a deck for Anki."),
    "scorecard": ("qlab.scorecard.cli", "Judge a machine by measurement: entanglement, errors, size, throughput."),
    "doctor": ("qlab.cli", "Say what is installed, what is missing and how to repair it."),
    "course": ("qlab.cli", "Cut the exercises, build the book, grade a sample class (make course)."),
}
"""Subcommands: the module with the function of the same name, or with an `app` of several; a line for the overview."""


class Subcommands(TyperGroup):
    """A group whose overview needs no import, and whose commands are imported when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's interface
        """Names of all subcommands, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's interface
        """A stand-in with the line for the overview, or None.

        Args:
            ctx: click's context, not looked at.
            cmd_name: what was typed.
        """
        if cmd_name not in COMMANDS:
            return None
        stand_in = typer.Typer(add_completion=False)
        stand_in.command(cmd_name, help=COMMANDS[cmd_name][1])(lambda: None)
        return typer.main.get_command(stand_in)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The real command for what was typed.

        Args:
            ctx: click's context.
            args: the words of the command line, the subcommand first.

        Returns:
            The subcommand's name, its command and the words that are left.
        """
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None or name not in COMMANDS:
            return name, stand_in, rest
        module = import_module(COMMANDS[name][0])
        if hasattr(module, name):
            real = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            real.command(name)(getattr(module, name))
        else:
            real = module.app
        command = typer.main.get_command(real)
        command.name = name
        return name, command, rest


app = typer.Typer(cls=Subcommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def qlab() -> None:
    """Correlation Is Not Enough: check answers, grade a class, judge a machine."""


def doctor() -> None:
    """Say what is installed, what is missing and how to repair it."""
    from qlab.doctor import report

    raise typer.Exit(report())


def course(
    root: Annotated[Path, typer.Option(help="The repository.")] = Path(),
    learners: Annotated[int, typer.Option(min=1, max=30, help="Size of the sample class.")] = 30,
    book: Annotated[bool, typer.Option(help="Build the book too.")] = True,
) -> None:
    """Cut the exercises, build the book, grade a sample class; what `make course` runs."""
    from qlab.authoring.make import make_course

    raise typer.Exit(make_course(root.resolve(), learners=learners, book=book))


@contextlib.contextmanager
def complete_environment() -> Iterator[None]:
    """Give nbgrader what it takes for granted: its own programs on PATH, and a home folder.

    It runs `alembic` by name, which fails where the environment is not active; and the account has no home
    where HOME is unset and its number unknown, as in some containers.
    """
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    with contextlib.ExitStack() as stack:
        try:
            Path.home()
        except RuntimeError:
            os.environ["HOME"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="qlab-home-"))
        yield


def main() -> None:
    """Entry point of the console script."""
    with complete_environment():
        app()


if __name__ == "__main__":
    main()
