"""Forms at the edges: what a reasonable engineer may return is read, what is not is named, at both doors alike."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import decimal
import itertools
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cirq
import mpmath
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
import scipy.sparse
import sympy  # type: ignore[import-untyped]

from qlab.checks import _forms
from qlab.checks._forms import Form, WrongForm
from qlab.checks._views import close
from qlab.circuits import Circuit
from qlab.simulator import statevector
from tests.checks.test_styles import Door

S = 2**-0.5
NUMBER = _forms.number(0, 1)
BOOLEAN = _forms.boolean()
WORD = _forms.choice("held", "lost")
LIST = _forms.listing(_forms.number(), 2)
NUMBERS = _forms.numbers(2)
TABLE = _forms.record(b=_forms.number(), a=_forms.number())
KET = _forms.ket(1)
MATRIX = _forms.density_matrix(1)
SET = _forms.collection(WORD)
PAIRS = _forms.collection(_forms.listing(_forms.whole_number(), 2))
CIRCUIT = _forms.circuit(2)
Q = cirq.LineQubit.range(7)
RECORD = np.array([(0.25, 0.5)], dtype=[("a", float), ("b", float)])


@dataclasses.dataclass
class Fields:
    a: float = 0.25
    b: float = 0.5


class Turned(NamedTuple):
    a: float
    b: float


class Other(NamedTuple):
    x: float
    y: float


class Unnamed:
    """An object of a learner's own that is nothing a form asks for."""


def _numbers() -> dict[str, Any]:
    """Two numbers, 0.25 and 0.5, in what holds numbers."""
    return {
        "Series": lambda: pd.Series([0.25, 0.5]),
        "labelled Series": lambda: pd.Series([0.25, 0.5], index=["b", "a"]),
        "turned Series": lambda: pd.Series([0.25, 0.5], index=[1, 0]),
        "column": lambda: pd.DataFrame({"x": [0.25, 0.5]}),
        "row": lambda: pd.DataFrame([[0.25, 0.5]]),
        "Index": lambda: pd.Index([0.25, 0.5]),
        "pandas array": lambda: pd.array([0.25, 0.5]),
        "memoryview": lambda: memoryview(array.array("d", [0.25, 0.5])),
        "array.array": lambda: array.array("d", [0.25, 0.5]),
        "matrix": lambda: np.asmatrix(np.array([0.25, 0.5])),
        "record": lambda: RECORD[0],
        "chain": lambda: itertools.chain([0.25], [0.5]),
        "reversed": lambda: reversed([0.5, 0.25]),
        "flat": lambda: np.array([0.25, 0.5]).flat,
        "UserList": lambda: collections.UserList([0.25, 0.5]),
        "SymPy matrix": lambda: sympy.Matrix([sympy.Rational(1, 4), 0.5]),
        "mpmath matrix": lambda: mpmath.matrix([0.25, 0.5]),
        "objects": lambda: np.array([decimal.Decimal("0.25"), 0.5], dtype=object),
    }


def _tables() -> dict[str, Any]:
    """Table a = 0.25, b = 0.5, in an order that is not the one asked for."""
    return {
        "Series": lambda: pd.Series({"a": 0.25, "b": 0.5}),
        "one row": lambda: pd.DataFrame({"a": [0.25], "b": [0.5]}),
        "record": lambda: RECORD[0],
        "array of one record": lambda: RECORD,
        "record array": lambda: RECORD.view(np.recarray),
        "dataclass": Fields,
        "namespace": lambda: types.SimpleNamespace(a=0.25, b=0.5),
        "ChainMap": lambda: collections.ChainMap({"a": 0.25}, {"b": 0.5}),
        "UserDict": lambda: collections.UserDict(a=0.25, b=0.5),
        "np.str keys": lambda: {np.str_("a"): 0.25, np.str_("b"): 0.5},
        "object array": lambda: np.array({"a": 0.25, "b": 0.5}, dtype=object),
    }


