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
    above = next(parent for parent in path.parents if parent.name == "course").parent
    here, home = path.relative_to(above).parts[:-1], package.relative_to(above).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            names = [(*base, *filter(None, (node.module or "").split(".")), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        found |= {name[len(home)] for name in names if name[: len(home)] == home and len(name) > len(home)}
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
    chsh = package / "explorers" / "chsh.py"
    chsh.write_text("def late():\n    from ..boxes import Box\n    from . import words\n")
    assert imported(chsh, package) == {"boxes", "explorers"}
    chsh.write_text("import course.boxes\nfrom course.explorers.chsh import explorer\n")
    assert imported(chsh, package) == {"boxes", "explorers"}
    assert imported(chsh, package / "explorers") == {"chsh"}
