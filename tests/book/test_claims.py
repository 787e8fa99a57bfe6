"""The claim ledger, executed: each claim of ``book/claims.yml`` is decided by one function here."""

from __future__ import annotations

import re
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import yaml

from qlab import circuits, gates, measures, states
from qlab.bell import chsh, communication, correlations, games, lost_rounds, witnesses
from qlab.bell.statistics import HENSEN_2015, trials_needed
from qlab.channels import (
    amplitude_damping,
    apply_channel,
    dephasing,
    depolarizing,
    thermal_relaxation,
)
from qlab.keys import authentication, bb84, entangled_pairs, intercept_resend, rates
from qlab.networks import links, purification
from qlab.protocols import cloning, swapping, teleportation
from qlab.simulator import run_density_matrix, statevector

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "book" / "claims.yml"
PAIR = states.density_matrix(states.epr_pair())
COIN = states.classically_correlated_state()
Z_AXIS, X_AXIS = 0.0, np.pi / 2


def rows() -> list[dict[str, str]]:
    return yaml.safe_load(LEDGER.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_every_claim_names_a_test_of_this_file(row):
    module, name = row["test"].split("::")
    assert module == "tests/book/test_claims.py"
    test = globals().get(name)
    assert callable(test), f"{row['id']} names {name}, which does not exist"
    assert row["id"].split(".")[0] == row["unit"]


def test_every_deciding_test_is_named_by_a_claim():
    named = {row["test"].split("::")[1] for row in rows()}
    defined = set(re.findall(r"^def (test_\w+)\(", Path(__file__).read_text(encoding="utf-8"), flags=re.MULTILINE))
    housekeeping = {"test_every_claim_names_a_test_of_this_file", "test_every_deciding_test_is_named_by_a_claim"}
    assert defined - housekeeping == named


# 01 · shared state


def test_each_half_has_a_state_but_the_halves_do_not_make_the_pair():
    halves = [states.partial_trace(PAIR, [qubit]) for qubit in (0, 1)]
    for half in halves:
        assert np.allclose(half, np.eye(2) / 2)
    assert measures.fidelity(np.kron(*halves), PAIR) == pytest.approx(0.25)


def test_one_setting_cannot_tell_a_pair_from_a_coin_and_two_can():
    same_setting = [correlations.behaviour(rho, [Z_AXIS] * 2, [Z_AXIS] * 2) for rho in (PAIR, COIN)]
    assert np.allclose(*same_setting)
    assert correlations.correlator(PAIR, X_AXIS, X_AXIS) == pytest.approx(1)
    assert correlations.correlator(COIN, X_AXIS, X_AXIS) == pytest.approx(0)


def test_a_fixed_setting_is_reproduced_by_a_seed_and_two_settings_a_side_are_not():
    rng = np.random.default_rng(101)
    for alice, bob in rng.uniform(0, 2 * np.pi, size=(20, 2)):
        joint = correlations.behaviour(PAIR, [alice] * 2, [bob] * 2)[0, 0]
        seeded = sum(joint[a, b] * np.outer(np.eye(2)[a], np.eye(2)[b]) for a, b in product((0, 1), repeat=2))
        assert np.allclose(seeded, joint)
        # The same two settings on both sides: none of the eight CHSH combinations passes 2 (Fine, 1982).
        e = np.array([[correlations.correlator(PAIR, x, y) for y in (alice, bob)] for x in (alice, bob)])
        assert max(abs(e.sum() - 2 * e[x, y]) for x, y in product((0, 1), repeat=2)) <= 2 + 1e-9
    assert chsh.chsh_value(PAIR) > max(abs(chsh.strategy_chsh_value(plan)) for plan in chsh.local_strategies())


def test_only_an_entangled_whole_is_better_known_than_its_parts():
    half = states.partial_trace(PAIR, [0])
    assert measures.entropy(PAIR) == pytest.approx(0, abs=1e-9)
    assert measures.entropy(half) == pytest.approx(1)
    rng = np.random.default_rng(102)
    for _ in range(50):
        members = [np.kron(states.random_ket(1, rng), states.random_ket(1, rng)) for _ in range(4)]
        separable = states.mixture(rng.dirichlet(np.ones(4)), members)
        assert measures.entropy(separable) >= measures.entropy(states.partial_trace(separable, [0])) - 1e-9


# 02 · measurement


def test_a_read_can_leave_the_state_alone():
    rng = np.random.default_rng(201)
    _, after = statevector.measure(states.ket("0"), [0], rng)
    assert measures.fidelity(after, states.ket("0")) == pytest.approx(1)
    # The parity of two qubits, read through a third one: the superposition of 00 and 11 stays whole.
    read_parity = circuits.Circuit(3).cnot(0, 2).cnot(1, 2).measure(2, key="parity")
    before = np.kron(states.epr_pair(), states.ket("0"))
    after, results = statevector.run_shot(read_parity, rng, initial=before)
    assert results["parity"].tolist() == [0]
    assert measures.fidelity(after, before) == pytest.approx(1)
    # A setting in which the state is not definite does change it.
    _, after = statevector.measure(states.ket("+"), [0], rng)
    assert measures.fidelity(after, states.ket("+")) == pytest.approx(0.5)


def test_a_superposition_is_no_hidden_coin():
    plus = states.density_matrix(states.ket("+"))
    coin = states.maximally_mixed_state(1)
    for angle in np.linspace(0, np.pi, 13):
        assert np.trace(correlations.observable(angle) @ coin).real == pytest.approx(0, abs=1e-12)
    assert np.trace(gates.X @ plus).real == pytest.approx(1)


def test_the_far_side_is_the_same_before_and_after():
    before = states.partial_trace(PAIR, [1])
    for angle in np.linspace(0, 2 * np.pi, 25):
        joint = correlations.behaviour(PAIR, [angle] * 2, [Z_AXIS, X_AXIS])
        assert np.allclose(joint.sum(axis=2), 0.5)
    # A read by Alice, result not told: full dephasing of her qubit. Reads of both sides commute.
    read = dephasing(0.5)
    assert np.allclose(states.partial_trace(apply_channel(PAIR, read, [0]), [1]), before)
    first_alice = apply_channel(apply_channel(PAIR, read, [0]), read, [1])
    first_bob = apply_channel(apply_channel(PAIR, read, [1]), read, [0])
    assert np.allclose(first_alice, first_bob)


def test_half_the_error_costs_four_times_the_runs():
    rng = np.random.default_rng(204)
    spreads = [float(np.std(rng.binomial(runs, 0.5, size=4000) / runs)) for runs in (400, 1600)]
    assert spreads[0] / spreads[1] == pytest.approx(2, abs=4 * 2 / np.sqrt(4000))


# 03 · CNOT


def test_cnot_entangles_some_inputs_only():
    kets = {label: states.ket(label) for label in "01+-rl"}
    concurrences = {
        (control, target): measures.concurrence(gates.CNOT @ np.kron(kets[control], kets[target]))
        for control, target in product(kets, repeat=2)
    }
    unentangled = {pair for pair, value in concurrences.items() if value < 1e-7}
    assert len(unentangled) == 20
    assert set(product("01", repeat=2)) <= unentangled
    assert concurrences["+", "0"] == pytest.approx(1)
    unknown = np.kron(states.maximally_mixed_state(1), states.density_matrix(states.ket("0")))
    assert np.allclose(gates.CNOT @ unknown @ gates.CNOT.T, COIN)


def test_hadamard_and_cnot_make_a_bell_pair():
    made = statevector.run(circuits.Circuit(2).h(0).cnot(0, 1))
    assert measures.fidelity(made, states.epr_pair()) == pytest.approx(1)


def test_cnot_from_the_gates_that_machines_have():
    def same_up_to_phase(first, second):
        return abs(np.trace(first.conj().T @ second)) == pytest.approx(4)

    hadamard = np.kron(gates.I, gates.H)
    assert same_up_to_phase(hadamard @ gates.CZ @ hadamard, gates.CNOT)
    corrections = np.kron(gates.rz(-np.pi / 2), gates.rz(-np.pi / 2))
    assert same_up_to_phase(hadamard @ corrections @ gates.rzz(np.pi / 2) @ hadamard, gates.CNOT)
    # iSWAP: its square is a product gate, so the entangling part must come from a turn between two of them.
    assert operator_schmidt_rank(gates.ISWAP) == 4
    assert operator_schmidt_rank(gates.CNOT) == 2
    between = gates.ISWAP @ np.kron(gates.rx(np.pi / 2), gates.I) @ gates.ISWAP
    assert operator_schmidt_rank(between) == 2
    assert entangling_power(between) == pytest.approx(entangling_power(gates.CNOT))


def operator_schmidt_rank(gate):
    reshuffled = gate.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    return int(np.linalg.matrix_rank(reshuffled, tol=1e-9))


def entangling_power(gate):
    """Sum of the squares of the operator Schmidt weights: 1 for a product gate, ½ for a CNOT."""
    weights = np.linalg.svd(gate.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4), compute_uv=False) ** 2 / 4
    return float(np.sum(weights**2))


