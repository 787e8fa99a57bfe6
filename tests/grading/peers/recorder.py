"""A pytest plugin that writes down how each test of nbgrader's ended, and what the sandbox graded in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qlab.grading.runs.worker import Worker
from qlab.grading.wire.messages import Job, Outcome

_outcomes: dict[str, str] = {}
_confined: dict[str, int] = {}
_now = {"test": ""}
_run = Worker.run


def _counted(self: Worker, job: Job) -> Outcome:
    """Run a job, and count it for the test at hand if student code was confined and its cells came back."""
    outcome = _run(self, job)
    if self.settings.confined and not outcome.broken:
        _confined[_now["test"]] = _confined.get(_now["test"], 0) + 1
    return outcome


def pytest_configure() -> None:
    """Count from here on."""
    Worker.run = _counted  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Know which test is at hand."""
    module = item.getparent(pytest.Module)
    name = module.obj.__name__.removeprefix("nbgrader.tests.") if module is not None else ""
    _now["test"] = f"{name}::{item.nodeid.partition('::')[2]}"
    return (yield)


def pytest_runtest_logreport(report: Any) -> None:
    """Write down the worst of a test's three phases."""
    known = _outcomes.get(_now["test"])
    if known is None or known == "passed" or (known == "skipped" and report.failed):
        _outcomes[_now["test"]] = report.outcome


def pytest_sessionfinish() -> None:
    """Write the report to the file that PEER_REPORT names."""
    found = {test: {"outcome": how, "confined": _confined.get(test, 0)} for test, how in _outcomes.items()}
    Path(os.environ["PEER_REPORT"]).write_text(json.dumps(found, indent=1, sort_keys=True))
