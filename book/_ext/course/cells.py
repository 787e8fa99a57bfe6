"""Code cells: every source folds, every figure has alternative text.

The fold is written into the stored document, so that no author has to tag a cell. Figures that
come as inline SVG take their alternative text from the cell's ``mystnb.image.alt`` or from their
own ``<title>``; a figure with neither is a warning, and warnings stop the build.
"""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from .elements import fold

LOGGER = logging.getLogger(__name__)
SVG_TAG = re.compile(r"<svg\b[^>]*>", re.DOTALL)
LABEL = re.compile(r"\s(?:role|aria-label|aria-labelledby)=(?:\"[^\"]*\"|'[^']*')")
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)


def prepare_cells(_app: Sphinx, doctree: nodes.document) -> None:
    """Fold each cell's source and label each figure (event ``doctree-read``)."""
    for cell in list(doctree.findall(nodes.container)):
        if cell.get("nb_element") == "cell_code":
            fold_source(cell)
            label_figures(cell)


def fold_source(cell: nodes.container) -> None:
    """Wrap the source of one cell into a fold."""
    source = cell.children[0] if cell.children else None
    if isinstance(source, nodes.container) and source.get("nb_element") == "cell_code_source":
        block = fold("", summary="The code", classes=["fold-code"])
        cell.replace(source, block)
        block += source
        cell.attributes.pop("hide_mode", None)


def label_figures(cell: nodes.container) -> None:
    """Give every figure among the outputs of one cell its alternative text."""
    bundles = [node for node in cell.findall(nodes.container) if node.get("nb_element") == "mime_bundle"]
    for bundle in bundles:
        alt = cell_alt_text(cell)
        for raw in list(bundle.findall(nodes.raw)):
            text = raw.astext()
            if "html" in raw.get("format", "") and SVG_TAG.search(text):
                alt = alt or own_alt_text(text)
                raw.children = [nodes.Text(label_svg(text, alt))]
                raw.rawsource = raw.astext()
                warn_without(alt, raw)
        for image in bundle.findall(nodes.image):
            image["alt"] = image.get("alt") or alt
            warn_without(image["alt"], image)


def warn_without(alt: str, location: nodes.Node) -> None:
    """Warn about a figure that nobody described."""
    if not alt:
        LOGGER.warning("figure without alternative text (mystnb.image.alt)", location=location)


def cell_alt_text(cell: nodes.container) -> str:
    """Return the alternative text that the cell declares, or an empty string."""
    metadata: dict[str, Any] = cell.get("cell_metadata") or {}
    image = metadata.get("mystnb", {}).get("image", {})
    return " ".join(str(image.get("alt", "")).split())


def own_alt_text(text: str) -> str:
    """Return what an SVG says of itself: its ``aria-label``, or else its title."""
    own = re.search(r"<svg\b[^>]*aria-label=\"([^\"]*)\"", text)
    title = TITLE.search(text)
    return html.unescape(own.group(1) if own else title.group(1) if title else "").strip()


def label_svg(text: str, alt: str) -> str:
    """Return the HTML with its first SVG labelled as one image."""
    opening = SVG_TAG.search(text)
    if opening is None:
        return text
    bare = LABEL.sub("", opening.group())
    labelled = f'<svg role="img" aria-label="{html.escape(alt)}"' + bare[len("<svg") :]
    return text.replace(opening.group(), labelled, 1)


def setup(app: Sphinx) -> None:
    """Connect to the event that ends the reading of a document."""
    app.connect("doctree-read", prepare_cells)
