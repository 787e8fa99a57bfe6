"""Networks at their edges, against sums with many digits, waiting times by plain recursion and matrices of pairs."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

import mpmath as mp
import numpy as np
from scipy.signal import lfilter

from qlab.gates import CNOT, X, Y, Z
from qlab.networks import budget, links, pair_source, purification, repeaters, waiting_times
from qlab.networks.links import FibreLink
from qlab.states import bell_state, epr_pair, random_density_matrix, werner_state
from tests.edges.chances import digits
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import embedded, matrix, traced

LIGHT = Fraction(299_792_458, 1000)


def close(found: float, wanted: Any, tolerance: float = 1e-9) -> bool:
    return found == wanted or bool(abs(mp.mpf(found) - wanted) <= tolerance * abs(wanted) + mp.mpf("1e-320"))


# Links.


def transmitted(distance_km: Any, attenuation_db_per_km: Any) -> float:
    return float(mp.exp(-mp.log(10) * digits(distance_km) * digits(attenuation_db_per_km) / 10))


def travels(distance_km: Any, group_index: Any) -> float:
    with mp.workdps(30):
        speed = mp.mpf(LIGHT.numerator) / LIGHT.denominator
        return float(digits(distance_km) * digits(group_index) * 10**6 / speed)


def pirandola(transmissivity: Any, segments: Any) -> float:
    with mp.workdps(400):
        eta = digits(transmissivity)
        if eta in (0, 1):
            return float(eta) and inf
        return float(-mp.log(-mp.expm1(mp.log(eta) / int(segments)), 2))


def plob(transmissivity: Any) -> float:
    return inf if transmissivity == 1 else float(-mp.log1p(-digits(transmissivity)) / mp.log(2))


def one_of_many(success_probability: Any, modes: Any) -> float:
    p = digits(success_probability)
    return 1.0 if p == 1 else float(-mp.expm1(int(modes) * mp.log1p(-p)))


def link_read(result: Any, **fields: Any) -> bool:
    eta = transmitted(fields["distance_km"], fields["attenuation_db_per_km"])
    chance = one_of_many(
        float(fields["bell_measurement"]) * float(fields["efficiency"]) ** 2 * eta, fields["modes"]
    )  # fmt: skip
    same = all(getattr(result, name) == float(value) for name, value in fields.items())
    return same and close(result.transmissivity, eta) and close(result.herald_probability, chance)


def stored(time_us: Any, t1_us: Any, t2_us: Any, name: str) -> float:
    """Both halves of the pair by the map of a memory, entry by entry."""
    t, t1, t2 = float(time_us), float(t1_us), float(t2_us)
    kept, coherent = float(mp.exp(-mp.mpf(t) / mp.mpf(t1))), float(mp.exp(-mp.mpf(t) / mp.mpf(t2)))
    memory = np.zeros((2, 2, 2, 2))  # [row, column] from [row, column]
    memory[0, 0, 0, 0], memory[0, 0, 1, 1], memory[1, 1, 1, 1] = 1, 1 - kept, kept
    memory[0, 1, 0, 1] = memory[1, 0, 1, 0] = coherent
    psi = bell_state(name)
    after = np.einsum("acij,bdkl,ikjl->abcd", memory, memory, matrix(psi).reshape(2, 2, 2, 2)).reshape(4, 4)
    return float((psi.conj() @ after @ psi).real)


def two_links(success_probability: Any, cutoff_rounds: Any) -> float:
    """First-step equations: both down, or one up for so many rounds."""
    with mp.workdps(700):
        p = digits(success_probability)
        q = 1 - p
        survives = 0 if cutoff_rounds is None else mp.exp(int(cutoff_rounds) * mp.log(q)) if q else (
            mp.mpf(1 if int(cutoff_rounds) == 0 else 0)
        )  # fmt: skip
        return float((1 + 2 * p * q * (1 - survives) / p) / (1 - q**2 - 2 * p * q * survives))


def kept_in_store(success_probability: Any, decay_per_round: Any, cutoff_rounds: Any) -> float:
    with mp.workdps(700):
        p, worth = digits(success_probability), mp.exp(-digits(decay_per_round))
        q = 1 - p
        if q == 0:
            return 1.0
        tau = None if cutoff_rounds is None else int(cutoff_rounds)

        def series(x: Any) -> Any:  # x + x² + … + x^τ
            if x == 1:
                return mp.mpf(tau or 0)
            return x / (1 - x) if tau is None else x * -mp.expm1(tau * mp.log(x)) / (1 - x) if x else mp.mpf(0)

        return float((1 + 2 * series(q * worth)) / (1 + 2 * series(q)))


# Waiting times.


def last_of_many(success_probability: Any, segments: Any) -> float:
    p, n = digits(success_probability), int(segments)
    if p == 1:
        return 1.0
    if n <= 100:
        with mp.workdps(500):
            rest = mp.log1p(-p)
            return float(sum((-1) ** (k + 1) * mp.binomial(n, k) / -mp.expm1(k * rest) for k in range(1, n + 1)))
    if p > 1e-3:
        late = float(mp.log1p(-p)) * np.arange(1, int((60 + np.log(n)) / float(p)))
        return float(1 - np.expm1(n * np.log1p(-np.exp(late))).sum())
    return float(mp.harmonic(n) / -mp.log1p(-p) + mp.mpf(1) / 2)


def tree(n: int, p: float, q: float, link: float, survival: float, talk: float, size: int) -> tuple[Any, Any]:
    """P(T = t) and E[w; T = t] for t < size: the later of two by its distribution function, restarts by a filter."""
    if n == 1:
        first = np.array([0.0] + [p * (1 - p) ** t for t in range(size - 1)])
        return first, link * first
    (one, one_w), (two, two_w) = (tree(s, p, q, link, survival, talk, size) for s in (n // 2, n - n // 2))
    both = np.diff(np.cumsum(one) * np.cumsum(two), prepend=0.0)
    waited = [lfilter([0.0, survival], [1.0, -survival], part) for part in (one_w, two_w)]
    worth = one_w * two_w + one_w * waited[1] + two_w * waited[0]
    news = -(-n // 2) * talk
    late = min(round(news), size)
    both, worth = (np.concatenate([np.zeros(late), part[: size - late]]) for part in (both, worth * survival**news))
    again = -(1 - q) * both
    again[0] += 1
    return lfilter(q * both, again, np.eye(1, size)[0]), lfilter(q * worth, again, np.eye(1, size)[0])


def waits(result: Any, segments: Any, success_probability: Any, **rest: Any) -> bool:
    """The table's beginning, what it leaves out, and where it is short what the pairs are worth."""
    q, link = float(rest["swap_success"]), float(rest["link_visibility"])
    size = len(result.pmf) if len(result.pmf) <= 2048 else 1024
    setting = (float(success_probability), q, link, float(rest["survival_per_round"]), float(rest["swap_talk"]))
    n = int(segments)
    pmf, worth = tree(n, *setting, size) if n <= 64 else (result.pmf[:size], None)
    fine = np.allclose(result.pmf[:size], pmf, atol=1e-11, rtol=1e-7) and result.missing <= float(rest["missing"])
    if worth is not None and size == len(result.pmf):
        fine = fine and abs(result.mean_visibility - worth.sum() / pmf.sum()) <= 1e-9
    return bool(fine and 0 <= result.mean_visibility <= link + 1e-12)


