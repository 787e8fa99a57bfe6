"""Plain data to JSON and back, with arrays as blobs and everything else as handles.

JSON carries None, booleans, strings, floats, lists and integers below 2**63 as they are; every other
kind is a one-entry object whose key names it.  Decoding builds exact built-in types only: no class
of the sender is ever looked up, no code of the sender ever runs.
"""

from __future__ import annotations

import dataclasses
import math
import random
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from qlab.grading.wire import limits

Pack = Callable[[Any], Any]
_SCALARS = frozenset({float, str, bool, type(None)})
_BIT_GENERATORS = frozenset({"PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"})
_ARRAY_KINDS = frozenset("biufcUS")
_MAX_ITEM_SIZE = 1 << 20


class CannotCross(TypeError):
    """A value is of a kind, or of a size, that may not cross the boundary."""


class CannotHandOver(CannotCross):
    """The instructor's test tried to hand over, or to keep, what cannot be."""


def no_handles(value: Any) -> Any:
    """Refuse a value that is not plain data; the default for :class:`Packer`.

    Raises:
        CannotCross: always.
    """
    raise CannotCross(f"a value of type {type(value).__name__} is not plain data")


class Packer:
    """Turns values into JSON content and blobs.

    Args:
        handle: called with a value that is not plain data; returns its tag.
        by_class: send a frozen dataclass with its class's name, so that a receiver who trusts the
            sender may rebuild it.  Otherwise it goes as a dict of its fields, and like every value that
            arrives as less than it was, it says so; one that can be called goes to `handle`.

    Example:
        >>> packer = Packer()
        >>> packer.pack((1, 2j))
        {'t': [1, {'c': [0.0, 2.0]}]}
    """

    def __init__(self, handle: Pack = no_handles, *, by_class: bool = False) -> None:
        self.blobs: list[bytes] = []
        self._handle = handle
        self._by_class = by_class
        self._nodes = 0

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the JSON content of a value.

        Raises:
            CannotCross: the value is nested too deeply or too large.
        """
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is int:
            return value if -(1 << 63) <= value < 1 << 63 else {"i": hex(value)}
        if depth > limits.MAX_DEPTH:
            raise CannotCross(f"a value nested more than {limits.MAX_DEPTH} deep cannot cross")
        if kind is list:
            return self._items(value, depth)
        if kind is tuple:
            return {"t": self._items(list(value), depth)}
        if kind is dict:
            return self._mapping(value, depth)
        return self._rare(value, kind, depth)

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        self._nodes += len(items) + 1
        if self._nodes > limits.MAX_NODES:
            raise CannotCross(f"more than {limits.MAX_NODES} values at once cannot cross")
        kinds = set(map(type, items))
        if kinds <= _SCALARS:
            return items
        if kinds == {int} and min(items) >= -(1 << 63) and max(items) < 1 << 63:
            return items
        return [self.pack(item, depth + 1) for item in items]

    def _mapping(self, value: dict[Any, Any], depth: int) -> Any:
        flat = [part for pair in dict.items(value) for part in pair]
        return {"d": self._items(flat, depth)}

    def _blob(self, content: bytes) -> int:
        self.blobs.append(content)
        return len(self.blobs) - 1

    def _rare(self, value: Any, kind: type, depth: int) -> Any:
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is bytes or kind is bytearray:
            return {"b" if kind is bytes else "y": self._blob(bytes(value))}
        if kind is set or kind is frozenset:
            return {"e" if kind is set else "z": self._items(list(value), depth)}
        if kind is range:
            return {"r": self._items([value.start, value.stop, value.step], depth)}
        if kind is slice:
            return {"s": self._items([value.start, value.stop, value.step], depth)}
        if value is Ellipsis:
            return {"o": 0}
        if kind is Fraction:
            return {"q": self._items([value.numerator, value.denominator], depth)}
        if kind is Decimal:
            return {"m": str(value)}
        if kind is random.Random:
            return {"R": self.pack(value.getstate(), depth + 1)}
        return self._numpy(value, kind, depth)

    def _numpy(self, value: Any, kind: type, depth: int) -> Any:
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            if isinstance(value, numpy.generic) and value.dtype.kind in "biufc":
                return {"n": [value.dtype.str, value.tobytes().hex()]}
            if isinstance(value, numpy.ndarray) and value.dtype.kind in _ARRAY_KINDS and not self._acts(value):
                plain = numpy.asarray(value)
                if plain.nbytes > limits.MAX_BLOB_BYTES:
                    raise CannotCross(f"an array of {plain.nbytes} bytes is too large to cross")
                packed = {"a": [plain.dtype.str, list(plain.shape), self._blob(plain.tobytes())]}
                return packed if kind is numpy.ndarray else self._reduced(kind, packed)
            if kind.__name__ == "Generator" and kind is numpy.random.Generator:
                return {"g": self.pack(_plain_state(value.bit_generator.state), depth + 1)}
        return self._derived(value, kind, depth)

    def _acts(self, value: Any) -> bool:
        """Return whether a student's value is more than data: it can be called."""
        return not self._by_class and callable(value)

    def _reduced(self, kind: type, packed: Any) -> Any:
        return packed if self._by_class else {"L": [kind.__name__[:100], packed]}

    def _derived(self, value: Any, kind: type, depth: int) -> Any:
        if self._acts(value):
            return self._handle(value)
        if dataclasses.is_dataclass(kind) and getattr(kind, "__dataclass_params__").frozen:  # noqa: B009
            content = {f.name: getattr(value, f.name) for f in dataclasses.fields(kind)}
            packed = self._mapping(content, depth)
            return (
                {"k": [kind.__module__, kind.__qualname__, packed]} if self._by_class else self._reduced(kind, packed)
            )
        for base in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset):
            if isinstance(value, base) and not isinstance(kind, _EnumType):
                return self._reduced(kind, self.pack(_as_base(base, value), depth + 1))
        return self._handle(value)


