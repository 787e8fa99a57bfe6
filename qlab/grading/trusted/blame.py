"""Attribute a test that stopped to the student's answer or to the test itself.

A plain `assert bell.shape == (4,)` stops with an AttributeError if `bell` is text. That is a wrong answer, not a
broken test, where three things hold: the error is of a kind that wrong values cause, the very expression that
raised it uses a name of the student's or a value made from one, and the grader had no part in it.
That the test runs to its end with the instructor's own answer is the caller's to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from qlab.grading.trusted.proxies import StudentObject

WRONG_VALUE = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError)
"""Kinds of error that wrong answers cause in a test."""
_BINDERS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension,
            ast.withitem, ast.FunctionDef, ast.ClassDef)  # fmt: skip


def stopped_at(error: BaseException | None, namespace: dict[str, Any]) -> TracebackType | None:
    """Return the place in the cell, the namespace's outermost code, at which it was ended by an error."""
    trace = error.__traceback__ if error else None
    found = None
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals is namespace and frame.f_code.co_name == "<module>":
            found = trace
        trace = trace.tb_next
    return found


def answer_is_to_blame(
    error: BaseException | None, source: str, namespace: dict[str, Any], student_names: set[str]
) -> bool:
    """Return whether a test stopped over a value that the student's answer gave.

    Args:
        error: what stopped it.
        source: the test cell.
        namespace: where it ran.
        student_names: names that the student was asked to define.
    """
    place = stopped_at(error, namespace)
    if place is None or not isinstance(error, WRONG_VALUE) or _through_the_grader(place.tb_next):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # IPython's own syntax
        return False
    node = _expression(tree, place)
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if not names & derived_names(tree, student_names):
        return False
    called = {id(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
    others = (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and id(one) not in called)
    return not any(isinstance(namespace.get(name), StudentObject) for name in others)


def derived_names(tree: ast.AST, names: set[str]) -> set[str]:
    """Return names and those that a cell binds to something made with them.

    Example:
        >>> sorted(derived_names(ast.parse("v = f(1)\\nw = v + 1\\nx = 2"), {"f"}))
        ['f', 'v', 'w']
    """
    found, before = set(names), -1
    while len(found) > before:
        before = len(found)
        for node in ast.walk(tree):
            if isinstance(node, _BINDERS) and any(name in found for name in _mentioned(node)):
                found.update(_bound(node))
    return found


def _mentioned(node: ast.AST) -> Iterator[str]:
    """Yield the names from which a node makes what it binds: a loop's variable comes from what it goes through."""
    for part in ast.walk(node.iter if isinstance(node, ast.For | ast.AsyncFor) else node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    targets = [getattr(node, "optional_vars", None)] if isinstance(node, ast.withitem) else targets
    for target in targets:
        for part in ast.walk(target) if target is not None else ():
            if isinstance(part, ast.Name):
                yield part.id


def _expression(tree: ast.AST, place: TracebackType) -> ast.AST:
    """Return the smallest part of the cell that holds the instruction that raised."""
    positions = list(place.tb_frame.f_code.co_positions())
    line, end_line, column, end_column = positions[place.tb_lasti // 2]
    found, most = tree, (1 << 60, 1 << 60)
    if line is None or end_line is None or column is None or end_column is None:
        return ast.Pass()
    for node in ast.walk(tree):
        start = (getattr(node, "lineno", 1 << 30), getattr(node, "col_offset", 0))
        end = (getattr(node, "end_lineno", -1), getattr(node, "end_col_offset", 0))
        size = (end[0] - start[0], end[1] - start[1])
        if start <= (line, column) and (end_line, end_column) <= end and size < most:
            found, most = node, size
    return found


def _through_the_grader(trace: TracebackType | None) -> bool:
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__", "")).startswith("qlab.grading."):
            return True
        trace = trace.tb_next
    return False
