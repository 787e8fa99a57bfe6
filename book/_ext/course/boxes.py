"""The recurring boxes of a chapter, and folds that work without scripts.

A box is an admonition with a fixed title and class, so that every chapter opens, predicts,
explains and closes in the same form. A fold is an HTML ``<details>``.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxTranslator

# Directive name -> the title a reader sees.
BOX_TITLES = {
    "question": "The question of this chapter",
    "decide": "What you will decide differently",
    "predict": "Predict before you read on",
    "explain": "What happened",
    "intuition": "Where your intuition holds, and where it ends",
    "limits": "Where the analogy stops",
    "retrieval": "Three questions, without looking back",
    "leader": "For the leader, in one paragraph",
}
# Directive name -> the summary of the fold.
FOLD_TITLES = {"answer": "Show the answer", "deeper": "For the engineer"}


class fold(nodes.Element):
    """A block that the reader opens: ``summary`` is its label, ``open`` its first state."""


class site_html(nodes.Element):
    """Ready HTML: ``site`` for the pages, ``ebook`` for the EPUB, where no script runs."""


class Box(SphinxDirective):
    """A titled box; an argument replaces its usual title."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the admonition."""
        self.assert_has_content()
        title = self.arguments[0] if self.arguments else BOX_TITLES[self.name]
        box = nodes.admonition("\n".join(self.content), classes=["box", f"box-{self.name}"])
        box += titled(self, title)
        self.state.nested_parse(self.content, self.content_offset, box)
        self.set_source_info(box)
        self.add_name(box)
        return [box]


class Fold(SphinxDirective):
    """A folded block; an argument replaces its usual summary."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the fold."""
        self.assert_has_content()
        summary = self.arguments[0] if self.arguments else FOLD_TITLES[self.name]
        block = fold("\n".join(self.content), summary=summary, classes=[f"fold-{self.name}"])
        self.state.nested_parse(self.content, self.content_offset, block)
        self.set_source_info(block)
        return [block]


def titled(directive: SphinxDirective, text: str) -> nodes.title:
    """Return the title node of a box, its inline markup parsed."""
    inline, messages = directive.state.inline_text(text, directive.lineno)
    return nodes.title(text, "", *inline, *messages)


def visit_fold(self: SphinxTranslator, node: fold) -> None:
    """Open the ``<details>``; e-book readers get it open."""
    is_open = ' open="open"' if self.builder.name == "epub" else ""
    classes = " ".join(["fold", *node["classes"]])
    self.body.append(f'<details class="{classes}"{is_open}>\n')
    self.body.append(f"<summary>{self.encode(node['summary'])}</summary>\n<div>\n")


def depart_fold(self: SphinxTranslator, node: fold) -> None:
    """Close the ``<details>``."""
    self.body.append("</div>\n</details>\n")


def visit_plain(self: SphinxTranslator, node: fold) -> None:
    """Render the content alone in formats without folds."""


def depart_plain(self: SphinxTranslator, node: fold) -> None:
    """Do nothing: see `visit_plain`."""


def visit_site_html(self: SphinxTranslator, node: site_html) -> None:
    """Write the HTML that the builder can use."""
    self.body.append(node["ebook"] if self.builder.name == "epub" else node["site"])
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the boxes and folds."""
    plain = (visit_plain, depart_plain)
    app.add_node(fold, html=(visit_fold, depart_fold), text=plain, latex=plain)
    app.add_node(site_html, html=(visit_site_html, None), text=plain, latex=plain)
    for name in BOX_TITLES:
        app.add_directive(name, Box)
    for name in FOLD_TITLES:
        app.add_directive(name, Fold)
