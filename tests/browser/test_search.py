"""Search works from a folder, without a server, by keyboard."""


def test_search_from_a_folder_finds_a_chapter(reader):
    tab = reader()
    page = tab.open("book/index")
    page.keyboard.press("Control+k")
    page.keyboard.type("entanglement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=entanglement**")
    results = page.locator("ul.search li a")
    results.first.wait_for()
    assert results.count() >= 2
    assert "entangle" in page.locator("ul.search li .context").first.inner_text().lower()
    results.first.click()
    page.wait_for_load_state("load")
    assert "entangle" in page.locator("article").inner_text().lower()
    assert tab.complaints == []


def test_a_word_that_is_not_in_the_book_finds_nothing(reader):
    page = reader().open("search")
    page.goto(f"{page.url}?q=zyzzyva")
    page.wait_for_function("() => document.querySelector('#search-results')?.textContent.includes('did not match')")
    assert page.locator("ul.search li").count() == 0
