"""Task 01.marginals: what each half shows by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    IGNORANCE,
    ONE_SETTING,
    SHARED_SEED,
    TELL_ENTANGLEMENT,
)
from qlab.checks._task import Row
from qlab.checks.units.u01_shared_state._shared import rotated
from qlab.gates import PAULIS

Matrix = NDArray[Any]

task = Declaration(
    id="01.marginals",
    points=3,
    title="Say what each half shows by itself",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.listing(forms.density_matrix(1), 2),
)


@task.inputs
def _marginal_inputs(rng: np.random.Generator) -> list[tuple[Matrix]]:
    pure = states.density_matrix(states.random_ket(2, rng))
    mixed = states.random_density_matrix(2, rng)
    bell = rotated(states.werner_state(rng.uniform(0.8, 1.0)), rng)
    return [(pure,), (mixed,), (bell,)]


@task.reference
def _marginals(rho: Matrix) -> list[Matrix]:
    return [states.partial_trace(rho, [0]), states.partial_trace(rho, [1])]


@task.remark
def _which_half(rows: list[Row]) -> str | None:
    """What is wrong with the halves, or with one of them."""
    right = [[np.allclose(g, e, atol=1e-6) for g, e in zip(got, expected, strict=True)] for got, expected, _ in rows]
    for qubit in (0, 1):
        if all(
            np.allclose(got[1 - qubit], expected[qubit], atol=1e-6) and each[qubit]
            for (got, expected, _), each in zip(rows, right, strict=True)
        ):
            return f"You gave the state of qubit {qubit} twice. The other half has a state of its own."
    if all(np.allclose(got, np.real(expected), atol=1e-6) for got, expected, _ in rows):
        return "You dropped the imaginary parts. They decide what a measurement along Y shows."
    for qubit in (0, 1):
        if all(each[qubit] for each in right):
            return (
                f"The state of qubit {qubit} is right, that of qubit {1 - qubit} is not. It takes the same sum, over "
                "the other side."
            )
    return None


@task.misconception(
    CONVENTION,
    "You kept the half that you meant to drop. Qubit 0 is the leftmost factor, so its own index changes slowest in "
    "the matrix.",
)
def _swapped(rho: Matrix) -> list[Matrix]:
    return _marginals(rho)[::-1]


@task.misconception(
    SHARED_SEED,
    "You gave the state of one half after the other was found in 0. Nobody has looked yet, and whoever holds one half "
    "cannot know what the other side found: both cases count, each with its chance.",
)
def _after_a_zero(rho: Matrix) -> list[Matrix]:
    blocks = np.reshape(rho, (2, 2, 2, 2))
    first, second = blocks[:, 0, :, 0], blocks[0, :, 0, :]
    return [first / np.trace(first), second / np.trace(second)]


@task.misconception(
    ONE_SETTING,
    "You kept the chances of 0 and 1 and dropped the rest of the matrix. The entries off the diagonal decide what "
    "every other measurement setting shows.",
)
def _counts_only(rho: Matrix) -> list[Matrix]:
    return [np.diag(np.diag(half)) for half in _marginals(rho)]


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You generalised from the Bell pair: half of it is completely random, but half of a weakly entangled or biased "
    "pair is not.",
)
def _always_mixed(rho: Matrix) -> list[Matrix]:
    return [np.eye(2, dtype=complex) / 2, np.eye(2, dtype=complex) / 2]


@task.misconception(
    IGNORANCE,
    "You gave each half a definite state of its own, the likeliest one. A half of an entangled pair is a mixture to "
    "whoever holds it, and no single pure state shows the same counts in all settings.",
)
def _own_pure_state(rho: Matrix) -> list[Matrix]:
    halves = []
    for half in _marginals(rho):
        likeliest = np.linalg.eigh(half)[1][:, -1]
        halves.append(np.outer(likeliest, likeliest.conj()))
    return halves


@task.alternative
def _by_einsum(rho: Matrix) -> tuple[Matrix, Matrix]:
    blocks = np.asarray(rho).reshape(2, 2, 2, 2)
    return np.einsum("ikjk->ij", blocks), np.einsum("kikj->ij", blocks)


@task.alternative
def _by_loops(rho: Matrix) -> list[list[list[complex]]]:
    first = [[sum(rho[2 * i + k][2 * j + k] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    second = [[sum(rho[2 * k + i][2 * k + j] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    return [first, second]


@task.alternative
def _by_expectations(rho: Matrix) -> list[Matrix]:
    identity = PAULIS["I"]
    halves = [np.zeros((2, 2), dtype=complex), np.zeros((2, 2), dtype=complex)]
    for pauli in PAULIS.values():
        halves[0] = halves[0] + np.trace(rho @ np.kron(pauli, identity)) * pauli / 2
        halves[1] = halves[1] + np.trace(rho @ np.kron(identity, pauli)) * pauli / 2
    return halves


TASK = task.with_hints(
    "Whoever holds one half averages over everything that could happen at the other.",
    "Reshape the 4×4 matrix to (2, 2, 2, 2): row of qubit 0, row of qubit 1, column of qubit 0, column of qubit 1.",
    "Set the row and the column of the half that you drop equal, and add up. qlab.partial_trace does just that.",
)
