"""The repository itself: locks, commands, and what no file may say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def tracked(root: Path) -> list[str]:
    """The repository's files by name: what git tracks, or in a downloaded ZIP all that .gitignore lets stand."""
    command = ["git", "-c", "safe.directory=*", "ls-files"]  # also in another user's checkout
    if (root / ".git").exists():
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines()]
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return sorted(str(name) for name in files if not any(fnmatch(part, bad) for part in name.parts for bad in ignored))


TRACKED = tracked(ROOT)
OURS = [name for name in TRACKED if "/vendor/" not in name and Path(name).suffix not in {".png", ".woff2"}]


def test_a_zip_without_git_lists_what_is_ours(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitignore", tmp_path)
    ours = [".gitignore", "book/index.md", "qlab/feedback.py", "qlab/gates.py"]
    others = [
        ".venv/a.py",
        "_build/html/a.css",
        "qlab/__pycache__/a.pyc",
        "qlab.egg-info/a",
        ".coverage.7",
        "gradebook.db",
    ]
    for name in [*ours[1:], *others]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert tracked(tmp_path) == ours


def test_lint_passes_over_what_is_not_ours_where_there_is_no_git(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    folders = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.endswith("/")]
    never_with_sources = {"__pycache__", "*.egg-info", ".hypothesis"}
    for name in set(folders) - never_with_sources:
        (tmp_path / name).mkdir()
        (tmp_path / name / "bad.py").write_text("import os\n")
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise"]
    done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "bad.py").write_text("import os\n")
    assert subprocess.run(ruff, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("lock", ["tools.lock", "requirements.lock", "bench.lock", "peers.lock"])
def test_every_requirement_in_a_lock_is_pinned_and_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    for pin in pins:
        assert re.match(r"^[A-Za-z0-9._\[\]-]+==\S+", pin), pin
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks if not block.startswith("#"))
    assert "://" not in text


def test_jsonschema_stays_below_the_release_that_slows_every_import() -> None:
    version = re.search(r"^jsonschema==4\.(\d+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert version is not None
    assert int(version[1]) < 25


def test_top_level_is_as_drawn() -> None:
    allowed = {
        "README.md",
        "CONTRIBUTING.md",
        "CONVENTIONS.md",
        "DECISIONS.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE",
        "Makefile",
        "pyproject.toml",
        "setup.py",
        "requirements.lock",
        "tools.lock",
        "bench.lock",
        "peers.lock",
        "nbgrader_config.py",
        "_config.yml",
        "_toc.yml",
        "book",
        "solutions",
        "exercises",
        "qlab",
        "tests",
        ".ci",
        ".devcontainer",
        ".github",
        ".gitattributes",
        ".gitignore",
        ".editorconfig",
        ".pre-commit-config.yaml",
    }
    assert {name.split("/")[0] for name in TRACKED} <= allowed


def test_no_file_names_a_registry_a_machine_or_the_workshop() -> None:
    forbidden = [
        "pypi" + ".org",
        "files.python" + "hosted",
        "registry.npm" + "js",
        "deb.deb" + "ian.org",
        "/" + "work/",
        "/tmp/" + "brief",
    ]
    assert len(OURS) > 500
    texts = {name: (ROOT / name).read_text(errors="ignore") for name in OURS if (ROOT / name).exists()}
    found = {name: [word for word in forbidden if word in text] for name, text in texts.items()}
    assert not {name: words for name, words in found.items() if words}


def test_continuous_integration_calls_make_test_and_nothing_else_of_weight() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands[-1] == "exec make test"
    assert len(commands) == 3


def test_help_lists_every_target_that_has_a_purpose() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("course", "test", "lab", "bench", "peers", "help", "setup", "clean", "lock"):
        assert re.search(rf"^  make {target} ", shown, re.MULTILINE), target


def test_a_second_setup_does_nothing_in_under_two_seconds_of_work() -> None:
    fresh = subprocess.run(["make", "--question", "setup"], cwd=ROOT, check=False)
    assert fresh.returncode == 0, "the environment is older than its locks: run make setup"
    before = os.times()
    done = subprocess.run(["make", "setup"], cwd=ROOT, capture_output=True, text=True, check=True)
    after = os.times()
    work_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert work_s < 2
    assert "Setting up" not in done.stdout


@pytest.mark.parametrize(
    "page",
    ["qlab/README.md", "qlab/grading/ARCHITECTURE.md", "qlab/grading/README.md", "CONTRIBUTING.md", "SECURITY.md"],
)
def test_a_map_names_only_what_exists(page: str) -> None:
    named = re.findall(r"[`(]([\w./-]+\.(?:py|md|yml|toml))[`)]", (ROOT / page).read_text(encoding="utf-8"))
    places = (ROOT / page).parent, ROOT
    missing = [name for name in named if "NN_slug" not in name and not any((place / name).exists() for place in places)]
    assert not missing
