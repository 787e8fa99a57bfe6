"""The wire: what crosses, what does not, and what a hostile sender can do with it."""

from __future__ import annotations

import dataclasses
import json
import random
import socket
import struct
import threading
import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab.grading.wire import frames, limits
from qlab.grading.wire.codec import CannotCross, Packer, Unpacker
from qlab.grading.wire.peer import describe_error, rebuild_error
from tests.waiting import PATIENCE_S

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.fractions()
    | st.decimals(allow_nan=False)
)
HASHABLE = st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(HASHABLE, inner)
        | st.tuples(inner, inner)
        | st.sets(HASHABLE)
        | st.frozensets(HASHABLE)
    ),
    max_leaves=20,
)


def through(value: Any) -> Any:
    packer = Packer()
    content = json.loads(json.dumps(packer.pack(value)))
    return Unpacker(packer.blobs).unpack(content)


@given(VALUES)
@settings(deadline=None, max_examples=200)
def test_plain_data_crosses_unchanged(value: Any) -> None:
    back = through(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.array(3.5),
        np.zeros((0, 4)),
        np.array([1 + 2j]),
        np.array(["ab", "c"]),
        np.array([True]),
        np.arange(6, dtype=">i2"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10)[::3],
    ],
)
def test_arrays_cross_with_their_dtype(array: Any) -> None:
    back = through(array)
    assert np.array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.flags.writeable


def test_generators_cross_with_their_state() -> None:
    ours, seeded = np.random.default_rng(5), random.Random(5)
    assert through(ours).random() == np.random.default_rng(5).random()
    assert through(seeded).random() == random.Random(5).random()


def test_frozen_dataclass_crosses_as_a_dict_of_its_fields() -> None:
    @dataclasses.dataclass(frozen=True)
    class Point:
        x: int
        tags: tuple[str, ...]

    assert through(Point(3, ("a",))) == {"x": 3, "tags": ("a",)}


def test_subclasses_cross_as_what_they_are_made_of() -> None:
    class Sneaky(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Liar(list):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None

    assert type(through(Sneaky(3))) is int
    assert through(Sneaky(3)) != 4
    assert through(Liar([1])) != [2]


@pytest.mark.parametrize("value", [object(), lambda: 1, np.array([object()]), np.zeros(2, dtype=[("a", "i4")])])
def test_what_is_not_plain_data_does_not_cross(value: Any) -> None:
    with pytest.raises(CannotCross, match="is not plain data"):
        through(value)


def test_deep_and_endless_values_do_not_cross() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(CannotCross, match="nested more than"):
        through(endless)


@pytest.mark.parametrize(
    "content",
    [
        {"a": ["<f8", [2], 0]},
        {"a": ["|O", [1], 0]},
        {"a": ["<f8", [-1], 0]},
        {"a": ["<f8", [1 << 60, 1 << 60], 0]},
        {"a": ["<f8", "x", 0]},
        {"a": ["V8", [1], 0]},
        {"a": ["<U2", [1], 0]},
        {"a": [["f8"], [1], 0]},
        {"a": ["<f8,<f8", [1], 0]},
        {"b": 7},
        {"b": True},
        {"c": ["1", 2]},
        {"c": [1]},
        {"d": [1]},
        {"d": [[1], 2]},
        {"e": [[1]]},
        {"i": "zz"},
        {"i": 5},
        {"q": [1, 0]},
        {"m": "x" * 20_000},
        {"m": "not a number"},
        {"r": [1, 2, 0]},
        {"n": ["<f8", "00"]},
        {"n": ["O", "00" * 8]},
        {"g": {"d": ["bit_generator", "os"]}},
        {"R": {"t": [1, 2, 3]}},
        {"h": [1, "function", "f"]},
        {"unknown": 1},
        {"t": 3},
        {},
        {"t": [], "d": []},
        {"k": ["os", "system", {"d": []}]},
    ],
)
def test_malformed_content_is_refused(content: Any) -> None:
    with pytest.raises(CannotCross):
        Unpacker([b"\xff\xff\xff\xff\xff\xff\xff\xff"]).unpack(content)


def test_nested_bombs_are_refused() -> None:
    bomb: Any = 1
    for _ in range(500):
        bomb = {"t": [bomb]}
    with pytest.raises((CannotCross, RecursionError)):
        Unpacker([]).unpack(bomb)


@pytest.fixture
def pair() -> Any:
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


def test_frames_carry_blobs(pair: Any) -> None:
    frames.send(pair[0], {"x": 1}, [b"abc", b""], deadline=time.monotonic() + PATIENCE_S)
    assert frames.receive(pair[1], deadline=time.monotonic() + PATIENCE_S) == ({"x": 1}, [b"abc", b""])


HEADER = struct.Struct(">III")


@pytest.mark.parametrize(
    "raw",
    [
        HEADER.pack(0xFFFFFFFF, 0, 0),
        HEADER.pack(10, 0xFFFFFFFF, 0),
        HEADER.pack(10, 0, 0xFFFFFFFF),
        HEADER.pack(4, 0, 0) + b"oops",
        HEADER.pack(4, 0, 0) + b"null",
        HEADER.pack(7, 0, 0) + b"[[3],1]",
        HEADER.pack(7, 1, 2) + b"[[3],1]ab",
        HEADER.pack(8, 1, 2) + b"[[-2],1]ab",
        HEADER.pack(10, 1, 1) + b"[[true],1]a",
        HEADER.pack(6, 1, 0) + b"[[],1]",
        HEADER.pack(5000, 0, 0) + b"[" * 5000,
    ],
)
def test_malformed_frames_are_refused_at_once(pair: Any, raw: bytes) -> None:
    pair[0].sendall(raw)
    with pytest.raises(frames.FrameError) as caught:
        frames.receive(pair[1], deadline=time.monotonic() + PATIENCE_S)
    assert not isinstance(caught.value, frames.DeadlineExceeded), "refused for want of bytes, not for what they say"


def test_dripping_bytes_do_not_extend_a_deadline(pair: Any) -> None:
    stop = threading.Event()

    def drip() -> None:
        for byte in HEADER.pack(1000, 0, 0) + b"x" * 1000:  # a byte at a time, for half a minute
            pair[0].sendall(bytes([byte]))
            if stop.wait(0.03):
                return

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(frames.DeadlineExceeded):
        frames.receive(pair[1], deadline=time.monotonic() + 0.2)
    stop.set()
    dripping.join()


def test_too_large_a_value_is_not_sent(pair: Any) -> None:
    with pytest.raises(frames.FrameError, match="too large to cross"):
        frames.send(pair[0], "x" * (limits.MAX_JSON_BYTES + 1), [], deadline=time.monotonic() + PATIENCE_S)


def test_errors_come_back_as_built_in_ones() -> None:
    class Own(ValueError):
        verdict = "passed"

    back = rebuild_error(describe_error(Own("no")))
    assert type(back) is ValueError
    assert str(back) == "no"
    assert not hasattr(back, "verdict")
    assert not isinstance(rebuild_error({"type": "SystemExit", "own": "", "text": ""}), SystemExit)
    assert isinstance(rebuild_error({"type": 5}), Exception)
    assert isinstance(rebuild_error("x"), Exception)


def test_exact_kinds_survive() -> None:
    for value in (Fraction(1, 3), Decimal("1.10"), range(1, 9, 2), slice(1, None), ..., bytearray(b"x"), float("inf")):
        assert through(value) == value
