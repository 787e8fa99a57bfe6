"""What a result must look like: each form turns plain data into one canonical value, or says what is wrong.

What a reasonable engineer returns is read: relatives of the built-in types, NumPy's and other packages' numbers,
arrays, generators. Only built-ins read it, and what they give is of exact built-in types, so that an object which
claims to be equal to everything gets nowhere.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from operator import index
from typing import Any

import numpy as np

from qlab.circuits import Circuit, as_circuit

MAX_VALUES = 5_000
"""More values than this in one result are refused unread."""
MAX_DEPTH = 20
MAX_QUBITS = 6
"""Circuits of other packages are read as their matrices, up to this size."""


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

    Of an object that is nothing of the kind an `Opaque` is left, whose attributes a form may ask for by name.

    Raises:
        WrongForm: where it is a function or a class, too large, or nested too deeply.

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
    if isinstance(value, Enum):
        return _plain(value.value, budget, depth - 1)
    if isinstance(value, (str, bytes)):
        exact = str.__str__(value) if isinstance(value, str) else bytes(value)
        budget[0] -= len(exact)
        return exact if budget[0] >= 0 else _plain(None, budget, depth)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufcUO":
        return _array(np.asarray(value), budget, depth)
    if value is None or isinstance(value, (bool, int, float, complex)):
        return _exact_number(value)
    if dataclasses.is_dataclass(type(value)) and getattr(type(value), "__dataclass_params__").frozen:  # noqa: B009
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return _plain_items(value, budget, depth - 1)


def _exact_number(value: Any) -> Any:
    """A number, or None, in its exact built-in type, asked past any method of its own."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else complex.__complex__(value)


def _plain_items(value: Any, budget: list[int], depth: int) -> Any:
    """The built-in container that a value is, or is a relative of, each item of it plain."""
    if isinstance(value, tuple):
        names = getattr(type(value), "_fields", ())
        return Row([_plain(item, budget, depth) for item in tuple.__iter__(value)], names)
    if isinstance(value, list):
        return [_plain(item, budget, depth) for item in list.__iter__(value)]
    if isinstance(value, (set, frozenset)):
        items = set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value)
        return frozenset(_hashable(_plain(item, budget, depth)) for item in items)
    if isinstance(value, dict):
        return {_hashable(_plain(k, budget, depth)): _plain(v, budget, depth) for k, v in dict.items(value)}
    return _asked(value, budget, depth)


def _asked(value: Any, budget: list[int], depth: int) -> Any:
    """What an object of another kind says that it is: a table, a sequence, a circuit's matrix, or a number.

    It is asked through built-ins that answer with built-in types, so that no method of its own ever compares anything.
    A stand-in for a learner's object is asked in the same way as the object itself, so both are read alike.
    """
    if callable(value):
        raise WrongForm("it returned a function or a class, not what a call of it gives")
    for method, read in _READERS.items():
        if callable(getattr(value, method, None)):
            return read(value, budget, depth)
    if isinstance(getattr(value, "name", None), str) and hasattr(value, "value"):
        return _plain(value.value, budget, depth)  # a member of an enumeration, met as a stand-in
    if isinstance(getattr(value, "data", None), str):
        return _plain(value.data, budget, depth)  # a UserString, which as a sequence has no end
    if type(value).__name__ in _TRUTH:
        return _TRUTH[type(value).__name__]
    return _number_or_items(value, budget, depth)


def _number_or_items(value: Any, budget: list[int], depth: int) -> Any:
    """What Python's own conversions make of an object; an `Opaque` where they make nothing of it."""
    for exact in (index, float, complex):
        try:
            return exact(value)
        except Exception:  # it is no such number, whatever it says
            continue
    try:
        items = iter(value)
    except TypeError:
        return Opaque(value)
    return [_plain(item, budget, depth) for item in items]


def _frame(value: Any, budget: list[int], depth: int) -> Any:
    """A table of columns (pandas): its one column, its one row with the columns' names, or its rows."""
    rows = [_plain(row, budget, depth) for row in value.itertuples(False, None)]
    if rows and all(len(row) == 1 for row in rows):
        return _of_objects([row[0] for row in rows], (len(rows),))
    if len(rows) == 1:
        return Row(rows[0], _texts(value.columns, budget, depth), by_name=True)
    return [list(row) for row in rows]


