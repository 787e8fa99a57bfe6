"""Task 08.witness: a witness from three settings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.bell.witnesses import bell_fidelity, witness_value
from qlab.checks import _forms as forms
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, ONE_SETTING, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Arguments, Misconception, Task


def _witness_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases = []
    for low, high in ((0.3, 0.48), (0.55, 0.7), (0.9, 0.98)):
        v = (4 * rng.uniform(low, high) - 1) / 3
        cases.append(tuple(float(x) for x in (v * rng.uniform(0.9, 1.0), -v * rng.uniform(0.9, 1.0), v)))
    return [*cases, (0.0, 0.0, 1.0)]


def _witness(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = float(witness_value(xx, yy, zz))
    return {"value": value, "entangled": value < -1e-12}


def _witness_plus(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx - yy - zz) / 4
    return {"value": value, "entangled": value < 0}


def _witness_z_only(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": zz > 0.5}


def _witness_bell_bound(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": math.sqrt(2) * (xx + zz) > 2}


def _witness_any_correlation(xx: float, yy: float, zz: float) -> dict[str, Any]:
    return {**_witness_formula(xx, yy, zz), "entangled": min(abs(xx), abs(yy), abs(zz)) > 1e-9}


def _witness_fidelity_itself(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = (1 + xx - yy + zz) / 4
    return {"value": f, "entangled": f > 0.5}


def _witness_formula(xx: float, yy: float, zz: float) -> dict[str, Any]:
    value = (1 - xx + yy - zz) / 4
    return {"value": value, "entangled": value < 0}


def _witness_from_fidelity(xx: float, yy: float, zz: float) -> dict[str, Any]:
    f = float(bell_fidelity(xx, yy, zz))
    return {"value": 0.5 - f, "entangled": f > 0.5}


def _witness_by_sum(xx: float, yy: float, zz: float) -> dict[str, Any]:
    wanted = float(np.dot([1, -1, 1], [xx, yy, zz]))
    return {"value": (1 - wanted) / 4, "entangled": bool(wanted > 1)}


TASK = Task(
    id="08.witness",
    title="A witness from three settings",
    outcome=TELL_ENTANGLEMENT,
    inputs=_witness_inputs,
    reference=_witness,
    returns=forms.record(value=forms.number(-1, 1), entangled=forms.boolean()),
    misconceptions=(
        Misconception(
            "all-signs-alike",
            "You gave all three correlations one sign. In |Φ+⟩ the Y results are opposite, and with the wrong sign the "
            "best pair looks no better than a poor one.",
            _witness_plus,
            CONVENTION,
        ),
        Misconception(
            "z-decides",
            "You let Z decide. The last case agrees perfectly in Z and in nothing else, as a copied coin does.",
            _witness_z_only,
            ONE_SETTING,
        ),
        Misconception(
            "needs-a-violation",
            "You asked for a Bell violation. A witness trusts the instruments and therefore sees entanglement that is "
            "too weak for a violation.",
            _witness_bell_bound,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "any-correlation-counts",
            "You let any correlation in all three settings count. Separable states have some too; what they cannot "
            "have "
            "is so much of it in all three.",
            _witness_any_correlation,
            SHARED_SEED,
        ),
        Misconception(
            "fidelity-is-the-witness",
            "You gave the fidelity. A witness is built so that its negative sign is the alarm, one half less the "
            "fidelity.",
            _witness_fidelity_itself,
            CONVENTION,
        ),
    ),
    alternatives=(_witness_formula, _witness_from_fidelity, _witness_by_sum),
    hints=(
        "No separable state has a fidelity above one half with |Φ+⟩. The witness is one half less the fidelity.",
        "The fidelity is (1 + XX - YY + ZZ)/4.",
        "Subtract that from one half, and look at the sign.",
    ),
)
