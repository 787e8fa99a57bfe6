"""ZIP archives from elsewhere: nothing is unpacked by its own name, nothing larger than it may be."""

from __future__ import annotations

import io
import lzma
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from qlab.grading.notebooks.files import is_plain_name, shown
from qlab.grading.notebooks.reading import MAX_NOTEBOOK_BYTES

MOST_MEMBERS = 200_000
MOST_BYTES = 16 << 30
"""Bytes of all files of an archive, unpacked."""
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_SYSTEMS_OWN = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)


class Damaged(ValueError):
    """A file of an archive cannot be read."""


@dataclass(frozen=True)
class Member:
    """A file of an archive.

    Attributes:
        path: its name, without anything that leads elsewhere.
        info: its entry.
    """

    path: PurePosixPath
    info: zipfile.ZipInfo


class Archive:
    """A ZIP file whose names and sizes have been looked at.

    Args:
        file: the file, or its content.
        what: what errors call it.
        most: bytes that it may unpack to.

    Attributes:
        members: files that may be read.
        refused: why others are not, by name.

    Raises:
        ValueError: it is no ZIP file, or it would unpack to too much.
    """

    def __init__(self, file: Path | bytes, what: str, most: int = MOST_BYTES) -> None:
        source: Path | IO[bytes] = io.BytesIO(file) if isinstance(file, bytes) else file
        try:
            self._zip = zipfile.ZipFile(source)
        except FileNotFoundError:
            raise ValueError(f"{what} must be a ZIP file, got {str(file)!r}, which is not there") from None
        except _DAMAGE as error:
            raise ValueError(f"{what} must be a whole ZIP file, got one that cannot be opened: {error}") from None
        entries = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(entries) > MOST_MEMBERS:
            raise ValueError(f"{what} must hold at most {MOST_MEMBERS} files, got {len(entries)}")
        total = sum(info.file_size for info in entries)
        if total > most:
            raise ValueError(f"{what} must unpack to at most {most >> 20} MB, got {total >> 20} MB")
        self.members: list[Member] = []
        self.refused: dict[str, str] = {}
        for info in entries:
            name = _name(info)
            if any(part in _SYSTEMS_OWN or part.startswith("._") for part in name.split("/")):
                continue
            why = _objection(name, info)
            if why:
                self.refused[shown(name)] = why
            else:
                self.members.append(Member(PurePosixPath(name), info))

    def read(self, member: Member) -> bytes:
        """Return a file's content.

        Raises:
            Damaged: it is not whole.
        """
        try:
            with self._zip.open(member.info) as file:
                content = file.read(MAX_NOTEBOOK_BYTES + 1)
        except _DAMAGE as error:
            raise Damaged(f"it is damaged in the ZIP file ({error})") from None
        if len(content) != member.info.file_size:
            raise Damaged("it is not as long as the ZIP file says")
        return content

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Canvas writes UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = info.orig_filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")


def _objection(name: str, info: zipfile.ZipInfo) -> str:
    """Say why a member is not read, empty if it is."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
        return "its name leads out of the ZIP file"
    if not path.parts or not all(is_plain_name(part) for part in path.parts) or len(name.encode()) > 1000:
        return "its name is none for a file"
    kind = info.external_attr >> 16
    if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG):
        return "it is a link or no file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.file_size > MAX_NOTEBOOK_BYTES:
        return f"it unpacks to {info.file_size >> 20} MB, more than {MAX_NOTEBOOK_BYTES >> 20} MB"
    return ""
