"""The report as files: self-contained, labelled, printable; sheets held against cards; the command itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openqasm3
import pytest
import typer
from typer.testing import CliRunner

from qlab import scorecard
from qlab.channels import confuse
from qlab.devices import DataSheet, all_to_all, grid, line, read_sheet
from qlab.measures import binary_entropy
from qlab.protocols.teleportation import superdense_capacity
from qlab.scorecard import Scorecard, Settings, VirtualMachine, cli, ibm_snapshots
from qlab.scorecard.cli import scorecard as command
from qlab.scorecard.conclusions import protocols
from qlab.scorecard.sheet_comparison import compare_with_sheet, predict
from qlab.states import werner_state

FAST = Settings(ghz_sizes=(2, 4), idle_us=(0.0, 20.0), depths=(0, 5), distances=(1, 3), paths=2)
SYNTHETIC = ("synthetic_meridian", "synthetic_polaris", "synthetic_tidewater")


@cache
def card(name: str) -> Scorecard:
    settings = Settings(ghz_sizes=(2, 10), idle_us=(0.0, 20.0), depths=(0, 5), distances=(1, 3), paths=2)
    return scorecard.run(name, shots=100_000, settings=settings)


class Reader(HTMLParser):
    """Collects what a report must and must not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "path", "use", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def test_the_html_is_one_file_that_needs_nothing_else() -> None:
    html = scorecard.render_html(card("ideal"), sheet=read_sheet("synthetic_meridian"))
    reader = read(html)
    assert not {t for t, _ in reader.tags} & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"(?:src|href)=\"(?!#)", html), "nothing is fetched from anywhere"
    assert "url(http" not in html
    assert html.startswith("<!doctype html>")
    assert ("html", {"lang": "en"}) in reader.tags
    images = [a for t, a in reader.tags if t == "svg"]
    assert len(images) == 6
    assert all(a["role"] == "img" and len(a["aria-label"] or "") > 20 for a in images)
    scopes = [a.get("scope") for t, a in reader.tags if t == "th"]
    assert set(scopes) == {"col", "row"}
    ids = [a["id"] for _, a in reader.tags if a.get("id")]
    assert len(ids) == len(set(ids))


def test_the_report_holds_verdicts_intervals_and_provenance() -> None:
    found = card("synthetic_meridian")
    html = scorecard.render_html(found)
    for verdict in found.verdicts:
        assert verdict.question in html
    s = found.summary.s.mean
    assert f"{s.value:.3f} ({s.low:.3f} to {s.high:.3f})" in html
    assert "virtual machine from the synthetic data sheet, made up for teaching" in html
    assert "qlab.scorecard/2" in html
    programs = re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", html, re.DOTALL)
    assert len(programs) == 7
    for program in programs:
        openqasm3.parse(program.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">"))


def test_markdown_tables_are_whole() -> None:
    text = scorecard.render_markdown(card("ideal"), sheet=read_sheet("synthetic_meridian"))
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = block.strip().split("\n")
        assert len({row.count("|") for row in rows}) == 1
        assert set(rows[1]) <= set("|- ")
    assert "# Entanglement scorecard: ideal" in text


def test_machines_stand_side_by_side() -> None:
    cards = [card("ideal"), card("synthetic_polaris")]
    html, text = scorecard.compare_html(cards), scorecard.compare_markdown(cards)
    for wanted in ("ideal", "Polaris 16 (synthetic)", "Mean S", "Superdense coding"):
        assert wanted in html
        assert wanted in text
    assert read(html).tags.count(("html", {"lang": "en"})) == 1
    with pytest.raises(ValueError, match="cards must be at least two to compare, got 1"):
        scorecard.compare_html(cards[:1])


# ---------- Thresholds are those of the physics ----------


