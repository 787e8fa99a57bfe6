"""Where the units are: packages found by name, imported when first asked for."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path

from qlab import _validate
from qlab.checks._task import Task

UNITS = Path(__file__).parent / "units"


@cache
def unit_packages() -> dict[str, str]:
    """Name of every unit's package by unit, in the course's order: ``{"01": "u01_shared_state", …, "faq": "faq"}``."""
    names = [info.name for info in pkgutil.iter_modules([str(UNITS)])]
    found = {name[1:3]: name for name in sorted(names) if re.match(r"u\d\d_", name)}
    return found | ({"faq": "faq"} if "faq" in names else {})


def all_units() -> tuple[str, ...]:
    """The units that exist, in the course's order."""
    return tuple(unit_packages())


def slug(unit: str) -> str:
    """Name of a unit's folders and notebooks, such as ``"04_bell_tests"``."""
    return unit_packages()[_validate.one_of("unit", unit, unit_packages())].removeprefix("u")


@cache
def tasks_of_unit(unit: str) -> tuple[Task, ...]:
    """The graded tasks of a unit such as ``"04"`` or ``"faq"``, in their order.

    Raises:
        ValueError: where there is no such unit.
    """
    _validate.one_of("unit", unit, unit_packages())
    package = importlib.import_module(f"qlab.checks.units.{unit_packages()[unit]}")
    tasks: tuple[Task, ...] = package.TASKS
    foreign = [task.id for task in tasks if task.unit != unit]
    if foreign or len({task.id for task in tasks}) != len(tasks):
        raise _validate.fail(f"task ids of unit {unit}", "must be its own and differ", [task.id for task in tasks])
    return tasks


def all_tasks() -> tuple[Task, ...]:
    """Every graded task of the course."""
    return tuple(task for unit in all_units() for task in tasks_of_unit(unit))


def find_task(task_id: str) -> Task:
    """The task of an id such as ``"04.best_angles"``.

    Raises:
        ValueError: where there is no such task.
    """
    unit = task_id.split(".", 1)[0] if isinstance(task_id, str) else ""
    tasks = {task.id: task for task in tasks_of_unit(unit)} if unit in unit_packages() else {}
    if task_id not in tasks:
        raise _validate.fail("id", "must be the id of a task of this course", task_id)
    return tasks[task_id]
