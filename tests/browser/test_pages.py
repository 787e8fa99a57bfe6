"""Every page of the book, opened in a real browser: quiet, drawn, described and narrow enough."""

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

FORMULAS = """() => {
  const shown = [...document.querySelectorAll('.bd-article math')].filter((formula) => formula.checkVisibility());
  const boxes = shown.map((formula) => formula.getBoundingClientRect());
  const prose = [...document.querySelectorAll('.bd-article :is(p, td, h1, h2, h3)')]
    .filter((text) => !text.closest('dl.py'));
  return {
    written: shown.length,
    aside: [...document.querySelectorAll('.bd-article div.math')].filter((line) => {
      const around = line.getBoundingClientRect(), drawn = line.querySelector('math').getBoundingClientRect();
      const end = line.querySelector('.eqno')?.getBoundingClientRect().left ?? around.right;
      return line.checkVisibility() && Math.abs(drawn.left - around.left - end + drawn.right) > 20;
    }).length,
    drawn: boxes.filter((box) => box.width > 3 && box.height > 5).length,
    tex: prose.map((text) => text.innerText).filter((words) => /\\\\\\(.+\\\\\\)/.test(words)),
  };
}"""
# Everything that a sighted reader would call a picture.
FIGURES = """() => [...document.querySelectorAll('.bd-article img, .bd-article svg')]
  .filter((figure) => !figure.closest('button, [aria-hidden=true]'))
  .map((figure) => ({
    alt: figure.tagName === 'IMG' ? figure.getAttribute('alt') : figure.getAttribute('aria-label'),
    role: figure.getAttribute('role'),
    tag: figure.tagName.toLowerCase(),
    source: figure.getAttribute('src') ?? '',
    caption: figure.closest('figure')?.querySelector('figcaption')?.textContent ?? '',
  }))"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
TOO_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= innerWidth) return [];
  return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`);
}"""


def test_no_page_asks_for_the_network_or_complains(reader, page_names):
    tab = reader()
    for name in page_names:
        tab.open(name)
        assert tab.complaints == [], name


def test_pages_are_as_quiet_behind_a_web_server(reader, page_names, server):
    tab = reader()
    for name in page_names:
        tab.page.goto(f"{server}/{name}.html")
        tab.settle()
        assert tab.complaints == [], name


def test_every_formula_is_drawn_without_scripts(reader, page_names):
    tab = reader(java_script_enabled=False)
    total = 0
    for name in page_names:
        if name.startswith("book/"):
            page = tab.open(name)
            page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
            formulas = page.evaluate(FORMULAS)
            assert formulas["drawn"] == formulas["written"], name
            assert formulas["tex"] == [], name
            assert formulas["aside"] == 0, f"{name}: a formula does not stand in the middle of its line"
            total += formulas["written"]
    assert total > 150


# Files that a page loads when nothing of the site is at hand: with the index of the search left out, which only
# the search page loads.
HEAVIEST_PAGE = 700 * 1000


def test_a_page_is_light(browser_sizes):
    heavy = {name: size for name, size in browser_sizes.items() if size > HEAVIEST_PAGE and name not in LONG_PAGES}
    assert heavy == {}


# The reference of the package and the index of the search are long by what they are.
LONG_PAGES = {"book/api", "search"}


@pytest.fixture(scope="module")
def browser_sizes(chromium, page_names, site):
    """Bytes of all files that each page loads, from an empty store."""
    sizes: dict[str, int] = {}
    for name in page_names:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        loaded: set[str] = set()
        page.on("requestfinished", lambda request, loaded=loaded: loaded.add(request.url))
        page.goto(f"{site.as_uri()}/{name}.html")
        page.evaluate("() => document.fonts.ready.then(() => true)")
        sizes[name] = sum(Path(unquote(urlparse(url).path)).stat().st_size for url in loaded if url.startswith("file:"))
        context.close()
    return sizes


def test_one_style_sheet_blocks_and_no_script(site, page_names):
    for name in page_names:
        head = (site / f"{name}.html").read_text("utf-8").partition("</head>")[0]
        assert len(re.findall(r"<link[^>]*stylesheet", head)) == 1, name
        scripts = re.findall(r"<script[^>]*\bsrc=[^>]*>", head)
        assert name == "search" or all("defer" in script for script in scripts), name
    sheet = (site / "_static" / "book.css").read_text("utf-8")
    assert "webfonts" not in sheet
    assert not re.search(r"width:\s*[\d.]+px\)", sheet), "a breakpoint that ignores the reader's own font size"


