"""Unit 04: the game that no shared seed wins, and how evidence for it is gathered."""

from qlab.checks.units.u04_bell_tests import best_angles, best_without_pairs, chsh_both_ways, plan_with_one_bit

TASKS = (best_without_pairs.TASK, best_angles.TASK, plan_with_one_bit.TASK, chsh_both_ways.TASK)
