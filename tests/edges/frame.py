"""Every public function of a room, called with one and with two arguments out of the ordinary.

A table names for each function ordinary arguments and a second method. One or two arguments are then replaced: by zero,
tiny, huge, negative, not a number, of a wrong shape or type, empty, read-only, None … Either the answer is what the
second method gives, or a `ValueError` or `TypeError` in house form names an argument and the value, within two seconds
of processor time and 200 MB. The functions are taken from the package: one without an entry fails the test.

A table is a file `test_<room>.py`::

    CASES = [
        Case(measures.purity, {"rho": werner_state(0.8)}, lambda rho: np.trace(matrix(rho) @ matrix(rho)).real),
        Case(states.random_ket, {"num_qubits": 2, "rng": RNG}, law(lambda result, **_: abs(norm(result) - 1) < 1e-9)),
    ]
    test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
        "qlab.measures", CASES
    )
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import itertools
import pkgutil
import re
import resource
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qlab.circuits import Circuit

SECONDS = 2.0
BYTES = 200_000_000


@dataclasses.dataclass(frozen=True)
class Fresh:
    """A value that a call uses up, made anew for each."""

    make: Callable[[], Any]
    name: str

    def __repr__(self) -> str:
        return self.name


RNG = Fresh(lambda: np.random.default_rng(7), "default_rng(7)")


@dataclasses.dataclass(frozen=True)
class Case:
    """A public function, and how its answers are checked.

    Attributes:
        call: function, class, or method of an object.
        good: ordinary values of all its arguments.
        second: from the same arguments to the same answer by another way, or a `law` that the answer obeys.
        tolerance: largest relative difference of numbers.
        absolute: largest difference of numbers near zero; 0 where small numbers matter.
        odd: further odd values of an argument, beside those of its kind.
        without: arguments that are left as they are, with the reason.
        says: further words by which a message may name an argument.
    """

    call: Callable[..., Any]
    good: Mapping[str, Any]
    second: Callable[..., Any]
    tolerance: float = 1e-9
    absolute: float = 1e-12
    odd: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)
    without: Mapping[str, str] = dataclasses.field(default_factory=dict)
    says: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Module and name within it."""
        return f"{self.call.__module__}.{self.call.__qualname__}"


class Law:
    """What holds of an answer that no second method gives, such as one that is drawn by chance."""

    def __init__(self, holds: Callable[..., bool]) -> None:
        self.holds = holds

    def __call__(self, **arguments: Any) -> Law:
        return Law(lambda result: self.holds(result, **arguments))


law = Law

# Odd values by kind.

_WRONG: list[Any] = [None, "a", "", b"1", (), [], {}, [[1], [1, 2]], object(), float("nan")]
NUMBERS: list[Any] = [
    0, 1, -1, 2, 0.0, -0.0, 1.0, 0.5, -0.5, 1e-9, 1e-17, 5e-324, 1e300, -1e300, 10**400, float("inf"), float("-inf"),
    float("nan"), True, 1j, 1 + 0j, Fraction(1, 3), np.float32(0.25), np.float64(0.25), np.int8(1), np.array(0.5),
    np.array([0.5]), np.bool_(True), "0.5", None, [], [0.5], np.datetime64("2026-01-01"), object(),
]  # fmt: skip
WHOLE: list[Any] = [
    0, 1, -1, 2, 3, 6, 2.0, 1.5, 40, 2**31, 2**63, 10**30, 10**400, float("inf"), float("nan"), True, np.int8(2),
    np.uint64(2), np.array(2), np.array([2]), "2", None, [], [2], 1j, Fraction(2), object(),
]  # fmt: skip
TEXTS: list[Any] = ["", "x", " ", "é", "0" * 40, "\0", b"x", None, 0, 1.5, [], ["x"], np.str_("x"), True, object()]
GENERATORS: list[Any] = [None, 7, "a", np.random.RandomState(7), np.random.default_rng, [], object()]
FLAGS: list[Any] = [True, False, 0, 1, 2, None, "yes", [], float("nan"), np.bool_(True), object()]
CIRCUITS: list[Any] = [None, 5, "a", [], {}, ["x"], Circuit(1), Circuit(3).h(0), Circuit(2), Circuit, object()]
FUNCTIONS: list[Any] = [None, 5, "a", [], lambda: 0, lambda *_: None, lambda *_: float("nan"), lambda *_: "a"]


