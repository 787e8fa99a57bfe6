"""Boxes drawn from a unit's checks: what people get wrong, and the exercises.

The sentences come from ``qlab.checks``, the same that the grader shows, so that book and feedback
never disagree.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .boxes import fold
from .claims import inline, nothing

ROOT = Path(__file__).parents[3]
EXERCISES = ROOT / "exercises"


def tasks_of(directive: SphinxDirective, unit: str) -> list[Any]:
    """Return the unit's tasks and note the modules that the page depends on."""
    try:
        checks = importlib.import_module("qlab.checks")
        tasks = list(checks.tasks_of_unit(unit))
    except (ImportError, AttributeError, KeyError, ValueError):
        if not directive.config.course_draft:
            raise
        return []
    for name, module in list(sys.modules.items()):
        if name.startswith("qlab.checks") and getattr(module, "__file__", None):
            directive.env.note_dependency(str(module.__file__))
    return tasks


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


class Exercises(SphinxDirective):
    """The unit's exercise notebook: download, time, tasks."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the box."""
        unit = self.arguments[0]
        tasks = tasks_of(self, unit)
        notebook = exercise_notebook(unit)
        if notebook is None or not tasks:
            return nothing(self, f"no exercise notebook for unit {unit} in exercises/")
        self.env.note_dependency(str(notebook))
        box = nodes.admonition("", classes=["box", "box-exercises"])
        box += nodes.title("", "Now do it yourself")
        minutes = time_estimate(notebook)
        about = f", about {minutes} minutes" if minutes else ""
        to_root = "../" * self.env.docname.count("/")
        link = nodes.reference("", "", refuri=f"{to_root}exercises/{notebook.name}", internal=True)
        link["classes"] = ["download-notebook"]
        link += nodes.Text(f"Exercise notebook {notebook.parent.name}")
        where = nodes.paragraph("", "", link, nodes.Text(f" ({len(tasks)} graded tasks{about})."))
        where += nodes.Text(" In the course's JupyterLab it is ")
        where += nodes.literal("", notebook.relative_to(ROOT).as_posix())
        where += nodes.Text(".")
        box += where
        listing = nodes.enumerated_list("", enumtype="arabic", prefix="", suffix=".")
        for task in tasks:
            listing += nodes.list_item("", nodes.paragraph("", "", *inline(self, task.title)))
        box += listing
        return [box]


def exercise_notebook(unit: str) -> Path | None:
    """Return the notebook of ``exercises/<unit>_*/``, or None where it has not been cut yet."""
    found = sorted(EXERCISES.glob(f"{unit}*/*.ipynb"))
    return found[0] if found else None


def time_estimate(notebook: Path) -> int | None:
    """Return the minutes that the notebook's first cells announce (``45 minutes``), if any."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"][:3]
    for cell in cells:
        minutes = re.search(r"(\d+)\s*min", "".join(cell["source"]))
        if minutes:
            return int(minutes.group(1))
    return None


def copy_exercises(app: Sphinx, exception: Exception | None) -> None:
    """Put every exercise notebook into the site, where the boxes link to it."""
    if exception or app.builder.name != "html":
        return
    target = Path(app.outdir) / "exercises"
    for notebook in sorted(EXERCISES.glob("*/*.ipynb")):
        target.mkdir(exist_ok=True)
        (target / notebook.name).write_bytes(notebook.read_bytes())


def setup(app: Sphinx) -> None:
    """Register both directives and the copying."""
    app.add_directive("misconceptions", Misconceptions)
    app.add_directive("exercises", Exercises)
    app.connect("build-finished", copy_exercises)
