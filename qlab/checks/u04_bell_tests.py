"""Unit 04: the game that no shared seed wins, and how evidence for it is gathered."""

# Implementations here are written as learners write them: what NumPy returns is returned as it comes.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import chsh, states
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    ONE_SETTING,
    RUN_BELL_TEST,
    SELECTED_DATA,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._task import Misconception, Task
from qlab.gates import X, Z

Array = NDArray[Any]

# --- best_without_pairs: the best classical strategy -----------------------------------------------------


def _question_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    tables = [rng.dirichlet([4, 4, 4, 4]).reshape(2, 2) for _ in range(2)]
    return [(np.full((2, 2), 0.25),), *((table,) for table in tables)]


def _best_without_pairs(chances: Array) -> float:
    best = 0.0
    for strategy in chsh.local_strategies():
        behaviour = chsh.local_behaviour(strategy)
        wins = [behaviour[x, y, a, b] for x, y, a, b in np.ndindex(2, 2, 2, 2) if a ^ b == x & y]
        per_question = np.reshape(wins, (2, 2, 2)).sum(axis=2)
        best = max(best, float((per_question * chances).sum()))
    return best


def _quantum_bound(chances: Array) -> float:
    return float(chsh.win_chance(chsh.TSIRELSON_BOUND))


def _three_quarters(chances: Array) -> float:
    return 0.75


def _always_agree(chances: Array) -> float:
    return float(1 - np.asarray(chances)[1, 1])


def _random_answers(chances: Array) -> float:
    return 0.5


def _knowing_both(chances: Array) -> float:
    return 1.0


def _worst_of_all(chances: Array) -> float:
    return float(1 - np.max(chances))


def _by_enumeration(chances: Array) -> float:
    best = 0.0
    for a0, a1, b0, b1 in product((0, 1), repeat=4):
        total = 0.0
        for x in (0, 1):
            for y in (0, 1):
                if (a0, a1)[x] ^ (b0, b1)[y] == (x and y):
                    total += float(chances[x][y])
        best = max(best, total)
    return best


def _giving_up_the_rarest(chances: Array) -> float:
    return float(1 - np.min(chances))


def _by_signs(chances: Array) -> float:
    game = np.asarray(chances) * np.array([[1, 1], [1, -1]])
    bob = np.array([[1, 1], [1, -1]])
    bias = np.abs(game @ bob.T).sum(axis=0).max()
    return float((1 + bias) / 2)


def _by_seeds(chances: Array) -> float:
    """Every seed is a deterministic strategy, numbered 0 to 15 by its four answers."""
    scores = np.zeros(16)
    for seed in range(16):
        answers = [seed >> i & 1 for i in range(4)]
        lost = [(x, y) for x in (0, 1) for y in (0, 1) if answers[x] ^ answers[2 + y] != x * y]
        scores[seed] = 1 - sum(chances[x][y] for x, y in lost)
    return float(scores.max())


BEST_WITHOUT_PAIRS = Task(
    id="04.best_without_pairs",
    title="Find the best that two players can do with a shared seed",
    outcome=RUN_BELL_TEST,
    inputs=_question_inputs,
    reference=_best_without_pairs,
    returns=forms.number(0, 1),
    misconceptions=(
        Misconception(
            "quantum-bound",
            "You gave what an entangled pair reaches. A shared seed, however long, is one of a few fixed answer "
            "tables drawn in advance, and none of them does that well.",
            _quantum_bound,
            SHARED_SEED,
        ),
        Misconception(
            "three-quarters",
            "You took the number for evenly drawn questions. Questions that come unevenly let the players sacrifice "
            "the rarest one, so the bound that a Bell test must beat moves with them.",
            _three_quarters,
            CONVENTION,
        ),
        Misconception(
            "always-agree",
            "You let the players agree every time and stopped looking. There are other answer tables, and each of "
            "them gives up a question of its own.",
            _always_agree,
            ONE_SETTING,
        ),
        Misconception(
            "random-answers",
            "You let the players toss coins. A seed that both know lets them agree on a plan; toss-ups at the table "
            "only throw wins away.",
            _random_answers,
            SHARED_SEED,
        ),
        Misconception(
            "knowing-both",
            "You chose the best answers for each pair of questions. But each player sees one question only, and the "
            "answer may not depend on what the other was asked.",
            _knowing_both,
            SIGNALLING,
        ),
        Misconception(
            "worst-of-all",
            "You gave up the commonest question. The players are free to choose which of the four they lose.",
            _worst_of_all,
            ONE_SETTING,
        ),
    ),
    alternatives=(_by_enumeration, _giving_up_the_rarest, _by_signs, _by_seeds),
    hints=(
        "A shared seed only picks among fixed tables: Alice's answer to 0 and to 1, Bob's answer to 0 and to 1.",
        "There are sixteen such tables. Compute the chance of winning for each and take the largest.",
        "A table wins at questions x, y if the answers differ exactly when both questions are 1; add up those "
        "questions' chances.",
    ),
)

