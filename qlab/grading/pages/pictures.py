"""What a picture costs to draw, read from its bytes without drawing it.

A PNG of 40 kB may hold a billion points, a GIF ten thousand frames, and an SVG of one page a billion
elements, by references that lead to references.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from qlab.grading.wire.limits import MAX_DRAWN_ELEMENTS, MAX_PIXELS

COSTLY = 1 << 60
"""The cost of what is not drawn: too much, or not to be read."""
_MOST_SCANS = 50
_MOST_DEPTH = 200
_NEVER = frozenset({"filter", "foreignobject", "image", "animate", "animatemotion", "animatetransform", "set"})
"""Elements that compute, hold pages or pictures, or move."""
_ENCODED = re.compile(r"\s*<\?xml[^>]*\bencoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"\s]+)")
_HUGE = re.compile(r"\d{6,}|\d[eE]\+?[4-9]|\d[eE]\+?\d\d")
_FINE = re.compile(r"#[0-9a-fA-F]{3,8}\b|\.\d+")
"""Digits that make no length: colours, and those behind the point."""
_SIZE = re.compile(r"\s*(\d*\.?\d+)\s*([a-z]*)")
_UNITS = {"in": 96.0, "cm": 37.8, "mm": 3.78, "pt": 1.34, "pc": 16.0, "em": 16.0}
_NAMES = frozenset({"id", "href", "class", "clip-path"})


def pixels(mime: str, data: str) -> int:
    """Return how many points a picture has, all frames together; :data:`COSTLY` if it is not to be drawn.

    Args:
        mime: "image/png", "image/jpeg", "image/gif" or "image/svg+xml".
        data: its content as base64.

    Example:
        >>> pixels("image/gif", base64.b64encode(b"GIF89a" + b"\\x10\\0\\x10\\0" + bytes(3) + b";").decode())
        256
    """
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
        found = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/svg+xml": _svg}[mime](content)
    except (binascii.Error, ValueError, IndexError, KeyError):
        return COSTLY
    return found if found <= MAX_PIXELS else COSTLY


def _png(content: bytes) -> int:
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return 0  # no browser draws it
    frames = content.find(b"acTL")
    many = int.from_bytes(content[frames + 4 : frames + 8], "big") if frames >= 0 else 1
    return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big") * max(many, 1)


def _gif(content: bytes) -> int:
    if content[:3] != b"GIF":
        return 0
    width, height = (int.from_bytes(content[at : at + 2], "little") for at in (6, 8))
    total, at = 0, 13 + _colours(content[10])
    while at < len(content) and content[at] in b"!,":
        if content[at] == 0x2C:
            own = [int.from_bytes(content[at + step : at + step + 2], "little") for step in (1, 3, 5, 7)]
            total += max(width, own[0] + own[2]) * max(height, own[1] + own[3])
            at += 11 + _colours(content[at + 9])
        else:
            at += 2
        while at < len(content) and content[at]:
            at += content[at] + 1
        at += 1
    return max(total, width * height)


def _colours(packed: int) -> int:
    """Return the bytes of a table of colours, from the byte that says whether there is one and how large."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _jpeg(content: bytes) -> int:
    if content[:2] != b"\xff\xd8":
        return 0
    if content.count(b"\xff\xda") > _MOST_SCANS:
        return COSTLY
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return COSTLY
        kind = content[at + 1]
        if kind == 0xFF or 0xD0 <= kind <= 0xD8 or kind == 1:
            at += 1 if kind == 0xFF else 2
        elif 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(content[at + 5 : at + 7], "big") * int.from_bytes(content[at + 7 : at + 9], "big")
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0


def _svg(content: bytes) -> int:
    text = content.decode("utf-8", "replace")
    if drawn_elements(text) > MAX_DRAWN_ELEMENTS:
        return COSTLY
    root = ElementTree.fromstring(text)  # noqa: S314 - looked at above
    return round(_length(root.get("width"), 300.0) * _length(root.get("height"), 150.0))


def _length(text: str | None, usual: float) -> float:
    found = _SIZE.match(text or "")
    return float(found[1]) * _UNITS.get(found[2], 1.0) if found else usual


def drawn_elements(svg: str) -> int:
    """Return how many elements an SVG draws, references followed; :data:`COSTLY` if it is not to be drawn.

    Example:
        >>> drawn_elements('<svg><g id="a"><path/></g><use href="#a"/><use href="#a"/></svg>')
        9
    """
    styles = "".join(re.findall(r"<style\b[^>]*>[^<]*", svg, re.IGNORECASE))
    if "<!ENTITY" in svg or _ENCODED.match(svg) or re.search(r"url\(|animation|filter", styles, re.IGNORECASE):
        return COSTLY
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - no entities, nothing fetched
    except (ElementTree.ParseError, ValueError):
        return COSTLY
    named = {name: one for one in root.iter() if (name := one.get("id"))}
    costs: dict[ElementTree.Element, int] = {}
    open_now = {root}
    todo = [(root, _parts(root, named))]
    while todo:
        element, parts = todo[-1]
        part = next(parts, None)
        if part is None:
            todo.pop()
            open_now.discard(element)
            costs[element] = min(1 + sum(costs[one] for one in _parts(element, named)), COSTLY)
        elif part in open_now or len(todo) > _MOST_DEPTH:
            return COSTLY  # it leads to itself, or very deep
        elif part not in costs:
            if _is_costly(part):
                return COSTLY
            open_now.add(part)
            todo.append((part, _parts(part, named)))
    return COSTLY if _is_costly(root) else costs[root]


def _parts(element: ElementTree.Element, named: dict[str, ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """Yield what is drawn with an element: its children, and what it refers to."""
    yield from element
    for name, value in element.attrib.items():
        wanted = [value[1:]] if _local(name) == "href" and value.startswith("#") else _REFERENCE.findall(value)
        yield from (named[one] for one in wanted if one in named)


def _is_costly(element: ElementTree.Element) -> bool:
    if _local(element.tag) in _NEVER:
        return True
    values = [value for name, value in element.attrib.items() if _local(name) not in _NAMES]
    return any(_HUGE.search(_FINE.sub("", value)) for value in values)


def _local(name: object) -> str:
    return str(name).rpartition("}")[2].lower()
