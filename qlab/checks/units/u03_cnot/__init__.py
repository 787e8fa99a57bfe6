"""Unit 03: what a CNOT does, and what it costs."""

from qlab.checks.units.u03_cnot import cnots_used, control_stays_plus, left_unentangled, prepare_bell

TASKS = (prepare_bell.TASK, left_unentangled.TASK, control_stays_plus.TASK, cnots_used.TASK)
