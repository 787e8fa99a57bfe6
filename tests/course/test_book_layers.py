"""Imports inside the book's extension point down the lists that its docstrings give."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

COURSE = Path(__file__).resolve().parents[2] / "book" / "_ext" / "course"
PACKAGES = (COURSE, COURSE / "explorers")


def layers(package: Path) -> list[set[str]]:
    """The lines of the package's docstring, lowest first, each as the modules that it names."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""
    heads = re.findall(r"^- ((?:`\w+`(?:, )?)+):", text, flags=re.MULTILINE)
    return [set(re.findall(r"\w+", head)) for head in reversed(heads)]


def modules(package: Path) -> dict[str, list[Path]]:
    """The files of each module or sub-package."""
    found = {path.stem: [path] for path in package.glob("*.py") if path.stem != "__init__"}
    return found | {init.parent.name: sorted(init.parent.rglob("*.py")) for init in package.glob("*/__init__.py")}


def imported(path: Path, package: Path) -> set[str]:
    """The modules of the package that a file imports, wherever in the file the import stands."""
    inside = path.relative_to(package.parent).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = list(inside[: len(inside) - node.level + 1]) + (node.module or "").split(".")
            names = [[*filter(None, base), alias.name] for alias in node.names]
            found |= {name[1] for name in names if name[0] == package.name and len(name) > 1}
    return found & set(modules(package))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_module_is_in_the_list_once(package):
    named = [name for layer in layers(package) for name in sorted(layer)]
    assert sorted(named) == sorted(modules(package))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_imports_point_down(package):
    below: set[str] = set()
    wrong = []
    for layer in layers(package):
        for name in layer:
            for path in modules(package)[name]:
                own = {name} if path.parent != package else set()
                upwards = imported(path, package) - below - own
                wrong += [f"{path.relative_to(COURSE)} imports {other}" for other in sorted(upwards)]
        below |= layer
    assert wrong == []


def test_an_import_that_points_up_is_found(tmp_path):
    package = tmp_path / "course"
    (package / "explorers").mkdir(parents=True)
    for path in ("__init__", "boxes", "explorers/__init__", "explorers/chsh"):
        (package / f"{path}.py").touch()
    (package / "explorers" / "chsh.py").write_text(
        "def late():\n    from ..boxes import Box\n    from . import words\n"
    )
    assert imported(package / "explorers" / "chsh.py", package) == {"boxes", "explorers"}
