"""Marks of hidden tests and solutions that a course calls otherwise, by nbgrader's own options."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from qlab.grading.notebooks.reading import is_solution, parse_notebook

_PAIRS = {
    ("ClearHiddenTests", "test"): ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),
    ("ClearSolutions", "solution"): ("BEGIN SOLUTION", "END SOLUTION"),
}
Delimiters = tuple[tuple[str, str, str, str, str], ...]
"""By pair: what it marks, the course's beginning and end, and the usual ones."""


def delimiters_of(config: Mapping[str, Any]) -> Delimiters:
    """Return the pairs that a course's configuration sets to other texts than the usual ones.

    Args:
        config: nbgrader's configuration.

    Raises:
        ValueError: one of them is no text, or empty, and would be found in every line.

    Example:
        >>> delimiters_of({"ClearHiddenTests": {"begin_test_delimeter": "HIDE"}})
        (('test', 'HIDE', 'END HIDDEN TESTS', 'BEGIN HIDDEN TESTS', 'END HIDDEN TESTS'),)
    """
    found = []
    for (owner, kind), usual in _PAIRS.items():
        options = config.get(owner, {})
        own = []
        for end, text in zip(("begin", "end"), usual, strict=True):
            name = f"{end}_{kind}_delimeter"
            value = options.get(name, text)
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{owner}.{name} must be a text that is not empty, got {value!r}")
            own.append(value)
        if tuple(own) != usual:
            found.append((kind, own[0], own[1], *usual))
    return tuple(found)


def with_usual_marks(source: str, delimiters: Delimiters, kind: str = "test") -> str:
    """Return a cell's source with the usual mark behind each of the course's own; no line moves.

    Args:
        source: the cell's source.
        delimiters: the course's own.
        kind: which of them such a cell may have, "test" or "solution".

    Example:
        >>> with_usual_marks("a\\n# HIDE", (("test", "HIDE", "SHOW", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),))
        'a\\n# HIDE  # BEGIN HIDDEN TESTS'
    """
    lines = source.split("\n")
    for _, begin, end, usual_begin, usual_end in (one for one in delimiters if one[0] == kind):
        for at, line in enumerate(lines):
            mark = usual_begin if begin in line else usual_end if end in line else ""
            if mark and mark not in line:
                lines[at] = f"{line}  # {mark}"
    return "\n".join(lines)


def notebook_with_usual_marks(content: bytes, delimiters: Delimiters) -> bytes:
    """Return an instructor's notebook whose code cells have the usual marks."""
    if not delimiters:
        return content
    notebook = parse_notebook(content)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            wanted = "solution" if is_solution(cell) else "test"
            cell["source"] = with_usual_marks(cell["source"], delimiters, wanted)
    return json.dumps(notebook).encode()
