"""Which protocols a machine can carry: each figure against the threshold of the physics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.keys.rates import bb84_rate, device_independent_werner_rate, largest_qber
from qlab.protocols.teleportation import superdense_capacity
from qlab.scorecard.conclusions.gates import Clearance
from qlab.scorecard.conclusions.summary import Summary
from qlab.scorecard.estimates import Estimate, mean, simultaneous
from qlab.scorecard.findings import BELL_STATES
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow
from qlab.states import werner_state

# The thresholds are rounded to the digits that records of this version hold.
DENSE_CODING_FIDELITY = round(1 - 1.5 * largest_qber(lambda q: superdense_capacity(werner_state(1 - 1.5 * q)) - 1), 6)
"""Werner fidelity at which superdense coding carries one bit a qubit (capacity 2 - S(ρ) = 1), 0.810710."""
BBM92_QBER = round(largest_qber(bb84_rate), 6)
"""Error rate at which the asymptotic key rate 1 - 2h(Q) vanishes (Shor, Preskill, PRL 85, 441, 2000), 0.110028."""
DEVICE_INDEPENDENT_S = round(float(TSIRELSON_BOUND) * (1 - 2 * largest_qber(device_independent_werner_rate)), 4)
"""S of a Werner pair at QBER 7.149 %: no device-independent key below (Acín et al., PRL 98, 230501, 2007), 2.4240."""
SURFACE_CODE_ERROR = 0.01
"""Two-qubit error below which larger surface codes begin to help; the threshold lies just under or around 1 %."""

PAIR = "Entangled pair"
BELL_TEST = "Bell test (CHSH)"

YES, PARTLY, NO, NOT_SHOWN, CANNOT_TELL = VERDICTS = ("yes", "partly", "no", "not shown", "cannot tell")


@dataclass(frozen=True)
class ProtocolRow:
    """A protocol and whether the machine can carry it.

    Attributes:
        protocol: its name.
        quantity: which figure decides.
        threshold: value that it must pass.
        below: whether it must lie below the threshold instead of above.
        mean: of the figure over all parts measured.
        passing: parts that surely pass, and pass the checks that stand before any yes.
        failing: parts that surely fail.
        measured: parts measured.
        verdict: ``"yes"`` where every part measured passes, ``"partly"`` where some do, ``"no"`` where the mean
            surely fails, ``"not shown"`` where that proves nothing or a check bars it, else ``"cannot tell"``.
        why: what bars a yes that the figures alone would give; else empty.
    """

    protocol: str
    quantity: str
    threshold: float
    below: bool
    mean: Estimate
    passing: int
    failing: int
    measured: int
    verdict: str
    why: str


@dataclass(frozen=True)
class _Rule:
    """How one protocol is judged.

    Attributes:
        name: of the protocol.
        quantity: which figure decides.
        threshold: value that it must pass.
        below: whether it must lie below.
        witness: whether a figure on the wrong side proves nothing absent.
    """

    name: str
    quantity: str
    threshold: float
    below: bool = False
    witness: bool = False

    def passes(self, figure: Estimate) -> bool:
        return figure.high < self.threshold if self.below else figure.low > self.threshold

    def fails(self, figure: Estimate) -> bool:
        return figure.low > self.threshold if self.below else figure.high < self.threshold

    def row(self, figures: Sequence[Estimate], cleared: Sequence[bool], barred: str) -> ProtocolRow:
        """The row of all parts' figures, each with whether its checks are passed."""
        family = [simultaneous(figure, len(figures)) for figure in figures]
        middle = mean(figures, bounds=(-4, 4) if self.quantity == "S" else (0, 1))
        alone = sum(map(self.passes, family))
        passing = sum(ok and self.passes(e) for e, ok in zip(family, cleared, strict=True)) if not barred else 0
        if passing:
            verdict = YES if passing == len(figures) else PARTLY
        elif alone or barred:
            verdict = NOT_SHOWN
        else:
            verdict = (NOT_SHOWN if self.witness else NO) if self.fails(middle) else CANNOT_TELL
        why = barred or (f"{alone - passing} parts fail a check" if alone > passing else "")
        failing = sum(map(self.fails, family))
        name, quantity, threshold, below = self.name, self.quantity, self.threshold, self.below
        return ProtocolRow(
            name, quantity, threshold, below, middle, passing, failing, len(figures), verdict, why
        )  # fmt: skip


def protocol_rows(measured: Measurements, summary: Summary, clearance: Clearance) -> tuple[ProtocolRow, ...]:
    """Every protocol for which the machine was measured."""
    rows, barred = measured.couplings, clearance.barred
    edges = [row.qubits in clearance.couplings for row in rows]
    fidelity, s = [row.fidelity for row in rows], [row.s for row in rows]
    table = [
        _Rule(PAIR, "Bell fidelity", 0.5, witness=True).row(fidelity, edges, barred),
        _Rule(BELL_TEST, "S", 2.0, witness=True).row(s, edges, barred),
        _Rule("Superdense coding beats one plain bit", "Bell fidelity", DENSE_CODING_FIDELITY).row(
            fidelity, edges, barred
        ),
    ]
    if paths := measured.teleportation.paths:
        cleared = [clearance.clears(measured, path.qubits) for path in paths]
        rule = _Rule("Teleportation beats every classical relay", "mean fidelity", 2 / 3)
        table.append(rule.row([path.fidelity for path in paths], cleared, barred))
    table += [
        _Rule("Entanglement-based key, trusted devices (BBM92)", "error rate", BBM92_QBER, below=True).row(
            [_qber(row) for row in rows], edges, barred
        ),
        _Rule("S that a device-independent key needs", "S", DEVICE_INDEPENDENT_S).row(s, edges, barred),
        _Rule("Purification (BBPSSW, DEJMPS)", "Bell fidelity", 0.5, witness=True).row(fidelity, edges, barred),
    ]
    if swaps := measured.swapping:
        cleared = [clearance.clears(measured, path.qubits) for path in swaps]
        rule = _Rule("Entanglement swapping", "Bell fidelity of the ends", 0.5, witness=True)
        table.append(rule.row([path.fidelity for path in swaps], cleared, barred))
    if summary.error_per_cnot is not None:
        rule = _Rule("CNOT error below 1 %, a surface code's first need", "error", SURFACE_CODE_ERROR, below=True)
        table.append(rule.row([summary.error_per_cnot], [clearance.depth], barred))
    for last in measured.ghz[-1:]:
        rule = _Rule(f"GHZ state of {last.qubits} qubits", "fidelity", 0.5, witness=True)
        table.append(rule.row([last.fidelity], [clearance.clears_ghz(measured, last)], barred))
    return tuple(table)


def _qber(row: CouplingRow) -> Estimate:
    """Mean error rate of the X and Z bases, from the correlators; interval from that of the fidelity."""
    xx, _, zz = BELL_STATES[row.bell_state]
    value = float(np.clip((2 - xx * row.correlators["XX"] - zz * row.correlators["ZZ"]) / 4, 0, 1))
    # Var(XX + ZZ)/16 is two thirds of Var(XX - YY + ZZ)/16 for like correlators.
    reach = max(row.fidelity.high - row.fidelity.value, row.fidelity.value - row.fidelity.low) * float(np.sqrt(2 / 3))
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), row.fidelity.shots)
