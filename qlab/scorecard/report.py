"""The card on paper: one self-contained HTML file, Markdown, JSON; and two or more machines side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from qlab import _validate
from qlab.devices import CouplingMap, DataSheet
from qlab.scorecard.card import Scorecard
from qlab.scorecard.conclusions import DEVICE_INDEPENDENT_S
from qlab.scorecard.estimates import LEVEL, Estimate
from qlab.scorecard.execution import write_atomically
from qlab.scorecard.sheet_comparison import compare_with_sheet

Entry = dict[str, Any]
_TEMPLATES = Path(__file__).parent / "templates"

CLASSES = (
    ("good", f"S surely above {DEVICE_INDEPENDENT_S:.2f}, enough for a key from untrusted devices"),
    ("accent", "S surely above 2, more than any shared seed gives"),
    ("accent-2", "S too close to 2 to tell"),
    ("bad", "S surely below 2"),
    ("muted", "not measured"),
)
"""Colour role and meaning of a coupling on the map."""


def _interval(entry: Mapping[str, Any] | None, digits: int = 4) -> str:
    """``0.9951 (0.9930 to 0.9968)``."""
    if entry is None:
        return "—"
    return f"{entry['value']:.{digits}f} ({entry['low']:.{digits}f} to {entry['high']:.{digits}f})".replace("-", "−")


def _scientific(entry: Mapping[str, Any] | None) -> str:
    return "—" if entry is None else f"{entry['value']:.2e} ({entry['low']:.1e} to {entry['high']:.1e})"


@cache
def _environment(autoescape: bool) -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"interval": _interval, "scientific": _scientific}
    return environment


def coupling_class(row: Mapping[str, Any]) -> str:
    """Colour role of a coupling by its S."""
    s = Estimate.from_data(row["s"])
    if s.low > 2:
        return "good" if s.low > DEVICE_INDEPENDENT_S else "accent"
    return "bad" if s.high < 2 else "accent-2"


def _map(record: Mapping[str, Any]) -> CouplingMap:
    device = record["device"]
    edges = tuple((int(a), int(b)) for a, b in device["couplings"])
    return CouplingMap(device["qubits"], edges, tuple((float(x), float(y)) for x, y in device["positions"]))


def _figures(record: Mapping[str, Any]) -> dict[str, str]:
    from qlab import plotting

    device = record["device"]
    roles: dict[Any, str] = {tuple(edge): "muted" for edge in device["couplings"]}
    roles |= {tuple(row["qubits"]): coupling_class(row) for row in record["couplings"]}
    used = {role: text for role, text in CLASSES if role in roles.values()}
    counts = [f"{sum(v == r for v in roles.values())} couplings: {t}" for r, t in used.items()]
    figures = {
        "map": plotting.coupling_map(
            list(roles),
            {i: (x, y) for i, (x, y) in enumerate(device["positions"])},
            alt=f"Coupling map of {device['name']}. " + "; ".join(counts) + ".",
            edge_roles=roles,
            legend=used,
        ),
        "idle": _sweep_figure(record["idle"], "time_us", "waiting time in µs"),
        "depth": _sweep_figure(record["depth"], "cnots", "CNOTs on the pair"),
    }
    if record["ghz"]:
        figures["ghz"] = _sweep_figure(record["ghz"], "qubits", "qubits in one GHZ state")
    if record["distance"]:
        figures["distance"] = _sweep_figure(record["distance"], "distance", "couplings between the ends")
    if record["limits"]:
        figures["limits"] = plotting.intervals(
            {cause["cause"]: _triple(cause["loss"]) for cause in record["limits"]},
            alt="Pair fidelity lost by cause: "
            + "; ".join(f"{c['cause']} {c['loss']['value']:.3f}" for c in record["limits"])
            + ".",
            x_label="pair fidelity lost",
        )
    return {name: figure.svg() for name, figure in figures.items()}


def _triple(entry: Mapping[str, float]) -> tuple[float, float, float]:
    return entry["low"], entry["value"], entry["high"]


def _sweep_figure(rows: Sequence[Mapping[str, Any]], name: str, label: str) -> Any:
    from qlab import plotting

    x = [float(row[name]) for row in rows]
    estimates = [row["fidelity"] for row in rows]
    said = ", ".join(f"{e['value']:.3f} at {v:g}" for v, e in zip(x, estimates, strict=True))
    return plotting.lines(
        x,
        {"fidelity": [e["value"] for e in estimates]},
        alt=f"Fidelity against {label}: {said}.",
        x_label=label,
        y_label="fidelity",
        bands={"fidelity": ([e["low"] for e in estimates], [e["high"] for e in estimates])},
        bounds={"entangled above 1/2": 0.5},
        height=2.6,
    )


def _context(card: Scorecard, sheet: DataSheet | None) -> Entry:
    record = card.record
    rows = sorted(record["couplings"], key=lambda r: r["s"]["value"])
    return {
        "r": record,
        "level": round(100 * LEVEL),
        "worst_couplings": rows[:10],
        "couplings": record["couplings"],
        "sheet": sheet,
        "sheet_rows": compare_with_sheet(card, sheet) if sheet is not None else [],
        "circuits": record["circuits"],
    }


def render_html(card: Scorecard, *, sheet: DataSheet | None = None) -> str:
    """The report as one HTML file: no network, no script, light and dark, printable."""
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    context = _context(card, sheet)
    page: str = (
        _environment(True).get_template("report.html.j2").render(**context, style=style, figures=_figures(card.record))
    )
    return page


def render_markdown(card: Scorecard, *, sheet: DataSheet | None = None) -> str:
    """The report as Markdown: verdicts, tables, provenance."""
    text: str = _environment(False).get_template("report.md.j2").render(**_context(card, sheet))
    return text


def _side_by_side(cards: Sequence[Scorecard]) -> Entry:
    if len(cards) < 2:
        raise _validate.fail("cards", "must be at least two to compare", len(cards))
    records = [card.record for card in cards]
    summaries = [r["summary"] for r in records]
    rows = [
        ("Qubits, couplings", [f"{r['device']['qubits']}, {len(r['device']['couplings'])}" for r in records]),
        ("Mean distance", [f"{r['device']['mean_distance']:.2f}" for r in records]),
        ("Median pair fidelity", [_interval(s["fidelity"]["median"]) for s in summaries]),
        ("Worst pair fidelity", [_interval(s["fidelity"]["worst"]) for s in summaries]),
        ("Median S", [_interval(s["s"]["median"], 3) for s in summaries]),
        ("Median S, readout inverted", [_interval(s.get("s_corrected", {}).get("median"), 3) for s in summaries]),
        ("Couplings surely above 2", [f"{s['violating']} of {s['couplings_measured']}" for s in summaries]),
        ("0 read as 1, median", [_interval(s["e0"]) for s in summaries]),
        ("1 read as 0, median", [_interval(s["e1"]) for s in summaries]),
        ("Error of one CNOT", [_scientific(s["error_per_cnot"]) for s in summaries]),
        ("Largest GHZ state surely entangled", [str(s["ghz_largest"]) for s in summaries]),
        ("What limits", [r["limits"][0]["cause"] if r["limits"] else "—" for r in records]),
        ("Shots a second", [f"{r['throughput']['shots_per_s']:,.0f}" for r in records]),
        ("Faults named", [str(len(r["faults"])) for r in records]),
    ]
    names = list(dict.fromkeys(p["protocol"] for r in records for p in r["protocols"]))
    verdicts = [{p["protocol"]: p["verdict"] for p in r["protocols"]} for r in records]
    protocols = [(name, [v.get(name, "—") for v in verdicts]) for name in names]
    return {
        "names": [card.name for card in cards],
        "rows": rows,
        "protocols": protocols,
        "records": records,
        "level": round(100 * LEVEL),
    }


def compare_html(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as one HTML file."""
    from qlab import plotting

    context = _side_by_side(cards)
    chart = plotting.intervals(
        {card.name: _triple(card.record["summary"]["s"]["median"]) for card in cards},
        alt="Median S of each machine: "
        + "; ".join(f"{c.name} {c.record['summary']['s']['median']['value']:.2f}" for c in cards)
        + ".",
        x_label="median S over the couplings",
        bounds={"every shared seed": 2.0},
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    page: str = _environment(True).get_template("compare.html.j2").render(**context, style=style, chart=chart.svg())
    return page


def compare_markdown(cards: Sequence[Scorecard]) -> str:
    """Two or more machines side by side as Markdown."""
    text: str = _environment(False).get_template("compare.md.j2").render(**_side_by_side(cards))
    return text


def write_report(card: Scorecard, folder: str | Path, *, sheet: DataSheet | None = None) -> dict[str, Path]:
    """Write ``scorecard.html``, ``.md`` and ``.json`` into a folder, each whole or not at all."""
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
