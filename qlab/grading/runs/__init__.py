"""A grading run: jobs, workers, stored results, the gradebook."""
