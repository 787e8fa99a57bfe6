"""What lies in `submitted/`: every file is part of a submission, refused with a reason or ignored with one."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from qlab.grading.notebooks.files import EMPTY, HIDDEN, Found, files_below, is_notebook_name, is_plain_name, shown
from qlab.grading.notebooks.matching import Match, Outline, match
from qlab.grading.notebooks.reading import MAX_NOTEBOOK_BYTES, Notebook, UnreadableNotebook, parse_notebook, read_bytes

NOT_SUBMITTED = "not submitted"
_MOST_SHOWN = 5
_LIKE_NOTEBOOKS = (".json", ".txt", "")
"""Endings under which a notebook may hide when none has the right name."""


@dataclass(frozen=True)
class Submission:
    """One learner's submission of one assignment, as files that were read safely.

    Attributes:
        learner: the learner's id.
        assignment: the assignment's name.
        notebooks: content by notebook name.
        unreadable: why a notebook could not be read or is not there, by name.
        files: the other files, by relative name.
        timestamp: what timestamp.txt says, if anything.
        taken: the file that stands for a notebook, by name, where it is called otherwise.
        ignored: why a file is no part of the submission, by relative name.
    """

    learner: str
    assignment: str
    notebooks: dict[str, bytes]
    unreadable: dict[str, str]
    files: dict[str, bytes]
    timestamp: str | None
    taken: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)


def read_submission(
    directory: Path,
    learner: str,
    assignment: str,
    outlines: Callable[[], Mapping[str, Outline]],
    names: list[str],
    own: Callable[[], frozenset[tuple[int, int]]],
) -> Submission:
    """Read a submission's files: regular ones only, no links followed, sizes capped.

    Args:
        directory: where it lies.
        learner: the learner's id.
        assignment: the assignment's name.
        outlines: makes the outlines of the assignment's notebooks, by name.
        names: the assignment's notebooks.
        own: finds the files of the course, by device and number: none of them is a learner's, whatever its name.
    """
    rule = _LinkRule(own)
    notebooks, unreadable = _read_named(directory, names, rule)
    found = files_below(directory, rule.for_files)
    if list(found.left_out) == ["."]:
        unreadable = dict.fromkeys(names, "the submission's folder may not be entered")
        return Submission(learner, assignment, {}, unreadable, {}, None)
    expected = {f"{name}.ipynb" for name in names}
    ignored = {name: why for name, why in found.left_out.items() if name not in expected}
    files = dict(found.files)
    missing = [name for name in names if name not in notebooks and name not in unreadable]
    others = _parsed(directory, [name for name in found.notebooks if name not in expected], rule, ignored)
    others |= _disguised(found.files) if missing else {}
    matched = Match()
    if others:
        parsed = {file: notebook for file, (notebook, _) in others.items()}
        matched = match(outlines(), parsed, set(names) - set(missing))
    for name, file in matched.taken.items():
        notebooks[name] = others[file][1]
        files.pop(file, None)
    for file in matched.others:
        files.setdefault(file, others[file][1])
    ignored |= {file: why for file, why in matched.passed_over.items() if file not in files}
    unreadable |= matched.refused
    unreadable |= {name: _not_there(found) for name in missing if name not in notebooks and name not in unreadable}
    for place in {PurePath(file).parent for file in matched.taken.values()} - {PurePath()}:
        below = [name for name in found.files if PurePath(name).is_relative_to(place)]
        files |= {str(PurePath(name).relative_to(place)): found.files[name] for name in below}
    stamp = files.get("timestamp.txt")
    timestamp = stamp.decode(errors="replace").strip()[:100] if stamp else None
    return Submission(learner, assignment, notebooks, unreadable, files, timestamp or None, matched.taken, ignored)


def _read_named(directory: Path, names: list[str], rule: _LinkRule) -> tuple[dict[str, bytes], dict[str, str]]:
    """Read the notebooks that have the assignment's names; say of those that are there why they cannot be read."""
    notebooks: dict[str, bytes] = {}
    unreadable: dict[str, str] = {}
    for name in names:
        place = directory / f"{name}.ipynb"
        try:
            notebooks[name] = read_bytes(place, objection=rule.for_notebooks)
        except UnreadableNotebook as error:
            if _is_there(place):
                unreadable[name] = str(error)
    return notebooks, unreadable


