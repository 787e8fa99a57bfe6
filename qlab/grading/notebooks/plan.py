"""What an assignment's notebook asks for, worked out once from the instructor's source."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qlab.grading.notebooks import scope
from qlab.grading.notebooks.reading import (
    Cell,
    Notebook,
    grade_id,
    is_fixed,
    is_solution,
    is_test,
    parse_notebook,
    visible_source,
)
from qlab.grading.wire.limits import Limits
from qlab.grading.wire.messages import Job, JobCell
from qlab.grading.wire.standing import Standing

_NOTEBOOK = frozenset({"get_ipython", "display", "In", "Out", "_", "__", "___", "exit", "quit"})
"""Names that a notebook has of itself."""
_SOLUTION = re.compile(r"^([ \t]*)[^\n]*BEGIN SOLUTION.*?END SOLUTION[^\n]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """One notebook of an assignment, as the instructor wrote it.

    Attributes:
        name: the notebook's name without suffix.
        source: the instructor's notebook, solutions included.
        released: the same with solutions cut to their stubs, hidden tests still in place.
        student_names: names that the solution cells bind, or that a test reads and nothing of the instructor's binds.
        classes: special methods, by name of a class that a solution defines.
        changes: by function, the parameters that the solution changes in place.
        preload: modules that the notebook imports.
        instructor_names: names mentioned inside functions of the instructor's own cells.
        reaches: by name that a solution binds, the names that its definition mentions.
        unanswered: tests that the source holds no answer to, so that it cannot show how they are judged.
    """

    name: str
    source: Notebook
    released: Notebook
    student_names: frozenset[str]
    classes: dict[str, list[str]]
    changes: dict[str, list[Any]]
    preload: tuple[str, ...]
    instructor_names: frozenset[str] = field(default=frozenset())
    reaches: dict[str, frozenset[str]] = field(default_factory=dict)
    unanswered: frozenset[str] = frozenset()


def make_plan(name: str, content: bytes, released: Notebook | None = None) -> Plan:
    """Read an instructor's notebook.

    Args:
        name: the notebook's name.
        content: the source notebook's bytes.
        released: the notebook that nbgrader kept when it made the assignment; by default the
            solutions are cut here, in nbgrader's way.
    """
    source = parse_notebook(content)
    code = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
    solutions = [cell["source"] for cell in code if is_solution(cell)]
    own = [cell["source"] for cell in code if not is_solution(cell) and not is_test(cell)]
    classes: dict[str, list[str]] = {}
    changes: dict[str, list[Any]] = {}
    names: set[str] = set()
    for text in solutions:
        names |= scope.bound_names(text)
        classes.update(scope.classes_and_methods(text))
        changes.update(scope.changed_parameters(text))
    modules = [module for cell in code for module in scope.imported_modules(cell["source"])]
    tests = {test: cell["source"] for cell in code if is_test(cell) and (test := grade_id(cell))}
    given = {
        name for cell in code for name in (*scope.bound_names(cell["source"]), *scope.imported_names(cell["source"]))
    }
    stubs = {name for text in solutions if _is_stub(text) for name in scope.bound_names(text)}
    loose = {test: scope.free_names(text) - given - _NOTEBOOK for test, text in tests.items()}
    names |= {name for found in loose.values() for name in found}
    return Plan(
        name=name,
        source=source,
        released=released or cut_solutions(source),
        student_names=frozenset(names),
        classes=classes,
        changes=changes,
        preload=tuple(dict.fromkeys(modules)),
        instructor_names=frozenset(n for text in own for n in scope.used_names(text)),
        reaches={name: used for text in solutions for name, used in scope.reached_names(text).items()},
        unanswered=frozenset(test for test, text in tests.items() if loose[test] or stubs & scope.free_names(text)),
    )


def _is_stub(source: str) -> bool:
    """Return whether an answer's cell holds none: a stub that somebody typed, without a solution.

    Example:
        >>> _is_stub("def f(n):\\n    raise NotImplementedError()"), _is_stub("def f(n): return n")
        (True, False)
    """
    tree = scope.parse(source)
    if tree is None:
        return False
    last = [body[-1] for node in ast.walk(tree) if (body := getattr(node, "body", None)) and isinstance(body, list)]
    return any(isinstance(one, ast.Raise) and one.exc and "NotImplementedError" in ast.unparse(one.exc) for one in last)


def cut_solutions(source: Notebook) -> Notebook:
    """Return the notebook with nbgrader's solution regions replaced by its stub."""
    cells = []
    for cell in source["cells"]:
        if is_solution(cell) and cell["cell_type"] == "code":
            stub = "\\1# YOUR CODE HERE\\n\\1raise NotImplementedError()"
            cell = {**cell, "source": _SOLUTION.sub(stub, cell["source"])}
        cells.append(cell)
    return {**source, "cells": cells}


