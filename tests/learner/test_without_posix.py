"""The learner's path on a system that is no POSIX: its modules, calls and signals are taken away from all our code.

Other people's libraries choose by the name of the system, which stays; what they import is left to them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.learner.notebooks import TASKS, answered, save

TAKEN_AWAY = '''
import builtins, os, select, signal, time, types

MODULES = set("crypt curses fcntl grp nis posix pty pwd readline resource spwd syslog termios tty".split())
CALLS = {
    os: """chown chroot confstr ctermid fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp
        getpriority getresuid getsid getuid initgroups killpg lchown memfd_create mkfifo mknod nice openpty
        pidfd_open posix_fadvise posix_fallocate posix_spawn pread preadv pwrite register_at_fork sched_getaffinity
        sched_setaffinity sched_yield sendfile setgid setpgid setpriority setsid setuid statvfs sync sysconf tcgetpgrp
        ttyname uname wait wait3 wait4 waitid""".split(),
    select: ["epoll", "poll"],
    signal: "alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait"
        .split() + [name for name in dir(signal) if name.startswith(("ITIMER_", "SIG")) and name not in
        "SIGABRT SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_IGN".split()],
    time: ["tzset"],
}

def without(module, names):
    left = types.ModuleType(module.__name__)
    left.__dict__.update({name: value for name, value in vars(module).items() if name not in names})
    return left

LEFT = {module.__name__: without(module, names) for module, names in CALLS.items()}
theirs = builtins.__import__

def ours(name, globals=None, locals=None, fromlist=(), level=0):
    first, importer = name.partition(".")[0], (globals or {}).get("__name__", "").partition(".")[0]
    if level == 0 and importer in ("qlab", "__main__"):
        if first in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in LEFT:
            return LEFT[name]
    return theirs(name, globals, locals, fromlist, level)

builtins.__import__ = ours
'''

IMPORT_ALL = """
import importlib, pkgutil, sys, qlab
elsewhere = ("authoring", "classroom", "grading", "interop", "plotting", "scorecard")
for found in pkgutil.walk_packages(qlab.__path__, "qlab."):
    room = found.name.split(".")[1]
    if room not in elsewhere and not found.name.endswith("__main__"):
        importlib.import_module(found.name)
print(*sorted(name for name in sys.modules if name.startswith("qlab.learner")))
"""

CHECK = """
import sys
from pathlib import Path
from qlab.grading.wire.limits import Limits
from qlab.learner.notebook import check_notebook
report = check_notebook(Path(sys.argv[1]), limits=Limits(cell_seconds=1, test_seconds=1, notebook_seconds=60))
for task in report.tasks:
    print(task.task.partition(".")[2], task.status, task.message)
print(*report.notes, sep="\\n")
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that a learner works in; beside it what takes POSIX away from every Python that is started there."""
    (tmp_path / "taken" / "away").mkdir(parents=True)
    (tmp_path / "taken" / "away" / "sitecustomize.py").write_text(TAKEN_AWAY, encoding="utf-8")
    (tmp_path / "desk").mkdir()
    return tmp_path / "desk"


def python(desk: Path, *words: object) -> subprocess.CompletedProcess[str]:
    path = str(desk.parent / "taken" / "away")
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


@pytest.mark.parametrize(
    "probe", ["import fcntl", "import resource", "from pwd import getpwuid", "import os; os.fork()"]
)
def test_what_is_taken_away_is_gone(probe: str, elsewhere: Path) -> None:
    done = python(elsewhere, "-c", probe)
    assert done.returncode == 1
    assert "No module named" in done.stderr or "has no attribute 'fork'" in done.stderr


def test_no_module_of_the_learners_path_needs_posix(elsewhere: Path) -> None:
    done = python(elsewhere, "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert {"qlab.learner.cli", "qlab.learner._execute", "qlab.learner.progress"} <= set(done.stdout.split())


def test_every_command_of_a_learner_works(elsewhere: Path) -> None:
    begun = python(elsewhere, "-m", "qlab", "start", "04")
    assert begun.returncode == 0, begun.stderr
    folder = elsewhere / "my_exercises" / "04_bell_tests"
    assert (folder / "04_bell_tests.ipynb").is_file()
    save(answered(), folder)
    for words, said in (
        (["check", "04"], f"{len(TASKS)} of {len(TASKS)} tasks passed."),
        (["progress"], "Everything is done."),
        (["cards"], "cards.apkg"),
        (["doctor"], "qlab doctor"),
    ):
        done = python(elsewhere, "-m", "qlab", *words)
        assert said in done.stdout, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == 0 or words == ["doctor"]
    assert (elsewhere / "_build" / "learner" / "competency.html").is_file()


def test_what_loops_costs_its_own_task_and_what_ends_python_leaves_the_verdicts_before_it(elsewhere: Path) -> None:
    first, second, third, fourth = (task.name for task in TASKS)
    sources: dict[str, Any] = {
        first: f"def {first}(*given):\n    while True:\n        pass",
        third: "while True:\n    pass",
        fourth: f"import os\ndef {fourth}(*given):\n    os._exit(3)",
    }
    done = python(elsewhere, "-c", CHECK, save(answered(**sources), elsewhere))
    assert done.returncode == 0, done.stderr
    said = {name: line for name, _, line in (line.partition(" ") for line in done.stdout.splitlines())}
    assert said[first] == f"crashed {first} had not answered after 1 s: look for a loop."
    assert said[second].startswith("passed")
    assert said[third].startswith("crashed The cell")
    assert said[third].endswith("was ended, since it still ran: look for a loop.")
    assert said[fourth].startswith("crashed")
    assert "ended Python itself (exit status 3)" in said[fourth]
