"""The learner's own line in an exception: the last one that stands in no installed package."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_INSTALLED = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")} | {_PACKAGE}


def own_line(error: BaseException) -> str:
    """Where an exception struck, such as ``"line 2 of its cell: return 1 / x"``; empty where that is not known.

    Args:
        error: as it was caught.
    """
    if isinstance(error, SyntaxError) and error.lineno and _is_own(error.filename or ""):
        return _place(error.filename or "", error.lineno, error.text or "")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    return _place(frames[-1].filename, frames[-1].lineno or 0, frames[-1].line or "") if frames else ""


def _is_own(filename: str) -> bool:
    path = Path(filename)
    return not filename.startswith("<frozen") and not any(path.is_relative_to(folder) for folder in _INSTALLED)


def _place(filename: str, number: int, text: str) -> str:
    """Cells have names of no file."""
    where = Path(filename).name if Path(filename).is_file() else "its cell"
    line = " ".join(text.split())
    return f"line {number} of {where}" + (f": {line if len(line) <= 120 else line[:119] + '…'}" if line else "")
