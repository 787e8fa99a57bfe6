"""What costs a pair its fidelity: readout, its gates, or a microsecond of waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.scorecard.conclusions.summary import Summary
from qlab.scorecard.estimates import Estimate, difference
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import IdleRow


@dataclass(frozen=True)
class LimitingCause:
    """A loss of pair fidelity, at a stated dose.

    Attributes:
        cause: ``"readout"``, ``"gates"`` or ``"coherence"``.
        loss: pair fidelity lost.
        evidence: from which figures that follows, and at which dose.
    """

    cause: str
    loss: Estimate
    evidence: str


def limiting_causes(measured: Measurements, summary: Summary) -> tuple[LimitingCause, ...]:
    """Losses of pair fidelity by cause, the largest first.

    Distance is no cause of its own: SWAPs are gates.
    """
    causes = [*_readout_and_gates(summary), *_coherence(measured.idle)]
    return tuple(sorted(causes, key=lambda cause: -cause.loss.value))


def leading(causes: Sequence[LimitingCause]) -> str:
    """The cause that surely costs most; both names where two cannot be told apart; empty where none surely costs."""
    sure = [cause for cause in causes if cause.loss.low > 0]
    if not sure:
        return ""
    first = sure[0]
    others = [c.cause for c in causes if c is not first and difference(first.loss, c.loss).low <= 0]
    return " or ".join([first.cause, *others])


def _readout_and_gates(summary: Summary) -> list[LimitingCause]:
    if summary.fidelity_corrected is None:
        return []
    raw, corrected = summary.fidelity.mean, summary.fidelity_corrected.mean
    hidden = difference(corrected, raw)
    lost = difference(Estimate(1.0, 1.0, 1.0, 0), corrected)
    return [
        LimitingCause("readout", hidden, "what misreading hides of a fresh pair"),
        LimitingCause("gates", lost, "what a fresh pair has lost with misreading taken out, one CNOT and its turns"),
    ]


def _coherence(waits: Sequence[IdleRow]) -> list[LimitingCause]:
    if len(waits) < 2:
        return []
    first, last = waits[0], waits[-1]
    near = min(waits[1:], key=lambda wait: abs(wait.time_us - 1.0))
    lost = difference(first.fidelity, near.fidelity)
    whole = difference(first.fidelity, last.fidelity)
    text = f"what a pair loses in {near.time_us:g} µs of waiting (in {last.time_us:g} µs: {whole.value:.3f})"
    return [LimitingCause("coherence", lost, text)]
