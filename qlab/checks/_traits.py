"""What a wrong answer is like as a whole: drawn at random, blind to an argument, off by a power of one, one-sided.

Each sentence is a fact about the answer on the inputs tried, seen from its results or by calling it again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from operator import eq, itemgetter, ne
from typing import Any

import numpy as np

from qlab.checks._exam import Exam, accepted, copied
from qlab.checks._slips import fits_nothing_else, numbers_of, wrong_keys
from qlab.checks._task import Arguments, Task
from qlab.checks._views import close

Part = tuple[str, Callable[[Arguments], Any], Callable[[Arguments, Any], Arguments], bool]
"""A part of the arguments: its name, how it is read and exchanged, and whether it belongs to each of many tables."""
MOST_TRIALS = 4
POWERS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)


def kinds(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """What is mixed up where words, or yes and no, are asked.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
    """
    for key in _keys(task, held, got):
        pairs = list(_words(key, got, held.expected))
        said = _mixed_up(pairs) if pairs else None
        if said:
            return said if key is None else f"Under {key!r}: {said}"
    return None


def _words(key: str | None, got: tuple[Any, ...], expected: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    """What was given and what is right, for results that are words or booleans, or lists of them."""
    for given, right in zip(got, expected, strict=True):
        first, second = (given, right) if key is None else (given[key], right[key])
        for pair in zip(first, second, strict=True) if isinstance(second, list) else [(first, second)]:
            if isinstance(pair[1], (bool, str)):
                yield pair


def _mixed_up(pairs: list[tuple[Any, Any]]) -> str | None:  # noqa: PLR0911 (a table of kinds)
    wrong = {pair for pair in pairs if pair[0] != pair[1]}
    given, right = {pair[0] for pair in wrong}, {pair[1] for pair in wrong}
    if not wrong:
        return None
    if len({pair[0] for pair in pairs}) == 1 and len(pairs) > 1:
        return f"You say {pairs[0][0]!r} every time, and it is not always so."
    if wrong == {(True, False)}:
        return (
            "You say True too easily: on some inputs where it should be False, and never the other way round. "
            "Look at the condition, and at where its border lies."
        )
    if wrong == {(False, True)}:
        return (
            "You say True too rarely: you miss some inputs where it should be, and never err the other way round. "
            "Look at the condition, and at where its border lies."
        )
    if isinstance(next(iter(given)), bool):
        return None
    if len(wrong) == 1:
        (found, word), *_ = wrong
        return f"Some that are {word!r} you call {found!r}, and that is all you mix up. What tells these two apart?"
    if given == right and len(given) == 2:
        first, second = sorted(given)
        return f"You take {first!r} for {second!r}, and {second!r} for {first!r}. What does each of the words mean?"
    if len(given) == 1:
        return f"You call {given.pop()!r} much that is not, and make no other mistake. What has to be so for this word?"
    if len(right) == 1:
        return f"You overlook what is {right.pop()!r}, and make no other mistake. What has to be so for this word?"
    return None


def _keys(task: Task, held: Exam, got: tuple[Any, ...]) -> list[str | None]:
    """Keys of the wrong entries of tables; None for a result that is no table."""
    return [*wrong_keys(task, held, got)] or [None]


def _single_numbers(task: Task, held: Exam, got: tuple[Any, ...]) -> Iterator[tuple[str | None, Any, Any]]:
    """Results and right ones that are single numbers, one a case: of each wrong entry of a table, by its key."""
    for key in _keys(task, held, got) if task.judge is None else ():
        given, right = (
            [numbers_of(each if key is None else each[key]) for each in side] for side in (got, held.expected)
        )
        if all(len(g) == len(e) == 1 for g, e in zip(given, right, strict=True)):
            yield key, np.ravel(given), np.ravel(right)


def _names(task: Task) -> list[str]:
    return list(inspect.signature(task.reference).parameters)


def powers(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """Of which argument the right numbers follow another power; what else depends on it is right.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
    """
    for key, given, right in _single_numbers(task, held, got):
        found = _power(_names(task), held.cases, given, right)
        if found:
            return found if key is None else f"Under {key!r}: {found}"
    return None


def _power(names: list[str], cases: tuple[Arguments, ...], given: Any, right: Any) -> str | None:
    there = np.abs(right) > 1e-9
    if len(set(np.round(right[there], 9))) < 3 or not (np.abs(given[there]) > 1e-9).all() or given[~there].any():
        return None
    rounding = 1.0 if np.all(given == np.round(given)) and np.all(right == np.round(right)) else 0.0
    ways: list[tuple[str, Any]] = [
        (f"Your number follows another power of {name} than the right one: count where it enters.", value**power)
        for name, value in _columns(names, cases)
        for power in POWERS
    ]
    if rounding and np.abs(right).max() >= 20:
        ways += [
            (f"But for the rounding you gave {word} of what is asked.", np.full(len(right), factor))
            for word, factor in (("a half", 0.5), ("twice", 2.0), ("a quarter", 0.25), ("four times", 4.0))
        ]
    for says, by in ways:
        if np.ptp(by[there]) < 1e-9 and "power" in says:
            continue
        off = np.abs(given - by * right)[there]
        if (off <= 1e-7 * np.abs(given[there]) + rounding * (1 + by[there])).all():
            return says
    if rounding and (np.abs(given - right) <= 1).all() and np.abs(right).max() >= 3:
        return "You are off by one on some inputs and right on others: look at the rounding, and whether ends count."
    return None


def _columns(names: list[str], cases: tuple[Arguments, ...]) -> Iterator[tuple[str, Any]]:
    """Arguments that are positive numbers in every case."""
    for i, name in enumerate(names):
        values = [case[i] for case in cases]
        if all(isinstance(v, (int, float)) and not isinstance(v, bool) and v > 0 for v in values):
            yield name, np.array(values, dtype=float)


def one_sided(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """On which side of the right number all wrong ones lie; the last thing to say where nothing better is known.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
    """
    for key, given, right in _single_numbers(task, held, got):
        off = given - right
        far = task.tolerance * np.maximum(1, np.abs(right))
        if (np.abs(off) > far).sum() < 2 or not ((off > -far).all() or (off < far).all()):
            continue
        said = f"Your numbers are too {'high' if off.max() > far.max() else 'low'} wherever they are wrong."
        return said if key is None else f"Under {key!r}: {said}"
    return None


def wrong_where(task: Task, held: Exam, wrong: list[int]) -> str | None:
    """For which kind of inputs an answer is wrong, where it is wrong for all of these and right for all others.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        wrong: the cases in which the result is wrong.
    """
    if len(wrong) == len(held.cases):
        return None
    for i, name in enumerate(_names(task)):
        values = [case[i] for case in held.cases]
        for says, has in _features(name, values):
            if [has(value) for value in values] == [j in wrong for j in range(len(values))]:
                return f"You are wrong wherever {says}, and right everywhere else."
    return None


def _features(name: str, values: list[Any]) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """Kinds of values of one argument, in words."""
    if all(isinstance(value, (bool, str)) for value in values):
        for one in sorted(set(values)):
            yield f"{name} is {one!r}", partial(eq, one)
            yield f"{name} is not {one!r}", partial(ne, one)
    elif all(isinstance(value, (int, float)) for value in values):
        yield f"{name} is not 0", lambda value: value != 0
        yield f"{name} is 0", lambda value: value == 0
    elif all(isinstance(value, list) for value in values):
        yield f"{name} has more than one entry", lambda value: len(value) > 1


def dependence(task: Task, held: Exam, got: tuple[Any, ...], ask: Callable[[Arguments], Any], wrong: int) -> str | None:
    """Whether an answer is drawn at random, and which argument it ignores or should ignore.

    Args:
        task: the task.
        held: cases, and what the reference answers to them.
        got: the results, in the task's form, one a case.
        ask: calls the answer again.
        wrong: a case in which the result is wrong.
    """
    case = held.cases[wrong]
    if not _same(task, ask(copied(case)), got[wrong], case):
        return (
            "Your function gives another result when it is called again with the same arguments. "
            "An exact value needs no random draws."
        )
    keys = _keys(task, held, got)
    for part in () if fits_nothing_else(case) else _parts(_names(task), case):
        trials = list(_trials(task, held, part, wrong))
        given = [ask(copied(changed)) for changed, _ in trials]
        for key in keys:
            said = _of_part(task, key, got[wrong], held.expected[wrong], trials, given)
            if said:
                sentence = said.format(part[0])
                return sentence if key is None else f"Under {key!r}: {sentence}"
    return None


def _same(task: Task, first: Any, second: Any, case: Arguments) -> bool:
    return close(task.view(first, *copied(case)), task.view(second, *copied(case)), task.tolerance)


def _of_part(
    task: Task,
    key: str | None,
    got: Any,
    expected: Any,
    trials: list[tuple[Arguments, Any]],
    given: list[Any],
) -> str | None:
    """What follows from changing one part of the arguments and nothing else."""
    enough = 1 if len(numbers_of(expected if key is None else expected[key])) >= 3 else 2
    if len(trials) < enough:
        return None
    picked = [each if key is None else each[key] for each in (got, expected)]
    answers = [each if key is None else each[key] for each in given]
    rights = [each if key is None else each[key] for _, each in trials]
    stays = [close(each, picked[0], task.tolerance) for each in answers]
    if task.judge is None:
        needed = [not close(each, picked[1], task.tolerance) for each in rights]
    else:
        needed = [not accepted(task, expected, right, changed) for changed, right in trials]
    if sum(needed) >= enough and all(stays):
        return "Nothing changes in your answer when {0} does, and the right one depends on it."
    if task.judge is None and not any(needed) and not all(stays):
        return "Your answer changes with {0} when nothing else does, and the right one does not."
    return None


def _trials(task: Task, held: Exam, part: Part, wrong: int) -> Iterator[tuple[Arguments, Any]]:
    """The wrong case with one part taken from another case, and the right result; what has none is passed over."""
    _, get, put, many = part
    own, seen = get(held.cases[wrong]), 0
    turned = [own[1:] + own[:1]] if many else []
    for value in (*turned, *(get(other) for other in held.cases)):
        if seen == MOST_TRIALS or close(value, own, 1e-9):
            continue
        changed = put(held.cases[wrong], copied(value))
        try:
            right = task.returns(task.reference(*copied(changed)))
        except Exception:  # the two do not go together
            continue
        seen += 1
        yield changed, right


def _parts(names: list[str], case: Arguments) -> Iterator[Part]:
    """Every argument, and every entry of those that are tables or lists of tables."""
    for i, (name, value) in enumerate(zip(names, case, strict=True)):
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(inner, dict):
            yield from _entries(i, (), inner, isinstance(value, list))
        else:
            yield name, itemgetter(i), partial(_exchanged, i), False


def _exchanged(i: int, case: Arguments, value: Any) -> Arguments:
    return (*case[:i], value, *case[i + 1 :])


def _entries(i: int, path: tuple[str, ...], table: dict[str, Any], many: bool) -> Iterator[Part]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _entries(i, (*path, key), value, many)
            continue

        def get(case: Arguments, where: tuple[str, ...] = (*path, key)) -> Any:
            found = [_at(each, where) for each in (case[i] if many else [case[i]])]
            return found if many else found[0]

        def put(case: Arguments, new: Any, where: tuple[str, ...] = (*path, key)) -> Arguments:
            tables = [
                _with(each, where, n)
                for each, n in zip(case[i] if many else [case[i]], new if many else [new], strict=True)
            ]
            return (*case[:i], tables if many else tables[0], *case[i + 1 :])

        yield key, get, put, many


def _at(table: Any, path: tuple[str, ...]) -> Any:
    return _at(table[path[0]], path[1:]) if path else table


def _with(table: Any, path: tuple[str, ...], value: Any) -> Any:
    return {**table, path[0]: _with(table[path[0]], path[1:], value)} if path else value
