"""Machines as vendors hand them over, by fakes of the shapes that the vendors publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qlab import scorecard
from qlab.circuits import Circuit
from qlab.devices import CouplingMap, Device, line, uniform_calibration, wait
from qlab.devices.couplings import coupling_map_from_edges
from qlab.scorecard import Settings, VirtualMachine
from qlab.scorecard.vendors.native import BASES, native
from qlab.scorecard.vendors.programs import verbatim
from qlab.scorecard.vendors.qiskit import QiskitMachine
from qlab.simulator import run

TINY = Settings(ghz_sizes=(2, 3), idle_us=(0.0, 5.0), depths=(0, 4), distances=(1,), paths=1)

# ---------- Native gates ----------


def applied(steps: Any, num_qubits: int) -> Circuit:
    circuit = Circuit(num_qubits)
    for step in steps:
        if step.name == "prx":
            theta, phi = step.params
            (q,) = step.qubits
            circuit = circuit.rz(-phi, q).rx(theta, q).rz(phi, q)
        elif step.name not in ("barrier", "measure"):
            circuit = circuit.gate({"cx": "cnot"}.get(step.name, step.name), *step.qubits, params=step.params)
    return circuit


@pytest.mark.parametrize("basis", BASES)
def test_native_gates_give_the_same_answers(basis: str) -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        circuit = Circuit(3)
        for _ in range(12):
            a, b = (int(q) for q in rng.permutation(3)[:2])
            kind = rng.choice(["h", "s", "sdg", "x", "z", "ry", "rx", "rz", "cnot", "i"])
            where = (a, b) if kind == "cnot" else (a,)
            angle = (float(rng.choice([np.pi / 2, np.pi, -np.pi, 0.0, rng.uniform(-7, 7)])),) if kind[0] == "r" else ()
            circuit = circuit.gate(str(kind), *where, params=angle)
        meant = np.abs(run(circuit)) ** 2
        measured = circuit.measure(0, 1, 2, key="m")
        np.testing.assert_allclose(np.abs(run(applied(native(measured, basis), 3))) ** 2, meant, atol=1e-12)


def test_what_no_such_program_says_is_refused_by_name() -> None:
    conditional = Circuit(2).measure(0, key="m").x(1, when="m")
    for circuit, message in [
        (conditional, "must hold no gate that waits for a result, got 'x'"),
        (Circuit(1).noise("bit_flip", 0, params=(0.1,)), "must hold gates, waits and measurements only"),
        (Circuit(2).gate("swap", 0, 1), "must hold no two-qubit gates but cnot and cz, got 'swap'"),
    ]:
        with pytest.raises(ValueError, match=message):
            native(circuit, "rz sx cz")
    with pytest.raises(ValueError, match=r"must hold gates of cx, .* only, got 't'|must hold gates of"):
        native(Circuit(1).gate("t", 0), "plain")
    with pytest.raises(ValueError, match="basis must be one of"):
        native(Circuit(1), "ms")


def test_a_verbatim_box_holds_every_gate_and_nothing_else() -> None:
    circuit = Circuit(2).h(0).cnot(0, 1).gate("i", 0).gate("i", 1).cnot(0, 1).measure(0, 1, key="m")
    text = verbatim(native(circuit, "prx cz"), ("$3", "$7"), 2).splitlines()
    assert text[:4] == ["OPENQASM 3.0;", "bit[2] c;", "#pragma braket verbatim", "box {"]
    box = text[4 : text.index("}")]
    assert sum(row.startswith("cz $") for row in box) == 2
    assert all(row.startswith(("cz $", "prx(")) for row in box)
    assert text[text.index("}") + 1 :] == ["c[0] = measure $3;", "c[1] = measure $7;"]
    with pytest.raises(ValueError, match="must hold no wait for a verbatim box"):
        verbatim(native(wait(Circuit(1), 2.0, 0), "prx cz"), ("$0",), 0)
    with pytest.raises(ValueError, match="must measure a qubit last"):
        verbatim(native(Circuit(1).measure(0, key="m").x(0), "prx cz"), ("$0",), 1)


# ---------- Qiskit ----------


class Program:
    """Shape of ``qiskit.QuantumCircuit``, as far as it is used."""

    def __init__(self, qubits: int, bits: int) -> None:
        self.circuit, self.bits, self.barriers = Circuit(qubits), bits, 0

    def barrier(self, *qubits: int) -> None:
        self.barriers += 1

    def delay(self, time: int, qubit: int, unit: str) -> None:
        assert (unit, time % 16) == ("dt", 0)
        self.circuit = wait(self.circuit, time * 4e-3, qubit)

    def measure(self, qubits: list[int], bits: list[int]) -> None:
        for q, bit in zip(qubits, bits, strict=True):
            self.circuit = self.circuit.measure(q, key=f"b{bit}")

    def __getattr__(self, name: str) -> Callable[..., None]:
        def gate(*values: Any) -> None:
            angles = {"rz": 1}.get(name, 0)
            assert name in ("rz", "sx", "cz", "cx"), name
            where = {"cx": "cnot"}.get(name, name)
            self.circuit = self.circuit.gate(where, *values[angles:], params=values[:angles])

        return gate


@dataclass
class Target:
    """Shape of ``qiskit.transpiler.Target``."""

    gates: dict[str, Any]
    num_qubits: int
    dt: float | None = 4e-9
    pulse_alignment: int = 16

    @property
    def operation_names(self) -> list[str]:
        return list(self.gates)

    def __getitem__(self, name: str) -> Any:
        return self.gates[name]


@dataclass
class Answer:
    counts: dict[str, int]
    data: Any = None

    def get_counts(self) -> dict[str, int]:
        return self.counts


@dataclass
class Backend:
    """Shape of ``qiskit.providers.BackendV2``: six qubits on a line, of which 0 cannot be measured."""

    gate: str = "cz"
    pairs: tuple[tuple[int, int], ...] = ((1, 2), (3, 2), (3, 4), (5, 4), (0, 1))
    name: str = "fake_line"
    spoil: Callable[[dict[str, int]], Any] = lambda counts: counts
    state: str = "DONE"
    without: tuple[str, ...] = ()
    jobs: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        free = {(q,): None for q in range(6)}
        gates = {"rz": free, "sx": free, "delay": free, self.gate: dict.fromkeys(self.pairs)}
        gates["measure"] = {(q,): None for q in range(1, 6)}
        return Target({k: v for k, v in gates.items() if k not in self.without}, 6)

    def run(self, program: Program, *, shots: int) -> Any:
        chip: CouplingMap = coupling_map_from_edges(list(self.pairs), 6)
        pairs = {o.qubits for o in program.circuit if o.is_gate() and len(o.qubits) == 2}
        ways = set(self.pairs) if self.gate == "cx" else {*self.pairs, *(p[::-1] for p in self.pairs)}
        assert pairs <= ways, "a gate that the target does not have"
        machine = VirtualMachine(
            Device("x", chip, uniform_calibration(chip, two_qubit_infidelity=0.01)), len(self.jobs)
        )
        bits = machine.sample_batch([program.circuit], [shots])[0]
        rows = np.hstack([bits[f"b{i}"] for i in reversed(range(program.bits))])
        words, often = np.unique(["".join(map(str, row)) for row in rows], return_counts=True)
        counts = self.spoil({str(w): int(n) for w, n in zip(words, often, strict=True)})
        name, bits_ = f"d{len(self.jobs)}", SimpleNamespace(get_counts=lambda: counts)
        result = SimpleNamespace(get_counts=lambda: counts)
        pub = SimpleNamespace(data=SimpleNamespace(values=lambda: [bits_]))
        self.jobs[name] = SimpleNamespace(
            job_id=lambda: name,
            status=lambda: SimpleNamespace(name=self.state) if self.state.isupper() else self.state.upper(),
            result=lambda: result,
        )
        self.jobs[name + "+sampler"] = SimpleNamespace(
            job_id=lambda: name + "+sampler", status=lambda: self.state, result=lambda: [pub]
        )
        return self.jobs[name]


@dataclass
class Sampler:
    """Shape of ``qiskit_ibm_runtime.SamplerV2``."""

    backend: Backend

    def run(self, pubs: list[tuple[Program]], *, shots: int) -> Any:
        name = self.backend.run(pubs[0][0], shots=shots).job_id()
        return self.backend.jobs[name + "+sampler"]


def qiskit(backend: Backend, **options: Any) -> QiskitMachine:
    return QiskitMachine(backend, program=Program, **options)


@pytest.mark.parametrize(("gate", "sampled"), [("cz", True), ("cx", False)])
def test_a_qiskit_backend_is_measured_in_its_own_gates(tmp_path: Path, gate: str, sampled: bool) -> None:
    backend = Backend(gate)
    machine = qiskit(backend, sampler=Sampler(backend) if sampled else None, qubits=(2, 1, 3))
    card = scorecard.run(machine, shots=12_000, settings=TINY, store=tmp_path)
    assert card.faults == ()
    assert card.skipped == ()
    assert card.verdicts[0].answer == "yes"
    assert card.device.labels == ("2", "1", "3")
    assert card.device.couplings == ((0, 1), (0, 2))
    assert len(card.provenance.job_ids) == card.throughput.jobs
    assert scorecard.recompute(card) == card


def test_the_qubits_that_can_be_measured_are_taken_and_every_fence_is_a_barrier() -> None:
    machine = qiskit(Backend())
    assert machine.labels == ("1", "2", "3", "4", "5")
    circuit = Circuit(5).h(0).cnot(0, 1)
    for _ in range(4):
        circuit = circuit.gate("i", 0).gate("i", 1).cnot(0, 1)
    built = machine.built(circuit.measure(0, 1, key="m"))
    assert built.barriers == 4
    assert sum(o.name == "cz" for o in built.circuit) == 5


@pytest.mark.parametrize(
    ("backend", "options", "message"),
    [
        (Backend(without=("sx",)), {}, "target must hold sx, got"),
        (Backend(gate="ecr"), {}, "target must hold cz or cx, got"),
        (Backend(without=("measure", "rz")), {}, "target must hold rz, measure, got"),
        (Backend(pairs=()), {}, "target must hold cz or cx, got"),
        (Backend(), {"qubits": (0, 1)}, "qubits must be measured by the target, got 0"),
        (Backend(), {"qubits": (1, 1)}, "qubits must be different"),
        (Backend(), {"qubits": (1, 3)}, "qubits must hold two that cz couples"),
        (SimpleNamespace(name="old"), {}, "backend must have a target"),
        (SimpleNamespace(name="old", target=Backend().target), {}, "backend must have run, or come with a sampler"),
    ],
)
def test_a_backend_that_lacks_something_is_refused_by_its_name(backend: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        qiskit(backend, **options)


PAIR = Circuit(3).h(0).cnot(0, 1).measure(0, 1, key="m")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda counts: {k: n / 50 for k, n in counts.items()}, "not shares or quasi-probabilities"),
        (lambda counts: dict(list(counts.items())[1:]), "must sum to the 50 shots asked for"),
        (lambda counts: {k[1:]: n for k, n in counts.items()}, "must be 2 times 0 or 1"),
    ],
)
def test_an_answer_that_lies_is_refused(spoil: Any, message: str) -> None:
    machine = qiskit(Backend(spoil=spoil))
    with pytest.raises(ValueError, match=message):
        machine.collect(machine.submit(PAIR, 50, "t"), PAIR, 50)


def test_jobs_wait_fail_and_are_found_again() -> None:
    backend = Backend(state="QUEUED")
    first = qiskit(backend)
    job = first.submit(PAIR, 50, "t")
    assert first.collect(job, PAIR, 50) is None
    second = qiskit(backend, find_job=backend.jobs.__getitem__)
    backend.state = "DONE"
    answer = second.collect(job, PAIR, 50)
    assert answer is not None
    assert answer["m"].shape == (50, 2)
    with pytest.raises(RuntimeError, match="no find_job was given"):
        qiskit(backend).collect(job, PAIR, 50)
    backend.state = "ERROR"
    with pytest.raises(RuntimeError, match="error"):
        second.collect(job, PAIR, 50)


def test_a_target_without_a_clock_leaves_the_waiting_out(tmp_path: Path) -> None:
    card = scorecard.run(
        qiskit(Backend(without=("delay",)), qubits=(1, 2, 3)), shots=12_000, settings=TINY, store=tmp_path
    )
    assert [s.experiment for s in card.skipped] == ["idle"]
    assert "must hold delay and dt" in card.skipped[0].reason
    assert line(3).num_qubits == card.device.qubits
