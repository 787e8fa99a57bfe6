"""The frame itself: each kind of fault that it exists for is found, and a function without fault passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qlab import _validate
from tests.edges import frame
from tests.edges.frame import RNG, Case, complaint, edges_of, house_form, public


def root(x: float) -> float:
    """A function without fault."""
    return math.sqrt(_validate.in_range("x", x, 0, 1e6))


def crude(x: float) -> float:
    """Everything that a function may do wrong."""
    if x is None:
        raise ValueError("must be better, got None")  # which argument?
    if isinstance(x, str):
        raise KeyError("x must be a number, got a word")
    if x == 1e300:
        while True:
            pass
    if x == -1e300:
        return float(np.zeros(10**8)[0])
    if x == 0:
        return float("nan")
    return math.sqrt(abs(x))


def overwriting(values: Any) -> float:
    """Changes what it is given."""
    values[0] = 0
    return 0.0


class Thing:
    """A class whose property breaks."""

    def __init__(self, x: float) -> None:
        self.x = x

    @property
    def inverse(self) -> float:
        """1/x."""
        return 1 / self.x


def test_a_function_without_fault_passes() -> None:
    case = Case(root, {"x": 0.25}, lambda x: float(x) ** 0.5, absolute=0)
    *_, one, two, _ = edges_of("qlab.tables", [case])
    one(case)
    two(case)


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (None, "raised ValueError: must be better"),
        ("a", "raised KeyError"),
        (1e300, "raised TimeoutError"),
        (-1e300, "MemoryError"),
        (0.0, "is nan, by the second method 0.0"),
        (-1.0, "is 1.0, the second method raises ValueError"),
        ([], "raised TypeError"),
    ],
)
def test_each_fault_is_found(x: Any, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "SECONDS", 0.2)
    case = Case(crude, {"x": 0.25}, lambda x: math.sqrt(x))
    assert found in str(complaint(case, {"x": x}))


def test_what_is_changed_or_breaks_later_is_found() -> None:
    array = np.ones(3)
    assert "changed its argument" in str(complaint(Case(overwriting, {"values": array}, lambda values: 0.0), {}))
    case = Case(Thing, {"x": 1.0}, lambda x: None)
    assert "ZeroDivisionError" in str(complaint(case, {"x": 0.0}))


def test_house_form_names_the_argument() -> None:
    assert house_form(ValueError("fidelity must lie in [0, 1], got 1.2"), ["fidelity"])
    assert house_form(ValueError("each of weights must lie in [0, 1], got 1.2"), ["weights"])
    assert not house_form(ValueError("fidelity must lie in [0, 1], got 1.2"), ["fidel"])
    assert not house_form(ValueError("fidelity must lie in [0, 1]"), ["fidelity"])
    assert not house_form(np.linalg.LinAlgError("a must be square, got 3"), ["a"])


def test_all_that_takes_an_argument_is_public() -> None:
    names = public("qlab.circuits")
    assert {"qlab.circuits.Circuit", "qlab.circuits.Circuit.rx", "qlab.circuits.as_circuit"} <= names
    assert "qlab.circuits.Circuit.depth" not in names
    assert "qlab.bell.chsh.winning_probability" in public("qlab.bell")


def test_a_function_without_an_entry_fails() -> None:
    forgotten, *_ = edges_of("qlab.tables", [])
    with pytest.raises(AssertionError, match=r"qlab\.tables\.Table"):
        forgotten()


def test_generators_are_new_for_each_call() -> None:
    assert RNG.make().random() == RNG.make().random()
