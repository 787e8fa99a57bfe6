"""No task is answered by a cell of the book: every function of a chapter is handed in for every task of its unit."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from qlab.checks import Task, all_tasks, judge_answer
from tests.rotation import of_the_day

BOOK = Path(__file__).parents[2] / "book"
CELL = re.compile(
    r"^(`{3,})\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)*)(.*?)^\1\s*$", re.DOTALL | re.MULTILINE
)
PAGES = sorted([*BOOK.glob("[0-9][0-9]_*.md"), BOOK / "faq.md"])


def functions_of(page: Path) -> dict[str, Callable[..., Any]]:
    """The functions that a page's cells define, each with the names of its page around it."""
    space: dict[str, Any] = {"__name__": "__main__"}
    for number, (_, text) in enumerate(CELL.findall(page.read_text("utf-8")), 1):
        exec(compile(text, f"{page.name}, cell {number}", "exec"), space)
        plt.close("all")
    return {name: thing for name, thing in space.items() if _is_of(page, thing)}


def _is_of(page: Path, thing: Any) -> bool:
    return inspect.isfunction(thing) and thing.__code__.co_filename.startswith(page.name)


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    return True


def arity(task: Task) -> int:
    return len(inspect.signature(task.reference).parameters)


def passing(functions: dict[str, Callable[..., Any]], tasks: list[Task]) -> list[str]:
    """Tasks that a function passes as it stands."""
    return [
        f"{name} answers {task.id}"
        for task in tasks
        for name, function in functions.items()
        if takes(function, arity(task)) and judge_answer(task.id, function).status == "passed"
    ]


def _passing_of(page: Path) -> list[str]:
    unit = page.stem[:2] if page.stem[0].isdigit() else page.stem
    return passing(functions_of(page), [task for task in all_tasks() if task.unit == unit])


def test_no_cell_of_the_page_of_the_day_answers_a_task() -> None:
    for page in of_the_day(PAGES, 1):
        assert _passing_of(page) == []


@pytest.mark.soak
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_cell_of_a_page_answers_a_task(page: Path) -> None:
    assert _passing_of(page) == []


def test_a_cell_that_answers_a_task_is_found() -> None:
    task = all_tasks()[0]
    assert passing({"pasted": task.reference, "other": lambda *_: None}, [task]) == [f"pasted answers {task.id}"]


def test_functions_are_those_of_the_cells(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```{code-cell} python\n:tags: [hide]\nfrom math import sin\ndef twice(x):\n    return 2 * x\n```\n"
    )
    found = functions_of(page)
    assert list(found) == ["twice"]
    assert found["twice"](3) == 6
    assert takes(found["twice"], 1)
    assert not takes(found["twice"], 2)
