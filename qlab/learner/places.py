"""Where a learner's notebooks are: paths, names of units and working directories, as a person types them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from qlab._editions import Laid, is_released, lay_out
from qlab._files import write_atomically
from qlab.checks import all_units, slug

OWN = "my_exercises"
"""The folder of a learner's own, which git does not track and no release replaces."""

_PACKED = Path(__file__).with_name("exercises")

RELEASED = _PACKED if _PACKED.is_dir() else Path(__file__).parents[2] / "exercises"
"""The units as they are handed out: an installed package brings them along, a checkout has them at its top."""


def unit_named(word: str) -> str | None:
    """The unit that a word means, or None: ``1``, ``01``, ``01_shared_state``, ``Shared State``, ``04.best_angles``."""
    name = re.sub(r"\.ipynb$", "", word.strip().casefold())
    name = re.sub(r"[\s_-]+", "_", re.sub(r"^(unit|u)[\s_-]*(?=\d|faq)", "", name))
    for unit in all_units():
        task = name.startswith(f"{unit}.")
        if task or name in (unit, unit.lstrip("0"), slug(unit), slug(unit).partition("_")[2] or unit):
            return unit
    return None


def typed(text: str, start: Path | None = None) -> Path:
    """The file or folder that somebody means.

    Args:
        text: a path, relative to here or to a folder above; or the name of a unit, in the learner's folder or below
            any path.
        start: the working directory.

    Raises:
        ValueError: where nothing is found.
    """
    here = start or Path.cwd()
    path = Path(text.strip().strip("'\"").replace("\\", "/")).expanduser()
    if (here / path).exists():
        return here / path
    above = (here, *here.parents)
    unit = unit_named(path.name)
    if unit is not None:
        parents = _homes(here) if path.parent == Path() else (folder / path.parent for folder in above)
        for folder in parents:
            for goal in _goals(folder, unit):
                if goal.is_file():
                    return goal
    for folder in above:
        if (folder / path).exists():
            return folder / path
    raise ValueError(
        f"path must be a unit's notebook or a folder that holds one, or a unit such as 01, 01_shared_state or faq, "
        f"got {text!r}"
    )


def units_folder(start: Path | None = None) -> Path | None:
    """The folder of all units that a working directory belongs to: the learner's own, else the one handed out.

    Args:
        start: the working directory.
    """
    here = start or Path.cwd()
    for folder in _homes(here):
        if holds_units(folder):
            return folder.parent if folder.name in map(slug, all_units()) else folder
    return None


def base(start: Path | None = None) -> Path:
    """The folder that reports and the learner's own folder belong in: that of the course, else the working directory.

    Args:
        start: the working directory.
    """
    here = start or Path.cwd()
    folder = units_folder(here)
    return folder.parent if folder is not None and folder.name in (OWN, RELEASED.name) else here


def holds_units(folder: Path) -> bool:
    """Whether a folder holds a unit's notebook, by itself or in the unit's folder."""
    return any(goal.is_file() for unit in all_units() for goal in _goals(folder, unit))


def within(folder: Path) -> Path:
    """The units of a course's folder: the learner's own, else those handed out; any other folder itself."""
    inner = (folder / name for name in (OWN, RELEASED.name))
    return next((each for each in inner if holds_units(each)), folder)


def start_units(units: list[str], target: Path, source: Path = RELEASED) -> Laid:
    """Copy units to a folder of the learner's own; what differs there from what was released stays.

    A notebook that somebody has already worked on where it was handed out comes along as theirs.

    Args:
        units: such as ``"04"``; none means all.
        target: the learner's folder.
        source: the units as handed out.

    Raises:
        ValueError: where the units are not at hand.
        OSError: where a file cannot be written; every file is whole.
    """
    names = [f"{slug(unit)}/{slug(unit)}.ipynb" for unit in units or all_units()]
    missing = [name for name in names if not (source / name).is_file()]
    if missing:
        raise ValueError(f"units must be at hand in {str(source)!r}, got none of {', '.join(missing)}")
    fresh = {name: (source / name).read_bytes() for name in names}
    own = [name for name in names if not is_released(fresh[name], name, source)]
    taken = []
    for name in own:
        content = fresh.pop(name)
        if not (target / name).exists():
            write_atomically(target / name, content)
            taken.append(target / name)
    laid = lay_out(fresh, target)
    return Laid((*taken, *laid.written), laid.kept, laid.beside, laid.removed)


def _homes(here: Path) -> Iterator[Path]:
    """Folders that may hold all units, nearest first."""
    for folder in (here, *here.parents):
        yield from (folder / OWN, folder / RELEASED.name, folder)


def _goals(folder: Path, unit: str) -> tuple[Path, Path]:
    name = f"{slug(unit)}.ipynb"
    return folder / slug(unit) / name, folder / name
