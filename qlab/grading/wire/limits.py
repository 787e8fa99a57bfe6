"""What a notebook may use, and what may cross the boundary."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

MEBIBYTE = 1 << 20
MAX_JSON_BYTES = 8 * MEBIBYTE
MAX_BLOB_BYTES = 64 * MEBIBYTE
MAX_BLOBS = 10_000
MAX_DEPTH = 100
MAX_NODES = 1_000_000
MAX_CALL_DEPTH = 40
MAX_TEXT = 2_000
MAX_PIXELS = 25_000_000
MAX_DRAWN_ELEMENTS = 50_000
MAX_PAGE_PIXELS = 200_000_000
MAX_PAGE_TAGS = 60_000
"""Points and elements of one picture, of all pictures of a page, and all elements of a page but for its code."""
IMPORTABLE = frozenset({"builtins", "math", "cmath", "operator", "numpy", "numpy.linalg", "numpy.fft"})
"""Modules whose functions cross by name, such as `math.sin`: all that they can do is to compute."""


@dataclass(frozen=True)
class Limits:
    """Allowances of one notebook.

    Attributes:
        cell_seconds: wall time of one student cell.
        test_seconds: wall time of one test cell, calls into student code included.
        notebook_seconds: wall time of all cells and tests together.
        grace_seconds: how much longer than `notebook_seconds` the worst case may take.
        cpu_seconds: processor time of one student process.
        memory_mb: memory of one student process, and of all of them together.
        processes: processes and threads of one learner.
        file_mb: size of one file, and of each private file system.
        open_files: open file descriptors of one student process.
        output_bytes: captured output of one cell, display data included.
        notebook_output_bytes: the same of all cells of a notebook together, as a notebook file holds it.

    Example:
        >>> Limits(cell_seconds=5).cell_seconds
        5
    """

    cell_seconds: float = 30.0
    test_seconds: float = 15.0
    notebook_seconds: float = 120.0
    grace_seconds: float = 15.0
    cpu_seconds: int = 120
    memory_mb: int = 2048
    processes: int = 96
    file_mb: int = 64
    open_files: int = 512
    output_bytes: int = 200_000
    notebook_output_bytes: int = 5_000_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be positive, got {value!r}")

    def as_dict(self) -> dict[str, Any]:
        """Return the allowances as plain data.

        Example:
            >>> Limits().as_dict()["output_bytes"]
            200000
        """
        return asdict(self)
