"""A machine to be sampled: Cirq's sampler together with its qubits, couplings and native gates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cirq

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit, Operation
from qlab.devices import CouplingMap, components
from qlab.devices.hardware import is_wait
from qlab.interop.sampling import checked_batch, checked_sampler
from qlab.interop.to_cirq import to_cirq

_WAIT = "qlab-wait"


def _segments(circuit: Circuit) -> list[list[Operation]]:
    """Runs of plain gates that a compiler may merge; everything else stands alone, an identity is a fence."""
    segments: list[list[Operation]] = [[]]
    for o in circuit:
        if o.is_gate() and o.condition is None and o.name != "i":
            segments[-1].append(o)
        else:
            segments += [[o], []] if o.name != "i" else [[]]
    return [segment for segment in segments if segment]


def _translated(operation: Operation) -> Iterator[cirq.Operation]:
    if is_wait(operation):
        pause = cirq.WaitGate(cirq.Duration(micros=float(operation.params[0].real)))
        yield pause.on(cirq.LineQubit(operation.qubits[0])).with_tags(_WAIT)
        return
    plain = Operation(operation.name, tuple(range(len(operation.qubits))), operation.params, operation.key)
    where: dict[Any, Any] = {cirq.LineQubit(i): cirq.LineQubit(q) for i, q in enumerate(operation.qubits)}
    for step in to_cirq(Circuit(len(operation.qubits), (plain,))).all_operations():
        moved = step.transform_qubits(where)
        yield moved if operation.condition is None else moved.with_classical_controls(operation.condition)


@lru_cache(maxsize=4096)
def _compiled(circuit: Circuit, gateset: cirq.CompilationTargetGateset | None) -> cirq.Circuit:
    program = cirq.Circuit()
    for segment in _segments(circuit):
        steps = cirq.Circuit(step for o in segment for step in _translated(o))
        if gateset is not None and segment[0].is_gate() and segment[0].condition is None:
            steps = cirq.optimize_for_target_gateset(steps, gateset=gateset)
        program.append(steps.all_operations())
    if gateset is not None:
        context = cirq.TransformerContext(tags_to_ignore=(_WAIT,))
        merged = cirq.merge_single_qubit_gates_to_phxz(program, context=context)
        # Turns on either side of a fence become one, unless the machine has no such gate.
        program = program if _strangers(merged, gateset) else merged
        program = cirq.drop_empty_moments(cirq.drop_negligible_operations(program, context=context))
    return cirq.align_right(program)


def _strangers(program: cirq.Circuit, gateset: cirq.CompilationTargetGateset) -> list[cirq.Operation]:
    """Operations of a program that are none of the machine's; waits and conditions are for its sampler to judge."""
    free = (op for op in program.all_operations() if _WAIT not in op.tags and not cirq.control_keys(op))
    return [op for op in free if not cirq.is_measurement(op) and op not in gateset]


def _without_keys(circuit: Circuit) -> tuple[Circuit, dict[str, str]]:
    """The circuit with keys numbered in order, so that equal parts with different keys compile once."""
    names = {key: f"k{i}" for i, key in enumerate(circuit.keys)}
    steps = tuple(
        Operation(o.name, o.qubits, o.params, names.get(o.key or ""), names.get(o.condition or "")) for o in circuit
    )
    return Circuit(circuit.num_qubits, steps), {new: old for old, new in names.items()}


