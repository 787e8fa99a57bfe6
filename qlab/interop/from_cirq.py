"""From Cirq's circuits to ours; what has no name here becomes an explicit unitary or Kraus stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cirq
import numpy as np

from qlab import _validate
from qlab.circuits import Circuit, Operation
from qlab.interop.to_cirq import FIXED_GATES

_NAME_OF_GATE = {gate: name for name, gate in FIXED_GATES.items()}
_TURNS: tuple[tuple[type[Any], float, str], ...] = (
    (cirq.Rx, -0.5, "rx"),
    (cirq.Ry, -0.5, "ry"),
    (cirq.Rz, -0.5, "rz"),
    (cirq.ZPowGate, 0.0, "phase"),
    (cirq.CZPowGate, 0.0, "cphase"),
    (cirq.ZZPowGate, -0.5, "rzz"),
)
"""Cirq's class of a turn, the global phase that fits ours, and our name."""

_NOISE: tuple[tuple[type[Any], str, Callable[[Any], float]], ...] = (
    (cirq.BitFlipChannel, "bit_flip", lambda gate: gate.p),
    (cirq.PhaseFlipChannel, "phase_flip", lambda gate: gate.p),
    (cirq.AmplitudeDampingChannel, "amplitude_damping", lambda gate: gate.gamma),
    (cirq.PhaseDampingChannel, "dephasing", lambda gate: 1 - np.sqrt(1 - gate.gamma)),
    (cirq.DepolarizingChannel, "depolarizing", lambda gate: gate.p),
)
"""Cirq's class of a channel, our name, and our parameter."""

MAX_EXPLICIT_QUBITS = 8
"""A gate without a name here is stored entry by entry up to this size."""


def _named(gate: Any) -> tuple[str, tuple[float, ...]] | None:
    """Our name and parameters of a Cirq gate or channel, where there are any."""
    if isinstance(gate, (cirq.MatrixGate, cirq.KrausChannel)):
        return None
    if gate in _NAME_OF_GATE:
        return _NAME_OF_GATE[gate], ()
    for kind, shift, name in _TURNS:
        if isinstance(gate, kind) and gate.global_shift == shift and set(cirq.qid_shape(gate)) == {2}:
            return name, (float(gate.exponent) * np.pi,)
    for kind, name, probability in _NOISE:
        if isinstance(gate, kind):
            return name, (float(probability(gate)),)
    return None


def _key(gate: cirq.MeasurementGate, qubits: tuple[int, ...]) -> str:
    name = cirq.measurement_key_name(gate)
    return name if name.isidentifier() else "m" + "_".join(map(str, qubits))


def _measured(gate: cirq.MeasurementGate, qubits: tuple[int, ...], keys: dict[str, str]) -> Iterator[Operation]:
    if gate.confusion_map:
        raise _validate.fail("circuit", "must hold no confusion maps (see qlab.channels.readout_error)", gate)
    flipped = [q for q, flip in zip(qubits, gate.full_invert_mask(), strict=True) if flip]
    keys[cirq.measurement_key_name(gate)] = key = _key(gate, qubits)
    yield from (Operation("x", (q,)) for q in flipped)
    yield Operation("measure", qubits, (), key)
    yield from (Operation("x", (q,)) for q in flipped)


def _condition(operation: cirq.Operation, keys: dict[str, str]) -> str | None:
    controls = list(operation.classical_controls) if isinstance(operation, cirq.ClassicallyControlledOperation) else []
    if not controls:
        return None
    only = controls[0]
    if len(controls) > 1 or not isinstance(only, cirq.KeyCondition) or only.index != -1 or str(only.key) not in keys:
        raise _validate.fail("circuit", "must hold conditions on one earlier result only", operation)
    return keys[str(only.key)]


def _translated(operation: cirq.Operation, numbers: dict[Any, int], keys: dict[str, str]) -> Iterator[Operation]:
    condition = _condition(operation, keys)
    plain = operation.without_classical_controls().untagged
    qubits = tuple(numbers[q] for q in plain.qubits)
    gate = plain.gate
    if cirq.is_parameterized(plain):
        raise _validate.fail("circuit", "must hold no free parameters", operation)
    if isinstance(gate, cirq.MeasurementGate):
        yield from _measured(gate, qubits, keys)
    elif isinstance(gate, cirq.ResetChannel):
        yield Operation("reset", qubits, (), None, condition)
    elif isinstance(gate, cirq.IdentityGate):
        yield from (Operation("i", (q,), (), None, condition) for q in qubits)
    elif isinstance(gate, cirq.WaitGate):
        return
    elif gate is not None and (named := _named(gate)) is not None:
        yield Operation(named[0], qubits, named[1], None, condition)
    else:
        yield _explicit(plain, qubits, condition)


def _explicit(operation: cirq.Operation, qubits: tuple[int, ...], condition: str | None) -> Operation:
    if len(qubits) > MAX_EXPLICIT_QUBITS:
        raise _validate.fail("circuit", f"must hold no unnamed gate above {MAX_EXPLICIT_QUBITS} qubits", operation)
    if not qubits:  # a global phase
        return Operation("unitary", (0,), tuple(np.ravel(cirq.unitary(operation) * np.eye(2))), None, condition)
    if cirq.has_unitary(operation):
        return Operation("unitary", qubits, tuple(np.ravel(cirq.unitary(operation))), None, condition)
    stack = cirq.kraus(operation, None)
    if stack is None:
        raise _validate.fail("circuit", "must hold gates, channels, measurements and resets only", operation)
    return Operation("kraus", qubits, tuple(np.ravel(np.array(stack))), None, condition)


def from_cirq(circuit: cirq.Circuit, *, qubits: Iterable[cirq.Qid] | None = None) -> Circuit:
    """A Cirq circuit in ours; measurement keys that are no identifiers are renamed after their qubits.

    Args:
        circuit: gates, channels, measurements, resets, sub-circuits and conditions on one result.
        qubits: the order of qubits, by default Cirq's sorted one; names idle qubits where there are any.

    Raises:
        ValueError: for free parameters, confusion maps, and conditions on more than one result.

    >>> q0, q1 = cirq.LineQubit.range(2)
    >>> from_cirq(cirq.Circuit(cirq.H(q0), cirq.CNOT(q0, q1))) == Circuit(2).h(0).cnot(0, 1)
    True
    """
    if not isinstance(circuit, cirq.AbstractCircuit):
        raise _validate.fail("circuit", "must be a circuit of Cirq's", circuit)
    flat = cirq.unroll_circuit_op(circuit, deep=True, tags_to_check=None)
    names = sorted(flat.all_qubits()) if qubits is None else list(qubits)
    missing = set(flat.all_qubits()) - set(names)
    if missing or not names:
        raise _validate.fail("qubits", "must name every qubit of the circuit, at least one", names)
    numbers = {q: i for i, q in enumerate(names)}
    keys: dict[str, str] = {}
    steps = [step for operation in flat.all_operations() for step in _translated(operation, numbers, keys)]
    return Circuit(len(names), tuple(steps))
