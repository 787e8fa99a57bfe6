"""The one builder of small notebooks for tests: cells as nbgrader marks them."""

from __future__ import annotations

import hashlib
from typing import Any


def text(source: str, **marks: Any) -> dict[str, Any]:
    """A Markdown cell; with marks, one that nbgrader knows."""
    return _cell("markdown", source, marks)


def code(source: str, **marks: Any) -> dict[str, Any]:
    """A code cell; with marks, one that nbgrader knows."""
    return {**_cell("code", source, marks), "outputs": [], "execution_count": None}


def locked(grade_id: str, source: str) -> dict[str, Any]:
    """A code cell that learners are not meant to change."""
    return code(source, grade_id=grade_id, locked=True)


def solution(grade_id: str, source: str) -> dict[str, Any]:
    """A code cell for an answer."""
    return code(source, grade_id=grade_id, solution=True)


def graded(grade_id: str, source: str, points: float = 1) -> dict[str, Any]:
    """A test cell that earns points."""
    return code(source, grade_id=grade_id, grade=True, locked=True, points=points)


def essay(grade_id: str, source: str, points: float = 1) -> dict[str, Any]:
    """A Markdown cell for an answer that a person grades."""
    return text(source, grade_id=grade_id, grade=True, solution=True, points=points)


def hidden(source: str) -> str:
    """The text of a hidden test."""
    return f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"


def answered(source: str) -> str:
    """The text of an answer that nbgrader cuts out."""
    return f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """A whole notebook of format 4.5."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": list(cells), "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, source: str, marks: dict[str, Any]) -> dict[str, Any]:
    # The name does not depend on the process, as `hash` of a text would.
    name = marks.get("grade_id") or f"cell-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    metadata: dict[str, Any] = {}
    if marks:
        unmarked = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
        metadata["nbgrader"] = {**unmarked, "cell_type": kind, **marks}
    return {"cell_type": kind, "id": name[:60], "metadata": metadata, "source": source}