@dataclass(frozen=True)
class Machine:
    """What the scorecard measures: anything with Cirq's sampler interface, and how its qubits are joined.

    Attributes:
        name: for the report.
        sampler: runs circuits.
        couplings: which qubits can meet.
        qubits: Cirq's name of each qubit, by default line qubits.
        gateset: native gates to compile to; none where the sampler takes any gate. Gates are merged as Cirq
            sees fit, but never across an identity, a wait or a measurement.
        feed_forward: whether a gate may depend on an earlier result.
        provenance: where the machine and its figures come from, as plain text by name.
        compiler: the vendor's own way to native gates, in place of a gateset: from a piece of a program on the
            machine's qubits to the piece that is sent. It never sees what stands beyond a fence.
        job_ids: what the vendor calls the jobs, in the order of their answers.
    """

    name: str
    sampler: Any
    couplings: CouplingMap
    qubits: tuple[cirq.Qid, ...] = ()
    gateset: cirq.CompilationTargetGateset | None = None
    feed_forward: bool = False
    provenance: dict[str, str] = field(default_factory=dict)
    compiler: Callable[[cirq.Circuit], cirq.Circuit] | None = None
    job_ids: list[str] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        checked_sampler(self.sampler)
        _validate.instance("couplings", self.couplings, CouplingMap)
        names = tuple(_validate.sequence("qubits", self.qubits)) or tuple(
            cirq.LineQubit.range(self.couplings.num_qubits)
        )
        if len(names) != self.couplings.num_qubits or len(set(names)) != len(names):
            raise _validate.fail("qubits", f"must be {self.couplings.num_qubits} different qubits", names)
        object.__setattr__(self, "qubits", names)

    @property
    def labels(self) -> tuple[str, ...]:
        """Cirq's name of each qubit as text."""
        return tuple(str(q) for q in self.qubits)

    def compiled(self, circuit: Circuit) -> cirq.Circuit:
        """The circuit on the machine's qubits in native gates, independent parts side by side."""
        programs = [self._part(numbers, part) for numbers, part in components(circuit)]
        return cirq.Circuit.zip(*programs, align=cirq.Alignment.RIGHT)

    def _part(self, numbers: Sequence[int], part: Circuit) -> cirq.Circuit:
        plain, keys = _without_keys(part)
        where: dict[Any, Any] = {cirq.LineQubit(i): self.qubits[q] for i, q in enumerate(numbers)}
        if self.compiler is None:
            placed = _compiled(plain, self.gateset).transform_qubits(where)
        else:
            placed = cirq.Circuit()
            for segment in _segments(plain):
                steps = cirq.Circuit(step for o in segment for step in _translated(o)).transform_qubits(where)
                placed.append(self.compiler(steps).all_operations())
            placed = cirq.align_right(placed)
        return cirq.with_measurement_key_mapping(placed, keys)

    def check(self, circuit: Circuit) -> None:
        """See that a circuit arrives as it is meant, without sending it.

        Args:
            circuit: to be compiled.

        Raises:
            ValueError: where a gate is none of the gateset's, or fewer two-qubit gates would be sent than meant.
        """
        for numbers, part in components(circuit):
            program = self._part(numbers, part)
            if self.gateset is not None and self.compiler is None:
                for op in _strangers(program, self.gateset)[:1]:
                    raise _validate.fail("gateset", "must hold every gate it compiles to", op)
            meant = sum(o.is_gate() and len(o.qubits) == 2 for o in part)
            sent = sum(cirq.num_qubits(op) == 2 and not cirq.is_measurement(op) for op in program.all_operations())
            if sent < meant:
                raise _validate.fail("compiler", f"must keep all {meant} two-qubit gates of a part", sent)

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        """Results of several circuits through the sampler's own batch interface, checked on arrival.

        Args:
            circuits: each with at least one measurement, on the machine's qubits by number.
            shots: number of runs of each circuit, at least 1.

        Returns:
            For each circuit, by measurement key, an array of bits of shape (shots, k).

        Raises:
            SamplerLied: where results are missing, of another shape, or not bits.
        """
        programs = [self.compiled(circuit) for circuit in circuits]
        answers = self.sampler.run_batch(programs, repetitions=list(shots))
        answers = list(answers) if isinstance(answers, Iterable) else answers
        found = checked_batch(circuits, shots, answers)
        ids = (getattr(answer[0], "job_id", None) for answer in answers)
        self.job_ids.extend(str(job) for job in ids if job is not None)
        return found
