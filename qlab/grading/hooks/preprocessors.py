"""Preprocessors that let `nbgrader autograde` and formgrader's button grade in the sandbox.

:class:`~qlab.grading.hooks.exporters.GradingExporter` puts them in place: :class:`Rebuild` before the sanitising
ones, :class:`SplitExecute` where nbgrader's `Execute` stands and :class:`AskPerson` after its `SaveAutoGrades`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Instance

from qlab.grading.notebooks.language import Language
from qlab.grading.notebooks.missed import with_causes
from qlab.grading.notebooks.reading import Notebook, UnreadableNotebook, grade_id, is_test, marks, parse_notebook
from qlab.grading.notebooks.rebuilding import demand_own_cells, rebuild
from qlab.grading.runs import jobs
from qlab.grading.runs.course import Course
from qlab.grading.runs.gradebook import GradebookWriter, load_assignment
from qlab.grading.runs.options import demand_honoured, without_effect
from qlab.grading.runs.reference import broken, settled
from qlab.grading.runs.submitted import Submission
from qlab.grading.wire.messages import Judgement
from qlab.grading.wire.verdict import Verdict

_REFUSED = "not-graded"
"""Where a page's metadata says why a notebook is not graded; what a learner writes there is dropped."""
_assignments: dict[tuple[str, str, str], jobs.Assignment] = {}


class _WithCourse(NbGraderPreprocessor):  # type: ignore[misc]
    """What both preprocessors need: the assignment and the plan of the notebook at hand."""

    def _course(self) -> Course:
        """Return the course as the running application knows it: its configuration, command line and folders."""
        converter = self.parent.parent
        return Course.of_application(converter.coursedir, converter.config)

    def _submission(self, resources: Any) -> Submission:
        """Return the submission at hand, empty if its folder is a link."""
        about = resources["nbgrader"]
        assignment, learner = str(about["assignment"]), str(about["student"])
        course = self._course()
        if course.is_linked(assignment, learner):
            return Submission(learner, assignment, {}, {}, {}, None)
        return course.submission(assignment, learner)

    def _assignment(self, resources: Any) -> jobs.Assignment:
        course = self._course()
        name = str(resources["nbgrader"]["assignment"])
        key = (name, course.db_url, course.fingerprint(name))
        if key not in _assignments:
            demand_honoured(course.config, door="nbgrader")
            for note in without_effect(course.config, door="nbgrader"):
                self.log.warning("%s", note)
            with GradebookWriter(course, name) as writer:
                loaded = load_assignment(course, name, writer)
            _assignments[key] = settled(course, name, loaded)
            for test, why in broken(_assignments[key].standings).items():
                self.log.error("%s/%s fails with your own answer, so nobody is judged by it: %s", name, test, why)
        return _assignments[key]

    def _foreign(self, resources: Any) -> Language | None:
        """Return the language of a notebook that is not Python's."""
        return self._course().foreign(str(resources["nbgrader"]["assignment"])).get(resources["nbgrader"]["notebook"])


class Rebuild(_WithCourse):
    """Puts the instructor's cells back: missing, renamed, doubled or edited ones."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook rebuilt around the instructor's source.

        It is read from the learner's file as `qlab grade` reads it, not as nbgrader has: what is refused there
        is refused here, and earns nothing.
        """
        about = resources["nbgrader"]
        name, learner = str(about["notebook"]), str(about["student"])
        if (language := self._foreign(resources)) is not None:
            return self._left(nb, resources, language)
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

    def _left(self, nb: Any, resources: Any, language: Language) -> tuple[Any, Any]:
        """Leave a notebook of another language to stock, if the course says so.

        Raises:
            ValueError: it does not, and the assignment has no notebook that can be graded here.
        """
        course, name = self._course(), resources["nbgrader"]["notebook"]
        if language.kernel in course.options.stock_kernels:
            self.log.warning("%s is left to nbgrader's Execute, without a sandbox: %s", name, language)
            return nb, resources
        why = language.refusal(name)
        assignment = str(resources["nbgrader"]["assignment"])
        course.source_notebooks(assignment)
        self.log.error("%s of %s is not graded: %s", name, resources["nbgrader"]["student"], why)
        nb.metadata[_REFUSED] = why
        return nb, resources


class SplitExecute(_WithCourse):
    """Runs student cells in the sandbox and test cells apart from them."""

    stock = Instance(Execute, help="The preprocessor of nbgrader's whose place this one takes.")

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with its outputs, a failed test as an error output."""
        name, learner = str(resources["nbgrader"]["notebook"]), str(resources["nbgrader"]["student"])
        if self._foreign(resources) is not None:
            if _REFUSED in nb.metadata:
                return _unjudged(nb, nb.metadata[_REFUSED]), resources
            self.stock.on_notebook_start = None  # the course has said that this kernel may run without a sandbox
            done: tuple[Any, Any] = self.stock(nb, resources)
            return done
        assignment = self._assignment(resources)
        if _REFUSED in nb.metadata:
            return _refusal(assignment, name, nb.metadata[_REFUSED]), resources
        submission = self._submission(resources)
        notebook: Notebook = json.loads(_text(nb))
        notebook = {**notebook, "cells": [dict(cell, source=_joined(cell["source"])) for cell in notebook["cells"]]}
        job = jobs.job_for(assignment, name, notebook, submission.files, assignment.standings.get(name, {}))
        outcome = jobs.run_with_retry(assignment.settings, job)
        left_out = {**assignment.left_out, **submission.ignored}
        tests = with_causes(outcome.tests, notebook, outcome.cells, left_out)
        for test, judgement in tests.items():
            if judgement.waits:
                why = judgement.look or judgement.detail or judgement.message
                self.log.warning("%s of %s, %s, waits for a person: %s", name, learner, test, why)
        jobs.fill(notebook, replace(outcome, tests=tests))
        return _node(notebook), resources


class AskPerson(NbGraderPreprocessor):  # type: ignore[misc]
    """Asks for a manual grade where the grader could not tell, when nbgrader has saved the scores."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Mark in the gradebook what a person should look at."""
        about = resources["nbgrader"]
        where = (about["notebook"], about["assignment"], about["student"])
        waiting = [
            name
            for cell in nb.cells
            if is_test(cell) and any(map(_waits, cell.get("outputs", ()))) and (name := grade_id(cell))
        ]
        if waiting:
            with Gradebook(about["db_url"]) as book:
                for name in waiting:
                    book.find_grade(name, *where).needs_manual_grade = True
                book.db.commit()
        return nb, resources


def _refusal(assignment: jobs.Assignment, name: str, why: str) -> Any:
    """Return the page of a notebook that is not graded; it says so in its metadata, as nbgrader clears the outputs."""
    page = nbformat.reads(jobs.refused(assignment, name, why).text, as_version=4)
    page.metadata[_REFUSED] = why
    return page


def _unjudged(nb: Any, why: str) -> Any:
    """Return a notebook that is not run and whose tests wait for a person."""
    judgement = Judgement(Verdict.COULD_NOT_TELL, "This notebook was not graded by a program.", why)
    for cell in nb.cells:
        if is_test(cell) and marks(cell).get("grade_id"):
            cell.outputs = [nbformat.from_dict(output) for output in jobs.verdict_outputs(judgement)]
    return nb


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
