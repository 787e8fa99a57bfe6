"""Task 02.chance_same: sequences of reads, Z X Z and its like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import COPYING, DISTURBANCE, PREDICT_MEASUREMENT, SAMPLE_IS_TRUTH
from qlab.gates import X, Z

task = Declaration(
    id="02.chance_same",
    points=3,
    title="Read again, and read again after a look from the side",
    outcome=PREDICT_MEASUREMENT,
    returns=forms.number(0, 1),
)


@task.inputs
def _sequence_inputs(rng: np.random.Generator) -> list[tuple[list[float]]]:
    a, b, c = rng.uniform(-1.2, 1.2, 3)
    return [
        ([float(a), float(a)],),
        ([0.0, math.pi / 2, 0.0],),
        ([float(a), float(a + rng.uniform(0.4, 1.1)), float(a)],),
        ([float(b), float(b + rng.uniform(0.3, 0.8)), float(c), float(b - 0.4)],),
    ]


@task.reference
def _chance_same(angles: Sequence[float]) -> float:
    return float((1 + np.prod(np.cos(np.diff(angles)))) / 2)


@task.misconception(
    DISTURBANCE,
    "You let every read draw afresh. After a read the device is in the state that was found, and the same read again "
    "gives the same result, however often.",
)
def _fresh_draw(angles: Sequence[float]) -> float:
    return 0.5


@task.misconception(
    COPYING,
    "You left out the reads in between, as if they were log lines. A read along another axis leaves the device "
    "pointing along that axis, and the next read starts from there.",
)
def _reads_do_nothing(angles: Sequence[float]) -> float:
    return (1 + math.cos(angles[-1] - angles[0])) / 2


@task.misconception(
    DISTURBANCE,
    "You let any read from the side erase everything. How much is lost depends on the angle: along nearly the same "
    "axis nearly nothing, at right angles all of it.",
)
def _looking_destroys(angles: Sequence[float]) -> float:
    between = [angle for angle in angles[1:-1] if abs(angle - angles[0]) > 1e-9]
    return 0.5 if between else (1 + math.cos(angles[-1] - angles[0])) / 2


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You counted only the runs in which no read differed from the one before. A result that flips and flips back ends "
    "the same as it began, and those runs count too.",
)
def _never_flips(angles: Sequence[float]) -> float:
    return float(np.prod(np.cos(np.diff(angles) / 2) ** 2))


@task.misconception(
    DISTURBANCE,
    "You compared the last read with the one before it. The question is about the first, and what was lost on the way "
    "from the first stays lost.",
)
def _last_step_only(angles: Sequence[float]) -> float:
    return (1 + math.cos(angles[-1] - angles[-2])) / 2


@task.alternative
def _by_transfer_matrix(angles: Sequence[float]) -> float:
    chances = np.array([1.0, 0.0])
    for before, after in pairwise(angles):
        stay = math.cos((after - before) / 2) ** 2
        chances = np.array([[stay, 1 - stay], [1 - stay, stay]]) @ chances
    return float(chances[0])


@task.alternative
def _by_collapse(angles: Sequence[float]) -> float:
    rho = np.array([[1, 0], [0, 0]], dtype=complex)
    for angle in angles[1:]:
        axis = np.cos(angle - angles[0]) * Z + np.sin(angle - angles[0]) * X
        up, down = (np.eye(2) + axis) / 2, (np.eye(2) - axis) / 2
        last = float(np.trace(up @ rho).real)
        rho = up @ rho @ up + down @ rho @ down
    return last


@task.alternative
def _by_recursion(angles: Sequence[float]) -> float:
    if len(angles) == 1:
        return 1.0
    before = _by_recursion(angles[:-1])
    stay = (1 + math.cos(angles[-1] - angles[-2])) / 2
    return before * stay + (1 - before) * (1 - stay)


TASK = task.with_hints(
    "Start with two reads: what is the chance that they agree if their axes are an angle δ apart?",
    "From one read to the next the result stays with chance cos²(δ/2), else it flips. An even number of flips counts "
    "as the same.",
    "Work with +1 and -1 instead of 0 and 1: the mean product of two neighbouring reads is cos δ, and means multiply "
    "along the chain.",
)
