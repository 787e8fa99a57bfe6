"""Explorers: a table computed by `qlab` at build time, and sliders that look numbers up in it.

The page arrives with the figure and the sentence of one state already drawn, which is all that
stands where scripts are off. The script (``explorers.js``) holds no physics: it moves an index
through the table.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field

import numpy as np
from docutils import nodes
from numpy.typing import NDArray
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .boxes import site_html
from .claims import nothing

WIDTH, PANEL_HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 44


@dataclass(frozen=True)
class Axis:
    """One slider.

    Attributes:
        key: Name in the sentence.
        label: What the reader sees beside the slider, unit included.
        values: The grid, ascending.
        shown: The same values as text.
        start: Index of the first state.
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

    def height_of(self, value: float) -> float:
        """Return the vertical position, in pixels from the panel's top."""
        low, high = self.limits
        value = min(max(value, low), high)
        share = np.log(value / low) / np.log(high / low) if self.logarithmic else (value - low) / (high - low)
        return round(float(TOP + (1 - share) * (PANEL_HEIGHT - TOP - BOTTOM)), 1)


@dataclass(frozen=True)
class Explorer:
    """Everything one explorer shows.

    Attributes:
        name: Short name, used in ids.
        title: Its heading.
        axes: The sliders; the first runs along the figure.
        panels: The curves.
        sentence: Result in words; ``{key}`` stands for an axis or a panel.
        verdicts: What the numbers mean, one sentence each.
        verdict: Index into ``verdicts``, shape of all axes together.
        ticks: Indices of the first axis that carry a label.
        logarithmic: Whether the first axis is logarithmic.
        note: What the numbers assume, one or two sentences.
        said: Further quantities of the sentence, by key, shape of all axes together.
        horizontal: Position of each value of the first axis; computed.
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
    horizontal: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check shapes; place the first axis."""
        shape = tuple(len(axis.values) for axis in self.axes)
        for panel in self.panels:
            if panel.values.shape != shape or panel.shown.shape != shape:
                raise ValueError(f"panel {panel.key} must have shape {shape}, got {panel.values.shape}")
        if self.verdict.shape != shape:
            raise ValueError(f"verdict must have shape {shape}, got {self.verdict.shape}")
        values = np.array(self.axes[0].values)
        place = np.log(values) if self.logarithmic else values
        share = (place - place[0]) / (place[-1] - place[0])
        self.horizontal.extend(round(float(LEFT + s * (WIDTH - LEFT - RIGHT)), 1) for s in share)

    @property
    def start(self) -> tuple[int, ...]:
        """The index of the first state."""
        return tuple(axis.start for axis in self.axes)

    def quantities(self) -> dict[str, NDArray[np.str_]]:
        """Return every quantity that the sentence may name, as text."""
        return {panel.key: panel.shown for panel in self.panels} | self.said

    def words(self) -> str:
        """Return the sentences of the first state."""
        values = {axis.key: axis.shown[axis.start] for axis in self.axes}
        values |= {key: str(shown[self.start]) for key, shown in self.quantities().items()}
        return f"{self.sentence.format(**values)} {self.verdicts[self.verdict[self.start]]}"


class ExplorerDirective(SphinxDirective):
    """Insert one explorer by name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Compute the tables and return the explorer with its first state drawn."""
        from . import tables

        maker = tables.EXPLORERS.get(self.arguments[0])
        if maker is None:
            raise self.error(f"explorer must be one of {', '.join(tables.EXPLORERS)}, got {self.arguments[0]}")
        try:
            explorer = maker()
        except (ImportError, AttributeError):
            if not self.config.course_draft:
                raise
            return nothing(self, f"explorer {self.arguments[0]} cannot be computed yet")
        for path in tables.sources():
            self.env.note_dependency(path)
        return [site_html("", site=explorer_html(explorer), ebook=explorer_static(explorer))]


def explorer_html(explorer: Explorer) -> str:
    """Return the whole explorer: controls (hidden until the script runs), figure, sentence, table."""
    name = html.escape(explorer.name)
    controls = "".join(slider(explorer, axis) for axis in explorer.axes)
    return (
        f'<section class="explorer" data-explorer="{name}" aria-labelledby="explorer-{name}-title">'
        f'<p class="explorer-title" id="explorer-{name}-title">{html.escape(explorer.title)}</p>'
        f'<div class="explorer-controls" hidden="hidden">{controls}</div>'
        f'<div class="explorer-figure">{figure_svg(explorer)}</div>'
        f'<p class="explorer-result" aria-live="polite" aria-atomic="true">{html.escape(explorer.words())}</p>'
        f"{note_html(explorer)}"
        f'<script type="application/json">{table_json(explorer)}</script></section>'
    )


def explorer_static(explorer: Explorer) -> str:
    """Return the figure and its sentence alone, for the EPUB."""
    return (
        f'<div class="explorer"><p class="explorer-title"><strong>{html.escape(explorer.title)}</strong></p>'
        f"{figure_svg(explorer)}<p>{html.escape(explorer.words())}</p>{note_html(explorer)}</div>"
    )


def note_html(explorer: Explorer) -> str:
    """Return the assumptions, or nothing."""
    return f'<p class="explorer-note">{html.escape(explorer.note)}</p>' if explorer.note else ""