def test_the_target_can_act_on_the_control():
    after = gates.CNOT @ np.kron(states.ket("+"), states.ket("-"))
    assert measures.fidelity(after, np.kron(states.ket("-"), states.ket("-"))) == pytest.approx(1)


# 04 · Bell tests


def test_one_bit_of_message_beats_every_pair():
    rng = np.random.default_rng(401)
    with_message = chsh.play_with_message(lambda x, u: (0, x), lambda y, u, told: told & y, 4000, rng)
    assert with_message.s == pytest.approx(4)
    assert chsh.chsh_value(PAIR) == pytest.approx(chsh.TSIRELSON_BOUND)
    assert correlations.chsh_maximum(PAIR) < with_message.s


def test_entangled_is_not_the_same_as_bell_violating():
    threshold = (1 + 3 / np.sqrt(2)) / 4
    assert threshold == pytest.approx(0.7803, abs=1e-4)
    for fidelity, entangled, violates in (
        (0.49, False, False),
        (0.51, True, False),
        (0.78, True, False),
        (0.79, True, True),
    ):
        rho = states.werner_state(fidelity)
        assert (measures.concurrence(rho) > 1e-9) == entangled
        assert (correlations.chsh_maximum(rho) > 2) == violates


def test_a_local_program_that_loses_rounds_fakes_a_violation():
    rng = np.random.default_rng(403)
    efficiency = 0.75
    run = lost_rounds.play_lossy(lost_rounds.deceiving_local_behaviour(efficiency), 200_000, rng)
    kept, counted = run.kept(), run.with_no_click_as(0)
    assert (kept.s - 2) / kept.standard_error > 5
    assert counted.s <= 2 + 4 * counted.standard_error
    # The first loophole-free experiment: every round counted, and a p-value, not a certainty.
    assert HENSEN_2015.rounds == 245
    assert HENSEN_2015.p_value() == pytest.approx(0.03908, abs=5e-6)


