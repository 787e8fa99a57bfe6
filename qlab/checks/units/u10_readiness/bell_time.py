"""Task 10.bell_time: coherence is not usable time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qlab.bell.correlations import chsh_maximum
from qlab.channels import apply_channel, thermal_relaxation
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ENTANGLED_MEANS_USEFUL, HEADLINE_FIGURE, NOISE_ARITHMETIC, PLAN_LINKS
from qlab.checks._task import Arguments
from qlab.states import epr_pair

task = Declaration(
    id="10.bell_time",
    points=4,
    title="Coherence is not usable time",
    outcome=PLAN_LINKS,
    returns=forms.number(0, what="a time in microseconds"),
    tolerance=1e-5,
)


NEEDED = 2.2
"""CHSH value that the protocol of the task needs."""


@task.inputs
def _time_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(t1), float(t1 * share))
        for t1, share in zip(
            rng.uniform(50, 300, size=3), (rng.uniform(0.4, 0.6), 1.0, rng.uniform(1.3, 1.9)), strict=True
        )
    ]


def _crossing(excess: Any, first: float, second: float) -> float:
    """Where a smooth falling function is zero, by the secant method."""
    at_first, at_second = excess(first), excess(second)
    while abs(second - first) > 1e-10 * second and at_first != at_second:
        third = second - at_second * (second - first) / (at_second - at_first)
        first, at_first, second, at_second = second, at_second, third, excess(third)
    return float(second)


@task.reference
def _time(t1_us: float, t2_us: float) -> float:
    def excess(time: float) -> float:
        decay = thermal_relaxation(time, t1_us, t2_us)
        return float(chsh_maximum(apply_channel(apply_channel(epr_pair(), decay, [0]), decay, [1]))) ** 2 - NEEDED**2

    return _crossing(excess, 0.1 * t2_us, 0.2 * t2_us)


def _best_s(t1_us: float, t2_us: float) -> Callable[[float], float]:
    """Largest CHSH value after a time, from the two correlations of the stored pair."""

    def s_at(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        xx, zz = math.exp(-2 * time / t2_us), 1 - 2 * gamma * (1 - gamma)
        return 2 * math.sqrt(xx**2 + max(abs(xx), abs(zz)) ** 2)

    return s_at


@task.misconception(
    HEADLINE_FIGURE,
    "You read T2 off the sheet. At T2 one qubit has kept a bit over a third of its coherence; a Bell test on a pair "
    "fails long before that.",
)
def _t2_from_the_sheet(t1_us: float, t2_us: float) -> float:
    return t2_us


def _until(s_at: Any, longest: float, needed: float = NEEDED) -> float:
    low, high = 0.0, longest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if s_at(middle) > needed else (low, middle)
    return low


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You waited until the entanglement is gone. The Bell value falls below 2.2 earlier, and the machine is asked for "
    "the Bell value.",
)
def _entangled_is_enough(t1_us: float, t2_us: float) -> float:
    def margin(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        return math.exp(-2 * time / t2_us) - gamma * (1 - gamma)

    return _until(margin, 60 * t2_us, 0.0)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You stopped where S is 2, the most that a shared seed reaches. This protocol needs more than a violation: it asks "
    "for 2.2, which the pair loses earlier.",
)
def _violation_is_enough(t1_us: float, t2_us: float) -> float:
    return _until(_best_s(t1_us, t2_us), t2_us, 2.0)


@task.misconception(
    NOISE_ARITHMETIC,
    "You let one half wait. Both are stored, and both lose phase and energy.",
)
def _one_half_waits(t1_us: float, t2_us: float) -> float:
    def s_at(time: float) -> float:
        xx, zz = math.exp(-time / t2_us), math.exp(-time / t1_us)
        return 2 * math.sqrt(xx**2 + max(xx, zz) ** 2)

    return _until(s_at, 4 * t2_us)


@task.misconception(
    CONVENTION,
    "You kept the settings of a fresh pair. As the correlations become unequal, other settings do better; the "
    "question is the best S.",
)
def _settings_for_a_fresh_pair(t1_us: float, t2_us: float) -> float:
    def s_at(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        return math.sqrt(2) * (math.exp(-2 * time / t2_us) + 1 - 2 * gamma * (1 - gamma))

    return _until(s_at, 4 * t2_us)


@task.misconception(
    NOISE_ARITHMETIC,
    "You left the relaxation out by setting S against two equal correlations. T1 acts on one and phase on the other, "
    "so neither alone tells when S crosses 2.2.",
)
def _phase_only(t1_us: float, t2_us: float) -> float:
    return t2_us * math.log(2 * math.sqrt(2) / NEEDED) / 2


@task.alternative
def _time_formula(t1_us: float, t2_us: float) -> float:
    return _until(_best_s(t1_us, t2_us), t2_us)


@task.alternative
def _time_with_arrays(t1_us: float, t2_us: float) -> float:
    low, high = 0.0, t2_us
    for _ in range(9):
        times = np.linspace(low, high, 50)
        stays = np.exp(-times / t1_us)
        squares = np.sort(
            [np.exp(-4 * times / t2_us), (1 - 2 * stays * (1 - stays)) ** 2, np.exp(-4 * times / t2_us)], axis=0
        )
        after = int(np.argmax(squares[1] + squares[2] <= NEEDED**2 / 4))
        low, high = float(times[after - 1]), float(times[after])
    return (low + high) / 2


@task.alternative
def _time_by_secant(t1_us: float, t2_us: float) -> float:
    def excess(time: float) -> float:
        stays, xx = math.exp(-time / t1_us), math.exp(-2 * time / t2_us)
        zz = stays**2 + (1 - stays) ** 2
        return xx**2 + max(xx, zz) ** 2 - NEEDED**2 / 4

    return _crossing(excess, 0.05 * t2_us, 0.15 * t2_us)


TASK = task.with_hints(
    "Store the pair for a time t: apply channels.thermal_relaxation to both halves of |Φ+⟩.",
    "correlations.chsh_maximum of the result is the best S at that time.",
    "It falls all the way from 2√2, so halve an interval between 0 and T2 until the crossing with 2.2 is pinned down.",
)
