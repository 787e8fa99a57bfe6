"""A file is there whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qlab._files import write_atomically


@pytest.fixture
def umask() -> Iterator[None]:
    """The umask that most machines have, whatever it is here."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = tmp_path / "deep" / "page.html"
    write_atomically(goal, "old")
    monkeypatch.setattr(f"qlab._files.os.{step}", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(goal, "new", durable=True)
    assert goal.read_text() == "old"
    assert os.listdir(goal.parent) == ["page.html"]


def test_text_that_cannot_be_written_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "x", "\ud800")
    assert os.listdir(tmp_path) == []


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "ψ\r\n")
    assert (tmp_path / "x").read_bytes() == "ψ\r\n".encode()
    write_atomically(tmp_path / "x", b"\x00\xff", durable=True)
    assert (tmp_path / "x").read_bytes() == b"\x00\xff"


@pytest.mark.usefixtures("umask")
def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", b"")
    write_atomically(tmp_path / "fixed", b"", mode=0o444)
    os.umask(0o077)
    write_atomically(tmp_path / "private", b"")
    write_atomically(tmp_path / "x", b"again")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"x": 0o600, "fixed": 0o444, "private": 0o600}
