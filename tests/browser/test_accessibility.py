"""axe-core over every page: WCAG 2.2 A and AA; each scheme and width daily with folds open, all of them in soak."""

import json
from importlib.resources import files
from itertools import product

import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN = f"""() => axe.run(document, {{ runOnly: {json.dumps(RULES)}, resultTypes: ['violations'] }})
  .then((result) => result.violations.map(
    (v) => `${{v.id}}: ${{v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}}`
  ))"""
FOLDS = "(open) => document.querySelectorAll('.bd-article details').forEach((fold) => { fold.open = open; })"


@pytest.fixture(scope="module")
def axe() -> str:
    return next(p for p in files("axe_core_python").iterdir() if p.name == "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("scheme", "width", "folds"),
    [
        ("light", 1280, [True]),
        ("dark", 390, [True]),
        *(
            pytest.param(*case, [False, True], marks=pytest.mark.soak)
            for case in product(("light", "dark"), (1280, 390))
        ),
    ],
)
def test_no_violation(reader, page_names, axe, scheme, width, folds):
    tab = reader(width, color_scheme=scheme, reduced_motion="reduce")
    found = []
    for name in page_names:
        page = tab.open(name)
        page.evaluate(axe)
        for opened in folds:
            page.evaluate(FOLDS, opened)
            found += [f"{name} {scheme} {width} folds open {opened}: {violation}" for violation in page.evaluate(RUN)]
    assert found == []


def test_axe_finds_what_is_planted(reader, axe):
    page = reader().open("book/index")
    page.evaluate(axe)
    page.evaluate("() => document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"x.png\">')")
    assert any(violation.startswith("image-alt") for violation in page.evaluate(RUN))
