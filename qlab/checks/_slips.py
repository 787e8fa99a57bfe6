"""Slips that any task may meet: what was done to the right answer, or to the arguments, so that this one came out.

A sentence is said only where undoing the slip makes the whole answer right, on every input; so it is true.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from qlab.checks._exam import Exam, accepted, copied, results, views
from qlab.checks._task import Arguments, Task
from qlab.checks._views import close
from qlab.circuits import Circuit

NEAR = 0.01
"""Within this share of the right number an answer is said to be close."""
_SWAP = np.array([0, 2, 1, 3])

UNDONE: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("You gave degrees where radians are asked.", np.radians),
    ("You gave radians where degrees are asked.", np.degrees),
    ("You gave the chance of the opposite: one less your answer is right.", lambda x: 1 - x),
    ("You gave a correlation, from -1 to 1, where a share of agreement, from 0 to 1, is asked.", lambda x: (1 + x) / 2),
    ("You gave a share of agreement, from 0 to 1, where a correlation, from -1 to 1, is asked.", lambda x: 2 * x - 1),
    ("You gave a chance of winning where a Bell value S is asked.", lambda x: 8 * x - 4),
    ("You gave a Bell value S where a chance of winning is asked.", lambda x: (x + 4) / 8),
    ("You have the sign the wrong way round.", lambda x: -x),
    ("You gave half of what is asked.", lambda x: 2 * x),
    ("You gave twice what is asked.", lambda x: x / 2),
    ("You gave a quarter of what is asked: is it for one part of four, or for one setting?", lambda x: 4 * x),
    ("You gave four times what is asked: are four parts or settings counted where one is?", lambda x: x / 4),
    ("You gave the square of what is asked.", np.sqrt),
    ("You gave the square root of what is asked.", lambda x: x**2),
    ("You gave one over what is asked.", lambda x: 1 / x),
    ("You used natural logarithms where bits are asked.", lambda x: x / np.log(2)),
    ("You gave per cent where a share is asked.", lambda x: x / 100),
    ("You gave a share where per cent are asked.", lambda x: x * 100),
    ("You are off by a factor of a thousand: look at the units.", lambda x: x / 1e3),
    ("You are off by a factor of a thousand: look at the units.", lambda x: x * 1e3),
    ("You are off by a factor of a million: look at the units.", lambda x: x / 1e6),
    ("You are off by a factor of a million: look at the units.", lambda x: x * 1e6),
    ("You are one too low: which way is it rounded, and does the last one count?", lambda x: x + 1),
    ("You are one too high: which way is it rounded, and does the first one count?", lambda x: x - 1),
)
"""What a number may have suffered, and how it is undone."""


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A result with a change made to every number of it; anything else stays."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
        found = change(value)
        return round(found) if isinstance(value, int) and abs(found - round(found)) < 1e-9 else found
    return value


def _rearranged(value: Any) -> Iterator[tuple[str, Any]]:
    """Other orders of a list, a table or a circuit's qubits."""
    if isinstance(value, Circuit) and value.num_qubits == 2:
        turned = Circuit(2)
        for operation in value.operations:
            turned = turned.append(_replaced(operation))
        yield "You exchanged the two qubits.", turned
    if isinstance(value, np.ndarray) and value.shape == (4,):
        yield "You exchanged the two sides: the order of the middle two of the four is the other one.", value[_SWAP]
        yield "You exchanged the first two with the last two.", np.roll(value, 2)
        yield "You exchanged the two in each half.", value[[1, 0, 3, 2]]
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[0] == value.shape[1]:
        yield "You gave the transposed matrix: rows and columns are exchanged.", value.T
    if isinstance(value, (list, np.ndarray)) and len(value) > 1:
        yield "You have the right items in the reverse order.", value[::-1]
    if isinstance(value, dict) and len(value) == 2:
        first, second = value
        yield f"You exchanged {first!r} and {second!r}.", {first: value[second], second: value[first]}


def _replaced(operation: Any) -> Any:
    return type(operation)(
        operation.name, tuple(1 - q for q in operation.qubits), operation.params, operation.key, operation.when
    )


