"""The whole matrix, for every unit there is: task × misconception × alternative × seeds; `make soak` takes them all."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import inspect
import os
import pkgutil
import re
from collections import Counter
from collections.abc import Sequence

import pytest

from qlab import checks
from qlab.checks import FAMILIES, OUTCOMES, Task, all_tasks, all_units, judge_answer, slug, tasks_of_unit
from qlab.checks._exam import exam
from tests.rotation import of_the_day

FIXED: tuple[int | None, ...] = (None, 0, 1)
OTHERS = range(2, 50)
ALL = (None, *range(1050))


def seeds_of(day: datetime.date | None = None) -> tuple[int | None, ...]:
    """Three seeds that are always the same, and five of the other 48 that differ from day to day."""
    return (*FIXED, *of_the_day(OTHERS, 5, day))


SEEDS = FIXED if os.environ.get("FEW_SEEDS") else seeds_of()


def declared() -> list[Task]:
    """Tasks of all units that can be imported; `test_a_unit_has_its_tasks` fails for any other."""
    tasks: list[Task] = []
    for unit in all_units():
        with contextlib.suppress(ImportError):
            tasks += tasks_of_unit(unit)
    return tasks


def stub(*arguments: object) -> object:
    raise NotImplementedError


def seeds_give_right_verdicts(task: Task, seeds: Sequence[int | None]) -> None:
    """Every implementation of a task gets its own verdict for every seed; a failure names the seed."""
    for seed in seeds:
        for answer in (task.reference, *task.alternatives):
            verdict = judge_answer(task.id, answer, seed)
            assert verdict.status == "passed", (task.id, f"seed={seed}", answer.__name__, verdict)
        for misconception in task.misconceptions:
            verdict = judge_answer(task.id, misconception.answer, seed)
            assert (verdict.status, verdict.misconception) == ("failed", misconception.key), (
                task.id,
                f"seed={seed}",
                verdict,
            )
            assert verdict.message == misconception.says
        assert "Not done yet" in judge_answer(task.id, stub, seed).message


@pytest.mark.parametrize("task", declared(), ids=lambda task: task.id)
def test_each_implementation_gets_its_own_verdict(task: Task) -> None:
    seeds_give_right_verdicts(task, SEEDS)
    exam.cache_clear()


def test_every_seed_has_its_day() -> None:
    days = [datetime.date(2026, 1, 1) + datetime.timedelta(days=n) for n in range(48)]
    assert {seed for day in days for seed in seeds_of(day)} == {None, *range(50)}
    assert all(len(set(seeds_of(day))) == 8 for day in days)
    assert {None, *range(50)} <= set(ALL)


@pytest.mark.soak
@pytest.mark.parametrize("task", declared(), ids=lambda task: task.id)
def test_a_thousand_seeds_without_a_flake(task: Task) -> None:
    seeds_give_right_verdicts(task, ALL)
    exam.cache_clear()


@pytest.mark.parametrize("unit", all_units())
def test_a_unit_has_its_tasks(unit: str) -> None:
    tasks = tasks_of_unit(unit)
    # The faq asks five questions; networks and security have one topic more than the rest.
    assert len(tasks) == 5 if unit in ("06", "07", "faq") else 3 <= len(tasks) <= 4


@pytest.mark.parametrize("task", declared(), ids=lambda task: task.id)
def test_sentences_and_hints_are_the_tasks_own(task: Task) -> None:
    says = [m.says for m in task.misconceptions]
    assert len(set(says)) == len(says)
    assert len(set(task.hints)) == 3
    for text in (*says, *task.hints):
        assert text.strip()[-1] in ".?!:)", text
        assert not re.search(r"\b(wrong value|incorrect)\b", text), text
        assert not re.search(r"TODO|FIXME", text)


def package(unit: str) -> str:
    return f"qlab.checks.units.{slug(unit) if unit == 'faq' else f'u{slug(unit)}'}"


@pytest.mark.parametrize("task", declared(), ids=lambda task: task.id)
def test_implementations_are_functions_of_the_tasks_own_module(task: Task) -> None:
    for answer in (task.reference, *task.alternatives, *(m.answer for m in task.misconceptions)):
        assert answer.__module__ == f"{package(task.unit)}.{task.name}"
        assert "<" not in answer.__qualname__, f"{task.id}: {answer.__qualname__} is not at module level"


@pytest.mark.parametrize("unit", all_units())
def test_a_unit_has_no_module_besides_its_tasks(unit: str) -> None:
    modules = {found.name for found in pkgutil.iter_modules(importlib.import_module(package(unit)).__path__)}
    assert modules - {"_shared"} == {task.name for task in tasks_of_unit(unit)}


def test_no_sentence_serves_two_tasks() -> None:
    counts = Counter(m.says for task in all_tasks() for m in task.misconceptions)
    assert not [says for says, n in counts.items() if n > 1]


def test_families_and_outcomes_come_from_the_shared_list() -> None:
    tasks = all_tasks()
    assert {task.outcome for task in tasks} <= set(OUTCOMES)
    assert {m.family for task in tasks for m in task.misconceptions} <= set(FAMILIES)


def test_no_loaded_package_hides_a_public_name() -> None:
    all_tasks()
    assert not [name for name in checks.__all__ if inspect.ismodule(getattr(checks, name))]
