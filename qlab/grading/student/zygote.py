"""The warm interpreter inside the sandbox.

It imports what the assignment's notebooks import, then forks one keeper per notebook.  The keeper is the
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
from qlab.grading.wire.shell import make_shell
from qlab.grading.wire.warm_process import die_with_parent, fresh_randomness, preload, read_line

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SETTLE_SECONDS = 0.1


def main(descriptor: int) -> None:
    """Serve one assignment: read its settings, warm up, then fork a keeper for each request."""
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
            _keep(descriptors, shell, limits, uid, filters, confined)
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
    keeper = os.fork()
    if keeper == 0:
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
    os.waitpid(keeper, 0)
    if said:
        raise OSError(said)


def _keep(descriptors: list[int], shell: Any, limits: Limits, uid: int | None, filters: Any, confined: bool) -> None:
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
        _watch(orders, learner, limits, confined)
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


def _watch(orders: int, learner: int, limits: Limits, confined: bool) -> None:
    """Obey the trusted side until it is gone, reap what dies, and stop who eats the memory."""
    box = socket.socket(fileno=orders)
    box.settimeout(0.3)
    most = limits.memory_mb * MEBIBYTE
    ended_it = killed = False
    while True:
        ready = select.select([box], [], [], 0.25)[0]
        order = box.recv(1) if ready else b"."
        killed = _reap(learner if ended_it else 0) or killed
        if not order or order == b"X":
            break
        if order == b"?":
            end = time.monotonic() + _SETTLE_SECONDS
            while not killed and time.monotonic() < end:
                time.sleep(0.01)
                killed = _reap(learner if ended_it else 0)
            box.send(b"K" if killed else b".")
            killed = False
        ended_it = ended_it or order == b"L"
        if order in (b"I", b"L"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(learner, signal.SIGINT if order == b"I" else signal.SIGKILL)
        elif order == b"." and confined and memory_in_use(most) > most:
            box.send(b"M")
            break
    if confined:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(learner, signal.SIGKILL)
        shutil.rmtree(os.getcwd(), ignore_errors=True)


def _reap(own: int) -> bool:
    """Take leave of the dead; return whether one of them was killed, and not by this process, whose victim is `own`."""
    killed = False
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            killed = killed or (dead[0] != own and os.WIFSIGNALED(dead[1]) and os.WTERMSIG(dead[1]) == signal.SIGKILL)
    return killed


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
