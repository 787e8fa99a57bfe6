"""Ours against Cirq: kets, channels, density matrices, samples, on random circuits."""

from __future__ import annotations

from collections.abc import Callable

import cirq
import numpy as np
import pytest

from qlab import channels, gates, states
from qlab.circuits import Circuit, Operation
from qlab.simulator import run_density_matrix, sample, statevector
from tests.circuit_maker import random_gates
from tests.crosscheck.chances import assert_alike, chi_squared, tally

CASES = 1000
"""Random cases of each kind; kets and density matrices come in four parts of 250."""

KNOWN: dict[str, Callable[..., cirq.Gate]] = {
    "i": lambda: cirq.I,
    "x": lambda: cirq.X,
    "y": lambda: cirq.Y,
    "z": lambda: cirq.Z,
    "h": lambda: cirq.H,
    "s": lambda: cirq.S,
    "sdg": lambda: cirq.S**-1,
    "t": lambda: cirq.T,
    "tdg": lambda: cirq.T**-1,
    "sx": lambda: cirq.X**0.5,
    "rx": cirq.rx,
    "ry": cirq.ry,
    "rz": cirq.rz,
    "phase": lambda a: cirq.ZPowGate(exponent=a / np.pi),
    "u3": lambda a, b, c: cirq.MatrixGate(gates.u3(a, b, c)),
    "cnot": lambda: cirq.CNOT,
    "cz": lambda: cirq.CZ,
    "swap": lambda: cirq.SWAP,
    "iswap": lambda: cirq.ISWAP,
    "rzz": lambda a: cirq.ZZPowGate(exponent=a / np.pi, global_shift=-0.5),
    "cphase": lambda a: cirq.CZPowGate(exponent=a / np.pi),
    "ccx": lambda: cirq.CCX,
}
"""Cirq's own gates wherever it has them, so that the meaning of each name is checked, not only the arithmetic."""


def moved(operation: Operation, q: list[cirq.LineQubit]) -> cirq.Operation:
    targets = [q[i] for i in operation.qubits]
    if operation.name == "unitary":
        return cirq.MatrixGate(operation.matrix()).on(*targets)
    if operation.name == "measure":
        return cirq.measure(*targets, key=str(operation.key))
    if operation.name == "reset":
        return cirq.reset(targets[0])
    numbers = [float(p.real) for p in operation.params]
    gate: cirq.Gate
    if operation.name in KNOWN:
        gate = KNOWN[operation.name](*numbers)
    elif operation.name == "depolarizing":
        gate = cirq.depolarize(numbers[0], n_qubits=len(targets))
    elif operation.name == "dephasing":
        gate = cirq.phase_flip(numbers[0] / 2)
    elif operation.name == "thermal_relaxation":
        gate = cirq.KrausChannel(list(channels.thermal_relaxation(*numbers)))
    else:
        makers: dict[str, Callable[[float], cirq.Gate]] = {
            "bit_flip": cirq.bit_flip,
            "phase_flip": cirq.phase_flip,
            "amplitude_damping": cirq.amplitude_damp,
        }
        gate = makers[operation.name](numbers[0])
    placed = gate.on(*targets)
    return placed.with_classical_controls(operation.condition) if operation.condition else placed


def as_cirq(circuit: Circuit) -> tuple[cirq.Circuit, list[cirq.LineQubit]]:
    q = cirq.LineQubit.range(circuit.num_qubits)
    return cirq.Circuit(moved(o, q) for o in circuit), q


@pytest.mark.parametrize("seed", range(4))
def test_kets_of_a_thousand_random_circuits(seed: int) -> None:
    """250 a seed, up to 8 qubits, to 1e-10."""
    rng = np.random.default_rng(seed)
    for case in range(250):
        n = int(rng.integers(1, 9))
        circuit = random_gates(rng, n, int(rng.integers(1, 9)))
        theirs, order = as_cirq(circuit)
        start = states.random_ket(n, rng) if case % 4 == 0 else None
        simulator = cirq.Simulator(dtype=np.complex128)
        final = simulator.simulate(theirs, qubit_order=order, initial_state=0 if start is None else start)
        assert np.abs(statevector.run(circuit, initial=start) - final.final_state_vector).max() < 1e-10, circuit


@pytest.mark.parametrize("kind", ["neighbours", "anywhere"])
def test_large_kets(kind: str) -> None:
    """Sizes at which the halves and the windows do the work."""
    rng = np.random.default_rng(5)
    for n in (12, 13, 15):
        circuit = Circuit(n)
        for layer in range(6):
            for k in range(n):
                circuit = circuit.gate("u3", k, params=rng.uniform(-3, 3, 3))
            order = [int(k) for k in rng.permutation(n)] if kind == "anywhere" else list(range(layer % 2, n))
            for a, b in zip(order[::2], order[1::2], strict=False):
                circuit = circuit.cnot(a, b)
        theirs, q = as_cirq(circuit)
        final = cirq.Simulator(dtype=np.complex128).simulate(theirs, qubit_order=q).final_state_vector
        assert np.abs(statevector.run(circuit) - final).max() < 1e-10
        assert np.abs(statevector.run(circuit, dtype=np.complex64) - final).max() < 1e-6


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (channels.bit_flip, cirq.bit_flip),
        (channels.phase_flip, cirq.phase_flip),
        (channels.depolarizing, cirq.depolarize),
        (channels.amplitude_damping, cirq.amplitude_damp),
        (lambda p: channels.depolarizing(p, num_qubits=2), lambda p: cirq.depolarize(p, n_qubits=2)),
        (lambda p: channels.dephasing(p), lambda p: cirq.phase_damp(1 - (1 - p) ** 2)),
    ],
)
def test_channels_mean_the_same(ours, theirs) -> None:
    """As maps: equal Choi matrices, at both ends and at random strengths."""
    for p in [0.0, 1.0, *np.random.default_rng(9).random(CASES)]:
        kraus = np.array(cirq.kraus(theirs(p)))
        mine = ours(p)
        assert np.allclose(_choi(mine), _choi(kraus), atol=1e-10)


