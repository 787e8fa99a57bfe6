"""The `qlab` command. Each subcommand lives beside what it drives; this file only gathers them."""

from __future__ import annotations

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


def _mount() -> None:
    """Add the commands of the parts that are installed."""
    from qlab.learner import cli as learner

    app.command()(learner.check)
    app.command()(learner.progress)
    app.command()(learner.cards)


_mount()


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
