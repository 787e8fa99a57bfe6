"""The leader's and the engineer's route: by keyboard, remembered, the same on every page."""


def code_folds(page):
    return page.evaluate("() => [...document.querySelectorAll('details.fold-code')].map((fold) => fold.open)")


def a_chapter(page_names):
    return next(name for name in page_names if name.startswith("book/01_"))


def test_code_is_folded_for_a_reader_who_chose_nothing(reader, page_names):
    folds = code_folds(reader().open(a_chapter(page_names)))
    assert folds
    assert not any(folds)


def test_keyboard_opens_the_code_and_the_choice_is_remembered(reader, page_names):
    tab = reader()
    page = tab.open(a_chapter(page_names))
    page.locator(".route-switch input:checked").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.value") == "engineer"
    assert all(code_folds(page))
    page.reload()
    tab.settle()
    assert all(code_folds(page))
    assert page.locator(".route-switch input:checked").get_attribute("value") == "engineer"


def test_the_switch_is_a_named_group_of_radio_buttons(reader):
    page = reader().open("book/index")
    group = page.get_by_role("group", name="Reading route")
    assert group.get_by_role("radio", name="Leader").is_checked()
    assert not group.get_by_role("radio", name="Engineer").is_checked()


def test_the_cover_starts_each_route(reader):
    for route, opened in (("leader", False), ("engineer", True)):
        page = reader().open("book/index")
        page.get_by_role("link", name=f"Start as a{'n' if opened else ''} {route}").click()
        page.wait_for_load_state("load")
        page.wait_for_function("() => document.documentElement.dataset.route")
        folds = code_folds(page)
        assert folds
        assert all(fold is opened for fold in folds)


def test_a_fold_can_be_opened_alone(reader, page_names):
    page = reader().open(a_chapter(page_names))
    summary = page.locator("details.fold-code > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert code_folds(page)[0]


def test_paper_shows_an_engineer_every_fold(reader, page_names):
    page = reader().open(a_chapter(page_names))
    page.get_by_role("radio", name="Engineer").check(force=True)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert all(page.evaluate("() => [...document.querySelectorAll('details.fold')].map((fold) => fold.open)"))
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert all(code_folds(page))


def test_paper_shows_a_leader_the_answers(reader, page_names):
    page = reader().open(a_chapter(page_names))
    answers = "() => [...document.querySelectorAll('details.fold-answer')].map((fold) => fold.open)"
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert all(page.evaluate(answers))
    assert not any(code_folds(page))
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert not any(page.evaluate(answers))
