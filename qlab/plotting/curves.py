"""Curves: any line chart, and the CHSH value against an angle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from numpy.typing import ArrayLike

from qlab import _validate
from qlab._validate import FloatArray
from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.plotting._figure import SERIES, SMALL, Figure, Palette


def _columns(x: ArrayLike, series: Mapping[str, ArrayLike]) -> dict[str, tuple[FloatArray, FloatArray]]:
    if not series:
        raise _validate.fail("series", "must hold at least one curve", dict(series))
    columns = {}
    for name, values in series.items():
        across = x[name] if isinstance(x, Mapping) else x
        left, right = np.asarray(across, dtype=float), np.asarray(values, dtype=float)
        if left.ndim != 1 or left.shape != right.shape:
            raise _validate.fail(f"series {name!r}", f"must have the shape of x, {left.shape}", right.shape)
        columns[name] = (left, right)
    return columns


def _draw_bounds(axes: Axes, bounds: Mapping[str, float], palette: Palette) -> None:
    for text, height in bounds.items():
        axes.axhline(height, color=palette["muted"], linewidth=1.3, linestyle=(0, (4, 3)), zorder=1.5)
        axes.annotate(
            text,
            (1, height),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=palette["muted"],
            fontsize=SMALL,
        )


def _draw_verticals(axes: Axes, verticals: Mapping[str, float], palette: Palette) -> None:
    for text, place in verticals.items():
        axes.axvline(place, color=palette["muted"], linewidth=1.3, linestyle=(0, (1, 2)), zorder=1.5)
        axes.annotate(
            text,
            (place, 0),
            xycoords=("data", "axes fraction"),
            xytext=(4, 4),
            textcoords="offset points",
            rotation=90,
            ha="left",
            va="bottom",
            color=palette["muted"],
            fontsize=SMALL,
        )


def lines(
    x: ArrayLike | Mapping[str, ArrayLike],
    series: Mapping[str, ArrayLike],
    *,
    alt: str,
    x_label: str,
    y_label: str,
    bounds: Mapping[str, float] | None = None,
    verticals: Mapping[str, float] | None = None,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    points: Sequence[str] = (),
    y_range: tuple[float, float] | None = None,
    x_ticks: Mapping[float, str] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    height: float = 3.5,
) -> Figure:
    """Curves and points over one axis.

    Args:
        x: shared abscissae, shape (m,), or one array a curve by name.
        series: name → ordinates of the same shape.
        alt: what one would see and conclude.
        x_label: quantity and unit.
        y_label: quantity and unit.
        bounds: text → height of a horizontal line, for instance ``{"shared seed": 2}``.
        verticals: text → place of a vertical line.
        bands: name of a curve → lower and upper edge of its band.
        points: names of the series drawn as points instead of a line.
        y_range: limits of the vertical axis.
        x_ticks: place → text.
        log_x: logarithmic horizontal axis.
        log_y: logarithmic vertical axis.
        height: in inches, without the names of the curves.

    Raises:
        ValueError: where there is no curve, shapes differ, or a name is none of a curve's.
    """
    columns = _columns(x, series)  # type: ignore[arg-type]
    for name in [*(bands or {}), *points]:
        _validate.one_of("name of a series", name, columns)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.set(xlabel=x_label, ylabel=y_label)
        if log_x:
            axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
        for (name, (across, up)), (role, dash) in zip(columns.items(), _styles(len(columns)), strict=True):
            line: dict[str, Any] = {"linestyle": dash, "zorder": 2.5}
            look = {"linestyle": "none", "marker": "o", "zorder": 3} if name in points else line
            axes.plot(across, up, color=palette[role], label=name, **look)
            if bands and name in bands:
                low, high = (np.asarray(edge, dtype=float) for edge in bands[name])
                axes.fill_between(across, low, high, color=palette[role], alpha=0.18, linewidth=0)
        if y_range:
            axes.set_ylim(*y_range)
        if x_ticks:
            axes.set_xticks(list(x_ticks), list(x_ticks.values()))
        _draw_bounds(axes, bounds or {}, palette)
        _draw_verticals(axes, verticals or {}, palette)
        if len(columns) > 1:
            figure.legend(loc="outside upper left", ncols=1 if max(map(len, columns)) > 22 else 2)

    return Figure(alt, height + 0.22 * (len(columns) - 1 if len(columns) > 1 else 0), draw)


def _styles(count: int) -> list[tuple[str, Any]]:
    return [SERIES[i % len(SERIES)] for i in range(count)]


def _degrees(low: float, high: float) -> dict[float, str]:
    step = 45 if high - low > 100 else 22.5
    ticks = np.arange(np.ceil(low / step) * step, high + 1e-9, step)
    return {float(t): f"{t:g}°" for t in ticks}


def s_curve(
    angle_degrees: ArrayLike,
    series: Mapping[str, ArrayLike],
    *,
    alt: str,
    x_label: str,
) -> Figure:
    """CHSH value S against an angle in degrees, with the local bound 2 and the quantum bound 2√2.

    Args:
        angle_degrees: the angle, shape (m,), in degrees.
        series: name → values of S of the same shape, in [-4, 4].
        alt: what one would see and conclude.
        x_label: which angle it is.
    """
    angles = np.asarray(angle_degrees, dtype=float)
    return lines(
        angles,
        series,
        alt=alt,
        x_label=x_label,
        y_label="CHSH value S",
        bounds={"every shared seed: 2": 2, "quantum mechanics: 2√2": TSIRELSON_BOUND},
        x_ticks=_degrees(angles.min(), angles.max()),
    )
