"""Noise as Kraus operators: stacks of shape (k, d, d) with Σ K†K = I.

Parameters follow CONVENTIONS.md: `depolarizing(p)` applies a non-identity Pauli with probability p,
`dephasing(p)` multiplies coherences by 1-p, `phase_flip(p)` by 1-2p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.circuits import Operation
from qlab.gates import PAULIS, I, X, Z, pauli_string


def bit_flip(p: float) -> ComplexArray:
    """X with probability p."""
    q = _validate.probability("p", p)
    return np.array([np.sqrt(1 - q) * I, np.sqrt(q) * X])


def phase_flip(p: float) -> ComplexArray:
    """Z with probability p; coherences shrink by 1-2p."""
    q = _validate.probability("p", p)
    return np.array([np.sqrt(1 - q) * I, np.sqrt(q) * Z])


def dephasing(p: float) -> ComplexArray:
    """Coherences shrink by 1-p, populations stay: a phase flip of probability p/2."""
    return phase_flip(_validate.probability("p", p) / 2)


def depolarizing(p: float, *, num_qubits: int = 1) -> ComplexArray:
    """A uniformly random non-identity Pauli string with probability p.

    ρ → (1-λ)ρ + λ I/d with λ = p·d²/(d²-1): 4p/3 for one qubit, 16p/15 for two.
    """
    q = _validate.probability("p", p)
    n = _validate.integer("num_qubits", num_qubits, 1, 4)
    labels = ["".join(letters) for letters in product(PAULIS, repeat=n)]
    weights = [1 - q] + [q / (4**n - 1)] * (4**n - 1)
    return np.array([np.sqrt(w) * pauli_string(label) for w, label in zip(weights, labels, strict=True)])


def amplitude_damping(gamma: float) -> ComplexArray:
    """|1⟩ falls to |0⟩ with probability γ = 1-exp(-t/T1)."""
    g = _validate.probability("gamma", gamma)
    return np.array([[[1, 0], [0, np.sqrt(1 - g)]], [[0, np.sqrt(g)], [0, 0]]], dtype=complex)


def thermal_relaxation(duration: float, t1: float, t2: float) -> ComplexArray:
    """Relaxation to |0⟩ and loss of phase during a time, all three in one unit.

    Populations of |1⟩ shrink by exp(-t/T1), coherences by exp(-t/T2); needs T2 ≤ 2·T1.

    Args:
        duration: time t ≥ 0.
        t1: relaxation time T1 > 0 (may be infinite).
        t2: coherence time T2 in (0, 2·T1].
    """
    t = _validate.non_negative("duration", duration)
    t1 = _validate.in_range("t1", t1, 0, np.inf, open_low=True)
    t2 = _validate.in_range("t2", t2, 0, 2 * t1, open_low=True)
    extra_rate = 1 / t2 - 1 / (2 * t1)
    return compose(amplitude_damping(-np.expm1(-t / t1)), dephasing(-np.expm1(-t * max(0.0, extra_rate))))


def compose(first: ComplexArray, second: ComplexArray) -> ComplexArray:
    """Kraus operators of ``second`` after ``first``, both of shape (·, d, d), without the zero products."""
    one, two = _validate.kraus_operators("first", first), _validate.kraus_operators("second", second)
    if one.shape[1:] != two.shape[1:]:
        raise _validate.fail("second", f"must act on dimension {one.shape[1]}", two.shape)
    products = np.einsum("aij,bjk->abik", two, one).reshape(-1, *one.shape[1:])
    kept: ComplexArray = products[np.abs(products).max(axis=(1, 2)) > 0]
    return kept


def tensor_channels(first: ComplexArray, second: ComplexArray) -> ComplexArray:
    """Two channels side by side, ``first`` on the left qubits."""
    one, two = _validate.kraus_operators("first", first), _validate.kraus_operators("second", second)
    return np.array([np.kron(a, b) for a in one for b in two])


def apply_channel(rho: ComplexArray, kraus: ComplexArray, qubits: Iterable[int]) -> ComplexArray:
    """Σ KρK† on some qubits of a density matrix.

    Args:
        rho: ket or density matrix of n qubits.
        kraus: stack of shape (m, 2**k, 2**k).
        qubits: the k qubits, the first one leftmost.

    Returns:
        Density matrix of shape (2**n, 2**n).

    >>> from qlab.states import epr_pair
    >>> apply_channel(epr_pair(), dephasing(1.0), [0]).real.round(4).diagonal()
    array([0.5, 0. , 0. , 0.5])
    """
    matrix = _validate.density_matrix("rho", rho)
    operators = _validate.kraus_operators("kraus", kraus)
    n = _validate.number_of_qubits("rho", len(matrix))
    targets = _validate.distinct_qubits("qubits", qubits, n)
    if operators.shape[1] != 2 ** len(targets):
        raise _validate.fail("kraus", f"must act on {len(targets)} qubits", operators.shape)
    return sum((_conjugate(matrix, k, targets, n) for k in operators), start=np.zeros_like(matrix))


def _conjugate(rho: ComplexArray, operator: ComplexArray, qubits: tuple[int, ...], n: int) -> ComplexArray:
    k = len(qubits)
    block = operator.reshape((2,) * (2 * k))
    tensor = rho.reshape((2,) * (2 * n))
    left = np.moveaxis(np.tensordot(block, tensor, axes=(range(k, 2 * k), qubits)), range(k), qubits)
    columns = [n + q for q in qubits]
    right = np.moveaxis(np.tensordot(block.conj(), left, axes=(range(k, 2 * k), columns)), range(k), columns)
    return right.reshape(rho.shape)


def kraus_operators(operation: Operation) -> ComplexArray:
    """Kraus stack of a gate or channel in a circuit, shape (m, 2**k, 2**k)."""
    size = 2 ** len(operation.qubits)
    if operation.name == "kraus":
        return np.array(operation.params, dtype=complex).reshape(-1, size, size)
    if operation.is_gate():
        return operation.matrix()[None]
    numbers = [float(p.real) for p in operation.params]
    if operation.name == "depolarizing":
        return depolarizing(numbers[0], num_qubits=len(operation.qubits))
    makers: dict[str, Callable[..., ComplexArray]] = {
        "bit_flip": bit_flip,
        "phase_flip": phase_flip,
        "dephasing": dephasing,
        "amplitude_damping": amplitude_damping,
        "thermal_relaxation": thermal_relaxation,
    }
    _validate.one_of("operation", operation.name, makers)
    if size != 2:
        raise _validate.fail(f"qubits of {operation.name}", "must number 1", operation.qubits)
    return makers[operation.name](*numbers)
