"""The same work for the other simulators. Each function builds once and returns what is then timed.

A peer that is not installed raises ImportError, and the bench says so.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from tests.bench.workloads import Work

Timed = Callable[[], Any]

NOISE = 0.01


def cirq_circuit(work: Work) -> Any:
    import cirq

    q = cirq.LineQubit.range(work.n)
    plain = {"h": cirq.H, "cnot": cirq.CNOT, "cz": cirq.CZ, "swap": cirq.SWAP}
    circuit = cirq.Circuit()
    for name, qubits, value in work.steps:
        targets = [q[i] for i in qubits]
        if name == "matrix":
            circuit.append(cirq.MatrixGate(value).on(*targets))
        elif name == "cphase":
            circuit.append((cirq.CZ ** (value / np.pi)).on(*targets))
        else:
            circuit.append(plain[name].on(*targets))
    return circuit


def cirq_ket(work: Work, threads: int) -> Timed:
    import cirq

    circuit, order = cirq_circuit(work), cirq.LineQubit.range(work.n)
    simulator = cirq.Simulator(dtype=np.complex64)
    start = 0 if work.initial is None else work.initial
    return lambda: simulator.simulate(circuit, qubit_order=order, initial_state=start).final_state_vector


def _qsim(work: Work, threads: int, fused: int) -> Timed:
    import cirq
    import qsimcirq

    circuit, order = cirq_circuit(work), cirq.LineQubit.range(work.n)
    simulator = qsimcirq.QSimSimulator(qsimcirq.QSimOptions(max_fused_gate_size=fused, cpu_threads=threads))
    start = 0 if work.initial is None else work.initial
    return lambda: simulator.simulate(circuit, qubit_order=order, initial_state=start).final_state_vector


def qsim_fused2_ket(work: Work, threads: int) -> Timed:
    return _qsim(work, threads, 2)


def qsim_fused4_ket(work: Work, threads: int) -> Timed:
    return _qsim(work, threads, 4)


def qulacs_ket(work: Work, threads: int) -> Timed:
    import qulacs
    from qulacs import gate as g

    n = work.n
    circuit = qulacs.QuantumCircuit(n)
    for name, qubits, value in work.steps:
        t = [n - 1 - q for q in qubits]
        if name == "matrix":
            circuit.add_dense_matrix_gate(t[0], value)
        elif name == "cphase":
            controlled = g.to_matrix_gate(g.U1(t[1], value))
            controlled.add_control_qubit(t[0], 1)
            circuit.add_gate(controlled)
        else:
            circuit.add_gate({"h": g.H, "cnot": g.CNOT, "cz": g.CZ, "swap": g.SWAP}[name](*t))

    def run() -> np.ndarray:
        ket = qulacs.QuantumState(n)
        circuit.update_quantum_state(ket)
        return ket.get_vector() if n <= 10 else ket

    return run


def _qiskit_circuit(work: Work) -> Any:
    import qiskit
    from qiskit.circuit.library import UnitaryGate

    n = work.n
    circuit = qiskit.QuantumCircuit(n)
    for name, qubits, value in work.steps:
        t = [n - 1 - q for q in qubits]
        if name == "matrix":
            circuit.append(UnitaryGate(value), t)
        elif name == "cphase":
            circuit.cp(value, *t)
        else:
            {"h": circuit.h, "cnot": circuit.cx, "cz": circuit.cz, "swap": circuit.swap}[name](*t)
    return circuit


def aer_ket(work: Work, threads: int) -> Timed:
    import qiskit_aer

    circuit = _qiskit_circuit(work)
    circuit.save_statevector()
    simulator = qiskit_aer.AerSimulator(
        method="statevector", precision="single", max_parallel_threads=threads, enable_truncation=False
    )
    return lambda: simulator.run(circuit, shots=1).result().data(0)["statevector"]


def lightning_ket(work: Work, threads: int) -> Timed:
    import pennylane as qml

    device = qml.device("lightning.qubit", wires=work.n, c_dtype=np.complex64)
    names = {"h": qml.Hadamard, "cnot": qml.CNOT, "cz": qml.CZ, "swap": qml.SWAP}
    steps = []
    for name, qubits, value in work.steps:
        if name == "matrix":
            steps.append(qml.QubitUnitary(value, wires=qubits))
        elif name == "cphase":
            steps.append(qml.ControlledPhaseShift(value, wires=qubits))
        else:
            steps.append(names[name](wires=qubits))
    tape = qml.tape.QuantumScript(steps, [qml.state()])
    return lambda: device.execute(tape)


def cirq_bell_shots(shots: int) -> Timed:
    import cirq

    a, b = cirq.LineQubit.range(2)
    circuit = cirq.Circuit(cirq.H(a), cirq.CNOT(a, b), cirq.measure(a, b, key="m"))
    simulator = cirq.Simulator(seed=1)
    return lambda: simulator.run(circuit, repetitions=shots).measurements["m"]


def stim_bell_shots(shots: int) -> Timed:
    import stim

    sampler = stim.Circuit("H 0\nCNOT 0 1\nM 0 1").compile_sampler(seed=1)
    return lambda: sampler.sample(shots)


def cirq_teleportation(shots: int) -> Timed:
    import cirq

    q = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(
        cirq.X(q[0]) ** 0.35,
        cirq.H(q[1]),
        cirq.CNOT(q[1], q[2]),
        cirq.CNOT(q[0], q[1]),
        cirq.H(q[0]),
        cirq.measure(q[0], key="a"),
        cirq.measure(q[1], key="b"),
        cirq.X(q[2]).with_classical_controls("b"),
        cirq.Z(q[2]).with_classical_controls("a"),
        cirq.measure(q[2], key="out"),
    )
    simulator = cirq.Simulator(seed=1)
    return lambda: simulator.run(circuit, repetitions=shots)


def aer_teleportation(shots: int) -> Timed:
    import qiskit
    import qiskit_aer

    circuit = qiskit.QuantumCircuit(3, 3)
    circuit.rx(1.1, 0)
    circuit.h(1)
    circuit.cx(1, 2)
    circuit.cx(0, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.measure(1, 1)
    with circuit.if_test((1, 1)):
        circuit.x(2)
    with circuit.if_test((0, 1)):
        circuit.z(2)
    circuit.measure(2, 2)
    simulator = qiskit_aer.AerSimulator(max_parallel_threads=1)
    return lambda: simulator.run(circuit, shots=shots, memory=True).result().get_memory()


def stim_teleportation(shots: int) -> Timed:
    """Stabiliser input only: stim cannot teleport a state of general angle."""
    import stim

    text = "H 0\nH 1\nCNOT 1 2\nCNOT 0 1\nH 0\nM 0 1\nCX rec[-1] 2\nCZ rec[-2] 2\nM 2"
    sampler = stim.Circuit(text).compile_sampler(seed=1)
    return lambda: sampler.sample(shots)


def _noisy_ghz_cirq(n: int, *, measured: bool) -> Any:
    import cirq

    q = cirq.LineQubit.range(n)
    noise = cirq.depolarize(NOISE)
    circuit = cirq.Circuit(cirq.H(q[0]), noise(q[0]))
    for a, b in pairwise(q):
        circuit.append([cirq.CNOT(a, b), noise(a), noise(b)])
    return circuit + cirq.Circuit(cirq.measure(*q, key="m")) if measured else circuit


def cirq_density(n: int) -> Timed:
    import cirq

    circuit = _noisy_ghz_cirq(n, measured=False)
    simulator = cirq.DensityMatrixSimulator(dtype=np.complex64)
    return lambda: simulator.simulate(circuit).final_density_matrix


def _noisy_ghz_aer(n: int) -> Any:
    import qiskit
    from qiskit_aer.noise import depolarizing_error

    noise = depolarizing_error(4 * NOISE / 3, 1).to_instruction()
    circuit = qiskit.QuantumCircuit(n)
    circuit.h(0)
    circuit.append(noise, [0])
    for a in range(n - 1):
        circuit.cx(a, a + 1)
        circuit.append(noise, [a])
        circuit.append(noise, [a + 1])
    return circuit


def aer_density(n: int) -> Timed:
    import qiskit_aer

    circuit = _noisy_ghz_aer(n)
    circuit.save_density_matrix()
    simulator = qiskit_aer.AerSimulator(method="density_matrix", precision="single", max_parallel_threads=1)
    return lambda: simulator.run(circuit, shots=1).result().data(0)["density_matrix"]


def qsim_trajectories(n: int, shots: int) -> Timed:
    import qsimcirq

    circuit = _noisy_ghz_cirq(n, measured=True)
    simulator = qsimcirq.QSimSimulator(qsimcirq.QSimOptions(cpu_threads=1), seed=1)
    return lambda: simulator.run(circuit, repetitions=shots).measurements["m"]


def stim_trajectories(n: int, shots: int) -> Timed:
    import stim

    lines = ["H 0", f"DEPOLARIZE1({NOISE}) 0"]
    for a in range(n - 1):
        lines += [f"CNOT {a} {a + 1}", f"DEPOLARIZE1({NOISE}) {a} {a + 1}"]
    lines.append("M " + " ".join(map(str, range(n))))
    sampler = stim.Circuit("\n".join(lines)).compile_sampler(seed=1)
    return lambda: sampler.sample(shots)
