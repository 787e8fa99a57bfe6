"""Run one notebook: its cells in the sandbox, then its tests here, against frozen copies of the student's state.

First all student and instructor cells run in the sandbox, in the notebook's order, and before each
test the student's state is frozen by a fork.  Only when the last output is recorded do the tests run,
here, each against its own frozen copy: whatever a student's function learns from a hidden argument,
there is no later cell to print it.  Tests that the learner has seen run before hidden ones where that
changes nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from qlab.grading.trusted.empty_arrays import guard_empty
from qlab.grading.trusted.outputs import clean_outputs
from qlab.grading.trusted.proxies import Link, known_as
from qlab.grading.trusted.verdicts import TestTimeout, judge
from qlab.grading.wire import frames
from qlab.grading.wire.messages import (
    Broken,
    CellRan,
    Done,
    Job,
    JobCell,
    Judged,
    Judgement,
    Killed,
    Message,
    Output,
    Started,
    Trying,
    to_line,
)
from qlab.grading.wire.orders import Answer, Order
from qlab.grading.wire.peer import Peer
from qlab.grading.wire.shell import NotebookShell
from qlab.grading.wire.verdict import Verdict

Emit = Callable[[Message], None]
_SETTLE = 3.0
_BLAME_SECONDS = 0.5
_MOST_RELAYED = 1000


class Interrupted(Exception):
    """The sandbox went away, and not by the student's doing."""


