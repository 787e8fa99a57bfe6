"""The explorers' tables: known values, shapes, and what is drawn agrees with what is said."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
explorers = importlib.import_module("course.explorers")
drawing = importlib.import_module("course.explorers.drawing")
records = importlib.import_module("course.explorers.records")
words = importlib.import_module("course.explorers.words")


@pytest.fixture(scope="module", params=sorted(explorers.EXPLORERS))
def explorer(request):
    return explorers.EXPLORERS[request.param]()


def panel(explorer, key):
    return next(panel for panel in explorer.panels if panel.key == key)


def at(explorer, **wanted):
    """The index of the state with these slider values."""
    return tuple(axis.values.index(wanted[axis.key]) if axis.key in wanted else axis.start for axis in explorer.axes)


def test_every_state_has_a_sentence(explorer):
    for index in np.ndindex(explorer.verdict.shape):
        assert 0 <= explorer.verdict[index] < len(explorer.verdicts)
    keys = set(re.findall(r"\{(\w+)\}", explorer.sentence))
    assert keys <= {axis.key for axis in explorer.axes} | set(explorer.quantities())
    assert {int(v) for v in explorer.verdict.ravel()} == set(range(len(explorer.verdicts)))


def test_the_script_gets_the_same_numbers_that_python_draws(explorer):
    table = json.loads(drawing.table_json(explorer))
    size = int(np.prod(explorer.verdict.shape))
    assert all(len(shown) == size for shown in table["quantities"].values())
    assert len(table["verdict"]) == size
    flat = int(np.ravel_multi_index(explorer.start, explorer.verdict.shape))
    svg = drawing.figure_svg(explorer)
    for key in table["panels"]:
        assert f'cy="{table["heights"][key][flat]}"' in svg


def test_heights_fall_as_values_rise(explorer):
    for drawn in explorer.panels:
        low, high = drawn.limits
        values = np.geomspace(low, high, 7) if drawn.logarithmic else np.linspace(low, high, 7)
        heights = [drawing.height_of(drawn, float(value)) for value in values]
        assert heights == sorted(heights, reverse=True)


def test_chsh_reaches_both_bounds():
    chsh = explorers.EXPLORERS["chsh"]()
    s = panel(chsh, "s").values
    assert s.max() == pytest.approx(2 * np.sqrt(2))
    best = at(chsh, angle=45.0, fidelity=1.0)
    assert s[best] == s.max()
    assert chsh.said["wins"][best] == "85.4 %"
    assert s[at(chsh, angle=45.0, fidelity=0.25)] == pytest.approx(0)
    assert "no entanglement" in chsh.verdicts[chsh.verdict[at(chsh, fidelity=0.5)]]


def test_link_rates_against_a_hand_calculation():
    links = explorers.EXPLORERS["links"]()
    rate, fidelity = panel(links, "rate").values, panel(links, "fidelity").values
    # 100 km at 0.2 dB/km: of 1e6 photons one in a hundred arrives, beside 0.001 dark counts a second.
    assert rate[at(links, length=100.0, loss=0.2, repeaters=1.0)] == pytest.approx(1e4 + 0.00099, rel=1e-9)
    # At 600 km a millionth of a photon arrives a second, and a thousandth of a dark count.
    far = at(links, length=600.0, loss=0.2, repeaters=1.0, quality=0.98)
    assert fidelity[far] == pytest.approx((1e-6 * 0.98 + 1e-3 / 4) / (1e-6 + 1e-3), rel=1e-6)
    assert "dark counts" in links.verdicts[links.verdict[far]]
    # Two segments of 50 km: a herald in ½·0.1 of the rounds of 244.83 µs, (3-2p)/(p(2-p)) rounds and one for the news.
    two = at(links, length=100.0, loss=0.2, repeaters=2.0)
    assert rate[two] == pytest.approx(1 / (244.83e-6 * (2.9 / (0.05 * 1.95) + 1)), rel=1e-4)
    assert (np.diff(rate, axis=0) < 0).all()
    assert (np.diff(fidelity, axis=0) <= 1e-12).all()


def test_chapter_06_draws_and_the_explorer_shows_the_same_numbers():
    text = (Path(__file__).resolve().parents[2] / "book" / "06_quantum_networks.md").read_text(encoding="utf-8")
    code = next(
        cell for cell in re.findall(r"```\{code-cell\} python\n(.*?)```", text, re.DOTALL) if "lines = {" in cell
    )
    chapter: dict = {}
    exec(code, chapter)
    links = explorers.EXPLORERS["links"]()
    rate, fidelity = panel(links, "rate").values, panel(links, "fidelity").values
    compared = 0
    for name, line in chapter["lines"].items():
        segments = 1 if name == "direct" else int(name.split()[0])
        for km, budget in zip(chapter["distances"], line, strict=True):
            if km in links.axes[0].values:
                here = at(links, length=float(km), repeaters=float(segments), quality=0.98, loss=0.2)
                assert rate[here] == pytest.approx(budget.pairs_per_second, rel=1e-12), (name, km)
                assert fidelity[here] == pytest.approx(budget.fidelity, rel=1e-12), (name, km)
                compared += 1
    assert compared >= 4 * 8


def test_the_eavesdropper_costs_a_quarter_of_her_share():
    dial = explorers.EXPLORERS["eavesdropper"]()
    qber, s, key = (panel(dial, name).values for name in ("qber", "s", "key"))
    everything = at(dial, share=100.0, fidelity=1.0)
    assert qber[everything] == pytest.approx(25)
    assert s[everything] == pytest.approx(np.sqrt(2))
    assert key[everything] == 0
    nothing = at(dial, share=0.0, fidelity=1.0)
    assert (qber[nothing], key[nothing]) == (pytest.approx(0), pytest.approx(1))
    assert not ((key > 0) & (s <= 2)).any()


@pytest.mark.parametrize(
    ("rate_hz", "said"),
    [
        (2614.2, "2,600 pairs a second"),
        (0.25, "one pair every 4.0 seconds"),
        (1 / 7200, "one pair every 2.0 hours"),
        (1 / (86_400 * 365.25 * 40), "one pair every 40 years"),
        (1e-20, "no pair within the age of the universe"),
    ],
)
def test_rates_in_words(rate_hz, said):
    assert words.rate_in_words(rate_hz) == said


def test_a_panel_of_the_wrong_shape_is_refused():
    chsh = explorers.EXPLORERS["chsh"]()
    wrong = records.Panel("s", "S", np.zeros(3), np.array(["", "", ""]), (0.0, 1.0))
    with pytest.raises(ValueError, match=r"panel s must have shape \(19, 16\), got \(3,\)"):
        records.Explorer("x", "t", chsh.axes, (wrong,), "", ("",), chsh.verdict, (0,))