def test_every_local_plan_stays_within_two():
    values = np.array([chsh.strategy_chsh_value(plan) for plan in chsh.local_strategies()])
    assert len(values) == 16
    assert np.all(np.abs(values) <= 2)
    rng = np.random.default_rng(404)
    behaviours = np.array([chsh.local_behaviour(plan) for plan in chsh.local_strategies()])
    for weights in rng.dirichlet(np.ones(16), size=200):
        mixed = np.tensordot(weights, behaviours, axes=1)
        assert abs(chsh.behaviour_chsh_value(mixed)) <= 2 + 1e-9


def test_the_quantum_advantage_is_bounded():
    best = chsh.winning_probability(chsh.TSIRELSON_BOUND)
    assert best == pytest.approx(np.cos(np.pi / 8) ** 2)
    rng = np.random.default_rng(405)
    for _ in range(200):
        operator = chsh.chsh_operator(rng.uniform(0, 2 * np.pi, 2), rng.uniform(0, 2 * np.pi, 2))
        assert np.linalg.eigvalsh(operator)[-1] <= chsh.TSIRELSON_BOUND + 1e-9
    square = games.magic_square_game()
    assert square.classical_value() == pytest.approx(8 / 9)
    won = (games.magic_square_behaviour() * square.wins).sum(axis=(2, 3))
    assert np.allclose(won, 1)


