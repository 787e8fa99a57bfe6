"""Explorers: a table computed by `qlab` at build time, and sliders that look numbers up in it.

The page arrives with the figure and the sentence of one position already drawn, which is all that
stands where scripts are off. The script (``explorers.js``) holds no physics: it moves an index
through the table. Imports point down:

- `chsh`, `eavesdropper`, `links`: the explorers, one a file, with the physics that they ask `qlab` for.
- `drawing`, `words`: figures and controls; numbers as a reader says them.
- `records`: what an explorer is made of.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course.elements import site_html

from . import chsh, eavesdropper, links
from .drawing import explorer_html, explorer_static
from .records import Explorer

EXPLORERS: dict[str, Callable[[], Explorer]] = {
    "chsh": chsh.explorer,
    "links": links.explorer,
    "eavesdropper": eavesdropper.explorer,
}


class ExplorerDirective(SphinxDirective):
    """Insert one explorer by name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the explorer with its first position drawn."""
        maker = EXPLORERS.get(self.arguments[0])
        if maker is None:
            raise self.error(f"explorer must be one of {', '.join(EXPLORERS)}, got {self.arguments[0]}")
        explorer = maker()
        for path in package_files():
            self.env.note_dependency(path)
        return [site_html("", site=explorer_html(explorer), ebook=explorer_static(explorer))]


def package_files() -> list[str]:
    """Return the files of `qlab` that are loaded: the numbers came from them."""
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "qlab"]
    return sorted({str(file) for module in modules if (file := getattr(module, "__file__", None))})


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("explorer", ExplorerDirective)
