"""Judge an answer: call it on copies, read the results, name the misconception where there is one."""

from __future__ import annotations

import builtins
import contextlib
import io
import textwrap
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from qlab.checks._exam import Exam, accepted, copied, exam, views
from qlab.checks._forms import WrongForm, named
from qlab.checks._lines import own_line
from qlab.checks._registry import find_task
from qlab.checks._slips import numbers_of, places, slip, undone, wrong_keys
from qlab.checks._task import Arguments, Row, Task, Verdict
from qlab.checks._traits import dependence, kinds, one_sided, powers, wrong_where
from qlab.checks._views import close
from qlab.circuits import Circuit

WIDTH = 88
"""Columns of a sentence in JupyterLab, which breaks longer lines inside words."""
MOST_SECONDS = 2.0
"""Time for calling a wrong answer again; no further call begins after it."""


class CheckFailed(AssertionError):
    """An answer is wrong, missing, or not of the kind asked for."""

    verdict = "failed"
    misconception: str | None = None

    def _render_traceback_(self) -> list[str]:
        """What JupyterLab shows in the place of a traceback: the sentence, broken between words."""
        return [line for part in str(self).splitlines() for line in (_broken(part) or [""])]


def _broken(line: str) -> list[str]:
    """A line of text in lines that fit; one of a drawing as it is."""
    return [line] if line.startswith(" ") or (not line.isascii() and "─" in line) else textwrap.wrap(line, WIDTH)


class AnswerCrashed(CheckFailed):
    """The learner's code raised."""

    verdict = "crashed"


class CouldNotTell(CheckFailed):
    """The check itself failed; the learner is not to blame."""

    verdict = "could_not_tell"


class _Stopped(Exception):
    """An answer did not get as far as results; carries the verdict, and the learner's own exception."""

    def __init__(self, verdict: Verdict, cause: BaseException | None = None) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict
        self.cause = cause


@contextlib.contextmanager
def _surroundings(hidden: bool) -> Iterator[None]:
    """Silence warnings always, and printing where the inputs are hidden."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        if hidden:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        yield


def _short(value: Any, limit: int = 120) -> str:
    if isinstance(value, Circuit):
        return "\n" + str(value) + "\n"
    if isinstance(value, frozenset):
        value = sorted(value, key=repr)
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shown_call(task: Task, arguments: Arguments) -> str:
    return f"{task.name}({', '.join(_short(a, 80) for a in arguments)})"


def _nearest_builtin(error: BaseException) -> str:
    names = [kind.__name__ for kind in type(error).__mro__]
    return next(name for name in names if hasattr(builtins, name))


def _raised(task: Task, error: BaseException, arguments: Arguments, hidden: bool) -> _Stopped:
    if isinstance(error, NotImplementedError):
        return _Stopped(Verdict("failed", f"Not done yet: {task.name} still raises NotImplementedError."))
    if hidden:
        text = f"{task.name} raised {_nearest_builtin(error)} on one of the hidden inputs."
        return _Stopped(Verdict("crashed", text))
    try:
        reason = _short(str(error), 200)
    except Exception:
        reason = "(no readable text)"
    line = own_line(error)
    text = f"{_shown_call(task, arguments)} raised {type(error).__name__}: {reason}{f' ({line})' if line else ''}"
    return _Stopped(Verdict("crashed", text), error)


def _call(task: Task, answer: Any, arguments: Arguments, hidden: bool) -> Any:
    """One result in the task's form."""
    try:
        with _surroundings(hidden):
            return task.returns(answer(*copied(arguments)))
    except KeyboardInterrupt:
        raise
    except WrongForm as error:
        where = "" if hidden else f" ({_shown_call(task, arguments)})"
        raise _Stopped(Verdict("failed", f"{task.name} {error}{where}.")) from None
    except BaseException as error:
        raise _raised(task, error, arguments, hidden) from None


def _misconception(task: Task, held: Exam, shown: tuple[Any, ...]) -> Verdict | None:
    for misconception in task.misconceptions:
        if close(shown, held.wrong[misconception.key], task.tolerance):
            return Verdict("failed", misconception.says, misconception.key)
    return None


def _of_one_entry(task: Task, held: Exam, got: tuple[Any, ...]) -> str | None:
    """What a misconception says of the entry of a table in which it, and nothing else, is met on every input.

    Yes or no proves little: it may follow from another entry that is wrong.
    """
    wrong_ones = wrong_keys(task, held, got)
    for key in wrong_ones:
        if len(wrong_ones) > 1 and isinstance(got[0][key], bool):
            continue
        for misconception in task.misconceptions:
            wrong = held.wrong_results[misconception.key]
            only = wrong_keys(task, held, wrong) == [key]
            if only and close([g[key] for g in got], [w[key] for w in wrong], task.tolerance):
                return f"Under {key!r}: {misconception.says}"
    return None


def _remark(task: Task, rows: list[Row]) -> str | None:
    """What the task itself knows of a wrong answer."""
    if task.remark is None:
        return None
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        return task.remark([(got, expected, copied(arguments)) for got, expected, arguments in rows])
    return None


