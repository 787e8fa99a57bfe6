"""What a killed run left behind is cleared; what belongs to a living one is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from qlab.grading.runs.leavings import OwnFolder, clear_files, clear_folders

KILLED = """
import os, signal, sys
from qlab.grading.runs.leavings import OwnFolder
(OwnFolder(sys.argv[1]).path / "file").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""
LONG_AGO = (time.time() - 7200,) * 2


def test_folders_of_the_dead_are_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    (left,) = tmp_path.iterdir()
    clear_folders(str(tmp_path))
    assert left.exists(), "it may be new and not yet locked"
    mine, other = OwnFolder(str(tmp_path)), tmp_path / "other"
    other.mkdir()
    link = tmp_path / f"{left.name}-link"
    link.symlink_to(other)
    for path in (left, mine.path, other, link):
        os.utime(path, LONG_AGO, follow_symlinks=False)
    clear_folders(str(tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted([mine.path, other, link])
    mine.close()
    mine.close()
    assert sorted(tmp_path.iterdir()) == sorted([other, link])


def test_unfinished_results_are_removed_when_they_are_old(tmp_path: Path) -> None:
    places = [tmp_path / "ab" / name for name in (".new-1", ".new-2", "result.json")]
    places[0].parent.mkdir()
    for path in places:
        path.touch()
    for path in places[1:]:
        os.utime(path, LONG_AGO)
    clear_files(tmp_path)
    assert sorted(places[0].parent.iterdir()) == [places[0], places[2]]
