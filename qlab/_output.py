"""What a command prints cannot end its work, and the machine's encoding decides nothing.

Known to no library: also a command whose extra is missing says so in any environment.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class _Patient(io.FileIO):
    """A descriptor on which writing never fails.

    Attributes:
        failure: why nothing is written any more, None as long as all is.
    """

    failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write, or do as if once the reader is gone or the disk is full."""
        try:
            while self.failure is None:
                written = super().write(content)
                if written is not None:
                    return written
                select.select([], [self], [])  # whoever shares the terminal has made it impatient
        except OSError as error:
            self.failure = error
        return len(content)


def run_in_utf8() -> None:
    """Start this command anew in Python's UTF-8 mode where names of files would be read in another encoding.

    What is printed keeps the encoding that was asked for.
    """
    if sys.getfilesystemencoding() == "utf-8" or sys.flags.utf8_mode:
        return
    os.environ.setdefault("PYTHONIOENCODING", getattr(sys.stdout, "encoding", None) or "utf-8")
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


@contextlib.contextmanager
def steady_output() -> Iterator[None]:
    """Let the block print to whatever there is: no pipe, disk, encoding or missing descriptor ends it.

    Raises:
        SystemExit: always, with the block's own exit code; 1 in place of 0 if what it printed could not be written,
            unless the reader went away.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: no file of ours may become the output
    kept = sys.stdout, sys.stderr
    out, err = _steady(sys.stdout, 1), _steady(sys.stderr, 2)
    sys.stdout, sys.stderr = out or kept[0], err or kept[1]
    code: Any = 0
    try:
        yield
    except SystemExit as left:
        code = left.code
    finally:
        sys.stdout.flush()
        failure = out.buffer.raw.failure if out is not None else None  # type: ignore[attr-defined]
        if failure is not None:
            print(f"The output ends early ({failure.strerror}); the work went on.", file=sys.stderr)
        sys.stderr.flush()
        sys.stdout, sys.stderr = kept
    if failure is not None and failure.errno != errno.EPIPE:
        code = code or 1
    raise SystemExit(code)


def _steady(stream: TextIO | None, number: int) -> io.TextIOWrapper | None:
    """Return a stream like the given one that cannot fail, None if it ends in no descriptor."""
    encoding = "utf-8"
    if stream is not None:
        try:
            stream.flush()
            number = stream.fileno()
        except (OSError, ValueError):  # a test's stream, which ends in no descriptor
            return None
        encoding = stream.encoding
    buffer = io.BufferedWriter(_Patient(number, "w", closefd=False))
    return io.TextIOWrapper(
        buffer, encoding, errors="backslashreplace", line_buffering=os.isatty(number) or number == 2
    )
