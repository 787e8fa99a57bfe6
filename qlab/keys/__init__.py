"""Quantum key distribution: protocols, rates, attacks, when to abort, authentication."""
