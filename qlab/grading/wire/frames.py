"""Length-prefixed frames over a stream socket.

A frame is a header of three unsigned 32-bit numbers (JSON bytes, number of blobs, blob bytes), the
JSON text, then the blobs.  Every length is checked against its cap before a byte of the body is
read, so that a hostile sender can neither make the receiver allocate nor keep it waiting beyond an
absolute deadline.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

from qlab.grading.wire import limits

_HEADER = struct.Struct(">III")


class FrameError(Exception):
    """The other side sent something that is not a frame, or stopped sending."""


class PeerGone(FrameError):
    """The other side closed the connection."""


class DeadlineExceeded(FrameError):
    """The other side did not answer in time."""


def send(connection: socket.socket, message: Any, blobs: list[bytes], *, deadline: float) -> None:
    """Send one frame.

    Args:
        connection: a connected stream socket.
        message: JSON-serialisable content.
        blobs: raw attachments.
        deadline: absolute time of `time.monotonic` by which all must be sent.

    Raises:
        FrameError: a cap is exceeded, the peer is gone or the deadline passed.
    """
    text = json.dumps([[len(blob) for blob in blobs], message], separators=(",", ":")).encode()
    size = sum(map(len, blobs))
    _check_caps(len(text), len(blobs), size)
    try:
        connection.settimeout(_remaining(deadline))
        connection.sendall(b"".join([_HEADER.pack(len(text), len(blobs), size), text, *blobs]))
    except TimeoutError:
        raise DeadlineExceeded("the answer was not taken in time") from None
    except OSError as error:
        raise PeerGone(str(error)) from None


def receive(connection: socket.socket, *, deadline: float) -> tuple[Any, list[bytes]]:
    """Receive one frame: the message and its blobs.

    Args:
        connection: a connected stream socket.
        deadline: absolute time of `time.monotonic` by which the whole frame must be here.

    Raises:
        FrameError: the frame is malformed or too large, the peer is gone or the deadline passed.
    """
    text_size, count, blob_size = _HEADER.unpack(_read(connection, _HEADER.size, deadline))
    _check_caps(text_size, count, blob_size)
    text = _read(connection, text_size, deadline)
    body = _read(connection, blob_size, deadline)
    try:
        sizes, message = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise FrameError("the frame does not hold JSON") from None
    if not isinstance(sizes, list) or len(sizes) != count:
        raise FrameError("the frame's list of sizes does not match its header")
    if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) != blob_size:
        raise FrameError("the frame's sizes do not add up")
    blobs, start = [], 0
    for size in sizes:
        blobs.append(body[start : start + size])
        start += size
    return message, blobs


def _check_caps(text_size: int, count: int, blob_size: int) -> None:
    if text_size > limits.MAX_JSON_BYTES:
        raise FrameError(f"a value of {text_size} bytes is too large to cross")
    if count > limits.MAX_BLOBS or blob_size > limits.MAX_BLOB_BYTES:
        raise FrameError(f"{count} arrays of {blob_size} bytes are too large to cross")


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("no answer in time")
    return left


def _read(connection: socket.socket, size: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    while size:
        try:
            connection.settimeout(_remaining(deadline))
            part = connection.recv(min(size, limits.MEBIBYTE))
        except TimeoutError:
            raise DeadlineExceeded("no answer in time") from None
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not part:
            raise PeerGone("the other side closed the connection")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
