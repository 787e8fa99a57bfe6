"""The box "What people get wrong": the usual mistakes in a unit's exercises.

The sentences come from `qlab.checks`, the same that the grader shows, so that book and feedback
never disagree.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .elements import fold, inline, nothing
from .tasks import tasks_of


class Misconceptions(SphinxDirective):
    """What people get wrong in one unit's exercises."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one box with a fold for each task: its title, and below it the sentences."""
        tasks = [task for task in tasks_of(self, self.arguments[0]) if task.misconceptions]
        if not tasks:
            return nothing(self, f"no misconceptions declared for unit {self.arguments[0]}")
        box = nodes.admonition("", classes=["box", "box-misconceptions"])
        box += nodes.title("", "What people get wrong")
        box += nodes.paragraph("", "Each exercise has its usual mistakes. Open one after you have tried it.")
        for task in tasks:
            sentences = nodes.bullet_list("")
            for misconception in task.misconceptions:
                sentence = nodes.paragraph("", "", *inline(self, misconception.says))
                sentences += nodes.list_item("", sentence)
            summary = f"{task.title} ({len(task.misconceptions)})"
            box += fold("", sentences, summary=summary, classes=["fold-mistakes"])
        return [box]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("misconceptions", Misconceptions)
