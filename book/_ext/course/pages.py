"""The frame of a page: its mark, the line under its title, and repairs for screen readers.

Repairs are made once, at build time, in the HTML itself, so that they hold without scripts.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from markupsafe import Markup
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .elements import fold, inline, site_html

WORDS_PER_MINUTE = {"text": 220, "code": 90}


def mark_svg() -> str:
    """Return the book's mark as inline SVG that follows the colour mode."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" aria-hidden="true" focusable="false">'
        '<path d="M32 9 55 32 32 55 9 32z" fill="var(--q-accent)" fill-opacity=".2" '
        'stroke="var(--q-accent)" stroke-width="2.5" stroke-linejoin="round"/>'
        '<circle cx="32" cy="32" r="25" fill="none" stroke="var(--q-accent)" stroke-width="4"/>'
        '<circle cx="49.7" cy="14.3" r="7" fill="var(--q-accent-2)" stroke="var(--q-paper)" '
        'stroke-width="2"/></svg>'
    )


def frame_page(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Complete the context of one page (event ``html-page-context``)."""
    context["course_mark"] = Markup(mark_svg())
    if "body" not in context or app.builder.name != "html":
        return
    context["course_description"] = html.escape(description(doctree)) if doctree is not None else ""
    body = repair(context["body"])
    if doctree is not None and is_chapter(app, pagename):
        bar = chapter_bar(pagename, doctree)
        body = body.replace("</h1>", f"</h1>\n{bar}", 1)
    context["body"] = body


def description(doctree: nodes.document) -> str:
    """Return a page's first sentences, up to 160 characters, for search engines and previews of links."""
    for paragraph in doctree.findall(nodes.paragraph):
        words = " ".join(paragraph.astext().split())
        if len(words) > 40:
            return words if len(words) <= 160 else f"{words[:159].rsplit(' ', 1)[0]}…"
    return ""


def is_chapter(app: Sphinx, pagename: str) -> bool:
    """Return whether the page is an executed chapter."""
    return "kernelspec" in app.env.metadata.get(pagename, {})


def chapter_bar(pagename: str, doctree: nodes.document) -> str:
    """Return the line under the title: reading times, computed from the words, and the notebook."""
    leader, engineer = reading_minutes(doctree)
    name = pagename.rsplit("/", 1)[-1]
    return (
        '<div class="chapter-bar">'
        f"<p>{leader} min for a leader, {engineer} min for an engineer</p>"
        f'<p><a href="notebooks/{name}.ipynb" download>Download as a notebook</a></p></div>'
    )


def reading_minutes(doctree: nodes.document) -> tuple[int, int]:
    """Return the minutes for a leader (text alone) and an engineer (text, code and depths)."""
    code = sum(len(node.astext().split()) for node in doctree.findall(nodes.literal_block))
    folded = {"fold-deeper"}
    deep = sum(len(node.astext().split()) for node in doctree.findall(fold) if folded.intersection(node["classes"]))
    drawn = sum(len(node.astext().split()) for node in doctree.findall(nodes.raw))  # an SVG is not read word by word
    everything = len(doctree.astext().split()) - drawn
    leader = (everything - code - deep) / WORDS_PER_MINUTE["text"]
    engineer = (everything - code) / WORDS_PER_MINUTE["text"] + code / WORDS_PER_MINUTE["code"]
    return max(1, round(leader)), max(1, round(engineer))


def repair(body: str) -> str:
    """Return the body without the markup that screen readers stumble over."""
    # The bibliography calls itself a list of list items without being one.
    body = re.sub(r'(<div[^>]*class="citation"[^>]*) role="doc-biblioentry"', r"\1", body)
    body = re.sub(r'(<div[^>]*class="docutils container"[^>]*) role="list"', r"\1", body)
    body = body.replace(' role="list"', "").replace(' role="doc-biblioentry"', "")
    # An empty corner cell of a data frame is no header.
    return re.sub(r"<th(?:\s[^>]*)?>\s*</th>", "<td></td>", body)


def drop_source_maps(app: Sphinx, exception: Exception | None) -> None:
    """Leave out the theme's source maps: megabytes that only its authors read (event ``build-finished``)."""
    if not exception and app.builder.name == "html":
        for path in Path(app.outdir, "_static").rglob("*.map"):
            path.unlink()


class Cover(SphinxDirective):
    """The opening of the book: its mark and the sentence given as content."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the mark beside the lead sentence."""
        lead = nodes.container("", classes=["cover-lead"])
        self.state.nested_parse(self.content, self.content_offset, lead)
        opening = nodes.raw("", f'<div class="cover">{mark_svg()}', format="html")
        return [opening, lead, nodes.raw("", "</div>", format="html")]


class Route(SphinxDirective):
    """One way through the book: ``{route} leader`` with a target page, a label and its text."""

    has_content = True
    required_arguments = 1
    option_spec: ClassVar = {
        "title": directives.unchanged_required,
        "time": directives.unchanged_required,
        "start": directives.unchanged_required,
        "label": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return a card whose link also sets the route."""
        card = nodes.container("", classes=["route-card"])
        card += nodes.rubric("", self.options["title"], **{"heading-level": 2})
        card += nodes.paragraph("", "", *inline(self, self.options["time"]), classes=["route-time"])
        self.state.nested_parse(self.content, self.content_offset, card)
        start = addnodes.pending_xref(
            "",
            nodes.inline("", self.options["label"]),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{self.options['start']}",
            refexplicit=True,
            refwarn=True,
            refdoc=self.env.docname,
        )
        card += nodes.paragraph("", "", start, classes=["route-start", f"route-{self.arguments[0]}"])
        return [card]


class Downloads(SphinxDirective):
    """Links to the whole book as a PDF and an EPUB, where this build makes them."""

    def run(self) -> list[nodes.Node]:
        """Return one sentence with the links."""
        self.env.note_reread()
        name = "correlation-is-not-enough"
        formats = list(self.config.course_formats)
        if not formats:
            return []
        folder = "../" * self.env.docname.count("/") + "downloads"
        links = [f'<a href="{folder}/{name}.{kind}" download="download">{kind.upper()}</a>' for kind in formats]
        site = f'<p class="downloads">The whole book in one file: {" or ".join(links)}.</p>'
        return [site_html("", site=site, ebook="")]


def setup(app: Sphinx) -> None:
    """Register the cover's parts; connect to the rendering of each page, after the theme."""
    app.add_config_value("course_formats", [], "", types=[list])
    app.add_directive("cover", Cover)
    app.add_directive("downloads", Downloads)
    app.add_directive("route", Route)
    app.connect("html-page-context", frame_page, priority=900)
    app.connect("build-finished", drop_source_maps)
