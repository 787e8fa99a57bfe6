"""A data sheet against the measurement: what the stated figures imply, and where the machine contradicts them.

The sheet itself is read by `qlab.devices.read_sheet`, which also makes a noisy device of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import _validate
from qlab.bell.chsh import TSIRELSON_BOUND, chsh_value
from qlab.circuits import Circuit
from qlab.devices import DataSheet, ghz_fidelity_estimate, ghz_size_limit, noisy_circuit
from qlab.devices.couplings import line
from qlab.measures import fidelity
from qlab.scorecard.estimates import Estimate
from qlab.scorecard.record import Scorecard
from qlab.simulator import run_density_matrix
from qlab.states import epr_pair

MARGIN = 0.02
"""Relative slack on predictions, for what the noise model leaves out."""

MOST_ERROR = 0.5
"""A CNOT that errs more often is a slip of units, not a promise."""

_GATE_FIGURES = ("two_qubit_infidelity", "one_qubit_infidelity", "readout_e0", "readout_e1")


@dataclass(frozen=True)
class SheetRow:
    """A promise of a sheet against the measurement.

    Attributes:
        figure: what is promised.
        stated: the figure stated, or implied by what is stated.
        measured: what the card found.
        verdict: ``"kept"`` where the whole interval lies on the promised side, ``"contradicted"`` where it lies
            wholly on the other, else ``"not shown"``.
        text: promise and measurement in words.
    """

    figure: str
    stated: float
    measured: Estimate
    verdict: str
    text: str


def _gate_figures(sheet: DataSheet) -> dict[str, Any]:
    return {name: sheet.figures.get(name, 0.0) for name in _GATE_FIGURES}


def predict(sheet: DataSheet) -> dict[str, float]:
    """S, fidelity and GHZ sizes that a machine would show if every qubit kept to the sheet."""
    rho = run_density_matrix(noisy_circuit(Circuit(2).h(0).cnot(0, 1), sheet.device_on(line(2))))
    e0, e1 = sheet.figures.get("readout_e0", 0.0), sheet.figures.get("readout_e1", 0.0)
    kept, bias = 1 - e0 - e1, e1 - e0
    pair = fidelity(epr_pair(), rho)
    # ⟨AB⟩ of balanced outcomes reads (1-e0-e1)²⟨AB⟩ + (e1-e0)²; S has the shift three times and once negative.
    s = chsh_value(rho) * kept**2 + 2 * bias**2
    seen = (4 * pair - 1) * kept**2
    return {
        "s": float(min(s, TSIRELSON_BOUND + 2 * bias**2)),
        "fidelity": float(0.25 + seen / 4 + bias**2 / 4),
        "ghz_qubits": float(min(ghz_size_limit(**_gate_figures(sheet)), sheet.couplings.num_qubits)),
    }


def check_sheet(sheet: DataSheet) -> None:
    """See that a sheet's figures make a machine, before anything is measured.

    Args:
        sheet: as read.

    Raises:
        ValueError: where a figure is out of range, or none of its CNOTs could work.
    """
    predict(sheet)
    if (error := _layer_error(sheet)) > MOST_ERROR:
        demand = f"must give a CNOT that errs by {MOST_ERROR} at most (errors are fractions, times µs or ns)"
        raise _validate.fail("figures", demand, round(error, 4))


def compare_with_sheet(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    """Rows of stated, implied or claimed figure against measured one.

    Args:
        card: what was measured.
        sheet: what is promised.

    Returns:
        One row for each promise that the card can judge.

    Raises:
        ValueError: where the sheet's figures make no machine.
    """
    check_sheet(sheet)
    implied, summary = predict(sheet), card.summary
    s, pair = implied["s"] * (1 - MARGIN), implied["fidelity"] * (1 - MARGIN)
    rows = [
        _count("Qubits", sheet.couplings.num_qubits, card.device.qubits),
        _count("Couplings", len(sheet.couplings.edges), len(card.device.couplings)),
        _at_least("Mean S", s, summary.s.mean, IMPLIED),
        _at_least("S of the worst coupling, if all keep to the sheet", s, summary.s.worst, IMPLIED),
        _at_least("Mean pair fidelity", pair, summary.fidelity.mean, IMPLIED),
    ]
    for name, label, error in (("readout_e0", "0 read as 1", summary.e0), ("readout_e1", "1 read as 0", summary.e1)):
        if name in sheet.figures:
            rows.append(_at_most(f"Mean readout error, {label}", sheet.figures[name], error, STATED))
    if "two_qubit_infidelity" in sheet.figures and summary.error_per_cnot is not None:
        error = summary.error_per_cnot
        rows.append(_at_most("Error of one CNOT with its turns", _layer_error(sheet), error, IMPLIED))
    return [*rows, *_ghz_rows(card, sheet), *_idle_rows(card, sheet), *_claim_rows(card, sheet)]


def _layer_error(sheet: DataSheet) -> float:
    """What the depth test should find: the CNOT and one turn of each qubit.

    A one-qubit infidelity r counts as 6r/5 of the pair's (process infidelity 3r/2, times 4/5).
    """
    figures = sheet.figures
    return float(figures.get("two_qubit_infidelity", 0.0) + 2.4 * figures.get("one_qubit_infidelity", 0.0))


STATED, IMPLIED, CLAIMED = "stated", "implied by the stated errors, 2 % granted", "claimed"


def _row(figure: str, stated: float, measured: Estimate, kept: bool, contradicted: bool, says: str) -> SheetRow:
    verdict = "contradicted" if contradicted else "kept" if kept else "not shown"
    return SheetRow(figure, stated, measured, verdict, f"{says}: {stated:.4g}; measured {measured}")


def _at_least(figure: str, stated: float, measured: Estimate, says: str) -> SheetRow:
    return _row(figure, stated, measured, measured.low >= stated, measured.high < stated, f"{says}, at least")


def _at_most(figure: str, stated: float, measured: Estimate, says: str) -> SheetRow:
    top = stated * (1 + MARGIN)
    return _row(figure, stated, measured, measured.high <= top, measured.low > top, f"{says}, at most")


def _count(figure: str, stated: int, found: int) -> SheetRow:
    exact = Estimate(float(found), float(found), float(found), 0)
    return _row(figure, float(stated), exact, found >= stated, found < stated, STATED)


def _ghz_rows(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    rows = []
    for row in card.ghz[-1:]:
        promised = ghz_fidelity_estimate(row.qubits, **_gate_figures(sheet)) * (1 - MARGIN)
        rows.append(_at_least(f"Fidelity of {row.qubits} qubits in a GHZ state", promised, row.fidelity, IMPLIED))
    return rows


def _idle_rows(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    """The longest wait, relative to no wait, against what T1 and T2 promise for |Φ+⟩."""
    if "t1_us" not in sheet.figures or len(card.idle) < 2:
        return []
    t1 = sheet.figures["t1_us"]
    t2 = sheet.figures.get("t2_us", 2 * t1)
    start, end = card.idle[0], card.idle[-1]
    time = end.time_us
    gamma = -np.expm1(-time / t1)
    kept = (1 + gamma**2 + (1 - gamma) ** 2) / 4 + np.exp(-2 * time / t2) / 2
    promised = (0.25 + (start.fidelity.value - 0.25) * (4 * kept - 1) / 3) * (1 - MARGIN)
    return [_at_least(f"Fidelity after waiting {time:g} µs, from T1 and T2", float(promised), end.fidelity, IMPLIED)]


def _claim_rows(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    summary, rate, claims, rows = card.summary, card.throughput.shots_per_s, sheet.claims, []
    if "chsh_s" in claims:
        rows.append(_at_least("S, mean", claims["chsh_s"], summary.s.mean, CLAIMED))
    if "bell_fidelity" in claims:
        rows.append(_at_least("Bell fidelity, mean", claims["bell_fidelity"], summary.fidelity.mean, CLAIMED))
    if "ghz_qubits" in claims:
        rows.append(_ghz_claim(card, claims["ghz_qubits"]))
    # A claim that nothing was measured for is none that the card can judge.
    if "throughput_shots_per_s" in claims and rate is not None:
        rows.append(_at_least("Shots a second", claims["throughput_shots_per_s"], rate, CLAIMED))
    return rows


def _ghz_claim(card: Scorecard, claimed: float) -> SheetRow:
    """A claimed GHZ size stands where one at least as large was seen.

    It falls where the machine has no so many qubits. That the patch tried fell short shows that patch alone.
    """
    seen, qubits = card.summary.ghz_largest, card.device.qubits
    tried = max((row.qubits for row in card.ghz), default=0)
    failed = [row.qubits for row in card.ghz if row.fidelity.high < 0.5 and row.qubits <= claimed]
    verdict = "kept" if seen >= claimed else "contradicted" if claimed > qubits or failed else "not shown"
    why = f"; the machine has {qubits} qubits" if claimed > qubits else ""
    why = why or (f"; at {min(failed)} the fidelity on the best patch is surely below 1/2" if failed else "")
    text = f"{CLAIMED}: {claimed:.0f}; surely entangled together {seen}, tried up to {tried}{why}"
    return SheetRow("GHZ size", claimed, Estimate(float(seen), float(seen), float(seen), 0), verdict, text)
