"""What a machine must pass before any yes: no box that holds nothing may get one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qlab.bell.chsh import TSIRELSON_BOUND
from qlab.scorecard.estimates import Estimate, difference, simultaneous
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.paths import Edge
from qlab.scorecard.rows import CouplingRow, DepthRow, GhzRow

RISK = 1e-3
"""Chance that one check fails an honest machine anywhere; divided among all its couplings."""

DEAF = 0.2
"""A qubit whose 1 - e0 - e1 is no larger cannot be told what it holds."""

BLIND_Z = -4.0
"""Repeats that agree better than this, in standard errors, are no fresh samples."""

AGREEMENT = 0.15
"""S may differ by so much from what the correlators ask for: turns have errors of their own."""

SIGNALLING = 0.03
"""Answers may shift by so much with the far setting: crosstalk."""

SWING = 0.25
"""A parity of a GHZ state may differ by so much from the mean swing."""


@dataclass(frozen=True)
class Gate:
    """A check that stands before the verdicts.

    Attributes:
        name: what is checked.
        passed: whether nothing was found against it.
        text: what was found.
        qubits: that fail.
        couplings: that fail.
    """

    name: str
    passed: bool
    text: str
    qubits: tuple[int, ...] = ()
    couplings: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Clearance:
    """What the checks leave standing.

    Attributes:
        gates: all of them.
        couplings: those on which a figure may count for a yes.
        barred: why the machine as a whole gets no yes; empty where nothing bars it.
        depth: whether the error of a CNOT may count.
        inverted: whether figures with misreading inverted may be shown.
    """

    gates: tuple[Gate, ...]
    couplings: frozenset[Edge]
    barred: str
    depth: bool
    inverted: bool

    def clears(self, measured: Measurements, qubits: Sequence[int]) -> bool:
        """Whether a figure of these qubits may count: none fails, and no coupling among them that was measured."""
        failing = {q for gate in self.gates for q in gate.qubits}
        inside = [row.qubits for row in measured.couplings if set(row.qubits) <= set(qubits)]
        return not failing & set(qubits) and all(edge in self.couplings for edge in inside)

    def clears_ghz(self, measured: Measurements, row: GhzRow) -> bool:
        """Whether a GHZ row may count: its qubits do, and its parities swing as those of a GHZ state."""
        family = [simultaneous(parity, len(row.parities), risk=RISK) for parity in row.parities]
        ideal = [(-1) ** k * row.contrast.value for k in range(len(family))]
        swings = all(e.low - SWING <= m <= e.high + SWING for e, m in zip(family, ideal, strict=True))
        return swings and self.clears(measured, row.patch)


def check(measured: Measurements) -> Clearance:
    """All checks of a card, in the order of the report."""
    rows = measured.couplings
    deaf = tuple(r.qubit for r in measured.readout if 1 - r.e0.value - r.e1.value <= DEAF)
    lost = tuple(m.qubit for m in measured.identity if m.qubit not in deaf)
    gates = [
        _of_qubits("every qubit answers for itself", measured, lost, "answer with another number than their own"),
        _of_qubits("readout tells 0 from 1", measured, deaf, "report the same whatever they hold"),
        _of_couplings("no negative share of a Bell state", rows, _negative, "correlators that no state has"),
        _of_couplings("S within 2√2", rows, _beyond, "more than quantum mechanics allows"),
        _of_couplings("one state explains both tests", rows, _disagrees, "S and the correlators contradict each other"),
        _of_couplings("no side learns the other's setting", rows, _signals, "answers move with the far setting"),
    ]
    failing = {q for gate in gates for q in gate.qubits}
    fallen = {edge for gate in gates for edge in gate.couplings}
    cleared = [row for row in rows if row.qubits not in fallen and not failing & set(row.qubits)]
    beats = sum(simultaneous(row.s, len(rows), risk=RISK).low > 2 for row in cleared)
    text = f"{beats} couplings that pass the checks above surely have S above 2"
    bell, repeats = Gate("some pair beats every shared seed", beats > 0, text), _repeats(measured)
    depth, inverted = _depth(measured.depth, rows), _inverted(rows)
    barred = "; ".join(gate.text for gate in (bell, repeats) if not gate.passed)
    return Clearance(
        gates=(*gates, bell, repeats, depth, inverted),
        couplings=frozenset(row.qubits for row in cleared),
        barred=barred,
        depth=depth.passed,
        inverted=inverted.passed,
    )


def _of_qubits(name: str, measured: Measurements, failing: tuple[int, ...], says: str) -> Gate:
    labels = [measured.device.labels[q] for q in failing]
    text = f"{len(labels)} of {measured.device.qubits} qubits {says}: {_few(labels)}" if labels else "all do"
    return Gate(name, not failing, text, qubits=failing)


def _of_couplings(name: str, rows: Sequence[CouplingRow], fails: Callable[[CouplingRow, int], bool], says: str) -> Gate:
    found = [row for row in rows if fails(row, len(rows))]
    where = _few(["–".join(row.labels) for row in found])
    text = f"{says}, on {len(found)} of {len(rows)} couplings: {where}" if found else "none found against it"
    return Gate(name, not found, text, couplings=tuple(row.qubits for row in found))


def _few(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _negative(row: CouplingRow, couplings: int) -> bool:
    return simultaneous(row.smallest_share, 4 * couplings, risk=RISK).high < 0


def _beyond(row: CouplingRow, couplings: int) -> bool:
    return simultaneous(row.s, couplings, risk=RISK).low > TSIRELSON_BOUND


def _outside(figure: Estimate, comparisons: int, slack: float) -> bool:
    family = simultaneous(figure, comparisons, risk=RISK)
    return family.low > slack or family.high < -slack


def _disagrees(row: CouplingRow, couplings: int) -> bool:
    return _outside(row.agreement, couplings, AGREEMENT)


def _signals(row: CouplingRow, couplings: int) -> bool:
    return _outside(row.signalling, 4 * couplings, SIGNALLING)


def _repeats(measured: Measurements) -> Gate:
    z = measured.drift.z
    fresh = z > BLIND_Z
    text = f"repeats of the Bell test differ as chance makes them (z = {z:.1f})" if z < -BLIND_Z else (
        f"repeats of the Bell test differ by more than chance (z = {z:.1f}), which is no sign of a replay"
    )  # fmt: skip
    if not fresh:
        text = f"repeats of the Bell test agree better than chance allows (z = {z:.1f}): replayed or smoothed"
    return Gate("answers are fresh samples", fresh, text)


def _depth(depth: Sequence[DepthRow], rows: Sequence[CouplingRow]) -> Gate:
    name = "more CNOTs cost more"
    if len(depth) < 2:
        return Gate(name, False, "depth was not measured")
    for early, late in pairwise(depth):
        rise = simultaneous(difference(late.polarisation, early.polarisation), len(depth), risk=RISK)
        if rise.low > 0:
            return Gate(name, False, f"{late.cnots} CNOTs leave more than {early.cnots}: {late.polarisation}")
    first, last = depth[0], depth[-1]
    if simultaneous(first.polarisation, 1, risk=RISK).low <= 0:
        return Gate(name, False, f"without any CNOT the right answer is as rare as noise: {first.polarisation}")
    lost = difference(first.polarisation, last.polarisation)
    once = [1 - row.fidelity_corrected.value for row in rows if row.fidelity_corrected is not None]
    # A pair holds one CNOT; so many more that cost less than a fifth of its loss each were not all run.
    floor = float(np.mean(once)) * (last.cnots - first.cnots) / 5 if once else 0.0
    if first.polarisation.value > 0.5 and lost.high < min(floor, 0.25):
        text = f"{last.cnots} CNOTs cost {lost.value:.3f} of the polarisation, one costs a pair {np.mean(once):.3f}"
        return Gate(name, False, f"{text}: a compiler may have removed them")
    return Gate(name, True, f"polarisation falls by {lost.value:.3f} over {last.cnots} CNOTs")


def _inverted(rows: Sequence[CouplingRow]) -> Gate:
    found = []
    for row in rows:
        share, s = row.smallest_share_corrected, row.s_corrected
        negative = share is not None and simultaneous(share, 4 * len(rows), risk=RISK).high < 0
        beyond = s is not None and simultaneous(s, len(rows), risk=RISK).low > TSIRELSON_BOUND
        if negative or beyond:
            found.append(row)
    where = _few(["–".join(row.labels) for row in found])
    text = (
        f"taking out the misreading gives more than any state has, on {len(found)} of {len(rows)} couplings ({where}): "
        "qubits misread together, or the calibration is not theirs; inverted figures are left out"
    )
    edges = tuple(row.qubits for row in found)
    return Gate(
        "each qubit misreads on its own", not found, text if found else "none found against it", couplings=edges
    )
