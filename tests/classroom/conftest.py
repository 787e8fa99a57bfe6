"""A course with a roster, handed in through an LMS, and the command that brings it along."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qlab.classroom.cli import app
from tests.grading.courses import WORDS, write_course

CONFIG = (
    "from qlab.grading.hooks.drop_in import configure\nc = get_config()\nconfigure(c)\n"
    'c.CourseDirectory.course_id = "words"\nc.QlabGrading.test_seconds = 3.0\n'
    'c.AssignLatePenalties.plugin_class = "qlab.grading.hooks.late.LateByDays"\nc.LateByDays.percent_per_day = 10.0\n'
    'c.Exchange.root = "exchange"\n'
)
ROSTER = (
    "Nachname;Vorname;Username;E-Mail-Adresse;Canvas ID\n"
    "Müller;Andreas;amueller;a.mueller@example.org;101\n"
    "Müller;Andreas;amueller2;andreas@example.org;102\n"
    'Łukasiewicz;"Jan; Maria";jl;jl@example.org;103\n'
    "Åberg;Zoë;zoe;zoe@example.org;104\n"
)
Run = Callable[..., Result]


def class_command(root: Path) -> Run:
    """Return a function that runs `qlab class` in a course."""

    def run(*arguments: str, code: int | None = 0) -> Result:
        result = CliRunner().invoke(app, [*arguments, "--course-dir", str(root)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert code is None or result.exit_code == code, result.output
        return result

    return run


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course after `qlab class init`: nothing was done with nbgrader's own commands."""
    root = tmp_path_factory.mktemp("begun") / "course"
    write_course(root, CONFIG.replace('"exchange"', repr(str(root.parent / "exchange"))), WORDS)
    (root / "roster.csv").write_bytes(ROSTER.encode("utf-8-sig"))
    class_command(root)("init", "--roster", str(root / "roster.csv"), "--due", "ps1=2026-03-02 23:59 Europe/Berlin")
    return root


@pytest.fixture
def term(begun: Path, tmp_path: Path) -> Path:
    """A fresh copy of it."""
    root = tmp_path / "course"
    shutil.copytree(begun, root)
    return root


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that other accounts may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
