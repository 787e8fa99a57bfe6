"""Two phases: what cells put out is recorded before any test of the class has run, and stays."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.notebooks.plan import make_job, make_plan
from qlab.grading.runs import jobs, runner
from qlab.grading.runs.course import Course
from qlab.grading.runs.phases import as_recorded
from qlab.grading.runs.runner import grade_assignment
from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.wire.messages import Judgement, Outcome
from qlab.grading.wire.verdict import Verdict
from tests.grading.runs.test_faults import results, start
from tests.notebooks import graded, notebook, solution
from tests.waiting import wait_for

LOCKED = "import fcntl, json, time\nshared = open(json.__file__)\n"
LEAVES = f"""{LOCKED}
def shout(word):
    fcntl.flock(shared, fcntl.LOCK_SH)
    time.sleep(0.4)
    return word.upper() + '!'
"""
WAITS = f"""{LOCKED}
end, seen = time.monotonic() + 2.5, False
while time.monotonic() < end and not seen:
    try:
        fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(shared, fcntl.LOCK_UN)
        time.sleep(0.01)
    except OSError:
        seen = True
print('a test was seen:', seen)
"""
CLOCK = "import time\nprint('moment', time.time_ns())\ndef shout(word):\n    return word.upper() + '!'"


class Stopped(Exception):
    """The run is stopped between its phases."""


def executed(course: Any, learner: str) -> dict[str, Any]:
    path = course.root / "autograded" / learner / "ps1" / "words.ipynb"
    cells = json.loads(path.read_text())["cells"]
    return {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in cells}


def shown(course: Any, learner: str, cell: str) -> str:
    return json.dumps(executed(course, learner)[cell]["outputs"])


def records(course: Any) -> list[Path]:
    return sorted((course.root / ".qlab_grading" / "cells").glob("*/*/*.json"))


@pytest.mark.parametrize("workers", [1, 2])
def test_no_cell_sees_what_another_learners_test_does(course: Any, workers: int) -> None:
    """A lock on a file that all may read: in one phase the waiting cell sees it, whoever comes first."""
    course.solve("a-leaves", {"shout": LEAVES})
    course.solve("b-waits", {"count": WAITS})
    course.solve("c-leaves", {"shout": LEAVES})
    grade_assignment(Course(course.root), "ps1", workers=workers)
    assert "a test was seen: False" in shown(course, "b-waits", "count")
    assert all(course.scores()[who]["shout-hidden"] == 2 for who in ("a-leaves", "c-leaves"))


def test_no_test_runs_before_the_last_cell_is_recorded(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the class nor of the instructor's own answers, which settle how tests are judged."""
    for who in ("ada", "bob", "eve"):
        course.solve(who)
    order: list[str] = []
    for name in ("record", "settle", "execute"):
        own = getattr(runner._Run, name)

        def noted(run: Any, *rest: Any, name: str = name, own: Any = own) -> None:
            order.append(f"{name}: {len(records(course))} recorded")
            own(run, *rest)

        monkeypatch.setattr(runner._Run, name, noted)
    grade_assignment(Course(course.root), "ps1", workers=2)
    assert order == ["record: 0 recorded", "settle: 3 recorded", "execute: 3 recorded"]
    assert records(course) == []


def test_recorded_cells_hold_no_test_and_no_instructors_text() -> None:
    source = notebook(solution("answer", "x = 1"), graded("test", "import math\nassert x == 1"))
    plan = make_plan("n", json.dumps(source).encode())
    job = make_job(plan, plan.source, directory=Path("/"), limits=Settings().limits)
    bare = job.cells_alone()
    assert (job.tests(), bare.tests(), bare.order) == (["test"], [], [])
    assert [cell.run for cell in bare.cells] == [cell.run for cell in job.cells] == ["x = 1", "import math"]
    assert b"assert x" in job.to_line()
    assert b"assert x" not in bare.to_line()
    assert not any(cell.frozen for cell in bare.cells)


def test_names_reused_further_down_do_not_reach_an_earlier_test(course: Any) -> None:
    course.solve(
        "ada", {"apply": "shout = count = None\ndef apply(change, words):\n    return [change(w) for w in words]"}
    )
    course.solve("bob", {"shout": "shout = None", "apply": "def shout(word):\n    return word.upper() + '!'"})
    grade_assignment(Course(course.root), "ps1", workers=1)
    ada, bob = course.scores()["ada"], course.scores()["bob"]
    assert (ada["shout-visible"], ada["shout-hidden"], ada["count-test"], ada["apply-test"]) == (1, 2, 2, 1)
    assert (bob["shout-visible"], bob["shout-hidden"], bob["count-test"]) == (0, 0, 2)


