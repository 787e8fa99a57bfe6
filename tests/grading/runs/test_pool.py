"""The pool of processes: names of sockets, and what crosses its pipes."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs import jobs
from qlab.grading.runs.parcels import pack, unpack
from qlab.grading.runs.pool import LocalPool
from qlab.grading.runs.worker import Settings

PIPE_BYTES = 4096
"""The smallest pipe of Linux."""


class _Warm:
    """What a pool asks of a worker that has started, without one."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.settings = directory, Settings(warm_up=("x" * 100_000,))

    def sockets(self) -> tuple[int, int]:
        return 1, 2


def test_names_alone_cross_the_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies halfway through a long message blocks its pipe for good."""
    sent: list[Any] = []
    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda *call: sent.append(call[1:]))
    worker: Any = _Warm(tmp_path)
    large = b"x" * 1_000_000
    whole = jobs.Assignment("f", {"n": large}, {}, {}, worker.settings)
    with LocalPool(1, worker, whole) as pool:
        pool.grade(jobs.Work("key", "ada", {"n": large}, {}), "store")
        started = len(pickle.dumps((pool._initializer, pool._initargs)))
    ((function, assignment, work, _),) = sent
    assert started < PIPE_BYTES
    assert len(pickle.dumps(sent)) < PIPE_BYTES
    assert unpack(assignment) == whole
    assert unpack(work).notebooks == {"n": large}
    assert Path(work.path).parent.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(jobs, "grade", lambda _, one, __: {"learner": one.learner, "text": large})
    answer = function(pack(whole, str(tmp_path)), pack(jobs.Work("key", "ada", {}, {}), str(tmp_path)), "store")
    assert len(pickle.dumps(answer)) < PIPE_BYTES
    assert unpack(answer) == {"learner": "ada", "text": large}
    assert not Path(answer.path).exists()


def test_a_parcel_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        pack(_Full(), str(tmp_path))
    assert not list(tmp_path.iterdir())


class _Full:
    def __reduce__(self) -> Any:
        raise OSError(28, "No space left on device")


def test_a_pool_whose_processes_cannot_be_started_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker: Any = _Warm(tmp_path)
    with LocalPool(1, worker, jobs.Assignment("f", {}, {}, {}, worker.settings)) as pool:
        for error in (ConnectionRefusedError("gone"), EOFError("unexpected EOF")):

            def gone(*_: Any, error: Exception = error) -> None:
                raise error

            monkeypatch.setattr(ProcessPoolExecutor, "submit", gone)
            with pytest.raises(BrokenExecutor, match=str(error)):
                pool.grade(jobs.Work("key", "ada", {}, {}), "store")


SOCKET = """
import multiprocessing, os, signal, sys
from multiprocessing import forkserver
from qlab.grading.runs.pool import prepare
prepare()
os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
os.waitid(os.P_PID, forkserver._forkserver._forkserver_pid, os.WEXITED | os.WNOWAIT)
prepare()  # a new one, at a new socket
process = multiprocessing.get_context("forkserver").Process(target=print, args=("started",))
process.start()
process.join()
"""


@pytest.mark.parametrize("letters", [10, 60, 95, 200])
def test_temporary_files_may_lie_as_deep_as_they_like(tmp_path: Path, letters: int) -> None:
    place = tmp_path / ("ü " * (letters // 3)) / ("x" * letters)
    place.mkdir(parents=True)
    run = subprocess.run(
        [sys.executable, "-c", SOCKET], env={**os.environ, "TMPDIR": str(place)}, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr, run.returncode) == ("started\n", "", 0)
    assert not list(place.iterdir())
