"""One batch of every hostile case among honest learners, graded once by the real runner."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.vault import CONFIG, Case, all_cases, filled, source, submit

HONEST = ("0-honest", "m-honest", "zz-honest")
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
PAGES_OF = ("output-*", "broken-*data", "steal-echo-*")
MADE_BY_GRADING = ("autograded", "feedback", ".qlab_grading", "gradebook.db")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the cases that `HOSTILE_ONLY` leaves out of the batch."""
    chosen = os.environ.get("HOSTILE_ONLY", "")
    case_of = {item: item.callspec.params.get("case") for item in items if hasattr(item, "callspec")}
    left_out = {item for item, case in case_of.items() if isinstance(case, Case) and not re.match(chosen, case.name)}
    items[:] = [item for item in items if item not in left_out]


@dataclass
class Batch:
    """What came out of the batch, and what the world looked like before and after."""

    root: Path
    token: str
    canary: Path
    run: subprocess.CompletedProcess[str]
    seconds: float
    before: dict[str, str]
    after: dict[str, str]

    @cached_property
    def results(self) -> dict[str, dict[str, Any]]:
        """The stored results, by learner."""
        places = (self.root / ".qlab_grading" / "results").glob("*/*.json")
        return {found["learner"]: found for found in (json.loads(path.read_text()) for path in places)}

    @cached_property
    def scores(self) -> dict[str, float]:
        """The sum of automatic scores, by learner."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as book:
            return {
                one.student.id: float(sum(grade.auto_score or 0.0 for n in one.notebooks for grade in n.grades))
                for one in book.assignment_submissions("ps1")
            }

    @cached_property
    def pages(self) -> dict[str, str]:
        """The feedback pages of those who attack pages, by learner."""
        for learners in PAGES_OF:
            made = command(self.root, "-m", "nbgrader", "generate_feedback", "ps1", f"--student={learners}")
            assert made.returncode == 0, made.stderr
        return {path.parts[-3]: path.read_text() for path in (self.root / "feedback").glob("*/ps1/vault.html")}

    def output_sizes(self, learner: str) -> list[int]:
        """Return the bytes of text and data in each cell's outputs."""
        sizes = []
        for outcome in self.results.get(learner, {}).get("notebooks", {}).values():
            for cell in json.loads(outcome.get("text", '{"cells": []}'))["cells"]:
                sizes.append(sum(map(_bytes_in, cell.get("outputs", []))))
        return sizes

    def shown(self, learner: str) -> str:
        """Return every word that feedback may show of the run: outputs, verdicts, the console's lines."""
        texts = [self.run.stdout, self.run.stderr]
        path = self.root / "autograded" / learner / "ps1" / "vault.ipynb"
        if path.is_file():
            texts += [
                json.dumps(cell.get("outputs"), ensure_ascii=False) for cell in json.loads(path.read_text())["cells"]
            ]
        for outcome in self.results.get(learner, {}).get("notebooks", {}).values():
            for verdict in outcome.get("tests", {}).values():
                texts += [verdict["message"], str(verdict["misconception"])]
        return "\n".join(texts)


def _bytes_in(value: Any) -> int:
    if isinstance(value, dict):
        return sum(len(key) + _bytes_in(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(_bytes_in, value))
    return len(value.encode()) if isinstance(value, str) else 8


def command(root: Path, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's or qlab's commands in a course."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**ENVIRONMENT, "HOSTILE_RUN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def checksums(root: Path) -> dict[str, str]:
    """Return a hash of every file of a course that grading must leave alone; its mode where it may not be read."""
    found, waiting = {}, [root]
    while waiting:
        place = waiting.pop()
        for path in place.iterdir() if os.access(place, os.R_OK | os.X_OK) else ():
            relative = path.relative_to(root)
            if relative.parts[0] in MADE_BY_GRADING or path.is_symlink():
                continue
            if path.is_dir() and len(relative.parts) < 15:
                waiting.append(path)
            elif path.is_file():
                readable = os.access(path, os.R_OK)
                found[str(relative)] = hashlib.sha256(path.read_bytes()).hexdigest() if readable else _mode(path)
    return found


def _mode(path: Path) -> str:
    return oct(path.stat().st_mode)


def marked_processes(token: str) -> list[str]:
    """Return the command lines of running processes that carry a mark."""
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit():
                line, around = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
                if token.encode() in line + around and int(place.name) != os.getpid():
                    found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the vault's one assignment released."""
    root = tmp_path_factory.mktemp("vault")
    (root / "nbgrader_config.py").write_text(CONFIG)
    place = root / "source" / "ps1" / "vault.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(source()))
    (place.parent / "data").mkdir()
    (place.parent / "data" / "words.txt").write_text("nest\n")
    (place.parent / "table.csv").write_text("limit\n42\n")
    made = command(root, "-m", "nbgrader", "generate_assignment", "ps1")
    assert made.returncode == 0, made.stderr
    return root


@pytest.fixture(scope="session")
def batch(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    """Every case and three honest learners, graded in one run of `qlab grade`."""
    token = f"hostile{secrets.token_hex(6)}"
    canary = tmp_path_factory.mktemp("outside") / "canary"
    canary.write_text(f"canary-{token}")
    canary.chmod(0o666)
    words = {"token": token, "canary": str(canary), "course": str(released)}
    notebook = json.loads((released / "release" / "ps1" / "vault.ipynb").read_text())
    chosen = os.environ.get("HOSTILE_ONLY", "")
    for case in all_cases():
        if re.match(chosen, case.name):
            submit(case, notebook, released / "submitted" / case.name / "ps1", words)
    for learner in HONEST:
        place = released / "submitted" / learner / "ps1"
        place.mkdir(parents=True)
        (place / "vault.ipynb").write_text(json.dumps(filled(notebook, {}, solved=True)))
    before = checksums(released)
    started = time.monotonic()
    run = command(released, "-c", "from qlab.grading.cli import app; app()", "ps1", "--jobs", "4", token=token)
    seconds = time.monotonic() - started
    yield Batch(released, token, canary, run, seconds, before, checksums(released))
    subprocess.run(["chmod", "-R", "u+rwx", str(released / "submitted")], check=True)
    subprocess.run(["rm", "-rf", str(released / "submitted")], check=True)  # too deep for Python's own rmtree
