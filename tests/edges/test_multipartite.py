"""States of many qubits at their edges, against stabilizers, maxima over local turns and other formulas."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from qlab import multipartite
from qlab.channels import dephasing, depolarizing
from qlab.gates import H, X, Y, Z, rx
from qlab.states import bell_state, epr_pair, ghz_state, ket, random_density_matrix, random_ket, w_state, werner_state
from tests.edges.frame import Case, edges_of, law
from tests.edges.matrices import bits_of_entropy, matrix, traced, transposed, width

PAULIS = {"I": np.eye(2), "X": X, "Y": Y, "Z": Z}


def string(label: str) -> Any:
    return reduce(np.kron, [PAULIS[letter] for letter in label])


def stabilised(result: Any, num_qubits: int, edges: Any) -> bool:
    """X of each qubit times Z of its neighbours leaves the state; an edge named twice is none."""
    odd: set[tuple[int, int]] = set()
    for a, b in edges:
        odd ^= {(min(int(a), int(b)), max(int(a), int(b)))}
    index = np.arange(2**num_qubits)
    fine = abs(np.vdot(result, result) - 1) < 1e-9 and len(result) == 2**num_qubits
    for q in range(num_qubits):
        near = [b if a == q else a for a, b in odd if q in (a, b)]
        sign = np.prod([1 - 2 * (index >> (num_qubits - 1 - b) & 1) for b in near], axis=0) if near else 1
        fine = fine and np.allclose((sign * result)[index ^ 1 << (num_qubits - 1 - q)], result)
    return bool(fine and result[0].real > 0)


def on_a_grid(result: Any, rows: Any, columns: Any) -> bool:
    r, c = int(rows), int(columns)
    places = list(product(range(r), range(c)))
    near = [
        (i, j) for i, (a, b) in enumerate(places) for j, (d, e) in enumerate(places)
        if i < j and abs(a - d) + abs(b - e) == 1
    ]  # fmt: skip
    return stabilised(result, r * c, near)


def bound_state(b: Any) -> Any:
    """Of the paper's pieces: an insulated mixture, and the product with one entangled vector's shadow."""
    weight, rho = float(b), np.zeros((8, 8))
    for i in range(3):
        pair = np.zeros(8)
        pair[i] = pair[5 + i] = 1 / np.sqrt(2)
        rho += 2 * weight / (7 * weight + 1) * np.outer(pair, pair)
    rho[3, 3] += weight / (7 * weight + 1)
    last = np.zeros(8)
    last[4], last[7] = np.sqrt((1 + weight) / 2), np.sqrt((1 - weight) / 2)
    return rho + np.outer(last, last) / (7 * weight + 1)


def mixed(rho: Any, qubits: Any) -> float:
    return bits_of_entropy(traced(rho, qubits))


def others(rho: Any, subsystem: Any) -> list[int]:
    return [q for q in range(width(matrix(rho))) if q not in [int(s) for s in subsystem]]


def logarithm(rho: Any, subsystem: Any) -> float:
    return float(np.log2(np.abs(np.linalg.eigvalsh(transposed(rho, subsystem))).sum() / matrix(rho).trace().real))


def given_the_rest(rho: Any, subsystem: Any) -> float:
    return bits_of_entropy(rho) - mixed(rho, others(rho, subsystem))


def shared(rho: Any, subsystem: Any) -> float:
    return mixed(rho, [int(q) for q in subsystem]) - given_the_rest(rho, subsystem)


def gap_read(result: Any, rho: Any) -> bool:
    """Not above what product states give: those of a random search; 0 where one is in both ranges."""
    full, d = matrix(rho), len(matrix(rho)) // 2
    single = np.array(rho).dtype in (np.complex64, np.float32)
    least = np.inf
    kernels = []
    for m in (full, transposed(full, [0])):
        values, vectors = np.linalg.eigh(m)
        part = vectors[:, np.abs(values) < (1e-4 if single else 1e-9)]
        kernels.append((part @ part.conj().T).reshape(2, d, 2, d))
    for theta, phi in np.random.default_rng(5).random((400, 2)) * [np.pi, 2 * np.pi]:
        e = np.array([np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])
        form = np.einsum("i,iajb,j->ab", e.conj(), kernels[0], e) + np.einsum("i,iajb,j->ab", e, kernels[1], e.conj())
        least = min(least, float(np.linalg.eigvalsh(form)[0]))
    return bool(0 <= result <= least + 1e-9 and (result > 0) == (least > 1e-4))


def turned_fidelity(rho: Any) -> float:
    """Local turns make T diagonal: F = (1 + t₁ + t₂ ± t₃)/4 of its singular values, with the sign of det T."""
    full = matrix(rho)
    t = np.array([[np.trace(full @ np.kron(p, q)).real for q in (X, Y, Z)] for p in (X, Y, Z)])
    values = np.linalg.svd(t, compute_uv=False)
    sign = -1 if np.linalg.det(t) > 0 else 1
    return float((1 + values[0] + values[1] + sign * values[2]) / 4)


def overlap_of_channels(first: Any, second: Any) -> float:
    """Uhlmann's fidelity by the nuclear norm of √ρ√σ, of half of a maximally entangled ket sent through each."""
    roots = []
    for stack in (first, second):
        operators = np.array(stack, dtype=complex)
        d = operators.shape[1]
        sent = [np.kron(k, np.eye(d)) @ np.eye(d).ravel() / np.sqrt(d) for k in operators]
        values, vectors = np.linalg.eigh(sum(np.outer(v, v.conj()) for v in sent))
        roots.append((vectors * np.sqrt(values.clip(0))) @ vectors.conj().T)
    return float(np.linalg.norm(roots[0] @ roots[1], "nuc") ** 2)


