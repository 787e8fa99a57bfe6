"""Bars, histograms, heat maps, waterfalls and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from qlab import _validate
from qlab.plotting._figure import ROLES, SERIES, SMALL, Figure, Palette

Numbers = Mapping[str, float]


def _groups(values: Numbers | Mapping[str, Numbers]) -> dict[str, dict[str, float]]:
    if not values:
        raise _validate.fail("values", "must hold at least one bar", dict(values))
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    groups = {name: dict(value) for name, value in values.items() if isinstance(value, Mapping)}
    if plain:
        groups = {"": plain}
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    return {name: {label: float(group.get(label, 0.0)) for label in labels} for name, group in groups.items()}


def bars(
    values: Numbers | Mapping[str, Numbers],
    *,
    alt: str,
    y_label: str,
    x_label: str = "",
    title: str | None = None,
    horizontal: bool = False,
    errors: Numbers | None = None,
    roles: Mapping[str, str] | None = None,
    bounds: Numbers | None = None,
    markers: Numbers | None = None,
    marker_label: str = "expected",
    digits: int | None = None,
    y_range: tuple[float, float] | None = None,
    log: bool = False,
    height: float | None = None,
) -> Figure:
    """Bars, one a label, or several a label where ``values`` is a mapping of mappings.

    Args:
        values: label → height, or name of a group → (label → height).
        alt: what one would see and conclude.
        y_label: quantity and unit along the bars.
        x_label: what the labels are.
        title: a line above, if wanted.
        horizontal: bars lie, so that long labels stay readable.
        errors: label → half length of an error bar (one group only).
        roles: label → colour role, for instance ``{"weber": "bad"}`` (one group only).
        bounds: text → value of a line across the bars.
        markers: label → value marked on its bar, such as a prediction.
        marker_label: what the marks mean.
        digits: print each value with so many decimals.
        y_range: limits along the bars.
        log: logarithmic scale.
        height: in inches.
    """
    groups = _groups(values)
    labels = list(next(iter(groups.values())))
    legend = len(groups) > 1 or bool(markers) or (bool(bounds) and not horizontal)
    for role in (roles or {}).values():
        _validate.one_of("role", role, ROLES)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="y" if horizontal else "x")
        width = 0.74 / len(groups)
        for i, (name, group) in enumerate(groups.items()):
            places = np.arange(len(labels)) + (i - (len(groups) - 1) / 2) * width
            colours = [palette[(roles or {}).get(label, SERIES[i % len(SERIES)][0])] for label in labels]
            _draw_bars(axes, places, list(group.values()), width * 0.94, colours, horizontal, i, name)
            if digits is not None:
                _draw_values(axes, places, group, errors or {}, horizontal, digits)
        _draw_marks(axes, labels, errors or {}, markers or {}, marker_label, groups[next(iter(groups))], horizontal)
        _finish_bars(axes, labels, horizontal, x_label, y_label, log, y_range)
        for text, value in (bounds or {}).items():
            _draw_bound(axes, text, value, horizontal, palette)
        if legend:
            figure.legend(loc="outside upper left", ncols=2)

    size = height or (0.9 + 0.36 * len(labels) * max(1.0, 0.6 * len(groups)) if horizontal else 3.3)
    return Figure(alt, title, size + (0.3 if legend else 0), draw)


def _draw_bars(
    axes: Axes,
    places: ArrayLike,
    heights: Sequence[float],
    width: float,
    colours: Sequence[str],
    horizontal: bool,
    group: int,
    name: str,
) -> None:
    kind = axes.barh if horizontal else axes.bar
    kind(places, heights, width, color=colours, alpha=0.82, label=name or None)
    if group:
        # The second group also differs by its outline, not by colour alone.
        kind(places, heights, width, fill=False, edgecolor=colours[0], linewidth=1.4, linestyle=(0, (3, 1.5)))


def _draw_values(axes: Axes, places: ArrayLike, group: Numbers, errors: Numbers, horizontal: bool, digits: int) -> None:
    for place, (label, value) in zip(np.asarray(places), group.items(), strict=True):
        end = value + errors.get(label, 0.0)
        point = (end, place) if horizontal else (place, end)
        offset = (4, 0) if horizontal else (0, 2)
        axes.annotate(
            f"{value:,.{digits}f}",
            point,
            xytext=offset,
            textcoords="offset points",
            ha="left" if horizontal else "center",
            va="center" if horizontal else "bottom",
            fontsize=SMALL,
        )
    axes.margins(0.16 if horizontal else 0.05, 0.05 if horizontal else 0.16)


def _draw_marks(
    axes: Axes,
    labels: Sequence[str],
    errors: Numbers,
    markers: Numbers,
    marker_label: str,
    first: Numbers,
    horizontal: bool,
) -> None:
    ink = axes.xaxis.label.get_color()
    for i, label in enumerate(labels):
        if label in errors:
            style: dict[str, Any] = {"fmt": "none", "color": ink, "ecolor": ink, "elinewidth": 1.5, "capsize": 4}
            if horizontal:
                axes.errorbar(first[label], i, xerr=errors[label], **style)
            else:
                axes.errorbar(i, first[label], yerr=errors[label], **style)
    marked = [i for i, label in enumerate(labels) if label in markers]
    if marked:
        values = [markers[labels[i]] for i in marked]
        across = (values, marked) if horizontal else (marked, values)
        axes.plot(*across, "D", color=ink, markersize=6, markerfacecolor="none", label=marker_label, zorder=4)


def _finish_bars(
    axes: Axes,
    labels: Sequence[str],
    horizontal: bool,
    x_label: str,
    y_label: str,
    log: bool,
    y_range: tuple[float, float] | None,
) -> None:
    if horizontal:
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set(xlabel=y_label, ylabel=x_label)
        axes.tick_params(axis="y", length=0)
        if log:
            axes.set_xscale("log")
        if y_range:
            axes.set_xlim(*y_range)
        return
    crowded = sum(map(len, labels)) > 42
    axes.set_xticks(range(len(labels)), labels, rotation=35 if crowded else 0, ha="right" if crowded else "center")
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.tick_params(axis="x", length=0)
    if log:
        axes.set_yscale("log")
    if y_range:
        axes.set_ylim(*y_range)


def _draw_bound(axes: Axes, text: str, value: float, horizontal: bool, palette: Palette) -> None:
    style: dict[str, Any] = {"color": palette["muted"], "linewidth": 1.4, "linestyle": (0, (4, 3))}
    if not horizontal:
        axes.axhline(value, label=text, **style)
        return
    axes.axvline(value, **style)
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


def histogram(
    counts: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    *,
    alt: str,
    title: str | None = None,
    expected: Mapping[str, float] | None = None,
    x_label: str = "outcome",
) -> Figure:
    """Share of each outcome, from counts as `simulator.counts` gives them; ``expected`` marks the chances."""
    groups = _groups(counts)
    shares: dict[str, dict[str, float]] = {}
    for name, group in groups.items():
        total = sum(group.values())
        if total <= 0 or min(group.values()) < 0:
            raise _validate.fail("counts", "must be non-negative and not all zero", group)
        labels = sorted({*group, *(expected or {})})
        shares[name] = {label: group.get(label, 0.0) / total for label in labels}
    single = list(shares) == [""]
    return bars(
        shares[""] if single else shares,
        alt=alt,
        title=title,
        x_label=x_label,
        y_label="share of shots",
        markers=expected,
        marker_label="chance",
    )


def heat_map(
    matrix: ArrayLike,
    *,
    alt: str,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str | None = None,
    x_label: str = "",
    y_label: str = "",
    digits: int = 2,
    limit: float | None = None,
) -> Figure:
    """Numbers in a grid of tinted cells; positive and negative values differ in colour, the text says the value.

    Args:
        matrix: real numbers, shape (r, c).
        alt: what one would see and conclude.
        rows: r names.
        columns: c names.
        title: a line above, if wanted.
        x_label: what the columns are.
        y_label: what the rows are.
        digits: decimals printed in the cells.
        limit: magnitude of the strongest tint, by default the largest in the matrix.
    """
    grid = np.asarray(matrix, dtype=float)
    if grid.shape != (len(rows), len(columns)) or grid.size == 0:
        raise _validate.fail("matrix", f"must have shape ({len(rows)}, {len(columns)})", grid.shape)
    strongest = float(np.nanmax(np.abs(grid))) if limit is None else _validate.positive("limit", limit)

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

    return Figure(alt, title, min(6.5, 1.0 + 0.46 * len(rows)), draw)


def waterfall(
    steps: Mapping[str, float],
    *,
    alt: str,
    y_label: str,
    title: str | None = None,
    total: str = "left",
    digits: int = 2,
) -> Figure:
    """How a quantity is used up or built up step by step, ending in its total; bars lie, first step on top."""
    if not steps:
        raise _validate.fail("steps", "must hold at least one step", dict(steps))
    changes = [float(v) for v in steps.values()]
    ends = np.cumsum(changes)

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="y")
        names = [*steps, total]
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
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()

    return Figure(alt, title, 0.9 + 0.38 * (len(steps) + 1), draw)


def _label_right(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=SMALL)


def intervals(
    rows: Mapping[str, tuple[float, float, float]],
    *,
    alt: str,
    x_label: str,
    title: str | None = None,
    bounds: Numbers | None = None,
    roles: Mapping[str, str] | None = None,
) -> Figure:
    """Estimates with their intervals, one a line: label → (low, estimate, high)."""
    if not rows:
        raise _validate.fail("rows", "must hold at least one interval", dict(rows))
    for label, (low, middle, high) in rows.items():
        if not low <= middle <= high:
            raise _validate.fail(f"row {label!r}", "must be ordered low, estimate, high", (low, middle, high))

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="y")
        for i, (label, (low, middle, high)) in enumerate(rows.items()):
            colour = palette[(roles or {}).get(label, "accent")]
            axes.plot([low, high], [i, i], color=colour, linewidth=3, solid_capstyle="butt", alpha=0.6)
            axes.plot(middle, i, "o", color=colour)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(x_label)
        axes.margins(x=0.08)
        for text, value in (bounds or {}).items():
            _draw_bound(axes, text, value, True, palette)

    return Figure(alt, title, 0.95 + 0.34 * len(rows) + (0.2 if bounds else 0), draw)
