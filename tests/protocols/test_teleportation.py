"""Teleportation and superdense coding: circuit against density matrix against closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import measures, states
from qlab.protocols import teleportation as tp
from qlab.protocols.bell_measurement import OUTCOMES, bell_ket
from qlab.simulator import counts, run_shot, sample

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_the_circuit_delivers_any_message(seed: int) -> None:
    rng = np.random.default_rng(seed)
    psi = states.random_ket(1, rng)
    final, results = run_shot(tp.teleportation_circuit(), rng, initial=states.tensor(psi, states.ket("00")))
    assert measures.fidelity(psi, states.partial_trace(final, [2])) == pytest.approx(1, abs=1e-9)
    left_behind = states.ket(f"{results['z'][0]}{results['x'][0]}")
    assert measures.fidelity(left_behind, states.partial_trace(final, [0, 1])) == pytest.approx(1, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_half_of_an_entangled_pair_arrives_entangled(seed: int) -> None:
    """Entanglement with a witness qubit survives: the channel is the identity, not only on pure messages."""
    rho = states.random_density_matrix(1, np.random.default_rng(seed))
    assert tp.teleport(rho) == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize("f", [0.25, 0.5, 0.75, 0.8, 0.9, 0.99, 1.0])
def test_a4_werner_resource(f: float) -> None:
    resource = states.werner_state(f)
    for seed in range(10):
        psi = states.random_ket(1, np.random.default_rng(seed))
        assert measures.fidelity(psi, tp.teleport(psi, resource)) == pytest.approx((2 * f + 1) / 3, abs=1e-9)
    assert tp.average_teleportation_fidelity(resource) == pytest.approx(tp.fidelity_through_pair(f), abs=1e-9)


def test_a4_table() -> None:
    for f, expected in ((1, 1), (0.9, 0.93333), (0.75, 0.83333), (0.5, 0.66667), (0.25, 0.5)):
        assert tp.fidelity_through_pair(f) == pytest.approx(expected, abs=5e-6)
    assert tp.fidelity_through_pair(0.5) == pytest.approx(tp.CLASSICAL_LIMIT)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 4))
def test_average_over_messages_depends_on_the_phi_plus_fraction_alone(seed: int, rank: int) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed), rank=rank)
    f = measures.fidelity(states.epr_pair(), rho)
    assert tp.average_teleportation_fidelity(rho) == pytest.approx(tp.fidelity_through_pair(f), abs=1e-9)


def test_average_over_six_states_is_the_average_over_all() -> None:
    rng = np.random.default_rng(8)
    rho = states.random_density_matrix(2, rng)
    values = []
    for _ in range(3000):
        psi = states.random_ket(1, rng)
        values.append(measures.fidelity(psi, tp.teleport(psi, rho)))
    z = (np.mean(values) - tp.average_teleportation_fidelity(rho)) / (np.std(values) / np.sqrt(len(values)))
    assert abs(z) < 4


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_nothing_arrives_before_the_bits(seed: int) -> None:
    psi = states.random_ket(1, np.random.default_rng(seed))
    assert tp.bob_before_the_bits(psi) == pytest.approx(np.eye(2) / 2, abs=1e-12)
    resource = states.random_density_matrix(2, np.random.default_rng(seed))
    untouched = states.partial_trace(resource, [1])
    assert tp.bob_before_the_bits(psi, resource) == pytest.approx(untouched, abs=1e-9)


def test_a_shared_coin_teleports_no_better_than_the_telephone() -> None:
    coin = states.classically_correlated_state()
    assert tp.average_teleportation_fidelity(coin) == pytest.approx(tp.CLASSICAL_LIMIT)


def test_measure_and_phone_reaches_two_thirds() -> None:
    rng = np.random.default_rng(5)
    f = []
    for _ in range(20_000):
        p = abs(states.random_ket(1, rng)[0]) ** 2
        f.append(p * p + (1 - p) ** 2)
    assert abs(np.mean(f) - tp.CLASSICAL_LIMIT) < 4 * np.std(f) / np.sqrt(len(f))


def test_the_prepared_pair_and_a_given_pair_do_the_same() -> None:
    rng = np.random.default_rng(3)
    psi = states.random_ket(1, rng)
    circuit = tp.teleportation_circuit(prepare_pair=False)
    final, _ = run_shot(circuit, rng, initial=states.tensor(psi, states.epr_pair()))
    assert measures.fidelity(psi, states.partial_trace(final, [2])) == pytest.approx(1)
    assert circuit.count("measure") == 2


def test_circuit_with_a_noisy_resource_agrees_with_the_density_matrix() -> None:
    """Werner pair as a mixture of Bell kets: each circuit run gets one of them."""
    rng, f, psi, shots = np.random.default_rng(6), 0.8, states.ket("r"), 2000
    circuit = tp.teleportation_circuit(prepare_pair=False)
    weights = [f] + [(1 - f) / 3] * 3
    values = []
    for which in rng.choice(4, size=shots, p=weights):
        pair = states.bell_state(states.BELL_NAMES[which])
        final, _ = run_shot(circuit, rng, initial=states.tensor(psi, pair))
        values.append(measures.fidelity(psi, states.partial_trace(final, [2])))
    expected = measures.fidelity(psi, tp.teleport(psi, states.werner_state(f)))
    assert abs(np.mean(values) - expected) < 4 * np.std(values) / np.sqrt(shots)


@pytest.mark.parametrize("bits", OUTCOMES)
def test_superdense_coding_delivers_two_bits(bits: tuple[int, int]) -> None:
    circuit = tp.superdense_circuit(bits)
    encoding = [o.name for o in circuit if o.qubits == (0,) and o.name in ("x", "z")]
    assert encoding == ["x"] * bits[1] + ["z"] * bits[0]
    read = sample(circuit, 20, np.random.default_rng(1))["m"]
    assert counts(read) == {f"{bits[0]}{bits[1]}": 20}


def holevo_of_the_pauli_ensemble(rho: np.ndarray) -> float:
    sent = [np.kron(pauli, np.eye(2)) @ rho @ np.kron(pauli, np.eye(2)).conj().T for pauli in PAULIS]
    mixed = sum(sent) / 4
    return measures.entropy(mixed) - float(np.mean([measures.entropy(s) for s in sent]))


PAULIS = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 4))
def test_capacity_is_the_holevo_quantity_of_the_four_signals(seed: int, rank: int) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed), rank=rank)
    assert tp.superdense_capacity(rho) == pytest.approx(holevo_of_the_pauli_ensemble(rho), abs=1e-9)


def test_capacity_table_and_a8_break_even() -> None:
    table = {0.99: 1.90336, 0.95: 1.63435, 0.90: 1.37251, 0.85: 1.15242, 0.75: 0.79248}
    for f, bits in table.items():
        assert tp.superdense_capacity(states.werner_state(f)) == pytest.approx(bits, abs=5e-6)
    low, high = 0.75, 0.85
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if tp.superdense_capacity(states.werner_state(middle)) < 1 else (low, middle)
    assert low == pytest.approx(0.810710, abs=5e-7)


def test_a_shared_coin_adds_nothing_to_the_channel() -> None:
    assert tp.superdense_capacity(states.classically_correlated_state()) == pytest.approx(1)
    assert measures.fidelity(bell_ket(0, 0), states.epr_pair()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tp.teleport(states.epr_pair()), "message must be a state of one qubit"),
        (lambda: tp.teleport(states.ket("0"), states.ghz_state(3)), "resource must be a state of two qubits"),
        (lambda: tp.teleport(np.array([1, 1])), "message must have norm 1"),
        (lambda: tp.fidelity_through_pair(1.2), r"pair_fidelity must lie in \[0, 1\], got 1.2"),
        (lambda: tp.superdense_circuit((0, 2)), "each of bits must be a whole number"),
        (lambda: tp.superdense_circuit((-1, 0)), "each of bits must be a whole number"),
        (lambda: tp.superdense_circuit("01"), "bits must be a list or a tuple"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
