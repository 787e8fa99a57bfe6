"""The Bell measurement: which of the four Bell states two qubits are found in, and what becomes of the rest.

Two bits (z, x) name the outcome: ``z`` is read from the qubit that passes CNOT as control and then H,
``x`` from the other. The receiver's correction is X where x is 1, then Z where z is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.gates import I, X, Z
from qlab.states import epr_pair, tensor

OUTCOMES = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Outcomes (z, x): Φ+, Ψ+, Φ- and Ψ-."""


def correction(z: int, x: int) -> ComplexArray:
    """Zᶻ Xˣ, shape (2, 2).

    Args:
        z: first bit of the outcome, 0 or 1.
        x: second bit, 0 or 1.
    """
    matrix: ComplexArray = np.linalg.matrix_power(Z, z) @ np.linalg.matrix_power(X, x)
    return matrix


def bell_ket(z: int, x: int) -> ComplexArray:
    """(Zᶻ Xˣ ⊗ I)|Φ+⟩: the Bell state that the outcome (z, x) announces, up to sign.

    Args:
        z: first bit of the outcome, 0 or 1.
        x: second bit, 0 or 1.

    >>> bell_ket(1, 0).real.round(4)
    array([ 0.7071,  0.    ,  0.    , -0.7071])
    """
    vector: ComplexArray = tensor(correction(z, x), I) @ epr_pair()
    return vector


@dataclass(frozen=True, eq=False)
class BellOutcome:
    """One possible outcome of a Bell measurement.

    Attributes:
        bits: (z, x).
        probability: in [0, 1].
        rho: state of the other qubits in their order; ``None`` where the probability is 0.
    """

    bits: tuple[int, int]
    probability: float
    rho: ComplexArray | None


def bell_measurement(rho: ComplexArray, first: int, second: int) -> list[BellOutcome]:
    """All four outcomes of measuring two qubits in the Bell basis.

    Args:
        rho: ket or density matrix of at least three qubits.
        first: qubit whose bit is z.
        second: qubit whose bit is x.
    """
    matrix = _validate.density_matrix("rho", rho)
    n = _validate.integer("number of qubits of rho", _validate.number_of_qubits("rho", len(matrix)), 3)
    pair = _validate.distinct_qubits("first and second", (first, second), n)
    order = [*pair, *(q for q in range(n) if q not in pair)]
    axes = order + [n + q for q in order]
    size = 2 ** (n - 2)
    blocks = matrix.reshape((2,) * (2 * n)).transpose(axes).reshape(4, size, 4, size)
    results = []
    for bits in OUTCOMES:
        bell = bell_ket(*bits)
        rest = np.einsum("a,aibj,b->ij", bell.conj(), blocks, bell)
        probability = max(0.0, float(np.trace(rest).real))
        results.append(BellOutcome(bits, probability, rest / probability if probability > 1e-14 else None))
    return results


def apply_correction(rho: ComplexArray, bits: tuple[int, int], qubit: int) -> ComplexArray:
    """Zᶻ Xˣ on one qubit of a density matrix, for the bits (z, x).

    Args:
        rho: density matrix of n qubits, shape (2**n, 2**n).
        bits: outcome (z, x).
        qubit: qubit to correct, in [0, n).
    """
    n = _validate.number_of_qubits("rho", len(rho))
    operator = tensor(*(correction(*bits) if q == qubit else I for q in range(n)))
    result: ComplexArray = operator @ rho @ operator.conj().T
    return result