def slider(explorer: Explorer, axis: Axis) -> str:
    """Return one labelled range input; its spoken value is the value's text, not the index."""
    ident = f"explorer-{explorer.name}-{axis.key}"
    shown = html.escape(axis.shown[axis.start])
    return (
        f'<div class="explorer-control"><label for="{ident}">{html.escape(axis.label)}</label>'
        f'<output for="{ident}" aria-hidden="true">{shown}</output>'
        f'<input type="range" id="{ident}" data-axis="{axis.key}" min="0" max="{len(axis.values) - 1}" step="1" '
        f'value="{axis.start}" aria-valuetext="{shown}" autocomplete="off"/></div>'
    )


def figure_svg(explorer: Explorer) -> str:
    """Return the panels of the first state as one inline SVG."""
    height = PANEL_HEIGHT * len(explorer.panels)
    panels = "".join(
        f'<g transform="translate(0 {number * PANEL_HEIGHT})">{panel_svg(explorer, panel)}</g>'
        for number, panel in enumerate(explorer.panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{html.escape(picture_words(explorer))}" font-size="15">{panels}</svg>'
    )


def picture_words(explorer: Explorer) -> str:
    """Return the alternative text of the figure."""
    curves = " and ".join(panel.label for panel in explorer.panels)
    return f"{curves}, drawn against {explorer.axes[0].label}. {explorer.words()}"


def panel_svg(explorer: Explorer, panel: Panel) -> str:
    """Return one panel: title, references, axis, curve and the point of the current state."""
    bottom, right = PANEL_HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [f'<text x="{LEFT}" y="16" fill="var(--q-ink)" font-weight="600">{html.escape(panel.label)}</text>']
    parts.append(f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="var(--q-muted)"/>')
    parts += [vertical_tick(panel, value) for value in vertical_values(panel)]
    axis = explorer.axes[0]
    for index in explorer.ticks:
        x = explorer.horizontal[index]
        parts.append(f'<path d="M{x} {bottom}v5" stroke="var(--q-muted)"/>')
        anchor = "end" if index == len(axis.values) - 1 else "middle"
        parts.append(
            f'<text x="{x}" y="{bottom + 20}" text-anchor="{anchor}" fill="var(--q-muted)" font-size="14">'
            f"{html.escape(axis.shown[index])}</text>"
        )
    curve = panel.drawn()[(slice(None), *explorer.start[1:])]
    points = " ".join(
        f"{x},{panel.height_of(y)}" for x, y in zip(explorer.horizontal, curve, strict=True) if np.isfinite(y)
    )
    parts.append(
        f'<polyline class="explorer-curve" points="{points}" fill="none" stroke="var(--q-accent)" stroke-width="3" '
        'stroke-linejoin="round"/>'
    )
    parts += [reference_line(panel, *reference) for reference in panel.references]
    here = panel.drawn()[explorer.start]
    y = panel.height_of(here) if np.isfinite(here) else PANEL_HEIGHT - BOTTOM
    parts.append(
        f'<circle class="explorer-point" cx="{explorer.horizontal[axis.start]}" cy="{y}" r="7" '
        'fill="var(--q-accent-2)" stroke="var(--q-paper)" stroke-width="2"/>'
    )
    return "".join(parts)


def vertical_values(panel: Panel) -> list[float]:
    """Return the labelled values of a panel's vertical axis."""
    low, high = panel.limits
    if panel.logarithmic:
        first, last = round(np.log10(low)), round(np.log10(high))
        return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 4))]
    return [float(value) for value in np.linspace(low, high, panel.steps)]


def vertical_tick(panel: Panel, value: float) -> str:
    """Return one label of the vertical axis."""
    text = f"10{superscript(round(np.log10(value)))}" if panel.logarithmic else f"{value:g}"
    return (
        f'<text x="{LEFT - 8}" y="{panel.height_of(value) + 4}" text-anchor="end" fill="var(--q-muted)" '
        f'font-size="14">{text}</text>'
    )


def superscript(power: int) -> str:
    """Return an exponent in raised digits."""
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def reference_line(panel: Panel, value: float, label: str, distance: int) -> str:
    """Return a dashed line with its name."""
    y = panel.height_of(value)
    return (
        f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="var(--q-accent-2)" stroke-width="1.5" stroke-dasharray="6 5"/>'
        f'<text x="{WIDTH - RIGHT - 4}" y="{y + distance}" text-anchor="end" fill="var(--q-accent-2)" font-size="14">'
        f"{html.escape(label)}</text>"
    )


def table_json(explorer: Explorer) -> str:
    """Return the table for the script: positions to draw and texts to say, all in row-major order."""
    heights = {
        panel.key: [panel.height_of(v) if np.isfinite(v) else None for v in panel.drawn().ravel()]
        for panel in explorer.panels
    }
    table = {
        "axes": [{"key": axis.key, "shown": axis.shown} for axis in explorer.axes],
        "panels": [panel.key for panel in explorer.panels],
        "quantities": {key: shown.ravel().tolist() for key, shown in explorer.quantities().items()},
        "heights": heights,
        "horizontal": explorer.horizontal,
        "floor": PANEL_HEIGHT - BOTTOM,
        "sentence": explorer.sentence,
        "verdicts": explorer.verdicts,
        "verdict": explorer.verdict.ravel().tolist(),
        "picture": f"{' and '.join(p.label for p in explorer.panels)}, drawn against {explorer.axes[0].label}.",
    }
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("explorer", ExplorerDirective)
