"""What a learner writes keeps no page waiting: texts that take a renderer's time with the square of their length."""

from __future__ import annotations

import re
import time
from typing import Any

import nbformat.v4
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader.handlers import static_path, template_path
from traitlets.config import Config

from qlab.grading.hooks.drop_in import configure
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


BLANKS = sorted({chr(code) for code in range(0x10000) if chr(code).isspace()} | set("\u200b\u2060\ufeff\u2424\u240a\0"))
"""All that Python, and so a Markdown renderer, may take for a blank or a break, and what looks like one."""
HIDDEN_PLACES = [
    "```\nx\n{}\n```",
    "<pre>x\n{}\n</pre>",
    "    x\n{}",
    "<div>x\n{}\n</div>",
    "> ~~~\n> x\n{}",
    "- `x`\n{}",
]
ACTING = (
    "[go](javascript:alert(1)) ![p](http://evil.example/p.png) <javascript:alert(1)> [r]\n\n[r]: javascript:alert(1)\n"
    "<form action=http://evil.example><input></form><meta http-equiv=refresh content=0;url=http://evil.example>"
    "<b onclick=alert(1)>b</b><img src=x onerror=alert(1)>"
)


def page(*cells: Any, template: str = "classic", **resources: Any) -> str:
    """Return the page that formgrader or the feedback would make of these cells."""
    config = Config()
    configure(config)
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [template_path]
    config.HTMLExporter.extra_template_paths = [f"{static_path}/node_modules/bootstrap/dist/css"]
    about = {"notebook": "n", "score": 0, "max_score": 0, "late_penalty": 0}
    given = {
        "index": 0,
        "total": 1,
        "base_url": "",
        "student": "s",
        "submission_id": "i",
        "nbgrader": about,
        **resources,
    }
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return str(HTMLExporter(config=config).from_notebook_node(notebook, resources=given)[0])


def deeds(shown: str) -> list[str]:
    """Return what a page's notebook would do: addresses it loads or acts by, handlers, forms, refreshing."""
    notebook = BeautifulSoup(shown, "html.parser").select_one("#notebook-container")
    assert notebook is not None
    found = [str(one) for one in notebook.select("form, meta, script, iframe, link, style, object, embed, base, input")]
    for one in notebook.find_all(True):
        for name, value in one.attrs.items():
            loads = name == "src" and not str(value).startswith("data:image/")
            acts = name == "href" and not re.match(r"https?:|mailto:|#", str(value))
            if loads or acts or name.startswith("on") or name in ("srcset", "action", "formaction", "background"):
                found.append(f"{one.name} {name}={value}")
    return found


@pytest.mark.parametrize("template", ["formgrade", "feedback"])
@pytest.mark.parametrize("place", HIDDEN_PLACES)
def test_no_blank_line_makes_markdown_of_what_was_cleaned(place: str, template: str) -> None:
    ways = ["{0}\n{1}", "{0}{0}\n{0}\n{1}", "\n{0}{1}", "{0}{1}"]
    texts = [place.format(way.format(blank, ACTING)) for blank in BLANKS for way in ways]
    new = nbformat.v4
    cells = [new.new_markdown_cell("\n\n".join(texts[at::20])) for at in range(20)]
    assert deeds(page(*cells, new.new_raw_cell(texts[0]), template=template)) == []


@pytest.mark.parametrize("blank", [" ", "\t", "\x0b", "\x0c"])
def test_a_display_and_a_comment_are_rendered_once(blank: str) -> None:
    text = f"```\nx\n{blank}\n{ACTING}\n```"
    output = nbformat.v4.new_output("display_data", {"text/markdown": text})
    assert deeds(page(nbformat.v4.new_code_cell("", outputs=[output]), template="formgrade")) == []
    marks = {"solution": True, "grade": False, "grade_id": "a", "comment": text}
    shown = page(nbformat.v4.new_markdown_cell("a", metadata={"nbgrader": marks}), template="feedback")
    assert "<b>Comments:</b>" in shown
    assert deeds(shown) == []


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "</nav><script>a()</script>", '"><b onclick=a()>'])
def test_a_learners_name_is_text_in_formgraders_frame(name: str) -> None:
    cell = nbformat.v4.new_markdown_cell("a")
    for given in ({"student": name}, {"first_name": name, "last_name": name}, {"notebook_path": f"/x/{name}"}):
        nav = BeautifulSoup(page(cell, template="formgrade", **given), "html.parser").nav
        assert nav is not None
        assert not nav.select("img, b, script")
        assert name in nav.get_text() or f"/x/{name}" in [one["data-link"] for one in nav.select("[data-link]")]


@pytest.mark.parametrize("template", ["formgrade", "feedback"])
def test_pages_carry_a_policy_before_anything_else(template: str) -> None:
    head = BeautifulSoup(page(nbformat.v4.new_markdown_cell("a"), template=template), "html.parser").head
    assert head is not None
    first = head.find(True)
    assert first is not None
    assert first["http-equiv"] == "Content-Security-Policy"
    rules = dict(rule.split(None, 1) for rule in str(first["content"]).split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & set(rules["script-src"].split())


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


def test_verbatim_text_is_no_markup() -> None:
    text = "<script>\n\n# $a$ \\[b\\] `c` *d* &lt;"
    assert BeautifulSoup(verbatim(text), "html.parser").pre.get_text() == text  # type: ignore[union-attr]
    raw = page(nbformat.v4.new_raw_cell(text), template="formgrade")
    assert BeautifulSoup(raw, "html.parser").select_one(".text_cell_render pre").get_text() == text  # type: ignore[union-attr]
