"""`qlab doctor`: what this machine has, what is missing, and how to repair it.

Every check is a small function that tries the thing itself rather than looking for its name:
an answer is graded in the sandbox, the filter's library loaded, a program started, a file written to the exchange.
"""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qlab.grading.student.bubblewrap import SandboxUnavailable, bwrap_program, check_sandbox


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        subject: what was looked at.
        serves: what it is needed for.
        found: version or path, or why it does not work.
        works: whether it does.
        needed: whether the course is broken without it.
        remedy: what to do where it does not work.
    """

    subject: str
    serves: str
    found: str
    works: bool
    needed: bool
    remedy: str = ""


def python_version() -> Finding:
    """Python 3.11 or later."""
    version = ".".join(map(str, sys.version_info[:3]))
    remedy = "install Python 3.11 to 3.14 and run make setup PYTHON=python3.12"
    return Finding("Python", "everything", version, sys.version_info >= (3, 11), True, remedy)


def distribution(name: str, module: str, serves: str, extra: str, *, needed: bool = True) -> Finding:
    """A Python distribution, by its metadata and by whether its module can be found.

    Args:
        name: of the distribution, such as ``"jupyter-book"``.
        module: what it is imported as, such as ``"jupyter_book"``.
        serves: what it is needed for.
        extra: the extra of qlab that brings it.
        needed: whether the course is broken without it.
    """
    remedy = "run make setup" if needed else f"pip install 'correlation-is-not-enough[{extra}]'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, serves, "not installed", False, needed, remedy)
    works = importlib.util.find_spec(module) is not None
    return Finding(name, serves, version if works else f"{version}, cannot be imported", works, needed, remedy)


def sandbox() -> Finding:
    """Grade one right answer in the sandbox, as `qlab grade` would: namespaces, filter, both processes."""
    serves = "grading of untrusted notebooks"
    try:
        check_sandbox()
        from qlab.grading.runs.trial import grade_a_trial

        grade_a_trial()
        return Finding("bubblewrap", serves, bwrap_program(), True, True)
    except SandboxUnavailable as error:
        return Finding("bubblewrap", serves, error.reason, False, sys.platform == "linux", error.remedy)


def seccomp() -> Finding:
    """The shared library of libseccomp, loaded: the filter is built with it."""
    found = ctypes.util.find_library("seccomp")
    remedy = "install the package libseccomp2"
    serves = "grading of untrusted notebooks"
    try:
        works = bool(found) and hasattr(ctypes.CDLL(found), "seccomp_init")
    except OSError as error:
        return Finding("libseccomp", serves, str(error), False, True, remedy)
    return Finding("libseccomp", serves, found or "not found", works, True, remedy)


def _program(subject: str, serves: str, path: str | None, remedy: str) -> Finding:
    """A program that is asked for its version: one that cannot start is as good as none."""
    if path is None:
        return Finding(subject, serves, "not found", False, False, remedy)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(subject, serves, f"{path} does not start: {error}", False, False, remedy)
    says = (done.stdout if not done.returncode else done.stderr).strip().splitlines()
    if done.returncode:
        why = says[-1] if says else f"exit code {done.returncode}"
        return Finding(subject, serves, f"{path} does not start: {why}", False, False, remedy)
    return Finding(subject, serves, f"{path}, {says[0]}" if says else path, True, False, remedy)


def exchange() -> Finding:
    """nbgrader's exchange of the course in this folder: a file is written there and taken away."""
    serves = "release and collect on one server"
    remedy = "make the folder, open to all (chmod 777), set Exchange.root in nbgrader_config.py, or use an LMS"
    from qlab.grading.runs.course import Course

    root = str(Course(Path()).config.get("Exchange", {}).get("root", "/usr/local/share/nbgrader/exchange"))
    try:
        with tempfile.TemporaryFile(dir=root):
            return Finding("exchange", serves, root, True, False)
    except OSError as error:
        return Finding("exchange", serves, f"{root}: {error.strerror}", False, False, remedy)