# 05 · distributed systems


def test_a_shared_seed_coordinates_without_messages():
    rng = np.random.default_rng(501)
    same_plan = chsh.play_classical(lambda x, u: int(u < 0.5), lambda y, u: int(u < 0.5), 4000, rng)
    equal = np.trace(same_plan.table, axis1=2, axis2=3).sum()
    assert equal == same_plan.rounds
    assert max(best_chance(plan) for plan in chsh.local_strategies()) == pytest.approx(0.75)
    assert best_chance(None) == pytest.approx(np.cos(np.pi / 8) ** 2)


def best_chance(plan):
    """Chance to win the CHSH game with a local plan, or with a pair where there is no plan."""
    if plan is None:
        return chsh.behaviour_winning_probability(correlations.behaviour(PAIR, chsh.ALICE_ANGLES, chsh.BOB_ANGLES))
    return chsh.behaviour_winning_probability(chsh.local_behaviour(plan))


def test_bobs_histogram_does_not_move():
    for rho in (PAIR, states.density_matrix(states.partially_entangled_ket(0.6)), states.werner_state(0.9)):
        expected = correlations.behaviour(rho, [0.0, 0.0], [0.7, 1.9])[0].sum(axis=1)
        for angle in np.linspace(0, 2 * np.pi, 100):
            bob = correlations.behaviour(rho, [angle, angle], [0.7, 1.9])[0].sum(axis=1)
            assert np.allclose(bob, expected)


def test_a_read_cannot_depend_on_a_remote_write():
    # Alice's write is any operation of hers: a channel chosen by the value written.
    rng = np.random.default_rng(503)
    for _ in range(50):
        rho = states.random_density_matrix(2, rng)
        read = states.partial_trace(rho, [1])
        for _write in (0, 1):
            isometry = gates.random_unitary(4, rng)[:, :2].reshape(2, 2, 2)
            written = apply_channel(rho, isometry, [0])
            assert np.allclose(states.partial_trace(written, [1]), read)


def test_entanglement_is_monogamous():
    rng = np.random.default_rng(504)
    for _ in range(200):
        rho = states.density_matrix(states.random_ket(3, rng))
        hub = [measures.concurrence(states.partial_trace(rho, [0, other])) for other in (1, 2)]
        assert hub[0] ** 2 + hub[1] ** 2 <= 1 + 1e-9
    perfect_and_a_third = np.kron(states.epr_pair(), states.ket("0"))
    assert measures.concurrence(states.partial_trace(perfect_and_a_third, [0, 2])) == pytest.approx(0, abs=1e-7)


def test_rare_inputs_leave_no_quantum_advantage():
    border = 1 - 1 / np.sqrt(2)
    for chance, gains in ((border + 0.02, True), (border - 0.02, False)):
        local = max(
            chsh.behaviour_winning_probability(chsh.local_behaviour(plan), question_one=chance)
            for plan in chsh.local_strategies()
        )
        assert local == pytest.approx(games.biased_chsh_classical_value(chance))
        assert (games.biased_chsh_quantum_value(chance) > local + 1e-6) == gains


# 06 · quantum networks


def test_teleportation_moves_the_state_once_the_bits_arrive():
    rng = np.random.default_rng(601)
    for _ in range(10):
        message = states.random_ket(1, rng)
        assert measures.fidelity(teleportation.teleport(message), message) == pytest.approx(1)
        assert np.allclose(teleportation.bob_before_the_bits(message), np.eye(2) / 2)