def _opposite(value: Any) -> Any:
    return (not value) if isinstance(value, bool) else value


def _mapped_or(change: Callable[[Any], Any], value: Any) -> Any:
    """A changed result; the result itself where it cannot be changed."""
    try:
        return change(value)
    except (TypeError, ValueError, ArithmeticError):
        return value


def _exchanged(task: Task, held: Exam, got: tuple[Any, ...], wrong: list[str]) -> str | None:
    """Which two numbers of a table have changed places, whatever else follows from it."""
    pairs = list(zip(got, held.expected, strict=True))
    for first in wrong:
        for second in held.expected[0]:
            fits = first != second and not isinstance(got[0][first], (bool, str))
            if fits and second not in wrong and all(close(g[first], e[second], task.tolerance) for g, e in pairs):
                return f"You gave the same under {first!r} as under {second!r}, where it belongs."
    for first, second in combinations([key for key in wrong if not isinstance(got[0][key], (bool, str))], 2):
        if all(close([g[first], g[second]], [e[second], e[first]], task.tolerance) for g, e in pairs):
            return f"You exchanged {first!r} and {second!r}."
    return None


def wrong_keys(task: Task, held: Exam, got: tuple[Any, ...]) -> list[str]:
    """Keys of a table under which some result is not that of the reference."""
    if not all(isinstance(each, dict) for each in (*got, *held.expected)):
        return []
    keys = [key for key in held.expected[0] if all(key in each for each in got)]
    pairs = list(zip(got, held.expected, strict=True))
    return [key for key in keys if not all(close(g[key], e[key], task.tolerance) for g, e in pairs)]


def _right(task: Task, held: Exam, given: Iterator[Any]) -> bool:
    """Whether results are right; those that cannot be made are not."""
    try:
        return all(accepted(task, g, e, c) for g, e, c in zip(given, held.expected, held.cases, strict=True))
    except Exception:
        return False


def _ways() -> list[tuple[str, Callable[[Any], Any]]]:
    ways: list[tuple[str, Callable[[Any], Any]]] = [(says, partial(_mapped, change=change)) for says, change in UNDONE]
    ways.append(("You have yes and no exchanged, on every input.", _opposite))
    return ways