def chain_runs(result: Any, pairs: Any, rng: Any, segments: Any, success_probability: Any, **rest: Any) -> bool:
    n, p, q, talk = int(segments), float(success_probability), float(rest["swap_success"]), float(rest["swap_talk"])
    survival, link = float(rest["survival_per_round"]), float(rest["link_visibility"])
    rounds, worth = result.rounds, result.visibilities
    fine = len(rounds) == len(worth) == int(pairs) and (rounds >= 1).all() and (rounds % 1 == 0).all()
    fine = fine and (worth >= 0).all() and (worth <= link + 1e-12).all() and result.standard_error > 0
    if n == 1:
        mean = 1 / p
    elif n == 2:
        mean = (two_links(p, None) + round(talk)) / q
    elif p < 0.05 or n > 10 or talk > 5:
        return bool(fine and result.mean_rounds > 0.5 / p**0.99)
    else:
        pmf, value = tree(n, p, q, link, survival, talk, 4096)
        mean = float(np.arange(4096) @ pmf)
        fine = fine and abs(worth.mean() - value.sum()) < 6 * max(worth.std(), 0.2) / np.sqrt(len(worth))
    spread = max(result.standard_error, mean / np.sqrt(len(rounds)) / (1 if q < 1 or p < 0.999 else 1e6))
    return bool(fine and abs(result.mean_rounds - mean) <= 6 * spread)


