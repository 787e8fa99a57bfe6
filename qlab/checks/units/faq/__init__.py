"""The questions: five answers, each an assertion that a machine can check."""

from qlab.checks.units.faq import backup_fidelity, best_seed, change_at_bob, ghz_success, key_share

TASKS = (change_at_bob.TASK, best_seed.TASK, backup_fidelity.TASK, key_share.TASK, ghz_success.TASK)
