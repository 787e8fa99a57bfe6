"""The files beside a notebook, read safely; what is left out is named with its reason."""

from __future__ import annotations

import itertools
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from qlab.grading.notebooks.reading import UnreadableNotebook, read_bytes

MAX_BYTES = 8 << 20
"""Bytes of all files beside one notebook."""
_MOST_FILES, _MOST_ENTRIES, _MOST_DEPTH = 200, 10_000, 20
_LONGEST_NAME = 1000  # a path has at most 4096 bytes, and the file is written again below another directory
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

HIDDEN = "hidden"
EMPTY = "the folder is empty"
HARMLESS = frozenset({HIDDEN, EMPTY})
"""Reasons for which a file is ignored that can have cost nobody a point."""


@dataclass(frozen=True)
class Found:
    """Files below a directory.

    Attributes:
        files: content by relative name.
        notebooks: relative names of files that are called like notebooks; they are not read here.
        left_out: why a file is not among them, by relative name.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    notebooks: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def is_plain_name(name: str) -> bool:
    r"""Return whether a name can be kept and shown: text of any script without controls or turned directions.

    Example:
        >>> is_plain_name("نیم\u200cفاصله"), is_plain_name("a\nb"), is_plain_name("\udcff")
        (True, False, False)
    """
    return not any(unicodedata.category(c) in _UNFIT or c in _TURNING for c in name)


def shown(name: str) -> str:
    r"""Return a name as it can be printed, controls and turned directions written out.

    Example:
        >>> shown("a\nb"), shown("ψ")
        ('a\\nb', 'ψ')
    """
    return "".join(c if is_plain_name(c) else ascii(c)[1:-1] for c in name)


def is_notebook_name(name: str) -> bool:
    """Return whether a file's name is one that browsers, editors and learners give a notebook.

    Example:
        >>> [is_notebook_name(n) for n in ("hw.ipynb", "HW.IPYNB", "hw.ipynb.txt", "hw.ipynb (1)", "ipynb.csv")]
        [True, True, True, True, False]
    """
    return ".ipynb" in name.lower()


def files_below(directory: Path, objection: Callable[[os.stat_result], str] | None = None) -> Found:
    """Read the small regular files below a directory; links are not followed.

    Args:
        directory: an assignment's released directory, or a submission's.
        objection: says of an opened file why it may not be read; empty if it may.
    """
    found = Found()
    total = 0
    for path, why in _entries(directory):
        name = str(path.relative_to(directory))
        if not why and len(name.encode()) > _LONGEST_NAME:
            why = "its name is too long"
        if not why and is_notebook_name(path.name):
            found.notebooks.append(name)
            continue
        if not why and len(found.files) >= _MOST_FILES:
            why = f"more than {_MOST_FILES} files"
        if not why:
            try:
                content = read_bytes(path, MAX_BYTES - total, objection=objection)
            except UnreadableNotebook as error:
                why = str(error).removeprefix(f"{path.name} ")
                if "bytes, more than" in why:
                    why = f"too large: the files beside a notebook may hold {MAX_BYTES >> 20} MB together"
            else:
                total += len(content)
                found.files[name] = content
        if why:
            found.left_out[name] = why
    return found


def _entries(directory: Path) -> Iterator[tuple[Path, str]]:
    """Yield files in order, down to a depth and up to a number, each with why it is left out."""
    waiting, seen = [(directory, 0)], 0
    while waiting:
        place, depth = waiting.pop()
        try:
            with os.scandir(place) as listed:
                entries = sorted(itertools.islice(listed, _MOST_ENTRIES), key=lambda entry: entry.name)
        except OSError as error:
            yield place, f"cannot be opened: {error.strerror}"
            continue
        seen += len(entries)
        below: list[tuple[Path, int]] = []
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith((".", "__pycache__")):
                yield path, HIDDEN
            elif not is_plain_name(entry.name):
                yield path, "its name holds control characters"
            elif entry.is_symlink():
                yield path, "it is a link"
            elif not entry.is_dir(follow_symlinks=False):
                yield path, ""
            elif depth < _MOST_DEPTH and seen < _MOST_ENTRIES:
                below.append((path, depth + 1))
            else:
                yield path, "too many folders"
        waiting += reversed(below)


def without_clashes(files: dict[str, bytes], names: Iterable[str]) -> dict[str, bytes]:
    """Return a learner's files but for those that stand in the way of the assignment's.

    Example:
        >>> without_clashes({"a": b"", "b/c": b"", "d": b""}, ["a/x", "b"])
        {'d': b''}
    """
    own = [PurePath(name) for name in names]
    return {
        name: content
        for name, content in files.items()
        if not any(PurePath(name).is_relative_to(one) or one.is_relative_to(name) for one in own)
    }
