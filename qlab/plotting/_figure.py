"""One figure, one style, and the way from Matplotlib to an SVG whose colours the page decides.

Matplotlib draws with placeholder colours; in the SVG each placeholder becomes a CSS variable with a
fallback, ink becomes ``currentColor``, and every id is dropped or made unique to the picture. The same
drawing saved to a file gets the fixed colours of a white page.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure as MplFigure
from matplotlib.figure import FigureBase

from qlab import _validate

WIDTH = 5.0
"""Width of a figure in inches: 360 units, about the width of a phone, so that type keeps its size there."""

SMALL = 11.0
"""Size of the smallest type, in units."""

_FIXED = MappingProxyType(
    {
        "ink": "#1c2430",
        "accent": "#1b5a86",
        "accent-2": "#a34a14",
        "good": "#246445",
        "bad": "#a02b38",
        "muted": "#565f6d",
        "grid": "#d8d3c6",
    }
)
_PLACEHOLDER = MappingProxyType({role: f"#0103{10 + i}" for i, role in enumerate(_FIXED)})
_NOTEBOOK = {
    "accent": "--jp-brand-color1",
    "accent-2": "--jp-warn-color0",
    "good": "--jp-success-color0",
    "bad": "--jp-error-color1",
    "muted": "--jp-content-font-color2",
    "grid": "--jp-border-color2",
}
ROLES = tuple(_FIXED)
"""What a colour may mean; pages define ``--q-accent`` and the rest."""

SERIES = (("accent", "-"), ("accent-2", (0, (5, 2))), ("good", (0, (1, 1.4))), ("bad", (0, (6, 2, 1, 2))), ("ink", "-"))
"""Colour and dash of the first, second, … curve: no curve is told apart by colour alone."""

Palette = MappingProxyType[str, str]
Draw = Callable[[FigureBase, Palette], None]

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "qlab",
    "font.family": "DejaVu Sans",
    "font.size": 11.5,
    "axes.labelsize": 11.5,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.2,
    "lines.markersize": 6.5,
    "mathtext.default": "regular",
    "axes.unicode_minus": True,
}


def _rc(palette: Palette) -> Any:
    ink, grid = palette["ink"], palette["grid"]
    colours = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    return {**_STYLE, **dict.fromkeys(colours, ink), "grid.color": grid, "legend.labelcolor": ink}


def _check_alt(alt: object) -> str:
    text = " ".join(alt.split()) if isinstance(alt, str) else ""
    if len(text) < 20 or re.fullmatch(r"\S+\.(svg|png)", text):
        raise _validate.fail("alt", "must say in a sentence what one would see", alt)
    return text


def _recolour(svg: str) -> str:
    for role, placeholder in _PLACEHOLDER.items():
        if role == "ink":
            svg = svg.replace(placeholder, "currentColor")
            continue
        fixed = _FIXED[role]
        variable = f"var(--q-{role}, var({_NOTEBOOK[role]}, {fixed}))"
        # A reader without CSS variables (some e-readers) keeps the first of the two declarations.
        svg = re.sub(rf"(fill|stroke): {placeholder}", rf"\1: {fixed}; \1: {variable}", svg)
        svg = svg.replace(placeholder, fixed)
    return svg


def _unique_ids(svg: str, prefix: str) -> str:
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))

    def rename(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match.group(1)}"' if match.group(1) in used else ""

    svg = re.sub(r"\sid=\"([^\"]+)\"", rename, svg)
    return re.sub(r"(url\(#|href=\"#)", rf"\g<1>{prefix}-", svg)


@dataclass(frozen=True)
class Figure:
    """A picture with its words.

    Attributes:
        alt: what one would see and conclude, for whoever cannot see it.
        height: in inches.
        draw: puts the content on a Matplotlib figure with the given colours.
        width: in inches.
        constrained: whether Matplotlib lays the parts out.
    """

    alt: str
    height: float
    draw: Draw
    width: float = WIDTH
    constrained: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "alt", _check_alt(self.alt))

    def _drawn(self, palette: Palette) -> MplFigure:
        size = (self.width, self.height)
        figure = MplFigure(figsize=size, layout="constrained" if self.constrained else None)
        figure.patch.set_visible(False)
        self.draw(figure, palette)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        return figure

    def svg(self) -> str:
        """The picture as one ``<svg>`` element whose colours come from the page; the same text every time.

        >>> from qlab.plotting import waterfall
        >>> figure = waterfall({"ideal": 1.0, "noise": -0.1}, alt="Two bars: 1, less a tenth.", y_label="fidelity")
        >>> figure.svg().startswith("<svg")
        True
        """
        with mpl.rc_context(_rc(_PLACEHOLDER)):
            sheet = io.StringIO()
            self._drawn(_PLACEHOLDER).savefig(sheet, format="svg", metadata={"Date": None, "Creator": None})
        text = sheet.getvalue()
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        text = re.sub(r"font: ([^;\"]*?)([\d.]+px) [^;\"]*", r"font: \1\2 var(--q-sans, system-ui, sans-serif)", text)
        text = _recolour(text)
        prefix = "f" + hashlib.sha256((self.alt + text).encode()).hexdigest()[:10]
        body = _unique_ids(text[text.index(">") + 1 :], prefix)
        units = f"{self.width * 72:g} {self.height * 72:g}"
        opening = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {units}" width="{self.width * 96:g}" role="img" aria-label="{escape(self.alt)}" '
            f'style="max-width: 100%; height: auto">'
        )
        return re.sub(r"\n\s*", "\n", f"{opening}<title>{escape(self.alt)}</title>{body}").strip()

    def save(self, path: str | Path) -> Path:
        """Write the picture with fixed colours on white; the ending decides, ``.svg`` or ``.png``."""
        target = Path(path)
        _validate.one_of("ending of path", target.suffix, (".svg", ".png"))
        with mpl.rc_context(_rc(_FIXED)):
            figure = self._drawn(_FIXED)
            figure.patch.set_visible(True)
            metadata = {"Date": None} if target.suffix == ".svg" else {"Software": None}
            figure.savefig(target, dpi=200, facecolor="white", metadata=metadata)
        return target

    def _repr_html_(self) -> str:
        return self.svg()

    def _repr_svg_(self) -> str:
        return self.svg()
