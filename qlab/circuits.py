"""An immutable circuit: a tuple of operations, each of them plain data.

Because an operation is nothing but a name, qubit numbers and numbers, a circuit crosses any
boundary (a process, a notebook, a grader) as a list, and `as_circuit` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.gates import GATES

CHANNEL_PARAMS: dict[str, int] = {
    "bit_flip": 1,
    "phase_flip": 1,
    "depolarizing": 1,
    "dephasing": 1,
    "amplitude_damping": 1,
    "thermal_relaxation": 3,
}
"""Noise that a circuit can name, and how many numbers each takes (see `qlab.channels`)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a circuit.

    Attributes:
        name: a gate of `qlab.gates.GATES`, a channel of `CHANNEL_PARAMS`, or one of
            ``"unitary"`` (explicit matrix), ``"kraus"`` (explicit stack), ``"measure"``, ``"reset"``.
        qubits: the qubits acted on, the first one leftmost.
        params: angles in radians or probabilities; for ``unitary`` and ``kraus`` the entries row by row.
        key: name of the classical result, for ``measure`` only.
        condition: name of an earlier result; the gate acts only where that result, read as a
            binary number, is not zero.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[complex, ...] = ()
    key: str | None = None
    condition: str | None = None

    def is_gate(self) -> bool:
        """Whether the operation is unitary."""
        return self.name in GATES or self.name == "unitary"

    def is_channel(self) -> bool:
        """Whether the operation is noise."""
        return self.name in CHANNEL_PARAMS or self.name == "kraus"

    def matrix(self) -> ComplexArray:
        """Unitary of a gate, shape (2**k, 2**k) for k qubits.

        Raises:
            ValueError: where the operation is no gate.
        """
        if self.name == "unitary":
            size = 2 ** len(self.qubits)
            return np.array(self.params, dtype=complex).reshape(size, size)
        if self.name not in GATES:
            raise _validate.fail("operation", "must be a gate to have a matrix", self.name)
        return GATES[self.name].matrix(*self.params)


def _angles(name: str, params: Sequence[Any]) -> tuple[float, ...]:
    count = GATES[name].num_params
    if len(params) != count:
        raise _validate.fail("params", f"of gate {name} must hold {count} angles", tuple(params))
    return tuple(_validate.in_range(f"angle of gate {name}", p, -1e9, 1e9) for p in params)


def _channel_numbers(name: str, params: Sequence[Any]) -> tuple[float, ...]:
    count = CHANNEL_PARAMS[name]
    if len(params) != count:
        raise _validate.fail("params", f"of channel {name} must hold {count} numbers", tuple(params))
    if name == "thermal_relaxation":
        return tuple(_validate.in_range(f"time of {name}", p, 0, np.inf) for p in params)
    return tuple(_validate.probability(f"parameter of {name}", p) for p in params)


def _matrix_entries(name: str, params: Sequence[Any], num_qubits: int) -> tuple[complex, ...]:
    size = 2**num_qubits
    entries = np.array(params, dtype=complex)
    if entries.size == 0 or entries.size % (size * size):
        raise _validate.fail("params", f"of {name} must hold whole {size}×{size} matrices", entries.shape)
    stack = entries.reshape(-1, size, size)
    if name == "kraus":
        _validate.kraus_operators("params", stack)
    elif len(stack) == 1:
        _validate.unitary("params", stack[0])
    else:
        raise _validate.fail("params", f"of unitary must hold one {size}×{size} matrix", entries.shape)
    return tuple(map(complex, entries.ravel()))


