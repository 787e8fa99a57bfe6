"""Circuits in; kets, density matrices and shots out."""
