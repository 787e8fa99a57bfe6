"""The book's sources: ledgers, spelling, links and reading level."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import docutils.nodes
import docutils.utils
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK / "_ext"))
claims = importlib.import_module("course.claims")
quiz = importlib.import_module("course.quiz")
brief = importlib.import_module("course.brief")
reading = importlib.import_module("course.reading")
notebooks = importlib.import_module("course.notebooks")
tex = importlib.import_module("course.tex")
PAGES = sorted(BOOK.glob("*.md"))
GOOD = {
    "id": "seed",
    "unit": 4,
    "said": "often",
    "claim": "c",
    "verdict": "holds",
    "statement": "s",
    "test": "tests/book/test_claims.py::test_seed",
}


def prose(path: Path) -> str:
    """The page's words: no code, no formulas, no markup, no addresses."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"^(`{3,})\{code-cell\}.*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^(`{3,})\{[\w-]+\}[^\n]*\n\1[ \t]*$", "", text, flags=re.MULTILINE)  # directives without a body
    text = re.sub(r"^(`{3,})\w*\n.*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^\s*(?:`{3,}|:{3,})(?:\{[^}]*\}[ \w]*)?.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*:[\w.-]+:.*$|^\(.+\)=$|^\|?[\s:|-]+\|$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]+\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{[\w:-]+\}`[^`]*`", " ", text)
    text = re.sub(r"`[^`]*`", " ", text)
    text = re.sub(r"\]\([^)]*\)|<[^>]+>|https?://\S+", "]", text)
    return re.sub(r"[*_#>\[\]|]", " ", text)


def test_every_page_in_the_book_folder_is_in_the_table_of_contents():
    listed = set(re.findall(r"book/(\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8")))
    assert {path.stem for path in PAGES} == listed


def test_every_chapter_opens_with_its_question_and_closes_for_the_leader():
    for path in PAGES:
        if re.match(r"\d\d_", path.name):
            text = path.read_text(encoding="utf-8")
            for box in ("question", "decide", "predict", "retrieval", "leader"):
                assert re.search(rf"^(:{{3,}}|`{{3,}})\{{{box}\}}", text, flags=re.MULTILINE), f"{path.name}: {box}"


def test_the_claim_ledger_is_well_formed():
    rows = claims.load_claims()
    assert len(rows) >= 46
    for claim in rows:
        file, name = claim.test.split("::")
        assert (ROOT / file).exists(), claim.id
        function = name.split("[")[0]
        assert re.search(rf"^def {re.escape(function)}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), claim.id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "true"}, "verdict must be one of holds, .* got 'true'"),
        ({"statement": " "}, "statement must not be empty"),
        ({"test": "test_seed"}, "test must read tests/path.py::name"),
        ({"extra": 1}, "fields must be"),
    ],
)
def test_a_malformed_claim_is_named(tmp_path, change, message):
    ledger = tmp_path / "claims.yml"
    ledger.write_text(yaml.safe_dump([GOOD | change]))
    with pytest.raises(ValueError, match=message):
        claims.load_claims(ledger)


def test_a_repeated_claim_is_named(tmp_path):
    ledger = tmp_path / "claims.yml"
    ledger.write_text(yaml.safe_dump([GOOD, GOOD]))
    with pytest.raises(ValueError, match="'seed' twice"):
        claims.load_claims(ledger)
    ledger.write_text(yaml.safe_dump([GOOD]))
    assert claims.load_claims(ledger)[0].unit == "04"


def test_the_quiz_asks_about_existing_units_in_order():
    questions = quiz.load_quiz()
    units = [question.unit for question in questions]
    chapters = {path.name[:2] for path in PAGES if re.match(r"\d\d_", path.name)}
    assert len(questions) >= 16
    assert units == sorted(units)
    assert set(units) <= chapters
    for question in questions:
        assert sum(option.right for option in question.options) == 1


def test_the_right_answer_has_no_favourite_place():
    places = [[option.right for option in question.options].index(True) for question in quiz.load_quiz()]
    assert len(set(places)) == 3


