"""Build the book: execute its chapters in parallel, render the pages, then the PDF and the EPUB.

    python book/build.py [--draft] [--no-formats] [--force] [--build-dir DIR] [--only PAGE ...]

Chapters are executed through jupyter-cache, so an unchanged chapter costs nothing; the cache is
emptied when `qlab` or a pinned package changes, because the numbers may then change too. A build
whose inputs did not change does nothing at all.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from execute import execute_chapters
from print_book import chromium

ROOT = Path(__file__).resolve().parents[1]

REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Correlation Is Not Enough</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url=book/index.html">
</head>
<body>
<main><h1>Correlation Is Not Enough</h1><p><a href="book/index.html">Open the book</a></p></main>
</body>
</html>
"""


@dataclass(frozen=True)
class Build:
    """Where one build writes, and what it builds.

    Attributes:
        folder: Where everything goes.
        toc: The table of contents.
        draft: Whether warnings are allowed.
        formats: What is made beside the site: ``pdf``, ``epub``.
    """

    folder: Path
    toc: Path
    draft: bool
    formats: tuple[str, ...]

    @property
    def html(self) -> Path:
        """The site."""
        return self.folder / "html"

    @property
    def cache(self) -> Path:
        """What chapters printed when they were last executed."""
        return self.folder / ".jupyter_cache"


def main(arguments: list[str] | None = None) -> int:
    """Build what changed; return 0 on success."""
    options = parse(arguments)
    started = time.perf_counter()
    formats = () if options.no_formats else available_formats()
    build = Build(options.build_dir.resolve(), ROOT / "_toc.yml", options.draft, formats)
    build.folder.mkdir(parents=True, exist_ok=True)
    with (build.folder / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once would write over each other: the second waits
        if options.only:
            build = replace(build, toc=short_toc(build.folder, options.only), draft=True)
        return update(build, options, started)


def update(build: Build, options: argparse.Namespace, started: float) -> int:
    """Build what changed since the last build of the same folder; return 0 on success."""
    stamp = build.folder / ".book-inputs"
    inputs = f"{fingerprint(book_inputs())} {build.draft} {build.formats} {options.only}"
    if not options.force and stamp.exists() and stamp.read_text() == inputs:
        print(f"The book is up to date: {build.html / 'index.html'}")
        return 0
    stamp.unlink(missing_ok=True)
    fresh = drop_stale_cache(build.cache)
    executed = execute_chapters(chapters_in_toc(build.toc), build.cache)
    if not (executed or build.draft) or build_pages(build, fresh=fresh) != 0:
        return 1
    (build.html / "index.html").write_text(REDIRECT, encoding="utf-8")
    if build.formats and not build_formats(build, fresh=fresh):
        return 1
    stamp.write_text(inputs)
    print(f"Built in {time.perf_counter() - started:.1f} s: {build.html / 'index.html'}")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--draft", action="store_true", help="warnings do not fail the build")
    parser.add_argument("--no-formats", action="store_true", help="leave out the PDF and the EPUB")
    parser.add_argument("--force", action="store_true", help="build although nothing changed")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "_build", metavar="DIR")
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="a draft of these pages alone")
    return parser.parse_args(arguments)


def short_toc(folder: Path, pages: list[str]) -> Path:
    """Write a table of contents of the index and these pages, and return its path."""
    toc = folder / "_toc.yml"
    lines = ["format: jb-book", "root: book/index", "chapters:"]
    toc.write_text("\n".join([*lines, *(f"- file: book/{Path(p).stem}" for p in pages)]) + "\n")
    return toc


def book_inputs() -> list[Path]:
    """Return every file that the pages depend on."""
    trees = [ROOT / "book", ROOT / "exercises", ROOT / "solutions", ROOT / "qlab"]
    files = [path for tree in trees for path in tree.rglob("*") if path.is_file()]
    single = [ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "requirements.lock"]
    keep = [path for path in files + single if path.exists() and "__pycache__" not in path.parts]
    return sorted(path for path in keep if not path.name.startswith("."))


def number_inputs() -> list[Path]:
    """Return every file outside the chapters that can change a computed number."""
    sources = sorted((ROOT / "qlab").rglob("*.py"))
    core = [p for p in sources if "grading" not in p.parts and p.name != "cli.py"]
    notebooks = sorted((ROOT / "solutions").rglob("*.ipynb"))  # the instructor guide counts their words
    return [*core, *notebooks, *(p for p in [ROOT / "requirements.lock"] if p.exists())]


