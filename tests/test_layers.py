"""Imports point one way, and the core needs NumPy alone: proved by parsing, and by importing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "qlab"
EDGES = {
    "cirq": {"interop"},
    "cirq_google": {"interop"},
    "matplotlib": {"plotting"},
}
PHYSICS_FREE = {"grading"}


LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(layer.split())
    for layer in (
        "_validate",
        "states gates tables",
        "circuits",
        "simulator channels measures",
        "bell",
        "protocols keys networks",
        "devices",
        "interop plotting",
        "scorecard",
        "checks",
        "authoring learner doctor",
        "cli",
    )
)
FAMILIES = (LAYERS[3],)
"""Modules of one subject that were split by size may use each other; other neighbours may not."""


def imported(path: Path) -> set[str]:
    """Top-level and lazy imports of a module, absolute names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part(path: Path) -> str:
    """The module or sub-package of qlab that a file belongs to."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


SOURCES = sorted(p for p in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_edges_stay_at_the_edge(path: Path) -> None:
    for library, allowed in EDGES.items():
        uses = any(name.split(".")[0] == library for name in imported(path))
        assert not uses or part(path) in allowed, f"{path.name} imports {library}"


@pytest.mark.parametrize("path", [p for p in SOURCES if part(p) in PHYSICS_FREE], ids=lambda p: p.name)
def test_grading_imports_no_physics(path: Path) -> None:
    foreign = {n for n in imported(path) if n.split(".")[0] == "qlab" and not n.startswith("qlab.grading")}
    assert foreign <= {"qlab"}, f"{path.name} imports {foreign}"


def test_importing_the_core_loads_numpy_and_nothing_heavier() -> None:
    probe = (
        "import sys, qlab, qlab.statevector, qlab.channels, qlab.measures, qlab.chsh;"
        "import qlab.teleportation, qlab.qkd, qlab.links;"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "numpy" in loaded
    assert not loaded & {
        "cirq",
        "cirq_google",
        "matplotlib",
        "scipy",
        "nbgrader",
        "nbformat",
        "IPython",
        "typer",
        "rich",
        "pandas",
    }


def qlab_parts(path: Path) -> set[str]:
    """The parts of qlab that a file imports."""
    found = set()
    for name in imported(path):
        pieces = name.split(".")
        if pieces[0] == "qlab" and len(pieces) > 1:
            found.add(pieces[1])
    return {name for name in found if any(name in layer for layer in LAYERS) or name == "grading"}


def test_every_part_has_its_layer() -> None:
    known = frozenset().union(*LAYERS) | {"grading", "__init__"}
    assert {part(path) for path in SOURCES} <= known


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if part(p) not in {"grading", "__init__"}], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_point_left(path: Path) -> None:
    own = part(path)
    rank = next(i for i, layer in enumerate(LAYERS) if own in layer)
    family = next((f for f in FAMILIES if own in f), frozenset())
    for name in qlab_parts(path) - {own} - family:
        if name == "grading":
            assert own in {"learner", "authoring", "cli"}, f"{own} imports grading"
        else:
            other = next(i for i, layer in enumerate(LAYERS) if name in layer)
            assert other < rank, f"{own} imports {name}, which stands in its own layer or to the right"
