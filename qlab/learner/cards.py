"""Retrieval cards for Anki: three a section, each tagged with the misconception that it works against."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from importlib import resources
from io import BytesIO
from pathlib import Path

from qlab._files import write_atomically


@dataclass(frozen=True)
class Card:
    """One card.

    Attributes:
        unit: number of the section, or ``"faq"``.
        front: the question.
        back: the answer, in one or two sentences.
        family: the misconception family it works against, a key of `qlab.checks.FAMILIES`.
    """

    unit: str
    front: str
    back: str
    family: str


def cards() -> list[Card]:
    """All cards, in the order of the sections.

    Raises:
        ValueError: where an entry of cards.yml lacks a field or has one too many.
    """
    import yaml

    entries = yaml.safe_load(resources.files("qlab.learner").joinpath("cards.yml").read_text(encoding="utf-8"))
    made = []
    for entry in entries:
        if set(entry) != {"unit", "front", "back", "family"}:
            raise ValueError(f"card must have the fields unit, front, back and family, got {sorted(entry)}")
        made.append(Card(str(entry["unit"]), entry["front"], entry["back"], entry["family"]))
    return made


def _number(text: str) -> int:
    """A stable number for Anki, which uses it to recognise a deck or a card on the next import."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def write_deck(path: Path) -> int:
    """Write the Anki package and return the number of cards; written whole or not at all.

    Raises:
        ValueError: where the path does not end in .apkg.
    """
    import genanki

    if path.suffix != ".apkg":
        raise ValueError(f"path must end in .apkg, got {path.name!r}")
    model = genanki.Model(
        _number("model"),
        "Correlation Is Not Enough",
        fields=[{"name": "Question"}, {"name": "Answer"}, {"name": "Unit"}],
        templates=[
            {
                "name": "Recall",
                "qfmt": "{{Question}}",
                "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}<p><small>Section {{Unit}}</small></p>",
            }
        ],
        css=".card { font: 20px/1.5 system-ui, sans-serif; max-width: 34em; margin: 1em auto; text-align: left; }",
    )
    deck = genanki.Deck(_number("deck"), "Correlation Is Not Enough")
    made = cards()
    for card in made:
        deck.add_note(
            genanki.Note(
                model=model,
                fields=[escape(card.front), escape(card.back), card.unit],
                tags=[f"unit-{card.unit}", card.family],
                guid=genanki.guid_for(card.unit, card.front),
            )
        )
    package = BytesIO()
    genanki.Package(deck).write_to_file(package)
    write_atomically(path, package.getvalue())
    return len(made)
