"""The command's overview imports nothing heavy; every subcommand is there and explains itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qlab.cli import COMMANDS


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "qlab.cli", *words], capture_output=True, text=True, check=False)


def test_the_overview_names_every_subcommand() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert all(name in shown.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_explains_itself(name: str) -> None:
    shown = run(name, "--help")
    assert shown.returncode == 0, shown.stderr
    assert f"{name} [OPTIONS]" in shown.stdout


def test_an_unknown_subcommand_is_refused() -> None:
    shown = run("entangle")
    assert shown.returncode == 2
    assert "entangle" in shown.stderr


def test_the_overview_and_doctor_load_no_cirq_and_no_nbgrader() -> None:
    probe = "import sys\nfrom qlab.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
    probe += "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    loaded = set(
        subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stderr.split()
    )
    assert not loaded & {"cirq", "nbgrader", "matplotlib", "nbformat"}