def _arrays(good: Any) -> list[Any]:
    """An array in other dresses, which are as good, and out of the ordinary."""
    frozen, strided = good.copy(), np.repeat(good, 2, axis=0)[::2]
    frozen.setflags(write=False)
    poisoned = [np.array(good, dtype=np.result_type(good, np.float64)) for _ in range(3)]
    for array, poison in zip(poisoned, (np.nan, np.inf, 1e300), strict=True):
        array.flat[:1] = poison
    narrow = np.complex64 if good.dtype.kind == "c" else np.float32
    dresses = [frozen, strided, np.asfortranarray(good), good.astype(narrow), good.tolist(), good.astype(object)]
    return [
        *dresses, *poisoned, good.real.astype(np.float32), good.real.astype(int), good.astype(str), good.real > 0.5,
        0 * good, 1 + good, 2 * good, ~good if good.dtype == bool else -good,
        1e-300 * good, 1e-12 + good, good[:-1], good[:0], good[:1], good[None],
        good[..., None], np.concatenate([good, good]), np.array(0.5), np.array("x"), np.array(None), 5, *_WRONG,
    ]  # fmt: skip


def _sequences(good: Sequence[Any]) -> list[Any]:
    entries: list[Any] = list(good)
    odd: list[Any] = [entries, tuple(entries), entries[:-1], [*entries, *entries], entries[::-1], *_WRONG, 0, 1, 5]
    if good and all(isinstance(g, (int, float)) for g in good):
        odd.append(np.array(good))
    for place in range(min(len(entries), 2)):
        values = pool(entries[place]) if not isinstance(entries[place], np.ndarray) else [None, "a", 0 * good[place]]
        odd += [[*entries[:place], value, *entries[place + 1 :]] for value in values]
    return odd


def pool(good: Any) -> list[Any]:
    """Odd values of an argument of which one ordinary value is given."""
    if good is RNG:
        return GENERATORS
    if isinstance(good, np.ndarray):
        return _arrays(good)
    if isinstance(good, Circuit):
        return CIRCUITS
    if isinstance(good, (list, tuple)):
        return _sequences(good)
    kinds = ((bool, FLAGS), (int, WHOLE), (float, NUMBERS), (complex, NUMBERS), (str, TEXTS))
    for kind, values in kinds:
        if isinstance(good, kind):
            return values
    return FUNCTIONS if callable(good) else [*_WRONG, 5, Circuit(1)]


# What is public.


def modules(room: str) -> Iterator[ModuleType]:
    """A module, or a package with all that is public within."""
    module = importlib.import_module(room)
    yield module
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"{room}."):
        if not re.search(r"\._", found.name):
            yield importlib.import_module(found.name)


def _takes_arguments(call: Callable[..., Any], *, bound: bool) -> bool:
    return len(inspect.signature(call).parameters) > bound


def public(room: str) -> set[str]:
    """Names of the functions, classes and methods of a room that take an argument."""
    names = set()
    for module in modules(room):
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value) and _takes_arguments(value, bound=False):
                names.add(f"{module.__name__}.{name}")
            if not inspect.isclass(value) or issubclass(value, BaseException) or Protocol in value.__bases__:
                continue
            if _takes_arguments(value, bound=False):
                names.add(f"{module.__name__}.{name}")
            for method, function in vars(value).items():
                static = isinstance(function, (staticmethod, classmethod))
                plain = function.__func__ if static else function
                if method.startswith("_") or not inspect.isfunction(plain):
                    continue
                if _takes_arguments(plain, bound=not isinstance(function, staticmethod)):
                    names.add(f"{module.__name__}.{name}.{method}")
    return names


