"""What the trusted side says to a notebook's supervisor, and what it hears: single bytes.

The supervisor is the one process of a notebook's sandbox that runs no student code.
"""

from __future__ import annotations

from enum import Enum


class Order(bytes, Enum):
    """What the trusted side asks of the supervisor."""

    INTERRUPT = b"I"
    """Interrupt the cell that runs, as Ctrl-C would."""
    END_LEARNER = b"L"
    """End the learner's first process; its frozen copies stay."""
    ASK_KILLED = b"?"
    """Say whether a process of the learner's was killed by another than you."""
    STOP = b"X"
    """End everything."""


class Answer(bytes, Enum):
    """What the supervisor says."""

    NOT_KILLED = b"."
    """To ASK_KILLED: none was."""
    KILLED = b"K"
    """To ASK_KILLED: one was."""
    TOO_MUCH_MEMORY = b"M"
    """Unasked: the notebook used more memory than it may, and was ended."""
