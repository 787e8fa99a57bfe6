"""Task 07.pair_earns: S above 2 is not yet a key."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, JUDGE_SECURITY, QUANTUM_MEANS_SECURE
from qlab.checks._task import Arguments
from qlab.keys.rates import bb84_rate, device_independent_rate, werner_qber, werner_s
from qlab.measures import binary_entropy

task = Declaration(
    id="07.pair_earns",
    points=3,
    title="S above 2 is not yet a key",
    outcome=JUDGE_SECURITY,
    returns=forms.record(
        violates=forms.boolean(), trusted=forms.number(0, 1), untrusted=forms.number(0, 1), qber=forms.number(0, 1)
    ),
)


@task.inputs
def _earns_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Closely on both sides of the fidelities at which the violation, and either kind of key, begins; and far off."""
    borders = (0.7803, 0.8350, 0.8927)
    near = [border + side * rng.uniform(0.002, 0.008) for border in borders for side in (1, -1)]
    return [(float(f),) for f in (*near, rng.uniform(0.92, 0.98), rng.uniform(0.6, 0.7))]


def _earned(s: float, qber: float, trusted: float, untrusted: float) -> dict[str, Any]:
    return {
        "violates": s > 2,
        "trusted": max(0.0, float(trusted)),
        "untrusted": max(0.0, float(untrusted)),
        "qber": qber,
    }


@task.reference
def _earns(fidelity: float) -> dict[str, Any]:
    s, qber = float(werner_s(fidelity)), float(werner_qber(fidelity))
    return _earned(s, qber, bb84_rate(qber), device_independent_rate(qber, s))


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You turned every excess over 2 into key. The errors must be corrected and the eavesdropper's share squeezed out "
    "first, and near the bound that costs more than there is.",
)
def _violation_is_key(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "untrusted": max(0.0, (float(werner_s(fidelity)) - 2) / (2 * math.sqrt(2) - 2))}


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You gave boxes that nobody trusts the rate of boxes that are known inside. Without that trust only S limits what "
    "the eavesdropper knows, and it limits less.",
)
def _trust_costs_nothing(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "untrusted": given["trusted"]}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let the violation begin where the key does. With trusted devices these are two thresholds on the same noise, "
    "and they differ.",
)
def _key_needs_violation(fidelity: float) -> dict[str, Any]:
    given = _earns(fidelity)
    return {**given, "violates": given["trusted"] > 0}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let every entangled pair violate the Bell bound. White noise ends the violation at a fidelity of about 0.78, "
    "entanglement only at one half.",
)
def _entangled_so_it_violates(fidelity: float) -> dict[str, Any]:
    return {**_earns(fidelity), "violates": fidelity > 0.5}


@task.misconception(
    CONVENTION,
    "You took the infidelity for the error rate. Of the three wrong Bell states one agrees in Z and another in X, so "
    "each basis sees two thirds of the damage.",
)
def _infidelity_is_error_rate(fidelity: float) -> dict[str, Any]:
    return {**_earns(fidelity), "qber": 1 - fidelity}


@task.alternative
def _earns_by_formula(fidelity: float) -> dict[str, Any]:
    qber = 2 * (1 - fidelity) / 3
    s = 2 * math.sqrt(2) * (1 - 2 * qber)
    leak = binary_entropy((1 + math.sqrt((s / 2) ** 2 - 1)) / 2) if s > 2 else 1.0
    h = binary_entropy(qber)
    return _earned(s, qber, 1 - 2 * h, 1 - h - leak)


def _bits(p: float) -> float:
    return 0.0 if p in (0, 1) else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


@task.alternative
def _earns_by_visibility(fidelity: float) -> dict[str, Any]:
    visibility = (4 * fidelity - 1) / 3
    qber = (1 - visibility) / 2
    untrusted = 1 - _bits(qber) - _bits(0.5 + math.sqrt(max(0.0, 2 * visibility**2 - 1)) / 2)
    return _earned(2 * math.sqrt(2) * visibility, qber, 1 - 2 * _bits(qber), untrusted)


@task.alternative
def _earns_as_entropies(fidelity: float) -> dict[str, Any]:
    wrong = (1 - fidelity) * 2 / 3
    correction = -float(np.array([wrong, 1 - wrong]) @ np.log2([wrong, 1 - wrong]))
    s = 2 * np.sqrt(2) - 4 * np.sqrt(2) * wrong
    hidden = float(np.sqrt(max(s * s / 4 - 1, 0.0)))
    lost = _bits((1 - hidden) / 2)
    return {
        "violates": bool(s > 2),
        "trusted": max(1 - 2 * correction, 0),
        "untrusted": max(1 - correction - lost, 0),
        "qber": wrong,
    }


TASK = task.with_hints(
    "A Werner pair of fidelity F has error rate 2(1 - F)/3 and S = 2√2·(1 - 2·QBER).",
    "Trusted devices: 1 - 2h(QBER). Untrusted: 1 - h(QBER) - h((1 + √((S/2)² - 1))/2), and nothing where S ≤ 2.",
    "No rate is negative. qkd_rates has both formulas; which thresholds on the fidelity do you find for the three "
    "columns?",
)
