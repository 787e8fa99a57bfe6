"""Every refusal of the physics in full: the argument's name, the demand with its bounds, the value."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from qlab import gates, measures, states
from qlab.bell import chsh, communication, eberhard, games, lost_rounds, statistics, witnesses
from qlab.keys import abort_rules, authentication, decoy, intercept_resend, photon_splitting, rates
from qlab.networks import budget, links, purification, repeaters, waiting_times
from qlab.protocols import cloning, swapping, teleportation

RNG = np.random.default_rng(1)
TABLE = np.full((2, 2, 2, 2), 0.25)
CHANCE = ("must lie in [0, 1]", -0.1, 1.1)
HALF = ("must lie in [0, 0.5]", -0.1, 0.6)
ABOVE_ZERO = ("must lie in (0, 1]", 0.0, 1.1)
INSIDE = ("must lie in (0, 1)", 0.0, 1.0)
BELOW_ONE = ("must lie in [0, 1)", -0.1, 1.0)
POSITIVE = ("must be a finite number greater than 0", 0.0, inf)
NOT_NEGATIVE = ("must be a finite number of at least 0", -0.5, inf)
FACTOR = ("must lie in [1, 1e+06]", 0.99, 1e6 + 0.5)
ANGLE = ("must lie in [-1e+06, 1e+06]", -1e6 - 0.5, 1e6 + 0.5)
INDEX = ("must lie in [1, inf)", 0.99, inf)
TIME = ("must lie in (0, inf]", 0.0, -1.0)
QUBITS = ("must be a whole number of at least 1 and at most 26", 0, 27, 1.0)
PAIRS = ("must be a whole number of at least 2 and at most 26", 1, 27)
MATRICES = ("must be a whole number of at least 1 and at most 13", 0, 14)
BELL = ("must be one of 'phi+', 'phi-', 'psi+', 'psi-'", "phi", 3)
EVE = ("must be one of 'random basis', 'fixed basis', 'breidbart', 'knows basis'", "eve", None)
PROTOCOL = ("must be one of 'bbpssw', 'dejmps'", "DEJMPS")


def at_least(low: int, high: int | None = None) -> tuple[Any, ...]:
    demand = f"must be a whole number of at least {low}" + ("" if high is None else f" and at most {high}")
    return (demand, low - 1, low + 0.5) if high is None else (demand, low - 1, high + 1)


NOISE = {"gate_error": CHANCE, "readout_error": CHANCE}
FINITE = {"inefficiency": FACTOR, "secrecy": INSIDE, "correctness": INSIDE}
FIBRE = {"distance_km": NOT_NEGATIVE, "attenuation_db_per_km": NOT_NEGATIVE}
CHAIN = {"chance": ABOVE_ZERO, "swap_success": ABOVE_ZERO, "link_visibility": CHANCE, "survival_per_round": CHANCE}

# A function, arguments that it accepts, and what it demands of those it checks.
NUMBERS: list[tuple[Callable[..., object], dict[str, Any], dict[str, tuple[Any, ...]]]] = [
    (states.bell_state, {}, {"name": BELL}),
    (states.partially_entangled_ket, {}, {"concurrence": CHANCE}),
    (states.ghz_state, {}, {"num_qubits": PAIRS}),
    (states.w_state, {}, {"num_qubits": PAIRS}),
    (states.maximally_mixed_state, {}, {"num_qubits": MATRICES}),
    (states.classically_correlated_state, {}, {"num_qubits": at_least(2, 13)}),
    (states.werner_state, {}, {"fidelity": CHANCE}),
    (states.random_ket, {"rng": RNG}, {"num_qubits": QUBITS}),
    (states.random_density_matrix, {"rng": RNG, "num_qubits": 3}, {"num_qubits": MATRICES, "rank": at_least(1, 8)}),
    (gates.random_unitary, {"rng": RNG}, {"dimension": at_least(1)}),
    (measures.binary_entropy, {}, {"probability": CHANCE}),
    (witnesses.bell_fidelity, {"xx": 1, "yy": -1, "zz": 1}, {
        **dict.fromkeys(("xx", "yy", "zz"), ("must lie in [-1, 1]", -1.1, 1.1)), "name": BELL,
    }),
    (witnesses.ghz_fidelity, {"all_zero": 0.5, "all_one": 0.5, "contrast": 1.0}, {
        "all_zero": CHANCE, "all_one": CHANCE, "contrast": ("must lie in [0, 1]", -0.1, 1.1),
    }),
    (statistics.binomial_log10_tail, {"trials": 5, "successes": 2, "chance": 0.5}, {
        "trials": at_least(0), "successes": at_least(0, 5), "chance": CHANCE,
    }),
    (statistics.best_local_win_chance, {}, {"input_excess": HALF}),
    (statistics.trials_needed, {"win_chance": 0.8, "p_value": 0.1}, {
        "win_chance": ("must lie in (0.75, 1]", 0.75, 1.1), "p_value": INSIDE,
    }),
    (chsh.win_chance, {}, {"s": ("must lie in [-4, 4]", -4.1, 4.1)}),
    (chsh.behaviour_win_chance, {"chances": TABLE}, {"question_one": CHANCE}),
    (chsh.play_rounds, {"chances": TABLE, "rounds": 1, "rng": RNG}, {"rounds": at_least(0), "question_one": CHANCE}),
    (chsh.play_quantum, {"rho": states.epr_pair(), "rng": RNG}, {"rounds": at_least(0)}),
    (chsh.play_classical, {"alice": None, "bob": None, "rng": RNG}, {"rounds": at_least(0)}),
    (chsh.play_with_message, {"alice": None, "bob": None, "rng": RNG}, {"rounds": at_least(0)}),
    (communication.toner_bacon, {"alice": 0.0, "bob": 0.0, "rounds": 1, "rng": RNG}, {
        "rounds": at_least(0), "alice": ANGLE, "bob": ANGLE,
    }),
    (communication.play_with_rare_messages, {"rounds": 1, "rng": RNG}, {
        "rounds": at_least(0), "message_chance": CHANCE,
    }),
    (lost_rounds.lossy_behaviour, {"chances": TABLE, "efficiency_alice": 1.0, "efficiency_bob": 1.0}, {
        "efficiency_alice": CHANCE, "efficiency_bob": CHANCE,
    }),
    (lost_rounds.play_lossy, {"chances": np.full((2, 2, 3, 3), 1 / 9), "rng": RNG}, {"rounds": at_least(0)}),
    (lost_rounds.LossyBellTest(np.ones((2, 2, 3, 3), dtype=int)).with_no_click_as, {}, {"answer": at_least(0, 1)}),
    (lost_rounds.post_selected_local_bound, {}, {"efficiency": ABOVE_ZERO}),
    (lost_rounds.deceiving_local_behaviour, {}, {"efficiency": ("must lie in [0.666667, 1]", 0.66, 1.1)}),
    (lost_rounds.chsh_with_losses, {"efficiency": 1.0}, {
        "efficiency": CHANCE, "s": ("must lie in [-4, 4]", -4.1, 4.1),
    }),
    (lost_rounds.with_readout_error, {"chances": TABLE, "error_zero": 0.0, "error_one": 0.0}, {
        "error_zero": CHANCE, "error_one": CHANCE,
    }),
    (lost_rounds.largest_readout_error, {}, {"s": ("must lie in [2, 4]", 1.9, 4.1)}),
    (games.chsh_game, {}, {"question_one": CHANCE}),
    (games.chsh_game().play, {"chances": TABLE, "rng": RNG}, {"rounds": at_least(0)}),
    (games.biased_chsh_classical_value, {}, {"question_one": CHANCE}),
    (games.biased_chsh_quantum_value, {}, {"question_one": CHANCE}),
    (games.biased_chsh_angles, {}, {"question_one": INSIDE}),
    (games.mermin_operator, {}, {"num_qubits": at_least(2, 12)}),
    (games.mermin_local_bound, {}, {"num_qubits": at_least(2, 1000)}),
    (games.hardy_ket, {}, {"theta": ("must lie in (0, 1.5708)", 0.0, np.pi / 2)}),
    (eberhard.eberhard_operator, {"alice_angles": (0, 1), "bob_angles": (0, 1), "efficiency": 1.0}, {
        "efficiency": CHANCE, "background": CHANCE,
    }),
    (eberhard.eberhard_optimum, {"efficiency": 1.0}, {"efficiency": CHANCE, "background": CHANCE}),
    (eberhard.largest_background, {}, {"efficiency": CHANCE}),
    (eberhard.smallest_efficiency, {}, {"background": ("must lie in [0, 0.1]", -0.1, 0.2)}),
    (eberhard.analyse, {"result": statistics.BellTestResult(np.ones((2, 2, 2, 2), dtype=int))}, {
        "input_excess": ("must lie in [0, 0.5)", -0.1, 0.5),
    }),
    (eberhard.eberhard_behaviour, {"optimum": None, "efficiency": 1.0}, {"efficiency": CHANCE, "background": CHANCE}),
    (teleportation.teleportation_fidelity, {}, {"pair_fidelity": CHANCE}),
    (swapping.entanglement_swapping, {"first": states.epr_pair(), "second": states.epr_pair()}, NOISE),
    (swapping.swapped_fidelity, {"first_fidelity": 1.0, "second_fidelity": 1.0}, {
        "first_fidelity": CHANCE, "second_fidelity": CHANCE, **NOISE,
    }),
    (swapping.swapped_chain_fidelity, {"link_fidelity": 1.0, "links": 1}, {
        "link_fidelity": CHANCE, "links": at_least(1), **NOISE,
    }),
    (swapping.most_links, {"link_fidelity": 0.9}, {
        "link_fidelity": BELOW_ONE, "floor": ("must lie in [0.25, 1)", 0.2, 1.0),
    }),
    (cloning.cloning_fidelity, {"originals": 1, "copies": 2}, {"originals": at_least(1), "copies": at_least(1)}),
    (rates.bb84_rate, {"qber": 0.0}, {"qber": HALF, "inefficiency": FACTOR}),
    (rates.six_state_rate, {}, {"qber": HALF}),
    (rates.device_independent_rate, {"qber": 0.0, "s": 2.0}, {
        "qber": HALF, "s": ("must lie in [-2.82843, 2.82843]", -2.83, 2.83),
    }),
    (rates.device_independent_rate_with_loss, {}, {"efficiency": CHANCE}),
    (rates.werner_qber, {}, {"fidelity": CHANCE}),
    (rates.device_independent_werner_rate, {}, {"qber": HALF}),
    (rates.finite_key_length, {"key_bits": 100, "test_bits": 100, "qber": 0.0}, {
        "key_bits": at_least(1), "test_bits": at_least(1), "qber": HALF, **FINITE,
    }),
    (rates.finite_key_rate, {"sifted_bits": 100, "qber": 0.0}, {
        "sifted_bits": at_least(2), "qber": HALF, **FINITE,
    }),
    (intercept_resend.intercept_resend_qber, {"intercepted_fraction": 0.0}, {
        "intercepted_fraction": CHANCE, "eve": EVE,
    }),
    (intercept_resend.intercept_resend_s, {"intercepted_fraction": 0.0}, {"intercepted_fraction": CHANCE, "eve": EVE}),
    (intercept_resend.eve_agreement_chance, {}, {"eve": EVE}),
    (intercept_resend.detection_probability, {"compared_bits": 1}, {"compared_bits": at_least(0), "qber": CHANCE}),
    (decoy.PulsedLink, {"distance_km": 1.0}, {
        **FIBRE, "detector_efficiency": CHANCE, "dark_chance": CHANCE, "misalignment": HALF, "inefficiency": FACTOR,
    }),
    (decoy.PulsedLink(1.0).yield_of, {}, {"photons": at_least(0)}),
    (decoy.PulsedLink(1.0).error_of, {}, {"photons": at_least(0)}),
    (decoy.PulsedLink(1.0).gain, {}, {"mean_photons": NOT_NEGATIVE}),
    (decoy.decoy_bounds, {"link": decoy.PulsedLink(1.0), "mean_photons": 0.5, "weak": 0.1}, {
        "mean_photons": POSITIVE, "weak": ("must lie in (0, 0.5)", 0.0, 0.5),
    }),
    (decoy.best_mean_photons, {"misalignment": 0.0}, {"misalignment": HALF, "inefficiency": FACTOR}),
    (photon_splitting.multi_photon_chance, {}, {"mean_photons": POSITIVE}),
    (photon_splitting.multi_photon_share, {}, {"mean_photons": POSITIVE}),
    (photon_splitting.splitting_forward_chances, {"mean_photons": 0.1, "transmittance": 0.1}, {
        "mean_photons": POSITIVE, "transmittance": CHANCE,
    }),
    (photon_splitting.simulate_photon_number_splitting, {
        "pulses": 1, "rng": RNG, "mean_photons": 0.1, "transmittance": 0.1,
    }, {"pulses": at_least(1), "mean_photons": POSITIVE, "transmittance": CHANCE}),
    (abort_rules.AbortRule, {"sample_size": 10, "max_errors": 1, "expected_qber": 0.01}, {
        "sample_size": at_least(1), "max_errors": at_least(0, 10), "expected_qber": CHANCE,
    }),
    (abort_rules.AbortRule(10, 1, 0.01).passes, {}, {"errors": at_least(0, 10)}),
    (abort_rules.AbortRule(10, 1, 0.01).log10_miss, {}, {"attacked_qber": CHANCE}),
    (abort_rules.abort_rule, {"sample_size": 10, "expected_qber": 0.01}, {
        "sample_size": at_least(1), "expected_qber": BELOW_ONE, "false_alarm": INSIDE,
    }),
    (abort_rules.smallest_sample, {"expected_qber": 0.25, "attacked_qber": 0.5}, {
        "expected_qber": BELOW_ONE, "attacked_qber": ("must lie in (0.25, 1]", 0.25, 1.1),
        "false_alarm": INSIDE, "miss": INSIDE,
    }),
    (authentication.forging_bound, {"message_bytes": 1}, {"message_bytes": at_least(0), "prime": at_least(257)}),
    (authentication.draw_tag_key, {"rng": RNG}, {"prime": at_least(257)}),
    (authentication.simulate_man_in_the_middle, {"pulses": 1, "rng": RNG}, {
        "pulses": at_least(1), "compared_bits": at_least(0),
    }),
    (links.fibre_transmissivity, {"distance_km": 1.0}, FIBRE),
    (links.latency_us, {"distance_km": 1.0}, {"distance_km": NOT_NEGATIVE, "refractive_index": INDEX}),
    (links.plob_bound, {}, {"transmissivity": CHANCE}),
    (links.repeater_bound, {"transmissivity": 0.5, "segments": 1}, {"transmissivity": CHANCE, "segments": at_least(1)}),
    (links.multiplexed_chance, {"chance": 0.5, "modes": 1}, {"chance": CHANCE, "modes": at_least(1)}),
    (links.FibreLink, {"distance_km": 1.0}, {
        "distance_km": POSITIVE, "attenuation_db_per_km": NOT_NEGATIVE, "refractive_index": INDEX,
        "efficiency": CHANCE, "bell_measurement": CHANCE, "modes": at_least(1),
    }),
    (links.stored_pair_fidelity, {"time_us": 1.0, "t1_us": 2.0, "t2_us": 1.0}, {
        "time_us": NOT_NEGATIVE, "t1_us": TIME, "t2_us": ("must lie in (0, 4]", 0.0, 4.1), "name": BELL,
    }),
    (links.mean_rounds_two_links, {"chance": 0.5}, {"chance": ABOVE_ZERO, "cutoff_rounds": at_least(0)}),
    (links.mean_storage_rounds, {}, {"chance": ABOVE_ZERO}),
    (links.mean_storage_factor, {"chance": 0.5, "decay_per_round": 0.1}, {
        "chance": ABOVE_ZERO, "decay_per_round": NOT_NEGATIVE, "cutoff_rounds": at_least(0),
    }),
    (purification.werner_weights, {}, {"fidelity": CHANCE}),
    (purification.bbpssw, {"first": 0.8}, {"first": CHANCE, "second": CHANCE}),
    (purification.purification_schedule, {"weights": (0.8, 0.1, 0.1, 0.0), "target": 0.9}, {
        "target": INSIDE, "protocol": PROTOCOL, "max_rounds": at_least(1),
        "order": ("must be one of 'recurrence', 'pumping'", "nested"),
    }),
    (purification.purify, {"first": states.epr_pair(), "second": states.epr_pair()}, {
        "protocol": PROTOCOL, "gate_error": CHANCE,
    }),
    (repeaters.simulate_chain, {"pairs": 2, "rng": RNG, "segments": 2, "chance": 0.5}, {
        "pairs": at_least(2), "segments": at_least(1, 64), **CHAIN,
    }),
    (repeaters.chain_fidelity, {"fidelities": [0.9]}, {
        "gate_quality": CHANCE, "readout_quality": ("must lie in [0.5, 1]", 0.4, 1.1),
    }),
    (waiting_times.mean_rounds_all_links, {"chance": 0.5, "segments": 1}, {
        "chance": ABOVE_ZERO, "segments": at_least(1),
    }),
    (waiting_times.waiting_time(1, 0.5).quantile, {}, {"probability": CHANCE}),
    (waiting_times.waiting_time, {"segments": 1, "chance": 0.5}, {
        "segments": at_least(1), **CHAIN, "missing": ("must lie in [1e-12, 1)", 0.0, 1.0),
    }),
    (budget.direct_budget, {"distance_km": 1.0, "source_rate_hz": 1.0, "fresh_fidelity": 1.0}, {
        **FIBRE, "source_rate_hz": POSITIVE, "fresh_fidelity": CHANCE,
    }),
    (budget.chain_budget, {"link": links.FibreLink(1.0), "segments": 2, "fresh_fidelity": 1.0}, {
        "segments": at_least(1), "fresh_fidelity": ("must lie in [0.25, 1]", 0.2, 1.1), "coherence_time_s": TIME,
        "swap_success": ABOVE_ZERO, "gate_quality": CHANCE, "readout_quality": ("must lie in [0.5, 1]", 0.4, 1.1),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("call", "good", "demands"), NUMBERS, ids=[call.__qualname__ for call, _, _ in NUMBERS])
def test_numbers_out_of_range(call: Callable[..., object], good: dict[str, Any], demands: dict[str, Any]) -> None:
    for argument, (demand, *bad) in demands.items():
        for value in bad:
            with pytest.raises(ValueError, match="must") as caught:
                call(**{**good, argument: value})
            assert str(caught.value) == f"{argument} {demand}, got {value!r}"
