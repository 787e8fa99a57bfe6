"""The deck: three cards a section, coded by family, readable by Anki, the same on every run."""

from __future__ import annotations

import sqlite3
import zipfile
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from qlab.checks import FAMILIES
from qlab.cli import app
from qlab.learner.cards import cards, write_deck

UNITS = [f"{n:02d}" for n in range(1, 12)] + ["faq"]


def test_three_cards_a_section_each_of_a_known_family() -> None:
    made = cards()
    assert Counter(card.unit for card in made) == dict.fromkeys(UNITS, 3)
    assert {card.family for card in made} <= set(FAMILIES)
    assert len({card.front for card in made}) == len(made)


def test_the_deck_is_a_package_that_anki_can_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cards.apkg"
    assert write_deck(path) == len(cards())
    with zipfile.ZipFile(path) as package:
        package.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as base:
        notes = base.execute("select guid, flds, tags from notes").fetchall()
        assert base.execute("select count(*) from cards").fetchone() == (len(notes),)
    base.close()
    assert {unescape(fields.split("\x1f")[0]) for _, fields, _ in notes} == {card.front for card in cards()}
    assert all(tags.strip() for _, _, tags in notes)
    again = tmp_path / "again.apkg"
    write_deck(again)
    with zipfile.ZipFile(again) as package:
        package.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as base:
        assert {row[0] for row in base.execute("select guid from notes")} == {guid for guid, _, _ in notes}
    base.close()


def test_a_deck_of_another_kind_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"path must end in \.apkg, got 'cards\.txt'"):
        write_deck(tmp_path / "cards.txt")
    assert not list(tmp_path.iterdir())


def test_the_command_writes_the_deck_or_says_why_not(tmp_path: Path) -> None:
    path = tmp_path / "mine.apkg"
    done = CliRunner().invoke(app, ["cards", str(path)])
    assert done.exit_code == 0
    assert f"{len(cards())} cards" in done.stdout
    assert zipfile.is_zipfile(path)
    refused = CliRunner().invoke(app, ["cards", str(tmp_path / "mine.txt")])
    assert refused.exit_code == 2
    assert "path must end in .apkg, got 'mine.txt'" in refused.stderr


def test_a_card_with_a_field_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "safe_load", lambda text: [{"unit": "01", "front": "Why?", "back": "So."}])
    with pytest.raises(ValueError, match=r"card must have the fields unit, front, back and family, got \['back', 'fro"):
        cards()
