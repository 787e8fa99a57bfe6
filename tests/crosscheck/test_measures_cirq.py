"""Fidelities and entropies: ours against Cirq on random states and channels."""

from __future__ import annotations

import cirq
import numpy as np
import pytest

from qlab import channels, gates, measures, states

CASES = 1000


def test_fidelity_of_random_states() -> None:
    rng = np.random.default_rng(1)
    for case in range(CASES):
        n = 1 + case % 3
        # Full rank: the root of a singular matrix, which Cirq takes from SciPy, comes with a warning.
        rho, sigma = (states.random_density_matrix(n, rng) for _ in range(2))
        psi = states.random_ket(n, rng)
        assert measures.fidelity(rho, sigma) == pytest.approx(cirq.fidelity(rho, sigma, qid_shape=(2,) * n), abs=1e-8)
        assert measures.fidelity(psi, rho) == pytest.approx(cirq.fidelity(psi, rho, qid_shape=(2,) * n), abs=1e-10)


def test_entropy_of_random_states() -> None:
    rng = np.random.default_rng(2)
    for case in range(CASES):
        n = 1 + case % 3
        rho = states.random_density_matrix(n, rng, rank=1 + case % 2**n)
        theirs = cirq.von_neumann_entropy(rho, qid_shape=(2,) * n)
        assert measures.entropy(rho) == pytest.approx(theirs, abs=1e-8)


def test_process_fidelity_of_random_channels() -> None:
    rng = np.random.default_rng(3)
    qubit = cirq.LineQubit(0)
    for _ in range(CASES):
        p, gamma, theta = rng.uniform(0, 1, 3)
        steps = (cirq.depolarize(p * 0.75), cirq.amplitude_damp(gamma), cirq.ry(theta))
        total = np.eye(4)
        for step in steps:
            total = cirq.operation_to_superoperator(step(qubit)) @ total
        kraus = channels.compose(
            channels.compose(channels.depolarizing(p * 0.75), channels.amplitude_damping(gamma)),
            gates.ry(theta)[None],
        )
        assert measures.process_fidelity(kraus, gates.I) == pytest.approx(np.trace(total).real / 4, abs=1e-10)
