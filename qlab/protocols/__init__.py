"""What a shared pair is used for: Bell measurement, teleportation, swapping, and why cloning fails."""