def test_dense_coding_breaks_even_late():
    assert teleportation.superdense_capacity(PAIR) == pytest.approx(2)
    assert teleportation.superdense_capacity(states.werner_state(0.81)) < 1
    assert teleportation.superdense_capacity(states.werner_state(0.812)) > 1


def test_an_ideal_swap_loses_nothing_and_noise_composes():
    assert measures.fidelity(swapping.entanglement_swapping(PAIR, PAIR), PAIR) == pytest.approx(1)
    noisy = swapping.entanglement_swapping(states.werner_state(0.9), states.werner_state(0.9))
    assert measures.fidelity(noisy, PAIR) == pytest.approx(0.9 * 0.9 + 0.1 * 0.1 / 3)
    ends = links.FibreLink(50), links.FibreLink(100)
    assert ends[0].pair_rate_hz / ends[1].pair_rate_hz == pytest.approx(20)


def test_repeaters_change_the_exponent_and_copies_are_imperfect():
    transmissivity = links.fibre_transmissivity(400)
    direct = links.plob_bound(transmissivity)
    halved = links.repeater_bound(transmissivity, 2)
    assert halved == pytest.approx(links.plob_bound(np.sqrt(transmissivity)))
    assert halved / direct == pytest.approx(1e4, rel=0.01)
    rng = np.random.default_rng(604)
    for _ in range(5):
        message = states.random_ket(1, rng)
        for copy in cloning.clones(message, cloning.universal_cloner()):
            assert measures.fidelity(copy, message) == pytest.approx(5 / 6)


def test_purification_works_above_one_half_and_costs_pairs():
    assert purification.bbpssw(0.55)[0] > 0.55
    assert purification.bbpssw(0.5)[0] == pytest.approx(0.5)
    assert purification.bbpssw(0.45)[0] < 0.5
    steps = purification.purification_schedule(purification.werner_weights(0.8), target=0.99)
    assert steps[-1].raw_pairs == pytest.approx(31.7, abs=0.1)
    perfect_gates, _ = purification.purify(states.werner_state(0.99), states.werner_state(0.99))
    noisy_gates, _ = purification.purify(states.werner_state(0.99), states.werner_state(0.99), gate_error=0.05)
    assert measures.fidelity(perfect_gates, PAIR) > 0.99 > measures.fidelity(noisy_gates, PAIR)


# 07 · security


def test_an_eavesdropper_shows_in_the_statistics():
    for share in (0.0, 0.4, 1.0):
        run = bb84.simulate_bb84(200_000, np.random.default_rng(701), intercepted_fraction=share)
        assert abs(run.qber - share / 4) <= 4 * np.sqrt(0.25 / run.sifted_bits)
    assert intercept_resend.detection_probability(8) == pytest.approx(1 - 0.75**8)
    assert intercept_resend.detection_probability(8, qber=0.01) < 0.1


def test_keys_without_entanglement():
    rng = np.random.default_rng(702)
    honest = bb84.simulate_bb84(20_000, rng)
    assert honest.qber == 0
    assert honest.sifted_bits > 9_000
    for share in (0.2, 0.6):
        single = bb84.simulate_bb84(100_000, rng, intercepted_fraction=share)
        paired = entangled_pairs.simulate_bbm92(100_000, rng, intercepted_fraction=share)
        assert abs(single.qber - paired.qber) < 4 * np.hypot(single.standard_error, paired.standard_error)
    # Eve measures every qubit, along any axis, and sends on what she found: no pair stays entangled, no key is left.
    for angle in (0.0, np.pi / 4, np.pi / 2):
        found = [np.kron(gates.I, states.density_matrix(gates.ry(angle) @ states.ket(bit))) for bit in "01"]
        assert measures.concurrence(sum(projector @ PAIR @ projector for projector in found)) < 1e-7
    full = entangled_pairs.simulate_bbm92(100_000, rng, intercepted_fraction=1.0, eve="fixed basis")
    z, x = full.qber_by_basis
    assert z == 0
    assert rates.bb84_rate(z, other_qber=min(x, 0.5)) < 1e-3 < rates.bb84_rate(z)


