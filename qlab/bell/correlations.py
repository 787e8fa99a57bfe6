"""What two measuring sides see together: correlators and the behaviour P(a, b | x, y).

A direction is either an angle θ in radians, for the observable cos θ·Z + sin θ·X, or a vector (x, y, z)
of length 1 on the Bloch sphere. A behaviour is an array ``[x, y, a, b]`` of shape (2, 2, 2, 2);
answer 0 is the eigenvalue +1, answer 1 is -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.gates import X, Y, Z

Direction = float | Sequence[float] | FloatArray
"""An angle in the Z-X plane, or a Bloch vector."""

_PAULI = np.array([X, Y, Z])


def axis(name: str, direction: Direction) -> FloatArray:
    """Unit Bloch vector (x, y, z) of a direction.

    Args:
        name: argument to name in an error.
        direction: angle θ in radians, or vector (x, y, z) of length 1.
    """
    if not isinstance(direction, (list, tuple, np.ndarray)) or not np.shape(direction):
        theta = _validate.in_range(name, direction, -1e6, 1e6)
        return np.array([np.sin(theta), 0.0, np.cos(theta)])
    vector = _validate.real_array(name, direction)
    length = float(np.linalg.norm(vector)) if vector.shape == (3,) and np.abs(vector).max() <= 2 else np.nan
    if not abs(length - 1) <= _validate.tolerance(np.asarray(direction)):
        raise _validate.fail(name, "must be an angle or a unit vector (x, y, z)", direction)
    return np.asarray(vector / length)


def axes(name: str, directions: Sequence[Direction]) -> FloatArray:
    """Unit Bloch vectors of two directions, shape (2, 3).

    Args:
        name: argument to name in an error.
        directions: two angles in radians, or two vectors of length 1.
    """
    array = isinstance(directions, np.ndarray) and directions.ndim > 0
    listed = directions if array or isinstance(directions, (list, tuple)) else ()
    if len(listed) != 2:
        raise _validate.fail(name, "must hold two directions", directions)
    return np.array([axis(f"each of {name}", direction) for direction in listed])


def observable(direction: Direction) -> ComplexArray:
    """cos θ·Z + sin θ·X, or n·σ for a Bloch vector n; eigenvalues ±1, shape (2, 2).

    >>> np.allclose(observable(np.pi / 2), X)
    True
    """
    matrix: ComplexArray = np.tensordot(axis("direction", direction), _PAULI, axes=1)
    return matrix


def pauli_coefficients(rho: ComplexArray) -> FloatArray:
    """Tr[ρ σᵢ⊗σⱼ] for σ = (I, X, Y, Z), shape (4, 4): Bloch vectors in the margins, T inside."""
    paulis = np.array([np.eye(2), X, Y, Z])
    blocks = _validate.density_matrix("rho", rho, num_qubits=2).reshape(2, 2, 2, 2)
    return np.asarray(np.einsum("abcd,ica,jdb->ij", blocks, paulis, paulis, optimize=True).real)


def correlation_matrix(rho: ComplexArray) -> FloatArray:
    """T with T_ij = Tr[ρ σᵢ⊗σⱼ] for X, Y, Z, shape (3, 3).

    >>> from qlab.states import epr_pair
    >>> correlation_matrix(epr_pair()).round(12).diagonal()
    array([ 1., -1.,  1.])
    """
    return pauli_coefficients(rho)[1:, 1:]


def correlator(rho: ComplexArray, alice: Direction, bob: Direction) -> float:
    """E(a, b) = Tr[ρ A⊗B], the mean product of the two answers ±1.

    Args:
        rho: ket or density matrix of two qubits.
        alice: Alice's direction, an angle in radians or a Bloch vector.
        bob: likewise Bob's.

    >>> from qlab.states import epr_pair
    >>> round(correlator(epr_pair(), 0.0, np.pi / 3), 12)
    0.5
    """
    return float(axis("alice", alice) @ correlation_matrix(rho) @ axis("bob", bob))


def correlators(rho: ComplexArray, alice: Sequence[Direction], bob: Sequence[Direction]) -> FloatArray:
    """E(x, y) for two directions a side, shape (2, 2).

    Args:
        rho: ket or density matrix of two qubits.
        alice: Alice's two directions, angles in radians or Bloch vectors.
        bob: likewise Bob's.
    """
    return np.asarray(axes("alice", alice) @ correlation_matrix(rho) @ axes("bob", bob).T)


def behaviour(rho: ComplexArray, alice: Sequence[Direction], bob: Sequence[Direction]) -> FloatArray:
    """P(a, b | x, y) of a pair measured along two directions a side.

    Args:
        rho: ket or density matrix of two qubits.
        alice: directions for x = 0 and x = 1.
        bob: directions for y = 0 and y = 1.

    Returns:
        Array ``[x, y, a, b]`` of shape (2, 2, 2, 2).
    """
    coefficients = pauli_coefficients(rho)
    left = np.array([[[1, *n], [1, *-n]] for n in axes("alice", alice)])
    right = np.array([[[1, *n], [1, *-n]] for n in axes("bob", bob)])
    probabilities = np.clip(np.einsum("xai,ij,ybj->xyab", left, coefficients, right), 0, None)
    return np.asarray(probabilities / probabilities.sum(axis=(2, 3), keepdims=True))


def as_behaviour(name: str, value: Any) -> FloatArray:
    """Check for probabilities ``[x, y, a, b]`` that add up to 1 for each pair of questions.

    Args:
        name: argument to name in an error.
        value: real array of shape (2, 2, 2, 2).
    """
    return _validate.conditional(name, value, (2, 2, 2, 2))


def behaviour_correlators(behaviour: FloatArray) -> FloatArray:
    """E(x, y) = P(equal) - P(unequal), shape (2, 2)."""
    table = as_behaviour("behaviour", behaviour)
    return np.asarray(table[..., 0, 0] + table[..., 1, 1] - table[..., 0, 1] - table[..., 1, 0])


def signalling(behaviour: FloatArray) -> float:
    """How far one side's answers betray the other side's question; 0 means no signalling.

    The largest change of P(a|x) with y, or of P(b|y) with x. For every quantum state and every pair
    of settings it is 0: no correlation of this kind carries a message.
    """
    table = as_behaviour("behaviour", behaviour)
    alice, bob = table.sum(axis=3), table.sum(axis=2)
    return float(max(np.abs(alice[:, 0] - alice[:, 1]).max(), np.abs(bob[0] - bob[1]).max()))


def is_no_signalling(behaviour: FloatArray, *, tolerance: float | None = None) -> bool:
    """Whether `signalling` is at most the tolerance.

    Args:
        behaviour: P(a, b | x, y) as an array ``[x, y, a, b]`` of shape (2, 2, 2, 2).
        tolerance: largest difference of probabilities that passes; by default what the precision of the
            probabilities leaves open, 2e-8, or 2e-4 in single precision.
    """
    found = signalling(behaviour)
    if tolerance is None:
        return found <= 2 * _validate.tolerance(np.asarray(behaviour))
    return found <= _validate.non_negative("tolerance", tolerance)


def pr_box() -> FloatArray:
    """The no-signalling behaviour that wins always: ``a ^ b == x & y``, S = 4.

    Nature has no such box: 2√2 is the limit of quantum pairs (Popescu, Rohrlich, Found. Phys. 24, 379, 1994).
    """
    x, y, a, b = np.indices((2, 2, 2, 2))
    return np.asarray(((a ^ b) == (x & y)) / 2)


def chsh_maximum(rho: ComplexArray) -> float:
    """Largest CHSH value over all measurements: 2√(m₁+m₂), m the two largest eigenvalues of TᵀT.

    Source: Horodecki, Horodecki, Horodecki, Phys. Lett. A 200, 340 (1995).

    >>> from qlab.states import werner_state
    >>> round(chsh_maximum(werner_state(0.8)), 4)
    2.0742
    """
    singular = np.linalg.svd(correlation_matrix(rho), compute_uv=False)
    return float(2 * np.hypot(singular[0], singular[1]))