def kernel() -> Finding:
    """Linux, for namespaces; elsewhere reading and learning work, sandboxed grading does not."""
    name = f"{os.uname().sysname} {os.uname().release}" if hasattr(os, "uname") else sys.platform
    works = sys.platform == "linux"
    return Finding("kernel", "grading of untrusted notebooks", name, works, False, "grade on a Linux machine")


def chromium_path() -> str | None:
    """Return where this machine's Chromium is, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def chromium() -> Finding:
    """A Chromium of the distribution, for the PDF and the browser tests."""
    return _program("Chromium", "the PDF of the book, browser tests", chromium_path(), "install the package chromium")


def postgresql() -> Finding:
    """A PostgreSQL server, for the tests of a gradebook that is not SQLite."""
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    path = shutil.which("postgres") or (str(servers[-1]) if servers else None)
    return _program("PostgreSQL", "tests of a PostgreSQL gradebook", path, "install the package postgresql")


def nbgrader_extensions() -> Finding:
    """nbgrader's four server extensions, enabled for JupyterLab."""
    serves = "make lab, formgrader"
    if importlib.util.find_spec("nbgrader") is None:
        return Finding("nbgrader extensions", serves, "nbgrader is not installed", False, True, "run make setup")
    folder = Path(sys.prefix) / "etc" / "jupyter" / "jupyter_server_config.d"
    found = sorted(path.stem for path in folder.glob("*nbgrader*"))
    text = ", ".join(found) or "none enabled"
    remedy = "jupyter server extension enable --sys-prefix --py nbgrader"
    return Finding("nbgrader extensions", serves, text, bool(found), True, remedy)


CHECKS: tuple[Callable[[], Finding], ...] = (
    python_version,
    lambda: distribution("numpy", "numpy", "everything", "", needed=True),
    lambda: distribution("cirq-core", "cirq", "cross-checks, scorecard", "cirq"),
    lambda: distribution("jupyter-book", "jupyter_book", "the book", "book"),
    lambda: distribution("matplotlib", "matplotlib", "figures", "book"),
    lambda: distribution("nbgrader", "nbgrader", "exercises and marks", "grading"),
    nbgrader_extensions,
    lambda: distribution("distributed", "distributed", "grading on many machines", "dist", needed=False),
    lambda: distribution("genanki", "genanki", "qlab cards", "learn", needed=False),
    kernel,
    sandbox,
    seccomp,
    chromium,
    postgresql,
    exchange,
)


def findings() -> Iterator[Finding]:
    """Run every check; one that breaks is itself a finding, not a crash."""
    for check in CHECKS:
        try:
            yield check()
        except Exception as error:
            name = getattr(check, "__name__", "check").replace("_", " ")
            yield Finding(name, "unknown", f"the check itself failed: {error!r}", False, True, "report this as a bug")


def report() -> int:
    """Print the screen; the exit code is 1 where something needed is missing."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="qlab doctor", title_justify="left", header_style="bold", expand=False)
    for column in ("", "what", "found", "serves"):
        table.add_column(column, overflow="fold")
    found = list(findings())
    marks = {(True, True): "[green]ok[/]", (True, False): "[green]ok[/]", (False, True): "[red]missing[/]"}
    for finding in found:
        mark = marks.get((finding.works, finding.needed), "[yellow]absent[/]")
        table.add_row(mark, finding.subject, finding.found, finding.serves)
    console = Console()
    console.print(table)
    broken = [finding for finding in found if not finding.works]
    for finding in broken:
        style = "red" if finding.needed else "yellow"
        console.print(f"[{style}]{finding.subject}[/]: {finding.remedy}", highlight=False)
    needed = sum(finding.needed for finding in broken)
    console.print(
        "Everything needed is here." if not needed else f"{needed} needed, missing or broken.", highlight=False
    )
    return 1 if needed else 0
