"""A real PostgreSQL as the gradebook, by its URL; the password travels through PGPASSWORD."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from qlab.grading.cli import app
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import ENVIRONMENT, CourseOnDisk, nbgrader
from tests.grading.servers import PASSWORD, Postgres, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as one:
        yield one


@pytest.fixture(scope="module")
def both(
    server: Postgres, released_course: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any, str]]:
    """One class twice: its gradebook in SQLite, and in PostgreSQL."""
    root = tmp_path_factory.mktemp("postgres")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        patch.setitem(ENVIRONMENT, "PGPASSWORD", PASSWORD)
        url = server.new_database("course")
        courses = []
        for name in ("sqlite", "postgres"):
            shutil.copytree(released_course, root / name)
            course = CourseOnDisk(root / name)
            course.solve("ada")
            course.solve("bob", {"shout": "def shout(word):\n    return word"})
            course.submit("eve")
            courses.append(course)
        (root / "postgres" / "gradebook.db").unlink()
        with (root / "postgres" / "nbgrader_config.py").open("a") as file:
            file.write(f"c.CourseDirectory.course_id = 'words'\nc.CourseDirectory.db_url = {url!r}\n")
        nbgrader(root / "postgres", "generate_assignment", "ps1", "--force")
        for course in courses:
            grade_assignment(Course(course.root), "ps1", workers=2)
        yield courses[0], courses[1], url


def scores(url: str) -> dict[str, dict[str, float | None]]:
    with Gradebook(url) as book:
        return {
            one.student.id: {grade.name: grade.auto_score for n in one.notebooks for grade in n.grades}
            for one in book.assignment_submissions("ps1")
        }


def test_postgres_holds_what_sqlite_holds(both: tuple[Any, Any, str]) -> None:
    sqlite, _, url = both
    found = scores(url)
    assert found == sqlite.scores()
    assert found["ada"]["count-test"] == 2
    assert not (both[1].root / "gradebook.db").exists()


def test_rerun_reuses_results_and_changes_nothing(both: tuple[Any, Any, str]) -> None:
    before = scores(both[2])
    report = grade_assignment(Course(both[1].root), "ps1", workers=1)
    assert all(row.reused for row in report.rows)
    assert scores(both[2]) == before


def test_desk_reads_from_postgres(both: tuple[Any, Any, str]) -> None:
    files = []
    for course in both[:2]:
        assert CliRunner().invoke(app, ["--export", "moodle", "--course-dir", str(course.root)]).exit_code == 0
        files.append((course.root / "grades-moodle-ps1.csv").read_bytes())
    assert files[0] == files[1]
    assert b"ada" in files[0]


def test_stock_autograde_works_with_it(both: tuple[Any, Any, str]) -> None:
    before = scores(both[2])
    with (both[1].root / "nbgrader_config.py").open("a") as file:
        file.write("\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n")
    nbgrader(both[1].root, "autograde", "ps1", "--force", "--student", "bob")
    assert scores(both[2]) == before


def test_fresh_gradebook_is_filled_from_kept_results(both: tuple[Any, Any, str], server: Postgres) -> None:
    """The marks on disk say what was written where: another database does not count as written."""
    before = scores(both[2])
    url = server.new_database("second")
    with (both[1].root / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CourseDirectory.db_url = {url!r}\n")
    nbgrader(both[1].root, "generate_assignment", "ps1", "--force")
    grade_assignment(Course(both[1].root), "ps1", workers=1)
    assert scores(url) == before


def test_server_that_is_down_is_said(both: tuple[Any, Any, str], tmp_path: Path) -> None:
    root = tmp_path / "down"
    shutil.copytree(both[0].root, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.db_url = 'postgresql+psycopg://grader@127.0.0.1:1/none'\n")
    result = CliRunner().invoke(app, ["ps1", "--course-dir", str(root)])
    assert result.exit_code == 1
    assert "The gradebook cannot be used" in result.output
