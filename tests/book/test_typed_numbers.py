"""No typed results: figures are described by computed numbers, and a number in prose is computed, a given, or cited.

In prose a number may stand typed if its paragraph cites a source, if it is a given of an experiment on the page (the
same number occurs in the page's code), or if it is a constant of the subject. All else comes through ``{glue:text}``.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(path for path in BOOK.glob("*.md") if "kernelspec" in path.read_text("utf-8").split("\n---", 1)[0])
CELL = re.compile(
    r"^(`{3,})\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)*)(.*?)^\1\s*$", re.DOTALL | re.MULTILINE
)
# In the description of a picture even a written-out number is a result; small ones count what one sees.
SPELLED = re.compile(
    r"\b(?:eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundreds?|thousands?|millions?|quarters?|thirds?|tenths?)\b"
    r"|(?<![\d.])(?![01](?!\d|\.\d))\d",  # a bare 0 or 1 names an outcome
    re.IGNORECASE,
)
# Outcomes, small counts and bounds of S; a half; a quarter and a half turn; the usual level of confidence.
EXAMPLES = {"engine": {"0.1"}}  # a ratio that is explained, not one that was measured
COLUMN = 70  # characters of code that a page shows without scrolling
CONSTANTS = {"0", "1", "2", "3", "4", "00", "01", "10", "11", "0.5", "90", "180", "95"}


def code_cells(path: Path) -> list[str]:
    return [match.group(2) for match in CELL.finditer(path.read_text(encoding="utf-8"))]


def typed_in_description(source: str) -> list[str]:
    """Pieces with typed numbers in the ``alt`` of any call of a cell; what stands in braces is computed."""
    found = []
    for call in ast.walk(ast.parse(source)):
        for keyword in getattr(call, "keywords", []):
            if keyword.arg == "alt":
                found += [text for text in words(keyword.value) if SPELLED.search(text)]
    return found


def typed_in_table(source: str) -> list[str]:
    """Cells typed as a number or a truth value: constants in a list of lists, or in a list comprehension's list."""
    found = []
    for node in ast.walk(ast.parse(source)):
        rows = node.elts if isinstance(node, ast.List) else [node.elt] if isinstance(node, ast.ListComp) else []
        for row in rows:
            if isinstance(row, ast.List) and row.elts and isinstance(row.elts[0], (ast.Constant, ast.JoinedStr)):
                label = row.elts[0].value if isinstance(row.elts[0], ast.Constant) else ""
                typed = [cell for cell in row.elts[1:] if isinstance(cell, ast.Constant)]
                if isinstance(label, str):
                    found += [ast.unparse(cell) for cell in typed if not isinstance(cell.value, str)]
    return found


def wide_lines(text: str) -> list[str]:
    """Lines of the cells that a reader sees which do not fit the column."""
    shown = [cell.group(2) for cell in CELL.finditer(text) if "remove-cell" not in cell.group(0)]
    return [line for source in shown for line in source.splitlines() if len(line) > COLUMN]


def words(node: ast.expr) -> list[str]:
    """The literal words of an expression that makes a text: strings, f-strings, sums and joins of them."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.FormattedValue):
        return words(node.value) if isinstance(node.value, (ast.Call, ast.JoinedStr)) else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"join", "replace"}:
        return [text for part in (node.func.value, *node.args) for text in words(part)]
    if isinstance(node, ast.GeneratorExp):
        return words(node.elt)
    if isinstance(node, ast.JoinedStr):
        return [text for part in node.values for text in words(part)]
    return words(node.left) + words(node.right) if isinstance(node, ast.BinOp) else []


def paragraphs(path: Path) -> list[str]:
    """The page's paragraphs, list items and table rows, without code cells, formulas, titles and directive lines."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = CELL.sub("\n", text)
    text = re.sub(r"^(`{3,})[^\n]*\n.*?^\1\s*$", "\n", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\$\$.*?\$\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"^(?::{3,}.*|:\w+:.*|#+ .*)$", "\n", text, flags=re.MULTILINE)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) )", text) if part.strip()]


def cites(paragraph: str) -> bool:
    return bool(re.search(r"\{cite:\w\}|\((?:[A-Z][\w ,]+, )?(?:19|20)\d\d\)", paragraph))


