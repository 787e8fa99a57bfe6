"""Unit 01: what two systems share when they share a state."""

from qlab.checks.units.u01_shared_state import marginals, pair_of_concurrence, sort_states, telling_angle

TASKS = (telling_angle.TASK, sort_states.TASK, pair_of_concurrence.TASK, marginals.TASK)
