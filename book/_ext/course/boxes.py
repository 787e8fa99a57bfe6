"""The boxes that every chapter has, and folds.

A box is an admonition with a fixed title and class, so that every chapter opens, predicts,
explains and closes in the same form. Boxes with titles of their own have files of their own:
`claims` and `exercises`.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .elements import fold, inline

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
        box += nodes.title(title, "", *inline(self, title))
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


def setup(app: Sphinx) -> None:
    """Register the boxes and folds."""
    for name in BOX_TITLES:
        app.add_directive(name, Box)
    for name in FOLD_TITLES:
        app.add_directive(name, Fold)
