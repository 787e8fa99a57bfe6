"""Ours and stock nbgrader in turn on the same submissions, start-up included, two cores: `make bench-grading`.

Each contest is a class of distinct honest submissions, graded by `qlab grade` and by stock `nbgrader autograde` from
copies of one course, each as a fresh process. Ours runs before and after stock, so that a machine whose load changes
shows. The scores must be identical. Writes _build/bench-grading.json.

    python tests/bench/bench_grading.py                 all four contests, stock on every notebook (half an hour)
    python tests/bench/bench_grading.py --only 24 15    only these sizes
    python tests/bench/bench_grading.py --stock-most 40 stock on the first 40 submissions; rates are compared
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CORES = 2
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
PLAIN = "import numpy as np"
HEAVY = "import cirq\nimport matplotlib.pyplot as plt\nimport numpy as np"


@dataclass
class Contest:
    """A class of some size, what its notebook imports, and how many times faster than stock ours has to be."""

    notebooks: int
    imports: str
    target: float
    ours_s: list[float] = field(default_factory=list)
    stock_s: float = 0.0
    ours_cpu_s: list[float] = field(default_factory=list)
    stock_cpu_s: float = 0.0
    stock_notebooks: int = 0
    same_scores: bool = False

    @property
    def ratio(self) -> float:
        """Notebooks a second, ours over stock; the slower of our runs counts."""
        return (self.notebooks / max(self.ours_s)) / (self.stock_notebooks / self.stock_s)


def contests() -> list[Contest]:
    return [Contest(24, PLAIN, 12), Contest(15, HEAVY, 8), Contest(300, PLAIN, 20), Contest(100, HEAVY, 20)]


def cell(kind: str, source: str, **marks: Any) -> dict[str, Any]:
    """A notebook cell, with nbgrader's marks if there are any."""
    full = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False, "cell_type": kind}
    made: dict[str, Any] = {"cell_type": kind, "metadata": {"nbgrader": {**full, **marks}}, "source": source}
    made["id"] = marks["grade_id"]
    return {**made, "outputs": [], "execution_count": None} if kind == "code" else made


ANSWERS = {
    "norm": ("def norm(ket):\n    return float(np.sqrt(np.sum(np.abs(ket) ** 2)))",
             "def norm(ket):\n    return float(np.sum(np.abs(ket)))"),
    "overlap": ("def overlap(a, b):\n    return complex(np.vdot(a, b))",
                "def overlap(a, b):\n    return complex(np.dot(a, b))"),
    "counts": ("def counts(words):\n    return {w: words.count(w) for w in words}",
               "def counts(words):\n    raise KeyError('not done')"),
    "bell": ("bell = np.array([1, 0, 0, 1]) / np.sqrt(2)", "bell = np.array([1, 0, 0, 1]) / 2"),
}  # fmt: skip
TESTS = {
    "norm": "assert abs(norm(np.array([3, 4j])) - 5) < 1e-9",
    "overlap": "assert abs(overlap(np.array([1j, 0]), np.array([1, 0])) + 1j) < 1e-9",
    "counts": "assert counts(['a', 'b', 'a']) == {'a': 2, 'b': 1}",
    "bell": "assert bell.shape == (4,)\nassert abs(np.sum(bell ** 2) - 1) < 1e-9",
}


def source_notebook(imports: str) -> dict[str, Any]:
    """The instructor's notebook: set-up, four tasks with a shown and a hidden test each."""
    cells = [cell("code", imports, grade_id="setup", locked=True)]
    for name, (right, _) in ANSWERS.items():
        head, _, rest = right.partition("\n")
        text = f"{head}\n    ### BEGIN SOLUTION\n{rest}\n    ### END SOLUTION" if rest else (
            f"### BEGIN SOLUTION\n{right}\n### END SOLUTION")  # fmt: skip
        hidden = f"### BEGIN HIDDEN TESTS\n{TESTS[name]}\n### END HIDDEN TESTS"
        cells.append(cell("code", text, grade_id=name, solution=True))
        cells.append(cell("code", TESTS[name], grade_id=f"{name}-visible", grade=True, locked=True, points=1))
        cells.append(cell("code", hidden, grade_id=f"{name}-hidden", grade=True, locked=True, points=2))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def write_course(root: Path, contest: Contest) -> None:
    """Release the notebook and hand in the class: no two alike, a part of the answers wrong."""
    (root / "source" / "ps1").mkdir(parents=True)
    (root / "source" / "ps1" / "ps1.ipynb").write_text(json.dumps(source_notebook(contest.imports)))
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    run(root, "nbgrader", "generate_assignment", "ps1")
    released = json.loads((root / "release" / "ps1" / "ps1.ipynb").read_text())
    for learner in range(contest.notebooks):
        for number, (name, answers) in enumerate(ANSWERS.items()):
            one = next(c for c in released["cells"] if c["metadata"]["nbgrader"]["grade_id"] == name)
            one["source"] = f"# learner {learner}\n{answers[(learner >> number) & 1]}"
        place = root / "submitted" / f"s{learner:03}" / "ps1" / "ps1.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(released))