def root(function: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(function(middle)) == np.sign(function(low)) else (low, middle)
    return low


def test_protocol_thresholds_are_computed_elsewhere_too() -> None:
    coding = root(lambda f: superdense_capacity(werner_state(f)) - 1, 0.6, 0.99)
    assert pytest.approx(coding, abs=1e-6) == protocols.DENSE_CODING_FIDELITY
    assert pytest.approx(root(lambda q: 1 - 2 * binary_entropy(q), 0.01, 0.4), abs=1e-6) == protocols.BBM92_QBER

    def device_independent_rate(q: float) -> float:
        s = 2 * np.sqrt(2) * (1 - 2 * q)
        return 1 - binary_entropy(q) - binary_entropy((1 + np.sqrt(max(0.0, (s / 2) ** 2 - 1))) / 2)

    s = 2 * np.sqrt(2) * (1 - 2 * root(device_independent_rate, 0.01, 0.14))
    assert pytest.approx(s, abs=1e-4) == protocols.DEVICE_INDEPENDENT_S


# ---------- Sheets ----------


def verdict_of(name: str) -> dict[str, str]:
    return {row.figure: row.verdict for row in compare_with_sheet(card(name), read_sheet(name))}


def test_planted_overclaims_are_found() -> None:
    meridian, polaris, tidewater = map(verdict_of, SYNTHETIC)
    assert meridian["Mean readout error, 1 read as 0"] == "contradicted"
    assert meridian["S, mean"] == "contradicted"
    assert polaris["Error of one CNOT with its turns"] == "contradicted"
    assert polaris["GHZ size"] == "contradicted"
    assert polaris["Bell fidelity, mean"] == "contradicted"
    assert tidewater["Fidelity after waiting 20 µs, from T1 and T2"] == "contradicted"


def test_what_was_not_overclaimed_is_not_marked() -> None:
    meridian, polaris, tidewater = map(verdict_of, SYNTHETIC)
    assert meridian["Error of one CNOT with its turns"] != "contradicted"
    assert meridian["Qubits"] == meridian["Couplings"] == "kept"
    assert meridian["Fidelity after waiting 20 µs, from T1 and T2"] != "contradicted"
    assert polaris["Mean readout error, 1 read as 0"] != "contradicted"
    assert tidewater["S, mean"] == "kept"
    assert tidewater["Mean S"] == "kept"


def test_page_one_says_what_answered_and_what_no_card_can_tell() -> None:
    found = card("synthetic_meridian")
    for page in (scorecard.render_html(found), scorecard.render_markdown(found)):
        top = page[: page.index("Checks before any yes")]
        assert "SIMULATED. No machine was measured" in top
        assert "A machine cannot be told from a good simulation" in top
        assert "no proof against its maker" in top
    unknown = replace(found, provenance=replace(found.provenance, source="unknown"))
    assert "UNKNOWN. The answers came without job ids" in scorecard.render_html(unknown)
    named = replace(found, provenance=replace(found.provenance, source="hardware", job_ids=("j-1", "j-2")))
    assert "Hardware, by its vendor&#39;s word: 2 jobs, j-1, j-2" in scorecard.render_html(named)
    side = scorecard.compare_html([found, unknown])
    assert "SIMULATED" in side
    assert "UNKNOWN" in side
    assert "What these cards cannot tell" in side


def test_a_contradicted_sheet_is_said_on_page_one() -> None:
    html = scorecard.render_html(card("synthetic_polaris"), sheet=read_sheet("synthetic_polaris"))
    top = html[: html.index('id="checks"')]
    assert "The measurement contradicts the data sheet in" in top
    assert "All checks were passed and no fault was found" not in top


@pytest.mark.parametrize("name", SYNTHETIC)
def test_an_honest_machine_contradicts_nothing(name: str) -> None:
    sheet = read_sheet(name)
    honest = DataSheet(sheet.name, sheet.couplings, sheet.figures, synthetic=True)
    settings = Settings(ghz_sizes=(2, 6), idle_us=(0.0, 20.0), depths=(0, 5), distances=(1, 3), paths=2)
    found = scorecard.run(VirtualMachine(honest.device(), 7), shots=100_000, settings=settings)
    rows = compare_with_sheet(found, honest)
    assert [row.figure for row in rows if row.verdict == "contradicted"] == []
    assert len(rows) >= 7


def test_a_promise_is_kept_only_where_the_whole_interval_says_so() -> None:
    """The sheet understates readout threefold; two thousand shots cannot tell, and must not call it kept."""
    found = scorecard.run("synthetic_meridian", shots=3000, settings=scorecard.QUICK)
    rows = {row.figure: row for row in compare_with_sheet(found, read_sheet("synthetic_meridian"))}
    for row in rows.values():
        if row.verdict == "kept" and "at least" in row.text:
            assert row.measured.low >= row.stated
        if row.verdict == "kept" and "at most" in row.text:
            assert row.measured.high <= row.stated * 1.02
    assert rows["Mean readout error, 0 read as 1"].verdict != "kept"


def test_more_than_the_machine_has_is_contradicted() -> None:
    found = card("synthetic_polaris")
    sheet = read_sheet("synthetic_polaris")
    boast = DataSheet("boast", grid(9, 9), sheet.figures, claims={"ghz_qubits": 1e30})
    rows = {row.figure: row for row in compare_with_sheet(found, boast)}
    assert [rows[name].verdict for name in ("Qubits", "Couplings", "GHZ size")] == ["contradicted"] * 3
    assert "the machine has 16 qubits" in rows["GHZ size"].text


@pytest.mark.parametrize("figures", [{"t1_us": 100, "t2_us": 250}, {"readout_e0": 1.5}, {"two_qubit_infidelity": 0.6}])
def test_a_sheet_that_makes_no_machine_stops_before_the_first_shot_and_never_takes_the_report_along(
    tmp_path: Path, figures: dict[str, float]
) -> None:
    lines = "\n".join(f"  {name}: {value}" for name, value in figures.items())
    sheet = tmp_path / "bad.yml"
    sheet.write_text(f"name: bad\ncouplings: {{kind: line, num_qubits: 3}}\nfigures:\n{lines}\n")
    found = invoke("--device", "ideal", "--quick", "--sheet", str(sheet), "--out", str(tmp_path / "out"))
    assert found.exit_code == 1
    assert not (tmp_path / "out").exists(), "nothing was measured"
    paths = scorecard.write_report(card("ideal"), tmp_path / "late", sheet=read_sheet(sheet))
    assert "could not be held against the measurement" in paths["html"].read_text()
    assert "could not be held against the measurement" in paths["md"].read_text()


@pytest.mark.parametrize("name", SYNTHETIC)
def test_synthetic_sheets_say_so(name: str) -> None:
    sheet = read_sheet(name)
    assert sheet.synthetic
    assert "(synthetic)" in sheet.name
    assert sheet.planted
    assert "Made up for this course" in sheet.source
    with pytest.raises(ValueError, match="actual must be empty unless the sheet is synthetic"):
        DataSheet("real", line(2), {}, actual={"t1_us": 1.0})


def test_predictions_follow_from_the_figures() -> None:
    perfect = predict(DataSheet("perfect", grid(2, 2), {}))
    assert perfect["s"] == pytest.approx(2 * np.sqrt(2))
    assert perfect["fidelity"] == pytest.approx(1)
    assert perfect["ghz_qubits"] == 4
    misread = predict(DataSheet("misread", all_to_all(3), {"readout_e0": 0.01, "readout_e1": 0.05}))
    # Facts 3.3: the Bell histogram with these errors has ⟨ZZ⟩ 0.8852.
    zz = float(confuse(np.array([0.5, 0, 0, 0.5]), 0.01, 0.05) @ np.array([1, -1, -1, 1]))
    assert zz == pytest.approx(0.8852)
    assert misread["s"] == pytest.approx(2 * np.sqrt(2) * 0.94**2 + 2 * 0.04**2)


# ---------- Names of devices ----------


class Column(dict[Any, Any]):
    """Figures by qubits, as Qiskit's target gives them."""


def figures(error: float, duration: float) -> SimpleNamespace:
    return SimpleNamespace(error=error, duration=duration)


class FakeTinyville:
    """A stand-in with the shape of a snapshot: three qubits on a line."""

    def __init__(self) -> None:
        table = {
            "ecr": Column({(0, 1): figures(0.006, 5e-7), (2, 1): figures(0.009, 6e-7)}),
            "sx": Column({(q,): figures(2e-4, 3e-8) for q in range(3)}),
            "measure": Column({(q,): figures(0.01 * (q + 1), 1.2e-6) for q in range(3)}),
        }
        self.target = SimpleNamespace(
            operation_names=list(table),
            num_qubits=3,
            qubit_properties=[SimpleNamespace(t1=2e-4, t2=5e-4)] * 3,
        )
        self.target = type("Target", (SimpleNamespace,), {"__getitem__": lambda self, name: table[name]})(
            **vars(self.target)
        )


def test_an_ibm_snapshot_becomes_a_device() -> None:
    provider = SimpleNamespace(FakeTinyville=FakeTinyville)
    device = ibm_snapshots.ibm_device("tinyville", provider=provider)
    assert device.name == "ibm_tinyville"
    assert device.couplings.edges == ((0, 1), (1, 2))
    calibration = device.calibration
    assert calibration.two_qubit_infidelity[1, 2] == 0.009
    assert calibration.t2_us == (400.0, 400.0, 400.0), "T2 is cut at 2·T1"
    assert calibration.readout_e1 == (0.01, 0.02, 0.03)
    assert (calibration.one_qubit_ns, calibration.measure_ns) == (pytest.approx(30), pytest.approx(1200))
    found = scorecard.run(VirtualMachine(device), shots=20_000, settings=FAST)
    assert 0.9 < found.mean("fidelity").value < 1
    with pytest.raises(ValueError, match="device must name a snapshot of qiskit-ibm-runtime, got 'nowhere'"):
        ibm_snapshots.ibm_device("nowhere", provider=provider)
    with pytest.raises(ValueError, match="target must hold cz, ecr or cx"):
        ibm_snapshots.device_from_target("x", SimpleNamespace(operation_names=["sx"]))


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(ibm_snapshots, "import_module", refuse)
    with pytest.raises(ValueError, match=r"device of IBM needs the extra `ibm`"):
        scorecard.load_machine("ibm_boston")


def test_every_name_loads() -> None:
    names = scorecard.device_names()
    assert {"ideal", "willow_pink", "weber", "rainbow", "ion_trap_98", *SYNTHETIC} <= set(names)
    for name in names:
        assert scorecard.load_machine(name).couplings.edges
    with pytest.raises(ValueError, match="device must be one of 'ideal'"):
        scorecard.load_machine("unheard_of")


# ---------- The command ----------

APP = typer.Typer()
APP.command()(command)


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(APP, list(arguments))


def test_the_command_measures_writes_and_resumes(tmp_path: Path) -> None:
    options = ("--device", "ideal", "--shots", "20000", "--quick", "--out", str(tmp_path))
    first = invoke(*options, "--sheet", "synthetic_meridian")
    assert first.exit_code == 0, first.output
    assert "Does the hardware make entanglement" in first.output.replace("\n", " ") or "Question" in first.output
    record = json.loads((tmp_path / "scorecard.json").read_text())
    assert record["provenance"]["circuits_resumed"] == 0
    assert "The data sheet against the measurement" in (tmp_path / "scorecard.html").read_text()
    assert invoke(*options).exit_code == 0
    again = json.loads((tmp_path / "scorecard.json").read_text())
    assert again["provenance"]["circuits_resumed"] == len(list((tmp_path / "batches").iterdir()))
    assert "were taken from an earlier run, the oldest measured at" in (tmp_path / "scorecard.html").read_text()
    assert invoke(*options, "--fresh").exit_code == 0
    assert json.loads((tmp_path / "scorecard.json").read_text())["provenance"]["circuits_resumed"] == 0


def test_the_command_compares_devices_and_files(tmp_path: Path) -> None:
    stored = tmp_path / "stored.json"
    stored.write_text(card("ideal").to_json())
    found = invoke(
        "--compare", "synthetic_tidewater", str(stored), "--shots", "20000", "--quick", "--out", str(tmp_path)
    )
    assert found.exit_code == 0, found.output
    assert "Side by side: Tidewater HX-23 (synthetic), ideal" in found.output
    assert (tmp_path / "comparison.html").exists()
    assert (tmp_path / "synthetic_tidewater" / "scorecard.html").exists()


def test_the_report_is_written_before_anything_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under `| head -1`: whoever reads the output may go away, and a terminal may not know the letters."""

    def gone(*_: Any) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(cli, "_print", gone)
    found = invoke("--device", "ideal", "--shots", "20000", "--quick", "--out", str(tmp_path))
    assert found.exit_code == 1
    assert "scorecard:" not in found.output, "a reader who went away is no error of the machine"
    assert {path.name for path in tmp_path.glob("scorecard.*")} == {
        "scorecard.html", "scorecard.md", "scorecard.json",
    }  # fmt: skip


def test_the_command_lists_and_refuses(tmp_path: Path) -> None:
    assert "willow_pink" in invoke("--list").output
    assert invoke().exit_code == 2
    assert invoke("--compare", "ideal").exit_code == 2
    wrong = invoke("--device", "unheard_of", "--out", str(tmp_path))
    assert wrong.exit_code == 1
    assert "scorecard: device must be one of" in wrong.output
    small = invoke("--device", "ideal", "--shots", "50", "--out", str(tmp_path))
    assert small.exit_code == 1
    assert "budget must be at least" in small.output
