"""The book's own Sphinx extension: boxes, folds, ledgers, explorers and accessible pages.

Everything is built into static HTML at build time, so that a page is complete without scripts
and needs nothing from the network. Each directive has its file, found by the title of its box.

Imports point down this list; a part imports nothing of its own line or of those above it:

- `notebooks`: each chapter as a notebook that runs.
- `reading`: the hours of each route.
- `boxes`: the boxes that every chapter has, and folds.
- `brief`, `claims`: the leader's brief, the ledger of claims.
- `exercises`: "Now do it yourself", from `qlab.checks`.
- `tasks`: a unit's tasks, read for these two.
- `explorers`: sliders over tables that `qlab` computes.
- `cells`, `pages`, `quiz`, `reference`: code cells, page frames, the quiz, the reference of `qlab`.
- `epub`, `search`, `weight`: the e-book, the search page, what a page loads.
- `mathml`: formulas.
- `elements`, `tex`: folds, ready HTML, parsed sentences; the book's TeX macros.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import (
    boxes,
    brief,
    cells,
    claims,
    elements,
    epub,
    exercises,
    explorers,
    mathml,
    notebooks,
    pages,
    quiz,
    reading,
    reference,
    search,
    weight,
)

PARTS = (
    elements,
    boxes,
    brief,
    cells,
    claims,
    exercises,
    quiz,
    explorers,
    notebooks,
    pages,
    mathml,
    epub,
    reading,
    reference,
    search,
    weight,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part of the extension."""
    app.add_config_value("course_draft", False, "env", types=[bool])
    for part in PARTS:
        part.setup(app)
    return {
        "version": "1",
        "env_version": code_version(Path(__file__).parent),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def code_version(folder: Path) -> int:
    """Return a number that changes with the code: Sphinx then reads every page again, as stored ones may not fit."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return int.from_bytes(digest.digest()[:6], "big")
