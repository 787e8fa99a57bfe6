"""Task 07.bits_to_catch: how many bits to compare, and against whom it is in vain."""

from __future__ import annotations

import math

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import HEADLINE_FIGURE, PLAN_SHOTS, QUANTUM_MEANS_SECURE, SAMPLE_IS_TRUTH, SIGNALLING
from qlab.checks._task import Arguments
from qlab.keys import intercept_resend_qber

task = Declaration(
    id="07.bits_to_catch",
    points=3,
    title="How many bits to compare, and against whom it is in vain",
    outcome=PLAN_SHOTS,
    returns=forms.whole_number(0, what="a number of bits"),
)


@task.inputs
def _catch_inputs(rng: np.random.Generator) -> list[Arguments]:
    sure = [float(c) for c in rng.choice([0.9, 0.95, 0.99, 0.999], size=3, replace=False)]
    some = float(rng.uniform(0.2, 0.7))
    return [
        ("random basis", 1.0, sure[0]),
        ("random basis", some, sure[1]),
        *(
            ("random basis", _touched(int(rng.integers(26, 40)) + past, c), c)
            for past, c in ((0.1, sure[0]), (-0.1, sure[2]))
        ),
        ("knows basis", some, sure[2]),
        ("in the middle", 1.0, sure[0]),
    ]


def _touched(bits: float, confidence: float) -> float:
    """The fraction for which this number of bits, whole or not, gives just the confidence asked for."""
    return float(4 * (1 - (1 - confidence) ** (1 / bits)))


@task.reference
def _catch(attack: str, fraction: float, confidence: float) -> int:
    if attack != "random basis":
        return 0
    return math.ceil(math.log(1 - confidence) / math.log(1 - intercept_resend_qber(fraction)))


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You let the comparison catch every attack. It catches those that disturb the qubits; who knows the basis, or is "
    "taken for the partner, disturbs nothing.",
)
def _quantum_catches_everyone(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis", fraction, confidence)


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You let error rates give away the man in the middle. He runs the whole protocol with each side, bits compared "
    "included; only authentication tells who is there.",
)
def _middle_man_is_seen(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis" if attack == "in the middle" else attack, fraction, confidence)


@task.misconception(
    SIGNALLING,
    "You let somebody be caught who knows the basis in advance. Reading a state in its own basis changes nothing, so "
    "there is nothing to see.",
)
def _insider_is_seen(attack: str, fraction: float, confidence: float) -> int:
    return _catch("random basis" if attack == "knows basis" else attack, fraction, confidence)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You compared until one error is expected. At that size she still slips through in more than a third of the cases.",
)
def _one_error_expected(attack: str, fraction: float, confidence: float) -> int:
    return math.ceil(4 / fraction) if attack == "random basis" else 0


@task.misconception(
    HEADLINE_FIGURE,
    "You took it that she touches everything. She decides how much she touches, and touching less costs you a larger "
    "sample.",
)
def _greedy_eve(attack: str, fraction: float, confidence: float) -> int:
    return _catch(attack, 1.0, confidence)


@task.alternative
def _catch_counting(attack: str, fraction: float, confidence: float) -> int:
    miss, n = 1.0, 0
    if attack in ("knows basis", "in the middle"):
        return 0
    while miss > 1 - confidence:
        miss, n = miss * (1 - fraction / 4), n + 1
    return n


@task.alternative
def _catch_log1p(attack: str, fraction: float, confidence: float) -> int:
    error_rate = {"random basis": fraction / 4}.get(attack, 0.0)
    return int(np.ceil(np.log1p(-confidence) / np.log1p(-error_rate))) if error_rate else 0


ATTACKS = ("random basis", "knows basis", "in the middle")


@task.alternative
def _catch_by_powers(attack: str, fraction: float, confidence: float) -> int:
    if attack != ATTACKS[0]:
        return 0
    sizes = np.arange(1, 2000)
    return int(sizes[1 - (1 - fraction / 4) ** sizes >= confidence][0])


TASK = task.with_hints(
    "Ask first of each attack whether it leaves any errors at all. If not, no number of bits helps: return 0.",
    "A touched bit is wrong with chance 1/4, so a compared bit shows an error with chance fraction/4.",
    "She is missed if all n bits agree. Solve (1 - fraction/4)ⁿ ≤ 1 - confidence for the smallest n.",
)
