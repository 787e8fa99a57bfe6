"""The Bell measurement: which of the four Bell states two qubits are found in, and what becomes of the rest.

Two bits (z, x) name the outcome: ``z`` is read from the qubit that passes CNOT as control and then H,
``x`` from the other. The receiver's correction is X where x is 1, then Z where z is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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
    turned = X if _validate.integer("x", x, 0, 1) else I
    return Z @ turned if _validate.integer("z", z, 0, 1) else turned


def _two_bits(bits: Sequence[int]) -> tuple[int, int]:
    if len(_validate.sequence("bits", bits)) != 2:
        raise _validate.fail("bits", "must be two bits (z, x)", bits)
    z, x = (_validate.integer("each of bits", bit, 0, 1) for bit in bits)
    return z, x


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


@lru_cache(maxsize=1)
def _bell_kets() -> tuple[ComplexArray, ...]:
    return tuple(bell_ket(*bits) for bits in OUTCOMES)


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
    never = 64 * np.finfo(matrix.dtype).eps  # what rounding alone may leave of a probability
    results = []
    for bits, bell in zip(OUTCOMES, _bell_kets(), strict=True):
        rest = np.einsum("a,aibj,b->ij", bell.conj(), blocks, bell)
        probability = max(0.0, float(np.trace(rest).real))
        results.append(BellOutcome(bits, probability, _normalised(rest, matrix) if probability > never else None))
    return results


def _normalised(rest: ComplexArray, source: ComplexArray) -> ComplexArray:
    """What is left of a state, with trace 1; what rounding made negative is 0, as a small rest is mostly rounding."""
    values, vectors = np.linalg.eigh((rest + rest.conj().T) / 2)
    values = values.clip(0)
    return _validate.in_precision_of((vectors * (values / values.sum())) @ vectors.conj().T, source)


def apply_correction(rho: ComplexArray, bits: tuple[int, int], qubit: int) -> ComplexArray:
    """Zᶻ Xˣ on one qubit, for the bits (z, x).

    Args:
        rho: ket or density matrix of n qubits.
        bits: outcome (z, x).
        qubit: qubit to correct, in [0, n).

    Returns:
        Density matrix of shape (2**n, 2**n).
    """
    matrix = _validate.density_matrix("rho", rho)
    n = _validate.number_of_qubits("rho", len(matrix))
    return _corrected(matrix, _two_bits(bits), _validate.integer("qubit", qubit, 0, n - 1))


def _corrected(rho: ComplexArray, bits: tuple[int, int], qubit: int) -> ComplexArray:
    """`apply_correction` to what is known to be a density matrix."""
    blocks = rho.reshape(2**qubit, 2, -1, 2**qubit, 2, len(rho) >> qubit + 1)
    operator = correction(*bits).astype(rho.dtype)
    turned: ComplexArray = np.einsum("xa,iajkbl,yb->ixjkyl", operator, blocks, operator.conj())
    return turned.reshape(rho.shape)
