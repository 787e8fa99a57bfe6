"""Unit 11: claims, the tests that decide them, and an acceptance test with an error bar."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    HEADLINE_FIGURE,
    JUDGE_CLAIMS,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    PLAN_SHOTS,
    QUANTUM_MEANS_SECURE,
    SAMPLE_IS_TRUTH,
    SELECTED_DATA,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._task import Arguments, Misconception, Task

# --- 11.decide ---------------------------------------------------------------------------------------------------

VERDICTS = ("holds", "with conditions", "wrong")
TESTS = (
    "bell test",
    "second setting",
    "count every round",
    "far marginal",
    "impersonation",
    "key rate",
    "store and measure",
    "parity oscillation",
    "readout matrix",
    "teleport fidelity",
)
CLAIMS = (
    "agreement",
    "violation",
    "dropped rounds",
    "instant replicas",
    "no other keys",
    "key at eight percent",
    "memory time",
    "hundred qubits",
    "gate fidelity",
    "teleportation",
)
"""Short names of the ten claims, whose full text stands in the notebook."""


def _decide_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(CLAIMS[int(i)],) for i in rng.permutation(len(CLAIMS))]


def _decide(claim: str) -> dict[str, str]:
    decided = {
        "agreement": ("wrong", "second setting"),
        "violation": ("holds", "bell test"),
        "dropped rounds": ("wrong", "count every round"),
        "instant replicas": ("wrong", "far marginal"),
        "no other keys": ("wrong", "impersonation"),
        "key at eight percent": ("with conditions", "key rate"),
        "memory time": ("wrong", "store and measure"),
        "hundred qubits": ("with conditions", "parity oscillation"),
        "gate fidelity": ("wrong", "readout matrix"),
        "teleportation": ("holds", "teleport fidelity"),
    }
    verdict, test = decided[claim]
    return {"verdict": verdict, "test": test}


def _decide_two_tables(claim: str) -> dict[str, str]:
    sound = {"violation": "holds", "teleportation": "holds"}
    open_ones = {"key at eight percent": "with conditions", "hundred qubits": "with conditions"}
    tests = {
        "agreement": "second setting",
        "violation": "bell test",
        "dropped rounds": "count every round",
        "instant replicas": "far marginal",
        "no other keys": "impersonation",
        "key at eight percent": "key rate",
        "memory time": "store and measure",
        "hundred qubits": "parity oscillation",
        "gate fidelity": "readout matrix",
        "teleportation": "teleport fidelity",
    }
    return {"verdict": {**sound, **open_ones}.get(claim, "wrong"), "test": tests[claim]}


def _decide_by_cases(claim: str) -> dict[str, str]:
    match claim:
        case "violation":
            return {"verdict": "holds", "test": "bell test"}
        case "teleportation":
            return {"verdict": "holds", "test": "teleport fidelity"}
        case "key at eight percent":
            return {"verdict": "with conditions", "test": "key rate"}
        case "hundred qubits":
            return {"verdict": "with conditions", "test": "parity oscillation"}
    tests = {"agreement": "second setting", "dropped rounds": "count every round", "instant replicas": "far marginal"}
    tests |= {"no other keys": "impersonation", "memory time": "store and measure", "gate fidelity": "readout matrix"}
    return {"verdict": "wrong", "test": tests[claim]}


def _decide_in_capitals(claim: str) -> dict[str, str]:
    given = _decide(claim)
    return {"test": given["test"].title(), "verdict": given["verdict"].upper()}


def _decide_trusts_agreement(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "holds"} if claim == "agreement" else _decide(claim)


def _decide_trusts_selection(claim: str) -> dict[str, str]:
    return {"verdict": "holds", "test": "bell test"} if claim == "dropped rounds" else _decide(claim)


def _decide_trusts_signals(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "with conditions"} if claim == "instant replicas" else _decide(claim)


def _decide_trusts_quantum_keys(claim: str) -> dict[str, str]:
    trusted = claim in ("no other keys", "key at eight percent")
    return {"verdict": "holds", "test": "key rate"} if trusted else _decide(claim)


def _decide_trusts_the_sheet(claim: str) -> dict[str, str]:
    trusted = claim in ("memory time", "hundred qubits", "gate fidelity")
    return {**_decide(claim), "verdict": "holds"} if trusted else _decide(claim)


def _decide_trusts_nothing(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "wrong"}


DECIDE = Task(
    id="11.decide",
    title="Ten claims, and the test that decides each",
    outcome=JUDGE_CLAIMS,
    inputs=_decide_inputs,
    reference=_decide,
    returns=forms.record(verdict=forms.choice(*VERDICTS), test=forms.choice(*TESTS)),
    misconceptions=(
        Misconception(
            "agreement-convinces",
            "You let agreement stand as proof. Two copies of one random file agree as well; nothing was shown until "
            "both sides were asked a second question.",
            _decide_trusts_agreement,
            SHARED_SEED,
        ),
        Misconception(
            "selection-convinces",
            "You accepted a violation from the rounds that were kept. At sixty per cent efficiency, a local model that "
            "chooses when to stay silent reaches any value; every round must count.",
            _decide_trusts_selection,
            SELECTED_DATA,
        ),
        Misconception(
            "signals-under-conditions",
            "You left a door open for replicas that update at once. No condition opens it: the far side's statistics "
            "do not depend on what is done here.",
            _decide_trusts_signals,
            SIGNALLING,
        ),
        Misconception(
            "quantum-so-secure",
            "You took keys from a quantum link as secure by that alone. They need an authenticated channel, and their "
            "rate depends on error correction and on how much data there was.",
            _decide_trusts_quantum_keys,
            QUANTUM_MEANS_SECURE,
        ),
        Misconception(
            "sheet-so-it-holds",
            "You took headline figures as they stand. A coherence time is not a storage time for pairs, a number of "
            "qubits is not a number entangled, and a gate figure leaves out the readout.",
            _decide_trusts_the_sheet,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "nothing-holds",
            "You turned everything down. Two of the claims were stated with what makes them true, and rejecting those "
            "costs you the vendor who did it right.",
            _decide_trusts_nothing,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_decide_two_tables, _decide_by_cases, _decide_in_capitals),
    hints=(
        "For each claim ask first: would a shared seed, or a lucky selection, give the same evidence?",
        "Two claims hold as written, two need a condition, six are wrong.",
        "The conditions are missing where a number decides that the claim does not give: the key rate after error "
        "correction, and how many of the qubits are entangled together.",
    ),
)

# --- 11.accept_pairs ---------------------------------------------------------------------------------------------

ONE_SIDED_95 = 1.6448536269514722
"""Standard errors below an estimate that leave 5 % on one side of a normal distribution."""


def _counts(rng: np.random.Generator, f: float, rounds: int) -> dict[str, list[int]]:
    """Equal and unequal results in three settings, as a Werner pair of fidelity f gives them on average, roughly."""
    visibility = (4 * f - 1) / 3
    table = {}
    for setting, sign in (("XX", 1), ("YY", -1), ("ZZ", 1)):
        n = rounds + int(rng.integers(-rounds // 8, rounds // 8))
        equal = round(n * (1 + sign * visibility * rng.uniform(0.97, 1.01)) / 2)
        table[setting] = [equal, n - equal]
    return table


def _accept_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = []
    for low, high, rounds in ((0.86, 0.9, 400), (0.88, 0.93, 900), (0.8, 0.84, 2500)):
        counts = _counts(rng, float(rng.uniform(low, high)), rounds)
        found = _accept(counts, 0.5)
        for shift in (-3.0, -1.0, 1.0):
            cases.append((counts, round(found["fidelity"] + shift * found["error"], 6)))
    return cases[:6]


def _expectations(counts: dict[str, list[int]]) -> dict[str, tuple[float, int]]:
    return {key: ((same - other) / (same + other), same + other) for key, (same, other) in counts.items()}


def _accept(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = (1 + e["XX"][0] - e["YY"][0] + e["ZZ"][0]) / 4
    error = math.sqrt(sum((1 - mean**2) / n for mean, n in e.values())) / 4
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


def _accept_with_arrays(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    table = np.array([counts[key] for key in ("XX", "YY", "ZZ")], dtype=float)
    n = table.sum(axis=1)
    means = (table[:, 0] - table[:, 1]) / n
    f = (1 + means @ [1, -1, 1]) / 4
    error = np.sqrt(np.sum((1 - means**2) / n)) / 4
    return {"fidelity": float(f), "error": float(error), "accept": bool(f - 1.6449 * error >= threshold)}


def _accept_from_chances(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    """By the chance of the wanted result in each setting; its variance is p(1-p)/n."""
    total, variance = -0.5, 0.0
    for setting, (same, other) in counts.items():
        n = same + other
        wanted = (other if setting == "YY" else same) / n
        total += wanted / 2
        variance += wanted * (1 - wanted) / n / 4
    error = variance**0.5
    return {"fidelity": total, "error": error, "accept": (total - threshold) / error >= 1.645}


def _accept_as_a_rejection(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    margin = given["fidelity"] - threshold
    return {**given, "accept": not margin < ONE_SIDED_95 * given["error"]}


def _accept_z_only(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    same, other = counts["ZZ"]
    f = same / (same + other)
    error = math.sqrt(f * (1 - f) / (same + other))
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


def _accept_no_error_bar(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    return {**given, "accept": given["fidelity"] >= threshold}


def _accept_benefit_of_doubt(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    return {**given, "accept": given["fidelity"] + ONE_SIDED_95 * given["error"] >= threshold}


def _accept_all_plus(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = max(0.0, (1 + sum(mean for mean, _ in e.values())) / 4)
    error = _accept(counts, threshold)["error"]
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


def _accept_mean_correlation(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = sum(abs(mean) for mean, _ in e.values()) / 3
    error = math.sqrt(sum((1 - mean**2) / n for mean, n in e.values())) / 3
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


ACCEPT_PAIRS = Task(
    id="11.accept_pairs",
    title="An acceptance test for a claimed fidelity",
    outcome=JUDGE_CLAIMS,
    inputs=_accept_inputs,
    reference=_accept,
    returns=forms.record(fidelity=forms.number(0, 1), error=forms.number(0, 1), accept=forms.boolean()),
    misconceptions=(
        Misconception(
            "z-counts-suffice",
            "You accepted on Z counts alone. A copied coin passes that test with full marks; fidelity needs all three "
            "settings.",
            _accept_z_only,
            ONE_SETTING,
        ),
        Misconception(
            "estimate-is-the-truth",
            "You compared the estimate itself with the threshold. It scatters; about half of the pairs that just miss "
            "the mark would pass by luck.",
            _accept_no_error_bar,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "doubt-helps-the-seller",
            "You gave the benefit of the doubt to the seller: with few enough rounds anything passes. In an acceptance "
            "test the lower end of the interval must clear the mark.",
            _accept_benefit_of_doubt,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "all-signs-plus",
            "You added all three correlations. In |Φ+⟩ the Y results are opposite, so the better the pair, the more "
            "your sum takes away.",
            _accept_all_plus,
            CONVENTION,
        ),
        Misconception(
            "correlation-is-fidelity",
            "You called the mean correlation fidelity. A pair with no correlation at all still has fidelity one "
            "quarter, so the scale is another.",
            _accept_mean_correlation,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_accept_with_arrays, _accept_from_chances, _accept_as_a_rejection),
    hints=(
        "Each setting gives a correlation E = (equal - unequal)/n, with variance (1 - E²)/n.",
        "The fidelity with |Φ+⟩ is (1 + E_XX - E_YY + E_ZZ)/4, and independent errors add as squares.",
        "Accept where the fidelity minus 1.645 of its standard errors still reaches the threshold.",
    ),
)

# --- 11.rounds_to_show -------------------------------------------------------------------------------------------


def _rounds_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(round(float(rng.uniform(2.15, 2.75)), 3), float(rng.integers(3, 6))) for _ in range(4)]


def _rounds(claimed_s: float, sigmas: float) -> int:
    variance = 4 * (1 - (claimed_s / 4) ** 2)
    return 4 * math.ceil(variance * sigmas**2 / (claimed_s - 2) ** 2)


def _rounds_by_root(claimed_s: float, sigmas: float) -> int:
    error_allowed = (claimed_s - 2) / sigmas
    error_of_one = 2 * math.sqrt(1 - (claimed_s / 4) ** 2)
    return 4 * math.ceil((error_of_one / error_allowed) ** 2)


def _rounds_by_wins(claimed_s: float, sigmas: float) -> int:
    """S = 8w - 4 with w the mean of four winning rates, each with variance w(1-w)/n."""
    w = 0.5 + claimed_s / 8
    return 4 * math.ceil(sigmas**2 * 16 * w * (1 - w) / (claimed_s - 2) ** 2)


def _rounds_by_search(claimed_s: float, sigmas: float) -> int:
    low, high = 0, 10**9
    while high - low > 1:
        n = (low + high) // 2
        error = math.sqrt(4 * (1 - (claimed_s / 4) ** 2) / n)
        low, high = (low, n) if claimed_s - 2 >= sigmas * error else (n, high)
    return 4 * high


def _rounds_one_setting(claimed_s: float, sigmas: float) -> int:
    return _rounds(claimed_s, sigmas) // 4


def _rounds_linear(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas / (claimed_s - 2))


def _rounds_from_zero(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas**2 / claimed_s**2)


def _rounds_from_the_top(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil(4 * (1 - (claimed_s / 4) ** 2) * sigmas**2 / (2 * math.sqrt(2) - claimed_s) ** 2)


def _rounds_one_variance(claimed_s: float, sigmas: float) -> int:
    return 4 * math.ceil((1 - (claimed_s / 4) ** 2) * sigmas**2 / (claimed_s - 2) ** 2)


ROUNDS_TO_SHOW = Task(
    id="11.rounds_to_show",
    title="How many rounds the test must run",
    outcome=PLAN_SHOTS,
    inputs=_rounds_inputs,
    reference=_rounds,
    returns=forms.whole_number(0, what="a number of rounds"),
    misconceptions=(
        Misconception(
            "one-setting-counted",
            "You gave the rounds of one setting. The test has four combinations of questions, and each needs its own.",
            _rounds_one_setting,
            ONE_SETTING,
        ),
        Misconception(
            "errors-shrink-linearly",
            "You let the error shrink in proportion to the rounds. It shrinks with their square root, so half the "
            "error costs four times the rounds.",
            _rounds_linear,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "distance-from-zero",
            "You measured the distance of S from zero. What must be excluded is the shared seed, which reaches 2.",
            _rounds_from_zero,
            SHARED_SEED,
        ),
        Misconception(
            "distance-from-the-ceiling",
            "You measured the distance of S from the quantum ceiling. That asks how imperfect the pair is, not whether "
            "a shared seed could have done it.",
            _rounds_from_the_top,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "one-variance-of-four",
            "You took the scatter of one correlation for that of S. Four of them are added, each with its own scatter.",
            _rounds_one_variance,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_rounds_by_root, _rounds_by_wins, _rounds_by_search),
    hints=(
        "S is a sum of four correlations; with n rounds each, one correlation E has variance (1 - E²)/n.",
        "At the claimed value take every |E| as S/4. The error of S must be at most (S - 2) divided by the number of "
        "standard errors.",
        "Solve 4(1 - (S/4)²)/n ≤ ((S - 2)/sigmas)² for n, round up, and count all four settings.",
    ),
)

TASKS = (DECIDE, ACCEPT_PAIRS, ROUNDS_TO_SHOW)
