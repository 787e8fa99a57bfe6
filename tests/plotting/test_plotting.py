"""Figures say what they show, take their colours from the page, and come out the same every time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qlab import plotting
from qlab.circuits import Circuit
from qlab.plotting import Figure

ALT = "A curve rises above the line at two and falls again."
ANGLES = np.linspace(0, 180, 31)
GRID = {(r, c): (float(c), float(r)) for r in range(2) for c in range(3)}
LINKS = [((0, 0), (0, 1)), ((0, 1), (0, 2)), ((0, 1), (1, 1))]
ALL_OPERATIONS = (
    Circuit(3)
    .h(0)
    .ry(0.7, 1)
    .swap(0, 2)
    .gate("rzz", 1, 2, params=(0.3,))
    .gate("ccx", 0, 1, 2)
    .noise("depolarizing", 1, params=(0.01,))
    .noise("thermal_relaxation", 0, params=(1.0, 50.0, 40.0))
    .unitary(np.eye(4), 0, 2)
    .kraus(np.eye(2)[None], 1)
    .reset(2)
    .measure(0, 1, key="m")
    .x(2, when="m")
)

MAKERS: dict[str, Callable[[], Figure]] = {
    "lines": lambda: plotting.lines(
        ANGLES,
        {"first": np.sin(ANGLES), "second": np.cos(ANGLES)},
        alt=ALT,
        x_label="x",
        y_label="y",
        bounds={"bound": 0.5},
        verticals={"here": 20.0},
        bands={"first": (np.sin(ANGLES) - 0.1, np.sin(ANGLES) + 0.1)},
        points=["second"],
    ),
    "logarithmic": lambda: plotting.lines(
        {"only": [1, 10, 100]}, {"only": [1e-3, 1e-2, 1]}, alt=ALT, x_label="x", y_label="y", log_x=True, log_y=True
    ),
    "s": lambda: plotting.s_curve(ANGLES, {"pair": 2 * np.cos(np.radians(ANGLES))}, alt=ALT, x_label="S & angle"),
    "bars": lambda: plotting.bars({"a & b": 2.7, "c": 1.9}, alt=ALT, y_label="S", roles={"c": "bad"}, y_range=(0, 3)),
    "heat map": lambda: plotting.heat_map([[1, -0.5], [np.nan, 0]], rows="XZ", columns="XZ", alt=ALT),
    "waterfall": lambda: plotting.waterfall({"perfect": 1, "readout": -0.1, "mended": 0.02}, alt=ALT, y_label="F"),
    "intervals": lambda: plotting.intervals({"a": (1, 2, 3)}, alt=ALT, x_label="S", bounds={"local": 2}),
    "circuit": lambda: plotting.circuit(ALL_OPERATIONS, alt=ALT),
    "set-up": lambda: plotting.setup(
        {"Alice": (0, 0), "Bob": (1, 0), "referee": (0.5, 1)},
        [("Alice", "Bob", "pair", "shared"), ("referee", "Bob", "message", "y"), ("referee", "Alice", "line", "x, a")],
        alt=ALT,
    ),
    "coupling map": lambda: plotting.coupling_map(
        LINKS, GRID, alt=ALT, edge_roles={LINKS[0]: "bad"}, legend={"bad": "fails"}
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_figure_is_one_labelled_image_in_the_colours_of_the_page(name: str) -> None:
    svg = MAKERS[name]().svg()
    root = ET.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == ALT
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "currentColor" in svg or "var(--q-ink" in svg
    without_fallbacks = re.sub(r"(fill|stroke): #\w{6}; (fill|stroke): var\([^;\"]*\)", "", svg)
    assert not re.findall(r"(?:fill|stroke|color)[:=]\s*\"?#[0-9a-f]{6}", without_fallbacks), (
        "a colour that no page can change"
    )
    assert "<image" not in svg


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_figure_is_the_same_text_and_its_ids_resolve(name: str) -> None:
    svg = MAKERS[name]().svg()
    assert svg == MAKERS[name]().svg()
    ids = re.findall(r"\sid=\"([^\"]+)\"", svg)
    used = re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg)
    assert set(used) == set(ids)
    assert len(ids) == len(set(ids))


def test_ids_of_two_figures_never_meet() -> None:
    found = [set(re.findall(r"\sid=\"([^\"]+)\"", make().svg())) for make in MAKERS.values()]
    assert sum(map(len, found)) == len(set().union(*found))


def test_saving_fixes_the_colours(tmp_path: Path) -> None:
    figure = MAKERS["bars"]()
    text = figure.save(tmp_path / "bars.svg").read_text()
    assert "var(" not in text
    assert "#1b5a86" in text
    assert figure.save(tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"ending of path must be one of '.svg', '.png', got '.gif'"):
        figure.save(tmp_path / "bars.gif")


def test_values_reach_the_picture() -> None:
    svg = MAKERS["waterfall"]().svg()
    assert ">−0.10<" in svg
    assert ">0.92<" in svg
    assert ">a &amp; b<" in MAKERS["bars"]().svg()
    circuit = plotting.circuit(ALL_OPERATIONS, alt=ALT).svg()
    for word in ("depolarize", "relax", "if m", "noise", "|0⟩"):
        assert word in circuit


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: plotting.waterfall({"a": 1}, alt="short", y_label=""),
            "alt must say in a sentence what one would see",
        ),
        (lambda: plotting.waterfall({"a": 1}, alt="a_very_long_file_name.svg", y_label=""), "alt must say"),
        (
            lambda: plotting.lines([1, 2], {"a": [1]}, alt=ALT, x_label="", y_label=""),
            r"series 'a' must have the shape",
        ),
        (lambda: plotting.lines([1], {}, alt=ALT, x_label="", y_label=""), "series must hold at least one curve"),
        (
            lambda: plotting.lines([1], {"a": [1]}, alt=ALT, x_label="", y_label="", points=["b"]),
            "name of a series must be one of 'a', got 'b'",
        ),
        (lambda: plotting.bars({}, alt=ALT, y_label=""), "values must hold at least one bar"),
        (lambda: plotting.bars({"a": 1}, alt=ALT, y_label="", roles={"a": "red"}), "role must be one of"),
        (lambda: plotting.heat_map([[1]], rows="XY", columns="X", alt=ALT), r"matrix must have shape \(2, 1\)"),
        (lambda: plotting.waterfall({}, alt=ALT, y_label=""), "steps must hold at least one step"),
        (lambda: plotting.intervals({"a": (2, 1, 3)}, alt=ALT, x_label=""), "row 'a' must be ordered"),
        (lambda: plotting.intervals({}, alt=ALT, x_label=""), "rows must hold at least one interval"),
        (lambda: plotting.intervals({"a": (1, 2, 3)}, alt=ALT, x_label="", roles={"a": "red"}), "role must be one of"),
        (lambda: plotting.coupling_map([(0, 1)], {0: (0, 0)}, alt=ALT), "positions must place every qubit"),
        (lambda: plotting.coupling_map([], {}, alt=ALT), "positions must place at least one qubit"),
        (lambda: plotting.setup({}, [], alt=ALT), "boxes must hold at least one box"),
        (
            lambda: plotting.setup({"A": (0, 0)}, [("A", "B", "pair", "")], alt=ALT),
            "links must join boxes that are there, got 'B'",
        ),
        (lambda: plotting.setup({"A": (0, 0)}, [("A", "A", "rope", "")], alt=ALT), "kind must be one of"),
    ],
)
def test_bad_input_is_named(make: Callable[[], Figure], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_setup_tells_quantum_from_classical_without_colour_and_keeps_its_words_apart():
    figure = plotting.setup(
        {"Alice": (0, 0), "Bob": (2, 1)},
        [("Alice", "Bob", "qubit", "photon"), ("Bob", "Alice", "message", "")],
        alt=ALT,
    )
    svg = figure.svg()
    assert all(word in svg for word in ("Alice", "Bob", "photon"))
    shafts = re.findall(r'<path d="[^"]*" style="fill: none;[^"]*"', svg)
    assert sum("stroke-dasharray" in shaft for shaft in shafts) == 1
    assert sum("stroke-dasharray" not in shaft for shaft in shafts) >= 1
