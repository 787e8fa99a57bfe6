"""Unit 06: what a network of pairs delivers: states, bits, rate, fidelity, and for how long."""

from qlab.checks.units.u06_quantum_networks import dense_audit, link_choice, raw_pairs, received, storage_time

TASKS = (received.TASK, dense_audit.TASK, raw_pairs.TASK, link_choice.TASK, storage_time.TASK)