def _words() -> dict[str, Any]:
    return {
        "UserString": lambda: collections.UserString("held"),
        "Series": lambda: pd.Series(["held"]),
        "Categorical": lambda: pd.Categorical(["held"]),
        "objects": lambda: np.array(["held"], dtype=object),
        "StringDType": lambda: np.array(["held"], dtype=np.dtypes.StringDType()),
    }


def _one_number() -> dict[str, Any]:
    return {
        "Series": lambda: pd.Series([0.25]),
        "labelled Series": lambda: pd.Series([0.25], index=["p"]),
        "frame": lambda: pd.DataFrame({"p": [0.25]}),
        "memoryview": lambda: memoryview(array.array("d", [0.25])),
        "array.array": lambda: array.array("d", [0.25]),
        "mpmath": lambda: mpmath.mpf(0.25),
        "mpmath complex": lambda: mpmath.mpc(0.25, 0),
        "SymPy root": lambda: sympy.sqrt(sympy.Rational(1, 16)),
        "long complex": lambda: np.clongdouble(0.25),
    }


def _booleans() -> dict[str, Any]:
    return {
        "SymPy": lambda: sympy.Gt(2, 1),
        "Series": lambda: pd.Series([True]),
        "complex": lambda: np.complex128(1),
        "objects": lambda: np.array([True], dtype=object),
    }


def _matrices() -> dict[str, Any]:
    half = np.eye(2) / 2
    return {
        "frame": lambda: pd.DataFrame(half, index=["0", "1"], columns=["0", "1"]),
        "sparse matrix": lambda: scipy.sparse.csr_matrix(half),
        "sparse array": lambda: scipy.sparse.csr_array(half),
        "SymPy": lambda: sympy.eye(2) / 2,
        "SymPy array": lambda: sympy.Array([[0.5, 0], [0, 0.5]]),
        "mpmath": lambda: mpmath.eye(2) / 2,
        "memoryview": lambda: memoryview(half),
        "list of Series": lambda: [pd.Series([0.5, 0]), pd.Series([0, 0.5])],
    }


def _read() -> Iterator[tuple[str, Form, Any, Any]]:
    yield from ((f"list: {name}", LIST, make, [0.25, 0.5]) for name, make in _numbers().items())
    yield from ((f"array: {name}", NUMBERS, make, np.array([0.25, 0.5])) for name, make in _numbers().items())
    yield from ((f"table: {name}", TABLE, make, {"a": 0.25, "b": 0.5}) for name, make in _tables().items())
    yield from ((f"word: {name}", WORD, make, "held") for name, make in _words().items())
    yield from ((f"number: {name}", NUMBER, make, 0.25) for name, make in _one_number().items())
    yield from ((f"boolean: {name}", BOOLEAN, make, True) for name, make in _booleans().items())
    yield from ((f"matrix: {name}", MATRIX, make, np.eye(2) / 2 + 0j) for name, make in _matrices().items())
    yield "ket: SymPy", KET, lambda: sympy.Matrix([1, 1]) / sympy.sqrt(2), np.array([S, S]) + 0j
    yield "set: Series", SET, lambda: pd.Series(["held", "lost"]), frozenset({"held", "lost"})
    yield "pairs: zip", PAIRS, lambda: zip([0, 1], [1, 2], strict=True), frozenset({(0, 1), (1, 2)})
    pairs = np.array([(0, 1), (1, 2)], dtype=[("a", int), ("b", int)])
    yield "pairs: records", PAIRS, lambda: pairs, frozenset({(0, 1), (1, 2)})


