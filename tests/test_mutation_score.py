"""The score counts what it should: survivors against, crashes and time-outs for, the undecided as unfinished."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutation_score import report, verdicts

KILLED, SURVIVED, NO_TESTS, TIME_OUT, NOT_CHECKED = 1, 0, 33, -24, None


def scored(root: Path, **codes: list[int | None]) -> tuple[str, bool]:
    sources = [f"qlab/{name}.py" for name in codes]
    (root / "pyproject.toml").write_text(f"[tool.mutmut]\nsource_paths = {json.dumps(sources)}\n", "utf-8")
    (root / "mutants/qlab").mkdir(parents=True)
    for source, ends in zip(sources, codes.values(), strict=True):
        if ends:
            meta = {"exit_code_by_key": {f"m{i}": end for i, end in enumerate(ends)}}
            (root / "mutants" / f"{source}.meta").write_text(json.dumps(meta), "utf-8")
    return report(verdicts(root))


def test_a_line_a_module_and_one_for_all(tmp_path: Path) -> None:
    table, good = scored(tmp_path, gates=[KILLED] * 8 + [TIME_OUT, SURVIVED], states=[KILLED] * 10)
    assert [line.split() for line in table.splitlines()[1:]] == [
        ["gates", "10", "9", "1", "90.0%"],
        ["states", "10", "10", "0", "100.0%"],
        ["all", "20", "19", "1", "95.0%"],
    ]
    assert good


@pytest.mark.parametrize("end", [SURVIVED, NO_TESTS])
def test_one_low_module_fails(tmp_path: Path, end: int) -> None:
    table, good = scored(tmp_path, gates=[KILLED] * 8 + [end] * 2, states=[KILLED] * 90)
    assert "80.0%" in table
    assert "98.0%" in table
    assert not good


@pytest.mark.parametrize("ends", [[KILLED] * 99 + [NOT_CHECKED], []])
def test_what_is_not_decided_is_not_passed(tmp_path: Path, ends: list[int | None]) -> None:
    table, good = scored(tmp_path, gates=ends)
    assert "1 not decided" in table
    assert not good
