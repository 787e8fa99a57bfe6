"""Source of one implementation with everything of its module that it uses, ready for a notebook cell."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Statement = ast.stmt


@cache
def _module(path: str) -> tuple[str, dict[str, int], tuple[Statement, ...]]:
    """Text of a module, which of its statements binds each name, and the statements without their declaration."""
    text = Path(path).read_text(encoding="utf-8")
    statements = tuple(ast.parse(text).body)
    binds: dict[str, int] = {}
    for number, statement in enumerate(statements):
        if isinstance(statement, ast.FunctionDef):
            statement.decorator_list = [each for each in statement.decorator_list if not _declares(each)]
        for name in _bound(statement):
            binds[name] = number
    return text, binds, statements


def _declares(decorator: ast.expr) -> bool:
    """Whether it is ``@task.…``, by which the module's `Declaration` notes a function."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "task"


def _bound(statement: Statement) -> list[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _used(statement: Statement) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _only(statement: Statement, names: set[str]) -> str:
    """An import reduced to the names that are used, or the whole statement's source."""
    if isinstance(statement, ast.ImportFrom):
        kept = [a for a in statement.names if (a.asname or a.name) in names]
        return ast.unparse(ast.ImportFrom(statement.module, kept, statement.level))
    if isinstance(statement, ast.Import):
        kept = [a for a in statement.names if (a.asname or a.name).split(".")[0] in names]
        return ast.unparse(ast.Import(kept))
    return ""


def implementation_source(answer: Callable[..., Any]) -> str:
    """Source of a module-level function, its imports, helpers and constants, in the module's order.

    Raises:
        ValueError: where it uses something of `qlab.checks`, which no learner has.
    """
    path = inspect.getsourcefile(answer)
    if path is None or "<" in answer.__qualname__:
        raise ValueError(f"answer must be a module-level function, got {answer.__qualname__}")
    text, binds, statements = _module(path)
    wanted, names = {binds[answer.__name__]}, {answer.__name__}
    while True:
        names |= {name for number in wanted for name in _used(statements[number])}
        more = {binds[name] for name in names if name in binds}
        if more <= wanted:
            break
        wanted |= more
    imports, bodies = [], []
    for number in sorted(wanted):
        statement = statements[number]
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("qlab.checks"):
            raise ValueError(f"{answer.__name__} must not use {statement.module}, which no learner has")
        source = _only(statement, names)
        if source:
            imports.append(source)
        else:
            bodies.append(_text(text, statement))
    return "\n\n\n".join([*(["\n".join(imports)] if imports else []), *bodies]) + "\n"


def _text(text: str, statement: Statement) -> str:
    decorators = statement.decorator_list if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else []
    lines = text.splitlines()[statement.lineno - 1 : statement.end_lineno]
    return "\n".join([*(f"@{ast.unparse(each)}" for each in decorators), *lines])
