"""Each chapter as a notebook that runs: the same text and code, without the book's own markup.

Jupyter shows Markdown, not MyST: boxes become headed paragraphs, folds open, ledger boxes and
cross-references plain text. The code cells are the chapter's own.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.application import Sphinx

from .boxes import BOX_TITLES, FOLD_TITLES
from .tex import expand

FENCE = re.compile(r"^(\s*)(`{3,}|:{3,})\{([\w:-]+)\}\s*(.*)$")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
DIRECTIVES_FROM_BUILD = {"claims", "all-claims", "misconceptions", "exercises", "explorer", "quiz"}
# The notebook must run where the book's own tools are not installed.
GLUE_IMPORT = "from myst_nb import glue"
GLUE_STAND_IN = "def glue(name, value, display=False):\n    print(f'{name} = {value}')"
PREFACE = "> From the book *Correlation Is Not Enough*. It needs Python 3.11 or later and the course's package `qlab`."


def chapter_notebook(text: str) -> nbformat.NotebookNode:
    """Return the runnable notebook of one chapter's MyST source."""
    notebook = read_myst_markdown_notebook(text)
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
    lines: list[str] = []
    open_fences: list[tuple[str, bool]] = []
    in_options = False
    for line in source.splitlines():
        fence = FENCE.match(line)
        if fence:
            _, marks, name, argument = fence.groups()
            kept = name not in DIRECTIVES_FROM_BUILD
            open_fences.append((marks, kept and not is_dropped(open_fences)))
            in_options = True
            if open_fences[-1][1]:
                lines += opening_lines(name, argument)
            continue
        if open_fences and line.strip() == open_fences[-1][0]:
            _, kept = open_fences.pop()
            if kept:
                lines.append("")
            continue
        if in_options and open_fences and re.match(r"^:[\w.-]+:", line.strip()):
            continue
        in_options = in_options and not line.strip()
        if not is_dropped(open_fences) and not re.match(r"^\(.+\)=$", line):
            lines.append(line)
    return plain_roles("\n".join(lines)).strip()


def is_dropped(open_fences: list[tuple[str, bool]]) -> bool:
    """Return whether the text inside these fences has no meaning outside the book."""
    return any(not kept for _, kept in open_fences)


def opening_lines(name: str, argument: str) -> list[str]:
    """Return what stands in for the opening of a directive."""
    if name == "math":
        return ["$$", argument]
    title = argument or BOX_TITLES.get(name) or FOLD_TITLES.get(name) or ""
    return [f"**{title}**", ""] if title else [""]


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
