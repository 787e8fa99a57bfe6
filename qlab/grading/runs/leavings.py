"""Folders for temporary files that a later run removes where an earlier one was killed and could not."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "qlab-run-"
_FRESH_SECONDS = 60.0
_ABANDONED_SECONDS = 3600.0


class OwnFolder:
    """A new folder, locked as long as this process lives.

    Args:
        parent: where to make it; by default where temporary files go.

    Attributes:
        path: the folder.
        descriptor: of the folder, which holds the lock.
    """

    def __init__(self, parent: str | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self.descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):  # where nothing can be locked, nothing is cleared either
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the folder."""
        if self.descriptor >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self.descriptor)
            self.descriptor = -1


def clear_folders(parent: str | None = None) -> None:
    """Remove folders whose process is gone.

    Args:
        parent: as in :class:`OwnFolder`.
    """
    for path in Path(parent or tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime < _FRESH_SECONDS:  # perhaps made, and not yet locked
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(descriptor)


def clear_files(directory: Path) -> None:
    """Remove from a store what :func:`qlab._files.write_atomically` did not finish, some time ago."""
    for path in directory.glob("*/.new-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()
