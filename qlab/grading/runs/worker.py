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
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from qlab.grading.student import bubblewrap, relay
from qlab.grading.trusted.verdicts import CRASHED, LATE, UNSURE, Verdict
from qlab.grading.wire.limits import Limits

_START_SECONDS = 120.0
_MAX_RESULT_LINE = 64 << 20
_FIRST_PRIVATE_UID = 2_000_000
_UIDS = 60_000


@dataclass(frozen=True)
class Settings:
    """What a station must know before its first notebook.

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


class StationBroken(RuntimeError):
    """A warm process is gone; a new station is needed."""


class Station:
    """Two warm processes; a context manager.

    Args:
        settings: see :class:`Settings`.
        home: the directory in which to make its own; by default the one for temporary files.

    Raises:
        SandboxUnavailable: bubblewrap cannot run here and `settings.confined` is set.
    """

    def __init__(self, settings: Settings, *, home: str | None = None) -> None:
        self.settings = settings
        self._directory: tempfile.TemporaryDirectory[str] | None = tempfile.TemporaryDirectory(
            prefix="qlab-station-", dir=home, ignore_cleanup_errors=True
        )
        self.place = Path(self._directory.name)
        self.place.chmod(0o755)
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
    def attach(cls, settings: Settings, student: socket.socket, trusted: socket.socket) -> Station:
        """Return a station that uses warm processes which another process started."""
        station = cls.__new__(cls)
        station.settings = settings
        station._directory, station._processes = None, []
        station._ready = True
        station._starting = threading.Lock()
        station._student, station._trusted = student, trusted
        return station

    def sockets(self) -> tuple[socket.socket, socket.socket]:
        """Return the two control sockets, for :meth:`attach`; waits until both sides are warm."""
        self._wait_until_ready()
        return self._student, self._trusted

    def __enter__(self) -> Station:
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
        if self._directory is not None:
            self._directory.cleanup()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run one notebook's job, again without the offending test if one breaks the trusted side.

        A process of the notebook's that was killed may have been killed from outside.  The notebook is then
        run a second time, once, and what happens there counts.

        Returns:
            `cells` (outputs by cell index) and `tests` (verdict by grade id).

        Raises:
            StationBroken: a warm process is gone.
        """
        self._wait_until_ready()
        limits = self.settings.limits
        end = time.monotonic() + limits.notebook_seconds + limits.grace_seconds
        early = time.monotonic() + limits.notebook_seconds / 4
        tests: dict[str, Any] = {}
        cells: dict[str, Any] = {}
        skip = list(job["skip"])
        again = False
        while True:
            outcome = self._once({**job, "skip": skip}, end)
            died = outcome["killed"] or not (outcome["done"] or outcome["late"])
            if died and not again and time.monotonic() < early:
                again, cells, tests, skip = True, {}, {}, list(job["skip"])
                continue
            cells = cells or outcome["cells"]
            tests.update(outcome["tests"])
            broke = outcome["trying"]
            if outcome["done"] or not broke:
                break
            seconds = outcome["seconds"]
            verdict = LATE if outcome["late"] else UNSURE
            words = "The test took longer than it may." if outcome["late"] else "The test broke its own process."
            tests[broke] = Verdict(verdict, words, seconds=seconds).as_dict()
            skip = sorted({*skip, *tests})
            if time.monotonic() > end - limits.grace_seconds / 2:
                break
        for cell in job["cells"]:
            if cell["test"] and cell["test"] not in tests:
                words = "The notebook's cells could not be run to the end."
                tests[cell["test"]] = Verdict(LATE if outcome["late"] else CRASHED, words).as_dict()
        return {"cells": cells, "tests": tests}

    def _once(self, job: dict[str, Any], end: float) -> dict[str, Any]:
        learner_here, learner_there = socket.socketpair()
        keeper_here, keeper_there = socket.socketpair()
        results, results_there = socket.socketpair()
        try:
            socket.send_fds(self._student, [b"!"], [learner_there.fileno(), keeper_there.fileno()])
            sent = [learner_here.fileno(), keeper_here.fileno(), results_there.fileno()]
            socket.send_fds(self._trusted, [b"!"], sent)
        except OSError as error:
            results.close()
            raise StationBroken(f"a warm process is gone: {error}") from None
        finally:
            for each in (learner_here, learner_there, keeper_here, keeper_there, results_there):
                each.close()
        with results:
            found = _collect(results, job, end, self.settings.limits)
        if not found["done"] and not found["late"] and not _alive(self._trusted, 0.2):
            raise StationBroken("the trusted side was ended from outside")
        return found

    def _start_student(self) -> socket.socket:
        settings = self.settings
        here, there = socket.socketpair()
        argv = [sys.executable, "-m", "qlab.grading.student.zygote", str(there.fileno())]
        environment = bubblewrap.environment()
        if settings.confined:
            stubs = relay.write_stubs(self.place, list(settings.masked), list(settings.relayed))
            modules = [name.partition(".")[0] for name in settings.preload]
            argv = bubblewrap.command(argv, modules=modules, masked=stubs, keep_fd=there.fileno(), fonts=_font_cache())
        else:
            environment = {**os.environ, **environment, "HOME": str(self.place)}
        self._popen(argv, there, environment)
        private = _FIRST_PRIVATE_UID + 100 * (os.getpid() % _UIDS) if os.geteuid() == 0 else None
        self._configure(here, {"uid": private, "confined": settings.confined, "masked": settings.masked})
        return here

    def _start_trusted(self) -> socket.socket:
        here, there = socket.socketpair()
        argv = [sys.executable, "-m", "qlab.grading.trusted.server", str(there.fileno())]
        environment = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NBGRADER_EXECUTION="autograde")
        self._popen(argv, there, environment)
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
                self._await_both()

    def _await_both(self) -> None:
        try:
            for control in (self._trusted, self._student):
                control.settimeout(_START_SECONDS)
            self._student.sendall(_line(self._trusted))
            word = self._student.recv(1)
            if word == b"-":
                raise bubblewrap.refusal(_line(self._student).decode(errors="replace").strip())
            if word != b"+":
                raise StationBroken("the student's side did not start")
            for control in (self._trusted, self._student):
                control.settimeout(30.0)
        except OSError as error:
            raise StationBroken(f"a warm process did not start: {error}") from None
        self._ready = True


