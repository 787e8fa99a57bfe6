"""The drawings of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qlab.scorecard.conclusions.protocols import DEVICE_INDEPENDENT_S
from qlab.scorecard.estimates import Estimate
from qlab.scorecard.record import Scorecard
from qlab.scorecard.rows import CouplingRow

CLASSES = (
    ("good", f"S surely above {DEVICE_INDEPENDENT_S:.2f}, enough for a key from untrusted devices"),
    ("accent", "S surely above 2, more than any shared seed gives"),
    ("accent-2", "S too close to 2 to tell"),
    ("bad", "S surely below 2"),
    ("muted", "not measured"),
)
"""Colour role and meaning of a coupling on the map."""


def coupling_class(row: CouplingRow) -> str:
    """Colour role of a coupling by its S."""
    if row.s.low > 2:
        return "good" if row.s.low > DEVICE_INDEPENDENT_S else "accent"
    return "bad" if row.s.high < 2 else "accent-2"


def ends(figure: Estimate) -> tuple[float, float, float]:
    """Low, value and high, as `qlab.plotting.intervals` takes them."""
    return figure.low, figure.value, figure.high


def drawings(card: Scorecard) -> dict[str, str]:
    """All drawings of a card as SVG, by name; those of experiments that were not run are left out."""
    found = {
        "map": _map(card),
        "idle": _sweep([(row.time_us, row.fidelity) for row in card.idle], "waiting time in µs"),
        "depth": _sweep([(row.cnots, row.fidelity) for row in card.depth], "CNOTs on the pair"),
    }
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
    roles |= {row.qubits: coupling_class(row) for row in card.couplings}
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


def _sweep(points: Sequence[tuple[float, Estimate]], label: str) -> Any:
    from qlab import plotting

    said = ", ".join(f"{figure.value:.3f} at {x:g}" for x, figure in points)
    figures = [figure for _, figure in points]
    return plotting.lines(
        [float(x) for x, _ in points],
        {"fidelity": [figure.value for figure in figures]},
        alt=f"Fidelity against {label}: {said}.",
        x_label=label,
        y_label="fidelity",
        bands={"fidelity": ([figure.low for figure in figures], [figure.high for figure in figures])},
        bounds={"entangled above 1/2": 0.5},
        height=2.6,
    )
