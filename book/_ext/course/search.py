"""Search results with excerpts, from a folder too.

Sphinx fetches each page to quote from it, which browsers forbid for pages opened from a folder.
The search page therefore carries the words of all pages in one script of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def load_words(app: Sphinx, pagename: str, _template: str, _context: dict[str, Any], _doctree: nodes.document) -> None:
    """Load the words on the search page alone (event ``html-page-context``)."""
    if pagename == "search" and app.builder.name == "html":
        app.add_js_file("search_words.js")
        app.add_js_file("search_excerpts.js")


def write_words(app: Sphinx, exception: Exception | None) -> None:
    """Write the words of every page into one script (event ``build-finished``)."""
    if exception or app.builder.name != "html":
        return
    words = {f"{name}.html": page_words(app.env.get_doctree(name)) for name in sorted(app.env.found_docs)}
    script = f"window.COURSE_WORDS = {json.dumps(words, ensure_ascii=False, separators=(',', ':'))};\n"
    Path(app.outdir, "_static", "search_words.js").write_text(script, encoding="utf-8")


def page_words(doctree: nodes.document) -> str:
    """Return a page's running text, one space between words."""
    paragraphs = [node.astext() for node in doctree.findall(nodes.TextElement) if is_running_text(node)]
    return " ".join(" ".join(paragraphs).split())


def is_running_text(node: nodes.Node) -> bool:
    """Return whether a node is a whole paragraph, title or term, and no code."""
    return isinstance(node, nodes.paragraph | nodes.title | nodes.term | nodes.caption)


def setup(app: Sphinx) -> None:
    """Connect to the search page and to the end of the build."""
    app.connect("html-page-context", load_words)
    app.connect("build-finished", write_words)