# --- best_angles: settings that reach the quantum bound ------------------------------------------------------


def _pair_inputs(rng: np.random.Generator) -> list[tuple[str, float]]:
    names = rng.permutation(states.BELL_NAMES)
    tilts = [rng.uniform(0.3, 0.7), -rng.uniform(0.3, 0.7), rng.uniform(0.9, 1.2), 0.0]
    return [(str(name), float(tilt)) for name, tilt in zip(names, tilts, strict=True)]


def _settings_value(name: str, alice: Sequence[float], bob: Sequence[float]) -> float:
    return float(chsh.chsh_value(states.density_matrix(states.bell_state(name)), alice, bob))


_MIRROR = {"phi+": (1, 1), "phi-": (1, -1), "psi+": (-1, 1), "psi-": (-1, -1)}


def _best_angles(name: str, tilt: float) -> list[float]:
    along_z, along_x = _MIRROR[name]
    bob = [math.atan2(along_x * sign, along_z) for sign in (1, -1)]
    return [-tilt, math.pi / 2 - tilt, *bob]


def _value_view(got: Array, name: str, tilt: float) -> list[list[float]]:
    pair = states.bell_state(name)
    table = []
    for alice in got[:2] + tilt:
        row = []
        for bob in got[2:]:
            axes = [np.cos(angle) * Z + np.sin(angle) * X for angle in (alice, bob)]
            row.append(float(np.vdot(pair, np.kron(*axes) @ pair).real))
        table.append(row)
    return table


def _reaches_the_bound(got: Array, _expected: Array, name: str, tilt: float) -> bool:
    return _settings_value(name, list(got[:2] + tilt), list(got[2:])) > chsh.TSIRELSON_BOUND - 1e-4


def _same_for_both(name: str, tilt: float) -> list[float]:
    return [-tilt, math.pi / 2 - tilt, 0.0, math.pi / 2]


def _polariser_angles(name: str, tilt: float) -> list[float]:
    return [angle / 2 for angle in _best_angles(name, tilt)]


def _tilt_ignored(name: str, tilt: float) -> list[float]:
    return _best_angles(name, 0.0)


def _tilt_added(name: str, tilt: float) -> list[float]:
    return _best_angles(name, -tilt)


def _phi_plus_always(name: str, tilt: float) -> list[float]:
    return _best_angles("phi+", tilt)


def _in_degrees(name: str, tilt: float) -> list[float]:
    return list(np.rad2deg(_best_angles(name, tilt)))


def _turned_frame(name: str, tilt: float) -> list[float]:
    along_z, along_x = _MIRROR[name]
    turn = 0.4
    bob = [angle + turn * along_z * along_x for angle in _best_angles(name, 0.0)[2:]]
    return [turn - tilt, turn + math.pi / 2 - tilt, *bob]


def _by_table(name: str, tilt: float) -> Array:
    quarter = np.pi / 4
    bob = {
        "phi+": [quarter, -quarter],
        "phi-": [-quarter, quarter],
        "psi+": [3 * quarter, -3 * quarter],
        "psi-": [-3 * quarter, 3 * quarter],
    }[name]
    return np.array([0 - tilt, 2 * quarter - tilt, *bob])


