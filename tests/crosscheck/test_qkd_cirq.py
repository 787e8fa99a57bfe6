"""Key exchange against Cirq: prepared, tapped and measured as Cirq circuits, nothing of ours inside."""

from math import pi, sqrt

import cirq
import numpy as np
import pytest

from qlab import states
from qlab.keys.bb84 import simulate_bb84
from qlab.keys.entangled_pairs import E91_ALICE_ANGLES, E91_BOB_ANGLES, e91_probabilities
from qlab.keys.intercept_resend import EVE_STRATEGIES, eve_agreement_probability, intercept_resend_qber
from tests.crosscheck.batches import final_density_matrices
from tests.crosscheck.chances import assert_alike, chi_squared

A, B, E = cirq.LineQubit.range(3)
SIMULATOR = cirq.DensityMatrixSimulator(dtype=np.complex128)

CASES = 1000
"""Random cases of each kind: a quarter for each of Eve's strategies."""


def diagonal(circuit: cirq.Circuit, qubits: list[cirq.Qid], initial: object = 0) -> np.ndarray:
    """Outcome probabilities of a circuit whose qubits are all measured in the end."""
    final = SIMULATOR.simulate(circuit, qubit_order=qubits, initial_state=initial).final_density_matrix
    return np.diag(final).real


def tapped(qubit: cirq.Qid, angle: float) -> list[cirq.Operation]:
    """Eve's measurement written as what it does to those who do not know her result."""
    return [cirq.ry(-angle)(qubit), cirq.phase_damp(1.0)(qubit), cirq.ry(angle)(qubit)]


def eve_angles(eve: str, receiver: float) -> list[float]:
    return {"random basis": [0.0, pi / 2], "fixed basis": [0.0], "breidbart": [pi / 4], "knows basis": [receiver]}[eve]


@pytest.mark.parametrize("eve", EVE_STRATEGIES)
def test_e91_tables_of_random_pairs(eve: str) -> None:
    """Each case is a state and Eve's share, with the tables of all six pairs of settings."""
    rng = np.random.default_rng(31)
    rhos = np.array([states.random_density_matrix(2, rng, rank=1 + case % 4) for case in range(CASES // 4)])
    shares = rng.random(CASES // 4)
    ours = [e91_probabilities(r, intercepted_fraction=float(f), eve=eve) for r, f in zip(rhos, shares, strict=True)]
    for x, alice in enumerate(E91_ALICE_ANGLES):
        for y, bob in enumerate(E91_BOB_ANGLES):
            turns = [cirq.ry(-alice)(A), cirq.ry(-bob)(B)]
            circuits = [cirq.Circuit(tapped(B, angle), turns) for angle in eve_angles(eve, bob)]
            free, *caught = (
                np.einsum("cii->ci", final_density_matrices(c, [A, B], rhos)).real
                for c in (cirq.Circuit(turns), *circuits)
            )
            theirs = (1 - shares)[:, None] * free + shares[:, None] * np.mean(caught, axis=0)
            assert np.allclose([table[x, y].ravel() for table in ours], theirs, atol=1e-10)


@pytest.mark.parametrize("eve", EVE_STRATEGIES)
def test_bb84_closed_forms_and_runs(eve: str) -> None:
    """Eve's result is copied to a qubit of hers, so that her knowledge is seen too; her share is random."""
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
    assert np.mean(known) == pytest.approx(eve_agreement_probability(eve), abs=1e-10)
    rng, scores = np.random.default_rng(32), []
    for share in rng.random(CASES // 4):
        theirs = share * np.mean(wrong)
        assert theirs == pytest.approx(intercept_resend_qber(float(share), eve=eve), abs=1e-10)
        ours = simulate_bb84(2000, rng, intercepted_fraction=float(share), eve=eve)
        seen = np.array([ours.sifted_bits - sum(ours.errors), sum(ours.errors)])
        scores.append(chi_squared(seen, np.array([1 - theirs, theirs])))
    if eve != "knows basis":  # which is never wrong
        assert_alike(scores)


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
