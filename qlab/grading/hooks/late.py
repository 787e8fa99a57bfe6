"""A late policy by days, as nbgrader's plugin; both `qlab grade` and stock `nbgrader autograde` follow it.

In nbgrader_config.py:

    c.AssignLatePenalties.plugin_class = "qlab.grading.hooks.late.LateByDays"
    c.LateByDays.percent_per_day = 10.0

A due date comes from `nbgrader generate_assignment` or the formgrader, an extension for one learner
from the gradebook; both move the clock before this policy is asked.
"""

from __future__ import annotations

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float, Integer

DAY_S = 86_400.0


class LateByDays(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes a share of the points reached for every day begun after the due date."""

    percent_per_day = Float(10.0, help="Share of the reached points lost for each day begun.").tag(config=True)
    grace_minutes = Float(0.0, help="Lateness that costs nothing.").tag(config=True)
    most_percent = Float(100.0, help="The penalty never exceeds this share.").tag(config=True)
    last_day = Integer(0, help="Work later than this many days earns nothing; 0 for no last day.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Return the points to take off.

        The penalty is score · min(percent_per_day · ⌈late / day⌉, most_percent) / 100; the whole score
        after `last_day`; nothing within the grace.

        Args:
            student_id: the learner's id; the policy is the same for all.
            score: points reached in one notebook.
            total_seconds_late: time since the due date and extension, in seconds.

        Returns:
            Points between 0 and `score`, or None where nothing is taken off.

        Example:
            >>> policy = LateByDays(percent_per_day=10, grace_minutes=30)
            >>> policy.late_submission_penalty("ada", 20.0, 1800), policy.late_submission_penalty("ada", 20.0, 90000)
            (None, 4.0)
        """
        if total_seconds_late <= 60 * self.grace_minutes or score <= 0:
            return None
        days = days_begun(total_seconds_late)
        if self.last_day and days > self.last_day:
            return score
        percent = min(max(self.percent_per_day, 0.0) * days, max(self.most_percent, 0.0), 100.0)
        return score * percent / 100


def days_begun(seconds: float) -> int:
    """Return how many days have begun after so many seconds.

    Example:
        >>> days_begun(0), days_begun(1), days_begun(86400), days_begun(86401)
        (0, 1, 1, 2)
    """
    return math.ceil(max(0.0, seconds) / DAY_S)
