"""IBM's and other machines as Qiskit hands them over: an object with a ``target``, and something that runs circuits.

Circuits are written in the target's own gates on its own qubits, with a barrier at each fence: nothing is left to
transpile, so nothing can be merged or removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import CouplingMap
from qlab.devices.couplings import coupling_map_from_edges
from qlab.scorecard.queueing import JobFailed
from qlab.scorecard.vendors import answers
from qlab.scorecard.vendors.native import RZ_SX_CX, RZ_SX_CZ, Step, native

_TURNS = ("rz", "sx")
_FAILED = ("ERROR", "CANCELLED", "FAILED")
_OPEN = ("INITIALIZING", "QUEUED", "VALIDATING", "RUNNING")


class QiskitMachine:
    """A Qiskit backend, as `qlab.scorecard.measure` takes it; jobs are sent, and collected later.

    Args:
        backend: of Qiskit's BackendV2 shape: ``name``, ``target``, and ``run(circuit, shots=…)`` where no sampler
            is given.
        sampler: of Qiskit's SamplerV2 shape, whose ``run([(circuit,)], shots=…)`` is asked instead.
        find_job: from a job's id to the job, in a process that did not send it: ``service.job``.
        qubits: the numbers of the qubits to use, by default all that the target can run.
        program: makes an empty circuit of so many qubits and bits, by default ``qiskit.QuantumCircuit``.

    Raises:
        ValueError: where the target lacks what a card needs; names it.
    """

    feed_forward = False

    def __init__(
        self,
        backend: Any,
        *,
        sampler: Any = None,
        find_job: Callable[[str], Any] | None = None,
        qubits: Sequence[int] = (),
        program: Callable[[int, int], Any] | None = None,
    ) -> None:
        target = getattr(backend, "target", None)
        if target is None or not hasattr(target, "operation_names"):
            raise _validate.fail("backend", "must have a target, as Qiskit's BackendV2", type(backend).__name__)
        if sampler is None and not callable(getattr(backend, "run", None)):
            raise _validate.fail("backend", "must have run, or come with a sampler", type(backend).__name__)
        self._backend, self._target, self._sampler, self._find_job = backend, target, sampler, find_job
        self._program = program
        self._jobs: dict[str, Any] = {}
        self._gate = self._pair_gate(target)
        pairs = [tuple(pair) for pair in target[self._gate] or ()]
        own = self._usable(target, qubits, pairs)
        place = {q: i for i, q in enumerate(own)}
        edges = [(place[a], place[b]) for a, b in pairs if a in place and b in place]
        if not edges:
            raise _validate.fail("qubits", f"must hold two that {self._gate} couples", list(own))
        # A gate may be calibrated one way round only; CZ is the same both ways, CX is not.
        self._ways = set(pairs)
        self._physical = own
        self.couplings: CouplingMap = coupling_map_from_edges(edges, len(own))
        self.labels = tuple(str(q) for q in own)
        self.name = str(backend.name() if callable(backend.name) else backend.name)
        kind = f"Qiskit backend {type(backend).__module__}.{type(backend).__qualname__}"
        self.provenance = {"kind": kind, "native gates": f"{', '.join(_TURNS)}, {self._gate}"}
        self.identity = f"{kind} {self.name} {own} {self._gate}"

    @staticmethod
    def _pair_gate(target: Any) -> str:
        names = list(target.operation_names)
        lacking = [name for name in (*_TURNS, "measure") if name not in names]
        found = [name for name in ("cz", "cx") if name in names and target[name]]
        if lacking or not found:
            missing = ", ".join([*lacking, *(() if found else ("cz or cx",))])
            raise _validate.fail("target", f"must hold {missing}", names)
        return found[0]

    @staticmethod
    def _usable(target: Any, qubits: Sequence[int], pairs: Sequence[Sequence[int]]) -> tuple[int, ...]:
        n = _validate.integer("num_qubits of the target", target.num_qubits, 1)
        readable = target["measure"]
        able = [q for q in range(n) if readable is None or (q,) in readable]
        if not qubits:
            joined = {q for pair in pairs for q in pair}
            return tuple(q for q in able if q in joined)
        for q in qubits:
            if q not in able:
                raise _validate.fail("qubits", "must be measured by the target", q)
        if len(set(qubits)) != len(qubits):
            raise _validate.fail("qubits", "must be different", list(qubits))
        return tuple(int(q) for q in qubits)

    def sample_batch(self, circuits: Any, shots: Any) -> list[dict[str, Bits]]:
        """Not at once: `submit` and `collect` stand for it."""
        raise NotImplementedError("a Qiskit backend answers later")

    def steps(self, circuit: Circuit) -> list[Step]:
        """What is sent, on the numbers of the couplings."""
        found = []
        for step in native(circuit, RZ_SX_CZ if self._gate == "cz" else RZ_SX_CX):
            if step.name == "cx" and self._there(step) not in self._ways:
                a, b = step.qubits
                # H on both sides turns a CX round; the fence keeps all of it.
                turned = [t for q in (a, b) for t in _hadamard(q)]
                found += [*turned, Step("cx", (b, a)), *turned]
            else:
                found.append(step)
        return found

    def _there(self, step: Step) -> tuple[int, ...]:
        return tuple(self._physical[q] for q in step.qubits)

    def built(self, circuit: Circuit) -> Any:
        """The circuit as Qiskit's, in the target's gates on the target's qubits.

        Raises:
            ValueError: where it holds what the target cannot do.
        """
        make = self._program or import_module("qiskit").QuantumCircuit
        program = make(self._target.num_qubits, answers.width(circuit))
        for step in self.steps(circuit):
            where = list(self._there(step))
            if step.name == "measure":
                program.measure(where, list(step.bits))
            elif step.name == "delay":
                program.delay(self._ticks(step.params[0]), where[0], unit="dt")
            elif step.name == "barrier":
                program.barrier(*where)
            else:
                getattr(program, step.name)(*step.params, *where)
        return program

    def _ticks(self, time_us: float) -> int:
        dt = getattr(self._target, "dt", None)
        if not dt or "delay" not in self._target.operation_names:
            raise _validate.fail("target", "must hold delay and dt for a circuit that waits", dt)
        grain = int(getattr(self._target, "pulse_alignment", 1) or 1)
        return grain * round(time_us * 1e-6 / float(dt) / grain)

    def check(self, circuit: Circuit) -> None:
        """See that every two-qubit gate of a circuit is one of the target's.

        Raises:
            ValueError: where it is not, or the circuit holds what the target cannot do.
        """
        for step in self.steps(circuit):
            there = self._there(step)
            if step.name == "cz" and not {there, there[::-1]} & self._ways:
                raise _validate.fail("circuit", "must use couplings of the target", there)
            if step.name == "delay":
                self._ticks(step.params[0])

    def submit(self, circuit: Circuit, shots: int, tag: str) -> str:  # noqa: ARG002 - Qiskit has no place for a tag
        """Send a circuit; the id of its job."""
        program = self.built(circuit)
        if self._sampler is not None:
            job = self._sampler.run([(program,)], shots=shots)
        else:
            job = self._backend.run(program, shots=shots)
        name = str(job.job_id())
        self._jobs[name] = job
        return name

    def collect(self, job: str, circuit: Circuit, shots: int) -> dict[str, Bits] | None:
        """Bits by key; None while the job waits.

        Raises:
            JobFailed: where the job failed, or nothing can find it.
            Unusable: where the answer cannot be the result of the circuit.
        """
        if job not in self._jobs:
            if self._find_job is None:
                raise JobFailed("sent by another process, and no find_job was given to find it")
            self._jobs[job] = self._find_job(job)
        found = self._jobs[job]
        status = found.status()
        state = str(getattr(status, "name", status)).upper()
        if state in _FAILED:
            raise JobFailed(state.lower())
        if state in _OPEN:
            return None
        return self._read(found.result(), circuit, shots)

    def _read(self, result: Any, circuit: Circuit, shots: int) -> dict[str, Bits]:
        if hasattr(result, "quasi_dists"):
            raise answers.Unusable("must be counts; quasi-probabilities are corrected by an unknown rule")
        if self._sampler is None:
            counts = result.get_counts()
        else:
            bits = list(result[0].data.values())
            if len(bits) != 1 or not hasattr(bits[0], "get_counts"):
                raise answers.Unusable(f"must hold the bits of one register, got {len(bits)}")
            counts = bits[0].get_counts()
        return answers.from_counts(dict(counts), circuit, shots, last_first=True)


def _hadamard(qubit: int) -> list[Step]:
    half = 1.5707963267948966
    return [Step("rz", (qubit,), (half,)), Step("sx", (qubit,)), Step("rz", (qubit,), (half,))]
