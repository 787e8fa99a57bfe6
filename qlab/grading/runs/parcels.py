"""What is large goes between the runner and its pool by file; only the file's name crosses a pipe.

A process that is killed halfway through a pipe leaves it blocked for whoever is at its other end. A name is written
whole, and a pipe has room for all that are under way at once.
"""

from __future__ import annotations

import os
import pickle
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Parcel:
    """Something that lies in a file of this machine.

    Attributes:
        path: the file.

    Example:
        >>> import tempfile
        >>> unpack(pack({"a": 1}, tempfile.mkdtemp()))
        {'a': 1}
    """

    path: str


def pack(thing: Any, directory: str) -> Parcel:
    """Write something to a file of its own.

    Args:
        thing: what can be pickled.
        directory: one that nobody else can enter.

    Raises:
        OSError: the disk is full; nothing is left behind.
    """
    path = os.path.join(directory, secrets.token_hex(8))
    try:
        with open(path, "wb") as file:
            pickle.dump(thing, file, protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    return Parcel(path)


def unpack(parcel: Parcel, *, keep: bool = False) -> Any:
    """Read what lies in a parcel.

    Args:
        parcel: made by :func:`pack`.
        keep: leave the file for others.
    """
    with open(parcel.path, "rb") as file:
        thing = pickle.load(file)  # noqa: S301 - our own file, in a directory that nobody else can enter
    if not keep:
        os.unlink(parcel.path)
    return thing