def _choi(kraus):
    flat = np.asarray(kraus).reshape(len(kraus), -1)
    return flat.T @ flat.conj()


def noisy(rng: np.random.Generator, n: int, depth: int) -> Circuit:
    circuit = Circuit(n)
    for _ in range(depth):
        circuit = circuit + random_gates(rng, n, 1)
        name = str(rng.choice(["bit_flip", "phase_flip", "dephasing", "amplitude_damping", "depolarizing"]))
        order = [int(q) for q in rng.permutation(n)]
        width = 2 if name == "depolarizing" and n > 1 and rng.random() < 0.5 else 1
        circuit = circuit.noise(name, *order[:width], params=[rng.random()])
    return circuit


@pytest.mark.parametrize("seed", range(4))
def test_density_matrices_of_a_thousand_noisy_circuits(seed: int) -> None:
    """250 a seed, up to 4 qubits, to 1e-10."""
    rng = np.random.default_rng(100 + seed)
    simulator = cirq.DensityMatrixSimulator(dtype=np.complex128)
    for _ in range(250):
        n = int(rng.integers(1, 5))
        circuit = noisy(rng, n, int(rng.integers(1, 4)))
        theirs, order = as_cirq(circuit)
        final = simulator.simulate(theirs, qubit_order=order).final_density_matrix
        assert np.abs(run_density_matrix(circuit) - final).max() < 1e-10, circuit


def test_measured_circuits_sample_alike() -> None:
    """Ours against the probabilities of Cirq's kets."""
    rng = np.random.default_rng(7)
    simulator, scores = cirq.Simulator(dtype=np.complex128), []
    for _ in range(CASES):
        n = int(rng.integers(1, 6))
        circuit = random_gates(rng, n, 5)
        theirs, order = as_cirq(circuit)
        ket = simulator.simulate(theirs, qubit_order=order).final_state_vector
        bits = sample(circuit.measure(*range(n), key="b"), 2000, rng)["b"]
        scores.append(chi_squared(tally(bits), np.abs(ket) ** 2))
    assert_alike(scores)


def test_feed_forward_samples_alike() -> None:
    """Ours against the circuit whose measurements Cirq has deferred: feed-forward becomes controlled gates."""
    rng = np.random.default_rng(8)
    simulator, scores = cirq.Simulator(dtype=np.complex128), []
    for _ in range(CASES):
        circuit = random_gates(rng, 2, 4).measure(0, key="a").gate("u3", 1, params=rng.uniform(-3, 3, 3), when="a")
        circuit = circuit + random_gates(rng, 2, 2)
        theirs, order = as_cirq(circuit)
        deferred = cirq.drop_terminal_measurements(cirq.defer_measurements(theirs))
        recorded = sorted(deferred.all_qubits() - set(order))
        ket = simulator.simulate(deferred, qubit_order=[*recorded, *order]).final_state_vector
        mine = sample(circuit.measure(0, 1, key="b"), 2000, rng)
        scores.append(chi_squared(tally(np.hstack([mine["a"], mine["b"]])), np.abs(ket) ** 2))
    assert_alike(scores)


def agree(mine, theirs) -> bool:
    """Means of bits from two samples, within 4.5 standard deviations of their difference."""
    p, q = mine.mean(axis=0), theirs.mean(axis=0)
    pooled = np.clip((p * len(mine) + q * len(theirs)) / (len(mine) + len(theirs)), 1e-4, 1 - 1e-4)
    return bool((np.abs(p - q) < 4.5 * np.sqrt(pooled * (1 - pooled) * (1 / len(mine) + 1 / len(theirs)))).all())


def test_cirqs_own_samples_are_like_ours() -> None:
    """A few circuits with feed-forward, run by Cirq shot by shot."""
    rng = np.random.default_rng(8)
    simulator = cirq.Simulator(seed=8)
    for _ in range(4):
        circuit = random_gates(rng, 2, 4).measure(0, key="a").gate("u3", 1, params=rng.uniform(-3, 3, 3), when="a")
        circuit = (circuit + random_gates(rng, 2, 2)).measure(0, 1, key="b")
        theirs, _ = as_cirq(circuit)
        result = simulator.run(theirs, repetitions=400)
        mine = sample(circuit, 20_000, rng)
        for key in ("a", "b"):
            assert agree(mine[key], result.measurements[key]), circuit
