"""Task 09.kind_of_correlation: discord without entanglement."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.bell.correlations import chsh_maximum
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import ENTANGLED_MEANS_USEFUL, IGNORANCE, ONE_SETTING, SHARED_SEED, TELL_ENTANGLEMENT
from qlab.checks._task import Arguments
from qlab.gates import random_unitary
from qlab.measures import concurrence, is_ppt
from qlab.states import ket, mixture, partial_trace, werner_state

KINDS = ("product", "classical", "discordant", "entangled")

task = Declaration(
    id="09.kind_of_correlation",
    points=3,
    title="Discord without entanglement",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.choice(*KINDS),
)


def _turned(rho: Any, rng: np.random.Generator) -> Any:
    local = np.kron(random_unitary(2, rng), random_unitary(2, rng))
    return local @ rho @ local.conj().T


@task.inputs
def _kind_inputs(rng: np.random.Generator) -> list[Arguments]:
    p, q, w = rng.uniform(0.15, 0.4, size=3)
    sides = np.diag([1 - p, p]), np.diag([1 - q, q])
    products = [np.kron(*pair).astype(complex) for pair in (sides, sides[::-1])]
    classical = np.diag([0.5 - p / 2, p / 2, p / 2, 0.5 - p / 2]).astype(complex)
    one_sided = [mixture([1 - w, w], [ket("00"), ket(label)]) for label in ("1+", "+1")]
    cases = [
        *(_turned(rho, rng) for rho in (*products, classical)),
        classical,
        werner_state(float(rng.uniform(0.46, 0.49))),
    ]
    entangled = [werner_state(float(rng.uniform(*ends))) for ends in ((0.51, 0.54), (0.6, 0.74), (0.9, 0.98))]
    return [(rho,) for rho in [*cases, *(_turned(rho, rng) for rho in one_sided), *entangled]]


def _blocks(rho: Any) -> tuple[list[Any], list[Any]]:
    """Operators on each side left by each matrix element of the other side."""
    tensor_form = np.reshape(rho, (2, 2, 2, 2))
    left = [tensor_form[:, k, :, m] for k in range(2) for m in range(2)]
    right = [tensor_form[k, :, m, :] for k in range(2) for m in range(2)]
    return left, right


def _commute(operators: list[Any]) -> bool:
    return all(np.allclose(a @ b, b @ a, atol=1e-9) for a in operators for b in operators)


def _is_product(rho: Any) -> bool:
    return np.allclose(rho, np.kron(partial_trace(rho, [0]), partial_trace(rho, [1])), atol=1e-9)


@task.reference
def _kind(rho: Any) -> str:
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    return "classical" if all(_commute(operators) for operators in _blocks(rho)) else "discordant"


@task.misconception(
    IGNORANCE,
    "You called every state that a measurement disturbs entangled. A mixture of product states can have parts that no "
    "single basis tells apart, and it is still a mixture of product states.",
)
def _quantum_means_entangled(rho: Any) -> str:
    return "entangled" if _kind(rho) == "discordant" else _kind(rho)


@task.misconception(
    SHARED_SEED,
    "You called everything separable classical. Prepared apart does not mean readable without a trace: with "
    "non-orthogonal parts, every local measurement disturbs something.",
)
def _separable_means_classical(rho: Any) -> str:
    return "classical" if _kind(rho) == "discordant" else _kind(rho)


@task.misconception(
    ONE_SETTING,
    "You looked for a diagonal matrix in the Z basis. A classical state is diagonal in some local basis, and nobody "
    "promised that it is this one.",
)
def _classical_only_in_z(rho: Any) -> str:
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    return "classical" if np.allclose(rho, np.diag(np.diag(rho)), atol=1e-9) else "discordant"


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You put the border of entanglement at the Bell bound. Between the two lie pairs that are entangled and violate "
    "no CHSH inequality.",
)
def _bell_bound_as_border(rho: Any) -> str:
    if _kind(rho) == "entangled" and chsh_maximum(rho) <= 2:
        return "discordant"
    return _kind(rho)


@task.misconception(
    IGNORANCE,
    "You took a mixed state for a classical one. Noise mixes, but a mixed state remains entangled as long as no "
    "mixture of product states equals it.",
)
def _mixed_means_classical(rho: Any) -> str:
    kind = _kind(rho)
    pure = np.trace(rho @ rho).real > 0.8
    return kind if kind != "entangled" or pure else "classical"


@task.alternative
def _kind_by_transpose(rho: Any) -> str:
    if not is_ppt(rho):
        return "entangled"
    left, right = _blocks(rho)
    if np.linalg.matrix_rank(np.array([block.ravel() for block in left]), tol=1e-9) == 1:
        return "product"
    return "classical" if _commute(left) and _commute(right) else "discordant"


@task.alternative
def _kind_by_eigenbasis(rho: Any) -> str:
    """Diagonalise a random combination of the blocks on each side; a classical state is diagonal in that basis."""
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    weights = np.array([0.83, 0.31 + 0.4j, 0.31 - 0.4j, -0.52])
    bases = [np.linalg.eigh(sum(w * b for w, b in zip(weights, side, strict=True)))[1] for side in _blocks(rho)]
    turned = np.kron(*bases).conj().T @ rho @ np.kron(*bases)
    return "classical" if np.allclose(turned, np.diag(np.diag(turned)), atol=1e-9) else "discordant"


@task.alternative
def _kind_by_entropy(rho: Any) -> str:
    """Correlated or not by mutual information, then as the definition says."""
    if concurrence(rho) > 1e-9:
        return "entangled"

    def bits(matrix: Any) -> float:
        values = np.linalg.eigvalsh(matrix)
        values = values[values > 1e-14]
        return float(-values @ np.log2(values))

    mutual = bits(partial_trace(rho, [0])) + bits(partial_trace(rho, [1])) - bits(rho)
    if mutual < 1e-9:
        return "product"
    left, right = _blocks(rho)
    return "classical" if _commute(left) and _commute(right) else "discordant"


TASK = task.with_hints(
    "Decide entangled first (concurrence), then product (is ρ equal to ρ_A ⊗ ρ_B?).",
    "A classical state has a local basis on each side in which the whole matrix is diagonal.",
    "Cut ρ into the 2×2 blocks that belong to the matrix elements of the other side. Such a basis exists exactly when "
    "all blocks of each side commute.",
)
