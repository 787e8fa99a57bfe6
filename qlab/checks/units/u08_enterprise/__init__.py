"""Unit 08: from a device's description to a pair, and from counts to a certificate."""

from qlab.checks.units.u08_enterprise import fidelity_range, pair_figures, replay, witness

TASKS = (pair_figures.TASK, fidelity_range.TASK, witness.TASK, replay.TASK)
