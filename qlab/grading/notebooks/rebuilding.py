"""A submission rebuilt around the instructor's cells: lost marks found, doubled cells settled."""

from __future__ import annotations

import copy
import hashlib

from qlab.grading.notebooks import scope
from qlab.grading.notebooks.matching import Outline, essence, outline_of
from qlab.grading.notebooks.reading import (
    Cell,
    Notebook,
    UnreadableNotebook,
    grade_id,
    is_fixed,
    is_solution,
    is_test,
)


def rebuild(source: Notebook, submission: Notebook, notes: list[str] | None = None) -> Notebook:
    """Return the submission with every marked cell as the instructor made it.

    Fixed cells get the instructor's text, all marked cells the instructor's metadata and order. A cell without
    a mark that is known by its text or id gets its mark back. Of several cells with one name, an answer is the
    last written one before its first test, any other cell the first; the rest become ordinary ones, as does a cell
    with a name that the source does not know. A missing test comes back after what follows the cell before it, a
    missing answer comes back empty: a stub would overwrite an answer given elsewhere.

    Args:
        source: the instructor's notebook, as released: solutions cut, hidden tests in place.
        submission: what `parse_notebook` made of the learner's file.
        notes: gets a sentence for each thing put right that a person may want to look at.
    """
    said = notes if notes is not None else []
    outline = outline_of(source)
    wanted = {name: cell for cell in source["cells"] if (name := grade_id(cell)) is not None}
    cells = submission["cells"]
    places = _places(wanted, cells, said)
    _find_lost(outline, wanted, cells, places, said)
    named = {index: name for name, index in places.items()}
    rebuilt: list[Cell] = []
    for index, cell in enumerate(cells):
        cell["metadata"].pop("nbgrader", None)
        rebuilt.append(_as_released(wanted[named[index]], cell) if index in named else cell)
    rebuilt = _in_order(rebuilt, list(wanted))
    _insert_missing(rebuilt, wanted, set(places), said)
    _unique_ids(rebuilt)
    known = ("kernelspec", "language_info")
    metadata = {key: copy.deepcopy(source["metadata"][key]) for key in known if key in source["metadata"]}
    return {"cells": rebuilt, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def demand_own_cells(source: Notebook, submission: Notebook) -> None:
    """Refuse a notebook in which nothing of the assignment's can be found.

    Raises:
        UnreadableNotebook: no cell is known by its mark, its text or its id.
    """
    outline = outline_of(source)
    cells = submission["cells"]
    known = any(grade_id(cell) in outline.names or essence(cell["source"]) in outline.texts for cell in cells)
    if outline.names and not known and not any(cell.get("id") in outline.ids for cell in cells):
        raise UnreadableNotebook(
            "none of its cells is one of the assignment's: it is another notebook, or an editor took the marks away"
        )


def _places(wanted: dict[str, Cell], cells: list[Cell], notes: list[str]) -> dict[str, int]:
    """Return where each marked cell is, one place for each name."""
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        name = grade_id(cell)
        if name in wanted:
            found.setdefault(name, []).append(index)
    places = {name: indices[0] for name, indices in found.items()}
    for name, indices in found.items():
        if len(indices) == 1:
            continue
        which = "the first counts"
        if is_solution(wanted[name]):
            test = _first_test(wanted, name, places)
            written = [i for i in indices if essence(cells[i]["source"]) != essence(wanted[name]["source"])] or indices
            before = [index for index in written if test is None or index < test]
            places[name] = before[-1] if before else written[-1]
            which = "the last before its first test counts" if test is not None and before else "the last counts"
        notes.append(f"{len(indices)} cells are called {name}: {which}")
    return places


def _first_test(wanted: dict[str, Cell], solution: str, places: dict[str, int]) -> int | None:
    """Return the place of the first test that follows an answer in the source and is in the submission."""
    names = list(wanted)
    following = names[names.index(solution) + 1 :]
    return next((places[name] for name in following if is_test(wanted[name]) and name in places), None)


def _find_lost(
    outline: Outline, wanted: dict[str, Cell], cells: list[Cell], places: dict[str, int], notes: list[str]
) -> None:
    """Find marked cells that have lost their marks: by text, by id, then by what stands around an answer."""
    if len(places) == len(wanted):
        return
    free = {index for index, cell in enumerate(cells) if grade_id(cell) not in wanted} - set(places.values())
    held = len(places)
    texts = {name: text for text, name in outline.texts.items()}
    by_text: dict[str, list[int]] = {}
    for index in sorted(free):
        by_text.setdefault(essence(cells[index]["source"]), []).append(index)
    for name, original in wanted.items():
        same = [i for i in by_text.get(texts.get(name, ""), []) if i in free]
        same = [i for i in same if cells[i]["cell_type"] == original["cell_type"]]
        if name not in places and same:
            places[name] = same[0]
            free.discard(same[0])
    _find_by_id(outline, wanted, cells, places, free)
    for name, original in wanted.items():
        if name not in places and is_solution(original):
            found = _answer_between(list(wanted), name, original, cells, places, free)
            if found is not None:
                places[name] = found
                free.discard(found)
    if len(places) > held:
        notes.append(f"{len(places) - held} cells had lost their marks and were found by their text, id or place")


def _find_by_id(
    outline: Outline, wanted: dict[str, Cell], cells: list[Cell], places: dict[str, int], free: set[int]
) -> None:
    """Find cells by id, unless the ids say otherwise of a cell that is known already."""
    known = {index: name for name, index in places.items()}
    held = [(cell["id"], index) for index, cell in enumerate(cells) if isinstance(cell.get("id"), str)]
    if any(index in known and outline.ids.get(one, known[index]) != known[index] for one, index in held):
        return
    for one, index in held:
        name = outline.ids.get(one)
        if name is None or name in places or index not in free:
            continue
        if cells[index]["cell_type"] == wanted[name]["cell_type"]:
            places[name] = index
            free.discard(index)


def _answer_between(
    names: list[str], name: str, original: Cell, cells: list[Cell], places: dict[str, int], free: set[int]
) -> int | None:
    """Return the place of an answer without a mark, between the marked cells around it, or None if it is not clear.

    It is the last cell there that binds what the stub binds; where that is nothing, the only one of its kind.
    """
    at = names.index(name)
    start = max((places[one] for one in names[:at] if one in places), default=-1)
    end = min((places[one] for one in names[at + 1 :] if one in places), default=len(cells))
    inside = [i for i in range(start + 1, end) if i in free and cells[i]["cell_type"] == original["cell_type"]]
    if original["cell_type"] == "code":
        binds = scope.bound_names(original["source"])
        if binds:
            return max((i for i in inside if binds <= scope.bound_names(cells[i]["source"])), default=None)
    written = [i for i in inside if essence(cells[i]["source"])]
    return written[0] if len(written) == 1 else None


def _in_order(cells: list[Cell], names: list[str]) -> list[Cell]:
    """Return the cells with the marked ones in the instructor's order, each followed by what followed it."""
    groups: list[list[Cell]] = [[]]
    for cell in cells:
        if grade_id(cell) is not None:
            groups.append([])
        groups[-1].append(cell)
    rank = {name: number for number, name in enumerate(names)}
    first, *marked = groups
    marked.sort(key=lambda group: rank[grade_id(group[0]) or ""])
    return [cell for group in [first, *marked] for cell in group]


def _as_released(original: Cell, submitted: Cell) -> Cell:
    cell = copy.deepcopy(original)
    if cell["cell_type"] == "code":
        cell.update(outputs=[], execution_count=None)
    if not is_fixed(original):
        cell["source"] = submitted["source"]
        if "attachments" in submitted and cell["cell_type"] == "markdown":
            cell["attachments"] = submitted["attachments"]
    if "id" in submitted:
        cell["id"] = submitted["id"]
    return cell


def _insert_missing(cells: list[Cell], wanted: dict[str, Cell], seen: set[str], notes: list[str]) -> None:
    """Put missing cells back: a test after all that follows the cell before it, any other right after that cell."""
    previous: str | None = None
    missing = [name for name in wanted if name not in seen]
    for name, original in wanted.items():
        if name in missing:
            at = 0
            if previous is not None:
                at = next(i for i, cell in enumerate(cells) if grade_id(cell) == previous) + 1
                while is_test(original) and at < len(cells) and grade_id(cells[at]) is None:
                    at += 1
            blank = {**original, "source": ""} if is_solution(original) else original
            cells.insert(at, _as_released(original, blank))
        previous = name
    if missing:
        notes.append(f"cells were missing and were put back: {', '.join(missing)}")


def _unique_ids(cells: list[Cell]) -> None:
    taken: set[str] = set()
    for index, cell in enumerate(cells):
        name = cell.get("id", "")
        if not (0 < len(name) <= 64 and all((c.isalnum() and c.isascii()) or c in "-_" for c in name)) or name in taken:
            text = f"{index}:{cell['source']}"
            cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:12]
        taken.add(cell["id"])
