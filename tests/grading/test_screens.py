"""What an instructor sees in a terminal, and what happens when they stop a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from qlab.grading.cli import app, summarise
from qlab.grading.runs.runner import Report, Row
from qlab.grading.wire.verdict import Verdict
from tests.grading.runs.test_faults import descendants, recorded
from tests.waiting import PATIENCE_S, wait_for

ENDLESS = "import time\ntime.sleep(600)\ndef shout(word):\n    return word"


def screen(*rows: Row, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width)
    summarise(console, Report("01_shared_state", list(rows), 12.3, sandboxed=True))
    found: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, found.splitlines())) <= width
    return found


def test_the_fullest_table_is_whole_in_80_columns() -> None:
    row = Row("anna.bergstroem-lindqvist@example.org", dict.fromkeys(Verdict, 10), {"a": "is not JSON"})
    row.score, row.max_score, row.late_seconds = 112.75, 150.0, 12.5 * 86400
    found = screen(row)
    assert "…" not in found
    for word in ("learner", "score", "right", "wrong", "crashed", "timed", "could", "refused", "late", "12.5 d"):
        assert word in found, word
    folded = "".join(line.split(" ")[0] for line in found.splitlines())
    assert "anna.bergstroem-lindqvist@example.org" in folded


def test_columns_in_which_nothing_stands_are_left_out() -> None:
    row = Row("ada", {**dict.fromkeys(Verdict, 0), Verdict.PASSED: 3})
    found = screen(row, Row("bob"))
    assert "right" in found
    assert not any(word in found for word in ("wrong", "crashed", "timed", "could", "refused", "late"))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda x: str(int(x))
)
def test_a_stopped_run_ends_at_once_and_leaves_nothing(course: Any, short_folder: Path, number: int, code: int) -> None:
    scratch = short_folder
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.QlabGrading.cell_seconds = 600.0\nc.QlabGrading.notebook_seconds = 600.0\n")
    course.solve("a")
    for name in "bcdef":
        course.solve(name, {"shout": ENDLESS})
    command = [sys.executable, "-c", "from qlab.grading.cli import app; app()", "ps1", "--jobs", "2"]
    process = subprocess.Popen(
        command,
        cwd=course.root,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    wait_for(lambda: len(recorded(course.root)) == 1)  # the others' cells never end
    below = descendants(process.pid)
    asked = time.monotonic()
    process.send_signal(number)
    printed = process.communicate(timeout=PATIENCE_S)[0]
    assert time.monotonic() - asked < 60, "the notebooks at work would have taken ten minutes"
    assert process.returncode == code
    assert "What was graded is kept: run the same command again." in " ".join(printed.split())
    assert "Traceback" not in printed
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    assert os.listdir(scratch) == []
    assert len(recorded(course.root)) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--to", "x"], "--to must stand with --export or --statistics, got neither"),
        (["--to", "x", "--explain", "ada", "count"], "--to must stand with --export or --statistics, got neither"),
        (["--export", "csv", "--learner", "ada"], "--export must stand without --learner, got both"),
        (["--statistics", "--force"], "--statistics must stand without --force, got both"),
        (["--explain", "ada", "count", "--no-sandbox"], "--explain must stand without --no-sandbox, got both"),
        (["--export", "csv", "--check"], "--export must stand without --check, got both"),
        (["--check", "--jobs", "2"], "--check must stand without --jobs, got both"),
        (["--tls-key", "key.pem"], "--tls-key must stand with --dask, got none"),
        (["--export", ""], "export must be one of csv, canvas, moodle, moodle-worksheet, got ''"),
    ],
)
def test_an_option_that_would_be_left_unused_is_refused(course: Any, options: list[str], says: str) -> None:
    run = CliRunner().invoke(app, ["ps1", *options, "--course-dir", str(course.root)])
    assert run.exit_code == 1
    assert says in run.output
    assert not (course.root / ".qlab_grading").exists()
