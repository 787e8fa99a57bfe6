"""What a task says of kinds of wrong answers that no single misconception explains; each sentence is true of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from qlab.checks import find_task, judge_answer
from qlab.checks.units.u11_takeaway.decide import CLAIMS, VERDICTS

SEEDS = (None, 1, 2, 3)
Limit = Callable[[int, float, float], int]


def told(task: str, answer: Callable[..., Any]) -> set[str]:
    """All that is said of an answer, which must be wrong everywhere."""
    verdicts = [judge_answer(task, answer, seed) for seed in SEEDS]
    assert {each.status for each in verdicts} == {"failed"}
    return {each.message for each in verdicts}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_giving_up_some_questions_only_is_not_called_agreeing(count: int) -> None:
    for corners in combinations(np.ndindex(2, 2), count):
        for said in told("04.best_without_pairs", lambda chances, c=corners: 1 - min(chances[xy] for xy in c)):
            if corners == ((1, 1),):
                assert said.startswith("Your value is that of players who agree every time.")
            else:
                assert said.startswith("Each of your values is what some answer table reaches")


def curve(far: float | None, rounded: Callable[[float], int], shift: float = 0.0) -> Limit:
    def limit(n: int, q: float, false_alarm: float) -> int:
        sigmas = NormalDist().inv_cdf(1 - false_alarm) if far is None else far
        return max(0, rounded(n * q + sigmas * math.sqrt(n * q * (1 - q)) + shift))

    return limit


def poisson(n: int, q: float, false_alarm: float) -> int:
    def more_than(k: int) -> float:
        logs = (i * math.log(n * q) - n * q - math.lgamma(i + 1) for i in range(k + 1, k + 400))
        return sum(math.exp(each) for each in logs)

    return next(k for k in range(n + 1) if more_than(k) <= false_alarm)


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (curve(None, math.floor), "Your limits are those of a normal curve."),
        (curve(None, math.ceil), "Your limits are those of a normal curve."),
        (curve(None, round), "Your limits are those of a normal curve."),
        (curve(None, math.ceil, -0.5), "Your limits are those of a normal curve."),
        (curve(3, math.floor), "Your limits lie a fixed number of standard deviations above the mean."),
        (curve(5, math.ceil), "Your limits lie a fixed number of standard deviations above the mean."),
        (poisson, "Your limits are those of a Poisson distribution."),
    ],
    ids=["floor", "ceil", "round", "continuity", "three", "five", "poisson"],
)
def test_limits_by_another_law_are_called_by_its_name(limit: Limit, said: str) -> None:
    assert all(each.startswith(said) for each in told("07.abort_limit", limit))


def error_of(counted: Callable[[list[int]], float]) -> Callable[..., dict[str, Any]]:
    reference = find_task("11.accept_pairs").reference

    def answer(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
        f = reference(counts, threshold)["fidelity"]
        error = math.sqrt(f * (1 - f) / counted([sum(each) for each in counts.values()]))
        return {"fidelity": f, "error": error, "accept": f - 1.645 * error >= threshold}

    return answer


@pytest.mark.parametrize("counted", [sum, min, lambda n: sum(n) / 3, lambda n: n[0]], ids=["all", "min", "mean", "XX"])
def test_the_error_of_one_share_is_recognised_and_its_decision_is_not_blamed(counted: Any) -> None:
    for said in told("11.accept_pairs", error_of(counted)):
        assert said.startswith("Your error is that of a share counted in one series of rounds.")


def test_a_decision_is_blamed_by_itself_only_where_nothing_else_is_wrong() -> None:
    reference = find_task("11.accept_pairs").reference

    def answer(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
        found = reference(counts, threshold)
        return {**found, "error": found["error"] / 40, "accept": found["fidelity"] >= threshold}

    assert not any("compared the estimate itself" in said for said in told("11.accept_pairs", answer))


def figures(one: float, two: float) -> Callable[..., dict[str, float]]:
    def answer(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
        p, q = one * one_qubit_error, two * two_qubit_error  # chances of a Pauli error
        kept, phase = 1 - 16 * q / 15, 1 - 4 * p / 3
        zz, xx = kept, kept * phase
        return {"fidelity": (1 + zz + 2 * xx) / 4, "s": math.sqrt(2) * (zz + xx) * (1 - 2 * readout_error) ** 2}

    return answer


def test_infidelity_for_the_chance_of_an_error_is_named_for_both_gates_and_for_one() -> None:
    assert judge_answer("08.pair_figures", figures(1.5, 1.25)).status == "passed"
    for one, two, said in (
        (1, 1, "You took the average infidelity for the chance of an error."),
        (1, 1.25, "You took the one-qubit gate's average infidelity for the chance of an error"),
        (1.5, 1, "You took the two-qubit gate's average infidelity for the chance of an error"),
    ):
        assert all(each.startswith(said) for each in told("08.pair_figures", figures(one, two)))


def test_touched_pairs_that_show_nothing_are_named() -> None:
    said = told("07.marks", lambda f: {"qber": f / 4, "s": 2 * math.sqrt(2) * (1 - f)})
    assert all(each.startswith("You let the touched pairs add nothing to S.") for each in said)


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_flipped_verdict_is_told_what_decides(claim: str) -> None:
    task = find_task("11.decide")
    right = task.reference(claim)["verdict"]
    own = {each.says for each in task.misconceptions}
    for other in set(VERDICTS) - {right}:

        def answer(name: str, other: str = other) -> dict[str, str]:
            return {**task.reference(name), "verdict": other} if name == claim else dict(task.reference(name))

        direction = "kind to" if VERDICTS.index(other) < VERDICTS.index(right) else "strict with"
        for said in told(task.id, answer):
            assert said in own or said.startswith(f"You were too {direction} {claim!r}: ")


def test_a_violation_holds_with_conditions_as_in_the_chapter_on_bell_tests() -> None:
    assert find_task("11.decide").reference("violation") == {"verdict": "with conditions", "test": "bell test"}
