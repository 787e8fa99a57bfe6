"""The book's own Sphinx extension: boxes, folds, ledgers, explorers and accessible pages.

Everything is built into static HTML at build time, so that a page is complete without scripts
and needs nothing from the network.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from . import boxes, cells, claims, epub, explorers, notebooks, pages, quiz, reference, search, units


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part of the extension."""
    app.add_config_value("course_draft", False, "env", types=[bool])
    for part in (boxes, cells, claims, units, quiz, explorers, notebooks, pages, epub, reference, search):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