REFUSED: dict[str, tuple[Form, Callable[[], Any], str]] = {
    "two numbers": (NUMBER, lambda: pd.Series([0.25, 0.5]), "an array of shape (2,)"),
    "outside": (NUMBER, lambda: pd.Series([25.0]), "outside [0, 1]"),
    "function": (NUMBER, lambda: _numbers, "a function or a class"),
    "class": (NUMBER, lambda: Unnamed, "a function or a class"),
    "circuit's class": (CIRCUIT, lambda: Circuit, "a function or a class"),
    "duration": (NUMBER, lambda: np.timedelta64(1, "s"), "type timedelta"),
    "date": (NUMBER, lambda: datetime.date(2025, 1, 1), "type date"),
    "symbol": (NUMBER, lambda: sympy.Symbol("x"), "type Symbol"),
    "missing": (NUMBER, lambda: pd.NA, "type NAType"),
    "own object": (NUMBER, Unnamed, "type Unnamed"),
    "complex view": (KET, lambda: memoryview(np.array([S, S], dtype=complex)), "type memoryview"),
    "no end": (NUMBER, itertools.count, "more than 5000 values"),
    "no end in a list": (LIST, lambda: itertools.repeat(0.5), "more than 5000 values"),
    "too large": (NUMBERS, lambda: [10**400, 0.5], "too large to be meant"),
    "too large objects": (NUMBERS, lambda: np.array([10**400, 0.5], dtype=object), "too large to be meant"),
    "yes": (BOOLEAN, lambda: "yes", "a text"),
    "two": (BOOLEAN, lambda: pd.Series([2]), "a whole number"),
    "bytes": (WORD, lambda: b"held", "bytes, not a text"),
    "other word": (WORD, lambda: pd.Series(["gone"]), "another text"),
    "three rows": (LIST, lambda: pd.DataFrame({"x": [1, 2, 3]}), "3 items"),
    "object without a field": (TABLE, lambda: types.SimpleNamespace(a=0.25), "type SimpleNamespace"),
    "record without a field": (TABLE, lambda: RECORD[["a"]][0], "the key 'b' is missing"),
    "Series of other labels": (TABLE, lambda: pd.Series({"a": 0.25, "c": 0.5}), "the key 'b' is missing"),
    "Cirq's gate": (CIRCUIT, lambda: cirq.CNOT, "a function or a class"),
    "Cirq's channel": (CIRCUIT, lambda: cirq.Circuit(cirq.depolarize(0.1).on_each(*Q[:2])), "not made of gates alone"),
    "Cirq, too wide": (CIRCUIT, lambda: cirq.Circuit(cirq.H.on_each(*Q)), "more than 6 qubits"),
    "Cirq, one qubit": (CIRCUIT, lambda: cirq.Circuit(cirq.H(Q[0])), "a circuit on 1 qubits"),
}


def at_both_doors(form: Form, make: Callable[[], Any]) -> list[Any]:
    """What the form reads, or says, in JupyterLab and of what crossed into grading."""
    door = Door(make)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as the judge does; np.matrix says that it is old
            return [_said(form, make), _said(form, door.answer)]
    finally:
        door.close()


def _said(form: Form, answer: Callable[[], Any]) -> Any:
    try:
        return form(answer())
    except WrongForm as error:
        return error


@pytest.mark.parametrize(("form", "make", "expected"), [pytest.param(*rest, id=name) for name, *rest in _read()])
def test_a_form_is_read_at_both_doors(form: Form, make: Callable[[], Any], expected: Any) -> None:
    for found in at_both_doors(form, make):
        assert close(found, expected), found


@pytest.mark.parametrize(("form", "make", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_at_both_doors(form: Form, make: Callable[[], Any], says: str) -> None:
    near, far = at_both_doors(form, make)
    assert isinstance(near, WrongForm), near
    assert str(near) == str(far)
    assert says in str(near)


def test_frozen_circuits_of_cirq_are_read_at_both_doors() -> None:
    bell = cirq.Circuit(cirq.H(Q[0]), cirq.CNOT(*Q[:2]))
    for make in (lambda: bell, bell.freeze):
        for found in at_both_doors(CIRCUIT, make):
            assert np.allclose(statevector.run(found), [S, 0, 0, S])


def test_a_named_tuple_cannot_be_right_by_names_that_grading_does_not_see() -> None:
    turned = Turned(0.25, 0.5)
    with pytest.raises(WrongForm, match="a named tuple with its fields in another order"):
        TABLE(turned)
    other = Other(0.5, 0.25)
    assert at_both_doors(TABLE, lambda: other) == [{"b": 0.5, "a": 0.25}] * 2
