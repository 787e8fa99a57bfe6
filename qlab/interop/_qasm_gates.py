"""The gates that OpenQASM's two libraries define, and what modifiers make of a gate.

Here a gate is a body: a global phase and operations on qubits 0 to k-1. The phase matters as soon as something
controls the gate: in OpenQASM 3 `U(θ, φ, λ)` is e^{iθ/2} times our `u3`, in `qelib1.inc` it is `u3` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qlab import _validate, gates
from qlab._types import ComplexArray
from qlab.circuits import Circuit, Operation
from qlab.gates import GATES

Body = tuple[float, tuple[Operation, ...]]
"""Phase φ in radians and operations on local qubits: together e^{iφ} times their product."""

MAX_EXPLICIT_QUBITS = 8
"""A gate with a modifier and without a name here is stored entry by entry up to this size."""

_OURS = {
    **{name: name for name in ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz")},
    **{name: name for name in ("cz", "swap", "ccx", "rzz")},
    **dict.fromkeys(("p", "phase", "u1"), "phase"),
    **dict.fromkeys(("cp", "cphase", "cu1"), "cphase"),
    **dict.fromkeys(("cx", "CX"), "cnot"),
    "id": "i",
}
"""Their names for gates that we name, too."""


def _explicit(matrix: ComplexArray) -> Body:
    k = _validate.number_of_qubits("matrix", len(matrix))
    return 0.0, (Operation("unitary", tuple(range(k)), tuple(np.ravel(matrix))),)


def _controlled(matrix: ComplexArray, controls: int = 1) -> Body:
    for _ in range(controls):
        matrix = gates.controlled(matrix)
    return _explicit(matrix)


def _u(phase: float, theta: float, phi: float, lam: float) -> Body:
    return phase, (Operation("u3", (0,), (theta, phi, lam)),)


def _cy() -> Body:
    return 0.0, (Operation("sdg", (1,)), Operation("cnot", (0, 1)), Operation("s", (1,)))


def _sxdg() -> Body:
    return 0.0, (Operation("h", (0,)), Operation("sdg", (0,)), Operation("h", (0,)))


def _rxx(theta: float) -> Body:
    return _explicit(np.cos(theta / 2) * np.eye(4) - 1j * np.sin(theta / 2) * gates.pauli_string("XX"))


_BOTH: dict[str, tuple[int, int, Callable[..., Body]]] = {
    "cy": (0, 2, _cy),
    "ch": (0, 2, lambda: _controlled(gates.H)),
    "crx": (1, 2, lambda a: _controlled(gates.rx(a))),
    "cry": (1, 2, lambda a: _controlled(gates.ry(a))),
    "crz": (1, 2, lambda a: _controlled(gates.rz(a))),
    "cswap": (0, 3, lambda: _controlled(gates.SWAP)),
    "cu": (4, 2, lambda a, b, c, d: _controlled(np.exp(1j * d) * gates.u3(a, b, c))),
}
"""Gates of both libraries without a name of ours: numbers of angles and of qubits, and their body."""

_ONLY_2: dict[str, tuple[int, int, Callable[..., Body]]] = {
    **dict.fromkeys(("u3", "u", "U"), (3, 1, lambda a, b, c: _u(0.0, a, b, c))),
    "u2": (2, 1, lambda b, c: _u(0.0, np.pi / 2, b, c)),
    "u0": (1, 1, lambda _: (0.0, (Operation("i", (0,)),))),
    "cu3": (3, 2, lambda a, b, c: _controlled(gates.u3(a, b, c))),
    "sxdg": (0, 1, _sxdg),
    "csx": (0, 2, lambda: _controlled(gates.SX)),
    "rxx": (1, 2, _rxx),
    "c3x": (0, 4, lambda: _controlled(gates.X, 3)),
    "c3sqrtx": (0, 4, lambda: _controlled(gates.SX, 3)),
    "c4x": (0, 5, lambda: _controlled(gates.X, 4)),
}

_ONLY_3: dict[str, tuple[int, int, Callable[..., Body]]] = {
    "U": (3, 1, lambda a, b, c: _u(a / 2, a, b, c)),
    "u2": (2, 1, lambda b, c: _u(-(b + c) / 2, np.pi / 2, b, c)),
    "u3": (3, 1, lambda a, b, c: _u(-(b + c) / 2, a, b, c)),
}

_OURS_ONLY_2, _OURS_ONLY_3 = {"cu1", "rzz"}, {"phase", "cphase"}

Known = dict[str, tuple[int, int, Callable[..., Body]]]
"""For each gate its numbers of angles and of qubits, and its body."""


def _ours(name: str) -> tuple[int, int, Callable[..., Body]]:
    spec = GATES[name]
    return (
        spec.num_params,
        spec.num_qubits,
        lambda *angles: (0.0, (Operation(name, tuple(range(spec.num_qubits)), angles),)),
    )


def _known(only: Known, without: set[str]) -> Known:
    return {**{name: _ours(ours) for name, ours in _OURS.items() if name not in without}, **_BOTH, **only}


LIBRARIES: dict[str, Known] = {
    "qelib1.inc": _known(_ONLY_2, _OURS_ONLY_3),
    "stdgates.inc": _known(_ONLY_3, _OURS_ONLY_2),
}
"""What including a file defines."""

BUILT_IN: dict[int, Known] = {
    2: {name: LIBRARIES["qelib1.inc"][name] for name in ("U", "CX")},
    3: {"U": LIBRARIES["stdgates.inc"]["U"]},
}
"""What is known without including anything, by version."""


def matrix_of(body: Body, num_qubits: int) -> ComplexArray:
    """Unitary of a body with its phase, shape (2**num_qubits, 2**num_qubits); of no qubits, shape (1, 1)."""
    phase, operations = body
    if num_qubits == 0:
        return np.array([[np.exp(1j * phase)]])
    if num_qubits > MAX_EXPLICIT_QUBITS:
        raise _validate.fail("gate", f"with a modifier must act on at most {MAX_EXPLICIT_QUBITS} qubits", num_qubits)
    result: ComplexArray = np.exp(1j * phase) * Circuit(num_qubits, operations).to_unitary()
    return result


def alike(first: ComplexArray, second: ComplexArray) -> bool:
    """Whether two unitaries of one shape agree up to a global phase."""
    return first.shape == second.shape and bool(abs(abs(np.vdot(first, second)) - len(first)) < 1e-9)


def named(matrix: ComplexArray) -> Body:
    """A unitary as a gate of ours where it is one without angles, else entry by entry."""
    for name, spec in GATES.items():
        if spec.num_params == 0 and alike(spec.matrix(), matrix):
            phase = float(np.angle(np.vdot(spec.matrix(), matrix)))
            return phase, (Operation(name, tuple(range(spec.num_qubits))),)
    return _explicit(matrix) if len(matrix) > 1 else (float(np.angle(matrix[0, 0])), ())


_UNDONE = {
    **{name: name for name in ("i", "x", "y", "z", "h", "cnot", "cz", "swap", "ccx")},
    "s": "sdg",
    "sdg": "s",
    "t": "tdg",
    "tdg": "t",
}
"""The name of the inverse of a gate without angles."""


def inverse(operation: Operation) -> Operation:
    """The gate that undoes a gate.

    Raises:
        ValueError: where the operation is no gate.
    """
    name, params = operation.name, operation.params
    if name in _UNDONE:
        return Operation(_UNDONE[name], operation.qubits)
    if name == "u3":
        return Operation(name, operation.qubits, (-params[0], -params[2], -params[1]))
    if name in GATES and params:
        return Operation(name, operation.qubits, tuple(-p for p in params))
    return Operation("unitary", operation.qubits, tuple(np.ravel(operation.matrix().conj().T)))


def inverted(body: Body) -> Body:
    """The body that undoes a body."""
    return -body[0], tuple(inverse(operation) for operation in reversed(body[1]))


def with_controls(body: Body, num_qubits: int, controls: int, value: int) -> Body:
    """A body that acts where each of some new first qubits holds ``value``."""
    if num_qubits + controls > MAX_EXPLICIT_QUBITS:
        size = num_qubits + controls
        raise _validate.fail("gate", f"with a modifier must act on at most {MAX_EXPLICIT_QUBITS} qubits", size)
    matrix = matrix_of(body, num_qubits)
    full = np.eye(len(matrix) << controls, dtype=complex)
    place = slice(len(full) - len(matrix), None) if value else slice(0, len(matrix))
    full[place, place] = matrix
    return named(full)


def power(body: Body, num_qubits: int, exponent: Any) -> Body:
    """A body to any real power, by the principal values of its eigenvalues' phases."""
    matrix = matrix_of(body, num_qubits)
    if float(exponent).is_integer() and abs(exponent) < 2**31:
        return named(np.linalg.matrix_power(matrix, int(exponent)))
    values, vectors = np.linalg.eig(matrix)
    angles = np.angle(values)
    angles[angles < -np.pi + 1e-9] = np.pi  # rounding must not tear the two sides of -1 apart
    return named(vectors * np.exp(1j * angles * exponent) @ np.linalg.inv(vectors))
