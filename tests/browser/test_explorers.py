"""The explorers and the quiz, walked with the keyboard alone, and without scripts."""

import json

import pytest

EXPLORERS = ("chsh", "links", "eavesdropper")


@pytest.fixture
def explorer_page(page_names, site):
    """Return the page that holds an explorer."""

    def find(name):
        holders = [p for p in page_names if f'data-explorer="{name}"' in (site / f"{p}.html").read_text("utf-8")]
        assert holders, f"no page holds the explorer {name}"
        return holders[0]

    return find


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_slider_answers_to_the_keyboard(reader, explorer_page, name):
    tab = reader()
    page = tab.open(explorer_page(name))
    section = page.locator(f'[data-explorer="{name}"]')
    sliders = section.get_by_role("slider")
    assert sliders.count() >= 2
    for slider in sliders.all():
        assert slider.evaluate("(input) => input.labels[0].textContent.trim()")
        slider.focus()
        before = said(section), slider.get_attribute("aria-valuetext")
        page.keyboard.press("Home")
        low = said(section), slider.get_attribute("aria-valuetext")
        page.keyboard.press("End")
        high = said(section), slider.get_attribute("aria-valuetext")
        assert low != high
        assert len({before, low, high}) >= 2
        assert high[1] in high[0]
        assert section.locator("svg").get_attribute("aria-label").endswith(high[0])
    assert tab.complaints == []


def said(section):
    return section.locator(".explorer-result").inner_text()


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_is_said_is_what_the_table_holds(reader, explorer_page, name):
    page = reader().open(explorer_page(name))
    section = page.locator(f'[data-explorer="{name}"]')
    table = json.loads(section.locator("script").text_content())
    sizes = [len(axis["shown"]) for axis in table["axes"]]
    for share in (0.0, 0.37, 0.81, 1.0):
        at = [round(share * (size - 1)) for size in sizes]
        for axis, index in zip(table["axes"], at, strict=True):
            section.locator(f'input[data-axis="{axis["key"]}"]').evaluate(
                "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(index)
            )
        flat = 0
        for index, size in zip(at, sizes, strict=True):
            flat = flat * size + index
        values = {axis["key"]: axis["shown"][i] for axis, i in zip(table["axes"], at, strict=True)}
        values |= {key: shown[flat] for key, shown in table["quantities"].items()}
        sentence = table["sentence"].format(**values)
        assert said(section) == f"{sentence} {table['verdicts'][table['verdict'][flat]]}"


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_figure_and_its_sentence_stand_without_scripts(reader, explorer_page, name):
    tab = reader(java_script_enabled=False)
    tab.page.goto(f"{tab.site.as_uri()}/{explorer_page(name)}.html")
    section = tab.page.locator(f'[data-explorer="{name}"]')
    assert not section.locator(".explorer-controls").is_visible()
    assert section.locator("svg").is_visible()
    assert len(section.locator(".explorer-curve").first.get_attribute("points").split()) > 5
    assert section.locator(".explorer-result").inner_text().strip()


def test_the_quiz_is_answered_twice_with_the_keyboard(reader):
    tab = reader()
    page = tab.open("book/quiz")
    questions = page.locator(".quiz-question").count()
    answer_all(page, right=False)
    assert page.locator(".quiz-result").inner_text() == f"Before reading: 0 of {questions} right."
    page.locator('input[name="sitting"][value="before"]').focus()
    page.keyboard.press("ArrowDown")
    answer_all(page, right=True)
    words = page.locator(".quiz-result").inner_text()
    assert f"After reading: {questions} of {questions} right." in words
    assert f"You changed {questions} answers." in words
    page.reload()
    page.wait_for_function("(words) => document.querySelector('.quiz-result').textContent === words", arg=words)
    page.get_by_role("button", name="Forget my answers").press("Enter")
    page.wait_for_function("() => document.querySelector('.quiz-result').textContent === ''")
    assert tab.complaints == []


def answer_all(page, *, right):
    """Choose an option of every question with arrow keys, then submit with Enter."""
    for number in range(page.locator(".quiz-question").count()):
        options = page.locator(".quiz-question").nth(number).locator("input")
        options.first.focus()
        page.keyboard.press("Space")
        for _ in range(options.count()):
            if (page.evaluate("() => document.activeElement.dataset.right") == "yes") is right:
                break
            page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Show my result").press("Enter")


def test_an_unfinished_quiz_says_what_is_missing(reader):
    page = reader().open("book/quiz")
    page.get_by_role("button", name="Show my result").press("Enter")
    assert "have no answer yet; the first is question 1" in page.locator(".quiz-result").inner_text()
    assert page.evaluate("() => document.activeElement.type") == "radio"
