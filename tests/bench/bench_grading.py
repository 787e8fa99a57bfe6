"""Ours and stock nbgrader in turn on the same submissions, start-up included, two cores: `make bench-grading`.

Each contest is a class of distinct honest submissions, graded by `qlab grade` and by stock `nbgrader autograde` from
copies of one course, each as a fresh process. Ours runs five times; stock runs in between, three times where that takes
seconds, once where it takes minutes. The ratio is that of the medians, its range shows a machine whose load changes.
The scores of all runs must be identical. Writes _build/bench-grading.json.

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
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests import notebooks  # noqa: E402

CORES = 2
ROUNDS = 5
STOCK_ROUNDS = 3
_MINUTES_LONG = 30  # notebooks with which stock is busy for minutes
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
    stock_s: list[float] = field(default_factory=list)
    ours_cpu_s: list[float] = field(default_factory=list)
    stock_cpu_s: list[float] = field(default_factory=list)
    stock_notebooks: int = 0
    same_scores: bool = False

    @property
    def ratio(self) -> float:
        """Notebooks a second, ours over stock, by medians."""
        return self._ratio(statistics.median(self.ours_s), statistics.median(self.stock_s))

    @property
    def ratio_range(self) -> tuple[float, float]:
        """The same by our slowest run and stock's fastest, and by our fastest and stock's slowest."""
        return self._ratio(max(self.ours_s), min(self.stock_s)), self._ratio(min(self.ours_s), max(self.stock_s))

    @property
    def rate(self) -> float:
        """Our notebooks a second, by the median."""
        return self.notebooks / statistics.median(self.ours_s)

    def _ratio(self, ours_s: float, stock_s: float) -> float:
        return (self.notebooks / ours_s) / (self.stock_notebooks / stock_s)


def contests() -> list[Contest]:
    return [Contest(24, PLAIN, 12), Contest(15, HEAVY, 8), Contest(300, PLAIN, 20), Contest(100, HEAVY, 20)]


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
    cells = [notebooks.locked("setup", imports)]
    for name, (right, _) in ANSWERS.items():
        head, _, rest = right.partition("\n")
        text = f"{head}\n    ### BEGIN SOLUTION\n{rest}\n    ### END SOLUTION" if rest else notebooks.answered(right)
        cells += [notebooks.solution(name, text), notebooks.graded(f"{name}-visible", TESTS[name])]
        cells += [notebooks.graded(f"{name}-hidden", notebooks.hidden(TESTS[name]), 2)]
    return notebooks.notebook(*cells)


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
    """Ours and stock in turn, each run on a fresh copy of the course, until both have had their rounds."""
    course, few = folder / "course", folder / "few"
    write_course(course, contest)
    shutil.copytree(course, few)
    contest.stock_notebooks = min(contest.notebooks, stock_most)
    for place in sorted((few / "submitted").iterdir())[contest.stock_notebooks :]:
        shutil.rmtree(place)
    stock_rounds = STOCK_ROUNDS if contest.stock_notebooks < _MINUTES_LONG else 1
    found, expected = [], []
    for turn in range(ROUNDS):
        seconds, cpu_s, points = graded(course, folder / "copy", "qlab.cli", "grade", "ps1", "--jobs", str(CORES))
        contest.ours_s.append(seconds)
        contest.ours_cpu_s.append(cpu_s)
        found.append(points)
        if turn < stock_rounds:
            seconds, cpu_s, points = graded(few, folder / "copy", "nbgrader", "autograde", "ps1")
            contest.stock_s.append(seconds)
            contest.stock_cpu_s.append(cpu_s)
            expected.append(points)
    contest.same_scores = all(len(one) == contest.notebooks for one in found) and all(
        len(right) == contest.stock_notebooks and all(right == {who: one[who] for who in right} for one in found)
        for right in expected
    )


def graded(course: Path, place: Path, *command: str) -> tuple[float, float, dict[str, dict[str, float | None]]]:
    """Run a command in a fresh copy of a course; return wall seconds, processor seconds and what everyone scored."""
    shutil.copytree(course, place)
    try:
        return *run(place, *command), scores(place)
    finally:
        shutil.rmtree(place)


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
    packages = "Cirq and Matplotlib" if contest.imports == HEAVY else "NumPy"
    part = "" if contest.stock_notebooks == contest.notebooks else f" ({contest.stock_notebooks} measured)"
    verdict = "reached" if contest.ratio >= contest.target else "NOT reached"
    low, high = contest.ratio_range
    scored = "identical" if contest.same_scores else "DIFFER"
    return (
        f"{contest.notebooks:4} notebooks with {packages}: ours {spread(contest.ours_s)}, {contest.rate:.1f} a second; "
        f"stock {spread(contest.stock_s)}{part}; {contest.ratio:.1f} ({low:.1f}–{high:.1f}) times stock's rate, "
        f"target {contest.target:g} {verdict}; scores {scored}"
    )


def spread(seconds: list[float]) -> str:
    """The median of some runs, and the range if there are more than one."""
    median = f"{statistics.median(seconds):.2f} s"
    return f"{median} ({min(seconds):.2f}–{max(seconds):.2f})" if len(seconds) > 1 else median


def write(done: list[Contest]) -> None:
    rows = [
        {
            **asdict(one),
            "ours_median_s": statistics.median(one.ours_s),
            "stock_median_s": statistics.median(one.stock_s),
            "notebooks_a_second": round(one.rate, 2),
            "ratio": round(one.ratio, 2),
            "ratio_range": [round(end, 2) for end in one.ratio_range],
            "reached": one.ratio >= one.target,
        }
        for one in done
    ]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    about = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cores": CORES,
        "python": platform.python_version(),
        "load": load,
        "note": (
            f"start-up included; ours {ROUNDS} runs, stock {STOCK_ROUNDS} of fewer than {_MINUTES_LONG} notebooks "
            "and one of more, which takes minutes; ratios are of medians, their range is that of the runs; "
            "where stock_notebooks is below notebooks, stock was timed on the first ones only"
        ),
    }
    place = ROOT / "_build" / "bench-grading.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({**about, "contests": rows}, indent=1) + "\n")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        raise SystemExit(main())
