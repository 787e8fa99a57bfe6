"""Tests may import each other's tools, however pytest was called; all that need a browser share one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

if os.environ.get("MUTANT_UNDER_TEST"):  # set by mutmut
    # The first failure kills: no shorter example is wanted, and what most likely fails comes first.
    settings.register_profile("mutants", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutants")

sys.path.insert(0, str(Path(__file__).parents[1]))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; outside CI a machine without Chromium is told so plainly."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "no Chromium found: what needs a browser was not tested (install the package chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        print(f"\nwarning: {message}", file=sys.stderr)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    module = os.environ.get("MUTANT_UNDER_TEST", "").partition(".")[2].partition(".")[0]
    if module:
        first = (f"test_{module}", "test_refusals", "test_refused_arrays")
        items.sort(key=lambda item: item.path.stem not in first)
