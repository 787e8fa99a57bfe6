"""Reading notebooks that may be damaged, and rebuilding a submission around the instructor's source."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
Cell = dict[str, Any]
MAX_NOTEBOOK_BYTES = 64 << 20
MAX_CELLS = 5_000


class UnreadableNotebook(ValueError):
    """The file is not a notebook that can be graded; the message says why."""


def read_bytes(path: Path, most: int = MAX_NOTEBOOK_BYTES, *, sole: bool = False) -> bytes:
    """Read a regular file, following no link, up to a number of bytes.

    Args:
        path: the file.
        most: bytes that it may hold.
        sole: refuse a file with a second name (a hard link): it may be the instructor's.

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
    if sole and status.st_nlink > 1:
        os.close(descriptor)
        raise UnreadableNotebook(f"{path.name} is a hard link: hand in a copy")
    with open(descriptor, "rb") as file:
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


def rebuild(source: Notebook, submission: Notebook) -> Notebook:
    """Return the submission with every marked cell as the instructor made it.

    Fixed cells get the instructor's text, all marked cells the instructor's metadata and order; a second cell
    with a name already taken, or with a name that the source does not know, becomes an ordinary one;
    a missing one is put back after the cell that precedes it in the source.  As in nbgrader, of two
    cells with one name the later is kept.

    Args:
        source: the instructor's notebook, as released: solutions cut, hidden tests in place.
        submission: what :func:`parse_notebook` made of the learner's file.
    """
    wanted = {name: cell for cell in source["cells"] if (name := grade_id(cell)) is not None}
    cells: list[Cell] = []
    seen: set[str] = set()
    for cell in reversed(submission["cells"]):
        name = grade_id(cell)
        cell["metadata"].pop("nbgrader", None)
        if name in wanted and name not in seen:
            seen.add(name)
            cell = _as_released(wanted[name], cell)
        cells.append(cell)
    cells.reverse()
    cells = _in_order(cells, list(wanted))
    _insert_missing(cells, source["cells"], seen)
    _unique_ids(cells)
    known = ("kernelspec", "language_info")
    metadata = {key: copy.deepcopy(source["metadata"][key]) for key in known if key in source["metadata"]}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _in_order(cells: list[Cell], names: list[str]) -> list[Cell]:
    """Return the cells with the marked ones in the instructor's order, each followed by what followed it."""
    groups: list[list[Cell]] = [[]]
    for cell in cells:
        if grade_id(cell) is not None:
            groups.append([])
        groups[-1].append(cell)
    rank = {name: number for number, name in enumerate(names)}
    first, *marked = groups
    marked.sort(key=lambda group: rank[grade_id(group[0]) or ""])
    return [cell for group in [first, *marked] for cell in group]


def _as_released(original: Cell, submitted: Cell) -> Cell:
    cell = copy.deepcopy(original)
    if cell["cell_type"] == "code":
        cell.update(outputs=[], execution_count=None)
    if not is_fixed(original):
        cell["source"] = submitted["source"]
        if "attachments" in submitted and cell["cell_type"] == "markdown":
            cell["attachments"] = submitted["attachments"]
    if "id" in submitted:
        cell["id"] = submitted["id"]
    return cell


def _insert_missing(cells: list[Cell], originals: list[Cell], seen: set[str]) -> None:
    previous: str | None = None
    for original in originals:
        name = grade_id(original)
        if name is None:
            continue
        if name not in seen:
            places = [i for i, cell in enumerate(cells) if grade_id(cell) == previous] if previous else []
            cells.insert(places[0] + 1 if places else 0, _as_released(original, original))
            seen.add(name)
        previous = name


def _unique_ids(cells: list[Cell]) -> None:
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        name = cell.get("id", "")
        if not (0 < len(name) <= 64 and all((c.isalnum() and c.isascii()) or c in "-_" for c in name)) or name in taken:
            text = f"{index}:{cell['source']}"
            cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:12]
        taken.add(cell["id"])


def write_notebook(notebook: Notebook) -> str:
    """Return a notebook as the text that nbformat would write.

    Example:
        >>> write_notebook({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})[-2:]
        '}\\n'
    """
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True)
    return text + "\n"
