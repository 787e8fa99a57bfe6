"""What a learner writes keeps no page waiting: texts that take a renderer's time with the square of their length."""

from __future__ import annotations

import re
import time
from typing import Any

import nbformat.v4
import pytest
from nbconvert import HTMLExporter

from qlab.grading.pages.costly import MOST_ON_A_PAGE, MOST_SHOWN, is_costly_html, is_costly_markdown, verbatim
from qlab.grading.pages.sanitise import Sanitise, clean_html, clean_markdown

MOST_SECONDS = 5.0  # of processor time: a busy machine does not count
PATTERNS = [
    r"\begin{a}",
    r"\\(",
    r"\\[",
    "$$a",
    "$ a",
    "[a](",
    "**a",
    "![x](attachment:",
    "<div>",
    "<b></i>",
    "<b><p>x",
    "> ",
    "- ",
    "`",
]


def page(cell: Any) -> str:
    """Return the page that formgrader and the feedback would make of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[cell])
    neutral, _ = Sanitise().preprocess(notebook, {})
    return str(HTMLExporter(embed_images=False).from_notebook_node(neutral)[0])


@pytest.mark.parametrize("size", [20_000, 49_000, 1_000_000])
@pytest.mark.parametrize("pattern", [*PATTERNS, "\n", " "])
def test_markdown_is_shown_in_time(pattern: str, size: int) -> None:
    text = "a" + pattern * (size // len(pattern)) + "b"
    started = time.process_time()
    page(nbformat.v4.new_markdown_cell(text))
    assert time.process_time() - started < MOST_SECONDS


@pytest.mark.parametrize("pattern", ["<div>", "<b></i>", "<b><p>x", "<table><tr><td>", "<svg>"])
def test_displays_are_shown_in_time(pattern: str) -> None:
    text = pattern * (200_000 // len(pattern))
    output = nbformat.v4.new_output("display_data", {"text/html": text, "text/markdown": text})
    started = time.process_time()
    page(nbformat.v4.new_code_cell("", outputs=[output]))
    assert time.process_time() - started < MOST_SECONDS


@pytest.mark.parametrize("kind", ["code", "markdown", "raw"])
def test_a_giant_source_is_cut_and_says_so(kind: str) -> None:
    cell = getattr(nbformat.v4, f"new_{kind}_cell")("(" * 3_000_000)
    started = time.process_time()
    shown = page(cell)
    assert time.process_time() - started < MOST_SECONDS
    assert "more characters are in the submission" in re.sub("<[^>]*>", "", shown)
    assert shown.count("(") < MOST_SHOWN + 20_000


def test_a_page_shows_so_much_and_no_more() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1\n" * 3000) for _ in range(40)])
    neutral, _ = Sanitise().preprocess(notebook, {})
    assert MOST_ON_A_PAGE <= sum(len(cell.source) for cell in neutral.cells) < MOST_ON_A_PAGE + 40 * 100


def test_honest_texts_are_rendered() -> None:
    essay = "# Title\n\nSome *words*, $x^2$ and `code`.\n\n" * 200
    table = "<table>" + "<tr><td><b>1</b></td><td>2</td></tr>" * 2000 + "</table>"
    assert not is_costly_markdown(essay)
    assert "<em>words</em>" in clean_markdown(essay)
    assert not is_costly_html(table)
    assert clean_html(table).count("<td>") == 4000


def test_verbatim_text_is_no_markup_of_any_kind() -> None:
    shown = verbatim("<script>\n\n# $a$ \\[b\\] `c` *d* &lt;")
    assert not set(shown.removeprefix("<pre>").removesuffix("</pre>")) & set("<>\n$\\`*[]_~")
    assert "&lt;script&gt;&#10;&#10;" in shown
