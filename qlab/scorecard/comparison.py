"""Two or more machines side by side, as HTML or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qlab import _validate
from qlab.scorecard.caveats import CANNOT_TELL, failed_checks, origin
from qlab.scorecard.conclusions.answers import percent
from qlab.scorecard.drawings import ends
from qlab.scorecard.estimates import LEVEL
from qlab.scorecard.record import Scorecard
from qlab.scorecard.templating import interval, style, template


def _rate(card: Scorecard) -> str:
    rate = card.throughput.shots_per_s
    return "not measured" if rate is None else f"{rate.value:,.0f} ({rate.low:,.0f} to {rate.high:,.0f})"


def _cnot(card: Scorecard) -> str:
    error = card.summary.error_per_cnot
    return "—" if error is None else percent(error)


def _ghz(card: Scorecard) -> str:
    return " ".join(f"{row.qubits}: {row.fidelity.value:.2f}." for row in card.ghz) or "not measured"


ROWS: tuple[tuple[str, Callable[[Scorecard], str]], ...] = (
    ("What answered", lambda card: origin(card)),
    ("Measured", lambda card: card.provenance.started),
    ("Qubits, couplings", lambda card: f"{card.device.qubits}, {len(card.device.couplings)}"),
    ("Checks before any yes", lambda card: failed_checks(card)),
    ("Mean pair fidelity", lambda card: interval(card.summary.fidelity.mean)),
    ("Worst pair fidelity", lambda card: interval(card.summary.fidelity.worst)),
    ("Mean S", lambda card: interval(card.summary.s.mean, 3)),
    (
        "Mean S, misreading inverted",
        lambda card: interval(spread.mean if (spread := card.summary.s_corrected) else None, 3),
    ),
    ("Couplings surely above 2", lambda card: f"{card.summary.violating} of {card.summary.couplings_measured}"),
    ("0 read as 1, mean", lambda card: percent(card.summary.e0)),
    ("1 read as 0, mean", lambda card: percent(card.summary.e1)),
    (
        "Error of one CNOT with its turns",
        lambda card: "—" if (e := card.summary.error_per_cnot) is None else percent(e),
    ),
    ("GHZ states: fidelity by size", _ghz),
    ("Largest GHZ state surely entangled", lambda card: card.verdicts[3].answer),
    ("What costs a pair most: readout, its gates or a wait", lambda card: card.verdicts[2].answer),
    ("Shots a second within a job", _rate),
    ("Mean distance", lambda card: f"{card.device.mean_distance:.2f}"),
    ("Faults named", lambda card: str(len(card.faults))),
)
"""Name of each row and what it says of a machine."""


def _context(cards: Sequence[Scorecard]) -> dict[str, Any]:
    if len(cards) < 2:
        raise _validate.fail("cards", "must be at least two to compare", len(cards))
    # One line for GHZ states: each machine was tried up to its own size.
    verdicts = [{r.protocol: r.verdict for r in card.protocols if not r.protocol.startswith("GHZ")} for card in cards]
    names = dict.fromkeys(name for own in verdicts for name in own)
    return {
        "names": [card.name for card in cards],
        "rows": [(label, [cell(card) for card in cards]) for label, cell in ROWS],
        "protocols": [(name, [own.get(name, "—") for own in verdicts]) for name in names],
        "records": cards,
        "level": round(100 * LEVEL),
        "cannot_tell": CANNOT_TELL,
        "origins": [(card.name, origin(card)) for card in cards],
    }


def compare_html(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as one HTML file."""
    from qlab import plotting

    context = _context(cards)
    means = {card.name: card.summary.s.mean for card in cards}
    said = "; ".join(f"{name} {figure.value:.2f}" for name, figure in means.items())
    chart = plotting.intervals(
        {name: ends(figure) for name, figure in means.items()},
        alt=f"Mean S of each machine: {said}.",
        x_label="mean S over the couplings",
        bounds={"every shared seed": 2.0},
    )
    return template("compare.html.j2").render(**context, style=style(), chart=chart.svg())


def compare_markdown(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as Markdown."""
    return template("compare.md.j2").render(**_context(cards))