def test_a_violation_is_not_yet_a_key():
    qber = rates.werner_qber(0.80)
    assert rates.werner_s(0.80) > 2
    assert rates.bb84_rate(qber) <= 0
    assert 100 * rates.largest_qber(rates.bb84_rate) == pytest.approx(11.0, abs=0.05)
    assert 100 * rates.largest_qber(rates.device_independent_werner_rate) == pytest.approx(7.1, abs=0.05)
    assert 100 * (1 - 1 / np.sqrt(2)) / 2 == pytest.approx(14.6, abs=0.05)


def test_without_authentication_the_man_in_the_middle_wins():
    open_channel = authentication.simulate_man_in_the_middle(4000, np.random.default_rng(704))
    assert open_channel.accepted
    assert open_channel.alice_errors == open_channel.bob_errors == 0
    tagged = authentication.simulate_man_in_the_middle(4000, np.random.default_rng(704), authenticated=True)
    assert not tagged.accepted


def test_the_key_rate_falls_to_zero_at_eleven_per_cent():
    falling = [rates.bb84_rate(qber) for qber in (0.0, 0.03, 0.06, 0.09, 0.109)]
    assert falling[0] == pytest.approx(1)
    assert all(first > second > 0 for first, second in pairwise(falling))
    assert rates.bb84_rate(0.111) <= 0


# 08 · enterprise


