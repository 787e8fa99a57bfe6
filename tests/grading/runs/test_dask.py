"""A real Dask cluster of separate processes that speaks TLS: same scores, strangers refused, deaths survived."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from qlab.grading.runs.course import Course
from qlab.grading.runs.runner import grade_assignment
from tests.grading.servers import DaskCluster, dask_cluster, make_certificates

SLOW = "import time\ntime.sleep(0.5)\ndef shout(word):\n    return word.upper() + '!'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    with dask_cluster() as one:
        yield one


@pytest.fixture
def crowd(course: Any) -> Any:
    for number in range(6):
        course.solve(f"s{number}", {"shout": SLOW} if number % 2 else {"drop": "def drop_vowels(words):\n    pass"})
    return course


def run(root: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from qlab.grading.cli import app; app()", "ps1", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)


def test_same_scores_as_here(crowd: Any, cluster: DaskCluster) -> None:
    done = run(crowd.root, cluster.options())
    assert done.returncode == 0, done.stdout + done.stderr
    there = crowd.scores()
    assert len(there) == 6
    grade_assignment(Course(crowd.root), "ps1", workers=2, force=True)
    assert crowd.scores() == there


def test_certificate_of_another_authority_is_refused(course: Any, cluster: DaskCluster, tmp_path: Path) -> None:
    course.solve("ada")
    strange = make_certificates(tmp_path)
    swapped = {cluster.tls[name]: strange[name] for name in ("tls_client_cert", "tls_client_key")}
    done = run(course.root, [swapped.get(word, word) for word in cluster.options()])
    assert done.returncode == 1, done.stdout + done.stderr
    assert "dask must be the address of a scheduler that takes us" in done.stderr
    assert course.scores() == {}


def test_killed_worker_costs_nothing(crowd: Any, cluster: DaskCluster) -> None:
    command = [sys.executable, "-c", "from qlab.grading.cli import app; app()", "ps1", *cluster.options()]
    process = subprocess.Popen(command, cwd=crowd.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + 60
    while not list((crowd.root / ".qlab_grading").glob("results/*/*.json")) and time.monotonic() < end:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.kill(_child(cluster.processes[1].pid), signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    scores = crowd.scores()
    assert len(scores) == 6
    assert all(one["count-test"] == 2 for one in scores.values())


def _child(pid: int) -> int:
    """The worker that a nanny watches over."""
    return next(
        child.pid for child in psutil.Process(pid).children() if "tracker import" not in " ".join(child.cmdline())
    )