# One call, and what is wrong with it.


def _in_use() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _too_long(*_: object) -> None:
    raise TimeoutError(f"took longer than {SECONDS} seconds")


@contextmanager
def limited() -> Iterator[None]:
    """Ends what takes more than two seconds of processor time, or 200 MB, with an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGPROF, _too_long)
    if Path("/proc/self/statm").exists():
        resource.setrlimit(resource.RLIMIT_AS, (_in_use() + BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _made(value: Any) -> Any:
    return value.make() if isinstance(value, Fresh) else value


def _called(call: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """The answer, with arguments of one and of two stars spread."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += arguments[name]
        elif parameter.kind is parameter.VAR_KEYWORD:
            named |= arguments[name]
        elif parameter.kind is parameter.KEYWORD_ONLY or (named and parameter.kind is not parameter.POSITIONAL_ONLY):
            named[name] = arguments[name]
        else:
            positional.append(arguments[name])
    return call(*positional, **named)


def house_form(error: Exception, names: Sequence[str]) -> bool:
    """Whether a complaint is of the house's form and names one of the arguments."""
    head, got, _ = str(error).rpartition(", got ")
    named = any(re.search(rf"\b{re.escape(name)}\b", head) for name in names)
    return type(error) in (ValueError, TypeError) and bool(got) and " must " in head and named


def same(one: Any, two: Any, tolerance: float, absolute: float) -> bool:
    """Whether two answers agree: numbers within a tolerance, all else exactly."""
    if isinstance(two, Law):
        return bool(two.holds(one))
    if two is None or isinstance(two, (str, bytes, bool, np.bool_)):
        return type(one) in (type(two), bool) and bool(one == two)
    if dataclasses.is_dataclass(two):
        fields = [field.name for field in dataclasses.fields(two)]
        return type(one) is type(two) and all(
            same(getattr(one, f), getattr(two, f), tolerance, absolute) for f in fields
        )
    if isinstance(two, Mapping):
        return set(one) == set(two) and all(same(one[key], two[key], tolerance, absolute) for key in two)
    if isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(same(a, b, tolerance, absolute) for a, b in zip(one, two, strict=True))
    return _near(one, two, tolerance, absolute)


def _near(one: Any, two: Any, tolerance: float, absolute: float) -> bool:
    a, b = np.asarray(one), np.asarray(two)
    if a.dtype.kind == b.dtype.kind == "b":
        return bool(np.array_equal(a, b))
    if a.shape != b.shape or not {a.dtype.kind, b.dtype.kind} <= set("biufc"):
        return a.shape == b.shape == () and bool(one == two)
    both_endless = np.isinf(a) & (a == b)
    with np.errstate(invalid="ignore"):
        near = np.abs(a - b) <= absolute + tolerance * np.abs(b)
    return bool(np.all(near | both_endless))


def _single(arguments: Mapping[str, Any]) -> bool:
    """Whether an array came in single precision, which no answer is more precise than."""
    return any(isinstance(v, np.ndarray) and v.dtype in (np.complex64, np.float32) for v in arguments.values())


def _touched(made: Any) -> None:
    """Reads all that an object offers without an argument: each is a value or a complaint of the house's form."""
    for name in dir(type(made)):
        member = inspect.getattr_static(type(made), name)
        if name.startswith("_"):
            continue
        try:
            if isinstance(member, property):
                getattr(made, name)
            elif inspect.isfunction(member) and not _takes_arguments(member, bound=True):
                getattr(made, name)()
        except (ValueError, TypeError) as error:
            if " must " not in str(error) or ", got " not in str(error):
                raise RuntimeError(f"{name}: {error}") from error


def _shown(value: Any) -> str:
    return " ".join(repr(value).split())[:200]