def _array_like(value: Any, budget: list[int], depth: int) -> Any:
    """An array of another package, a labelled column, or records: all say what they hold as a list."""
    try:
        listed = value.tolist()
    except NotImplementedError:  # a memoryview of what Python has no format for
        return Opaque(value)
    held = _plain(listed, budget, depth)
    names = getattr(getattr(value, "dtype", None), "names", None)
    if type(names) is tuple:
        records = [held] if type(held) is Row else held
        rows = [Row(record, names, by_name=True) for record in records]
        return rows[0] if len(rows) == 1 else rows
    if callable(getattr(value, "keys", None)):
        labels = _texts(value.keys(), budget, depth)
        return Row(held, labels, by_name=True) if labels else _of_objects(held, (len(held),))
    try:
        shape = np.shape(held)
        return _of_objects(np.array(held, dtype=object).ravel().tolist(), shape) if type(held) is list else held
    except ValueError:  # rows of different lengths
        return held


def _texts(labels: Any, budget: list[int], depth: int) -> tuple[str, ...]:
    """Labels that are texts, each another; none where they are not."""
    found = [_plain(label, budget, depth) for label in iter(labels)]
    return tuple(found) if all(type(label) is str for label in found) and len(set(found)) == len(found) else ()


def _foreign_circuit(value: Any, budget: list[int], depth: int) -> Any:
    """Another package's circuit, as the one operation that its matrix is; Cirq's order of qubits is ours."""
    too_large = f"it returned a circuit of another package on more than {MAX_QUBITS} qubits"
    try:
        if len(value.all_qubits()) > MAX_QUBITS:
            raise WrongForm(too_large)
        matrix = np.asarray(value.unitary(ignore_terminal_measurements=False), dtype=complex)
        num_qubits = int(matrix.shape[0]).bit_length() - 1
        return _plain(Circuit(num_qubits).unitary(matrix, *range(num_qubits)), budget, depth)
    except (TypeError, ValueError, AttributeError, IndexError):
        raise WrongForm("it returned a circuit of another package that is not made of gates alone") from None


def _table(value: Any, budget: list[int], depth: int) -> Any:
    """The dictionary that another kind of mapping is."""
    return {_hashable(_plain(k, budget, depth)): _plain(value[k], budget, depth) for k in iter(value.keys())}


_READERS: dict[str, Callable[[Any, list[int], int], Any]] = {
    "unitary": _foreign_circuit,
    "toarray": lambda value, budget, depth: _plain(value.toarray(), budget, depth),
    "itertuples": _frame,
    "tolist": _array_like,
    "keys": _table,
}
"""By the method that gives a kind of object away, the first that it has: circuits, sparse matrices, tables, arrays."""
_TRUTH = {"BooleanTrue": True, "BooleanFalse": False}
"""SymPy's own, which are no numbers."""


class Opaque:
    """An object that is no built-in type's relative and says of itself nothing more; it may have fields."""

    def __init__(self, value: Any) -> None:
        self.kind = _kind(value)
        self._value = value

    def fields(self, names: Iterable[str]) -> dict[str, Any] | None:
        """The attributes of these names, plain; None where one is missing."""
        missing = object()
        found = {name: getattr(self._value, name, missing) for name in names}
        return None if not found or missing in found.values() else {name: plain(item) for name, item in found.items()}


class Row(list[Any]):
    """The items of a tuple, a record or a labelled column, with the names that it has for them.

    A record's names count. Those of a named tuple do not cross into grading, so they may only agree with its order.
    """

    def __init__(self, items: Iterable[Any], names: Iterable[str] = (), *, by_name: bool = False) -> None:
        super().__init__(items)
        self.names = tuple(names)
        self.by_name = by_name and bool(self.names)


def _hashable(value: Any) -> Any:
    if type(value) is np.ndarray:
        value = value.tolist()
    if type(value) in (list, Row):
        return tuple(_hashable(item) for item in value)
    if type(value) is dict:
        raise WrongForm(f"it returned {named(value)} inside a set or as a key")
    return value


def _array(value: np.ndarray[Any, Any], budget: list[int], depth: int) -> Any:
    """A copy in plain types: long numbers become ordinary ones, and of objects each is read for itself."""
    budget[0] -= value.size
    if budget[0] < 0:
        raise WrongForm(f"it returned more than {MAX_VALUES} values")
    if value.dtype.kind == "O":
        return _of_objects([_plain(item, budget, depth - 1) for item in value.ravel().tolist()], value.shape)
    if value.dtype.kind in "fc":
        value = value.astype(complex if value.dtype.kind == "c" else float)
    return value.item() if value.ndim == 0 else value.copy()


