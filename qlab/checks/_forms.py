"""What a result must look like: each form turns plain data into one canonical value, or says what is wrong.

A form never asks the learner's objects anything but through exact built-in types, so that an object which
claims to be equal to everything gets nowhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab.circuits import Circuit, Operation, as_circuit

MAX_VALUES = 100_000
"""More values than this in one result are refused unread."""
MAX_DEPTH = 20


class WrongForm(Exception):
    """A result cannot be what the task asks for; the text says why, without its values."""


@dataclass(frozen=True)
class Form:
    """A kind of result.

    Attributes:
        describes: completes "your function should return …".
        read: from plain data (see `plain`) to the canonical value; raises `WrongForm`.
    """

    describes: str
    read: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        """Canonical value of a raw result."""
        try:
            return self.read(plain(value))
        except WrongForm as error:
            raise WrongForm(f"should return {self.describes}, but {error}") from None


def plain(value: Any) -> Any:
    """A result as exact built-in types and NumPy arrays; frozen dataclasses become dicts of their fields.

    Raises:
        WrongForm: where it is of another kind, too large, or nested too deeply.

    >>> plain((np.float64(0.5), [np.bool_(True)]))
    [0.5, [True]]
    """
    budget = [MAX_VALUES]
    return _plain(value, budget, MAX_DEPTH)


def _plain(value: Any, budget: list[int], depth: int) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise WrongForm(f"it returned more than {MAX_VALUES} values")
    if depth < 0:
        raise WrongForm(f"it returned lists nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if kind in (bool, int, float, complex, type(None)):
        return value
    if kind in (str, bytes):
        budget[0] -= len(value)
        return value if budget[0] >= 0 else _plain(None, budget, depth)
    if isinstance(value, np.generic) and kind.__module__ == "numpy":
        return _plain(value.item(), budget, depth)
    if kind is np.ndarray:
        return _array(value, budget)
    if kind in (Circuit, Operation):
        value, kind = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, dict
    return _plain_items(value, kind, budget, depth - 1)


def _plain_items(value: Any, kind: type, budget: list[int], depth: int) -> Any:
    """The built-in container of a kind, each item of it plain."""
    if kind in (list, tuple):
        return [_plain(item, budget, depth) for item in value]
    if kind in (set, frozenset):
        return frozenset(_hashable(_plain(item, budget, depth)) for item in value)
    if kind is dict:
        return {_hashable(_plain(k, budget, depth)): _plain(v, budget, depth) for k, v in value.items()}
    raise WrongForm(f"it returned {named(value)}")


def _hashable(value: Any) -> Any:
    if type(value) is list:
        return tuple(_hashable(item) for item in value)
    if type(value) in (dict, np.ndarray):
        raise WrongForm(f"it returned {named(value)} inside a set or as a key")
    return value


def _array(value: np.ndarray[Any, Any], budget: list[int]) -> Any:
    budget[0] -= value.size
    if budget[0] < 0:
        raise WrongForm(f"it returned more than {MAX_VALUES} values")
    if value.dtype.kind not in "biufcU":
        raise WrongForm(f"it returned an array of {value.dtype.name} values")
    return value.item() if value.ndim == 0 else value.copy()


_WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    complex: "a complex number",
    str: "a text",
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    frozenset: "a set",
    set: "a set",
    type(None): "None (is a `return` missing?)",
    np.ndarray: "an array",
}


def named(value: Any) -> str:
    """A kind of value in words.

    >>> named(None)
    'None (is a `return` missing?)'
    """
    kind = type(value)
    if kind is np.ndarray:
        return f"an array of shape {value.shape}"
    return _WORDS.get(kind) or f"an object of type {str(getattr(kind, '__name__', '?'))[:40]}"


def _real(value: Any) -> float:
    if type(value) is complex and abs(value.imag) < 1e-9:
        value = value.real
    if type(value) not in (int, float):
        raise WrongForm(f"it returned {named(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise WrongForm("it returned a number too large to be meant") from None
    if number != number:
        raise WrongForm("it returned nan (0/0, or a root of something negative?)")
    return number


def number(low: float = -np.inf, high: float = np.inf, *, what: str = "a number") -> Form:
    """A real number in a closed interval; a value outside is said to be outside.

    Args:
        low: least value allowed, to 1e-9.
        high: greatest value allowed, to 1e-9.
        what: the result in words, such as ``"a probability"``.
    """

    def read(value: Any) -> float:
        found = _real(value)
        if not low - 1e-9 <= found <= high + 1e-9:
            raise WrongForm(f"it returned a number outside [{low:g}, {high:g}]")
        return found

    bounded = f" from {low:g} to {high:g}" if np.isfinite([low, high]).all() else ""
    return Form(what + bounded, read)


def whole_number(low: int = 0, *, what: str = "a whole number") -> Form:
    """An integer of at least ``low``; 3.0 counts as 3.

    Args:
        low: least value allowed.
        what: the result in words, such as ``"a number of hops"``.
    """

    def read(value: Any) -> int:
        found = _real(value)
        if not np.isfinite(found) or found != int(found):
            raise WrongForm("it returned a number that is not whole")
        if found < low:
            raise WrongForm(f"it returned a number below {low}")
        return int(found)

    return Form(what, read)


def boolean() -> Form:
    """True or False, nothing that merely looks like it."""

    def read(value: Any) -> bool:
        if type(value) is not bool:
            raise WrongForm(f"it returned {named(value)}")
        return value

    return Form("True or False", read)


def choice(*words: str) -> Form:
    """One of a few words, in any case, with spaces around ignored."""

    def read(value: Any) -> str:
        if type(value) is not str:
            raise WrongForm(f"it returned {named(value)}")
        word = value.strip().lower()
        for allowed in words:
            if word == allowed.lower():
                return allowed
        raise WrongForm("it returned another text")

    return Form("one of the texts " + ", ".join(map(repr, words)), read)


def text(what: str = "a text") -> Form:
    """Any text; spaces around are ignored."""

    def read(value: Any) -> str:
        if type(value) is not str:
            raise WrongForm(f"it returned {named(value)}")
        return value.strip()

    return Form(what, read)


def numbers(*shape: int | None, what: str = "", low: float = -np.inf, high: float = np.inf) -> Form:
    """Real numbers in an array (or nested lists) of a shape.

    Args:
        shape: length of each axis; None stands for any length.
        what: the result in words, by default its shape.
        low: least value allowed, to 1e-9.
        high: greatest value allowed, to 1e-9.
    """
    said = " × ".join("n" if s is None else str(s) for s in shape)

    def read(value: Any) -> Any:
        array = _complex_array(value, shape)
        if np.abs(array.imag).max(initial=0.0) > 1e-9:
            raise WrongForm("it returned complex numbers")
        if not ((array.real >= low - 1e-9) & (array.real <= high + 1e-9)).all():
            raise WrongForm(f"it returned a number outside [{low:g}, {high:g}]")
        return array.real.copy()

    return Form(what or f"{said} numbers", read)


def complex_numbers(*shape: int | None, what: str = "") -> Form:
    """Complex numbers in an array (or nested lists) of a shape.

    Args:
        shape: length of each axis; None stands for any length.
        what: the result in words, by default its shape.
    """
    said = " × ".join("n" if s is None else str(s) for s in shape)
    return Form(what or f"{said} complex numbers", lambda value: _complex_array(value, shape))


def _complex_array(value: Any, shape: tuple[int | None, ...]) -> Any:
    if type(value) not in (list, np.ndarray):
        raise WrongForm(f"it returned {named(value)}")
    try:
        array = np.asarray(value)
    except ValueError:
        raise WrongForm("it returned rows of different lengths") from None
    if array.dtype.kind not in "iufc":
        raise WrongForm("it returned something that is not all numbers")
    matches = array.ndim == len(shape) and all(w in (None, s) for w, s in zip(shape, array.shape, strict=True))
    if not matches:
        raise WrongForm(f"it returned an array of shape {array.shape}")
    if np.isnan(array).any():
        raise WrongForm("it returned nan (0/0, or a root of something negative?)")
    return array.astype(complex)


def ket(num_qubits: int) -> Form:
    """A state vector of shape (2**n,), normalised to 1e-6."""

    def read(value: Any) -> Any:
        vector = _complex_array(value, (2**num_qubits,))
        if not abs(np.linalg.norm(vector) - 1) < 1e-6:
            raise WrongForm("it returned a vector whose length is not 1")
        return vector / np.linalg.norm(vector)

    return Form(f"a ket of shape ({2**num_qubits},)", read)


def density_matrix(num_qubits: int) -> Form:
    """A density matrix of shape (2**n, 2**n): Hermitian, trace 1, no negative eigenvalue."""
    size = 2**num_qubits

    def read(value: Any) -> Any:
        matrix = _complex_array(value, (size, size))
        if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.conj().T, atol=1e-6):
            raise WrongForm("it returned a matrix that is not Hermitian")
        if abs(np.trace(matrix) - 1) > 1e-6:
            raise WrongForm("it returned a matrix whose trace is not 1")
        if np.linalg.eigvalsh(matrix)[0] < -1e-6:
            raise WrongForm("it returned a matrix with a negative probability in it")
        return matrix

    return Form(f"a density matrix of shape ({size}, {size})", read)


def circuit(num_qubits: int | None = None) -> Form:
    """A `qlab.Circuit`, or its fields as a dict, on a number of qubits."""

    def read(value: Any) -> Circuit:
        if type(value) is not dict:
            raise WrongForm(f"it returned {named(value)}")
        try:
            found = as_circuit(value)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise WrongForm("it returned something that cannot be read as a circuit") from None
        if num_qubits is not None and found.num_qubits != num_qubits:
            raise WrongForm(f"it returned a circuit on {found.num_qubits} qubits")
        return found

    size = "" if num_qubits is None else f" on {num_qubits} qubits"
    return Form(f"a Circuit{size}", read)


def listing(of: Form, length: int | None = None, *, what: str = "") -> Form:
    """A list of results of one form.

    Args:
        of: form of each item.
        length: how many items; None for any number.
        what: the result in words, by default made of the others.
    """

    def read(value: Any) -> list[Any]:
        items = list(value) if type(value) in (list, np.ndarray) else None
        if items is None:
            raise WrongForm(f"it returned {named(value)}")
        if length is not None and len(items) != length:
            raise WrongForm(f"it returned {len(items)} items")
        return [_inner(of, item) for item in items]

    many = "a list" if length is None else f"a list of {length} items"
    return Form(what or f"{many}, each of them {of.describes}", read)


def collection(of: Form, *, what: str = "") -> Form:
    """A set of results of one hashable form; a list without repetitions counts too.

    Args:
        of: form of each item.
        what: the result in words, by default made of the form.
    """

    def read(value: Any) -> frozenset[Any]:
        if type(value) not in (list, frozenset):
            raise WrongForm(f"it returned {named(value)}")
        items = [_hashable(_inner(of, list(item) if type(item) is tuple else item)) for item in value]
        if len(set(items)) != len(items):
            raise WrongForm("it returned an item twice")
        return frozenset(items)

    return Form(what or f"a set, each item {of.describes}", read)


def record(**fields: Form) -> Form:
    """A dictionary with exactly these keys, each value of its own form."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise WrongForm(f"it returned {named(value)}")
        _same_keys(value, fields)
        return {key: _inner(form, value[key], f"under {key!r} ") for key, form in fields.items()}

    return Form("a dictionary with the keys " + ", ".join(map(repr, fields)), read)


def mapping(of: Form, keys: Iterable[str] | None = None, *, what: str = "") -> Form:
    """A dictionary from texts to results of one form.

    Args:
        of: form of each value.
        keys: exactly these keys; None for any.
        what: the result in words, by default made of the form.
    """
    wanted = None if keys is None else tuple(keys)

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict or any(type(key) is not str for key in value):
            raise WrongForm(f"it returned {named(value)}")
        if wanted is not None:
            _same_keys(value, wanted)
        return {key: _inner(of, item) for key, item in sorted(value.items())}

    return Form(what or f"a dictionary, each value {of.describes}", read)


def _same_keys(value: dict[Any, Any], wanted: Iterable[str]) -> None:
    missing = [key for key in wanted if key not in value]
    if missing:
        raise WrongForm(f"the key {missing[0]!r} is missing")
    if len(value) > len(list(wanted)):
        raise WrongForm("it returned keys that were not asked for")


def _inner(form: Form, value: Any, where: str = "") -> Any:
    try:
        return form.read(value)
    except WrongForm as error:
        raise WrongForm(f"{where}{error}" if where else str(error)) from None