_EnumType: type = type(__import__("enum").Enum)


def _as_base(base: type, value: Any) -> Any:
    if base is list or base is tuple:
        return base(base.__iter__(value))
    if base is dict:
        return dict(dict.items(value))
    if base is str:
        return str.__str__(value)
    if base is int:
        return int.__int__(value)
    if base is float:
        return float.__float__(value)
    return base(value)


def _plain_state(state: Any) -> Any:
    if isinstance(state, dict):
        return {str(key): _plain_state(item) for key, item in state.items()}
    return state


class Unpacker:
    """Turns JSON content and blobs back into values, trusting neither.

    Args:
        blobs: the frame's attachments.
        handle: called with (tag, content) for tags beyond plain data; refuses unknown ones.
        array: called with each array; what it returns takes the array's place.

    Attributes:
        lost: names of the classes of values that arrived as less than they were.

    Example:
        >>> Unpacker([]).unpack({"t": [1, {"c": [0.0, 2.0]}]})
        (1, 2j)
    """

    def __init__(
        self, blobs: list[bytes], handle: Callable[[str, Any], Any] | None = None, *, array: Pack | None = None
    ) -> None:
        self.lost: set[str] = set()
        self._blobs = blobs
        self._handle = handle
        self._wrap = array

    def unpack(self, content: Any, depth: int = 0) -> Any:
        """Return the value described by `content`.

        Raises:
            CannotCross: the content is not something :class:`Packer` makes.
        """
        kind = type(content)
        if kind in _SCALARS or kind is int:
            return content
        if depth > 2 * limits.MAX_DEPTH:
            raise CannotCross("the value is nested too deeply")
        if kind is list:
            return self._list(content, depth)
        if kind is not dict or len(content) != 1:
            raise CannotCross("the value is malformed")
        ((tag, body),) = content.items()
        try:
            return self._tagged(tag, body, depth)
        except CannotCross:
            raise
        except (ValueError, TypeError, IndexError, KeyError, OverflowError, ArithmeticError):
            raise CannotCross(f"the value with tag {tag[:20]!r} is malformed") from None

    def _list(self, content: Any, depth: int) -> list[Any]:
        if type(content) is not list:
            raise CannotCross("a list was expected")
        if set(map(type, content)) <= _SCALARS | {int}:
            return content
        return [self.unpack(item, depth + 1) for item in content]

    def _blob(self, index: Any) -> bytes:
        if type(index) is not int or not 0 <= index < len(self._blobs):
            raise CannotCross("the value names an attachment that is not there")
        return self._blobs[index]

    def _tagged(self, tag: str, body: Any, depth: int) -> Any:
        if tag == "t":
            return tuple(self._list(body, depth))
        if tag == "d":
            flat = self._list(body, depth)
            return dict(zip(flat[::2], flat[1::2], strict=True))
        if tag == "e" or tag == "z":
            return (set if tag == "e" else frozenset)(self._list(body, depth))
        if tag == "i":
            return int(_text(body, limits.MAX_JSON_BYTES), 16)
        if tag == "c":
            real, imaginary = body
            return complex(_real(real), _real(imaginary))
        if tag == "b":
            return self._blob(body)
        if tag == "y":
            return bytearray(self._blob(body))
        if tag == "r" or tag == "s":
            return (range if tag == "r" else slice)(*self._list(body, depth))
        if tag == "o":
            return Ellipsis
        if tag == "q":
            return Fraction(*self._list(body, depth))
        if tag == "m":
            return Decimal(_text(body, 10_000))
        return self._library(tag, body, depth)

    def _library(self, tag: str, body: Any, depth: int) -> Any:
        if tag == "a":
            array = self._array(*body)
            return array if self._wrap is None else self._wrap(array)
        if tag == "n":
            return self._array(body[0], [], bytes.fromhex(_text(body[1], 64)))[()]
        if tag == "L":
            self.lost.add(_text(body[0], 100))
            return self.unpack(body[1], depth + 1)
        if tag == "R":
            generator = random.Random(0)
            generator.setstate(self.unpack(body, depth + 1))
            return generator
        if tag == "g":
            return _numpy_generator(self.unpack(body, depth + 1))
        if self._handle is None:
            raise CannotCross(f"a value with tag {tag[:20]!r} is not plain data")
        if tag == "k":
            body = [*body[:2], self.unpack(body[2], depth + 1)]
        return self._handle(tag, body)

    def _array(self, dtype_text: Any, shape: Any, source: Any) -> Any:
        import numpy

        content = source if isinstance(source, bytes) else self._blob(source)
        dtype = numpy.dtype(_text(dtype_text, 20))
        if dtype.kind not in _ARRAY_KINDS or dtype.itemsize > _MAX_ITEM_SIZE or dtype.fields:
            raise CannotCross("an array of this kind cannot cross")
        if type(shape) is not list or len(shape) > 32:
            raise CannotCross("the shape of an array must be a list of at most 32 numbers")
        if any(type(size) is not int or not 0 <= size <= 1 << 40 for size in shape):
            raise CannotCross("the shape of an array must hold natural numbers")
        if math.prod(shape) * dtype.itemsize != len(content):
            raise CannotCross("the shape of an array does not match its size")
        if dtype.kind == "b" and content and max(content) > 1:
            raise CannotCross("an array of booleans holds neither true nor false")
        if dtype.kind == "U" and content:
            points = numpy.frombuffer(content, dtype=dtype.byteorder.replace("=", "<") + "u4")
            if points.max() > sys.maxunicode:
                raise CannotCross("an array of text holds no text")
        return numpy.frombuffer(bytearray(content), dtype=dtype).reshape(shape)


def _numpy_generator(state: Any) -> Any:
    import numpy

    name = state["bit_generator"]
    if name not in _BIT_GENERATORS:
        raise CannotCross("this random generator cannot cross")
    _check_position(state)
    generator = getattr(numpy.random, name)(0)
    generator.state = state
    return numpy.random.Generator(generator)


def _check_position(state: dict[str, Any]) -> None:
    """Refuse a place in a generator's buffer that lies outside: NumPy would read there."""
    for place, most in ((state["state"].get("pos", 0), 624), (state.get("buffer_pos", 0), 4)):
        if type(place) is not int or not 0 <= place <= most:
            raise CannotCross("the state of a random generator points outside its buffer")


def _text(value: Any, longest: int) -> str:
    if type(value) is not str or len(value) > longest:
        raise CannotCross("a short text was expected")
    return value


def _real(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise CannotCross("a number was expected")
    return float(value)
