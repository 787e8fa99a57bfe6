"""Which notebook of an assignment a file is, told by its cells: names of files and marks of cells may both be lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qlab.grading.notebooks.reading import Cell, Notebook, grade_id, is_fixed, visible_source


def essence(source: str) -> str:
    """Return a text without blanks, which editors change by themselves.

    Example:
        >>> essence("if a:\\n    b = 1\\n")
        'ifa:b=1'
    """
    return "".join(source.split())


@dataclass(frozen=True)
class Outline:
    """By what the cells of an assignment's notebook are known again.

    Attributes:
        names: names of all marked cells.
        texts: names of cells that learners are not meant to change, by the text that was handed out.
        ids: names of marked cells, by cell id.
    """

    names: frozenset[str]
    texts: dict[str, str]
    ids: dict[str, str]


def outline_of(released: Notebook) -> Outline:
    """Return the outline of an instructor's notebook, as released."""
    texts: dict[str, str] = {}
    ids: dict[str, str] = {}
    doubtful: set[str] = {""}
    names = [(name, cell) for cell in released["cells"] if (name := grade_id(cell)) is not None]
    for name, cell in names:
        if is_fixed(cell):
            text = essence(visible_source(cell["source"]))
            doubtful |= {text} & texts.keys()
            texts[text] = name
        if isinstance(cell.get("id"), str):
            ids[cell["id"]] = name
    kept = {text: name for text, name in texts.items() if text not in doubtful}
    return Outline(frozenset(name for name, _ in names), kept, ids)


def likeness(outline: Outline, notebook: Notebook) -> float:
    """Return how much of an outline a notebook holds: 0 for nothing, at most 2.

    The share of the texts handed out and the share of the names, added; ids of cells count for names where
    the marks are gone.
    """
    texts = {essence(cell["source"]) for cell in notebook["cells"]} & outline.texts.keys()
    names = {name for cell in notebook["cells"] if (name := grade_id(cell))} & outline.names
    names |= {outline.ids[cell["id"]] for cell in notebook["cells"] if cell.get("id") in outline.ids}
    return len(texts) / max(len(outline.texts), 1) + len(names) / max(len(outline.names), 1)


def is_copy(outline: Outline, notebook: Notebook) -> bool:
    """Return whether a notebook is one's copy: half of the texts or, with one of them, half of the names.

    Names alone prove little: many courses call the cells of every assignment alike.
    """
    texts = {essence(cell["source"]) for cell in notebook["cells"]} & outline.texts.keys()
    if outline.texts and not texts:
        return False
    if 2 * len(texts) >= len(outline.texts) > 0:
        return True
    names = {name for cell in notebook["cells"] if (name := grade_id(cell))} & outline.names
    return 2 * len(names) >= len(outline.names) > 0


@dataclass(frozen=True)
class Match:
    """Which file stands for which notebook.

    Attributes:
        taken: file by notebook, where one and only one can be meant.
        refused: why a notebook has none, by notebook.
        passed_over: why a file stands for none though it is a copy of one, by file.
        others: files that are no copy of any notebook.
    """

    taken: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def match(outlines: Mapping[str, Outline], files: Mapping[str, Notebook], present: Iterable[str]) -> Match:
    """Find which files stand for the notebooks that no file has the name of.

    Args:
        outlines: the assignment's notebooks, by name.
        files: the notebooks found under other names, by file.
        present: names of the assignment's notebooks that are there.

    Example:
        >>> cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "t", "locked": True}}, "source": "1"}
        >>> released = {"cells": [cell]}
        >>> match({"hw": outline_of(released)}, {"hw (1).ipynb": released}, []).taken
        {'hw': 'hw (1).ipynb'}
    """
    found = Match()
    wanted: dict[str, list[str]] = {}
    there = set(present)
    for file, notebook in files.items():
        fits = {name: likeness(one, notebook) for name, one in outlines.items() if is_copy(one, notebook)}
        best = [name for name, one in fits.items() if one == max(fits.values())]
        if not best:
            found.others.append(file)
        elif len(best) > 1:
            found.passed_over[file] = f"it may be any of {', '.join(best)}"
        elif best[0] in there:
            found.passed_over[file] = f"it is another copy of {best[0]}; {best[0]}.ipynb counts"
        else:
            wanted.setdefault(best[0], []).append(file)
    for name, rivals in wanted.items():
        if len(rivals) == 1 or _are_equal([files[file]["cells"] for file in rivals]):
            found.taken[name], *spare = rivals
            found.passed_over.update(dict.fromkeys(spare, f"it is the same as {rivals[0]}"))
        else:
            listed = ", ".join(rivals)
            found.refused[name] = f"{len(rivals)} files are copies of it and none has its name: {listed}"
            found.passed_over.update(dict.fromkeys(rivals, f"it is one of several copies of {name}"))
    return found


def _are_equal(notebooks: list[list[Cell]]) -> bool:
    texts = [[cell["source"] for cell in cells] for cells in notebooks]
    return all(one == texts[0] for one in texts)
