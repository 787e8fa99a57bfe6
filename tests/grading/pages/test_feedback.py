# ruff: noqa: E501 - attacks as one string each
"""What a learner gets back, and what the instructor's pages show of a learner's HTML."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from nbgrader.api import Gradebook

from qlab.grading.pages.sanitise import clean_data, clean_html, clean_markdown
from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.courses import nbgrader
from tests.notebooks import code

DROP_IN = "\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)><iframe src='http://evil.example'></iframe>"


@pytest.fixture
def page(course: Any) -> str:
    place = course.solve(
        "bob",
        {
            "shout": "def shout(word):\n    return word",
            "apply": "def apply(change, words):\n    raise ValueError('mine')",
            "essay": "My thoughts " + EVIL,
        },
    )
    notebook = json.loads(place.read_text())
    show = f"from IPython.display import HTML, Javascript, display\ndisplay(HTML({EVIL!r}), Javascript('alert(3)'))"
    notebook["cells"] += [code(show), code("1/0")]
    notebook["metadata"]["title"] = EVIL
    place.write_text(json.dumps(notebook))
    grade_assignment(Course(course.root), "ps1", workers=1)
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        said = book.find_comment("shout", "words", "ps1", "bob")
        said.manual_comment = f"Note $\\frac{{1}}{{2}}$, *well*\n\n    kept\n\n    whole\n{EVIL}"
        book.db.commit()
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(DROP_IN)
    nbgrader(course.root, "generate_feedback", "ps1")
    return (course.root / "feedback/bob/ps1/words.html").read_text()


def test_feedback_keeps_secrets_and_runs_nothing(page: str) -> None:
    assert "secret-one" not in page
    assert "HIDDEN TESTS" not in page
    assert "<script" not in page.lower()
    assert "<iframe" not in page.lower()
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert "Content-Security-Policy" in page
    assert not re.search(r"<[a-z]+\s[^<>]*(src|href)=[\"']?(https?:)?//", page)


def test_feedback_tells_verdicts_apart(page: str) -> None:
    assert "Passed." in page
    assert "Not right yet." in page
    assert "Your code stopped." in page
    assert "Your code raised ValueError: mine" in page
    assert "ZeroDivisionError" in page


def test_an_instructors_comment_is_drawn_as_formulas_and_cleaned(page: str) -> None:
    comment = page.split("<b>Comments:</b>")[1].split("</div>")[0]
    assert "<mfrac>" in comment
    assert "<em>well</em>" in comment
    assert re.search(r"<pre><code>kept\n\nwhole", comment)
    assert "alert" not in comment


def test_feedback_says_where_its_list_leads_and_fits_a_phone(page: str) -> None:
    assert '<a href="#shout-visible">Test cell: shout-visible</a>' in page
    assert '<a href="#comment-shout">Comment: shout</a>' in page
    assert page.index("max-width: 100%") > page.index("div.nbgrader_cell .panel-heading")
    assert 'name="viewport"' in page


def test_cleaning_leaves_honest_content() -> None:
    assert clean_html("<table><tr><td>1</td></tr></table>").count("<td>") == 1
    assert "<em>a</em>" in clean_markdown("*a* and $x_1 < y$")
    assert clean_data({"image/png": "iVBORw0KGgo="}) == {"image/png": "iVBORw0KGgo="}


@pytest.mark.parametrize(
    "tex",
    [r"\text{<script>a()</script>}", r"\text{&lt;img src=x&gt;}", r"\style{color:red}{x}", r"\href{javascript:a()}{x}"],
)
def test_formulas_are_drawn_without_script_and_carry_nothing(tex: str) -> None:
    clean = clean_markdown(f"${tex}$ and $$\\frac{{1}}{{2}}$$")
    assert "<mfrac>" in clean
    assert 'lspace="0" rspace="0">|</mo>' in clean_markdown(r"$|\psi\rangle$")
    assert not re.search(r"<(script|img)|style|href", clean)


def test_a_formula_cannot_break_out_of_a_tag_and_an_unknown_one_shows_its_source() -> None:
    assert "<math" not in clean_markdown(r"![$x$](data:image/png;base64,AAAA)")
    assert r"<code>\unheard{x}</code>" in clean_markdown(r"$\unheard{x}$")
    assert "<code>" in clean_markdown(f"${'x' * 2001}$")
    assert "<math" in clean_data({"text/latex": r"$\frac{1}{2}$"})["text/html"]


@pytest.mark.parametrize(
    "attack",
    [
        EVIL,
        "<a href='javascript:alert(1)'>x</a>",
        "<svg onload=alert(1)>",
        "<a href=' data:text/html;base64,PHNjcmlwdD4='>x</a>",
        "<style>@import 'http://evil.example'</style>",
        "<form action='http://evil.example'><input></form>",
        "<meta http-equiv=refresh content='0;url=http://evil.example'>",
        "<math><mtext></mtext><mglyph><svg><script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "`` <script>a</script> ``\n\n<scr<script>ipt>alert(1)</script>",
    ],
)
def test_cleaning_removes_what_acts(attack: str) -> None:
    for clean in (clean_html(attack), clean_markdown(attack), clean_data({"text/html": attack})["text/html"]):
        assert not re.search(r"<(script|iframe|svg|style|form|meta|math|input)|<[^>]+\son\w+=", clean, re.IGNORECASE)
        assert not re.search(r"(href|src)=[\"']?\s*(javascript|data:text|http)", clean, re.IGNORECASE)


def test_images_that_break_out_are_dropped() -> None:
    assert clean_data({"image/png": '"><script>alert(1)</script>'}) == {}
    assert "script" not in clean_data({"image/svg+xml": "<svg><script>alert(1)</script></svg>"})["text/html"]


def test_formgrader_shows_nothing_active(tmp_path: Any) -> None:
    import nbformat
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader.handlers import template_path
    from traitlets.config import Config

    from qlab.grading.hooks.drop_in import configure

    notebook = nbformat.v4.new_notebook(metadata={"title": EVIL})
    notebook.cells = [
        nbformat.v4.new_markdown_cell(EVIL + "\n\n![x](attachment:a.png)", attachments={"a.png": {"image/png": '"><script>z()</script>'}}),
        nbformat.v4.new_raw_cell(EVIL, metadata={"raw_mimetype": "text/html"}),
        nbformat.v4.new_code_cell(
            "1", metadata={"tags": ['"><script>y()</script>']},
            outputs=[
                nbformat.v4.new_output("display_data", {"text/html": EVIL, "application/javascript": "alert(9)"}),
                nbformat.v4.new_output("stream", name="stdout", text=EVIL + "\x1b[31m<b onclick=x()>"),
                nbformat.v4.new_output("error", ename=EVIL, evalue=EVIL, traceback=[EVIL]),
            ],
        ),
    ]  # fmt: skip
    config = Config()
    configure(config)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [template_path]
    resources = {"index": 0, "total": 1, "base_url": "", "student": "bob", "submission_id": "s"}
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)
    assert "alert(1)" not in re.sub(r"&lt;.*?&gt;", "", page.replace("&lt;script&gt;alert(1)&lt;/script&gt;", ""))
    assert "alert(9)" not in page
    assert "<script>y()" not in page
    assert "<script>z()" not in page
    assert "<iframe" not in page
    assert not re.search(r"<(script|link)[^<>]*(https?:)?//", page), "formgrader must fetch nothing"
    assert not re.search(r"<(b|img)\s[^<>]*on(click|error)", page)