def undone(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """What was done to the whole of every right result, or to its order; None where it is something else.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
    """
    with np.errstate(all="ignore"), contextlib.suppress(Exception):
        return _undoing(task, held, got)
    return None


def _undoing(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    for says, change in _ways():
        if _right(task, held, (_mapped_or(change, each) for each in got)):
            return says
    others = [dict(_rearranged(each)) for each in got]
    for says in others[0]:
        if _right(task, held, (each[says] for each in others)):
            return says
    return None


def _undoing_an_entry(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """What was done to one entry of every table, whatever else is wrong."""
    wrong = wrong_keys(task, held, got)
    for key in wrong:
        for says, change in _ways():
            if len(wrong) > 1 and isinstance(got[0][key], bool):
                continue  # it may follow from the others
            if all(close(e[key], held.expected[0][key]) for e in held.expected):
                continue  # of one number anything can be said
            pairs = zip(got, held.expected, strict=True)
            if all(close(_mapped_or(change, g[key]), e[key], task.tolerance) for g, e in pairs):
                return f"Under {key!r}: {says}"
    return None


def fits_nothing_else(case: Arguments) -> bool:
    """Whether whole numbers stand beside a list, where they may be places in it: then no part is exchanged alone.

    Args:
        case: arguments, of which an invented place would send a search round for ever.
    """
    return any(type(value) is list for value in case) and any(type(value) is int for value in case)


ANGLES = ("angle", "tilt", "theta", "phi")


def _changes_of(name: str, value: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Ways to misread one argument."""
    if isinstance(value, float) or (isinstance(value, list) and value and isinstance(value[0], float)):
        if any(word in name for word in ANGLES):
            yield f"You took {name} for degrees; it is in radians.", np.radians
            yield f"You turned {name} into degrees; sines and cosines take radians.", np.degrees
        yield f"You used half of {name}.", lambda x: x / 2
        yield f"You used twice {name}.", lambda x: x * 2
        yield f"You used {name} with the other sign.", lambda x: -x
        yield f"You used one less {name} in the place of {name}.", lambda x: 1 - x
        yield f"You used the square of {name}.", lambda x: x**2
        yield f"You used the square root of {name}.", np.sqrt
        yield f"You left {name} out, as if it were 0.", lambda x: 0.0 * x
        yield f"You left {name} out, as if it were 1.", lambda x: 0.0 * x + 1.0
    elif isinstance(value, int) and not isinstance(value, bool):
        yield f"You counted one too many for {name}.", lambda x: x + 1
        yield f"You counted one too few for {name}.", lambda x: x - 1
    elif isinstance(value, np.ndarray):
        if value.shape in ((4, 4), (4,)):
            yield f"You exchanged the two sides of {name}: qubit 0 is the leftmost.", _other_side
        if value.ndim == 2:
            yield f"You used {name} transposed, with rows and columns exchanged.", np.transpose


def _moved(value: Any, change: Callable[[Any], Any]) -> Any:
    """A changed argument, of the type that it had."""
    if isinstance(value, list):
        return [float(change(item)) for item in value]
    return float(change(value)) if isinstance(value, float) else change(value)


def _changed_arguments(names: list[str], case: Arguments) -> Iterator[tuple[str, Arguments]]:
    """Ways to misread the arguments, each with the arguments that it makes of a case."""
    for i, (name, value) in enumerate(zip(names, case, strict=True)):
        for says, change in _changes_of(name, value):
            yield says, (*case[:i], _moved(value, change), *case[i + 1 :])
    for i, j in combinations(range(len(names)), 2):
        if type(case[i]) is type(case[j]) and not isinstance(case[i], str):
            exchanged = list(case)
            exchanged[i], exchanged[j] = case[j], case[i]
            yield f"You exchanged {names[i]} and {names[j]}.", tuple(exchanged)


def _other_side(value: Any) -> Any:
    return value[np.ix_(_SWAP, _SWAP)] if value.ndim == 2 else value[_SWAP]


def _misread(task: Task, held: Exam, got: tuple[Any, ...], shown: tuple[Any, ...]) -> str | None:
    numeric = [key for key in wrong_keys(task, held, got) if not isinstance(got[0][key], (bool, str))]
    if fits_nothing_else(held.cases[0]):
        return None
    names = list(inspect.signature(task.reference).parameters)
    ways = [dict(_changed_arguments(names, copied(case))) for case in held.cases]
    for says in ways[0]:
        if not all(says in each for each in ways):
            continue
        cases = tuple(each[says] for each in ways)
        try:
            given = results(task, task.reference, cases)
            if close(shown, views(task, given, held.cases), task.tolerance):
                return says
            for key in numeric:
                if close([g[key] for g in got], [e[key] for e in given], task.tolerance):
                    return f"Under {key!r}: {says}"
        except Exception:
            continue
    return None


def numbers_of(value: Any) -> list[float]:
    """All real numbers of a result, in order."""
    if isinstance(value, np.ndarray):
        return [float(x) for x in np.ravel(value).real] if value.dtype.kind in "iuf" else []
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers_of(item)]
    if isinstance(value, list):
        return [x for item in value for x in numbers_of(item)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def _blank(value: Any) -> Any:
    """A number without its size."""
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0


def _decimals(value: float) -> int | None:
    return next((d for d in range(7) if abs(round(value, d) - value) < 1e-12), None)


def _by_numbers(task: Task, expected: tuple[Any, ...], got: tuple[Any, ...]) -> str | None:
    """What all numbers together show: rounding, closeness, a missing factor or term, always the same answer."""
    same = close(_mapped(list(got), _blank), _mapped(list(expected), _blank))
    g, e = np.array(numbers_of(list(got))), np.array(numbers_of(list(expected)))
    if task.judge is not None or not same or g.shape != e.shape or not g.size or not np.isfinite([*g, *e]).all():
        return None
    off = np.abs(g - e)
    bad = off > task.tolerance * np.maximum(1, np.abs(e))
    decimals = [_decimals(x) for x in g[bad]]
    if decimals and all(d is not None and o <= 0.500001 * 10.0**-d for d, o in zip(decimals, off[bad], strict=True)):
        return f"Your numbers look rounded to {max(d or 0 for d in decimals)} decimals; return them unrounded."
    if (off <= NEAR * np.abs(e)).all():
        return (
            "It is close, but not exact: within one per cent. Look for a rounded constant, a search that stops early, "
            "or an estimate by random draws."
        )
    if all(isinstance(each, list) for each in got) and _reordered(got, expected):
        return "You have the right items in another order."
    return _same_fault(g, e, bad)


def _reordered(got: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    return all(close(sorted(numbers_of(g)), sorted(numbers_of(e))) for g, e in zip(got, expected, strict=True))


def _same_fault(g: Any, e: Any, bad: Any) -> str | None:
    """What is the same on every input: the answer, the factor, or the term by which it is off."""
    values = len(set(np.round(e, 9)))
    if values >= 2 and np.ptp(g) < 1e-12:
        return "You gave the same answer for every input; the right one depends on the arguments."
    if values >= 2 and np.abs(g - np.abs(2 * e - 1)).max() <= 1e-6 and e.min() >= 0 and e.max() <= 1:
        return "You gave the size of a correlation, from 0 to 1, where a chance is asked; it has lost its sign, too."
    if values < 3:
        return None
    there = np.abs(e) > 1e-9
    if (bad == there).all() and np.ptp(g[there] / e[there]) < 1e-7 * abs(g[there][0] / e[there][0]):
        return "On every input you are off by the same factor: one is missing, or one too many."
    if bad.all() and np.ptp(g - e) < 1e-7:
        return "On every input you are off by the same amount: a term is missing, or one too many."
    return None


def slip(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """A sentence that is true of a wrong answer, or None.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
    """
    with np.errstate(all="ignore"), contextlib.suppress(Exception):
        shown = views(task, got, held.cases)
        return (
            undone(task, held, got)
            or _undoing_an_entry(task, held, got)
            or _exchanged(task, held, got, wrong_keys(task, held, got))
            or _misread(task, held, got, shown)
            or _by_numbers(task, held.expected, got)
            or _by_numbers_of_an_entry(task, held, got)
        )
    return None


def _by_numbers_of_an_entry(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    for key in wrong_keys(task, held, got):
        if not isinstance(got[0][key], (bool, str)):
            said = _by_numbers(task, tuple(e[key] for e in held.expected), tuple(g[key] for g in got))
            if said:
                return f"Under {key!r}: {said}"
    return None


def places(task: Task, held: Exam, got: tuple[Any, ...], case: int) -> str:
    """Which entries of one result are wrong, in words: of a table, or of a list; an empty text for anything else."""
    found, expected = got[case], held.expected[case]
    if task.judge is not None:
        return ""
    if isinstance(found, dict) and isinstance(expected, dict):
        wrong = [repr(k) for k in expected if k in found and not close(found[k], expected[k], task.tolerance)]
        return f"see under {' and '.join(wrong)}" if 0 < len(wrong) < len(expected) else ""
    if (
        isinstance(found, (list, np.ndarray))
        and isinstance(expected, (list, np.ndarray))
        and len(found) == len(expected)
    ):
        whole = list(task.view(found, *held.cases[case])) if isinstance(found, list) else list(found)
        right = list(task.view(expected, *held.cases[case])) if isinstance(found, list) else list(expected)
        wrong = [
            str(i + 1) for i, (g, e) in enumerate(zip(whole, right, strict=True)) if not close(g, e, task.tolerance)
        ]
        if 0 < len(wrong) < len(found):
            return f"see item{'s' * (len(wrong) > 1)} {', '.join(wrong)} of {len(found)}, counted from 1"
    return ""
