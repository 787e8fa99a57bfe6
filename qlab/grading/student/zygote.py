"""The warm interpreter inside the sandbox.

It imports what the assignment's notebooks import, then forks one supervisor per notebook.  The supervisor is the
first process of the notebook's own namespaces: when it goes, the kernel ends everything in them.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from qlab.grading.student import confinement
from qlab.grading.student.bubblewrap import FONTS, HOME
from qlab.grading.student.session import Learner
from qlab.grading.wire.limits import MEBIBYTE, Limits
from qlab.grading.wire.orders import Answer, Order
from qlab.grading.wire.shell import make_shell
from qlab.grading.wire.warm_process import die_with_parent, fresh_randomness, preload, read_line

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SETTLE_SECONDS = 0.1
_LOOK_SECONDS = 0.25


def main(descriptor: int) -> None:
    """Serve one assignment: read its settings, warm up, then fork a supervisor for each request."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    settings = json.loads(read_line(control))
    limits = Limits(**settings["limits"])
    confined = bool(settings["confined"])
    copy_fonts()
    shell = make_shell()
    preload(settings["preload"])
    preload([name for name in json.loads(read_line(control)) if not name.startswith(tuple(settings["masked"]))])
    own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if confined else -1
    try:
        filters = confinement.system_call_filter() if confined else None
        if confined:
            try_walls(limits, settings["uid"], filters, own_processes)
    except Exception as error:
        control.sendall(f"-{error}\n".encode())
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    control.sendall(b"+")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for number in itertools.count():
        request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not request:
            return
        uid = None if settings["uid"] is None else settings["uid"] + number % 100
        if confined:
            confinement.next_child_in_new_pid_namespace()
        if os.fork() == 0:
            control.close()
            _supervise(descriptors, shell, limits, uid, filters, confined)
        if confined:
            confinement.next_child_in(own_processes)
        for each in descriptors:
            os.close(each)


def try_walls(limits: Limits, uid: int | None, filters: Any, own_processes: int) -> None:
    """Build a notebook's walls once around nothing, so that grading is refused where they cannot stand.

    Raises:
        OSError: one of them cannot be built; the message says which.
    """
    read, write = os.pipe()
    confinement.next_child_in_new_pid_namespace()
    supervisor = os.fork()
    if supervisor == 0:
        try:
            confinement.new_namespaces()
            confinement.private_files(limits)
            learner = os.fork()
            if learner == 0:
                confinement.drop_identity(uid)
                confinement.limit_resources(limits)
                filters.load()
                os._exit(0)
            os.waitpid(learner, 0)
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode()[:1000])
        finally:
            os._exit(0)
    confinement.next_child_in(own_processes)
    os.close(write)
    with open(read, "rb") as words:
        said = words.read().decode(errors="replace")
    os.waitpid(supervisor, 0)
    if said:
        raise OSError(said)


def _supervise(
    descriptors: list[int], shell: Any, limits: Limits, uid: int | None, filters: Any, confined: bool
) -> None:
    connection, orders = descriptors
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if confined:
            confinement.new_namespaces()
            confinement.private_files(limits)
            copy_fonts()
            confinement.hide_from_children()
        else:
            os.chdir(tempfile.mkdtemp(prefix="qlab-learner-"))
        learner = os.fork()
        if learner == 0:
            try:
                _learn(connection, shell, limits, uid, filters, confined)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(connection)
        Supervisor(orders, learner, limits, confined=confined).watch()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _learn(connection: int, shell: Any, limits: Limits, uid: int | None, filters: Any, confined: bool) -> None:
    os.setsid()
    if confined:
        connection = confinement.keep_only(connection)
        confinement.drop_identity(uid)
        confinement.limit_resources(limits)  # in its own user namespace: processes of others with this uid do not count
        filters.load()
    else:
        die_with_parent()
    fresh_randomness()
    Learner(socket.socket(fileno=connection), shell, limits).serve()


