"""One pair of warm processes, student's and trusted, that grades one notebook after another."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from qlab.grading.runs.leavings import OwnFolder
from qlab.grading.runs.progress import Progress, WorkerBroken, collect, read_lines
from qlab.grading.student import bubblewrap, relay
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.messages import Job, Judgement, Outcome, Output
from qlab.grading.wire.verdict import Verdict

_START_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
              "MPLCONFIGDIR", "COVERAGE_PROCESS_START")  # fmt: skip
"""What the trusted process gets of the caller's environment; no score may depend on the rest of it."""
_FIRST_PRIVATE_UID = 2_000_000
_UIDS = 60_000


@dataclass(frozen=True)
class Settings:
    """What a worker must know before its first notebook.

    Attributes:
        preload: modules to import before any notebook.
        limits: allowances of each notebook.
        masked: packages that student code may not read.
        relayed: functions of masked packages that still answer.
        confined: False grades without a sandbox.
        warm_up: the instructor's cells, run once on the trusted side before any notebook.
    """

    preload: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    masked: tuple[str, ...] = ()
    relayed: tuple[str, ...] = ()
    confined: bool = True
    warm_up: tuple[str, ...] = ()


class _Died(Exception):
    """A process of the notebook's died, perhaps by a hand from outside: run it once more."""


@dataclass(frozen=True)
class _SoFar:
    """What the runs of one job have given, the first as well as those after it.

    Attributes:
        cells: outputs by the cell's place in the notebook.
        tests: judgement by name of the test.
        half: the split run's judgement of tests whose native run is still wanted.
    """

    cells: dict[int, list[Output]]
    tests: dict[str, Judgement]
    half: dict[str, Judgement]

    def forget_the_dead(self) -> None:
        """Forget judgements that a process's death may have made, so that those tests are run again."""
        for test, judgement in list(self.tests.items()):
            if judgement.verdict in (Verdict.CRASHED, Verdict.NEEDS_A_LOOK):
                del self.tests[test]
                if test in self.half and self.half[test].verdict == Verdict.CRASHED:
                    del self.half[test]


