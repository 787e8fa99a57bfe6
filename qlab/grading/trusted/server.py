"""The warm interpreter of the trusted side: forks a driver for each notebook."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys

from qlab.grading.trusted.driver import run_job
from qlab.grading.trusted.empty_arrays import refuse_empty_comparisons
from qlab.grading.trusted.verdicts import TestTimeout
from qlab.grading.wire.limits import MEBIBYTE
from qlab.grading.wire.shell import NotebookShell, make_shell
from qlab.grading.wire.warm_process import die_with_parent, fresh_randomness, preload, read_line

_MEMORY_MB = 8192
_WARM_UP_SECONDS = 5.0


def main(descriptor: int) -> None:
    """Serve one assignment: read its settings, warm up, then fork a driver for each request."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    settings = json.loads(read_line(control))
    shell = make_shell()
    shell.shows_tracebacks = False
    preload(settings["preload"])
    modules, sound = warm_up(shell, settings["warm_up"])
    refuse_empty_comparisons()
    memory = _MEMORY_MB * MEBIBYTE
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.sendall(json.dumps(modules).encode() + b"\n")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 3)
        if not request:
            return
        if os.fork() == 0:
            try:
                die_with_parent()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                _drive(descriptors, shell, sound)
            finally:
                os._exit(0)
        for each in descriptors:
            os.close(each)


def warm_up(shell: NotebookShell, sources: list[str]) -> tuple[list[str], frozenset[str]]:
    """Run the instructor's own cells once, so that no notebook pays for lazy imports and caches.

    Returns:
        The modules that this imported, for the student's side to import too, and the cells that ran
        to their end.
    """
    before = set(sys.modules)
    sound: set[str] = set()

    def late(*_: object) -> None:
        raise TestTimeout("warming up took too long")

    signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, _WARM_UP_SECONDS)
        for source in sources:
            _, error = shell.run(source, 0)
            if isinstance(error, TestTimeout):  # IPython takes it for an error of the cell
                break
            if error is None:
                sound.add(source)
    except TestTimeout:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    shell.forget()
    return sorted(name for name in set(sys.modules) - before if not name.startswith("__")), frozenset(sound)


def _drive(descriptors: list[int], shell: NotebookShell, sound: frozenset[str]) -> None:
    learner, supervisor, results = (socket.socket(fileno=each) for each in descriptors)
    sys.path.insert(0, "")
    fresh_randomness()
    with contextlib.suppress(BrokenPipeError):
        run_job(learner, supervisor, results, shell, sound)


if __name__ == "__main__":
    main(int(sys.argv[1]))
