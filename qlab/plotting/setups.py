"""Set-ups: who stands where, and what passes between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import FancyBboxPatch

from qlab import _validate
from qlab.plotting._figure import SMALL, WIDTH, Figure, Palette

LINES: dict[str, tuple[str, Any, str]] = {
    "pair": ("accent-2", "-", "-"),
    "qubit": ("accent-2", "-", "-|>"),
    "message": ("accent", (0, (5, 2)), "-|>"),
    "line": ("accent", (0, (5, 2)), "<|-|>"),
}
"""Colour role, dash and ends of each kind of link: what is quantum is solid, what is classical dashed."""

_CHARACTER, _ROW, _HALF = 0.093, 0.95, 0.27  # width of a character, distance of rows, half the height of a box: inches


def setup(boxes: Mapping[str, tuple[float, float]], links: Sequence[tuple[str, str, str, str]], *, alt: str) -> Figure:
    """Named boxes and what passes between them.

    Args:
        boxes: name → (column, row), rows downwards; a name may have two lines.
        links: (from, to, kind, label); the kinds are those of `LINES`.
        alt: what one would see and conclude.

    Raises:
        ValueError: where a link names no box, or its kind is unknown.
    """
    if not boxes:
        raise _validate.fail("boxes", "must hold at least one box", boxes)
    for start, end, kind, _ in links:
        for name in (start, end):
            if name not in boxes:
                raise _validate.fail("links", "must join boxes that are there", name)
        _validate.one_of("kind", kind, tuple(LINES))
    halves = {name: 0.14 + _CHARACTER * max(map(len, name.split("\n"))) / 2 for name in boxes}
    columns, rows = [x for x, _ in boxes.values()], [y for _, y in boxes.values()]
    left = max(half for name, half in halves.items() if boxes[name][0] == min(columns)) + 0.03
    right = WIDTH - 0.03 - max(half for name, half in halves.items() if boxes[name][0] == max(columns))
    unit = (right - left) / ((max(columns) - min(columns)) or 1)
    place = {name: (left + unit * (x - min(columns)), _ROW * (y - min(rows))) for name, (x, y) in boxes.items()}
    height = _ROW * (max(rows) - min(rows)) + 2 * _HALF + 0.06

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, WIDTH), ylim=(height - _HALF - 0.03, -_HALF - 0.03))
        for start, end, kind, label in links:
            ends = (_edge(place[start], place[end], halves[start]), _edge(place[end], place[start], halves[end]))
            _draw_link(axes, *ends, kind, label, palette)
        for name, (x, y) in place.items():
            corner, size = (x - halves[name], y - _HALF), (2 * halves[name], 2 * _HALF)
            axes.add_patch(
                FancyBboxPatch(
                    corner, *size, boxstyle="round,pad=0,rounding_size=0.06", fill=False, edgecolor=palette["ink"]
                )
            )
            axes.text(x, y, name, ha="center", va="center")

    return Figure(alt, height, draw, constrained=False)


def _edge(at: tuple[float, float], towards: tuple[float, float], half: float) -> tuple[float, float]:
    """Where the line from a box's middle to another leaves the box."""
    dx, dy = towards[0] - at[0], towards[1] - at[1]
    share = min(half / abs(dx) if dx else 1.0, _HALF / abs(dy) if dy else 1.0, 1.0)
    return at[0] + share * dx, at[1] + share * dy


def _draw_link(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], kind: str, label: str, palette: Palette
) -> None:
    role, dash, ends = LINES[kind]
    look = {"arrowstyle": ends, "color": palette[role], "linestyle": dash, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)
    (x0, y0), (x1, y1) = start, end
    # Above the middle of the line, on the side to which it falls off.
    slope = (y1 - y0) * (x1 - x0)
    across = "center" if abs(y1 - y0) < 0.01 else "right" if slope < -1e-6 else "left"
    down = "center" if abs(x1 - x0) < 0.01 else "bottom"
    aside = {"center": 0.0, "left": 0.06, "right": -0.06}[across]
    middle = ((x0 + x1) / 2 + aside, (y0 + y1) / 2 - (0.05 if down == "bottom" else 0.0))
    axes.text(*middle, label, ha=across, va=down, fontsize=SMALL, color=palette[role])
