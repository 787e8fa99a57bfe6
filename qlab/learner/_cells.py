"""The cells of a learner's notebook as grading will see them: instructor's cells restored, tests in their places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qlab.checks import Task, slug, tasks_of_unit
from qlab.grading.notebooks.reading import Cell, Notebook, grade_id, marks, parse_notebook, read_bytes
from qlab.grading.notebooks.rebuilding import rebuild
from qlab.learner.places import RELEASED

VISIBLE_POINTS = 1.0
"""Points of a task's visible test; the rest are the hidden one's."""

_UNWRITTEN = "YOUR ANSWER HERE"
_SOLUTIONS = Path(__file__).parents[2] / "solutions"


def read_notebook(path: Path) -> Notebook:
    """A notebook of format 4, mended where it can be, exactly as grading reads it.

    Raises:
        ValueError: where the file is no notebook.
    """
    try:
        return parse_notebook(read_bytes(path.resolve()))
    except ValueError as error:
        raise ValueError(f"path must be a readable notebook, got {str(path)!r}: {error}") from None


def unit_of(path: Path) -> str:
    """The unit that a notebook is named after: ``04_bell_tests.ipynb``, or a copy of it, belongs to ``"04"``.

    Raises:
        ValueError: where it belongs to none.
    """
    unit = re.split(r"[^a-z0-9]", path.stem, maxsplit=1)[0]
    try:
        tasks_of_unit(unit)
    except ValueError:
        raise ValueError(f"notebook must be named after a unit of the course, got {path.name!r}") from None
    return unit


def as_graded(document: Notebook, unit: str) -> tuple[list[tuple[Cell, Task | None]], list[str]]:
    """All cells in the order in which grading has them, each visible test with its task; and what to tell the learner.

    Fixed cells that were edited, doubled or deleted are put right, as `qlab grade` and nbgrader do it.

    Args:
        document: from `read_notebook`; its cells are changed.
        unit: such as ``"04"``.
    """
    tasks = tasks_of_unit(unit)
    skeleton = _skeleton(document, unit)
    notes = _differences(document, skeleton) + _unwritten(document)
    tests = {f"{task.grade_id}-visible": task for task in tasks}
    cells = rebuild(skeleton, document)["cells"]
    return [(cell, tests.get(grade_id(cell) or "")) for cell in cells], notes


def _fixed(name: str, source: str, **mark: Any) -> Cell:
    return {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name, **mark}}, "source": source}


def _skeleton(document: Notebook, unit: str) -> Notebook:
    """The unit's marked cells as handed out, from its tasks and its set-up cell."""
    cells = [_fixed("set-up", source, locked=True) for source in _set_up(document, unit)]
    for task in tasks_of_unit(unit):
        stub = f"def {task.name}(*arguments):\n    raise NotImplementedError()"
        cells.append(_fixed(task.grade_id, stub, solution=True))
        cells.append(_fixed(f"{task.grade_id}-visible", f'check("{task.id}", {task.name})', grade=True))
        cells.append(_fixed(f"{task.grade_id}-hidden", "", grade=True))
    return {"cells": cells, "metadata": {}}


def _set_up(document: Notebook, unit: str) -> list[str]:
    """Source of the set-up cell: the course's where it is at hand, else the one in the notebook."""
    sources = [folder / slug(unit) / f"{slug(unit)}.ipynb" for folder in (_SOLUTIONS, RELEASED)]
    source = next((path for path in sources if path.is_file()), None)
    handed_out = read_notebook(source) if source is not None else document
    return [cell["source"] for cell in handed_out["cells"] if grade_id(cell) == "set-up"][:1]


def _unwritten(document: Notebook) -> list[str]:
    """Texts to be graded by a person that are not there yet; nbgrader's Validate asks for them too."""
    waiting = [
        str(grade_id(cell))
        for cell in document["cells"]
        if cell["cell_type"] == "markdown"
        and marks(cell).get("solution")
        and cell["source"].strip() in ("", _UNWRITTEN)
    ]
    return [f"The {name} is not written yet; a person grades it." for name in waiting]


def _differences(document: Notebook, skeleton: Notebook) -> list[str]:
    held: dict[str, list[Cell]] = {}
    for cell in document["cells"]:
        held.setdefault(grade_id(cell) or "", []).append(cell)
    notes = []
    for original in skeleton["cells"]:
        name = str(grade_id(original))
        found = held.get(name, [])
        if not found:
            how = "empty" if marks(original).get("solution") else "as it was handed out"
            notes.append(f"The cell {name} is missing; grading puts it back {how}.")
        elif len(found) > 1:
            which = "last one before its test" if marks(original).get("solution") else "first one"
            notes.append(f"The cell {name} is there {len(found)} times; grading takes the {which}.")
        changed = name == "set-up" or name.endswith("-visible")
        if changed and found and found[-1]["source"].strip() != original["source"].strip():
            notes.append(f"The cell {name} was changed; grading puts it back. Keep your lines in cells of your own.")
    return notes