def stop_between_the_phases(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(runner._Run, "settle", stop)
        with pytest.raises(Stopped):
            grade_assignment(Course(course.root), "ps1", workers=1)


def test_a_second_run_keeps_the_outputs_of_the_first(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    course.solve("ada", {"shout": CLOCK})
    stop_between_the_phases(course, monkeypatch)
    (record,) = records(course)
    first = record.read_text().split("moment ")[1][:19]
    grade_assignment(Course(course.root), "ps1", workers=1)
    assert f"moment {first}" in shown(course, "ada", "shout")
    assert course.scores()["ada"]["shout-hidden"] == 2
    (kept,) = results(course.root)
    kept.write_text(kept.read_text().replace('"verdict": "passed"', '"verdict": "could_not_tell"', 1))
    again = grade_assignment(Course(course.root), "ps1", workers=1)
    assert (again.rows[0].reused, again.count(Verdict.COULD_NOT_TELL)) == (False, 0)
    assert f"moment {first}" in shown(course, "ada", "shout")
    grade_assignment(Course(course.root), "ps1", workers=1, force=True)
    assert "moment " in shown(course, "ada", "shout")
    assert f"moment {first}" not in shown(course, "ada", "shout")
    assert records(course) == []


def test_a_changed_submission_is_run_anew(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    course.solve("ada", {"shout": CLOCK})
    stop_between_the_phases(course, monkeypatch)
    course.solve("ada", {"shout": CLOCK.replace("moment", "instant")})
    grade_assignment(Course(course.root), "ps1", workers=1)
    assert "instant " in shown(course, "ada", "shout")
    assert records(course) == []


def test_a_cell_that_raises_in_one_phase_only_is_looked_at(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    once = f"{LOCKED}fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
    once += "def count(words):\n    return dict(Counter(words))"
    course.solve("ada", {"count": once})
    with open(json.__file__) as shared:
        fcntl.flock(shared, fcntl.LOCK_EX)
        stop_between_the_phases(course, monkeypatch)
    report = grade_assignment(Course(course.root), "ps1", workers=1)
    scores = course.scores()["ada"]
    assert (scores["shout-visible"], scores["shout-hidden"]) == (1, 2)  # they stand above it
    assert (scores["count-test"], scores["drop-test"]) == (0, 0)
    assert report.rows[0].verdicts[Verdict.NEEDS_A_LOOK] == 4
    assert "BlockingIOError" in shown(course, "ada", "count")
    why = report.rows[0].looks["words/count-test"]
    assert why.startswith("the cell count raised BlockingIOError when it was run for its output, and raised nothing")


@pytest.mark.parametrize(
    ("first", "second", "looked"),
    [("", "", 0), ("E", "E", 0), ("", "E", 1), ("E", "", 1), ("E", "F", 1)],
)
def test_phases_are_compared_by_what_was_raised(first: str, second: str, looked: int) -> None:
    book = notebook(graded("above", "assert 1"), solution("answer", "x"), graded("below", "assert 1"))
    book["cells"][1]["outputs"] = made = _outputs(first, "first")
    for cell in (book["cells"][0], book["cells"][2]):
        cell["outputs"] = []
    tests = {"above": Judgement(Verdict.PASSED), "below": Judgement(Verdict.PASSED)}
    found = as_recorded(Outcome({1: _outputs(second, "second")}, tests), json.dumps(book), book)
    assert found.cells[1] == made
    assert found.tests["above"] == tests["above"]
    assert (found.tests["below"].verdict == Verdict.NEEDS_A_LOOK) == bool(looked)
    assert as_recorded(Outcome({1: made}, tests), None, book).cells == {}


def _outputs(raised: str, text: str) -> list[dict[str, Any]]:
    printed: list[dict[str, Any]] = [{"output_type": "stream", "name": "stdout", "text": text}]
    return [*printed, *([{"output_type": "error", "ename": raised, "evalue": "", "traceback": []}] if raised else [])]


def test_both_phases_draw_the_same_random_numbers(tmp_path: Path) -> None:
    draw = "import random, numpy\nprint(random.random(), numpy.random.random())"
    source = notebook(solution("answer", draw), graded("test", "assert True"))
    with Worker(Settings(preload=("numpy",))) as worker:
        whole = jobs.Assignment("f", {"n": json.dumps(source).encode()}, {}, {}, worker.settings)
        with jobs.using(worker):
            work = {who: jobs.Work(who, who, {"n": json.dumps(source).encode()}, {}) for who in ("ada", "bob")}
            ada, again, bob = (jobs.record(whole, work[who]).notebooks["n"].text for who in ("ada", "ada", "bob"))
            tested = jobs.grade(whole, work["ada"]).notebooks["n"].text
    assert ada is not None
    assert ada == again != bob
    assert json.loads(ada)["cells"][0]["outputs"] == json.loads(tested or "")["cells"][0]["outputs"]


@pytest.mark.parametrize("moment", ["cells", "between", "tests"])
def test_a_run_killed_in_or_between_the_phases_loses_nothing(course: Any, moment: str) -> None:
    slow = "import time\ntime.sleep(0.3)\ndef shout(word):\n    return word.upper() + '!'"
    for number in range(6):
        course.solve(f"s{number}", {"shout": slow} if number % 2 else {"drop": "def drop_vowels(words):\n    pass"})
    process = start(course.root)
    reached = {
        "cells": lambda: len(records(course)) >= 2,
        "between": lambda: len(records(course)) >= 6,
        "tests": lambda: len(results(course.root)) >= 2,
    }[moment]
    wait_for(reached)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)  # its pool ends by itself
    kept = {path: path.stat().st_mtime_ns for path in [*records(course), *results(course.root)]}
    assert len(kept) >= (2 if moment == "cells" else 6)
    report = grade_assignment(Course(course.root), "ps1", workers=2)
    assert (len(report.rows), report.exit_code) == (6, 0)
    assert records(course) == []
    scores = course.scores()
    assert [row.reused for row in report.rows].count(True) == sum("results" in str(path) for path in kept)
    grade_assignment(Course(course.root), "ps1", workers=2, force=True)
    assert course.scores() == scores
    assert [scores[f"s{n}"]["drop-test"] for n in range(6)] == [0, 1, 0, 1, 0, 1]
