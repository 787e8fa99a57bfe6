"""At least four of five wrong answers are told what is wrong in the thinking; no task declares one of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from qlab.checks import all_tasks, find_task, judge_answer
from tests.checks.wrong_answers import WRONG, Answer
from tests.rotation import of_the_day

LEAST = 0.8
"""Share of the wrong answers that must get a sentence on the thought."""
TASKS_A_DAY = 6
BARE = ("which is not right", "wherever they are wrong", "should return")
"""What messages say that name no thought: the result, on which side of the right one it lies, or its form."""

UNNAMED: dict[str, set[str]] = {
    "01.sort_states": {"one of them wrong"},
    "01.pair_of_concurrence": {"amplitude for weight", "amplitudes as they stand", "cosine for sine", "half the angle"},
    "01.marginals": {"corner blocks"},
    "02.chance_same": {"first two reads", "sines"},
    "02.register_chances": {"draws", "rest in 1"},
    "02.shots_needed": {"next power of two", "no squares"},
    "03.left_unentangled": {"control zero", "only equal", "the entangled"},
    "03.control_stays_plus": {"imaginary part", "no conjugate", "real parts", "target is 1"},
    "03.cnots_used": {"all-to-all on a line too"},
    "04.best_without_pairs": {"commonest", "sum of two"},
    "04.chsh_both_ways": {"all through efficiency", "minus at 00", "minus at 01"},
    "05.bob_marginal": {"Alice reads 0", "Alice's complement", "amplitudes", "the one joint"},
    "05.replica_budget": {"already held", "mean", "product"},
    "05.pair_after_loss": {"one less"},
    "05.expected_wins": {"lost rounds", "p for p squared"},
    "06.dense_audit": {"three qubits"},
    "06.raw_pairs": {
        "ceil",
        "one link fewer",
        "one link more",
        "one round more",
        "success not two",
        "success squared",
        "times success",
    },
    "06.storage_time": {"t1 for t2"},
    "07.abort_limit": {"one low"},
    "07.bits_to_catch": {"sifting"},
    "07.marks": {"s squared", "s to one"},
    "07.pair_earns": {"all of it", "no cost of errors", "one entropy", "s over the bound", "untrusted by errors"},
    "08.fidelity_range": {"agreement on top"},
    "08.replay": {"infidelity in two", "seed off"},
    "09.comparison_row": {"s at least 2", "s of the ceiling"},
    "09.messages_to_match": {"below the bound too", "fidelity", "in proportion to F", "wins needed"},
    "10.largest_ghz": {"ghz of 80", "half of it", "ln 2", "mean readout", "smallest for all", "success of all"},
    "10.bell_time": {"exchanged", "no pure dephasing", "t1"},
    "10.routing_cost": {"difference", "number of couplings", "steps"},
    "11.rounds_to_show": {"deviation for variance", "from four", "unit variance", "worst"},
    "faq.backup_fidelity": {"5/6 of them", "from two", "half at last", "total"},
    "faq.best_seed": {"bob only", "zero answers or ones"},
    "faq.ghz_success": {"exponent", "n - 1 readouts", "n gates", "one readout", "sum in one power", "two for one"},
    "faq.key_share": {"eleven per cent", "no floor"},
}
"""By task, the wrong answers that get no such sentence yet."""


def unnamed(task_id: str) -> set[str]:
    """Names of the wrong answers of a task that get no sentence on the thought; all are wrong."""
    found = set()
    for name, answer in WRONG[task_id].items():
        verdict = judge_answer(task_id, answer)
        assert verdict.status == "failed", (task_id, name, verdict)
        if any(words in verdict.message for words in BARE):
            found.add(name)
    return found


def test_every_task_has_its_wrong_answers() -> None:
    assert {task.id for task in all_tasks()} == set(WRONG)
    assert min(map(len, WRONG.values())) >= 6


def test_four_of_five_are_named() -> None:
    total, left = (sum(map(len, table.values())) for table in (WRONG, UNNAMED))
    assert 1 - left / total >= LEAST, (left, total)


def test_those_of_the_day_are_named_as_recorded() -> None:
    for task in of_the_day(all_tasks(), TASKS_A_DAY):
        assert unnamed(task.id) == UNNAMED.get(task.id, set()), task.id


@pytest.mark.soak
@pytest.mark.parametrize("task_id", WRONG)
def test_all_are_named_as_recorded(task_id: str) -> None:
    assert unnamed(task_id) == UNNAMED.get(task_id, set())


SAID: list[tuple[str, Answer, str]] = [
    ("02.chance_same", lambda angles: 0.8, "You gave the same answer for every input"),
    ("02.shots_needed", lambda w, z: round((z / (2 * w)) ** 2), "off by one on some inputs"),
    ("02.shots_needed", lambda w, z: int(-(-z // (4 * w * w))), "declared"),
    ("06.link_choice", lambda *a: {**_right("06.link_choice", *a), "better": "direct"}, "'direct' every time"),
    ("07.pair_earns", lambda f: {**_right("07.pair_earns", f), "violates": f > 0.7}, "You say True too easily"),
    ("07.pair_earns", lambda f: {**_right("07.pair_earns", f), "violates": f > 0.9}, "You say True too rarely"),
    ("05.pair_after_loss", lambda k, n: 0.4 if k == "ghz" else 2 / n, "wrong wherever kind is 'ghz'"),
    ("10.bell_time", lambda a, b: 0.2 * b, "Nothing changes in your answer when t1_us does"),
    ("05.bob_marginal", lambda ket, a: (1 + abs(ket[0]) * a / 9) / 2, "Your answer changes with angle"),
    ("06.link_choice", lambda *a: {**_right("06.link_choice", *a), "direct_hz": 1.0}, "same answer for every input"),
    ("03.cnots_used", lambda n, w, g: len(g) + (_right("03.cnots_used", n, w, g) - len(g)) // 3 * 2, "charge 2 CNOTs"),
    ("03.prepare_bell", lambda n: _right("03.prepare_bell", n).measure(0), "more than gates"),
    ("10.blame", lambda *a: _exchanged(_right("10.blame", *a)), "You exchanged 'raw' and 'corrected'"),
]


def _right(task_id: str, *arguments: Any) -> Any:
    return find_task(task_id).reference(*arguments)


def _exchanged(table: dict[str, Any]) -> dict[str, Any]:
    return {**table, "raw": table["corrected"], "corrected": table["raw"]}


@pytest.mark.parametrize(("task_id", "answer", "words"), SAID, ids=lambda value: value if type(value) is str else "")
def test_a_trait_is_told(task_id: str, answer: Answer, words: str) -> None:
    verdict = judge_answer(task_id, answer)
    assert verdict.status == "failed"
    assert verdict.misconception if words == "declared" else words in verdict.message, verdict


def test_random_draws_are_recognised_by_asking_twice() -> None:
    count = iter(range(1, 1000))
    verdict = judge_answer("02.chance_of_zero", lambda source, angle: 1 / (2 + next(count)))
    assert "another result when it is called again" in verdict.message


def test_a_slow_answer_is_not_asked_for_long() -> None:
    def slow(source: str, angle: float) -> float:
        time.sleep(0.3)
        return 0.3 + angle / 100

    start = time.monotonic()
    judge_answer("02.chance_of_zero", slow)
    assert time.monotonic() - start < 0.3 * 6 + 4


def test_whole_numbers_are_not_put_beside_another_list() -> None:
    asked: list[Any] = []

    def answer(edges: list[list[int]], first: int, second: int) -> int:
        asked.append((edges, first, second))
        return 2

    judge_answer("10.routing_cost", answer)
    assert all(max(first, second) <= max(map(max, edges)) for edges, first, second in asked)
