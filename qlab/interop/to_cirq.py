"""From our circuits to Cirq's, operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import cirq
import numpy as np

from qlab import _validate
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit

FIXED_GATES: dict[str, cirq.Gate] = {
    "i": cirq.I,
    "x": cirq.X,
    "y": cirq.Y,
    "z": cirq.Z,
    "h": cirq.H,
    "s": cirq.S,
    "sdg": cirq.S**-1,
    "t": cirq.T,
    "tdg": cirq.T**-1,
    "sx": cirq.X**0.5,
    "cnot": cirq.CNOT,
    "cz": cirq.CZ,
    "swap": cirq.SWAP,
    "iswap": cirq.ISWAP,
    "ccx": cirq.CCX,
}
_TURNS: dict[str, Callable[[float], cirq.Gate]] = {
    "rx": cirq.rx,
    "ry": cirq.ry,
    "rz": cirq.rz,
    "phase": lambda theta: cirq.ZPowGate(exponent=theta / np.pi),
    "cphase": lambda theta: cirq.CZPowGate(exponent=theta / np.pi),
    "rzz": lambda theta: cirq.ZZPowGate(exponent=theta / np.pi, global_shift=-0.5),
}
_NOISE: dict[str, Callable[[float], cirq.Gate]] = {
    "bit_flip": cirq.bit_flip,
    "phase_flip": cirq.phase_flip,
    "amplitude_damping": cirq.amplitude_damp,
    # Cirq's γ multiplies coherences by √(1-γ), our p by 1-p.
    "dephasing": lambda p: cirq.phase_damp(1 - (1 - p) ** 2),
}


def _gate(operation: Operation) -> cirq.Gate:
    name = operation.name
    numbers = [float(p.real) for p in operation.params] if name not in ("unitary", "kraus") else []
    if name in FIXED_GATES:
        return FIXED_GATES[name]
    if name in _TURNS:
        return _TURNS[name](numbers[0])
    if name in _NOISE and len(operation.qubits) == 1:
        # cirq.bit_flip(1) returns X itself, which is right and not a channel any more.
        return _NOISE[name](numbers[0])
    if name == "depolarizing":
        return cirq.depolarize(numbers[0], n_qubits=len(operation.qubits))
    if operation.is_gate():
        return cirq.MatrixGate(operation.matrix(), unitary_check=False)
    return cirq.KrausChannel(kraus_ops=list(kraus_operators(operation)))


def _operations(operation: Operation, qubits: Sequence[cirq.Qid]) -> Iterator[cirq.Operation]:
    targets = [qubits[q] for q in operation.qubits]
    if operation.key is not None:
        yield cirq.measure(*targets, key=operation.key)
        return
    if operation.name == "reset":
        plain: list[cirq.Operation] = [cirq.reset(q) for q in targets]
    else:
        plain = [_gate(operation).on(*targets)]
    for step in plain:
        yield step if operation.condition is None else step.with_classical_controls(operation.condition)


def to_cirq(circuit: Circuit, *, qubits: Iterable[cirq.Qid] | None = None) -> cirq.Circuit:
    """The same circuit in Cirq: gates, noise, measurements, resets and conditions.

    Both libraries put qubit 0 leftmost and agree on global phase, so state vectors agree entry by entry.
    A qubit without any operation does not appear in Cirq's circuit; name it in ``qubit_order`` there.

    Args:
        circuit: what to translate.
        qubits: Cirq's name of each qubit, by default ``cirq.LineQubit.range(n)``.

    >>> print(to_cirq(Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")))
    0: ───H───@───M('m')───
              │   │
    1: ───────X───M────────
    """
    circuit = as_circuit(circuit)
    names: list[Any] = list(cirq.LineQubit.range(circuit.num_qubits) if qubits is None else qubits)
    if len(names) != circuit.num_qubits or len(set(names)) != len(names):
        raise _validate.fail("qubits", f"must be {circuit.num_qubits} different qubits", names)
    return cirq.Circuit(step for operation in circuit for step in _operations(operation, names))
