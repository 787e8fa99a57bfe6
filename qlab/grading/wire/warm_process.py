"""What the two warm processes, the student's and the trusted one, have in common.

Each imports once what the notebooks need, then forks a child for every notebook.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import random
import signal
import socket
import sys
import warnings

_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def preload(modules: list[str]) -> None:
    """Import modules for the forks to come; one that cannot be imported is the notebook's affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in modules:
            with contextlib.suppress(BaseException):
                importlib.import_module(name)
        if "numpy" in sys.modules:  # loads its generators when they are first asked for, too late to be seeded
            importlib.import_module("numpy.random")


def read_line(connection: socket.socket) -> bytes:
    """Read one line, leaving what follows it.

    Raises:
        SystemExit: the other end is closed.
    """
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(1)
        if not part:
            raise SystemExit(0)
        line += part
    return line


def fresh_randomness(seed: int | None = None) -> None:
    """Seed the global random generators anew: every fork would draw the same numbers otherwise.

    Args:
        seed: draws the same numbers each time, from 0 to 2**32 - 1; by default the system's own randomness.
    """
    random.seed(seed)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(seed)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes.

    Raises:
        OSError: the kernel refuses.
    """
    if _libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl: {os.strerror(code)}")
