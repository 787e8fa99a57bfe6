"""What costs pair fidelity: readout, gates, waiting or distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.scorecard.estimates import Estimate, difference, median
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow, DistanceRow, IdleRow


@dataclass(frozen=True)
class LimitingCause:
    """A loss of pair fidelity.

    Attributes:
        cause: ``"readout"``, ``"gates"``, ``"coherence"`` or ``"topology"``.
        loss: pair fidelity lost.
        evidence: from which figures that follows.
    """

    cause: str
    loss: Estimate
    evidence: str


def limiting_causes(measured: Measurements) -> tuple[LimitingCause, ...]:
    """Losses of pair fidelity by cause, the largest first."""
    causes = [
        *_readout_and_gates(measured.couplings),
        *_coherence(measured.idle),
        *_topology(measured.distance, measured.device.mean_distance),
    ]
    return tuple(sorted(causes, key=lambda cause: -cause.loss.value))


def _readout_and_gates(rows: Sequence[CouplingRow]) -> list[LimitingCause]:
    both = [(row.fidelity, row.fidelity_corrected) for row in rows if row.fidelity_corrected is not None]
    if not both:
        return []
    raw, corrected = median([r for r, _ in both]), median([c for _, c in both])
    hidden = difference(corrected, raw)
    lost = difference(Estimate(1.0, 1.0, 1.0, 0), corrected)
    return [
        LimitingCause("readout", hidden, "median fidelity of a pair that misreading hides"),
        LimitingCause("gates", lost, "median infidelity of a fresh pair with misreading taken out"),
    ]


def _coherence(waits: Sequence[IdleRow]) -> list[LimitingCause]:
    if len(waits) < 2:
        return []
    first, last = waits[0], waits[-1]
    near = min(waits[1:], key=lambda wait: abs(wait.time_us - 1.0))
    lost = difference(first.fidelity, near.fidelity)
    whole = difference(first.fidelity, last.fidelity)
    text = f"fidelity lost by waiting {near.time_us:g} µs (by {last.time_us:g} µs: {whole.value:.3f})"
    return [LimitingCause("coherence", lost, text)]


def _topology(routed: Sequence[DistanceRow], mean: float) -> list[LimitingCause]:
    if len(routed) < 2:
        return []
    first, near = routed[0], min(routed, key=lambda row: abs(row.distance - mean))
    if near is first:
        return []
    lost = difference(first.fidelity, near.fidelity)
    text = f"fidelity lost by {near.swaps} SWAPs, to distance {near.distance} (mean distance {mean:.1f})"
    return [LimitingCause("topology", lost, text)]
