"""The learner's cells: run in the sandbox in order, their state frozen where a test will need it."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from qlab.grading.trusted.native import copy_through
from qlab.grading.trusted.outputs import clean_outputs, within
from qlab.grading.wire import frames
from qlab.grading.wire.messages import CellRan, Job, JobCell, Killed, Message, Output
from qlab.grading.wire.orders import Answer, Order
from qlab.grading.wire.peer import Peer

_SETTLE = 3.0
_BLAME_SECONDS = 0.5
_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError", "AttributeError")


class Interrupted(Exception):
    """The sandbox went away, and not by the student's doing."""


class StudentCells:
    """One notebook's cells in the sandbox.

    Args:
        peer: the connection to the learner's process.
        supervisor: the socket on which the supervisor takes orders.
        job: what to run.
        emit: takes each result as it comes.
        end: when the notebook must be over, on the clock of `time.monotonic`.

    Attributes:
        frozen: sockets of the frozen copies, by place of the cell before which they were made.
        lost: why the learner's process is gone; empty while it is there.
        doubt: what a copy of the state lacks that the learner's own notebook would have; empty if nothing.
    """

    def __init__(
        self, peer: Peer, supervisor: socket.socket, job: Job, emit: Callable[[Message], None], end: float
    ) -> None:
        self.frozen: dict[int, socket.socket] = {}
        self.lost = self.doubt = ""
        self._peer, self._supervisor, self._job, self._emit, self._end = peer, supervisor, job, emit, end
        self._limits = job.limits
        self._room = job.limits.notebook_output_bytes

    def run(self) -> None:
        """Lay out the files, then run the cells and freeze the state before each test.

        Raises:
            Interrupted: the sandbox went away, and not by the student's doing.
        """
        try:
            self._ask("files", self._job.files, self._job.seed)
        except frames.FrameError as error:  # no student code has run yet: this is our own failure
            raise Interrupted(f"the student's side did not start: {error}") from None
        for cell in self._job.cells:
            if cell.frozen:
                self._freeze(cell.index)
            if cell.run is not None:
                self._run(cell, cell.run)
        self._peer.connection.close()

    def _ask(self, operation: str, *arguments: Any) -> Any:
        self._peer.deadline = self._deadline()
        return self._peer.ask(operation, *arguments)

    def _deadline(self) -> float:
        return min(time.monotonic() + self._limits.cell_seconds, self._end)

    def _run(self, cell: JobCell, source: str) -> None:
        started = time.monotonic()
        outputs: list[Output] = []
        if not self.lost:
            outputs = self._outputs_of(source)
            self._look_for_masked_names(outputs)
            outputs, self._room = within(outputs, self._room)
        if not cell.records:
            return
        if self.lost:
            outputs.append(_error_output(*self.lost.split(": ", 1)))
        self._emit(CellRan(cell.index, outputs, time.monotonic() - started))

    def _look_for_masked_names(self, outputs: list[Output]) -> None:
        """Note a cell that ended because a masked package holds more outside than in the sandbox."""
        for output in outputs:
            if output["output_type"] == "error" and output["ename"] in _IMPORT_ERRORS:
                named = [name for name in self._job.masked if name in output["evalue"]]
                if named:
                    self.doubt = f"a cell asks for what the masked package {named[0]} does not have here"

    def _outputs_of(self, source: str) -> list[Output]:
        most = self._limits.output_bytes
        try:
            return clean_outputs(self._ask("run", source), most)
        except frames.DeadlineExceeded:
            return self._interrupt(most)
        except frames.FrameError:
            self.blame()
            self.lost = "DeadProcess: the cell ended the process it ran in, or used more memory than it may"
        except Exception:
            self.lost = "DeadProcess: the cell broke the interpreter it ran in"
        return []

    def _interrupt(self, most: int) -> list[Output]:
        timeout = "CellTimeout: the cell took longer than it may"
        self._order(Order.INTERRUPT)
        try:
            outputs = clean_outputs(self._peer.wait_again(time.monotonic() + _SETTLE), most)
            return [*outputs[:-1], _error_output(*timeout.split(": ", 1))]
        except Exception:
            self.lost = timeout
            self._order(Order.END_LEARNER)
            return []

    def _order(self, order: Order) -> None:
        with contextlib.suppress(OSError):
            self._supervisor.send(order)

    def blame(self) -> None:
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
        if self.lost:
            return
        self._peer.deadline = self._deadline()
        try:
            self.frozen[index], threads = copy_through(self._peer)
            if threads:
                self.doubt = self.doubt or "threads that a cell started are not there when the test asks"
        except Exception:
            self.blame()
            self.lost = self.lost or "DeadProcess: the cells ended the process they ran in"


def _error_output(name: str, text: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
