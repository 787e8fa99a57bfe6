"""Why a name is missing where a test looks for it: the cell that defines it was late, or lacked a file or package."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from dataclasses import replace

from qlab.grading.notebooks import scope
from qlab.grading.notebooks.reading import Cell, Notebook, is_test
from qlab.grading.wire.messages import Judgement, Output
from qlab.grading.wire.verdict import Verdict

_MISSED = re.compile(r"`(\w+)` is not defined\.|(?:^|: )name '(\w+)' is not defined")
_LONGEST_CHAIN = 10
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_KINDS = ("FileNotFoundError", "OSError", "ModuleNotFoundError")


def with_causes(
    tests: dict[str, Judgement], notebook: Notebook, outputs: Mapping[int, list[Output]], left_out: Mapping[str, str]
) -> dict[str, Judgement]:
    """Return the judgements, a missing name's with the cause where one is known.

    Args:
        tests: judgement by name of the test.
        notebook: the rebuilt submission.
        outputs: outputs by place of the cell in it.
        left_out: why a file is not there though it was handed in or belongs to the assignment, by name.
    """
    found = dict(tests)
    for name, judgement in tests.items():
        missed = _MISSED.search(judgement.message)
        if judgement.verdict != Verdict.CRASHED or missed is None:
            continue
        cause = _cause(missed[1] or missed[2], notebook["cells"], outputs, left_out)
        if cause:
            found[name] = replace(judgement, message=f"{judgement.message.rstrip('.')}: {cause}")
    return found


def _cause(name: str, cells: list[Cell], outputs: Mapping[int, list[Output]], left_out: Mapping[str, str]) -> str:
    for _ in range(_LONGEST_CHAIN):
        error = _error_where_bound(name, cells, outputs)
        if error is None or hasattr(builtins, name):
            return ""
        kind, says = error["ename"], error["evalue"]
        if kind == "CellTimeout":
            return f"the cell that defines `{name}` took longer than it may."
        if kind == "DeadProcess":
            return f"the cell that defines `{name}` was ended: {says.removeprefix('the cell ')}."
        if kind in _KINDS:
            lacked = _lacked(kind, says, left_out)
            return f"the cell that defines `{name}` {lacked}." if lacked else ""
        deeper = _MISSED.search(says)
        if kind != "NameError" or deeper is None:
            return ""
        name = deeper[1] or deeper[2]
    return ""


def _lacked(kind: str, says: str, left_out: Mapping[str, str]) -> str:
    """Return what a cell asked for in vain, empty if that is not known."""
    file = next((one for one in left_out if _names(says, one)), None)
    if file:
        return f"asked for {file}, which is not there: {left_out[file]}"
    package = _NO_MODULE.search(says) if kind == "ModuleNotFoundError" else None
    return f"imports {package[1]}, which is not installed where this is graded" if package else ""


def _error_where_bound(name: str, cells: list[Cell], outputs: Mapping[int, list[Output]]) -> Output | None:
    """Return the error that ended the last cell that binds a name, or None if it did not end in one."""
    binding = [
        index
        for index, cell in enumerate(cells)
        if cell["cell_type"] == "code"
        and not is_test(cell)
        and name in scope.bound_names(cell["source"]) | scope.imported_names(cell["source"])
    ]
    if not binding:
        return None
    return next((one for one in outputs.get(binding[-1], []) if one["output_type"] == "error"), None)


def _names(says: str, file: str) -> bool:
    """Return whether an error's words name a file, or the module in it."""
    last = file.rpartition("/")[2]
    return f"{last}'" in says or (last.endswith(".py") and f"'{last[:-3]}'" in says)
