"""Waiting with a deadline in place of sleeping, and ports that no other test takes: a loaded machine fails no test."""

from __future__ import annotations

import random
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE_S = 120.0
"""No wait in a sound run comes near it, however busy the machine; a hang ends here."""
PATIENCE_MS = 1000 * PATIENCE_S
"""The same for Playwright, which counts milliseconds."""


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Ask until the condition holds, or fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come about within {seconds} s: {condition}"
        time.sleep(0.02)


def wait_until_served(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server that was started answers."""

    def answers() -> bool:
        if server.poll() is not None:
            pytest.fail(f"the server did not start: {log.read_text(errors='replace')[-3000:]}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return True
        except OSError:
            return False

    wait_for(answers)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a process that was started, by force if it does not listen."""
    server.terminate()
    try:
        server.wait(timeout=PATIENCE_S / 4)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    """A port below those that the system hands out by itself, kept from other tests until this process ends."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0qlab-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        mark.detach()  # the mark stays until the process ends
        return port
