"""The warm interpreter of the trusted side: forks a conductor for each notebook."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys

from qlab.grading.confine import die_with_parent
from qlab.grading.limits import MEBIBYTE
from qlab.grading.zygote import _read_line, preload

_MEMORY_MB = 8192


def main(descriptor: int) -> None:
    """Serve one assignment: read its settings, warm up, then fork a conductor for each request."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    settings = json.loads(_read_line(control))
    from qlab.grading.shell import make_shell

    shell = make_shell()
    shell.shows_tracebacks = False
    preload(settings["preload"])
    memory = _MEMORY_MB * MEBIBYTE
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.sendall(b"+")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 3)
        if not request:
            return
        if os.fork() == 0:
            try:
                die_with_parent()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.close()
                _conduct(descriptors, shell)
            finally:
                os._exit(0)
        for each in descriptors:
            os.close(each)


def _conduct(descriptors: list[int], shell: object) -> None:
    from qlab.grading.conductor import run_job
    from qlab.grading.shell import NotebookShell

    assert isinstance(shell, NotebookShell)
    learner, keeper, results = (socket.socket(fileno=each) for each in descriptors)
    sys.path.insert(0, "")
    with contextlib.suppress(BrokenPipeError):
        run_job(learner, keeper, results, shell)


if __name__ == "__main__":
    main(int(sys.argv[1]))
