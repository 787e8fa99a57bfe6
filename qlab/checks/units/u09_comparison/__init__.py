"""Unit 09: the comparison table, cell by cell, each with the computation that decides it."""

from qlab.checks.units.u09_comparison import cnot_copy, comparison_row, kind_of_correlation, messages_to_match

TASKS = (comparison_row.TASK, cnot_copy.TASK, kind_of_correlation.TASK, messages_to_match.TASK)
