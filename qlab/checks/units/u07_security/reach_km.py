"""Task 07.reach_km: how far a decoy-state link reaches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, HEADLINE_FIGURE, NOISE_ARITHMETIC, PLAN_LINKS, QUANTUM_MEANS_SECURE
from qlab.checks._task import Arguments
from qlab.keys.decoy import PulsedLink, rate_with_endless_decoys
from qlab.measures import binary_entropy

task = Declaration(
    id="07.reach_km",
    points=4,
    title="How far a decoy-state link reaches",
    outcome=PLAN_LINKS,
    returns=forms.number(0, what="a distance in kilometres"),
    tolerance=1e-5,
)


@task.inputs
def _reach_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(0.16, 0.24)), float(10 ** rng.uniform(-6.8, -5.5)), float(rng.uniform(0.01, 0.035)))
        for _ in range(3)
    ]


BRIGHTNESS = 0.48
"""Mean photons a pulse of the signal, fixed for the task."""

_RECEIVER = {"detector_efficiency": 0.1, "inefficiency": 1.16}


def _last_positive(rate: Any) -> float:
    low, high = 0.0, 800.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > 0 else (low, middle)
    return low


@task.reference
def _reach(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        link = PulsedLink(
            distance_km,
            attenuation_db_per_km,
            dark_count_probability=dark_chance,
            misalignment=misalignment,
            **_RECEIVER,
        )
        return float(rate_with_endless_decoys(link, BRIGHTNESS))

    return _last_positive(rate)


@task.misconception(
    NOISE_ARITHMETIC,
    "You let the link go on with next to no dark counts. Loss alone only thins the key; it ends where clicks without "
    "a photon drown those with one.",
)
def _only_loss_matters(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km, dark_chance / 100, misalignment)


def _decoy_rate(eta: float, dark: float, misaligned: float, single_only: bool = True) -> float:
    """Rate a pulse at transmittance eta; the single-photon part, or all of the signal, is taken as safe."""
    lost, one_lost = math.exp(-eta * BRIGHTNESS), 1 - eta
    gain = 1 - (1 - dark) * lost
    wrong = (misaligned * (1 - lost) + 0.5 * dark * lost) / gain
    single_yield = 1 - (1 - dark) * one_lost
    single_wrong = (misaligned * eta + 0.5 * dark * one_lost) / single_yield
    safe = BRIGHTNESS * math.exp(-BRIGHTNESS) * single_yield if single_only else gain
    share = 1 - binary_entropy(single_wrong if single_only else wrong)
    return 0.5 * (safe * share - gain * 1.16 * binary_entropy(wrong))


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You counted every detected pulse as safe. Pulses with two photons give one of them away unnoticed; only the "
    "single-photon part may be turned into key.",
)
def _every_pulse_is_single(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        eta = 0.1 * 10 ** (-attenuation_db_per_km * distance_km / 10)
        return _decoy_rate(eta, dark_chance, misalignment, single_only=False)

    return _last_positive(rate)


@task.misconception(
    CONVENTION,
    "You read decibels as natural exponents. Ten decibels are a factor of ten, not of e to the ten.",
)
def _decibels_as_e_folds(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km * math.log10(math.e) * 10, dark_chance, misalignment)


@task.misconception(
    HEADLINE_FIGURE,
    "You left out the misalignment. Photons that arrive at the wrong detector cost error correction at every "
    "distance, and reach as well.",
)
def _alignment_for_free(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(attenuation_db_per_km, dark_chance, 0.0)


@task.misconception(
    NOISE_ARITHMETIC,
    "You let the photons travel the fibre twice. They go one way; the talk that follows is classical.",
)
def _there_and_back(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    return _reach_by_formula(2 * attenuation_db_per_km, dark_chance, misalignment)


@task.alternative
def _reach_by_formula(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    def rate(distance_km: float) -> float:
        return _decoy_rate(0.1 * 10 ** (-attenuation_db_per_km * distance_km / 10), dark_chance, misalignment)

    return _last_positive(rate)


@task.alternative
def _reach_in_decibels(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    """The loss that can be borne does not depend on the fibre; find it, then divide."""
    low, high = 0.0, 200.0
    for _ in range(80):
        loss = (low + high) / 2
        alive = _decoy_rate(10 ** (-(10 + loss) / 10), dark_chance, misalignment) > 0
        low, high = (loss, high) if alive else (low, loss)
    return low / attenuation_db_per_km


@task.alternative
def _reach_by_steps(attenuation_db_per_km: float, dark_chance: float, misalignment: float) -> float:
    distance, step = 0.0, 64.0
    while step > 1e-9:
        eta = 0.1 * math.exp(-math.log(10) * attenuation_db_per_km * (distance + step) / 10)
        if _decoy_rate(eta, dark_chance, misalignment) > 0:
            distance += step
        else:
            step /= 2
    return distance


TASK = task.with_hints(
    "Write the rate as a function of distance first; the reach is where it becomes zero.",
    "decoy.PulsedLink describes the link and decoy.rate_with_endless_decoys its rate at a mean photon number.",
    "The rate falls all the way. Halve an interval of distances again and again, and keep the half with the change of "
    "sign.",
)
