"""Relay calls of a masked package's functions from the sandbox to the trusted side.

The stub of a masked package binds each of its relayed functions to :func:`function`; a call crosses
to the trusted side, runs there, and its answer, its printed text or its exception comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qlab.grading.wire.peer import Peer

_HEADER = (
    '"""Answered from outside the sandbox while grading."""\n\nfrom qlab.grading.student.relay import function\n\n'
)
current: list[Peer] = []


def function(name: str) -> Callable[..., Any]:
    """Return a function that runs the trusted side's function of that dotted name."""

    def relayed(*args: Any, **kwargs: Any) -> Any:
        if not current:
            raise RuntimeError(f"{name} answers only while a cell runs")
        printed, value = current[-1].ask("relay", name, args, kwargs)
        if printed:
            print(printed, end="")
        return value

    relayed.__name__ = relayed.__qualname__ = name.rpartition(".")[2]
    return relayed


def write_stubs(directory: Path, masked: list[str], relayed: list[str]) -> dict[str, Path]:
    """Write one stub package per masked package; return where each one is.

    Args:
        directory: an empty directory for the stubs.
        masked: dotted names of packages or modules.
        relayed: dotted names of functions that still answer.

    Example:
        >>> import tempfile
        >>> found = write_stubs(Path(tempfile.mkdtemp()), ["json"], ["json.dumps"])
        >>> found["json"].name
        'json'
    """
    from qlab.grading.student.bubblewrap import package_place

    stubs: dict[str, Path] = {}
    for package in masked:
        names = [name.rpartition(".")[2] for name in relayed if name.rpartition(".")[0] == package]
        text = _HEADER + "".join(f'{name} = function("{package}.{name}")\n' for name in names)
        place = package_place(package)
        stubs[package] = directory / package
        if place is not None and place.is_file():
            stubs[package].write_text(text)
            stubs[package].chmod(0o644)
        else:
            stubs[package].mkdir(mode=0o755, exist_ok=True)
            (stubs[package] / "__init__.py").write_text(text)
            (stubs[package] / "__init__.py").chmod(0o644)
    return stubs
