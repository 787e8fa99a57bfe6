"""What is wrong with a machine, by name and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlab.scorecard.execution import Failure
from qlab.scorecard.measurements import Measurements
from qlab.scorecard.rows import CouplingRow, Drift, ReadoutRow

BIASED_READOUT = 0.25
"""A qubit that misreports a value more often than this is named as a fault."""

DRIFT_Z = 4.0
"""Repeats that disagree by more standard deviations than this are named as drift."""

DEAF_READOUT = 0.4
"""A qubit that misreads a value more often than this cannot be asked for its number."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong.

    Attributes:
        kind: ``"dead coupling"``, ``"swapped qubits"``, ``"wrong answers"``, ``"biased readout"``, ``"drift"`` or
            ``"failing sampler"``.
        where: numbers of the qubits; names of the experiments for a failing sampler.
        text: the same in words.
    """

    kind: str
    where: tuple[int | str, ...]
    text: str


def find_faults(measured: Measurements) -> tuple[Fault, ...]:
    """All faults: couplings, wiring, readout, drift, failed calls, in this order."""
    labels = measured.device.labels
    return (
        *_dead_couplings(measured.couplings),
        *_wiring(measured, labels),
        *_biased_readout(measured.readout),
        *_drift(measured.drift, labels),
        *_failing_sampler(measured.failures),
    )


def _dead_couplings(rows: Sequence[CouplingRow]) -> list[Fault]:
    found = []
    for row in rows:
        corrected = row.fidelity_corrected
        if row.fidelity.high < 0.5 and (corrected is None or corrected.high < 0.5):
            text = f"coupling {row.labels[0]}–{row.labels[1]} makes no entangled pair: fidelity {row.fidelity}"
            found.append(Fault("dead coupling", row.qubits, text))
    return found


def _wiring(measured: Measurements, labels: Sequence[str]) -> list[Fault]:
    """Qubits that answer for others, pairs first."""
    # A qubit that misreads half the time reports a wrong number too; that is named as biased readout.
    deaf = {row.qubit for row in measured.readout if max(row.e0.value, row.e1.value) > DEAF_READOUT}
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


def _biased_readout(rows: Sequence[ReadoutRow]) -> list[Fault]:
    found = []
    for row in rows:
        for error, spoken in ((row.e0, "0 as 1"), (row.e1, "1 as 0")):
            if error.low > BIASED_READOUT:
                text = f"qubit {row.label} reports {spoken} in {error} of the cases"
                found.append(Fault("biased readout", (row.qubit,), text))
    return found


def _drift(drift: Drift, labels: Sequence[str]) -> list[Fault]:
    where = drift.worst_coupling
    if where is None or (drift.z <= DRIFT_Z and drift.worst_z <= DRIFT_Z + 1):
        return []
    names = "–".join(labels[q] for q in where)
    text = f"repeats of the Bell test disagree (z = {drift.z:.1f} over all, {drift.worst_z:.1f} on {names})"
    return [Fault("drift", where, text)]


def _failing_sampler(failures: Sequence[Failure]) -> list[Fault]:
    if not failures:
        return []
    experiments = sorted({failure.experiment for failure in failures})
    text = f"the sampler failed {len(failures)} times and was asked again, in {', '.join(experiments)}"
    return [Fault("failing sampler", tuple(experiments), text)]
