"""`make course`: the table of scores, and what happens when something is not as expected."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from qlab.authoring.make import show_scores, write_feedback
from qlab.authoring.sample_class import Expected, Submission


def handed_in(learner: str, unit: str, points: float) -> Submission:
    task = Expected("01.marginals", "reference", "passed", None, "", {"marginals-visible": points})
    return Submission(learner, unit, (task,))


CLASS = [handed_in("ada", "01_shared_state", 3.0), handed_in("bela", "01_shared_state", 0.0)]


def shown(scores: dict[tuple[str, str], float]) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=100)
    wrong = show_scores(console, CLASS, scores)
    return wrong, console.file.getvalue()  # type: ignore[attr-defined]


def test_a_class_as_expected_shows_plain_scores() -> None:
    wrong, text = shown({("ada", "01_shared_state"): 3.0, ("bela", "01_shared_state"): 0.0})
    assert wrong == 0
    assert "ada" in text
    assert "(" not in text.split("differ)")[1]


def test_a_score_that_differs_is_shown_with_what_was_expected_and_counted() -> None:
    wrong, text = shown({("ada", "01_shared_state"): 2.0, ("bela", "01_shared_state"): 0.0})
    assert wrong == 1
    assert "2 (3)" in text


def test_a_submission_without_a_score_is_not_as_expected() -> None:
    wrong, text = shown({("ada", "01_shared_state"): 3.0})
    assert wrong == 1
    assert "nan (0)" in text


def test_feedback_that_fails_is_named_with_nbgraders_own_words(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("raise RuntimeError('broken configuration')\n")
    with pytest.raises(RuntimeError, match=r"(?s)feedback of 01_shared_state failed: .*broken configuration"):
        write_feedback(tmp_path, ["01_shared_state"], Console(file=io.StringIO()))
