"""The brief: each chapter's first decision and its leader's paragraph, taken from the chapters on one page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).parents[2]


@dataclass(frozen=True)
class Digest:
    """What the brief says of one chapter.

    Attributes:
        page: File name without ending.
        title: The chapter's title.
        decision: The first line of its decisions.
        paragraph: Its closing paragraph for leaders.
    """

    page: str
    title: str
    decision: str
    paragraph: str


def digest(path: Path) -> Digest:
    """Read one chapter; sentences with numbers that its build computes stay there.

    Raises:
        ValueError: The chapter lacks its title or one of the two boxes.
    """
    text = path.read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    decide, leader = (re.search(rf"^:::\{{{box}\}}\n(.*?)\n:::$", text, re.M | re.S) for box in ("decide", "leader"))
    if not (title and decide and leader):
        raise ValueError(f"{path.name} must have a title and the boxes decide and leader")
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", " ".join(leader[1].split()))
    kept = " ".join(sentence for sentence in sentences if "{glue" not in sentence)
    return Digest(path.stem, title[1], decide[1].split("\n")[0].removeprefix("- "), kept)


def digests(folder: Path = BOOK) -> list[Digest]:
    """Read all chapters, in order."""
    return [digest(path) for path in sorted(folder.glob("[0-9][0-9]_*.md"))]


class Brief(SphinxDirective):
    """All chapters in brief: a linked title, the decision, the paragraph."""

    def run(self) -> list[nodes.Node]:
        """Return one paragraph a chapter."""
        lines = []
        for chapter in digests():
            self.env.note_dependency(str(BOOK / f"{chapter.page}.md"))
            lines += [f"**[{chapter.title}]({chapter.page}.md)** *{chapter.decision}*", "", chapter.paragraph, ""]
        holder = nodes.container("", classes=["brief"])
        self.state.nested_parse(StringList(lines, source="brief"), 0, holder)
        return [holder]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("brief", Brief)