def _collect(results: socket.socket, job: dict[str, Any], end: float, limits: Limits) -> dict[str, Any]:
    """Read the conductor's results until it is done, gone or late; if late, end it."""
    found: dict[str, Any] = {"cells": {}, "tests": {}, "done": False, "trying": None, "late": False}
    found["killed"] = False
    found["seconds"] = 0.0
    pid, since, hard = None, time.monotonic(), end
    buffer = b""
    results.settimeout(30.0)
    try:
        results.sendall(json.dumps(job).encode() + b"\n")
        while not found["done"]:
            results.settimeout(max(min(hard, end) - time.monotonic(), 0.01))
            part = results.recv(1 << 20)
            if not part:
                break
            *lines, buffer = (buffer + part).split(b"\n")
            for line in lines:
                message = json.loads(line)
                pid = message.get("pid", pid)
                if "trying" in message:
                    found["trying"], since = message["trying"], time.monotonic()
                    hard = since + limits.test_seconds + 3.0
                elif "test" in message:
                    found["tests"][message["test"]] = message["verdict"]
                    found["trying"], hard = None, end
                elif "cell" in message:
                    found["cells"][str(message["cell"])] = message["outputs"]
                elif "killed" in message:
                    found["killed"] = True
                elif "broken" in message:
                    raise StationBroken(str(message["broken"]))
                found["done"] = found["done"] or "done" in message
    except TimeoutError:
        found["late"] = True
    except OSError:
        pass
    if pid and not found["done"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    found["seconds"] = round(time.monotonic() - since, 3)
    return found


def _alive(control: socket.socket, seconds: float) -> bool:
    """Return whether the process behind a control socket stays there for a moment."""
    return not select.select([control], [], [], seconds)[0]


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(1 << 16)
        if not part:
            raise StationBroken("the trusted side did not start")
        line += part
    return line


def _font_cache() -> Path | None:
    """Return the directory of Matplotlib's font list, which takes seconds to make anew."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # stays "~" without a home
    for place in (os.environ.get("MPLCONFIGDIR"), home / "matplotlib"):
        if place and any(Path(place).glob("fontlist-*.json")):
            return Path(place)
    return None