def _checked(operation: Operation, num_qubits: int, keys: set[str]) -> Operation:
    if not isinstance(operation, Operation):
        raise _validate.fail("operations", "must hold Operation objects", operation)
    name = operation.name
    allowed = [*GATES, *CHANNEL_PARAMS, "unitary", "kraus", "measure", "reset"]
    _validate.one_of("operation", name, allowed)
    qubits = _validate.distinct_qubits(f"qubits of {name}", operation.qubits, num_qubits)
    wanted = GATES[name].num_qubits if name in GATES else 1
    any_number = name in ("unitary", "kraus", "depolarizing", "measure", "reset")
    if not qubits or (len(qubits) != wanted and not any_number):
        raise _validate.fail(f"qubits of {name}", f"must number {'at least one' if any_number else wanted}", qubits)
    params: tuple[complex, ...] = ()
    if name in GATES:
        params = _angles(name, operation.params)
    elif name in CHANNEL_PARAMS:
        params = _channel_numbers(name, operation.params)
    elif name in ("unitary", "kraus"):
        params = _matrix_entries(name, operation.params, len(qubits))
    elif operation.params:
        raise _validate.fail(f"params of {name}", "must be empty", operation.params)
    if (name == "measure") != (operation.key is not None):
        raise _validate.fail("key", "must be given for measure and for nothing else", (name, operation.key))
    if operation.key is not None and (
        not isinstance(operation.key, str) or not operation.key.isidentifier() or operation.key in keys
    ):
        raise _validate.fail("key", "must be a new identifier", operation.key)
    if operation.condition is not None and (operation.condition not in keys or name == "measure"):
        raise _validate.fail("condition", "must name an earlier measurement, on a gate", operation.condition)
    return Operation(name, qubits, params, operation.key, operation.condition)


