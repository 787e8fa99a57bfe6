"""States at their edges, against sums over basis states."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab import states
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import matrix, traced

AXES = {"0": (1, 0), "1": (0, 1), "+": (0.5**0.5, 0.5**0.5), "-": (0.5**0.5, -(0.5**0.5))}
AXES |= {"r": (0.5**0.5, 1j * 0.5**0.5), "l": (0.5**0.5, -1j * 0.5**0.5)}
BELL = {"phi+": (1, 0, 0, 1), "phi-": (1, 0, 0, -1), "psi+": (0, 1, 1, 0), "psi-": (0, 1, -1, 0)}
PSI, RHO = states.random_ket(2, np.random.default_rng(1)), states.random_density_matrix(2, np.random.default_rng(2))


def product_ket(label: str) -> Any:
    amplitudes = np.ones(1)
    for character in str(label):
        amplitudes = np.outer(amplitudes, AXES[character]).ravel()
    return amplitudes


def bell(name: str) -> Any:
    return np.array(BELL[str(name)]) * 0.5**0.5


def basis_sum(n: Any, numbers: Any) -> Any:
    vector = np.zeros(2 ** int(n))
    vector[list(numbers)] = len(list(numbers)) ** -0.5
    return vector


def mixed(weights: Any, members: Any) -> Any:
    return np.sum([float(w) * matrix(m) for w, m in zip(weights, members, strict=True)], axis=0)


def bell_diagonal(weights: Any) -> Any:
    return mixed(weights, [bell(name) for name in BELL])


def tensored(factors: Any) -> Any:
    arrays = [np.array(factor, dtype=complex) for factor in factors]
    result = arrays[0]
    for array in arrays[1:]:
        axes = np.multiply.outer(result, array)
        shape = [a * b for a, b in zip(result.shape, array.shape, strict=True)]
        result = (axes if result.ndim == 1 else axes.transpose(0, 2, 1, 3)).reshape(shape)
    return result


def is_state(result: Any) -> bool:
    values = np.linalg.eigvalsh(matrix(result))
    return bool(values.min() > -1e-12 and abs(values.sum() - 1) < 1e-12)


CASES = [
    Case(states.tensor, {"factors": (PSI, states.ket("0"))}, tensored, odd={"factors": [
        (RHO, RHO), (PSI, RHO), (PSI,) * 40, (PSI, None), (PSI, [1, np.nan]), ([[1], [1, 2]],), ("01",), (RHO[:1], RHO),
    ]}),
    Case(states.ket, {"label": "0+"}, product_ket, odd={"label": ["01-rl", "2", "0" * 10**6]}),
    Case(states.bell_state, {"name": "psi-"}, bell, odd={"name": ["phi", "PHI+"]}),
    Case(
        states.partially_entangled_ket, {"concurrence": 0.5}, lambda concurrence: np.array([
            np.sqrt((1 + np.sqrt(1 - float(concurrence) ** 2)) / 2), 0, 0,
            float(concurrence) / np.sqrt(2 * (1 + np.sqrt(1 - float(concurrence) ** 2))),
        ]), absolute=0,
    ),
    Case(states.ghz_state, {"num_qubits": 3}, lambda num_qubits: basis_sum(num_qubits, (0, 2 ** int(num_qubits) - 1))),
    Case(
        states.w_state, {"num_qubits": 3}, lambda num_qubits: basis_sum(num_qubits, [2**k for k in range(num_qubits)])
    ),
    Case(
        states.density_matrix, {"ket_or_matrix": PSI}, lambda ket_or_matrix: matrix(ket_or_matrix),
        odd={"ket_or_matrix": [RHO, np.eye(1, 2**14)[0]]},
    ),
    Case(states.mixture, {"weights": [0.25, 0.75], "members": [PSI, RHO]}, mixed, says=["weights", "members"], odd={
        "members": [[PSI, states.ket("0")], [PSI, PSI[:, None]], [PSI, PSI * 2], [np.eye(1, 2**20)[0]] * 2],
        "weights": [[0.5, 0.5 + 1e-7], np.array([0.25, 0.75], dtype=np.float32), [0.5, 0.25]],
    }),
    Case(
        states.maximally_mixed_state, {"num_qubits": 2},
        lambda num_qubits: np.eye(2 ** int(num_qubits)) / 2**int(num_qubits),
    ),
    Case(
        states.classically_correlated_state, {"num_qubits": 2},
        lambda num_qubits: np.diag(basis_sum(num_qubits, (0, 2 ** int(num_qubits) - 1)) ** 2),
    ),
    Case(
        states.werner_state, {"fidelity": 0.8},
        lambda fidelity: bell_diagonal([float(fidelity)] + [(1 - float(fidelity)) / 3] * 3),
    ),
    Case(states.bell_diagonal_state, {"weights": [0.4, 0.3, 0.2, 0.1]}, bell_diagonal, odd={"weights": [[1e300] * 4]}),
    Case(states.partial_trace, {"rho": RHO, "keep": (1,)}, traced, says=["rho", "keep"], odd={
        "rho": [PSI, states.ghz_state(3)], "keep": [(1, 0), {0}, range(2), iter([0.0])],
    }),
    Case(states.random_ket, {"num_qubits": 2, "rng": RNG}, law(
        lambda result, num_qubits, rng: is_state(result) and len(result) == 2 ** int(num_qubits)
    )),
    Case(states.random_density_matrix, {"num_qubits": 2, "rng": RNG, "rank": 2}, law(
        lambda result, num_qubits, rng, rank: is_state(result)
        and np.linalg.matrix_rank(result, tol=1e-12) == (4 if rank is None else rank)
    ), odd={"rank": [4]}, says=["rank"]),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.states", CASES
)
