"""Key exchange against Cirq: prepared, tapped and measured as Cirq circuits, nothing of ours inside."""

from math import pi, sqrt

import cirq
import numpy as np
import pytest

from qlab.qkd import (
    E91_ALICE_ANGLES,
    E91_BOB_ANGLES,
    EVE_STRATEGIES,
    e91_probabilities,
    eve_agreement_chance,
    intercept_resend_qber,
    simulate_bb84,
)

A, B, E = cirq.LineQubit.range(3)
SIMULATOR = cirq.DensityMatrixSimulator(dtype=np.complex128)


def random_density_matrix(rng: np.random.Generator) -> np.ndarray:
    g = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    rho = g @ g.conj().T
    return rho / np.trace(rho)


def diagonal(circuit: cirq.Circuit, qubits: list[cirq.Qid], initial: object = 0) -> np.ndarray:
    """Outcome probabilities of a circuit whose qubits are all measured in the end."""
    final = SIMULATOR.simulate(circuit, qubit_order=qubits, initial_state=initial).final_density_matrix
    return np.diag(final).real


def tapped(qubit: cirq.Qid, angle: float) -> list[cirq.Operation]:
    """Eve's measurement written as what it does to those who do not know her result."""
    return [cirq.ry(-angle)(qubit), cirq.phase_damp(1.0)(qubit), cirq.ry(angle)(qubit)]


def eve_angles(eve: str, receiver: float) -> list[float]:
    return {"random basis": [0.0, pi / 2], "fixed basis": [0.0], "breidbart": [pi / 4], "knows basis": [receiver]}[eve]


def test_e91_tables_of_random_pairs() -> None:
    """1,200 random cases: state, Eve's strategy and share, and a pair of settings."""
    rng = np.random.default_rng(31)
    for case in range(200):
        rho, fraction, eve = random_density_matrix(rng), float(rng.random()), EVE_STRATEGIES[case % 4]
        ours = e91_probabilities(rho, intercepted_fraction=fraction, eve=eve)
        for x, alice in enumerate(E91_ALICE_ANGLES):
            for y, bob in enumerate(E91_BOB_ANGLES):
                angles = eve_angles(eve, bob)
                turns = [cirq.ry(-alice)(A), cirq.ry(-bob)(B)]
                theirs = (1 - fraction) * diagonal(cirq.Circuit(turns), [A, B], rho)
                for angle in angles:
                    theirs = theirs + fraction / len(angles) * diagonal(
                        cirq.Circuit(tapped(B, angle), turns), [A, B], rho
                    )
                assert np.allclose(ours[x, y].ravel(), theirs, atol=1e-10)


@pytest.mark.parametrize("eve", EVE_STRATEGIES)
def test_bb84_closed_forms(eve: str) -> None:
    """Eve's result is copied to a qubit of hers, so that her knowledge is seen too."""
    wrong, known = [], []
    for basis in (0.0, pi / 2):
        for bit in (0, 1):
            for angle in eve_angles(eve, basis):
                circuit = cirq.Circuit(
                    cirq.X(B) ** bit,
                    cirq.ry(basis)(B),
                    cirq.ry(-angle)(B),
                    cirq.CNOT(B, E),
                    cirq.ry(angle)(B),
                    cirq.ry(-basis)(B),
                )
                table = diagonal(circuit, [B, E]).reshape(2, 2)
                wrong.append(table[1 - bit].sum())
                known.append(table[:, bit].sum())
    assert np.mean(wrong) == pytest.approx(intercept_resend_qber(1.0, eve=eve), abs=1e-10)
    assert np.mean(known) == pytest.approx(eve_agreement_chance(eve), abs=1e-10)


def test_bb84_samples() -> None:
    """Shots of Cirq's own sampler and of ours lie within four standard errors of each other."""
    wrong = shots = 0
    simulator = cirq.Simulator(seed=5)
    for basis in (0.0, pi / 2):
        for bit in (0, 1):
            for angle in (0.0, pi / 2):
                circuit = cirq.Circuit(
                    cirq.X(B) ** bit,
                    cirq.ry(basis)(B),
                    cirq.ry(-angle)(B),
                    cirq.measure(B, key="eve"),
                    cirq.ry(angle)(B),
                    cirq.ry(-basis)(B),
                    cirq.measure(B, key="bob"),
                )
                bits = simulator.run(circuit, repetitions=400).measurements["bob"]
                wrong, shots = wrong + int(np.count_nonzero(bits != bit)), shots + 400
    ours = simulate_bb84(200_000, np.random.default_rng(6), intercepted_fraction=1.0)
    error = sqrt(0.25 * 0.75 * (1 / shots + 1 / ours.sifted_bits))
    assert abs(wrong / shots - ours.qber) < 4 * error
