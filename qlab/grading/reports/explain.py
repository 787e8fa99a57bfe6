"""`qlab grade --explain LEARNER TASK`: why a task got the points it got."""

from __future__ import annotations

from collections.abc import Iterator

from qlab.grading.notebooks.plan import make_plan
from qlab.grading.notebooks.reading import UnreadableNotebook, grade_id, parse_notebook
from qlab.grading.notebooks.rebuilding import rebuild
from qlab.grading.reports.tables import Graded, TaskCells, graded_of, plain, tasks_of
from qlab.grading.runs.course import Course


def explain(course: Course, learner: str, task: str, assignments: list[str]) -> list[str]:
    """Return the lines of the explanation: the answer as submitted, then every test and its verdict.

    Args:
        course: the course.
        learner: the learner's id.
        task: grade id of the task's solution cell or of one of its tests, or as learners know it: "01.telling_angle".
        assignments: where to look; the first that has the task and a graded submission counts.

    Raises:
        ValueError: no such task, or the learner's submission has not been graded.
    """
    having = [(name, one) for name in assignments for one in tasks_of(course, name) if _is_meant(task, name, one)]
    if not having:
        known = sorted({one.name for name in assignments for one in tasks_of(course, name)})
        raise ValueError(f"task must be one of {', '.join(known)}, got {task!r}")
    for name, one in having:
        graded = graded_of(course, name, learner)
        if graded is not None:
            return [plain(line) for line in _lines(course, name, one, graded)]
    raise ValueError(f"learner must have a graded submission of {having[0][0]}, got {learner!r}")


def _is_meant(task: str, assignment: str, one: TaskCells) -> bool:
    """Return whether a task is called so, by its cell, one of its tests, or unit and task as the checks name them."""
    unit, dot, name = task.rpartition(".")
    if task in (one.name, *one.points):
        return True
    return bool(dot) and assignment.split("_")[0] == unit and one.name.replace("-", "_") == name.replace("-", "_")


def _by_hand(course: Course, assignment: str, task: TaskCells, learner: str) -> Iterator[str]:
    """Yield what a person gave and wrote."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(course.db_url, course.course_id) as book:
        try:
            notebook = book.find_submission_notebook(task.notebook, assignment, learner)
        except MissingEntry:
            return
        for grade in notebook.grades:
            if grade.name in task.points and grade.manual_score is not None:
                again = ", to be looked at again" if grade.needs_manual_grade else ""
                yield f"{grade.name}: {grade.manual_score:g} of {grade.max_score:g} points by hand{again}"
        for comment in notebook.comments:
            if comment.name in (task.name, *task.points) and comment.manual_comment:
                yield f"  Comment: {comment.manual_comment}"


def _lines(course: Course, assignment: str, task: TaskCells, graded: Graded) -> Iterator[str]:
    yield f"{graded.learner}, {assignment}/{task.notebook}, {task.name}"
    yield ""
    yield from (f"    {line}" for line in _answer(course, assignment, task, graded.learner).split("\n"))
    if task.notebook in graded.refused:
        yield f"The notebook was refused: {graded.refused[task.notebook]}"
        return
    if task.manual:
        yield f"A person grades this; up to {sum(task.points.values()):g} points."
        yield from _by_hand(course, assignment, task, graded.learner)
        return
    verdicts = graded.tests.get(task.notebook, {})
    for test, points in task.points.items():
        found = verdicts.get(test)
        yield ""
        if found is None:
            yield f"{test}: 0 of {points:g} points; the notebook was not submitted"
            continue
        got = found.points(points)
        seconds = f", {found.seconds:.2f} s" if found.seconds is not None else ""
        yield f"{test}: {got:g} of {points:g} points; {found.verdict.words.explained}{seconds}"
        more = (
            ("The learner reads", found.message),
            ("Misconception", found.misconception),
            ("For you only", found.detail),
            ("To be confirmed", found.look if found.look != found.detail else ""),
        )
        yield from (f"  {label}: {text}" for label, text in more if text)


def _answer(course: Course, assignment: str, task: TaskCells, learner: str) -> str:
    content = course.submission(assignment, learner).notebooks.get(task.notebook)
    try:
        submitted = parse_notebook(content) if content is not None else {"cells": []}
    except UnreadableNotebook as error:
        return f"({error})"
    released = make_plan(task.notebook, course.source_notebooks(assignment)[task.notebook]).released
    cells = rebuild(released, submitted)["cells"]
    sources = [cell["source"] for cell in cells if grade_id(cell) == task.name]
    return sources[0] or "(the cell is missing from the submission, or empty)"