# Pairs: which error, flip and phase, as numbers.


def dealt(weights: Any) -> dict[int, float]:
    return {k: float(w) for k, w in enumerate(np.array(weights, dtype=float))}


def added(first: Any, second: Any) -> tuple[float, ...]:
    total = [0.0] * 4
    for (i, a), (j, b) in product(dealt(first).items(), dealt(second).items()):
        flip, phase = (i >> 1) ^ (j >> 1), (i & 1) ^ (j & 1)
        total[2 * flip + phase] += a * b
    return tuple(total)


def werner(fidelity: Any) -> tuple[float, ...]:
    f = float(fidelity)
    return (f, *[(1 - f) / 3] * 3)


def compared(kept: Any, spent: Any, turn: bool) -> tuple[tuple[float, ...], float]:
    """Two pairs' errors through two CNOTs: flips of the kept meet the spent, phases of the spent the kept.

    The turns before exchange Φ- with Ψ-.
    """
    total = [0.0] * 4
    order = [0, 3, 2, 1] if turn else [0, 1, 2, 3]
    for (i, a), (j, b) in product(dealt(kept).items(), dealt(spent).items()):
        (f, p), (g, r) = divmod(order[i], 2), divmod(order[j], 2)
        if f == g:
            total[2 * f + (p ^ r)] += a * b
    chance = sum(total)
    return tuple(t / chance for t in total), chance


def improved(first: Any, second: Any) -> tuple[float, float]:
    kept, chance = compared(werner(first), werner(first if second is None else second), turn=False)
    return kept[0], chance


def schedule(weights: Any, target: Any, protocol: str, order: str, max_rounds: Any) -> list[tuple[Any, ...]]:
    raw = tuple(float(w) for w in np.array(weights, dtype=float))
    raw = werner(raw[0]) if protocol == "bbpssw" else raw
    steps: list[tuple[Any, ...]] = [(0, raw, 1.0, 1.0)]
    while steps[-1][1][0] < float(target):
        now, last, _, cost = steps[-1]
        kept, chance = compared(last, last if order == "recurrence" else raw, turn=protocol == "dejmps")
        kept = werner(kept[0]) if protocol == "bbpssw" else kept
        steps.append((now + 1, kept, chance, (cost + (cost if order == "recurrence" else 1)) / chance))
    return steps


def as_steps(result: Any, **given: Any) -> bool:
    wanted = schedule(**given)
    return len(result) == len(wanted) <= int(given["max_rounds"]) + 1 and all(
        one.round == n and np.allclose(one.weights, w, atol=1e-9) and abs(one.success - s) < 1e-9
        and abs(one.raw_pairs - c) <= 1e-9 * c
        for one, (n, w, s, c) in zip(result, wanted, strict=True)
    )  # fmt: skip


