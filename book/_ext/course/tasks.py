"""A unit's graded tasks, read for the boxes of its chapter."""

from __future__ import annotations

import sys

from sphinx.util.docutils import SphinxDirective

from qlab.checks import Task, tasks_of_unit


def tasks_of(directive: SphinxDirective, unit: str) -> tuple[Task, ...]:
    """Return the unit's tasks and note the modules that the page depends on."""
    try:
        tasks = tasks_of_unit(unit)
    except ValueError as error:
        raise directive.error(str(error)) from error
    for name, module in list(sys.modules.items()):
        if name.startswith("qlab.checks") and getattr(module, "__file__", None):
            directive.env.note_dependency(str(module.__file__))
    return tasks
