"""The questions: five answers, each an assertion that a machine can check."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    COPYING,
    GROUP_OF_PAIRS,
    HEADLINE_FIGURE,
    IGNORANCE,
    JUDGE_CLAIMS,
    JUDGE_DEVICES,
    JUDGE_SECURITY,
    NO_SIGNALLING,
    NOISE_ARITHMETIC,
    QUANTUM_MEANS_SECURE,
    SELECTED_DATA,
    SHARED_SEED,
    SIGNALLING,
    TELL_ENTANGLEMENT,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.measures import binary_entropy, trace_distance
from qlab.states import density_matrix, epr_pair, partial_trace, random_density_matrix, werner_state

# --- faq.change_at_bob: does it signal? --------------------------------------------------------------------------


def _change_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = [(density_matrix(epr_pair()),), (werner_state(float(rng.uniform(0.6, 0.9))),)]
    return [*cases, (random_density_matrix(2, rng, rank=2),), (random_density_matrix(2, rng),)]


def _after_alice_reads(rho: Any, keep: tuple[int, ...] = (0, 1)) -> Any:
    """The pair after Alice measured Z: the branches of her outcomes that are kept, added up."""
    projectors = [np.kron(np.diag([1.0 - bit, 1.0 * bit]), np.eye(2)) for bit in keep]
    total = sum(p @ rho @ p for p in projectors)
    return total / np.trace(total)


def _change(rho: Any) -> float:
    before, after = partial_trace(rho, [1]), partial_trace(_after_alice_reads(rho), [1])
    return round(trace_distance(before, after), 9)


def _change_known(rho: Any) -> float:
    return 0.0


def _change_elementwise(rho: Any) -> float:
    cut = np.reshape(rho, (2, 2, 2, 2))
    before = cut[0, :, 0, :] + cut[1, :, 1, :]
    read = np.einsum("abcd,ac->abcd", cut, np.eye(2))
    after = read[0, :, 0, :] + read[1, :, 1, :]
    return float(np.abs(before - after).max())


def _change_by_blocks(rho: Any) -> float:
    branches = _after_alice_reads(rho)
    return float(np.linalg.norm(branches[:2, :2] + branches[2:, 2:] - rho[:2, :2] - rho[2:, 2:]))


def _change_one_branch(rho: Any) -> float:
    return trace_distance(partial_trace(rho, [1]), partial_trace(_after_alice_reads(rho, (0,)), [1]))


def _change_of_the_pair(rho: Any) -> float:
    return trace_distance(rho, _after_alice_reads(rho))


def _change_at_alice(rho: Any) -> float:
    return trace_distance(partial_trace(rho, [0]), partial_trace(_after_alice_reads(rho, (0,)), [0]))


def _change_total(rho: Any) -> float:
    return 1.0


CHANGE_AT_BOB = Task(
    id="faq.change_at_bob",
    title="Does a measurement here show over there?",
    outcome=NO_SIGNALLING,
    inputs=_change_inputs,
    reference=_change,
    returns=forms.number(0, 1, what="a trace distance"),
    misconceptions=(
        Misconception(
            "one-outcome-is-all",
            "You followed one of Alice's outcomes. Bob does not know which one it was, so what he can see is the "
            "mixture of both.",
            _change_one_branch,
            SELECTED_DATA,
        ),
        Misconception(
            "pair-for-half",
            "You compared the pair as a whole before and after. That difference shows only when both sides lay their "
            "records together; Bob alone holds one half, and its statistics are the question.",
            _change_of_the_pair,
            SIGNALLING,
        ),
        Misconception(
            "alice-for-bob",
            "You looked at Alice's half. That she learns something is no surprise; the question is what reaches Bob.",
            _change_at_alice,
            CONVENTION,
        ),
        Misconception(
            "telegraph",
            "You let her measurement turn his half completely, as if the pair were a telegraph. Then two such halves "
            "would carry a message, and none is ever received.",
            _change_total,
            SIGNALLING,
        ),
    ),
    alternatives=(_change_known, _change_elementwise, _change_by_blocks),
    hints=(
        "Bob's view is the reduced state of qubit 1, before and after.",
        "After her Z measurement the pair is the sum over both outcomes of P ρ P.",
        "Trace out Alice in both. Which elements of ρ does her measurement remove, and do any of them enter Bob's sum?",
    ),
    points=2,
)

# --- faq.best_seed: is it a shared seed? -------------------------------------------------------------------------


def _seed_inputs(rng: np.random.Generator) -> list[Arguments]:
    games = []
    for _ in range(4):
        weights = rng.dirichlet(np.ones(4) * 4).reshape(2, 2)
        targets = rng.integers(0, 2, size=(2, 2))
        games.append((weights.tolist(), targets.tolist()))
    even = np.full((2, 2), 0.25).tolist()
    return [*games, (even, [[0, 0], [0, 1]])]


def _seed(weights: list[list[float]], targets: list[list[int]]) -> float:
    best = 0.0
    for a0, a1, b0, b1 in itertools.product((0, 1), repeat=4):
        alice, bob = (a0, a1), (b0, b1)
        won = sum(weights[x][y] for x in (0, 1) for y in (0, 1) if alice[x] ^ bob[y] == targets[x][y])
        best = max(best, won)
    return best


def _seed_by_parity(weights: list[list[float]], targets: list[list[int]]) -> float:
    """Targets of even total parity can all be met; otherwise one, the cheapest, must be given up."""
    odd = sum(map(sum, targets)) % 2
    return 1.0 - (min(map(min, weights)) if odd else 0.0)


def _seed_with_signs(weights: list[list[float]], targets: list[list[int]]) -> float:
    table = np.array(weights) * (-1.0) ** np.array(targets)
    values = [np.abs(np.array(a) @ table).sum() for a in itertools.product((1, -1), repeat=2)]
    return float(0.5 + max(values) / 2)


def _seed_bob_replies(weights: list[list[float]], targets: list[list[int]]) -> float:
    w, t = np.array(weights), np.array(targets)
    best = 0.0
    for alice in itertools.product((0, 1), repeat=2):
        won = 0.0
        for y in (0, 1):
            chances = [sum(w[x, y] for x in (0, 1) if alice[x] ^ reply == t[x, y]) for reply in (0, 1)]
            won += max(chances)
        best = max(best, won)
    return float(best)


def _seed_always_agree(weights: list[list[float]], targets: list[list[int]]) -> float:
    return sum(weights[x][y] for x in (0, 1) for y in (0, 1) if targets[x][y] == 0)


def _seed_three_quarters(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 0.75


def _seed_everything(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 1.0


def _seed_random(weights: list[list[float]], targets: list[list[int]]) -> float:
    return 0.5


BEST_SEED = Task(
    id="faq.best_seed",
    title="Is it just a shared seed?",
    outcome=TELL_ENTANGLEMENT,
    inputs=_seed_inputs,
    reference=_seed,
    returns=forms.number(0, 1, what="a winning probability"),
    misconceptions=(
        Misconception(
            "only-agreement",
            "You let both sides always give the same answer. A seed can do more: it may fix any answer to each "
            "question in advance.",
            _seed_always_agree,
            SHARED_SEED,
        ),
        Misconception(
            "three-quarters-always",
            "You gave the bound of the textbook game. Each game has its own; some are won by a seed entirely, and "
            "then entanglement has nothing to add.",
            _seed_three_quarters,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "seed-knows-the-questions",
            "You let the seed meet every demand. It is drawn before the questions are, so one fixed list of answers "
            "must serve all four.",
            _seed_everything,
            SHARED_SEED,
        ),
        Misconception(
            "classical-is-guessing",
            "You made classical players guess. Players who prepared a common plan beat a coin in every such game.",
            _seed_random,
            IGNORANCE,
        ),
    ),
    alternatives=(_seed_by_parity, _seed_with_signs, _seed_bob_replies),
    hints=(
        "A seed only chooses among fixed plans, so the best fixed plan is the best that it can do.",
        "A plan is an answer of each side to each question: two bits for Alice, two for Bob, sixteen plans.",
        "For each plan add up the weights of those questions (x, y) for which Alice's answer XOR Bob's is the target; "
        "take the largest.",
    ),
    points=2,
)

# --- faq.backup_fidelity: can it be backed up? -------------------------------------------------------------------


def _backup_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(1,), *((int(n),) for n in rng.choice(np.arange(2, 40), size=4, replace=False))]


def _backup(copies: int) -> float:
    return (2 * copies + 1) / (3 * copies)


def _backup_towards_two_thirds(copies: int) -> float:
    return 2 / 3 + 1 / (3 * copies)


def _backup_shrunk_arrow(copies: int) -> float:
    """The Bloch vector of each copy is shrunk by (M + 2) / 3M."""
    return 0.5 + 0.5 * (copies + 2) / (3 * copies)


def _backup_general(copies: int) -> float:
    n, m = 1, copies
    return (m * n + m + n) / (m * (n + 2))


def _backup_perfect(copies: int) -> float:
    return 1.0


def _backup_shared_out(copies: int) -> float:
    return 1 / copies


def _backup_bound_for_two(copies: int) -> float:
    return 5 / 6 if copies > 1 else 1.0


def _backup_chained(copies: int) -> float:
    return float((5 / 6) ** (copies - 1))


BACKUP_FIDELITY = Task(
    id="faq.backup_fidelity",
    title="Can a qubit be backed up?",
    outcome=JUDGE_CLAIMS,
    inputs=_backup_inputs,
    reference=_backup,
    returns=forms.number(0, 1, what="a fidelity"),
    misconceptions=(
        Misconception(
            "backup-as-usual",
            "You copied the qubit like a file. An unknown state cannot be copied perfectly; the best machine leaves "
            "every copy damaged.",
            _backup_perfect,
            COPYING,
        ),
        Misconception(
            "state-divided-up",
            "You divided the state among its copies. Even endless copies keep two thirds, as much as measuring and "
            "preparing anew would give.",
            _backup_shared_out,
            COPYING,
        ),
        Misconception(
            "two-copies-for-all",
            "You used the figure for two copies throughout. The more copies, the worse each, down to what a "
            "measurement gives.",
            _backup_bound_for_two,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "copies-of-copies",
            "You copied copies, one after the other, and multiplied the damage. One machine that makes all of them at "
            "once does much better.",
            _backup_chained,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_backup_towards_two_thirds, _backup_shrunk_arrow, _backup_general),
    hints=(
        "One copy is the original itself, with fidelity 1; two copies reach 5/6 each.",
        "Endless copies are as good as measuring once and preparing again, which gives 2/3.",
        "The general law from N originals to M copies is (MN + M + N)/(M(N + 2)) (Gisin and Massar, 1997).",
    ),
    points=2,
)

# --- faq.key_share: is it secure? --------------------------------------------------------------------------------


def _key_inputs(rng: np.random.Generator) -> list[Arguments]:
    low, middle, high = rng.uniform(0.01, 0.04), rng.uniform(0.06, 0.1), rng.uniform(0.12, 0.24)
    return [(float(low), True), (float(middle), True), (float(high), True), (float(low), False)]


def _key(qber: float, authenticated: bool) -> float:
    return max(0.0, 1 - 2 * binary_entropy(qber)) if authenticated else 0.0


def _entropy_bits(p: float) -> float:
    return float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def _key_by_logs(qber: float, authenticated: bool) -> float:
    share = 1 + 2 * (qber * np.log2(qber) + (1 - qber) * np.log2(1 - qber))
    return float(share) if authenticated and share > 0 else 0.0


def _key_two_costs(qber: float, authenticated: bool) -> float:
    correction = privacy = _entropy_bits(qber)
    return float(np.clip(1 - correction - privacy, 0, 1)) * authenticated


def _key_from_a_pair(qber: float, authenticated: bool) -> float:
    """What a Bell-diagonal pair with independent bit and phase errors leaves: 1 minus its entropy."""
    weights = np.outer([1 - qber, qber], [1 - qber, qber]).ravel()
    return float(max(0.0, 1 + weights @ np.log2(weights))) if authenticated else 0.0


def _key_no_authentication(qber: float, authenticated: bool) -> float:
    return _key(qber, True)


def _key_correction_only(qber: float, authenticated: bool) -> float:
    return max(0.0, 1 - binary_entropy(qber)) if authenticated else 0.0


def _key_any_error_kills(qber: float, authenticated: bool) -> float:
    return 0.0


def _key_errors_removed(qber: float, authenticated: bool) -> float:
    return 1 - qber if authenticated else 0.0


KEY_SHARE = Task(
    id="faq.key_share",
    title="Is it secure?",
    outcome=JUDGE_SECURITY,
    inputs=_key_inputs,
    reference=_key,
    returns=forms.number(0, 1, what="a share of the sifted bits"),
    misconceptions=(
        Misconception(
            "nobody-in-the-middle",
            "You gave a key to parties who cannot tell whom they talk to. Without an authenticated channel, whoever "
            "sits in the middle runs the protocol with each of them.",
            _key_no_authentication,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "correction-without-privacy",
            "You paid for correcting the errors and not for what the eavesdropper may have learned. The same error "
            "rate bounds that too, and it costs as much again.",
            _key_correction_only,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "any-error-is-an-intruder",
            "You gave up at the first error. Every real link has errors; below about eleven per cent they can be "
            "corrected and the eavesdropper's share squeezed out.",
            _key_any_error_kills,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "wrong-bits-thrown-away",
            "You dropped the wrong bits and kept the rest. Nobody knows which ones they are without talking, and the "
            "talk is overheard.",
            _key_errors_removed,
            SELECTED_DATA,
        ),
    ),
    alternatives=(_key_by_logs, _key_two_costs, _key_from_a_pair),
    hints=(
        "Two things are paid from the sifted bits: correcting errors, and squeezing out what an eavesdropper may know.",
        "Each of them costs h(QBER), the binary entropy. The rest is key, if there is a rest.",
        "Before any of it: who guarantees with whom the parties talk? Without that the share is 0.",
    ),
    points=2,
)

# --- faq.ghz_success: are more qubits better? --------------------------------------------------------------------


def _ghz_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (int(rng.integers(5, 60)), float(rng.uniform(0.002, 0.012)), float(rng.uniform(0.01, 0.04))) for _ in range(4)
    ]


def _ghz(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1) * (1 - readout_error) ** num_qubits)


def _ghz_by_logs(num_qubits: int, gate_error: float, readout_error: float) -> float:
    gates = (num_qubits - 1) * np.log1p(-gate_error)
    return float(np.exp(gates + num_qubits * np.log1p(-readout_error)))


def _ghz_by_loop(num_qubits: int, gate_error: float, readout_error: float) -> float:
    chance = 1 - readout_error
    for _ in range(num_qubits - 1):
        chance *= (1 - gate_error) * (1 - readout_error)
    return chance


def _ghz_by_list(num_qubits: int, gate_error: float, readout_error: float) -> float:
    steps = [1 - gate_error] * (num_qubits - 1) + [1 - readout_error] * num_qubits
    return float(np.prod(steps))


def _ghz_as_one_pair(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return (1 - gate_error) * (1 - readout_error) ** 2


def _ghz_gates_only(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1))


def _ghz_linear(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return max(0.0, 1 - (num_qubits - 1) * gate_error - num_qubits * readout_error)


def _ghz_all_pairs(num_qubits: int, gate_error: float, readout_error: float) -> float:
    links = num_qubits * (num_qubits - 1) // 2
    return float((1 - gate_error) ** links * (1 - readout_error) ** num_qubits)


GHZ_SUCCESS = Task(
    id="faq.ghz_success",
    title="Are more qubits better?",
    outcome=JUDGE_DEVICES,
    inputs=_ghz_inputs,
    reference=_ghz,
    returns=forms.number(0, 1, what="a probability"),
    misconceptions=(
        Misconception(
            "large-state-like-a-pair",
            "You judged a large state by the figure of one pair. Every further qubit brings a gate and a readout, "
            "and all of them must go right.",
            _ghz_as_one_pair,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "readout-left-out",
            "You counted the gates and left out the readout. On most machines the readout is the larger error, and "
            "there is one for every qubit.",
            _ghz_gates_only,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "errors-add-up",
            "You added the errors up. That is a fair estimate for few and small ones; for many, chances of success "
            "multiply.",
            _ghz_linear,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "every-pair-linked",
            "You entangled every qubit with every other. A chain of n - 1 gates is enough: a GHZ state is one "
            "correlation of all, not a web of pairs.",
            _ghz_all_pairs,
            GROUP_OF_PAIRS,
        ),
    ),
    alternatives=(_ghz_by_logs, _ghz_by_loop, _ghz_by_list),
    hints=(
        "A GHZ state of n qubits needs n - 1 two-qubit gates and n readouts.",
        "No step may fail, and the steps fail independently.",
        "Multiply the chances that each step goes right.",
    ),
    points=2,
)

TASKS = (CHANGE_AT_BOB, BEST_SEED, BACKUP_FIDELITY, KEY_SHARE, GHZ_SUCCESS)
