"""What the site offers to take away: notebooks that run, one tagged PDF, one EPUB."""

import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import nbformat
import pytest

LARGEST_SITE = 20 * 2**20


def chapters(site):
    return sorted(site.glob("book/notebooks/*.ipynb"))


def test_every_chapter_offers_its_notebook(site, page_names):
    offered = set()
    for name in page_names:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        for link in re.findall(r'href="(notebooks/[^"]+)" download', html):
            assert (site / "book" / link).exists(), f"{name}: {link}"
            offered.add((site / "book" / link).resolve())
    assert offered == {path.resolve() for path in chapters(site)}
    assert offered


def test_every_notebook_runs(site, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        compared = sum(pool.map(lambda path: run(path, tmp_path), chapters(site)))
    assert compared >= 50


def run(path, folder):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert any(cell.cell_type == "code" for cell in notebook.cells), path.name
    assert not any(cell.get("outputs") for cell in notebook.cells), path.name
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.search(r"^\s*(:{3,}|`{3,})\{|\{[\w:]+\}`", text, flags=re.MULTILINE), path.name
    # As a reader would run it: in another process, in a folder that holds nothing else.
    copy = shutil.copy(path, folder)
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", "--timeout=600", "--inplace", copy]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, f"{path.name}: {outcome.stderr[-2000:]}"
    cells = [cell for cell in nbformat.read(copy, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells), path.name
    return compare(path, cells)


def compare(path, cells):
    """Every number that the book prints comes out of this second run as well; return how many there are."""
    glued = path.parents[3] / "jupyter_execute" / "book" / f"{path.stem}.glue.json"
    if not glued.exists():
        return 0
    printed = dict(
        line.split(" = ", 1)
        for cell in cells
        for output in cell.outputs
        if output.output_type == "stream"
        for line in output.text.splitlines()
        if " = " in line
    )
    numbers = {name: value["data"] for name, value in json.loads(glued.read_text(encoding="utf-8")).items()}
    numbers = {name: data["text/plain"].strip("'") for name, data in numbers.items() if "text/plain" in data}
    assert {name: printed.get(name) for name in numbers} == numbers, path.stem
    return len(numbers)


def test_every_exercise_opens(site):
    for path in sorted(site.glob("exercises/*.ipynb")):
        nbformat.validate(nbformat.read(path, as_version=4))


def test_links_to_exercises_lead_to_files(site, page_names):
    for name in page_names:
        for link in re.findall(r'href="(?:\.\./)*(exercises/[^"]+)"', (site / f"{name}.html").read_text("utf-8")):
            assert (site / link).exists(), f"{name}: {link}"


def test_the_pdf_is_one_tagged_document(site, page_names, chromium):
    pdf = site / "downloads" / "correlation-is-not-enough.pdf"
    if shutil.which("pdfinfo") is None:
        message = "pdfinfo is missing (install the package poppler-utils)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    assert pdf.exists(), "the build found no Chromium, so there is no PDF"
    facts = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^Tagged:\s+yes$", facts, flags=re.MULTILINE)
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"\s+", "", text)
    for name in page_names:
        if name.startswith("book/"):
            assert re.sub(r"\s+", "", heading(site / f"{name}.html")) in flat, name


def heading(path):
    title = re.search(r"<h1>(.*?)<a class=\"headerlink\"", path.read_text("utf-8"), flags=re.DOTALL)
    assert title is not None, path
    return re.sub(r"<[^>]+>", "", title.group(1)).replace("&amp;", "&").replace("&#39;", "'")


def test_the_epub_is_whole(site, page_names):
    epub = site / "downloads" / "correlation-is-not-enough.epub"
    with zipfile.ZipFile(epub) as book:
        assert book.testzip() is None
        assert book.namelist()[0] == "mimetype"
        assert book.read("mimetype").strip() == b"application/epub+zip"
        manifest = ElementTree.fromstring(book.read("content.opf"))
        names = set(book.namelist())
        items = {item.get("href") for item in manifest.iter("{http://www.idpf.org/2007/opf}item")}
        assert items <= names
        for name in page_names:
            if name.startswith("book/"):
                assert f"{name}.xhtml" in items, name
        for item in items:
            if str(item).endswith(".xhtml"):
                page = book.read(str(item)).decode("utf-8")
                ElementTree.fromstring(page.replace("&nbsp;", "&#160;"))
                assert "<script" not in page, item
                assert not re.search(r"\\\(|\\\[", page), f"{item}: a formula is still TeX"
                assert not re.search(r'(?:src|href)="https?://[^"]+\.(?:css|js|woff2?|png|svg)"', page), item


def test_the_epub_points_at_nothing_it_lacks(site):
    """What EPUBCheck finds first: links and styles without a file, and two names for one book."""
    with zipfile.ZipFile(site / "downloads" / "correlation-is-not-enough.epub") as book:
        names = set(book.namelist())
        missing = []
        for page in [name for name in names if name.endswith((".xhtml", ".css"))]:
            text = book.read(page).decode("utf-8")
            pattern = r"url\(['\"]?([^)'\"]+)" if page.endswith(".css") else r'\b(?:href|src)="([^"#]+)'
            for link in re.findall(pattern, text):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.partition("#")[0]))
                if not re.match(r"[a-z]+:", link) and target not in names:
                    missing.append(f"{page}: {link}")
        assert missing == []
        uid = re.search(r"<dc:identifier[^>]*>([^<]+)<", book.read("content.opf").decode("utf-8"))
        assert uid is not None
        assert f'name="dtb:uid" content="{uid.group(1)}"' in book.read("toc.ncx").decode("utf-8")


