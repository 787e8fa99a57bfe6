"""Unit 05: what a shared pair can and cannot do between nodes that do not talk."""

from qlab.checks.units.u05_distributed_systems import bob_marginal, expected_wins, pair_after_loss, replica_budget

TASKS = (bob_marginal.TASK, replica_budget.TASK, pair_after_loss.TASK, expected_wins.TASK)