def complaint(case: Case, replaced: Mapping[str, Any]) -> str | None:
    """What is wrong with a call in which some arguments are replaced, or None."""
    arguments = {**case.good, **replaced}
    given = {name: _made(value) for name, value in arguments.items()}
    before = {name: value.copy() for name, value in given.items() if isinstance(value, np.ndarray)}
    where = f"{case.call.__qualname__}({', '.join(f'{name}={_shown(value)}' for name, value in replaced.items())})"
    try:
        with limited():
            answer = _called(case.call, given)
            if inspect.isclass(case.call):
                _touched(answer)
    except Exception as error:  # whatever it is, it is judged
        if house_form(error, [*replaced, *case.says]):
            return None
        return f"{where} raised {type(error).__name__}: {str(error)[:300]}"
    for name, array in before.items():
        if array.dtype != object and array.tobytes() != given[name].tobytes():
            return f"{where} changed its argument {name}"
    loosened = 1e-4 if _single(given) else 0.0
    try:
        wanted = case.second(**{name: _made(value) for name, value in arguments.items()})
        agree = same(answer, wanted, max(case.tolerance, loosened), max(case.absolute, loosened))
    except Exception as error:  # an answer where the second method has none
        return f"{where} is {_shown(answer)}, the second method raises {type(error).__name__}: {str(error)[:200]}"
    return None if agree else f"{where} is {_shown(answer)}, by the second method {_shown(wanted)}"


def _odd(case: Case) -> dict[str, list[Any]]:
    """Odd values by argument."""
    odd = {n: [*pool(good), *case.odd.get(n, ())] for n, good in case.good.items() if n not in case.without}
    for name, parameter in inspect.signature(case.call).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL and name in odd:  # spread in a call, which takes no None
            odd[name] = [value for value in odd[name] if isinstance(value, (list, tuple))]
    return odd


def edges_of(
    room: str, cases: Sequence[Case], *, records: Sequence[type] = ()
) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None], Callable[..., None]]:
    """The four tests of a room: none forgotten, one odd argument, two, and very many pairs of them (`make soak`).

    Args:
        room: dotted name of a module or package.
        cases: one for each public function, class and method that takes an argument.
        records: classes that only the package itself makes; their methods still need cases.
    """

    def no_function_is_forgotten() -> None:
        made_here = {f"{record.__module__}.{record.__qualname__}" for record in records}
        named, wanted = {case.name for case in cases}, public(room) - made_here
        assert named == wanted, f"without an entry: {sorted(wanted - named)}; gone: {sorted(named - wanted)}"
        for case in cases:
            assert list(case.good) == list(inspect.signature(case.call).parameters), case.name
            assert complaint(case, {}) is None, complaint(case, {})

    by_name = pytest.mark.parametrize("case", cases, ids=[case.name.removeprefix(f"{room}.") for case in cases])

    @by_name
    def one_odd_argument(case: Case) -> None:
        found = [complaint(case, {name: value}) for name, values in _odd(case).items() for value in values]
        wrong = [text for text in found if text]
        assert not wrong, "\n".join(wrong)

    def pairs(examples: int) -> Callable[[Case], None]:
        def odd_pairs(case: Case) -> None:
            odd = _odd(case)
            if len(odd) < 2:
                return
            pair = st.sampled_from(list(itertools.combinations(odd, 2)))
            drawn = pair.flatmap(lambda names: st.fixed_dictionaries({n: _drawn(case, n, odd[n]) for n in names}))

            @settings(max_examples=examples, phases=[Phase.explicit, Phase.generate])
            @given(replaced=drawn)
            def try_them(replaced: dict[str, Any]) -> None:
                assert complaint(case, replaced) is None, complaint(case, replaced)

            try_them()

        return odd_pairs

    two_odd_arguments = by_name(pairs(15))
    many_odd_pairs = pytest.mark.soak(by_name(pairs(2000)))
    return no_function_is_forgotten, one_odd_argument, two_odd_arguments, many_odd_pairs


def _drawn(case: Case, name: str, values: Sequence[Any]) -> st.SearchStrategy[Any]:
    """One of the odd values, or any number where a number is due."""
    listed = st.sampled_from(values)
    if isinstance(case.good[name], float):
        return listed | st.floats() | st.floats(0, 1)
    return listed
