"""Every page of the book, opened in a real browser: quiet, drawn, described and narrow enough."""

import re

FORMULAS = """() => {
  const written = document.querySelectorAll('.bd-article .math').length;
  const drawn = [...document.querySelectorAll('.bd-article .math')].filter(
    (box) => [...box.querySelectorAll('mjx-container svg')].some((svg) => svg.getBoundingClientRect().width > 0)
  ).length;
  const errors = [...document.querySelectorAll('[data-mjx-error]')].map((e) => e.getAttribute('data-mjx-error'));
  return { written, drawn, errors };
}"""
# Everything that a sighted reader would call a picture.
FIGURES = """() => [...document.querySelectorAll('.bd-article img, .bd-article svg')]
  .filter((figure) => !figure.closest('mjx-container, button, [aria-hidden=true]'))
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


def test_every_formula_is_drawn(reader, page_names):
    tab = reader()
    total = 0
    for name in page_names:
        formulas = tab.open(name).evaluate(FORMULAS)
        if name.startswith("book/"):
            tab.page.evaluate(OPEN_ALL)
            formulas = tab.page.evaluate(FORMULAS)
        assert formulas["errors"] == [], name
        assert formulas["drawn"] == formulas["written"], name
        total += formulas["written"]
    assert total > 0


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
