"""One PDF of the whole book: every page joined into one document, printed by Chromium.

Chromium keeps headings as bookmarks and tags the document for screen readers.
Where Chromium is missing, the site is complete without the PDF and the build says so.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from qlab.doctor import chromium_path

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 600_000  # a busy machine takes minutes for what takes seconds
ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.DOTALL)
STRAY_LINK = re.compile(r'<a\b[^>]*href="(?!#|https?:|mailto:|[\w./-]+\.html(?:#|"))[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
HEADING = re.compile(r"(<h[1-6]\b[^>]*>)(.*?)(</h[1-6]>)", re.DOTALL)
HEADER = '<div style="width:100%;font:8px sans-serif;color:#565f6d;text-align:center">Correlation Is Not Enough</div>'
FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#565f6d;text-align:center"><span class="pageNumber"></span></div>'
)


def chromium() -> str | None:
    """Return the path of this machine's Chromium, or None where it or its driver is missing."""
    if importlib.util.find_spec("playwright") is None:
        return None
    return chromium_path()


def print_pdf(site: Path, target: Path) -> None:
    """Print the built site to ``target``."""
    from playwright.sync_api import sync_playwright

    joined = site / "book" / "print.html"
    joined.write_text(joined_pages(site), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS, timeout=PATIENCE_MS)
            page = browser.new_page(color_scheme="light")
            page.goto(joined.as_uri(), timeout=PATIENCE_MS)
            page.evaluate("() => document.fonts.ready.then(() => true)")
            page.pdf(
                path=target,
                prefer_css_page_size=True,
                print_background=True,
                tagged=True,
                outline=True,
                display_header_footer=True,
                header_template=HEADER,
                footer_template=FOOTER,
            )
            browser.close()
    finally:
        joined.unlink()


def joined_pages(site: Path) -> str:
    """Return one HTML page with the articles of all pages, their ids and links made one space."""
    order = reading_order(site)
    names = {path.stem for path in order}
    articles = {}
    for path in order:
        match = ARTICLE.search(path.read_text(encoding="utf-8"))
        if match is None:
            raise ValueError(f"{path} must hold an article")
        articles[path.stem] = unique_ids(match.group(1), path.stem, names)
    parts = [f'<article class="bd-article" id="{page}">{article}</article>' for page, article in articles.items()]
    cover = f'<article class="bd-article">{contents(articles)}</article>'
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light" data-content_root="../">'
        f'<head>{printable_head(order[0].read_text(encoding="utf-8"))}</head><body class="printed-book">'
        f'<main class="bd-main">{"".join([parts[0], cover, *parts[1:]])}</main></body></html>'
    )


def printable_head(page: str) -> str:
    """Return title, author and styles, taken from a page."""
    head = page[page.index("<head>") : page.index("</head>")]
    styles = re.findall(r"<link\b[^>]*rel=\"stylesheet\"[^>]*>", head)
    author = '<meta name="author" content="The authors of Correlation Is Not Enough">'
    return "\n".join(['<meta charset="utf-8">', "<title>Correlation Is Not Enough</title>", author, *styles])


def contents(articles: dict[str, str]) -> str:
    """Return the table of contents: each page and its sections, linked."""
    items = []
    for page, article in articles.items():
        title, *sections = re.findall(r"<h[12]\b[^>]*>(.*?)</h[12]>", article, flags=re.DOTALL)
        anchors = re.findall(r'<section id="([^"]+)">\s*(?:<span[^>]*></span>\s*)*<h2\b', article)
        linked = zip(anchors, sections, strict=False)
        inner = "".join(f'<li><a href="#{anchor}">{plain(name)}</a></li>' for anchor, name in linked)
        items.append(f'<li><a href="#{page}">{plain(title)}</a>{f"<ol>{inner}</ol>" if inner else ""}</li>')
    return f'<nav class="printed-contents"><h1>Contents</h1><ol>{"".join(items)}</ol></nav>'


def plain(heading: str) -> str:
    """Return a heading's words alone, one space between them."""
    text = re.sub(r'<a class="headerlink".*?</a>', "", heading, flags=re.DOTALL)
    return " ".join(re.sub(r"</?(?:a|span)\b[^>]*>", "", text).split())


def reading_order(site: Path) -> list[Path]:
    """Return the pages in the order of the table of contents, as the site's own links give it."""
    current = site / "book" / "index.html"
    order = [current]
    while True:
        text = current.read_text(encoding="utf-8")
        following = re.search(r'<a class="right-next"\s+href="([^"#]+)"', text)
        if following is None:
            return order
        current = (current.parent / following.group(1)).resolve()
        if current in order or not current.is_relative_to(site.resolve()):
            return order
        order.append(current)


def unique_ids(article: str, page: str, pages: set[str]) -> str:
    """Return the article with ids that are unique in the joined document, folds open, scripts gone.

    Args:
        article: HTML inside the page's article.
        page: Name of the page; its ids begin with it.
        pages: Names of all pages in the document; links to others stay as they are.
    """
    article = re.sub(r"<script\b.*?</script>", "", article, flags=re.DOTALL)
    # A link to a file that does not come with the PDF would lead to the machine that printed it.
    article = STRAY_LINK.sub(r"\1", article)
    article = HEADING.sub(lambda heading: heading[1] + " ".join(heading[2].split()) + heading[3], article)
    article = re.sub(r"<details\b(?![^>]*\bopen)", '<details open="open"', article)
    article = re.sub(r'\b(id|for|aria-labelledby|aria-describedby)="([^"]+)"', rf'\1="{page}--\2"', article)
    article = article.replace('name="', f'name="{page}--')
    article = re.sub(r'href="#([^"]*)"', lambda m: f'href="#{page}--{m[1]}"' if m[1] else f'href="#{page}"', article)
    article = re.sub(r"url\(#([^)]+)\)", rf"url(#{page}--\1)", article)

    def inner(match: re.Match[str]) -> str:
        target, fragment = Path(match[1]).stem, match[2]
        if target not in pages:
            return ""
        return f'href="#{target}--{fragment[1:]}"' if fragment else f'href="#{target}"'

    return re.sub(r'href="([\w./-]+\.html)(#[^"]*)?"', inner, article)


if __name__ == "__main__":
    print_pdf(Path(sys.argv[1]), Path(sys.argv[2]))
