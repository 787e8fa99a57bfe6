"""Memories, purification and swapping against Cirq's density matrices."""

import cirq
import numpy as np
import pytest

from qlab.links import stored_pair_fidelity
from qlab.purification import bbpssw, dejmps, purify
from qlab.repeaters import chain_fidelity, swapped_weights

SIMULATOR = cirq.DensityMatrixSimulator(dtype=np.complex128)
ROOT = 1 / np.sqrt(2)
BELL = {
    "phi+": np.array([ROOT, 0, 0, ROOT]),
    "phi-": np.array([ROOT, 0, 0, -ROOT]),
    "psi+": np.array([0, ROOT, ROOT, 0]),
    "psi-": np.array([0, ROOT, -ROOT, 0]),
}
PROJECTORS = [np.outer(v, v) for v in BELL.values()]


def bell_diagonal(weights: np.ndarray) -> np.ndarray:
    return np.einsum("k,kij->ij", weights, PROJECTORS).astype(complex)


def final(circuit: cirq.Circuit, qubits: list[cirq.Qid], initial: np.ndarray) -> np.ndarray:
    return SIMULATOR.simulate(circuit, qubit_order=qubits, initial_state=initial).final_density_matrix


def purified(first: np.ndarray, second: np.ndarray, *, turned: bool, error: float) -> tuple[np.ndarray, float]:
    """One round in Cirq, post-selected by hand."""
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
    rho = final(circuit, qubits, np.kron(first, second)).reshape((4, 4) * 2)
    kept = rho[:, 0, :, 0] + rho[:, 3, :, 3]
    chance = float(np.trace(kept).real)
    return kept / chance, chance


def test_dejmps_on_random_bell_diagonal_pairs() -> None:
    rng = np.random.default_rng(41)
    for _ in range(1000):
        first, second = rng.dirichlet(np.ones(4), size=2)
        kept, chance = dejmps(first, second)
        rho, theirs = purified(bell_diagonal(first), bell_diagonal(second), turned=True, error=0)
        assert theirs == pytest.approx(chance, abs=1e-10)
        assert np.allclose(rho, bell_diagonal(np.array(kept)), atol=1e-10)


def test_bbpssw_on_random_werner_pairs() -> None:
    rng = np.random.default_rng(42)
    for _ in range(250):
        fidelities = rng.random(2)
        pairs = [bell_diagonal(np.array([f, *[(1 - f) / 3] * 3])) for f in fidelities]
        better, chance = bbpssw(*map(float, fidelities))
        rho, theirs = purified(*pairs, turned=False, error=0)
        assert theirs == pytest.approx(chance, abs=1e-10)
        assert np.trace(PROJECTORS[0] @ rho).real == pytest.approx(better, abs=1e-10)


@pytest.mark.parametrize("protocol", ["bbpssw", "dejmps"])
def test_noisy_rounds_on_random_states(protocol: str) -> None:
    rng = np.random.default_rng(43)
    for _ in range(25):
        pairs = []
        for _ in range(2):
            g = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
            pairs.append(g @ g.conj().T / np.trace(g @ g.conj().T))
        error = float(rng.random() / 4)
        ours, chance = purify(*pairs, protocol=protocol, gate_error=error)
        rho, theirs = purified(*pairs, turned=protocol == "dejmps", error=error)
        assert theirs == pytest.approx(chance, abs=1e-10)
        assert np.allclose(ours, rho, atol=1e-10)


def test_stored_pairs() -> None:
    rng = np.random.default_rng(44)
    a, b = qubits = cirq.LineQubit.range(2)
    for _ in range(300):
        t1, time = float(rng.uniform(20, 300)), float(rng.uniform(0, 300))
        t2 = float(rng.uniform(0.1, 2)) * t1
        name = str(rng.choice(list(BELL)))
        gamma = 1 - np.exp(-time / t1)
        extra = 1 - np.exp(-2 * time * (1 / t2 - 1 / (2 * t1)))
        circuit = cirq.Circuit(
            [cirq.amplitude_damp(gamma)(q) for q in (a, b)],
            [cirq.phase_damp(max(0.0, extra))(q) for q in (a, b)],
        )
        pair = BELL[name].astype(complex)
        rho = final(circuit, qubits, np.outer(pair, pair))
        expected = stored_pair_fidelity(time, t1_us=t1, t2_us=t2, name=name)
        assert (pair @ rho @ pair).real == pytest.approx(expected, abs=1e-9)


def swapped(first: np.ndarray, second: np.ndarray, keep: float = 1.0) -> np.ndarray:
    """Swap in Cirq with the corrections as controlled gates, so that no result need be read."""
    _, b, c, d = qubits = cirq.LineQubit.range(4)
    circuit = cirq.Circuit(
        cirq.depolarize(15 / 16 * (1 - keep), n_qubits=2)(b, c) if keep < 1 else [],
        cirq.CNOT(b, c),
        cirq.H(b),
        cirq.CNOT(c, d),
        cirq.CZ(b, d),
    )
    rho = final(circuit, qubits, np.kron(first, second)).reshape((2,) * 8)
    return np.einsum("abcdebcf->adef", rho).reshape(4, 4)


def test_swaps_of_random_bell_diagonal_pairs() -> None:
    rng = np.random.default_rng(45)
    for _ in range(500):
        first, second = rng.dirichlet(np.ones(4), size=2)
        rho = swapped(bell_diagonal(first), bell_diagonal(second))
        assert np.allclose(rho, bell_diagonal(np.array(swapped_weights(first, second))), atol=1e-10)


def test_chains_of_noisy_swaps() -> None:
    rng = np.random.default_rng(46)
    for _ in range(40):
        links, keep = rng.uniform(0.25, 1, size=4), float(rng.random())
        pairs = [bell_diagonal(np.array([f, *[(1 - f) / 3] * 3])) for f in links]
        rho = pairs[0]
        for pair in pairs[1:]:
            rho = swapped(rho, pair, keep)
        expected = chain_fidelity([float(f) for f in links], gate_quality=keep)
        assert np.trace(PROJECTORS[0] @ rho).real == pytest.approx(expected, abs=1e-10)
