"""A course under /tmp is graded too: its interpreter must not be hidden by the learner's own temporary files."""

from __future__ import annotations

from pathlib import Path

import pytest

from qlab.grading.student import bubblewrap


@pytest.mark.parametrize(
    ("places", "temporary"),
    [([Path("/opt/course/.venv")], "/tmp"), ([Path("/opt/x"), Path("/tmp/clone/.venv")], "/run/scratch")],
)
def test_temporary_files_keep_out_of_the_interpreters_way(
    places: list[Path], temporary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "binds", lambda modules: places)
    line = bubblewrap.command(["true"], modules=[], masked={})
    assert line[line.index("--tmpfs") + 1] == temporary
    assert line[line.index("TMPDIR") + 1] == temporary
    mounted = [line[i + 2] for i, word in enumerate(line) if word == "--ro-bind"]
    assert {str(place) for place in places} <= set(mounted)
    assert not any(place.is_relative_to(temporary) for place in places)
