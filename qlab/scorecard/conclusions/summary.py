"""Medians, extremes and counts over the whole machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from qlab.scorecard.estimates import Estimate, median
from qlab.scorecard.json_form import OMITTED_IF_NONE
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow, DepthRow, GhzRow


@dataclass(frozen=True)
class Spread:
    """A figure over all couplings.

    Attributes:
        median: with an interval for shot noise.
        worst: the smallest.
        worst_coupling: where that is, by labels.
        best: the largest.
    """

    median: Estimate
    worst: Estimate
    worst_coupling: tuple[str, str]
    best: Estimate


@dataclass(frozen=True)
class Cliff:
    """Where GHZ fidelity passes 1/2.

    Attributes:
        kind: ``"measured"``, ``"extrapolated"``, ``"none in sight"`` or ``"unknown"``.
        qubits: the smallest size below 1/2; None for the last two kinds.
    """

    kind: str
    qubits: int | None


@dataclass(frozen=True)
class Summary:
    """The machine in a few figures.

    Attributes:
        couplings_measured: how many.
        fidelity: Bell fidelity.
        fidelity_corrected: with readout inverted; None where it cannot be on any coupling.
        s: CHSH value.
        s_corrected: with readout inverted; None where it cannot be on any coupling.
        violating: couplings with S surely above 2.
        not_violating: couplings with S found at or below 2.
        surely_not_violating: couplings with S surely below 2.
        e0: median probability that 0 is read as 1.
        e1: median probability that 1 is read as 0.
        ghz_largest: qubits of the largest GHZ state surely above 1/2; 0 for none.
        ghz_cliff: where GHZ fidelity passes 1/2.
        error_per_cnot: average infidelity of one CNOT; None where it cannot be told.
    """

    couplings_measured: int
    fidelity: Spread
    fidelity_corrected: Spread | None = field(metadata=OMITTED_IF_NONE)
    s: Spread
    s_corrected: Spread | None = field(metadata=OMITTED_IF_NONE)
    violating: int
    not_violating: int
    surely_not_violating: int
    e0: Estimate
    e1: Estimate
    ghz_largest: int
    ghz_cliff: Cliff
    error_per_cnot: Estimate | None


def summarise(measured: Measurements) -> Summary:
    """The summary of what was measured."""
    rows, readout = measured.couplings, measured.readout
    s = [row.s for row in rows]
    return Summary(
        couplings_measured=len(rows),
        fidelity=_spread([(row.fidelity, row) for row in rows], (0, 1)),
        fidelity_corrected=_corrected(rows, lambda row: row.fidelity_corrected, (0, 1)),
        s=_spread([(row.s, row) for row in rows], (-4, 4)),
        s_corrected=_corrected(rows, lambda row: row.s_corrected, (-np.inf, np.inf)),
        violating=sum(e.low > 2 for e in s),
        not_violating=sum(e.value <= 2 for e in s),
        surely_not_violating=sum(e.high < 2 for e in s),
        e0=median([row.e0 for row in readout], bounds=(0, 1)),
        e1=median([row.e1 for row in readout], bounds=(0, 1)),
        ghz_largest=max((row.qubits for row in measured.ghz if row.fidelity.low > 0.5), default=0),
        ghz_cliff=_cliff(measured.ghz),
        error_per_cnot=_error_per_cnot(measured.depth),
    )


def _spread(found: Sequence[tuple[Estimate, CouplingRow]], bounds: tuple[float, float]) -> Spread:
    figures = [figure for figure, _ in found]
    worst, where = min(found, key=lambda pair: pair[0].value)
    return Spread(median(figures, bounds=bounds), worst, where.labels, max(figures, key=lambda e: e.value))


def _corrected(
    rows: Sequence[CouplingRow], figure: Callable[[CouplingRow], Estimate | None], bounds: tuple[float, float]
) -> Spread | None:
    found = [(value, row) for row in rows if (value := figure(row)) is not None]
    return _spread(found, bounds) if found else None


def _cliff(rows: Sequence[GhzRow]) -> Cliff:
    """Where GHZ fidelity passes 1/2: seen, or extrapolated by a straight line through log F."""
    below = [row.qubits for row in rows if row.fidelity.high < 0.5]
    if below:
        return Cliff("measured", min(below))
    usable = [(row.qubits, row.fidelity.value) for row in rows if row.fidelity.value > 0.1]
    if len(usable) < 2:
        return Cliff("unknown", None)
    slope, start = np.polyfit([n for n, _ in usable], np.log([f for _, f in usable]), 1)
    if slope > -1e-5:
        return Cliff("none in sight", None)
    return Cliff("extrapolated", int(np.ceil((np.log(0.5) - start) / slope)))


def _error_per_cnot(depth: Sequence[DepthRow]) -> Estimate | None:
    """Average infidelity of one CNOT from the decay of F - 1/4 with depth, as for depolarizing noise."""
    rows = [row for row in depth if row.fidelity.low > 0.3]
    if len(rows) < 2:
        return None
    gates = np.array([row.cnots for row in rows], dtype=float)
    logs = np.log([row.fidelity.value - 0.25 for row in rows])
    errors = [row.fidelity.half_width / (row.fidelity.value - 0.25) for row in rows]
    weights = 1 / np.maximum(errors, 1e-6) ** 2
    mean = np.average(gates, weights=weights)
    spread = float(np.sum(weights * (gates - mean) ** 2))
    slope = float(np.sum(weights * (gates - mean) * logs) / spread)
    # F - 1/4 shrinks by 1 - λ a gate, and r = 3λ/4.
    value, reach = -0.75 * np.expm1(slope), 0.75 * np.exp(slope) / np.sqrt(spread)
    value = float(np.clip(value, 0, 1))
    shots = sum(row.fidelity.shots for row in rows)
    return Estimate(value, max(0.0, value - float(reach)), value + float(reach), shots)
