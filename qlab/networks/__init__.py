"""Links, purification, repeaters, waiting times and the budget of a chain."""