def run(root: Path, module: str, *arguments: str) -> tuple[float, float]:
    """Run a module's command in a course; return wall seconds, and processor seconds of what it waited for."""
    command = [sys.executable, "-m", module, *arguments]
    began, spent = time.perf_counter(), os.times()
    done = subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True)
    seconds, now = time.perf_counter() - began, os.times()
    cpu_s = now.children_user + now.children_system - spent.children_user - spent.children_system
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds, cpu_s


def scores(root: Path) -> dict[str, dict[str, float | None]]:
    """Each learner's points for each test."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "bench") as book:
        return {
            one.student.id: {grade.name: grade.auto_score for n in one.notebooks for grade in n.grades}
            for one in book.assignment_submissions("ps1")
        }


def measure(contest: Contest, folder: Path, stock_most: int) -> None:
    """Ours, stock, ours: each on a fresh copy of the course."""
    course = folder / "course"
    write_course(course, contest)
    stock = folder / "stock"
    shutil.copytree(course, stock)
    contest.stock_notebooks = min(contest.notebooks, stock_most)
    for place in sorted((stock / "submitted").iterdir())[contest.stock_notebooks :]:
        shutil.rmtree(place)
    for turn in range(2):
        ours = folder / f"ours{turn}"
        shutil.copytree(course, ours)
        seconds, cpu_s = run(ours, "qlab.cli", "grade", "ps1", "--jobs", str(CORES))
        contest.ours_s.append(seconds)
        contest.ours_cpu_s.append(cpu_s)
        if turn == 0:
            contest.stock_s, contest.stock_cpu_s = run(stock, "nbgrader", "autograde", "ps1")
    expected = scores(stock)
    found = [scores(folder / f"ours{turn}") for turn in range(2)]
    contest.same_scores = len(expected) == contest.stock_notebooks and all(
        len(one) == contest.notebooks and expected == {who: one[who] for who in expected} for one in found
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", type=int, nargs="*", help="sizes of the classes to measure")
    parser.add_argument("--stock-most", type=int, default=10**6, help="grade at most so many notebooks with stock")
    chosen = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    done = []
    for contest in contests():
        if chosen.only and contest.notebooks not in chosen.only:
            continue
        with tempfile.TemporaryDirectory(prefix="bench-grading-") as folder:
            measure(contest, Path(folder), chosen.stock_most)
        done.append(contest)
        print(line_of(contest), flush=True)
    write(done)
    return 0 if all(one.same_scores for one in done) else 1


def line_of(contest: Contest) -> str:
    with_what = "Cirq and Matplotlib" if contest.imports == HEAVY else "NumPy"
    part = "" if contest.stock_notebooks == contest.notebooks else f" ({contest.stock_notebooks} measured)"
    ours = " and ".join(f"{seconds:.1f}" for seconds in contest.ours_s)
    verdict = "reached" if contest.ratio >= contest.target else "NOT reached"
    return (
        f"{contest.notebooks:4} notebooks with {with_what}: ours {ours} s, stock {contest.stock_s:.1f} s{part}; "
        f"{contest.ratio:.1f} times stock's rate, target {contest.target:g} {verdict}; "
        f"scores {'identical' if contest.same_scores else 'DIFFER'}"
    )


def write(done: list[Contest]) -> None:
    rows = [{**asdict(one), "ratio": round(one.ratio, 2), "reached": one.ratio >= one.target} for one in done]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    about = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cores": CORES,
        "python": platform.python_version(),
        "load": load,
        "note": "start-up included; where stock_notebooks is below notebooks, stock was timed on the first ones only",
    }
    place = ROOT / "_build" / "bench-grading.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({**about, "contests": rows}, indent=1) + "\n")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        raise SystemExit(main())