def test_a_quiz_with_one_wrong_option_is_refused(tmp_path):
    option = {"text": "t", "because": "b"}
    row = {"id": "a", "unit": "01", "question": "q", "right": option, "wrong": [option]}
    path = tmp_path / "quiz.yml"
    path.write_text(yaml.safe_dump([row]))
    with pytest.raises(ValueError, match="at least two options"):
        quiz.load_quiz(path)


def test_spelling():
    from spellchecker import SpellChecker

    checker = SpellChecker()
    words_file = Path(__file__).with_name("words.txt")
    known = {line.strip().lower() for line in words_file.read_text("utf-8").splitlines() if not line.startswith("#")}
    sources = {path.name: prose(path) for path in PAGES}
    for name in ("claims.yml", "quiz.yml"):
        rows = yaml.safe_load((BOOK / name).read_text(encoding="utf-8"))
        sources[name] = re.sub(r"\$[^$]+\$|`[^`]*`", " ", " ".join(texts(rows)))
    unknown = {}
    for name, text in sources.items():
        found = {word.lower() for word in re.findall(r"\b[A-Za-z][a-z]{2,}(?:['’][a-z]+)?\b", text)}
        found = {re.sub(r"['’](?:s|t|re|ll|ve|d)$", "", word) for word in found}
        wrong = sorted(word for word in checker.unknown(found - known) if british(word) not in checker)
        if wrong:
            unknown[name] = wrong
    assert unknown == {}, "unknown words (add real ones to tests/book/words.txt)"


def british(word: str) -> str:
    """The American spelling that the dictionary may hold instead."""
    return re.sub(r"is(e|ed|es|er|ers|ing|ation|ations)$", r"iz\1", word.replace("our", "or"))