def gate_by_gate(first: Any, second: Any, protocol: str, gate_error: Any) -> tuple[Any, float]:
    rho, paulis = np.kron(matrix(first), matrix(second)), [np.eye(2), X, Y, Z]
    if protocol == "dejmps":
        half = [(np.eye(2) - sign * 1j * X) / np.sqrt(2) for sign in (1, -1, 1, -1)]
        turn = np.kron(np.kron(half[0], half[1]), np.kron(half[2], half[3]))
        rho = turn @ rho @ turn.conj().T
    for pair in ((0, 2), (1, 3)):
        gate = embedded(CNOT, pair, 4)
        rho = gate @ rho @ gate.conj().T
        if float(gate_error):
            strings = [embedded(np.kron(a, b), pair, 4) for a, b in product(paulis, repeat=2)][1:]
            turned = sum(s @ rho @ s.conj().T for s in strings) / 15
            rho = (1 - float(gate_error)) * rho + float(gate_error) * turned
    agree = sum(embedded(np.diag(np.eye(4)[k]), (2, 3), 4) for k in (0, 3))
    passed = agree @ rho @ agree
    return traced(passed, [0, 1]) / passed.trace().real, float(passed.trace().real)


def swap_shrinks(gate_error: Any, readout_error: Any) -> float:
    """Of the four pairs of bits one is right: the others turn the pair by a Pauli operator."""
    right = (1 - float(readout_error)) ** 2
    mixed = float(gate_error) * 16 / 15
    fidelity = (1 - mixed) * right + mixed / 4
    return (4 * fidelity - 1) / 3


def chained(fidelities: Any, gate_error: Any, readout_error: Any) -> float:
    pair = werner(fidelities[0])
    for fidelity in fidelities[1:]:
        pair = added(added(pair, werner(fidelity)), werner((1 + 3 * swap_shrinks(gate_error, readout_error)) / 4))
    return pair[0]


# Sources and budgets.


def source_read(result: Any, **fields: Any) -> bool:
    """Ma, Fung and Lo's formulas as they stand, with digits enough for what cancels."""
    with mp.workdps(1500):
        names = ("mean_pairs", "alice_efficiency", "bob_efficiency", "alice_dark_counts", "bob_dark_counts")
        mean, eta_a, eta_b, dark_a, dark_b = (digits(fields[name]) for name in names)
        half, off = mean / 2, digits(fields["misalignment"])
        a, b, c = 1 + eta_a * half, 1 + eta_b * half, 1 + (eta_a + eta_b - eta_a * eta_b) * half
        gain = 1 - (1 - dark_a) / a**2 - (1 - dark_b) / b**2 + (1 - dark_a) * (1 - dark_b) / c**2
        wrong = gain / 2 - (1 - 2 * off) * eta_a * eta_b * half * (1 + half) / (a * b * c)
        if gain < mp.mpf(10) ** -300:
            return result.gain < 1e-299 and 0 <= result.qber <= 0.5
        return close(result.gain, gain) and abs(result.qber - wrong / gain) < 1e-9


def direct(
    distance_km: Any,
    source_rate_hz: Any,
    fresh_fidelity: Any,
    attenuation_db_per_km: Any,
    dark_count_probability: Any,
) -> Any:
    arrives = digits(transmitted(distance_km, attenuation_db_per_km))
    dark = (1 - arrives) * digits(dark_count_probability)
    clicks = arrives + dark
    f = digits(fresh_fidelity)
    good = f if clicks == 0 else (arrives * f + dark / 4) / clicks
    return budget.Budget(float(distance_km), 1, float(good), float(digits(source_rate_hz) * clicks))


