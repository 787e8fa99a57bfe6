"""The native run: a test as stock would run it, in a throw-away copy of the learner's own interpreter.

Nothing comes back but how it ended.  That is the learner's process speaking of itself, so it is believed only after
questions that it could not know (`canaries.py`), and alone only where the split run cannot speak at all.
All native runs come after all split runs: here the text of hidden tests enters the sandbox.
"""

from __future__ import annotations

import builtins
import contextlib
import socket
import time
from dataclasses import dataclass, replace
from typing import Any

from qlab.grading.notebooks.scope import used_names
from qlab.grading.trusted.canaries import canary_program, mutant
from qlab.grading.wire import frames
from qlab.grading.wire.codec import CannotCross, no_handles
from qlab.grading.wire.peer import Peer
from qlab.grading.wire.standing import Native

_SECONDS_OF_QUESTIONS = 5.0


@dataclass(frozen=True)
class NativeRun:
    """What is known of a native run.

    Attributes:
        ended: how.
        score: points that its last line gives; None for all or nothing.
        line: at which line of the test it stopped; 0 if that is not known.
        words: what stopped it, in words of the learner's process: for the instructor only.
        fault: what happened to the connection, None if nothing did.
    """

    ended: Native
    score: float | None = None
    line: int = 0
    words: str = ""
    fault: frames.FrameError | None = None


def run_natively(
    keeper: socket.socket,
    lead: list[str],
    test: str,
    student_names: set[str],
    *,
    deadline: float,
    mutates: bool | None,
    suspicious: bool,
) -> NativeRun:
    """Run a test in a frozen copy that has run none yet, and ask whether it can be believed.

    Args:
        keeper: the copy's socket; it is used up.
        lead: earlier tests, to be run before it.
        test: its source.
        student_names: names that the student is asked to define.
        deadline: when all must be over, on the clock of `time.monotonic`.
        mutates: whether its mutant fails with the right answer; None if that is to be found out.
        suspicious: nothing but this run speaks for the answer, so the mutant is asked.
    """
    changed = mutant(test, student_names) if mutates or mutates is None else ""
    other: socket.socket | None = None
    try:
        if changed and suspicious:
            other = _copy_of(keeper, deadline)
        first = _run(keeper, lead, test, student_names, deadline)
        if other is None or first.ended != Native.PASSED:
            return first
        second = _run(other, lead, changed, student_names, deadline, ask=False)
        if second.ended == Native.FAILED:
            return replace(first, ended=Native.PROVED) if mutates is None else first
        if mutates is None:
            return first
        if second.ended == Native.UNFINISHED:
            return second
        return NativeRun(Native.FORGED, words="the test passes whatever value it demands")
    except frames.FrameError as error:
        return NativeRun(Native.UNFINISHED, fault=error)
    finally:
        for each in (keeper, other):
            if each is not None:
                each.close()


def points_of(shown: str) -> float | None:
    """Return the points that a test's last line gives, as nbgrader reads them; None if it gives none.

    Example:
        >>> points_of("0.5"), points_of("-1"), points_of("done")
        (0.5, None, None)
    """
    try:
        points = float(shown)
    except ValueError:
        return None
    return points if points >= 0 else None


def copy_through(peer: Peer) -> tuple[socket.socket, bool]:
    """Have a student's process fork a copy of itself; return the copy's socket, and whether threads were left behind.

    Raises:
        Exception: it does not.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            threads = peer.ask("freeze", after=lambda: _send_descriptor(peer.connection, theirs))
        except BaseException:
            ours.close()
            raise
    return ours, threads is True


def _send_descriptor(connection: socket.socket, descriptor: socket.socket) -> None:
    with contextlib.suppress(OSError):  # then the other side is gone, as the answer will tell
        socket.send_fds(connection, [b"F"], [descriptor.fileno()])


def _copy_of(keeper: socket.socket, deadline: float) -> socket.socket | None:
    peer = _peer(keeper)
    peer.deadline = deadline
    with contextlib.suppress(CannotCross):
        return copy_through(peer)[0]
    return None


def _run(
    copy: socket.socket,
    lead: list[str],
    test: str,
    student_names: set[str],
    deadline: float,
    *,
    ask: bool = True,
) -> NativeRun:
    """Run a test in a copy, then ask the copy what it cannot have known, if so wanted."""
    peer = _peer(copy)
    peer.deadline = deadline
    try:
        asked = sorted(used_names(test) & set(dir(builtins)) - student_names)
        name, words, line, shown = _answer(peer, [*lead, test], asked)
        if name:
            return NativeRun(Native.FAILED, line=line, words=f"{name}: {words}")
        if ask:
            program, expected = canary_program(test, student_names)
            peer.deadline = min(deadline, time.monotonic() + _SECONDS_OF_QUESTIONS)
            if _answer(peer, [program], asked) != ("", "", 0, expected):
                return NativeRun(Native.FORGED, words="assertions that must fail pass after it")
    except frames.FrameError as error:
        return NativeRun(Native.UNFINISHED, fault=error)
    except (MemoryError, RecursionError) as error:
        return NativeRun(Native.UNFINISHED, words=type(error).__name__)
    except Exception as error:
        return NativeRun(Native.FORGED, words=f"its answer is malformed: {type(error).__name__}")
    return NativeRun(Native.PASSED, points_of(shown))


def _answer(peer: Peer, sources: list[str], built_in: list[str]) -> tuple[str, str, int, str]:
    name, words, line, shown = peer.ask("native", sources, built_in)
    if not (isinstance(name, str) and isinstance(words, str) and type(line) is int and isinstance(shown, str)):
        raise CannotCross("the answer is malformed")
    return name, words, line, shown


def _peer(connection: socket.socket) -> Peer:
    return Peer(connection, {"relay": _silent}, handle=no_handles, resolve=_refuse)


def _silent(*_: Any) -> None:
    raise PermissionError("this function answers while cells run, not in a test")


def _refuse(*_: Any) -> Any:
    raise CannotCross("an answer of plain data was expected")
