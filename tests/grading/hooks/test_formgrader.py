"""Formgrader in a real browser: grade by the button, read a submission, comment on it; its scripts never run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from tests.grading.courses import ENVIRONMENT, CourseOnDisk
from tests.waiting import PATIENCE_MS, free_port, stop, wait_for, wait_until_served

TOKEN = "not-a-secret-on-loopback"
OWNED = "window.top.owned = (window.top.owned || 0) + 1"
ACTIVE = (
    f"<script>{OWNED}</script><img src=x onerror='{OWNED}'><svg onload='{OWNED}'></svg>"
    f"<iframe srcdoc='<script>{OWNED}</script>'></iframe><a id=bait href='javascript:{OWNED}'>bait</a>"
    "<style>.score { display: none }</style>"
)
FORMULAS = r"$\frac{a}{b}$ and $\href{javascript:window.top.owned=1}{x}$"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><script>{OWNED}</script></svg>'
SHOWN = (
    "from IPython.display import HTML, Javascript, Markdown, display\n"
    f"display(HTML({ACTIVE!r}), Javascript({OWNED!r}), Markdown({ACTIVE!r}))\n"
    f"display({{'image/svg+xml': {SVG!r}}}, raw=True)\n"
    "def count(words):\n    return {w: words.count(w) for w in words}"
)


@pytest.fixture(scope="module")
def served(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A course behind a Jupyter server with formgrader, as an instructor has it."""
    root = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(released_course, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("\nfrom qlab.grading.hooks.drop_in import configure\nconfigure(c)\n")
    course = CourseOnDisk(root)
    course.solve("ada")
    course.solve(
        "eve",
        {"count": SHOWN, "essay": f"My thoughts {FORMULAS} {ACTIVE}", "shout": "def shout(word):\n    return word"},
    )
    home = tmp_path_factory.mktemp("home")
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}", "--ServerApp.port_retries=0"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    places = {"JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(home), "IPYTHONDIR": str(home)}
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=root, env={**os.environ, **ENVIRONMENT, **places}, stdout=log, stderr=log
        )
    try:
        wait_until_served(f"{address}/api?token={TOKEN}", server, home / "log")
        yield course, address
    finally:
        stop(server)


@pytest.fixture
def page(served: tuple[Any, str], chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    one = context.new_page()
    one.elsewhere = []
    one.on("request", lambda asked: asked.url.startswith(served[1]) or one.elsewhere.append(asked.url))
    one.goto(f"{served[1]}/formgrader/?token={TOKEN}")
    yield one
    context.close()


def submission_of(address: str, page: Any, learner: str) -> None:
    """Open a learner's submission as an instructor reads it."""
    found = page.request.get(f"{address}/formgrader/api/submitted_notebooks/ps1/words").json()
    identity = next(one["id"] for one in found if one["student"] == learner)
    page.goto(f"{address}/formgrader/submissions/{identity}/")
    page.wait_for_selector("textarea.comment")


def test_autograde_read_and_comment(served: tuple[Any, str], page: Any) -> None:
    course, address = served
    page.goto(f"{address}/formgrader/manage_submissions/ps1")
    for learner in ("ada", "eve"):
        row = page.locator("tr", has=page.locator("td.student-id", has_text=learner))
        row.locator("td.autograde a").click()
        page.get_by_text(f"Successfully autograded 'ps1' for student '{learner}'.").wait_for()
        page.locator(".modal-footer button:visible").first.click()
        page.locator(".modal-backdrop").wait_for(state="detached")
    scores = course.scores()
    assert scores["ada"]["count-test"] == scores["eve"]["count-test"] == 2
    assert scores["ada"]["shout-hidden"] == 2
    assert scores["eve"]["shout-hidden"] == 0
    executed = json.loads((course.root / "autograded/eve/ps1/words.ipynb").read_text())
    assert any(OWNED in json.dumps(cell) for cell in executed["cells"]), "the submission's script must be there"

    submission_of(address, page, "eve")
    assert "My thoughts" in page.locator("body").inner_text()
    page.wait_for_timeout(500)
    assert page.evaluate("window.owned") is None
    assert page.locator("mfrac").count() == 1
    above, below = (page.locator("mfrac > *").nth(at).bounding_box() for at in (0, 1))
    assert above["y"] + above["height"] <= below["y"] + 1, "the browser must draw the fraction"
    assert [url for url in page.elsewhere if not url.startswith("data:")] == []
    assert page.locator("#bait").count() == 0
    assert page.locator("iframe").count() == 0
    assert page.locator("a[href^='javascript:' i]:has-text('bait')").count() == 0
    assert page.locator(".score:visible").count() > 0

    page.locator(".glyphicon-eye-open.name-hidden").click()
    assert page.locator("a.name-shown").is_visible(), "nbgrader's own handlers must run under the policy"
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\\'window.owned=9\\'>')")
    page.evaluate("document.body.appendChild(document.createElement('script')).textContent = 'window.owned=9'")
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None, "the policy must stop what cleaning might miss"

    comment = page.locator("#essay-comment")
    comment.fill("Say more about <b>words</b>.")
    comment.blur()
    wait_for(lambda: comments(course.root) == ["Say more about <b>words</b>."])
    page.reload()
    # Playwright's own waiting would need eval, which the policy stops.
    wait_for(lambda: comment.input_value().startswith("Say more"))
    assert page.evaluate("window.owned") is None


def comments(root: Path) -> list[str]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook("words", "ps1", "eve")
        return [one.manual_comment for one in notebook.comments if one.manual_comment]
