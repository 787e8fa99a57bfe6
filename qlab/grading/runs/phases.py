"""The two phases of grading: all learners' cells first, their outputs recorded; then all tests.

A test's traces (pages of shared files, locks, loads) are there for whoever runs after it. So what a learner's cells
put out is recorded before any test of the class has run, and stays as it is: for the tests the cells run again, in a
sandbox of their own, and of that run nothing is kept but the judgements.
"""

from __future__ import annotations

import json
from dataclasses import replace

from qlab.grading.notebooks.reading import Notebook, grade_id, is_test
from qlab.grading.wire.messages import Judgement, Outcome, Output
from qlab.grading.wire.verdict import Verdict

_LATER = "The grader cannot decide this by itself; your instructor will look at it."


def as_recorded(outcome: Outcome, recorded: str | None, notebook: Notebook) -> Outcome:
    """Return the outcome with the outputs of the first phase.

    Where a cell raised in one phase and not, or not the same, in the other, the tests below it saw another state than
    the learner's page shows: a person looks at them.

    Args:
        outcome: what the second phase gave.
        recorded: the notebook as the first phase left it; None if that is lost, and then no outputs are shown.
        notebook: the rebuilt submission.
    """
    if recorded is None:
        return replace(outcome, cells={})
    first = recorded_outputs(recorded)
    for index in sorted(outcome.cells):
        before, after = _raised(first.get(index, [])), _raised(outcome.cells[index])
        if before != after:
            why = f"{_called(notebook, index)} {_does(before)} when it was run for its output, and {_does(after)} "
            return replace(outcome, cells=first, tests=_looked_at(outcome, notebook, index, f"{why}for the tests"))
    return replace(outcome, cells=first)


def recorded_outputs(text: str) -> dict[int, list[Output]]:
    """Return the outputs of an executed notebook's cells that are no tests, by the cell's place."""
    cells = json.loads(text)["cells"]
    return {
        index: cell["outputs"] for index, cell in enumerate(cells) if cell["cell_type"] == "code" and not is_test(cell)
    }


def _raised(outputs: list[Output]) -> str:
    return next((one["ename"] for one in outputs if one["output_type"] == "error"), "")


def _does(raised: str) -> str:
    return f"raised {raised}" if raised else "raised nothing"


def _called(notebook: Notebook, index: int) -> str:
    name = grade_id(notebook["cells"][index])
    return f"the cell {name}" if name else f"cell {index + 1} of the notebook"


def _looked_at(outcome: Outcome, notebook: Notebook, index: int, why: str) -> dict[str, Judgement]:
    """Return the judgements, those of tests below a cell changed to one that waits for a person."""
    below = {grade_id(cell) for cell in notebook["cells"][index + 1 :] if is_test(cell)}
    return {
        test: Judgement(
            Verdict.NEEDS_A_LOOK,
            _LATER,
            f"{why}: the test's verdict would be {one.verdict.spelled}; {one.detail or one.message}".rstrip("; "),
            seconds=one.seconds,
            look=why,
        )
        if test in below and one.verdict not in (Verdict.COULD_NOT_TELL, Verdict.NEEDS_A_LOOK)
        else one
        for test, one in outcome.tests.items()
    }