def residual(ket: Any) -> float:
    """Coffman, Kundu and Wootters' own definition: τ = C²(A|BC) - C²(AB) - C²(AC)."""
    rho = matrix(ket)

    def squared(pair: Any) -> float:
        flip = np.kron(Y, Y)
        lengths = sorted(np.sqrt(np.abs(np.linalg.eigvals(pair @ flip @ pair.conj() @ flip))))
        return float(max(0.0, lengths[3] - sum(lengths[:3])) ** 2)

    return float(4 * np.linalg.det(traced(rho, [0])).real - squared(traced(rho, [0, 1])) - squared(traced(rho, [0, 2])))


def window(mermin_value: Any, num_qubits: Any) -> tuple[float, float]:
    """F - F₋ = v with F, F₋ ≥ 0 and F + F₋ ≤ 1: the ends of what is left for F."""
    v = float(mermin_value) / 2 ** (int(num_qubits) - 1)
    ends = [(v if v > 0 else 0.0), (1 - v) / 2 + v]
    return min(ends), max(ends)


RHO, THREE = random_density_matrix(2, np.random.default_rng(2)), random_density_matrix(3, np.random.default_rng(3))
PSI = random_ket(3, np.random.default_rng(4))
STATES: list[Any] = [
    epr_pair(), ket("01"), werner_state(0.5), werner_state(0.9).astype(np.complex64), ghz_state(3), w_state(3),
    ket("0"), np.eye(4) / 4, PSI, PSI.astype(np.complex64),
]  # fmt: skip
SIDES: list[Any] = [(1,), (2,), (0, 1), [], (0, 0), np.array([1]), {1}, range(1)]
CUT: dict[str, Any] = {"odd": {"rho": STATES, "subsystem": SIDES}, "says": ["subsystem"]}
CHANNELS: list[Any] = [
    dephasing(0.2), X[None], H[None], np.eye(2)[None], depolarizing(0.1).astype(np.complex64), np.eye(4)[None],
    rx(1e-6)[None], 2 * X[None],
]  # fmt: skip

CASES = [
    Case(multipartite.graph_state, {"num_qubits": 4, "edges": [(0, 1), (1, 2), (3, 1)]}, law(
        lambda result, num_qubits, edges: stabilised(result, int(num_qubits), edges)
    ), odd={"edges": [
        [(0, 0)], [(0, 1), (1, 0)], [(0, 9)], [(0, 1, 2)], [[0, 1], [1]], [("0", "1")], [(0.0, 1.0)],
        np.array([[0, 1]]), {(0, 1)}, ["01"],
    ]}, says=["edges"]),
    Case(multipartite.cluster_state, {"rows": 2, "columns": 3}, law(on_a_grid), says=["rows", "columns"]),
    Case(multipartite.horodecki_state, {"b": 0.3}, bound_state),
    Case(multipartite.range_gap, {"rho": multipartite.horodecki_state(0.3)}, law(gap_read), odd={"rho": [
        *STATES, multipartite.horodecki_state(1.0), multipartite.horodecki_state(0.3).astype(np.complex64),
    ]}),
    Case(multipartite.log_negativity, {"rho": THREE, "subsystem": (0, 2)}, logarithm, **CUT, absolute=1e-7),
    Case(multipartite.conditional_entropy, {"rho": THREE, "subsystem": (0, 2)}, given_the_rest, **CUT, absolute=1e-9),
    Case(multipartite.cut_mutual_information, {"rho": THREE, "subsystem": (0, 2)}, shared, **CUT, absolute=1e-9),
    Case(multipartite.fully_entangled_fraction, {"rho": RHO}, turned_fidelity, odd={"rho": [
        *STATES, bell_state("psi-"), bell_state("phi-"),
    ]}, absolute=1e-7),
    Case(
        multipartite.channel_fidelity, {"first": dephasing(0.2), "second": depolarizing(0.1)}, overlap_of_channels,
        odd={"first": CHANNELS, "second": CHANNELS}, absolute=1e-6, says=["second", "first"],
    ),
    Case(multipartite.pauli_expectation, {"rho": THREE, "label": "XYZ"}, lambda rho, label: float(
        np.trace(matrix(rho) @ string(label)).real
    ), odd={"rho": STATES, "label": ["III", "YYY", "ZIX", "XY", "XYZZ", "xyz", "XYQ"]}, says=["label"]),
    Case(multipartite.three_tangle, {"ket": PSI}, residual, absolute=1e-7, odd={"ket": STATES}),
    Case(multipartite.ghz_fidelity_window, {"mermin_value": 2.83, "num_qubits": 3}, window, odd={
        "mermin_value": [4, -4, 4.0001], "num_qubits": [1000],
    }, says=["mermin_value"]),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.multipartite", CASES
)
