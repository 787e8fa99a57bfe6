"""Which machine answered: a short text that two machines share only where they agree in all that can be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_PLAIN = (str, bytes, int, float, complex, bool, type(None))
_MOST_DEEP = 12


def fingerprint(machine: Any) -> str:
    """A text of 32 letters for a machine: its type and its whole state, the state of random generators apart.

    What cannot be seen from Python, such as the far end of a line, is not in it: that is what the machine's name is
    for. Two that differ in anything seen, a counter even, count as two machines: to measure again costs shots, to
    give out the results of another machine costs more.

    >>> fingerprint(np.arange(3)) == fingerprint(np.arange(3)) != fingerprint(np.arange(4))
    True
    """
    return hashlib.sha256(repr(_plain(machine, ())).encode()).hexdigest()[:32]


def _name(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _plain(thing: Any, above: tuple[int, ...]) -> Any:
    """A thing as nested tuples and lists of plain values, whose text is the same in every process."""
    if isinstance(thing, _PLAIN):
        return type(thing).__name__, thing
    if id(thing) in above or len(above) > _MOST_DEEP:
        return "…"
    path = (*above, id(thing))
    for kinds, written in _WRITTEN:
        if isinstance(thing, kinds):
            return written(thing, path)
    return _instance(thing, path)


def _instance(thing: Any, path: tuple[int, ...]) -> Any:
    if is_dataclass(thing):
        return _name(type(thing)), [(f.name, _plain(getattr(thing, f.name, None), path)) for f in fields(thing)]
    own = getattr(thing, "__dict__", {})
    slots = [n for kind in type(thing).__mro__ for n in getattr(kind, "__slots__", ()) if isinstance(n, str)]
    state = {**{n: getattr(thing, n) for n in slots if n != "__weakref__" and hasattr(thing, n)}, **own}
    return _name(type(thing)), [(name, _plain(value, path)) for name, value in sorted(state.items())]


def _array(thing: Any, _: tuple[int, ...]) -> Any:
    return "array", np.shape(thing), str(np.asarray(thing).dtype), np.asarray(thing).tolist()


def _mapping(thing: Mapping[Any, Any], path: tuple[int, ...]) -> Any:
    return "mapping", sorted((repr(_plain(k, path)), repr(_plain(v, path))) for k, v in thing.items())


def _partial(thing: Any, path: tuple[int, ...]) -> Any:
    return "partial", _plain(thing.func, path), _plain(thing.args, path), _plain(thing.keywords, path)


def _function(thing: Any, path: tuple[int, ...]) -> Any:
    kept = [cell.cell_contents for cell in thing.__closure__ or ()]
    constants = [c for c in thing.__code__.co_consts if isinstance(c, _PLAIN)]
    return _name(thing), thing.__code__.co_code.hex(), _plain(constants, path), _plain(kept, path)


_WRITTEN: tuple[tuple[Any, Callable[[Any, tuple[int, ...]], Any]], ...] = (
    ((np.ndarray, np.generic), _array),
    ((np.random.Generator, np.random.RandomState, np.random.BitGenerator), lambda x, _: type(x).__name__),
    (ModuleType, lambda x, _: x.__name__),
    (type, lambda x, _: _name(x)),
    (Enum, lambda x, _: (_name(type(x)), x.name)),
    ((list, tuple), lambda x, path: (type(x).__name__, [_plain(own, path) for own in x])),
    ((set, frozenset), lambda x, path: ("set", sorted(repr(_plain(own, path)) for own in x))),
    (Mapping, _mapping),
    (BuiltinFunctionType, lambda x, _: x.__qualname__),
    (MethodType, lambda x, path: ("method", _plain(x.__func__, path), _plain(x.__self__, path))),
    (partial, _partial),
    (FunctionType, _function),
)
"""How each kind of thing is written; all else by its attributes."""
