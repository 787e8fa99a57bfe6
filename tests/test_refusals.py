"""Every refusal of the physics in full: the argument's name, the demand with its bounds, the value."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from qlab import gates, measures, states
from qlab.bell import chsh, communication, correlations, eberhard, games, lost_rounds, statistics, witnesses
from qlab.keys import abort_rules, authentication, decoy, intercept_resend, rates
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
CHAIN = {
    "success_probability": ABOVE_ZERO,
    "swap_success": ABOVE_ZERO,
    "link_visibility": CHANCE,
    "survival_per_round": CHANCE,
}

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
    (gates.random_unitary, {"rng": RNG}, {"dimension": at_least(1, 8192)}),
    (measures.binary_entropy, {}, {"probability": CHANCE}),
    (witnesses.bell_fidelity, {"xx": 1, "yy": -1, "zz": 1}, {
        **dict.fromkeys(("xx", "yy", "zz"), ("must lie in [-2, 2]", -2.1, 2.1)), "name": BELL,
    }),
    (statistics.binomial_log10_tail, {"trials": 5, "successes": 2, "success_probability": 0.5}, {
        "trials": at_least(0), "successes": at_least(0, 5), "success_probability": CHANCE,
    }),
    (statistics.best_local_winning_probability, {}, {"input_excess": HALF}),
    (statistics.trials_needed, {"winning_probability": 0.8, "p_value": 0.1}, {
        "winning_probability": ("must lie in (0.75, 1]", 0.75, 1.1), "p_value": INSIDE,
    }),
    (chsh.winning_probability, {}, {"s": ("must lie in [-4, 4]", -4.1, 4.1)}),
    (chsh.behaviour_winning_probability, {"behaviour": TABLE}, {"question_one": CHANCE}),
    (chsh.play_behaviour, {"behaviour": TABLE, "rounds": 1, "rng": RNG}, {
        "rounds": at_least(0), "question_one": CHANCE,
    }),
    (chsh.play_quantum, {"rho": states.epr_pair(), "rng": RNG}, {"rounds": at_least(0)}),
    (chsh.play_classical, {"alice": None, "bob": None, "rng": RNG}, {"rounds": at_least(0)}),
    (chsh.play_with_message, {"alice": None, "bob": None, "rng": RNG}, {"rounds": at_least(0)}),
    (communication.toner_bacon, {"alice": 0.0, "bob": 0.0, "rounds": 1, "rng": RNG}, {
        "rounds": at_least(0), "alice": ANGLE, "bob": ANGLE,
    }),
    (communication.play_with_rare_messages, {"rounds": 1, "rng": RNG}, {
        "rounds": at_least(0), "message_probability": CHANCE,
    }),
    (lost_rounds.lossy_behaviour, {"behaviour": TABLE, "efficiency_alice": 1.0, "efficiency_bob": 1.0}, {
        "efficiency_alice": CHANCE, "efficiency_bob": CHANCE,
    }),
    (lost_rounds.play_lossy, {"behaviour": np.full((2, 2, 3, 3), 1 / 9), "rng": RNG}, {"rounds": at_least(0)}),
    (lost_rounds.LossyBellTest(np.ones((2, 2, 3, 3), dtype=int)).with_no_click_as, {}, {"answer": at_least(0, 1)}),
    (lost_rounds.post_selected_local_bound, {}, {"efficiency": ABOVE_ZERO}),
    (lost_rounds.deceiving_local_behaviour, {}, {"efficiency": ("must lie in [0.666667, 1]", 0.66, 1.1)}),
    (lost_rounds.with_readout_error, {"behaviour": TABLE, "error_zero": 0.0, "error_one": 0.0}, {
        "error_zero": CHANCE, "error_one": CHANCE,
    }),
    (lost_rounds.largest_readout_error, {}, {"s": ("must lie in [2, 4]", 1.9, 4.1)}),
    (games.chsh_game, {}, {"question_one": CHANCE}),
    (games.chsh_game().play, {"behaviour": TABLE, "rng": RNG}, {"rounds": at_least(0)}),
    (games.biased_chsh_classical_value, {}, {"question_one": CHANCE}),
    (games.biased_chsh_quantum_value, {}, {"question_one": CHANCE}),
    (games.mermin_operator, {}, {"num_qubits": at_least(2, 10)}),
    (games.mermin_local_bound, {}, {"num_qubits": at_least(2, 1000)}),
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
    (teleportation.fidelity_through_pair, {}, {"pair_fidelity": CHANCE}),
    (swapping.entanglement_swapping, {"first": states.epr_pair(), "second": states.epr_pair()}, NOISE),
    (cloning.cloning_fidelity, {"originals": 1, "copies": 2}, {"originals": at_least(1), "copies": at_least(1)}),
    (rates.bb84_rate, {"qber": 0.0}, {"qber": CHANCE, "inefficiency": FACTOR}),
    (rates.device_independent_rate, {"qber": 0.0, "s": 2.0}, {
        "qber": CHANCE, "s": ("must lie in [-4, 4]", -4.1, 4.1),
    }),
    (rates.werner_qber, {}, {"fidelity": CHANCE}),
    (rates.device_independent_werner_rate, {}, {"qber": HALF}),
    (rates.finite_key_length, {"key_bits": 100, "test_bits": 100, "qber": 0.0}, {
        "key_bits": at_least(1), "test_bits": at_least(1), "qber": CHANCE, **FINITE,
    }),
    (rates.finite_key_rate, {"sifted_bits": 100, "qber": 0.0}, {
        "sifted_bits": at_least(2), "qber": CHANCE, **FINITE,
    }),
    (intercept_resend.intercept_resend_qber, {"intercepted_fraction": 0.0}, {
        "intercepted_fraction": CHANCE, "eve": EVE,
    }),
    (intercept_resend.intercept_resend_s, {"intercepted_fraction": 0.0}, {"intercepted_fraction": CHANCE, "eve": EVE}),
    (intercept_resend.eve_agreement_probability, {}, {"eve": EVE}),
    (intercept_resend.detection_probability, {"compared_bits": 1}, {"compared_bits": at_least(0), "qber": CHANCE}),
    (decoy.PulsedLink, {"distance_km": 1.0}, {
        **FIBRE, "detector_efficiency": CHANCE, "dark_count_probability": CHANCE,
        "misalignment": HALF, "inefficiency": FACTOR,
    }),
    (decoy.PulsedLink(1.0).yield_of, {}, {"photons": at_least(0)}),
    (decoy.PulsedLink(1.0).error_of, {}, {"photons": at_least(0)}),
    (decoy.PulsedLink(1.0).gain, {}, {"mean_photons": NOT_NEGATIVE}),
    (decoy.decoy_bounds, {"link": decoy.PulsedLink(1.0), "mean_photons": 0.5, "weak": 0.1}, {
        "mean_photons": POSITIVE, "weak": ("must lie in (0, 0.5)", 0.0, 0.5),
    }),
    (decoy.best_mean_photons, {"misalignment": 0.0}, {"misalignment": HALF, "inefficiency": FACTOR}),
    (decoy.multi_photon_probability, {}, {"mean_photons": POSITIVE}),
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
    (authentication.draw_tag_key, {"rng": RNG}, {"prime": at_least(257)}),
    (authentication.simulate_man_in_the_middle, {"pulses": 1, "rng": RNG}, {
        "pulses": at_least(1), "compared_bits": at_least(0),
    }),
    (links.fibre_transmissivity, {"distance_km": 1.0}, FIBRE),
    (links.latency_us, {"distance_km": 1.0}, {"distance_km": NOT_NEGATIVE, "group_index": INDEX}),
    (links.plob_bound, {}, {"transmissivity": CHANCE}),
    (links.repeater_bound, {"transmissivity": 0.5, "segments": 1}, {"transmissivity": CHANCE, "segments": at_least(1)}),
    (links.multiplexed_probability, {"success_probability": 0.5, "modes": 1}, {
        "success_probability": CHANCE, "modes": at_least(1),
    }),
    (links.FibreLink, {"distance_km": 1.0}, {
        "distance_km": POSITIVE, "attenuation_db_per_km": NOT_NEGATIVE, "group_index": INDEX,
        "efficiency": CHANCE, "bell_measurement": CHANCE, "modes": at_least(1),
    }),
    (links.stored_pair_fidelity, {"time_us": 1.0, "t1_us": 2.0, "t2_us": 1.0}, {
        "time_us": NOT_NEGATIVE, "t1_us": TIME, "t2_us": ("must lie in (0, 4]", 0.0, 4.1), "name": BELL,
    }),
    (links.mean_rounds_two_links, {"success_probability": 0.5}, {
        "success_probability": ABOVE_ZERO, "cutoff_rounds": at_least(0),
    }),
    (links.mean_storage_factor, {"success_probability": 0.5, "decay_per_round": 0.1}, {
        "success_probability": ABOVE_ZERO, "decay_per_round": NOT_NEGATIVE, "cutoff_rounds": at_least(0),
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
    (repeaters.simulate_chain, {"pairs": 2, "rng": RNG, "segments": 2, "success_probability": 0.5}, {
        "pairs": at_least(2), "segments": at_least(1, 64), **CHAIN,
    }),
    (repeaters.chain_fidelity, {"fidelities": [0.9]}, {
        **NOISE,
    }),
    (waiting_times.mean_rounds_all_links, {"success_probability": 0.5, "segments": 1}, {
        "success_probability": ABOVE_ZERO, "segments": at_least(1),
    }),
    (waiting_times.waiting_time, {"segments": 1, "success_probability": 0.5}, {
        "segments": at_least(1), **CHAIN, "missing": ("must lie in [1e-12, 1)", 0.0, 1.0),
    }),
    (budget.direct_budget, {"distance_km": 1.0, "source_rate_hz": 1.0, "fresh_fidelity": 1.0}, {
        **FIBRE, "source_rate_hz": POSITIVE, "fresh_fidelity": CHANCE, "dark_count_probability": CHANCE,
    }),
    (budget.chain_budget, {"link": links.FibreLink(1.0), "segments": 2, "fresh_fidelity": 1.0}, {
        "segments": at_least(1), "fresh_fidelity": ("must lie in [0.25, 1]", 0.2, 1.1), "coherence_time_s": TIME,
        "swap_success": ABOVE_ZERO, **NOISE,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("call", "good", "demands"), NUMBERS, ids=[call.__qualname__ for call, _, _ in NUMBERS])
def test_numbers_out_of_range(call: Callable[..., object], good: dict[str, Any], demands: dict[str, Any]) -> None:
    for argument, (demand, *bad) in demands.items():
        for value in bad:
            with pytest.raises(ValueError, match="must") as caught:
                call(**{**good, argument: value})
            assert str(caught.value) == f"{argument} {demand}, got {value!r}"


# Arrays, labels and answers: a call, and all that it says.
REFUSALS: list[tuple[Callable[[], object], str]] = [
    (lambda: states.tensor(), "factors must hold at least one array, got ()"),
    (lambda: states.ket("0a"), "label must be a non-empty string of the characters 0 1 + - r l, got '0a'"),
    (lambda: states.ket(5), "label must be a non-empty string of the characters 0 1 + - r l, got 5"),
    (lambda: states.ket("0" * 27),
     "number of qubits in label must be a whole number of at least 1 and at most 26, got 27"),
    (lambda: states.density_matrix(np.eye(2)), "ket_or_matrix must have trace 1, got (2+0j)"),
    (lambda: states.mixture([0.5], [states.ket("0"), states.ket("1")]),
     "weights must be as many as members (2), got 1"),
    (lambda: states.mixture([], []), "weights must be as many as members (0), got 0"),
    (lambda: states.mixture([1.5, -0.5], [states.ket("0"), states.ket("1")]),
     "each of weights must lie in [0, 1], got 1.5"),
    (lambda: states.mixture([0.5, 0.25], [states.ket("0"), states.ket("1")]), "weights must add up to 1, got 0.75"),
    (lambda: states.bell_diagonal_state([1.0]), "weights must be four probabilities, got [1.0]"),
    (lambda: states.partial_trace(np.ones(4), [0]), "rho must have norm 1, got 2.0"),
    (lambda: states.partial_trace(np.eye(4), [0]), "rho must have trace 1, got (4+0j)"),
    (lambda: states.partial_trace(states.epr_pair(), [2]),
     "keep must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: states.partial_trace(states.epr_pair(), [1, 1]), "keep must not name a qubit twice, got (1, 1)"),
    (lambda: states.partial_trace(states.epr_pair(), []), "keep must name at least one qubit, got ()"),
    (lambda: gates.controlled(np.eye(3)), "matrix must have a dimension that is a power of two, at least 2, got 3"),
    (lambda: gates.controlled(np.zeros((2, 2))),
     "matrix must be unitary, got array([[0.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])"),
    (lambda: gates.pauli_string("XQ"), "label must be a non-empty string of the letters I X Y Z, got 'XQ'"),
    (lambda: gates.pauli_string(""), "label must be a non-empty string of the letters I X Y Z, got ''"),
    (lambda: gates.pauli_string("x"), "label must be a non-empty string of the letters I X Y Z, got 'x'"),
    (lambda: gates.unitary("toffoli"),
     "name must be one of 'i', 'x', 'y', 'z', 'h', 's', 'sdg', 't', 'tdg', 'sx', 'rx', 'ry', 'rz', 'phase', 'u3', "
     "'cnot', 'cz', 'swap', 'iswap', 'rzz', 'cphase', 'ccx', got 'toffoli'"),
    (lambda: gates.unitary("rx"), "params of gate rx must hold 1 angles, got ()"),
    (lambda: gates.unitary("h", [0.1]), "params of gate h must hold 0 angles, got (0.1,)"),
    (lambda: measures.fidelity(np.eye(2), states.ket("0")), "first must have trace 1, got (2+0j)"),
    (lambda: measures.fidelity(states.ket("0"), np.eye(2)), "second must have trace 1, got (2+0j)"),
    (lambda: measures.fidelity(np.ones(2), states.ket("0")), "first must have norm 1, got 1.4142135623730951"),
    (lambda: measures.fidelity(states.ket("0"), np.ones(2)), "second must have norm 1, got 1.4142135623730951"),
    (lambda: measures.fidelity(np.eye(2), np.eye(2) / 2), "first must have trace 1, got (2+0j)"),
    (lambda: measures.fidelity(np.eye(2) / 2, np.eye(2)), "second must have trace 1, got (2+0j)"),
    (lambda: measures.fidelity(np.ones(2), np.eye(2) / 2), "first must have norm 1, got 1.4142135623730951"),
    (lambda: measures.fidelity(states.ket("0"), states.ket("00")),
     "second must have the dimension of first (2,), got (4,)"),
    (lambda: measures.fidelity(np.eye(4) / 4, np.eye(2) / 2),
     "second must have the dimension of first (4,), got (2, 2)"),
    (lambda: measures.trace_distance(np.eye(2), states.ket("0")), "first must have trace 1, got (2+0j)"),
    (lambda: measures.trace_distance(states.ket("0"), np.eye(2)), "second must have trace 1, got (2+0j)"),
    (lambda: measures.purity(np.eye(2)), "rho must have trace 1, got (2+0j)"),
    (lambda: measures.entropy(np.eye(2)), "rho must have trace 1, got (2+0j)"),
    (lambda: measures.partial_transpose(np.eye(4), [0]), "rho must have trace 1, got (4+0j)"),
    (lambda: measures.partial_transpose(states.epr_pair(), [2]),
     "subsystem must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: measures.negativity(np.eye(4), [0]), "rho must have trace 1, got (4+0j)"),
    (lambda: measures.concurrence(np.eye(4)), "rho must have trace 1, got (4+0j)"),
    (lambda: measures.concurrence(np.eye(2) / 2), "rho must be a state of two qubits, got (2, 2)"),
    (lambda: measures.concurrence(states.ket("0")), "rho must be a state of two qubits, got (2,)"),
    (lambda: measures.mutual_information(states.ket("0")),
     "number of qubits in rho must be a whole number of at least 2, got 1"),
    (lambda: measures.mutual_information(np.eye(2) / 2),
     "number of qubits in rho must be a whole number of at least 2, got 1"),
    (lambda: measures.mutual_information(np.eye(3) / 3),
     "rho must have a dimension that is a power of two, at least 2, got 3"),
    (lambda: measures.coherent_information(np.eye(2) / 2),
     "number of qubits in rho must be a whole number of at least 2, got 1"),
    (lambda: measures.coherent_information(np.eye(3) / 3),
     "rho must have a dimension that is a power of two, at least 2, got 3"),
    (lambda: measures.process_fidelity(np.zeros((1, 2, 2)), gates.I),
     "kraus must satisfy sum of K†K = I, got array([[0.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])"),
    (lambda: measures.process_fidelity(gates.I[None], np.zeros((2, 2))),
     "unitary must be unitary, got array([[0.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])"),
    (lambda: measures.process_fidelity(gates.I[None], gates.CNOT), "unitary must have shape (2, 2), got (4, 4)"),
    (lambda: witnesses.bell_fidelity_from_counts([0, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1]),
     "xx must be counts of 00, 01, 10 and 11, not all zero, got [0, 0, 0, 0]"),
    (lambda: witnesses.bell_fidelity_from_counts([1, 0, 0, 1], [1, 0, 1], [1, 0, 0, 1]),
     "yy must be counts of 00, 01, 10 and 11, not all zero, got [1, 0, 1]"),
    (lambda: witnesses.bell_fidelity_from_counts([1, 0, 0, 1], [1, 0, 0, 1], [1, 0, -1, 1]),
     "zz must be counts of 00, 01, 10 and 11, not all zero, got [1, 0, -1, 1]"),
    (lambda: statistics.BellTestResult(np.zeros((2, 2))),
     "counts must be 16 whole numbers of shape (2, 2, 2, 2), none negative, got array([[0., 0.], [0., 0.]])"),
    (lambda: statistics.BellTestResult.from_rounds(np.array([16])),
     "rounds must be whole numbers in [0, 15] of shape (n,), got array([16])"),
    (lambda: statistics.BellTestResult.from_rounds(np.array([-1])),
     "rounds must be whole numbers in [0, 15] of shape (n,), got array([-1])"),
    (lambda: statistics.BellTestResult.from_rounds(np.array([0.5])),
     "rounds must be whole numbers in [0, 15] of shape (n,), got array([0.5])"),
    (lambda: statistics.BellTestResult.from_rounds(np.array([[1]])),
     "rounds must be whole numbers in [0, 15] of shape (n,), got array([[1]])"),
    (lambda: statistics.BellTestResult(np.zeros((2, 2, 2, 2), dtype=int)).s,
     "counts must hold a round of each pair of questions, got [[0, 0], [0, 0]]"),
    (lambda: correlations.axis("alice", (1.0, 1.0, 1.0)),
     "alice must be an angle or a unit vector (x, y, z), got (1.0, 1.0, 1.0)"),
    (lambda: correlations.axis("alice", (1.0, 0.0)),
     "alice must be an angle or a unit vector (x, y, z), got (1.0, 0.0)"),
    (lambda: correlations.observable((1.0, 1.0, 1.0)),
     "direction must be an angle or a unit vector (x, y, z), got (1.0, 1.0, 1.0)"),
    (lambda: correlations.observable(2e6), "direction must lie in [-1e+06, 1e+06], got 2000000.0"),
    (lambda: correlations.correlation_matrix(np.eye(4)), "rho must have trace 1, got (4+0j)"),
    (lambda: correlations.correlation_matrix(np.eye(2) / 2), "rho must be a state of two qubits, got (2, 2)"),
    (lambda: correlations.correlator(states.epr_pair(), (0.0, 0.0), 0.0),
     "alice must be an angle or a unit vector (x, y, z), got (0.0, 0.0)"),
    (lambda: correlations.correlator(states.epr_pair(), 0.0, (0.0, 0.0)),
     "bob must be an angle or a unit vector (x, y, z), got (0.0, 0.0)"),
    (lambda: correlations.correlators(states.epr_pair(), (0.0,), (0.0, 0.0)),
     "alice must hold two directions, got (0.0,)"),
    (lambda: correlations.correlators(states.epr_pair(), (0.0, 0.0), (0.0,)),
     "bob must hold two directions, got (0.0,)"),
    (lambda: correlations.behaviour(states.epr_pair(), (0.0,), (0.0, 0.0)),
     "alice must hold two directions, got (0.0,)"),
    (lambda: correlations.behaviour(states.epr_pair(), (0.0, 0.0), (0.0,)), "bob must hold two directions, got (0.0,)"),
    (lambda: correlations.behaviour_correlators(np.ones((2, 2))),
     "behaviour must be probabilities of shape (2, 2, 2, 2), got (2, 2)"),
    (lambda: correlations.behaviour_correlators(np.ones((2, 2, 2, 2))),
     "behaviour must add up to 1 for each pair of questions, got [[4.0, 4.0], [4.0, 4.0]]"),
    (lambda: correlations.behaviour_correlators(np.full((2, 2, 2, 2), 0.5)),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: correlations.signalling(np.full((2, 2, 2, 2), 0.5)),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: chsh.local_behaviour(((0, 1), (0, 2))),
     "strategy must be ((a0, a1), (b0, b1)) of bits, got ((0, 1), (0, 2))"),
    (lambda: chsh.local_behaviour((0, 1)), "strategy must be ((a0, a1), (b0, b1)) of bits, got (0, 1)"),
    (lambda: chsh.behaviour_winning_probability(np.full((2, 2, 2, 2), 0.5)),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: chsh.play_behaviour(np.full((2, 2, 2, 2), 0.5), 1, RNG),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: chsh.play_classical(lambda x, u: 2, lambda y, u: 0, 1, RNG),
     "alice's answer must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: chsh.play_classical(lambda x, u: 0, lambda y, u: -1, 1, RNG),
     "bob's answer must be a whole number of at least 0 and at most 1, got -1"),
    (lambda: chsh.play_with_message(lambda x, u: (2, 0), lambda y, u, m: 0, 1, RNG),
     "alice's answer must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: chsh.play_with_message(lambda x, u: (0, 2), lambda y, u, m: 0, 1, RNG),
     "alice's message must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: chsh.play_with_message(lambda x, u: (0, 0), lambda y, u, m: 2, 1, RNG),
     "bob's answer must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: lost_rounds.LossyBellTest(np.zeros((2, 2))),
     "counts must be 36 whole numbers of shape (2, 2, 3, 3), none negative, got array([[0., 0.], [0., 0.]])"),
    (lambda: lost_rounds.lossy_behaviour(np.full((2, 2, 2, 2), 0.5), 1.0, 1.0),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: lost_rounds.play_lossy(np.zeros((2, 2, 3, 3)), 1, RNG),
     "behaviour must add up to 1 for each pair of questions, got [[0.0, 0.0], [0.0, 0.0]]"),
    (lambda: lost_rounds.with_readout_error(np.full((2, 2, 2, 2), 0.5), 0.0, 0.0),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: games.NonlocalGame(np.ones((2, 2)), np.ones((2, 2, 2, 2), dtype=bool)),
     "questions must be probabilities of shape (X, Y) that add up to 1, got array([[1., 1.], [1., 1.]])"),
    (lambda: games.NonlocalGame(np.full((2, 2), 0.25), np.ones((2, 2, 2), dtype=bool)),
     "wins must be booleans of shape (2, 2) + (A, B), got (2, 2, 2)"),
    (lambda: games.chsh_game().value(np.ones((2, 2))),
     "behaviour must be probabilities of shape (2, 2, 2, 2), got (2, 2)"),
    (lambda: games.chsh_game().play(np.ones((2, 2)), 1, RNG),
     "behaviour must be probabilities of shape (2, 2, 2, 2), got (2, 2)"),
    (lambda: games.ghz_game_wins((0, 0, 1), (0, 0, 0)),
     "questions must be one of (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), got (0, 0, 1)"),
    (lambda: games.ghz_game_wins((0, 0, 0), (0, 0, 2)),
     "answers must be three bits, got (0, 0, 2)"),
    (lambda: games.ghz_game_value(np.eye(8)), "rho must have trace 1, got (8+0j)"),
    (lambda: games.ghz_game_value(states.epr_pair()), "rho must be a state of three qubits, got (4,)"),
    (lambda: eberhard.eberhard_operator((0.0,), (0.0, 1.0), 1.0),
     "alice_angles and bob_angles must hold two angles each, got ((0.0,), (0.0, 1.0))"),
    (lambda: eberhard.eberhard_operator((0.0, 1.0), (0.0,), 1.0),
     "alice_angles and bob_angles must hold two angles each, got ((0.0, 1.0), (0.0,))"),
    (lambda: eberhard.eberhard_value(np.full((2, 2, 2, 2), 0.5)),
     "behaviour must add up to 1 for each pair of questions, got [[2.0, 2.0], [2.0, 2.0]]"),
    (lambda: eberhard.counts_from_singles(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2)), np.ones(2)),
     "trials must be 4 whole numbers of shape (2, 2), none negative, got array([[1., 1.], [1., 1.]])"),
    (lambda: eberhard.counts_from_singles(*np.array([*[[[1, 1], [1, 1]]] * 3, [[2, 1], [1, 1]]])),
     "trials, singles_alice, singles_bob and coincidences must fit one another, got [[[1, 1], [1, 1]], [[1, 1], "
     "[1, 1]], [[1, 1], [1, 1]], [[2, 1], [1, 1]]]"),
    (lambda: eberhard.analyse(statistics.BellTestResult(np.zeros((2, 2, 2, 2), dtype=int))),
     "result must hold a round of each pair of questions, got [[0, 0], [0, 0]]"),
    (lambda: teleportation.teleport(states.ket("0"), np.eye(4)), "resource must have trace 1, got (4+0j)"),
    (lambda: teleportation.teleport(states.ket("0"), np.eye(2) / 2),
     "resource must be a state of two qubits, got (2, 2)"),
    (lambda: teleportation.teleport(np.eye(2)), "message must have trace 1, got (2+0j)"),
    (lambda: teleportation.teleport(states.epr_pair()), "message must be a state of one qubit, got (4,)"),
    (lambda: teleportation.superdense_capacity(np.eye(4)), "resource must have trace 1, got (4+0j)"),
    (lambda: teleportation.superdense_capacity(states.ket("0")), "resource must be a state of two qubits, got (2,)"),
    (lambda: authentication.one_time_tag(b"", (0, 0), prime=259),
     "prime must be 2**61 - 1 or a prime of at most 2**32, got 259"),
    (lambda: authentication.one_time_tag(b"", (0, 0), prime=2**32 + 15),
     "prime must be 2**61 - 1 or a prime of at most 2**32, got 4294967311"),
    (lambda: teleportation.superdense_circuit((0,)), "bits must be two bits (z, x), got (0,)"),
    (lambda: teleportation.superdense_circuit((0, 2)),
     "each of bits must be a whole number of at least 0 and at most 1, got 2"),
    (lambda: swapping.entanglement_swapping(np.eye(4), states.epr_pair()), "first must have trace 1, got (4+0j)"),
    (lambda: swapping.entanglement_swapping(states.epr_pair(), np.eye(2) / 2),
     "second must be a state of two qubits, got (2, 2)"),
    (lambda: swapping.remote_cnot(np.eye(4), states.epr_pair()), "rho must have trace 1, got (4+0j)"),
    (lambda: swapping.remote_cnot(states.epr_pair(), np.eye(2) / 2),
     "resource must be a state of two qubits, got (2, 2)"),
    (lambda: cloning.clones(np.ones(2), gates.CNOT), "message must have norm 1, got 1.4142135623730951"),
    (lambda: cloning.clones(states.epr_pair(), gates.CNOT), "message must be a state of one qubit, got (4,)"),
    (lambda: cloning.clones(states.ket("0"), np.zeros((4, 4))),
     "cloner must be unitary, got array([[0.+0.j, 0.+0.j, 0.+0.j, 0.+0.j], [0.+0.j, 0.+0.j, 0.+0.j, 0.+0..."),
    (lambda: cloning.clones(states.ket("0"), gates.H),
     "number of qubits of cloner must be a whole number of at least 2, got 1"),
    (lambda: cloning.cloning_fidelity(2, 1), "copies must be a whole number of at least 2, got 1"),
    (lambda: rates.largest_qber(lambda q: -0.5), "rate must be positive without errors, got -0.5"),
    (lambda: decoy.best_mean_photons(0.4), "misalignment must leave some key, got 0.4"),
    (lambda: abort_rules.smallest_sample(expected_qber=0.0, attacked_qber=1e-13),
     "sample (attacked_qber is too close to expected_qber) must be a whole number of at least 1 and at most "
     "1099511627776, got 2199023255552"),
    (lambda: authentication.one_time_tag("text", (1, 1)), "message must be bytes, got 'text'"),
    (lambda: authentication.one_time_tag(b"text", (-1, 1)),
     "each number of key must be a whole number of at least 0 and at most 2305843009213693950, got -1"),
    (lambda: authentication.one_time_tag(b"text", (1, 257), prime=257),
     "each number of key must be a whole number of at least 0 and at most 256, got 257"),
    (lambda: purification.twirl((0.5, 0.5)), "weights must be four probabilities, got (0.5, 0.5)"),
    (lambda: purification.twirl((1.5, -0.5, 0.0, 0.0)), "each of weights must lie in [0, 1], got 1.5"),
    (lambda: purification.twirl((0.5, 0.25, 0.0, 0.0)), "weights must add up to 1, got 0.75"),
    (lambda: purification.dejmps((0.5, 0.5)), "weights must be four probabilities, got (0.5, 0.5)"),
    (lambda: purification.dejmps((1.0, 0.0, 0.0, 0.0), (0.5, 0.5)), "other must be four probabilities, got (0.5, 0.5)"),
    (lambda: purification.dejmps((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)),
     "other must pass with the first pair at times, got (0.0, 0.0, 1.0, 0.0)"),
    (lambda: purification.purification_schedule((0.5, 0.5), target=0.9),
     "weights must be four probabilities, got (0.5, 0.5)"),
    (lambda: purification.purification_schedule((0.4, 0.2, 0.2, 0.2), target=0.9),
     "target must be within reach of dejmps by recurrence, got 0.9"),
    (lambda: purification.purify(np.eye(2) / 2, states.epr_pair()), "first must be a state of two qubits, got (2, 2)"),
    (lambda: purification.purify(states.epr_pair(), np.eye(2) / 2), "second must be a state of two qubits, got (2, 2)"),
    (lambda: purification.purify(np.eye(4), states.epr_pair()), "first must have trace 1, got (4+0j)"),
    (lambda: purification.purify(states.epr_pair(), np.eye(4)), "second must have trace 1, got (4+0j)"),
    (lambda: purification.purify(states.epr_pair(), states.bell_state("psi+")),
     "second must pass with the first pair at times, got 0.0"),
    (lambda: purification.purify(states.ket("00"), states.ket("01"), protocol="bbpssw"),
     "second must pass with the first pair at times, got 0.0"),
    (lambda: repeaters.swapped_weights((0.5, 0.5), (1.0, 0.0, 0.0, 0.0)),
     "first must be four probabilities, got (0.5, 0.5)"),
    (lambda: repeaters.swapped_weights((1.0, 0.0, 0.0, 0.0), (0.5, 0.5)),
     "second must be four probabilities, got (0.5, 0.5)"),
    (lambda: repeaters.chain_fidelity([]), "fidelities must hold at least one number, got []"),
    (lambda: repeaters.chain_fidelity([0.9, 1.1]), "each of fidelities must lie in [0, 1], got 1.1"),
    (lambda: repeaters.simulate_chain(2, RNG, segments=64, success_probability=0.5, swap_success=0.01),
     "swap_success must be larger for 64 segments, got 0.01"),
    (lambda: waiting_times.mean_rounds_all_links(5e-324, 17),
     "success_probability must leave an answer below 1.8e+308, got 5e-324"),
    (lambda: waiting_times.waiting_time(2, 1e-9),
     "segments, success_probability, swap_success, swap_talk and missing must need at most 262,144 rounds in the "
     "table, got 1048576"),
    (lambda: measures.trace_distance(np.eye(4) / 4, states.ket("0")),
     "second must have the dimension of first (4,), got (2,)"),
    (lambda: measures.fidelity(states.ket("0"), states.ket("00")),
     "second must have the dimension of first (2,), got (4,)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSALS)
def test_arrays_and_words_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        call()
    assert " ".join(str(caught.value).split()) == message
