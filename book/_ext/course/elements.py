"""What the other parts of the extension build pages from: folds, ready HTML, parsed sentences.

A fold is an HTML ``<details>``, so it works without scripts.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)


class fold(nodes.Element):
    """A block that the reader opens: ``summary`` is its label, ``open`` its first state."""


class site_html(nodes.Element):
    """Ready HTML: ``site`` for the pages, ``ebook`` for the EPUB, where no script runs."""


def inline(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """Return a sentence with its inline markup parsed."""
    parsed, messages = directive.state.inline_text(text, directive.lineno)
    return [*parsed, *messages]


def nothing(directive: SphinxDirective, message: str) -> list[nodes.Node]:
    """Return no node; warn that something is missing, unless this build is a draft."""
    if not directive.config.course_draft:
        LOGGER.warning(message, location=directive.get_location())
    return []


def visit_fold(self: HTML5Translator, node: fold) -> None:
    """Open the ``<details>``; in the e-book it stands open."""
    is_open = ' open="open"' if self.builder.name == "epub" else ""
    classes = " ".join(["fold", *node["classes"]])
    self.body.append(f'<details class="{classes}"{is_open}>\n')
    self.body.append(f"<summary>{self.encode(node['summary'])}</summary>\n<div>\n")


def depart_fold(self: HTML5Translator, _node: fold) -> None:
    """Close the ``<details>``."""
    self.body.append("</div>\n</details>\n")


def content_alone(self: nodes.NodeVisitor, node: nodes.Element) -> None:
    """Add nothing around the content, in formats without folds and without HTML."""


def visit_site_html(self: HTML5Translator, node: site_html) -> None:
    """Write the HTML that the builder can use."""
    self.body.append(node["ebook"] if self.builder.name == "epub" else node["site"])
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register both elements with every kind of page."""
    plain = (content_alone, content_alone)
    app.add_node(fold, html=(visit_fold, depart_fold), text=plain, latex=plain)
    app.add_node(site_html, html=(visit_site_html, None), text=plain, latex=plain)
