"""A real browser over the built site: the distribution's Chromium, driven by Playwright."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE_MS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site, brought up to date first (nothing happens where it already is)."""
    built = subprocess.run([sys.executable, ROOT / "book" / "build.py"], capture_output=True, text=True)
    assert built.returncode == 0, f"the book was not built:\n{built.stdout[-3000:]}\n{built.stderr[-6000:]}"
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def page_names(site: Path) -> list[str]:
    """Every page a reader can open, relative to the site, without its ending."""
    skipped = {"index", "webpack-macros", "sbt-webpack-macros"}
    pages = [path.relative_to(site) for path in site.rglob("*.html") if "_static" not in path.parts]
    return sorted(str(page.with_suffix("")) for page in pages if str(page.with_suffix("")) not in skipped)


class Reader:
    """One browser tab with everything it complained about."""

    def __init__(self, page: Any, site: Path) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", self.note_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self.note_request)
        page.on("requestfailed", self.note_failure)

    def note_console(self, message: Any) -> None:
        """Keep errors and warnings."""
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def note_request(self, request: Any) -> None:
        """Keep requests that leave the site."""
        if not request.url.startswith((self.site.as_uri(), "data:", "http://127.0.0.1:")):
            self.complaints.append(f"external: {request.url}")

    def note_failure(self, request: Any) -> None:
        """Keep requests that failed, but for those cut off by going on to the next page."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def open(self, name: str) -> Any:
        """Open a page of the site from its folder and wait until its fonts are there."""
        self.page.goto(f"{self.site.as_uri()}/{name}.html")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait for the fonts."""
        self.page.evaluate("() => document.fonts.ready.then(() => true)")


@pytest.fixture
def reader(chromium: Any, site: Path) -> Iterator[Callable[..., Reader]]:
    """Make tabs with the given width, colour scheme and other options of a Playwright context."""
    contexts = []

    def make(width: int = 1280, **options: Any) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return Reader(context.new_page(), site)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The site behind a web server on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()
