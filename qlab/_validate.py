"""Shape and range checks of arguments, and the tolerances with which arrays are accepted.

Every function returns its argument, converted where that is harmless, or raises a
`ValueError` that names the argument, the demand and the value.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from numbers import Integral, Number, Real
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from qlab._types import Bits
from qlab._types import ComplexArray as ComplexArray
from qlab._types import FloatArray as FloatArray

ATOL = 1e-8
"""Tolerance of every check that a caller's array is normalised, Hermitian, unitary or complete."""

ATOL_SINGLE = 1e-4
"""The same for arrays in single precision."""

MAX_MATRIX_QUBITS = 13
"""No ket of more qubits is made a density matrix (2**26 entries of complex128 are 1 GiB)."""

MAX_DENSE_QUBITS = 34
"""No dense state above this size is ever attempted (2**34 complex128 amplitudes are 256 GiB)."""

MAX_CIRCUIT_QUBITS = 10_000
"""A circuit is a list and can be wide: what needs a state of it refuses by the memory that is free."""


def fail(name: str, demand: str, value: object) -> ValueError:
    """The one form of every complaint: ``name demand, got value``."""
    try:
        shown = repr(value)
    except ValueError:  # a whole number of thousands of digits
        shown = f"a value of type {type(value).__name__} that cannot be shown"
    return ValueError(f"{name} {demand}, got {shown if len(shown) <= 80 else shown[:77] + '...'}")


def _real(name: str, value: Any, demand: str) -> float:
    """A real number as a float, which some whole numbers are too large for."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise fail(name, demand, value)
    try:
        return float(value)
    except OverflowError:
        raise fail(name, "must be a number below 1.8e308", value) from None


def in_range(
    name: str, value: Any, low: float, high: float, *, open_low: bool = False, open_high: bool = False
) -> float:
    """Check that a real number lies in an interval, by default a closed one.

    >>> in_range("fidelity", 1.2, 0, 1)
    Traceback (most recent call last):
    ValueError: fidelity must lie in [0, 1], got 1.2
    """
    if type(value) is float and low < value < high:
        return value
    left, right = "(" if open_low else "[", ")" if open_high else "]"
    demand = f"must lie in {left}{low:g}, {high:g}{right}"
    number = _real(name, value, f"must be a real number and {demand[5:]}")
    above = number > low if open_low else number >= low
    below = number < high if open_high else number <= high
    if not (above and below):
        raise fail(name, demand, value)
    return number


def probability(name: str, value: Any) -> float:
    """Check that a number lies in [0, 1]."""
    return in_range(name, value, 0.0, 1.0)


def angle(name: str, value: Any) -> float:
    """Check for an angle in radians; beyond 1e9 its last digits are a thousandth of a turn."""
    return in_range(name, value, -1e9, 1e9)


def positive(name: str, value: Any) -> float:
    """Check that a number is finite and greater than zero."""
    demand = "must be a finite number greater than 0"
    number = _real(name, value, demand)
    if not 0 < number < np.inf:
        raise fail(name, demand, value)
    return number


def non_negative(name: str, value: Any) -> float:
    """Check that a number is finite and not negative."""
    demand = "must be a finite number of at least 0"
    number = _real(name, value, demand)
    if not 0 <= number < np.inf:
        raise fail(name, demand, value)
    return number


def generator(name: str, value: Any) -> np.random.Generator:
    """Check for a source of randomness: a number would be a seed that nobody sees."""
    if not isinstance(value, np.random.Generator):
        raise fail(name, "must be a generator such as np.random.default_rng(7)", value)
    return value


def integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Check that a whole number is at least ``low`` and, where given, at most ``high``."""
    demand = f"must be a whole number of at least {low}" + ("" if high is None else f" and at most {high}")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise fail(name, demand, value)
    if int(value) < low or (high is not None and int(value) > high):
        raise fail(name, demand, value)
    return int(value)


