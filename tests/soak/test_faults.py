"""kill -9 of what takes part in a run, and a full disk, at random moments: a rerun ends as an undisturbed run does.

Five of the fifty run with the other tests, one of each kind; `make soak` runs all.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from nbgrader.api import Gradebook

from tests.grading.courses import ENVIRONMENT, WORDS, CourseOnDisk, nbgrader, write_course
from tests.grading.servers import PASSWORD, DaskCluster, Postgres, dask_cluster, postgres

KINDS = ("runner", "worker", "scheduler", "postgres", "disk")
RUNS = 50
SLOW = "import time\ntime.sleep(0.4)\ndef shout(word):\n    return word.upper() + '!'"
WRONG = "def drop_vowels(words):\n    pass"
PATIENCE_S = 120


def fill(course: CourseOnDisk) -> None:
    """Submit a small class: right, wrong, slow, crashing, damaged and late."""
    for number in range(6):
        course.solve(f"s{number}", {"shout": SLOW} if number % 2 else {"drop": WRONG})
    course.solve("crash", {"count": "def count(words):\n    raise RuntimeError"})
    course.submit("damaged").write_text("{")
    (course.root / "submitted" / "s1" / "ps1" / "timestamp.txt").write_text("2026-03-02 12:00:01 UTC")


CONFIG = (
    "c = get_config()\nc.CourseDirectory.course_id = 'words'\nc.QlabGrading.test_seconds = 20.0\n"
    'c.AssignLatePenalties.plugin_class = "qlab.grading.hooks.late.LateByDays"\n'
)


def released(root: Path, url: str = "") -> CourseOnDisk:
    """A course with a due date, released into a gradebook."""
    write_course(root, CONFIG + (f"c.CourseDirectory.db_url = {url!r}\n" if url else ""), WORDS)
    nbgrader(root, "generate_assignment", "ps1")
    with Gradebook(url or f"sqlite:///{root / 'gradebook.db'}", "words") as book:
        book.update_or_create_assignment("ps1", duedate="2026-03-01 12:00:00 UTC")
    course = CourseOnDisk(root)
    fill(course)
    return course


def start(root: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from qlab.grading.cli import app; app()", "ps1", "--jobs", "2", *options]
    return subprocess.Popen(
        command, cwd=root, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=PATIENCE_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"the run did not end: {process.communicate()[0]}")


def everything(root: Path, url: str = "") -> dict[tuple[str, ...], Any]:
    """All that a run decides: the gradebook's rows and the executed notebooks."""
    rows: dict[tuple[str, ...], Any] = {}
    with Gradebook(url or f"sqlite:///{root / 'gradebook.db'}", "words") as book:
        for one in book.assignment_submissions("ps1"):
            rows[one.student.id, "submission"] = (one.timestamp, one.total_seconds_late)
            for notebook in one.notebooks:
                rows[one.student.id, notebook.name] = notebook.late_submission_penalty
                for grade in notebook.grades:
                    values = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
                    assert (one.student.id, grade.name, "grade") not in rows, "a grade was written twice"
                    rows[one.student.id, grade.name, "grade"] = values
                for comment in notebook.comments:
                    rows[one.student.id, comment.name, "comment"] = (comment.auto_comment, comment.manual_comment)
    for path in sorted((root / "autograded").glob("*/ps1/*.ipynb")):
        rows[path.parts[-3], "executed"] = path.read_text()
    return rows


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released(tmp_path_factory.mktemp("faults") / "template").root


@pytest.fixture(scope="module")
def undisturbed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[tuple[str, ...], Any], float]:
    """What a run without faults leaves behind, and how long it takes."""
    root = tmp_path_factory.mktemp("undisturbed") / "course"
    shutil.copytree(template, root)
    began = time.monotonic()
    process = start(root)
    output = finish(process)
    assert process.returncode == 2, output  # one submission is damaged
    found = everything(root)
    assert sum(1 for key in found if key[1] == "submission") == 8
    assert found["s1", "words"] is not None
    return found, time.monotonic() - began


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    with dask_cluster() as one:
        yield one


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as one:
        yield one


@contextlib.contextmanager
def killed_runner(process: subprocess.Popen[str], _: Path) -> Iterator[None]:
    process.kill()
    yield


@contextlib.contextmanager
def killed_worker(process: subprocess.Popen[str], _: Path) -> Iterator[None]:
    """Any process below the runner: a worker, the pool's server, a sandbox, the trusted side."""
    with contextlib.suppress(psutil.NoSuchProcess):
        below = psutil.Process(process.pid).children(recursive=True)
        if below:
            random.choice(below).kill()
    yield


@contextlib.contextmanager
def full_disk(process: subprocess.Popen[str], root: Path) -> Iterator[None]:
    """Fill the disk the course is on; where none could be mounted, no file of the run may grow any more."""
    if os.path.ismount(root.parent):
        filler = root.parent / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"\0" * 65536):
                pass
        assert shutil.disk_usage(root).free < 65536
        yield
        filler.unlink()
        return
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        for one in [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]:
            resource.prlimit(one, resource.RLIMIT_FSIZE, (0, 0))
    yield


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of its own over a folder, where this account may."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def seeds() -> Iterator[Any]:
    for number in range(RUNS):
        marks = [] if number < len(KINDS) else [pytest.mark.soak]
        kind = KINDS[number % len(KINDS)]
        yield pytest.param(kind, number, marks=marks, id=f"{kind}-{number}")


@pytest.mark.parametrize(("kind", "number"), list(seeds()))
def test_rerun_ends_as_an_undisturbed_run(
    kind: str, number: int, template: Path, undisturbed: tuple[dict[tuple[str, ...], Any], float],
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    expected, usual_s = undisturbed
    delay_s = random.Random(number).uniform(0.05, 0.95) * usual_s
    with contextlib.ExitStack() as stack:
        stack.enter_context(small_disk(tmp_path / "disk"))
        root, url, options = tmp_path / "disk" / "course", "", []
        fault: Callable[..., Any] = {"runner": killed_runner, "worker": killed_worker, "disk": full_disk}.get(
            kind, contextlib.nullcontext
        )
        if kind == "postgres":
            server: Postgres = request.getfixturevalue("server")
            monkeypatch.setenv("PGPASSWORD", PASSWORD)
            monkeypatch.setitem(ENVIRONMENT, "PGPASSWORD", PASSWORD)
            url = server.new_database(f"run{number}")
            released(root, url)
            fault = restarted_after(server.kill, server.start)
        else:
            shutil.copytree(template, root)
        if kind == "scheduler":
            cluster: DaskCluster = request.getfixturevalue("cluster")
            options = cluster.options()
            monkeypatch.setitem(ENVIRONMENT, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "8s")  # not half a minute
            fault = restarted_after(cluster.kill_scheduler, cluster.restart)
        process = start(root, *options)
        time.sleep(delay_s)
        with fault(process, root):
            first = finish(process)
        again = start(root, *options)
        output = finish(again)
        assert again.returncode == 2, f"after {delay_s:.2f} s; first run: {first}\nrerun: {output}"
        assert everything(root, url) == expected, f"after {delay_s:.2f} s; first run: {first}"


def restarted_after(kill: Callable[[], None], restart: Callable[[], None]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def fault(*_: Any) -> Iterator[None]:
        kill()
        yield
        restart()

    return fault
