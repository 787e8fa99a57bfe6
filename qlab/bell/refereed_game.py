"""The CHSH game for players whose code nobody trusts.

Two rules make cheating pointless rather than merely hard:

1. Each player answers in forked processes of its own, knowing one question and the shared numbers.
2. Each player is asked *both* questions, in separate processes, and all four tables of answers are
   committed before the referee draws a single question from the operating system's entropy.

Whatever the four processes told each other through files, globals or a shared generator, the tables
are then a fixed local strategy for every round, and no local strategy wins more than 3 of the 4 pairs
of questions. Only classical answers can be asked for both ways: a measured pair gives one answer only.

The game does not protect the machine from the players; the course's grader runs it in a sandbox.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab.bell.chsh import Player
from qlab.bell.statistics import BellTestResult

Answers = NDArray[np.uint8]
"""Answers of one player, ``[question, round]``, shape (2, rounds)."""


@dataclass(frozen=True, eq=False)
class RefereedGame:
    """A finished game: the committed answers and the rounds that the referee drew.

    Attributes:
        alice_answers: ``[x, round]``, committed before any question was drawn.
        bob_answers: ``[y, round]``.
        result: counts of the rounds played.
    """

    alice_answers: Answers
    bob_answers: Answers
    result: BellTestResult

    @property
    def exact_winning_probability(self) -> float:
        """Mean over rounds and over all four pairs of questions: no luck in it, and never above 3/4.

        Args:
            alice_answers: bits ``[x, round]`` of shape (2, rounds).
            bob_answers: bits ``[y, round]`` of the same shape.
        """
        return exact_winning_probability(self.alice_answers, self.bob_answers)


def _checked_answers(name: str, answers: Any) -> Answers:
    demand = "must be bits of shape (2, rounds)"
    table = _validate.bits(name, answers, demand)
    if table.ndim != 2 or len(table) != 2:
        raise _validate.fail(name, demand, answers)
    return table


def _both_checked(alice_answers: Any, bob_answers: Any) -> tuple[Answers, Answers]:
    alice, bob = _checked_answers("alice_answers", alice_answers), _checked_answers("bob_answers", bob_answers)
    if alice.shape != bob.shape:
        raise _validate.fail("bob_answers", f"must have the shape of alice_answers {alice.shape}", bob.shape)
    return alice, bob


def exact_winning_probability(alice_answers: Any, bob_answers: Any) -> float:
    """Mean probability to win of committed answers, over all rounds and all four pairs of questions.

    Args:
        alice_answers: bits ``[x, round]`` of shape (2, rounds).
        bob_answers: bits ``[y, round]`` of the same shape.

    >>> exact_winning_probability([[0, 0], [0, 1]], [[0, 0], [0, 0]])
    0.75
    """
    alice, bob = _both_checked(alice_answers, bob_answers)
    if alice.shape[1] == 0:
        raise _validate.fail("alice_answers", "must hold at least one round", alice.shape)
    wins = [np.mean((alice[x] ^ bob[y]) == (x & y)) for x in (0, 1) for y in (0, 1)]
    return float(np.mean(wins))


def referee(alice_answers: Any, bob_answers: Any) -> RefereedGame:
    """Draw the questions and count the wins of answers committed before.

    The questions come from the operating system, not from a generator handed in: a player's process
    is a copy of this one, and could read the future of any generator that existed when it was made.

    Args:
        alice_answers: bits ``[x, round]`` of shape (2, rounds).
        bob_answers: bits ``[y, round]`` of the same shape.
    """
    alice, bob = _both_checked(alice_answers, bob_answers)
    rounds = np.arange(alice.shape[1])
    x, y = np.random.default_rng().integers(0, 2, size=(2, len(rounds)))
    codes = 8 * x + 4 * y + 2 * alice[x, rounds] + bob[y, rounds]
    return RefereedGame(alice, bob, BellTestResult.from_rounds(codes))


def play_isolated(
    alice: Player, bob: Player, rounds: int, rng: np.random.Generator, *, time_limit_s: float = 10.0
) -> RefereedGame:
    """Play the game with two programs that may try anything.

    Args:
        alice: (x, shared number of the round) → 0 or 1, called in processes of its own.
        bob: (y, shared number of the round) → 0 or 1, likewise.
        rounds: how many.
        rng: source of the shared numbers alone.
        time_limit_s: wall time for all answers together, a day at most.

    Raises:
        ValueError: where a player fails, gives something other than a bit, or takes too long.
        RuntimeError: on a system without ``fork``.

    >>> game = play_isolated(lambda x, u: 0, lambda y, u: 0, 1000, np.random.default_rng(1))
    >>> game.exact_winning_probability
    0.75
    """
    if not hasattr(os, "fork"):
        raise RuntimeError("play_isolated needs a system with fork (Linux or macOS)")
    n = _validate.integer("rounds", rounds, 1, 10_000_000)
    _validate.generator("rng", rng)
    limit = _validate.in_range("time_limit_s", _validate.positive("time_limit_s", time_limit_s), 0, 86_400)
    alice, bob = _validate.function("alice", alice, 2), _validate.function("bob", bob, 2)
    shared = rng.random(n).tolist()
    asked = [(name, player, q) for name, player in (("alice", alice), ("bob", bob)) for q in (0, 1)]
    children: list[tuple[int, int]] = []
    try:
        for _, player, question in asked:
            children.append(_start(player, question, shared, limit))
        replies = _collect([read_end for _, read_end in children], n, time.monotonic() + limit)
    finally:
        for pid, read_end in children:
            _end(pid)
            os.close(read_end)
    tables = [_read_reply(name, q, reply, n, limit) for (name, _, q), reply in zip(asked, replies, strict=True)]
    return referee(np.array(tables[:2]), np.array(tables[2:]))


def _start(player: Player, question: int, shared: list[float], limit: float) -> tuple[int, int]:
    """Fork one process that answers one question for all rounds; its number and the pipe to read from."""
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # Notebook kernels have threads; the child only calls the player and leaves by os._exit.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:  # pragma: no cover  (another process)
        _answer_and_leave(player, question, shared, limit, write_end)
    os.close(write_end)
    return pid, read_end


def _answer_and_leave(
    player: Player, question: int, shared: list[float], limit: float, write_end: int
) -> None:  # pragma: no cover  (another process)
    try:
        import resource

        os.setsid()
        os.closerange(3, write_end)
        os.closerange(write_end + 1, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1 << 16))
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        seconds = int(limit) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        reply = b"A" + bytes(_validate.bit("answer", player(question, number)) for number in shared)
    except BaseException as error:
        reply = b"E" + f"{type(error).__name__}: {error}"[:300].encode(errors="replace")
    try:
        while reply:
            reply = reply[os.write(write_end, reply) :]
    finally:
        os._exit(0)


def _collect(read_ends: list[int], rounds: int, deadline: float) -> list[bytes]:
    """What each pipe said until it closed, the time ran out, or it said more than a reply can hold."""
    said = dict.fromkeys(read_ends, b"")
    with selectors.DefaultSelector() as selector:
        for end in read_ends:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                chunk = os.read(key.fd, 1 << 20)
                said[key.fd] += chunk
                if not chunk or len(said[key.fd]) > rounds + 2000:
                    selector.unregister(key.fd)
    return [said[end] for end in read_ends]


def _end(pid: int) -> None:
    """Kill a player's process group, and the process itself where it had not yet made one."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _read_reply(name: str, question: int, reply: bytes, rounds: int, limit: float) -> Answers:
    if reply.startswith(b"E"):
        raise ValueError(f"{name} must answer 0 or 1 to question {question}, got {reply[1:].decode(errors='replace')}")
    answers = np.frombuffer(reply[1:], dtype=np.uint8)
    if not reply.startswith(b"A") or len(answers) != rounds or answers.max() > 1:
        demand = f"must answer question {question} in all {rounds} rounds within {limit:g} s"
        raise ValueError(f"{name} {demand}, got {max(0, len(reply) - 1)} answers")
    return answers
