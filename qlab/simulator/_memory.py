"""How much memory is free, and a refusal before anything is allocated where that is too little."""

from __future__ import annotations

import os
from pathlib import Path

from qlab import _validate

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def free_bytes() -> int:
    """Memory that a new array could take: what the kernel calls available, else what the machine has."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not tell: no refusal
        return 1 << 62


def spelled(size: int) -> str:
    """A number of bytes for a human.

    >>> spelled(2**38)
    '256 GiB'
    """
    step = min(max(0, (size.bit_length() - 1) // 10), len(_UNITS) - 1)
    count = size >> 10 * step if size.bit_length() > 1000 else size / 1024**step
    return f"{count:.4g} {_UNITS[step]}" if count < 1e6 else f"2^{size.bit_length() - 1} bytes"


def require(size: int, number: int, what: str, name: str = "num_qubits", remedy: str = "") -> None:
    """Refuse work that needs more memory than is free.

    Args:
        size: bytes that the work needs at its peak.
        number: value of the argument to blame.
        what: the array that takes them, for instance ``"a ket of complex64"``.
        name: the argument to blame.
        remedy: what to do instead, with the punctuation before it.

    Raises:
        ValueError: with the size that would be needed and the size that is free.
    """
    free = free_bytes()
    if size > free:
        demand = f"must fit into memory ({what} needs {spelled(size)}, {spelled(free)} are free){remedy}"
        raise _validate.fail(name, demand, number)
