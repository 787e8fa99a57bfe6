"""Turn the way a test cell ended into a verdict and a sentence that the learner may see."""

from __future__ import annotations

import ast
from typing import Any

from qlab.grading.notebooks.reading import hidden_lines
from qlab.grading.trusted.blame import answer_is_to_blame, stopped_at
from qlab.grading.wire import frames
from qlab.grading.wire.codec import CannotCross, CannotHandOver
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict

_MOST = 1500
_RAISED = "Your code raised an error in a hidden test."
_WRONG_KIND = "Your answer is of a kind, a size or a value that"


class TestTimeout(BaseException):
    """The test cell used up its time; not an Exception, so that no test swallows it by accident."""

    __test__ = False


def judge(
    error: BaseException | None,
    fault: frames.FrameError | None,
    *,
    source: str,
    namespace: dict[str, Any],
    student_names: set[str],
    tainted: bool,
    sound: bool,
    seconds: float,
) -> Judgement:
    """Return the verdict on one executed test cell.

    Args:
        error: the exception that ended the cell, None if it ran to its end.
        fault: what happened to the connection, None if nothing did.
        source: the instructor's test cell.
        namespace: the trusted namespace, to find the line of the cell that failed.
        student_names: names that the student was asked to define.
        tainted: student code has seen hidden arguments before, so its words are not repeated.
        sound: the test runs to its end with the instructor's own answer, and nothing but plain data and
            the names themselves crossed the boundary: what stops it then may be the answer's doing.
        seconds: how long it took.
    """
    place = stopped_at(error, namespace)
    line = place.tb_lineno if place else None
    hidden = hidden_lines(source)
    secret = (line in hidden) if line else bool(hidden)
    tainted = tainted or bool(hidden and line and min(hidden) <= _end_of_statement(source, line))
    verdict, says, own_words = _classify(error, fault, student_names)
    if verdict == Verdict.COULD_NOT_TELL and sound and answer_is_to_blame(error, source, namespace, student_names):
        verdict, says = (
            Verdict.FAILED,
            f"{_WRONG_KIND} the test cannot work with: {type(error).__name__}: {_words(error)}",
        )
    if verdict == Verdict.PASSED:
        return Judgement(Verdict.PASSED, seconds=seconds)
    misconception = getattr(error, "misconception", None)
    detail = f"{type(error).__name__}: {_words(error)}" if error else says
    if secret or (tainted and own_words):
        says = _without_secrets(error, verdict, says, own_words, source)
    elif isinstance(error, AssertionError) and not says:
        says = f"This did not hold: {_source_line(source, line)}"
    return Judgement(
        verdict,
        message=says[:_MOST],
        detail=f"line {line}: {detail}"[:_MOST] if line else detail[:_MOST],
        misconception=misconception if isinstance(misconception, str) else None,
        seconds=seconds,
    )


def _classify(
    error: BaseException | None, fault: frames.FrameError | None, student_names: set[str]
) -> tuple[Verdict, str, bool]:
    """Return the verdict, the sentence for it, and whether the sentence holds the student's words."""
    if isinstance(error, TestTimeout) or isinstance(fault, frames.DeadlineExceeded):
        return Verdict.TIMED_OUT, "The test took longer than it may.", False
    if isinstance(fault, frames.PeerGone):
        return Verdict.CRASHED, "Your code ended the process it ran in, or used more memory than it may.", False
    if fault is not None:
        return Verdict.CRASHED, "Your code answered with something that cannot be read.", False
    if error is None:
        return Verdict.PASSED, "", False
    if hasattr(error, "remote_name"):
        return Verdict.CRASHED, f"Your code raised {error.remote_name}: {error}", True
    if isinstance(error, CannotHandOver):
        return Verdict.COULD_NOT_TELL, f"The test could not be carried out: {error}.", False
    if isinstance(error, CannotCross):
        return Verdict.FAILED, f"Your answer is not of a kind that can be compared: {error}.", True
    if isinstance(error, AssertionError):
        return _claimed(error), _words(error), True
    if isinstance(error, NameError) and error.name in student_names:
        return Verdict.CRASHED, f"`{error.name}` is not defined.", False
    return Verdict.COULD_NOT_TELL, f"The test itself stopped with {type(error).__name__}: {_words(error)}", True


def _claimed(error: AssertionError) -> Verdict:
    """Return the verdict that a test's own error carries; no error can claim a pass."""
    claimed = getattr(error, "verdict", Verdict.FAILED)
    known = isinstance(claimed, str) and claimed in set(Verdict) - {Verdict.PASSED}
    return Verdict(claimed) if known else Verdict.FAILED


def _without_secrets(error: BaseException | None, verdict: Verdict, says: str, own_words: bool, source: str) -> str:
    """Return a sentence that repeats neither a hidden test nor a value it used."""
    if isinstance(error, AssertionError) and hasattr(error, "verdict") and verdict != Verdict.CRASHED:
        return says
    if isinstance(error, AssertionError) and says and says in _own_messages(source):
        return says
    if hasattr(error, "remote_name"):
        return _RAISED  # the kind would be an alphabet in which to write down what the test hands over
    if not own_words:
        return says
    if says.startswith(_WRONG_KIND):
        return f"{_WRONG_KIND} a hidden test cannot work with."
    return {
        Verdict.FAILED: "A hidden test did not hold.",
        Verdict.CRASHED: _RAISED,
        Verdict.COULD_NOT_TELL: "A hidden test could not be carried out.",
    }.get(verdict, says)


def _words(error: BaseException | None) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _end_of_statement(source: str, line: int) -> int:
    """Return the last line of the cell's statement that a line belongs to."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return source.count("\n") + 1
    return max((one.end_lineno or line for one in body if one.lineno <= line <= (one.end_lineno or line)), default=line)


def _source_line(source: str, line: int | None) -> str:
    lines = source.split("\n")
    return lines[line - 1].strip()[:300] if line and line <= len(lines) else "a test"


def _own_messages(source: str) -> set[str]:
    """Return the fixed messages of a test's own assertions; any other text may be an argument's echo."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    said = [n.msg for n in ast.walk(tree) if isinstance(n, ast.Assert)]
    raised = [n.exc for n in ast.walk(tree) if isinstance(n, ast.Raise)]
    said += [call.args[0] for call in raised if isinstance(call, ast.Call) and call.args]
    return {n.value for n in said if isinstance(n, ast.Constant) and isinstance(n.value, str)}