def _by_scan(name: str, tilt: float) -> list[float]:
    pair = states.bell_state(name)
    grid = np.arange(8) * np.pi / 4
    alice = [0.0, np.pi / 2]

    def mean_product(a: float, b: float) -> float:
        axes = [np.cos(angle) * Z + np.sin(angle) * X for angle in (a, b)]
        return float(np.vdot(pair, np.kron(*axes) @ pair).real)

    first = max(grid, key=lambda b: mean_product(alice[0], b) + mean_product(alice[1], b))
    second = max(grid, key=lambda b: mean_product(alice[0], b) - mean_product(alice[1], b))
    return [alice[0] - tilt, alice[1] - tilt, float(first), float(second)]


def _by_correlation_matrix(name: str, tilt: float) -> list[float]:
    rho = states.density_matrix(states.bell_state(name))
    table = np.array([[np.trace(rho @ np.kron(p, q)).real for q in (Z, X)] for p in (Z, X)])
    # Bob's two directions are the images of Alice's sum and difference.
    bob = [table.T @ direction for direction in (np.array([1, 1]), np.array([1, -1]))]
    return [-tilt, np.pi / 2 - tilt, *(float(np.arctan2(b[1], b[0])) for b in bob)]


BEST_ANGLES = Task(
    id="04.best_angles",
    title="Set four angles so that the pair wins as often as it can",
    outcome=RUN_BELL_TEST,
    inputs=_pair_inputs,
    reference=_best_angles,
    returns=forms.numbers(4, what="four angles in radians: Alice's two, then Bob's two"),
    view=_value_view,
    judge=_reaches_the_bound,
    misconceptions=(
        Misconception(
            "same-for-both",
            "You gave both sides the same two axes, where the pair is perfectly correlated or not at all. The game is "
            "won by settling for a good correlation at all four combinations instead.",
            _same_for_both,
            ONE_SETTING,
        ),
        Misconception(
            "polariser-angles",
            "You set the angles of polarisers. On the Bloch sphere every angle is twice that, because opposite "
            "results lie half a turn apart, not a quarter.",
            _polariser_angles,
            CONVENTION,
        ),
        Misconception(
            "tilt-ignored",
            "You trusted the dial. Alice's device is mounted askew, and the angle that counts is the one at which it "
            "really measures.",
            _tilt_ignored,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "tilt-added",
            "You corrected the tilt the wrong way round. The device adds it by itself; the setting has to take it "
            "away.",
            _tilt_added,
            CONVENTION,
        ),
        Misconception(
            "phi-plus-always",
            "You used one set of angles for every pair. The four Bell states agree and disagree along different axes, "
            "so the best settings follow the state.",
            _phi_plus_always,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "degrees",
            "You gave degrees. The course measures angles in radians, and ninety radians are many turns and a bit.",
            _in_degrees,
            CONVENTION,
        ),
    ),
    alternatives=(_turned_frame, _by_table, _by_scan, _by_correlation_matrix),
    hints=(
        "Let Alice measure along Z and X. Then E(Z, b) and E(X, b) are Bob's cosine and sine, each with a sign that "
        "depends on the state.",
        "The first of Bob's angles enters with a plus for both of Alice's, the second with a plus and a minus.",
        "Bob's best directions lie halfway: along the sum and along the difference of what Alice's two axes are "
        "correlated with. Take the tilt away from Alice's angles at the end.",
    ),
)

# --- plan_with_one_bit: a pair of players that may send one bit -------------------------------------------------


def _odd_inputs(rng: np.random.Generator) -> list[tuple[int, int]]:
    corners = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return [corners[i] for i in rng.permutation(4)[:3]]


def _plan_with_one_bit(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == odd_y and message == odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 1], "bob": bob}


def _wins(plan: dict[str, Any], odd_x: int, odd_y: int) -> list[list[bool]]:
    """Whether the plan wins, for each pair of questions."""
    table = []
    for x in (0, 1):
        answers = [plan["bob"][y][plan["message"][x]] for y in (0, 1)]
        differ = [plan["alice"][x] != answers[y] for y in (0, 1)]
        table.append([differ[y] == (x == odd_x and y == odd_y) for y in (0, 1)])
    return table


