"""Preprocessors that let `nbgrader autograde` and formgrader's button grade in the sandbox.

:func:`qlab.grading.hooks.drop_in.configure` puts them in place: :class:`Rebuild` goes first among the
sanitising preprocessors, :class:`SplitExecute` takes the place of nbgrader's `Execute` and
:class:`SaveGrades` that of its `SaveAutoGrades`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from qlab.grading.notebooks.missed import with_causes
from qlab.grading.notebooks.reading import Notebook, UnreadableNotebook, parse_notebook
from qlab.grading.notebooks.rebuilding import demand_own_cells, rebuild
from qlab.grading.runs import jobs
from qlab.grading.runs.course import Course
from qlab.grading.runs.gradebook import GradebookWriter, load_assignment
from qlab.grading.runs.reference import settled
from qlab.grading.runs.submitted import Submission
from qlab.grading.wire.verdict import Verdict

_REFUSED = "not-graded"
"""Where a page's metadata says why a notebook is not graded; what a learner writes there is dropped."""
_assignments: dict[tuple[str, str], jobs.Assignment] = {}


class _WithCourse(NbGraderPreprocessor):  # type: ignore[misc]
    """What both preprocessors need: the assignment and the plan of the notebook at hand."""

    def _course(self, resources: Any) -> Course:
        coursedir = getattr(getattr(self.parent, "parent", None), "coursedir", None)
        root = Path(coursedir.root if coursedir is not None else ".").resolve()
        course = Course(root)
        if resources["nbgrader"].get("db_url"):
            course.db_url = resources["nbgrader"]["db_url"]
        return course

    def _submission(self, resources: Any) -> Submission:
        """Return the submission at hand, empty if its folder is a link."""
        about = resources["nbgrader"]
        assignment, learner = str(about["assignment"]), str(about["student"])
        course = self._course(resources)
        if course.is_linked(assignment, learner):
            return Submission(learner, assignment, {}, {}, {}, None)
        return course.submission(assignment, learner)

    def _assignment(self, resources: Any) -> jobs.Assignment:
        course = self._course(resources)
        name = str(resources["nbgrader"]["assignment"])
        key = (name, course.fingerprint(name))
        if key not in _assignments:
            with GradebookWriter(course, name) as writer:
                loaded = load_assignment(course, name, writer)
            _assignments[key] = settled(course, name, loaded)
        return _assignments[key]


class Rebuild(_WithCourse):
    """Puts the instructor's cells back: missing, renamed, doubled or edited ones."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:  # noqa: ARG002 - nbgrader demands it
        """Return the notebook rebuilt around the instructor's source.

        It is read from the learner's file as `qlab grade` reads it, not as nbgrader has: what is refused there
        is refused here, and earns nothing.
        """
        about = resources["nbgrader"]
        name, learner = str(about["notebook"]), str(about["student"])
        assignment = self._assignment(resources)
        plan = jobs.plan_of(assignment, name)
        submission = self._submission(resources)
        try:
            if name not in submission.notebooks:
                raise UnreadableNotebook(submission.unreadable.get(name, "it is a link"))
            submitted = parse_notebook(submission.notebooks[name])
            demand_own_cells(plan.released, submitted)
        except UnreadableNotebook as error:
            self.log.error("%s of %s is not graded: %s", name, learner, error)
            return _refusal(assignment, name, str(error)), resources
        notes: list[str] = []
        rebuilt = rebuild(plan.released, submitted, notes)
        for note in notes:
            self.log.warning("%s of %s: %s", name, learner, note)
        return _node(rebuilt), resources


class SplitExecute(_WithCourse):
    """Runs student cells in the sandbox and test cells apart from them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with its outputs, a failed test as an error output."""
        assignment = self._assignment(resources)
        name = str(resources["nbgrader"]["notebook"])
        if _REFUSED in nb.metadata:
            return _refusal(assignment, name, nb.metadata[_REFUSED]), resources
        submission = self._submission(resources)
        notebook: Notebook = json.loads(_text(nb))
        notebook = {**notebook, "cells": [dict(cell, source=_joined(cell["source"])) for cell in notebook["cells"]]}
        job = jobs.job_for(assignment, name, notebook, submission.files, assignment.standings.get(name, {}))
        outcome = jobs.run_with_retry(assignment.settings, job)
        left_out = {**assignment.left_out, **submission.ignored}
        jobs.fill(notebook, replace(outcome, tests=with_causes(outcome.tests, notebook, outcome.cells, left_out)))
        return _node(notebook), resources


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """Saves the scores, and asks for a manual grade where the grader could not tell."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        super()._add_score(cell, resources)
        if any(_waits(output) for output in cell.get("outputs", ())):
            about = (self.notebook_id, self.assignment_id, self.student_id)
            self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *about).needs_manual_grade = True
            self.gradebook.db.commit()


def _refusal(assignment: jobs.Assignment, name: str, why: str) -> Any:
    """Return the page of a notebook that is not graded; it says so in its metadata, as nbgrader clears the outputs."""
    page = nbformat.reads(jobs.refused(assignment, name, why).text, as_version=4)
    page.metadata[_REFUSED] = why
    return page


def _waits(output: Any) -> bool:
    """Return whether a test's output says that a person should look at it."""
    unsure = (Verdict.COULD_NOT_TELL.words.error_name, Verdict.NEEDS_A_LOOK.words.error_name)
    return output.get("ename") in unsure or str(output.get("text", "")).startswith(jobs.TO_CONFIRM)


def _text(nb: Any) -> str:
    return str(nbformat.writes(nb))


def _node(notebook: Notebook) -> Any:
    return nbformat.from_dict(notebook)


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)
