"""Unit 06: what a network of pairs delivers: states, bits, rate, fidelity, and for how long."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    COPYING,
    ENTANGLED_MEANS_USEFUL,
    FREE_WIRING,
    HEADLINE_FIGURE,
    NO_SIGNALLING,
    NOISE_ARITHMETIC,
    PLAN_LINKS,
    SELECTED_DATA,
    SIGNALLING,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.gates import I, X, Z
from qlab.links import FibreLink, fibre_transmissivity, mean_rounds_two_links, stored_pair_fidelity
from qlab.measures import entropy
from qlab.purification import dejmps, werner_weights
from qlab.states import density_matrix, epr_pair, random_ket, werner_state

# --- 06.received -------------------------------------------------------------------------------------------------


def _received_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(random_ket(1, rng), bits) for bits in ("xz", "", "x", "z")]


def _received(ket: Any, bits: str) -> Any:
    """Average over the four outcomes; Bob undoes X and Z only where he was told."""
    total = np.zeros((2, 2), dtype=complex)
    for a in (0, 1):
        for b in (0, 1):
            arrived = np.linalg.matrix_power(X, a) @ np.linalg.matrix_power(Z, b) @ ket
            if "x" in bits and a:
                arrived = X @ arrived
            if "z" in bits and b:
                arrived = Z @ arrived
            total += density_matrix(arrived) / 4
    return total


def _received_flips(ket: Any, bits: str) -> Any:
    rho = np.outer(ket, np.conj(ket))
    if "x" not in bits:
        rho = (rho + X @ rho @ X) / 2
    return rho if "z" in bits else (rho + Z @ rho @ Z) / 2


def _received_bloch(ket: Any, bits: str) -> Any:
    """Each missing bit removes the components of the Bloch vector that it would have turned back."""
    paulis = {"X": X, "Y": np.array([[0, -1j], [1j, 0]]), "Z": Z}
    kept = {"xz": "XYZ", "": "", "x": "Z", "z": "X"}[bits]
    return (I + sum(np.vdot(ket, paulis[p] @ ket).real * paulis[p] for p in kept)) / 2


def _received_on_three_qubits(ket: Any, bits: str) -> Any:
    """The whole experiment: project Alice's two qubits on each Bell state, correct Bob, add up."""
    whole = np.kron(ket, epr_pair()).reshape(4, 2)
    total = np.zeros((2, 2), dtype=complex)
    for a in (0, 1):
        for b in (0, 1):
            bell = np.kron(np.linalg.matrix_power(Z, b) @ np.linalg.matrix_power(X, a), I) @ epr_pair()
            bob = bell.conj() @ whole
            bob = X @ bob if a and "x" in bits else bob
            bob = Z @ bob if b and "z" in bits else bob
            total += np.outer(bob, bob.conj())
    return total


def _received_at_once(ket: Any, bits: str) -> Any:
    return np.outer(ket, np.conj(ket))


def _received_half_way(ket: Any, bits: str) -> Any:
    share = len(bits) / 2
    return share * np.outer(ket, np.conj(ket)) + (1 - share) * np.eye(2) / 2


def _received_exchanged(ket: Any, bits: str) -> Any:
    return _received(ket, {"x": "z", "z": "x"}.get(bits, bits))


def _received_lucky(ket: Any, bits: str) -> Any:
    """Keeps the rounds in which nothing needed correcting whenever a bit is missing."""
    return np.outer(ket, np.conj(ket)) if bits else _received(ket, "x")


def _received_nothing(ket: Any, bits: str) -> Any:
    return np.outer(ket, np.conj(ket)) if bits == "xz" else np.eye(2) / 2


