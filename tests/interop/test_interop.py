"""The edge: refusals, OpenQASM by an independent parser and interpreter, samplers that lie, calibrations."""

from __future__ import annotations

from typing import Any

import cirq
import numpy as np
import openqasm3
import pytest
from openqasm3 import ast

from qlab import devices, gates, interop
from qlab.circuits import Circuit, Operation
from qlab.simulator import counts, run

UNIT = np.eye(2, dtype=complex)


def cz_matrix(k: int, block: np.ndarray) -> np.ndarray:
    matrix = np.eye(2**k, dtype=complex)
    matrix[-len(block) :, -len(block) :] = block
    return matrix


def u(theta: float, phi: float, lam: float) -> np.ndarray:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


PAULI_X = np.array([[0, 1], [1, 0]], dtype=complex)
STANDARD: dict[str, Any] = {
    "id": lambda: UNIT,
    "x": lambda: PAULI_X,
    "y": lambda: np.array([[0, -1j], [1j, 0]]),
    "z": lambda: np.diag([1, -1]),
    "h": lambda: np.array([[1, 1], [1, -1]]) / np.sqrt(2),
    "s": lambda: np.diag([1, 1j]),
    "sdg": lambda: np.diag([1, -1j]),
    "t": lambda: np.diag([1, np.exp(0.25j * np.pi)]),
    "tdg": lambda: np.diag([1, np.exp(-0.25j * np.pi)]),
    "sx": lambda: np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2,
    "rx": lambda a: u(a, -np.pi / 2, np.pi / 2),
    "ry": lambda a: u(a, 0, 0),
    "rz": lambda a: np.diag([np.exp(-0.5j * a), np.exp(0.5j * a)]),
    "p": lambda a: np.diag([1, np.exp(1j * a)]),
    "U": u,
    "cx": lambda: cz_matrix(2, PAULI_X),
    "cz": lambda: np.diag([1, 1, 1, -1]),
    "cp": lambda a: np.diag([1, 1, 1, np.exp(1j * a)]),
    "swap": lambda: np.eye(4)[[0, 2, 1, 3]],
    "ccx": lambda: cz_matrix(3, PAULI_X),
}
"""The gates of stdgates.inc, written down here once more."""