def chain_line(result: Any, link: Any, segments: Any, **rest: Any) -> bool:
    n, p, f = int(segments), link.herald_probability, float(rest["fresh_fidelity"])
    attempt = float(travels(link.distance_km, link.group_index)) * 1e-6
    store, q = float(rest["coherence_time_s"]), float(rest["swap_success"])
    together = max(1, int(0.004 / p))
    fresh = (4 * f - 1) / 3 * float(mp.exp(-2 * digits(attempt) / digits(store)))
    survival = float(mp.exp(-2 * digits(together * attempt) / digits(store)))
    fine = result.segments == n and result.distance_km == n * link.distance_km
    fine = fine and result.pairs_per_second <= p / attempt * 1.005
    if n > 8 or together * p * q**3 < 0.05:
        return bool(fine and 0 <= result.fidelity <= 1)
    pmf, worth = tree(n, together * p, q, fresh, survival, 1 / together, 4096)
    shrink = swap_shrinks(rest["gate_error"], rest["readout_error"]) ** (n - 1)
    fidelity, mean = (1 + 3 * worth.sum() / pmf.sum() * shrink) / 4, np.arange(4096) @ pmf
    return bool(
        fine and abs(result.fidelity - fidelity) < 1e-7
        and abs(result.pairs_per_second * mean * together * attempt - 1) < 1e-7
    )  # fmt: skip


PURE, RHO = epr_pair(), random_density_matrix(2, np.random.default_rng(2))
DIAGONAL, WERNER = (0.8, 0.1, 0.06, 0.04), werner_state(0.9)
PAIRS: list[Any] = [PURE, bell_state("psi-"), WERNER.astype(np.complex64), np.eye(4) / 4, np.zeros(4)]
WAYS: dict[str, Any] = {"protocol": list(purification.PROTOCOLS), "order": list(purification.ORDERS)}
FOUR: list[Any] = [(1, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), [0.25] * 4, (0.5, 0.5, 0, 0), np.float32(DIAGONAL)]
LINE = budget.Budget(100.0, 4, 0.9, 100.0)
NAMES = {"name": ["phi+", "phi-", "psi+", "psi-"]}