RECEIVED = Task(
    id="06.received",
    title="Teleport with bits withheld",
    outcome=NO_SIGNALLING,
    inputs=_received_inputs,
    reference=_received,
    returns=forms.density_matrix(1),
    misconceptions=(
        Misconception(
            "arrives-at-once",
            "You let the state arrive with the pair. What Bob holds before the bits is one of four turned versions, "
            "and "
            "without the bits he cannot know which.",
            _received_at_once,
            SIGNALLING,
        ),
        Misconception(
            "bits-are-signal-strength",
            "You let each bit bring half of the state. They are not strength: each says whether one particular turn "
            "must "
            "be undone, and each missing one blurs one particular axis.",
            _received_half_way,
            SIGNALLING,
        ),
        Misconception(
            "bits-exchanged",
            "You undid the wrong turns. The x bit tells whether to apply X; without the z bit it is the phase that is "
            "unknown.",
            _received_exchanged,
            CONVENTION,
        ),
        Misconception(
            "lucky-rounds",
            "You kept the rounds in which no correction was due. Bob learns which rounds these were only from the bits "
            "that he does not have.",
            _received_lucky,
            SELECTED_DATA,
        ),
        Misconception(
            "all-or-nothing",
            "You gave everything up as soon as one bit is missing. One bit alone saves one axis of the state, the one "
            "that the other turn leaves alone.",
            _received_nothing,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_received_flips, _received_bloch, _received_on_three_qubits),
    hints=(
        "Before any correction Bob holds XᵃZᵇ|ψ⟩ with a and b completely random.",
        "A bit that arrives is a turn undone; a bit that does not is an average over done and not done.",
        "Start from |ψ⟩⟨ψ|. Without the x bit replace ρ by (ρ + XρX)/2, without the z bit by (ρ + ZρZ)/2.",
    ),
)

# --- 06.dense_audit ----------------------------------------------------------------------------------------------


def _dense_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(1.0,), (float(rng.uniform(0.85, 0.97)),), (float(rng.uniform(0.55, 0.78)),)]


def _report(bits: float, qubits: int) -> dict[str, Any]:
    return {"bits": float(bits), "qubits_in_total": qubits, "worth_it": bool(bits > 1)}


def _dense(pair_fidelity: float) -> dict[str, Any]:
    return _report(2 - entropy(werner_state(pair_fidelity)), 2)


def _dense_by_weights(pair_fidelity: float) -> dict[str, Any]:
    weights = np.array([pair_fidelity] + 3 * [(1 - pair_fidelity) / 3])
    weights = weights[weights > 0]
    return _report(2 + float(weights @ np.log2(weights)), 2)


def _dense_by_ensemble(pair_fidelity: float) -> dict[str, Any]:
    """Holevo's quantity of the four signals: entropy of their average less the entropy of each."""
    rho = werner_state(pair_fidelity)
    signals = [np.kron(u, I) @ rho @ np.kron(u, I).conj().T for u in (I, X, Z, X @ Z)]
    average: Any = sum(signals) / 4
    return _report(entropy(average) - entropy(rho), 2)


def _dense_by_logs(pair_fidelity: float) -> dict[str, Any]:
    f, rest = pair_fidelity, 1 - pair_fidelity
    lost = -f * math.log2(f) - (rest * math.log2(rest / 3) if rest > 0 else 0)
    return _report(2 - lost, 2)


def _dense_always_two(pair_fidelity: float) -> dict[str, Any]:
    return _report(2.0, 2)


def _dense_one_qubit(pair_fidelity: float) -> dict[str, Any]:
    return _report(_dense(pair_fidelity)["bits"], 1)


def _dense_linear(pair_fidelity: float) -> dict[str, Any]:
    return _report(2 * pair_fidelity, 2)


def _dense_entangled_is_enough(pair_fidelity: float) -> dict[str, Any]:
    return {**_dense(pair_fidelity), "worth_it": pair_fidelity > 0.5}


def _dense_capped_below(pair_fidelity: float) -> dict[str, Any]:
    return _report(max(1.0, _dense(pair_fidelity)["bits"]), 2)


