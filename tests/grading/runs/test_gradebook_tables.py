"""What grading knows of nbgrader's schema is what nbgrader says, and it reads timestamps as nbgrader does."""

from __future__ import annotations

import datetime

import pytest
from nbgrader import api, utils
from sqlalchemy import Boolean, Enum, Interval, String, Table
from sqlalchemy.schema import ColumnDefault

from qlab.grading.runs import gradebook_tables as tables
from qlab.grading.runs.gradebook import _parse_timestamp


@pytest.mark.parametrize("table", tables.SCHEMA.sorted_tables, ids=lambda table: table.name)
def test_tables_are_nbgraders(table: Table) -> None:
    stock = api.Base.metadata.tables[table.name]
    for column in table.columns:
        theirs = stock.columns[column.name]
        kind = String if isinstance(theirs.type, Enum) else type(theirs.type)
        assert type(column.type) is kind, column
        assert bool(column.primary_key) == bool(theirs.primary_key), column
        assert default(column) == default(theirs) or theirs.primary_key, column


def default(column: object) -> object:
    found = getattr(column, "default", None)
    return found.arg if isinstance(found, ColumnDefault) else None


@pytest.mark.parametrize("table", [tables.submitted_notebooks, tables.grades, tables.submissions, tables.students,
                                   tables.comments], ids=lambda table: table.name)  # fmt: skip
def test_rows_that_are_inserted_leave_out_nothing_that_must_be_there(table: Table) -> None:
    stock = api.Base.metadata.tables[table.name]
    required = {column.name for column in stock.columns if not column.nullable or default(column) is not None}
    assert required <= set(table.columns.keys())
    assert isinstance(tables.submissions.c.extension.type, Interval)
    assert isinstance(tables.grades.c.needs_manual_grade.type, Boolean)


@pytest.mark.parametrize(
    "text",
    ["2026-03-02 12:00:01 UTC", "2026-03-02 12:00:01", "2026-03-02 12:00:01 Europe/Berlin", "2026-03-02 12:00:01 7200",
     "2026-03-02T12:00:01+05:00", "2026-03-02 12:00:01.25 EST", "2026-03-02 12:00:01 +0200", "2026-03-02 12:00:01 1_0"],
)  # fmt: skip
def test_timestamps_are_read_as_nbgrader_reads_them(text: str) -> None:
    found = _parse_timestamp(text)
    assert isinstance(found, datetime.datetime)
    assert found == utils.parse_utc(text)


@pytest.mark.parametrize("text", ["", None, "yesterday", "9" * 30, "a b c"])
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert _parse_timestamp(text) is None
