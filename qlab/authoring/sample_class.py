"""A class of sample learners whose scores are known beforehand, composed from the units' declarations.

    python -m qlab.authoring.sample_class _build/sample
    python -m qlab.authoring.sample_class _build/sample --learners 30 --units 01 02

writes ``submitted/<learner>/<unit>/<unit>.ipynb`` for nbgrader and ``expected.json`` beside it. Each answer cell
holds a model answer, another right answer, a misconception, a crash, a result of the wrong kind, nothing at all or
the untouched stub. The roles rotate from learner to learner and from task to task, so that in a class of 30 every
misconception and every alternative of every task is held by somebody. Nothing here is random.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qlab.authoring._source import implementation_source
from qlab.authoring.cut import ROOT
from qlab.checks._registry import all_units, slug, tasks_of_unit
from qlab.checks._task import Task

LEARNERS = (
    "ada", "bela", "chloe", "dmitri", "esther", "farid", "grete", "hiro", "ines", "jonas",
    "kwame", "leila", "marek", "nadia", "oskar", "priya", "quentin", "rosa", "sven", "tala",
    "umar", "vera", "wei", "xenia", "yusuf", "zofia", "amara", "bruno", "carla", "deniz",
)  # fmt: skip
"""The first answers everything, the second hands in everything untouched."""


@dataclass(frozen=True)
class Role:
    """What one answer cell holds.

    Attributes:
        kind: ``"reference"``, ``"alternative"``, ``"misconception"``, ``"crash"``, ``"wrong kind"``,
            ``"empty"`` or ``"stub"``.
        name: the alternative's function or the misconception's key, else an empty text.
    """

    kind: str
    name: str = ""

    @property
    def right(self) -> bool:
        """Whether the answer earns the points."""
        return self.kind in ("reference", "alternative")

    @property
    def status(self) -> str:
        """The verdict to be expected on both of the task's tests; empty where the answer's name is not defined."""
        return {"crash": "crashed", "empty": ""}.get(self.kind, "passed" if self.right else "failed")


@dataclass(frozen=True)
class Expected:
    """What must come out for one task of one submission.

    Attributes:
        task: the task's id.
        role: what the answer cell holds.
        status: the verdict of both tests; empty for an empty cell, where only the points are fixed.
        misconception: key to be recognised, or None.
        says: its sentence, or an empty text.
        points: by grade id, points of the visible and of the hidden test.
    """

    task: str
    role: str
    status: str
    misconception: str | None
    says: str
    points: dict[str, float]


@dataclass(frozen=True)
class Submission:
    """One notebook of one learner.

    Attributes:
        learner: the learner's id.
        unit: slug of the unit, the assignment's name.
        tasks: what must come out.
    """

    learner: str
    unit: str
    tasks: tuple[Expected, ...]

    @property
    def score(self) -> float:
        """Points of all automatically graded cells."""
        return sum(sum(task.points.values()) for task in self.tasks)


def roles(task: Task) -> list[Role]:
    """Everything that an answer cell of a task may hold."""
    right = [Role("alternative", answer.__name__) for answer in task.alternatives]
    wrong = [Role("misconception", m.key) for m in task.misconceptions]
    return [Role("reference"), *wrong, *right, Role("stub"), Role("crash"), Role("wrong kind"), Role("empty")]


def role_of(task: Task, task_number: int, learner: int) -> Role:
    """What a learner of the sample class answers in a task: the first two are fixed, the others rotate.

    Args:
        task: the task.
        task_number: its place in the course, from 0.
        learner: the learner's place in the class, from 0.
    """
    if learner < 2:
        return Role("reference" if learner == 0 else "stub")
    choices = roles(task)
    return choices[(learner - 2 + 3 * task_number) % len(choices)]


def answer_source(task: Task, role: Role, released: str) -> str:
    """Source of an answer cell.

    Args:
        task: the task.
        role: what to put in.
        released: the cell as it was handed out.
    """
    if role.kind == "stub":
        return released
    if role.kind == "empty":
        return ""
    if role.kind == "crash":
        return f"def {task.name}(*arguments):\n    return {{}}['not there']\n"
    if role.kind == "wrong kind":
        return f"def {task.name}(*arguments):\n    print('no result yet')\n"
    implementations = {("reference", ""): task.reference}
    implementations |= {("alternative", answer.__name__): answer for answer in task.alternatives}
    implementations |= {("misconception", m.key): m.answer for m in task.misconceptions}
    answer = implementations[role.kind, role.name]
    return f"{implementation_source(answer)}\n\n{task.name} = {answer.__name__}\n"


def expected(task: Task, role: Role) -> Expected:
    """Verdict, misconception and points that grading must give for a role.

    Args:
        task: the task.
        role: what stands in its answer cell.
    """
    held = next((m for m in task.misconceptions if role == Role("misconception", m.key)), None)
    points = {"visible": 1.0, "hidden": task.points - 1.0}
    return Expected(
        task.id,
        f"{role.kind} {role.name}".strip(),
        role.status,
        held.key if held else None,
        held.says if held else "",
        {f"{task.grade_id}-{part}": worth if role.right else 0.0 for part, worth in points.items()},
    )


def submission(unit: str, learner: int, released: dict[str, Any]) -> tuple[Submission, dict[str, Any]]:
    """One learner's notebook of a unit, and what must come out.

    Args:
        unit: such as ``"04"``.
        learner: position in `LEARNERS`.
        released: the notebook of exercises/, which is not changed.
    """
    tasks = {task.grade_id: (number, task) for number, task in enumerate(tasks_of_unit(unit))}
    cells, outcomes = [], []
    for cell in released["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in tasks:
            number, task = tasks[grade_id]
            role = role_of(task, number, learner)
            source = answer_source(task, role, "".join(cell["source"]))
            cell = {**cell, "source": source.rstrip("\n").splitlines(keepends=True)}
            outcomes.append(expected(task, role))
        elif grade_id == "reflection" and learner != 1:
            cell = {**cell, "source": [f"What I take from this unit, {LEARNERS[learner]}."]}
        cells.append(cell)
    return Submission(LEARNERS[learner], slug(unit), tuple(outcomes)), {**released, "cells": cells}


def write_class(
    folder: Path, *, learners: int = len(LEARNERS), only: Iterable[str] = (), exercises: Path = ROOT / "exercises"
) -> list[Submission]:
    """Write the class and return what must come out.

    Args:
        folder: gets ``submitted/<learner>/<unit>/<unit>.ipynb`` and ``expected.json``.
        learners: how many, at most 30.
        only: units, by default all.
        exercises: the notebooks as handed out.

    Raises:
        ValueError: where more learners are asked for than have names.
    """
    if not 1 <= learners <= len(LEARNERS):
        raise ValueError(f"learners must be from 1 to {len(LEARNERS)}, got {learners}")
    written = []
    for unit in tuple(only) or all_units():
        name = slug(unit)
        released = json.loads((exercises / name / f"{name}.ipynb").read_text(encoding="utf-8"))
        for learner in range(learners):
            handed_in, document = submission(unit, learner, released)
            path = folder / "submitted" / handed_in.learner / name / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            written.append(handed_in)
    table = [{**asdict(each), "score": each.score} for each in written]
    (folder / "expected.json").write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return written


def main() -> None:
    """Run the command described above."""
    parser = argparse.ArgumentParser(
        prog="python -m qlab.authoring.sample_class", description="Write the sample class."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--learners", type=int, default=len(LEARNERS))
    parser.add_argument("--units", nargs="*", default=())
    chosen = parser.parse_args()
    written = write_class(chosen.folder, learners=chosen.learners, only=chosen.units)
    print(f"{len(written)} notebooks in {chosen.folder / 'submitted'}, scores in {chosen.folder / 'expected.json'}")


if __name__ == "__main__":
    main()
