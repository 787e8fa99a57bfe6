"""Task 06.link_choice: direct fibre or a repeater."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import FREE_WIRING, HEADLINE_FIGURE, NOISE_ARITHMETIC, PLAN_LINKS
from qlab.checks._task import Arguments
from qlab.networks.links import FibreLink, fibre_transmissivity, mean_rounds_two_links

task = Declaration(
    id="06.link_choice",
    points=4,
    title="Direct fibre or a repeater",
    outcome=PLAN_LINKS,
    returns=forms.record(
        direct_hz=forms.number(0), repeater_hz=forms.number(0), better=forms.choice("direct", "repeater")
    ),
)


@task.inputs
def _choice_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(60, 150)), 1e6, float(rng.uniform(0.4, 0.6))),
        (float(rng.uniform(380, 500)), 1e6, float(rng.uniform(0.4, 0.6))),
        (float(rng.uniform(250, 320)), 1e7, 1.0),
        *(_nearly_equal(float(rng.uniform(200, 300)), side * float(rng.uniform(0.02, 0.045))) for side in (1, -1)),
    ]


def _nearly_equal(distance_km: float, lead: float) -> Arguments:
    """A source whose direct rate leads that of the repeater by a small share, or lags behind it."""
    repeater_hz = _choice(distance_km, 1.0, 0.5)["repeater_hz"]
    return distance_km, float(f"{(1 + lead) * repeater_hz / fibre_transmissivity(distance_km):.4g}"), 0.5


def _chosen(direct: float, repeater: float) -> dict[str, Any]:
    return {
        "direct_hz": float(direct),
        "repeater_hz": float(repeater),
        "better": "direct" if direct >= repeater else "repeater",
    }


@task.reference
def _choice(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    rounds = mean_rounds_two_links(half.herald_probability) / swap_success
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), 1e6 / (rounds * half.attempt_period_us))


@task.misconception(
    NOISE_ARITHMETIC,
    "You let both links be ready after the time of one. The pair end to end waits for the later of the two, which "
    "takes about half as long again.",
)
def _links_finish_together(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = 1e6 * half.herald_probability * swap_success / half.attempt_period_us
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


@task.misconception(
    NOISE_ARITHMETIC,
    "You asked both links to succeed in the same attempt. That is a relay without memories; the memory is there to "
    "let the first one wait.",
)
def _both_in_one_attempt(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = 1e6 * half.herald_probability**2 * swap_success / half.attempt_period_us
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


@task.misconception(
    FREE_WIRING,
    "You let the repeater try at the rate of the source. An attempt is known to have failed only when word is back, "
    "and until then its memory is occupied.",
)
def _heralding_takes_no_time(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    half = FibreLink(distance_km / 2)
    repeater = source_rate_hz * swap_success / mean_rounds_two_links(half.herald_probability)
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km), repeater)


@task.misconception(
    NOISE_ARITHMETIC,
    "You halved the photons for twice the fibre. Loss is exponential: twice the length squares what gets through.",
)
def _loss_in_proportion(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    given = _choice(distance_km, source_rate_hz, swap_success)
    return _chosen(source_rate_hz * fibre_transmissivity(distance_km / 2) / 2, given["repeater_hz"])


@task.misconception(
    HEADLINE_FIGURE,
    "You used a fixed chance for the swap. The one given here decides the rate, and each failure throws away both "
    "links.",
)
def _swap_left_out(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    given = _choice(distance_km, source_rate_hz, 0.75)
    return _chosen(given["direct_hz"], given["repeater_hz"])


US_PER_KM = 1.468 / 299_792.458 * 1e6
"""Light in fibre, microseconds a kilometre, at a refractive index of 1.468."""


@task.alternative
def _choice_by_formula(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    p = 0.5 * 10 ** (-0.2 * distance_km / 2 / 10)
    rounds = (3 - 2 * p) / (p * (2 - p)) / swap_success
    period_s = distance_km / 2 * US_PER_KM * 1e-6
    return _chosen(source_rate_hz * 10 ** (-0.02 * distance_km), 1 / (rounds * period_s))


@task.alternative
def _choice_by_series(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    """Mean of the later of two links: each alone takes 1/p, the earlier of both 1/(1-(1-p)²)."""
    p = math.exp(-distance_km / 2 / (10 / math.log(10) / 0.2)) / 2
    rounds = 2 / p - 1 / (1 - (1 - p) ** 2)
    direct = source_rate_hz * math.exp(-distance_km * 0.2 * math.log(10) / 10)
    return _chosen(direct, swap_success / rounds / (distance_km / 2 * US_PER_KM) * 1e6)


@task.alternative
def _choice_step_by_step(distance_km: float, source_rate_hz: float, swap_success: float) -> dict[str, Any]:
    eta = 10 ** (-distance_km * 0.2 / 10)
    p = math.sqrt(eta) / 2
    both_per_round = p * p
    first, then = 1 / (1 - (1 - p) ** 2), 1 / p
    rounds = first + (1 - both_per_round * first) * then
    seconds = rounds * (distance_km / 2) * 1.468 / 299792.458
    return _chosen(source_rate_hz * eta, swap_success / seconds)


TASK = task.with_hints(
    "Direct: the source's rate times 10^(-0.02·L). Repeater: two links of L/2, heralded, then one swap.",
    "A link succeeds with p = ½·10^(-0.02·L/2) each attempt, and an attempt lasts as long as light takes through L/2. "
    "links.FibreLink gives both.",
    "Both links take (3 - 2p)/(p(2 - p)) attempts on average; a swap that succeeds with chance a makes that 1/a times "
    "as many.",
)
