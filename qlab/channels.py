"""Noise as Kraus operators: stacks of shape (k, d, d) with Σ K†K = I.

Parameters follow CONVENTIONS.md: `depolarizing(p)` applies a non-identity Pauli with probability p,
`dephasing(p)` multiplies coherences by 1-p, `phase_flip(p)` by 1-2p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np

from qlab import _validate
from qlab._types import Bits, ComplexArray, FloatArray
from qlab.circuits import CHANNEL_PARAMS, Operation
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

    Args:
        p: probability that any of the 4**n - 1 other strings acts, in [0, 1].
        num_qubits: n, in [1, 4].

    Returns:
        Kraus stack of shape (4**n, 2**n, 2**n).

    Raises:
        ValueError: where an argument is out of its range.

    >>> depolarizing(0.3).shape
    (4, 2, 2)

    Source: Nielsen and Chuang, Quantum Computation and Quantum Information, section 8.3.4 (2000).
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
    decayed = t / (2 * t1)
    beyond = max(0.0, t / t2 - decayed) if decayed < np.inf else 0.0  # once all has decayed, no phase is left to lose
    return compose(amplitude_damping(-np.expm1(-2 * decayed)), dephasing(-np.expm1(-beyond)))


def compose(first: ComplexArray, second: ComplexArray) -> ComplexArray:
    """Kraus operators of one channel after another, without the products that are zero.

    Args:
        first: stack of shape (k, d, d), applied first.
        second: stack of shape (m, d, d).

    Returns:
        Stack of shape (at most k·m, d, d).
    """
    one, two = _validate.kraus_operators("first", first), _validate.kraus_operators("second", second)
    if one.shape[1:] != two.shape[1:]:
        raise _validate.fail("second", f"must act on dimension {one.shape[1]}", two.shape)
    products = np.einsum("aij,bjk->abik", two, one).reshape(-1, *one.shape[1:])
    kept: ComplexArray = products[np.abs(products).max(axis=(1, 2)) > 0]
    return kept


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
    total = np.sum([_conjugate(matrix, k, targets, n) for k in operators], axis=0)
    return _validate.in_precision_of(total, matrix)


def _conjugate(rho: ComplexArray, operator: ComplexArray, qubits: tuple[int, ...], n: int) -> ComplexArray:
    k = len(qubits)
    block = operator.reshape((2,) * (2 * k))
    tensor = rho.reshape((2,) * (2 * n))
    left = np.moveaxis(np.tensordot(block, tensor, axes=(range(k, 2 * k), qubits)), range(k), qubits)
    columns = [n + q for q in qubits]
    right = np.moveaxis(np.tensordot(block.conj(), left, axes=(range(k, 2 * k), columns)), range(k), columns)
    return right.reshape(rho.shape)


_MAKERS: dict[str, Callable[..., ComplexArray]] = {
    "bit_flip": bit_flip,
    "phase_flip": phase_flip,
    "dephasing": dephasing,
    "amplitude_damping": amplitude_damping,
    "thermal_relaxation": thermal_relaxation,
}


def kraus_operators(operation: Operation) -> ComplexArray:
    """Kraus stack of any operation of a circuit, shape (m, 2**k, 2**k).

    A gate has one operator; a measurement one projector for each result, in ascending order; a reset |0…0⟩⟨j|
    for each j.
    """
    if not isinstance(operation, Operation):
        raise _validate.fail("operation", "must be an Operation", operation)
    size = 2 ** len(operation.qubits)
    if operation.name == "kraus":
        return operation.stack()
    if operation.is_gate():
        return operation.matrix()[None]
    if operation.name in ("measure", "reset"):
        operators = np.zeros((size, size, size), dtype=complex)
        numbers = np.arange(size)
        operators[numbers, numbers if operation.name == "measure" else 0, numbers] = 1
        return operators
    name = _validate.one_of("operation", operation.name, CHANNEL_PARAMS)
    if len(operation.params) != CHANNEL_PARAMS[name]:
        raise _validate.fail("params", f"of channel {name} must hold {CHANNEL_PARAMS[name]} numbers", operation.params)
    if name == "depolarizing":
        return depolarizing(operation.params[0], num_qubits=len(operation.qubits))  # type: ignore[arg-type]
    if size != 2:
        raise _validate.fail(f"qubits of {name}", "must number 1", operation.qubits)
    return _MAKERS[name](*operation.params)


def readout_confusion(e0: float, e1: float) -> FloatArray:
    """Matrix of P(read row | true column) for one qubit.

    Args:
        e0: probability that a 0 is read as 1.
        e1: probability that a 1 is read as 0.

    >>> readout_confusion(0.01, 0.05)
    array([[0.99, 0.05],
           [0.01, 0.95]])
    """
    wrong0, wrong1 = _validate.probability("e0", e0), _validate.probability("e1", e1)
    return np.array([[1 - wrong0, wrong1], [wrong0, 1 - wrong1]])


def confuse(probabilities: FloatArray, e0: float, e1: float) -> FloatArray:
    """Distribution of what is read, from the distribution of what is true, same error on every bit.

    Args:
        probabilities: shape (2**k,).
        e0: probability that a 0 is read as 1.
        e1: probability that a 1 is read as 0.

    >>> confuse(np.array([0.5, 0, 0, 0.5]), 0.01, 0.05).round(4)
    array([0.4913, 0.0287, 0.0287, 0.4513])
    """
    chances = _validate.distribution("probabilities", probabilities)
    k = _validate.number_of_qubits("probabilities", len(chances))
    matrix = readout_confusion(e0, e1)
    tensor = chances.reshape((2,) * k)
    for bit in range(k):
        tensor = np.moveaxis(np.tensordot(matrix, tensor, axes=(1, bit)), 0, bit)
    return tensor.reshape(-1)


def readout_error(bits: Bits, e0: float, e1: float, rng: np.random.Generator) -> Bits:
    """Bits as a faulty read-out reports them: each 0 flips with probability e0, each 1 with e1.

    Args:
        bits: zeros and ones of any shape.
        e0: probability that a 0 is read as 1, in [0, 1].
        e1: probability that a 1 is read as 0, in [0, 1].
        rng: source of randomness.

    >>> readout_error(np.array([[0, 1]], dtype=np.uint8), 1.0, 0.0, np.random.default_rng(7))
    array([[1, 1]], dtype=uint8)
    """
    wrong0, wrong1 = _validate.probability("e0", e0), _validate.probability("e1", e1)
    true = _validate.bits("bits", bits)
    flips = _validate.generator("rng", rng).random(true.shape) < np.where(true == 1, wrong1, wrong0)
    return (true ^ flips).astype(np.uint8)
