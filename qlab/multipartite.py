"""Beyond two qubits: graph states, a bound-entangled state, and the numbers that tell such states apart.

With them what papers quote of pairs and channels: log-negativity, fully entangled fraction, fidelity of two channels.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qlab import _validate
from qlab._types import ComplexArray
from qlab.measures import entropy, fidelity, negativity, partial_transpose
from qlab.states import BELL_NAMES, MAX_NAMED_QUBITS, bell_state, partial_trace


def graph_state(num_qubits: int, edges: Iterable[tuple[int, int]]) -> ComplexArray:
    """|+⟩ on every qubit, then CZ along every edge; each qubit's X times its neighbours' Z has the mean 1.

    Source: Hein, Eisert, Briegel, PRA 69, 062311 (2004).

    Args:
        num_qubits: n, in [1, 26].
        edges: pairs of different qubits; an edge named twice cancels.

    Returns:
        Array of shape (2**n,).

    >>> round(pauli_expectation(graph_state(3, [(0, 1), (1, 2)]), "ZXZ"), 12)
    1.0
    """
    n = _validate.integer("num_qubits", num_qubits, 1, MAX_NAMED_QUBITS)
    psi = np.full((2,) * n, 2 ** (-n / 2))
    if not isinstance(edges, Iterable):
        raise _validate.fail("edges", "must be pairs of qubits", edges)
    for edge in edges:
        if len(_validate.sequence("each of edges", edge)) != 2:
            raise _validate.fail("each of edges", "must be a pair of qubits", edge)
        a, b = _validate.distinct_qubits("each of edges", edge, n)
        both_one: list[slice | int] = [slice(None)] * n
        both_one[a] = both_one[b] = 1
        psi[tuple(both_one)] *= -1
    return psi.reshape(-1).astype(complex)


def cluster_state(rows: int, columns: int) -> ComplexArray:
    """Graph state of a grid, numbered row by row (Briegel, Raussendorf, PRL 86, 910, 2001).

    Args:
        rows: at least 1.
        columns: at least 1; rows times columns at most 26.
    """
    r = _validate.integer("rows", rows, 1, MAX_NAMED_QUBITS)
    c = _validate.integer("columns", columns, 1, MAX_NAMED_QUBITS)
    _validate.integer("rows times columns", r * c, 1, MAX_NAMED_QUBITS)
    right = [(i * c + j, i * c + j + 1) for i in range(r) for j in range(c - 1)]
    return graph_state(r * c, right + [(i * c + j, (i + 1) * c + j) for i in range(r - 1) for j in range(c)])


def horodecki_state(b: float) -> ComplexArray:
    """Bound-entangled state of one qubit against two, shape (8, 8): entangled for 0 < b < 1, and yet `is_ppt`.

    No product vector of its range fits that of its partial transpose (the range criterion). No pair can be
    distilled from it; for four levels against two the partial transpose is not enough.
    Source: P. Horodecki, Phys. Lett. A 232, 333 (1997).

    Args:
        b: in [0, 1]; 0 and 1 give separable states.

    >>> from qlab.measures import is_ppt
    >>> is_ppt(horodecki_state(0.3)), range_gap(horodecki_state(0.3)) > 0
    (True, True)
    """
    weight = _validate.probability("b", b)
    rho = np.diag([weight] * 4 + [(1 + weight) / 2, weight, weight, (1 + weight) / 2]).astype(complex)
    for i in range(3):
        rho[i, i + 5] = rho[i + 5, i] = weight
    rho[4, 7] = rho[7, 4] = np.sqrt(1 - weight**2) / 2
    return np.asarray(rho / (7 * weight + 1))


def _across(rho: ComplexArray, subsystem: Iterable[int]) -> tuple[ComplexArray, tuple[int, ...], list[int]]:
    """A checked density matrix and the qubits on both sides of a cut, neither side empty."""
    matrix = _validate.density_matrix("rho", rho)
    n = _validate.number_of_qubits("rho", len(matrix))
    side = _validate.distinct_qubits("subsystem", subsystem, n)
    if not 0 < len(side) < n:
        raise _validate.fail("subsystem", f"must name some of the {n} qubits, not all", side)
    return matrix, side, [q for q in range(n) if q not in side]


def range_gap(rho: ComplexArray) -> float:
    """How far product states stay from the ranges of ρ and of its partial transpose; above 0 the state is entangled.

    The least ⟨ef|K|ef⟩ + ⟨e*f|K'|e*f⟩, K and K' projecting on the kernels of both, for qubit 0 against the rest.
    A mixture of product states has some |ef⟩ with 0; ρ itself gives 0, and so ρ minus any of them is no state.
    Searched on a grid that is refined: where it says 0, nothing is shown.
    Source: Lewenstein, Kraus, Cirac, Horodecki, PRA 62, 052310 (2000).

    Args:
        rho: ket or density matrix of n qubits.

    >>> round(range_gap(horodecki_state(0.3)), 4)
    0.0076
    """
    matrix = _validate.density_matrix("rho", rho)
    slack, d = _validate.verdict_tolerance(matrix), len(matrix) // 2
    if d == 1:
        raise _validate.fail("rho", "must be a state of two qubits or more", np.shape(rho))
    parts = [_kernel(m, slack) for m in (matrix, partial_transpose(matrix, (0,)))]
    kernels = [part.reshape(2, d, 2, d) for part in parts]
    centre, width, least = np.array([np.pi / 2, 0.0]), np.array([np.pi / 2, np.pi]), np.inf
    for _ in range(14):
        axes = [c + w * np.linspace(-1, 1, 25) for c, w in zip(centre, width, strict=True)]
        theta, phi = (angles.ravel() for angles in np.meshgrid(*axes))
        e = np.stack([np.cos(theta / 2) + 0j, np.exp(1j * phi) * np.sin(theta / 2)], axis=1)
        total = np.einsum("ni,iajb,nj->nab", e.conj(), kernels[0], e, optimize=True)
        total = total + np.einsum("ni,iajb,nj->nab", e, kernels[1], e.conj(), optimize=True)
        values = np.linalg.eigvalsh(total)[:, 0]
        best = int(values.argmin())
        centre, width, least = np.array([theta[best], phi[best]]), width / 3, min(least, float(values[best]))
    # Eigenvalues that rounding takes for 0 sum to so much at most, and so some |ef⟩ of a mixture stays below it.
    return least if least > slack * float(sum(np.trace(part).real for part in parts)) else 0.0


def _kernel(matrix: ComplexArray, slack: float) -> ComplexArray:
    """Projector on the eigenvectors of eigenvalue 0, as far as rounding can tell."""
    values, vectors = np.linalg.eigh(matrix)
    kernel = vectors[:, np.abs(values) < slack]
    return np.asarray(kernel @ kernel.conj().T)


def log_negativity(rho: ComplexArray, subsystem: Iterable[int] = (0,)) -> float:
    """log₂(2N + 1) with N the `negativity`: 1 for a Bell pair, and a bound on what can be distilled.

    Source: Vidal, Werner, PRA 65, 032314 (2002).

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits on one side of the cut.
    """
    return float(np.log2(1 + 2 * negativity(rho, subsystem)))


def fully_entangled_fraction(rho: ComplexArray) -> float:
    """Largest fidelity of a pair with any maximally entangled state: what local turns can make of it.

    The largest eigenvalue of the real part of ρ in the magic basis of Bell states; teleportation reaches (2F+1)/3.
    Source: Bennett, DiVincenzo, Smolin, Wootters, PRA 54, 3824 (1996).

    Args:
        rho: ket or density matrix of two qubits.

    >>> from qlab.states import bell_state
    >>> round(fully_entangled_fraction(bell_state("psi-")), 12)
    1.0
    """
    phases = {"phi+": 1, "phi-": 1j, "psi+": 1j, "psi-": 1}
    magic = np.stack([phases[name] * bell_state(name) for name in BELL_NAMES], axis=1)
    matrix = _validate.density_matrix("rho", rho, num_qubits=2)
    return float(np.clip(np.linalg.eigvalsh((magic.conj().T @ matrix @ magic).real)[-1], 0, 1))


def conditional_entropy(rho: ComplexArray, subsystem: Iterable[int] = (0,)) -> float:
    """S(A|B) = S(AB) - S(B) in bits; below 0 only for entangled states (Cerf, Adami, PRL 79, 5194, 1997).

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits A; B is the rest.

    >>> from qlab.states import epr_pair
    >>> round(conditional_entropy(epr_pair()), 9)
    -1.0
    """
    matrix, _, other = _across(rho, subsystem)
    return entropy(matrix) - entropy(partial_trace(matrix, other))


def cut_mutual_information(rho: ComplexArray, subsystem: Iterable[int] = (0,)) -> float:
    """S(A) + S(B) - S(AB) in bits across any cut; `qlab.measures.mutual_information` has qubit 0 against the rest.

    Args:
        rho: ket or density matrix of n qubits.
        subsystem: the qubits A; B is the rest.
    """
    matrix, side, _ = _across(rho, subsystem)
    return entropy(partial_trace(matrix, side)) - conditional_entropy(matrix, side)


def channel_fidelity(first: ComplexArray, second: ComplexArray) -> float:
    """Process fidelity of two channels: the fidelity of their Choi states; a unitary is a stack of one operator.

    Source: Gilchrist, Langford, Nielsen, PRA 71, 062310 (2005), as the squared kind.

    Args:
        first: Kraus stack, shape (k, d, d).
        second: Kraus stack of the same d.

    >>> from qlab.channels import dephasing, depolarizing
    >>> round(channel_fidelity(dephasing(0.2), depolarizing(0.0)), 9)
    0.9
    """
    stacks = _validate.kraus_operators("first", first), _validate.kraus_operators("second", second)
    d = stacks[0].shape[1]
    if stacks[1].shape[1] != d:
        raise _validate.fail("second", f"must act on dimension {d}", stacks[1].shape)
    choi = [np.einsum("kij,klm->ijlm", k, k.conj()).reshape(d * d, d * d) / d for k in stacks]
    return fidelity(*choi)


def pauli_expectation(rho: ComplexArray, label: str) -> float:
    """⟨P⟩ of a Pauli string, one letter a qubit, without the matrix of P.

    Args:
        rho: ket or density matrix of n qubits.
        label: n letters of I, X, Y and Z; the first is qubit 0.

    >>> from qlab.states import ghz_state
    >>> round(pauli_expectation(ghz_state(3), "XYY"), 12)
    -1.0
    """
    array = _validate.state("rho", rho)
    n = _validate.number_of_qubits("rho", len(array))
    if not isinstance(label, str) or len(label) != n or set(label) - set("IXYZ"):
        raise _validate.fail("label", f"must be {n} letters of I, X, Y and Z", label)
    flips, signs = (int("".join("01"[c in letters] for c in label), 2) for letters in ("XY", "YZ"))
    index = np.arange(len(array))
    turned = array[index ^ flips].conj() * array if array.ndim == 1 else array[index, index ^ flips]
    odd = np.bitwise_count(index & signs) % 2
    return float((1j ** label.count("Y") * np.sum(np.where(odd, -turned, turned))).real)


def three_tangle(ket: ComplexArray) -> float:
    """4|d₁ - 2d₂ + 4d₃|: entanglement of three qubits that is in no pair; 1 for GHZ, 0 for W.

    Source: Coffman, Kundu, Wootters, PRA 61, 052306 (2000).

    Args:
        ket: state vector of three qubits.

    >>> from qlab.states import ghz_state, w_state
    >>> round(three_tangle(ghz_state(3)), 12), round(three_tangle(w_state(3)), 12)
    (1.0, 0.0)
    """
    a = _validate.ket("ket", ket, num_qubits=3).astype(complex)
    pairs = a[:4] * a[:3:-1]  # of opposite corners: a000·a111, a001·a110, a010·a101, a011·a100
    d1 = np.sum(pairs**2)
    d2 = (np.sum(pairs) ** 2 - d1) / 2
    d3 = a[0] * a[6] * a[5] * a[3] + a[7] * a[1] * a[2] * a[4]
    return float(min(1.0, 4 * abs(d1 - 2 * d2 + 4 * d3)))


def ghz_fidelity_window(mermin_value: float, num_qubits: int) -> tuple[float, float]:
    """Least and largest fidelity with the GHZ state that a Mermin value leaves open.

    The operator of `qlab.bell.games.mermin_operator` is 2ⁿ⁻¹(|GHZ⟩⟨GHZ| - |GHZ₋⟩⟨GHZ₋|), hence with
    v = M/2ⁿ⁻¹ the fidelity lies in [max(0, v), (1+v)/2]. Above 1/2 all n qubits are entangled together.

    Args:
        mermin_value: M, in [-2ⁿ⁻¹, 2ⁿ⁻¹].
        num_qubits: n, at least 2.

    >>> [round(f, 3) for f in ghz_fidelity_window(2.83, 3)]
    [0.708, 0.854]
    """
    largest = 2.0 ** (_validate.integer("num_qubits", num_qubits, 2, 1000) - 1)
    v = _validate.in_range("mermin_value", mermin_value, -largest, largest) / largest
    return max(0.0, v), (1 + v) / 2