DENSE_AUDIT = Task(
    id="06.dense_audit",
    title="Superdense coding: audit what travels",
    outcome=PLAN_LINKS,
    inputs=_dense_inputs,
    reference=_dense,
    returns=forms.record(bits=forms.number(0, 2), qubits_in_total=forms.whole_number(0), worth_it=forms.boolean()),
    misconceptions=(
        Misconception(
            "two-bits-always",
            "You booked two bits for any pair. That is the perfect pair's yield; noise takes its share out of it.",
            _dense_always_two,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "first-half-was-free",
            "You counted the qubit that carries the message and forgot the other half, which had to travel earlier. "
            "Nothing was compressed; half of the transport was done in advance.",
            _dense_one_qubit,
            COPYING,
        ),
        Misconception(
            "bits-in-proportion",
            "You scaled the bits with the fidelity. What noise takes is an entropy, and that bites early: the first "
            "few "
            "per cent of noise cost the most.",
            _dense_linear,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "entangled-so-worth-it",
            "You called it worth it as soon as the pair is entangled. A plain qubit carries one bit without any pair, "
            "and a weakly entangled pair stays below that.",
            _dense_entangled_is_enough,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "never-below-one",
            "You let the scheme never fall below one bit. Used as superdense coding, a noisy pair delivers less; to "
            "get "
            "the one bit back one must stop using it.",
            _dense_capped_below,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_dense_by_weights, _dense_by_ensemble, _dense_by_logs),
    hints=(
        "Count every qubit that crosses the line, at any time.",
        "A Werner pair delivers 2 - S(ρ) bits, with the entropy of the pair in bits.",
        "measures.entropy(states.werner_state(fidelity)) is S(ρ); sending one plain bit is what it must beat.",
    ),
)

# --- 06.raw_pairs ------------------------------------------------------------------------------------------------

MOST_ROUNDS = 8


def _raw_inputs(rng: np.random.Generator) -> list[Arguments]:
    long_chain, f = int(rng.integers(30, 45)), float(rng.uniform(0.975, 0.984))
    between = (f**long_chain + _swapped(werner_weights(f), long_chain)) / 2
    return [
        (f, long_chain, round(between, 6)),
        (float(rng.uniform(0.78, 0.86)), 4, 0.9),
        (float(rng.uniform(0.9, 0.94)), 8, 0.92),
        (float(rng.uniform(0.985, 0.995)), 2, 0.95),
        (float(rng.uniform(0.3, 0.45)), 4, 0.8),
    ]


def _swapped(weights: Any, links: int) -> float:
    """Fidelity with |Φ+⟩ after ideal swaps of equal Bell-diagonal links: weights convolve over Z2 × Z2."""
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
    return float(np.mean((signs @ np.asarray(weights)) ** links))


def _raw(link_fidelity: float, links: int, target: float) -> float:
    weights, cost = werner_weights(link_fidelity), 1.0
    for _ in range(MOST_ROUNDS + 1):
        if _swapped(weights, links) >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost *= 2 / success
    return 0.0


def _dejmps_step(a: float, b: float, c: float, d: float) -> tuple[float, float, float, float, float]:
    """Weights of Φ+, Ψ-, Ψ+, Φ- after one round, and its success."""
    n = (a + b) ** 2 + (c + d) ** 2
    return (a * a + b * b) / n, 2 * c * d / n, (c * c + d * d) / n, 2 * a * b / n, n


def _raw_by_formula(link_fidelity: float, links: int, target: float) -> float:
    a, rest = link_fidelity, (1 - link_fidelity) / 3
    b = c = d = rest
    cost = 1.0
    for _ in range(MOST_ROUNDS + 1):
        x, y, z = (a + c) - (b + d), (a + b) - (c + d), (a + d) - (b + c)
        if (1 + x**links + y**links + z**links) / 4 >= target:
            return links * cost
        a, b, c, d, n = _dejmps_step(a, b, c, d)
        cost *= 2 / n
    return 0.0


def _raw_by_products(link_fidelity: float, links: int, target: float) -> float:
    """Swap link by link, composing the errors of two pairs as Pauli errors."""
    weights, cost = werner_weights(link_fidelity), 1.0
    table = np.array([[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]])
    for _ in range(MOST_ROUNDS + 1):
        chain = np.array(weights)
        for _link in range(links - 1):
            chain = np.array(
                [sum(chain[i] * weights[j] for i in range(4) for j in range(4) if table[i, j] == k) for k in range(4)]
            )
        if chain[0] >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost = cost * 2 / success
    return 0.0


def _raw_recursive(link_fidelity: float, links: int, target: float) -> float:
    def one_link(weights: Any, rounds_left: int) -> float:
        if _swapped(weights, links) >= target:
            return 1.0
        if rounds_left == 0:
            return 0.0
        better, success = dejmps(weights)
        return 2 / success * one_link(better, rounds_left - 1)

    return links * one_link(werner_weights(link_fidelity), MOST_ROUNDS)


def _raw_link_is_enough(link_fidelity: float, links: int, target: float) -> float:
    return _raw(link_fidelity, 1, target) * links


def _raw_always_succeeds(link_fidelity: float, links: int, target: float) -> float:
    weights, rounds = werner_weights(link_fidelity), 0
    while _swapped(weights, links) < target:
        if rounds == MOST_ROUNDS:
            return 0.0
        weights, rounds = dejmps(weights)[0], rounds + 1
    return float(links * 2**rounds)


def _raw_one_link_only(link_fidelity: float, links: int, target: float) -> float:
    return _raw(link_fidelity, links, target) / links


def _raw_fidelities_multiply(link_fidelity: float, links: int, target: float) -> float:
    weights, cost = werner_weights(link_fidelity), 1.0
    for _ in range(MOST_ROUNDS + 1):
        if weights[0] ** links >= target:
            return float(links * cost)
        weights, success = dejmps(weights)
        cost *= 2 / success
    return 0.0


def _raw_no_purification(link_fidelity: float, links: int, target: float) -> float:
    return float(links)


RAW_PAIRS = Task(
    id="06.raw_pairs",
    title="A swap chain above its threshold, and what it costs",
    outcome=PLAN_LINKS,
    inputs=_raw_inputs,
    reference=_raw,
    returns=forms.number(0, what="an average number of raw pairs"),
    misconceptions=(
        Misconception(
            "good-links-good-chain",
            "You purified until each link met the target. Every swap composes the noise of two links, so the links "
            "must "
            "be better than the chain is to be.",
            _raw_link_is_enough,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "purification-always-succeeds",
            "You doubled the pairs each round and stopped there. A round also fails, and then both of its pairs are "
            "gone and must be made again.",
            _raw_always_succeeds,
            SELECTED_DATA,
        ),
        Misconception(
            "one-link-paid",
            "You paid for one link. Every link of the chain needs its own purified pair for each pair end to end.",
            _raw_one_link_only,
            FREE_WIRING,
        ),
        Misconception(
            "fidelities-multiply",
            "You multiplied the links' fidelities. It is the correlations beyond chance that multiply; two errors can "
            "also cancel, and a fidelity counts that.",
            _raw_fidelities_multiply,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "swapping-is-free",
            "You took one raw pair a link, whatever comes out at the ends. The chain has a target to meet, and below "
            "fidelity one half nothing can be purified at all.",
            _raw_no_purification,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_raw_by_formula, _raw_by_products, _raw_recursive),
    hints=(
        "Try 0, 1, 2, … rounds of purification on every link until the chain's fidelity reaches the target.",
        "purification.dejmps(weights) returns new weights and the success chance; a round costs 2/success pairs for "
        "one. "
        "repeaters.swapped_weights composes two links.",
        "Multiply the costs of the rounds, and then by the number of links. If 8 rounds are not enough, return 0.",
    ),
    points=4,
)

# --- 06.link_choice ----------------------------------------------------------------------------------------------

US_PER_KM = 1.468 / 299_792.458 * 1e6
"""Light in fibre, microseconds a kilometre, at a refractive index of 1.468."""


def _choice_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(60, 150)), 1e6, float(rng.uniform(0.4, 0.6))),
        (float(rng.uniform(380, 500)), 1e6, float(rng.uniform(0.4, 0.6))),
        (float(rng.uniform(250, 320)), 1e7, 1.0),
    ]