def typed_numbers(paragraph: str, givens: set[str]) -> list[str]:
    """Numbers of a paragraph that are neither computed, cited, given nor constants."""
    if cites(paragraph):
        return []
    bare = re.sub(r"^\d+\. |\bchapters? \d\d(?: and \d\d)?", "", paragraph)
    bare = re.sub(r"\{[\w:]+\}`[^`]*`|`[^`]*`|\$[^$]*\$|\]\([^)]*\)|\[[^\]]*\]|[|⟨][^|⟩]*⟩", " ", bare)
    numbers = re.findall(r"(?<![\w.])\d+(?:[.,/]\d+)*(?!\w)", bare)
    return [n for n in numbers if n.replace(",", "") not in givens | CONSTANTS]


def givens_of(path: Path) -> set[str]:
    """Every number of the page's code, also as a percentage."""
    found: set[str] = set()
    for source in code_cells(path):
        for node in ast.walk(ast.parse(source)):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found |= {f"{value:g}", f"{value:.2f}", f"{100 * value:g}", f"{100 - 100 * value:g}", str(value)}
            elif isinstance(value, str):
                found |= set(re.findall(r"\d+(?:\.\d+)?", value))
    return found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_number_is_typed_in_the_description_of_a_figure(path):
    found = [text for source in code_cells(path) for text in typed_in_description(source)]
    assert found == [], "compute it: an f-string, or a join over the values that are drawn"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_number_is_typed_in_a_table(path):
    assert [cell for source in code_cells(path) for cell in typed_in_table(source)] == [], "compute it"


@pytest.mark.parametrize(
    ("source", "cells"),
    [
        ('Table("t", ["a"], [["seed", 1, f(2)], ["pair", s, False]])', ["1", "False"]),
        ('rows = [["seed", *best, 0.5], ["pair", "none", x]]', ["0.5"]),
        ('[[f"F = {f}", f, 0] for f in (0.75, 0.8)]', ["0"]),
        ("grid([[0, 1], [1, 0]])", []),
        ('[["seed", x], [name, round(y, 3)]]', []),
    ],
)
def test_a_number_typed_in_a_table_is_recognised(source, cells):
    assert typed_in_table(source) == cells


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_code_fits_the_column(path):
    assert wide_lines(path.read_text(encoding="utf-8")) == []


def test_a_wide_line_is_recognised_where_it_is_shown():
    cell = "```{code-cell} python\n" + "x" * 71 + "\n```\n"
    assert wide_lines(cell) == ["x" * 71]
    assert wide_lines(cell.replace("python\n", "python\n:tags: [remove-cell]\n")) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_result_is_typed_in_prose(path):
    givens = givens_of(path) | EXAMPLES.get(path.stem, set())
    found = {p[:90]: numbers for p in paragraphs(path) if (numbers := typed_numbers(p, givens))}
    assert found == {}, "glue it, cite it, or make it a given of the page's code"


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('plot(alt="The pair peaks at 2.83 near the middle.")', 1),
        ('plot(alt="It falls to one quarter " + more + " and ends near fifty.")', 2),
        ("plot(alt=f\"The pair peaks at {max(s):.2f}; {', '.join(f'{n} {v:.2f}' for n, v in s.items())}.\")", 0),
        ('plot(alt="Bars: " + ", ".join(f"{n} 12 {v}" for n, v in s.items()))', 1),
        ('plot(label="2.83", alt="A flat line.")', 0),
    ],
)
def test_a_number_in_a_description_is_recognised(source, count):
    assert len(typed_in_description(source)) == count


@pytest.mark.parametrize(
    ("paragraph", "found"),
    [
        ("The pair wins 85 per cent of 20,000 rounds.", ["85"]),
        ("They reached 0.80 ({cite:t}`ren2017`).", []),
        ("About {glue:text}`a:.2f` of $17$ in [chapter 07](07_security.md).", []),
        ("1. With 37 rounds, |00⟩ is 1.", ["37"]),
    ],
)
def test_a_typed_result_in_prose_is_recognised(paragraph, found):
    assert typed_numbers(paragraph, {"20000"}) == found
