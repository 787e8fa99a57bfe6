"""Slips are named, and only where they are true: undoing the slip gives the right answer on every input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qlab.checks import find_task, judge_answer
from qlab.circuits import Circuit

Slipped = Callable[[Callable[..., Any]], Callable[..., Any]]


def after(change: Callable[[Any], Any]) -> Slipped:
    """The right answer with something done to it."""
    return lambda right: lambda *arguments: change(right(*arguments))


def under(key: str, change: Callable[[Any], Any]) -> Slipped:
    """The right table with something done to one entry."""
    return after(lambda table: {**table, key: change(table[key])})


def _turned(circuit: Circuit) -> Circuit:
    turned = Circuit(2)
    for operation in circuit.operations:
        turned = turned.gate(operation.name, *(1 - q for q in operation.qubits))
    return turned


SLIPS: list[tuple[str, Slipped, str]] = [
    ("02.chance_of_zero", after(lambda p: 1 - p), "opposite"),
    ("02.chance_same", after(lambda p: 1 - p), "opposite"),
    ("02.chance_same", lambda right: lambda angles: right(np.radians(angles).tolist()), "degrees"),
    ("02.shots_needed", after(lambda n: n - 1), "rounded down"),
    ("02.shots_needed", after(lambda n: n + 1), "one too high"),
    ("02.chance_same", after(lambda p: round(p, 4)), "rounded to 4 decimals"),
    ("02.chance_same", after(lambda p: p * 1.002 if p < 0.99 else p), "close, but not exact"),
    ("02.chance_same", lambda right: lambda angles: 0.4, "same answer for every input"),
    ("09.comparison_row", under("agree_z", lambda p: 2 * p - 1 if p >= 0.5 else p), "agree_z"),
    ("06.storage_time", after(lambda t: t / 1000), "a thousand"),
    ("06.raw_pairs", after(lambda n: 1.7 * n), "same factor"),
    ("10.bell_time", after(lambda t: t / 2), "half of what is asked"),
    ("08.pair_figures", under("s", lambda s: (s + 4) / 8), "chance of winning"),
    ("08.witness", under("entangled", lambda yes: not yes), "yes and no exchanged"),
    ("01.marginals", after(lambda halves: [half.T for half in halves]), "transposed"),
    ("02.register_chances", after(lambda p: np.asarray(p)[::-1]), "reverse order"),
    ("03.cnots_used", lambda right: lambda n, layout, gates: right(n, layout, gates) + 1, "one too high"),
    ("07.abort_limit", after(lambda k: k + 1), "one too high"),
]


@pytest.mark.parametrize(("task_id", "slipped", "words"), SLIPS, ids=lambda value: value if type(value) is str else "")
def test_a_slip_is_named(task_id: str, slipped: Slipped, words: str) -> None:
    answer = slipped(find_task(task_id).reference)
    for seed in (None, 3):
        verdict = judge_answer(task_id, answer, seed)
        assert words in verdict.message or (seed is not None and "hidden" in verdict.message), verdict


@pytest.mark.parametrize("turn", [np.degrees, lambda x: np.multiply(x, 0.5), lambda x: np.multiply(x, -1)])
def test_any_right_angles_are_known_again_in_degrees_halved_or_turned(turn: Callable[[Any], Any]) -> None:
    task = find_task("04.best_angles")
    for right in task.alternatives:
        verdict = judge_answer(task.id, lambda name, tilt, right=right: turn(right(name, tilt)))
        assert verdict.status == "failed"
        assert "hint" not in verdict.message or any(w in verdict.message for w in ("degrees", "half", "sign"))
        assert "not right" not in verdict.message


def test_a_list_says_which_item_and_a_table_which_entry() -> None:
    task = find_task("01.sort_states")
    words = ("product", "separable", "entangled")

    def one_wrong(states: list[Any]) -> list[str]:
        found = task.reference(states)
        found[2] = words[(words.index(found[2]) + 1) % 3]
        return found

    assert "see item 3 of 6" in judge_answer(task.id, one_wrong).message
    row = find_task("09.comparison_row")
    message = judge_answer(row.id, lambda rho: {**row.reference(rho), "agree_z": 0.123, "agree_x": 0.321}).message
    assert "see under 'agree_z' and 'agree_x'" in message
