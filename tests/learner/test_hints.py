"""Three hints for every task, each of its own, none of them the answer."""

from __future__ import annotations

import ast
import inspect

import pytest

from qlab.checks import Task, all_tasks, hint


def code_lines(task: Task) -> set[str]:
    """Lines of the reference's body that would give the answer away."""
    function = ast.parse(inspect.getsource(task.reference).strip()).body[0]
    assert isinstance(function, ast.FunctionDef)
    returned = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return {ast.unparse(node.value) for node in returned if node.value and len(ast.unparse(node.value)) > 25}


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.id)
def test_hints_come_in_three_steps(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for step in (1, 2, 3):
        hint(task.id, step)
        shown.append(capsys.readouterr().out)
        assert shown[-1].startswith(f"Hint {step} of 3: ")
        assert len(shown[-1].split()) >= 8
    assert len(set(shown)) == 3
    assert not [line for line in code_lines(task) for text in shown if line in text]
    with pytest.raises(ValueError, match="step must be 1, 2 or 3, got 4"):
        hint(task.id, 4)


def test_the_first_hint_comes_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    hint("04.best_angles")
    assert capsys.readouterr().out.startswith("Hint 1 of 3")
    with pytest.raises(ValueError, match=r"id must be the id of a task of this course, got '04\.worst_angles'"):
        hint("04.worst_angles")
