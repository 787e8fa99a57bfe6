"""The two-state test: what the book says entanglement is must fit the Bell pair and not the shared coin.

``book/definitions.yml`` marks every defining sentence with the predicate that it states; a linter finds sentences
of a defining form that are not marked. The same file's ``remarks`` hold sentences of that form which define nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from qlab import measures, states
from qlab.bell import correlations
from qlab.protocols import teleportation

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
MARKED = yaml.safe_load((BOOK / "definitions.yml").read_text(encoding="utf-8"))
PAIR = states.density_matrix(states.epr_pair())
COIN = states.classically_correlated_state()
DEFINING = re.compile(
    r"(?<!of )(?<!what )(?<!the )\bentanglement\*{0,2} "
    r"(?:is|means|consists|occurs|exists|arises|appears|results|comes)\b"
    r"|\bentangled\*{0,2},? (?:means|when|if|where|exactly|as soon as|precisely)\b"
    r"|\bentangled (?:states?|pairs?|qubits|systems) (?:is|are|means?)\b"
    r"|\b(?:entangles?|entangled state comes out)\b[^.]{0,60}\b(?:when|if|only if)\b"
    r"|\b(?:qubits|halves|particles|pairs?|devices|sites) (?:is|are|stay|remain|become) linked\b"
    r"|\b(?:call|calls|called|say|says|said) (?:it |them |to be )?\*{0,2}entangled\b",
    re.IGNORECASE,
)
DENIAL = re.compile(r"\b(?:no|not|never|nothing|cannot|none|neither|nor|without|wrong)\b|n[’']t\b", re.IGNORECASE)
BANNED = (
    re.compile(r"\bunbreakable\b", re.IGNORECASE),
    re.compile(r"\binstant(?:ly|aneous|aneously)\b", re.IGNORECASE),
    re.compile(r"\b(?:faster|quicker) than light\b|\bsuperluminal\b", re.IGNORECASE),
    re.compile(
        r"\bmeasur\w* (?:one|a|the first)\b[^.]*\bthe (?:other|second)\b[^.]*\b(?:changes|collapses|flips|reacts)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\bspooky\b|\bmagic(?:al|ally)?\b(?! square)", re.IGNORECASE),
)


def not_separable(rho):
    """No mixture of product states equals it: for two qubits, a negative eigenvalue of the partial transpose."""
    return bool(np.linalg.eigvalsh(measures.partial_transpose(rho, [1]))[0] < -1e-9)


def agrees_in_two_settings(rho):
    """The results agree along Z and along X."""
    return min(correlations.correlator(rho, angle, angle) for angle in (0.0, np.pi / 2)) > 1 - 1e-9


def whole_better_known_than_its_part(rho):
    """The entropy of the whole is below that of a half."""
    return measures.entropy(rho) < measures.entropy(states.partial_trace(rho, [0])) - 1e-9


def beats_every_shared_seed(rho):
    """Some settings give a CHSH value above 2."""
    return correlations.chsh_maximum(rho) > 2 + 1e-9


def teleports_better_than_a_message(rho):
    """Teleportation through it exceeds the classical average of 2/3."""
    return teleportation.average_teleportation_fidelity(rho) > 2 / 3 + 1e-9


PREDICATES = {
    predicate.__name__: predicate
    for predicate in (
        not_separable,
        agrees_in_two_settings,
        whole_better_known_than_its_part,
        beats_every_shared_seed,
        teleports_better_than_a_message,
    )
}


def plain(text: str) -> str:
    return " ".join(text.split())


def page_text(path: Path) -> str:
    """The page's words with their inline markup, without front matter, code and directive lines."""
    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"^(`{3,})\{code-cell\}.*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^(?:`{3,}|:{3,}).*$|^#+ .*$", "\n", text, flags=re.MULTILINE)


def sentences(text: str) -> list[str]:
    """Sentences of a page; paragraphs, list items and table cells end one too."""
    parts = re.split(r"\n\s*\n|\n\s*(?:[-*]|\d\.|\|) |\n(?=\S)(?<=:\n)| \| ", text)
    found = [sentence for part in parts for sentence in re.split(r"(?<=[.!?])[”’\"*)]*\s+(?=[A-Z“‘\"*{$])", part)]
    return [plain(sentence) for sentence in found if sentence.strip()]


