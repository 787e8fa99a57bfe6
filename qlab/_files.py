"""Files that are there whole or not at all. Known to every room, since grading and course both write results."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o666, durable: bool = False) -> None:
    """Write a file so that a reader, or a crash at any moment, sees the old one or the new one.

    Args:
        path: the file; its directory is made if need be.
        content: all of it; text is written as UTF-8.
        mode: its permissions, less what the umask takes away, as for any new file.
        durable: also survive a loss of power.

    Raises:
        OSError: the disk is full or the directory cannot be written; nothing is left behind.
    """
    written = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(written)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
