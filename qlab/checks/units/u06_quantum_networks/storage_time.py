"""Task 06.storage_time: how long a stored pair is good for something."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ENTANGLED_MEANS_USEFUL, HEADLINE_FIGURE, NOISE_ARITHMETIC, PLAN_LINKS
from qlab.checks._task import Arguments
from qlab.networks.links import stored_pair_fidelity

task = Declaration(
    id="06.storage_time",
    points=3,
    title="How long a stored pair is good for something",
    outcome=PLAN_LINKS,
    returns=forms.number(0, what="a time in microseconds"),
    tolerance=1e-5,
)


@task.inputs
def _storage_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Thresholds that are met for part of T2, and one that is met for longer than T2."""
    cases = [
        (float(rng.uniform(80, 300)), float(share), float(rng.uniform(0.8, 0.9)))
        for share in (rng.uniform(60, 140), rng.uniform(40, 75), rng.uniform(100, 150))
    ]
    return [*cases, (float(rng.uniform(1800, 2400)), float(rng.uniform(60, 90)), float(rng.uniform(0.51, 0.53)))]


def _solved(fidelity_at: Any, t2_us: float, threshold: float) -> float:
    """Bisection for the time at which a falling fidelity reaches the threshold."""
    low, high = 0.0, 50 * t2_us
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if fidelity_at(middle) >= threshold else (low, middle)
    return low


@task.reference
def _storage(t1_us: float, t2_us: float, threshold: float) -> float:
    def fidelity_at(time: float) -> float:
        return float(stored_pair_fidelity(time, t1_us=t1_us, t2_us=t2_us))

    return _solved(fidelity_at, t2_us, threshold)


@task.misconception(
    HEADLINE_FIGURE,
    "You took the coherence time for the shelf life of the pair. T2 is when one qubit's coherence has fallen to 1/e; "
    "a pair is below most thresholds long before.",
)
def _t2_is_the_shelf_life(t1_us: float, t2_us: float, threshold: float) -> float:
    return t2_us


@task.misconception(
    NOISE_ARITHMETIC,
    "You let one half age. Both memories hold their half for the same time, and both decay.",
)
def _only_one_half_ages(t1_us: float, t2_us: float, threshold: float) -> float:
    """Only one of the two qubits ages."""

    def fidelity_at(time: float) -> float:
        return 0.25 + math.exp(-time / t1_us) / 4 + math.exp(-time / t2_us) / 2

    return _solved(fidelity_at, t2_us, threshold)


@task.misconception(
    NOISE_ARITHMETIC,
    "You let the fidelity itself decay to zero. It decays towards what remains when the pair's correlation is gone, "
    "which is not zero.",
)
def _fidelity_is_an_exponential(t1_us: float, t2_us: float, threshold: float) -> float:
    return -t2_us * math.log(threshold)


@task.misconception(
    NOISE_ARITHMETIC,
    "You kept the loss of phase and left out relaxation. T1 moves both halves towards 0, and that costs agreement as "
    "well.",
)
def _relaxation_left_out(t1_us: float, t2_us: float, threshold: float) -> float:
    return -t2_us / 2 * math.log(2 * threshold - 1)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You stored the pair for as long as it is entangled. The task that needs it has a threshold of its own, and that "
    "one is higher.",
)
def _entangled_until_the_end(t1_us: float, t2_us: float, threshold: float) -> float:
    return _storage_by_formula(t1_us, t2_us, 0.5 + (1 - threshold) * 0.1)


@task.alternative
def _storage_by_formula(t1_us: float, t2_us: float, threshold: float) -> float:
    def fidelity_at(time: float) -> float:
        gamma = 1 - math.exp(-time / t1_us)
        return (1 + gamma**2 + (1 - gamma) ** 2) / 4 + math.exp(-2 * time / t2_us) / 2

    return _solved(fidelity_at, t2_us, threshold)


@task.alternative
def _storage_on_a_grid(t1_us: float, t2_us: float, threshold: float) -> float:
    """Refine a grid around the crossing until it is finer than needed."""
    low, high = 0.0, 20 * t2_us
    for _ in range(12):
        times = np.linspace(low, high, 60)
        stays = np.exp(-times / t1_us)
        f = (1 + (1 - stays) ** 2 + stays**2) / 4 + np.exp(-2 * times / t2_us) / 2
        below = int(np.argmax(f < threshold))
        low, high = float(times[below - 1]), float(times[below])
    return (low + high) / 2


@task.alternative
def _storage_by_newton(t1_us: float, t2_us: float, threshold: float) -> float:
    time = 0.0
    for _ in range(60):
        stays, phase = math.exp(-time / t1_us), math.exp(-2 * time / t2_us)
        f = (1 + (1 - stays) ** 2 + stays**2) / 4 + phase / 2
        slope = ((1 - stays) - stays) * stays / (2 * t1_us) - phase / t2_us
        time -= (f - threshold) / slope
    return time


TASK = task.with_hints(
    "Find the fidelity of the stored pair as a function of time first; then look where it crosses the threshold.",
    "links.stored_pair_fidelity(time, t1_us=…, t2_us=…) is that function, with both halves in memory.",
    "It falls all the way, so halving an interval again and again finds the crossing: keep the half in which it "
    "passes the threshold.",
)
