"""Exercises as data, and their mistakes as data too.

A unit is a package of `qlab.checks.units` (``u01_shared_state`` … ``u11_takeaway``, ``faq``) with one module a task,
named as the task is; its ``TASKS`` gives their order. Each `Task` holds the reference answer, seeded inputs, the form
of a result, misconceptions (a wrong implementation and the sentence that names the error in thinking), other right
implementations, and three hints. From that one declaration come the verdict in the notebook, the tests of the tests,
and the book's "what people get wrong".

To write a task, add its module to the unit's package and to ``TASKS``. It reads from top to bottom: ``task``, a
`Declaration` with id and points; then, each under its decorator, inputs, reference, view and judge where they are
needed, misconceptions and alternatives; at the end ``TASK = task.with_hints(…)``.

1. Functions are at module level, named with a leading underscore, and use only what the module imports or
   defines (the sample class copies their source into notebooks). References call the tested core.
2. ``inputs(rng)`` returns a list of argument tuples of plain data. Cases are redrawn until every misconception
   differs from the right answer and from each other by a hundred tolerances, so draw generously, cheaply.
3. ``returns`` is one of the forms in `qlab.checks._forms` (number, whole_number, boolean, choice, text, numbers,
   complex_numbers, ket, density_matrix, circuit, listing, collection, record, mapping).
4. Where several results are right, give a ``view`` (what matters, such as `up_to_phase`, `final_state`, `action`)
   or a ``judge(got, expected, *arguments)``. No judge samples. A ``remark(rows)`` may recognise kinds of wrong
   answers, such as a normal curve with any rounding; its sentence must be true of every answer that it is said of.
5. A misconception's function is named as its key. The sentence above it speaks about the thinking ("You read …,
   but …") and never shows the right value.

What several tasks of a unit share stands in its module ``_shared``; only inputs and judges may use it.
Units are found by their package's name and imported when first asked for.
"""

from qlab.checks._families import FAMILIES, OUTCOMES
from qlab.checks._judge import AnswerCrashed, CheckFailed, CouldNotTell, check, hint, judge_answer
from qlab.checks._registry import all_tasks, all_units, find_task, slug, tasks_of_unit
from qlab.checks._task import Misconception, Task, Verdict

__all__ = [
    "FAMILIES",
    "OUTCOMES",
    "AnswerCrashed",
    "CheckFailed",
    "CouldNotTell",
    "Misconception",
    "Task",
    "Verdict",
    "all_tasks",
    "all_units",
    "check",
    "find_task",
    "hint",
    "judge_answer",
    "slug",
    "tasks_of_unit",
]
