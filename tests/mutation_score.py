"""The mutation score of each physics module, from what `mutmut run` left in `mutants/`; fails below 90 %."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

from mutmut.stats import status_by_exit_code

FLOOR = 0.9
ALIVE = ("survived", "no tests")
UNDECIDED = ("not checked", "check was interrupted by user", "skipped")


def verdicts(root: Path) -> dict[str, Counter[str]]:
    """How many mutants of each module met which end. A mutant that ran out of time or crashed was noticed too."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    found = {}
    for source in settings["source_paths"]:
        meta = root / "mutants" / f"{source}.meta"
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"] if meta.exists() else {"": None}
        found[Path(source).stem] = Counter(status_by_exit_code[code] for code in codes.values())
    return found


def report(found: dict[str, Counter[str]]) -> tuple[str, bool]:
    """A table with a line a module and one for all, and whether each of them is decided and high enough."""
    rows, good = [f"{'module':18} mutants   killed   alive    score"], True
    for name, ends in {**found, "all": sum(found.values(), Counter[str]())}.items():
        alive, undecided = (sum(ends[end] for end in group) for group in (ALIVE, UNDECIDED))
        killed = ends.total() - alive - undecided
        score = killed / max(1, killed + alive)
        good = good and score >= FLOOR and not undecided
        missing = f"  {undecided} not decided" if undecided else ""
        rows.append(f"{name:18} {ends.total():7} {killed:8} {alive:7} {score:7.1%}{missing}")
    return "\n".join(rows), good


if __name__ == "__main__":
    table, good = report(verdicts(Path.cwd()))
    print(table)
    if not good:
        sys.exit(f"Each score must be at least {FLOOR:.0%}. `mutmut results` names the survivors, `mutmut show` one.")
