"""One tiny class in odd but real environments: the same scores, or a refusal in words with nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.grading.courses import ENVIRONMENT, CourseOnDisk, nbgrader, write_course
from tests.grading.runs.test_faults import command_line, descendants, results
from tests.notebooks import answered, graded, locked, notebook, solution
from tests.waiting import PATIENCE_S, wait_for

TINY = notebook(
    locked("setup", "import numpy as np\nimport random"),
    solution("double", f"def double(x):\n{answered('    return 2 * x')}"),
    graded("bare", "assert double(2) == 4"),
    graded("printed", "print('ψ ✓')\nassert (double(np.ones(2)) == 2).all()", 2),
    graded("mutable", "assert double([1]) == [1, 1]", 4),
)
ANSWERS = {
    "ada": "def double(x):\n    print('∣ψ⟩')\n    return 2 * x",
    "bob": "def double(x):\n    return 4",
    "jürgen": "import warnings\nwarnings.warn('ß')\ndef double(x):\n    return x + x",
    "eve": "",
}
SCORES: dict[str, dict[str, float | None]] = {
    "ada": {"bare": 1, "printed": 2, "mutable": 4},
    "bob": {"bare": 1, "printed": 0, "mutable": 0},
    "jürgen": {"bare": 1, "printed": 2, "mutable": 4},
    "eve": {"bare": 0, "printed": 0, "mutable": 0},
}
Variables = dict[str, str | None]
AGAIN = "What was graded is kept: run the same command again."
LARGE = "#" + "x" * 200_000
"""Makes a submission several times as large as a pipe."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    write_course(root, "c = get_config()\n", TINY)
    shutil.copytree(root / "source" / "ps1", root / "source" / "ps2")
    nbgrader(root, "generate_assignment", "ps1")
    nbgrader(root, "generate_assignment", "ps2")
    return root


@pytest.fixture
def make(tiny: Path, tmp_path: Path) -> Callable[..., CourseOnDisk]:
    """Copy the class to a folder below a temporary one."""

    def make(place: str = "course", answers: dict[str, str] = ANSWERS) -> CourseOnDisk:
        course = CourseOnDisk(tmp_path / place)
        shutil.copytree(tiny, course.root)
        for learner, answer in answers.items():
            course.submit(learner, {"double": answer})
        return course

    return make