def fingerprint(paths: Iterable[Path]) -> str:
    """Return one hash of names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def drop_stale_cache(cache: Path) -> bool:
    """Empty the execution cache if `qlab` or the pins changed; return whether it was emptied."""
    stamp = cache / "inputs"
    now = fingerprint(number_inputs())
    if stamp.exists() and stamp.read_text() == now:
        return False
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    stamp.write_text(now)
    return True


def chapters_in_toc(toc_file: Path) -> list[Path]:
    """Return the executable pages of the table of contents, in order."""
    import yaml

    def files(entry: object) -> Iterable[str]:
        if isinstance(entry, dict):
            for key, value in entry.items():
                if key in {"root", "file"}:
                    yield str(value)
                else:
                    yield from files(value)
        elif isinstance(entry, list):
            for item in entry:
                yield from files(item)

    toc = yaml.safe_load(toc_file.read_text(encoding="utf-8"))
    pages = [ROOT / f"{name.removesuffix('.md')}.md" for name in files(toc)]
    return [page for page in pages if page.exists() and is_notebook(page)]


def is_notebook(page: Path) -> bool:
    """Return whether the page's front matter makes it executable."""
    text = page.read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return False
    return "kernelspec:" in text.split("\n---", 1)[0]


def build_pages(build: Build, *, fresh: bool, builder: str = "html") -> int:
    """Render the pages (or the EPUB); warnings are errors unless this is a draft."""
    from jupyter_book.sphinx import build_sphinx

    status = build_sphinx(
        str(ROOT),
        str(build.folder / builder),
        builder=builder,
        path_config=str(ROOT / "_config.yml"),
        confoverrides={
            "external_toc_path": str(build.toc),
            "nb_execution_cache_path": str(build.cache),
            "course_draft": build.draft,
            "course_formats": list(build.formats),
            "nb_execution_raise_on_error": not build.draft,
            "latex_individualpages": False,
        },
        doctreedir=str(build.folder / ".doctrees"),
        noconfig=True,
        freshenv=fresh,
        warningiserror=not build.draft,
        keep_going=True,
        quiet=True,
    )
    if isinstance(status, KeyboardInterrupt):  # Sphinx's wrapper returns what stopped it
        raise status
    return status if isinstance(status, int) else 1


def available_formats() -> tuple[str, ...]:
    """Return the formats that this machine can make: the PDF needs Chromium."""
    if chromium() is not None:
        return ("pdf", "epub")
    print(
        "WARNING: no Chromium that Playwright could drive, so the book has no PDF. Install the package chromium.",
        file=sys.stderr,
    )
    return ("epub",)


def build_formats(build: Build, *, fresh: bool) -> bool:
    """Write the EPUB and the PDF into the site, Chromium printing while Sphinx writes the EPUB."""
    downloads = build.html / "downloads"
    downloads.mkdir(exist_ok=True)
    name = "correlation-is-not-enough"
    pdf = downloads / f"{name}.pdf"
    pdf.unlink(missing_ok=True)
    printing = None
    if "pdf" in build.formats:
        command = [sys.executable, str(ROOT / "book" / "print_book.py"), str(build.html), str(pdf)]
        printing = subprocess.Popen(command, process_group=0)  # Ctrl-C is for this process alone
    try:
        if fresh:
            shutil.rmtree(build.folder / "epub", ignore_errors=True)
        written = build_pages(build, fresh=False, builder="epub") == 0
        if written:
            shutil.copy(build.folder / "epub" / f"{name}.epub", downloads)
        printed = printing is None or printing.wait() == 0
    except KeyboardInterrupt:
        if printing is not None:
            printing.terminate()
        raise
    return written and printed


def run() -> None:
    """Build and exit; a build that is stopped by hand ends at once, with its kernels, and says so in one line."""
    try:
        code = main()
    except KeyboardInterrupt:
        print("\nStopped. Finished chapters are kept: run the same command again.", file=sys.stderr, flush=True)
        os._exit(130)  # no waiting for threads; a kernel ends when its parent is gone
    sys.exit(code)


if __name__ == "__main__":
    run()
