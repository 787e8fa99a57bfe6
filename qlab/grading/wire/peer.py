"""Questions and answers over one connection, in either direction.

Both sides ask with ``["q", operation, arguments]`` and answer with ``["r", value]`` or
``["x", error]``.  While a side waits for its answer it serves the other side's questions, which is
how a callback works.  The nesting of such questions is bounded, and every question carries an
absolute deadline.
"""

from __future__ import annotations

import builtins
import socket
import time
from collections.abc import Callable
from typing import Any

from qlab.grading.wire import frames, limits
from qlab.grading.wire.codec import CannotCross, Packer, Unpacker

Operation = Callable[..., Any]


class RemoteError(Exception):
    """An exception of the other side that has no counterpart here."""


def describe_error(error: BaseException) -> dict[str, str]:
    """Describe an exception as plain text: its nearest built-in class, its own name, its message.

    Example:
        >>> describe_error(KeyError("a"))["type"]
        'KeyError'
    """
    nearest = "Exception"
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" and issubclass(kind, BaseException):
            nearest = kind.__name__
            break
    try:
        text = str(error.args[0]) if nearest == "KeyError" and error.args else str(error)
    except Exception:
        text = ""
    own = str(type(error).__name__)[:100]
    return {"type": nearest, "own": own, "text": text[: limits.MAX_TEXT]}


def rebuild_error(description: Any) -> Exception:
    """Return a fresh exception for a description; only built-in classes are ever made.

    Example:
        >>> rebuild_error({"type": "ValueError", "own": "ValueError", "text": "no"})
        ValueError('no')
    """
    fields = description if isinstance(description, dict) else {}
    name, own, text = (str(fields.get(key, ""))[: limits.MAX_TEXT] for key in ("type", "own", "text"))
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = RemoteError
    try:
        error: Exception = kind(text)
    except TypeError:  # UnicodeDecodeError and its like want more arguments
        error = RemoteError(text)
    error.remote_name = own or name  # type: ignore[attr-defined]
    return error


class Peer:
    """One end of the boundary.

    Args:
        connection: a connected stream socket.
        operations: what the other side may ask for, by name.
        handle: packs a value that is not plain data, see :class:`Packer`.
        resolve: unpacks such a value, see :class:`Unpacker`.
        by_class: see :class:`Packer`.
        array: see :class:`Unpacker`.

    Attributes:
        connection: as given.
        deadline: when the other side must have answered, on the clock of `time.monotonic`.
        fault: what happened to the connection, None if nothing did.
        lost: see :class:`Unpacker`.
    """

    def __init__(
        self,
        connection: socket.socket,
        operations: dict[str, Operation],
        *,
        handle: Callable[[Any], Any],
        resolve: Callable[[str, Any], Any],
        by_class: bool = False,
        array: Callable[[Any], Any] | None = None,
    ) -> None:
        self.connection = connection
        self.deadline = time.monotonic() + 3600.0
        self.fault: frames.FrameError | None = None
        self.lost: set[str] = set()
        self._operations = operations
        self._handle = handle
        self._resolve = resolve
        self._by_class = by_class
        self._array = array
        self._depth = 0

    def ask(self, operation: str, *arguments: Any, after: Callable[[], None] | None = None) -> Any:
        """Ask the other side and return its answer, serving its questions meanwhile.

        Args:
            operation: the name of what is asked.
            arguments: its arguments.
            after: called between the question and its answer, to send a descriptor along.

        Raises:
            CannotCross: an argument may not cross.
            FrameError: the other side is gone, late or malformed; also recorded in `fault`.
            Exception: what the other side raised, rebuilt from its description.
        """
        if self.fault is not None:
            raise self.fault
        if self._depth >= limits.MAX_CALL_DEPTH:
            raise RecursionError("too many calls across the boundary are nested")
        packer = Packer(self._handle, by_class=self._by_class)
        content = packer.pack(list(arguments))
        self._depth += 1
        try:
            self._send(["q", operation, content], packer.blobs)
            if after is not None:
                after()
            return self._answer()
        except frames.FrameError as error:
            self.fault = error
            raise
        finally:
            self._depth -= 1

    def wait_again(self, deadline: float) -> Any:
        """Wait for the answer to a question whose deadline has passed.

        Raises:
            FrameError: it does not come now either.
        """
        self.fault, self.deadline = None, deadline
        try:
            return self._answer()
        except frames.FrameError as error:
            self.fault = error
            raise

    def serve(self) -> None:
        """Answer questions until the other side closes the connection."""
        while True:
            try:
                message, blobs = frames.receive(self.connection, deadline=self.deadline)
            except frames.PeerGone:
                return
            self._serve_one(message, blobs)

    def _send(self, message: Any, blobs: list[bytes]) -> None:
        frames.send(self.connection, message, blobs, deadline=self.deadline)

    def _answer(self) -> Any:
        while True:
            message, blobs = frames.receive(self.connection, deadline=self.deadline)
            if not isinstance(message, list) or len(message) < 2:
                raise frames.FrameError("the answer is malformed")
            if message[0] == "r":
                return self._unpack(message[1], blobs)
            if message[0] == "x":
                raise rebuild_error(message[1])
            self._serve_one(message, blobs)

    def _unpack(self, content: Any, blobs: list[bytes]) -> Any:
        unpacker = Unpacker(blobs, self._resolve, array=self._array)
        try:
            return unpacker.unpack(content)
        except RecursionError:
            raise CannotCross("the value is nested too deeply") from None
        finally:
            self.lost |= unpacker.lost

    def _serve_one(self, message: Any, blobs: list[bytes]) -> None:
        if not isinstance(message, list) or len(message) != 3 or message[0] != "q":
            raise frames.FrameError("the question is malformed")
        operation = self._operations.get(message[1]) if isinstance(message[1], str) else None
        if operation is None:
            raise frames.FrameError("the question is unknown")
        packer = Packer(self._handle, by_class=self._by_class)
        self._depth += 1
        try:
            if self._depth > limits.MAX_CALL_DEPTH:
                raise RecursionError("too many calls across the boundary are nested")
            arguments = self._unpack(message[2], blobs)
            if not isinstance(arguments, list):
                raise CannotCross("the arguments are malformed")
            answer = ["r", packer.pack(operation(*arguments))]
        except frames.FrameError:
            raise
        except BaseException as error:
            answer, packer.blobs = ["x", describe_error(error)], []
        finally:
            self._depth -= 1
        try:
            self._send(answer, packer.blobs)
        except (frames.DeadlineExceeded, frames.PeerGone):
            raise
        except frames.FrameError as error:
            self._send(["x", describe_error(CannotCross(str(error)))], [])