class Driver:
    """Runs one notebook's job.

    Args:
        learner: the socket to the student's side.
        supervisor: the socket on which the supervisor takes orders.
        shell: a warm shell for the instructor's cells.
        job: what to do, see :func:`qlab.grading.notebooks.plan.make_job`.
        emit: takes each result as it comes.
        sound: the tests that run to their end with the instructor's own answers, by source.
    """

    def __init__(
        self,
        learner: socket.socket,
        supervisor: socket.socket,
        shell: NotebookShell,
        job: Job,
        emit: Emit,
        sound: frozenset[str] = frozenset(),
    ) -> None:
        self._supervisor = supervisor
        self._shell = shell
        self._job = job
        self._emit = emit
        self._sound = sound
        self._limits = job.limits
        self._end = time.monotonic() + self._limits.notebook_seconds
        self._frozen: dict[int, socket.socket] = {}
        self._lost = ""
        self._student_names = set(job.student_names)
        self._tainted = False
        self._link = self._new_link(job.classes)
        self._relayed = 0
        self._peer = self._connect(self._link, learner)

    def run(self) -> None:
        """Run the cells, then the tests."""
        try:
            self._ask("files", self._job.files)
        except frames.FrameError as error:  # no student code has run yet: this is our own failure
            raise Interrupted(f"the student's side did not start: {error}") from None
        for cell in self._job.cells:
            if cell.frozen:
                self._freeze(cell.index)
            if cell.run is not None:
                self._run(cell, cell.run)
        self._peer.connection.close()
        self._link.closed = True
        for place in self._job.order:
            self._trusted_cell(self._job.cells[place])

    def _new_link(self, classes: dict[str, list[str]]) -> Link:
        return Link(classes, self._job.changes, outer=frozenset(self._student_names))

    def _connect(self, link: Link, connection: socket.socket) -> Peer:
        operations = {**link.lent.operations(), "relay": self._relay if link is self._link else _silent}
        link.peer = Peer(
            connection, operations, handle=link.handle, resolve=link.resolve, by_class=True, array=guard_empty
        )
        return link.peer

    def _relay(self, name: Any, args: Any, kwargs: Any) -> Any:
        if name not in self._job.relayed or not isinstance(args, tuple) or not isinstance(kwargs, dict):
            raise PermissionError("this function does not answer here")
        self._relayed += 1
        if self._relayed > _MOST_RELAYED:
            raise PermissionError(f"a notebook may ask {_MOST_RELAYED} times")
        module, _, function = name.rpartition(".")
        printed = io.StringIO()
        nested = signal.getitimer(signal.ITIMER_REAL)[0] > 0  # the outer call's alarm holds then
        try:
            if not nested:
                signal.setitimer(signal.ITIMER_REAL, self._limits.test_seconds)
            with contextlib.redirect_stdout(printed):
                value = getattr(importlib.import_module(module), function)(*args, **kwargs)
        finally:
            if not nested:
                signal.setitimer(signal.ITIMER_REAL, 0)
        return printed.getvalue()[:20_000], value

    def _deadline(self, seconds: float) -> float:
        return min(time.monotonic() + seconds, self._end)

    def _ask(self, operation: str, *arguments: Any, after: Callable[[], None] | None = None) -> Any:
        self._peer.deadline = self._deadline(self._limits.cell_seconds)
        return self._peer.ask(operation, *arguments, after=after)

    def _run(self, cell: JobCell, source: str) -> None:
        started = time.monotonic()
        outputs: list[Output] = []
        if not self._lost:
            outputs = self._outputs_of(source)
        if not cell.records:
            return
        if self._lost:
            outputs.append(_error_output(*self._lost.split(": ", 1)))
        self._emit(CellRan(cell.index, outputs, time.monotonic() - started))

    def _outputs_of(self, source: str) -> list[Output]:
        most = self._limits.output_bytes
        try:
            return clean_outputs(self._ask("run", source), most)
        except frames.DeadlineExceeded:
            return self._interrupt(most)
        except frames.FrameError:
            self._blame()
            self._lost = "DeadProcess: the cell ended the process it ran in, or used more memory than it may"
        except Exception:
            self._lost = "DeadProcess: the cell broke the interpreter it ran in"
        return []

    def _interrupt(self, most: int) -> list[Output]:
        timeout = "CellTimeout: the cell took longer than it may"
        self._order(Order.INTERRUPT)
        try:
            outputs = clean_outputs(self._peer.wait_again(time.monotonic() + _SETTLE), most)
            return [*outputs[:-1], _error_output(*timeout.split(": ", 1))]
        except Exception:
            self._lost = timeout
            self._order(Order.END_LEARNER)
            return []

    def _order(self, order: Order) -> None:
        with contextlib.suppress(OSError):
            self._supervisor.send(order)

    def _blame(self) -> None:
        """Make sure that a lost process is the student's doing.

        A student can end the own process, never the supervisor; the supervisor says so when it ends a notebook
        for its memory.  A supervisor that is gone silently was killed from outside.  A student's process
        that was killed may have been killed by the student or from outside: whoever grades is told, and
        runs the notebook a second time.

        Raises:
            Interrupted: the notebook must be run again.
        """
        self._order(Order.ASK_KILLED)
        if not select.select([self._supervisor], [], [], _BLAME_SECONDS)[0]:
            return
        try:
            word = self._supervisor.recv(1, socket.MSG_PEEK)
        except OSError:
            word = b""
        if word == Answer.TOO_MUCH_MEMORY:
            return
        if not word:
            raise Interrupted("the sandbox was ended from outside")
        if self._supervisor.recv(1) == Answer.KILLED:
            self._emit(Killed())

    def _freeze(self, index: int) -> None:
        if self._lost:
            return
        ours, theirs = socket.socketpair()
        try:
            self._ask("freeze", after=lambda: _send_descriptor(self._peer.connection, theirs))
            self._frozen[index] = ours
        except Exception:
            self._blame()
            self._lost = self._lost or "DeadProcess: the cells ended the process they ran in"
        finally:
            theirs.close()

    def _trusted_cell(self, cell: JobCell) -> None:
        """Run an instructor's cell or a test here, with the student's names standing in."""
        for text in [*cell.before, *cell.imports]:
            self._plain_cell(text)
        if cell.trusted is None or cell.test in self._job.skip:
            return
        started = time.monotonic()
        deadline = self._deadline(self._limits.test_seconds)
        connection = self._frozen.pop(cell.index, None)
        if cell.test and (connection is None or deadline <= started):
            judgement = self._not_run(connection)
        else:
            judgement = self._attempt(cell, cell.trusted, connection, started, deadline)
        if cell.test:
            self._tainted = self._tainted or not cell.open
            self._emit(Judged(cell.test, judgement))

    def _plain_cell(self, source: str) -> None:
        """Run an unmarked cell of the instructor's; what it raises is the next test's affair."""
        with contextlib.suppress(TestTimeout):
            signal.setitimer(
                signal.ITIMER_REAL, max(self._deadline(self._limits.test_seconds) - time.monotonic(), 0.01)
            )
            self._shell.execute(source)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _not_run(self, connection: socket.socket | None) -> Judgement:
        if connection is not None:
            return Judgement(Verdict.TIMED_OUT, "The notebook as a whole took longer than it may.")
        if self._lost.startswith("CellTimeout"):
            return Judgement(Verdict.TIMED_OUT, "A cell before this test took longer than it may.")
        return Judgement(Verdict.CRASHED, "A cell before this test ended the process it ran in.")

    def _attempt(
        self, cell: JobCell, source: str, connection: socket.socket | None, started: float, deadline: float
    ) -> Judgement:
        if cell.test:
            self._emit(Trying(cell.test))
        link = self._new_link(cell.classes)
        error: BaseException | None = None
        bound = 0
        try:
            signal.setitimer(signal.ITIMER_REAL, max(deadline - started, 0.01) + 0.2)
            if connection is not None:
                self._connect(link, connection).deadline = deadline
                self._bind(link, cell.needs)
                bound = link.stand_ins
            error = self._shell.execute(source)
        except TestTimeout as late:
            error = late
        except frames.FrameError:
            pass
        except Exception as raised:
            error = raised
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            link.closed = True
            if connection is not None:
                connection.close()
        if link.peer and isinstance(link.peer.fault, frames.PeerGone):
            self._blame()
        return judge(
            error,
            link.peer.fault if link.peer else None,
            source=source,
            namespace=self._shell.user_ns,
            student_names=self._student_names,
            tainted=self._tainted,
            sound=source in self._sound and link.stand_ins == bound,
            seconds=round(time.monotonic() - started, 4),
        )

    def _bind(self, link: Link, names: list[str]) -> None:
        found = link.ask("names", names)
        namespace = self._shell.user_ns
        for name in names:
            namespace.pop(name, None)
            if isinstance(found, dict) and name in found:
                namespace[name] = found[name]
                known_as(found[name], name)


def run_job(
    learner: socket.socket,
    supervisor: socket.socket,
    results: socket.socket,
    shell: NotebookShell,
    sound: frozenset[str],
) -> None:
    """Read one job from `results`, run it, and write its results there, one line each."""
    reader = results.makefile("rb")
    job = Job.from_line(reader.readline())

    def emit(message: Message) -> None:
        results.sendall(to_line(message))

    def late(*_: Any) -> None:
        raise TestTimeout("the test took longer than it may")

    emit(Started(os.getpid()))
    signal.signal(signal.SIGALRM, late)
    os.chdir(job.directory)
    driver = Driver(learner, supervisor, shell, job, emit, sound)
    try:
        driver.run()
    except Interrupted as error:
        emit(Broken(str(error)))
        return
    emit(Done())


def _silent(*_: Any) -> None:
    """Refuse a relayed function while a test runs: an answer could ask it what is right for the test's own case."""
    raise PermissionError("this function answers while cells run, not in a test")


def _send_descriptor(connection: socket.socket, descriptor: socket.socket) -> None:
    socket.send_fds(connection, [b"F"], [descriptor.fileno()])


def _error_output(name: str, text: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
