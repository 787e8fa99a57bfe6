"""The box "Now do it yourself": a unit's exercise notebook and its tasks."""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from qlab.checks import Task

from .elements import inline, nothing
from .tasks import tasks_of

ROOT = Path(__file__).parents[3]
EXERCISES = ROOT / "exercises"


class Exercises(SphinxDirective):
    """The unit's exercise notebook: download, time, tasks."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the box."""
        unit = self.arguments[0]
        tasks = tasks_of(self, unit)
        notebook = exercise_notebook(unit)
        if notebook is None:
            return nothing(self, f"no exercise notebook for unit {unit} in exercises/")
        self.env.note_dependency(str(notebook))
        box = nodes.admonition("", classes=["box", "box-exercises"])
        box += nodes.title("", "Now do it yourself")
        box += self.where(notebook, len(tasks))
        box += self.listing(tasks)
        return [box]

    def where(self, notebook: Path, tasks: int) -> nodes.paragraph:
        """Return the sentences that say where the notebook is, how many tasks it has and how long it takes."""
        minutes = time_estimate(notebook)
        about = f", about {minutes} minutes" if minutes else ""
        to_root = "../" * self.env.docname.count("/")
        link = nodes.reference("", "", refuri=f"{to_root}exercises/{notebook.name}", internal=True)
        link["classes"] = ["download-notebook"]
        link += nodes.Text(f"Exercise notebook {notebook.parent.name}")
        where = nodes.paragraph("", "", link, nodes.Text(f" ({tasks} graded tasks{about})."))
        where += nodes.Text(" In the course's JupyterLab it is ")
        where += nodes.literal("", notebook.relative_to(ROOT).as_posix())
        where += nodes.Text(".")
        return where

    def listing(self, tasks: tuple[Task, ...]) -> nodes.enumerated_list:
        """Return the titles of the tasks."""
        listing = nodes.enumerated_list("", enumtype="arabic", prefix="", suffix=".")
        for task in tasks:
            listing += nodes.list_item("", nodes.paragraph("", "", *inline(self, task.title)))
        return listing


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
    """Register the directive and the copying."""
    app.add_directive("exercises", Exercises)
    app.connect("build-finished", copy_exercises)
