"""Hostile and damaged submissions gain no point, leak no test and harm nobody else.

Each file in `cases/` is one submission; it says what it tries and what must happen.  The files are no
Python modules, so that nothing imports or runs one by accident.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

import qlab.grading
from tests.hostile.conftest import HONEST, Batch, checksums, marked_processes
from tests.hostile.vault import FULL, SECRETS, Case, all_cases
from tests.waiting import wait_for

CASES = all_cases()
WORST_SECONDS = 20.0 + 15.0 + 20.0  # the notebook's limit, its grace, and a busy machine's share
_ANSWERS = Path(qlab.grading.__file__).parents[1] / "checks"


def answer_key() -> set[str]:
    """Return the first line of each masked module, which no learner's output may hold."""
    lines = {path.read_text().split("\n", 1)[0].strip('"# ') for path in _ANSWERS.rglob("*.py") if path.name[0] != "."}
    return {line for line in lines if len(line) > 25}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(batch: Batch, case: Case) -> None:
    result = batch.results.get(case.name)
    assert result, f"{case.name} has no result:\n{batch.run.stdout}\n{batch.run.stderr}"
    verdicts = {n: v["verdict"] for book in result["notebooks"].values() for n, v in book.get("tests", {}).items()}
    assert batch.scores[case.name] == case.earns, verdicts
    assert result["seconds"] <= WORST_SECONDS
    shown = batch.shown(case.name)
    assert not [secret for secret in (*SECRETS, f"canary-{batch.token}") if secret in shown]
    assert not [line for line in answer_key() if line in shown]
    assert max(batch.output_sizes(case.name), default=0) < 210_000


def test_no_case_is_lost() -> None:
    """A kind may gain cases; where one is dropped for good, its number here is lowered with it."""
    kinds = Counter(case.name.split("-")[0] for case in CASES)
    assert kinds >= Counter(
        boundary=22, broken=54, damage=16, escape=15, exhaust=30, forge=86, honest=29, output=21, steal=35
    ), kinds
    assert len({(case.tries, case.must) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("learner", HONEST)
def test_honest_learners_are_not_harmed(batch: Batch, learner: str) -> None:
    verdicts = [v for book in batch.results[learner]["notebooks"].values() for v in book["tests"].values()]
    assert batch.scores[learner] == FULL, verdicts


def test_batch_ends_in_order(batch: Batch) -> None:
    assert batch.run.returncode in (0, 2), batch.run.stderr
    assert "Traceback" not in batch.run.stderr
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", batch.run.stdout + batch.run.stderr)
    assert checksums(batch.root).keys() == batch.before.keys()


def test_no_file_outside_is_touched(batch: Batch) -> None:
    assert batch.after == batch.before
    assert batch.canary.read_text() == f"canary-{batch.token}"
    assert [path.name for path in batch.canary.parent.iterdir()] == ["canary"]
    for place in ("/tmp", "/dev/shm", "/var/tmp", str(Path.home())):
        assert not list(Path(place).glob(f"*{batch.token}*"))


def test_nothing_outlives_the_run(batch: Batch) -> None:
    wait_for(lambda: marked_processes(batch.token) == [])


def test_gradebook_holds_the_class_and_nothing_else(batch: Batch) -> None:
    with sqlite3.connect(batch.root / "gradebook.db") as book:
        students = {name for (name,) in book.execute("select id from student")}
        assignments = [name for (name,) in book.execute("select name from assignment")]
    book.close()
    submitted = {path.name for path in (batch.root / "submitted").iterdir()}
    assert students <= submitted
    assert set(HONEST) <= students
    assert assignments == ["ps1"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name.startswith("output-")], ids=lambda case: case.name
)
def test_pages_run_nothing_and_fetch_nothing(batch: Batch, case: Case) -> None:
    page = batch.pages[case.name]
    assert re.search(r"<(script|iframe|object|embed|base|form|link)\b", page, re.IGNORECASE) is None
    tags = re.findall(r"<[a-z][^<>]*>", page, re.IGNORECASE)
    assert not [
        tag for tag in tags if re.search(r"\son\w+\s*=|javascript:|\ssrc=(?![\"']?data:image/)", tag, re.IGNORECASE)
    ]
    assert not [tag for tag in tags if "http-equiv" in tag and "Content-Security-Policy" not in tag]
    assert "default-src 'none'" in page


def test_pages_keep_secrets(batch: Batch) -> None:
    assert {"output-html", "broken-odd-metadata", "broken-nested-metadata", "steal-echo-answer"} <= batch.pages.keys()
    for learner, page in batch.pages.items():
        assert not [secret for secret in SECRETS if secret in page], learner
