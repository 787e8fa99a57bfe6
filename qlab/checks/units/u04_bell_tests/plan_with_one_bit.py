"""Task 04.plan_with_one_bit: a pair of players that may send one bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ONE_SETTING, RUN_BELL_TEST, SHARED_SEED
from qlab.checks._task import Row


def _bits(*shape: int) -> forms.Form:
    def read(value: Any) -> list[Any]:
        table = forms.numbers(*shape, low=0, high=1).read(value)
        if not np.isin(table, (0, 1)).all():
            raise forms.WrongForm("it holds something that is neither 0 nor 1")
        return table.astype(int).tolist()

    return forms.Form("bits in the shape " + " × ".join(map(str, shape)), read)


task = Declaration(
    id="04.plan_with_one_bit",
    points=3,
    title="Win every round with one bit of message",
    outcome=RUN_BELL_TEST,
    returns=forms.record(alice=_bits(2), message=_bits(2), bob=_bits(2, 2)),
)


@task.inputs
def _odd_inputs(rng: np.random.Generator) -> list[tuple[int, int]]:
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return [corners[i] for i in rng.permutation(4)[:3]]


@task.reference
def _plan_with_one_bit(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == odd_y and message == odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 1], "bob": bob}


@task.view
def _plan_view(got: dict[str, Any], odd_x: int, odd_y: int) -> dict[str, Any]:
    effect = [[got["bob"][y][got["message"][x]] ^ got["alice"][x] for y in (0, 1)] for x in (0, 1)]
    return {"differ": effect, "says": got["message"][0] != got["message"][1]}


def _wins(plan: dict[str, Any], odd_x: int, odd_y: int) -> list[list[bool]]:
    """Whether the plan wins, for each pair of questions."""
    table = []
    for x in (0, 1):
        answers = [plan["bob"][y][plan["message"][x]] for y in (0, 1)]
        differ = [plan["alice"][x] != answers[y] for y in (0, 1)]
        table.append([differ[y] == (x == odd_x and y == odd_y) for y in (0, 1)])
    return table


@task.judge
def _wins_always(got: dict[str, Any], _expected: dict[str, Any], odd_x: int, odd_y: int) -> bool:
    return all(all(row) for row in _wins(got, odd_x, odd_y))


@task.remark
def _what_loses(rows: list[Row]) -> str | None:
    """What the first plan that loses lets the players do."""
    for got, expected, (odd_x, odd_y) in rows:
        if _wins_always(got, expected, odd_x, odd_y):
            continue
        effect = _plan_view(got, odd_x, odd_y)["differ"]
        differing = sum(map(sum, effect))
        if differing == 1 and not effect[odd_x][odd_y]:
            return "Your players differ at one pair of questions, and it is not the one of the input."
        if differing == 0:
            return "Your players agree at every pair of questions, and at one they should differ."
        if differing == 4:
            return "Your players differ at every pair of questions, and they should do so at one."
        return f"Your players differ at {differing} of the four pairs of questions; they should at one alone."
    return None


@task.misconception(
    SHARED_SEED,
    "You sent the bit and let Bob ignore it. Then it is a shared seed again, and a shared seed loses one of the four "
    "questions.",
)
def _message_unread(odd_x: int, odd_y: int) -> dict[str, Any]:
    return {"alice": [0, 0], "message": [0, 1], "bob": [[0, 0], [0, 0]]}


@task.misconception(
    SHARED_SEED,
    "You sent a bit that is the same whatever Alice was asked. A message helps only if it carries her question; her "
    "answer, agreed on beforehand, is no news to Bob.",
)
def _says_nothing(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == odd_y and message == odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 0], "bob": bob}


@task.misconception(
    ONE_SETTING,
    "You let Bob follow the message alone. He has to combine what Alice was asked with what he was asked himself.",
)
def _own_question_unread(odd_x: int, odd_y: int) -> dict[str, Any]:
    return {"alice": [0, 0], "message": [0, 1], "bob": [[int(m == odd_x) for m in (0, 1)]] * 2}


@task.misconception(
    CONVENTION,
    "You let the answers differ at the opposite corner of the table. Which questions call for different answers is an "
    "input of the task.",
)
def _other_corner(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == 1 - odd_y and message == 1 - odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 1], "bob": bob}


@task.misconception(
    ONE_SETTING,
    "You let both players react to the odd question. If both turn their answers over, they agree again.",
)
def _both_turn(odd_x: int, odd_y: int) -> dict[str, Any]:
    plan = _plan_with_one_bit(odd_x, odd_y)
    return {**plan, "alice": [int(x == odd_x) for x in (0, 1)]}


@task.alternative
def _flipped_plan(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(not (y == odd_y and message == odd_x)) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [1, 1], "message": [0, 1], "bob": bob}


@task.alternative
def _coded_message(odd_x: int, odd_y: int) -> dict[str, Any]:
    message = [int(x == odd_x) for x in (0, 1)]  # 1 means: this is the odd one
    return {"bob": [[0, int(y == odd_y)] for y in (0, 1)], "alice": (0, 0), "message": message}


@task.alternative
def _answer_is_question(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[x ^ int(x == odd_x and y == odd_y) for x in (0, 1)] for y in (0, 1)]
    return {"alice": np.array([0, 1]), "message": [0, 1], "bob": np.array(bob)}


TASK = task.with_hints(
    "What does Bob lack in order to win every round? One bit can carry exactly that.",
    "Let Alice always answer 0 and send her question. Bob now knows both questions.",
    "Bob's table has one entry for each of his questions and each message; exactly one of the four is 1.",
)
