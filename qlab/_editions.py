"""Released files laid out where people write in them: a newer edition never replaces what somebody changed.

Next to the files stands a list of the digests of all that was ever laid out there. A file whose digest is on it is
as it was released and may be replaced; any other is somebody's, and the newer edition is laid beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlab._files import write_atomically

RECORD = ".released.json"
"""The list of digests, in the folder that the files are laid out in; git tracks that of ``exercises/``."""


@dataclass(frozen=True)
class Laid:
    """What became of the released files.

    Attributes:
        written: files that are new, or as the new release has them.
        kept: files that somebody changed, which stay as they are.
        beside: newer editions, each laid beside a file that was kept.
        removed: files as they were released that belong to no release any more.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


def lay_out(fresh: Mapping[str, bytes], target: Path, *, drop_others_in: tuple[Path, ...] = ()) -> Laid:
    """Bring a folder up to a release, and leave alone whatever differs in any way from what was ever released.

    Args:
        fresh: content by path, relative to the target, with slashes.
        target: the folder; made where it is missing.
        drop_others_in: folders from which notebooks without a source go, if nobody changed them.

    Raises:
        OSError: the disk is full or the folder cannot be written; every file is whole, the old one or the new one.
    """
    ours = _record(target)
    written, kept, beside = [], [], []
    for name, content in sorted(fresh.items()):
        goal = target / name
        held = goal.read_bytes() if goal.exists() else None
        past = ours.setdefault(name, [])
        # What begins as the release does and stops was cut off by a full disk.
        if held is None or content.startswith(held) or digest(held) in past:
            if held != content:
                write_atomically(goal, content)
                written.append(goal)
        else:
            kept.append(goal)
            if digest(content) not in past:
                place = _free_place(goal, content)
                write_atomically(place, content)
                beside.append(place)
        if digest(content) not in past:
            past.append(digest(content))
    removed = _drop(drop_others_in, target, {name: past for name, past in ours.items() if name not in fresh})
    content = (json.dumps(ours, indent=1, sort_keys=True) + "\n").encode()
    if fresh and (not (target / RECORD).exists() or (target / RECORD).read_bytes() != content):
        write_atomically(target / RECORD, content)
    return Laid(tuple(written), tuple(kept), tuple(beside), removed)


def is_released(content: bytes, name: str, target: Path) -> bool:
    """Whether a file of a folder is as it was laid out there.

    Args:
        content: of the file.
        name: its path, relative to the folder, with slashes.
        target: the folder.
    """
    return digest(content) in _record(target).get(name, [])


def _drop(folders: tuple[Path, ...], target: Path, past: dict[str, list[str]]) -> tuple[Path, ...]:
    """Remove notebooks that were released once, are not now, and that nobody changed."""
    removed = []
    for path in sorted(found for folder in folders for found in folder.rglob("*.ipynb")):
        if digest(path.read_bytes()) in past.get(path.relative_to(target).as_posix(), []):
            path.unlink()
            removed.append(path)
    return tuple(removed)


def _free_place(goal: Path, content: bytes) -> Path:
    """Where a newer edition goes: a name that nobody uses, or that holds this very edition."""
    number = 1
    while True:
        place = goal.with_name(f"{goal.stem}.new-edition{f'-{number}' if number > 1 else ''}{goal.suffix}")
        if not place.exists() or place.read_bytes() == content:
            return place
        number += 1


def digest(content: bytes) -> str:
    """The name by which a content is known."""
    return hashlib.sha256(content).hexdigest()


def _record(target: Path) -> dict[str, list[str]]:
    """Digests by path; a list that cannot be read knows nothing, and so nothing is replaced."""
    try:
        found = json.loads((target / RECORD).read_text(encoding="utf-8"))
        return {str(name): [str(each) for each in digests] for name, digests in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
