"""Nothing that a learner displays takes a page minutes or gigabytes to draw; honest figures are drawn."""

from __future__ import annotations

import base64
import copy
import io
import json
import struct
import time
import zlib
from typing import Any

import matplotlib as mpl
import nbformat.v4
import numpy as np
import pytest
from matplotlib.figure import Figure

from qlab.grading.pages.costly import NOT_DRAWN, Room
from qlab.grading.pages.formulas import mathml
from qlab.grading.pages.pictures import COSTLY, drawn_elements, pixels
from qlab.grading.pages.sanitise import clean_data, clean_html, clean_markdown
from qlab.grading.trusted.outputs import within
from qlab.grading.wire.limits import MAX_PAGE_TAGS, MAX_PIXELS
from tests.hostile.test_pages import page


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def png(width: int, height: int, frames: int = 0) -> bytes:
    """A PNG that holds so many points, whatever its data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    moves = chunk(b"acTL", struct.pack(">II", frames, 0)) if frames else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + moves + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


def gif(width: int, height: int, frames: int, own: int = 1) -> bytes:
    one = b"!\xf9\x04\0\0\0\0\0," + struct.pack("<HHHH", 0, 0, own, own) + b"\0\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6) + one * frames + b";"


def jpeg(width: int, height: int, scans: int = 1) -> bytes:
    app = b"\xff\xe0\x00\x10JFIF\0" + bytes(9)
    size = b"\xff\xc2\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\0"
    return b"\xff\xd8" + app + size + b"\xff\xda\x00\x02\x00" * scans + b"\xff\xd9"


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {}>{}</svg>'
LAUGHS = '<g id="a0"><path/></g>' + "".join(
    f'<g id="a{n}">' + f'<use xlink:href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
)
CHAIN = "".join(f'<{{0}} id="p{n}">' + f'<rect {{1}}="{{2}}#p{n + 1}{{3}}"/>' * 9 + "</{0}>" for n in range(9))
STYLED = CHAIN.format("mask", "style", "mask: url( '", "')")
BOMBS = {
    "uses": SVG.format("", LAUGHS + '<use href="#a9"/>'),
    "plain href": SVG.format("", LAUGHS.replace("xlink:href", "href")),
    "patterns": SVG.format("", CHAIN.format("pattern", "fill", "url(", ")") + '<rect fill="url(#p0)"/>'),
    "styled references": SVG.format("", STYLED + '<rect mask="url(#p0)"/>'),
    "a circle": SVG.format("", '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    "depth": SVG.format("", "<g>" * 5000 + "</g>" * 5000),
    "entities": '<!DOCTYPE svg [<!ENTITY a "<g/>"><!ENTITY b "&a;&a;&a;">]>' + SVG.format("", "&b;"),
    "filter": SVG.format("", '<filter id="f"><feTurbulence numOctaves="9999"/></filter><rect filter="url(#f)"/>'),
    "nested picture": SVG.format("", '<image href="data:image/png;base64,AAAA"/>'),
    "a page": SVG.format("", "<foreignObject><p>x</p></foreignObject>"),
    "movement": SVG.format("", '<rect><animate attributeName="x" dur="1ms" repeatCount="indefinite"/></rect>'),
    "styled movement": SVG.format("", "<style>rect { animation: a 1ms infinite } </style><rect/>"),
    "styled patterns": SVG.format("", "<style>rect { fill: url(#p) }</style><rect/>"),
    "huge": SVG.format('width="9999999" height="99999"', "<g/>"),
    "exponent": SVG.format("", '<path d="M0 0H1e9" stroke-dasharray="1e-3"/>'),
    "wide": SVG.format('width="90000" height="9000"', "<g/>"),
    "encoding": '<?xml version="1.0" encoding="utf-16"?>' + SVG.format("", "<g/>"),
    "broken": "<svg><g>",
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_an_svg_that_costs_too_much_is_not_drawn(kind: str) -> None:
    assert clean_data({"image/svg+xml": BOMBS[kind]}) == {"text/html": NOT_DRAWN}
    address = "data:image/svg+xml;base64," + text(BOMBS[kind].encode())
    assert clean_html(f'<img src="{address}">') == "<img>"
    assert "base64" not in clean_markdown(f"![x]({address})")


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("image/png", png(40_000, 40_000)),
        ("image/png", png(2**31 - 1, 1)),
        ("image/png", png(1000, 1000, frames=100_000)),
        ("image/gif", gif(65_535, 65_535, 1)),
        ("image/gif", gif(1000, 1000, 5000)),
        ("image/gif", gif(1, 1, 3, own=65_535)),
        ("image/jpeg", jpeg(65_000, 65_000)),
        ("image/jpeg", jpeg(100, 100, scans=10_000)),
    ],
)
def test_a_picture_of_too_many_points_is_not_drawn(mime: str, content: bytes) -> None:
    data = text(content)
    assert pixels(mime, data) == COSTLY
    assert clean_data({mime: data, "text/plain": "figure"}) == {"text/plain": "figure"}
    assert clean_html(f'<img src="data:{mime};base64,{data}">') == "<img>"
    assert "base64" not in clean_markdown("![x](attachment:a)", {"a": {mime: data}})


def drawn(kind: str, **options: Any) -> bytes:
    figure = Figure(figsize=(8, 6))
    axes = figure.subplots()
    across, up = np.random.default_rng(1).random((2, 3000))
    axes.scatter(across, up, c=np.arange(3000), marker="x")
    axes.bar([0, 1], [0.5, 0.2], hatch="//")
    axes.set_title(r"$\langle\psi|\phi\rangle^2$ at 1234567")
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "a"}):
        figure.savefig(file, format=kind, **options)
    return file.getvalue()


def test_honest_figures_are_drawn() -> None:
    svg = drawn("svg")
    assert 3000 < drawn_elements(svg.decode()) < 20_000
    assert "base64" in clean_data({"image/svg+xml": svg.decode()})["text/html"]
    found = {kind: drawn(kind, dpi=300) for kind in ("png", "jpeg")}
    for kind, content in found.items():
        assert pixels(f"image/{kind}", text(content)) == 2400 * 1800 < MAX_PIXELS
        assert f"image/{kind}" in clean_data({f"image/{kind}": text(content)})
    assert pixels("image/gif", text(gif(300, 200, 40))) == 40 * 300 * 200


@pytest.mark.parametrize(
    "attack",
    ["<td colspan=1000 rowspan=65534>", "<td rowspan=65534>", "<th colspan=999>", "<img width=9999999 height=999999>",
     "<col span=1000>", "<td colspan=1e9>", "<img width=100000px>"],
)  # fmt: skip
def test_a_table_or_picture_has_a_size_that_can_be_laid_out(attack: str) -> None:
    clean = clean_html(f"<table><colgroup></colgroup><tr>{attack}x</table>")
    assert not [word for word in ("span=", "width", "height") if word in clean], clean
    assert 'colspan="3"' in clean_html("<table><tr><td colspan=3>x</table>")


@pytest.mark.parametrize(
    "tex", [r"\hspace{9999999em}x", r"\kern99999999em x", r"x\\[9999999em]y", r"\rule{99999em}{99999em}"]
)
def test_a_formula_has_a_width_that_can_be_laid_out(tex: str) -> None:
    assert "9999" not in clean_markdown(f"$${tex}$$").partition("<code>")[0]
    assert "<mspace" in clean_markdown(r"$a\hspace{2em}b$")


@pytest.mark.parametrize("template", ["formgrade", "feedback"])
def test_a_page_holds_so_many_elements_and_points_and_no_more(template: str) -> None:
    new = nbformat.v4
    formulas = new.new_output("display_data", {"text/latex": "$" + "x'" * 900 + "$"})
    tables = new.new_output("display_data", {"text/html": "<table>" + "<tr><td>1</td></tr>" * 8000 + "</table>"})
    large = new.new_output("display_data", {"image/png": text(png(4900, 4900)), "text/plain": "figure"})
    essays = [new.new_markdown_cell("$" + "x'" * 900 + "$\n\n" * 8) for _ in range(30)]
    cells = [
        new.new_code_cell("", outputs=[copy.deepcopy(one) for _ in range(60)]) for one in (large, formulas, tables)
    ]
    shown = page(*cells, *essays, template=template)
    inputs = shown.count("<div") + shown.count("<span")
    assert shown.count("<") < 2 * MAX_PAGE_TAGS + 2 * inputs
    assert shown.count("data:image/png") == 200_000_000 // 4900**2
    assert "This would take the page too long to draw" in shown


def test_what_has_no_room_is_not_made_over_and_over() -> None:
    new = nbformat.v4
    one = new.new_output("display_data", {"text/latex": "$" + "x'" * 900 + "$"})
    cells = [new.new_code_cell("", outputs=[copy.deepcopy(one) for _ in range(1000)])]
    cells += [new.new_markdown_cell("$" + "x'" * 900 + "$\n\n" * 8) for _ in range(100)]
    started = time.process_time()
    shown = page(*cells, template="formgrade")
    assert shown.count("<math") == MAX_PAGE_TAGS // mathml("x'" * 900).count("<")
    assert time.process_time() - started < 30.0


def test_an_honest_page_is_drawn_whole() -> None:
    new = nbformat.v4
    figure = new.new_output("display_data", {"image/png": text(drawn("png", dpi=100)), "text/plain": "figure"})
    formula = new.new_output("display_data", {"text/latex": r"$\frac{a}{b}$"})
    cells = [new.new_code_cell("1", outputs=copy.deepcopy([figure, formula])) for _ in range(25)]
    essays = [new.new_markdown_cell("An essay with $x^2$.\n\n" * 30) for _ in range(25)]
    shown = page(*cells, *essays, template="formgrade")
    assert "too long to draw" not in shown
    assert (shown.count("data:image/png"), shown.count("<mfrac>"), shown.count("<msup>")) == (25, 25, 750)


def test_room_is_taken_whole_or_not_at_all() -> None:
    room = Room(tags=10, points=100, tries=50)
    assert not room.admits("<b>" * 11)
    assert not room.admits(f'<img src="data:image/png;base64,{text(png(11, 10))}">')
    assert room == Room(tags=10, points=100, tries=38)
    assert room.admits(f'<img src="data:image/png;base64,{text(png(10, 10))}">')
    assert room == Room(tags=9, points=0, tries=37)


@pytest.mark.parametrize(
    "one",
    [
        {"output_type": "stream", "name": "stdout", "text": "x" * 190_000},
        {"output_type": "stream", "name": "stdout", "text": "\0" * 190_000},
        {"output_type": "display_data", "data": {"text/html": "\u20ac" * 60_000}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "v" * 2000, "traceback": ["t" * 90_000] * 2},
    ],
)
def test_a_notebook_takes_so_much_output_in_all(one: dict[str, Any]) -> None:
    room, cells = 5_000_000, []
    for _ in range(200):
        kept, room = within([dict(one), dict(one)], room)
        cells.append(kept)
    assert room >= 0
    assert len(json.dumps(cells)) < 5_000_000 + 200 * 1000
    assert cells[0] == [one, one], "the first cells are whole"
    assert "left out" in json.dumps(cells[-1]) or cells[-1][-1]["ename"] == "E"
