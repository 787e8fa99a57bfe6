"""Ours against Cirq through the translation itself: states, density matrices, samples, and there and back again."""

from __future__ import annotations

import cirq
import numpy as np
import pytest

from qlab import interop
from qlab.circuits import Circuit, Operation
from qlab.gates import GATES, random_unitary
from qlab.simulator import counts, run, run_density_matrix, sample
from tests.crosscheck.chances import assert_alike, chi_squared, tally

CASES = 1000
"""Random circuits of each kind: with gates alone, with noise, sampled by Cirq."""

NOISE = ("bit_flip", "phase_flip", "depolarizing", "dephasing", "amplitude_damping")


def random_gates(rng: np.random.Generator, n: int, length: int) -> Circuit:
    circuit = Circuit(n)
    for _ in range(length):
        name = str(rng.choice([*GATES, "unitary"]))
        width = int(rng.integers(1, 3)) if name == "unitary" else GATES[name].num_qubits
        if width > n:
            continue
        qubits = [int(q) for q in rng.permutation(n)[:width]]
        if name == "unitary":
            circuit = circuit.unitary(random_unitary(2**width, rng), *qubits)
        else:
            circuit = circuit.gate(name, *qubits, params=rng.uniform(-7, 7, GATES[name].num_params))
    return circuit


def with_noise(circuit: Circuit, rng: np.random.Generator) -> Circuit:
    steps: list[Operation] = []
    for operation in circuit:
        q = int(rng.integers(circuit.num_qubits))
        kind = str(rng.choice([*NOISE, "thermal_relaxation", "kraus", "reset", "two"]))
        steps.append(operation)
        if kind == "thermal_relaxation":
            steps.append(Operation(kind, (q,), (rng.uniform(0, 30), 50.0, 70.0)))
        elif kind == "kraus":
            weight = rng.uniform()
            stack = [np.sqrt(weight) * random_unitary(2, rng), np.sqrt(1 - weight) * random_unitary(2, rng)]
            steps.append(Operation(kind, (q,), tuple(np.ravel(stack))))
        elif kind == "reset":
            steps.append(Operation(kind, (q,)))
        elif kind == "two" and circuit.num_qubits > 1:
            pair = tuple(int(v) for v in rng.permutation(circuit.num_qubits)[:2])
            steps.append(Operation("depolarizing", pair, (rng.uniform(),)))
        elif kind != "two":
            steps.append(Operation(kind, (q,), (rng.uniform(),)))
    return Circuit(circuit.num_qubits, tuple(steps))


def test_random_circuits_agree_and_return() -> None:
    rng = np.random.default_rng(31)
    for _ in range(CASES):
        n = int(rng.integers(1, 6))
        circuit = random_gates(rng, n, 9)
        line = cirq.LineQubit.range(n)
        program = interop.to_cirq(circuit)
        theirs = cirq.Simulator(dtype=np.complex128).simulate(program, qubit_order=line).final_state_vector
        assert np.abs(theirs - run(circuit)).max() < 1e-10
        back = interop.from_cirq(program, qubits=line)
        # Cirq packs operations into moments, so the order of commuting ones may change; the action may not.
        assert np.abs(run(back) - run(circuit)).max() < 1e-10


def test_noise_agrees_and_returns() -> None:
    rng = np.random.default_rng(32)
    simulator = cirq.DensityMatrixSimulator(dtype=np.complex128)
    for _ in range(CASES):
        n = int(rng.integers(1, 4))
        circuit = with_noise(random_gates(rng, n, 4), rng)
        line = cirq.LineQubit.range(n)
        program = interop.to_cirq(circuit)
        theirs = simulator.simulate(program, qubit_order=line).final_density_matrix
        assert np.abs(theirs - run_density_matrix(circuit)).max() < 1e-7
        assert np.abs(run_density_matrix(interop.from_cirq(program, qubits=line)) - theirs).max() < 1e-7


