"""One pair of warm processes, student's and trusted, that grades one notebook after another."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from qlab.grading.student import bubblewrap, relay
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.messages import (
    Broken,
    CellRan,
    Done,
    Job,
    Judged,
    Judgement,
    Killed,
    Message,
    Outcome,
    Output,
    Started,
    Trying,
    from_line,
)
from qlab.grading.wire.verdict import Verdict

_START_SECONDS = 120.0
_CONTROL_SECONDS = 30.0
_KILL_AFTER_SECONDS = 3.0
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


class WorkerBroken(RuntimeError):
    """A warm process is gone; a new worker is needed."""


class _Died(Exception):
    """A process of the notebook's died, perhaps by a hand from outside: run it once more."""


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
        self._temporary: tempfile.TemporaryDirectory[str] | None = tempfile.TemporaryDirectory(
            prefix="qlab-worker-", dir=scratch, ignore_cleanup_errors=True
        )
        self.directory = Path(self._temporary.name)
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
        worker._temporary, worker._processes = None, []
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
        if self._temporary is not None:
            self._temporary.cleanup()

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
        try:
            return self._run_all(job, end, again_before=now + limits.notebook_seconds / 4)
        except _Died:
            return self._run_all(job, end, again_before=now)

    def _run_all(self, job: Job, end: float, *, again_before: float) -> Outcome:
        """Run a job until each of its tests has a judgement.

        Raises:
            _Died: a process of the notebook's died before the given time.
        """
        cells: dict[int, list[Output]] = {}
        tests: dict[str, Judgement] = {}
        while True:
            progress = self._once(replace(job, skip=sorted({*job.skip, *tests})), end)
            if progress.died and time.monotonic() < again_before:
                raise _Died
            cells = cells or progress.cells
            tests.update(progress.tests)
            if progress.done or not progress.trying:
                break
            tests[progress.trying] = progress.judgement_of_unfinished_test()
            if time.monotonic() > end - self.settings.limits.grace_seconds / 2:
                break
        verdict = Verdict.TIMED_OUT if progress.late else Verdict.CRASHED
        missing = Judgement(verdict, "The notebook's cells could not be run to the end.")
        return Outcome(cells, {**dict.fromkeys(job.tests(), missing), **tests})

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
            progress = _collect(results, job, end, self.settings.limits)
        if not progress.done and not progress.late and not _alive(self._trusted, 0.2):
            raise WorkerBroken("the trusted side was ended from outside")
        return progress

    def _start_student(self) -> socket.socket:
        settings = self.settings
        here, there = socket.socketpair()
        # Without a sandbox the caller's directory may hold a random.py: nothing of it, nor a PYTHON… variable, counts.
        apart = [] if settings.confined else ["-E", "-P"]
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


class Progress:
    """What a driver has said of one job so far.

    Args:
        end: when the job must be over, on the clock of `time.monotonic`.
        limits: the notebook's allowances.

    Attributes:
        cells: outputs by the cell's place in the notebook.
        tests: judgement by name of the test.
        trying: the test that runs; None between tests.
        pid: the driver's process id; None until it has said so.
        killed: a process of the learner's was killed.
        done: the driver is finished.
        late: the driver was not finished in time.
        deadline: when it must have said something more.
    """

    def __init__(self, end: float, limits: Limits) -> None:
        self._end, self._limits = end, limits
        self._test_began = time.monotonic()
        self.cells: dict[int, list[Output]] = {}
        self.tests: dict[str, Judgement] = {}
        self.trying: str | None = None
        self.pid: int | None = None
        self.killed = self.done = self.late = False
        self.deadline = end

    def take(self, message: Message) -> None:
        """Take a message of the driver's.

        Raises:
            WorkerBroken: the driver says that the sandbox is gone.
        """
        match message:
            case Started(pid):
                self.pid = pid
            case CellRan(cell, outputs):
                self.cells[cell] = outputs
            case Trying(test):
                self.trying, self._test_began = test, time.monotonic()
                self.deadline = min(self._test_began + self._limits.test_seconds + _KILL_AFTER_SECONDS, self._end)
            case Judged(test, judgement):
                self.tests[test] = judgement
                self.trying, self.deadline = None, self._end
            case Killed():
                self.killed = True
            case Broken(reason):
                raise WorkerBroken(reason)
            case Done():
                self.done = True

    @property
    def died(self) -> bool:
        """Whether a process of the learner's was killed, or the driver went before its time."""
        return self.killed or not (self.done or self.late)

    def judgement_of_unfinished_test(self) -> Judgement:
        """Return the judgement on the test that ended the driver or used up its time."""
        seconds = round(time.monotonic() - self._test_began, 3)
        if self.late:
            return Judgement(Verdict.TIMED_OUT, "The test took longer than it may.", seconds=seconds)
        return Judgement(Verdict.COULD_NOT_TELL, "The test broke its own process.", seconds=seconds)


def _collect(results: socket.socket, job: Job, end: float, limits: Limits) -> Progress:
    """Send a job and read the driver's messages until it is done, gone or late; if not done, end it."""
    progress = Progress(end, limits)
    results.settimeout(_CONTROL_SECONDS)
    try:
        results.sendall(job.to_line())
        for line in read_lines(results, lambda: progress.deadline):
            progress.take(from_line(line))
            if progress.done:
                break
    except TimeoutError:
        progress.late = True
    except OSError:
        pass
    if progress.pid and not progress.done:
        with contextlib.suppress(ProcessLookupError):
            os.kill(progress.pid, signal.SIGKILL)
    return progress


def read_lines(connection: socket.socket, deadline: Callable[[], float]) -> Iterator[bytes]:
    """Yield lines without their ends until the other side closes the connection.

    Args:
        connection: a connected stream socket.
        deadline: called before each wait; until when to wait, on the clock of `time.monotonic`.

    Raises:
        TimeoutError: the deadline has passed.
    """
    rest = b""
    while True:
        connection.settimeout(max(deadline() - time.monotonic(), 0.01))
        part = connection.recv(1 << 20)
        if not part:
            return
        *lines, rest = (rest + part).split(b"\n")
        yield from lines


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
