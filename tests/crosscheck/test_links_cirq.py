"""Memories, purification and swapping against Cirq's density matrices."""

import cirq
import numpy as np
import pytest

from qlab import states
from qlab.networks.links import stored_pair_fidelity
from qlab.networks.purification import bbpssw, dejmps, purify
from qlab.networks.repeaters import chain_fidelity, swapped_weights
from tests.crosscheck.batches import final_density_matrices, kept, products

CASES = 1000
LEVELS = 50
"""Every kind is tried on ``CASES`` random cases; where a circuit has noise in it, on ``LEVELS`` random strengths."""

ROOT = 1 / np.sqrt(2)
BELL = {
    "phi+": np.array([ROOT, 0, 0, ROOT]),
    "phi-": np.array([ROOT, 0, 0, -ROOT]),
    "psi+": np.array([0, ROOT, ROOT, 0]),
    "psi-": np.array([0, ROOT, -ROOT, 0]),
}
PROJECTORS = np.array([np.outer(v, v) for v in BELL.values()], dtype=complex)


def bell_diagonal(weights: np.ndarray) -> np.ndarray:
    return np.einsum("...k,kij->...ij", weights, PROJECTORS)


def werner(fidelities: np.ndarray) -> np.ndarray:
    rest = (1 - fidelities) / 3
    return bell_diagonal(np.stack([fidelities, rest, rest, rest], axis=-1))


def phi_plus_fidelity(rhos: np.ndarray) -> np.ndarray:
    return np.einsum("ij,cji->c", PROJECTORS[0], rhos).real


def purified(first: np.ndarray, second: np.ndarray, *, turned: bool, error: float) -> tuple[np.ndarray, np.ndarray]:
    """One round in Cirq on stacks of pairs, post-selected by hand."""
    a, b, c, d = qubits = cirq.LineQubit.range(4)
    circuit = cirq.Circuit()
    if turned:
        circuit += [cirq.rx(s * np.pi / 2)(q) for q, s in zip(qubits, (1, -1, 1, -1), strict=True)]
    noise = cirq.depolarize(error, n_qubits=2)
    circuit += (
        [cirq.CNOT(a, c), cirq.CNOT(b, d)]
        if error == 0
        else [cirq.CNOT(a, c), noise(a, c), cirq.CNOT(b, d), noise(b, d)]
    )
    rhos = final_density_matrices(circuit, qubits, products(first, second)).reshape((-1,) + (4, 4) * 2)
    both = rhos[:, :, 0, :, 0] + rhos[:, :, 3, :, 3]
    chances = np.einsum("cii->c", both).real
    return both / chances[:, None, None], chances


def test_dejmps_on_random_bell_diagonal_pairs() -> None:
    first, second = np.random.default_rng(41).dirichlet(np.ones(4), size=(2, CASES))
    rhos, chances = purified(bell_diagonal(first), bell_diagonal(second), turned=True, error=0)
    for case in range(CASES):
        weights, chance = dejmps(first[case], second[case])
        assert chances[case] == pytest.approx(chance, abs=1e-10)
        assert np.allclose(rhos[case], bell_diagonal(np.array(weights)), atol=1e-10)


def test_bbpssw_on_random_werner_pairs() -> None:
    first, second = np.random.default_rng(42).random((2, CASES))
    rhos, chances = purified(werner(first), werner(second), turned=False, error=0)
    for case, fidelity in enumerate(phi_plus_fidelity(rhos)):
        better, chance = bbpssw(float(first[case]), float(second[case]))
        assert chances[case] == pytest.approx(chance, abs=1e-10)
        assert fidelity == pytest.approx(better, abs=1e-10)


@pytest.mark.parametrize("protocol", ["bbpssw", "dejmps"])
def test_noisy_rounds_on_random_states(protocol: str) -> None:
    rng = np.random.default_rng(43)
    for error in rng.random(LEVELS) / 4:
        first, second = (
            np.array([states.random_density_matrix(2, rng) for _ in range(CASES // LEVELS)]) for _ in range(2)
        )
        rhos, chances = purified(first, second, turned=protocol == "dejmps", error=float(error))
        for case in range(CASES // LEVELS):
            ours, chance = purify(first[case], second[case], protocol=protocol, gate_error=float(error))
            assert chances[case] == pytest.approx(chance, abs=1e-10)
            assert np.allclose(ours, rhos[case], atol=1e-10)


def test_stored_pairs() -> None:
    rng = np.random.default_rng(44)
    qubits = cirq.LineQubit.range(2)
    for _ in range(CASES):
        t1, time = float(rng.uniform(20, 300)), float(rng.uniform(0, 300))
        t2 = float(rng.uniform(0.1, 2)) * t1
        name = str(rng.choice(list(BELL)))
        gamma = 1 - np.exp(-time / t1)
        extra = 1 - np.exp(-2 * time * (1 / t2 - 1 / (2 * t1)))
        circuit = cirq.Circuit(
            [cirq.amplitude_damp(gamma)(q) for q in qubits],
            [cirq.phase_damp(max(0.0, extra))(q) for q in qubits],
        )
        pair = BELL[name].astype(complex)
        rho = final_density_matrices(circuit, qubits, np.outer(pair, pair)[None])[0]
        expected = stored_pair_fidelity(time, t1_us=t1, t2_us=t2, name=name)
        assert (pair @ rho @ pair).real == pytest.approx(expected, abs=1e-9)


def swapped(first: np.ndarray, second: np.ndarray, keep: float = 1.0) -> np.ndarray:
    """Swaps in Cirq with the corrections as controlled gates, so that no result need be read."""
    _, b, c, d = qubits = cirq.LineQubit.range(4)
    circuit = cirq.Circuit(
        cirq.depolarize(15 / 16 * (1 - keep), n_qubits=2)(b, c) if keep < 1 else [],
        cirq.CNOT(b, c),
        cirq.H(b),
        cirq.CNOT(c, d),
        cirq.CZ(b, d),
    )
    return kept(final_density_matrices(circuit, qubits, products(first, second)), [0, 3])


def test_swaps_of_random_bell_diagonal_pairs() -> None:
    first, second = np.random.default_rng(45).dirichlet(np.ones(4), size=(2, CASES))
    for case, rho in enumerate(swapped(bell_diagonal(first), bell_diagonal(second))):
        weights = swapped_weights(first[case], second[case])
        assert np.allclose(rho, bell_diagonal(np.array(weights)), atol=1e-10)


def test_chains_of_noisy_swaps() -> None:
    rng = np.random.default_rng(46)
    for keep in rng.random(LEVELS):
        links = rng.uniform(0.25, 1, size=(4, CASES // LEVELS))
        rhos = werner(links[0])
        for link in links[1:]:
            rhos = swapped(rhos, werner(link), float(keep))
        for case, fidelity in enumerate(phi_plus_fidelity(rhos)):
            expected = chain_fidelity([float(f) for f in links[:, case]], gate_error=(1 - float(keep)) * 15 / 16)
            assert fidelity == pytest.approx(expected, abs=1e-10)
