"""The competency report in a real browser: accessible, readable on a phone, one sheet on paper, nothing loaded."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from qlab.learner.progress import write_report
from tests.learner.notebooks import half_done
from tests.waiting import PATIENCE_MS


@pytest.fixture
def tab_of(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Make a tab of a width and colour scheme."""
    contexts = []

    def make(width: int, scheme: str = "light") -> Any:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "competency.html"
    write_report(half_done(), path, learner="Ada <Lovelace>")
    return path


def test_the_page_holds_all_tasks_and_loads_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(task.title in unescape(text) for report in half_done() for task in report.tasks)
    assert "Ada &lt;Lovelace&gt;" in text
    assert not [word for word in ("<script", "http://", "https://", "url(", "@import", "<link", "<img") if word in text]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible_and_fits(page: Path, tab_of: Callable[..., Any], scheme: str, width: int) -> None:
    tab = tab_of(width, scheme)
    tab.goto(page.as_uri())
    axe = next(p for p in files("axe_core_python").iterdir() if p.name == "axe.min.js").read_text(encoding="utf-8")
    tab.evaluate(axe)
    found = tab.evaluate("() => axe.run(document)")
    assert [(each["id"], each["nodes"][0]["html"][:80]) for each in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_prints_on_one_sheet(page: Path, tab_of: Callable[..., Any], tmp_path: Path) -> None:
    tab = tab_of(1280)
    tab.goto(page.as_uri())
    for paper in ("A4", "Letter"):
        printed = tmp_path / f"{paper}.pdf"
        tab.pdf(path=str(printed), format=paper, prefer_css_page_size=False)
        if shutil.which("pdfinfo"):
            facts = subprocess.run(["pdfinfo", printed], capture_output=True, text=True, check=True).stdout
            assert "Pages:           1\n" in facts
