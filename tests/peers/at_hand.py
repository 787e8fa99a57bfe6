"""States, channels and unitaries to compare on: random ones of every rank, and those at which formulas degenerate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qlab import channels, gates, multipartite, states


def kets(n: int, seed: int, count: int = 6) -> Iterator[Any]:
    """Haar kets, product kets and, where there are as many qubits, entangled ones with names."""
    rng = np.random.default_rng([seed, n])
    yield states.ket("0" * n)
    yield states.ket("1" * n)
    yield states.ket("+-rl01"[:n])
    yield states.tensor(*(states.random_ket(1, rng) for _ in range(n)))
    if n > 1:
        yield states.ghz_state(n)
        yield states.w_state(n)
        yield np.exp(0.7j) * states.ghz_state(n)
        yield states.tensor(states.random_ket(n - 1, rng), states.ket("-"))
    if n == 2:
        yield from (states.bell_state(name) for name in states.BELL_NAMES)
        yield from (states.partially_entangled_ket(c) for c in (1e-6, 0.3, 1 - 1e-9))
    for _ in range(count):
        yield states.random_ket(n, rng)


def mixtures(n: int, seed: int, count: int = 6) -> Iterator[Any]:
    """Density matrices of every rank; equal and vanishing eigenvalues; at and beside the edge of entanglement."""
    rng = np.random.default_rng([seed, n, 1])
    size = 2**n
    yield states.maximally_mixed_state(n)
    yield np.diag(np.eye(size)[-1]).astype(complex)
    yield np.diag(rng.dirichlet(np.ones(size))).astype(complex)
    yield states.mixture([0.5, 0.5], [states.ket("0" * n), states.ket("+" * n)])
    for eps in (1e-3, 1e-12):
        yield states.mixture([1 - eps, eps], [states.random_ket(n, rng), states.maximally_mixed_state(n)])
    if n > 1:
        yield states.classically_correlated_state(n)
        yield states.mixture([0.5, 0.5], [states.ghz_state(n), states.maximally_mixed_state(n)])
    if n == 2:
        yield from (states.werner_state(f) for f in (0, 0.25, 1 / 3, 0.5, 0.5 + 1e-6, 0.78, 0.8107, 1.0))
        yield states.bell_diagonal_state([0.5, 0.5, 0, 0])
        yield states.bell_diagonal_state([0.5, 0.3, 0.2, 0])
    if n == 3:
        yield from (multipartite.horodecki_state(b) for b in (0, 0.3, 1))
    for index in range(count):
        yield states.random_density_matrix(n, rng, rank=1 + index % size)


def all_states(n: int, seed: int) -> Iterator[Any]:
    """Kets, and density matrices, among them those of the kets."""
    for psi in kets(n, seed):
        yield psi
        yield states.density_matrix(psi)
    yield from mixtures(n, seed)


def stacks(seed: int, count: int = 4) -> Iterator[Any]:
    """Kraus stacks of one qubit: named ones at the ends of their range and within, unitaries, random ones."""
    rng = np.random.default_rng([seed, 2])
    for p in (0.0, 1e-9, 0.2, 0.5, 0.75, 1.0):
        for maker in (channels.bit_flip, channels.phase_flip, channels.dephasing, channels.depolarizing):
            yield maker(p)
        yield channels.amplitude_damping(p)
    yield channels.thermal_relaxation(1.0, 2.0, 3.0)
    yield channels.thermal_relaxation(1.0, 2.0, 4.0)
    for name in ("I", "X", "Y", "Z", "H", "S"):
        yield getattr(gates, name)[None]
    for rank in range(1, count + 1):
        yield random_stack(1, rank, rng)


def random_stack(num_qubits: int, rank: int, rng: np.random.Generator) -> Any:
    """Kraus operators cut from the first columns of a random unitary."""
    d = 2**num_qubits
    g = rng.standard_normal((rank * d, d)) + 1j * rng.standard_normal((rank * d, d))
    return np.linalg.qr(g)[0].reshape(rank, d, d)
