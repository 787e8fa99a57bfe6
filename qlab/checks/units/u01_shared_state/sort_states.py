"""Task 01.sort_states: product, separable, entangled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import measures, states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ENTANGLED_MEANS_USEFUL, IGNORANCE, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks.units.u01_shared_state._shared import rotated
from qlab.gates import PAULIS

Matrix = NDArray[Any]

task = Declaration(
    id="01.sort_states",
    points=3,
    title="Sort six states into product, separable and entangled",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.listing(forms.choice("product", "separable", "entangled"), 6),
)


@task.inputs
def _state_inputs(rng: np.random.Generator) -> list[tuple[list[Matrix]]]:
    """Two shelves; on the first, two of the mixed states lie closely on both sides of the border of entanglement."""
    pure = states.tensor(states.random_ket(1, rng), states.random_ket(1, rng))
    noisy = [0.7 * states.random_density_matrix(1, rng) + 0.15 * np.eye(2) for _ in range(2)]
    clean = [0.95 * states.density_matrix(states.random_ket(1, rng)) + 0.025 * np.eye(2) for _ in range(2)]
    weight = rng.uniform(0.25, 0.4)
    members = [states.tensor(states.random_ket(1, rng), states.random_ket(1, rng)) for _ in range(2)]
    six = [
        states.density_matrix(pure),
        states.tensor(noisy[0], clean[0]),
        states.mixture([weight, 1 - weight], members),
        rotated(states.werner_state(rng.uniform(0.46, 0.49)), rng),
        rotated(states.werner_state(rng.uniform(0.51, 0.55)), rng),
        rotated(states.density_matrix(states.partially_entangled_ket(rng.uniform(0.4, 0.9))), rng),
    ]
    strength = float(rng.uniform(0.8, 0.95))
    others = [
        states.tensor(clean[1], noisy[1]),
        rotated(states.classically_correlated_state(), rng),
        rotated(states.werner_state(rng.uniform(0.36, 0.46)), rng),
        rotated(states.bell_diagonal_state([strength, 1 - strength, 0, 0]), rng),
        rotated(states.werner_state(rng.uniform(0.56, 0.74)), rng),
        rotated(states.density_matrix(states.partially_entangled_ket(rng.uniform(0.4, 0.9))), rng),
    ]
    return [([shelf[i] for i in rng.permutation(6)],) for shelf in (six, others)]


def _is_product(rho: Matrix) -> bool:
    halves = states.tensor(states.partial_trace(rho, [0]), states.partial_trace(rho, [1]))
    return bool(np.allclose(halves, rho, atol=1e-6))


@task.reference
def _sort_states(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if _is_product(rho):
            names.append("product")
        else:
            names.append("separable" if measures.is_ppt(rho) else "entangled")
    return names


@task.misconception(
    IGNORANCE,
    "You read a random half as the mark of entanglement. A half is just as random when nobody told you which state "
    "was prepared; a mixed half marks entanglement only where the whole is pure.",
)
def _random_half(density_matrices: Sequence[Matrix]) -> list[str]:
    purities = [measures.purity(states.partial_trace(rho, [0])) for rho in density_matrices]
    return ["product" if purity > 0.999 else "entangled" for purity in purities]


@task.misconception(
    SHARED_SEED,
    "You took every correlation for entanglement. A shared random seed correlates two sides without any entanglement: "
    "that is the whole class of separable states beyond the product ones.",
)
def _any_correlation(density_matrices: Sequence[Matrix]) -> list[str]:
    return ["product" if _is_product(rho) else "entangled" for rho in density_matrices]


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You assumed that a mixed state cannot be entangled. Noise weakens entanglement by degrees, and a pair well short "
    "of perfect can still be one that no seed reproduces.",
)
def _noise_kills(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if _is_product(rho):
            names.append("product")
        else:
            names.append("entangled" if measures.purity(rho) > 0.999 else "separable")
    return names


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You called entangled only what violates the CHSH bound. A violation proves entanglement, but its absence proves "
    "nothing: some entangled states pass every CHSH test as if they were local.",
)
def _bell_or_nothing(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        paulis = [PAULIS[letter] for letter in "XYZ"]
        table = np.array([[np.trace(rho @ np.kron(p, q)).real for q in paulis] for p in paulis])
        largest = np.sort(np.linalg.eigvalsh(table.T @ table))[-2:].sum()
        if _is_product(rho):
            names.append("product")
        else:
            names.append("entangled" if largest > 1 + 1e-9 else "separable")
    return names


@task.misconception(
    IGNORANCE,
    "You let 'product' mean pure. Two machines that each hold their own random bit, unknown to each other, are mixed "
    "and still share nothing.",
)
def _mixed_means_shared(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if not measures.is_ppt(rho):
            names.append("entangled")
        else:
            names.append("product" if measures.purity(rho) > 0.999 else "separable")
    return names


@task.alternative
def _by_concurrence(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        halves = np.kron(states.partial_trace(rho, [0]), states.partial_trace(rho, [1]))
        if measures.concurrence(rho) > 1e-6:
            names.append("entangled")
        elif measures.trace_distance(rho, halves) < 1e-6:
            names.append("product")
        else:
            names.append("separable")
    return names


@task.alternative
def _by_transpose_determinant(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        blocks = np.reshape(rho, (2, 2, 2, 2))
        transposed = blocks.transpose(2, 1, 0, 3).reshape(4, 4)
        halves = np.kron(np.einsum("ikjk->ij", blocks), np.einsum("kikj->ij", blocks))
        if np.abs(halves - rho).max() < 1e-6:
            names.append("product")
        else:
            names.append("entangled" if np.linalg.det(transposed).real < -1e-12 else "separable")
    return names


@task.alternative
def _by_information(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        parts = [measures.entropy(states.partial_trace(rho, [q])) for q in (0, 1)]
        shared = sum(parts) - measures.entropy(rho)
        entangled = measures.negativity(rho) > 1e-7
        names.append("entangled" if entangled else "separable" if shared > 1e-6 else "product")
    return names


TASK = task.with_hints(
    "Two questions, in this order: is the whole nothing but its halves side by side? If not, could a seed do it?",
    "For the first, compare the state with the tensor product of its two partial traces.",
    "For the second, two qubits have an exact criterion in qlab.measures: look at the partial transpose.",
)