def make_job(
    plan: Plan,
    notebook: Notebook,
    *,
    directory: Path,
    limits: Limits,
    files: dict[str, bytes] | None = None,
    relayed: list[str] | None = None,
    masked: list[str] | None = None,
    standings: Mapping[str, Standing] | None = None,
) -> Job:
    """Return what the trusted side must know to run one notebook.

    Args:
        plan: the instructor's notebook.
        notebook: the rebuilt submission.
        directory: where the instructor's test cells run.
        limits: the notebook's allowances.
        files: files beside the notebook, by relative name.
        relayed: functions of masked packages that still answer.
        masked: packages that student code may not read.
        standings: how each test is judged, by name; by default by the split run alone.
    """
    originals = {name: cell for cell in plan.source["cells"] if (name := grade_id(cell))}
    loose = _loose_originals(plan.source, notebook)
    cells = []
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            cells.append(_job_cell(plan, index, cell, originals, loose))
    if standings:
        cells = _with_standings(cells, standings)
    return Job(
        cells=cells,
        order=_order(cells),
        files=files or {},
        directory=str(directory),
        classes=plan.classes,
        changes=plan.changes,
        student_names=sorted(plan.student_names),
        relayed=relayed or [],
        limits=limits,
        masked=masked or [],
    )


def _with_standings(cells: list[JobCell], standings: Mapping[str, Standing]) -> list[JobCell]:
    """Say of each test how it is judged, and which earlier tests its native run needs before it.

    Those are the tests that bind a name it uses, and again those that they need; or all of them.
    """
    found: list[JobCell] = []
    earlier: list[tuple[str, set[str], list[str]]] = []
    for cell in cells:
        if cell.test and cell.trusted is not None:
            standing = standings.get(cell.test, Standing())
            binds_itself = scope.bound_names(cell.trusted)
            uses = scope.used_names(cell.trusted) - binds_itself
            needed = [(text, lead) for text, binds, lead in earlier if standing.after_all or binds & uses]
            lead = list(dict.fromkeys(text for one, its in needed for text in (*its, one)))
            cell = replace(cell, standing=standing, lead=lead if standing.speaks.runs_natively else [])
            earlier.append((cell.trusted or "", binds_itself, lead))
        found.append(cell)
    return found


def _loose_originals(source: Notebook, notebook: Notebook) -> dict[int, list[str]]:
    """Place the instructor's unmarked code cells: before which marked cell each of them stands.

    The learner may have edited, moved or deleted such a cell in the submission; the trusted side runs
    the instructor's text, right before the first marked cell that follows it in the source.
    """
    waiting: list[str] = []
    before: dict[str, list[str]] = {}
    for cell in source["cells"]:
        name = grade_id(cell)
        if name is not None:
            before[name], waiting = waiting, []
        elif cell["cell_type"] == "code":
            waiting.append(cell["source"])
    places: dict[int, list[str]] = {}
    for index, cell in enumerate(notebook["cells"]):
        name = grade_id(cell)
        if name is not None:
            anchor = next(
                (i for i in range(index, len(notebook["cells"])) if notebook["cells"][i]["cell_type"] == "code"), None
            )
            if anchor is not None:
                places.setdefault(anchor, []).extend(before.pop(name, []))
    return places


def _job_cell(plan: Plan, index: int, cell: Cell, originals: dict[str, Cell], loose: dict[int, list[str]]) -> JobCell:
    name = grade_id(cell)
    test, solution = is_test(cell), is_solution(cell)
    original = originals[name]["source"] if name in originals else None
    imports = scope.import_statements(original) if solution and original else []
    trusted = original if original is not None and not solution else None
    needs: set[str] = set()
    at_once: set[str] = set()
    if trusted is not None:
        wanted = scope.used_names(trusted) | plan.instructor_names
        needs = wanted & plan.student_names
        at_once = scope.used_at_once(trusted) & plan.student_names
    visible = visible_source(trusted) if test and trusted is not None else ""
    run: str | None = cell["source"]
    if test:
        run = "\n".join(scope.import_statements(visible)) or None
    skipped = "skip-execution" in _tags(cell) and not test
    return JobCell(
        index=index,
        run=None if skipped else run,
        records=not test,
        before=loose.get(index, []),
        imports=imports,
        trusted=None if skipped and is_fixed(cell) else trusted,
        test=name if test else None,
        open=bool(test and visible == trusted),
        needs=sorted(needs),
        classes=_classes_for(plan, needs),
        frozen=test or bool(at_once),
    )


def _classes_for(plan: Plan, names: set[str]) -> dict[str, list[str]]:
    """Return the classes whose special methods a test may use: those it reaches through the names it needs.

    Were they relayed in every test, an object that claims such a class's name could win any comparison.
    """
    reached, todo = set(names), list(names)
    while todo:
        more = plan.reaches.get(todo.pop(), frozenset()) - reached
        reached |= more
        todo += more
    return {name: methods for name, methods in plan.classes.items() if name in reached}


def _tags(cell: Cell) -> list[Any]:
    tags = cell["metadata"].get("tags")
    return tags if isinstance(tags, list) else []


def _order(cells: list[JobCell]) -> list[int]:
    """Return the order for the trusted side: hidden tests last where that changes nothing."""
    hidden = [i for i, cell in enumerate(cells) if cell.test and not cell.open]
    for i in hidden:
        mine = cells[i].trusted or ""
        uses, binds = scope.used_names(mine), scope.bound_names(mine)
        imports = bool(scope.import_statements(mine))
        for later in cells[i + 1 :]:
            if later.test and not later.open:
                continue
            text = "\n".join([*later.before, *later.imports, later.trusted or ""])
            if scope.bound_names(text) & uses or (scope.used_names(text) & binds) or (imports and later.test):
                return list(range(len(cells)))
    return [i for i in range(len(cells)) if i not in hidden] + hidden
