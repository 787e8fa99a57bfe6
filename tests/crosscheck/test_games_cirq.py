"""Correlations, games and samples: ours against Cirq on random states and directions."""

from __future__ import annotations

import cirq
import numpy as np
import pytest

from qlab import states
from qlab.bell import chsh, games
from qlab.bell.correlations import behaviour, correlation_matrix
from qlab.bell.statistics import BellTestResult
from tests.crosscheck.batches import final_density_matrices
from tests.crosscheck.chances import assert_alike, chi_squared

CASES = 1000
PAIR = cirq.LineQubit.range(2)


def rotated_probabilities(rho: np.ndarray, alice: float, bob: float) -> np.ndarray:
    """Z statistics after turning each qubit's direction cos θ·Z + sin θ·X onto Z."""
    circuit = cirq.Circuit(cirq.ry(-alice)(PAIR[0]), cirq.ry(-bob)(PAIR[1]))
    simulator = cirq.DensityMatrixSimulator(dtype=np.complex128)
    final = simulator.simulate(circuit, initial_state=rho, qubit_order=PAIR).final_density_matrix
    return final.diagonal().real.reshape(2, 2)


def test_behaviours_of_random_density_matrices() -> None:
    rng = np.random.default_rng(1)
    for case in range(CASES):
        rho = states.random_density_matrix(2, rng, rank=1 + case % 4)
        alice, bob = rng.uniform(-7, 7, (2, 2))
        x, y = case // 2 % 2, case % 2
        ours = behaviour(rho, tuple(alice), tuple(bob))[x, y]
        assert ours == pytest.approx(rotated_probabilities(rho, alice[x], bob[y]), abs=1e-10)


def test_correlation_matrices_of_random_density_matrices() -> None:
    rng = np.random.default_rng(2)
    paulis = (cirq.X, cirq.Y, cirq.Z)
    indices = {qubit: i for i, qubit in enumerate(PAIR)}
    observables = [[cirq.PauliString({PAIR[0]: p, PAIR[1]: q}) for q in paulis] for p in paulis]
    for case in range(CASES):
        rho = states.random_density_matrix(2, rng)
        i, j = case % 3, case // 3 % 3
        theirs = observables[i][j].expectation_from_density_matrix(rho, indices, check_preconditions=False)
        assert correlation_matrix(rho)[i, j] == pytest.approx(theirs.real, abs=1e-10)


def test_rounds_of_random_pairs_follow_cirqs_probabilities() -> None:
    """2,000 rounds of each case: questions and answers against Cirq's 16 probabilities."""
    rng = np.random.default_rng(6)
    rhos = np.array([states.random_density_matrix(2, rng) for _ in range(CASES)])
    scores = []
    for group in np.split(np.arange(CASES), 50):
        alice, bob = rng.uniform(-7, 7, (2, 2))
        theirs = np.empty((len(group), 2, 2, 4))
        for x, y in np.ndindex(2, 2):
            turns = cirq.Circuit(cirq.ry(-alice[x])(PAIR[0]), cirq.ry(-bob[y])(PAIR[1]))
            theirs[:, x, y] = np.einsum("cii->ci", final_density_matrices(turns, PAIR, rhos[group])).real / 4
        for case, expected in zip(group, theirs.reshape(-1, 16), strict=True):
            played = chsh.play_quantum(rhos[case], 2000, rng, alice_angles=tuple(alice), bob_angles=tuple(bob))
            scores.append(chi_squared(played.table.ravel(), expected))
    assert_alike(scores)


def test_chsh_rounds_sampled_by_cirq_and_by_us_have_one_distribution() -> None:
    """Chi-squared of two samples, 4 pairs of questions × 3 free outcomes: below mean + 4 standard deviations."""
    shots, rho = 20_000, states.epr_pair()
    simulator = cirq.Simulator(seed=3)
    theirs = np.zeros((2, 2, 2, 2))
    for x in (0, 1):
        for y in (0, 1):
            circuit = cirq.Circuit(
                cirq.H(PAIR[0]),
                cirq.CNOT(*PAIR),
                cirq.ry(-chsh.ALICE_ANGLES[x])(PAIR[0]),
                cirq.ry(-chsh.BOB_ANGLES[y])(PAIR[1]),
                cirq.measure(*PAIR, key="m"),
            )
            bits = simulator.run(circuit, repetitions=shots).measurements["m"]
            theirs[x, y] = np.bincount(2 * bits[:, 0] + bits[:, 1], minlength=4).reshape(2, 2)
    ours = chsh.play_quantum(rho, 4 * shots, np.random.default_rng(4)).table.astype(float)
    ours *= shots / ours.sum(axis=(2, 3), keepdims=True)
    chi_squared = np.sum((ours - theirs) ** 2 / (ours + theirs))
    assert chi_squared < 12 + 4 * np.sqrt(24)
    result = BellTestResult(theirs.astype(int))
    assert abs(result.s - chsh.TSIRELSON_BOUND) < 4 * result.standard_error


@pytest.mark.parametrize("questions", games.GHZ_QUESTIONS)
def test_cirq_wins_the_ghz_game(questions: tuple[int, int, int]) -> None:
    qubits = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(cirq.H(qubits[0]), cirq.CNOT(*qubits[:2]), cirq.CNOT(*qubits[1:]))
    for qubit, question in zip(qubits, questions, strict=True):
        circuit += [cirq.S(qubit) ** -1] * question + [cirq.H(qubit)]
    bits = cirq.Simulator(seed=5).run(circuit + cirq.measure(*qubits, key="m"), repetitions=200).measurements["m"]
    assert all(games.ghz_game_wins(questions, tuple(row)) for row in bits.tolist())
