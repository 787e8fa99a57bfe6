"""Executors: a local process pool that shares one worker, or Dask."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import ModuleType
from typing import Any

from qlab.grading.runs import jobs
from qlab.grading.runs.leavings import OwnFolder
from qlab.grading.runs.parcels import Parcel, pack, unpack
from qlab.grading.runs.worker import Worker


class _PoolProcess(ForkServerProcess):
    """A process of the pool that does not import the command's own script again, as it needs nothing of it.

    Why not an `if __name__ == "__main__"` guard: the script is the caller's, not ours. Why not fork: the runner
    has threads. Python has no public switch for it, hence the private `_Popen`, which
    `tests/grading/runs/test_python_privates.py` asks every Python for.
    """

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            with _apart():  # a forkserver that was killed is started again
                return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = script


class _Context(ForkServerContext):
    Process = _PoolProcess


def prepare() -> Any:
    """Start the process that the pool's are forked from, so that it is warm when they are wanted."""
    context = _Context()
    context.set_forkserver_preload(["qlab.grading.runs.jobs"])
    with _apart():
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """Let Python start its forkserver where no folder of the caller's is in the way, by the only means that it leaves.

    Its socket lies among the temporary files, and a socket's name has room for 107 bytes: the directory is addressed
    through a descriptor. That stays open, since the name is used as long as this process lives. And it imports what
    lies in the current directory, a learner's random.py, unless the environment forbids it.
    """
    kept, safe = tempfile.tempdir, os.environ.get("PYTHONSAFEPATH")
    tempfile.tempdir = f"/proc/{os.getpid()}/fd/{_temporary_files()}"
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        tempfile.tempdir = kept
        if safe is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = safe


@cache
def _temporary_files() -> int:
    folder = OwnFolder()
    multiprocessing.util.Finalize(None, folder.close, exitpriority=-200)  # after Python's own folder, at -100
    return folder.descriptor


class LocalPool(ProcessPoolExecutor):
    """Processes that use a worker which this one started.

    Args:
        processes: how many.
        worker: shared by all of them; a process starts its own only if this one breaks.
        assignment: what they grade.
    """

    def __init__(self, processes: int, worker: Worker, assignment: jobs.Assignment) -> None:
        self._box = tempfile.mkdtemp(prefix="parcels-", dir=worker.directory)
        self._whole = pack(assignment, self._box)
        about = (self._whole, str(worker.directory), *worker.sockets())
        super().__init__(processes, mp_context=prepare(), initializer=_adopt, initargs=about)

    def grade(self, work: jobs.Work, store: str) -> Future[Parcel]:
        """Have a submission graded; a :class:`~qlab.grading.runs.results.Result` lies in the parcel.

        Args:
            work: the submission.
            store: see :func:`qlab.grading.runs.jobs.grade`.

        Raises:
            BrokenExecutor: a process was ended from outside.
            OSError: the disk is full.
        """
        return self._hand(_grade, work, store)

    def record(self, work: jobs.Work, store: str) -> Future[Parcel]:
        """Have the cells of a submission run, see :func:`qlab.grading.runs.jobs.record`; else as :meth:`grade`."""
        return self._hand(_record, work, store)

    def _hand(self, carry_out: Callable[[Parcel, Parcel, str], Parcel], work: jobs.Work, store: str) -> Future[Parcel]:
        parcel = pack(work, self._box)
        try:
            return self.submit(carry_out, self._whole, parcel, store)
        except (ConnectionError, EOFError) as error:  # the process that the pool's are forked from is gone
            raise BrokenExecutor(str(error)) from error


def _adopt(assignment: Parcel, scratch: str, student: Any, trusted: Any) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    jobs.adopt(Worker.attach(_unpacked(assignment).settings, student, trusted), scratch)


def _grade(assignment: Parcel, work: Parcel, store: str) -> Parcel:
    return pack(jobs.grade(_unpacked(assignment), unpack(work), store), os.path.dirname(work.path))


def _record(assignment: Parcel, work: Parcel, store: str) -> Parcel:
    return pack(jobs.record(_unpacked(assignment), unpack(work), store), os.path.dirname(work.path))


@cache
def _unpacked(assignment: Parcel) -> jobs.Assignment:
    whole: jobs.Assignment = unpack(assignment, keep=True)
    return whole


def _end_with_parent() -> None:
    """Leave when the runner is gone, however it went: a killed runner must leave no process behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def dask_executor(address: str, **security: Any) -> tuple[Executor, Any]:
    """Return Dask's executor at an address, and its client to close.

    Args:
        address: of the scheduler, such as `tcp://host:8786` or `tls://host:8786`.
        security: passed to `distributed.Security`: `tls_ca_file`, `tls_client_cert`, `tls_client_key`.

    Raises:
        ValueError: the `dist` extra is not installed, or no scheduler there accepts this machine.
    """
    try:
        from distributed import Client, Security
    except ImportError:
        raise ValueError("--dask needs the `dist` extra: pip install 'correlation-is-not-enough[dist]'") from None
    options: dict[str, Any] = {}
    if security:
        options["security"] = Security(require_encryption=True, **security)  # type: ignore[no-untyped-call, unused-ignore]
    try:
        client = Client(address, **options)  # type: ignore[no-untyped-call, unused-ignore]
    except (OSError, TimeoutError, TypeError, ValueError) as error:  # TypeError: TLS without a certificate
        words = str(error).strip().split("\n")[0] or type(error).__name__
        demand = "dask must be the address of a scheduler that takes us, such as tcp://host:8786"
        raise ValueError(f"{demand}, got {address!r}: {words}") from None
    executor: Executor = client.get_executor(pure=False, retries=2)  # type: ignore[no-untyped-call, unused-ignore]
    return executor, client
