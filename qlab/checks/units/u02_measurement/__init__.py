"""Unit 02: what a measurement shows, and what it leaves behind."""

from qlab.checks.units.u02_measurement import chance_of_zero, chance_same, register_chances, shots_needed

TASKS = (chance_of_zero.TASK, chance_same.TASK, shots_needed.TASK, register_chances.TASK)