def _chosen(direct: float, repeater: float) -> dict[str, Any]:
    return {
        "direct_hz": float(direct),
        "repeater_hz": float(repeater),
        "better": "direct" if direct >= repeater else "repeater",
    }


def _choice(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    rounds = mean_rounds_two_links(half.herald_chance) / swap_success
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), 1e6 / (rounds * half.attempt_period_us))


def _choice_by_formula(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    p = 0.5 * 10 ** (-0.2 * distance_km / 2 / 10)
    rounds = (3 - 2 * p) / (p * (2 - p)) / swap_success
    period_s = distance_km / 2 * US_PER_KM * 1e-6
    return _chosen(source_rate_hz * 10 ** (-0.02 * distance_km), 1 / (rounds * period_s))


def _choice_by_series(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    """Mean of the later of two links: each alone takes 1/p, the earlier of both 1/(1-(1-p)²)."""
    p = math.exp(-distance_km / 2 / (10 / math.log(10) / 0.2)) / 2
    rounds = 2 / p - 1 / (1 - (1 - p) ** 2)
    direct = source_rate_hz * math.exp(-distance_km * 0.2 * math.log(10) / 10)
    return _chosen(direct, swap_success / rounds / (distance_km / 2 * US_PER_KM) * 1e6)


def _choice_step_by_step(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    eta = 10 ** (-distance_km * 0.2 / 10)
    p = math.sqrt(eta) / 2
    both_per_round = p * p
    first, then = 1 / (1 - (1 - p) ** 2), 1 / p
    rounds = first + (1 - both_per_round * first) * then
    seconds = rounds * (distance_km / 2) * 1.468 / 299792.458
    return _chosen(source_rate_hz * eta, swap_success / seconds)


def _choice_no_waiting(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = 1e6 * half.herald_chance * swap_success / half.attempt_period_us
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


def _choice_without_memory(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = 1e6 * half.herald_chance**2 * swap_success / half.attempt_period_us
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


def _choice_source_rate(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = source_rate_hz * swap_success / mean_rounds_two_links(half.herald_chance)
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


def _choice_linear_loss(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    given = _choice(distance_km, source_rate_hz, swap_success)
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km / 2) / 2, given["repeater_hz"])


def _choice_ideal_swap(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    given = _choice(distance_km, source_rate_hz, 0.75)
    return _chosen(given["direct_hz"], given["repeater_hz"])


LINK_CHOICE = Task(
    id="06.link_choice",
    title="Direct fibre or a repeater",
    outcome=PLAN_LINKS,
    inputs=_choice_inputs,
    reference=_choice,
    returns=forms.record(
        direct_hz=forms.number(0), repeater_hz=forms.number(0), better=forms.choice("direct", "repeater")
    ),
    misconceptions=(
        Misconception(
            "links-finish-together",
            "You let both links be ready after the time of one. The pair end to end waits for the later of the two, "
            "which takes about half as long again.",
            _choice_no_waiting,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "both-in-one-attempt",
            "You asked both links to succeed in the same attempt. That is a relay without memories; the memory is "
            "there to let the first one wait.",
            _choice_without_memory,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "heralding-takes-no-time",
            "You let the repeater try at the rate of the source. An attempt is known to have failed only when word is "
            "back, and until then its memory is occupied.",
            _choice_source_rate,
            FREE_WIRING,
        ),
        Misconception(
            "loss-in-proportion",
            "You halved the photons for twice the fibre. Loss is exponential: twice the length squares what gets "
            "through.",
            _choice_linear_loss,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "swap-left-out",
            "You used a fixed chance for the swap. The one given here decides the rate, and each failure throws away "
            "both links.",
            _choice_ideal_swap,
            HEADLINE_FIGURE,
        ),
    ),
    alternatives=(_choice_by_formula, _choice_by_series, _choice_step_by_step),
    hints=(
        "Direct: the source's rate times 10^(-0.02·L). Repeater: two links of L/2, heralded, then one swap.",
        "A link succeeds with p = ½·10^(-0.02·L/2) each attempt, and an attempt lasts as long as light takes through "
        "L/2. "
        "links.FibreLink gives both.",
        "Both links take (3 - 2p)/(p(2 - p)) attempts on average; a swap that succeeds with chance a makes that 1/a "
        "times "
        "as many.",
    ),
    points=4,
)

# --- 06.storage_time ---------------------------------------------------------------------------------------------


def _storage_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(80, 300)), float(share), float(rng.uniform(0.8, 0.9)))
        for share in (rng.uniform(60, 140), rng.uniform(40, 75), rng.uniform(100, 150))
    ]


def _solved(fidelity_at: Any, t2_us: float, threshold: float) -> float:
    """Bisection for the time at which a falling fidelity reaches the threshold."""
    low, high = 0.0, 50 * t2_us
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if fidelity_at(middle) >= threshold else (low, middle)
    return low


def _storage(t1_us: float, t2_us: float, threshold: float) -> float:
    def fidelity_at(time: float) -> float:
        return float(stored_pair_fidelity(time, t1_us=t1_us, t2_us=t2_us))

    return _solved(fidelity_at, t2_us, threshold)


def _storage_by_formula(t1_us: float, t2_us: float, threshold: float) -> float:
    def fidelity_at(time: float) -> float:
        gamma = 1 - math.exp(-time / t1_us)
        return (1 + gamma**2 + (1 - gamma) ** 2) / 4 + math.exp(-2 * time / t2_us) / 2

    return _solved(fidelity_at, t2_us, threshold)


def _storage_on_a_grid(t1_us: float, t2_us: float, threshold: float) -> float:
    """Refine a grid around the crossing until it is finer than needed."""
    low, high = 0.0, 20 * t2_us
    for _ in range(12):
        times = np.linspace(low, high, 60)
        stays = np.exp(-times / t1_us)
        f = (1 + (1 - stays) ** 2 + stays**2) / 4 + np.exp(-2 * times / t2_us) / 2
        below = int(np.argmax(f < threshold))
        low, high = float(times[below - 1]), float(times[below])
    return (low + high) / 2


def _storage_by_newton(t1_us: float, t2_us: float, threshold: float) -> float:
    time = 0.0
    for _ in range(60):
        stays, phase = math.exp(-time / t1_us), math.exp(-2 * time / t2_us)
        f = (1 + (1 - stays) ** 2 + stays**2) / 4 + phase / 2
        slope = ((1 - stays) - stays) * stays / (2 * t1_us) - phase / t2_us
        time -= (f - threshold) / slope
    return time


def _storage_is_t2(t1_us: float, t2_us: float, threshold: float) -> float:
    return t2_us


def _storage_one_half(t1_us: float, t2_us: float, threshold: float) -> float:
    """Only one of the two qubits ages."""

    def fidelity_at(time: float) -> float:
        return 0.25 + math.exp(-time / t1_us) / 4 + math.exp(-time / t2_us) / 2

    return _solved(fidelity_at, t2_us, threshold)


def _storage_pure_exponential(t1_us: float, t2_us: float, threshold: float) -> float:
    return -t2_us * math.log(threshold)


def _storage_no_t1(t1_us: float, t2_us: float, threshold: float) -> float:
    return -t2_us / 2 * math.log(2 * threshold - 1)


def _storage_until_separable(t1_us: float, t2_us: float, threshold: float) -> float:
    return _storage_by_formula(t1_us, t2_us, 0.5 + (1 - threshold) * 0.1)


STORAGE_TIME = Task(
    id="06.storage_time",
    title="How long a stored pair is good for something",
    outcome=PLAN_LINKS,
    inputs=_storage_inputs,
    reference=_storage,
    returns=forms.number(0, what="a time in microseconds"),
    misconceptions=(
        Misconception(
            "t2-is-the-shelf-life",
            "You took the coherence time for the shelf life of the pair. T2 is when one qubit's coherence has fallen "
            "to "
            "1/e; a pair is below most thresholds long before.",
            _storage_is_t2,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "only-one-half-ages",
            "You let one half age. Both memories hold their half for the same time, and both decay.",
            _storage_one_half,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "fidelity-is-an-exponential",
            "You let the fidelity itself decay to zero. It decays towards what remains when the pair's correlation is "
            "gone, which is not zero.",
            _storage_pure_exponential,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "relaxation-left-out",
            "You kept the loss of phase and left out relaxation. T1 moves both halves towards 0, and that costs "
            "agreement as well.",
            _storage_no_t1,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "entangled-until-the-end",
            "You stored the pair for as long as it is entangled. The task that needs it has a threshold of its own, "
            "and "
            "that one is higher.",
            _storage_until_separable,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_storage_by_formula, _storage_on_a_grid, _storage_by_newton),
    hints=(
        "Find the fidelity of the stored pair as a function of time first; then look where it crosses the threshold.",
        "links.stored_pair_fidelity(time, t1_us=…, t2_us=…) is that function, with both halves in memory.",
        "It falls all the way, so halving an interval again and again finds the crossing: keep the half in which it "
        "passes the threshold.",
    ),
    tolerance=1e-5,
)

TASKS = (RECEIVED, DENSE_AUDIT, RAW_PAIRS, LINK_CHOICE, STORAGE_TIME)
