"""Numbers as a reader says them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .records import Axis

AGE_OF_UNIVERSE_YEARS = 1.38e10


def texts(values: NDArray[np.float64], form: str) -> NDArray[np.str_]:
    """Return numbers as text in one format, with a true minus sign."""
    flat = [form.format(value).replace("-", "−") for value in np.ravel(values)]
    return np.array(flat).reshape(np.shape(values))


def axis(key: str, label: str, values: NDArray[np.float64], form: str, start: int) -> Axis:
    """Return one slider over a grid, its texts in one format.

    Args:
        key: Name in the sentence.
        label: What the reader sees beside the slider, unit included.
        values: The grid, ascending.
        form: Format of a value, such as ``{:.0f} km``.
        start: Index of the first position.
    """
    return Axis(key, label, tuple(map(float, values)), tuple(map(str, texts(values, form))), start)


def rate_in_words(rate_hz: float) -> str:
    """Return a rate as pairs per second, or as one pair in so long."""
    if rate_hz >= 1:
        return f"{two_digits(rate_hz)} pairs a second"
    length = 1 / rate_hz
    for unit, size in (("second", 60.0), ("minute", 60.0), ("hour", 24.0), ("day", 365.25)):
        if length < size:
            return f"one pair every {two_digits(length)} {unit}s"
        length /= size
    if length > AGE_OF_UNIVERSE_YEARS:
        return "no pair within the age of the universe"
    return f"one pair every {two_digits(length)} years"


def two_digits(value: float) -> str:
    """Return a number to two significant digits, thousands set apart."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.1f}"
