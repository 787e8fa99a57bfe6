"""Means, extremes and counts over the whole machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from qlab.scorecard.conclusions.gates import Clearance
from qlab.scorecard.estimates import Estimate, Z, mean, simultaneous, spread_z, standard_error
from qlab.scorecard.json_form import OMITTED_IF_NONE
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow, DepthRow, GhzRow, ReadoutRow

SPREAD_Z = 3.0
"""Couplings that differ by more standard errors than this are said to differ."""


@dataclass(frozen=True)
class Spread:
    """A figure over all couplings.

    Attributes:
        mean: with an interval for shot noise.
        worst: the smallest; its interval holds for all couplings at once, since the worst was picked among them.
        worst_coupling: where that is, by labels.
        best: the largest, likewise.
        spread_z: by how many standard errors the couplings differ more than shot noise makes them.
    """

    mean: Estimate
    worst: Estimate
    worst_coupling: tuple[str, str]
    best: Estimate
    spread_z: float

    @property
    def real(self) -> bool:
        """Whether the couplings surely differ from each other."""
        return self.spread_z > SPREAD_Z


@dataclass(frozen=True)
class Cliff:
    """Where GHZ fidelity passes 1/2.

    Attributes:
        kind: ``"measured"``, ``"extrapolated"``, ``"beyond the machine"``, ``"none in sight"`` or ``"unknown"``.
        qubits: the smallest size below 1/2; None for the last three kinds.
        low: smallest size that the error bars allow; None but for an extrapolation.
        high: largest, the machine's size at most; None but for an extrapolation.
    """

    kind: str
    qubits: int | None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Summary:
    """The machine in a few figures.

    Attributes:
        couplings_measured: how many.
        fidelity: Bell fidelity.
        fidelity_corrected: with misreading inverted; None where it cannot be, or where that leaves what states allow.
        s: CHSH value.
        s_corrected: with misreading inverted; None likewise.
        violating: couplings with S surely above 2, all at once.
        surely_not_violating: couplings with S surely below 2, all at once.
        e0: mean probability that 0 is read as 1.
        e1: mean probability that 1 is read as 0.
        ghz_largest: qubits of the largest GHZ state surely above 1/2 that passes the checks; 0 for none.
        ghz_cliff: where GHZ fidelity passes 1/2.
        error_per_cnot: average infidelity of one CNOT with two turns; None where it cannot be told.
        cnot_fit_z: by how many standard errors the decay differs from one error a CNOT.
    """

    couplings_measured: int
    fidelity: Spread
    fidelity_corrected: Spread | None = field(metadata=OMITTED_IF_NONE)
    s: Spread
    s_corrected: Spread | None = field(metadata=OMITTED_IF_NONE)
    violating: int
    surely_not_violating: int
    e0: Estimate
    e1: Estimate
    ghz_largest: int
    ghz_cliff: Cliff
    error_per_cnot: Estimate | None
    cnot_fit_z: float


def summarise(measured: Measurements, clearance: Clearance) -> Summary:
    """The summary of what was measured."""
    rows, readout = measured.couplings, measured.readout
    s = [simultaneous(row.s, len(rows)) for row in rows]
    sure = [row.qubits for row in measured.ghz if row.fidelity.low > 0.5 and clearance.clears_ghz(measured, row)]
    error, fit = _error_per_cnot(measured.depth)
    corrected = clearance.inverted
    return Summary(
        couplings_measured=len(rows),
        fidelity=_spread([(row.fidelity, row) for row in rows], (0, 1)),
        fidelity_corrected=_corrected(rows, readout, lambda row: row.fidelity_corrected, 0.25) if corrected else None,
        s=_spread([(row.s, row) for row in rows], (-4, 4)),
        s_corrected=_corrected(rows, readout, lambda row: row.s_corrected, 0.0) if corrected else None,
        violating=sum(e.low > 2 and row.qubits in clearance.couplings for e, row in zip(s, rows, strict=True)),
        surely_not_violating=sum(e.high < 2 for e in s),
        e0=mean([row.e0 for row in readout], bounds=(0, 1)),
        e1=mean([row.e1 for row in readout], bounds=(0, 1)),
        ghz_largest=max(sure, default=0) if not clearance.barred else 0,
        ghz_cliff=_cliff(measured.ghz, measured.device.qubits),
        error_per_cnot=error,
        cnot_fit_z=fit,
    )


def _spread(found: Sequence[tuple[Estimate, CouplingRow]], bounds: tuple[float, float], shared: float = 0.0) -> Spread:
    figures = [figure for figure, _ in found]
    worst, where = min(found, key=lambda pair: pair[0].value)
    best = max(figures, key=lambda e: e.value)
    lowest, highest = (simultaneous(e, len(figures), bounds=bounds) for e in (worst, best))
    return Spread(mean(figures, bounds=bounds, shared=shared), lowest, where.labels, highest, spread_z(figures))


def _corrected(
    rows: Sequence[CouplingRow],
    readout: Sequence[ReadoutRow],
    figure: Callable[[CouplingRow], Estimate | None],
    centre: float,
) -> Spread | None:
    found = [(value, row) for row in rows if (value := figure(row)) is not None]
    if not found:
        return None
    free = (-np.inf, np.inf)
    return _spread(found, free, shared=_shared_variance(found, readout, centre))


def _shared_variance(
    found: Sequence[tuple[Estimate, CouplingRow]], readout: Sequence[ReadoutRow], centre: float
) -> float:
    """Variance of the mean that couplings have in common, because a qubit's calibration serves all its couplings.

    A figure is centre + x with x inversely proportional to κ = 1 - e0 - e1 of both qubits. What the single
    intervals hold of this already is counted again, which makes the interval a little too long.
    """
    by_qubit: dict[int, float] = {}
    for figure, row in found:
        for q in row.qubits:
            by_qubit[q] = by_qubit.get(q, 0.0) + figure.value - centre
    variance = 0.0
    for calibrated in readout:
        kept = max(1 - calibrated.e0.value - calibrated.e1.value, 0.1)
        own = (standard_error(calibrated.e0) ** 2 + standard_error(calibrated.e1) ** 2) / kept**2
        variance += (by_qubit.get(calibrated.qubit, 0.0) / len(found)) ** 2 * own
    return variance


def _line(sizes: np.ndarray, values: np.ndarray) -> float:
    """Size at which a straight line through log F reaches 1/2; infinite where it does not fall."""
    slope, start = np.polyfit(sizes, np.log(values), 1)
    return float((np.log(0.5) - start) / slope) if slope < -1e-5 else float("inf")


def _cliff(rows: Sequence[GhzRow], qubits: int) -> Cliff:
    """Where GHZ fidelity passes 1/2: seen, or extrapolated by a straight line through log F, errors included."""
    below = [row.qubits for row in rows if row.fidelity.high < 0.5]
    if below:
        return Cliff("measured", min(below))
    usable = [row for row in rows if row.fidelity.value > 0.1]
    if len(usable) < 2:
        return Cliff("unknown", None)
    sizes = np.array([row.qubits for row in usable], dtype=float)
    values = np.array([row.fidelity.value for row in usable])
    errors = np.array([standard_error(row.fidelity) for row in usable])
    noise = np.random.default_rng(20).standard_normal((400, len(usable)))
    drawn = np.clip(values + errors * noise, 0.05, 1)
    ends = np.nan_to_num(np.array([_line(sizes, own) for own in drawn]), posinf=qubits + 1.0)
    low, high = (int(np.ceil(x)) for x in np.quantile(np.clip(ends, 2, qubits + 1), (0.025, 0.975)))
    at = _line(sizes, values)
    if low > qubits or not np.isfinite(at):
        return Cliff("beyond the machine" if low > qubits else "none in sight", None)
    where = int(np.ceil(min(at, qubits)))
    return Cliff("extrapolated", where, min(low, where), max(min(high, qubits), where))


def _error_per_cnot(depth: Sequence[DepthRow]) -> tuple[Estimate | None, float]:
    """Average infidelity of one CNOT from the decay of the polarisation, and how ill one exponential fits.

    The polarisation shrinks by 1 - λ a CNOT, and r = 3λ/4.
    """
    rows = [row for row in depth if row.polarisation.low > 0.05]
    if len(rows) < 2:
        return None, 0.0
    gates = np.array([row.cnots for row in rows], dtype=float)
    logs = np.log([row.polarisation.value for row in rows])
    errors = np.array([standard_error(row.polarisation) / row.polarisation.value for row in rows])
    weights = 1 / np.maximum(errors, 1e-6) ** 2
    middle = np.average(gates, weights=weights)
    spread = float(np.sum(weights * (gates - middle) ** 2))
    slope = float(np.sum(weights * (gates - middle) * logs) / spread)
    residual = logs - np.average(logs, weights=weights) - slope * (gates - middle)
    freedom = len(rows) - 2
    fit = float((np.sum(weights * residual**2) - freedom) / np.sqrt(2 * freedom)) if freedom else 0.0
    value, reach = -0.75 * np.expm1(slope), 0.75 * Z * np.exp(slope) / np.sqrt(spread)
    value = float(np.clip(value, 0, 1)) + 0.0
    shots = sum(row.polarisation.shots for row in rows)
    return Estimate(value, max(0.0, value - float(reach)), value + float(reach), shots), fit
