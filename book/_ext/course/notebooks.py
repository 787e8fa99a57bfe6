"""Each chapter as a notebook that runs: the same text and code, without the book's own markup.

Jupyter shows Markdown, not MyST: boxes become headed paragraphs, folds open, ledger boxes and
cross-references plain text. The code cells are the chapter's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import dropwhile
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx

from .boxes import BOX_TITLES, FOLD_TITLES
from .tex import expand

DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)")
OPTION = re.compile(r":[\w.-]+:")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
DIRECTIVES_FROM_BUILD = {"claims", "exercises", "explorer", "quiz"}
# The notebook must run where the book's own tools are not installed.
GLUE_IMPORT = "from myst_nb import glue"
GLUE_STAND_IN = "def glue(name, value, display=False):\n    print(f'{name} = {value}')"
PREFACE = "> From the book *Correlation Is Not Enough*. It needs Python 3.11 or later and the course's package `qlab`."


def chapter_notebook(text: str) -> nbformat.NotebookNode:
    """Return the runnable notebook of one chapter's MyST source."""
    notebook: nbformat.NotebookNode = read_myst_markdown_notebook(text)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source)
        else:
            cell.source = cell.source.replace(GLUE_IMPORT, GLUE_STAND_IN)
            cell.outputs, cell.execution_count = [], None
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    preface = nbformat.v4.new_markdown_cell(PREFACE)
    preface["id"] = "preface"
    notebook.cells.insert(min(1, len(notebook.cells)), preface)
    nbformat.validate(notebook)
    return notebook


def carry_data(notebook: nbformat.NotebookNode, data: Path) -> None:
    """Put a page's data file, named like the page, into a first cell, so that the notebook runs alone."""
    if not data.exists():
        return
    text = data.read_text(encoding="utf-8")
    source = f"from pathlib import Path\n\nPath({data.name!r}).write_text({text!r}, encoding='utf-8')"
    cell = nbformat.v4.new_code_cell(source)
    cell["id"] = "data"
    notebook.cells.insert(1, cell)


def plain_markdown(source: str) -> str:
    """Return MyST text as the Markdown that every notebook program shows."""
    lines = source.splitlines()
    blocks: list[str] = []
    position = 0
    for token in markdown_parser().parse(source):
        if token.map is None or token.map[0] < position or token.type not in STAND_INS:
            continue
        first, last = token.map
        blocks.append(plain_roles("\n".join(lines[position:first])))
        blocks.append(STAND_INS[token.type](token, "\n".join(lines[first:last])))
        position = last
    blocks.append(plain_roles("\n".join(lines[position:])))
    return "\n\n".join(block for text in blocks if (block := text.strip("\n"))).strip()


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser that reads the book, its output unused."""
    return create_md_parser(MdParserConfig(enable_extensions={"colon_fence", "dollarmath"}), RendererHTML)


def plain_fence(token: Token, text: str) -> str:
    """Return a directive as headed paragraphs, and any other fence as it stands."""
    directive = DIRECTIVE.fullmatch(token.info.strip())
    if directive is None:
        return text
    name, argument = directive.groups()
    if name in DIRECTIVES_FROM_BUILD:
        return ""
    content = "\n".join(dropwhile(OPTION.match, token.content.splitlines()))
    if name == "math":
        return f"$$\n{expand(content.strip())}\n$$"
    title = argument or BOX_TITLES.get(name) or FOLD_TITLES.get(name) or ""
    heading = f"**{title}**\n\n" if title else ""
    return heading + plain_markdown(content)


# Kind of block -> what stands for it in a notebook; text in all other blocks keeps its form.
STAND_INS: dict[str, Callable[[Token, str], str]] = {
    "fence": plain_fence,
    "colon_fence": plain_fence,
    "code_block": lambda _token, text: text,
    "myst_target": lambda _token, _text: "",
}


def plain_roles(text: str) -> str:
    """Return the text with cross-references and macros spelled out."""

    def plain(match: re.Match[str]) -> str:
        role, target = match.groups()
        if role.startswith("glue"):
            return f"`{target.split(':')[0]}` (computed below or above)"
        explicit = re.match(r"^(.*?)\s*<[^>]*>$", target)
        if explicit:
            return explicit.group(1)
        return f"`{target}`" if role in {"py:func", "py:class", "func", "class"} else target.split("/")[-1]

    return expand(ROLE.sub(plain, text))


def write_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Write the notebook of every chapter into the site (event ``build-finished``)."""
    if exception or app.builder.name != "html":
        return
    for docname in sorted(app.env.found_docs):
        if "kernelspec" not in app.env.metadata.get(docname, {}):
            continue
        source = Path(app.env.doc2path(docname))
        target = Path(app.outdir) / Path(docname).parent / "notebooks" / f"{source.stem}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = chapter_notebook(source.read_text(encoding="utf-8"))
        carry_data(notebook, source.with_suffix(".json"))
        nbformat.write(notebook, target)


def setup(app: Sphinx) -> None:
    """Connect to the end of the build."""
    app.connect("build-finished", write_notebooks)
