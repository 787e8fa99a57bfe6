"""The learner's process: runs their cells, freezes copies of its state for the tests, runs a test in such a copy."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from qlab.grading.student import relay
from qlab.grading.student.handles import StudentObjects
from qlab.grading.wire.codec import CannotCross
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.peer import Peer, describe_error
from qlab.grading.wire.shell import NotebookShell
from qlab.grading.wire.warm_process import fresh_randomness

_LONG = 24 * 3600.0
_MOST_SHOWN = 500


def _fork() -> int:
    """Fork; where the learner's own processes have taken all places, wait up to two seconds for one."""
    for _ in range(200):
        try:
            return os.fork()
        except BlockingIOError:
            time.sleep(0.01)
    return os.fork()


class Learner:
    """One notebook's student side, from its first cell to its end.

    Args:
        connection: the socket to the trusted side.
        shell: a warm shell that has run nothing yet.
        limits: the notebook's allowances.
    """

    def __init__(self, connection: socket.socket, shell: NotebookShell, limits: Limits) -> None:
        self._connection = connection
        self._shell = shell
        self._limits = limits
        self._objects = StudentObjects(shell.user_ns)
        self._peer = self._new_peer(connection, {"files": self._files, "run": self._run, "freeze": self._freeze})

    def _new_peer(self, connection: socket.socket, operations: dict[str, Any]) -> Peer:
        peer = Peer(
            connection,
            {**self._objects.operations(), **operations},
            handle=self._objects.handle,
            resolve=self._objects.resolve,
        )
        peer.deadline = time.monotonic() + _LONG
        self._objects.peer = peer
        relay.current[:] = [peer]
        return peer

    def serve(self) -> None:
        """Do what the trusted side asks until it closes the connection."""
        sys.path.insert(0, "")
        self._peer.serve()

    def _files(self, files: dict[str, bytes], seed: int | None) -> None:
        if seed is not None:
            fresh_randomness(seed)
        for name, content in files.items():
            place = Path(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def _run(self, source: str) -> list[dict[str, Any]]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            outputs, _ = self._shell.run(source, self._limits.output_bytes)
        except KeyboardInterrupt:
            outputs = self._shell.recorder.finished()
            outputs.append({"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []})
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return outputs

    def _freeze(self) -> bool:
        """Fork a copy of the state as it is now; it waits for its test on a socket of its own.

        Returns:
            Whether threads ran here, which a copy does not have.
        """
        _, descriptors, _, _ = socket.recv_fds(self._connection, 1, 1)
        threads = threading.active_count() > 1
        if len(descriptors) != 1:
            raise CannotCross("a copy of the state needs a socket")
        if _fork() == 0:
            try:
                self._connection.close()
                if threads:
                    revive_pools()
                self._wait_for_test(socket.socket(fileno=descriptors[0]))
            finally:
                os._exit(0)
        os.close(descriptors[0])
        return threads

    def _wait_for_test(self, connection: socket.socket) -> None:
        self._connection = connection
        self._peer = self._new_peer(connection, {"freeze": self._freeze, "native": self._native})
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process
        self._peer.serve()

    def _native(self, sources: list[str], built_in: list[str]) -> list[Any]:
        """Run cells as a notebook would; tell how the last of them ended, and nothing that it printed.

        Args:
            sources: the cells.
            built_in: built-in functions that they ask for by name; where a learner's own name covers one, the
                cells see the built-in function, and the learner's code what it always did.

        Returns:
            The name and the words of the error that ended it, empty if none did; the line of the cell at
            which it did; the number that its last line shows, as text.
        """
        self._shell.shows_tracebacks = False
        names = self._shell.user_ns
        if any(name in names for name in built_in):
            names = {name: value for name, value in names.items() if name not in built_in}
        for source in sources[:-1]:
            self._shell.execute(source, names)
        error, shown = self._shell.execute(sources[-1], names)
        text = shown[:_MOST_SHOWN]
        if error is None:
            return ["", "", 0, text]
        about = describe_error(error)
        return [about["own"] or "Error", about["text"][:_MOST_SHOWN], _line_of(error, names), text]


def _line_of(error: BaseException, namespace: dict[str, Any]) -> int:
    """Return the line of the cell at which it was ended, 0 if that is not known."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals is namespace and trace.tb_frame.f_code.co_name.startswith("<"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def revive_pools() -> None:
    """Let pools of threads start anew: a fork leaves their threads behind, and a task would wait for ever.

    Why not `os.register_at_fork`: it needs to know each pool, and learners make theirs anywhere. Why not a new
    pool in each one's place: learners' variables and closures hold the old ones. Hence `gc`, and three private
    attributes, which `tests/grading/student/test_python_privates.py` asks every Python for.
    """
    for pool in gc.get_objects():
        if type(pool) is ThreadPoolExecutor:
            fresh = {"_threads": set(), "_idle_semaphore": threading.Semaphore(0), "_shutdown_lock": threading.Lock()}
            vars(pool).update(fresh)
