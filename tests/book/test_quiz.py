"""The quiz asks one question for each family of misconceptions."""

from __future__ import annotations

import math
from pathlib import Path

import yaml

from qlab.checks import FAMILIES, all_units
from qlab.measures import fidelity
from qlab.networks.repeaters import chain_fidelity
from qlab.states import ghz_state, partial_trace

QUIZ = yaml.safe_load((Path(__file__).parents[2] / "book" / "quiz.yml").read_text(encoding="utf-8"))


def test_one_question_for_each_family() -> None:
    assert sorted(row["id"] for row in QUIZ) == sorted(FAMILIES)
    assert {row["unit"] for row in QUIZ} <= set(all_units())


def test_each_question_has_one_right_option_and_reasons_for_all() -> None:
    for row in QUIZ:
        options = [row["right"], *row["wrong"]]
        assert len(options) >= 3
        assert len({option["text"] for option in options}) == len(options)
        assert all(len(option["because"].split()) >= 6 for option in options)


def test_no_length_gives_the_right_option_away() -> None:
    places = []
    for row in QUIZ:
        right, *wrong = (len(option["text"]) for option in (row["right"], *row["wrong"]))
        places.append("longest" if right >= max(wrong) else "shortest" if right <= min(wrong) else "between")
    assert all(places.count(place) <= math.ceil(len(QUIZ) / 3) for place in ("longest", "shortest", "between")), places


def test_figures_in_the_quiz_are_true() -> None:
    error = math.sqrt(0.56 * 0.44 / 100)
    assert (round(0.56 - 1.96 * error, 2), round(0.56 + 1.96 * error, 2)) == (0.46, 0.66)
    chance = sum(math.comb(100, k) for k in range(56, 101)) / 2**100
    assert round(1 / chance) == 7
    assert 0.81 < chain_fidelity([0.9, 0.9]) < 0.82
    assert abs(0.95**2 - 0.90) < 0.01
    rest = partial_trace(ghz_state(5), [0, 1, 2, 3])
    coin = partial_trace(ghz_state(5), [1, 2, 3, 4])
    assert fidelity(rest, coin) > 1 - 1e-9
    assert abs(rest[0, -1]) < 1e-12
