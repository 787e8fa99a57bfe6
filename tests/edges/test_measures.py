"""Measures at their edges, against other formulas, and the pure states' closed forms at sizes that no matrix has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qlab import measures, states
from qlab.channels import depolarizing
from qlab.circuits import Circuit
from qlab.gates import H, X, Y, rx
from qlab.simulator import run
from tests.edges.frame import Case, complaint, edges_of
from tests.edges.matrices import bits_of_entropy, matrix, traced, transposed

PSI, RHO = states.random_ket(2, np.random.default_rng(1)), states.random_density_matrix(2, np.random.default_rng(2))
SIGMA, LONG = states.werner_state(0.9), states.ghz_state(20)
STATES = [PSI, states.ket("00"), states.epr_pair(), states.werner_state(0.5), states.ghz_state(3), np.zeros(4)]


def root(rho: Any) -> Any:
    values, vectors = np.linalg.eigh(rho)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.conj().T


def overlap(first: Any, second: Any) -> float:
    """(Tr √(√ρ σ √ρ))², by the definition."""
    middle = root(matrix(first))
    return float(np.trace(root(middle @ matrix(second) @ middle)).real ** 2)


def negative_part(rho: Any, subsystem: Any) -> float:
    """(Tr|ρ^Γ| - 1)/2."""
    return float((np.linalg.norm(transposed(rho, subsystem), "nuc") - np.trace(matrix(rho)).real) / 2)


def wootters(rho: Any) -> float:
    """From the eigenvalues of ρ(Y⊗Y)ρ*(Y⊗Y)."""
    flip = np.kron(Y, Y)
    values = np.linalg.eigvals(matrix(rho) @ flip @ matrix(rho).conj() @ flip).real.clip(0)
    lengths = sorted(np.sqrt(values))
    return float(max(0, lengths[3] - sum(lengths[:3])))


def shannon(probability: Any) -> float:
    """By series for small chances, else by the definition."""
    p = float(probability)
    if not 0 < p < 1:
        return 0.0
    rest = p - p * p / 2 if p < 1e-6 else -(1 - p) * np.log(1 - p)
    return float((rest - p * np.log(p)) / np.log(2))


def information(rho: Any) -> float:
    others = range(1, len(matrix(rho)).bit_length() - 1)
    return bits_of_entropy(traced(rho, [0])) + bits_of_entropy(traced(rho, others)) - bits_of_entropy(rho)


def inward(rho: Any) -> float:
    return bits_of_entropy(traced(rho, range(1, len(matrix(rho)).bit_length() - 1))) - bits_of_entropy(rho)


def discord(weights: Any) -> float:
    """Mutual information less the most that a measurement along one of the three axes gives, by measuring."""
    pairs = [matrix(states.bell_state(name)) for name in states.BELL_NAMES]
    rho = np.sum([float(w) * pair for w, pair in zip(weights, pairs, strict=True)], axis=0)
    gains = []
    for pauli in "XYZ":
        gain = bits_of_entropy(traced(rho, [1]))
        for sign in (1, -1):
            half = np.kron((np.eye(2) + sign * measures_axis(pauli)) / 2, np.eye(2))
            after = half @ rho @ half
            gain -= after.trace().real * bits_of_entropy(traced(after / after.trace().real, [1]))
        gains.append(gain)
    return information(rho) - max(gains)


def measures_axis(pauli: str) -> Any:
    return {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}[pauli]


def choi_overlap(kraus: Any, unitary: Any) -> float:
    """⟨U|E(Φ)|U⟩ for the maximally entangled ket, on which the channel acts with one half."""
    operators, target = np.array(kraus, dtype=complex), np.array(unitary, dtype=complex)
    d = len(target)
    phi = np.eye(d).ravel() / np.sqrt(d)
    wanted = np.kron(target, np.eye(d)) @ phi
    return float(sum(abs(wanted.conj() @ np.kron(k, np.eye(d)) @ phi) ** 2 for k in operators))


def over_axes(kraus: Any, unitary: Any) -> float:
    """Mean over a two-design: the six eigenstates of X, Y and Z."""
    target = np.array(unitary, dtype=complex)
    operators = np.array(kraus, dtype=complex)
    sent = [states.ket(label) for label in "01+-rl"]
    found = [abs((target @ psi).conj() @ operator @ psi) ** 2 for operator in operators for psi in sent]
    return float(np.sum(found) / len(sent))


ONE: dict[str, Any] = {"rho": STATES}
GOOD = {"kraus": depolarizing(0.1), "unitary": H}
OTHER = {
    "unitary": [X, rx(0.3), 1.0001 * X, X + 1e-7, np.eye(4)], "kraus": [depolarizing(0.1, num_qubits=2), np.eye(2)],
}  # fmt: skip
CASES = [
    Case(measures.fidelity, {"first": RHO, "second": SIGMA}, overlap, absolute=1e-6, says=["first", "second"], odd={
        "first": STATES, "second": STATES,
    }),
    Case(
        measures.trace_distance, {"first": RHO, "second": SIGMA},
        lambda first, second: np.linalg.norm(matrix(first) - matrix(second), "nuc") / 2,
        absolute=1e-9, says=["first", "second"], odd={"first": STATES, "second": STATES},
    ),
    Case(measures.purity, {"rho": RHO}, lambda rho: np.trace(matrix(rho) @ matrix(rho)).real, odd=ONE),
    Case(measures.entropy, {"rho": RHO}, bits_of_entropy, absolute=1e-9, odd=ONE),
    Case(measures.binary_entropy, {"probability": 0.1}, shannon, absolute=0, odd={"probability": [1e-12, 1 - 1e-12]}),
    Case(measures.partial_transpose, {"rho": RHO, "subsystem": (0,)}, transposed, odd=ONE),
    Case(measures.negativity, {"rho": RHO, "subsystem": (0,)}, negative_part, absolute=1e-9, odd=ONE),
    Case(measures.is_ppt, {"rho": RHO, "subsystem": (0,)}, lambda rho, subsystem: bool(
        negative_part(rho, subsystem) < (1e-3 if np.array(rho).dtype in (np.float32, np.complex64) else 1e-7)
    ), odd=ONE),
    Case(measures.concurrence, {"rho": RHO}, wootters, absolute=1e-6, odd=ONE),
    Case(
        measures.entanglement_of_formation, {"rho": SIGMA},
        lambda rho: shannon((1 + np.sqrt(1 - min(1.0, wootters(rho)) ** 2)) / 2), absolute=1e-6, odd=ONE,
    ),
    Case(measures.mutual_information, {"rho": RHO}, information, absolute=1e-9, odd=ONE),
    Case(measures.coherent_information, {"rho": RHO}, inward, absolute=1e-9, odd=ONE),
    Case(measures.hashing_bound, {"rho": SIGMA}, lambda rho: max(0.0, inward(rho)), absolute=1e-9, odd=ONE),
    Case(measures.bell_diagonal_discord, {"weights": [0.4, 0.3, 0.2, 0.1]}, discord, absolute=1e-9),
    Case(measures.process_fidelity, GOOD, choi_overlap, odd=OTHER, says=["kraus", "unitary"]),
    Case(measures.average_fidelity, GOOD, over_axes, odd=OTHER, says=["kraus", "unitary"]),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.measures", CASES
)


@pytest.mark.parametrize("measure", [measures.negativity, measures.is_ppt, measures.concurrence])
@pytest.mark.parametrize("dress", ["single", "rounded at 9", "rounded at 8", "single and rounded at 5"])
def test_products_are_not_called_entangled(measure: Any, dress: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(50):
        angles = rng.uniform(0, 2 * np.pi, 4)
        circuit = Circuit(2).rx(angles[0], 0).rz(angles[1], 0).ry(angles[2], 1).rz(angles[3], 1)
        psi = run(circuit)
        for given in (psi, matrix(psi)):
            given = given.astype(np.complex64) if "single" in dress else given
            given = np.round(given, int(dress[-1])) if "rounded" in dress else given
            try:
                found = measure(given)
            except ValueError:  # rounded so far that it is no state
                continue
            if measure is measures.concurrence:
                assert found < (0.02 if "5" in dress else 1e-3)
            else:
                assert found == (measure is measures.is_ppt)


@pytest.mark.parametrize("kind", [np.complex128, np.complex64])
def test_weak_entanglement_is_still_seen(kind: Any) -> None:
    fidelity = 0.5 + (1e-3 if kind is np.complex64 else 1e-7)
    assert not measures.is_ppt(states.werner_state(fidelity).astype(kind))
    assert measures.negativity(states.werner_state(fidelity).astype(kind)) == pytest.approx(fidelity - 0.5, rel=0.01)


def test_kets_of_twenty_qubits_have_closed_forms() -> None:
    for call, value in ((measures.purity, 1.0), (measures.entropy, 0.0), (measures.mutual_information, 2.0)):
        assert complaint(Case(call, {"rho": LONG}, lambda rho, value=value: value), {}) is None
    for call, value in ((measures.negativity, 0.5), (measures.is_ppt, 0.0)):
        good = {"rho": LONG, "subsystem": (0, 7)}
        assert complaint(Case(call, good, lambda rho, subsystem, value=value: value), {}) is None
    assert measures.coherent_information(LONG) == pytest.approx(1)
    assert measures.fidelity(LONG, LONG) == pytest.approx(1)
    assert measures.trace_distance(LONG, states.w_state(20)) == pytest.approx(1)


@pytest.mark.parametrize("call", [
    lambda psi: states.density_matrix(psi),
    lambda psi: measures.partial_transpose(psi, [0]),
    lambda psi: states.partial_trace(psi, range(15)),
    lambda psi: states.mixture([1.0], [psi]),
    lambda psi: states.tensor(psi, psi),
])  # fmt: skip
def test_what_is_too_large_is_refused_before_it_is_allocated(call: Any) -> None:
    case = Case(call, {"psi": LONG}, lambda psi: "refused", says=["rho", "ket_or_matrix", "keep", "members", "factors"])
    assert complaint(case, {}) is None, complaint(case, {})
    with pytest.raises(ValueError, match="must be a whole number of at least 1 and at most"):
        call(LONG)


def test_small_distances_keep_their_digits() -> None:
    for angle in (1e-3, 1e-8, 1e-12):
        distance = measures.trace_distance(states.ket("0"), np.array([np.cos(angle), 1j * np.sin(angle)]))
        assert distance == pytest.approx(np.sin(angle), rel=1e-9)
