"""What the learner's process takes from inside Python: a version that lacks it fails here, in plain words."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from qlab.grading.student.session import revive_pools

VERSION = sys.version.split()[0]


def test_a_pool_of_threads_has_the_attributes_that_are_renewed_after_a_fork() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        kinds = {"_threads": set, "_idle_semaphore": threading.Semaphore, "_shutdown_lock": type(threading.Lock())}
        for name, kind in kinds.items():
            found = vars(pool).get(name)
            assert isinstance(found, kind), (
                f"Python {VERSION}: ThreadPoolExecutor.{name} must be a {kind.__name__}, got {found!r}; "
                "revive_pools (qlab/grading/student/session.py) must be rewritten for this version"
            )


def test_a_revived_pool_works_in_a_forked_copy() -> None:
    """Without `revive_pools` the copy's task waits for a thread that the fork left behind."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        child = os.fork()
        if child == 0:
            revive_pools()
            os._exit(pool.submit(int, "7").result(30))
        deadline = time.monotonic() + 60
        ended, status = os.waitpid(child, os.WNOHANG)
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert ended, f"Python {VERSION}: a task of a pool hangs in a forked copy, so revive_pools no longer works"
        assert os.waitstatus_to_exitcode(status) == 7
