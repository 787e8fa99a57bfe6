"""What holds the repository together beside its code: version, release, hosted runs, hooks."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import qlab
from qlab.cli import COMMANDS
from tests import system_tools

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TAG, CHANGELOG = "v" + PROJECT["version"], (ROOT / "CHANGELOG.md").read_text()


@pytest.fixture(scope="module")
def edition() -> ModuleType:
    spec = importlib.util.spec_from_file_location("edition", ROOT / ".github" / "edition.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_version_is_written_once() -> None:
    assert qlab.__version__ == PROJECT["version"]
    writers = [path.name for path in (ROOT / "qlab").rglob("*.py") if PROJECT["version"] in path.read_text()]
    assert not writers
    with pytest.raises(AttributeError, match="no attribute 'version'"):
        _ = qlab.version


def test_importing_qlab_does_not_look_the_version_up() -> None:
    probe = "import numpy, sys; known = set(sys.modules); import qlab; print(*sys.modules.keys() - known)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "importlib.metadata" not in done.stdout.split()


def test_the_notes_of_an_edition_are_its_section(edition: ModuleType) -> None:
    text = "## Unreleased\n\nNew.\n\n## 1.2.0 - 2026-11-26\n\nFirst.\n\n- A.\n\n## 1.1.0 - 2026-01-01\n\nOld.\n"
    assert edition.notes("v1.2.0", version="1.2.0", changelog=text) == "First.\n\n- A.\n"
    assert edition.notes("v1.1.0", version="1.1.0", changelog=text) == "Old.\n"


@pytest.mark.parametrize(
    "section", ["", "## 1.2.0\n\nUndated.\n", "## 1.2.0 - 2026-11-26\n\n## 1.1.0 - 2026-01-01\n\nOld.\n"]
)
def test_an_edition_without_a_dated_section_that_says_something_is_refused(edition: ModuleType, section: str) -> None:
    with pytest.raises(ValueError, match=r"^CHANGELOG\.md must have a section '## 1\.2\.0 - YYYY-MM-DD'"):
        edition.notes("v1.2.0", version="1.2.0", changelog=f"# Changelog\n\n## Unreleased\n\nNew.\n\n{section}")


def test_a_tag_of_another_version_is_refused(edition: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"^tag must be v1\.2\.0, the version in pyproject\.toml, got v1\.3\.0$"):
        edition.notes("v1.3.0", version="1.2.0", changelog="")


def test_the_changelog_ends_with_a_dated_first_edition() -> None:
    headings = re.findall(r"^## .*$", CHANGELOG, re.MULTILINE)
    assert headings[-1] == "## 0.1.0 - 2026-11-26"
    assert all(re.fullmatch(r"## (Unreleased|\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d)", heading) for heading in headings)


def test_the_command_that_a_release_runs_prints_the_notes_or_refuses() -> None:
    script = ROOT / ".github" / "edition.py"
    refused = subprocess.run([sys.executable, script, "v0"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == f"tag must be {TAG}, the version in pyproject.toml, got v0\n"
    assert not refused.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_hash_and_every_make_target_exists(path: Path) -> None:
    text = path.read_text()
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in used), used
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"run: .*?\bmake ([a-z-]+)", text)) <= targets
    for job in yaml.safe_load(text)["jobs"].values():
        assert job["timeout-minutes"] <= 90


def test_the_container_of_a_public_host_sets_up_what_the_makefile_and_the_command_have() -> None:
    held = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"python:3\.1[1-4]-bookworm", held["image"])
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = [step.split() for step in held["postCreateCommand"].split(" && ")]
    assert [program for program, _ in steps] == ["make", ".venv/bin/qlab"]
    assert steps[0][1] in targets
    assert steps[1][1] in COMMANDS
    assert held["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def doors() -> dict[str, str]:
    """The rows of the README's first table, by whom they are for; all of it stands on the first screen."""
    screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
    rows = [line.strip("|").split("|") for line in screen if line.startswith("| ")]
    return {row[0].strip(): row[-1] for row in rows[1:] if not row[0].startswith(" ---")}


def test_the_readmes_first_screen_has_a_door_for_each_user_and_the_two_commands() -> None:
    assert list(doors()) == ["a reader", "a learner", "an instructor", "an evaluator", "a maintainer"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = "\n".join(text.splitlines()[:40])
    assert "make course" in first
    assert "make test" in first
    for door in doors().values():
        for target in re.findall(r"\]\(([^)]+)\)", door):
            anchor = {re.sub(r"[^a-z -]", "", line.lower()).strip().replace(" ", "-") for line in text.splitlines()}
            assert target[1:] in anchor if target.startswith("#") else (ROOT / target).is_file(), target


def test_every_command_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) | {"help"}
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    used = set(re.findall(r"(?:^|`|bin/)qlab ([a-z]+)", text, re.MULTILINE))
    assert used <= set(COMMANDS)
    assert {"start", "check", "progress", "cards"} <= used
    extras = set(re.findall(r"\[(\w+)\]\"", text))
    assert extras
    assert extras <= set(PROJECT["optional-dependencies"])


def test_hooks_have_the_versions_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pins = {pin for hook in hooks for pin in hook.get("additional_dependencies", ())}
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", pin) for pin in pins)
    lock = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    shared = {name: version for name, _, version in (pin.partition("==") for pin in pins) if name in lock}
    assert shared.keys() >= {"ruff", "codespell"}
    assert shared == {name: lock[name] for name in shared}


def test_who_is_not_root_installs_through_sudo_where_it_asks_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, code in (("apt-get", 0), ("sudo", 1)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert system_tools.as_root() == []
    assert system_tools.may_install()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert system_tools.as_root()[:2] == ["sudo", "--non-interactive"]
    assert not system_tools.may_install()
    (tmp_path / "sudo").write_text("#!/bin/sh\nexit 0\n")
    assert system_tools.may_install()
