"""Wrong answers by machine: every right implementation of a task, with one small thing in it changed.

A mutant is a right implementation whose source, or that of a helper beside it, differs in one place: a constant moved
by 5 or by 30 per cent or by one, `<` for `<=`, a sign, a term or factor dropped, rounding up for down, sides or
arguments exchanged, degrees for radians. Its label tells what it is. Loops that a change makes endless stop.
"""

from __future__ import annotations

import ast
import copy
import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from qlab.checks import Task

MOST_STEPS = 4_000
"""Turns of `while` loops after which a mutant is taken to be endless; a dear turn counts for more."""
MOST_SECONDS = 0.1
GUARD = 1e-5
"""Constants up to this size guard against rounding; they are nobody's idea of the answer and stay."""

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
_EXCHANGED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_RENAMED = {
    "ceil": ("floor", "round"),
    "floor": ("ceil", "round"),
    "round": ("floor",),
    "min": ("max",),
    "max": ("min",),
    "sin": ("cos",),
    "cos": ("sin",),
}
_TRIGONOMETRIC = ("sin", "cos", "tan")
_DROPPED = ("abs", "sqrt", "real", "conj")


class Endless(Exception):
    """A mutant went round a loop too often."""


@dataclass(frozen=True)
class Mutant:
    """One wrong answer, or another way to write a right one.

    Attributes:
        label: function, what it said, and what it says now.
        answer: callable in place of the learner's function.
    """

    label: str
    answer: Callable[..., Any]


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _renamed(node: ast.Call, name: str) -> ast.Call:
    if isinstance(node.func, ast.Attribute):
        module = ast.Name("np", ast.Load()) if name == "round" else node.func.value
        return ast.Call(ast.Attribute(module, name, ast.Load()), node.args, node.keywords)
    if name in ("ceil", "floor"):
        return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), node.args[:1], [])
    return ast.Call(ast.Name(name, ast.Load()), node.args, node.keywords)


def _constants(node: ast.Constant, indexed: bool) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif (isinstance(value, (int, float)) and abs(value) > GUARD) or value == 0:
        if isinstance(value, int):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        if not indexed and value:
            yield from (ast.Constant(value * factor) for factor in (1.05, 0.95, 1.3, 0.7))


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    name = _called(node)
    yield from (_renamed(node, other) for other in _RENAMED.get(name, ()))
    if name in _DROPPED and len(node.args) == 1:
        yield node.args[0]
    if name in _TRIGONOMETRIC and node.args:
        degrees = ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "radians", ast.Load()), node.args, [])
        yield ast.Call(node.func, [degrees], [])
    if len(node.args) >= 2 and not any(isinstance(arg, ast.Starred) for arg in node.args):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)


def _changes(node: ast.expr, indexed: bool) -> Iterator[ast.expr]:  # noqa: C901, PLR0912 (a table of kinds)
    """What may stand in the place of an expression."""
    if isinstance(node, ast.Constant):
        yield from _constants(node, indexed)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)
        if isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) and not _is_guard(node.comparators[0]):
            for factor in (1.05, 0.95, 1.3, 0.7):
                yield ast.Compare(node.left, node.ops, [_times(node.comparators[0], factor)])
    elif isinstance(node, ast.BinOp):
        if type(node.op) in _EXCHANGED:
            yield ast.BinOp(node.left, _EXCHANGED[type(node.op)](), node.right)
            yield node.left
            yield node.right
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv)):
            yield ast.BinOp(node.right, node.op, node.left)
        if isinstance(node.op, ast.Pow):
            yield node.left
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield from node.values
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Attribute) and node.attr in ("real", "T"):
        yield node.value


def _is_guard(node: ast.expr) -> bool:
    """Whether a comparison is with next to nothing, or with nothing at all."""
    constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    return bool(constants) and all(isinstance(c, (int, float)) and abs(c) <= GUARD for c in constants)


def _times(node: ast.expr, factor: float) -> ast.expr:
    return ast.BinOp(node, ast.Mult(), ast.Constant(factor))


def _places(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, str, int | None, ast.expr, bool]]:
    """Every expression of a function's body: its parent, the field and index there, and whether it is an index."""
    annotations = {id(a.annotation) for a in function.args.args} | {id(function.returns)}

    def walk(parent: ast.AST, indexed: bool) -> Iterator[tuple[ast.AST, str, int | None, ast.expr, bool]]:
        inside = indexed or isinstance(parent, ast.Subscript)
        if isinstance(parent, ast.Call) and _called(parent) in ("range", "reshape", "ndindex", "einsum", "linspace"):
            inside = True
        for name, value in ast.iter_fields(parent):
            if name in ("decorator_list", "annotation", "returns", "keywords") and not isinstance(parent, ast.Call):
                continue
            for index, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(item, ast.AST) or id(item) in annotations:
                    continue
                if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant):
                    continue  # a docstring
                if isinstance(item, ast.expr) and not isinstance(getattr(item, "ctx", None), ast.Store):
                    yield parent, name, index, item, inside
                yield from walk(item, inside)

    yield from walk(function, False)


class _Counted(ast.NodeTransformer):
    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Call(ast.Name("_step", ast.Load()), [], [])))
        return node


def _compiled(function: ast.FunctionDef, line_of: str) -> CodeType:
    module = ast.Module([_Counted().visit(copy.deepcopy(function))], [])
    return compile(ast.fix_missing_locations(module), line_of, "exec")


class Workshop:
    """The functions of one task's module, each of which can be exchanged for a changed one."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.module: Any = inspect.getmodule(task.reference)
        tree = ast.parse(inspect.getsource(self.module))
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in self.functions.values():
            node.decorator_list = []
        self.codes = {name: _compiled(node, name) for name, node in self.functions.items()}
        self.right = [f.__name__ for f in (task.reference, *task.alternatives)]

    def _needs(self, name: str) -> list[str]:
        """A function and those beside it that it calls, and they call."""
        found, queue = [name], [name]
        for here in queue:
            names = {n.id for n in ast.walk(self.functions[here]) if isinstance(n, ast.Name)}
            more = [n for n in self.functions if n in names and n not in found]
            found += more
            queue += more
        return found

    def _built(self, entry: str, changed: str, code: CodeType) -> Callable[..., Any]:
        steps, started = [0], [0.0]

        def step() -> None:
            steps[0] += 1
            if steps[0] > MOST_STEPS or (steps[0] > 100 and time.process_time() - started[0] > MOST_SECONDS):
                raise Endless

        space = dict(vars(self.module)) | {"_step": step, "np": np}
        for name, right in self.codes.items():
            exec(code if name == changed else right, space)
        inner = space[entry]

        def answer(*arguments: Any) -> Any:
            steps[0], started[0] = 0, time.process_time()
            return inner(*arguments)

        return answer

    def mutants(self) -> Iterator[Mutant]:
        """All of them, one for each change of each function that a right implementation needs."""
        seen: set[str] = set()
        for entry in self.right:
            for name in self._needs(entry):
                if name in seen or (name in self.right and name != entry):
                    continue
                seen.add(name)
                yield from self._of_function(entry, name)

    def _of_function(self, entry: str, name: str) -> Iterator[Mutant]:
        function = copy.deepcopy(self.functions[name])
        for parent, field, index, node, indexed in list(_places(function)):
            for changed in _changes(node, indexed):
                _put(parent, field, index, changed)
                label = f"{name}: {ast.unparse(node)} -> {ast.unparse(ast.fix_missing_locations(changed))}"
                yield Mutant(label, self._built(entry, name, _compiled(function, name)))
                _put(parent, field, index, node)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node