def test_the_epub_has_what_readers_of_e_books_look_for(site, page_names):
    with zipfile.ZipFile(site / "downloads" / "correlation-is-not-enough.epub") as book:
        nav, ncx, package = (book.read(name).decode("utf-8") for name in ("nav.xhtml", "toc.ncx", "content.opf"))
        for name in page_names:
            if name.startswith("book/"):
                assert f'href="{name}.xhtml"' in nav, name
                assert f'src="{name}.xhtml"' in ncx, name
        assert len(re.findall(r"href=\"book/04_bell_tests\.xhtml#", nav)) >= 4
        assert len(re.findall(r"src=\"book/04_bell_tests\.xhtml#", ncx)) >= 4
        assert 'epub:type="landmarks"' in nav
        assert re.search(r"urn:uuid:[0-9a-f-]{36}", package)
        cover = re.search(r'href="([^"]+)"[^>]*properties="cover-image"', package)
        assert cover is not None
        assert cover.group(1) == "_static/cover.png"
        assert book.read(cover.group(1)).startswith(b"\x89PNG")
        ids = {}
        for page in [name for name in book.namelist() if name.endswith(".xhtml")]:
            text = book.read(page).decode("utf-8")
            ids[page] = set(re.findall(r'\bid="([^"]+)"', text))
            assert re.search(r'<html[^>]*\blang="en"', text), page
            assert "var(--" not in text, page
        for page, fragment in re.findall(r'href="([^"#]+\.xhtml)#([^"]+)"', nav):
            assert fragment in ids[page], f"{page}#{fragment}"
        assert "eeffcc" not in "".join(book.read(n).decode("utf-8") for n in book.namelist() if n.endswith(".css"))


def test_the_pdf_leads_nowhere_on_the_machine_that_built_it(site, chromium):
    pdf = (site / "downloads" / "correlation-is-not-enough.pdf").read_bytes()
    assert b"file://" not in pdf
    titles = [title.decode("latin-1") for title in re.findall(rb"/Title \(([^)]*)\)", pdf)]
    assert "Contents" in titles
    headings = set()
    for page in site.glob("book/*.html"):
        for text in re.findall(r"<h[1-4][^>]*>(.*?)<a class=\"headerlink\"", page.read_text("utf-8"), re.DOTALL):
            headings.add(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)).replace("&amp;", "&").strip())
    glued = {heading.replace(" ", "") for heading in headings if heading.isascii()}
    whole = [title for title in titles if title.replace(" ", "") in glued]
    assert len(whole) > 60
    assert [title for title in whole if " ".join(title.split()) not in headings] == []


def test_the_site_is_small(site):
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert total <= LARGEST_SITE, f"{total / 2**20:.1f} MB"


def test_internal_links_lead_somewhere(site, page_names):
    ids = {}
    for name in page_names:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        ids[(site / f"{name}.html").resolve()] = set(re.findall(r'\bid="([^"]+)"', html))
    broken = []
    for name in page_names:
        page = (site / f"{name}.html").resolve()
        html = page.read_text(encoding="utf-8")
        for link in set(re.findall(r'<a\b[^>]*\bhref="([^"]*)"', html)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, fragment = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (fragment and target in ids and fragment not in ids[target]):
                broken.append(f"{name}: {link}")
    assert broken == []
