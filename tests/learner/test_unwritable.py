"""A target that cannot be written is named with the reason; nothing is left half-written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qlab.cli import app


@pytest.mark.parametrize("blocked", ["folder", "file/under.apkg"])
def test_a_deck_that_cannot_be_written_is_refused_in_words(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "folder.apkg").mkdir()
    (tmp_path / "file").write_text("")
    target = tmp_path / (f"{blocked}.apkg" if blocked == "folder" else blocked)
    result = CliRunner().invoke(app, ["cards", str(target)])
    assert result.exit_code == 2, result.output
    assert "out must be a file that can be written, got" in " ".join(result.output.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.apkg"]


def test_a_report_that_cannot_be_written_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qlab.learner.progress.all_reports", lambda *given, **named: [])
    (tmp_path / "folder.html").mkdir()
    result = CliRunner().invoke(app, ["progress", "--report", "folder.html"])
    assert result.exit_code == 2, result.output
    assert "report must be a file that can be written, got 'folder.html'" in " ".join(result.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]