class Interpreter:
    """Runs the syntax tree of an OpenQASM program exactly: every branch of every measurement with its weight."""

    def __init__(self, text: str) -> None:
        self.defined: dict[str, ast.QuantumGateDefinition] = {}
        self.n = 0
        self.branches: list[tuple[np.ndarray, dict[str, list[int]]]] = []
        for statement in openqasm3.parse(text).statements:
            self.branches = [
                new
                for branch in self.branches or [(np.array([1.0 + 0j]), {})]
                for new in self.step(statement, branch, {})
            ]

    def number(self, node: Any, names: dict[str, Any]) -> float:
        if isinstance(node, ast.UnaryExpression):
            assert node.op.name == "-"
            return -self.number(node.expression, names)
        return names[node.name] if isinstance(node, ast.Identifier) else node.value

    def qubit(self, node: Any, names: dict[str, Any]) -> int:
        if isinstance(node, ast.Identifier):
            return names[node.name]
        return node.indices[0][0].value

    def apply(self, ket: np.ndarray, matrix: np.ndarray, qubits: list[int]) -> np.ndarray:
        k = len(qubits)
        moved = np.tensordot(matrix.reshape((2,) * 2 * k), ket.reshape((2,) * self.n), (range(k, 2 * k), qubits))
        return np.moveaxis(moved, range(k), qubits).reshape(-1)

    def declared(self, s: Any, branch: Any) -> list[Any]:
        ket, bits = branch
        kind = type(s)
        if kind is ast.QubitDeclaration:
            self.n = s.size.value
            return [(np.eye(2**self.n, dtype=complex)[0], bits)]
        if kind is ast.ClassicalDeclaration:
            return [(ket, {**bits, s.identifier.name: [0] * s.type.size.value})]
        if kind is ast.QuantumGateDefinition:
            self.defined[s.name.name] = s
        else:
            assert kind is ast.Include
        return [branch]

    def step(self, s: Any, branch: Any, names: dict[str, Any]) -> list[Any]:
        ket, bits = branch
        if isinstance(s, ast.QuantumGate):
            return self.gate(s, branch, names)
        if isinstance(s, ast.QuantumMeasurementStatement):
            return self.measured(ket, bits, self.qubit(s.measure.qubit, names), s.target)
        if isinstance(s, ast.QuantumReset):
            found = self.measured(ket, bits, self.qubit(s.qubits, names), None)
            q = self.qubit(s.qubits, names)
            return [(self.apply(k, PAULI_X, [q]) if value else k, b) for k, b, value in found]
        if isinstance(s, ast.BranchingStatement):
            condition: Any = s.condition
            register = condition.lhs.argument.name
            assert isinstance(condition.lhs, ast.Cast)
            assert condition.op.name == "!="
            live = [branch]
            if any(bits[register]):
                for inner in s.if_block:
                    live = [new for old in live for new in self.step(inner, old, names)]
            return live
        return self.declared(s, branch)

    def gate(self, s: Any, branch: Any, names: dict[str, Any]) -> list[Any]:
        ket, bits = branch
        angles = [self.number(a, names) for a in s.arguments]
        qubits = [self.qubit(q, names) for q in s.qubits]
        if s.name.name in self.defined:
            body = self.defined[s.name.name]
            inner = dict(zip([a.name for a in body.arguments], angles, strict=True))
            inner |= dict(zip([q.name for q in body.qubits], qubits, strict=True))
            live = [branch]
            for step in body.body:
                live = [new for old in live for new in self.step(step, old, inner)]
            return live
        return [(self.apply(ket, np.asarray(STANDARD[s.name.name](*angles), dtype=complex), qubits), bits)]

    def measured(self, ket: np.ndarray, bits: Any, q: int, target: Any) -> list[Any]:
        results = []
        for value in (0, 1):
            kept = self.apply(ket, np.diag([1 - value, value]).astype(complex), [q])
            if np.vdot(kept, kept).real < 1e-14:
                continue
            if target is None:
                results.append((kept, bits, value))
                continue
            register = list(bits[target.name.name])
            register[target.indices[0][0].value] = value
            results.append((kept, {**bits, target.name.name: register}))
        return results


def random_circuit(rng: np.random.Generator, n: int, length: int) -> Circuit:
    circuit = Circuit(n)
    for _ in range(length):
        name = rng.choice([*gates.GATES, "unitary1", "unitary2", "unitary3"])
        width = int(name[-1]) if name.startswith("unitary") else gates.GATES[name].num_qubits
        if width > n:
            continue
        qubits = [int(q) for q in rng.permutation(n)[:width]]
        if name.startswith("unitary"):
            circuit = circuit.unitary(gates.random_unitary(2**width, rng), *qubits)
        else:
            circuit = circuit.gate(name, *qubits, params=rng.uniform(-7, 7, gates.GATES[name].num_params))
    return circuit


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float(abs(np.vdot(first, second)))


@pytest.mark.parametrize("seed", range(40))
def test_openqasm_means_the_circuit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, int(rng.integers(1, 5)), 12)
    # u3 is not part of the exported names: it comes out as U.
    ((ket, _),) = Interpreter(interop.to_qasm3(circuit)).branches
    assert overlap(ket, run(circuit)) == pytest.approx(1, abs=1e-7)


def teleportation(theta: float) -> Circuit:
    circuit = Circuit(3).ry(theta, 0).h(1).cnot(1, 2).cnot(0, 1).h(0).measure(0, key="a").measure(1, key="if")
    return circuit.x(2, when="if").z(2, when="a").ry(-theta, 2).measure(0, 2, key="end")


def test_openqasm_carries_measurement_reset_and_feed_forward() -> None:
    circuit = teleportation(0.9).append(Operation("reset", (0,), (), None, "end")).x(1, when="end")
    branches = Interpreter(interop.to_qasm3(circuit)).branches
    weights = [np.vdot(ket, ket).real for ket, _ in branches]
    assert sum(weights) == pytest.approx(1)
    assert len(branches) == 4
    assert all(bits["c_end"][1] == 0 for _, bits in branches), "the message arrives whatever the two bits are"
    assert all(bits["c_end"][0] == bits["c_a"][0] for _, bits in branches)


