"""What the pool of processes takes from inside Python: a version that lacks it fails here, in plain words."""

from __future__ import annotations

import inspect
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import ModuleType

import pytest

from qlab.grading.runs.pool import _Context

VERSION = sys.version.split()[0]
ADVICE = "_PoolProcess (qlab/grading/runs/pool.py) must be rewritten for this version"


def test_a_process_is_started_by_a_static_method_of_one_argument() -> None:
    found = inspect.getattr_static(ForkServerProcess, "_Popen", None)
    assert isinstance(found, staticmethod), f"Python {VERSION}: ForkServerProcess._Popen must be static, {ADVICE}"
    assert len(inspect.signature(found.__func__).parameters) == 1, f"Python {VERSION}: _Popen has changed, {ADVICE}"
    assert ForkServerContext.Process is ForkServerProcess, f"Python {VERSION}: the context has changed, {ADVICE}"


def test_the_callers_script_is_out_of_sight_while_a_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ModuleType] = []
    monkeypatch.setattr(ForkServerProcess, "_Popen", staticmethod(lambda _: seen.append(sys.modules["__main__"])))
    script = sys.modules["__main__"]
    _Context.Process._Popen(None)
    assert [hasattr(module, "__file__") for module in seen] == [False]
    assert sys.modules["__main__"] is script
