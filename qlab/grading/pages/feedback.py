"""Prepare feedback pages: verdicts in words, no hidden test, no script, nothing fetched."""

from __future__ import annotations

import html
import re
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import List, Unicode

from qlab.grading.notebooks.delimiters import delimiters_of, with_usual_marks
from qlab.grading.notebooks.reading import visible_source
from qlab.grading.pages.policy import FEEDBACK
from qlab.grading.wire.verdict import Verdict

_LOOK = (
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
    "img { max-width: 100%; height: auto; } pre { white-space: pre-wrap; overflow-wrap: anywhere; } "
    "div.nbgrader_cell .panel-heading { height: auto; overflow: hidden; } "
    "div.nbgrader_cell .panel-heading a { color: inherit; text-decoration: underline; } "
    "@media (max-width: 600px) { .container { padding-left: 4px; padding-right: 4px; } }</style>"
)
"""The page is nbgrader's, made for a wide screen; this lets it be read on a phone, and its links on blue be seen."""
_ENTRY = re.compile(r'(<a href="#(?:comment-)?([\w.:-]+)">(?:Test cell|Written response|Comment))</a>')
"""An entry of nbgrader's list at the top, which does not say what it leads to."""
_ACTIVE = re.compile(r"<script\b.*?</script\s*>|<link\b[^>]*>", re.DOTALL | re.IGNORECASE)


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Shows of each test cell what the learner was given, and how it ended."""

    display_data_priority = List(Unicode()).tag(config=True)

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Return the cell without hidden tests; a test's outputs become one sentence."""
        if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
            return cell, resources
        visible = visible_source(with_usual_marks(cell.source, delimiters_of(self.config))).strip()
        cell.source = visible or "# a hidden test"
        errors = [output for output in cell.outputs if output.output_type == "error"]
        verdict = Verdict.from_error_name(errors[0].ename) if errors else Verdict.PASSED
        says = errors[0].evalue if errors else ""
        cell.outputs = [type(cell)(verdict_output(verdict, says))]
        return cell, resources


def verdict_output(verdict: Verdict, says: str) -> dict[str, Any]:
    """Return a test's verdict as display data, in words and not by colour alone.

    Example:
        >>> verdict_output(Verdict.FAILED, "Think again.")["data"]["text/plain"]
        'Not right yet: Think again.'
    """
    words, colour = verdict.words.feedback, verdict.words.colour
    text = f"{words}: {says}" if says else words
    shown = f"<strong>{words}.</strong> {html.escape(says)}" if says else f"<strong>{words}.</strong>"
    look = f"background:{colour};color:#111;padding:.5em .8em;border-radius:4px;margin-bottom:1em"
    block = f'<div style="{look}">{shown}</div>'
    return {"output_type": "display_data", "metadata": {}, "data": {"text/plain": text, "text/html": block}}


def seal(page: str) -> str:
    """Return a page that runs no script and fetches nothing, fits a phone, and says where its list leads.

    Example:
        >>> "script" in seal("<head></head><script>x()</script>")
        False
    """
    sealed = re.sub(r"<head>", lambda found: found.group() + FEEDBACK, _ACTIVE.sub("", page), count=1)
    return _ENTRY.sub(r"\1: \2</a>", sealed.replace("</head>", f"{_LOOK}</head>", 1))
