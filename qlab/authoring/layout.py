"""Lay out a solutions notebook from a Markdown draft, once; from then on the notebook is edited by hand.

    python -m qlab.authoring.layout draft.md solutions/04_bell_tests/04_bell_tests.ipynb
    python -m qlab.authoring.layout --show solutions/04_bell_tests/04_bell_tests.ipynb     # back to a draft

A draft is Markdown. Text becomes text cells; a line ``+++`` starts a new one. Fenced blocks become code:

    ```{setup}            the locked set-up cell
    ```{code}             an ordinary cell, not graded
    ```{task} 04.best_angles
                          the solution cell; its visible and hidden tests follow by themselves
    ```{reflection} 4     manually graded, worth 4 points; the block's text is the model answer, cut for learners
                          (the question and the rubric stand in the text cell before)

In a task's block, the answer stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION``.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qlab._files import write_atomically
from qlab.checks._registry import find_task

Cell = dict[str, Any]
BLOCK = re.compile(r"^```\{(setup|code|task|reflection)\} ?([^\n]*)\n(.*?)^```$", re.M | re.S)
GOES_ON = ("raises-exception",)
"""Tags of answers and their tests: where one fails, "Run All" goes on; nbgrader grades as ever."""
HIDDEN_NOTE = "# When your work is graded, other inputs are tried here.\n"


def _cell(kind: str, source: str, cell_id: str, mark: dict[str, Any] | None = None) -> Cell:
    cell: Cell = {"cell_type": kind, "id": cell_id, "metadata": {} if mark is None else {"nbgrader": mark}}
    if kind == "code":
        if mark is not None and (mark["grade"] or mark["solution"]):
            cell["metadata"]["tags"] = list(GOES_ON)
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": source.strip("\n").splitlines(keepends=True)}


def _mark(grade_id: str, **changes: Any) -> dict[str, Any]:
    mark = {"grade": False, "grade_id": grade_id, "locked": True, "schema_version": 3, "solution": False, "task": False}
    return dict(sorted((mark | changes).items()))


def task_cells(task_id: str, source: str, seed: int) -> list[Cell]:
    """The solution cell of a task and its two tests.

    Args:
        task_id: such as ``"04.best_angles"``.
        source: the learner's function with the answer between the solution marks.
        seed: of the hidden inputs.
    """
    task = find_task(task_id)
    call = f'check("{task.id}", {task.name}'
    hidden = f"{HIDDEN_NOTE}### BEGIN HIDDEN TESTS\n{call}, seed={seed})\n### END HIDDEN TESTS"
    visible = _mark(f"{task.grade_id}-visible", grade=True, points=1)
    unseen = _mark(f"{task.grade_id}-hidden", grade=True, points=task.points - 1)
    return [
        _cell("code", source, task.grade_id, _mark(task.grade_id, solution=True, locked=False)),
        _cell("code", f"{call})", f"{task.grade_id}-visible", visible),
        _cell("code", hidden, f"{task.grade_id}-hidden", unseen),
    ]


def _texts(text: str, number: int) -> Iterator[Cell]:
    for i, part in enumerate(re.split(r"^\+\+\+$", text, flags=re.M)):
        if part.strip():
            yield _cell("markdown", part, f"text-{number}" + (f"-{i}" if i else ""))


def _block(kind: str, argument: str, body: str, number: int) -> list[Cell]:
    if kind == "setup":
        return [_cell("code", body, "set-up", _mark("set-up"))]
    if kind == "code":
        return [_cell("code", body, f"code-{number}")]
    if kind == "task":
        return task_cells(argument.strip(), body, seed=10_000 + secrets.randbelow(9_990_000))
    points = float(argument)
    whole = int(points) if points == int(points) else points
    mark = _mark("reflection", grade=True, solution=True, locked=False, points=whole)
    return [_cell("markdown", body, "reflection", mark)]


def notebook(draft: str) -> dict[str, Any]:
    """A draft as an nbgrader source notebook, without outputs."""
    cells: list[Cell] = []
    start = 0
    for number, block in enumerate(BLOCK.finditer(draft), start=1):
        cells += _texts(draft[start : block.start()], number)
        kind, argument, body = block.groups()
        cells += _block(kind, argument, body, number)
        start = block.end()
    cells += _texts(draft[start:], 0)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def draft(document: dict[str, Any]) -> str:
    """A solutions notebook as a draft; hidden seeds are not kept."""
    parts: list[str] = []
    for cell in document["cells"]:
        if _mark_of(cell).get("grade_id", "").endswith(("-visible", "-hidden")):
            continue
        source = "".join(cell["source"])
        kind, argument = _block_of(cell, document)
        if kind:
            head = f"```{{{kind}}} {argument}".rstrip()
            parts.append(f"{head}\n{source}\n```")
        elif parts and not parts[-1].startswith("```"):
            parts.append(f"+++\n{source}")
        else:
            parts.append(source)
    return "\n\n".join(parts) + "\n"


def _mark_of(cell: Cell) -> dict[str, Any]:
    mark: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return mark


def _block_of(cell: Cell, document: dict[str, Any]) -> tuple[str, str]:
    """Kind and argument of the fenced block that a cell becomes; text has no kind."""
    mark = _mark_of(cell)
    if cell["cell_type"] == "markdown":
        return ("reflection", str(mark["points"])) if mark else ("", "")
    if not mark:
        return "code", ""
    name = mark["grade_id"]
    return ("setup", "") if name == "set-up" else ("task", _task_id(document, name))


def _task_id(document: dict[str, Any], grade_id: str) -> str:
    for cell in document["cells"]:
        if _mark_of(cell).get("grade_id") == f"{grade_id}-visible":
            found = re.search(r'check\("([^"]+)"', "".join(cell["source"]))
            if found:
                return found.group(1)
    raise ValueError(f"grade_id must have a visible test, got {grade_id!r}")


def main(arguments: list[str]) -> None:
    """Run the command described above."""
    if len(arguments) == 2 and arguments[0] == "--show":
        print(draft(json.loads(Path(arguments[1]).read_text(encoding="utf-8"))), end="")
        return
    if len(arguments) != 2:
        sys.exit(__doc__)
    source, target = map(Path, arguments)
    if target.exists():
        sys.exit(f"{target} exists and is the source now: edit it, or remove it first")
    laid_out = json.dumps(notebook(source.read_text(encoding="utf-8")), indent=1, ensure_ascii=False) + "\n"
    write_atomically(target, laid_out)


if __name__ == "__main__":
    main(sys.argv[1:])
