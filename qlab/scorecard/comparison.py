"""Two or more machines side by side, as HTML or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qlab import _validate
from qlab.scorecard.drawings import ends
from qlab.scorecard.estimates import LEVEL, Estimate
from qlab.scorecard.record import Scorecard
from qlab.scorecard.templating import interval, scientific, style, template


def _inverted_s(card: Scorecard) -> Estimate | None:
    spread = card.summary.s_corrected
    return None if spread is None else spread.median


ROWS: tuple[tuple[str, Callable[[Scorecard], str]], ...] = (
    ("Qubits, couplings", lambda card: f"{card.device.qubits}, {len(card.device.couplings)}"),
    ("Mean distance", lambda card: f"{card.device.mean_distance:.2f}"),
    ("Median pair fidelity", lambda card: interval(card.summary.fidelity.median)),
    ("Worst pair fidelity", lambda card: interval(card.summary.fidelity.worst)),
    ("Median S", lambda card: interval(card.summary.s.median, 3)),
    (
        "Median S, readout inverted",
        lambda card: interval(spread.median if (spread := card.summary.s_corrected) else None, 3),
    ),
    ("Couplings surely above 2", lambda card: f"{card.summary.violating} of {card.summary.couplings_measured}"),
    ("0 read as 1, median", lambda card: interval(card.summary.e0)),
    ("1 read as 0, median", lambda card: interval(card.summary.e1)),
    ("Error of one CNOT", lambda card: scientific(card.summary.error_per_cnot)),
    ("Largest GHZ state surely entangled", lambda card: str(card.summary.ghz_largest)),
    ("What limits", lambda card: card.limits[0].cause if card.limits else "—"),
    ("Shots a second", lambda card: f"{card.throughput.shots_per_s:,.0f}"),
    ("Faults named", lambda card: str(len(card.faults))),
)
"""Name of each row and what it says of a machine."""


def _context(cards: Sequence[Scorecard]) -> dict[str, Any]:
    if len(cards) < 2:
        raise _validate.fail("cards", "must be at least two to compare", len(cards))
    verdicts = [{row.protocol: row.verdict for row in card.protocols} for card in cards]
    names = dict.fromkeys(name for own in verdicts for name in own)
    return {
        "names": [card.name for card in cards],
        "rows": [(label, [cell(card) for card in cards]) for label, cell in ROWS],
        "protocols": [(name, [own.get(name, "—") for own in verdicts]) for name in names],
        "records": cards,
        "level": round(100 * LEVEL),
    }


def compare_html(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as one HTML file."""
    from qlab import plotting

    context = _context(cards)
    medians = {card.name: card.summary.s.median for card in cards}
    said = "; ".join(f"{card.name} {card.summary.s.median.value:.2f}" for card in cards)
    chart = plotting.intervals(
        {name: ends(median) for name, median in medians.items()},
        alt=f"Median S of each machine: {said}.",
        x_label="median S over the couplings",
        bounds={"every shared seed": 2.0},
    )
    return template("compare.html.j2").render(**context, style=style(), chart=chart.svg())


def compare_markdown(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as Markdown."""
    return template("compare.md.j2").render(**_context(cards))
