"""Bell tests: correlations, the CHSH game, statistics, witnesses, other games and what loss allows."""
