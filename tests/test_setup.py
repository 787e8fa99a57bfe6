"""Set-up and commands in odd environments.

Set-up is the Makefile's own recipes, run on a small tree with locks of one tiny package. Nothing is fetched:
the wheels are made here, and pip and uv find them by the variables of a company's index.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from qlab.authoring.make import make_course, only_run
from qlab.grading.runs.course import Course
from qlab.grading.runs.worker import _font_cache
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[1]
BASE = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # below the environment of these tests
BACKEND = """
from pathlib import Path
import zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    info = "here-1.dist-info"
    parts = {"here.py": "", f"{info}/METADATA": "Metadata-Version: 2.1\\nName: here\\nVersion: 1\\n"}
    parts[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(Path(wheel_directory, "here-1-py3-none-any.whl"), "w") as wheel:
        for name, text in {**parts, f"{info}/RECORD": "".join(f"{part},,\\n" for part in parts)}.items():
            wheel.writestr(name, text)
    return "here-1-py3-none-any.whl"
"""


def wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    """Write a wheel of version 1 and return its line for a lock."""
    info = f"{name}-1.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for part, text in {**files, f"{info}/RECORD": "".join(f"{part},,\n" for part in files)}.items():
            entry = zipfile.ZipInfo(part)
            entry.external_attr = (0o100755 if "/scripts/" in part else 0o100644) << 16
            archive.writestr(entry, text)
    return f"{name}==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def own_python(folder: Path) -> Path:
    """Make a Python that is no virtual environment, with packages of its own: a copy of ours, mostly links."""
    library = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library.mkdir(parents=True)
    (folder / "bin").mkdir()
    shutil.copy(BASE, folder / "bin" / "python3")
    for path in Path(sysconfig.get_path("stdlib")).iterdir():
        if path.name not in {"site-packages", "dist-packages", "EXTERNALLY-MANAGED", "__pycache__"}:
            (library / path.name).symlink_to(path)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    python = folder / "bin" / "python3"
    packages = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip())
    assert packages.is_relative_to(folder), packages
    (packages / "precious-1.dist-info").mkdir(parents=True)
    (packages / "precious-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: precious\nVersion: 1\n")
    (packages / "precious-1.dist-info" / "RECORD").write_text("precious.py,,\nprecious-1.dist-info/METADATA,,\n")
    (packages / "precious.py").write_text("")
    ask = "import pip; print(pip.__path__[0])"
    pip = subprocess.run([BASE, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    (packages / "pip").symlink_to(pip)
    return python


class Desk:
    """Somebody's machine: a small tree to set up, a Python, a home, and other places that are not ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree, self.home, self.others, links = (folder / name for name in ("tree", "home", "others", "wheels"))
        for place in (self.tree, self.home, self.others, links):
            place.mkdir()
        self.python = own_python(folder / "python")
        shutil.copy(ROOT / "Makefile", self.tree)
        (self.tree / "pyproject.toml").write_text(
            '[project]\nname = "here"\nversion = "1"\n[build-system]\nrequires = ["tiny"]\nbuild-backend = "tiny"\n'
        )
        (self.tree / "requirements.lock").write_text(wheel(links, "tiny", {"tiny.py": BACKEND}))
        uv = f'#!/bin/sh\nexec "{ROOT}/.tools/bin/uv" "$@"\n'
        (self.tree / "tools.lock").write_text(wheel(links, "uv", {"uv-1.data/scripts/uv": uv}))
        self.environment = {
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "PIP_FIND_LINKS": str(links),
            "PIP_NO_INDEX": "1",
            "PIP_NO_CACHE_DIR": "1",
            "UV_FIND_LINKS": str(links),
            "UV_NO_INDEX": "1",
            "UV_CACHE_DIR": str(folder / "cache"),
            **{name: value for name, value in os.environ.items() if name in {"LD_LIBRARY_PATH", "TMPDIR", "LANG"}},
        }

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run make in the tree with more variables."""
        environment = {**self.environment, **variables}
        return subprocess.run(
            ["make", *words],
            cwd=self.tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    def outside(self) -> dict[str, tuple[int, int]]:
        """All files that set-up must not touch, with size and time."""
        places = [self.python.parents[1], self.home, self.others]
        files = [path for place in places for path in place.rglob("*") if "__pycache__" not in path.parts]
        return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in files if not path.is_dir()}

    def installed(self) -> str:
        """Where the environment of the tree has its packages from."""
        code = "import sys, tiny, here; print(sys.prefix, tiny.__file__, here.__file__)"
        found = subprocess.run(
            [self.tree / ".venv" / "bin" / "python", "-I", "-c", code], capture_output=True, text=True, check=False
        )
        return found.stdout + found.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def uv_variables(desk: Desk) -> dict[str, str]:
    (desk.others / "uv.toml").write_text(f'[pip]\nsystem = true\ntarget = "{desk.others}"\n')
    return {
        "UV_SYSTEM_PYTHON": "1",
        "UV_BREAK_SYSTEM_PACKAGES": "1",
        "UV_PYTHON": str(desk.python),
        "UV_PROJECT_ENVIRONMENT": str(desk.others),
        "UV_WORKING_DIR": str(desk.others),
        "UV_CONFIG_FILE": str(desk.others / "uv.toml"),
        "UV_NO_CONFIG": "0",
        "UV_REQUIRE_HASHES": "1",
        "UV_NO_BUILD": "1",
        "UV_EXCLUDE_NEWER": "2000-01-01",
        "UV_MANAGED_PYTHON": "1",
    }


def pip_variables(desk: Desk) -> dict[str, str]:
    return {
        "PIP_TARGET": str(desk.others),
        "PIP_PREFIX": str(desk.others),
        "PIP_ROOT": str(desk.others),
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_NO_BINARY": ":all:",
        "PIP_DEST": str(desk.others),
        "PIP_LOG": str(desk.others / "log"),
        "PIP_PYTHON": "/nowhere",
    }


def pip_configuration(desk: Desk) -> dict[str, str]:
    options = f"user = true\nprefix = {desk.others}\nroot = {desk.others}\ntarget = {desk.others}\n"
    (desk.others / "pip.conf").write_text(f"[global]\nrequire-virtualenv = true\n{options}[install]\n{options}")
    return {"PIP_CONFIG_FILE": str(desk.others / "pip.conf")}


def python_variables(desk: Desk) -> dict[str, str]:
    for module in ("tiny", "pip", "sitecustomize", "zipfile", "usercustomize"):
        (desk.others / f"{module}.py").write_text(f"raise SystemExit('{module} of another place')\n")
    return {
        "PYTHONPATH": str(desk.others),
        "PYTHONHOME": str(desk.others),
        "PYTHONUSERBASE": str(desk.others),
        "PYTHONSTARTUP": str(desk.others / "tiny.py"),
        "PYTHONPYCACHEPREFIX": str(desk.others),
        "PYTHONSAFEPATH": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONINSPECT": "1",
        "PYTHON_GIL": "7",
    }


def active_environment(desk: Desk) -> dict[str, str]:
    """One made by uv, which has no pip, and made at home, where it is watched."""
    place = desk.home / "active"
    uv = [ROOT / ".tools" / "bin" / "uv", "venv", "--quiet", "--no-config", "--python", desk.python, place]
    subprocess.run(uv, env=desk.environment, check=True)
    return {"VIRTUAL_ENV": str(place), "PATH": f"{place / 'bin'}:{desk.environment['PATH']}"}


def active_conda(desk: Desk) -> dict[str, str]:
    (desk.python.parents[1] / "conda-meta").mkdir()
    return {"CONDA_PREFIX": str(desk.python.parents[1]), "CONDA_DEFAULT_ENV": "work", "CONDA_SHLVL": "1"}


def start_file_of_bash(desk: Desk) -> dict[str, str]:
    (desk.others / "start").write_text(f'export UV_SYSTEM_PYTHON=1 PATH="{desk.python.parent}:$PATH"\n')
    return {"BASH_ENV": str(desk.others / "start")}


def all_of_these(desk: Desk) -> dict[str, str]:
    kinds = (uv_variables, pip_variables, pip_configuration, python_variables, active_environment, start_file_of_bash)
    return {name: value for kind in kinds for name, value in kind(desk).items()}


@pytest.mark.parametrize(
    "kind",
    [
        uv_variables,
        pip_variables,
        pip_configuration,
        python_variables,
        active_environment,
        active_conda,
        start_file_of_bash,
        all_of_these,
    ],
)
def test_set_up_touches_nothing_but_its_own_tree(desk: Desk, kind) -> None:
    variables = kind(desk)
    before = desk.outside()
    done = desk.make("setup", **variables)
    assert done.returncode == 0, done.stderr
    assert desk.outside() == before
    assert desk.installed().count(str(desk.tree / ".venv")) == 3, desk.installed()


def test_a_second_set_up_does_nothing_there_too(desk: Desk) -> None:
    assert desk.make("setup").returncode == 0
    assert desk.make("--question", "setup").returncode == 0


def test_only_what_an_index_a_proxy_or_a_cache_needs_comes_in(desk: Desk) -> None:
    names = (
        "UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_INDEX_OURS_PASSWORD UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_HTTP_TIMEOUT"
        " UV_KEYRING_PROVIDER UV_INSECURE_HOST PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_CERT"
        " PIP_CLIENT_CERT PIP_PROXY PIP_TRUSTED_HOST PIP_CONFIG_FILE PIP_RETRIES HTTPS_PROXY https_proxy"
        " NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NETRC"
    )
    kept = dict.fromkeys(names.split(), "kept")
    others = {"CONDA_PREFIX", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "BASH_ENV"}
    others |= uv_variables(desk).keys() | pip_variables(desk).keys() | python_variables(desk).keys()
    dropped = dict.fromkeys(others, "dropped")
    with (desk.tree / "Makefile").open("a") as makefile:
        makefile.write("shown:\n\t@env\n")
    shown = desk.make("shown", **dropped, **kept).stdout
    seen = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    assert {name: seen.get(name) for name in kept} == kept
    assert not [name for name, value in seen.items() if value == "dropped"]


def as_version(desk: Desk, version: str) -> str:
    """A Python that gives itself out as another version."""
    path = desk.others / "python"
    release = ", ".join(version.split("."))
    path.write_text(
        f"#!{desk.python}\nimport os, sys\n"
        f"if sys.argv[1] != '-c':\n    os.execv('{desk.python}', ['python', *sys.argv[1:]])\n"
        f"sys.version_info = ({release}, 0)\nexec(sys.argv[2])\n"
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.15", "3.110"])
def test_an_unsuitable_python_is_refused_in_one_line_that_names_the_remedy(desk: Desk, version: str) -> None:
    python = as_version(desk, version)
    done = desk.make("setup", f"PYTHON={python}")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert lines == [
        f"Set-up needs Python 3.11 to 3.14, and {python} is {version}:"
        " name another, for example: make PYTHON=python3.12 setup"
    ]
    assert done.returncode == 2
    assert not (desk.tree / ".tools").exists()
    assert not (desk.tree / ".venv").exists()


@pytest.mark.parametrize("version", ["3.11", "3.14"])
def test_a_suitable_python_is_accepted(desk: Desk, version: str) -> None:
    done = desk.make(".tools/.complete", f"PYTHON={as_version(desk, version)}")
    assert done.returncode == 0, done.stderr


def test_a_missing_python_is_named(desk: Desk) -> None:
    done = desk.make("setup", "PYTHON=python3.999")
    assert "Set-up needs Python 3.11 to 3.14, and python3.999 is not there: name another" in done.stderr
    assert len(done.stderr.splitlines()) == 2  # the second is make's own


def test_a_python_without_pip_is_told_what_to_install(desk: Desk) -> None:
    next(desk.python.parents[1].rglob("pip")).unlink()
    done = desk.make("setup")
    assert done.stderr.splitlines()[0] == (
        f"Set-up needs pip, and {desk.python} has none: install it (Debian, Ubuntu: apt install python3-pip)"
    )


def test_an_environment_of_an_unsuitable_python_is_made_anew(desk: Desk) -> None:
    (desk.tree / ".venv" / "bin").mkdir(parents=True)
    (desk.tree / ".venv" / "pyvenv.cfg").write_text("")
    Path(as_version(desk, "3.10")).rename(desk.tree / ".venv" / "bin" / "python")
    assert desk.make("setup").returncode == 0
    assert desk.installed().count(str(desk.tree / ".venv")) == 3


def no_account(number: int) -> pwd.struct_passwd:
    raise KeyError(number)


BARE = f"""
import pwd, subprocess, sys
from pathlib import Path
from qlab import cli
from qlab.authoring.cut import generate

def no_account(number):
    raise KeyError(number)

def work():
    generate(["faq"], Path({str(ROOT)!r}), Path(sys.argv[1]))
    subprocess.run([sys.executable, "-m", "nbgrader", "--version"], check=True)

pwd.getpwuid, cli.app = no_account, work
cli.main()
"""


def test_a_command_runs_nbgrader_without_the_environment_on_path_and_without_a_home(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BARE, str(tmp_path)]
    done = subprocess.run(
        command, env={"PATH": os.defpath}, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "exercises" / "faq" / "faq.ipynb").exists()


def test_a_course_is_read_by_an_account_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'ours'\n")
    assert Course(tmp_path).course_id == "ours"
    assert _font_cache() is None


def test_a_second_course_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_run(tmp_path / "_build"):
        assert make_course(tmp_path) == 1
    assert capsys.readouterr() == ("", "Not made: another `qlab course` is at work here.\n")


BUILD = f"""
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.path.insert(0, {str(ROOT / "book")!r})
import build

def endless(*_, **__):
    print("at work", flush=True)
    time.sleep(600)
"""
PHASES = {
    "chapters": "import execute; execute.execute_notebook = endless",
    "pages": """
import sphinx.application
build.execute_chapters = lambda *_: True
sphinx.application.Sphinx.build = endless
""",
    "PDF": """
def pages(made, *, fresh, builder="html"):
    if builder == "epub":
        while not begun.exists():
            time.sleep(0.02)
        endless()
    made.html.mkdir(parents=True)
    return 0

begun = Path(sys.argv[2], "begun")
build.ROOT = Path(sys.argv[2], "root")
(build.ROOT / "book").mkdir(parents=True)
(build.ROOT / "book" / "print_book.py").write_text(
    f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)"
)
build.chapters_in_toc, build.execute_chapters, build.build_pages = lambda _: [], lambda *_: True, pages
build.available_formats = lambda: ("pdf", "epub")
""",
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_book_stopped_by_hand_ends_at_once_and_in_one_line(tmp_path: Path, phase: str) -> None:
    code = f"{BUILD}\n{PHASES[phase]}\nbuild.run()"
    command = [sys.executable, "-c", code, "--build-dir", str(tmp_path), "--only", "01_shared_state"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            while "at work" not in process.stdout.readline():
                assert process.poll() is None
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE_S)  # also children that hold stderr have ended
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.strip().splitlines()[-1] == "Stopped. Finished chapters are kept: run the same command again."
