"""Unit 11: claims, the tests that decide them, and an acceptance test with an error bar."""

from qlab.checks.units.u11_takeaway import accept_pairs, decide, rounds_to_show

TASKS = (decide.TASK, accept_pairs.TASK, rounds_to_show.TASK)
