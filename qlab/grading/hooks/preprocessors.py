"""Preprocessors that let `nbgrader autograde` and formgrader's button grade in the sandbox.

:func:`qlab.grading.hooks.drop_in.configure` puts them in place: :class:`Rebuild` goes first among the
sanitising preprocessors, :class:`SplitExecute` takes the place of nbgrader's `Execute` and
:class:`SaveGrades` that of its `SaveAutoGrades`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from qlab.grading.notebooks.plan import make_job, support_files, without_clashes
from qlab.grading.notebooks.reading import Notebook, parse_notebook, rebuild
from qlab.grading.runs import jobs
from qlab.grading.runs.course import Course
from qlab.grading.runs.gradebook import GradebookWriter, load_assignment
from qlab.grading.wire.verdict import Verdict

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

    def _submitted(self, resources: Any) -> Path:
        """Return the directory of the submission at hand."""
        about = resources["nbgrader"]
        return self._course(resources).path("submitted", str(about["assignment"]), str(about["student"]))

    def _assignment(self, resources: Any) -> jobs.Assignment:
        course = self._course(resources)
        name = str(resources["nbgrader"]["assignment"])
        key = (name, course.fingerprint(name))
        if key not in _assignments:
            with GradebookWriter(course, name) as writer:
                _assignments[key] = load_assignment(course, name, writer)
        return _assignments[key]


class Rebuild(_WithCourse):
    """Puts the instructor's cells back: missing, renamed, doubled or edited ones."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook rebuilt around the instructor's source.

        A submission that is a link counts as empty: it may point at the solutions.
        """
        name = str(resources["nbgrader"]["notebook"])
        submitted = self._submitted(resources)
        if submitted.is_symlink() or (submitted / f"{name}.ipynb").is_symlink():
            self.log.warning("%s is a link and counts as empty", submitted)
            nb.cells = []
        plan = jobs.plan_of(self._assignment(resources), str(resources["nbgrader"]["notebook"]))
        rebuilt = rebuild(plan.released, parse_notebook(_text(nb).encode("utf-8", "replace")))
        return _node(rebuilt), resources


class SplitExecute(_WithCourse):
    """Runs student cells in the sandbox and test cells apart from them."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with its outputs, a failed test as an error output."""
        assignment = self._assignment(resources)
        plan = jobs.plan_of(assignment, str(resources["nbgrader"]["notebook"]))
        notebook: Notebook = json.loads(_text(nb))
        notebook = {**notebook, "cells": [dict(cell, source=_joined(cell["source"])) for cell in notebook["cells"]]}
        job = make_job(
            plan,
            notebook,
            directory=jobs.directory_of(assignment),
            limits=assignment.settings.limits,
            files={
                **without_clashes(support_files(self._submitted(resources), sole=True), assignment.files),
                **assignment.files,
            },
            relayed=list(assignment.settings.relayed),
        )
        jobs.fill(notebook, jobs.run_with_retry(assignment.settings, job))
        return _node(notebook), resources


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """Saves the scores, and asks for a manual grade where the grader could not tell."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        super()._add_score(cell, resources)
        if any(output.get("ename") == Verdict.COULD_NOT_TELL.words.error_name for output in cell.get("outputs", ())):
            about = (self.notebook_id, self.assignment_id, self.student_id)
            self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *about).needs_manual_grade = True
            self.gradebook.db.commit()


def _text(nb: Any) -> str:
    return str(nbformat.writes(nb))


def _node(notebook: Notebook) -> Any:
    return nbformat.from_dict(notebook)


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)
