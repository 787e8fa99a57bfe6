"""Unit 10: what a data sheet promises, what a measurement shows, and what distance costs."""

from qlab.checks.units.u10_readiness import bell_time, blame, largest_ghz, routing_cost

TASKS = (largest_ghz.TASK, blame.TASK, bell_time.TASK, routing_cost.TASK)
