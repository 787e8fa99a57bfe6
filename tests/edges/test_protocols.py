"""Protocols at their edges, against circuits run step by step and sums over the Bell basis."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from qlab import protocols, states
from qlab.channels import depolarizing
from qlab.circuits import Circuit
from qlab.gates import CNOT, H, X, Z
from qlab.measures import entropy
from qlab.protocols import bell_measurement, cloning, swapping, teleportation
from qlab.simulator.reference import records
from tests.edges.frame import Case, edges_of, law
from tests.edges.matrices import embedded, matrix, traced, width

PSI, RHO = states.random_ket(1, np.random.default_rng(1)), states.random_density_matrix(2, np.random.default_rng(2))
THREE, PAIR = states.random_density_matrix(3, np.random.default_rng(3)), states.werner_state(0.9)
PAIRS = [states.epr_pair(), states.ket("01"), states.ghz_state(3), np.zeros(4), PAIR.astype(np.complex64)]


def turned(z: Any, x: Any) -> Any:
    return (Z if z else np.eye(2)) @ (X if x else np.eye(2))


def bell(z: Any, x: Any) -> Any:
    """H and CNOT on |zx⟩: what the measurement undoes."""
    return CNOT @ np.kron(H, np.eye(2)) @ np.eye(4)[2 * int(z) + int(x)]


def found(rho: Any, first: Any, second: Any) -> list[Any]:
    """Each outcome's bits, probability and rest by a projector on the whole register."""
    full, n = matrix(rho), width(matrix(rho))
    outcomes = []
    for z, x in product((0, 1), repeat=2):
        projector = embedded(np.outer(bell(z, x), bell(z, x).conj()), (first, second), n)
        after = projector @ full @ projector
        chance = float(after.trace().real)
        rest = traced(after, [q for q in range(n) if q not in (first, second)]) / chance if chance > 1e-12 else None
        outcomes.append(bell_measurement.BellOutcome((z, x), chance, rest))
    return outcomes


def corrected(rho: Any, bits: Any, qubit: Any) -> Any:
    operator = embedded(turned(*bits), (qubit,), width(matrix(rho)))
    return operator @ matrix(rho) @ operator.conj().T


def by_circuit(circuit: Circuit, start: Any, keep: Any) -> Any:
    return traced(sum(records(circuit, start).values()), keep)


def teleported(message: Any, resource: Any) -> Any:
    pair = states.epr_pair() if resource is None else resource
    start = np.kron(matrix(message), matrix(pair))
    return by_circuit(teleportation.teleportation_circuit(prepare_pair=False), start / start.trace(), [2])


def before_bits(message: Any, resource: Any) -> Any:
    pair = states.epr_pair() if resource is None else resource
    return traced(pair, [1]) * matrix(message).trace()


def swapped(first: Any, second: Any, gate_error: Any, readout_error: Any) -> Any:
    """The circuit of a swap on two given pairs, its bits flipped by X before they are read, with X undone after."""
    joint = np.kron(matrix(first), matrix(second))
    circuit = Circuit(4).noise("depolarizing", 1, 2, params=[float(gate_error)]).cnot(1, 2).h(1)
    total = np.zeros((4, 4), dtype=complex)
    for record, after in records(circuit.measure(1, 2, key="m"), joint / joint.trace()).items():
        z, x = record[0][1] >> 1, record[0][1] & 1
        for flips in product((0, 1), repeat=2):
            weight = np.prod([float(readout_error) if flip else 1 - float(readout_error) for flip in flips])
            total += weight * corrected(traced(after, [0, 3]), (z ^ flips[0], x ^ flips[1]), 1)
    return total


def remote(rho: Any, resource: Any) -> Any:
    both, pair = matrix(rho), matrix(resource)
    start = np.kron(both, pair).reshape((2,) * 8).transpose(0, 2, 3, 1, 4, 6, 7, 5).reshape(16, 16)
    circuit = swapping.remote_cnot_circuit()
    return by_circuit(Circuit(4, circuit.operations[2:]), start / start.trace(), [0, 3])


