"""The reference follows the package: rooms, modules and names are found, not listed."""

from __future__ import annotations

import importlib
import io
import re
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import qlab

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_ext"))
course = importlib.import_module("course")
reference = importlib.import_module("course.reference")

MADE_UP = {"shown", "moved", "left", "constants"}
MODULE = '"""What {0} is."""\n\ndef {0}_value():\n    """The value."""\n'
FILES = {
    "__init__": '"""The package."""',
    "gates": MODULE.format("gates"),
    "cli": MODULE.format("cli"),
    "bell/__init__": '"""Bell tests."""',
    "bell/chsh": MODULE.format("chsh"),
    "bell/_private": MODULE.format("private"),
    "devices/__init__": '"""Devices."""\nfrom .hardware import hardware_value\n__all__ = ["hardware_value"]\n',
    "devices/hardware": MODULE.format("hardware"),
}


def made_up(folder: Path, package: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def page(folder: Path, package: str, without: str = "cli") -> tuple[nodes.document, str]:
    source = folder / "source"
    source.mkdir()
    (source / "index.rst").write_text(f"Reference\n=========\n\n.. reference:: {package}\n   :without: {without}\n")
    places = (str(source), None, str(folder / "out"), str(folder / "trees"), "dummy")
    said = io.StringIO()
    with docutils_namespace():
        app = Sphinx(*places, confoverrides={"extensions": ["course.reference"]}, status=None, warning=said)
        app.build()
        return app.env.get_doctree("index"), said.getvalue()


def titles(section: nodes.Element) -> list[object]:
    """The titles of the sections inside, each followed by the list of its own where it has any."""
    found: list[object] = []
    for inner in section.children:
        if isinstance(inner, nodes.section):
            found += [inner.next_node(nodes.title).astext(), *filter(None, [titles(inner)])]
    return found


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] in MADE_UP]:
        del sys.modules[name]


def test_rooms_hold_their_modules_or_the_names_they_export(packages):
    made_up(packages, "shown", FILES)
    document, said = page(packages, "shown")
    assert said == ""
    assert titles(document.next_node(nodes.section)) == [
        "shown",
        ["shown.gates"],
        "shown.bell",
        ["shown.bell.chsh"],
        "shown.devices",
    ]
    names = [
        name for node in document.findall(nodes.Element) for name in node.get("ids", []) if name.endswith("_value")
    ]
    assert names == ["shown.gates.gates_value", "shown.bell.chsh.chsh_value", "shown.devices.hardware_value"]


def test_a_module_that_moves_is_found_in_its_new_room(packages):
    made_up(packages, "moved", {name.replace("gates", "bell/gates"): text for name, text in FILES.items()})
    assert titles(page(packages, "moved")[0].next_node(nodes.section))[:3] == [
        "moved",
        "moved.bell",
        ["moved.bell.chsh", "moved.bell.gates"],
    ]


def test_leaving_out_what_is_not_there_is_an_error(packages):
    made_up(packages, "left", FILES)
    _, said = page(packages, "left", without="cli course")
    assert "without must name modules of left, got left.course" in said


def test_the_page_leaves_out_only_what_is_there():
    page = (Path(__file__).resolve().parents[2] / "book" / "api.md").read_text(encoding="utf-8")
    found = re.search(r"^:without: (.*)$", page, flags=re.MULTILINE)
    assert found
    left_out = {f"qlab.{name}" for name in found[1].split()}
    assert left_out
    assert left_out <= {module.__name__ for module in reference.public_modules(qlab)}


def test_a_constant_is_shown_with_its_own_docstring_alone(packages):
    lines = [
        '"""Bounds."""',
        "PLAIN = 1",
        "BOUND = (",
        "    2",
        ")",
        '"""Most that lists reach."""',
        "_HIDDEN = 3",
        '"""No."""',
    ]
    made_up(packages, "constants", {"__init__": "", "bounds": "\n".join(lines)})
    bounds = importlib.import_module("constants.bounds")
    assert reference.public_names(bounds) == [("BOUND", 2, "Most that lists reach.")]


def test_a_change_of_the_extension_makes_stored_pages_old(tmp_path):
    made_up(tmp_path, "extension", FILES)
    before = course.code_version(tmp_path)
    assert course.code_version(tmp_path) == before
    (tmp_path / "extension" / "gates.py").write_text('"""Changed."""')
    assert course.code_version(tmp_path) != before


def test_stored_pages_carry_the_version_of_the_code():
    folder = Path(course.__file__).parent
    assert course.setup(MagicMock())["env_version"] == course.code_version(folder)
