"""The instructor's term: from the roster to the feedback, through nbgrader's own gradebook and folders."""
