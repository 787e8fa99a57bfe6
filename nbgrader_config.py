"""nbgrader's configuration: where things are, and how student code is graded."""

from qlab.grading.hooks.drop_in import configure

c = get_config()  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = "correlation-is-not-enough"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# Student code never meets the answers: the checks are masked in its sandbox, two functions still answer.
c.QlabGrading.masked_packages = ["qlab.checks"]
c.QlabGrading.relayed_functions = ["qlab.checks.check", "qlab.checks.hint"]

# `nbgrader autograde` and formgrader's button grade in the sandbox too, as `qlab grade` does.
configure(c)
