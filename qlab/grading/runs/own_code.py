"""The code of a course's own modules, for a result's name: masked packages and what they import of their own."""

from __future__ import annotations

import ast
import hashlib
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from qlab.grading.student.bubblewrap import package_place


def digest_of_own_code(masked: Iterable[str], imported: Iterable[str]) -> str:
    """Return a hash of the code that may decide what a test says, however it is worded or laid out.

    It covers the masked packages whole, the modules that the notebooks import where these are nobody else's (not in
    the standard library, nor among installed packages), and what either imports of the same top-level packages.
    Comments and docstrings decide nothing.

    Args:
        masked: masked packages, by name.
        imported: modules that the assignment's notebooks import.
    """
    places = {name: place for name in masked if (place := package_place(name)) is not None}
    tops = {name.partition(".")[0] for name in places}
    waiting: list[tuple[str, Path]] = []
    for name, place in places.items():
        waiting += _modules_of(name, place)
    for name in imported:
        top = name.partition(".")[0]
        if top in tops or _is_own(top):
            tops.add(top)
            waiting += _found(name)
    seen: dict[str, str] = {}
    while waiting:
        name, path = waiting.pop()
        if name in seen:
            continue
        seen[name], names = _summary(path.read_bytes(), name, path.name == "__init__.py")
        waiting += [one for each in names if each.partition(".")[0] in tops for one in _found(each)]
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()


def _is_own(top: str) -> bool:
    """Return whether a package is the course's own: neither the standard library's nor installed."""
    place = package_place(top)
    if place is None:
        return False
    others = [Path(sysconfig.get_path(one)) for one in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not any(place.is_relative_to(one) for one in others)


def _modules_of(name: str, place: Path) -> Iterator[tuple[str, Path]]:
    """Yield every module of a package, or the one module."""
    if place.is_file():
        yield name, place
        return
    for path in sorted(place.rglob("*.py")):
        parts = path.relative_to(place).with_suffix("").parts
        yield ".".join([name, *parts[: -1 if parts[-1] == "__init__" else None]]), path


def _found(name: str) -> Iterator[tuple[str, Path]]:
    """Yield a module and the packages around it, as far as they lie in files; a name in a module ends the way."""
    top, *rest = name.split(".")
    place = package_place(top)
    if place is None:
        return
    if place.is_file():
        yield top, place
        return
    known = top
    for part in ["", *rest]:
        if part:
            place, known = place / part, f"{known}.{part}"
        if (place / "__init__.py").is_file():
            yield known, place / "__init__.py"
        elif place.with_suffix(".py").is_file():
            yield known, place.with_suffix(".py")
            return
        elif not place.is_dir():
            return


@lru_cache(maxsize=4096)
def _summary(content: bytes, name: str, is_package: bool) -> tuple[str, tuple[str, ...]]:
    """Return a hash of a module's code and the names that it imports; of what is no Python, of its bytes."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return hashlib.sha256(content).hexdigest(), ()
    names: list[str] = []
    around = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = around[: len(around) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = _without_docstring(node.body)
    return hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest(), tuple(dict.fromkeys(names))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    texts = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if texts else body
