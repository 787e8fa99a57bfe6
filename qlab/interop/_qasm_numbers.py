"""Expressions of OpenQASM that are known before the program runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from qlab import _validate

CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau, "euler": math.e, "ℇ": math.e}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "exp", "sqrt", "pow")},
    "ln": math.log,
    "log": math.log,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "ceiling": math.ceil,
    "floor": math.floor,
    "mod": math.fmod,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "**": lambda a, b: float(a) ** float(b),
}


def _number(node: Any, names: Mapping[str, float]) -> float:
    """Value of an expression that is known before the program runs."""
    kind = type(node).__name__
    if kind in ("IntegerLiteral", "FloatLiteral", "BooleanLiteral"):
        return float(node.value)
    if kind == "Identifier" and node.name in names:
        return names[node.name]
    if kind == "UnaryExpression" and node.op.name == "-":
        return -_number(node.expression, names)
    if kind == "BinaryExpression" and node.op.name in _ARITHMETIC:
        return _ARITHMETIC[node.op.name](_number(node.lhs, names), _number(node.rhs, names))
    if kind == "FunctionCall" and node.name.name in _FUNCTIONS:
        return _FUNCTIONS[node.name.name](*(_number(a, names) for a in node.arguments))
    if kind == "Cast" and type(node.type).__name__ in ("FloatType", "AngleType"):
        return float(_number(node.argument, names))
    raise _validate.fail("expression", "must be known before the program runs", getattr(node, "name", kind))


def finite(node: Any, names: Mapping[str, float]) -> float:
    """Value of an expression, at most a thousand million in size.

    Args:
        node: of the syntax tree.
        names: constants, angles of the gate around it, counters of loops.

    Raises:
        ValueError: where it is not known before the program runs, or has no value.
    """
    try:
        value = _number(node, names)
    except (ArithmeticError, TypeError) as error:
        raise _validate.fail("expression", "must have a value", str(error)) from None
    return _validate.in_range("expression", float(value), -1e9, 1e9)


def whole(node: Any, names: Mapping[str, float]) -> int:
    """Value of an expression that must be a whole number."""
    value = finite(node, names)
    if not value.is_integer():
        raise _validate.fail("expression", "must be a whole number", value)
    return int(value)