def test_openqasm_refuses_noise() -> None:
    with pytest.raises(ValueError, match="must hold no noise to be written as OpenQASM, got 'bit_flip'"):
        interop.to_qasm3(Circuit(1).noise("bit_flip", 0, params=(0.1,)))


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda a, b: [cirq.X(a) ** __import__("sympy").Symbol("t")], "must hold no free parameters"),
        (lambda a, b: [cirq.measure(a, key="m", confusion_map={(0,): np.eye(2)})], "must hold no confusion maps"),
        (
            lambda a, b: [
                cirq.measure(a, key="m"),
                cirq.measure(b, key="n"),
                cirq.X(a).with_classical_controls("m", "n"),
            ],
            "must hold conditions on one earlier result only",
        ),
    ],
)
def test_what_our_circuits_cannot_say_is_refused(program: Any, message: str) -> None:
    a, b = cirq.LineQubit.range(2)
    with pytest.raises(ValueError, match=message):
        interop.from_cirq(cirq.Circuit(program(a, b)))


def test_qubits_must_be_named_once_each() -> None:
    with pytest.raises(ValueError, match="qubits must be 2 different qubits"):
        interop.to_cirq(Circuit(2).h(0), qubits=[cirq.LineQubit(0)] * 2)
    with pytest.raises(ValueError, match="qubits must name every qubit"):
        interop.from_cirq(cirq.Circuit(cirq.X(cirq.LineQubit(1))), qubits=[cirq.LineQubit(0)])


def test_inverted_measurements_global_phases_and_odd_keys() -> None:
    a, b = cirq.LineQubit.range(2)
    program = cirq.Circuit(cirq.global_phase_operation(1j), cirq.X(b), cirq.measure(a, b, invert_mask=(True,)))
    ours = interop.from_cirq(program)
    assert ours.keys == ("m0_1",)
    bits = interop.sample_with(cirq.Simulator(), ours, 3)["m0_1"]
    assert bits.tolist() == [[1, 1]] * 3
    assert np.allclose(run(interop.from_cirq(program[:1], qubits=[a, b])), [0, 1j, 0, 0])


BELL = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")


