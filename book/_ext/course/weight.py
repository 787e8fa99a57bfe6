"""What a page loads: one style sheet with the rules that the book uses, and the scripts that the page uses.

The theme brings an icon font, Bootstrap's script, the index of the search on every page and styles for what the book
does not hold. Here the sheets become one, without the rules whose classes and ids no page and no script names;
its breakpoints follow the reader's own font size. What nothing loads is left out of the site.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SHEET = "book.css"
THEME = (
    "basic.css",
    "styles/theme.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
)
OWN = ("copybutton.css", "mystnb.*.css", "sphinx-design.min.css", "fonts.css", "course.css")
# Scripts of every page, in the order in which they run.
SCRIPTS = (
    *("documentation_options.js", "doctools.js", "sphinx_highlight.js", "clipboard.min.js", "copybutton.js"),
    *("scripts/sphinx-book-theme.js", "scripts/pydata-sphinx-theme.js", "course.js"),
)
# Scripts of the pages that hold this mark.
MARKED = {"data-explorer=": "explorers.js", "data-quiz=": "quiz.js"}
UNUSED = ("vendor/fontawesome", "scripts/fontawesome.js", "scripts/bootstrap.js", "design-tabs.js", "locales", "images")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|[{}();]', re.DOTALL)
WORD = re.compile(r"[\w-]+")
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
PIXELS = re.compile(r"\((min|max)-width:\s*([\d.]+)px\)")


def choose_scripts(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _tree: nodes.document) -> None:
    """Name the scripts of one page (event ``html-page-context``)."""
    if app.builder.name != "html":
        return
    body = context.get("body", "")
    marked = [script for mark, script in MARKED.items() if mark in body]
    searching = ["search_words.js", "search_excerpts.js"] if pagename == "search" else []
    context["course_scripts"] = [*SCRIPTS, *marked, *searching]


def rules(sheet: str) -> Iterator[tuple[str, str | None]]:
    """Yield each rule of a sheet as what stands before its braces and inside them; None where it has none."""
    depth, start, opened, head, parens = 0, 0, 0, "", 0
    for match in TOKEN.finditer(sheet):
        sign, position = match.group(), match.start()
        parens += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "{" and not parens:
            depth += 1
            if depth == 1:
                head, opened = sheet[start:position], match.end()
        elif sign == "}" and not parens:
            depth -= 1
            if depth == 0:
                yield bare(head), sheet[opened:position]
                start = match.end()
        elif sign == ";" and depth == 0 and not parens:
            yield bare(sheet[start:position]), None
            start = match.end()


def bare(text: str) -> str:
    """Return the text of a selector without comments and outer blanks."""
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).strip()


def selectors(head: str) -> list[str]:
    """Return the selectors of a rule, split at the commas that stand outside brackets."""
    found, depth = [""], 0
    for sign in head:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return [selector.strip() for selector in found]


def used(selector: str, words: set[str]) -> bool:
    """Return whether every class and id that the selector demands is a word of some page or script."""
    demanded = re.sub(r":(?:not|is|where)\((?:[^()]|\([^()]*\))*\)", "", selector)
    return words.issuperset(NAME.findall(re.sub(r"\[[^\]]*\]", "", demanded)))


def kept(sheet: str, words: set[str]) -> str:
    """Return the sheet without rules that match nothing; widths of windows in em, so that large type counts."""
    result = []
    for head, body in rules(sheet):
        if body is None:
            if not head.startswith(("@charset", "@import")):  # what they import stands in the list
                result.append(f"{head};")
        elif head.startswith(("@media", "@supports", "@layer", "@container")):
            inner = kept(body, words)
            if inner:
                result.append(f"{in_em(head)}{{{inner}}}")
        elif head.startswith("@"):
            if "Font Awesome" not in body:
                result.append(f"{head}{{{body.strip()}}}")
        else:
            matching = [selector for selector in selectors(head) if used(selector, words)]
            if matching and body.strip():
                result.append(f"{','.join(matching)}{{{body.strip()}}}")
    return "\n".join(result)


def in_em(condition: str) -> str:
    """Return a condition on the window's width with em for pixels: 16 pixels are 1 em of the reader's own size."""
    return PIXELS.sub(lambda width: f"({width[1]}-width:{float(width[2]) / 16:g}em)", condition)


def words_of(paths: Iterable[Path]) -> set[str]:
    """Return every word in these files, as names of classes and ids are written."""
    return {word for path in paths for word in WORD.findall(path.read_text(encoding="utf-8"))}


def write_sheet(app: Sphinx, exception: Exception | None) -> None:
    """Write the one style sheet and leave out what no page loads (event ``build-finished``)."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    scripts = [static / name for name in (*SCRIPTS, *MARKED.values())]
    pages = [page for page in Path(app.outdir).rglob("*.html") if "_static" not in page.parts]
    words = words_of([*pages, *scripts])
    sheets = [sheet for name in (*THEME, *OWN) for sheet in sorted(static.glob(name))]
    text = "\n".join(kept(sheet.read_text(encoding="utf-8"), words) for sheet in sheets)
    (static / SHEET).write_text(drop_unread_names(text), encoding="utf-8")
    toggle = static / "scripts" / "sphinx-book-theme.js"
    toggle.write_text(in_em(toggle.read_text(encoding="utf-8")), encoding="utf-8")
    for name in UNUSED:
        path = static / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


PROPERTY = re.compile(r"(?<=[{;\s])(--[\w-]+)\s*:((?:\"[^\"]*\"|'[^']*'|\([^)]*\)|[^;}\"'(])*)(?:;|(?=\}))")


def drop_unread_names(sheet: str) -> str:
    """Return the sheet without custom properties that no rule reads."""
    while True:
        read = set(re.findall(r"var\(\s*(--[\w-]+)", sheet))
        unread = {found[1] for found in PROPERTY.finditer(sheet)} - read
        if not unread:
            return sheet
        sheet = without(sheet, unread)


def without(sheet: str, names: set[str]) -> str:
    """Return the sheet without the custom properties of these names."""
    return PROPERTY.sub(lambda found: "" if found[1] in names else found[0], sheet)


def setup(app: Sphinx) -> None:
    """Connect to the rendering of each page and to the end of the build."""
    app.connect("html-page-context", choose_scripts, priority=950)
    app.connect("build-finished", write_sheet, priority=900)
