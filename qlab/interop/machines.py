"""A machine to be sampled: Cirq's sampler together with its qubits, couplings and native gates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cirq

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit, Operation
from qlab.devices import CouplingMap, components
from qlab.devices.hardware import is_wait
from qlab.interop.sampling import checked_batch
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
        program = cirq.merge_single_qubit_gates_to_phxz(program, context=context)
        program = cirq.drop_empty_moments(cirq.drop_negligible_operations(program, context=context))
    return cirq.align_right(program)


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
    """

    name: str
    sampler: Any
    couplings: CouplingMap
    qubits: tuple[cirq.Qid, ...] = ()
    gateset: cirq.CompilationTargetGateset | None = None
    feed_forward: bool = False
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = tuple(self.qubits) or tuple(cirq.LineQubit.range(self.couplings.num_qubits))
        if len(names) != self.couplings.num_qubits or len(set(names)) != len(names):
            raise _validate.fail("qubits", f"must be {self.couplings.num_qubits} different qubits", names)
        object.__setattr__(self, "qubits", names)

    @property
    def labels(self) -> tuple[str, ...]:
        """Cirq's name of each qubit as text."""
        return tuple(str(q) for q in self.qubits)

    def compiled(self, circuit: Circuit) -> cirq.Circuit:
        """The circuit on the machine's qubits in native gates, independent parts side by side."""
        programs = []
        for numbers, part in components(circuit):
            plain, keys = _without_keys(part)
            program = _compiled(plain, self.gateset)
            where: dict[Any, Any] = {cirq.LineQubit(i): self.qubits[q] for i, q in enumerate(numbers)}
            placed = program.transform_qubits(where)
            programs.append(cirq.with_measurement_key_mapping(placed, keys))
        return cirq.Circuit.zip(*programs, align=cirq.Alignment.RIGHT)

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
        return checked_batch(circuits, shots, answers)
