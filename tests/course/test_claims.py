"""The claim ledger, executed: each claim of ``book/claims.yml`` is decided by one function here."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from qlab import chsh, circuits, correlations, gates, lost_rounds, measures, states, statevector
from qlab.bell_statistics import HENSEN_2015
from qlab.channels import apply_channel, dephasing

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
    assert module == "tests/course/test_claims.py"
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
    best = chsh.win_chance(chsh.TSIRELSON_BOUND)
    assert best == pytest.approx(np.cos(np.pi / 8) ** 2)
    rng = np.random.default_rng(405)
    for _ in range(200):
        operator = chsh.chsh_operator(rng.uniform(0, 2 * np.pi, 2), rng.uniform(0, 2 * np.pi, 2))
        assert np.linalg.eigvalsh(operator)[-1] <= chsh.TSIRELSON_BOUND + 1e-9
