"""Finished results on disk, one file each, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from qlab._files import write_atomically
from qlab.grading.runs.results import Result


class Store:
    """Results by key.

    Args:
        directory: where they are kept; made when the first one is written.

    Example:
        >>> import tempfile
        >>> store = Store(Path(tempfile.mkdtemp()))
        >>> store.put(Result("ab12", "ada", {}))
        >>> store.get("ab12").learner, store.get("cd34")
        ('ada', None)
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, key: str) -> Path:
        """Return where the result of that key is kept."""
        return self.directory / key[:2] / f"{key}.json"

    def get(self, key: str) -> Result | None:
        """Return a result, or None if there is none that can be read."""
        try:
            return Result.from_data(json.loads(self.path(key).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def forget(self, key: str) -> None:
        """Remove a result, also one that cannot be read."""
        with contextlib.suppress(OSError):
            self.path(key).unlink()

    def put(self, result: Result) -> None:
        """Keep a result under its key."""
        text = json.dumps(result.to_data(), ensure_ascii=False)
        write_atomically(self.path(result.key), text.encode("utf-8", "replace"), durable=True)
