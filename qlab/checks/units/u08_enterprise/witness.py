"""Task 08.witness: a witness from three settings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.bell.witnesses import bell_fidelity, witness_value
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, ONE_SETTING, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Arguments

task = Declaration(
    id="08.witness",
    points=3,
    title="A witness from three settings",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.record(value=forms.number(-1, 1), entangled=forms.boolean()),
)


@task.inputs
def _witness_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Pairs near the wanted one, closely on both sides of the border; pairs near the other Bell states; and a coin."""
    cases: list[Arguments] = []
    for low, high in ((0.485, 0.495), (0.505, 0.511), (0.6, 0.7), (0.9, 0.95)):
        total = 4 * rng.uniform(low, high) - 1
        xx, yy = (total / 3 * rng.uniform(0.97, 1.03, size=2)).tolist()
        cases.append((xx, -yy, total - xx - yy))
    for signs in ((-1, -1, -1), (-1, 1, 1), (1, 1, -1)):
        cases.append(tuple(float(sign * x) for sign, x in zip(signs, rng.uniform(0.8, 0.95, size=3), strict=True)))
    return [*cases, (0.0, 0.0, 1.0)]


@task.reference
def _witness(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = float(witness_value(xx, yy, zz))
    return {"value": value, "entangled": value < -1e-12}


@task.misconception(
    CONVENTION,
    "You gave all three correlations one sign. In |Φ+⟩ the Y results are opposite, and with the wrong sign the best "
    "pair looks no better than a poor one.",
)
def _all_signs_alike(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx - yy - zz) / 4
    return {"value": value, "entangled": value < 0}


@task.misconception(
    ONE_SETTING,
    "You let Z decide. The last case agrees perfectly in Z and in nothing else, as a copied coin does.",
)
def _z_decides(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": zz > 0.5}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You asked for a Bell violation. A witness trusts the instruments and therefore sees entanglement that is too "
    "weak for a violation.",
)
def _needs_a_violation(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": math.sqrt(2) * (xx + zz) > 2}


@task.misconception(
    SHARED_SEED,
    "You let any correlation in all three settings count. Separable states have some too; what they cannot have is so "
    "much of it in all three.",
)
def _any_correlation_counts(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": min(abs(xx), abs(yy), abs(zz)) > 1e-9}


@task.misconception(
    CONVENTION,
    "You gave the fidelity. A witness is built so that its negative sign is the alarm, one half less the fidelity.",
)
def _fidelity_is_the_witness(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = (1 + xx - yy + zz) / 4
    return {"value": f, "entangled": f > 0.5}


@task.alternative
def _witness_formula(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx + yy - zz) / 4
    return {"value": value, "entangled": value < 0}


@task.alternative
def _witness_from_fidelity(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = float(bell_fidelity(xx, yy, zz))
    return {"value": 0.5 - f, "entangled": f > 0.5}


@task.alternative
def _witness_by_sum(xx: float, yy: float, zz: float) -> dict[str, Any]:
    wanted = float(np.dot([1, -1, 1], [xx, yy, zz]))
    return {"value": (1 - wanted) / 4, "entangled": bool(wanted > 1)}


TASK = task.with_hints(
    "No separable state has a fidelity above one half with |Φ+⟩. The witness is one half less the fidelity.",
    "The fidelity is (1 + XX - YY + ZZ)/4.",
    "Subtract that from one half, and look at the sign.",
)
