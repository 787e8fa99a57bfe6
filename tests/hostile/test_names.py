"""What a student's object may do depends on the name that a test came by, and on what it is compared with."""

from __future__ import annotations

import operator
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qlab.grading.notebooks.scope import EQUALS_PLAIN, changed_parameters, classes_and_methods
from qlab.grading.student.handles import StudentObjects
from qlab.grading.trusted.proxies import Link
from qlab.grading.wire.peer import Peer

REFERENCE = """
class Stack:
    def pop(self): return self.items.pop()
    def __eq__(self, other): return isinstance(other, Stack) and self.items == other.items
class Money:
    def __eq__(self, other): return self.value == getattr(other, "value", other) or self.value == other
def draw(xs): xs.sort()
def scale(xs): return [2 * x for x in xs]
"""
HOSTILE = """
class Stack:
    def pop(self): return Stack()
    def __eq__(self, other): return True
class Money(Stack): pass
def draw(xs): xs[:] = [0] * len(xs)
scale = draw
"""


@contextmanager
def names(answer: str, *wanted: str) -> Iterator[list[Any]]:
    """Give the stand-ins that a test would get, with the student's side in a thread."""
    here, there = socket.socketpair()
    namespace: dict[str, Any] = {"__name__": "notebook"}
    exec(answer, namespace)
    objects = StudentObjects(namespace)
    objects.peer = Peer(there, objects.operations(), handle=objects.handle, resolve=objects.resolve)
    serving = threading.Thread(target=objects.peer.serve)
    serving.start()
    link = Link(classes_and_methods(REFERENCE), changed_parameters(REFERENCE))
    link.peer = Peer(here, link.lent.operations(), handle=link.handle, resolve=link.resolve, by_class=True)
    found = link.ask("names", list(wanted))
    try:
        yield [found[name] for name in wanted]
    finally:
        here.close()
        serving.join(timeout=5)
        there.close()


def test_a_second_name_gives_no_second_function_s_rights() -> None:
    with names(HOSTILE, "draw", "scale") as (draw, scale):
        one, other = [3, 1], [3, 1]
        draw(one)
        scale(other)
        assert (one, other) == ([0, 0], [3, 1])
        assert draw == scale
    with names(HOSTILE, "scale", "draw") as (scale, draw):
        one = [3, 1]
        draw(one)
        assert one == [0, 0]


def test_an_object_equals_other_objects_only() -> None:
    with names(HOSTILE, "Stack", "Money") as (stack, money):
        equal, unequal = operator.eq, operator.ne
        assert (equal(stack().pop(), 3), equal(3, stack().pop())) == (False, False)
        assert unequal(stack().pop(), [3])
        assert (equal(stack(), stack()), unequal(stack(), stack())) == (True, False)
        assert equal(money(), 3)  # the reference compares with plain numbers


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        ("return self.v == other.v", False),
        ("return type(self) is type(other) and self.v == getattr(other, 'v', 0)", False),
        ("return self.v == other", True),
        ("return self.v == float(other)", True),
    ],
)
def test_what_a_comparison_looks_at(body: str, plain: bool) -> None:
    found = classes_and_methods(f"class P:\n    def __eq__(self, other): {body}")["P"]
    assert (EQUALS_PLAIN in found) is plain


def test_special_methods_are_relayed_by_a_list_of_those_allowed() -> None:
    """What the instructor's class defines is relayed only where the list names it, and for objects alone."""
    named = ["__len__", "__add__", "__array__", "__getattribute__", "__await__", "__set_name__"]
    link = Link({"P": named}, {})
    for kind in ("instance", "callable", "iterator", "class", "function", "unheard-of"):
        body = vars(type(link.resolve("h", [len(kind), kind, "P"])))
        assert {name for name in named if name in body} <= {"__len__", "__add__"}, kind
    relayed, refused = (vars(type(link.resolve("h", [number, "instance", name])))["__add__"] for number, name in
                        ((90, "P"), (91, "Q")))  # fmt: skip
    assert relayed.__qualname__ != refused.__qualname__
