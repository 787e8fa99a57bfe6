"""What nbgrader calls."""