def test_readout_can_hide_a_perfect_pair():
    chances = correlations.behaviour(PAIR, chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    assert lost_rounds.largest_readout_error(chsh.TSIRELSON_BOUND) == pytest.approx(0.0795, abs=1e-4)
    assert chsh.behaviour_chsh_value(lost_rounds.with_readout_error(chances, 0.08, 0.08)) < 2
    # A gate of 1 % error against a readout of 2 % a side: the readout costs more of S.
    gate = chsh.chsh_value(apply_channel(PAIR, depolarizing(0.01 * 5 / 4, num_qubits=2), [0, 1]))
    readout = chsh.behaviour_chsh_value(lost_rounds.with_readout_error(chances, 0.02, 0.02))
    assert readout < gate < chsh.TSIRELSON_BOUND


def test_entanglement_can_end_at_a_finite_time():
    ket = np.sqrt(0.2) * states.ket("00") + np.sqrt(0.8) * states.ket("11")

    def left(channel):
        rho = apply_channel(apply_channel(states.density_matrix(ket), channel, [0]), channel, [1])
        return measures.concurrence(rho)

    assert left(amplitude_damping(0.49)) > 1e-3
    assert left(amplitude_damping(0.51)) == pytest.approx(0, abs=1e-9)
    one_qubit = apply_channel(states.density_matrix(states.ket("+")), amplitude_damping(0.51), [0])
    assert abs(one_qubit[0, 1]) == pytest.approx(np.sqrt(0.49) / 2)
    assert left(dephasing(0.49)) > 1e-4
    assert left(depolarizing(0.4)) == pytest.approx(0, abs=1e-9)


def test_a_stored_pair_loses_its_violation_long_before_t2():
    def s_after(time_us):
        memory = thermal_relaxation(time_us, 300, 300)
        return correlations.chsh_maximum(apply_channel(apply_channel(PAIR, memory, [0]), memory, [1]))

    assert s_after(54) > 2 > s_after(56)


# 09 · comparison


def test_copies_are_limited_and_not_forbidden():
    assert cloning.cloning_fidelity(1, 2) == pytest.approx(5 / 6)
    for label in "01":
        copied = gates.CNOT @ np.kron(states.ket(label), states.ket("0"))
        assert measures.fidelity(copied, states.ket(label * 2)) == pytest.approx(1)
    spoiled = gates.CNOT @ np.kron(states.ket("+"), states.ket("0"))
    assert measures.fidelity(states.partial_trace(spoiled, [1]), states.ket("+")) == pytest.approx(0.5)


def test_discord_without_entanglement():
    weights = (0.5, 0.5 / 3, 0.5 / 3, 0.5 / 3)
    rho = states.bell_diagonal_state(weights)
    assert measures.concurrence(rho) == pytest.approx(0, abs=1e-9)
    assert correlations.chsh_maximum(rho) < 2
    assert measures.bell_diagonal_discord(weights) > 0.1
    assert measures.bell_diagonal_discord((0.5, 0.5, 0, 0)) == pytest.approx(0, abs=1e-9)


def test_one_bit_reproduces_a_pair():
    rng, rounds = np.random.default_rng(903), 100_000
    singlet = states.density_matrix(states.bell_state("psi-"))
    for setting, angle in rng.uniform(0, 2 * np.pi, size=(6, 2)):
        alice, bob, bits = communication.toner_bacon(setting, angle, rounds, rng)
        exact = correlations.correlator(singlet, setting, angle)
        assert abs(np.mean(alice * bob) - exact) <= 4 * np.sqrt((1 - exact**2) / rounds) + 1e-12
        assert set(np.unique(bits)) <= {0, 1}
    rare = communication.play_with_rare_messages(rounds, rng)
    assert rare.bits_a_round == pytest.approx(np.sqrt(2) - 1, abs=4 * 0.5 / np.sqrt(rounds))
    assert abs(rare.result.s - chsh.TSIRELSON_BOUND) < 4 * rare.result.standard_error


# 10 · readiness


def noisy_ghz_fidelity(num_qubits, error):
    circuit = circuits.Circuit(num_qubits).h(0)
    for qubit in range(num_qubits - 1):
        circuit = circuit.cnot(qubit, qubit + 1)
        circuit = circuit.noise("depolarizing", qubit, params=(error,)).noise(
            "depolarizing", qubit + 1, params=(error,)
        )
    return measures.fidelity(run_density_matrix(circuit), states.ghz_state(num_qubits))


def test_the_ghz_fidelity_falls_with_every_qubit():
    fidelities = [noisy_ghz_fidelity(n, 0.07) for n in range(2, 8)]
    assert all(larger > smaller for larger, smaller in pairwise(fidelities))
    assert fidelities[0] > 0.5 > fidelities[-1]


def test_distance_costs_three_cnots_a_step():
    swap = circuits.Circuit(2).cnot(0, 1).cnot(1, 0).cnot(0, 1)
    assert np.allclose(swap.to_unitary(), gates.SWAP)
    distance = 3
    routed = circuits.Circuit(distance + 1)
    for qubit in range(distance - 1):
        routed = routed.cnot(qubit, qubit + 1).cnot(qubit + 1, qubit).cnot(qubit, qubit + 1)
    routed = routed.cnot(distance - 1, distance)
    assert len(routed) == 3 * (distance - 1) + 1
    # The control has moved next to the target, the rest shifted down by one; the action is that of the long CNOT.
    moved = circuits.Circuit(distance + 1).cnot(0, distance)
    for qubit in range(distance - 1):
        moved = moved.swap(qubit, qubit + 1)
    assert np.allclose(routed.to_unitary(), moved.to_unitary())


def test_equal_fidelity_does_not_mean_equal_s():
    white, dephased = states.werner_state(0.75), states.bell_diagonal_state((0.75, 0.25, 0, 0))
    assert measures.fidelity(white, PAIR) == pytest.approx(measures.fidelity(dephased, PAIR))
    gap = correlations.chsh_maximum(dephased) - correlations.chsh_maximum(white)
    assert gap == pytest.approx(0.35, abs=0.005)


# 11 · takeaway


def test_correlation_is_not_enough():
    for qubit in (0, 1):
        assert np.allclose(states.partial_trace(PAIR, [qubit]), states.partial_trace(COIN, [qubit]))
    assert correlations.correlator(PAIR, 0.0, 0.0) == pytest.approx(correlations.correlator(COIN, 0.0, 0.0))
    limit = teleportation.CLASSICAL_LIMIT
    assert teleportation.average_teleportation_fidelity(COIN) <= limit + 1e-9
    assert teleportation.average_teleportation_fidelity(PAIR) > limit
    assert correlations.chsh_maximum(COIN) <= 2 + 1e-9 < correlations.chsh_maximum(PAIR)
    assert teleportation.superdense_capacity(COIN) <= 1 + 1e-9 < teleportation.superdense_capacity(PAIR)


def test_three_settings_verify_a_delivery():
    for rho, entangled in ((PAIR, True), (states.werner_state(0.6), True), (COIN, False)):
        xx, yy, zz = np.diag(correlations.correlation_matrix(rho))
        assert witnesses.bell_fidelity(xx, yy, zz) == pytest.approx(measures.fidelity(rho, PAIR))
        assert (witnesses.bell_fidelity(xx, yy, zz) > 0.5 + 1e-9) == entangled == (measures.concurrence(rho) > 1e-9)
    estimate = witnesses.bell_fidelity_from_counts([480, 20, 20, 480], [20, 480, 480, 20], [480, 20, 20, 480])
    assert estimate.sigmas_above_one_half > 5


def test_the_rounds_needed_depend_on_the_quality():
    def rounds(fidelity):
        best = correlations.chsh_maximum(states.werner_state(fidelity))
        return trials_needed(chsh.winning_probability(best), 1e-6)

    assert 300 < rounds(1.0) < 450
    assert 40_000 < rounds(0.80) < 60_000


# Frequent questions


def test_no_state_signals():
    rng = np.random.default_rng(1201)
    for _ in range(100):
        rho = states.random_density_matrix(2, rng)
        alice, bob = rng.uniform(0, 2 * np.pi, size=(2, 2))
        assert correlations.is_no_signalling(correlations.behaviour(rho, alice, bob))


def test_errors_are_corrected_without_reading_the_state():
    flip = 0.01
    majority_fails = 3 * flip**2 * (1 - flip) + flip**3
    assert 100 * majority_fails == pytest.approx(0.03, abs=0.001)
    rng = np.random.default_rng(1202)
    encoded = 0.6 * states.ket("000") + 0.8 * states.ket("111")
    parities = circuits.Circuit(5).cnot(0, 3).cnot(1, 3).measure(3, key="first").cnot(1, 4).cnot(2, 4)
    parities = parities.measure(4, key="second")
    expected = {None: (0, 0), 0: (1, 0), 1: (1, 1), 2: (0, 1)}
    for flipped, syndrome in expected.items():
        damaged = encoded if flipped is None else statevector.apply_unitary(encoded, gates.X, [flipped])
        after, results = statevector.run_shot(parities, rng, initial=np.kron(damaged, states.ket("00")))
        read = int(results["first"][0]), int(results["second"][0])
        assert read == syndrome
        mended = after if flipped is None else statevector.apply_unitary(after, gates.X, [flipped])
        whole = np.kron(encoded, states.ket("".join(map(str, read))))
        assert measures.fidelity(mended, whole) == pytest.approx(1)


def test_one_table_has_three_causes_and_an_intervention_tells_them_apart():
    agree = np.eye(2)
    noise = np.array([[0.9, 0.1], [0.1, 0.9]])  # P(second | first)
    half = np.full(2, 0.5)
    a_drives_b = half[:, None] * noise
    b_drives_a = (half[:, None] * noise).T
    root = np.sqrt(0.8)  # a common cause that each side follows with an error of its own
    side = ((1 + root) / 2) * agree + ((1 - root) / 2) * (1 - agree)
    common = np.einsum("c,ca,cb->ab", half, side, side)
    assert np.allclose(a_drives_b, b_drives_a)
    assert np.allclose(a_drives_b, common)
    # Set A to 1 by hand and look at B: only where A drives B does B follow.
    after_setting_a = {"a drives b": noise[1], "b drives a": half, "common cause": half @ side}
    assert after_setting_a["a drives b"][1] == pytest.approx(0.9)
    assert all(after_setting_a[cause][1] == pytest.approx(0.5) for cause in ("b drives a", "common cause"))
