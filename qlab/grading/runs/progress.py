"""What a driver says of one notebook while it works on it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

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
    Output,
    Started,
    Trying,
    from_line,
)
from qlab.grading.wire.verdict import Verdict

_CONTROL_SECONDS = 30.0
_KILL_AFTER_SECONDS = 3.0


class WorkerBroken(RuntimeError):
    """A warm process is gone; a new worker is needed."""


class Progress:
    """What a driver has said of one job so far.

    Args:
        end: when the job must be over, on the clock of `time.monotonic`.
        limits: the notebook's allowances.

    Attributes:
        cells: outputs by the cell's place in the notebook.
        tests: judgement by name of the test; of one in `half`, what stands if nothing more comes.
        half: the split run's judgement of tests whose native run is still to come.
        trying: the test that runs; None between tests.
        pid: the driver's process id; None until it has said so.
        killed: a process of the learner's was killed.
        tested: a test has begun, so all cells have run.
        done: the driver is finished.
        late: the driver was not finished in time.
        deadline: when it must have said something more.
    """

    def __init__(self, end: float, limits: Limits) -> None:
        self._end, self._limits = end, limits
        self._test_began = time.monotonic()
        self.cells: dict[int, list[Output]] = {}
        self.tests: dict[str, Judgement] = {}
        self.half: dict[str, Judgement] = {}
        self.trying: str | None = None
        self.pid: int | None = None
        self.killed = self.tested = self.done = self.late = False
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
                self.tested = True
                self.deadline = min(self._test_began + self._limits.test_seconds + _KILL_AFTER_SECONDS, self._end)
            case Judged(test, judgement, half):
                self.tests[test] = judgement
                if half is None:
                    self.half.pop(test, None)
                else:
                    self.half[test] = half
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


def collect(results: socket.socket, job: Job, end: float, limits: Limits) -> Progress:
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
