"""The book's own Sphinx extension: boxes, folds, ledgers, explorers and accessible pages.

Everything is built into static HTML at build time, so that a page is complete without scripts
and needs nothing from the network. Each directive has its file, found by the title of its box.

Imports point down this list; a part imports nothing of its own line or of those above it:

- `notebooks`: each chapter as a notebook that runs.
- `boxes`: the boxes that every chapter has, and folds.
- `claims`: the claims that a chapter decides, and the whole ledger.
- `exercises`, `misconceptions`: "Now do it yourself" and "What people get wrong", from `qlab.checks`.
- `tasks`: a unit's tasks, read for these two.
- `explorers`: sliders over tables that `qlab` computes.
- `cells`, `pages`, `quiz`, `reference`: code cells, page frames, the quiz, the reference of `qlab`.
- `epub`, `search`: the e-book, the search page.
- `elements`, `tex`: folds, ready HTML, parsed sentences; the book's TeX macros.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import (
    boxes,
    cells,
    claims,
    elements,
    epub,
    exercises,
    explorers,
    misconceptions,
    notebooks,
    pages,
    quiz,
    reference,
    search,
)

PARTS = (
    elements,
    boxes,
    cells,
    claims,
    exercises,
    misconceptions,
    quiz,
    explorers,
    notebooks,
    pages,
    epub,
    reference,
    search,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part of the extension."""
    app.add_config_value("course_draft", False, "env", types=[bool])
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
