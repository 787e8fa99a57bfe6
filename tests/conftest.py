"""How the suite runs: which files come first, and the one browser of each worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).parents[1]
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a worker a core: more threads only wait for each other
# Tests may import each other's tools, however pytest was called, and the book's programs.
sys.path[:0] = [str(ROOT), str(ROOT / "book")]

# Theirs is another environment: `make peers` runs them.
collect_ignore = ["peers"]

# A busy machine is no error, neither in a test nor where its examples are drawn.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few", settings.get_profile("suite"), max_examples=20)
# The first failure kills a mutant: no shorter example is wanted, and what most likely fails comes first.
settings.register_profile(
    "mutants", settings.get_profile("suite"), derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
MUTANT = os.environ.get("MUTANT_UNDER_TEST", "")  # set by mutmut
settings.load_profile("mutants" if MUTANT else "few" if os.environ.get("FEW_SEEDS") else "suite")

LONGEST_FIRST = tuple(
    f"tests/{name}.py"
    for name in (
        "browser/test_accessibility", "browser/test_downloads", "hostile/test_hostile", "browser/test_pages",
        "authoring/test_sample_class_graded", "browser/test_jupyterlab", "authoring/test_exercises",
    )
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; outside CI a machine without Chromium is told so plainly."""
    from print_book import CHROMIUM_FLAGS, PATIENCE_MS

    from qlab.doctor import chromium_path

    path = chromium_path()
    if path is None:
        message = "no Chromium found: what needs a browser was not tested (install the package chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        print(f"\nwarning: {message}", file=sys.stderr)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS, timeout=PATIENCE_MS)
        yield browser
        browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that none of them is begun when the other worker is nearly done."""
    rank = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(ROOT).as_posix(), len(rank)))
    if MUTANT:  # such as qlab.bell.chsh.x_win_chance__mutmut_1
        first = (f"test_{MUTANT.split('.')[-2]}", "test_refusals")
        items.sort(key=lambda item: item.path.stem not in first)
