"""The core needs NumPy alone, proved by importing it. Who may import whom is in pyproject.toml; `make lint` asks."""

from __future__ import annotations

import subprocess
import sys

CORE = (
    "_types", "_validate", "_numeric", "_text_drawing", "gates", "states", "tables", "circuits", "channels", "measures",
    "simulator", "bell", "protocols", "keys", "networks", "devices",
)  # fmt: skip
EVERY_MODULE = f"""
import importlib, pkgutil, sys
import qlab
for room in {CORE}:
    package = importlib.import_module(f"qlab.{{room}}")
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), f"qlab.{{room}}."):
        importlib.import_module(module.name)
print(*sys.modules)
"""


def test_importing_the_core_loads_numpy_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", EVERY_MODULE], capture_output=True, text=True, check=True)
    plain = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    by_itself = {name.split(".")[0] for name in plain.stdout.split()}
    assert {name.split(".")[0] for name in loaded} - sys.stdlib_module_names - by_itself == {"numpy", "qlab"}
    assert {name.split(".")[1] for name in loaded if name.startswith("qlab.")} == set(CORE)
