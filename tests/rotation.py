"""What is too dear for every day has its day; `make soak` takes all of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def of_the_day(things: Sequence[Thing], count: int, day: datetime.date | None = None) -> list[Thing]:
    """So many of the things, others tomorrow, each of them once in a while."""
    first = (day or datetime.date.today()).toordinal() * count
    return [things[(first + number) % len(things)] for number in range(count)]
