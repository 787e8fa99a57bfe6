"""Tables escape what they are given, set numbers apart, and refuse ragged rows."""

from __future__ import annotations

import pytest

from qlab.tables import Table


def test_html_has_a_caption_scopes_and_escaped_text() -> None:
    html = Table("A < B", ["name", "S"], [["<b>x</b>", 2.8284271], ["y", True]])._repr_html_()
    assert "<caption>A &lt; B</caption>" in html
    assert '<th scope="row">&lt;b&gt;x&lt;/b&gt;</th><td>2.828</td>' in html
    assert '<th scope="row">y</th><td>yes</td>' in html


def test_whole_numbers_keep_all_digits() -> None:
    assert "95,628" in str(Table("Bits", ["run", "bits"], [["first", 95628]]))


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"each row must have 2 entries, got \['x'\]"):
        Table("Bits", ["run", "bits"], [["x"]])


def test_empty_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="columns must be names, none of them empty"):
        Table("Bits", ["run", ""], [])


def test_small_numbers_are_written_as_people_write_them() -> None:
    assert "4.192·10⁻⁷" in str(Table("Chances", ["rule", "chance"], [["a", 4.1924e-7]]))


def test_what_is_not_finite_is_shown_and_not_a_crash() -> None:
    assert "inf" in str(Table("Times", ["memory", "µs"], [["a", float("inf")]]))


def test_numbers_of_a_column_stand_under_one_point_and_flush_right() -> None:
    table = Table(
        "t", ["row", "S", "share", "wide", "mixed"], [["a", 2, "5%", 1e6, 1], ["b", 2.82843, "12.5 %", 0.25, "none"]]
    )
    html = table._repr_html_()
    assert '<td class="number">2.000</td>' in html
    assert '<td class="number">2.828</td>' in html
    assert '<td class="number">5%</td>' in html
    assert '<th scope="col" class="number">share</th>' in html
    assert ">1,000,000<" in html
    assert ">0.25<" in html
    assert "<td>1</td>" in html
    assert '<th scope="col">mixed</th>' in html