CASES = [
    Case(LINE.purified, {"target": 0.99, "protocol": "dejmps"}, lambda target, protocol: (
        lambda last: budget.Budget(100.0, 4, last[1][0], 100.0 / last[3])
    )(schedule(werner(0.9), target, protocol, "recurrence", 64)[-1]), odd={"protocol": ["bbpssw"]}),
    Case(budget.direct_budget, {
        "distance_km": 100.0, "source_rate_hz": 1e6, "fresh_fidelity": 0.98, "attenuation_db_per_km": 0.2,
        "dark_count_probability": 1e-9,
    }, direct, absolute=1e-320, odd={"distance_km": [0.18371960277884727]}),
    Case(budget.chain_budget, {
        "link": FibreLink(5), "segments": 2, "fresh_fidelity": 0.98, "coherence_time_s": 0.01, "swap_success": 0.9,
        "gate_error": 0.01, "readout_error": 0.02,
    }, law(chain_line), says=["link", "segments", "swap_success", "swap_visibility"], odd={
        "link": [FibreLink(100), FibreLink(1e-6), FibreLink(1, efficiency=0), FibreLink(5000)],
        "segments": [4, 7, 8], "coherence_time_s": [inf],
    }),
    Case(FibreLink, {
        "distance_km": 10.0, "attenuation_db_per_km": 0.2, "group_index": 1.468, "efficiency": 0.9,
        "bell_measurement": 0.5, "modes": 3,
    }, law(link_read)),
    Case(
        links.fibre_transmissivity, {"distance_km": 50.0, "attenuation_db_per_km": 0.2}, transmitted, absolute=1e-320,
    ),
    Case(links.latency_us, {"distance_km": 50.0, "group_index": 1.468}, travels, absolute=1e-320),
    Case(links.mean_rounds_two_links, {"success_probability": 0.1, "cutoff_rounds": 5}, two_links),
    Case(
        links.mean_storage_factor, {"success_probability": 0.1, "decay_per_round": 0.02, "cutoff_rounds": 5},
        kept_in_store,
    ),
    Case(links.multiplexed_probability, {"success_probability": 0.001, "modes": 1000}, one_of_many, absolute=1e-320),
    Case(links.plob_bound, {"transmissivity": 0.5}, plob, absolute=1e-320),
    Case(links.repeater_bound, {"transmissivity": 0.5, "segments": 4}, pirandola, absolute=1e-320),
    Case(
        links.stored_pair_fidelity, {"time_us": 100.0, "t1_us": 300.0, "t2_us": 200.0, "name": "phi+"}, stored,
        odd=NAMES, says=["t2_us"],
    ),
    Case(pair_source.PairSource, {
        "mean_pairs": 0.1, "alice_efficiency": 0.2, "bob_efficiency": 0.3, "alice_dark_counts": 1e-5,
        "bob_dark_counts": 1e-6, "misalignment": 0.02,
    }, law(source_read)),
    Case(purification.bbpssw, {"first": 0.9, "second": 0.8}, improved),
    Case(
        purification.checked_weights, {"name": "weights", "weights": DIAGONAL},
        lambda name, weights: tuple(np.array(weights, dtype=float)), odd={"weights": FOUR}, absolute=1e-8,
        without={"name": "whatever it is, it is shown in a complaint"},
    ),
    Case(purification.dejmps, {"weights": DIAGONAL, "other": (0.7, 0.1, 0.1, 0.1)}, lambda weights, other: compared(
        weights, weights if other is None else other, turn=True
    ), odd={"weights": FOUR, "other": FOUR}, says=["other"]),
    Case(purification.purification_schedule, {
        "weights": DIAGONAL, "target": 0.95, "protocol": "dejmps", "order": "recurrence", "max_rounds": 20,
    }, law(as_steps), odd={"weights": FOUR, **WAYS}, says=["target"]),
    Case(
        purification.purify, {"first": WERNER, "second": RHO, "protocol": "dejmps", "gate_error": 0.05}, gate_by_gate,
        odd={"first": PAIRS, "second": PAIRS, "protocol": ["bbpssw"]}, says=["second"],
    ),
    Case(purification.twirl, {"weights": DIAGONAL}, lambda weights: werner(dealt(weights)[0]), odd={"weights": FOUR}),
    Case(purification.werner_weights, {"fidelity": 0.9}, werner),
    Case(
        repeaters.chain_fidelity, {"fidelities": [0.96, 0.9, 0.8], "gate_error": 0.01, "readout_error": 0.02}, chained,
    ),
    Case(repeaters.simulate_chain, {
        "pairs": 2000, "rng": RNG, "segments": 2, "success_probability": 0.3, "swap_success": 0.8,
        "link_visibility": 0.9, "survival_per_round": 0.95, "swap_talk": 1.5,
    }, law(chain_runs), says=["swap_success"]),
    Case(repeaters.swap_visibility, {"gate_error": 0.01, "readout_error": 0.02}, swap_shrinks),
    Case(repeaters.swapped_weights, {"first": DIAGONAL, "second": (0.7, 0.1, 0.1, 0.1)}, added, odd={
        "first": FOUR, "second": FOUR,
    }),
    Case(waiting_times.mean_rounds_all_links, {"success_probability": 0.1, "segments": 4}, last_of_many, odd={
        "segments": [16, 17, 100], "success_probability": [0.04, 0.039],
    }, says=["success_probability"]),
    Case(
        waiting_times.news_rounds, {"segments": 5, "swap_talk": 0.5},
        lambda segments, swap_talk: (int(segments) + 1) // 2 * float(swap_talk), says=["swap_talk"],
    ),
    Case(waiting_times.waiting_time, {
        "segments": 4, "success_probability": 0.3, "swap_success": 0.8, "link_visibility": 0.9,
        "survival_per_round": 0.95, "swap_talk": 0.5, "missing": 1e-10,
    }, law(waits)),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.networks", CASES, records=(
        budget.Budget, purification.PurificationStep, repeaters.ChainRun, waiting_times.WaitingTime,
    )
)  # fmt: skip