def one_of(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Check that a string is one of those allowed."""
    choices = tuple(allowed)
    if not isinstance(value, str) or value not in choices:
        raise fail(name, f"must be one of {', '.join(map(repr, choices))}", value)
    return value


def distinct_qubits(name: str, qubits: Iterable[Any], num_qubits: int) -> tuple[int, ...]:
    """Check that qubit numbers exist and do not repeat."""
    if not isinstance(qubits, Iterable):
        raise fail(name, "must be a sequence of qubit numbers", qubits)
    checked = tuple(integer(name, q, 0, num_qubits - 1) for q in qubits)
    if len(set(checked)) != len(checked):
        raise fail(name, "must not name a qubit twice", checked)
    return checked


def number_of_qubits(name: str, dimension: int) -> int:
    """The n of a dimension 2**n with n at least 1."""
    n = int(dimension).bit_length() - 1
    if n < 1 or 2**n != dimension:
        raise fail(name, "must have a dimension that is a power of two, at least 2", dimension)
    return n


def sequence(name: str, value: Any) -> tuple[Any, ...]:
    """Check for a list, a tuple or an array with an axis."""
    if not isinstance(value, (list, tuple, range)) and not (isinstance(value, np.ndarray) and value.ndim):
        raise fail(name, "must be a list or a tuple", value)
    return tuple(value)


def tolerance(array: NDArray[Any]) -> float:
    """How exactly numbers of this precision are taken: `ATOL`, or `ATOL_SINGLE`."""
    return ATOL_SINGLE if array.dtype in (np.float16, np.float32, np.complex64) else ATOL


def verdict_tolerance(array: NDArray[Any]) -> float:
    """How far eigenvalues of a state move when its entries do by the `tolerance` of their precision.

    A Hermitian matrix of random errors ε has eigenvalues up to 2√d·ε (Wigner, Ann. Math. 62, 548, 1955).
    """
    return 2 * float(np.sqrt(len(array))) * tolerance(array)


def in_precision_of(result: ComplexArray, *sources: ComplexArray) -> ComplexArray:
    """A result in the least precision of what it was made from, so that nothing later takes it for more precise."""
    kind = np.complex64 if any(tolerance(source) == ATOL_SINGLE for source in sources) else np.complex128
    return result.astype(kind, copy=False)


def _numbers(name: str, value: Any, demand: str) -> NDArray[Any]:
    """An array of booleans, whole, real or complex numbers; text is none, even where NumPy would read it."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise fail(name, demand, value) from None
    kind = array.dtype.kind
    if kind not in "biufcO" or (kind == "O" and not all(isinstance(entry, Number) for entry in array.flat)):
        raise fail(name, demand, value)
    return array


def complex_array(name: str, value: Any) -> ComplexArray:
    """Check for an array of numbers, finite or not; what came in single precision stays in it."""
    array = _numbers(name, value, "must be an array of numbers")
    kind = np.complex64 if tolerance(array) == ATOL_SINGLE else np.complex128
    try:
        return array.astype(kind, copy=False)
    except (TypeError, OverflowError):
        raise fail(name, "must be an array of numbers", value) from None


def real_array(name: str, value: Any) -> FloatArray:
    """Check for an array of real numbers, finite or not."""
    array = _numbers(name, value, "must be an array of real numbers")
    if array.dtype.kind == "c":
        raise fail(name, "must be an array of real numbers", value)
    try:
        return array.astype(float)
    except (TypeError, OverflowError):
        raise fail(name, "must be an array of real numbers", value) from None


def distribution(name: str, value: Any) -> FloatArray:
    """Check for probabilities that add up to 1, shape (m,).

    >>> distribution("weights", [0.5, 0.25])
    Traceback (most recent call last):
    ValueError: weights must add up to 1, got 0.75
    """
    array = real_array(name, value)
    slack = tolerance(np.asarray(value))
    if array.ndim != 1 or not len(array):
        raise fail(name, "must be a sequence of probabilities", value)
    outside = array[~((array >= -slack) & (array <= 1 + slack))]
    if len(outside):
        raise fail(f"each of {name}", "must lie in [0, 1]", float(outside[0]))
    if abs(array.sum() - 1) > slack:
        raise fail(name, "must add up to 1", float(array.sum()))
    return array


def bits(name: str, value: Any, demand: str = "must be zeros and ones") -> Bits:
    """Check for an array of zeros and ones; True and False are as good."""
    array = _numbers(name, value, demand)
    if array.dtype == object or not np.isin(array, (0, 1)).all():
        raise fail(name, demand, value)
    return array.astype(np.uint8)


def bit(name: str, value: Any) -> int:
    """Check for one 0 or 1; True and False are as good."""
    if type(value) is int and 0 <= value <= 1:  # a million times in a game
        return value
    return int(value) if isinstance(value, (bool, np.bool_)) else integer(name, value, 0, 1)


def finite_array(name: str, value: Any) -> ComplexArray:
    """Check for an array of finite numbers."""
    array = complex_array(name, value)
    if not np.all(np.isfinite(array)):
        raise fail(name, "must hold finite numbers only", value)
    return array


def _near(first: NDArray[Any], second: NDArray[Any], slack: float) -> bool:
    """Whether no entry differs by more; numbers that overflowed do."""
    return bool(np.abs(first - second).max() <= slack)


def norm_squared(ket: ComplexArray) -> float:
    """Sum of squared magnitudes: blocks in the ket's precision, their sum in float64.

    A dot product of a whole complex64 ket of 2**24 amplitudes would be wrong by a thousandth.
    """
    parts = np.ascontiguousarray(ket).reshape(-1).view(ket.real.dtype)
    whole = len(parts) // 2048 * 2048
    blocks = parts[:whole].reshape(-1, 2048)
    rest = parts[whole:].astype(np.float64)
    return float(np.vecdot(blocks, blocks).sum(dtype=np.float64) + rest @ rest)


_NUMBERS = {1: "one qubit", 2: "two qubits", 3: "three qubits"}


def _of_qubits(name: str, array: ComplexArray, num_qubits: int | None) -> None:
    number_of_qubits(name, len(array))
    if num_qubits is not None and len(array) != 2**num_qubits:
        raise fail(name, f"must be a state of {_NUMBERS.get(num_qubits, f'{num_qubits} qubits')}", array.shape)


def ket(name: str, value: Any, *, num_qubits: int | None = None) -> ComplexArray:
    """Check for a normalised state vector of shape (2**n,), of a given number of qubits where it matters."""
    array = complex_array(name, value)
    if array.ndim != 1:
        raise fail(name, "must be a vector of shape (2**n,)", array.shape)
    _of_qubits(name, array, num_qubits)
    with np.errstate(over="ignore", invalid="ignore"):
        norm = norm_squared(array)
    if not np.isfinite(norm) and not np.isfinite(array).all():  # one pass over a large ket tells both
        raise fail(name, "must hold finite numbers only", value)
    if not abs(norm - 1) <= tolerance(array):
        raise fail(name, "must have norm 1", float(np.sqrt(norm)))
    return array


def _square(name: str, value: Any) -> ComplexArray:
    array = finite_array(name, value)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise fail(name, "must be a square matrix of shape (2**n, 2**n)", array.shape)
    number_of_qubits(name, array.shape[0])
    return array


def state(name: str, value: Any, *, num_qubits: int | None = None) -> ComplexArray:
    """Check for a ket, or for a Hermitian matrix of trace 1 without negative eigenvalues.

    Args:
        name: the argument to blame.
        value: ket of shape (2**n,) or matrix of shape (2**n, 2**n).
        num_qubits: the n demanded, if any.

    Returns:
        What was given, in single precision where it came so, else in double.
    """
    array = complex_array(name, value)
    if array.ndim == 1:
        return ket(name, array, num_qubits=num_qubits)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise fail(name, "must be a ket of shape (2**n,) or a matrix of shape (2**n, 2**n)", array.shape)
    _of_qubits(name, array, num_qubits)
    array, slack = finite_array(name, array), tolerance(array)
    with np.errstate(over="ignore", invalid="ignore"):
        if not _near(array, array.conj().T, slack):
            raise fail(name, "must be Hermitian", array)
        trace = complex(np.trace(array))
    if not abs(trace - 1) <= slack:
        raise fail(name, "must have trace 1", trace)
    try:
        np.linalg.cholesky(array + slack * np.eye(len(array), dtype=array.dtype))  # a tenth of the eigenvalues' time
    except np.linalg.LinAlgError:
        smallest = float(np.linalg.eigvalsh(array)[0])
        if smallest < -slack:
            raise fail(name, "must have no negative eigenvalue", smallest) from None
    return array


def density_matrix(name: str, value: Any, *, num_qubits: int | None = None) -> ComplexArray:
    """Check for a `state`; a ket becomes its projector, where that is not too large.

    >>> density_matrix("rho", [1, 0], num_qubits=2)
    Traceback (most recent call last):
    ValueError: rho must be a state of two qubits, got (2,)
    """
    array = state(name, value, num_qubits=num_qubits)
    if array.ndim == 2:
        return array
    integer(f"number of qubits of {name}", number_of_qubits(name, len(array)), 1, MAX_MATRIX_QUBITS)
    return np.outer(array, array.conj())


def unitary(name: str, value: Any) -> ComplexArray:
    """Check for a unitary matrix of shape (2**n, 2**n); one in single precision becomes the nearest in double."""
    array = _square(name, value)
    with np.errstate(over="ignore", invalid="ignore"):
        if not _near(array @ array.conj().T, np.eye(len(array)), tolerance(array)):
            raise fail(name, "must be unitary", array)
    if array.dtype == np.complex64:
        left, _, right = np.linalg.svd(array.astype(complex))
        array = left @ right
    return array


def kraus_operators(name: str, value: Any) -> ComplexArray:
    """Check for a stack (k, d, d) with sum of K†K = I; one in single precision becomes the nearest in double."""
    array = finite_array(name, value)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or len(array) == 0:
        raise fail(name, "must be a stack of square matrices of shape (k, d, d)", array.shape)
    number_of_qubits(name, array.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.einsum("kji,kjl->il", array.conj(), array)
        if not _near(total, np.eye(array.shape[1]), tolerance(array)):
            raise fail(name, "must satisfy sum of K†K = I", total)
    if array.dtype == np.complex64:
        left, _, right = np.linalg.svd(array.astype(complex).reshape(-1, array.shape[1]), full_matrices=False)
        array = (left @ right).reshape(array.shape)
    return array


MAX_COUNT = 2**53
"""Most rounds, shots, links …: whole numbers up to here are exact as floats."""


def count(name: str, value: Any, low: int = 0, high: int = MAX_COUNT) -> int:
    """Check for a whole number of rounds, shots, links …, by default of any size that a float holds exactly."""
    if integer(name, value, low) > high:
        raise fail(name, f"must be at most {high:,}", value)
    return int(value)


Kind = TypeVar("Kind")


def instance(name: str, value: Any, kind: type[Kind]) -> Kind:
    """Check for an object of a class."""
    if not isinstance(value, kind):
        raise fail(name, f"must be a {kind.__name__}", value)
    return value


def fitting(name: str, value: Any, answer: float) -> float:
    """An answer, unless a float cannot hold it: then a complaint that blames an argument.

    >>> fitting("success_probability", 5e-324, 1 / 5e-324)
    Traceback (most recent call last):
    ValueError: success_probability must leave an answer below 1.8e+308, got 5e-324
    """
    if not np.isfinite(answer):
        raise fail(name, "must leave an answer below 1.8e+308", value)
    return answer


def whole_array(name: str, value: Any, demand: str) -> NDArray[Any]:
    """Check for an array of whole numbers of any size and sign; an empty list is as good."""
    array = _numbers(name, value, demand)
    if array.dtype.kind not in "iu" and array.size:
        raise fail(name, demand, value)
    return array if array.size else array.astype(np.int64)


def counts(name: str, value: Any, shape: tuple[int, ...], demand: str | None = None) -> NDArray[np.int64]:
    """Check for an array of whole numbers, none negative, whose sum a float holds exactly.

    >>> counts("counts", [[1, 2], [3]], (2, 2))
    Traceback (most recent call last):
    ValueError: counts must be 4 whole numbers of shape (2, 2), none negative, got [[1, 2], [3]]
    """
    demand = demand or f"must be {math.prod(shape)} whole numbers of shape {shape}, none negative"
    array = whole_array(name, value, demand)
    if array.shape != shape or (array < 0).any():
        raise fail(name, demand, value)
    if sum(array.ravel().tolist()) > MAX_COUNT:
        raise fail(name, f"must add up to at most {MAX_COUNT:,}", value)
    return array.astype(np.int64)


def function(name: str, value: Any, arguments: int) -> Callable[..., Any]:
    """Check for something to call with so many arguments."""
    demand = f"must be a function of {arguments} argument{'s' if arguments > 1 else ''}"
    if not callable(value):
        raise fail(name, demand, value)
    try:
        inspect.signature(value).bind(*range(arguments))
    except TypeError:
        raise fail(name, demand, value) from None
    except ValueError:  # written in C, without a signature
        return cast("Callable[..., Any]", value)
    return cast("Callable[..., Any]", value)


def asked(name: str, rate: Any, *arguments: Any) -> float:
    """What a caller's function says, which must be a finite number.

    >>> asked("rate", lambda qber: None, 0.1)
    Traceback (most recent call last):
    ValueError: rate must give a finite number, got None
    """
    answer = function(name, rate, len(arguments))(*arguments)
    if isinstance(answer, (bool, np.bool_)) or not isinstance(answer, Real) or not np.isfinite(float(answer)):
        raise fail(name, "must give a finite number", answer)
    return float(answer)


def keep(record: object, **checked: Any) -> None:
    """Store checked values in a frozen record: what came as a float32 or a fraction is computed with as a float."""
    for name, value in checked.items():
        object.__setattr__(record, name, value)


def conditional(name: str, value: Any, shape: tuple[int, ...] | None = None) -> FloatArray:
    """Check for probabilities ``[x, y, a, b]`` that add up to 1 for each pair (x, y), of a shape where it matters.

    Numbers within the `tolerance` of their precision are taken as rounded: they come back in [0, 1] and add up to 1.
    """
    array, slack = real_array(name, value), tolerance(np.asarray(value))
    demand = f"must be probabilities of shape {shape or '(X, Y, A, B)'}"
    if array.ndim != 4 or not array.size or array.shape != (shape or array.shape):
        raise fail(name, demand, array.shape)
    if not ((array >= -slack) & (array <= 1 + slack)).all():
        raise fail(name, demand, value)
    sums = array.sum(axis=(2, 3), keepdims=True)
    if not (np.abs(sums - 1) <= slack).all():
        raise fail(name, "must add up to 1 for each pair of questions", sums[..., 0, 0].tolist())
    if (np.abs(sums - 1) <= 1e-15).all() and (array >= 0).all():
        return array
    array = array.clip(0)
    return np.asarray(array / array.sum(axis=(2, 3), keepdims=True))
