"""Coupling maps: which qubits can meet, and how good each meeting is."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from qlab import _validate
from qlab.plotting._figure import ROLES, WIDTH, Figure, Palette

_LOOK: dict[str, tuple[float, Any]] = {
    "good": (2.6, "-"),
    "accent": (2.6, "-"),
    "accent-2": (3.2, (0, (2.2, 0.8))),
    "bad": (3.6, (0, (1, 0.6))),
    "muted": (1.6, "-"),
    "ink": (2.0, "-"),
    "grid": (1.6, "-"),
}
"""Width and dash of a coupling by colour role, so that the colour is never the only sign."""


def coupling_map(
    edges: Sequence[tuple[Hashable, Hashable]],
    positions: Mapping[Hashable, tuple[float, float]],
    *,
    alt: str,
    edge_roles: Mapping[tuple[Hashable, Hashable], str] | None = None,
    legend: Mapping[str, str] | None = None,
) -> Figure:
    """Qubits as discs and couplings as lines, coloured and dashed by class.

    Args:
        edges: pairs of qubits.
        positions: qubit → (x, y), y downwards.
        alt: what one would see and conclude.
        edge_roles: pair → colour role (``"good"``, ``"accent-2"``, ``"bad"``, ``"muted"`` …).
        legend: role → what it means.

    Raises:
        ValueError: where a qubit has no place, or a role is none of a figure's.
    """
    if not positions:
        raise _validate.fail("positions", "must place at least one qubit", positions)
    for pair in edges:
        for node in pair:
            if node not in positions:
                raise _validate.fail("positions", "must place every qubit of edges", node)
    for role in [*(edge_roles or {}).values(), *(legend or {})]:
        _validate.one_of("role", role, ROLES)
    across = [x for x, _ in positions.values()]
    down = [y for _, y in positions.values()]
    wide, tall = max(across) - min(across) + 1.2, max(down) - min(down) + 1.2

    def draw(figure: FigureBase, palette: Palette) -> None:
        axes = figure.add_subplot()
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set(xlim=(min(across) - 0.6, max(across) + 0.6), ylim=(max(down) + 0.6, min(down) - 0.6))
        scale = min(1.0, 9.0 / max(wide, tall))
        radius = 0.2
        for a, b in edges:
            role = (edge_roles or {}).get((a, b), (edge_roles or {}).get((b, a), "accent"))
            (x0, y0), (x1, y1) = positions[a], positions[b]
            length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1.0
            dx, dy = (x1 - x0) / length * radius, (y1 - y0) / length * radius
            thick, dash = _LOOK[role]
            ends = ([x0 + dx, x1 - dx], [y0 + dy, y1 - dy])
            axes.plot(*ends, color=palette[role], linewidth=thick * (0.55 + 0.45 * scale), linestyle=dash)
        for place in positions.values():
            axes.add_patch(Circle(place, radius, facecolor=palette["ink"], alpha=0.16, linewidth=0))
            axes.add_patch(Circle(place, radius, fill=False, edgecolor=palette["ink"], linewidth=1.3))
        if legend:
            keys = [
                Line2D([], [], color=palette[r], linewidth=_LOOK[r][0], linestyle=_LOOK[r][1], label=text)
                for r, text in legend.items()
            ]
            figure.legend(handles=keys, loc="outside upper left", ncols=1, handlelength=2.4)

    unit = min(0.6, WIDTH / wide)
    height = min(7.0, max(0.9, tall * unit)) + 0.24 * len(legend or {})
    return Figure(alt, height, draw)
