"""Bars, heat maps, waterfalls and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from qlab import _validate
from qlab.plotting._figure import ROLES, SMALL, Figure, Palette

Numbers = Mapping[str, float]


def bars(
    values: Numbers,
    *,
    alt: str,
    y_label: str,
    y_range: tuple[float, float] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """Lying bars, one a label, the first on top; long labels stay readable.

    Args:
        values: label → length of its bar, at least one.
        alt: what one would see and conclude.
        y_label: quantity and unit along the bars.
        y_range: limits along the bars.
        roles: label → colour role, for instance ``{"weber": "bad"}``.

    Raises:
        ValueError: where there is no bar, or a role is none of a figure's.
    """
    if not values:
        raise _validate.fail("values", "must hold at least one bar", dict(values))
    for role in (roles or {}).values():
        _validate.one_of("role", role, ROLES)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        colours = [palette[(roles or {}).get(label, "accent")] for label in values]
        axes.barh(range(len(values)), list(values.values()), 0.74 * 0.94, color=colours, alpha=0.82)
        axes.set_xlabel(y_label)
        _name_rows(axes, list(values))
        axes.invert_yaxis()
        if y_range:
            axes.set_xlim(*y_range)

    return Figure(alt, 0.9 + 0.36 * len(values), draw)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """One name a row, without ticks and lines across."""
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)


def _draw_bound(axes: Axes, text: str, value: float, palette: Palette) -> None:
    """A dashed vertical line with its text above."""
    axes.axvline(value, color=palette["muted"], linewidth=1.4, linestyle=(0, (4, 3)))
    axes.annotate(
        text,
        (value, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=palette["muted"],
        fontsize=SMALL,
    )


def heat_map(
    matrix: ArrayLike,
    *,
    alt: str,
    rows: Sequence[str],
    columns: Sequence[str],
    x_label: str = "",
    y_label: str = "",
    digits: int = 2,
) -> Figure:
    """Numbers in a grid of tinted cells; positive and negative values differ in colour, the text says the value.

    Args:
        matrix: real numbers, shape (r, c).
        alt: what one would see and conclude.
        rows: r names.
        columns: c names.
        x_label: what the columns are.
        y_label: what the rows are.
        digits: decimals printed in the cells.
    """
    grid = np.asarray(matrix, dtype=float)
    if grid.shape != (len(rows), len(columns)) or grid.size == 0:
        raise _validate.fail("matrix", f"must have shape ({len(rows)}, {len(columns)})", grid.shape)
    strongest = float(np.nanmax(np.abs(grid)))

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.grid(visible=False)
        for (i, j), value in np.ndenumerate(grid):
            if np.isnan(value):
                continue
            colour = palette["accent" if value >= 0 else "accent-2"]
            tint = 0.5 * min(1.0, abs(value) / strongest) if strongest else 0.0
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, alpha=tint, linewidth=0))
            edges = Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=palette["grid"], linewidth=0.8)
            axes.add_patch(edges)
            if len(columns) <= 10:
                axes.text(j, i, f"{value:.{digits}f}".replace("-", "−"), ha="center", va="center", fontsize=SMALL)
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5), xlabel=x_label, ylabel=y_label)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return Figure(alt, min(6.5, 1.0 + 0.46 * len(rows)), draw)


def waterfall(
    steps: Mapping[str, float],
    *,
    alt: str,
    y_label: str,
    total: str = "left",
    digits: int = 2,
) -> Figure:
    """How a quantity is used up or built up step by step, ending in its total; bars lie, first step on top.

    Args:
        steps: name → change, in the unit of ``y_label``; the first is where the sum begins, at least one.
        alt: what one would see and conclude.
        y_label: quantity and unit along the bars.
        total: name of the last bar, the sum.
        digits: decimals printed at the bars.

    Raises:
        ValueError: where there is no step.
    """
    if not steps:
        raise _validate.fail("steps", "must hold at least one step", dict(steps))
    changes = [float(v) for v in steps.values()]
    ends = np.cumsum(changes)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        for i, (change, end) in enumerate(zip(changes, ends, strict=True)):
            colour = palette["accent" if i == 0 else "good" if change >= 0 else "bad"]
            axes.barh(i, change, 0.66, left=end - change, color=colour, alpha=0.82)
            axes.plot([end, end], [i, i + 1], color=palette["muted"], linewidth=1)
            sign = "" if i == 0 else "+" if change >= 0 else "−"
            _label_right(axes, max(end, end - change), i, f"{sign}{abs(change):,.{digits}f}")
        axes.barh(len(changes), ends[-1], 0.66, color=palette["accent"], alpha=0.82)
        _label_right(axes, max(0.0, float(ends[-1])), len(changes), f"{ends[-1]:,.{digits}f}".replace("-", "−"))
        axes.margins(x=0.16)
        axes.set_xlabel(y_label)
        _name_rows(axes, [*steps, total])
        axes.invert_yaxis()

    return Figure(alt, 0.9 + 0.38 * (len(steps) + 1), draw)


def _label_right(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=SMALL)


def intervals(
    rows: Mapping[str, tuple[float, float, float]],
    *,
    alt: str,
    x_label: str,
    bounds: Numbers | None = None,
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """Estimates with their intervals, one a row.

    Args:
        rows: label → (low, estimate, high), in the unit of ``x_label``, at least one.
        alt: what one would see and conclude.
        x_label: quantity and unit.
        bounds: text → value of a vertical line, for instance ``{"local": 2}``.
        roles: label → colour role.

    Raises:
        ValueError: where there is no row, a row is out of order, or a role is none of a figure's.
    """
    if not rows:
        raise _validate.fail("rows", "must hold at least one interval", dict(rows))
    for label, (low, middle, high) in rows.items():
        if not low <= middle <= high:
            raise _validate.fail(f"row {label!r}", "must be ordered low, estimate, high", (low, middle, high))
    for role in (roles or {}).values():
        _validate.one_of("role", role, ROLES)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        for i, (label, (low, middle, high)) in enumerate(rows.items()):
            colour = palette[(roles or {}).get(label, "accent")]
            axes.plot([low, high], [i, i], color=colour, linewidth=3, solid_capstyle="butt", alpha=0.6)
            axes.plot(middle, i, "o", color=colour)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        _name_rows(axes, list(rows))
        axes.set_xlabel(x_label)
        axes.margins(x=0.08)
        for text, value in (bounds or {}).items():
            _draw_bound(axes, text, value, palette)

    return Figure(alt, 0.95 + 0.34 * len(rows) + (0.2 if bounds else 0), draw)
