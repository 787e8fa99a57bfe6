"""The card on paper: one self-contained HTML file, Markdown, JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qlab._files import write_atomically
from qlab.devices import DataSheet
from qlab.scorecard.caveats import CANNOT_TELL, origin, resumed
from qlab.scorecard.conclusions.answers import percent
from qlab.scorecard.drawings import drawings
from qlab.scorecard.estimates import LEVEL
from qlab.scorecard.record import Scorecard
from qlab.scorecard.sheet_comparison import compare_with_sheet
from qlab.scorecard.templating import style, template


def _context(card: Scorecard, sheet: DataSheet | None) -> dict[str, Any]:
    rows, problem = [], ""
    if sheet is not None:
        try:
            rows = compare_with_sheet(card, sheet)
        except ValueError as error:  # what was measured and paid for is printed all the same
            problem = str(error)
    return {
        "r": card,
        "level": round(100 * LEVEL),
        "origin": origin(card),
        "resumed": resumed(card),
        "cannot_tell": CANNOT_TELL,
        "failed": [gate for gate in card.gates if not gate.passed],
        "percent": percent,
        "worst_couplings": sorted(card.couplings, key=lambda row: row.s.value)[:10],
        "frames": [row for row in card.couplings if row.bell_state != "Φ+"],
        "sheet": sheet,
        "sheet_rows": rows,
        "sheet_problem": problem,
        "contradicted": sum(row.verdict == "contradicted" for row in rows),
    }


def render_html(card: Scorecard, *, sheet: DataSheet | None = None) -> str:
    """The report as one HTML file: no network, no script, light and dark, printable."""
    context = _context(card, sheet)
    return template("report.html.j2").render(**context, style=style(), figures=drawings(card))


def render_markdown(card: Scorecard, *, sheet: DataSheet | None = None) -> str:
    """The report as Markdown: verdicts, tables, provenance."""
    return template("report.md.j2").render(**_context(card, sheet))


def write_report(card: Scorecard, folder: str | Path, *, sheet: DataSheet | None = None) -> dict[str, Path]:
    """Write ``scorecard.html``, ``.md`` and ``.json`` into a folder, each whole or not at all.

    Args:
        card: what was measured.
        folder: where the files go; made if need be.
        sheet: what was promised, to hold against the card.

    Returns:
        The files by ending.

    Raises:
        OSError: where a file cannot be written.
    """
    place = Path(folder)
    texts = {
        "html": render_html(card, sheet=sheet),
        "md": render_markdown(card, sheet=sheet),
        "json": card.to_json(),
    }
    paths = {ending: place / f"scorecard.{ending}" for ending in texts}
    for ending, path in paths.items():
        write_atomically(path, texts[ending])
    return paths
