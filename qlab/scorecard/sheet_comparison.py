"""A data sheet against the measurement: what the stated figures imply, and where the machine contradicts them.

The sheet itself is read by `qlab.devices.read_sheet`, which also makes a noisy device of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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

_GATE_FIGURES = ("two_qubit_infidelity", "one_qubit_infidelity", "readout_e0", "readout_e1")


@dataclass(frozen=True)
class SheetRow:
    """A promise of a sheet against the measurement.

    Attributes:
        figure: what is promised.
        stated: the figure stated, or implied by what is stated.
        measured: what the card found.
        verdict: ``"kept"``, ``"contradicted"`` (beyond the interval) or ``"cannot tell"``.
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


def compare_with_sheet(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    """Rows of stated or implied figure against measured one; a row is contradicted only beyond its interval.

    Args:
        card: what was measured.
        sheet: what is promised.

    Returns:
        One row for each promise that the card can judge.
    """
    promised, summary = predict(sheet), card.summary
    pair = promised["fidelity"] * (1 - MARGIN)
    rows = [
        _at_least("Median S, from the stated errors", promised["s"] * (1 - MARGIN), summary.s.median),
        _at_least("Median pair fidelity, from the stated errors", pair, summary.fidelity.median),
    ]
    for name, label, error in (("readout_e0", "0 read as 1", summary.e0), ("readout_e1", "1 read as 0", summary.e1)):
        if name in sheet.figures:
            rows.append(_at_most(f"Median readout error, {label}", sheet.figures[name], error))
    if "two_qubit_infidelity" in sheet.figures and summary.error_per_cnot is not None:
        error = summary.error_per_cnot
        rows.append(_at_most("Error of one CNOT with its one-qubit gates", _twirled_error(sheet), error))
    return [*rows, *_ghz_rows(card, sheet), *_idle_rows(card, sheet), *_claim_rows(card, sheet)]


def _twirled_error(sheet: DataSheet) -> float:
    """What the depth test should find: the CNOT, two one-qubit gates on average, and one wait for such a gate.

    A one-qubit infidelity r counts as 6r/5 of the pair's (process infidelity 3r/2, times 4/5).
    """
    figures = sheet.figures
    t1 = figures.get("t1_us", np.inf)
    t2 = figures.get("t2_us", 2 * t1)
    pause_us = figures.get("one_qubit_ns", 0.0) / 1000
    idle = pause_us / (3 * t2) + pause_us / (6 * t1)
    return float(figures["two_qubit_infidelity"] + 1.2 * (2 * figures.get("one_qubit_infidelity", 0.0) + idle))


def _row(figure: str, stated: float, measured: Estimate, kept: bool, contradicted: bool, relation: str) -> SheetRow:
    verdict = "contradicted" if contradicted else "kept" if kept else "cannot tell"
    return SheetRow(figure, stated, measured, verdict, f"promised {relation} {stated:.4g}, measured {measured}")


def _at_least(figure: str, stated: float, measured: Estimate) -> SheetRow:
    return _row(figure, stated, measured, measured.value >= stated, measured.high < stated, "at least")


def _at_most(figure: str, stated: float, measured: Estimate) -> SheetRow:
    top = stated * (1 + MARGIN)
    return _row(figure, stated, measured, measured.value <= top, measured.low > top, "at most")


def _ghz_rows(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    rows = []
    for row in card.ghz[-1:]:
        promised = ghz_fidelity_estimate(row.qubits, **_gate_figures(sheet)) * (1 - MARGIN)
        rows.append(_at_least(f"Fidelity of {row.qubits} qubits in a GHZ state", promised, row.fidelity))
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
    return [_at_least(f"Fidelity after waiting {time:g} µs, from T1 and T2", float(promised), end.fidelity)]


def _claim_rows(card: Scorecard, sheet: DataSheet) -> list[SheetRow]:
    summary, flow, claims, rows = card.summary, card.throughput, sheet.claims, []
    if "chsh_s" in claims:
        rows.append(_at_least("S, as claimed", claims["chsh_s"], summary.s.median))
    if "bell_fidelity" in claims:
        rows.append(_at_least("Bell fidelity, as claimed", claims["bell_fidelity"], summary.fidelity.median))
    if "ghz_qubits" in claims:
        rows.append(_ghz_claim(card, claims["ghz_qubits"]))
    if "throughput_shots_per_s" in claims:
        measured = Estimate(flow.shots_per_s, flow.shots_per_s, flow.shots_per_s, flow.shots)
        rows.append(_at_least("Shots a second, as claimed", claims["throughput_shots_per_s"], measured))
    return rows


def _ghz_claim(card: Scorecard, claimed: float) -> SheetRow:
    """A claimed GHZ size stands where one at least as large was seen, falls where one no larger surely failed."""
    failed = [row.qubits for row in card.ghz if row.fidelity.high < 0.5]
    seen, cliff = card.summary.ghz_largest, card.summary.ghz_cliff
    contradicted = bool(failed) and min(failed) <= claimed
    verdict = "kept" if seen >= claimed else "contradicted" if contradicted else "cannot tell"
    hint = f"; extrapolated cliff near {cliff.qubits}" if cliff.kind == "extrapolated" else ""
    text = f"claimed {claimed:.0f} qubits, surely entangled together {seen}{hint}"
    return SheetRow("GHZ size, as claimed", claimed, Estimate(float(seen), float(seen), float(seen), 0), verdict, text)
