"""What a card measures, and with how many shots: enough for the error bars asked for, or it says that they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from qlab import _validate
from qlab.scorecard.estimates import Z
from qlab.scorecard.json_form import OMITTED_IF_NONE


@dataclass(frozen=True)
class Settings:
    """What a card measures, apart from the shots.

    Attributes:
        couplings: how many couplings to test, by default all; a sample is spread evenly over the machine.
        ghz_sizes: sizes of GHZ states, ascending; measured until one falls below 1/2.
        idle_us: waiting times of the idle test in µs, the first one 0.
        depths: layers of CNOTs of the depth test, one way and back, the first one 0.
        distances: couplings between the ends of the routed pairs.
        paths: at most so many disjoint paths for teleportation, swapping and routing.
        seed: of the random turns of the depth test.
        targets: half widths asked for, where they differ from the defaults of the plan.
    """

    couplings: int | None = None
    ghz_sizes: tuple[int, ...] = (2, 3, 4, 6, 8, 10)
    idle_us: tuple[float, ...] = (0.0, 1.0, 5.0, 20.0)
    depths: tuple[int, ...] = (0, 2, 5, 10)
    distances: tuple[int, ...] = (1, 2, 3, 5)
    paths: int = 6
    seed: int = 2016
    targets: Mapping[str, float] | None = field(default=None, metadata=OMITTED_IF_NONE)


QUICK = Settings(couplings=12, ghz_sizes=(2, 4, 6), idle_us=(0.0, 5.0), depths=(0, 5), distances=(1, 3), paths=2)
"""A small card for a first look."""

DEFAULT_TARGETS = {
    "identity": 0.2,
    "readout": 0.02,
    "bell": 0.02,
    "chsh": 0.1,
    "ghz": 0.05,
    "teleportation": 0.03,
    "dense_coding": 0.03,
    "swapping": 0.03,
    "idle": 0.03,
    "depth": 0.03,
    "distance": 0.03,
}
"""Half width of the 95 % interval asked of each experiment's figure for one part of the machine."""

VARIANCES = {
    "identity": 1 / 4,
    "readout": 1 / 4,
    "bell": 3 / 16,
    "chsh": 4.0,
    "ghz": 1 / 16 + 1 / 8,
    "teleportation": 1 / 24,
    "dense_coding": 1 / 16,
    "swapping": 3 / 16,
    "idle": 3 / 16,
    "depth": 0.64 / 3,
    "distance": 3 / 16,
}
"""Largest possible variance of the figure, times the shots of one circuit.

A proportion has at most 1/4, a correlator 1; F = (1 + XX - YY + ZZ)/4 has 3/16, S four correlators, GHZ fidelity
half a proportion and half the mean of at least two parities, teleportation the mean of six proportions, dense
coding that of four, polarisation the mean of at least three figures that each lie within 8/5 of one another.
"""

MIN_SHOTS = 20

RESERVE = 0.03
"""Share of the budget that is kept for circuits that must be asked again."""


@dataclass(frozen=True)
class Plan:
    """Shots of one circuit of each experiment.

    Attributes:
        budget: shots given for the whole card.
        circuits: number of circuits of each experiment.
        shots: shots of one circuit of each experiment.
        half_widths: half width that these shots guarantee in the worst case.
        targets: half width asked for.
        needed: smallest budget that guarantees all targets.
    """

    budget: int
    circuits: Mapping[str, int]
    shots: Mapping[str, int]
    half_widths: Mapping[str, float]
    targets: Mapping[str, float]
    needed: int

    @property
    def met(self) -> bool:
        """Whether every target is guaranteed."""
        return all(self.half_widths[name] <= self.targets[name] * (1 + 1e-9) for name in self.circuits)

    @property
    def total(self) -> int:
        """Shots that the card uses."""
        return sum(self.circuits[name] * self.shots[name] for name in self.circuits)

    def sentence(self) -> str:
        """What a reader of the report should know about the error bars."""
        if self.met:
            return f"The {self.budget:,} shots guarantee every error bar asked for ({self.needed:,} would do)."
        missed = [f"{n} ±{self.half_widths[n]:.2g} instead of ±{self.targets[n]:.2g}" for n in self.circuits
                  if self.half_widths[n] > self.targets[n] * (1 + 1e-9)]  # fmt: skip
        return (
            f"The {self.budget:,} shots cannot guarantee the error bars asked for, which need {self.needed:,}: "
            f"{'; '.join(missed)}."
        )


def shots_for(name: str, half_width: float) -> int:
    """Shots of one circuit that keep a figure's half width below a target whatever the device does."""
    _validate.one_of("experiment", name, VARIANCES)
    w = _validate.positive(f"target of {name}", half_width)
    return max(MIN_SHOTS, ceil(Z**2 * VARIANCES[name] / w**2))


def plan_shots(
    circuits: Mapping[str, int], budget: int, targets: Mapping[str, float] | None = None, *, reserve: float = 0.0
) -> Plan:
    """Divide a budget so that all error bars shrink or grow together.

    Args:
        circuits: number of circuits of each experiment.
        budget: shots for everything together.
        targets: half widths asked for, where they differ from `DEFAULT_TARGETS`.
        reserve: share of the budget, in [0, 1], that is kept back as far as the smallest number of shots allows.

    Raises:
        ValueError: where the budget does not even give 20 shots a circuit.

    >>> plan_shots({"chsh": 4, "bell": 3}, 20_000).met
    True
    """
    wanted = {name: (targets or {}).get(name, DEFAULT_TARGETS[name]) for name in circuits}
    for name in targets or {}:
        _validate.one_of("experiment in targets", name, DEFAULT_TARGETS)
    total = sum(circuits.values())
    given = _validate.integer("budget", budget, 1)
    if given < MIN_SHOTS * total:
        raise _validate.fail("budget", f"must be at least {MIN_SHOTS * total} shots for {total} circuits", budget)
    need = {name: shots_for(name, wanted[name]) for name in circuits}
    needed = ceil(sum(circuits[name] * need[name] for name in circuits) / (1 - reserve))
    shots = _scaled(circuits, need, max(MIN_SHOTS * total, int(given * (1 - reserve))))
    widths = {name: float(Z * np.sqrt(VARIANCES[name] / shots[name])) for name in circuits}
    return Plan(given, dict(circuits), shots, widths, wanted, needed)


def _scaled(circuits: Mapping[str, int], need: Mapping[str, int], budget: int) -> dict[str, int]:
    """Needs times one factor, none below the minimum, together within the budget."""
    floor: set[str] = set()
    while True:
        free = [name for name in circuits if name not in floor]
        left = budget - MIN_SHOTS * sum(circuits[name] for name in floor)
        factor = left / max(1, sum(circuits[name] * need[name] for name in free))
        small = {name for name in free if need[name] * factor < MIN_SHOTS}
        if not small:
            return {name: MIN_SHOTS if name in floor else int(need[name] * factor) for name in circuits}
        floor |= small
