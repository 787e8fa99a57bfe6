"""How a test can end, and the words for it: one name each for the machine, the instructor and the learner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How one test ended; the values are those of stored results.

    Example:
        >>> Verdict("timed_out").words.error_name
        'TimedOut'
        >>> Verdict.from_error_name("Failed")
        <Verdict.FAILED: 'failed'>
    """

    PASSED = "passed"
    FAILED = "failed"
    CRASHED = "crashed"
    COULD_NOT_TELL = "could_not_tell"
    TIMED_OUT = "timed_out"
    NEEDS_A_LOOK = "needs_a_look"

    @property
    def words(self) -> Words:
        """The words for this verdict, by reader."""
        return _WORDS[self]

    @property
    def spelled(self) -> str:
        """The verdict in plain words, such as `could not tell`."""
        return self.value.replace("_", " ")

    @classmethod
    def from_error_name(cls, name: str) -> Verdict:
        """Return the verdict that an executed notebook shows as an error of that name; FAILED for any other error."""
        return next((one for one in cls if name and one.words.error_name == name), cls.FAILED)


@dataclass(frozen=True)
class Words:
    """What a verdict is called.

    Attributes:
        error_name: the name of the error output in an executed notebook; empty for a pass, which has none.
        column: heading in the table that `qlab grade` prints.
        statistics: heading on the page of statistics.
        explained: in the lines of `qlab grade --explain`.
        feedback: on the learner's feedback page.
        colour: background of the feedback, CSS.
    """

    error_name: str
    column: str
    statistics: str
    explained: str
    feedback: str
    colour: str


_WAITS = "no points yet; marked for manual grading"
_GAVE_UP = "the grader could not tell; marked for manual grading"
_WORDS = {
    Verdict.PASSED: Words("", "right", "Right", "passed", "Passed", "#dff0d8"),
    Verdict.FAILED: Words("Failed", "wrong", "Not right", "not right", "Not right yet", "#fcf0d4"),
    Verdict.CRASHED: Words(
        "Crashed", "crashed", "Crashed", "the learner's code stopped", "Your code stopped", "#f8dfdc"
    ),
    Verdict.TIMED_OUT: Words("TimedOut", "timed\nout", "Took too long", "took too long", "Took too long", "#f8dfdc"),
    Verdict.COULD_NOT_TELL: Words(
        "CouldNotTell", "could\nnot tell", "Could not tell", _GAVE_UP, "The grader could not tell", "#e3e6ea"
    ),
    Verdict.NEEDS_A_LOOK: Words(
        "NeedsALook", "needs\na look", "Needs a look", _WAITS, "Your instructor will look at this", "#e3e6ea"
    ),
}
