"""The drawings of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qlab.scorecard.estimates import Estimate, simultaneous
from qlab.scorecard.paths import Edge
from qlab.scorecard.record import Scorecard
from qlab.scorecard.rows import CouplingRow

CLASSES = (
    ("good", "S surely above 2, checks passed"),
    ("accent-2", "S too close to 2 to tell"),
    ("bad", "S surely below 2, or a check failed"),
    ("muted", "not measured"),
)
"""Colour role and meaning of a coupling on the map."""


def coupling_class(row: CouplingRow, couplings: int, failing: frozenset[Edge]) -> str:
    """Colour role of a coupling by its S, all couplings at once.

    Args:
        row: of the coupling.
        couplings: how many were measured.
        failing: those that fail a check.
    """
    family = simultaneous(row.s, couplings)
    if row.qubits in failing or family.high < 2:
        return "bad"
    return "good" if family.low > 2 else "accent-2"


def ends(figure: Estimate) -> tuple[float, float, float]:
    """Low, value and high, as `qlab.plotting.intervals` takes them."""
    return figure.low, figure.value, figure.high


def drawings(card: Scorecard) -> dict[str, str]:
    """All drawings of a card as SVG, by name; those of experiments that were not run are left out."""
    found = {"map": _map(card)}
    if card.idle:
        found["idle"] = _sweep([(row.time_us, row.fidelity) for row in card.idle], "waiting time in µs")
    if card.depth:
        points = [(row.cnots, row.polarisation) for row in card.depth]
        found["depth"] = _sweep(points, "CNOTs on the pair", what="polarisation", bound={})
    if card.ghz:
        found["ghz"] = _sweep([(row.qubits, row.fidelity) for row in card.ghz], "qubits in one GHZ state")
    if card.distance:
        found["distance"] = _sweep(
            [(row.distance, row.fidelity) for row in card.distance], "couplings between the ends"
        )
    if card.limits:
        found["limits"] = _limits(card)
    return {name: figure.svg() for name, figure in found.items()}


def _map(card: Scorecard) -> Any:
    from qlab import plotting

    device = card.device
    roles: dict[Any, str] = dict.fromkeys(device.couplings, "muted")
    lost = {q for gate in card.gates for q in gate.qubits}
    failing = frozenset(edge for gate in card.gates[:-1] for edge in gate.couplings)
    failing |= {row.qubits for row in card.couplings if lost & set(row.qubits)}
    roles |= {row.qubits: coupling_class(row, len(card.couplings), failing) for row in card.couplings}
    used = {role: text for role, text in CLASSES if role in roles.values()}
    counts = [f"{sum(v == r for v in roles.values())} couplings: {t}" for r, t in used.items()]
    return plotting.coupling_map(
        list(roles),
        {i: (x, y) for i, (x, y) in enumerate(device.positions)},
        alt=f"Coupling map of {device.name}. " + "; ".join(counts) + ".",
        edge_roles=roles,
        legend=used,
    )


def _limits(card: Scorecard) -> Any:
    from qlab import plotting

    said = "; ".join(f"{cause.cause} {cause.loss.value:.3f}" for cause in card.limits)
    return plotting.intervals(
        {cause.cause: ends(cause.loss) for cause in card.limits},
        alt=f"Pair fidelity lost by cause: {said}.",
        x_label="pair fidelity lost",
    )


_HALF = {"entangled above 1/2": 0.5}


def _sweep(
    points: Sequence[tuple[float, Estimate]],
    label: str,
    *,
    what: str = "fidelity",
    bound: Mapping[str, float] = _HALF,
) -> Any:
    from qlab import plotting

    said = ", ".join(f"{figure.value:.3f} at {x:g}" for x, figure in points)
    figures = [figure for _, figure in points]
    return plotting.lines(
        [float(x) for x, _ in points],
        {what: [figure.value for figure in figures]},
        alt=f"{what.capitalize()} against {label}: {said}.",
        x_label=label,
        y_label=what,
        bands={what: ([figure.low for figure in figures], [figure.high for figure in figures])},
        bounds=dict(bound),
        height=2.6,
    )
