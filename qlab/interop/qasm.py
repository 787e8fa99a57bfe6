"""OpenQASM 3 out: the text that any other tool chain reads."""

from __future__ import annotations

from collections.abc import Iterator

import cirq
import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.devices.hardware import is_wait

_STANDARD = {
    **{
        name: name for name in ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "cz", "swap", "ccx")
    },
    "i": "id",
    "phase": "p",
    "cphase": "cp",
    "u3": "U",
    "cnot": "cx",
}
"""Our names that `stdgates.inc` knows, and what it calls them."""

_DEFINED = {
    "iswap": "gate iswap a, b { s a; s b; h a; cx a, b; cx b, a; h b; }",
    "rzz": "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }",
}


def _euler(matrix: ComplexArray) -> tuple[float, float, float]:
    """Angles θ, φ, λ of a one-qubit unitary as U(θ, φ, λ), up to a global phase."""
    theta = 2 * np.arctan2(abs(matrix[1, 0]), abs(matrix[0, 0]))
    if abs(matrix[0, 0]) < 1e-12:
        return float(theta), float(np.angle(matrix[1, 0])), float(np.angle(-matrix[0, 1]))
    phase = np.angle(matrix[0, 0])
    if abs(matrix[1, 0]) < 1e-12:
        return 0.0, 0.0, float(np.angle(matrix[1, 1]) - phase)
    return float(theta), float(np.angle(matrix[1, 0]) - phase), float(np.angle(-matrix[0, 1]) - phase)


def _numbers(values: tuple[float, ...]) -> str:
    return f"({', '.join(repr(float(v)) for v in values)})" if values else ""


def _gate_line(name: str, values: tuple[float, ...], qubits: tuple[int, ...]) -> str:
    return f"{name}{_numbers(values)} {', '.join(f'q[{q}]' for q in qubits)};"


def _unitary_lines(matrix: ComplexArray, qubits: tuple[int, ...]) -> Iterator[str]:
    """An explicit unitary in U and CZ, by Cirq's decomposition into two-qubit gates."""
    if len(qubits) == 1:
        yield _gate_line("U", _euler(matrix), qubits)
        return
    line = cirq.LineQubit.range(len(qubits))
    if len(qubits) == 2:
        steps = list(
            cirq.two_qubit_matrix_to_cz_operations(line[0], line[1], matrix, allow_partial_czs=False, atol=1e-10)
        )
    else:
        shannon = cirq.Circuit(cirq.quantum_shannon_decomposition(line, matrix))
        steps = list(shannon.all_operations())
    for step in steps:
        targets = tuple(qubits[q.x] for q in step.qubits)  # type: ignore[attr-defined]
        if not targets:
            continue  # a global phase, which the text does not carry
        if len(targets) == 1:
            yield _gate_line("U", _euler(cirq.unitary(step)), targets)
        elif step.gate == cirq.CZ:
            yield _gate_line("cz", (), targets)
        else:
            yield from _unitary_lines(cirq.unitary(step), targets)


def _lines(operation: Operation) -> Iterator[str]:
    qubits = operation.qubits
    if operation.key is not None:
        yield f"bit[{len(qubits)}] c_{operation.key};"
        yield from (f"c_{operation.key}[{i}] = measure q[{q}];" for i, q in enumerate(qubits))
    elif operation.name == "reset":
        yield from (f"reset q[{q}];" for q in qubits)
    elif operation.name in _STANDARD or operation.name in _DEFINED:
        angles = tuple(float(p.real) for p in operation.params)
        yield _gate_line(_STANDARD.get(operation.name, operation.name), angles, qubits)
    elif operation.is_gate():
        yield from _unitary_lines(operation.matrix(), qubits)
    elif is_wait(operation):
        yield f"delay[{float(operation.params[0].real)!r}us] q[{qubits[0]}];"
    else:
        raise _validate.fail("circuit", "must hold no noise to be written as OpenQASM", operation.name)


def to_qasm3(circuit: Circuit) -> str:
    """The circuit as an OpenQASM 3.0 program (Cross et al., ACM Trans. Quantum Comput. 3, 12, 2022).

    Qubit i is ``q[i]``, the result ``key`` is the register ``c_key``. Explicit unitaries are compiled to U
    and CZ gates. The program agrees with the circuit up to a global phase of each gate; `from_qasm3` reads it back.

    Raises:
        ValueError: where the circuit holds noise, which OpenQASM cannot say (a wait becomes a delay).

    >>> print(to_qasm3(Circuit(2).h(0).measure(0, key="m").x(1, when="m")))
    OPENQASM 3.0;
    include "stdgates.inc";
    qubit[2] q;
    h q[0];
    bit[1] c_m;
    c_m[0] = measure q[0];
    if (uint[1](c_m) != 0) {
      x q[1];
    }
    <BLANKLINE>
    """
    circuit = as_circuit(circuit)
    widths = {o.key: len(o.qubits) for o in circuit if o.key is not None}
    used = {o.name for o in circuit}
    lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    lines += [text for name, text in _DEFINED.items() if name in used]
    lines.append(f"qubit[{circuit.num_qubits}] q;")
    for operation in circuit:
        body = list(_lines(operation))
        if operation.condition is not None:
            test = f"uint[{widths[operation.condition]}](c_{operation.condition}) != 0"
            body = [f"if ({test}) {{", *(f"  {line}" for line in body), "}"]
        lines += body
    return "\n".join(lines) + "\n"
