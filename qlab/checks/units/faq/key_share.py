"""Task faq.key_share: is it secure?"""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import JUDGE_SECURITY, NOISE_ARITHMETIC, QUANTUM_MEANS_SECURE, SELECTED_DATA
from qlab.checks._task import Arguments
from qlab.measures import binary_entropy

task = Declaration(
    id="faq.key_share",
    points=2,
    title="Is it secure?",
    outcome=JUDGE_SECURITY,
    returns=forms.number(0, 1, what="a share of the sifted bits"),
)


@task.inputs
def _key_inputs(rng: np.random.Generator) -> list[Arguments]:
    low, middle, high = rng.uniform(0.01, 0.04), rng.uniform(0.06, 0.1), rng.uniform(0.12, 0.24)
    few = float(rng.uniform(0.001, 0.002))
    return [(few, True), *((float(q), True) for q in (low, middle, high)), (float(low), False)]


@task.reference
def _key(qber: float, authenticated: bool) -> float:
    return max(0.0, 1 - 2 * binary_entropy(qber)) if authenticated else 0.0


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You gave a key to parties who cannot tell whom they talk to. Without an authenticated channel, whoever sits in "
    "the middle runs the protocol with each of them.",
)
def _nobody_in_the_middle(qber: float, authenticated: bool) -> float:
    return _key(qber, True)


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You paid for correcting the errors and not for what the eavesdropper may have learned. The same error rate "
    "bounds that too, and it costs as much again.",
)
def _correction_without_privacy(qber: float, authenticated: bool) -> float:
    return max(0.0, 1 - binary_entropy(qber)) if authenticated else 0.0


@task.misconception(
    NOISE_ARITHMETIC,
    "You gave up at the first error. Every real link has errors; below about eleven per cent they can be corrected "
    "and the eavesdropper's share squeezed out.",
)
def _any_error_is_an_intruder(qber: float, authenticated: bool) -> float:
    return 0.0


@task.misconception(
    SELECTED_DATA,
    "You dropped the wrong bits and kept the rest. Nobody knows which ones they are without talking, and the talk is "
    "overheard.",
)
def _wrong_bits_thrown_away(qber: float, authenticated: bool) -> float:
    return 1 - qber if authenticated else 0.0


@task.alternative
def _key_by_logs(qber: float, authenticated: bool) -> float:
    share = 1 + 2 * (qber * np.log2(qber) + (1 - qber) * np.log2(1 - qber))
    return float(share) if authenticated and share > 0 else 0.0


def _entropy_bits(p: float) -> float:
    return float(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


@task.alternative
def _key_two_costs(qber: float, authenticated: bool) -> float:
    correction = privacy = _entropy_bits(qber)
    return float(np.clip(1 - correction - privacy, 0, 1)) * authenticated


@task.alternative
def _key_from_a_pair(qber: float, authenticated: bool) -> float:
    """What a Bell-diagonal pair with independent bit and phase errors leaves: 1 minus its entropy."""
    weights = np.outer([1 - qber, qber], [1 - qber, qber]).ravel()
    return float(max(0.0, 1 + weights @ np.log2(weights))) if authenticated else 0.0


TASK = task.with_hints(
    "Two things are paid from the sifted bits: correcting errors, and squeezing out what an eavesdropper may know.",
    "Each of them costs h(QBER), the binary entropy. The rest is key, if there is a rest.",
    "Before any of it: who guarantees with whom the parties talk? Without that the share is 0.",
)
