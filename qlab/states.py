"""Kets and density matrices by name, and the partial trace.

Qubit 0 is the leftmost tensor factor: amplitude 2 (binary 10) of two qubits has qubit 0 in |1⟩.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from math import prod

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray

BELL_NAMES = ("phi+", "phi-", "psi+", "psi-")
"""|Φ±⟩ = (|00⟩ ± |11⟩)/√2 and |Ψ±⟩ = (|01⟩ ± |10⟩)/√2."""

_SQRT_HALF = 1 / np.sqrt(2)
_SINGLE = {
    "0": np.array([1, 0], dtype=complex),
    "1": np.array([0, 1], dtype=complex),
    "+": np.array([1, 1], dtype=complex) * _SQRT_HALF,
    "-": np.array([1, -1], dtype=complex) * _SQRT_HALF,
    "r": np.array([1, 1j], dtype=complex) * _SQRT_HALF,
    "l": np.array([1, -1j], dtype=complex) * _SQRT_HALF,
}


def tensor(*factors: ComplexArray) -> ComplexArray:
    """Tensor product of kets, or of matrices, the first argument leftmost.

    >>> tensor(ket("1"), ket("0")).real
    array([0., 0., 1., 0.])
    """
    if not factors:
        raise _validate.fail("factors", "must hold at least one array", factors)
    arrays = [_validate.finite_array("each of factors", factor) for factor in factors]
    if {array.ndim for array in arrays} not in ({1}, {2}):
        raise _validate.fail("factors", "must all be kets or all be matrices", [array.shape for array in arrays])
    _validate.integer("number of entries of all factors", prod(array.size for array in arrays), 1, 2**MAX_NAMED_QUBITS)
    return _validate.in_precision_of(reduce(np.kron, arrays), *arrays)


def ket(label: str) -> ComplexArray:
    """Product ket, one character a qubit: 0, 1 (Z basis), + and - (X basis), r and l (Y basis).

    Args:
        label: for instance ``"0+"``; the first character is qubit 0.

    Returns:
        Array of shape (2**n,).

    >>> ket("01").real
    array([0., 1., 0., 0.])
    """
    if not isinstance(label, str) or not label or set(label) - set(_SINGLE):
        raise _validate.fail("label", "must be a non-empty string of the characters 0 1 + - r l", label)
    _validate.integer("number of qubits in label", len(label), 1, MAX_NAMED_QUBITS)
    return tensor(*(_SINGLE[character] for character in label))


MAX_NAMED_QUBITS = 26
"""Largest state that the functions here build (2**26 amplitudes are 1 GiB)."""


def bell_state(name: str) -> ComplexArray:
    """One of the four Bell states, ``"phi+"``, ``"phi-"``, ``"psi+"`` or ``"psi-"``, shape (4,).

    >>> bell_state("psi-").real.round(4)
    array([ 0.    ,  0.7071, -0.7071,  0.    ])
    """
    _validate.one_of("name", name, BELL_NAMES)
    sign = 1 if name[-1] == "+" else -1
    vector = np.zeros(4, dtype=complex)
    first, second = (0, 3) if name.startswith("phi") else (1, 2)
    vector[first], vector[second] = _SQRT_HALF, sign * _SQRT_HALF
    return vector


def epr_pair() -> ComplexArray:
    """|Φ+⟩ = (|00⟩ + |11⟩)/√2, the pair that the course shares out."""
    return bell_state("phi+")


def partially_entangled_ket(concurrence: float) -> ComplexArray:
    """α|00⟩ + β|11⟩ with real α ≥ β ≥ 0 and concurrence 2αβ.

    Args:
        concurrence: in [0, 1]; 0 gives |00⟩, 1 gives |Φ+⟩.
    """
    c = _validate.probability("concurrence", concurrence)
    half_angle = np.arcsin(c) / 2
    return np.array([np.cos(half_angle), 0, 0, np.sin(half_angle)], dtype=complex)


def ghz_state(num_qubits: int) -> ComplexArray:
    """(|0…0⟩ + |1…1⟩)/√2 (Greenberger, Horne, Zeilinger, 1989).

    >>> ghz_state(3).nonzero()[0]
    array([0, 7])
    """
    n = _validate.integer("num_qubits", num_qubits, 2, MAX_NAMED_QUBITS)
    vector = np.zeros(2**n, dtype=complex)
    vector[0] = vector[-1] = _SQRT_HALF
    return vector


def w_state(num_qubits: int) -> ComplexArray:
    """Equal superposition of the n basis states with a single 1 (Dür, Vidal, Cirac, PRA 62, 062314, 2000).

    >>> w_state(3).nonzero()[0]
    array([1, 2, 4])
    """
    n = _validate.integer("num_qubits", num_qubits, 2, MAX_NAMED_QUBITS)
    vector = np.zeros(2**n, dtype=complex)
    vector[1 << np.arange(n)] = 1 / np.sqrt(n)
    return vector


def density_matrix(ket_or_matrix: ComplexArray) -> ComplexArray:
    """|ψ⟩⟨ψ| of a ket; a valid density matrix is returned as it is.

    Raises:
        ValueError: where the argument is neither a normalised ket nor a density matrix.
    """
    return _validate.density_matrix("ket_or_matrix", ket_or_matrix)


def mixture(weights: Sequence[float], members: Sequence[ComplexArray]) -> ComplexArray:
    """Σ wᵢ ρᵢ: which member was prepared is unknown, each with its probability.

    Args:
        weights: probabilities that add up to 1.
        members: kets or density matrices of one dimension.
    """
    chosen = _validate.sequence("members", members)
    if len(_validate.sequence("weights", weights)) != len(chosen) or not chosen:
        raise _validate.fail("weights", f"must be as many as members ({len(chosen)})", len(weights))
    chances = _validate.distribution("weights", weights)
    matrices = [_validate.density_matrix("each of members", member) for member in chosen]
    if len({len(matrix) for matrix in matrices}) > 1:
        raise _validate.fail("members", "must have one dimension", [len(matrix) for matrix in matrices])
    total = np.sum([chance * matrix for chance, matrix in zip(chances, matrices, strict=True)], axis=0)
    return _validate.in_precision_of(total, *matrices)


def maximally_mixed_state(num_qubits: int) -> ComplexArray:
    """I / 2**n: nothing at all is known."""
    n = _validate.integer("num_qubits", num_qubits, 1, _validate.MAX_MATRIX_QUBITS)
    identity: ComplexArray = np.eye(2**n, dtype=complex)
    return identity * 2.0**-n


def classically_correlated_state(num_qubits: int = 2) -> ComplexArray:
    """½(|0…0⟩⟨0…0| + |1…1⟩⟨1…1|): a shared coin, always equal in the Z basis, and separable.

    >>> classically_correlated_state().real.diagonal()
    array([0.5, 0. , 0. , 0.5])
    """
    n = _validate.integer("num_qubits", num_qubits, 2, _validate.MAX_MATRIX_QUBITS)
    return mixture([0.5, 0.5], [ket("0" * n), ket("1" * n)])


def werner_state(fidelity: float) -> ComplexArray:
    """F|Φ+⟩⟨Φ+| + (1-F)/3 · (the other three Bell projectors).

    Equal to p|Φ+⟩⟨Φ+| + (1-p) I/4 with F = (1+3p)/4. Entangled exactly for F > 1/2
    (Werner, PRA 40, 4277, 1989; here in the form with |Φ+⟩).

    Args:
        fidelity: ⟨Φ+|ρ|Φ+⟩ in [0, 1].
    """
    f = _validate.probability("fidelity", fidelity)
    return bell_diagonal_state([f, (1 - f) / 3, (1 - f) / 3, (1 - f) / 3])


def bell_diagonal_state(weights: Sequence[float]) -> ComplexArray:
    """Mixture of the four Bell states with weights in the order of `BELL_NAMES` (Φ+, Φ-, Ψ+, Ψ-)."""
    if len(_validate.sequence("weights", weights)) != 4:
        raise _validate.fail("weights", "must be four probabilities", weights)
    return mixture(weights, [bell_state(name) for name in BELL_NAMES])


def partial_trace(rho: ComplexArray, keep: Iterable[int]) -> ComplexArray:
    """Reduced density matrix of the qubits kept, in the order in which they are named.

    Args:
        rho: ket of shape (2**n,) or density matrix of shape (2**n, 2**n).
        keep: numbers of the qubits that stay, at least one.

    Returns:
        Array of shape (2**k, 2**k).

    >>> partial_trace(epr_pair(), [1]).real.round(12)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    array = _validate.state("rho", rho)
    n = _validate.number_of_qubits("rho", array.shape[0])
    kept = _validate.distinct_qubits("keep", keep, n)
    if not kept:
        raise _validate.fail("keep", "must name at least one qubit", kept)
    dropped = [q for q in range(n) if q not in kept]
    order = [*kept, *dropped]
    size = 2 ** len(kept)
    if array.ndim == 1:
        _validate.integer("number of qubits in keep", len(kept), 1, _validate.MAX_MATRIX_QUBITS)
        matrix = array.reshape((2,) * n).transpose(order).reshape(size, -1)
        return matrix @ matrix.conj().T
    axes = order + [n + q for q in order]
    blocks = array.reshape((2,) * (2 * n)).transpose(axes).reshape(size, 2 ** len(dropped), size, -1)
    reduced: ComplexArray = np.einsum("ikjk->ij", blocks)
    return reduced


