"""Task 10.blame: bad pair or bad readout."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.bell.witnesses import bell_fidelity
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, JUDGE_DEVICES, NOISE_ARITHMETIC, SAMPLE_IS_TRUTH
from qlab.checks._task import Arguments

task = Declaration(
    id="10.blame",
    points=3,
    title="Bad pair or bad readout",
    outcome=JUDGE_DEVICES,
    returns=forms.record(
        raw=forms.number(0, 1), corrected=forms.number(0, 1.001), culprit=forms.choice("readout", "pair")
    ),
)


@task.inputs
def _blame_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Readout and pair take almost the same, now one a little more and now the other, at pairs good and poor."""
    cases: list[Arguments] = []
    for fidelity, tilt in ((0.975, 1), (0.95, -1), (0.86, 1), (0.9, -1), (0.92, 1)):
        true = fidelity * rng.uniform(0.997, 1.003)
        ratio = 1 + tilt * rng.uniform(0.02, 0.045)  # what the readout takes, by what the pair lacks
        shrunk = 1 - ratio * (1 - true) / (true - 0.25)
        left = shrunk ** rng.uniform(0.3, 0.7)
        total = 4 * true - 1
        xx, yy = (total / 3 * rng.uniform(0.985, 1.015, size=2)).tolist()
        seen = [float(shrunk * mean) for mean in (xx, -yy, total - xx - yy)]
        cases.append((*seen, float(1 - left) / 2, float(1 - shrunk / left) / 2))
    return cases


def _blamed(raw: float, corrected: float) -> dict[str, Any]:
    return {"raw": raw, "corrected": corrected, "culprit": "readout" if corrected - raw > 1 - corrected else "pair"}


@task.reference
def _blame(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    shrunk = (1 - 2 * error_a) * (1 - 2 * error_b)
    raw = float(bell_fidelity(xx, yy, zz))
    corrected = float(bell_fidelity(*(max(-1.0, min(1.0, e / shrunk)) for e in (xx, yy, zz))))
    return _blamed(raw, corrected)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You took what was read for what was there. Both readouts shrink every correlation, and a good pair looks bad "
    "through them.",
)
def _seen_is_real(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return {"raw": raw, "corrected": raw, "culprit": "pair"}


@task.misconception(
    NOISE_ARITHMETIC,
    "You corrected one side. The results of both sides enter each correlation, and both were misread.",
)
def _one_side_corrected(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    return _blame_formula(xx, yy, zz, error_a, 0.0)


@task.misconception(
    NOISE_ARITHMETIC,
    "You added the readout errors back to the fidelity. They act on correlations as factors, and what they cost "
    "depends on how much correlation there was.",
)
def _errors_added_back(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, min(1.0, raw + error_a + error_b))


@task.misconception(
    CONVENTION,
    "You divided the whole fidelity. One quarter of it is there without any correlation, and no readout error can "
    "take that away.",
)
def _fidelity_divided(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, min(1.0, raw / ((1 - 2 * error_a) * (1 - 2 * error_b))))


@task.misconception(
    CONVENTION,
    "You used 1 - e for a side. A misread result turns a plus into a minus, so it costs twice: the factor is 1 - 2e.",
)
def _flip_counts_once(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, 0.25 + (raw - 0.25) / ((1 - error_a) * (1 - error_b)))


@task.alternative
def _blame_formula(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    total = xx - yy + zz
    return _blamed((1 + total) / 4, 0.25 + total / (4 * (1 - 2 * error_a) * (1 - 2 * error_b)))


@task.alternative
def _blame_by_matrices(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    """Invert the confusion matrix of both sides on the four chances of each setting."""
    flips = [np.array([[1 - e, e], [e, 1 - e]]) for e in (error_a, error_b)]
    back = np.linalg.inv(np.kron(*flips))
    signs = np.array([1, -1, -1, 1])
    true = [float(signs @ back @ ((1 + signs * seen) / 4)) for seen in (xx, yy, zz)]
    return _blamed((1 + xx - yy + zz) / 4, (1 + true[0] - true[1] + true[2]) / 4)


@task.alternative
def _blame_side_by_side(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + float(np.dot([1, -1, 1], [xx, yy, zz]))) / 4
    corrected = raw
    for error in (error_a, error_b):
        corrected = 0.25 + (corrected - 0.25) / (1 - 2 * error)
    return _blamed(raw, corrected)


TASK = task.with_hints(
    "A readout that flips with chance e multiplies every correlation it takes part in by 1 - 2e.",
    "Divide each of the three correlations by (1 - 2e_A)(1 - 2e_B) before taking the fidelity.",
    "Culprit: compare what the readout took (corrected less raw) with what the pair itself lacks (1 less corrected).",
)
