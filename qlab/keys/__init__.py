"""Quantum key distribution: protocols, rates, attacks, when to abort, authentication."""

from qlab.keys.abort_rules import smallest_sample
from qlab.keys.authentication import simulate_man_in_the_middle
from qlab.keys.bb84 import simulate_bb84
from qlab.keys.decoy import PulsedLink, rate_with_decoys, rate_with_endless_decoys, rate_without_decoys
from qlab.keys.entangled_pairs import E91Result, e91_probabilities, simulate_bbm92, simulate_e91
from qlab.keys.intercept_resend import (
    KeyExchangeResult,
    detection_probability,
    intercept_resend_qber,
    intercept_resend_s,
)
from qlab.keys.rates import bb84_rate, device_independent_rate, finite_key_rate, largest_qber, werner_qber, werner_s
from qlab.keys.reach import best_intensity, reach_km
from qlab.keys.small_blocks import largest_unseen_errors, small_block_key_length
from qlab.keys.tolerable_noise import added_noise_rate, tolerable_qber
from qlab.keys.white_noise import WhiteNoiseComparison, compare_with_white_noise, werner_fidelity

__all__ = [
    "E91Result",
    "KeyExchangeResult",
    "PulsedLink",
    "WhiteNoiseComparison",
    "added_noise_rate",
    "bb84_rate",
    "best_intensity",
    "compare_with_white_noise",
    "detection_probability",
    "device_independent_rate",
    "e91_probabilities",
    "finite_key_rate",
    "intercept_resend_qber",
    "intercept_resend_s",
    "largest_qber",
    "largest_unseen_errors",
    "rate_with_decoys",
    "rate_with_endless_decoys",
    "rate_without_decoys",
    "reach_km",
    "simulate_bb84",
    "simulate_bbm92",
    "simulate_e91",
    "simulate_man_in_the_middle",
    "small_block_key_length",
    "smallest_sample",
    "tolerable_qber",
    "werner_fidelity",
    "werner_qber",
    "werner_s",
]
