"""The simulator at its edges, against matrices on the whole register and the chances of every record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qlab import measures, simulator, states
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.gates import CNOT, H, X, Y
from qlab.simulator import reference, sampling, statevector
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import embedded, matrix, width

PSI, RHO = states.random_ket(2, np.random.default_rng(1)), states.random_density_matrix(2, np.random.default_rng(2))
GATES = Circuit(2).h(0).rx(0.3, 1).cnot(0, 1)
SHOTS = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m").x(0, when="m").noise("bit_flip", 0, params=[0.5])
MEASURED = SHOTS.measure(0, key="k")
CIRCUITS = [GATES, SHOTS, Circuit(2), Circuit(40).h(0), Circuit(40).h(0).measure(0), GATES.to_data(), Circuit(1).h(0)]
KETS = [PSI, [1, 0, 0, 0], [1, 0], np.zeros(4), PSI.astype(np.complex64), PSI * (1 + 1e-7), RHO]
UNITARIES = [Y, CNOT, [[0, 1], [1, 0]], H * (1 + 1e-7), np.eye(3), H.astype(np.complex64)]


def turned(ket: Any, matrix: Any, qubits: Any) -> Any:
    psi = np.array(ket, dtype=complex)
    return embedded(matrix, qubits, width(psi)) @ psi


def final(circuit: Any, initial: Any = None) -> Any:
    """Matrix after matrix on the whole register."""
    steps = as_circuit(circuit)
    psi = np.eye(1, 2**steps.num_qubits)[0] if initial is None else np.array(initial, dtype=complex)
    for operation in steps:
        psi = embedded(operation.matrix(), operation.qubits, steps.num_qubits) @ psi
    return psi


def recorded(circuit: Any, initial: Any = None) -> dict[Any, Any]:
    """Unnormalised density matrix of each record."""
    steps = as_circuit(circuit)
    n = steps.num_qubits
    branches: dict[Any, Any] = {(): matrix(np.eye(1, 2**n)[0] if initial is None else initial)}
    for o in steps:
        after: dict[Any, Any] = {}
        for record, rho in branches.items():
            idle = o.condition is not None and not dict(record)[o.condition]
            for result, kraus in enumerate([np.eye(2 ** len(o.qubits))] if idle else kraus_operators(o)):
                full, key = embedded(kraus, o.qubits, n), record + (((o.key, result),) if o.key else ())
                after[key] = after.get(key, 0) + full @ rho @ full.conj().T
        branches = after
    return branches


def averaged(circuit: Any, initial: Any = None) -> Any:
    return sum(recorded(circuit, initial).values())


def seen(bits: Any, key: str) -> int:
    return int("".join(str(int(b)) for b in bits[key]), 2)


def shots_fit(result: Any, circuit: Any, shots: Any, rng: Any, initial: Any) -> bool:
    """As many rows as shots, none that cannot happen."""
    keys = as_circuit(circuit).keys
    possible = {record for record, rho in recorded(circuit, initial).items() if rho.trace().real > 1e-9}
    rows = [{key: result[key][i] for key in keys} for i in range(int(shots))]
    return set(result) == set(keys) and all(tuple((k, seen(row, k)) for k in keys) in possible for row in rows)


def shot_fits(result: Any, circuit: Any, rng: Any, initial: Any) -> bool:
    """The ket of a shot belongs to its record: ⟨ψ|ρ|ψ⟩ is not 0, and the ket is normalised."""
    ket, bits = result
    record = tuple((key, seen(bits, key)) for key in as_circuit(circuit).keys)
    rho = recorded(circuit, initial)[record]
    return bool((ket.conj() @ rho @ ket).real > 1e-6 and abs(np.linalg.norm(ket) - 1) < 1e-5)


def chances(ket: Any, qubits: Any) -> Any:
    rho = matrix(ket)
    n = width(rho)
    kept = list(range(n)) if qubits is None else [int(q) for q in qubits]
    total = np.zeros(2 ** len(kept))
    for number in range(2**n):
        total[int("0" + "".join(str(number >> (n - 1 - q) & 1) for q in kept), 2)] += rho[number, number].real
    return total / total.sum()


def collapsed(result: Any, ket: Any, qubits: Any, rng: Any) -> bool:
    bits, after = result
    psi = np.array(ket, dtype=complex)
    projected = psi
    for q, bit in zip(qubits, bits, strict=True):
        projected = embedded(np.diag([1 - int(bit), int(bit)]), (q,), width(psi)) @ projected
    return np.allclose(after, projected / np.linalg.norm(projected), atol=1e-6)


def tallied(bits: Any) -> dict[str, int]:
    rows = ["".join(str(int(b)) for b in row) for row in bits]
    return {row: rows.count(row) for row in sorted(set(rows))}


def applied(array: Any, matrix: Any, qubits: Any, axes: Any) -> Any:
    tensor = np.array(array, dtype=complex)
    return (embedded(matrix, qubits, int(axes)) @ tensor.ravel()).reshape(tensor.shape)


CIRCUIT = ["circuit", "num_qubits", "initial", "operation"]
START = {"initial": [PSI, RHO, [1, 0], np.zeros(4), PSI.astype(np.complex64)]}
CASES = [
    Case(statevector.apply_unitary, {"ket": PSI, "matrix": H, "qubits": (1,)}, turned, says=["matrix", "qubits"], odd={
        "ket": KETS, "matrix": UNITARIES, "qubits": [(0, 1), {1}, (-1,)],
    }),
    Case(
        statevector.run, {"circuit": GATES, "initial": PSI, "dtype": np.complex128, "threads": 1},
        lambda circuit, initial, dtype, threads: final(circuit, initial), absolute=1e-12, says=CIRCUIT,
        odd={"circuit": CIRCUITS, "dtype": ["complex128", complex, float, None, []], "initial": KETS},
    ),
    Case(statevector.probabilities, {"ket": PSI, "qubits": (1,)}, chances, says=["qubits"], odd={
        "ket": KETS, "qubits": [None, (1, 0), ()],
    }),
    Case(statevector.measure, {"ket": PSI, "qubits": (1,), "rng": RNG}, law(collapsed), says=["qubits"], odd={
        "ket": KETS,
    }),
    Case(statevector.run_shot, {"circuit": SHOTS, "rng": RNG, "initial": PSI}, law(shot_fits), says=CIRCUIT, odd={
        "circuit": CIRCUITS, **START,
    }),
    Case(
        sampling.sample, {"circuit": MEASURED, "shots": 20, "rng": RNG, "initial": PSI}, law(shots_fit), says=CIRCUIT,
        odd={"circuit": CIRCUITS, "shots": [0, 10**8 + 1], **START},
    ),
    Case(sampling.counts, {"bits": np.array([[0, 1], [1, 1], [0, 1]], dtype=np.uint8)}, tallied, odd={
        "bits": [[[True, False]], [[0.0, 1.0]], [[]], np.zeros((0, 2)), [[2]], [["1"]]],
    }),
    Case(simulator.run_density_matrix, {"circuit": SHOTS, "initial": RHO}, averaged, says=CIRCUIT, odd={
        "circuit": CIRCUITS, "initial": [PSI, None, RHO.astype(np.complex64), np.eye(4)],
    }),
    Case(reference.apply_matrix, {"array": PSI, "matrix": H, "qubits": (1,), "axes": 2}, applied,
         says=["array", "matrix", "qubits", "axes"], odd={"array": [RHO], "matrix": UNITARIES, "qubits": [(1, 0)]}),
    Case(reference.final_ket, {"circuit": GATES, "initial": PSI}, final, says=CIRCUIT, odd={
        "circuit": CIRCUITS, "initial": KETS,
    }),
    Case(reference.outcomes, {"operation": Operation("rx", (0,), (0.3,))}, lambda operation: [
        (None, np.cos(0.15) * np.eye(2) - 1j * np.sin(0.15) * X)
    ], odd={"operation": [Operation("nonsense", (0,)), Operation("rx", (0,))]}, says=["params"]),
    Case(reference.records, {"circuit": SHOTS, "initial": RHO}, recorded, says=CIRCUIT, odd={
        "circuit": CIRCUITS, **START,
    }),
    Case(reference.final_density_matrix, {"circuit": SHOTS, "initial": RHO}, averaged, says=CIRCUIT, odd={
        "circuit": CIRCUITS, **START,
    }),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.simulator", CASES
)


def test_a_ket_of_whole_numbers_is_not_rounded() -> None:
    assert np.allclose(simulator.apply_unitary(np.array([1, 0]), H, [0]), [0.5**0.5, 0.5**0.5])
    assert np.allclose(simulator.apply_unitary(np.array([1.0, 0.0]), Y, [0]), [0, 1j])


@pytest.mark.parametrize("n", [2, 12])
def test_single_precision_goes_through_the_simulator(n: int) -> None:
    """A start in complex64 gives a ket in complex64, which is accepted again; in complex128 only where asked."""
    start = states.random_ket(n, np.random.default_rng(3)).astype(np.complex64)
    circuit = Circuit(n).h(0).cnot(0, 1)
    assert simulator.run(circuit, initial=start).dtype == np.complex64
    double = simulator.run(circuit, initial=start, dtype=np.complex128)
    assert abs(np.linalg.norm(double) - 1) < 1e-12
    ket, _ = simulator.run_shot(circuit.measure(0), np.random.default_rng(4), initial=start)
    assert measures.purity(ket) == 1.0
    assert ket.dtype == np.complex64


def test_a_product_from_a_start_in_single_precision_is_not_called_entangled() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        start = np.kron(states.random_ket(1, rng), states.random_ket(1, rng)).astype(np.complex64)
        assert measures.is_ppt(simulator.run_density_matrix(Circuit(2).h(0), initial=start))
        assert measures.is_ppt(simulator.run(Circuit(2).h(0), initial=start))