def random_ket(num_qubits: int, rng: np.random.Generator) -> ComplexArray:
    """Ket drawn from the Haar measure, shape (2**n,).

    Args:
        num_qubits: n, at least 1.
        rng: source of randomness.
    """
    n = _validate.integer("num_qubits", num_qubits, 1, MAX_NAMED_QUBITS)
    _validate.generator("rng", rng)
    vector = rng.standard_normal(2**n) + 1j * rng.standard_normal(2**n)
    result: ComplexArray = vector / np.linalg.norm(vector)
    return result


def random_density_matrix(num_qubits: int, rng: np.random.Generator, *, rank: int | None = None) -> ComplexArray:
    """Density matrix GG†/Tr(GG†) with Gaussian G of shape (2**n, rank), itself of shape (2**n, 2**n).

    Args:
        num_qubits: n, at least 1.
        rng: source of randomness.
        rank: in [1, 2**n], by default 2**n.
    """
    n = _validate.integer("num_qubits", num_qubits, 1, _validate.MAX_MATRIX_QUBITS)
    r = 2**n if rank is None else _validate.integer("rank", rank, 1, 2**n)
    _validate.generator("rng", rng)
    g = rng.standard_normal((2**n, r)) + 1j * rng.standard_normal((2**n, r))
    matrix = g @ g.conj().T
    result: ComplexArray = matrix / np.trace(matrix).real
    return result
