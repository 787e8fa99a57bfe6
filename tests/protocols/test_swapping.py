"""Swapping and remote gates: circuits, density matrices and closed forms agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import gates, measures, states
from qlab.networks import repeaters
from qlab.protocols import swapping
from qlab.simulator import run_shot

SEEDS = st.integers(0, 2**32 - 1)
ERRORS = st.floats(0, 0.5)
FIDELITIES = st.floats(0, 1)


@pytest.mark.parametrize("seed", range(8))
def test_circuit_leaves_the_far_ends_with_a_bell_pair(seed: int) -> None:
    final, _ = run_shot(swapping.swapping_circuit(), np.random.default_rng(seed))
    assert measures.fidelity(states.epr_pair(), states.partial_trace(final, [0, 3])) == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(FIDELITIES, FIDELITIES, ERRORS, ERRORS)
def test_density_matrix_against_closed_form(f1: float, f2: float, gate: float, readout: float) -> None:
    ends = swapping.entanglement_swapping(
        states.werner_state(f1), states.werner_state(f2), gate_error=gate, readout_error=readout
    )
    expected = repeaters.chain_fidelity([f1, f2], gate_error=gate, readout_error=readout)
    assert measures.fidelity(states.epr_pair(), ends) == pytest.approx(expected, abs=1e-9)


def test_chain_against_swaps_one_by_one() -> None:
    """Without readout errors each swap leaves a Werner pair, so that the formula holds for any length."""
    ends = states.werner_state(0.95)
    for links in range(2, 6):
        ends = swapping.entanglement_swapping(ends, states.werner_state(0.95), gate_error=0.02)
        expected = repeaters.chain_fidelity([0.95] * links, gate_error=0.02)
        assert measures.fidelity(states.epr_pair(), ends) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(FIDELITIES, FIDELITIES)
def test_werner_pairs_swap_to_a_werner_pair(f1: float, f2: float) -> None:
    ends = swapping.entanglement_swapping(states.werner_state(f1), states.werner_state(f2))
    expected = f1 * f2 + (1 - f1) * (1 - f2) / 3
    assert ends == pytest.approx(states.werner_state(expected), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_swapping_with_a_perfect_pair_is_teleportation_of_a_half(seed: int) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed), rank=2)
    assert swapping.entanglement_swapping(rho, states.epr_pair()) == pytest.approx(rho, abs=1e-9)
    weights = np.random.default_rng(seed).dirichlet(np.ones(4))
    diagonal = states.bell_diagonal_state(weights / weights.sum())
    # The correction is made on the right end, where it commutes with Pauli noise only.
    assert swapping.entanglement_swapping(states.epr_pair(), diagonal) == pytest.approx(diagonal, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(SEEDS, ERRORS, ERRORS)
def test_swapping_is_physical_and_no_better_than_either_pair(seed: int, gate: float, readout: float) -> None:
    rng = np.random.default_rng(seed)
    first, second = (states.random_density_matrix(2, rng, rank=2) for _ in range(2))
    ends = swapping.entanglement_swapping(first, second, gate_error=gate, readout_error=readout)
    assert np.trace(ends) == pytest.approx(1)
    assert np.linalg.eigvalsh(ends)[0] > -1e-9
    assert measures.negativity(ends) <= min(measures.negativity(first), measures.negativity(second)) + 1e-9


def test_outcomes_that_cannot_happen_are_left_out() -> None:
    ends = swapping.entanglement_swapping(states.ket("00"), states.ket("00"))
    assert ends == pytest.approx(states.density_matrix(states.ket("00")), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_remote_cnot_circuit_is_a_cnot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    psi = states.random_ket(2, rng)
    initial = np.zeros((2, 2, 2, 2), dtype=complex)
    initial[:, 0, 0, :] = psi.reshape(2, 2)
    final, _ = run_shot(swapping.remote_cnot_circuit(), rng, initial=initial.ravel())
    assert measures.fidelity(gates.CNOT @ psi, states.partial_trace(final, [0, 3])) == pytest.approx(1, abs=1e-9)
    exact = swapping.remote_cnot(psi, states.epr_pair())
    assert measures.fidelity(gates.CNOT @ psi, exact) == pytest.approx(1, abs=1e-9)


def test_remote_cnot_uses_one_pair_and_two_bits() -> None:
    circuit = swapping.remote_cnot_circuit()
    assert circuit.count("measure") == 2
    crossing = [o for o in circuit if o.is_gate() and {q < 2 for q in o.qubits} == {True, False}]
    assert [(o.name, o.qubits) for o in crossing] == [("cnot", (1, 2))]


@pytest.mark.parametrize(("name", "error"), [("phi+", "II"), ("psi+", "IX"), ("phi-", "ZI"), ("psi-", "ZX")])
def test_errors_of_the_pair_become_paulis_of_the_gate(name: str, error: str) -> None:
    psi = states.random_ket(2, np.random.default_rng(4))
    expected = gates.pauli_string(error) @ gates.CNOT @ psi
    after = swapping.remote_cnot(psi, states.bell_state(name))
    assert measures.fidelity(expected, after) == pytest.approx(1)


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 1))
def test_remote_cnot_through_a_werner_pair_has_its_fidelity(f: float) -> None:
    """Process fidelity F, from the Choi matrix."""
    resource = states.werner_state(f)
    choi = sum(
        np.kron(np.outer(np.eye(4)[i], np.eye(4)[j]), _linear(resource, i, j)) for i in range(4) for j in range(4)
    )
    ideal = np.sum([np.kron(np.eye(4)[i], gates.CNOT[:, i]) for i in range(4)], axis=0) / 2
    assert (ideal.conj() @ choi @ ideal).real / 4 == pytest.approx(f, abs=1e-9)


def _linear(resource: np.ndarray, i: int, j: int) -> np.ndarray:
    """The channel on |i⟩⟨j| by polarisation."""
    basis = np.eye(4, dtype=complex)
    if i == j:
        return swapping.remote_cnot(basis[i], resource)
    total = np.zeros((4, 4), dtype=complex)
    for k in range(4):
        phase = 1j**k
        total += phase * swapping.remote_cnot((basis[i] + phase * basis[j]) / np.sqrt(2), resource) / 2
    return total


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: swapping.entanglement_swapping(states.ket("0"), states.epr_pair()), "first must be a state of two"),
        (lambda: swapping.entanglement_swapping(states.epr_pair(), states.ket("0")), "second must be a state of two"),
        (
            lambda: swapping.entanglement_swapping(states.epr_pair(), states.epr_pair(), readout_error=2),
            "readout_error must lie in",
        ),
        (lambda: swapping.remote_cnot(states.ket("0"), states.epr_pair()), "rho must be a state of two qubits"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
