"""Gates at their edges, against matrix exponentials by power series and tensor products written out."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from qlab import gates
from tests.edges.frame import RNG, Case, edges_of, law

ANGLES = (1e9, -1e9, 1e9 + 1, 4 * np.pi, 1e-300)


def exponential(generator: Any, theta: float) -> Any:
    """exp(-iθG/2) from the eigenvalues of G."""
    values, vectors = np.linalg.eigh(generator)
    return (vectors * np.exp(-0.5j * float(theta) * values)) @ vectors.conj().T


def turned(theta: float, phi: float, lam: float) -> Any:
    """u3 as Rz(φ)Ry(θ)Rz(λ), times the phase that CONVENTIONS.md demands."""
    product = exponential(gates.Z, phi) @ exponential(gates.Y, theta) @ exponential(gates.Z, lam)
    return np.exp(0.5j * (float(phi) + float(lam))) * product


def angle_case(call: Any, second: Any) -> Case:
    return Case(call, {"theta": 0.3}, second, absolute=1e-6, odd={"theta": ANGLES})


def controlled(matrix: Any) -> Any:
    u = np.array(matrix, dtype=complex)
    return np.kron(np.diag([1, 0]), np.eye(len(u))) + np.kron(np.diag([0, 1]), u)


def pauli_by_entries(label: str) -> Any:
    """⟨row|P|column⟩ as the product of the entries of each letter, for columns and rows counted in binary."""
    entries: dict[str, Any] = {"I": {(0, 0): 1, (1, 1): 1}, "Z": {(0, 0): 1, (1, 1): -1}, "X": {(0, 1): 1, (1, 0): 1}}
    entries["Y"] = {(0, 1): -1j, (1, 0): 1j}
    rows = list(product((0, 1), repeat=len(label)))

    def entry(row: Any, column: Any) -> complex:
        return prod(entries[a].get((i, j), 0) for a, i, j in zip(str(label), row, column, strict=True))

    return np.array([[entry(row, column) for column in rows] for row in rows])


def named(name: str, params: Any) -> Any:
    return exponential(gates.X, *params) if name == "rx" else gates.H


CASES = [
    angle_case(gates.rx, lambda theta: exponential(gates.X, theta)),
    angle_case(gates.ry, lambda theta: exponential(gates.Y, theta)),
    angle_case(gates.rz, lambda theta: exponential(gates.Z, theta)),
    angle_case(gates.rzz, lambda theta: exponential(np.kron(gates.Z, gates.Z), theta)),
    angle_case(gates.phase, lambda theta: np.exp(0.5j * float(theta)) * exponential(gates.Z, theta)),
    angle_case(gates.cphase, lambda theta: controlled(np.exp(0.5j * float(theta)) * exponential(gates.Z, theta))),
    Case(
        gates.u3, {"theta": 0.3, "phi": 0.4, "lam": 0.5}, turned, absolute=1e-6,
        odd=dict.fromkeys(("theta", "phi", "lam"), ANGLES),
    ),
    Case(gates.controlled, {"matrix": gates.H}, controlled),
    Case(gates.pauli_string, {"label": "XZ"}, pauli_by_entries, odd={"label": ["X" * 14, "X" * 10**6, "xz", "X Z"]}),
    Case(
        gates.random_unitary, {"dimension": 4, "rng": RNG},
        law(lambda result, dimension, rng: np.allclose(result @ result.conj().T, np.eye(int(dimension)), atol=1e-12)),
        odd={"dimension": [1, 3, 8193, 10**9]},
    ),
    Case(
        gates.unitary, {"name": "rx", "params": (0.3,)}, named,
        absolute=1e-6, says=["params"], odd={"name": ["h", "RX"]},
    ),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.gates", CASES, records=(gates.GateSpec,)
)