def _wins_always(got: dict[str, Any], _expected: dict[str, Any], odd_x: int, odd_y: int) -> bool:
    return all(all(row) for row in _wins(got, odd_x, odd_y))


def _plan_view(got: dict[str, Any], odd_x: int, odd_y: int) -> dict[str, Any]:
    effect = [[got["bob"][y][got["message"][x]] ^ got["alice"][x] for y in (0, 1)] for x in (0, 1)]
    return {"differ": effect, "says": got["message"][0] != got["message"][1]}


def _message_unread(odd_x: int, odd_y: int) -> dict[str, Any]:
    return {"alice": [0, 0], "message": [0, 1], "bob": [[0, 0], [0, 0]]}


def _answer_sent(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == odd_y and message == odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 0], "bob": bob}


def _own_question_unread(odd_x: int, odd_y: int) -> dict[str, Any]:
    return {"alice": [0, 0], "message": [0, 1], "bob": [[int(m == odd_x) for m in (0, 1)]] * 2}


def _always_the_last_corner(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(y == 1 - odd_y and message == 1 - odd_x) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [0, 0], "message": [0, 1], "bob": bob}


def _both_turn(odd_x: int, odd_y: int) -> dict[str, Any]:
    plan = _plan_with_one_bit(odd_x, odd_y)
    return {**plan, "alice": [int(x == odd_x) for x in (0, 1)]}


def _flipped_plan(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[int(not (y == odd_y and message == odd_x)) for message in (0, 1)] for y in (0, 1)]
    return {"alice": [1, 1], "message": [0, 1], "bob": bob}


def _coded_message(odd_x: int, odd_y: int) -> dict[str, Any]:
    message = [int(x == odd_x) for x in (0, 1)]  # 1 means: this is the odd one
    return {"bob": [[0, int(y == odd_y)] for y in (0, 1)], "alice": (0, 0), "message": message}


def _answer_is_question(odd_x: int, odd_y: int) -> dict[str, Any]:
    bob = [[x ^ int(x == odd_x and y == odd_y) for x in (0, 1)] for y in (0, 1)]
    return {"alice": np.array([0, 1]), "message": [0, 1], "bob": np.array(bob)}


def _bits(*shape: int) -> forms.Form:
    def read(value: Any) -> list[Any]:
        table = forms.numbers(*shape, low=0, high=1).read(value)
        if not np.isin(table, (0, 1)).all():
            raise forms.WrongForm("it holds something that is neither 0 nor 1")
        return table.astype(int).tolist()

    return forms.Form("bits in the shape " + " × ".join(map(str, shape)), read)


PLAN_WITH_ONE_BIT = Task(
    id="04.plan_with_one_bit",
    title="Win every round with one bit of message",
    outcome=RUN_BELL_TEST,
    inputs=_odd_inputs,
    reference=_plan_with_one_bit,
    returns=forms.record(alice=_bits(2), message=_bits(2), bob=_bits(2, 2)),
    view=_plan_view,
    judge=_wins_always,
    misconceptions=(
        Misconception(
            "message-unread",
            "You sent the bit and let Bob ignore it. Then it is a shared seed again, and a shared seed loses one of "
            "the four questions.",
            _message_unread,
            SHARED_SEED,
        ),
        Misconception(
            "says-nothing",
            "You sent a bit that is the same whatever Alice was asked. A message helps only if it carries her "
            "question; her answer, agreed on beforehand, is no news to Bob.",
            _answer_sent,
            SHARED_SEED,
        ),
        Misconception(
            "own-question-unread",
            "You let Bob follow the message alone. He has to combine what Alice was asked with what he was asked "
            "himself.",
            _own_question_unread,
            ONE_SETTING,
        ),
        Misconception(
            "other-corner",
            "You let the answers differ at the opposite corner of the table. Which questions call for different "
            "answers is an input of the task.",
            _always_the_last_corner,
            CONVENTION,
        ),
        Misconception(
            "both-turn",
            "You let both players react to the odd question. If both turn their answers over, they agree again.",
            _both_turn,
            ONE_SETTING,
        ),
    ),
    alternatives=(_flipped_plan, _coded_message, _answer_is_question),
    hints=(
        "What does Bob lack in order to win every round? One bit can carry exactly that.",
        "Let Alice always answer 0 and send her question. Bob now knows both questions.",
        "Bob's table has one entry for each of his questions and each message; exactly one of the four is 1.",
    ),
)