class _LinkRule:
    """Which second names of files (hard links) are honest: backups make them, and so may a thief.

    A file of the course's own is no learner's. Beside a notebook with one name only, a file with two is none of
    the submission's either: a backup links them all.
    """

    def __init__(self, own: Callable[[], frozenset[tuple[int, int]]]) -> None:
        self._own = own
        self._linked = False

    def for_notebooks(self, status: os.stat_result) -> str:
        """Say why a notebook may not be read."""
        if not stat.S_ISREG(status.st_mode) or status.st_nlink < 2:
            return ""
        self._linked = True
        if (status.st_dev, status.st_ino) in self._own():
            return "is a hard link to a file of the course: hand in a copy"
        return ""

    def for_files(self, status: os.stat_result) -> str:
        """Say why a file beside the notebooks may not be read."""
        if status.st_nlink > 1 and not self._linked:
            return "is a hard link: hand in a copy"
        return self.for_notebooks(status)


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _parsed(
    directory: Path, names: list[str], rule: _LinkRule, ignored: dict[str, str]
) -> dict[str, tuple[Notebook, bytes]]:
    """Read files that are called like notebooks; say of those that are none why they are ignored."""
    found: dict[str, tuple[Notebook, bytes]] = {}
    room = MAX_NOTEBOOK_BYTES
    for name in names:
        try:
            content = read_bytes(directory / name, room, objection=rule.for_notebooks)
            found[name] = parse_notebook(content), content
        except UnreadableNotebook as error:
            ignored[name] = str(error)
        else:
            room -= len(content)
    return found


def _disguised(files: Mapping[str, bytes]) -> dict[str, tuple[Notebook, bytes]]:
    """Return the notebooks among files of other kinds."""
    found: dict[str, tuple[Notebook, bytes]] = {}
    for name, content in files.items():
        if PurePath(name).suffix.lower() in _LIKE_NOTEBOOKS and content.lstrip()[:1] == b"{":
            with contextlib.suppress(UnreadableNotebook):
                found[name] = parse_notebook(content), content
    return found


def _not_there(found: Found) -> str:
    held = [name for name in [*found.notebooks, *found.files, *found.left_out]
            if name != "timestamp.txt" and found.left_out.get(name) != HIDDEN]  # fmt: skip
    if not held:
        return f"{NOT_SUBMITTED}: {EMPTY}"
    listed = ", ".join(map(shown, held[:_MOST_SHOWN])) + (" and more" if len(held) > _MOST_SHOWN else "")
    none = "none of them holds its cells" if any(map(is_notebook_name, held)) else "none of them is a notebook"
    return f"{NOT_SUBMITTED}: there is {listed}; {none}"


def learners_in(submitted: Path, learner: str) -> Iterator[str]:
    """Yield the ids of those who submitted an assignment; links are not followed.

    Args:
        submitted: a submission's directory.
        learner: the part of it that stands for a learner.
    """
    for name, place in _folders(submitted, learner):
        try:
            there = place.is_dir() and not place.is_symlink()
        except PermissionError:  # a folder that may not be entered: its learner is told, not left out
            there = True
        if there:
            yield name


def strays(submitted: Path, learner: str, known: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield what lies in `submitted/` and is no assignment's, with the reason.

    Args:
        submitted: a submission's directory.
        learner: the part of it that stands for a learner.
        known: the same directory for each of the course's assignments.
    """
    base, _ = _split(submitted, learner)
    folders = {name for name, _ in _folders(submitted, learner)}
    for entry in sorted(os.scandir(base), key=lambda one: one.name) if base.is_dir() else ():
        if entry.name not in folders:
            yield entry.name, _why_no_learner(entry)
    rests = {_split(place, learner)[1].parts[:1] for place in known}
    firsts = {parts[0] for parts in rests if parts}
    if not firsts:
        return
    for name in sorted(folders):
        try:
            entries = sorted(os.scandir(base / name), key=lambda one: one.name)
        except OSError:
            continue  # its learner is refused, with the reason
        for entry in entries:
            if entry.name in firsts and not entry.is_symlink() and entry.is_dir():
                continue
            yield f"{name}/{entry.name}", _why_no_assignment(entry, firsts)
        if not entries:
            yield f"{name}/", EMPTY


def _split(submitted: Path, learner: str) -> tuple[Path, Path]:
    """Return what stands before and after the learner in a submission's directory."""
    depth = submitted.parts.index(learner)
    return Path(*submitted.parts[:depth]), Path(*submitted.parts[depth + 1 :])


def _folders(submitted: Path, learner: str) -> Iterator[tuple[str, Path]]:
    base, rest = _split(submitted, learner)
    for place in sorted(base.iterdir()) if base.is_dir() else ():
        if not place.name.startswith(".") and is_plain_name(place.name) and not place.is_symlink() and place.is_dir():
            yield place.name, place / rest


def _why_no_learner(entry: os.DirEntry[str]) -> str:
    if entry.name.startswith("."):
        return HIDDEN
    if not is_plain_name(entry.name):
        return "its name holds control characters"
    if entry.is_symlink():
        return "it is a link"
    return "it is no learner's folder"


def _why_no_assignment(entry: os.DirEntry[str], known: set[str]) -> str:
    if entry.name.startswith("."):
        return HIDDEN
    if entry.is_symlink():
        return "it is a link"
    near = [name for name in sorted(known) if name.casefold() == entry.name.casefold()]
    if not entry.is_dir():
        return f"it lies beside the assignments' folders, not in one of them ({', '.join(sorted(known)[:_MOST_SHOWN])})"
    return f"the folder of {near[0]} must be called so" if near else "no assignment is called so"
