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
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from qlab.grading.trusted.cells import Interrupted, StudentCells
from qlab.grading.trusted.empty_arrays import guard_empty
from qlab.grading.trusted.native import NativeRun, copy_through, points_of, run_natively
from qlab.grading.trusted.proxies import Link, known_as
from qlab.grading.trusted.two_runs import combined, needs_native
from qlab.grading.trusted.verdicts import TestTimeout, judge
from qlab.grading.wire import frames
from qlab.grading.wire.messages import (
    Broken,
    Done,
    Job,
    JobCell,
    Judged,
    Judgement,
    Message,
    Started,
    Trying,
    to_line,
)
from qlab.grading.wire.peer import Peer
from qlab.grading.wire.shell import NotebookShell
from qlab.grading.wire.standing import Speaks
from qlab.grading.wire.verdict import Verdict

Emit = Callable[[Message], None]
_LEAST_NATIVE_SECONDS = 0.3
_MOST_RELAYED = 1000


@dataclass
class _SplitRun:
    """What came of executing a cell with stand-ins.

    Attributes:
        error: what ended it, None if nothing did.
        shown: the number that its last line shows, as text.
        bound: how many stand-ins there were before it began.
        keeper: see :class:`_Half`.
    """

    error: BaseException | None = None
    shown: str = ""
    bound: int = 0
    keeper: socket.socket | None = None