@dataclass(frozen=True)
class Circuit:
    """Operations on numbered qubits, applied first to last; every method returns a new circuit.

    Attributes:
        num_qubits: how many qubits there are; all start in |0⟩.
        operations: the steps.

    >>> bell = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    >>> print(bell)
    q0: ─H─@─M─
           │ │
    q1: ───X─M─
    """

    num_qubits: int
    operations: tuple[Operation, ...] = ()

    def __post_init__(self) -> None:
        n = _validate.integer("num_qubits", self.num_qubits, 1, _validate.MAX_DENSE_QUBITS * 4)
        object.__setattr__(self, "num_qubits", n)
        if not isinstance(self.operations, tuple):
            object.__setattr__(self, "operations", tuple(self.operations))
        keys: set[str] = set()
        checked = []
        for operation in self.operations:
            checked.append(_checked(operation, n, keys))
            if operation.key is not None:
                keys.add(operation.key)
        object.__setattr__(self, "operations", tuple(checked))

    def append(self, *operations: Operation) -> Circuit:
        """The circuit with further operations at its end; only the new ones are checked."""
        keys = set(self.keys)
        checked = []
        for operation in operations:
            checked.append(_checked(operation, self.num_qubits, keys))
            if operation.key is not None:
                keys.add(operation.key)
        result = object.__new__(Circuit)
        object.__setattr__(result, "num_qubits", self.num_qubits)
        object.__setattr__(result, "operations", self.operations + tuple(checked))
        return result

    def without_noise(self) -> Circuit:
        """The circuit without its channels.

        >>> len(Circuit(1).h(0).noise("bit_flip", 0, params=[0.1]).without_noise())
        1
        """
        result = object.__new__(Circuit)
        object.__setattr__(result, "num_qubits", self.num_qubits)
        object.__setattr__(result, "operations", tuple([o for o in self.operations if not o.is_channel()]))
        return result

    def gate(self, name: str, *qubits: int, params: Sequence[float] = (), when: str | None = None) -> Circuit:
        """Append a gate by name; ``when`` names an earlier result that must not be zero."""
        _validate.one_of("gate", name, GATES)
        return self.append(Operation(name, qubits, tuple(params), None, when))

    def x(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append X."""
        return self.gate("x", qubit, when=when)

    def y(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append Y."""
        return self.gate("y", qubit, when=when)

    def z(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append Z."""
        return self.gate("z", qubit, when=when)

    def h(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append a Hadamard gate."""
        return self.gate("h", qubit, when=when)

    def s(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append S."""
        return self.gate("s", qubit, when=when)

    def t(self, qubit: int, *, when: str | None = None) -> Circuit:
        """Append T."""
        return self.gate("t", qubit, when=when)

    def rx(self, theta: float, qubit: int, *, when: str | None = None) -> Circuit:
        """Append exp(-iθX/2)."""
        return self.gate("rx", qubit, params=(theta,), when=when)

    def ry(self, theta: float, qubit: int, *, when: str | None = None) -> Circuit:
        """Append exp(-iθY/2)."""
        return self.gate("ry", qubit, params=(theta,), when=when)

    def rz(self, theta: float, qubit: int, *, when: str | None = None) -> Circuit:
        """Append exp(-iθZ/2)."""
        return self.gate("rz", qubit, params=(theta,), when=when)

    def cnot(self, control: int, target: int, *, when: str | None = None) -> Circuit:
        """Append CNOT."""
        return self.gate("cnot", control, target, when=when)

    def cz(self, first: int, second: int, *, when: str | None = None) -> Circuit:
        """Append CZ."""
        return self.gate("cz", first, second, when=when)

    def swap(self, first: int, second: int, *, when: str | None = None) -> Circuit:
        """Append SWAP."""
        return self.gate("swap", first, second, when=when)

    def unitary(self, matrix: ComplexArray, *qubits: int, when: str | None = None) -> Circuit:
        """Append an explicit unitary of shape (2**k, 2**k) on k qubits."""
        return self.append(Operation("unitary", qubits, tuple(np.ravel(matrix)), None, when))

    def noise(self, name: str, *qubits: int, params: Sequence[float] = ()) -> Circuit:
        """Append a named channel of `CHANNEL_PARAMS`."""
        _validate.one_of("noise", name, CHANNEL_PARAMS)
        return self.append(Operation(name, qubits, tuple(params)))

    def kraus(self, operators: ComplexArray, *qubits: int) -> Circuit:
        """Append an explicit channel, a stack of shape (m, 2**k, 2**k) on k qubits."""
        return self.append(Operation("kraus", qubits, tuple(np.ravel(operators))))

    def measure(self, *qubits: int, key: str | None = None) -> Circuit:
        """Append a measurement in the Z basis; the default key is ``m`` and the qubit numbers (``m0_1``)."""
        name = key if key is not None else "m" + "_".join(map(str, qubits))
        return self.append(Operation("measure", qubits, (), name))

    def reset(self, qubit: int) -> Circuit:
        """Append a reset to |0⟩: measure, forget, flip where it was 1."""
        return self.append(Operation("reset", (qubit,)))

    def __add__(self, other: Circuit) -> Circuit:
        if not isinstance(other, Circuit) or other.num_qubits != self.num_qubits:
            raise _validate.fail("other", f"must be a circuit of {self.num_qubits} qubits", other)
        return self.append(*other.operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all results, in order of measurement."""
        return tuple(operation.key for operation in self.operations if operation.key is not None)

    def is_unitary(self) -> bool:
        """Whether there are only gates: no measurement, no reset, no noise, no condition."""
        return all(operation.is_gate() and operation.condition is None for operation in self.operations)

    def count(self, *names: str) -> int:
        """How many operations carry one of these names."""
        return sum(operation.name in names for operation in self.operations)

    def depth(self) -> int:
        """Length of the longest chain of operations that share a qubit or wait for a result."""
        level = [0] * self.num_qubits
        results: dict[str, int] = {}
        for operation in self.operations:
            waits = results.get(operation.condition, 0) if operation.condition else 0
            now = 1 + max(waits, *(level[q] for q in operation.qubits))
            for q in operation.qubits:
                level[q] = now
            if operation.key is not None:
                results[operation.key] = now
        return max(level)

    def to_unitary(self) -> ComplexArray:
        """Matrix of the whole circuit, shape (2**n, 2**n), for at most 12 qubits of gates alone."""
        if not self.is_unitary():
            raise _validate.fail("circuit", "must hold gates only to have a matrix", self.count("measure"))
        n = _validate.integer("num_qubits", self.num_qubits, 1, 12)
        total = np.eye(2**n, dtype=complex).reshape((2,) * n + (-1,))
        for operation in self.operations:
            k = len(operation.qubits)
            block = operation.matrix().reshape((2,) * (2 * k))
            total = np.tensordot(block, total, axes=(range(k, 2 * k), operation.qubits))
            total = np.moveaxis(total, range(k), operation.qubits)
        return total.reshape(2**n, 2**n)

    def to_data(self) -> dict[str, Any]:
        """The circuit as plain data: dicts, lists, strings and numbers."""
        return {
            "num_qubits": self.num_qubits,
            "operations": [
                {
                    "name": o.name,
                    "qubits": list(o.qubits),
                    "params": list(o.params),
                    "key": o.key,
                    "condition": o.condition,
                }
                for o in self.operations
            ],
        }

    def __str__(self) -> str:
        return _draw(self)


def as_circuit(value: Any) -> Circuit:
    """Read a circuit from what `Circuit.to_data` gives, or return the circuit unchanged.

    Args:
        value: a `Circuit`, or a mapping with ``num_qubits`` and ``operations``.

    >>> as_circuit(Circuit(1).h(0).to_data()) == Circuit(1).h(0)
    True
    """
    if isinstance(value, Circuit):
        return value
    if not isinstance(value, Mapping) or set(value) != {"num_qubits", "operations"}:
        raise _validate.fail("circuit", "must be a Circuit or a mapping of num_qubits and operations", value)
    return Circuit(value["num_qubits"], tuple(_as_operation(item) for item in _sequence(value["operations"])))


def _sequence(value: Any) -> Iterable[Any]:
    if not isinstance(value, (list, tuple)):
        raise _validate.fail("operations", "must be a list", value)
    return value


def _as_operation(value: Any) -> Operation:
    if isinstance(value, Operation):
        return value
    fields = {"name", "qubits", "params", "key", "condition"}
    if not isinstance(value, Mapping) or not {"name", "qubits"} <= set(value) <= fields:
        raise _validate.fail("each operation", f"must be a mapping with keys out of {sorted(fields)}", value)
    params = tuple(_sequence(value.get("params", ())))
    return Operation(value["name"], tuple(_sequence(value["qubits"])), params, value.get("key"), value.get("condition"))


def _symbols(operation: Operation) -> list[str]:
    if operation.name in GATES:
        labels = list(GATES[operation.name].symbols)
        if operation.params:
            angles = ",".join(f"{float(p.real):.3g}" for p in operation.params)
            labels[-1] += f"({angles})"
        return labels
    fixed = {"measure": "M", "reset": "|0⟩", "unitary": "U", "kraus": "E"}
    if operation.name in fixed:
        return [fixed[operation.name]] * len(operation.qubits)
    strength = f"{float(operation.params[0].real):.3g}"
    return [f"{operation.name}({strength})"] * len(operation.qubits)


def _draw(circuit: Circuit) -> str:
    """One line a qubit, one column a step, controls joined by a vertical bar."""
    columns: list[dict[int, str]] = []
    spans: list[list[tuple[int, int]]] = []
    free = [0] * circuit.num_qubits
    results: dict[str, int] = {}
    for operation in circuit.operations:
        low, high = min(operation.qubits), max(operation.qubits)
        start = max(free[low : high + 1] + [results.get(operation.condition or "", 0)])
        while len(columns) <= start:
            columns.append({})
            spans.append([])
        labels = _symbols(operation)
        if operation.condition:
            labels[-1] += f"?{operation.condition}"
        columns[start].update(zip(operation.qubits, labels, strict=True))
        spans[start].append((low, high))
        free[low : high + 1] = [start + 1] * (high - low + 1)
        if operation.key is not None:
            results[operation.key] = start + 1
    prefix = max(len(f"q{q}: ") for q in range(circuit.num_qubits))
    lines = [f"q{q}: ".ljust(prefix) + "─" for q in range(circuit.num_qubits)]
    gaps = [" " * (prefix + 1) for _ in range(circuit.num_qubits - 1)]
    for cells, joined in zip(columns, spans, strict=True):
        width = max(len(text) for text in cells.values())
        for q in range(circuit.num_qubits):
            crossed = any(low < q < high for low, high in joined)
            lines[q] += cells.get(q, "┼" if crossed else "─").ljust(width, "─") + "─"
            if q < circuit.num_qubits - 1:
                bar = "│" if any(low <= q < high for low, high in joined) else " "
                gaps[q] += bar.ljust(width) + " "
    rows = []
    for q, line in enumerate(lines):
        rows.append(line.rstrip())
        if q < circuit.num_qubits - 1:
            rows.append(gaps[q].rstrip())
    return "\n".join(rows)