def book_sentences() -> dict[str, list[str]]:
    pages = {path.stem: sentences(page_text(path)) for path in sorted(BOOK.glob("*.md"))}
    for row in yaml.safe_load((BOOK / "claims.yml").read_text(encoding="utf-8")):
        # A claim that we reject is quoted as such; what we state about it counts as ours.
        ours = [row["statement"]] if row["verdict"] in ("wrong", "imprecise") else [row["claim"], row["statement"]]
        pages.setdefault("claims", []).extend(s for text in ours for s in sentences(text))
    for row in yaml.safe_load((BOOK / "quiz.yml").read_text(encoding="utf-8")):
        told = [row["right"]["text"], row["right"]["because"], *(option["because"] for option in row["wrong"])]
        pages.setdefault("quiz", []).extend(s for text in told for s in sentences(text))
    return pages


def of_kind(kind: str) -> list[dict[str, str]]:
    return MARKED[kind]


@pytest.mark.parametrize("mark", of_kind("definitions"), ids=lambda mark: f"{mark['page']}-{mark['predicate']}")
def test_a_definition_is_true_of_the_pair_and_false_of_the_coin(mark):
    predicate = PREDICATES[mark["predicate"]]
    assert predicate(PAIR), mark["sentence"]
    assert not predicate(COIN), mark["sentence"]


@pytest.mark.parametrize("name", PREDICATES)
def test_every_predicate_tells_the_two_states_apart(name):
    assert PREDICATES[name](PAIR)
    assert not PREDICATES[name](COIN)


def test_marked_sentences_stand_in_the_book():
    for mark in [*of_kind("definitions"), *of_kind("remarks")]:
        known = book_sentences().get(mark["page"], [])
        assert any(plain(mark["sentence"]) in sentence for sentence in known), f"{mark['page']}: {mark['sentence']}"


def test_no_defining_sentence_is_unmarked():
    marked = [plain(mark["sentence"]) for mark in [*of_kind("definitions"), *of_kind("remarks")]]
    unmarked = [
        f"{page}: {sentence}"
        for page, found in book_sentences().items()
        for sentence in found
        if DEFINING.search(sentence) and not any(text in sentence for text in marked)
    ]
    assert unmarked == [], "mark these in book/definitions.yml"


@pytest.mark.parametrize("term", ["entangled state", "entanglement"])
def test_the_glossary_entry_opens_with_a_marked_definition(term):
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    entry = re.search(rf"^{term}\n((?:  .+\n)+)", text, flags=re.MULTILINE)
    assert entry is not None
    marked = [plain(mark["sentence"]) for mark in of_kind("definitions") if mark["page"] == "glossary"]
    assert any(plain(entry.group(1)).startswith(sentence) for sentence in marked)


def offences(sentence: str) -> list[str]:
    """Banned phrases of a sentence; one about speed may be denied, the others may not stand at all."""
    denied = bool(DENIAL.search(sentence))
    hits = [pattern.search(sentence) for pattern in BANNED]
    return [hit.group() for hit in hits if hit and not (denied and "than light" in hit.group().lower())]


def test_no_banned_phrase():
    found = {
        f"{page}: {sentence}": offences(sentence)
        for page, all_sentences in book_sentences().items()
        for sentence in all_sentences
        if offences(sentence)
    }
    assert found == {}


@pytest.mark.parametrize(
    ("sentence", "caught"),
    [
        ("Quantum keys are unbreakable.", True),
        ("The other half reacts instantly.", True),
        ("Entanglement sends data faster than light.", True),
        ("Nothing travels faster than light.", False),
        ("Measure one of them and the other changes.", True),
        ("The magic square game is won every time.", False),
    ],
)
def test_the_linter_catches_what_it_should(sentence, caught):
    assert bool(offences(sentence)) == caught


@pytest.mark.parametrize(
    ("sentence", "caught"),
    [
        ("Entanglement is perfect agreement.", True),
        ("Two qubits are entangled if their results agree.", True),
        ("Such devices are called entangled.", True),
        ("Entanglement appears when the condition is undecided.", True),
        ("It entangles when the control is undecided and a flip would change the target.", True),
        ("The two halves are linked by a common origin.", True),
        ("An entangled pair left the laboratory.", False),
    ],
)
def test_a_defining_form_is_recognised(sentence, caught):
    assert bool(DEFINING.search(sentence)) == caught
