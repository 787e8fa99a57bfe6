"""No program wins the refereed game more often than chance allows a local strategy, whatever it tries."""

from __future__ import annotations

import contextlib
import gc
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from qlab.bell import chsh, refereed_game
from qlab.bell.refereed_game import exact_winning_probability, play_isolated, referee

GAMES = 10_000
FIVE_SIGMA = 0.75 + 5 * np.sqrt(0.75 * 0.25 / GAMES)
BOARD: dict[str, object] = {}


def rng() -> np.random.Generator:
    return np.random.default_rng(2024)


def honest(question: int, shared: float) -> int:
    return 0


@pytest.mark.parametrize("strategy", chsh.local_strategies()[::3])
def test_honest_players_get_what_their_strategy_is_worth(strategy: chsh.Strategy) -> None:
    a, b = strategy
    game = play_isolated(lambda x, u: a[x], lambda y, u: b[y], 400, rng())
    assert game.exact_winning_probability == chsh.behaviour_winning_probability(chsh.local_behaviour(strategy))
    assert game.result.rounds == 400


def test_shared_numbers_reach_both_players_and_differ_by_round() -> None:
    def coin(question: int, shared: float) -> int:
        return int(shared < 0.5)

    game = play_isolated(coin, coin, GAMES, rng())
    assert np.array_equal(game.alice_answers, game.bob_answers)
    assert abs(game.alice_answers.mean() - 0.5) < 4 * 0.5 / np.sqrt(GAMES)
    assert game.exact_winning_probability == 0.75


def cheat_by_globals():
    def alice(x, u):
        BOARD[repr(u)] = x
        return 0

    def bob(y, u):
        return BOARD.get(repr(u), 0) & y

    return alice, bob


def cheat_by_files(folder: Path):
    def alice(x, u):
        if u < 0.01:
            (folder / f"{u}").write_text(str(x))
        return 0

    def bob(y, u):
        note = folder / f"{u}"
        if u < 0.01:
            time.sleep(0.002)
        return int(note.read_text() or 0) & y if note.exists() else y & int(u * 1e6) & 1

    return alice, bob


def cheat_by_shared_generator():
    generator = random.Random(7)
    return (lambda x, u: generator.getrandbits(1) ^ x, lambda y, u: generator.getrandbits(1) & (1 ^ y))


def cheat_by_frames():
    """Look for the referee's generators and replay them: the questions, if they came from there, are known."""

    def future(u):
        frame: Any = sys._getframe()
        found = []
        while frame is not None:
            found += [v for v in frame.f_locals.values() if isinstance(v, np.random.Generator)]
            frame = frame.f_back
        found += [o for o in gc.get_objects() if isinstance(o, np.random.Generator)]
        return found

    memo: dict[int, np.ndarray] = {}

    def questions(u):
        if not memo:
            generators = future(u)
            copies = [np.random.Generator(type(g.bit_generator)()) for g in generators]
            for copy, g in zip(copies, generators, strict=True):
                copy.bit_generator.state = g.bit_generator.state
            memo[0] = copies[0].integers(0, 2, size=(2, GAMES)) if copies else np.zeros((2, GAMES), dtype=int)
            memo[1] = np.zeros(1, dtype=int)
        i = int(memo[1][0])
        memo[1][0] += 1
        return memo[0][:, i]

    def bob(y, u):
        x, y_ = questions(u)
        return int(x & y_)

    return honest, bob


def cheat_by_stack_rewriting():
    def bob(y, u):
        frame: Any = sys._getframe()
        while frame is not None:
            for name in ("shared", "question", "answers", "tables"):
                if name in frame.f_locals and isinstance(frame.f_locals[name], list):
                    frame.f_locals[name][:] = frame.f_locals[name]
            frame = frame.f_back
        setattr(refereed_game, "referee", lambda a, b: "won")  # noqa: B010 - mypy refuses the plain way
        return y

    return honest, bob


def cheat_by_both_asking_each_other():
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)

    def alice(x, u):
        with contextlib.suppress(OSError):
            os.write(write_end, bytes([x]))
        return 0

    def bob(y, u):
        with contextlib.suppress(OSError, IndexError):
            return os.read(read_end, 1)[0] & y
        return 0

    return alice, bob


def test_no_cheat_beats_three_quarters(tmp_path: Path) -> None:
    cheats = [
        cheat_by_globals(),
        cheat_by_files(tmp_path),
        cheat_by_shared_generator(),
        cheat_by_frames(),
        cheat_by_stack_rewriting(),
        cheat_by_both_asking_each_other(),
    ]
    for alice, bob in cheats:
        game = play_isolated(alice, bob, GAMES, rng(), time_limit_s=600)
        assert game.exact_winning_probability <= 0.75
        assert game.result.win_fraction < FIVE_SIGMA


