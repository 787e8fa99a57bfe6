"""The part of nbgrader's database schema that grading reads and writes.

nbgrader's own classes for it live in a package whose import alone takes about as long as grading ten notebooks.
`tests/grading/runs/test_gradebook_tables.py` compares what stands here with them.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Float, Interval, MetaData, String, Table, Text

SCHEMA = MetaData()


def _identity(length: int = 32) -> Column[str]:
    return Column("id", String(length), primary_key=True)


assignments = Table("assignment", SCHEMA, _identity(), Column("name", String(128)), Column("duedate", DateTime()))

notebooks = Table("notebook", SCHEMA, _identity(), Column("name", String(128)), Column("assignment_id", String(32)))

cells = Table("base_cell", SCHEMA, _identity(), Column("name", String(128)), Column("notebook_id", String(32)))

grade_cells = Table("grade_cells", SCHEMA, _identity(), Column("max_score", Float()), Column("cell_type", String(8)))

task_cells = Table("task_cells", SCHEMA, _identity(), Column("max_score", Float()))

solution_cells = Table("solution_cells", SCHEMA, _identity())

source_cells = Table(
    "source_cell",
    SCHEMA,
    _identity(),
    Column("name", String(128)),
    Column("source", Text()),
    Column("checksum", String(128)),
    Column("notebook_id", String(32)),
)

students = Table("student", SCHEMA, _identity(128))

submissions = Table(
    "submitted_assignment",
    SCHEMA,
    _identity(),
    Column("assignment_id", String(32)),
    Column("student_id", String(128)),
    Column("timestamp", DateTime()),
    Column("extension", Interval()),
)

submitted_notebooks = Table(
    "submitted_notebook",
    SCHEMA,
    _identity(),
    Column("assignment_id", String(32)),
    Column("notebook_id", String(32)),
    Column("flagged", Boolean, default=False),
    Column("late_submission_penalty", Float(0)),
)

grades = Table(
    "grade",
    SCHEMA,
    _identity(),
    Column("notebook_id", String(32)),
    Column("cell_id", String(32)),
    Column("auto_score", Float()),
    Column("manual_score", Float()),
    Column("extra_credit", Float()),
    Column("needs_manual_grade", Boolean, default=True, nullable=False),
)

comments = Table(
    "comment",
    SCHEMA,
    _identity(),
    Column("notebook_id", String(32)),
    Column("cell_id", String(32)),
    Column("auto_comment", Text()),
)
