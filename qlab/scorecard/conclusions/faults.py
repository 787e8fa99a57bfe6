"""What is wrong with a machine, by name and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.scorecard.conclusions.gates import BLIND_Z, DEAF, Clearance
from qlab.scorecard.estimates import simultaneous, standard_error
from qlab.scorecard.execution import Failure
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow, Drift, ReadoutRow

BIASED_READOUT = 0.25
"""A qubit that misreports a value more often than this is named as a fault."""

DRIFT_Z = 4.0
"""Repeats that disagree by more standard deviations than this are named as drift."""

KINDS = (
    "wrong frame", "no pair shown", "impossible counts", "swapped qubits", "wrong answers", "deaf qubit",
    "biased readout", "correlated readout", "missing CNOTs", "drift", "failing sampler",
)  # fmt: skip
"""Names of all faults."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong.

    Attributes:
        kind: one of `KINDS`.
        where: numbers of the qubits; names of the experiments for a failing sampler.
        text: the same in words.
    """

    kind: str
    where: tuple[int | str, ...]
    text: str


def find_faults(measured: Measurements, clearance: Clearance) -> tuple[Fault, ...]:
    """All faults: couplings, counts that no state gives, wiring, readout, depth, drift, failed calls."""
    labels = measured.device.labels
    return (
        *_couplings(measured, clearance),
        *_impossible(clearance),
        *_wiring(measured, labels),
        *_readout(measured.readout, clearance),
        *_depth(measured, clearance),
        *_drift(measured.drift, labels),
        *_failing_sampler(measured.failures),
    )


def _couplings(measured: Measurements, clearance: Clearance) -> list[Fault]:
    # Where a qubit answers for another or is deaf, a pair cannot be seen, whatever the coupling does.
    blind = {q for gate in clearance.gates for q in gate.qubits}
    found = []
    for row in measured.couplings:
        if blind & set(row.qubits):
            continue
        names, corrected = "–".join(row.labels), row.fidelity_corrected
        family = simultaneous(row.fidelity, len(measured.couplings))
        if family.high < 0.5 and (corrected is None or corrected.high < 0.5):
            text = f"coupling {names} shows no entanglement in XX, YY and ZZ: at best {_best(row)}"
            found.append(Fault("no pair shown", row.qubits, text))
        elif row.bell_state != "Φ+" and family.low > 0.5:
            text = f"coupling {names} makes {row.bell_state} instead of Φ+, a fixed turn of a local frame: {_best(row)}"
            found.append(Fault("wrong frame", row.qubits, text))
    return found


def _best(row: CouplingRow) -> str:
    return f"fidelity {row.fidelity} with {row.bell_state}"


def _impossible(clearance: Clearance) -> list[Fault]:
    found = []
    for gate in clearance.gates[2:6]:
        if not gate.passed:
            where = tuple(sorted({q for edge in gate.couplings for q in edge}))
            found.append(Fault("impossible counts", where, f"{gate.name}? {gate.text}"))
    return found


def _wiring(measured: Measurements, labels: Sequence[str]) -> list[Fault]:
    """Qubits that answer for others, pairs first."""
    deaf = _deaf(measured.readout)
    answers = {mistake.qubit: mistake.reports for mistake in measured.identity if mistake.qubit not in deaf}
    found = []
    for q, other in answers.items():
        if other is not None and answers.get(other) == q:
            if q < other:
                text = f"qubits {labels[q]} and {labels[other]} are swapped: each answers with the other's bits"
                found.append(Fault("swapped qubits", (q, other), text))
        else:
            says = "nothing stable" if other is None else f"the bits of {labels[other]}"
            found.append(Fault("wrong answers", (q,), f"qubit {labels[q]} answers with {says}"))
    return found


def _deaf(rows: Sequence[ReadoutRow]) -> set[int]:
    return {row.qubit for row in rows if 1 - row.e0.value - row.e1.value <= DEAF}


def _readout(rows: Sequence[ReadoutRow], clearance: Clearance) -> list[Fault]:
    found = []
    deaf = _deaf(rows)
    for row in rows:
        if row.qubit in deaf:
            text = f"qubit {row.label} reports the same whatever it holds: 0 as 1 {row.e0}, 1 as 0 {row.e1}"
            found.append(Fault("deaf qubit", (row.qubit,), text))
            continue
        for error, spoken in ((row.e0, "0 as 1"), (row.e1, "1 as 0")):
            if error.low > BIASED_READOUT:
                text = f"qubit {row.label} reports {spoken} in {error} of the cases"
                found.append(Fault("biased readout", (row.qubit,), text))
    gate = clearance.gates[-1]
    if not gate.passed:
        found.append(Fault("correlated readout", tuple(sorted({q for e in gate.couplings for q in e})), gate.text))
    return found


def _depth(measured: Measurements, clearance: Clearance) -> list[Fault]:
    gate = clearance.gates[-2]
    return [Fault("missing CNOTs", (), gate.text)] if measured.depth and not gate.passed else []


def _drift(drift: Drift, labels: Sequence[str]) -> list[Fault]:
    if drift.z < BLIND_Z:
        text = f"repeats of the Bell test agree better than chance allows (z = {drift.z:.1f}): replayed or smoothed"
        return [Fault("impossible counts", (), text)]
    where, error = drift.worst_coupling, standard_error(drift.trend)
    trend = drift.trend.value / error if error else 0.0
    if where is None or (drift.z <= DRIFT_Z and drift.worst_z <= DRIFT_Z + 1 and abs(trend) <= DRIFT_Z):
        return []
    names = "–".join(labels[q] for q in where)
    text = (
        f"repeats of the Bell test disagree: mean S moved by {drift.trend} from first to last "
        f"(z = {trend:.1f}; {drift.z:.1f} over all, {drift.worst_z:.1f} on {names})"
    )
    return [Fault("drift", where, text)]


def _failing_sampler(failures: Sequence[Failure]) -> list[Fault]:
    if not failures:
        return []
    experiments = sorted({failure.experiment for failure in failures})
    text = f"the sampler failed {len(failures)} times and was asked again, in {', '.join(experiments)}"
    return [Fault("failing sampler", tuple(experiments), text)]
