"""What an explorer is made of: sliders, curves and sentences, as plain values; no drawing and no physics."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Axis:
    """One slider.

    Attributes:
        key: Name in the sentence.
        label: What the reader sees beside the slider, unit included.
        values: The grid, ascending.
        shown: The same values as text.
        start: Index of the first position.
    """

    key: str
    label: str
    values: tuple[float, ...]
    shown: tuple[str, ...]
    start: int


@dataclass(frozen=True)
class Panel:
    """One curve against the first axis.

    Attributes:
        key: Name of the quantity in the sentence.
        label: Title of the panel, unit included.
        values: Shape of all axes together; NaN where there is no value.
        shown: The same values as text.
        limits: Lowest and highest value drawn.
        logarithmic: Whether the vertical axis is logarithmic.
        steps: Number of labelled values on a linear vertical axis.
        references: Horizontal lines: value, name, and the name's distance in pixels (negative is above).
    """

    key: str
    label: str
    values: NDArray[np.float64]
    shown: NDArray[np.str_]
    limits: tuple[float, float]
    logarithmic: bool = False
    steps: int = 5
    references: tuple[tuple[float, str, int], ...] = ()

    def drawn(self) -> NDArray[np.float64]:
        """Return the values, NaN below the lowest value drawn."""
        return np.where(self.values < self.limits[0], np.nan, self.values)


@dataclass(frozen=True)
class Explorer:
    """Everything one explorer shows.

    Attributes:
        name: Short name, used in ids.
        title: Its heading.
        axes: The sliders; the first runs along the figure.
        panels: The curves.
        sentence: Result in words; ``{key}`` stands for an axis, a panel or a further quantity.
        verdicts: What the numbers mean, one sentence each.
        verdict: Index into ``verdicts``, shape of all axes together.
        ticks: Indices of the first axis that carry a label.
        logarithmic: Whether the first axis is logarithmic.
        note: What the numbers assume, one or two sentences.
        said: Further quantities of the sentence, by key, shape of all axes together.
    """

    name: str
    title: str
    axes: tuple[Axis, ...]
    panels: tuple[Panel, ...]
    sentence: str
    verdicts: tuple[str, ...]
    verdict: NDArray[np.int_]
    ticks: tuple[int, ...]
    logarithmic: bool = False
    note: str = ""
    said: dict[str, NDArray[np.str_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse arrays that do not have the shape of all axes together."""
        shape = tuple(len(axis.values) for axis in self.axes)
        for panel in self.panels:
            if panel.values.shape != shape or panel.shown.shape != shape:
                raise ValueError(f"panel {panel.key} must have shape {shape}, got {panel.values.shape}")
        if self.verdict.shape != shape:
            raise ValueError(f"verdict must have shape {shape}, got {self.verdict.shape}")

    @property
    def start(self) -> tuple[int, ...]:
        """The first position of every slider."""
        return tuple(axis.start for axis in self.axes)

    def quantities(self) -> dict[str, NDArray[np.str_]]:
        """Return every quantity that the sentence may name, as text."""
        return {panel.key: panel.shown for panel in self.panels} | self.said

    def words(self) -> str:
        """Return the sentences at the first position of every slider."""
        values = {axis.key: axis.shown[axis.start] for axis in self.axes}
        values |= {key: str(shown[self.start]) for key, shown in self.quantities().items()}
        return f"{self.sentence.format(**values)} {self.verdicts[self.verdict[self.start]]}"
