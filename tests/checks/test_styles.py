"""A right answer is right in whatever form it comes, in JupyterLab and in grading: one reader, tried at both doors.

Every task's reference is returned in every style that fits its result: other packages' numbers, relatives of the
built-in types, arrays of all kinds. At the second door the answer is a stand-in, as in grading, and its results cross.
"""

from __future__ import annotations

import collections
import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import sympy  # type: ignore[import-untyped]

from qlab.checks import Task, all_tasks
from qlab.checks._exam import exam
from qlab.checks._judge import _assess
from qlab.circuits import Circuit
from qlab.grading.student.handles import StudentObjects
from qlab.grading.trusted.proxies import Link
from qlab.grading.wire.peer import Peer
from qlab.interop import to_cirq
from tests.rotation import of_the_day

Style = Callable[[Any], Any]


class OwnFloat(float):
    pass


class OwnText(str):
    __slots__ = ()


class OwnList(list[Any]):
    pass


class OwnDict(dict[Any, Any]):
    pass


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _each(style: Style, items: Any) -> Any:
    return [style(item) for item in items]


def _entry(key: str, style: Style, table: Any) -> Any:
    return {**table, key: style(table[key])}


def _same(item: Any) -> Any:
    return item


def _objects(value: Any) -> Any:
    return np.array(value, dtype=object)


NUMBERS: dict[str, Style] = {
    "np.float64": np.float64,
    "np.longdouble": np.longdouble,
    "complex": complex,
    "Fraction": Fraction,
    "Decimal": Decimal,
    "sympy": lambda x: sympy.Rational(Fraction(x)) if np.isfinite(x) else x,
    "own float": OwnFloat,
    "array of no axis": np.array,
    "array of one": lambda x: np.array([x]),
}
BOOLEANS: dict[str, Style] = {"np.bool": np.bool_, "0 or 1": int, "array of one": lambda x: np.array([x])}
WORDS: dict[str, Style] = {
    "own text": OwnText,
    "np.str": np.str_,
    "StrEnum": lambda word: StrEnum("Word", {"HELD": word}).HELD,  # type: ignore[attr-defined]
    "array": np.array,
}
LISTS: dict[str, Style] = {
    "tuple": tuple,
    "deque": collections.deque,
    "generator": lambda items: (item for item in items),
    "map": lambda items: map(_same, items),
    "filter": lambda items: filter(None, [*items, ""]),
    "own list": OwnList,
    "values of a dict": lambda items: dict(enumerate(items)).values(),
}
TABLES: dict[str, Style] = {
    "OrderedDict": collections.OrderedDict,
    "defaultdict": lambda table: collections.defaultdict(list, table),
    "own dict": OwnDict,
    "proxy": MappingProxyType,
    "dataclass": lambda table: dataclasses.make_dataclass("Table", table, frozen=True)(**table),
    "namedtuple": lambda table: collections.namedtuple("Table", table)(**table),
    "Counter": lambda table: collections.Counter(table) if all(map(_is_number, table.values())) else table,
}
ARRAYS: dict[str, Style] = {
    "list": lambda array: array.tolist(),
    "tuples": lambda array: tuple(tuple(row) if np.ndim(row) else row for row in array.tolist()),
    "objects": _objects,
    "long": lambda array: array.astype(np.clongdouble if array.dtype.kind == "c" else np.longdouble),
    "Fortran": np.asfortranarray,
    "matrix": np.asmatrix,
}
SETS: dict[str, Style] = {"frozenset": frozenset, "list": list, "tuple": tuple, "keys": dict.fromkeys}


def _styles(value: Any) -> Iterator[tuple[str, Style]]:  # noqa: C901 (a table of kinds)
    """Styles that fit a result, the outside of it first and then what it holds."""
    if isinstance(value, bool):
        yield from BOOLEANS.items()
    elif _is_number(value):
        yield from NUMBERS.items()
    elif isinstance(value, str):
        yield from WORDS.items()
    elif isinstance(value, Circuit):
        yield "Cirq", to_cirq
    elif isinstance(value, np.ndarray):
        yield from ((name, style) for name, style in ARRAYS.items() if name != "matrix" or value.ndim <= 2)
    elif isinstance(value, frozenset):
        yield from SETS.items()
    elif isinstance(value, list):
        yield from LISTS.items()
        if value and not isinstance(value[0], (np.ndarray, list)):
            yield "array", np.array
            yield "objects", _objects
        for name, style in _styles(value[0]) if value else ():
            yield f"list of {name}", partial(_each, style)
    elif isinstance(value, dict):
        named = all(key.isidentifier() for key in value)
        yield from ((n, s) for n, s in TABLES.items() if named or n not in ("dataclass", "namedtuple"))
        for key, item in value.items():
            for name, style in _styles(item):
                yield f"{key}: {name}", partial(_entry, key, style)


def styles_of(task: Task) -> list[tuple[str, Callable[..., Any]]]:
    """The reference in every style."""

    def styled(style: Style) -> Callable[..., Any]:
        return lambda *arguments: style(task.returns(task.reference(*arguments)))

    return [(name, styled(style)) for name, style in _styles(exam(task, None).expected[0])]


class Door:
    """The way that a learner's function takes in grading: called on the far side of a connection."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.here, self.there = socket.socketpair()
        objects = StudentObjects({"answer": answer})
        objects.peer = Peer(self.there, objects.operations(), handle=objects.handle, resolve=objects.resolve)
        link = Link({}, {})
        link.peer = Peer(self.here, link.lent.operations(), handle=link.handle, resolve=link.resolve, by_class=True)
        self.server = threading.Thread(target=objects.peer.serve, daemon=True)
        self.server.start()
        self.answer = link.ask("names", ["answer"])["answer"]

    def close(self) -> None:
        self.here.close()
        self.server.join(10)
        self.there.close()


def judged_across(task: Task, answer: Callable[..., Any]) -> Any:
    door = Door(answer)
    try:
        return _assess(task, door.answer, None)[0]
    finally:
        door.close()


def _both_doors(task: Task, styles: list[tuple[str, Callable[..., Any]]]) -> None:
    for name, answer in styles:
        near, far = _assess(task, answer, None)[0], judged_across(task, answer)
        assert near.status == "passed", (task.id, name, near.message)
        assert far.status == "passed", (task.id, name, far.message)


def test_styles_of_the_day_are_read_at_both_doors() -> None:
    for task in of_the_day(all_tasks(), 12):
        styles = styles_of(task)
        _both_doors(task, of_the_day(styles, min(4, len(styles))))


@pytest.mark.soak
@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
def test_every_style_is_read_at_both_doors(task: Task) -> None:
    _both_doors(task, styles_of(task))


def test_a_wrong_answer_is_wrong_at_both_doors() -> None:
    for task in of_the_day(all_tasks(), 10):
        wrong = task.misconceptions[0]
        assert _assess(task, wrong.answer, None)[0] == judged_across(task, wrong.answer)
