"""Reading notebooks that may be damaged, and what the marks of their cells mean."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
Cell = dict[str, Any]
MAX_NOTEBOOK_BYTES = 64 << 20
MAX_CELLS = 5_000


class UnreadableNotebook(ValueError):
    """The file is not a notebook that can be graded; the message says why."""


def read_bytes(
    path: Path, most: int = MAX_NOTEBOOK_BYTES, *, objection: Callable[[os.stat_result], str] | None = None
) -> bytes:
    """Read a regular file, following no link, up to a number of bytes.

    Args:
        path: the file.
        most: bytes that it may hold.
        objection: says of an opened file why it may not be read; empty if it may.

    Raises:
        UnreadableNotebook: the path is a link, a pipe, a device, too large or unreadable.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableNotebook(f"{path.name} cannot be opened: {error.strerror}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableNotebook(f"{path.name} is not a regular file")
    with open(descriptor, "rb") as file:
        if objection is not None and (why := objection(status)):
            raise UnreadableNotebook(f"{path.name} {why}")
        if status.st_size > most:
            raise UnreadableNotebook(f"{path.name} holds {status.st_size} bytes, more than {most}")
        return file.read(most)


def parse_notebook(content: bytes) -> Notebook:
    """Return a notebook of format 4 from a file's bytes, repairing what can be repaired.

    Raises:
        UnreadableNotebook: there is no notebook in it.

    Example:
        >>> parse_notebook(b'{"nbformat": 4, "cells": []}')["cells"]
        []
    """
    try:
        raw = json.loads(content.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise UnreadableNotebook(f"the file does not hold JSON: {str(error)[:200]}") from None
    if not isinstance(raw, dict):
        raise UnreadableNotebook("the file does not hold a notebook")
    if not isinstance(raw.get("cells"), list) and isinstance(raw.get("worksheets"), list):
        raw = {"cells": [cell for sheet in raw["worksheets"] if isinstance(sheet, dict)
                         for cell in _listed(sheet.get("cells"))]}  # fmt: skip
    if not isinstance(raw.get("cells"), list):
        raise UnreadableNotebook("the file does not hold a notebook: it has no list of cells")
    cells = [repaired for cell in raw["cells"][:MAX_CELLS] if (repaired := _repair_cell(cell)) is not None]
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _repair_cell(cell: Any) -> Cell | None:
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "markdown" if kind == "heading" else None
    if kind is None:
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    source = source.encode("utf-8", "replace").decode()
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    repaired: Cell = {"cell_type": kind, "metadata": _plain_metadata(metadata or {}), "source": source}
    if isinstance(cell.get("id"), str):
        repaired["id"] = cell["id"]
    if kind == "code":
        repaired.update(outputs=[], execution_count=None)
    elif isinstance(cell.get("attachments"), dict):
        repaired["attachments"] = _plain_attachments(cell["attachments"])
    return repaired


def _plain_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's marks and tags; whatever else a learner writes there serves no grading."""
    kept = {"nbgrader": metadata["nbgrader"]} if isinstance(metadata.get("nbgrader"), dict) else {}
    tags = [tag for tag in _listed(metadata.get("tags")) if isinstance(tag, str)]
    return {**kept, "tags": list(dict.fromkeys(tags))} if tags else kept


def _plain_attachments(attachments: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {
        name: {mime: content for mime, content in bundle.items() if isinstance(content, str)}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }


def marks(cell: Cell) -> dict[str, Any]:
    """Return a cell's nbgrader metadata, empty if it has none that makes sense."""
    found = cell["metadata"].get("nbgrader")
    return found if isinstance(found, dict) else {}


def grade_id(cell: Cell) -> str | None:
    """Return the name that nbgrader knows a cell by."""
    found = marks(cell).get("grade_id")
    return found if isinstance(found, str) else None


def is_test(cell: Cell) -> bool:
    """Return whether a cell is an automatic test."""
    mark = marks(cell)
    return bool(mark.get("grade")) and not mark.get("solution") and cell["cell_type"] == "code"


def is_solution(cell: Cell) -> bool:
    """Return whether a cell is the learner's to fill in."""
    return bool(marks(cell).get("solution"))


def is_fixed(cell: Cell) -> bool:
    """Return whether nbgrader puts the instructor's text back into a cell."""
    mark = marks(cell)
    return not mark.get("solution") and bool(mark.get("grade") or mark.get("locked"))


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of the lines inside hidden-test regions, their marks included.

    Example:
        >>> hidden_lines("a\\n### BEGIN HIDDEN TESTS\\nb\\n### END HIDDEN TESTS")
        {2, 3, 4}
    """
    found, inside = set(), False
    for number, line in enumerate(source.split("\n"), 1):
        if "BEGIN HIDDEN TESTS" in line:
            inside = True
        if inside:
            found.add(number)
        if "END HIDDEN TESTS" in line:
            inside = False
    return found


def visible_source(source: str) -> str:
    """Return a test cell's source as the learner was given it, without its hidden regions.

    Example:
        >>> visible_source("a\\n### BEGIN HIDDEN TESTS\\nb\\n### END HIDDEN TESTS")
        'a'
    """
    hidden = hidden_lines(source)
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in hidden)


def write_notebook(notebook: Notebook) -> str:
    """Return a notebook as the text that nbformat would write.

    Example:
        >>> write_notebook({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})[-2:]
        '}\\n'
    """
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    return text + "\n"
