"""Two builds of one folder never write at the same time."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import build
import pytest


def test_a_second_build_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    monkeypatch.setattr(build, "update", lambda *_: begun.set() or 0)
    second = threading.Thread(
        target=build.main, args=(["--build-dir", str(tmp_path), "--no-formats", "--only", "faq"],)
    )
    with (tmp_path / "book.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second.start()
        assert not begun.wait(0.5)
        assert not (tmp_path / "_toc.yml").exists()
    assert begun.wait(60)
    second.join()
