"""Entry point of the `qlab` command, here without any library, so that a missing extra is one line and no traceback."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from qlab._output import run_in_utf8, steady_output

EXTRAS = {
    "grade": "grading",
    "start": "learn",
    "check": "learn",
    "progress": "learn",
    "cards": "learn",
    "scorecard": "scorecard",
    "doctor": "cli",
    "course": "book,grading",
}
"""By subcommand, the extras that it needs."""


def _needs(words: list[str], module: str) -> str:
    """The line for a command whose libraries are not installed; `words` are what was typed after `qlab`."""
    command = next((word for word in words if word in EXTRAS), None)
    what = f"qlab {command}" if command else "qlab"
    extra = EXTRAS[command] if command else "cli"
    return f"{what} needs {module}, which is not installed: pip install 'correlation-is-not-enough[{extra}]'"


def main() -> None:
    """Run the command.

    Raises:
        SystemExit: always, with the command's exit code; with a line that names the extra where a library is missing.
    """
    run_in_utf8()
    with steady_output():
        try:
            from qlab.cli import main as run

            run()
        except ModuleNotFoundError as error:
            module = (error.name or "qlab").partition(".")[0]
            if module == "qlab" or find_spec(module) is not None:
                raise
            raise SystemExit(_needs(sys.argv[1:], module)) from None


if __name__ == "__main__":
    main()