class Liar(cirq.Sampler):
    """Answers with whatever it was told to."""

    def __init__(self, measurements: dict[str, Any]) -> None:
        self.measurements = measurements

    def run_sweep(self, program: Any, params: Any, repetitions: int = 1) -> Any:
        records = {k: np.asarray(v)[:, np.newaxis, :] for k, v in self.measurements.items()}
        return [cirq.ResultDict(params=cirq.ParamResolver({}), records=records)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"n": np.zeros((5, 2))}, r"sampler must return the keys \['m'\], got \['n'\]"),
        ({"m": np.zeros((4, 2))}, r"result 'm' must have shape \(5, 2\), got \(4, 2\)"),
        ({"m": np.zeros((5, 1))}, r"result 'm' must have shape \(5, 2\), got \(5, 1\)"),
        ({"m": np.full((5, 2), 7)}, r"result 'm' must hold zeros and ones only, got \[7\]"),
    ],
)
def test_a_sampler_that_lies_is_named(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(interop.SamplerLied, match=message):
        interop.sample_with(Liar(answer), BELL, 5)


class Short(cirq.Simulator):
    def run_batch(self, *args: Any, **named: Any) -> Any:
        return super().run_batch(*args, **named)[:-1]


class Silent(cirq.Simulator):
    def run_batch(self, *args: Any, **named: Any) -> Any:
        return None


def test_batches_must_be_complete() -> None:
    with pytest.raises(interop.SamplerLied, match="one result for each of 2 circuits, got 1"):
        interop.sample_batch_with(Short(), [BELL, BELL], 5)
    with pytest.raises(interop.SamplerLied, match="one result for each of 1 circuits, got 0"):
        interop.sample_batch_with(Silent(), [BELL], 5)
    assert interop.sample_batch_with(Silent(), [], 5) == []


def test_what_measures_nothing_cannot_be_sampled() -> None:
    with pytest.raises(ValueError, match="must all measure something"):
        interop.sample_with(cirq.Simulator(), Circuit(1).h(0), 5)
    with pytest.raises(ValueError, match="shots must be a whole number of at least 1, got 0"):
        interop.sample_with(cirq.Simulator(), BELL, 0)
    with pytest.raises(ValueError, match="shots must be one number, or one for each of 1 circuits"):
        interop.sample_batch_with(cirq.Simulator(), [BELL], [5, 5])


def test_a_batch_keeps_its_order_and_shots() -> None:
    ones = Circuit(1).x(0).measure(0, key="m")
    zeros = Circuit(1).measure(0, key="m")
    first, second = interop.sample_batch_with(cirq.Simulator(seed=1), [ones, zeros], [3, 4])
    assert counts(first["m"]) == {"1": 3}
    assert counts(second["m"]) == {"0": 4}


def test_parts_share_no_qubit_key_or_condition() -> None:
    circuit = Circuit(6).h(4).cnot(4, 1).measure(4, key="m").x(0, when="m").h(3).measure(3, key="n")
    parts = devices.components(circuit)
    assert [qubits for qubits, _ in parts] == [(0, 1, 4), (3,)]
    assert parts[0][1] == Circuit(3).h(2).cnot(2, 1).measure(2, key="m").x(0, when="m")


def test_a_machine_compiles_to_its_gates_on_its_qubits() -> None:
    willow = interop.google_machine("willow_pink")
    a, b = willow.couplings.edges[0]
    c, d = next(e for e in willow.couplings.edges if not {a, b} & set(e))
    circuit = Circuit(105).h(a).cnot(a, b).measure(a, b, key="m").h(c).cnot(c, d).measure(c, d, key="n")
    program = willow.compiled(circuit)
    assert program.all_qubits() == {willow.qubits[q] for q in (a, b, c, d)}
    assert program.all_measurement_key_names() == {"m", "n"}
    two = [op for op in program.all_operations() if len(op.qubits) == 2 and not cirq.is_measurement(op)]
    assert [op.gate for op in two] == [cirq.CZ, cirq.CZ]
    found = willow.sample_batch([circuit], [2000])[0]
    assert (found["m"][:, 0] == found["m"][:, 1]).mean() > 0.95
    assert abs((found["m"][:, 0] == found["n"][:, 0]).mean() - 0.5) < 4 * 0.5 / np.sqrt(2000)


def test_waits_reach_the_sampler_and_repeated_gates_do_not_cancel() -> None:
    weber = interop.google_machine("weber", seed=2)
    a, b = weber.couplings.edges[0]
    pair = Circuit(53).h(a).cnot(a, b)
    fenced = pair
    for _ in range(2):
        fenced = fenced.gate("i", a).gate("i", b).cnot(a, b)
    program = weber.compiled(devices.wait(fenced, 3.0, a, b).measure(a, b, key="m"))
    waits = [op for op in program.all_operations() if isinstance(op.gate, cirq.WaitGate)]
    assert [op.gate.duration for op in waits] == [cirq.Duration(micros=3)] * 2  # type: ignore[union-attr]
    assert sum(len(op.qubits) == 2 and not cirq.is_measurement(op) for op in program.all_operations()) == 6
    now, later = weber.sample_batch(
        [pair.measure(a, b, key="m"), devices.wait(pair, 20.0, a, b).measure(a, b, key="m")], [2000, 2000]
    )
    assert later["m"].mean() < now["m"].mean() - 0.1, "a wait longer than T1 lets ones fall to zero"
    assert "delay[3.0us] q[1];" in interop.to_qasm3(devices.wait(Circuit(2), 3.0, 1))


def test_machine_needs_its_own_qubits() -> None:
    couplings = interop.google_device("rainbow").couplings
    with pytest.raises(ValueError, match="qubits must be 23 different qubits"):
        interop.Machine("short", cirq.Simulator(), couplings, tuple(cirq.LineQubit.range(4)))


def test_too_wide_a_part_is_refused() -> None:
    wide = Circuit(17).h(0)
    for q in range(16):
        wide = wide.cnot(q, q + 1)
    with pytest.raises(ValueError, match="program must join at most 16 qubits, got 17"):
        interop.sample_with(interop.PartSampler(), wide.measure(0, key="m"), 3)


# Row A9 and section 8.1 of the facts: medians of what ships with cirq_google.
MEDIANS = {
    "rainbow": {"qubits": 23, "couplers": 32, "max_degree": 4, "diameter": 8, "t1_us": 15.88, "tphi_us": 35.8,
                "one_qubit_pauli_error": 1.790e-3, "readout_e0": 0.0124, "readout_e1": 0.0512,
                "worst_readout_e1": 0.387, "one_qubit_ns": 25, "sycamore_ns": 12, "sqrt_iswap_ns": 32,
                "measure_ns": 4000},
    "weber": {"qubits": 53, "couplers": 86, "max_degree": 4, "diameter": 11, "t1_us": 15.25, "tphi_us": 28.0,
              "one_qubit_pauli_error": 2.436e-3, "readout_e0": 0.0088, "readout_e1": 0.0512, "worst_readout_e1": 0.575,
              "sqrt_iswap_pauli_error": 2.116e-2, "sycamore_pauli_error": 1.869e-2},
    "willow_pink": {"qubits": 105, "couplers": 182, "max_degree": 4, "diameter": 14, "mean_degree": 3.467,
                    "t1_us": 70.18, "tphi_us": 75.9, "one_qubit_pauli_error": 4.046e-4, "cz_pauli_error": 3.443e-3,
                    "readout_e0": 0.00372, "readout_e1": 0.01062, "worst_readout_e1": 0.0198, "one_qubit_ns": 25,
                    "cz_ns": 42, "measure_ns": 600},
}  # fmt: skip


@pytest.mark.parametrize("name", MEDIANS)
def test_shipped_calibrations_have_their_medians(name: str) -> None:
    found = interop.google_medians(name)
    for figure, value in MEDIANS[name].items():
        # Half a unit in the last digit that the reference prints, or a little more for the rounded ones.
        assert found[figure] == pytest.approx(value, rel=5e-3, abs=5e-6), figure


def test_one_calibration_makes_one_machine() -> None:
    """Pairs of our noise model and of Cirq's, from the same figures: the median fidelity agrees to 0.002."""
    machine, device = interop.google_machine("rainbow"), interop.google_device("rainbow")
    noise, calibration = interop.google_noise_model("rainbow"), device.calibration
    found = []
    for a, b in device.couplings.edges:
        first, second = machine.qubits[a], machine.qubits[b]
        program = cirq.Circuit(cirq.H(first), cirq.CNOT(first, second))
        compiled = cirq.optimize_for_target_gateset(program, gateset=machine.gateset)
        simulated = cirq.DensityMatrixSimulator(noise=noise).simulate(compiled, qubit_order=[first, second])
        rho = np.asarray(simulated.final_density_matrix, dtype=complex)
        theirs = (rho[0, 0] + rho[3, 3] + rho[0, 3] + rho[3, 0]).real / 2
        # White noise after H and CNOT: H's error spoils two of three times, the CNOT's twelve of 15.
        ours = (1 - calibration.one_qubit_infidelity[a]) * (1 - calibration.two_qubit_infidelity[min(a, b), max(a, b)])
        found.append((ours, theirs))
    ours, theirs = np.median(found, axis=0)
    assert ours == pytest.approx(theirs, abs=2e-3)


def test_shipped_calibrations_become_devices() -> None:
    willow = interop.google_device("willow_pink")
    medians = willow.calibration.medians()
    assert medians["t2_us"] == pytest.approx(49.2, rel=0.01)
    # A CNOT is a CZ and, as Cirq compiles it, three one-qubit gates; the bad ones lift the median of the sums.
    assert medians["two_qubit_infidelity"] == pytest.approx(0.8 * (3.443e-3 + 3 * 4.046e-4), rel=0.1)
    assert medians["one_qubit_infidelity"] == pytest.approx(2 / 3 * 4.046e-4, rel=0.01)
    assert willow.calibration.date == "2024-08-16"
    assert interop.google_device("weber").calibration.date == "2021-11-03"
    with pytest.raises(ValueError, match="device must be one of 'rainbow', 'weber', 'willow_pink', got 'sycamore'"):
        interop.google_device("sycamore")
