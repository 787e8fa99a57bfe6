"""The book as one EPUB: Sphinx's own builder, with formulas as MathML and honest manifest entries.

E-book readers run no MathJax, so each formula is converted at build time by docutils' converter;
a formula that it cannot convert is a warning. The grader draws formulas in learners' comments with a
converter of its own (`qlab.grading.pages.formulas`): it must stand any TeX, knows no macros of the book,
and stands apart from it.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
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


class CourseEpubBuilder(Epub3Builder):
    """Sphinx's EPUB builder with MathML formulas and a manifest that names what pages contain."""

    math_renderer_name = "course_mathml"

    def init(self) -> None:
        """Leave the site's styles, fonts and scripts out: an e-book is set in its reader's own type."""
        self.config.html_css_files, self.config.html_js_files = [], []
        self.config.html_static_path = [str(Path(__file__).parent / "epub_static")]
        super().init()

    def add_css_file(self, filename: str, **options: Any) -> None:
        """Leave out the styles of the site's code cells, which the e-book does not hold."""
        if not filename.startswith("mystnb"):
            super().add_css_file(filename, **options)

    def fix_ids(self, tree: nodes.document) -> None:
        """Keep Sphinx's repair of ids, and name the exercise notebooks without linking to what the e-book lacks."""
        super().fix_ids(tree)
        for link in list(tree.findall(nodes.reference)):
            if "exercises/" in link.get("refuri", "") and link["refuri"].endswith(".ipynb"):
                link.parent.replace(link, link.children)

    def build_content(self) -> None:
        """Write the manifest, then mark the pages that hold SVG or MathML, as EPUB 3 demands."""
        for sheet in Path(self.outdir, "_static").glob("mystnb.*.css"):
            sheet.unlink()  # no page of the e-book uses it
        super().build_content()
        manifest = Path(self.outdir, "content.opf")
        text = re.sub(
            r'<item ([^>]*?href="([^"]+\.xhtml)"[^>]*?)\s*/>', self.with_properties, manifest.read_text("utf-8")
        )
        manifest.write_text(text, encoding="utf-8")

    def with_properties(self, item: re.Match[str]) -> str:
        """Return one manifest entry with its properties."""
        attributes, href = item.groups()
        page = Path(self.outdir, href)
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        found = [name for name, tag in (("svg", "<svg"), ("mathml", "<math")) if tag in text]
        if not found or "properties=" in attributes:
            return item.group()
        return f'<item {attributes} properties="{" ".join(found)}" />'


def mathml(tex: str, *, block: bool, location: nodes.Node) -> str:
    """Return a formula as MathML; warn and fall back to its TeX source where that fails."""
    tex = expand(tex)
    for pattern, spelling in SPELLINGS:
        tex = pattern.sub(spelling, tex)
    try:
        return tex2mathml(tex, as_block=block).replace("&ApplyFunction;", "\u2061")
    except MathError as error:
        LOGGER.warning("formula cannot become MathML: %s", error, location=location)
        return f"<code>{tex.replace('&', '&amp;').replace('<', '&lt;')}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(mathml(node.astext(), block=False, location=node))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula with its number."""
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    ids = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    tex = node.astext()
    environment = re.fullmatch(r"\s*\\begin\{(?:align|equation|gather)\*?\}(.*)\\end\{\w+\*?\}\s*", tex, re.DOTALL)
    tex = environment.group(1) if environment else tex
    formulas = "".join(mathml(part, block=True, location=node) for part in re.split(r"\n\s*\n", tex.strip()))
    self.body.append(f'<div class="math"{ids}>{number}{formulas}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the builder, its formulas and the name of its file."""
    app.add_builder(CourseEpubBuilder, override=True)
    app.add_html_math_renderer("course_mathml", (visit_inline, None), (visit_block, None))
    settings: dict[str, Any] = {
        "version": version("correlation-is-not-enough"),
        "epub_basename": "correlation-is-not-enough",
        "epub_identifier": "correlation-is-not-enough",
        "epub_uid": "correlation-is-not-enough",
        "epub_description": "An executable course on quantum entanglement for IT leaders and infrastructure engineers",
        "epub_contributor": "Made with Jupyter Book",
        "epub_css_files": ["epub.css"],
        "epub_exclude_files": ["search.html"],
        "epub_show_urls": "no",
        "epub_tocdepth": 2,
        "epub_use_index": False,
    }
    for name, value in settings.items():
        app.config[name] = value
