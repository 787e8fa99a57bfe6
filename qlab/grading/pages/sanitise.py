"""Make student HTML harmless before any page shows it: formgrader's and the feedback's."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from qlab.grading.pages.costly import (
    MOST_CODE,
    MOST_ON_A_PAGE,
    NOT_DRAWN,
    PICTURE,
    Room,
    cut,
    is_costly_html,
    is_costly_markdown,
    verbatim,
)
from qlab.grading.pages.formulas import FormulaRenderer, mathml
from qlab.grading.pages.pictures import COSTLY, pixels

_IMAGES = ("image/png", "image/jpeg", "image/gif")
_SPANS = re.compile(r"[1-9]\d?")
_SIDE = re.compile(r"\d{1,4}%?")
_RAW = "raw"
"""Marks a raw cell, which is shown as it is; all other marks of a learner's are dropped before it is set."""
_ROOM = "room"
"""Where a page's resources say what it may still hold."""
_NAMES = ("student", "first_name", "last_name", "notebook_path")
"""What formgrader's page says of a learner without escaping it."""
_LINK = re.compile(r"(https?:|mailto:|#)", re.IGNORECASE)


def clean_html(text: str) -> str:
    """Return HTML without scripts, frames, forms, styles, events or anything fetched from elsewhere.

    Example:
        >>> clean_html('<b onclick="x()">a</b><script>y()</script><img src="http://z/p.png">')
        '<b>a</b><img>'
    """
    if is_costly_html(text):
        return verbatim(text)
    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["img"] = {"src", "alt", "width", "height"}
    return nh3.clean(
        text,
        attributes=attributes,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        picture = PICTURE.fullmatch(value)
        return value if picture and pixels(*picture.groups()) < COSTLY else None
    if name in ("colspan", "rowspan", "span"):
        return value if _SPANS.fullmatch(value) else None
    if name in ("width", "height"):
        return value if _SIDE.fullmatch(value) else None
    if name == "href":
        return value if _LINK.match(value.strip()) else None
    return value if name not in ("style", "cite", "background", "action") else None


def clean_markdown(source: str, attachments: Any = None) -> str:
    """Return markdown as harmless HTML: it is cleaned after the renderer, and formulas come in last.

    Example:
        >>> clean_markdown("*a* <script>b()</script>")
        '<div><p><em>a</em> </p></div>'
    """
    if is_costly_markdown(source):
        return f"<div>{verbatim(source)}</div>"
    images = {
        str(name): {mime: data for mime, data in bundle.items() if mime in _IMAGES and _is_picture(mime, data)}
        for name, bundle in (attachments or {}).items()
        if isinstance(bundle, dict)
    }
    renderer = FormulaRenderer(attachments=images)
    try:
        rendered = str(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:
        rendered = verbatim(source)
    return f"<div>{renderer.filled(clean_html(rendered)).strip()}</div>"


@pass_context
def shown_markdown(context: Any, source: str) -> str:
    """Take the place of the pages' `markdown2html`, so that nothing is rendered again once it is clean."""
    cell = context.get("cell", {})
    if cell.get("metadata", {}).get(_RAW):
        return verbatim(source)
    room = context.get("resources", {}).get(_ROOM) or Room()
    if room.tries <= 0:
        return NOT_DRAWN
    shown = clean_markdown(source, cell.get("attachments"))
    return shown if room.admits(shown) else NOT_DRAWN


def unchanged(text: str) -> str:
    """Take the place of the pages' `strip_files_prefix`, which would rewrite clean text, in quadratic time."""
    return text


def _is_picture(mime: str, data: Any) -> bool:
    return isinstance(data, str) and pixels(mime, data) < COSTLY


def clean_data(data: dict[str, Any]) -> dict[str, str]:
    """Return display data of kinds that can only be looked at.

    Example:
        >>> clean_data({"application/javascript": "x()", "text/plain": "1"})
        {'text/plain': '1'}
    """
    kept: dict[str, str] = {}
    for mime, value in data.items():
        value = "".join(value) if isinstance(value, list) else value
        if (mime in _IMAGES and _is_picture(mime, value)) or (mime == "text/plain" and isinstance(value, str)):
            kept[mime] = value
        elif mime == "text/html" and isinstance(value, str):
            kept[mime] = clean_html(value)
        elif mime == "text/markdown" and isinstance(value, str):
            kept["text/html"] = clean_markdown(value)
        elif mime == "text/latex" and isinstance(value, str):
            kept.setdefault("text/plain", value)
            kept.setdefault("text/html", mathml(value.strip().strip("$"), block=True))
        elif mime == "image/svg+xml" and isinstance(value, str):
            encoded = base64.b64encode(value.encode("utf-8", "replace")).decode()
            drawn = f'<img alt="figure" src="data:image/svg+xml;base64,{encoded}">'
            kept["text/html"] = drawn if pixels(mime, encoded) < COSTLY else NOT_DRAWN
    return kept


class Sanitise(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes what a learner wrote or displayed harmless, whatever page shows it."""

    display_data_priority = List(Unicode()).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with harmless outputs and no metadata of the learner's.

        Markdown is cleaned when it is shown, by :func:`shown_markdown`.
        """
        for key in list(nb.metadata):
            if key not in ("kernelspec", "language_info"):
                del nb.metadata[key]
        for name in _NAMES:
            if isinstance(resources.get(name), str):
                resources[name] = html.escape(resources[name])
        self._room = resources[_ROOM] = Room()
        room = MOST_ON_A_PAGE
        for cell in nb.cells:
            if cell.cell_type == "code" or len(cell.source) > room:
                cell.source = cut(cell.source, min(room, MOST_CODE))
            room = max(room - len(cell.source), 0)
            self._sanitise(cell)
        return nb, resources

    def _drawable(self, data: dict[str, Any]) -> dict[str, str]:
        """Return clean data that the page has room for; what it shows first is what counts."""
        if self._room.tries <= 0:
            return {"text/html": NOT_DRAWN}
        clean = clean_data(data)
        for mime in [one for one in clean if one != "text/plain"]:
            shown = clean[mime] if mime == "text/html" else f"<data:{mime};base64,{clean[mime]}"
            if not self._room.admits(shown):
                del clean[mime]
                clean.setdefault("text/plain", "This would take the page too long to draw; it is in the submission.")
        return clean

    def _sanitise(self, cell: Any) -> None:
        for key in list(cell.metadata):
            if key != "nbgrader":
                del cell.metadata[key]
        if cell.cell_type == "raw":
            cell.cell_type = "markdown"
            cell.metadata[_RAW] = True
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data = type(output.data)(self._drawable(output.data))
                output.metadata = type(output.metadata)()
