"""Density matrices as real vectors of Pauli coefficients, channels as real matrices between them.

ρ of n qubits is stored as the 4ⁿ real numbers Tr[Pρ], one a Pauli string P; a channel on k qubits is the
real matrix T with T[P, Q] = Tr[P · channel(Q)] / 2ᵏ (its Pauli transfer matrix; Greenbaum, arXiv:1509.02921, 2015).
That halves the memory of ρ and quarters the arithmetic, and noise costs no more than the gate that it follows.
A qubit that nothing has touched is |0⟩⟨0|, coefficients (1, 0, 0, 1), and is not stored at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qlab._validate import ComplexArray, FloatArray
from qlab.gates import PAULIS

FRESH: FloatArray = np.array([1.0, 0.0, 0.0, 1.0])
"""Pauli coefficients of |0⟩⟨0|."""

_TO_UNITS: FloatArray = np.array([[1.0, 0, 0, 1], [0, 1, -1, 0], [0, 1, 1, 0], [1, 0, 0, -1]])
"""From (I, X, Y, Z) to matrix entries (00, 01, 10, 11), but for the factor i that Y carries."""


TILE = 64
"""Matrices are transposed in tiles of this edge, which stay in cache."""


@lru_cache(maxsize=8)
def pauli_strings(k: int) -> ComplexArray:
    """All strings of k Paulis in the order I X Y Z, first qubit slowest, shape (4**k, 2**k, 2**k)."""
    strings = np.ones((1, 1, 1), dtype=complex)
    single = np.array(list(PAULIS.values()))
    for _ in range(k):
        size = 2 * strings.shape[1]
        strings = np.einsum("aij,bkl->abikjl", strings, single).reshape(-1, size, size)
    return strings


def transfer_matrix(kraus: ComplexArray) -> FloatArray:
    """T[P, Q] = Tr[P Σ K Q K†] / 2ᵏ of a Kraus stack of shape (m, 2**k, 2**k), or of part of one."""
    d = kraus.shape[1]
    strings = pauli_strings(d.bit_length() - 1)
    images = np.zeros_like(strings)
    for operator in kraus:
        images += operator @ strings @ operator.conj().T
    rows = strings.transpose(0, 2, 1).reshape(len(strings), -1)
    matrix: FloatArray = (rows @ images.reshape(len(strings), -1).T).real / d
    return matrix


@dataclass(frozen=True)
class PauliVector:
    """Coefficients Tr[Pρ] of the qubits touched so far.

    Attributes:
        values: shape (4**len(order),), the first of ``order`` slowest.
        order: the stored qubits; every other one is still |0⟩⟨0|.
    """

    values: FloatArray
    order: tuple[int, ...]

    def apply(self, matrix: FloatArray, qubits: tuple[int, ...]) -> PauliVector:
        """The vector after a channel, given as a transfer matrix of shape (4**k, 4**k) on k qubits."""
        k = len(qubits)
        old = [q for q in qubits if q in self.order]
        if len(old) < k:
            matrix = _feed_fresh(matrix, [q in self.order for q in qubits])
        if not old:
            return PauliVector(np.multiply.outer(self.values, matrix[:, 0]).reshape(-1), self.order + qubits)
        places = [self.order.index(q) for q in old]
        first = places[0]
        if places == list(range(first, first + len(old))):
            values = _on_window(self.values, matrix, 4 ** (len(self.order) - first - len(old)))
            return PauliVector(values, self.order[:first] + qubits + self.order[first + len(old) :])
        tensor = self.values.reshape((4,) * len(self.order))
        inner = tuple(range(1, len(old) + 1))
        block = matrix.reshape((-1,) + (4,) * len(old))
        rest = tuple(q for q in self.order if q not in old)
        return PauliVector(np.tensordot(block, tensor, axes=(inner, places)).reshape(-1), qubits + rest)

    def canonical(self, num_qubits: int) -> FloatArray:
        """All 4**n coefficients with qubit 0 slowest."""
        values, order = self.values, self.order
        for q in range(num_qubits):
            if q not in order:
                values, order = np.multiply.outer(values, FRESH).reshape(-1), (*order, q)
        if order == tuple(range(num_qubits)):
            return values
        return values.reshape((4,) * num_qubits).transpose(np.argsort(order)).reshape(-1)


def _feed_fresh(matrix: FloatArray, stored: list[bool]) -> FloatArray:
    """Transfer matrix with the columns of fresh qubits already added up."""
    tensor = matrix.reshape((len(matrix),) + (4,) * len(stored))
    for axis in reversed(range(len(stored))):
        if not stored[axis]:
            tensor = np.tensordot(tensor, FRESH, axes=(axis + 1, 0))
    return tensor.reshape(len(matrix), -1)


def _on_window(values: FloatArray, matrix: FloatArray, below: int) -> FloatArray:
    """A matrix on adjacent qubits that have ``below`` coefficients under them."""
    if 1 < below <= 4 and below * len(matrix) <= 64:  # short rows starve matmul: take them into the matrix
        matrix, below = kron(matrix, np.eye(below)), 1
    if below == 1:
        result: FloatArray = values.reshape(-1, matrix.shape[1]) @ matrix.T
    else:
        result = np.matmul(matrix, values.reshape(-1, matrix.shape[1], below))
    return result.reshape(-1)


def kron(left: FloatArray, right: FloatArray) -> FloatArray:
    """Tensor product of two real matrices."""
    product: FloatArray = np.kron(left, right)  # type: ignore[assignment]
    return product


@lru_cache(maxsize=4)
def _signs(n: int) -> FloatArray:
    """i to the number of Ys in each string, without the i of an odd number: +1, +1, -1, -1 and so on."""
    ys = np.zeros(1, dtype=np.int8)
    for _ in range(n):
        ys = np.add.outer(ys, np.array([0, 0, 1, 0], dtype=np.int8)).reshape(-1)
    signs: FloatArray = np.where(ys & 2, -1.0, 1.0)
    return signs


def _everywhere(values: FloatArray, matrix: FloatArray, n: int) -> FloatArray:
    """One 4×4 matrix on every qubit, two qubits at a time."""
    pair = kron(matrix, matrix)
    for q in range(0, n - 1, 2):
        values = _on_window(values, pair, 4 ** (n - q - 2))
    return _on_window(values, matrix, 1) if n % 2 else values


def to_density_matrix(values: FloatArray, n: int) -> ComplexArray:
    """ρ = Σ Tr[Pρ] P / 2ⁿ, shape (2**n, 2**n).

    Strings with an even number of Ys add up to the real, symmetric part, the others to the imaginary,
    antisymmetric one, so that both come out of one real transform.
    """
    units = _everywhere(values * _signs(n), _TO_UNITS, n).reshape((2,) * (2 * n))
    both = units.transpose([*range(0, 2 * n, 2), *range(1, 2 * n, 2)]).reshape(2**n, 2**n)
    both *= 0.5 ** (n + 1)
    rho = np.empty((2**n, 2**n), dtype=complex)
    for i in range(0, 2**n, TILE):
        for j in range(0, i + 1, TILE):
            here, there = both[i : i + TILE, j : j + TILE], both[j : j + TILE, i : i + TILE].T
            tile = here + there + 1j * (here - there)
            rho[i : i + TILE, j : j + TILE] = tile
            rho[j : j + TILE, i : i + TILE] = tile.conj().T
    return rho


def from_density_matrix(rho: ComplexArray, n: int) -> FloatArray:
    """Tr[Pρ] for every Pauli string, shape (4**n,): the inverse of `to_density_matrix`."""
    axes = [axis for q in range(n) for axis in (q, n + q)]
    units = (rho.real + rho.imag).reshape((2,) * (2 * n)).transpose(axes).reshape(-1)
    return _everywhere(units, _TO_UNITS.T.copy(), n) * _signs(n)