@dataclass
class _Half:
    """A test whose split run is over and whose native run is still to come.

    Attributes:
        cell: the test's cell.
        split: the split run's judgement.
        keeper: a copy of the state at the test's place, that has run nothing yet.
        carried: see :func:`qlab.grading.trusted.two_runs.combined`.
    """

    cell: JobCell
    split: Judgement
    keeper: socket.socket
    carried: bool


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
        self._shell = shell
        self._job = job
        self._emit = emit
        self._sound = sound
        self._limits = job.limits
        self._end = time.monotonic() + self._limits.notebook_seconds
        self._student_names = set(job.student_names)
        self._tainted = False
        self._half: list[_Half] = []
        self._link = self._new_link(job.classes)
        self._relayed = 0
        self._cells = StudentCells(self._connect(self._link, learner), supervisor, job, emit, self._end)

    def run(self) -> None:
        """Run the cells, then the tests: all of them apart from the answers first, then natively.

        Raises:
            Interrupted: the sandbox went away, and not by the student's doing.
        """
        self._cells.run()
        self._link.closed = True
        for place in self._job.order:
            self._trusted_cell(self._job.cells[place])
        for half in self._half:
            self._finish(half)

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

    def _trusted_cell(self, cell: JobCell) -> None:
        """Run an instructor's cell or a test here, with the student's names standing in."""
        for text in [*cell.before, *cell.imports]:
            self._plain_cell(text)
        if cell.trusted is None or cell.test in self._job.skip:
            return
        started = time.monotonic()
        deadline = self._deadline(self._limits.test_seconds)
        connection = self._cells.frozen.pop(cell.index, None)
        if not cell.test:
            self._attempt(cell, cell.trusted, connection, started, deadline)
        elif connection is None or deadline <= started:
            judgement = self._not_run(connection)
            broken = cell.standing.speaks == Speaks.BROKEN
            self._emit(Judged(cell.test, self._judged(cell, judgement, None) if broken else judgement))
        elif cell.test in self._job.half:
            self._wait_for_native(_Half(cell, self._job.half[cell.test], connection, carried=False))
        else:
            self._attempt(cell, cell.trusted, connection, started, deadline)
        self._tainted = self._tainted or bool(cell.test and not cell.open)

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
        if self._cells.lost.startswith("CellTimeout"):
            return Judgement(Verdict.TIMED_OUT, "A cell before this test took longer than it may.")
        return Judgement(Verdict.CRASHED, "A cell before this test ended the process it ran in.")

    def _attempt(
        self, cell: JobCell, source: str, connection: socket.socket | None, started: float, deadline: float
    ) -> None:
        """Run an instructor's cell apart from the answers; if it is a test, judge it or keep it for its native run."""
        if cell.test:
            self._emit(Trying(cell.test))
        link = self._new_link(cell.classes)
        run = self._execute(link, cell, source, connection, deadline)
        if link.peer and isinstance(link.peer.fault, frames.PeerGone):
            self._cells.blame()
        if not cell.test:
            return
        judgement = judge(
            run.error,
            link.peer.fault if link.peer else None,
            source=source,
            namespace=self._shell.user_ns,
            student_names=self._student_names,
            tainted=self._tainted,
            sound=source in self._sound and link.stand_ins == run.bound,
            seconds=round(time.monotonic() - started, 4),
        )
        if judgement.verdict == Verdict.PASSED:
            judgement = replace(judgement, score=points_of(run.shown))
        lost = link.objects or bool(link.peer and link.peer.lost)
        carried = isinstance(run.error, AssertionError) and not lost
        if run.keeper is not None and needs_native(cell.standing, judgement, carried=carried):
            self._wait_for_native(_Half(cell, judgement, run.keeper, carried))
            return
        if run.keeper is not None:
            run.keeper.close()
        self._emit(Judged(cell.test, self._judged(cell, judgement, None, carried=carried)))

    def _execute(
        self, link: Link, cell: JobCell, source: str, connection: socket.socket | None, deadline: float
    ) -> _SplitRun:
        """Execute an instructor's cell with stand-ins for the student's names."""
        run = _SplitRun()
        try:
            signal.setitimer(signal.ITIMER_REAL, max(deadline - time.monotonic(), 0.01) + 0.2)
            if connection is not None:
                peer = self._connect(link, connection)
                peer.deadline = deadline
                if cell.test and cell.standing.speaks.runs_natively:
                    run.keeper, _ = copy_through(peer)
                self._bind(link, cell.needs)
                run.bound = link.stand_ins
            run.error, run.shown = self._shell.execute(source)
        except TestTimeout as late:
            run.error = late
        except frames.FrameError:
            pass
        except Exception as raised:
            run.error = raised
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            link.closed = True
            if connection is not None:
                connection.close()
        return run

    def _wait_for_native(self, half: _Half) -> None:
        """Say what stands if the native run is never heard of, and keep the test for it."""
        stands = self._judged(half.cell, half.split, None, carried=half.carried)
        self._half.append(half)
        self._emit(Judged(half.cell.test or "", stands, half.split))

    def _finish(self, half: _Half) -> None:
        """Run a test natively, and judge it by both runs."""
        cell, started = half.cell, time.monotonic()
        seconds = self._limits.test_seconds
        if half.split.verdict == Verdict.TIMED_OUT:  # it has had its time once
            seconds = max(seconds / 3, _LEAST_NATIVE_SECONDS)
        self._emit(Trying(cell.test or ""))
        native = run_natively(
            half.keeper,
            cell.lead,
            cell.trusted or "",
            self._student_names,
            deadline=self._deadline(seconds),
            mutates=None if cell.standing.speaks == Speaks.ON_TRIAL else cell.standing.mutates,
            suspicious=cell.standing.speaks != Speaks.ISOLATED or half.split.verdict != Verdict.PASSED,
        )
        if isinstance(native.fault, frames.PeerGone):
            self._cells.blame()
        took = (half.split.seconds or 0.0) + time.monotonic() - started
        judged = self._judged(cell, half.split, native, carried=half.carried)
        self._emit(Judged(cell.test or "", replace(judged, seconds=round(took, 4))))

    def _judged(self, cell: JobCell, split: Judgement, native: NativeRun | None, *, carried: bool = True) -> Judgement:
        doubt = self._cells.doubt
        return combined(cell.standing, cell.trusted or "", split, native, carried=carried, doubt=doubt)

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
