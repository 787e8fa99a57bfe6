"""TeX as MathML, which browsers draw by themselves: no script on the page, no request, nothing of 2 MB beside it."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

from nbconvert.filters.markdown_mistune import IPythonRenderer

LONGEST = 2000
"""Characters of TeX that are converted; what is longer is shown as it was written."""

_TAGS = frozenset(
    ("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom")
    + ("msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd")
)
_ATTRIBUTES = (
    ("display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "largeop", "movablelimits", "accent")
    + ("accentunder", "linethickness", "mathvariant", "width", "height", "depth", "lspace", "rspace", "minsize")
    + ("maxsize", "columnalign")
)
_LENGTHS = ("width", "height", "depth", "lspace", "rspace", "minsize", "maxsize", "linethickness")
_LENGTH = re.compile(r"[+-]?\d{0,3}(\.\d{1,9})?(em|ex|pt|px|cm|mm|in|mu|%)?")
_BARS = ("|", "∣", "‖")
_TAG = re.compile(r"<(?:\"[^\"]*\"|'[^']*'|[^'\">])*>")


def mathml(tex: str, *, block: bool = False) -> str:
    r"""Return a formula as MathML of known elements only, or as its source where it is not understood.

    Example:
        >>> mathml(r"\sqrt{x}")
        '<math display="inline"><mrow><msqrt><mrow><mi>x</mi></mrow></msqrt></mrow></math>'
        >>> mathml(r"\unheard{x}")
        '<code>\\unheard{x}</code>'
    """
    from latex2mathml.converter import convert_to_element

    try:
        if len(tex) > LONGEST:
            raise ValueError(f"tex must have at most {LONGEST} characters, got {len(tex)}")
        known = tex.strip().replace("{aligned}", "{align*}")
        return "".join(_markup(convert_to_element(known, display="block" if block else "inline")))
    except Exception:  # a learner's TeX may be anything, and the converter raises nearly anything
        return f"<code>{html.escape(tex.strip())}</code>"


def _markup(element: Element) -> Iterable[str]:
    """The converter escapes nothing and passes styles and links on, so elements are written out here."""
    text = html.unescape(element.text or "")
    unread = text.startswith("\\") or (element.tag == "mi" and text == "&") or "linebreak" in element.attrib
    if element.tag not in _TAGS or unread:
        raise ValueError(f"element must be one of {', '.join(sorted(_TAGS))}, got {element.tag} {text!r}")
    given = dict(element.attrib)
    if element.tag == "mo" and text in _BARS:
        given |= {"lspace": "0", "rspace": "0"}  # |ψ⟩ has no gap after its bar
    wild = [name for name in _LENGTHS if not _LENGTH.fullmatch(given.get(name, ""))]
    if any(name in given for name in wild):
        raise ValueError(f"lengths must have at most three digits before the point, got {given}")
    kept = "".join(f' {name}="{html.escape(given[name])}"' for name in _ATTRIBUTES if name in given)
    yield f"<{element.tag}{kept}>{html.escape(text)}"
    for child in element:
        yield from _markup(child)
    yield f"</{element.tag}>"


class FormulaRenderer(IPythonRenderer):
    """Renders markdown with a mark in place of each formula, so that the HTML can be cleaned before they come in."""

    def __init__(self, **options: Any) -> None:
        super().__init__(escape=False, **options)
        self._mark = f"formula{secrets.token_hex(16)}x"
        self._found: list[tuple[str, bool]] = []

    def block_math(self, body: str) -> str:
        """A mark for a displayed formula."""
        return self._keep(body, True)

    def inline_math(self, body: str) -> str:
        """A mark for a formula in a line."""
        return self._keep(body, False)

    def latex_environment(self, name: str, body: str) -> str:
        """A mark for an environment such as align."""
        return self._keep(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def _keep(self, tex: str, block: bool) -> str:
        self._found.append((tex, block))
        return f"{self._mark}{len(self._found) - 1}y"

    def filled(self, clean: str) -> str:
        """Return cleaned HTML with its formulas; within a tag (a picture's description) as their source."""
        mark = re.compile(re.escape(self._mark) + r"(\d+)y")

        def within(found: re.Match[str]) -> str:
            return html.escape(self._found[int(found[1])][0])

        def drawn(found: re.Match[str]) -> str:
            tex, block = self._found[int(found[1])]
            return mathml(tex, block=block)

        parts, end = [], 0
        for tag in _TAG.finditer(clean):
            parts += [mark.sub(drawn, clean[end : tag.start()]), mark.sub(within, tag.group())]
            end = tag.end()
        return "".join([*parts, mark.sub(drawn, clean[end:])])
