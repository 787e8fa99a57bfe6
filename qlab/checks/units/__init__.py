"""The units of the course: a package each, in it a module a task, and `TASKS` for their order.

Implementations are written as learners write them: what NumPy returns is returned as it comes.
"""
