"""Mathematics as MathML at build time, for the pages and the EPUB alike: no script draws a formula.

docutils' converter does the work; a formula that it cannot convert is a warning, and warnings stop the build.
The grader draws formulas in learners' comments with a converter of its own (`qlab.grading.pages.formulas`):
it must stand any TeX, knows no macros of the book, and stands apart from it.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from .tex import expand

LOGGER = logging.getLogger(__name__)
# Abbreviations that the converter reads wrongly, spelled out.
SPELLINGS = (
    (re.compile(r"\\[td]?frac(\d)(\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\[td]frac\b"), r"\\frac"),
    (re.compile(r"\\[bB]ig+[lrm]?\b\s*"), ""),
    (re.compile(r"\\(?:left|right|middle)\s*\|"), "|"),
    (re.compile(r"\\middle\s*"), ""),
)
# What browsers would set otherwise than TeX does: bars and brackets of kets keep their size and stand close,
# a slash has no gaps, and a sign at the beginning is no operation between two things.
TYPESETTING = (
    (re.compile(r"<mo[^>]*>([|∣⟨⟩])</mo>"), r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>'),
    (
        re.compile(r"([|⟨]</mo>\s*)<mo>([+−-])</mo>(?=\s*<mo[^>]*>[|⟩])"),
        r'\1<mo lspace="0" rspace="0">\2</mo>',
    ),
    (re.compile(r"<mo>/</mo>"), '<mo lspace="0" rspace="0">/</mo>'),
    (re.compile(r"((?:<mo>[=,(≈]</mo>|<mrow>|<math[^>]*>)\s*)<mo>([±−+])</mo>"), r'\1<mo form="prefix">\2</mo>'),
)
ENVIRONMENT = re.compile(r"\s*\\begin\{(?:align|equation|gather)\*?\}(.*)\\end\{\w+\*?\}\s*", re.DOTALL)


def mathml(tex: str, *, block: bool, location: nodes.Node) -> str:
    """Return a formula as MathML; warn and fall back to its TeX source where that fails."""
    tex = expand(tex)
    for pattern, spelling in SPELLINGS:
        tex = pattern.sub(spelling, tex)
    try:
        markup = tex2mathml(tex, as_block=block).replace("&ApplyFunction;", "\u2061")
    except MathError as error:
        LOGGER.warning("formula cannot become MathML: %s", error, location=location)
        return f"<code>{tex.replace('&', '&amp;').replace('<', '&lt;')}</code>"
    markup = re.sub(r">\s+<", "><", markup)
    for pattern, setting in TYPESETTING:
        markup = pattern.sub(setting, markup)
    return markup


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    formula = mathml(node.astext(), block=False, location=node)
    # A formula that is wider than a phone scrolls by itself.
    self.body.append(f'<span class="wide-formula">{formula}</span>' if len(node.astext()) > 40 else formula)
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula with its number, which links to it."""
    ids = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    tex = node.astext()
    environment = ENVIRONMENT.fullmatch(tex)
    tex = environment.group(1) if environment else tex
    formulas = "".join(mathml(part, block=True, location=node) for part in re.split(r"\n\s*\n", tex.strip()))
    self.body.append(f'<div class="math"{ids}>{number}{formulas}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer of formulas, which `_config.yml` and the EPUB choose by name."""
    app.add_html_math_renderer("course_mathml", (visit_inline, None), (visit_block, None))
