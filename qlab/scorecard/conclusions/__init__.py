"""What the figures mean: a summary, what limits the machine, which protocols it carries, its faults, the answers."""
