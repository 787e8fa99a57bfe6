"""What a shared pair is used for: Bell measurement, teleportation, swapping, and why cloning fails."""

from qlab.protocols.cloning import cloning_fidelity
from qlab.protocols.swapping import entanglement_swapping
from qlab.protocols.teleportation import bob_before_the_bits, fidelity_through_pair, superdense_capacity, teleport

__all__ = [
    "bob_before_the_bits",
    "cloning_fidelity",
    "entanglement_swapping",
    "fidelity_through_pair",
    "superdense_capacity",
    "teleport",
]