def copies(message: Any, cloner: Any) -> Any:
    unitary = np.array(cloner, dtype=complex)
    sent = unitary[:, :: len(unitary) // 2] @ np.array(message, dtype=complex)
    return traced(sent, [0]), traced(sent, [1])


def best_copy(originals: Any, copies: Any) -> float:
    """1 - (share of the ignorance): F = 1 - (1/2)·[1 - (N/(N+2))·((M+2)/M)]."""
    n = Fraction(int(originals))
    return float(Fraction(1, 2) + n / (n + 2) / 2 * (1 if copies == np.inf else 1 + Fraction(2, int(copies))))


def mean_fidelity(resource: Any) -> float:
    pair = states.epr_pair() if resource is None else resource
    phi = states.epr_pair()
    return float(2 * (phi.conj() @ matrix(pair) @ phi).real + 1) / 3


def dense(resource: Any) -> float:
    """Holevo's bound of the four Pauli-turned pairs."""
    pair = matrix(states.epr_pair() if resource is None else resource)
    turns = [np.kron(turned(z, x), np.eye(2)) for z, x in product((0, 1), repeat=2)]
    signals = [t @ pair @ t.conj().T for t in turns]
    mean = sum(signals) / 4
    return float(_entropy(mean) - np.mean([_entropy(s) for s in signals]))


def _entropy(rho: Any) -> float:
    values = np.linalg.eigvalsh(rho)
    return float(-sum(v * np.log2(v) for v in values if v > 1e-15))


BITS: dict[str, Any] = {"bits": [(True, False), "10", np.array([1, 0]), (1, 2), (1.0, 0.0)]}
CASES = [
    Case(bell_measurement.correction, {"z": 1, "x": 0}, turned),
    Case(bell_measurement.bell_ket, {"z": 1, "x": 0}, lambda z, x: bell(z, x) * (-1) ** (int(z) * int(x) * 0)),
    Case(
        bell_measurement.bell_measurement, {"rho": THREE, "first": 0, "second": 2}, found,
        says=["first and second"], odd={"rho": [states.ghz_state(3), states.ket("010"), states.epr_pair(), RHO]},
    ),
    Case(bell_measurement.apply_correction, {"rho": RHO, "bits": (1, 1), "qubit": 1}, corrected, odd={
        "rho": [states.epr_pair(), THREE], **BITS,
    }),
    Case(cloning.clones, {"message": PSI, "cloner": cloning.universal_cloner()}, copies, says=["cloner"], odd={
        "message": [states.epr_pair()], "cloner": [CNOT, H, np.eye(3), np.eye(16)],
    }),
    Case(cloning.cloning_fidelity, {"originals": 1, "copies": 2}, best_copy, says=["copies"], odd={
        "copies": [np.inf, np.float64(np.inf)],
    }),
    Case(
        swapping.entanglement_swapping,
        {"first": PAIR, "second": RHO, "gate_error": 0.1, "readout_error": 0.05}, swapped,
        odd={"first": PAIRS, "second": PAIRS},
    ),
    Case(swapping.remote_cnot, {"rho": RHO, "resource": PAIR}, remote, odd={"rho": PAIRS, "resource": PAIRS}),
    Case(teleportation.teleportation_circuit, {"prepare_pair": False}, lambda prepare_pair: (
        Circuit(3, (Circuit(3).h(1).cnot(1, 2).operations if prepare_pair else ())
        + teleportation.teleportation_circuit().operations[2:])
    )),
    Case(teleportation.teleport, {"message": PSI, "resource": PAIR}, teleported, odd={
        "message": [matrix(PSI), states.ket("1"), PAIR], "resource": PAIRS,
    }),
    Case(teleportation.bob_before_the_bits, {"message": PSI, "resource": PAIR}, before_bits, odd={"resource": PAIRS}),
    Case(
        teleportation.fidelity_through_pair, {"pair_fidelity": 0.75},
        lambda pair_fidelity: float(pair_fidelity) * 1 + (1 - float(pair_fidelity)) / 3,
    ),
    Case(teleportation.average_teleportation_fidelity, {"resource": PAIR}, mean_fidelity, odd={"resource": PAIRS}),
    Case(teleportation.superdense_circuit, {"bits": (1, 0)}, law(
        lambda result, bits: list(records(result)) != [] and max(
            records(result).items(), key=lambda item: item[1].trace().real
        )[0] == (("m", 2 * int(bits[0]) + int(bits[1])),)
    ), odd=BITS),
    Case(teleportation.superdense_capacity, {"resource": PAIR}, dense, absolute=1e-9, odd={"resource": PAIRS}),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.protocols", CASES, records=(bell_measurement.BellOutcome,)
)


@pytest.mark.parametrize("single", [(0,), (1,), (0, 1)])
def test_states_of_both_precisions_meet(single: tuple[int, ...]) -> None:
    """One argument in complex64 beside one in complex128: the answer is right, and as precise as the lesser."""

    def narrow(*arrays: Any) -> list[Any]:
        return [a.astype(np.complex64) if i in single else a for i, a in enumerate(arrays)]

    for call, second, arrays in (
        (protocols.teleport, teleported, (PSI, RHO)),
        (protocols.entanglement_swapping, lambda a, b: swapped(a, b, 0, 0), (PAIR, RHO)),
        (swapping.remote_cnot, remote, (RHO, PAIR)),
    ):
        answer = call(*narrow(*arrays))
        assert answer.dtype == np.complex64
        assert np.allclose(answer, second(*arrays), atol=1e-5)
        assert entropy(answer) > 0  # accepted again
    assert depolarizing(0.1).dtype == np.complex128


def test_an_outcome_that_hardly_ever_happens_leaves_a_state() -> None:
    for chance in (1e-9, 1e-13):
        pair = np.array([np.sqrt(1 - chance), 0, 0, np.sqrt(chance)])
        for outcome in bell_measurement.bell_measurement(np.kron(states.ket("1"), pair), 0, 1):
            assert outcome.rho is None or np.linalg.eigvalsh(outcome.rho).min() >= -1e-15
        after = teleportation.teleport(states.ket("1"), pair)
        assert np.trace(after).real == pytest.approx(1, abs=1e-12)
