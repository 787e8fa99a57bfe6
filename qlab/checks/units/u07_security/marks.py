"""Task 07.marks: the marks that an eavesdropper leaves."""

from __future__ import annotations

import math

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import (
    ENTANGLED_MEANS_USEFUL,
    JUDGE_SECURITY,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    SAMPLE_IS_TRUTH,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._task import Arguments
from qlab.keys import intercept_resend_qber, intercept_resend_s

task = Declaration(
    id="07.marks",
    points=3,
    title="The marks that an eavesdropper leaves",
    outcome=JUDGE_SECURITY,
    returns=forms.record(qber=forms.number(0, 1), s=forms.number(-4, 4)),
)


@task.inputs
def _marks_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(float(rng.uniform(0.1, 0.5)),), (float(rng.uniform(0.6, 0.9)),), (1.0,)]


@task.reference
def _marks(fraction: float) -> dict[str, float]:
    return {"qber": float(intercept_resend_qber(fraction)), "s": float(intercept_resend_s(fraction))}


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You let every bit that she touched come out at random. Half of the time she measures in the right basis and "
    "sends on exactly what was there.",
)
def _every_touched_bit_is_random(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "qber": fraction / 2}


@task.misconception(
    SHARED_SEED,
    "You let her copy and pass on without a trace. She must choose a basis before she knows the right one, and half "
    "of the time her choice destroys what the other basis would have shown.",
)
def _a_good_copy(fraction: float) -> dict[str, float]:
    return {"qber": 0.0, "s": 2 * math.sqrt(2)}


@task.misconception(
    SIGNALLING,
    "You counted every touched bit as an error. She is not out to flip bits; most of those she touches arrive as they "
    "were.",
)
def _every_touched_bit_is_wrong(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "qber": fraction}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let the touched pairs still reach S = 2. That is the best for classical data under settings made for it; at "
    "the settings in use, pairs read in Z or X reach less.",
)
def _seed_value_at_once(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "s": 2 * math.sqrt(2) * (1 - fraction) + 2 * fraction}


@task.misconception(
    ONE_SETTING,
    "You let the touched pairs add nothing to S. She measures along one axis at a time, and what that axis shows comes "
    "through; only the other one is lost.",
)
def _touched_pairs_show_nothing(fraction: float) -> dict[str, float]:
    return {**_marks_formula(fraction), "s": 2 * math.sqrt(2) * (1 - fraction)}


@task.misconception(
    NOISE_ARITHMETIC,
    "You gave the full effect however little she touches. Statistics see a fraction in proportion, which is why a "
    "small fraction is hard to see.",
)
def _presence_is_enough(fraction: float) -> dict[str, float]:
    return {"qber": 0.25, "s": math.sqrt(2)}


@task.alternative
def _marks_formula(fraction: float) -> dict[str, float]:
    return {"qber": fraction / 4, "s": math.sqrt(2) * (2 - fraction)}


@task.alternative
def _marks_mixture(fraction: float) -> dict[str, float]:
    clean, touched = {"qber": 0.0, "s": 2 * math.sqrt(2)}, {"qber": 0.25, "s": math.sqrt(2)}
    return {key: (1 - fraction) * clean[key] + fraction * touched[key] for key in clean}


@task.alternative
def _marks_by_correlations(fraction: float) -> dict[str, float]:
    """After a measurement in a random one of Z and X, both correlations of the pair are halved."""
    kept = 1 - fraction / 2
    correlation = {"zz": kept, "xx": kept}
    qber = (1 - (correlation["zz"] + correlation["xx"]) / 2) / 2
    return {"qber": qber, "s": math.sqrt(2) * (correlation["zz"] + correlation["xx"])}


TASK = task.with_hints(
    "Take the rounds apart: those that she leaves alone, and those that she touches.",
    "In a touched round she guesses the basis right half of the time; if not, the bit is right half of the time.",
    "Touched pairs have ZZ and XX correlations of one half on average. At the best settings S is √2·(ZZ + XX).",
)
