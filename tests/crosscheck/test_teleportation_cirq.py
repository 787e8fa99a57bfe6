"""Teleportation, swapping, remote gates and cloners: ours against Cirq on random states and noise.

Cirq defers the measurements (controlled gates in place of feed-forward): the average over outcomes is the same.
"""

from __future__ import annotations

import cirq
import numpy as np
import pytest

from qlab import cloning, gates, states, swapping
from qlab import teleportation as tp
from qlab.bell_measurement import OUTCOMES

CASES = 1000
SIMULATOR = cirq.DensityMatrixSimulator(dtype=np.complex128)


def final(circuit: cirq.Circuit, rho: np.ndarray, keep: list[int]) -> np.ndarray:
    n = int(np.log2(len(rho)))
    qubits = cirq.LineQubit.range(n)
    result = SIMULATOR.simulate(circuit, initial_state=np.ascontiguousarray(rho), qubit_order=qubits)
    traced = cirq.partial_trace(result.final_density_matrix.reshape((2,) * (2 * n)), keep)
    return traced.reshape(2 ** len(keep), -1)


def test_teleportation_through_random_resources() -> None:
    rng = np.random.default_rng(1)
    q = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(cirq.CNOT(q[0], q[1]), cirq.H(q[0]), cirq.CNOT(q[1], q[2]), cirq.CZ(q[0], q[2]))
    for case in range(CASES):
        message = states.random_density_matrix(1, rng)
        resource = states.random_density_matrix(2, rng, rank=1 + case % 4)
        theirs = final(circuit, np.kron(message, resource), [2])
        assert tp.teleport(message, resource) == pytest.approx(theirs, abs=1e-10)


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
    for _ in range(CASES // 4):
        psi = states.random_ket(1, rng)
        result = simulator.simulate(circuit, initial_state=states.tensor(psi, states.ket("00")), qubit_order=q)
        theirs = cirq.partial_trace_of_state_vector_as_mixture(result.final_state_vector, [2], atol=1e-7)
        assert abs(np.vdot(psi, theirs[0][1])) ** 2 == pytest.approx(1, abs=1e-9)
        assert tp.teleport(psi) == pytest.approx(states.density_matrix(psi), abs=1e-9)


def test_swapping_of_random_pairs_with_noise() -> None:
    rng = np.random.default_rng(4)
    q = cirq.LineQubit.range(4)
    for case in range(CASES):
        first, second = (states.random_density_matrix(2, rng, rank=1 + case % 4) for _ in range(2))
        p, e = rng.uniform(0, 0.5, 2)
        circuit = cirq.Circuit(
            cirq.depolarize(p, n_qubits=2)(q[1], q[2]),
            cirq.CNOT(q[1], q[2]),
            cirq.H(q[1]),
            cirq.bit_flip(e)(q[1]),
            cirq.bit_flip(e)(q[2]),
            cirq.CNOT(q[2], q[3]),
            cirq.CZ(q[1], q[3]),
        )
        ours = swapping.entanglement_swapping(first, second, gate_error=p, readout_error=e)
        assert ours == pytest.approx(final(circuit, np.kron(first, second), [0, 3]), abs=1e-10)


def test_remote_cnot_through_random_pairs() -> None:
    rng = np.random.default_rng(5)
    control, left, right, target = cirq.LineQubit.range(4)
    circuit = cirq.Circuit(
        cirq.CNOT(control, left),
        cirq.CNOT(left, right),
        cirq.CNOT(right, target),
        cirq.H(right),
        cirq.CZ(right, control),
    )
    for case in range(CASES):
        rho = states.random_density_matrix(2, rng, rank=1 + case % 4)
        resource = states.random_density_matrix(2, rng, rank=1 + case % 3)
        joint = np.kron(rho, resource).reshape((2,) * 8).transpose(0, 2, 3, 1, 4, 6, 7, 5).reshape(16, 16)
        assert swapping.remote_cnot(rho, resource) == pytest.approx(final(circuit, joint, [0, 3]), abs=1e-10)


def test_superdense_coding_through_random_pairs() -> None:
    rng = np.random.default_rng(6)
    q = cirq.LineQubit.range(2)
    for case in range(CASES // 4):
        resource = states.random_density_matrix(2, rng, rank=1 + case % 4)
        table = tp.superdense_confusion(resource)
        for z, x in OUTCOMES:
            circuit = cirq.Circuit([cirq.X(q[0])] * x, [cirq.Z(q[0])] * z, cirq.CNOT(*q), cirq.H(q[0]))
            theirs = final(circuit, resource, [0, 1]).diagonal().real
            assert table[2 * z + x] == pytest.approx(theirs, abs=1e-10)


@pytest.mark.parametrize("cloner", [cloning.universal_cloner(), cloning.bb84_cloner()], ids=["universal", "bb84"])
def test_cloners_run_as_gates_in_cirq(cloner: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    n = int(np.log2(len(cloner)))
    qubits = cirq.LineQubit.range(n)
    circuit = cirq.Circuit(cirq.MatrixGate(cloner)(*qubits))
    simulator = cirq.Simulator(dtype=np.complex128)
    for _ in range(CASES // 2):
        psi = states.random_ket(1, rng)
        initial = states.tensor(psi, states.ket("0" * (n - 1)))
        vector = simulator.simulate(circuit, initial_state=initial, qubit_order=qubits).final_state_vector
        for k, copy in enumerate(cloning.clones(psi, cloner)):
            assert copy == pytest.approx(cirq.density_matrix_from_state_vector(vector, [k]), abs=1e-10)


def test_remote_cnot_gate_names_the_same_matrix() -> None:
    assert cirq.unitary(cirq.CNOT) == pytest.approx(gates.CNOT)
