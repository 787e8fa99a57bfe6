"""An explorer as HTML: its first position drawn as SVG, and the table that the script looks up.

Sizes are in pixels of the figure, which the page scales to its width.
"""

from __future__ import annotations

import html
import json

import numpy as np

from .records import Axis, Explorer, Panel

WIDTH, PANEL_HEIGHT = 480, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 44
FLOOR = PANEL_HEIGHT - BOTTOM


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
    """Return the panels at the first position as one inline SVG."""
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
    return f"{picture_title(explorer)} {explorer.words()}"


def picture_title(explorer: Explorer) -> str:
    """Return which curves are drawn against what: the part of the alternative text that never changes."""
    curves = " and ".join(panel.label for panel in explorer.panels)
    return f"{curves}, drawn against {explorer.axes[0].label}."


def panel_svg(explorer: Explorer, panel: Panel) -> str:
    """Return one panel: title, both axes, curve, references and the point of the first position."""
    title = f'<text x="{LEFT}" y="16" fill="var(--q-ink)" font-weight="600">{html.escape(panel.label)}</text>'
    frame = f'<path d="M{LEFT} {TOP}V{FLOOR}H{WIDTH - RIGHT}" fill="none" stroke="var(--q-muted)"/>'
    parts = [title, frame]
    parts += [vertical_tick(panel, value) for value in vertical_values(panel)]
    parts += [horizontal_tick(explorer, index) for index in explorer.ticks]
    parts += [reference_line(panel, *reference) for reference in panel.references]  # their names lie under the curve
    parts.append(curve_svg(explorer, panel))
    parts.append(point_svg(explorer, panel))
    return "".join(parts)


def horizontal(explorer: Explorer) -> list[float]:
    """Return the horizontal position of each value of the first axis."""
    values = np.array(explorer.axes[0].values)
    place = np.log(values) if explorer.logarithmic else values
    share = (place - place[0]) / (place[-1] - place[0])
    return [round(float(LEFT + s * (WIDTH - LEFT - RIGHT)), 1) for s in share]


def height_of(panel: Panel, value: float) -> float:
    """Return the vertical position of a value, counted from the panel's top."""
    low, high = panel.limits
    value = min(max(value, low), high)
    share = np.log(value / low) / np.log(high / low) if panel.logarithmic else (value - low) / (high - low)
    return round(float(TOP + (1 - share) * (PANEL_HEIGHT - TOP - BOTTOM)), 1)


def curve_svg(explorer: Explorer, panel: Panel) -> str:
    """Return the curve along the first axis, the other sliders at their first position."""
    along: tuple[slice | int, ...] = (slice(None), *explorer.start[1:])
    places = zip(horizontal(explorer), panel.drawn()[along], strict=True)
    points = " ".join(f"{x},{height_of(panel, value)}" for x, value in places if np.isfinite(value))
    return (
        f'<polyline class="explorer-curve" points="{points}" fill="none" stroke="var(--q-accent)" stroke-width="3" '
        'stroke-linejoin="round"/>'
    )


def point_svg(explorer: Explorer, panel: Panel) -> str:
    """Return the point of the first position; it lies on the floor where there is no value."""
    value = panel.drawn()[explorer.start]
    x = horizontal(explorer)[explorer.start[0]]
    y = height_of(panel, value) if np.isfinite(value) else FLOOR
    return (
        f'<circle class="explorer-point" cx="{x}" cy="{y}" r="7" '
        'fill="var(--q-accent-2)" stroke="var(--q-paper)" stroke-width="2"/>'
    )


def horizontal_tick(explorer: Explorer, index: int) -> str:
    """Return one tick of the horizontal axis with its label."""
    shown = explorer.axes[0].shown
    x = horizontal(explorer)[index]
    anchor = "end" if index == len(shown) - 1 else "middle"
    return (
        f'<path d="M{x} {FLOOR}v5" stroke="var(--q-muted)"/>'
        f'<text x="{x}" y="{FLOOR + 20}" text-anchor="{anchor}" fill="var(--q-muted)" font-size="14">'
        f"{html.escape(shown[index])}</text>"
    )


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
        f'<text x="{LEFT - 8}" y="{height_of(panel, value) + 4}" text-anchor="end" fill="var(--q-muted)" '
        f'font-size="14">{text}</text>'
    )


def superscript(power: int) -> str:
    """Return an exponent in raised digits."""
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def reference_line(panel: Panel, value: float, label: str, distance: int) -> str:
    """Return a dashed line with its name.

    Args:
        panel: Where the line is drawn.
        value: Its height on the vertical axis.
        label: Its name.
        distance: From the line to its name, in pixels; negative is above.
    """
    y = height_of(panel, value)
    return (
        f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="var(--q-accent-2)" stroke-width="1.5" stroke-dasharray="6 5"/>'
        f'<text x="{WIDTH - RIGHT - 4}" y="{y + distance}" text-anchor="end" fill="var(--q-accent-2)" font-size="14">'
        f"{html.escape(label)}</text>"
    )


def table_json(explorer: Explorer) -> str:
    """Return the table for the script: positions to draw and texts to say, in row-major order."""
    heights = {
        panel.key: [height_of(panel, v) if np.isfinite(v) else None for v in panel.drawn().ravel()]
        for panel in explorer.panels
    }
    table = {
        "axes": [{"key": axis.key, "shown": axis.shown} for axis in explorer.axes],
        "panels": [panel.key for panel in explorer.panels],
        "quantities": {key: shown.ravel().tolist() for key, shown in explorer.quantities().items()},
        "heights": heights,
        "horizontal": horizontal(explorer),
        "floor": FLOOR,
        "sentence": explorer.sentence,
        "verdicts": explorer.verdicts,
        "verdict": explorer.verdict.ravel().tolist(),
        "picture": picture_title(explorer),
    }
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
