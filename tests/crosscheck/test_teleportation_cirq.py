"""Teleportation, swapping, remote gates and cloners: ours against Cirq on random states and noise.

Cirq defers the measurements (controlled gates in place of feed-forward): the average over outcomes is the same.
"""

from __future__ import annotations

import cirq
import numpy as np
import pytest

from qlab import gates, states
from qlab.protocols import cloning, swapping
from qlab.protocols import teleportation as tp
from tests.crosscheck.batches import final_density_matrices, kept, products

CASES = 1000
LEVELS = 50
"""Every kind is tried on ``CASES`` random cases; where a circuit has noise in it, on ``LEVELS`` random strengths."""


def random_matrices(n: int, rng: np.random.Generator, cases: int = CASES) -> np.ndarray:
    """Random density matrices of every rank."""
    return np.array([states.random_density_matrix(n, rng, rank=1 + case % 2**n) for case in range(cases)])


def test_teleportation_through_random_resources() -> None:
    rng = np.random.default_rng(1)
    q = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(cirq.CNOT(q[0], q[1]), cirq.H(q[0]), cirq.CNOT(q[1], q[2]), cirq.CZ(q[0], q[2]))
    messages = np.array([states.random_density_matrix(1, rng) for _ in range(CASES)])
    resources = random_matrices(2, rng)
    theirs = kept(final_density_matrices(circuit, q, products(messages, resources)), [2])
    for case in range(CASES):
        assert np.allclose(tp.teleport(messages[case], resources[case]), theirs[case], atol=1e-10)


def test_teleportation_with_true_feed_forward() -> None:
    rng = np.random.default_rng(2)
    q = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(
        cirq.H(q[1]),
        cirq.CNOT(q[1], q[2]),
        cirq.CNOT(q[0], q[1]),
        cirq.H(q[0]),
        cirq.measure(q[0], key="z"),
        cirq.measure(q[1], key="x"),
        cirq.X(q[2]).with_classical_controls("x"),
        cirq.Z(q[2]).with_classical_controls("z"),
    )
    simulator = cirq.Simulator(seed=3, dtype=np.complex128)
    for _ in range(CASES):
        psi = states.random_ket(1, rng)
        result = simulator.simulate(circuit, initial_state=states.tensor(psi, states.ket("00")), qubit_order=q)
        theirs = cirq.partial_trace_of_state_vector_as_mixture(result.final_state_vector, [2], atol=1e-7)
        assert abs(np.vdot(psi, theirs[0][1])) ** 2 == pytest.approx(1, abs=1e-9)
        assert tp.teleport(psi) == pytest.approx(states.density_matrix(psi), abs=1e-9)


def test_swapping_of_random_pairs_with_noise() -> None:
    rng = np.random.default_rng(4)
    q = cirq.LineQubit.range(4)
    for p, e in rng.uniform(0, 0.5, (LEVELS, 2)):
        first, second = (random_matrices(2, rng, CASES // LEVELS) for _ in range(2))
        circuit = cirq.Circuit(
            cirq.depolarize(p, n_qubits=2)(q[1], q[2]),
            cirq.CNOT(q[1], q[2]),
            cirq.H(q[1]),
            cirq.bit_flip(e)(q[1]),
            cirq.bit_flip(e)(q[2]),
            cirq.CNOT(q[2], q[3]),
            cirq.CZ(q[1], q[3]),
        )
        theirs = kept(final_density_matrices(circuit, q, products(first, second)), [0, 3])
        for case in range(CASES // LEVELS):
            ours = swapping.entanglement_swapping(first[case], second[case], gate_error=p, readout_error=e)
            assert np.allclose(ours, theirs[case], atol=1e-10)


def test_remote_cnot_through_random_pairs() -> None:
    rng = np.random.default_rng(5)
    control, left, right, target = qubits = cirq.LineQubit.range(4)
    circuit = cirq.Circuit(
        cirq.CNOT(control, left),
        cirq.CNOT(left, right),
        cirq.CNOT(right, target),
        cirq.H(right),
        cirq.CZ(right, control),
    )
    rhos, resources = random_matrices(2, rng), random_matrices(2, rng)
    joint = products(rhos, resources).reshape((CASES,) + (2,) * 8).transpose(0, 1, 3, 4, 2, 5, 7, 8, 6)
    theirs = kept(final_density_matrices(circuit, qubits, joint.reshape(CASES, 16, 16)), [0, 3])
    for case in range(CASES):
        assert np.allclose(swapping.remote_cnot(rhos[case], resources[case]), theirs[case], atol=1e-10)


@pytest.mark.parametrize("cloner", [cloning.universal_cloner()], ids=["universal"])
def test_cloners_run_as_gates_in_cirq(cloner: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    n = int(np.log2(len(cloner)))
    qubits = cirq.LineQubit.range(n)
    circuit = cirq.Circuit(cirq.MatrixGate(cloner)(*qubits))
    kets = [states.random_ket(1, rng) for _ in range(CASES)]
    blanks = np.broadcast_to(states.density_matrix(states.ket("0" * (n - 1))), (CASES, 2 ** (n - 1), 2 ** (n - 1)))
    inputs = products(np.array([states.density_matrix(psi) for psi in kets]), blanks)
    after = final_density_matrices(circuit, qubits, inputs)
    copies = [cloning.clones(psi, cloner) for psi in kets]
    for k in range(len(copies[0])):
        assert np.allclose([pair[k] for pair in copies], kept(after, [k]), atol=1e-10)


def test_remote_cnot_gate_names_the_same_matrix() -> None:
    assert cirq.unitary(cirq.CNOT) == pytest.approx(gates.CNOT)