def texts(node: object) -> list[str]:
    """Every sentence in a ledger, without ids and test names."""
    if isinstance(node, dict):
        return [text for key, value in node.items() if key not in {"id", "test", "unit"} for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [str(node)]


def test_outside_links_are_listed_and_well_formed(capsys):
    pattern = re.compile(r"https?://[^\s)>\"'}\]]+")
    found = {}
    for path in [*PAGES, *BOOK.glob("*.yml"), *BOOK.glob("*.bib")]:
        for link in pattern.findall(path.read_text(encoding="utf-8")):
            found.setdefault(link.rstrip(".,;"), set()).add(path.name)
    for link in found:
        assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]{2,}(?:/[\w.~:/?#@!$&()*+,;=%-]*)?", link), link
    dois = re.findall(r"doi\s*=\s*\{([^}]+)\}", (BOOK / "references.bib").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in dois)
    with capsys.disabled():
        print(f"\n{len(found)} outside links and {len(dois)} DOIs, all well formed: {', '.join(sorted(found))}")


def test_reading_level_is_reported(capsys):
    import textstat

    lines = []
    for path in PAGES:
        text = prose(path)
        if len(text.split()) >= 100:
            # Of textstat's measures, this one counts letters and needs no pronouncing dictionary from the network.
            grade = textstat.automated_readability_index(text)
            lines.append(f"  {path.stem:24s} grade {grade:4.1f}, {len(text.split()):5d} words")
            assert grade < 16, f"{path.name}: reads like a paper (grade {grade:.1f})"
    with capsys.disabled():
        print("\nReading level (automated readability index):", *lines, sep="\n")
    assert lines


@pytest.mark.parametrize(
    ("macro", "spelled"),
    [
        (r"\ket\psi", r"|\psi\rangle"),
        (r"\ket{\Phi^{+}_{AB}} x", r"|\Phi^{+}_{AB}\rangle x"),
        (r"\ketbra{0}{1}", r"|0\rangle\langle 1|"),
        (r"\braket{a}{\ket{b}}", r"\langle a||b\rangle\rangle"),
        (r"\Tr\rho", r"\operatorname{Tr}\rho"),
        (r"\kettle", r"\kettle"),
    ],
)
def test_macros_are_spelled_out(macro, spelled):
    assert tex.expand(macro) == spelled


def test_a_notebook_keeps_code_and_loses_the_books_markup():
    text = (
        "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n# Title\n\n:::{question}\nWhy $\\ket{0}$?\n:::\n\n"
        "```{code-cell} python\n:tags: [remove-cell]\nfrom myst_nb import glue\nglue('a', 1)\n```\n\n"
        "```{claims} 04\n```\n\nSee {ref}`there <label>` and {numref}`fig-a`.\n\n(here)=\n## End\n"
    )
    notebook = notebooks.chapter_notebook(text)
    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert ":::" not in markdown
    assert "claims" not in markdown
    assert "See there and" in markdown
    assert r"$|0\rangle$" in markdown
    assert "(here)=" not in markdown
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == 1
    assert "myst_nb" not in code[0]


def test_the_markdown_of_a_notebook_keeps_what_is_no_markup():
    text = "See {term}`coin`.\n\n```text\n{term}`as written`\n:::{question}\n```\n\n    {term}`indented` \\ket{0}\n"
    plain = notebooks.plain_markdown(text)
    assert plain == text.strip().replace("{term}`coin`", "coin")


def test_boxes_in_boxes_and_formulas_become_plain_markdown():
    text = (
        "::::{predict} Your bet\n:name: bet\nWhat is $\\ket{0}$?\n\n:::{answer}\nA ket.\n:::\n::::\nAfter it.\n\n"
        "```{math}\n:label: one\n\\ket{0}\n```\n\n- item\n\n  ```python\n  x = 1\n  ```\n"
    )
    assert notebooks.plain_markdown(text) == (
        "**Your bet**\n\nWhat is $|0\\rangle$?\n\n**Show the answer**\n\nA ket.\n\nAfter it.\n\n"
        "$$\n|0\\rangle\n$$\n\n- item\n\n  ```python\n  x = 1\n  ```"
    )


def test_the_brief_says_what_the_chapters_say():
    chapters = brief.digests()
    assert [chapter.page[:2] for chapter in chapters] == [f"{n:02d}" for n in range(1, 12)]
    for chapter in chapters:
        source = " ".join((BOOK / f"{chapter.page}.md").read_text("utf-8").split())
        assert chapter.decision in source
        assert "{glue" not in chapter.paragraph
        assert len(chapter.paragraph) > 100
    assert sum(len(f"{chapter.decision} {chapter.paragraph}".split()) for chapter in chapters) < 1100  # two pages


def test_a_sentence_with_a_computed_number_stays_in_its_chapter(tmp_path):
    page = tmp_path / "01_x.md"
    page.write_text("# T\n:::{decide}\n- One.\n- Two.\n:::\n:::{leader}\nA. It is {glue:text}`x:.2f` m. B?\n:::\n")
    assert brief.digest(page) == brief.Digest("01_x", "T", "One.", "A. B?")
    page.write_text("# T\n:::{decide}\n- One.\n:::\n")
    with pytest.raises(ValueError, match=r"01_x.md must have a title and the boxes decide and leader"):
        brief.digest(page)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(5, "0.5 hour"), (62, "1 hour"), (80, "1.5 hours"), (170, "3 hours"), (200, "3 hours"), (950, "16 hours")],
)
def test_hours_are_said_as_coarsely_as_they_are_known(minutes, said):
    assert reading.in_hours(minutes) == said


def test_a_route_is_as_long_as_its_pages_and_notebooks():
    page = docutils.utils.new_document("page")
    page += docutils.nodes.paragraph("", " ".join(["word"] * 2200))
    code = " ".join(["code"] * 900)
    page += docutils.nodes.literal_block(code, code)
    assert reading.total_minutes([page, page], [45, None, 90]) == (20, 20 + 20 + 135)
    assert [name for name in ("book/01_x", "book/faq", "book/paper") if reading.is_unit(name)] == [
        "book/01_x",
        "book/faq",
    ]
