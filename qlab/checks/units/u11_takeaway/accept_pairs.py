"""Task 11.accept_pairs: an acceptance test for a claimed fidelity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, JUDGE_CLAIMS, NOISE_ARITHMETIC, ONE_SETTING, SAMPLE_IS_TRUTH
from qlab.checks._task import Arguments, Row

task = Declaration(
    id="11.accept_pairs",
    points=3,
    title="An acceptance test for a claimed fidelity",
    outcome=JUDGE_CLAIMS,
    returns=forms.record(fidelity=forms.number(0, 1), error=forms.number(0, 1), accept=forms.boolean()),
)


def _counts(rng: np.random.Generator, f: float, rounds: int) -> dict[str, list[int]]:
    """Equal and unequal results in three settings, as a Werner pair of fidelity f gives them on average, roughly."""
    visibility = (4 * f - 1) / 3
    table = {}
    for setting, sign in (("XX", 1), ("YY", -1), ("ZZ", 1)):
        n = rounds + int(rng.integers(-rounds // 8, rounds // 8))
        equal = round(n * (1 + sign * visibility * rng.uniform(0.97, 1.01)) / 2)
        table[setting] = [equal, n - equal]
    return table


@task.inputs
def _accept_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Thresholds closely above and below the lower end of the interval, and one above the estimate itself."""
    cases: list[Arguments] = []
    for low, high, rounds in ((0.86, 0.9, 400), (0.88, 0.93, 900), (0.8, 0.84, 2500)):
        counts = _counts(rng, float(rng.uniform(low, high)), rounds)
        found = _accept(counts, 0.5)
        near = float(rng.uniform(0.02, 0.06))
        for sigmas in (-ONE_SIDED_95 + near, -ONE_SIDED_95 - near, 1.0):
            cases.append((counts, round(found["fidelity"] + sigmas * found["error"], 6)))
    return cases[:6]


ONE_SIDED_95 = 1.6448536269514722
"""Standard errors below an estimate that leave 5 % on one side of a normal distribution."""


def _expectations(counts: dict[str, list[int]]) -> dict[str, tuple[float, int]]:
    return {key: ((same - other) / (same + other), same + other) for key, (same, other) in counts.items()}


@task.reference
def _accept(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = (1 + e["XX"][0] - e["YY"][0] + e["ZZ"][0]) / 4
    error = math.sqrt(sum((1 - mean**2) / n for mean, n in e.values())) / 4
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


@task.remark
def _error_of_one_share(rows: list[Row]) -> str | None:
    """The standard error of one counted share, with whatever number of rounds."""
    for rounds in (sum, min, max, np.mean, lambda counted: counted[0], lambda counted: counted[-1]):
        found = []
        for got, _, (counts, _threshold) in rows:
            f, n = got["fidelity"], float(rounds([sum(pair) for pair in counts.values()]))
            found.append(math.isclose(got["error"], math.sqrt(f * (1 - f) / n), rel_tol=1e-6))
        if all(found):
            return (
                "Your error is that of a share counted in one series of rounds. The fidelity is put together from "
                "three correlations, each with an error of its own, and their squares add up."
            )
    return None


@task.misconception(
    ONE_SETTING,
    "You accepted on Z counts alone. A copied coin passes that test with full marks; fidelity needs all three "
    "settings.",
)
def _z_counts_suffice(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    same, other = counts["ZZ"]
    f = same / (same + other)
    error = math.sqrt(f * (1 - f) / (same + other))
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You compared the estimate itself with the threshold. It scatters; about half of the pairs that just miss the "
    "mark would pass by luck.",
)
def _estimate_is_the_truth(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    return {**given, "accept": given["fidelity"] >= threshold}


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You gave the benefit of the doubt to the seller: with few enough rounds anything passes. In an acceptance test "
    "the lower end of the interval must clear the mark.",
)
def _doubt_helps_the_seller(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    return {**given, "accept": given["fidelity"] + ONE_SIDED_95 * given["error"] >= threshold}


@task.misconception(
    CONVENTION,
    "You added all three correlations. In |Φ+⟩ the Y results are opposite, so the better the pair, the more your sum "
    "takes away.",
)
def _all_signs_plus(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = max(0.0, (1 + sum(mean for mean, _ in e.values())) / 4)
    error = _accept(counts, threshold)["error"]
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


@task.misconception(
    NOISE_ARITHMETIC,
    "You called the mean correlation fidelity. A pair with no correlation at all still has fidelity one quarter, so "
    "the scale is another.",
)
def _correlation_is_fidelity(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    e = _expectations(counts)
    f = sum(abs(mean) for mean, _ in e.values()) / 3
    error = math.sqrt(sum((1 - mean**2) / n for mean, n in e.values())) / 3
    return {"fidelity": f, "error": error, "accept": f - ONE_SIDED_95 * error >= threshold}


@task.alternative
def _accept_with_arrays(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    table = np.array([counts[key] for key in ("XX", "YY", "ZZ")], dtype=float)
    n = table.sum(axis=1)
    means = (table[:, 0] - table[:, 1]) / n
    f = (1 + means @ [1, -1, 1]) / 4
    error = np.sqrt(np.sum((1 - means**2) / n)) / 4
    return {"fidelity": float(f), "error": float(error), "accept": bool(f - 1.6449 * error >= threshold)}


@task.alternative
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


@task.alternative
def _accept_as_a_rejection(counts: dict[str, list[int]], threshold: float) -> dict[str, Any]:
    given = _accept(counts, threshold)
    margin = given["fidelity"] - threshold
    return {**given, "accept": not margin < ONE_SIDED_95 * given["error"]}


TASK = task.with_hints(
    "Each setting gives a correlation E = (equal - unequal)/n, with variance (1 - E²)/n.",
    "The fidelity with |Φ+⟩ is (1 + E_XX - E_YY + E_ZZ)/4, and independent errors add as squares.",
    "Accept where the fidelity minus 1.645 of its standard errors still reaches the threshold.",
)
