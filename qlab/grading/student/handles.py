"""The student's side of handles: a table of objects that cannot cross, and what may be done to them."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import inspect
import io
import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

from qlab.grading.wire.codec import CannotCross
from qlab.grading.wire.limits import IMPORTABLE
from qlab.grading.wire.peer import Peer

_BY_BUILT_IN: dict[str, Callable[..., Any]] = {
    "__next__": next,
    "__len__": len,
    "__bool__": bool,
    "__float__": float,
    "__int__": int,
    "__index__": operator.index,
    "__complex__": complex,
    "__abs__": abs,
    "__round__": round,
    "__getitem__": operator.getitem,
}


class TrustedCallable:
    """Stands, on the student's side, for a function or an object of the trusted side."""

    def __init__(self, peer: Peer, number: int, name: str) -> None:
        self._peer, self._number = peer, number
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the trusted side's function."""
        return self._peer.ask("call", self._number, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._peer.ask("attribute", self._number, name)


class StudentObjects:
    """The objects of one test's copy of the student's state, by number."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self.peer: Peer | None = None

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Return what the trusted side may ask of the student's objects, by name."""
        return {
            "names": self.names,
            "call": self.call,
            "method": self.method,
            "get": lambda number, name: getattr(self._objects[number], name),
            "set": lambda number, name, value: setattr(self._objects[number], name, value),
            "delete": lambda number, name: delattr(self._objects[number], name),
            "isinstance": lambda value, number: isinstance(value, self._objects[number]),
            "issubclass": lambda value, number: issubclass(value, self._objects[number]),
            "signature": self.signature,
            "text": lambda number, how: repr(self._objects[number]) if how == "repr" else str(self._objects[number]),
        }

    def names(self, wanted: list[str]) -> dict[str, Any]:
        """Return the values of those wanted names that the student has bound."""
        return {name: self._namespace[name] for name in wanted if name in self._namespace}

    def call(self, number: int, args: Any, kwargs: Any, changed: Any) -> Any:
        """Call an object; with it return the arguments that it may have changed in place."""
        with quiet():
            value = self._objects[number](*args, **kwargs)
        places = [place for place in changed if place in kwargs or place in range(len(args))]
        return value, {place: kwargs[place] if place in kwargs else args[place] for place in places}

    def method(self, number: int, name: str, args: Any, kwargs: Any) -> Any:
        """Call a special method, such as `__len__`, the way Python would."""
        value = self._objects[number]
        with quiet():
            if name == "__iter__":
                return Iterated(iter(value))
            if name in _BY_BUILT_IN:
                return _BY_BUILT_IN[name](value, *args, **kwargs)
            return getattr(type(value), name)(value, *args, **kwargs)

    def signature(self, number: int) -> list[Any]:
        """Describe a callable's parameters: name, kind, whether it has a default."""
        parameters = inspect.signature(self._objects[number]).parameters.values()
        empty = inspect.Parameter.empty
        return [[p.name, int(p.kind), p.default is not empty] for p in parameters]

    def handle(self, value: Any) -> Any:
        """Pack a value that is not plain data: as a handle, or by name where Python has it."""
        if isinstance(value, TrustedCallable):
            return {"u": value._number}
        if isinstance(value, type) and value.__module__ == "builtins":
            return {"p": ["builtins", value.__qualname__]}
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return {"h": [self._numbers[id(value)], _kind(value), _class_name(value)]}

    def resolve(self, tag: str, body: Any) -> Any:
        """Unpack what the trusted side sends beyond plain data."""
        if tag == "h":
            assert self.peer is not None
            return TrustedCallable(self.peer, body[0], body[1])
        if tag == "u":
            return self._objects[body]
        if tag == "p" and body[0] in IMPORTABLE:
            return getattr(importlib.import_module(body[0]), body[1])
        if tag == "k":
            return _rebuild(*body)
        raise CannotCross("the trusted side sent something unknown")


def _rebuild(module: str, name: str, content: dict[str, Any]) -> Any:
    try:
        kind = getattr(importlib.import_module(module), name)
        built = object.__new__(kind)
        for field in dataclasses.fields(kind):
            object.__setattr__(built, field.name, content[field.name])
        return built
    except (ImportError, AttributeError, KeyError, TypeError):
        return content


class Iterated:
    """A marker around an iterator, so that it crosses as one."""

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator

    def __iter__(self) -> Iterator[Any]:
        return self._iterator

    def __next__(self) -> Any:
        return next(self._iterator)


class _Nowhere(io.TextIOBase):
    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what student code prints while a test calls it: it may echo a hidden argument."""
    kept = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = _Nowhere()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = kept


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    if hasattr(type(value), "__next__"):
        return "iterator"
    if inspect.isroutine(value):
        return "function"
    return "callable" if callable(value) else "instance"


def _class_name(value: Any) -> str:
    kind = value if isinstance(value, type) else type(value)
    return str(getattr(value, "__name__", "") if _kind(value) == "function" else kind.__name__)[:100]