class Supervisor:
    """The first process of a notebook's namespaces, which no student code can reach.

    It obeys the trusted side, reaps finished processes and ends a notebook that uses too much memory.

    Args:
        orders: descriptor of the socket on which the trusted side gives its orders.
        learner: process id of the learner's first process.
        limits: the notebook's allowances.
        confined: whether the notebook has namespaces of its own.
    """

    def __init__(self, orders: int, learner: int, limits: Limits, *, confined: bool) -> None:
        self._orders = socket.socket(fileno=orders)
        self._orders.settimeout(0.3)
        self._learner = learner
        self._most = limits.memory_mb * MEBIBYTE
        self._confined = confined
        self._ended_learner = False
        self._killed = False

    def watch(self) -> None:
        """Obey until told to stop, until the trusted side is gone or the memory is used up; then end everything."""
        while True:
            ready = select.select([self._orders], [], [], _LOOK_SECONDS)[0]
            order = self._orders.recv(1) if ready else None
            self._reap()
            if order is None:
                if self._confined and memory_in_use(self._most) > self._most:
                    self._orders.send(Answer.TOO_MUCH_MEMORY)
                    break
            elif order in (b"", Order.STOP):
                break
            else:
                self._obey(order)
        self._tear_down()

    def _obey(self, order: bytes) -> None:
        if order == Order.ASK_KILLED:
            self._orders.send(Answer.KILLED if self._was_killed() else Answer.NOT_KILLED)
            self._killed = False
        elif order == Order.INTERRUPT:
            self._signal(signal.SIGINT)
        elif order == Order.END_LEARNER:
            self._ended_learner = True
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._learner, number)

    def _was_killed(self) -> bool:
        """Wait a moment for a death that is on its way."""
        end = time.monotonic() + _SETTLE_SECONDS
        while not self._killed and time.monotonic() < end:
            time.sleep(0.01)
            self._reap()
        return self._killed

    def _reap(self) -> None:
        """Reap finished processes, and note whether one was killed by another than this process."""
        own = self._learner if self._ended_learner else 0
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                killed = os.WIFSIGNALED(ended[1]) and os.WTERMSIG(ended[1]) == signal.SIGKILL
                self._killed = self._killed or (killed and ended[0] != own)

    def _tear_down(self) -> None:
        """End every process of the notebook's; unconfined, remove its directory too."""
        with contextlib.suppress(ProcessLookupError):
            if self._confined:
                os.kill(-1, signal.SIGKILL)
            else:
                os.killpg(self._learner, signal.SIGKILL)
        if not self._confined:
            shutil.rmtree(os.getcwd(), ignore_errors=True)


def memory_in_use(most: int) -> int:
    """Return the bytes that the processes of this namespace hold, shared pages counted once.

    The exact figure is read only when the quick one, which counts shared pages for each process,
    is above `most`.
    """
    quick = exact = 0
    others = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
    for name in others:
        with contextlib.suppress(OSError, IndexError, ValueError):
            quick += int(Path("/proc", name, "statm").read_text().split()[1]) * _PAGE
    if quick <= most:
        return quick + _files_in_use()
    for name in others:
        with contextlib.suppress(OSError, IndexError, ValueError):
            text = Path("/proc", name, "smaps_rollup").read_text()
            exact += int(text.split("Pss:")[1].split()[0]) * 1024
    return exact + _files_in_use()


def _files_in_use() -> int:
    total = 0
    for place in (os.environ["TMPDIR"], HOME, "/dev/shm"):
        with contextlib.suppress(OSError):
            status = os.statvfs(place)
            total += (status.f_blocks - status.f_bfree) * status.f_frsize
    return total


def copy_fonts() -> None:
    """Put Matplotlib's font list where it looks for it, unless Matplotlib has read it already."""
    if "matplotlib.font_manager" not in sys.modules and Path(FONTS).is_dir():
        place = Path(os.environ["MPLCONFIGDIR"])
        place.mkdir(mode=0o777, exist_ok=True)
        place.chmod(0o777)
        for path in Path(FONTS).glob("fontlist-*.json"):
            shutil.copy(path, place)


if __name__ == "__main__":
    main(int(sys.argv[1]))