# --- chsh_both_ways: what dropping lost rounds does -----------------------------------------------------------------


def _count_inputs(rng: np.random.Generator) -> list[tuple[Array]]:
    tables = []
    for _ in range(2):
        efficiency = rng.uniform(0.6, 0.95, (2, 2, 2))
        chances = np.zeros((2, 2, 3, 3))
        for x, y in np.ndindex(2, 2):
            mean = rng.uniform(0.4, 0.9) * (-1 if x == y == 1 else 1)
            same, different = (1 + mean) / 4, (1 - mean) / 4
            kept = np.array([[same, different], [different, same]])
            alice, bob = efficiency[0, x, y], efficiency[1, x, y]
            chances[x, y, :2, :2] = kept * alice * bob
            chances[x, y, :2, 2] = kept.sum(axis=1) * alice * (1 - bob)
            chances[x, y, 2, :2] = kept.sum(axis=0) * (1 - alice) * bob
            chances[x, y, 2, 2] = (1 - alice) * (1 - bob)
        rounds = rng.integers(800, 2000, (2, 2))
        table = np.zeros((2, 2, 3, 3), dtype=int)
        for x, y in np.ndindex(2, 2):
            table[x, y] = rng.multinomial(rounds[x, y], chances[x, y].ravel()).reshape(3, 3)
        tables.append((table,))
    return tables


_SIGNS = np.array([[1, 1], [1, -1]])


def _value_of(counts: Array) -> float:
    """S of counts [x, y, a, b] of two outcomes each."""
    signed = np.asarray(counts) * np.array([[1, -1], [-1, 1]])
    means = signed.sum(axis=(2, 3)) / np.asarray(counts).sum(axis=(2, 3))
    return float((_SIGNS * means).sum())


def _lost_as_zero(counts: Array) -> Array:
    """Counts with a lost result booked as outcome 0."""
    table = np.array(counts, dtype=float)
    table[:, :, 0, :] += table[:, :, 2, :]
    table[:, :, :, 0] += table[:, :, :, 2]
    return table[:, :, :2, :2]


def _chsh_both_ways(counts: Array) -> dict[str, float]:
    return {"kept": _value_of(np.asarray(counts)[:, :, :2, :2]), "all": _value_of(_lost_as_zero(counts))}


def _dropped_twice(counts: Array) -> dict[str, float]:
    kept = _value_of(np.asarray(counts)[:, :, :2, :2])
    return {"kept": kept, "all": kept}


def _lost_as_nothing(counts: Array) -> dict[str, float]:
    table = np.asarray(counts, dtype=float)
    signed = (table[:, :, :2, :2] * np.array([[1, -1], [-1, 1]])).sum(axis=(2, 3))
    every = signed / table.sum(axis=(2, 3))
    return {"kept": _value_of(table[:, :, :2, :2]), "all": float((_SIGNS * every).sum())}


def _half_lost_dropped(counts: Array) -> dict[str, float]:
    table = np.array(counts, dtype=float)
    table[:, :, 0, 0] += table[:, :, 2, 2]
    kept = _value_of(np.asarray(counts)[:, :, :2, :2])
    return {"kept": kept, "all": _value_of(table[:, :, :2, :2])}


def _settings_pooled(counts: Array) -> dict[str, float]:
    def pooled(table: Array) -> float:
        agree = table[:, :, 0, 0] + table[:, :, 1, 1]
        differ = table[:, :, 0, 1] + table[:, :, 1, 0]
        wins = np.where(_SIGNS > 0, agree, differ).sum()
        return float(8 * wins / table.sum() - 4)

    return {"kept": pooled(np.asarray(counts, dtype=float)[:, :, :2, :2]), "all": pooled(_lost_as_zero(counts))}


def _no_minus(counts: Array) -> dict[str, float]:
    def value(table: Array) -> float:
        signed = table * np.array([[1, -1], [-1, 1]])
        return float((signed.sum(axis=(2, 3)) / table.sum(axis=(2, 3))).sum())

    return {"kept": value(np.asarray(counts, dtype=float)[:, :, :2, :2]), "all": value(_lost_as_zero(counts))}


