"""One judgement of a test's two runs: which of them can speak was settled with the instructor's own answer.

Where both can, the smaller score counts.  Nothing that the native run says reaches the learner but whether it
passed and, in a test that the learner was shown, the line at which it stopped.
"""

from __future__ import annotations

import builtins
from dataclasses import replace

from qlab.grading.notebooks.reading import hidden_lines
from qlab.grading.trusted.blame import WRONG_VALUE
from qlab.grading.trusted.native import NativeRun
from qlab.grading.wire import frames
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.standing import Native, Speaks, Standing, Trust
from qlab.grading.wire.verdict import Verdict

LATER = "The grader cannot decide this by itself; your instructor will look at it."
_UNLIKE = (
    "What your code answers is right, but the test fails in your own notebook. Does your code change what it is "
    "given, or give the same object twice?"
)
_BROKEN = "This test cannot be carried out, with any answer; your instructor has been told."
_MOST = 1500
NOT_REACHED = NativeRun(Native.UNFINISHED)
"""The native run of a test that had no time for one."""


def combined(
    standing: Standing,
    source: str,
    split: Judgement,
    native: NativeRun | None,
    *,
    carried: bool = True,
    doubt: str = "",
) -> Judgement:
    """Return the judgement of a test.

    Args:
        standing: which run can speak.
        source: the test's source.
        split: the split run's judgement.
        native: the native run; None if there was none.
        carried: the split run compared what the answer really is, so that its "no" counts.
        doubt: what may have kept both runs from the right answer, for the instructor; empty if nothing may.
    """
    match standing.speaks:
        case Speaks.ON_TRIAL:
            return _told(split, native)
        case Speaks.BROKEN:
            why = f"the test fails with the instructor's own answer: {standing.why}"
            return Judgement(Verdict.COULD_NOT_TELL, _BROKEN, why[:_MOST], seconds=split.seconds)
        case Speaks.NATIVE:
            found = _native_alone(standing, source, split, native or NOT_REACHED)
        case Speaks.ISOLATED:
            found = _both(source, split, native or NOT_REACHED, carried=carried)
        case _:
            found = split
    stopped = {Verdict.CRASHED, Verdict.TIMED_OUT} & {found.verdict, split.verdict}
    if doubt and stopped and found.verdict in (Verdict.FAILED, *stopped):
        return _look(found, f"{doubt}; {found.detail or found.message}")
    return found


def needs_native(standing: Standing, split: Judgement, *, carried: bool) -> bool:
    """Return whether a test's native run can still change its judgement."""
    if standing.speaks == Speaks.ISOLATED:
        return split.verdict != Verdict.FAILED or not carried
    return standing.speaks.runs_natively


def _told(split: Judgement, native: NativeRun | None) -> Judgement:
    if native is None:
        return split
    said = [] if split.verdict == Verdict.PASSED else [f"in the tests' own process: {split.detail or split.message}"]
    if native.ended == Native.FAILED:
        said.append(f"in the notebook: {_stopped(native)}")
    elif native.ended not in (Native.PASSED, Native.PROVED):
        said.append(f"in the notebook: its run {_unsure(native)}")
    return replace(split, native=native.ended, detail="; ".join(said)[:_MOST])


def _both(source: str, split: Judgement, native: NativeRun, *, carried: bool) -> Judgement:
    if split.verdict == Verdict.PASSED:
        if native.ended == Native.PASSED:
            return replace(split, score=_smaller(split.score, native.score))
        if native.ended == Native.FAILED:
            return _failed(source, native, split, _UNLIKE)
        return _look(split, f"the test passes, but its run in the learner's notebook {_unsure(native)}")
    if native.ended == Native.PASSED and not (split.verdict == Verdict.FAILED and carried):
        why = f"the answer cannot be carried to the test: {split.detail or split.message}"
        return _look(split, f"{why}; run in the learner's notebook, the test {_gives(native)}")
    if native.ended == Native.FAILED and split.verdict == Verdict.COULD_NOT_TELL and _is_of_the_answer(native):
        return _failed(source, native, split)
    return split


def _native_alone(standing: Standing, source: str, split: Judgement, native: NativeRun) -> Judgement:
    if native.ended == Native.FAILED:
        return _failed(source, native, split)
    if native.ended == Native.PASSED:
        return _unconfirmed(standing, split, native)
    if split.verdict != Verdict.PASSED and isinstance(native.fault, frames.DeadlineExceeded):
        return Judgement(Verdict.TIMED_OUT, "The test took longer than it may.", seconds=split.seconds)
    if split.verdict != Verdict.PASSED and native.fault is not None:
        words = "Your code ended the process it ran in, or used more memory than it may."
        return Judgement(Verdict.CRASHED, words, seconds=split.seconds)
    return _look(split, f"the test's run in the learner's notebook {_unsure(native)}")


def _unconfirmed(standing: Standing, split: Judgement, native: NativeRun) -> Judgement:
    """Return the judgement on a test that passed where nothing but the learner's own process says so."""
    why = f"the test can run in the learner's notebook only, where it {_gives(native)} ({standing.why})"[:_MOST]
    if standing.trust == Trust.SPLIT:
        return _look(split, why)
    passed = Judgement(Verdict.PASSED, seconds=split.seconds, score=native.score)
    return passed if standing.trust == Trust.NATIVE else replace(passed, look=why)


def _failed(source: str, native: NativeRun, split: Judgement, says: str = "") -> Judgement:
    """Return the judgement on a test that failed in the learner's notebook."""
    hidden = hidden_lines(source)
    lines = source.split("\n")
    if 0 < native.line <= len(lines) and native.line not in hidden:
        says = f"{says} This did not hold: {lines[native.line - 1].strip()[:300]}".strip()
    detail = f"in the learner's notebook, {_stopped(native)}"[:_MOST]
    return Judgement(Verdict.FAILED, says or "A hidden test did not hold.", detail, seconds=split.seconds)


def _stopped(native: NativeRun) -> str:
    return f"line {native.line}: {native.words}" if native.line else native.words


def _is_of_the_answer(native: NativeRun) -> bool:
    """Return whether what stopped a native run is of a kind that wrong answers cause."""
    kind = getattr(builtins, native.words.partition(":")[0], None)
    return isinstance(kind, type) and issubclass(kind, (AssertionError, NameError, *WRONG_VALUE))


def _look(judged: Judgement, why: str) -> Judgement:
    return Judgement(Verdict.NEEDS_A_LOOK, LATER, why[:_MOST], seconds=judged.seconds, look=why[:_MOST])


def _gives(native: NativeRun) -> str:
    return "gives full points" if native.score is None else f"gives {native.score:g} points"


def _smaller(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _unsure(native: NativeRun) -> str:
    """Say why a native run decides nothing."""
    if native.ended == Native.FORGED:
        return f"{native.ended}: {native.words}"
    if isinstance(native.fault, frames.DeadlineExceeded):
        return "took longer than it may"
    if native is NOT_REACHED:
        return "was not reached in time"
    return f"was ended, or used more memory than it may{f' ({native.words})' if native.words else ''}"