class Worker:
    """Two warm processes, the student's and the trusted one; a context manager.

    Args:
        settings: see :class:`Settings`.
        scratch: the directory in which to make its own; by default the one for temporary files.

    Attributes:
        settings: as given.
        directory: its own directory, removed at its end; empty for one that is attached.

    Raises:
        SandboxUnavailable: bubblewrap cannot run here and `settings.confined` is set.
    """

    def __init__(self, settings: Settings, *, scratch: str | None = None) -> None:
        self.settings = settings
        self._folder: OwnFolder | None = OwnFolder(scratch)
        self.directory = self._folder.path
        self.directory.chmod(0o755)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ready = False
        self._starting = threading.Lock()
        try:
            self._trusted = self._start_trusted()  # takes the longest, so it goes first
            if settings.confined:
                bubblewrap.check_sandbox()
            self._student = self._start_student()
        except BaseException:
            self.close()
            raise

    @classmethod
    def attach(cls, settings: Settings, student: socket.socket, trusted: socket.socket) -> Worker:
        """Return a worker that uses warm processes which another process started."""
        worker = cls.__new__(cls)
        worker.settings = settings
        worker.directory = Path()
        worker._folder, worker._processes = None, []
        worker._ready = True
        worker._starting = threading.Lock()
        worker._student, worker._trusted = student, trusted
        return worker

    def sockets(self) -> tuple[socket.socket, socket.socket]:
        """Return the two control sockets, for :meth:`attach`; waits until both sides are warm."""
        self._wait_until_ready()
        return self._student, self._trusted

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End both processes and everything they started."""
        for name in ("_student", "_trusted"):
            if hasattr(self, name):
                getattr(self, name).close()
        for process in self._processes:
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.close()

    def run(self, job: Job) -> Outcome:
        """Run one notebook's job, again without the offending test if one breaks the trusted side.

        A process of the notebook's that was killed may have been killed from outside.  The notebook is then
        run a second time, once, and what happens there counts.

        Raises:
            WorkerBroken: a warm process is gone.
        """
        self._wait_until_ready()
        limits, now = self.settings.limits, time.monotonic()
        end = now + limits.notebook_seconds + limits.grace_seconds
        so_far = _SoFar({}, {}, {})
        try:
            self._run_all(job, so_far, end, again_before=now + limits.notebook_seconds / 4)
        except _Died:
            self._run_all(job, so_far, end, again_before=now)
        return Outcome(so_far.cells, {test: so_far.tests[test] for test in job.tests()})

    def _run_all(self, job: Job, so_far: _SoFar, end: float, *, again_before: float) -> None:
        """Run a job until each of its tests has a judgement.

        The first outputs stay once a test has run, and so does every judgement: another run is no second guess.

        Raises:
            _Died: a process of the notebook's died before the given time.
        """
        while True:
            skip = sorted({*job.skip, *(so_far.tests.keys() - so_far.half.keys())})
            progress = self._once(replace(job, skip=skip, half=dict(so_far.half)), end)
            died = progress.died and time.monotonic() < again_before
            if not so_far.cells and (progress.tested or not died):
                so_far.cells.update(progress.cells)
            so_far.tests.update(progress.tests)
            so_far.half.update(progress.half)
            for test in progress.tests.keys() - progress.half.keys():
                so_far.half.pop(test, None)
            if died:
                so_far.forget_the_dead()
                raise _Died
            if progress.done or not progress.trying:
                break
            so_far.tests[progress.trying] = progress.judgement_of_unfinished_test()
            so_far.half.pop(progress.trying, None)
            if time.monotonic() > end - self.settings.limits.grace_seconds / 2:
                break
        verdict = Verdict.TIMED_OUT if progress.late else Verdict.CRASHED
        missing = Judgement(verdict, "The notebook's cells could not be run to the end.")
        for test in job.tests():
            so_far.tests.setdefault(test, missing)

    def _once(self, job: Job, end: float) -> Progress:
        learner_here, learner_there = socket.socketpair()
        supervisor_here, supervisor_there = socket.socketpair()
        results, results_there = socket.socketpair()
        try:
            socket.send_fds(self._student, [b"!"], [learner_there.fileno(), supervisor_there.fileno()])
            sent = [learner_here.fileno(), supervisor_here.fileno(), results_there.fileno()]
            socket.send_fds(self._trusted, [b"!"], sent)
        except OSError as error:
            results.close()
            raise WorkerBroken(f"a warm process is gone: {error}") from None
        finally:
            for each in (learner_here, learner_there, supervisor_here, supervisor_there, results_there):
                each.close()
        with results:
            progress = collect(results, job, end, self.settings.limits)
        if not progress.done and not progress.late and not _alive(self._trusted, 0.2):
            raise WorkerBroken("the trusted side was ended from outside")
        return progress

    def _start_student(self) -> socket.socket:
        settings = self.settings
        here, there = socket.socketpair()
        # Without a sandbox the caller's directory may hold a random.py. Its variables never come so far.
        apart = [] if settings.confined else ["-P"]
        argv = [sys.executable, *apart, "-m", "qlab.grading.student.zygote", str(there.fileno())]
        environment = bubblewrap.environment()
        if settings.confined:
            stubs = relay.write_stubs(self.directory, list(settings.masked), list(settings.relayed))
            modules = [name.partition(".")[0] for name in settings.preload]
            argv = bubblewrap.command(argv, modules=modules, masked=stubs, fonts=_font_cache())
        else:
            environment = {**_inherited("LD_LIBRARY_PATH"), **environment, "HOME": str(self.directory)}
        self._popen(argv, there, environment)
        private = _FIRST_PRIVATE_UID + 100 * (os.getpid() % _UIDS) if os.geteuid() == 0 else None
        self._configure(here, {"uid": private, "confined": settings.confined, "masked": settings.masked})
        return here

    def _start_trusted(self) -> socket.socket:
        here, there = socket.socketpair()
        plain = [sys.executable, "-E", "-P", "-X", "utf8"]  # no PYTHON… variable, nothing of the current directory
        argv = [*plain, "-m", "qlab.grading.trusted.server", str(there.fileno())]
        self._popen(argv, there, trusted_environment())
        self._configure(here, {"warm_up": self.settings.warm_up})
        return here

    def _popen(self, argv: list[str], there: socket.socket, environment: dict[str, str]) -> None:
        with there:
            self._processes.append(
                subprocess.Popen(
                    argv,
                    pass_fds=[there.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=None if os.environ.get("QLAB_GRADING_DEBUG") else subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
            )

    def _configure(self, control: socket.socket, more: dict[str, Any]) -> None:
        settings = {"preload": self.settings.preload, "limits": self.settings.limits.as_dict(), **more}
        control.sendall(json.dumps(settings).encode() + b"\n")

    def _wait_until_ready(self) -> None:
        with self._starting:
            if not self._ready:
                self._start_both()

    def _start_both(self) -> None:
        try:
            self._student.settimeout(_START_SECONDS)
            self._student.sendall(_first_line(self._trusted) + b"\n")
            self._student.settimeout(_START_SECONDS)
            word = self._student.recv(1)
            if word == b"-":
                raise bubblewrap.refusal(_first_line(self._student).decode(errors="replace").strip())
            if word != b"+":
                raise WorkerBroken("the student's side did not start")
            for control in (self._trusted, self._student):
                control.settimeout(_CONTROL_SECONDS)
        except OSError as error:
            raise WorkerBroken(f"a warm process did not start: {error}") from None
        self._ready = True


def _first_line(connection: socket.socket) -> bytes:
    end = time.monotonic() + _START_SECONDS
    line = next(read_lines(connection, lambda: end), None)
    if line is None:
        raise WorkerBroken("the trusted side did not start")
    return line


def trusted_environment() -> dict[str, str]:
    """Return the whole environment of the trusted process.

    Example:
        >>> trusted_environment()["LC_ALL"]
        'C.UTF-8'
    """
    return {
        **_inherited(*_INHERITED),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
    }


def _inherited(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def _alive(control: socket.socket, seconds: float) -> bool:
    """Return whether the process behind a control socket stays there for a moment."""
    return not select.select([control], [], [], seconds)[0]


def _font_cache() -> Path | None:
    """Return the directory of Matplotlib's font list, which takes seconds to make anew."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # stays "~" without a home
    for place in (os.environ.get("MPLCONFIGDIR"), home / "matplotlib"):
        if place and any(Path(place).glob("fontlist-*.json")):
            return Path(place)
    return None