def _by_loops(counts: Array) -> dict[str, float]:
    result = {"kept": 0.0, "all": 0.0}
    for x, y in product((0, 1), repeat=2):
        sign = -1 if x and y else 1
        kept = every = kept_rounds = every_rounds = 0
        for a, b in product((0, 1, 2), repeat=2):
            n = int(counts[x][y][a][b])
            booked = (1, -1, 1)[a] * (1, -1, 1)[b] * n
            every, every_rounds = every + booked, every_rounds + n
            if a < 2 and b < 2:
                kept, kept_rounds = kept + booked, kept_rounds + n
        result["kept"] += sign * kept / kept_rounds
        result["all"] += sign * every / every_rounds
    return result


def _by_values(counts: Array) -> dict[str, float]:
    table = np.asarray(counts, dtype=float)
    sums = {}
    for name, values in {"kept": np.array([1, -1, 0]), "all": np.array([1, -1, 1])}.items():
        total = np.einsum("xyab,a,b->xy", table, values, values)
        rounds = np.einsum("xyab,a,b->xy", table, np.abs(values), np.abs(values))
        sums[name] = float(np.sum(_SIGNS * total / rounds))
    return sums


def _by_agreement(counts: Array) -> dict[str, float]:
    fold = np.array([[1, 0, 1], [0, 1, 0]])
    folded = np.einsum("ia,jb,xyab->xyij", fold, fold, np.asarray(counts, dtype=float))
    result = {}
    for name, table in {"all": folded, "kept": np.asarray(counts, dtype=float)[..., :2, :2]}.items():
        agree = np.trace(table, axis1=2, axis2=3) / table.sum(axis=(2, 3))
        means = 2 * agree - 1
        result[name] = float(means[0, 0] + means[0, 1] + means[1, 0] - means[1, 1])
    return result


CHSH_BOTH_WAYS = Task(
    id="04.chsh_both_ways",
    title="See what dropping the lost rounds does to S",
    outcome=RUN_BELL_TEST,
    inputs=_count_inputs,
    reference=_chsh_both_ways,
    returns=forms.record(kept=forms.number(-4, 4), all=forms.number(-4, 4)),
    misconceptions=(
        Misconception(
            "dropped-twice",
            "You dropped the lost rounds in both numbers. A player who may stay silent when the question does not "
            "suit him can choose which rounds count, and then a seed can pass for entanglement.",
            _dropped_twice,
            SELECTED_DATA,
        ),
        Misconception(
            "lost-as-nothing",
            "You let a lost result count as neither. The bound of 2 holds for players who always answer one of two "
            "ways, so the rule of the test has to book silence as one of the two answers.",
            _lost_as_nothing,
            SELECTED_DATA,
        ),
        Misconception(
            "half-lost-dropped",
            "You booked the rounds in which both sides lost the signal and dropped those in which one did. Selecting "
            "by what one side saw is selecting all the same.",
            _half_lost_dropped,
            SELECTED_DATA,
        ),
        Misconception(
            "settings-pooled",
            "You pooled all settings and converted the share of wins. The value S gives each of the four settings "
            "the same weight, however many rounds each got.",
            _settings_pooled,
            CONVENTION,
        ),
        Misconception(
            "no-minus",
            "You added all four correlations. At the questions (1, 1) the players win by differing, so that one "
            "enters with a minus.",
            _no_minus,
            CONVENTION,
        ),
    ),
    alternatives=(_by_loops, _by_values, _by_agreement),
    hints=(
        "For each of the four settings you need the mean product of the results, with outcome 0 as +1 and 1 as -1.",
        "For 'kept', only the 2×2 corner of the table counts, and its own sum is the number of rounds.",
        "For 'all', add row 2 to row 0 and column 2 to column 0 first. Then add the four means with their signs.",
    ),
)

TASKS = (BEST_WITHOUT_PAIRS, BEST_ANGLES, PLAN_WITH_ONE_BIT, CHSH_BOTH_WAYS)