def test_the_same_cheat_wins_always_in_one_process() -> None:
    """What the isolation is for: with trusting rules, a global carries Alice's question to Bob."""
    BOARD.clear()
    alice, bob = cheat_by_globals()
    assert chsh.play_classical(alice, bob, 500, rng()).win_fraction == 1
    BOARD.clear()


def test_questions_come_after_the_answers_and_differ_from_game_to_game() -> None:
    """Same generator, same answers: the questions still differ, so nothing in a player's memory foretells them."""
    first, second = (play_isolated(honest, lambda y, u: int(u < 0.5), 2000, rng()) for _ in range(2))
    assert np.array_equal(first.bob_answers, second.bob_answers)
    assert first.result != second.result


def test_any_tables_are_local() -> None:
    generator = np.random.default_rng(4)
    for _ in range(200):
        alice, bob = generator.integers(0, 2, (2, 2, 50))
        assert exact_winning_probability(alice, bob) <= 0.75
    game = referee(np.zeros((2, GAMES), dtype=int), np.zeros((2, GAMES), dtype=int))
    assert abs(game.result.win_fraction - 0.75) < 5 * np.sqrt(0.75 * 0.25 / GAMES)
    assert np.abs(game.result.setting_totals - GAMES / 4).max() < 5 * np.sqrt(GAMES * 3 / 16)


def test_open_files_do_not_reach_the_players(tmp_path: Path) -> None:
    with (tmp_path / "note").open("w+") as note:

        def player(question: int, shared: float) -> int:
            with contextlib.suppress(OSError):
                os.write(note.fileno(), b"hello")
            return 0

        play_isolated(player, player, 10, rng())
    assert (tmp_path / "note").read_text() == ""


def test_memory_of_the_caller_stays_as_it_was() -> None:
    notes: list[int] = []

    def player(question: int, shared: float) -> int:
        notes.append(question)
        return 0

    play_isolated(player, player, 10, rng())
    assert notes == []


def _raises(x, u):
    raise KeyError("lost")


@pytest.mark.parametrize(
    ("player", "limit_s", "message"),
    [
        (lambda q, u: 2, 600, r"alice must answer 0 or 1 to question 0, got ValueError: answer must be"),
        (lambda q, u: "1", 600, r"alice must answer 0 or 1 to question 0"),
        (_raises, 600, r"alice must answer 0 or 1 to question 0, got KeyError: 'lost'"),
        (lambda q, u: os._exit(0), 600, r"alice must answer question 0 in all 20 rounds within 600 s, got 0 answers"),
        (lambda q, u: time.sleep(600) or 0, 0.4, r"alice must answer question 0 in all 20 rounds within 0.4 s"),
        (lambda q, u: sys.exit(0), 600, r"alice must answer 0 or 1 to question 0, got SystemExit"),
        (lambda q, u: 0 if q == 0 else _raises(q, u), 600, r"alice must answer 0 or 1 to question 1"),
    ],
)
def test_a_failing_player_is_named(player, limit_s: float, message: str) -> None:
    """At once where it fails, at the limit where it is silent; no sleep is waited for in full."""
    started = time.monotonic()
    with pytest.raises(ValueError, match=message):
        play_isolated(player, honest, 20, rng(), time_limit_s=limit_s)
    assert time.monotonic() - started < 120


def test_a_flood_of_output_is_refused() -> None:
    def flood(question: int, shared: float) -> int:
        for end in range(3, 200):
            with contextlib.suppress(OSError):
                os.write(end, b"A" + b"\0" * 5000)
        return 0

    with pytest.raises(ValueError, match="alice must answer question 0 in all 20 rounds"):
        play_isolated(flood, honest, 20, rng(), time_limit_s=600)


def test_no_process_is_left_behind() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(ValueError, match="within"):
        play_isolated(lambda q, u: time.sleep(30) or 0, honest, 5, rng(), time_limit_s=0.2)
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: play_isolated(honest, honest, 0, rng()), "rounds must be a whole number of at least 1"),
        (lambda: play_isolated(honest, honest, 1, rng(), time_limit_s=0), "time_limit_s must be a finite number"),
        (lambda: referee([[0, 2], [0, 0]], [[0, 0], [0, 0]]), r"alice_answers must be bits of shape \(2, rounds\)"),
        (lambda: referee([[0, 1], [0, 0]], [[0], [0]]), "bob_answers must have the shape of alice_answers"),
        (
            lambda: exact_winning_probability(np.zeros((2, 0), int), np.zeros((2, 0), int)),
            "must hold at least one round",
        ),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_system_without_fork_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(RuntimeError, match="needs a system with fork"):
        play_isolated(honest, honest, 1, rng())