def test_the_reader_s_own_type_size_counts(site):
    """A size of the root in pixels would overrule the size that a reader set in the browser."""
    sheet = (site / "_static" / "book.css").read_text("utf-8")
    sizes = re.findall(r"--pst-font-size-base:\s*([^;}]+)", sheet)
    assert {"112.5%", "106.25%"} <= {size.strip() for size in sizes}
    assert not [size for size in sizes if "px" in size]


def test_narrow_pages_keep_every_button(reader):
    tab = reader(320)
    for name in ("book/index", "book/04_bell_tests", "book/06_quantum_networks", "book/10_readiness", "book/api"):
        page = tab.open(name)
        cut = page.evaluate(
            "() => [...document.querySelectorAll('.bd-header-article button, .route-switch')]"
            ".filter((b) => b.checkVisibility()).map((b) => b.getBoundingClientRect())"
            ".filter((box) => box.right > 320 || box.left < 0).length"
        )
        assert cut == 0, name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, name


def test_forced_colours_mark_the_chosen_route_by_more_than_weight(reader):
    page = reader(forced_colors="active").open("book/01_shared_state")
    grounds = page.evaluate(
        "() => [...document.querySelectorAll('.route-switch label')]"
        ".map((label) => getComputedStyle(label).backgroundColor)"
    )
    assert len(set(grounds)) == 2


PRINTED = """() => ({
  title: document.querySelector('.bd-article h1').checkVisibility(),
  code: [...document.querySelectorAll('details.fold-code')].filter((fold) => fold.checkVisibility()).length,
})"""


def test_print_keeps_the_title_and_the_route(reader):
    page = reader().open("book/04_bell_tests")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(PRINTED) == {"title": True, "code": 0}
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.get_by_role("radio", name="Engineer").check(force=True)
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(PRINTED)["code"] > 2


def test_the_printed_quiz_keeps_its_answers(reader):
    page = reader().open("book/quiz")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert not page.locator(".quiz .fold-answer").first.is_visible()
    assert page.locator(".quiz-question label").first.is_visible()


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def test_every_figure_has_a_meaningful_description(reader, page_names):
    tab = reader()
    total = 0
    for name in page_names:
        for figure in tab.open(name).evaluate(FIGURES):
            alt = (figure["alt"] or "").strip()
            total += 1
            assert len(alt) >= 30, f"{name}: too short to describe a figure: {alt!r}"
            assert len(alt.split()) >= 6, f"{name}: {alt!r}"
            assert figure["tag"] == "img" or figure["role"] == "img", f"{name}: {alt!r}"
            stem = re.sub(r"\W+", " ", figure["source"].rsplit("/", 1)[-1].rsplit(".", 1)[0]).strip()
            assert not stem or stem.lower() not in alt.lower(), f"{name}: names its file: {alt!r}"
            caption = re.sub(r"^Fig\. \d+|#$", "", figure["caption"].strip())
            if caption:
                new = words(alt) - words(caption)
                assert len(new) >= len(words(alt)) / 3, f"{name}: repeats its caption: {alt!r}"
    assert total > 0


def test_no_page_scrolls_sideways_at_360_pixels(reader, page_names):
    tab = reader(360)
    for name in page_names:
        tab.open(name)
        tab.page.evaluate(OPEN_ALL)
        assert tab.page.evaluate(TOO_WIDE) == [], name


def test_pages_are_complete_without_scripts(reader, page_names):
    tab = reader(java_script_enabled=False)
    for name in page_names:
        if not name.startswith("book/"):
            continue
        tab.page.goto(f"{tab.site.as_uri()}/{name}.html")
        assert tab.page.locator("h1").first.is_visible(), name
        assert tab.page.locator(".route-switch").count() == tab.page.locator(".route-switch[hidden]").count(), name
        for fold in tab.page.locator("details.fold > summary").all()[:2]:
            fold.click()
            assert fold.locator("xpath=..").get_attribute("open") is not None, name


SMALLEST_TYPE = """() => [...document.querySelectorAll('figure svg text, .explorer svg text')].map((text) => {
  const scale = text.getScreenCTM();
  return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(scale.a, scale.b);
})"""


def test_type_in_figures_is_readable_on_a_phone(reader, page_names):
    tab = reader(390)
    sizes = {}
    for name in page_names:
        found = tab.open(name).evaluate(SMALLEST_TYPE)
        # Raised exponents of a logarithmic axis are set smaller than the powers they belong to.
        sizes |= {name: min(found)} if found else {}
    assert sizes
    assert {name: size for name, size in sizes.items() if size < 10.5} == {}
