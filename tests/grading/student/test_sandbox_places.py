"""Where things lie inside the sandbox."""

from __future__ import annotations

from pathlib import Path

from qlab.grading.student.bubblewrap import FONTS, command


def test_the_font_list_closes_no_folder_to_learners(tmp_path: Path) -> None:
    """bubblewrap makes missing parents 0700; temporary files may lie beside the fonts."""
    line = command(["true"], modules=[], masked={}, fonts=tmp_path)
    parent = str(Path(FONTS).parent)
    made = next(i for i in range(len(line)) if line[i : i + 4] == ["--perms", "0755", "--dir", parent])
    assert made < line.index(FONTS)
