"""Unit 07: what an eavesdropper leaves behind, what she does not, and what is left as key."""

from qlab.checks.units.u07_security import abort_limit, bits_to_catch, marks, pair_earns, reach_km

TASKS = (marks.TASK, bits_to_catch.TASK, abort_limit.TASK, pair_earns.TASK, reach_km.TASK)
