"""What makes this course: exercises cut from solutions, notebooks laid out, the sample class."""
