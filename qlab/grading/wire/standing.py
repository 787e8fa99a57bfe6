"""Which of its two runs can speak for a test, as the instructor's own answer has shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Speaks(StrEnum):
    """Which run decides.

    Example:
        >>> Speaks("native").runs_natively
        True
    """

    ISOLATED = "isolated"
    """Both runs; the smaller score counts."""
    NATIVE = "native"
    """The native run alone: the split run fails with the right answer."""
    SPLIT = "split"
    """The split run alone: the native run fails with the right answer, as where a masked package is asked."""
    BROKEN = "broken"
    """Neither: the test fails with the right answer."""
    ON_TRIAL = "on trial"
    """Not known yet: both are run and told."""

    @property
    def runs_natively(self) -> bool:
        """Whether the test has a native run."""
        return self in (Speaks.ISOLATED, Speaks.NATIVE, Speaks.ON_TRIAL)


class Native(StrEnum):
    """How a native run ended."""

    PASSED = "passed"
    PROVED = "passed, and its mutant failed"
    """On trial: the test fails as it should when it demands another value."""
    FAILED = "failed"
    UNFINISHED = "did not finish"
    FORGED = "cannot be believed"


class Trust(StrEnum):
    """What a score is worth for which the native run alone stands."""

    FLAGGED = "flagged"
    """It counts, and a person is asked to confirm it."""
    NATIVE = "native"
    """It counts."""
    SPLIT = "split"
    """It does not count until a person has looked."""


@dataclass(frozen=True)
class Standing:
    """How a test is judged.

    Attributes:
        speaks: which run decides.
        why: what kept the others from it, for the instructor.
        after_all: the native run needs every earlier test of the notebook to have run before it.
        mutates: the test fails with the right answer when another value is demanded, see `trusted/canaries.py`.
        trust: what a score of the native run alone is worth.

    Example:
        >>> Standing.from_data(Standing(Speaks.BROKEN, "no").to_data()).why
        'no'
    """

    speaks: Speaks = Speaks.SPLIT
    why: str = ""
    after_all: bool = False
    mutates: bool = False
    trust: Trust = Trust.FLAGGED

    def to_data(self) -> dict[str, Any]:
        """Return the standing as plain data."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Standing:
        """Return the standing that plain data describes.

        Raises:
            ValueError, KeyError, TypeError: it describes none.
        """
        return cls(**{**data, "speaks": Speaks(data["speaks"]), "trust": Trust(data["trust"])})
