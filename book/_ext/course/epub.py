"""The book as one EPUB: Sphinx's own builder, with a whole table of contents and honest manifest entries.

What old readers do not know is written out: colours of figures, the language of each page, landmarks, the cover.
"""

from __future__ import annotations

import html
import re
import uuid
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

# The book's identifier: made once, of its name, and the same for every edition.
IDENTIFIER = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'correlation-is-not-enough')}"
COVER = "_static/cover.png"
LANDMARKS = """<nav epub:type="landmarks" hidden="hidden"><h2>Landmarks</h2><ol>
<li><a epub:type="toc" href="nav.xhtml">Contents</a></li>
<li><a epub:type="bodymatter" href="book/01_shared_state.xhtml">The chapters</a></li>
<li><a epub:type="bibliography" href="book/references.xhtml">Sources</a></li>
</ol></nav>
"""
INKS = re.compile(r"--q-([\w-]+):\s*(#[0-9a-fA-F]+)")
INK = re.compile(r"var\(--q-([\w-]+)(?:,\s*var\([^()]*\))?\)")


class CourseEpubBuilder(Epub3Builder):
    """Sphinx's EPUB builder with MathML formulas and a manifest that names what pages contain."""

    math_renderer_name = "course_mathml"

    def init(self) -> None:
        """Leave the site's styles, fonts and scripts out: an e-book is set in its reader's own type."""
        self.config.html_css_files, self.config.html_js_files = [], []
        self.config.html_static_path = [str(Path(__file__).parent / "epub_static")]
        self.config.pygments_style = "a11y-high-contrast-light"
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

    def get_toc(self) -> None:
        """List each page's sections under it; the site's table of contents names pages alone."""
        super().get_toc()
        entries = []
        for entry in self.refnodes:
            entries.append(entry)
            name = entry["refuri"].removesuffix(".xhtml")
            listed = self.env.tocs.get(name)
            for link in listed.findall(nodes.reference) if listed is not None else ():
                if link["anchorname"] and depth(link) == 2:
                    uri = entry["refuri"] + self.fix_fragment("", link["anchorname"])
                    entries.append({"level": entry["level"] + 1, "refuri": uri, "text": html.escape(link.astext())})
        self.refnodes = entries

    def build_content(self) -> None:
        """Complete the pages, write the manifest, then mark what holds SVG, MathML or the cover, as EPUB 3 demands."""
        for sheet in Path(self.outdir, "_static").glob("mystnb.*.css"):
            sheet.unlink()  # no page of the e-book uses it
        for page in Path(self.outdir).rglob("*.xhtml"):
            page.write_text(self.written_out(page.read_text("utf-8")), encoding="utf-8")
        super().build_content()
        manifest = Path(self.outdir, "content.opf")
        text = re.sub(
            r'<item ([^>]*?href="([^"]+\.xhtml)"[^>]*?)\s*/>', self.with_properties, manifest.read_text("utf-8")
        )
        text = text.replace(f'href="{COVER}"', f'href="{COVER}" properties="cover-image"', 1)
        manifest.write_text(text, encoding="utf-8")

    def build_navigation_doc(self) -> None:
        """Add the landmarks to the contents."""
        super().build_navigation_doc()
        self.change("nav.xhtml", "</body>", f"{LANDMARKS}</body>")

    def build_toc(self) -> None:
        """Name the book in the old contents as the manifest does."""
        super().build_toc()
        uid = 'name="dtb:uid" content="{}"'
        self.change("toc.ncx", uid.format("correlation-is-not-enough"), uid.format(IDENTIFIER))

    def change(self, name: str, old: str, new: str) -> None:
        """Replace text in one written file."""
        path = Path(self.outdir, name)
        path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")

    def written_out(self, page: str) -> str:
        """Return one page with its language, and the colours of its figures as they are: old readers know no names."""
        page = re.sub(r"<html (?![^>]*\blang=)", '<html lang="en" xml:lang="en" ', page, count=1)
        return INK.sub(lambda ink: self.inks[ink.group(1)], page)

    @cached_property
    def inks(self) -> dict[str, str]:
        """The colours of the e-book's style sheet by name."""
        return dict(INKS.findall(Path(__file__).parent.joinpath("epub_static", "epub.css").read_text("utf-8")))

    def with_properties(self, item: re.Match[str]) -> str:
        """Return one manifest entry with its properties."""
        attributes, href = item.groups()
        page = Path(self.outdir, href)
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        found = [name for name, tag in (("svg", "<svg"), ("mathml", "<math")) if tag in text]
        if not found or "properties=" in attributes:
            return item.group()
        return f'<item {attributes} properties="{" ".join(found)}" />'


def depth(link: nodes.reference) -> int:
    """Return how deep an entry of a page's own contents lies; the page itself lies at 1."""
    count, parent = 0, link.parent
    while parent is not None:
        count += isinstance(parent, nodes.list_item)
        parent = parent.parent
    return count


def setup(app: Sphinx) -> None:
    """Register the builder and the name of its file."""
    app.add_builder(CourseEpubBuilder, override=True)
    settings: dict[str, Any] = {
        "version": version("correlation-is-not-enough"),
        "epub_basename": "correlation-is-not-enough",
        "epub_identifier": IDENTIFIER,
        "epub_uid": "correlation-is-not-enough",
        "epub_description": "An executable course on quantum entanglement for IT leaders and infrastructure engineers",
        "epub_contributor": "Made with Jupyter Book",
        "epub_css_files": ["epub.css"],
        "epub_exclude_files": ["search.html"],
        "epub_show_urls": "no",
        "epub_cover": (COVER, ""),
        "epub_tocdepth": 3,
        "epub_tocscope": "includehidden",
        "epub_use_index": False,
    }
    for name, value in settings.items():
        app.config[name] = value
