"""Which protocols a machine can carry: each figure against the threshold of the physics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.keys.rates import bb84_rate, device_independent_werner_rate, largest_qber
from qlab.protocols.teleportation import superdense_capacity
from qlab.scorecard.conclusions.summary import Summary
from qlab.scorecard.estimates import Estimate, median
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


@dataclass(frozen=True)
class ProtocolRow:
    """A protocol and whether the machine can carry it.

    Attributes:
        protocol: its name.
        quantity: which figure decides.
        threshold: value that it must pass.
        below: whether it must lie below the threshold instead of above.
        median: of the figure over all parts measured.
        passing: parts that surely pass.
        failing: parts that surely fail.
        measured: parts measured.
        verdict: of the median: ``"yes"``, ``"no"`` or ``"cannot tell"``.
    """

    protocol: str
    quantity: str
    threshold: float
    below: bool
    median: Estimate
    passing: int
    failing: int
    measured: int
    verdict: str


def protocol_rows(measured: Measurements, summary: Summary) -> tuple[ProtocolRow, ...]:
    """Every protocol for which the machine was measured."""
    rows = measured.couplings
    fidelity, s = [row.fidelity for row in rows], [row.s for row in rows]
    qber = [_qber(row) for row in rows]
    table = [
        _row(PAIR, "Bell fidelity", 0.5, fidelity),
        _row(BELL_TEST, "S", 2.0, s),
        _row("Superdense coding beats one plain bit", "Bell fidelity", DENSE_CODING_FIDELITY, fidelity),
    ]
    if paths := measured.teleportation.paths:
        figures = [path.fidelity for path in paths]
        table.append(_row("Teleportation beats every classical relay", "mean fidelity", 2 / 3, figures))
    table += [
        _row("Entanglement-based key, trusted devices (BBM92)", "error rate", BBM92_QBER, qber, below=True),
        _row("Key from untrusted devices", "S", DEVICE_INDEPENDENT_S, s),
        _row("Purification (BBPSSW, DEJMPS)", "Bell fidelity", 0.5, fidelity),
    ]
    if swaps := [path.fidelity for path in measured.swapping]:
        table.append(_row("Entanglement swapping", "Bell fidelity of the ends", 0.5, swaps))
    if summary.error_per_cnot is not None:
        figures, name = [summary.error_per_cnot], "Surface code begins to help"
        table.append(_row(name, "error of one CNOT", SURFACE_CODE_ERROR, figures, below=True))
    for last in measured.ghz[-1:]:
        table.append(_row(f"GHZ state of {last.qubits} qubits", "fidelity", 0.5, [last.fidelity]))
    return tuple(table)


def _qber(row: CouplingRow) -> Estimate:
    """Mean error rate of the X and Z bases, from the correlators; interval from that of the fidelity."""
    value = float(np.clip((2 - row.correlators["XX"] - row.correlators["ZZ"]) / 4, 0, 1))
    # Var(XX + ZZ)/16 is two thirds of Var(XX - YY + ZZ)/16 for like correlators.
    reach = row.fidelity.half_width * float(np.sqrt(2 / 3))
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), row.fidelity.shots)


def _row(
    name: str, quantity: str, threshold: float, figures: Sequence[Estimate], *, below: bool = False
) -> ProtocolRow:
    middle = median(figures, bounds=(-4, 4) if quantity == "S" else (0, 1))

    def passes(e: Estimate) -> bool:
        return e.high < threshold if below else e.low > threshold

    def fails(e: Estimate) -> bool:
        return e.low > threshold if below else e.high < threshold

    verdict = "yes" if passes(middle) else "no" if fails(middle) else "cannot tell"
    passing, failing = sum(map(passes, figures)), sum(map(fails, figures))
    return ProtocolRow(name, quantity, threshold, below, middle, passing, failing, len(figures), verdict)
