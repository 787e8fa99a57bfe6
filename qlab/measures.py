"""How far, how pure, how entangled: numbers of one or two states.

Fidelity is the squared kind, entropies are in bits, negativity is the sum of the magnitudes of
the negative eigenvalues of the partial transpose (1/2 for a Bell pair).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._types import ComplexArray, FloatArray
from qlab.gates import Y
from qlab.states import bell_diagonal_state, partial_trace


def _root(rho: ComplexArray) -> ComplexArray:
    """√ρ, without the eigenvalues that rounding alone may leave: a root makes much of little."""
    values, vectors = np.linalg.eigh(rho)
    kept = np.where(values > 8 * np.finfo(values.dtype).eps, values, 0)
    result: ComplexArray = (vectors * np.sqrt(kept)) @ vectors.conj().T
    return result


def _two_states(first: ComplexArray, second: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    one, two = _validate.state("first", first), _validate.state("second", second)
    if len(one) != len(two):
        raise _validate.fail("second", f"must have the dimension of first {one.shape[:1]}", two.shape)
    return one, two


def _cut(rho: ComplexArray, subsystem: Iterable[int]) -> tuple[ComplexArray, list[int], list[int]]:
    """A checked state, the qubits on one side of a cut and those on the other."""
    state = _validate.state("rho", rho)
    n = _validate.number_of_qubits("rho", len(state))
    side = _validate.distinct_qubits("subsystem", subsystem, n)
    return state, list(side), [q for q in range(n) if q not in side]


def _schmidt(ket: ComplexArray, side: list[int], other: list[int]) -> FloatArray:
    """Schmidt coefficients of a ket across a cut, the largest first; their squares add up to 1."""
    tensor = ket.astype(complex, copy=False).reshape((2,) * (len(side) + len(other))).transpose(side + other)
    coefficients: FloatArray = np.linalg.svd(tensor.reshape(2 ** len(side), -1), compute_uv=False)
    return coefficients


def fidelity(first: ComplexArray, second: ComplexArray) -> float:
    """F = (Tr √(√ρ σ √ρ))², for kets |⟨ψ|φ⟩|² (Jozsa, J. Mod. Opt. 41, 2315, 1994).

    Args:
        first: ket or density matrix.
        second: ket or density matrix of the same dimension.

    >>> from qlab.states import epr_pair, werner_state
    >>> round(fidelity(epr_pair(), werner_state(0.9)), 12)
    0.9
    """
    one, two = _two_states(first, second)
    if one.ndim == two.ndim == 1:
        return min(1.0, float(abs(np.vdot(one, two))) ** 2)
    if one.ndim == 1 or two.ndim == 1:
        psi, rho = (one, two) if one.ndim == 1 else (two, one)
        return float(np.clip((psi.conj() @ rho @ psi).real, 0, 1))
    singular = np.linalg.svd(_root(one) @ _root(two), compute_uv=False)
    return float(np.clip(np.sum(singular) ** 2, 0, 1))


def trace_distance(first: ComplexArray, second: ComplexArray) -> float:
    """½ Tr|ρ - σ|: the best chance to tell two equally likely states apart is ½ + half of this.

    Args:
        first: ρ, ket or density matrix of n qubits.
        second: σ, of as many.
    """
    one, two = _two_states(first, second)
    if one.ndim == two.ndim == 1:  # sin of the angle between the kets, from the part of one that is not in the other
        return min(1.0, float(np.linalg.norm(two - np.vdot(one, two) * one)))
    difference = _validate.density_matrix("first", one) - _validate.density_matrix("second", two)
    return float(np.sum(np.abs(np.linalg.eigvalsh(difference))) / 2)


def purity(rho: ComplexArray) -> float:
    """Tr ρ²: 1 for a pure state, 1/2**n for the maximally mixed one."""
    state = _validate.state("rho", rho)
    return 1.0 if state.ndim == 1 else float(np.sum(np.abs(state) ** 2))


def entropy(rho: ComplexArray) -> float:
    """Von Neumann entropy -Tr ρ log₂ ρ in bits.

    >>> from qlab.states import epr_pair, partial_trace
    >>> round(entropy(partial_trace(epr_pair(), [0])), 12)
    1.0
    """
    state = _validate.state("rho", rho)
    return 0.0 if state.ndim == 1 else _bits(np.linalg.eigvalsh(state))


def _bits(chances: NDArray[np.floating[Any]]) -> float:
    """-Σ p log₂ p of the probabilities that rounding does not explain."""
    positive = chances[chances > 1e-15]
    return float(max(0.0, -np.sum(positive * np.log2(positive))))


def binary_entropy(probability: float) -> float:
    """h(p) = -p log₂ p - (1-p) log₂(1-p) in bits.

    >>> binary_entropy(0.5)
    1.0
    """
    p = _validate.probability("probability", probability)
    if p in (0.0, 1.0):
        return 0.0
    return float(-p * np.log2(p) - (1 - p) * np.log1p(-p) / np.log(2))


def partial_transpose(rho: ComplexArray, subsystem: Iterable[int]) -> ComplexArray:
    """Density matrix with rows and columns of some qubits exchanged, shape (2**n, 2**n).

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits exchanged.
    """
    state, side, other = _cut(rho, subsystem)
    n = len(side) + len(other)
    axes = list(range(2 * n))
    for q in side:
        axes[q], axes[n + q] = n + q, q
    matrix = _validate.density_matrix("rho", state)
    return matrix.reshape((2,) * (2 * n)).transpose(axes).reshape(matrix.shape)


def negativity(rho: ComplexArray, subsystem: Iterable[int] = (0,)) -> float:
    """Sum of |negative eigenvalues| of the partial transpose (Vidal, Werner, PRA 65, 032314, 2002).

    It is 0 where no eigenvalue is more negative than the precision in which the state came can tell: 2√d·1e-8 for a
    state of dimension d, 2√d·1e-4 in single precision. A ket with Schmidt coefficients s has ((Σs)² - 1)/2.

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits on one side of the cut, by default qubit 0.
    """
    state, side, other = _cut(rho, subsystem)
    if state.ndim == 1:
        coefficients = _schmidt(state, side, other)
        smallest = -float(np.prod(coefficients[:2])) if len(coefficients) > 1 else 0.0
        total = (np.sum(coefficients) ** 2 - np.sum(coefficients**2)) / 2
    else:
        values = np.linalg.eigvalsh(partial_transpose(state, side))
        smallest, total = float(values[0]), -np.sum(values[values < 0])
    return float(total) if smallest < -_validate.verdict_tolerance(state) else 0.0


def is_ppt(rho: ComplexArray, subsystem: Iterable[int] = (0,)) -> bool:
    """Whether the partial transpose has no negative eigenvalue, within the precision of the state (see `negativity`).

    For two qubits (and for one against a qutrit) this holds exactly for separable states
    (Horodecki, Phys. Lett. A 223, 1, 1996); beyond, a PPT state may still be entangled.

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits on one side of the cut.

    >>> from qlab.states import classically_correlated_state, epr_pair
    >>> is_ppt(classically_correlated_state()), is_ppt(epr_pair())
    (True, False)
    """
    return negativity(rho, subsystem) == 0.0


def concurrence(rho: ComplexArray) -> float:
    """max(0, √λ₁-√λ₂-√λ₃-√λ₄) with λ the eigenvalues of ρ(Y⊗Y)ρ*(Y⊗Y) (Wootters, PRL 80, 2245, 1998).

    Computed from singular values of √ρᵀ(Y⊗Y)√ρ, which loses no digits for pure states. It is the root of what errors of
    ρ change: entries rounded at 1e-9 may move the concurrence of a matrix by some 1e-4.

    Args:
        rho: ket or density matrix of two qubits.
    """
    state = _validate.state("rho", rho, num_qubits=2)
    if state.ndim == 1:
        a, b, c, d = state.tolist()
        return float(min(1.0, 2 * abs(a * d - b * c)))
    root = _root(state)
    singular = np.linalg.svd(root.T @ np.kron(Y, Y) @ root, compute_uv=False)
    return float(np.clip(singular[0] - np.sum(singular[1:]), 0, 1))


def entanglement_of_formation(rho: ComplexArray) -> float:
    """h((1+√(1-C²))/2) ebits of two qubits with concurrence C (Wootters, PRL 80, 2245, 1998).

    >>> from qlab.states import epr_pair
    >>> round(entanglement_of_formation(epr_pair()), 12)
    1.0
    """
    c = concurrence(rho)
    return binary_entropy((1 + np.sqrt(max(0.0, 1 - c**2))) / 2)


def mutual_information(rho: ComplexArray) -> float:
    """S(A) + S(B) - S(AB) in bits for qubit 0 against the rest: all correlation, classical or not.

    >>> from qlab.states import classically_correlated_state, epr_pair
    >>> round(mutual_information(classically_correlated_state()), 9), round(mutual_information(epr_pair()), 9)
    (1.0, 2.0)
    """
    first, rest, joint = _entropies(rho)
    return first + rest - joint


def _entropies(rho: ComplexArray) -> tuple[float, float, float]:
    """S(A), S(B) and S(AB) with A qubit 0 and B the rest; of a ket the first two are equal, the third is 0."""
    state, side, other = _cut(rho, (0,))
    _validate.integer("number of qubits in rho", 1 + len(other), 2)
    if state.ndim == 1:
        part = _bits(_schmidt(state, side, other) ** 2)
        return part, part, 0.0
    return entropy(partial_trace(state, side)), entropy(partial_trace(state, other)), entropy(state)


def coherent_information(rho: ComplexArray) -> float:
    """S(B) - S(AB) in bits for qubit 0 = A and the rest = B; above 0 it can be distilled one way.

    The hashing bound: at least so many Bell pairs a copy (Devetak, Winter, Proc. R. Soc. A 461, 207, 2005).
    """
    _, rest, joint = _entropies(rho)
    return rest - joint


def hashing_bound(rho: ComplexArray) -> float:
    """Bell pairs a copy that one-way distillation surely yields: max(0, `coherent_information`).

    For Bell-diagonal states 1 - S(ρ); a Werner state reaches 0 at F = 0.8107.

    >>> from qlab.states import werner_state
    >>> round(hashing_bound(werner_state(0.95)), 4)
    0.6344
    """
    return max(0.0, coherent_information(rho))


def bell_diagonal_discord(weights: Sequence[float]) -> float:
    """Quantum discord of a mixture of the four Bell states, in bits (Luo, PRA 77, 042303, 2008).

    Mutual information 2 - S(ρ) minus the most that one side's measurement reveals,
    ½[(1+c) log₂(1+c) + (1-c) log₂(1-c)] with c the largest |⟨XX⟩|, |⟨YY⟩|, |⟨ZZ⟩|. It may be
    above 0 for separable states.

    Args:
        weights: probabilities of Φ+, Φ-, Ψ+, Ψ-.

    >>> round(bell_diagonal_discord([0.5, 0.5, 0, 0]), 12), round(bell_diagonal_discord([0.4, 0.2, 0.2, 0.2]), 4)
    (0.0, 0.049)
    """
    rho = bell_diagonal_state(weights)
    p, m, q, n = map(float, weights)
    largest = min(1.0, max(abs(p - m + q - n), abs(-p + m + q - n), abs(p + m - q - n)))
    classical = 1 - binary_entropy((1 + largest) / 2)
    return max(0.0, 2 - entropy(rho) - classical)


def process_fidelity(kraus: ComplexArray, unitary: ComplexArray) -> float:
    """Σ|Tr(U†K)|²/d²: fidelity of the two Choi states of a channel and a unitary.

    Args:
        kraus: stack of shape (k, d, d).
        unitary: the gate meant, shape (d, d).
    """
    operators, target = _validate.kraus_operators("kraus", kraus), _validate.unitary("unitary", unitary)
    if operators.shape[1:] != target.shape:
        raise _validate.fail("unitary", f"must have shape {operators.shape[1:]}", target.shape)
    overlaps = np.einsum("ij,kij->k", target.conj(), operators)
    return float(np.clip(np.sum(np.abs(overlaps) ** 2) / len(target) ** 2, 0, 1))


def average_fidelity(kraus: ComplexArray, unitary: ComplexArray) -> float:
    """Mean of ⟨ψ|U†E(ψ)U|ψ⟩ over all kets: (d·F_process+1)/(d+1) (Nielsen, Phys. Lett. A 303, 249, 2002).

    Args:
        kraus: the channel E, stack of shape (m, d, d).
        unitary: the U that was meant, shape (d, d).
    """
    infidelity = 1 - process_fidelity(kraus, unitary)
    d = int(np.shape(unitary)[0])
    return 1 - infidelity * d / (d + 1)