def _on_part(task: Task, held: Exam, got: tuple[Any, ...], wrong: list[int]) -> str | None:
    """What a misconception says, where it explains all wrong results and the others are right.

    Small and round numbers prove little, and neither do words.
    """
    shown = views(task, got, held.cases)
    keys = wrong_keys(task, held, got)
    differing = [[got[i][key] for key in keys] if keys else shown[i] for i in wrong]
    telling = any(abs(2 * x - round(2 * x)) > 1e-6 for each in differing for x in numbers_of(each))
    if any(isinstance(got[wrong[0]][key], (bool, str)) for key in keys):
        return None
    for misconception in task.misconceptions if telling else ():
        made = held.wrong[misconception.key]
        if all(close(shown[i], made[i], task.tolerance) for i in wrong):
            return f"On some inputs only: {misconception.says}"
    return None


def _asked_again(task: Task, held: Exam, answer: Any, got: tuple[Any, ...], wrong: int) -> str | None:
    """What calling an answer again shows of it, as far as time allows."""
    end = time.monotonic() + MOST_SECONDS

    def ask(arguments: Arguments) -> Any:
        if time.monotonic() > end:
            raise TimeoutError
        return _call(task, answer, arguments, hidden=True)

    with contextlib.suppress(_Stopped, ValueError, TypeError, LookupError, TimeoutError):
        return dependence(task, held, got, ask, wrong)
    return None


def _compare(task: Task, held: Exam, answer: Any, got: list[Any], hidden: bool) -> Verdict:
    rows = list(zip(got, held.expected, held.cases, strict=True))
    wrong = [i for i, (g, e, c) in enumerate(rows) if not accepted(task, g, e, c)]
    if not wrong:
        return Verdict("passed", f"{task.title}: passed.")
    recognised = _misconception(task, held, views(task, tuple(got), held.cases))
    if recognised is not None:
        return recognised
    help_line = f'hint("{task.id}", 1) gives a first step.'
    results = tuple(got)
    said = (
        undone(task, held, results)
        or _remark(task, rows)
        or _of_one_entry(task, held, results)
        or slip(task, held, results)
        or _on_part(task, held, results, wrong)
        or powers(task, held, results)
        or kinds(task, held, results)
        or wrong_where(task, held, wrong)
        or _asked_again(task, held, answer, results, wrong[0])
        or one_sided(task, held, results)
    )
    where = "" if hidden else places(task, held, results, wrong[0])
    if said is not None:
        listed = (
            f" In the first wrong result, {where}." if where and where != f"see {said.split(':')[0].lower()}" else ""
        )
        return Verdict("failed", f"{said}{listed} {help_line}")
    if hidden:
        what = "every hidden input" if len(wrong) == len(rows) else "some hidden inputs, though not on all"
        return Verdict("failed", f"{task.name} is not right on {what}. {help_line}")
    first = wrong[0]
    told = f"which is not right{': ' + where if where else ''}"
    text = f"{_shown_call(task, held.cases[first])} gave {_short(got[first])}, {told}. {help_line}"
    return Verdict("failed", text)


def _assess(task: Task, answer: Any, seed: object) -> tuple[Verdict, BaseException | None]:
    hidden = seed is not None
    try:
        held = exam(task, seed)
    except Exception as error:
        return Verdict("could_not_tell", f"The check of {task.id} is at fault ({type(error).__name__})."), None
    if not callable(answer):
        return Verdict("failed", f"{task.name} should be a function, but it is {named(answer)}."), None
    try:
        got = [_call(task, answer, arguments, hidden) for arguments in held.cases]
    except _Stopped as stopped:
        return stopped.verdict, stopped.cause
    try:
        with _surroundings(hidden):
            return _compare(task, held, answer, got, hidden), None
    except Exception as error:
        return Verdict("could_not_tell", f"The check of {task.id} is at fault ({type(error).__name__})."), None


def judge_answer(task_id: str, answer: Any, seed: object = None) -> Verdict:
    """Judge an answer and return the verdict, without raising.

    Args:
        task_id: such as ``"04.best_angles"``.
        answer: the learner's function.
        seed: chooses other inputs, which no message then shows; None for the visible ones.

    Raises:
        ValueError: where there is no such task.
    """
    return _assess(find_task(task_id), answer, seed)[0]


_EXCEPTIONS = {"failed": CheckFailed, "crashed": AnswerCrashed, "could_not_tell": CouldNotTell}


def check(task_id: str, answer: Any, *, seed: object = None) -> None:
    """Judge an answer: print a line where it passes, raise where it does not.

    Args:
        task_id: such as ``"04.best_angles"``.
        answer: your function.
        seed: chooses other inputs, which no message then shows; None for the visible ones.

    Raises:
        CheckFailed: the answer is wrong; the message names the misconception where one is recognised.
        AnswerCrashed: your code raised.
        CouldNotTell: the check itself failed.
        ValueError: there is no such task.
    """
    verdict, cause = _assess(find_task(task_id), answer, seed)
    if verdict.status == "passed":
        print(f"✓ {verdict.message}")
        return
    failure = _EXCEPTIONS[verdict.status](verdict.message)
    failure.misconception = verdict.misconception
    raise failure from cause


def hint(task_id: str, step: int = 1) -> None:
    """Print one of a task's three hints.

    Args:
        task_id: such as ``"04.best_angles"``.
        step: 1, 2 or 3; the third stops just short of the answer.

    Raises:
        ValueError: where there is no such task or step.
    """
    task = find_task(task_id)
    if step not in (1, 2, 3):
        raise ValueError(f"step must be 1, 2 or 3, got {step!r}")
    print(f"Hint {step} of 3: {task.hints[step - 1]}")
