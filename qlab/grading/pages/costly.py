"""Texts that would keep a page waiting: renderers take time that grows with the square of some lengths.

A cell of 50 kB that opens a formula 15 000 times takes the Markdown renderer a minute, a display of 200 kB
that opens an element 40 000 times takes the sanitiser a quarter of one, and a feedback page may hold hundreds.
Such a text is shown as it is written, cut to :data:`MOST_SHOWN` characters.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass

from qlab.grading.pages.pictures import pixels
from qlab.grading.wire.limits import MAX_PAGE_PIXELS, MAX_PAGE_TAGS

MOST_SHOWN = 50_000
MOST_CODE = 20_000
MOST_ON_A_PAGE = 400_000
_MOST_WORK = 10_000_000
NOT_DRAWN = "<p><em>This would take the page too long to draw; it is in the submission.</em></p>"
PICTURE = re.compile(r"data:(image/(?:png|jpeg|gif|svg\+xml));base64,([A-Za-z0-9+/=\s]+)")
_FORMULA = re.compile(r"\\\\\[|\\\\\(|\\begin\{|\$")
_MARK = re.compile(r"[\[*_~`<!]")
_BLANKS = re.compile(r"\s{1000}")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_DEEPEST, _MOST_FORMATS = 400, 20
_FORMATS = frozenset({"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"})
_SHORT = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
                    "wbr"})  # fmt: skip
_CLOSED_BY_NEXT = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "tbody", "thead", "tfoot",
                             "colgroup"})  # fmt: skip


@dataclass
class Room:
    """What a page may still hold.

    Attributes:
        tags: elements, formulas' included.
        points: points of pictures.
        tries: elements that may still be made in order to see whether they have room.

    Example:
        >>> room = Room(tags=3)
        >>> room.admits("<b>a</b>"), room.admits("<b>a</b>")
        (True, False)
    """

    tags: int = MAX_PAGE_TAGS
    points: int = MAX_PAGE_PIXELS
    tries: int = 2 * MAX_PAGE_TAGS

    def admits(self, text: str) -> bool:
        """Return whether a piece of clean HTML can be drawn here, and take its room."""
        tags, points = text.count("<"), sum(pixels(*found) for found in PICTURE.findall(text))
        self.tries -= tags
        if tags > self.tags or points > self.points:
            return False
        self.tags -= tags
        self.points -= points
        return True


def is_costly_markdown(source: str) -> bool:
    r"""Return whether rendering would take long: many formulas or marks opened, endless blanks, or simply length.

    Example:
        >>> is_costly_markdown("$x$ and $y$"), is_costly_markdown(r"\\[" * 10_000)
        (False, True)
    """
    if len(source) > MOST_SHOWN or _BLANKS.search(source):
        return True
    marked = sum(len(_MARK.findall(block)) * len(block) for block in source.split("\n\n"))
    return marked > _MOST_WORK or len(_FORMULA.findall(source)) * len(source) > _MOST_WORK


def is_costly_html(text: str) -> bool:
    """Return whether parsing would take long or much memory: too many elements open at once.

    An element left open is paid for by each one that follows, and one that formats is made again in each.

    Example:
        >>> is_costly_html("<div>" * 1000), is_costly_html("<tr><td>1</td></tr>" * 1000)
        (True, False)
    """
    opened: Counter[str] = Counter()
    depth = formats = 0
    for closing, name in _TAG.findall(text):
        name = name.lower()
        if name in _SHORT or name in _CLOSED_BY_NEXT or (closing and not opened[name]):
            continue
        step = -1 if closing else 1
        opened[name] += step
        depth += step
        formats += step if name in _FORMATS else 0
        if depth > _DEEPEST or formats > _MOST_FORMATS:
            return True
    return False


def verbatim(text: str) -> str:
    """Return a text as HTML that shows it as it is.

    Example:
        >>> verbatim("$a$ <b>")
        '<pre>$a$ &lt;b&gt;</pre>'
    """
    return f"<pre>{html.escape(cut(text, MOST_SHOWN))}</pre>"


def cut(text: str, most: int) -> str:
    """Return the first `most` characters of a text, saying what is missing.

    Example:
        >>> cut("abcdef", 2)
        'ab\\n... 4 more characters are in the submission ...'
    """
    if len(text) <= most:
        return text
    return f"{text[:most]}\n... {len(text) - most} more characters are in the submission ..."