def grade(
    root: Path, *before: str, what: tuple[str, ...] = ("ps1",), variables: Variables | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run `qlab grade` in a course; a variable that is None is unset, what stands before it surrounds it."""
    changed = {**ENVIRONMENT, **(variables or {})}
    environment = {name: value for name, value in changed.items() if value is not None}
    command = [*before, sys.executable, "-P", "-m", "qlab", "grade", *what, "--jobs", "2"]
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.run(
        command, cwd=root, env=environment, encoding="utf-8", errors="replace", timeout=PATIENCE_S, **more
    )


def scores(root: Path) -> dict[str, dict[str, float | None]]:
    """Return the scores in the gradebook by learner; also where its path is none that nbgrader can open."""
    query = (
        "select submitted_assignment.student_id, base_cell.name, grade.auto_score from grade "
        "join submitted_notebook on submitted_notebook.id = grade.notebook_id "
        "join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id "
        "join base_cell on base_cell.id = grade.cell_id"
    )
    found: dict[str, dict[str, float | None]] = {}
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as book:
        for learner, cell, score in book.execute(query):
            found.setdefault(learner, {})[cell] = score
    return found


def demand_the_same(root: Path, run: subprocess.CompletedProcess[str]) -> None:
    assert "Traceback" not in f"{run.stdout}{run.stderr}"
    assert run.returncode == 0, (run.stdout, run.stderr)
    assert scores(root) == SCORES


def demand_a_refusal(root: Path, run: subprocess.CompletedProcess[str], *words: str) -> None:
    """Refused in words, and what is there is whole: a learner has all scores or none, a result can be read."""
    assert run.returncode == 1, (run.stdout, run.stderr)
    said = " ".join(run.stderr.split())
    assert "Traceback" not in said
    assert all(word in said for word in words), said
    for learner, cells in scores(root).items():
        assert cells == SCORES[learner]
    for path in (root / ".qlab_grading").rglob("*.json"):
        json.loads(path.read_text())
    assert not list(root.rglob(".new-*"))


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
        pytest.param({"PYTHONIOENCODING": "utf-16"}, marks=pytest.mark.soak),
        {"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "3", "TZ": "nowhere", "COLUMNS": "1", "TERM": "dumb"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"HOME": None, "USER": None, "LANG": None},
        {"HOME": "/nowhere", "TMPDIR": "/nowhere", "XDG_CACHE_HOME": "/nowhere"},
        pytest.param({"OMP_NUM_THREADS": "many", "OPENBLAS_NUM_THREADS": "64"}, marks=pytest.mark.soak),
    ],
    ids=lambda variables: "-".join(variables),
)
def test_variables(make: Any, variables: Variables) -> None:
    course = make()
    demand_the_same(course.root, grade(course.root, variables=variables))


def test_modules_of_the_same_name(make: Any, tmp_path: Path) -> None:
    """In the course, where the command is called, and on PYTHONPATH, where only what grading imports is planted."""
    course = make()
    for name in ("json", "numpy", "random", "selectors", "socket", "tempfile", "qlab", "IPython"):
        (course.root / f"{name}.py").write_text("raise ImportError('planted')")
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "IPython.py").write_text("raise ImportError('planted')")
    demand_the_same(course.root, grade(course.root, variables={"PYTHONPATH": str(planted)}))


def test_umask_of_an_owner_who_shares_nothing(make: Any) -> None:
    course = make()
    before = set(course.root.rglob("*"))
    demand_the_same(course.root, grade(course.root, umask=0o077))
    made = [path for path in course.root.rglob("*") if path not in before]
    assert any(path.name == "words.ipynb" for path in made)
    assert any(path.suffix == ".json" for path in made)
    assert not [path for path in made if path.stat().st_mode & 0o077]


@pytest.mark.parametrize(
    "place",
    [".x/course", "a 'b' \"c\" ü ψ 量子/$d;e#f&g", pytest.param("y" * 200 + "/" + "z" * 200, marks=pytest.mark.soak)],
)
def test_places_of_the_course(make: Any, place: str) -> None:
    course = make(place)
    demand_the_same(course.root, grade(course.root))


@pytest.mark.parametrize("place", ["a?b", pytest.param("a%41b", marks=pytest.mark.soak)])
def test_a_place_whose_gradebook_lies_elsewhere_is_refused(make: Any, place: str) -> None:
    course = make(place)
    demand_a_refusal(course.root, grade(course.root), "Not graded. course-dir must have no ? and no %", place)
    assert not (course.root / ".qlab_grading").exists()
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.db_url = 'sqlite:///gradebook.db'\n")
    demand_the_same(course.root, grade(course.root))


def test_a_long_and_strange_place_of_temporary_files(make: Any, tmp_path: Path) -> None:
    course, place = make(), tmp_path / ("t" * 120) / "ü 'ψ'"
    place.mkdir(parents=True)
    demand_the_same(course.root, grade(course.root, variables={"TMPDIR": str(place)}))
    assert not list(place.iterdir())


def limited(kind: int, most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (most, most))


def test_few_open_files(make: Any) -> None:
    course = make()
    demand_the_same(course.root, grade(course.root, preexec_fn=limited(resource.RLIMIT_NOFILE, 32)))


def no_descriptors() -> None:
    os.closerange(0, 3)


@pytest.mark.parametrize("out", ["nobody reads", "full", "all closed", "impatient"])
def test_output_that_goes_nowhere(make: Any, out: str) -> None:
    """Grading goes on, and what could not be said is said where it can."""
    course = make()
    shutil.copytree(course.root / "submitted" / "ada" / "ps1", course.root / "submitted" / "zoe" / "ps2")
    read, write = os.pipe()
    os.close(read) if out == "nobody reads" else os.set_blocking(write, False)
    if out == "impatient":
        run = grade(course.root, what=(), stdout=write)
        assert "ps2: 1 submission" in os.read(read, 100_000).decode()
    elif out == "all closed":
        run = grade(course.root, what=(), stdin=None, stdout=None, stderr=None, preexec_fn=no_descriptors)
    else:
        with open("/dev/full", "w") if out == "full" else os.fdopen(write, "w") as target:
            run = grade(course.root, what=(), stdout=target)
        assert "The output ends early" in run.stderr
    assert run.returncode == (1 if out == "full" else 0)
    assert len(results(course.root)) == len(SCORES) + 1
    assert "Traceback" not in (run.stderr or "")
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as book:
        assert book.execute("select count(*) from submitted_assignment").fetchone() == (len(SCORES) + 1,)


SMALL_DISK = ("bwrap", "--dev-bind", "/", "/", "--size", str(20 * 4096), "--tmpfs")


@pytest.mark.parametrize("place", [".qlab_grading", pytest.param("autograded", marks=pytest.mark.soak)])
def test_a_full_disk(make: Any, place: str) -> None:
    course = make(answers={name: f"{LARGE}\n{answer}" for name, answer in ANSWERS.items()})
    (course.root / place).mkdir()
    run = grade(course.root, *SMALL_DISK, str(course.root / place), "--")
    demand_a_refusal(course.root, run, "Stopped. [Errno 28] No space left on device", AGAIN)
    demand_the_same(course.root, grade(course.root))


def test_files_may_not_grow(make: Any) -> None:
    """The gradebook's included."""
    course = make()
    run = grade(course.root, preexec_fn=limited(resource.RLIMIT_FSIZE, 4096))
    demand_a_refusal(course.root, run, "Stopped.", AGAIN)
    demand_the_same(course.root, grade(course.root))


ORDINARY = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner") if os.geteuid() == 0 else ()
"""Before a command: what takes root's right to write what may not be written."""


def test_a_course_of_another_grader(make: Any) -> None:
    """A lock that cannot be written can be held; results that cannot be written are refused with what helps."""
    course = make()
    demand_the_same(course.root, grade(course.root))
    (course.root / ".qlab_grading" / "lock").chmod(0o444)
    demand_the_same(course.root, grade(course.root, *ORDINARY))
    places = [course.root / ".qlab_grading" / "results", *(course.root / ".qlab_grading" / "results").iterdir()]
    course.submit("bob", {"double": ANSWERS["ada"]})
    for place in places:
        place.chmod(0o555)
    try:
        run = grade(course.root, *ORDINARY)
    finally:
        for place in places:
            place.chmod(0o755)
    demand_a_refusal(course.root, run, "Permission denied", "umask 002", "chmod -R g+w")
    assert AGAIN not in " ".join(run.stderr.split())


def test_no_more_processes_is_no_missing_right(make: Any, tmp_path: Path) -> None:
    """As under `ulimit -u`, which root does not feel: bubblewrap says what the kernel said."""
    course, programs = make(), tmp_path / "programs"
    programs.mkdir()
    fake = programs / "bwrap"
    fake.write_text(
        "#!/bin/sh\necho 'bwrap: Creating new namespace failed: Resource temporarily unavailable' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    run = grade(course.root, variables={"PATH": f"{programs}:{os.environ['PATH']}"})
    demand_a_refusal(course.root, run, "Resource temporarily unavailable", "raise `ulimit -u`")
    assert "userns" not in run.stderr


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """This Python, and the distribution's if it is another build of the same version: packages serve both."""
    ours = sys.executable
    other = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if not other.exists() or Path(ours).resolve() == other.resolve():
        return [ours]
    place = tmp_path_factory.mktemp("distribution")
    subprocess.run([other, "-m", "venv", "--without-pip", place], check=True)
    python = str(place / "bin" / "python")
    probe = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", probe], check=True, capture_output=True, text=True).stdout.strip()
    (Path(found) / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    return [ours, python]


SLOW = {f"s{number}": f"import time\ntime.sleep(0.3)\n{LARGE}\n{ANSWERS['ada']}" for number in range(8)}


@contextlib.contextmanager
def started(root: Path, python: str) -> Iterator[subprocess.Popen[str]]:
    """Start grading a class of which each submission is larger than a pipe; nothing of it outlives the block."""
    process = subprocess.Popen(
        [python, "-P", "-m", "qlab", "grade", "ps1", "--jobs", "2"],
        cwd=root,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    try:
        wait_for(lambda: len(results(root)) >= 1 or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            for pid in [process.pid, *descendants(process.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def test_a_killed_worker_on_each_python(make: Any, pythons: list[str]) -> None:
    for number, python in enumerate(pythons):
        course = make(f"course{number}", SLOW)
        with started(course.root, python) as process:
            workers = [pid for pid in descendants(process.pid) if "forkserver" in command_line(pid)]
            os.kill(max(workers), signal.SIGKILL)
            said = process.communicate(timeout=60)[0]
        assert process.returncode == 0, said
        assert scores(course.root) == dict.fromkeys(SLOW, SCORES["ada"])


@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.soak) for one in (signal.SIGTERM, signal.SIGHUP))]
)
def test_a_stopped_run_on_each_python(make: Any, pythons: list[str], number: signal.Signals) -> None:
    for one, python in enumerate(pythons):
        course = make(f"course{one}", SLOW)
        with started(course.root, python) as process:
            asked = time.monotonic()
            process.send_signal(number)
            said = process.communicate(timeout=60)[0]
        assert time.monotonic() - asked < 30
        assert process.returncode == 128 + number
        assert AGAIN in " ".join(said.split())
        assert all(cells == SCORES["ada"] for cells in scores(course.root).values())