def test_samples_of_cirqs_simulator_follow_our_kets() -> None:
    rng = np.random.default_rng(33)
    simulator, scores = cirq.Simulator(seed=33), []
    for _ in range(CASES):
        n = int(rng.integers(1, 4))
        circuit = random_gates(rng, n, 4)
        bits = interop.sample_with(simulator, circuit.measure(*range(n), key="b"), 200)["b"]
        scores.append(chi_squared(tally(bits), np.abs(run(circuit)) ** 2))
    assert_alike(scores)


@pytest.mark.parametrize("name", [*GATES, *NOISE, "thermal_relaxation"])
def test_every_name_survives_the_round_trip(name: str) -> None:
    if name in GATES:
        spec = GATES[name]
        circuit = Circuit(3).gate(name, *range(spec.num_qubits), params=[0.3] * spec.num_params)
    elif name == "thermal_relaxation":
        circuit = Circuit(3).noise(name, 0, params=(2.0, 50.0, 40.0))
    else:
        circuit = Circuit(3).noise(name, 0, params=(0.3,))
    back = interop.from_cirq(interop.to_cirq(circuit), qubits=cirq.LineQubit.range(3))
    assert np.allclose(run_density_matrix(back), run_density_matrix(circuit), atol=1e-12)
    expected = {"u3": "unitary", "thermal_relaxation": "kraus"}.get(name, name)
    assert [o.name for o in back] == [expected]
    if expected == name:
        assert np.allclose(back.operations[0].params, circuit.operations[0].params)


def test_measurement_and_feed_forward_sample_alike() -> None:
    circuit = (
        Circuit(3).ry(0.8, 0).cnot(0, 1).measure(0, 1, key="first").x(2, when="first").h(1, when="first").reset(0)
        .append(Operation("depolarizing", (2,), (0.0,), None, "first")).measure(1, 2, key="last")
    )  # fmt: skip
    assert interop.from_cirq(interop.to_cirq(circuit)).keys == circuit.keys
    shots = 1500
    theirs = interop.sample_with(cirq.Simulator(seed=5), circuit, shots)
    plain = Circuit(3, tuple(o for o in circuit if o.name != "depolarizing"))
    ours = sample(plain, shots, np.random.default_rng(6))
    for key in circuit.keys:
        left, right = counts(theirs[key]), counts(ours[key])
        for outcome in {*left, *right}:
            a, b = left.get(outcome, 0), right.get(outcome, 0)
            pooled = (a + b) / (2 * shots)
            error = np.sqrt(2 * shots * pooled * (1 - pooled))
            assert abs(a - b) < 4 * error + 1, (key, outcome)


def test_sub_circuits_are_unrolled() -> None:
    a, b = cirq.LineQubit.range(2)
    inner = cirq.FrozenCircuit(cirq.H(a), cirq.CNOT(a, b))
    program = cirq.Circuit(cirq.CircuitOperation(inner, repetitions=2))
    assert interop.from_cirq(program) == Circuit(2).h(0).cnot(0, 1).h(0).cnot(0, 1)


@pytest.mark.parametrize("name", ["willow_pink", "weber"])
def test_part_sampler_draws_from_cirqs_noisy_density_matrix(name: str) -> None:
    machine = interop.google_machine(name, seed=3)
    a, b = machine.couplings.edges[10]
    circuit = Circuit(machine.couplings.num_qubits).ry(0.5, a).cnot(a, b).rx(0.9, b).measure(a, b, key="m")
    program = machine.compiled(circuit)
    noisy = cirq.DensityMatrixSimulator(noise=interop.google_noise_model(name), dtype=np.complex128, seed=1)
    shots = 20_000
    ours = counts(machine.sample_batch([circuit], [shots])[0]["m"])
    rho = noisy.simulate(
        cirq.Circuit(moment for moment in program if not cirq.is_measurement(moment)),
        qubit_order=[machine.qubits[a], machine.qubits[b]],
    ).final_density_matrix
    theirs = counts(noisy.run(program, repetitions=shots).measurements["m"].astype(np.uint8))
    assert abs(np.trace(rho) - 1) < 1e-6
    for outcome in {*ours, *theirs}:
        x, y = ours.get(outcome, 0), theirs.get(outcome, 0)
        pooled = (x + y) / (2 * shots)
        assert abs(x - y) < 4 * np.sqrt(2 * shots * pooled * (1 - pooled)) + 1
