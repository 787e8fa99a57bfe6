"""Unit 05: what a shared pair can and cannot do between nodes that do not talk."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks._families import (
    CONVENTION,
    COPYING,
    ENTANGLED_MEANS_USEFUL,
    GROUP_OF_PAIRS,
    NO_SIGNALLING,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    SELECTED_DATA,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._forms import number
from qlab.checks._task import Arguments, Misconception, Task
from qlab.measures import concurrence
from qlab.states import ghz_state, partial_trace, random_ket, w_state

# --- 05.bob_marginal ---------------------------------------------------------------------------------------------


def _marginal_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(random_ket(2, rng), float(rng.uniform(0.4, 2.6))) for _ in range(4)]


def _directions(angle: float) -> tuple[Any, Any]:
    """Eigenkets of cos θ Z + sin θ X for +1 and for -1."""
    up = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    return up, np.array([-np.sin(angle / 2), np.cos(angle / 2)])


def _marginal(ket: Any, angle: float) -> float:
    return float(partial_trace(ket, [1])[1, 1].real)


def _marginal_sum(ket: Any, angle: float) -> float:
    return float(abs(ket[1]) ** 2 + abs(ket[3]) ** 2)


def _marginal_branches(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float(sum(abs((direction @ table)[1]) ** 2 for direction in _directions(angle)))


def _marginal_density(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float((table.T @ table.conj())[1, 1].real)


def _marginal_when_plus(ket: Any, angle: float) -> float:
    branch = _directions(angle)[0] @ np.reshape(ket, (2, 2))
    return float(abs(branch[1]) ** 2 / np.vdot(branch, branch).real)


def _marginal_turned(ket: Any, angle: float) -> float:
    table = np.reshape(ket, (2, 2))
    return float(sum(abs(row @ _directions(angle)[1]) ** 2 for row in table))


def _marginal_half(ket: Any, angle: float) -> float:
    return 0.5


def _marginal_alice(ket: Any, angle: float) -> float:
    return float(abs(ket[2]) ** 2 + abs(ket[3]) ** 2)


def _marginal_both(ket: Any, angle: float) -> float:
    return float(abs(ket[3]) ** 2)


BOB_MARGINAL = Task(
    id="05.bob_marginal",
    title="Try to signal through a pair",
    outcome=NO_SIGNALLING,
    inputs=_marginal_inputs,
    reference=_marginal,
    returns=number(0, 1, what="a probability"),
    misconceptions=(
        Misconception(
            "kept-one-outcome",
            "You kept the rounds in which Alice read +1. Bob cannot know which rounds these are until she tells him; "
            "in the statistics that he sees, both of her outcomes are mixed.",
            _marginal_when_plus,
            SELECTED_DATA,
        ),
        Misconception(
            "her-angle-turns-him",
            "You let Alice's angle turn Bob's qubit, as if the pair were a lever between them. Her choice appears in "
            "joint statistics only, never in his alone.",
            _marginal_turned,
            SIGNALLING,
        ),
        Misconception(
            "always-even",
            "You took the 50/50 of a Bell pair for a law. Half of another state has a bias of its own; the law is that "
            "this bias does not depend on what Alice does.",
            _marginal_half,
            ONE_SETTING,
        ),
        Misconception(
            "read-alices-side",
            "You computed Alice's side. Qubit 0, the leftmost factor, is hers; Bob holds qubit 1.",
            _marginal_alice,
            CONVENTION,
        ),
        Misconception(
            "joint-for-marginal",
            "You computed how often both read 1. What Bob sees alone is a sum over everything that Alice may read.",
            _marginal_both,
            ONE_SETTING,
        ),
    ),
    alternatives=(_marginal_sum, _marginal_branches, _marginal_density),
    hints=(
        "Bob's statistics, over all rounds, are those of his reduced state.",
        "If Alice measures, add up both of her outcomes, each with its probability, before you look at Bob.",
        "Amplitudes stand in the order 00, 01, 10, 11 with Bob's bit last. Which two of them have Bob at 1, and does "
        "the angle appear anywhere?",
    ),
)

# --- 05.replica_budget -------------------------------------------------------------------------------------------


def _budget_inputs(rng: np.random.Generator) -> list[Arguments]:
    lists = [[float(rng.uniform(0.15, 0.55)) for _ in range(count)] for count in (1, 2, 3, 2)]
    return [(values,) for values in lists]


def _budget(concurrences: list[float]) -> float:
    return float(np.sqrt(max(0.0, 1 - sum(c * c for c in concurrences))))


def _budget_norm(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - np.linalg.norm(concurrences) ** 2))


def _budget_step_by_step(concurrences: list[float]) -> float:
    left = 1.0
    for c in concurrences:
        left = float(np.sqrt(left**2 - c**2))
    return left


def _budget_from_a_state(concurrences: list[float]) -> float:
    """Build hub and replicas with one excitation shared out, and measure what is left for the last of them."""
    shares = np.array(concurrences) / np.sqrt(2)
    last = np.sqrt(0.5 - np.sum(shares**2))
    nodes = len(concurrences) + 2
    ket = np.zeros(2**nodes)
    ket[1 << (nodes - 1)] = np.sqrt(0.5)
    for position, share in enumerate([*shares, last], start=1):
        ket[1 << (nodes - 1 - position)] = share
    return concurrence(partial_trace(ket, [0, nodes - 1]))


def _budget_free_copies(concurrences: list[float]) -> float:
    return 1.0


def _budget_linear(concurrences: list[float]) -> float:
    return max(0.0, 1 - sum(concurrences))


def _budget_no_root(concurrences: list[float]) -> float:
    return 1 - sum(c * c for c in concurrences)


def _budget_last_only(concurrences: list[float]) -> float:
    return float(np.sqrt(1 - max(concurrences) ** 2)) if len(concurrences) > 1 else 1.0


def _budget_equal_shares(concurrences: list[float]) -> float:
    return 1 / (len(concurrences) + 1)


REPLICA_BUDGET = Task(
    id="05.replica_budget",
    title="What is left for one more replica",
    outcome=NO_SIGNALLING,
    inputs=_budget_inputs,
    reference=_budget,
    returns=number(0, 1, what="a concurrence"),
    misconceptions=(
        Misconception(
            "replicas-are-free",
            "You treated entanglement like a record that every replica can hold in full. It is monogamous: what the "
            "hub shares with one replica is gone for the others.",
            _budget_free_copies,
            COPYING,
        ),
        Misconception(
            "budget-adds-up-linearly",
            "You subtracted concurrences from one, as if they were percentages of a total. It is their squares that "
            "share the budget.",
            _budget_linear,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "forgot-the-root",
            "You stopped at the square of the answer. The squares add up to at most one, and what is asked for is a "
            "concurrence.",
            _budget_no_root,
            CONVENTION,
        ),
        Misconception(
            "pairs-do-not-compete",
            "You let only the strongest pair limit the new one. Every replica takes its share out of the one budget "
            "of the hub, not each out of its own.",
            _budget_last_only,
            GROUP_OF_PAIRS,
        ),
        Misconception(
            "split-evenly",
            "You divided the hub evenly among all replicas. The others already hold what they hold; the question is "
            "what this leaves.",
            _budget_equal_shares,
            GROUP_OF_PAIRS,
        ),
    ),
    alternatives=(_budget_norm, _budget_step_by_step, _budget_from_a_state),
    hints=(
        "Monogamy (Coffman, Kundu and Wootters, 2000): the hub's concurrences with all others cannot all be large.",
        "The sum of their squares is at most 1.",
        "Put the unknown concurrence into that sum, take equality, and solve for it.",
    ),
)

# --- 05.pair_after_loss ------------------------------------------------------------------------------------------


def _loss_inputs(rng: np.random.Generator) -> list[Arguments]:
    sizes = rng.choice(np.arange(3, 8), size=3, replace=False)
    return [("ghz", int(sizes[0])), ("w", int(sizes[1])), ("w", int(sizes[2])), ("ghz", int(sizes[2]))]


def _loss(kind: str, num_nodes: int) -> float:
    ket = ghz_state(num_nodes) if kind == "ghz" else w_state(num_nodes)
    return round(concurrence(partial_trace(ket, [0, 1])), 12)


def _loss_formula(kind: str, num_nodes: int) -> float:
    return 2 / num_nodes if kind == "w" else 0.0


def _loss_table(kind: str, num_nodes: int) -> float:
    return {"ghz": 0.0, "w": 2.0 / num_nodes}[kind]


def _loss_by_hand(kind: str, num_nodes: int) -> float:
    """The 4×4 state of two nodes, written down: for W, one excitation shared, or with the nodes that are lost."""
    if kind == "ghz":
        rho = np.diag([0.5, 0, 0, 0.5])
    else:
        rho = np.zeros((4, 4))
        rho[0, 0] = (num_nodes - 2) / num_nodes
        rho[1:3, 1:3] = 1 / num_nodes
    off_diagonal = abs(rho[1, 2]) - np.sqrt(rho[0, 0] * rho[3, 3])
    return float(max(0.0, 2 * off_diagonal))


def _loss_ghz_survives(kind: str, num_nodes: int) -> float:
    return 1.0 if kind == "ghz" else 2 / num_nodes


def _loss_all_dies(kind: str, num_nodes: int) -> float:
    return 0.0


def _loss_one_fewer(kind: str, num_nodes: int) -> float:
    return 2 / (num_nodes - 1) if kind == "w" else 0.0


def _loss_swapped(kind: str, num_nodes: int) -> float:
    return 2 / num_nodes if kind == "ghz" else 0.0


def _loss_share(kind: str, num_nodes: int) -> float:
    return 1 / num_nodes if kind == "w" else 0.0


PAIR_AFTER_LOSS = Task(
    id="05.pair_after_loss",
    title="Lose a node of GHZ and of W",
    outcome=NO_SIGNALLING,
    inputs=_loss_inputs,
    reference=_loss,
    returns=number(0, 1, what="a concurrence"),
    misconceptions=(
        Misconception(
            "ghz-is-many-pairs",
            "You read the GHZ state as a bundle of Bell pairs. Any two of its nodes, without the rest, hold a shared "
            "coin and no entanglement at all.",
            _loss_ghz_survives,
            GROUP_OF_PAIRS,
        ),
        Misconception(
            "every-loss-is-total",
            "You took it that losing a node destroys everything. That is true of GHZ; the W state was found because it "
            "keeps something.",
            _loss_all_dies,
            GROUP_OF_PAIRS,
        ),
        Misconception(
            "loss-without-a-trace",
            "You let the survivors close ranks into a smaller W state. The lost node may hold the excitation, and that "
            "case stays in the mixture.",
            _loss_one_fewer,
            GROUP_OF_PAIRS,
        ),
        Misconception(
            "ghz-and-w-exchanged",
            "You have the two states the other way round. GHZ is all nodes equal; W is one excitation, somewhere.",
            _loss_swapped,
            CONVENTION,
        ),
        Misconception(
            "share-of-the-excitation",
            "You gave the chance that one node holds the excitation. Concurrence counts the coherence between the two "
            "places, and both orders contribute.",
            _loss_share,
            CONVENTION,
        ),
    ),
    alternatives=(_loss_formula, _loss_table, _loss_by_hand),
    hints=(
        "A lost node is traced out: what remains is a mixture over whatever it could have shown.",
        "partial_trace(ket, [0, 1]) gives the state of the first two nodes, and concurrence measures it.",
        "For GHZ look whether any off-diagonal element survives the trace. For W compute it for three and for four "
        "nodes and see how it shrinks.",
    ),
)

# --- 05.expected_wins --------------------------------------------------------------------------------------------

CUT_OFF = 1 - 1 / np.sqrt(2)


def _wins_inputs(rng: np.random.Generator) -> list[Arguments]:
    above = [float(rng.uniform(0.38, 0.48)), float(rng.uniform(0.38, 0.48))]
    below = float(rng.uniform(0.12, 0.22))
    rounds = [int(n) for n in rng.integers(800, 2000, size=4)]
    some = int(rng.integers(200, 600))
    return [
        (rounds[0], some, above[0]),
        (rounds[1], rounds[1] + some, above[1]),
        (rounds[2], some, below),
        (rounds[3], 0, above[0]),
    ]


def _game_values(p: float) -> tuple[float, float]:
    """Best winning probability with a shared seed, and with a fresh pair, if each input is 1 with probability p."""
    classical = 1 - p * p
    return classical, (0.5 + (p * p + (1 - p) ** 2) / np.sqrt(2) if p > CUT_OFF else classical)


def _wins(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    fresh = min(decisions, pairs)
    return float(fresh * quantum + (decisions - fresh) * classical)


def _wins_by_vectors(decisions: int, pairs: int, p: float) -> float:
    """Maximise over the angle between Alice's two directions; Bob's best answer to them is known."""
    q = 1 - p
    cosines = np.linspace(-1, 1, 40_001)
    first = np.sqrt((q * q) ** 2 + (p * q) ** 2 + 2 * q * q * p * q * cosines)
    second = np.sqrt((q * p) ** 2 + (p * p) ** 2 - 2 * q * p * p * p * cosines)
    quantum = 0.5 + float(np.max(first + second)) / 2
    fresh = min(decisions, pairs)
    return fresh * quantum + (decisions - fresh) * (1 - p * p)


def _wins_as_gain(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(decisions * classical + min(pairs, decisions) * (quantum - classical))


def _wins_round_by_round(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(np.where(np.arange(decisions) < pairs, quantum, classical).sum())


def _wins_pair_reused(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(decisions * (quantum if pairs else classical))


def _wins_nothing_without_pairs(decisions: int, pairs: int, p: float) -> float:
    return float(min(decisions, pairs) * _game_values(p)[1])


def _wins_even_inputs(decisions: int, pairs: int, p: float) -> float:
    fresh = min(decisions, pairs)
    return float(fresh * np.cos(np.pi / 8) ** 2 + (decisions - fresh) * 0.75)


def _wins_past_the_cut_off(decisions: int, pairs: int, p: float) -> float:
    fresh = min(decisions, pairs)
    return float(fresh * (0.5 + (p * p + (1 - p) ** 2) / np.sqrt(2)) + (decisions - fresh) * (1 - p * p))


def _wins_more_pairs_than_rounds(decisions: int, pairs: int, p: float) -> float:
    classical, quantum = _game_values(p)
    return float(pairs * quantum + (decisions - pairs) * classical)


EXPECTED_WINS = Task(
    id="05.expected_wins",
    title="Where an XOR game helps a load balancer, and where it stops",
    outcome=NO_SIGNALLING,
    inputs=_wins_inputs,
    reference=_wins,
    returns=number(0, what="an expected number of wins"),
    misconceptions=(
        Misconception(
            "pair-used-again",
            "You used a pair for every decision, however few there were. A measured pair is spent; each round needs a "
            "fresh one or falls back to the shared seed.",
            _wins_pair_reused,
            COPYING,
        ),
        Misconception(
            "no-pair-no-win",
            "You counted rounds without a pair as lost. Two servers with a shared seed win most rounds already, and "
            "that is what an advantage is measured against.",
            _wins_nothing_without_pairs,
            SHARED_SEED,
        ),
        Misconception(
            "textbook-inputs",
            "You took 0.75 and 0.854 from the textbook game, in which both inputs are even. Traffic is not: with "
            "rarer requests the seed alone wins more.",
            _wins_even_inputs,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "formula-past-its-range",
            "You used the formula for entangled play below the bias where it holds. There the best quantum strategy "
            "is the classical one, and the pair buys nothing.",
            _wins_past_the_cut_off,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "more-pairs-than-rounds",
            "You let pairs that no decision needs win rounds. A pair helps one decision; stock beyond that is idle.",
            _wins_more_pairs_than_rounds,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_wins_by_vectors, _wins_as_gain, _wins_round_by_round),
    hints=(
        "Split the decisions: those that get a fresh pair, and the rest, which play the best classical strategy.",
        "With inputs that are 1 with probability p, answering 0 always wins 1 - p². With a pair it is "
        "½ + (p² + (1-p)²)/√2, as long as p is above 1 - 1/√2.",
        "Below that bias use the classical value for both. A pair serves one decision, so at most "
        "min(decisions, pairs) of them count.",
    ),
    tolerance=1e-6,
)

TASKS = (BOB_MARGINAL, REPLICA_BUDGET, PAIR_AFTER_LOSS, EXPECTED_WINS)
