"""Task 08.fidelity_range: fifty-fifty counts that certify nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import IGNORANCE, ONE_SETTING, SAMPLE_IS_TRUTH, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Arguments

task = Declaration(
    id="08.fidelity_range",
    points=3,
    title="Fifty-fifty counts that certify nothing",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.record(
        lowest=forms.number(0, 1.000001), highest=forms.number(0, 1.000001), certified=forms.boolean()
    ),
)


@task.inputs
def _range_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = [({"00": 500, "01": 0, "10": 0, "11": 500},)]
    for _ in range(3):
        counts = rng.multinomial(int(rng.integers(800, 3000)), rng.dirichlet([30, 1.2, 1.2, 14]))
        cases.append(({key: int(n) for key, n in zip(("00", "01", "10", "11"), counts, strict=True)},))
    return cases


@task.reference
def _range(counts: dict[str, int]) -> dict[str, Any]:
    total = sum(counts.values())
    same, reach = (counts["00"] + counts["11"]) / total / 2, math.sqrt(counts["00"] * counts["11"]) / total
    low = max(0.0, same - reach)
    return {"lowest": low, "highest": same + reach, "certified": low > 0.5}


@task.misconception(
    ONE_SETTING,
    "You took the share of equal results for the fidelity. Equal results are half of the story; the other half is a "
    "coherence that Z counts cannot show.",
)
def _agreement_is_fidelity(counts: dict[str, int]) -> dict[str, Any]:
    f = (counts["00"] + counts["11"]) / sum(counts.values())
    return {"lowest": f, "highest": f, "certified": f > 0.5}


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You reported the best that the counts allow. That is what they do not exclude, which is a different thing from "
    "what they show.",
)
def _best_case_reported(counts: dict[str, int]) -> dict[str, Any]:
    high = _range(counts)["highest"]
    return {"lowest": high, "highest": high, "certified": high > 0.5}


@task.misconception(
    SHARED_SEED,
    "You settled on the shared coin. The counts do not show a coin either; they are silent about everything outside "
    "the Z basis, in both directions.",
)
def _it_is_a_coin(counts: dict[str, int]) -> dict[str, Any]:
    f = (counts["00"] + counts["11"]) / sum(counts.values()) / 2
    return {"lowest": f, "highest": f, "certified": f > 0.5}


@task.misconception(
    IGNORANCE,
    "You took the coin for the worst case. A pair with the opposite phase gives the same counts and has less fidelity "
    "with the wanted state than the coin.",
)
def _coin_is_the_worst(counts: dict[str, int]) -> dict[str, Any]:
    given = _range(counts)
    return {**given, "lowest": (counts["00"] + counts["11"]) / sum(counts.values()) / 2}


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You certified what is merely possible. A certificate must hold for every state that could have given the counts.",
)
def _possible_so_certified(counts: dict[str, int]) -> dict[str, Any]:
    given = _range(counts)
    return {**given, "certified": given["highest"] > 0.5}


@task.alternative
def _range_squares(counts: dict[str, int]) -> dict[str, Any]:
    n = sum(counts.values())
    a, b = math.sqrt(counts["00"] / n), math.sqrt(counts["11"] / n)
    return {"lowest": (a - b) ** 2 / 2, "highest": (a + b) ** 2 / 2, "certified": False}


@task.alternative
def _range_by_matrices(counts: dict[str, int]) -> dict[str, Any]:
    """The state with these counts and the largest coherence, once with each sign."""
    p = np.array([counts[key] for key in ("00", "01", "10", "11")]) / sum(counts.values())
    bell = np.array([1, 0, 0, 1]) / np.sqrt(2)
    found = []
    for sign in (-1, 1):
        rho = np.diag(p)
        rho[0, 3] = rho[3, 0] = sign * np.sqrt(p[0] * p[3])
        found.append(float(bell @ rho @ bell))
    return {"lowest": found[0], "highest": found[1], "certified": found[0] > 0.5}


@task.alternative
def _range_by_eigenvalues(counts: dict[str, int]) -> dict[str, Any]:
    n = sum(counts.values())
    p, q = counts["00"] / n, counts["11"] / n
    mean, spread = (p + q) / 2, math.sqrt(((p + q) / 2) ** 2 - ((p - q) / 2) ** 2)
    return {"lowest": mean - spread, "highest": mean + spread, "certified": bool(mean - spread > 0.5)}


TASK = task.with_hints(
    "The fidelity with |Φ+⟩ is (ρ₀₀,₀₀ + ρ₁₁,₁₁)/2 plus the real part of the coherence ρ₀₀,₁₁.",
    "The counts give the first part. Of the second they only say that its size is at most √(P₀₀P₁₁).",
    "Lowest and highest are the first part minus and plus that size. Certified asks whether even the lowest is above "
    "one half.",
)
