"""Stop a run on a signal: at once, with nothing left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from types import FrameType
from typing import TypeVar

_Pool = TypeVar("_Pool", bound=ProcessPoolExecutor)


class Stopped(BaseException):
    """A signal asked this process to end; not an Exception, so that nothing on the way takes it for a failure.

    Attributes:
        number: the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Turn the signals that end a process into :class:`Stopped`, so that it removes what it made on its way out.

    Python does so with SIGINT alone.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main one may handle signals
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        raise Stopped(number)

    kept = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def ended_at_once(pool: _Pool) -> Iterator[_Pool]:
    """Use a pool; whatever ends the block early ends its workers too.

    A pool by itself waits for all that it has taken on, which may be minutes.
    """
    others = set(multiprocessing.active_children())
    with pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(multiprocessing.active_children()) - others:
                worker.kill()
            raise