def _of_objects(items: list[Any], shape: tuple[int, ...]) -> Any:
    """Plain items in a shape: an array where all of them are numbers, or all of them texts."""
    kinds = {type(item) for item in items}
    if kinds <= {bool, int, float, complex} or kinds == {str}:
        with contextlib.suppress(OverflowError):
            array = np.array(items).reshape(shape)
            if array.dtype.kind in "biufcU":
                return array if shape else array.item()
    for item in items:
        if type(item) is Opaque:
            raise WrongForm(f"it returned an array of {item.kind} values")
    return _nested(items, shape)


def _nested(items: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return items[0]
    if len(shape) == 1:
        return items
    size = len(items) // max(1, shape[0])
    return [_nested(items[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def _one(value: Any) -> Any:
    """The item of an array that holds one, of any shape; anything else as it is."""
    if type(value) is Row and value.by_name and len(value) == 1:
        return value[0]
    return value.item() if type(value) is np.ndarray and value.size == 1 else value


def _rows(value: Any) -> list[Any] | None:
    """The items of a sequence in their order, plain; None for what has no order or no items."""
    if type(value) is np.ndarray:
        return value.tolist() if value.ndim == 1 else list(value)
    return list(value) if type(value) in (list, Row) else None


def _fields(value: Any, names: Iterable[str] = ()) -> Any:
    """A table of values by name: a dictionary, a tuple or record with an entry for each name, an object with them."""
    if type(value) is Row and value.by_name:
        return dict(zip(value.names, value, strict=True))
    if type(value) is Row and len(value) == len(list(names)):
        if set(value.names) == set(names) and value.names != tuple(names):
            raise WrongForm("it returned a named tuple with its fields in another order")
        return dict(zip(names, value, strict=True))
    return (value.fields(names) or value) if type(value) is Opaque else value


_WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    complex: "a complex number",
    str: "a text",
    bytes: "bytes, not a text",
    list: "a list",
    Row: "a tuple",
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
    return _WORDS.get(kind) or f"an object of type {value.kind if kind is Opaque else _kind(value)}"


def _kind(value: Any) -> str:
    return str(getattr(type(value), "__name__", "?"))[:40]


def _real(value: Any) -> float:
    value = _one(value)
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
    """True or False, or 1 or 0 for them."""

    def read(value: Any) -> bool:
        value = _one(value)
        if type(value) in (int, float, complex) and value in (0, 1):
            return bool(value)
        if type(value) is not bool:
            raise WrongForm(f"it returned {named(value)}")
        return value

    return Form("True or False", read)


def choice(*words: str) -> Form:
    """One of a few words, in any case, with spaces around ignored."""

    def read(value: Any) -> str:
        value = _one(value)
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
        value = _one(value)
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


_NOT_NUMBERS = "something that is not all numbers"


def _complex_array(value: Any, shape: tuple[int | None, ...]) -> Any:
    if type(value) not in (list, Row, np.ndarray):
        raise WrongForm(f"it returned {named(value)}")
    try:
        array = np.asarray(value)
    except OverflowError:
        raise WrongForm("it returned a number too large to be meant") from None
    except ValueError:
        raise WrongForm("it returned rows of different lengths") from None
    if array.dtype.kind not in "biufc":
        large = array.size > 0 and all(type(item) in (bool, int, float, complex) for item in array.flat)
        raise WrongForm(f"it returned {'a number too large to be meant' if large else _NOT_NUMBERS}")
    if array.ndim == len(shape) + 1 and 1 in array.shape:
        array = array.squeeze(axis=array.shape.index(1))  # a row or a column where a plain list is asked
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
        if type(value) is np.ndarray and value.ndim == 2 and len(value) == 1 and length not in (None, 1):
            value = value[0]  # a row of a matrix
        items = _rows(value)
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
        found = value if type(value) is frozenset else _rows(list(value) if type(value) is dict else value)
        if found is None:
            raise WrongForm(f"it returned {named(value)}")
        items = [_hashable(_inner(of, list(item) if type(item) is tuple else item)) for item in found]
        if len(set(items)) != len(items):
            raise WrongForm("it returned an item twice")
        return frozenset(items)

    return Form(what or f"a set, each item {of.describes}", read)


def record(**fields: Form) -> Form:
    """A dictionary with exactly these keys, each value of its own form; a tuple of values in this order counts too."""

    def read(value: Any) -> dict[str, Any]:
        value = _fields(value, fields)
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
        value = _fields(value, wanted or ())
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
