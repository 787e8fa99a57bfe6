"""An immutable circuit: a tuple of operations, each of them plain data.

Because an operation is nothing but a name, qubit numbers and numbers, a circuit crosses any
boundary (a process, a notebook, a grader) as a list, and `as_circuit` reads it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import _validate
from qlab._text_drawing import text_drawing
from qlab._types import ComplexArray
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

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and type(self.qubits) is type(self.params) is tuple):
            kinds = (self.name, self.qubits, self.params)
            raise _validate.fail("name, qubits and params", "must be a string and two tuples", kinds)

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
            matrix: ComplexArray = self.stack()[0]
            return matrix
        if not self.is_gate():
            raise _validate.fail("operation", "must be a gate to have a matrix", self.name)
        try:
            return GATES[self.name].matrix(*self.params)
        except TypeError:
            raise _validate.fail("params", f"of gate {self.name} must be its angles", self.params) from None

    def stack(self) -> ComplexArray:
        """The matrices of ``unitary`` or ``kraus`` that the parameters spell, shape (m, 2**k, 2**k) for k qubits."""
        size, entries = 2 ** len(self.qubits), _validate.complex_array("params", self.params)
        if entries.size == 0 or entries.size % (size * size):
            raise _validate.fail("params", f"of {self.name} must hold whole {size}×{size} matrices", entries.shape)
        return entries.reshape(-1, size, size)


def _angles(name: str, params: Sequence[Any], _num_qubits: int) -> tuple[float, ...]:
    count = GATES[name].num_params
    if len(params) != count:
        raise _validate.fail("params", f"of gate {name} must hold {count} angles", tuple(params))
    return tuple(_validate.angle(f"angle of gate {name}", p) for p in params)


def _strengths(name: str, params: Sequence[Any], _num_qubits: int) -> tuple[float, ...]:
    count = CHANNEL_PARAMS[name]
    if len(params) != count:
        raise _validate.fail("params", f"of channel {name} must hold {count} numbers", tuple(params))
    if name == "thermal_relaxation":
        return tuple(_validate.in_range(f"time of {name}", p, 0, np.inf) for p in params)
    return tuple(_validate.probability(f"parameter of {name}", p) for p in params)


def _entries(name: str, params: Sequence[Any], num_qubits: int) -> tuple[complex, ...]:
    stack = Operation(name, tuple(range(num_qubits)), tuple(params)).stack()
    if name == "kraus":
        stack = _validate.kraus_operators("params", stack)
    elif len(stack) == 1:
        stack = _validate.unitary("params", stack[0])
    else:
        raise _validate.fail("params", "of unitary must hold one matrix", stack.shape)
    return tuple(stack.ravel().tolist())


def _nothing(name: str, params: Sequence[Any], _num_qubits: int) -> tuple[complex, ...]:
    if params:
        raise _validate.fail(f"params of {name}", "must be empty", params)
    return ()


_RULES: dict[str, tuple[int | None, Callable[[str, Sequence[Any], int], tuple[complex, ...]]]] = {
    **{name: (gate.num_qubits, _angles) for name, gate in GATES.items()},
    **{name: (None if name == "depolarizing" else 1, _strengths) for name in CHANNEL_PARAMS},
    "unitary": (None, _entries),
    "kraus": (None, _entries),
    "measure": (None, _nothing),
    "reset": (None, _nothing),
}
"""For each name the number of qubits, if it is fixed, and the check of its parameters."""


def _checked(operation: Operation, num_qubits: int, keys: set[str]) -> Operation:
    if not isinstance(operation, Operation):
        raise _validate.fail("operations", "must hold Operation objects", operation)
    name = _validate.one_of("operation", operation.name, _RULES)
    wanted, check_params = _RULES[name]
    qubits = _validate.distinct_qubits(f"qubits of {name}", operation.qubits, num_qubits)
    if not qubits or wanted not in (None, len(qubits)):
        raise _validate.fail(f"qubits of {name}", f"must number {wanted or 'at least one'}", qubits)
    params = check_params(name, operation.params, len(qubits))
    _check_key(operation, keys)
    waits = operation.condition
    if waits is not None and (not isinstance(waits, str) or waits not in keys or name == "measure"):
        raise _validate.fail("condition", "must name an earlier measurement, on a gate", operation.condition)
    return Operation(name, qubits, params, operation.key, operation.condition)


def _check_key(operation: Operation, keys: set[str]) -> None:
    key: Any = operation.key
    if (operation.name == "measure") != (key is not None):
        raise _validate.fail("key", "must be given for measure and for nothing else", (operation.name, key))
    if key is not None and (not isinstance(key, str) or not key.isidentifier() or key in keys):
        raise _validate.fail("key", "must be a new identifier", key)


def _all_checked(operations: Iterable[Operation], num_qubits: int, keys: set[str]) -> tuple[Operation, ...]:
    """Operations checked in order; ``keys`` are those measured before, and grow."""
    checked = []
    for operation in operations:
        checked.append(_checked(operation, num_qubits, keys))
        if operation.key is not None:
            keys.add(operation.key)
    return tuple(checked)


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
        n = _validate.integer("num_qubits", self.num_qubits, 1, _validate.MAX_CIRCUIT_QUBITS)
        self._fill(n, _all_checked(_validate.sequence("operations", self.operations), n, set()))

    def _fill(self, num_qubits: int, operations: tuple[Operation, ...]) -> None:
        """Set both fields of a frozen circuit."""
        object.__setattr__(self, "num_qubits", num_qubits)
        object.__setattr__(self, "operations", operations)

    def _with(self, operations: tuple[Operation, ...]) -> Circuit:
        """A circuit of as many qubits with operations that are known to be good."""
        result = object.__new__(Circuit)
        result._fill(self.num_qubits, operations)
        return result

    def append(self, *operations: Operation) -> Circuit:
        """The circuit with further operations at its end; only the new ones are checked."""
        return self._with(self.operations + _all_checked(operations, self.num_qubits, set(self.keys)))

    def without_noise(self) -> Circuit:
        """The circuit without its channels.

        >>> len(Circuit(1).h(0).noise("bit_flip", 0, params=[0.1]).without_noise())
        1
        """
        return self._with(tuple([o for o in self.operations if not o.is_channel()]))

    def noticeable(self) -> Circuit:
        """The circuit without the operations that no measurement can notice, such as noise after the last one.

        >>> len(Circuit(2).h(0).h(1).measure(0).noise("bit_flip", 0, params=[0.1]).noticeable())
        2
        """
        noticed: set[int] = set()
        kept: list[Operation] = []
        for o in reversed(self.operations):
            if o.key is not None or not noticed.isdisjoint(o.qubits):
                noticed.update(o.qubits)
                kept.append(o)
        return self._with(tuple(kept[::-1]))

    def gate(self, name: str, *qubits: int, params: Sequence[float] = (), when: str | None = None) -> Circuit:
        """Append a gate by name; ``when`` names an earlier result that must not be zero."""
        _validate.one_of("gate", name, GATES)
        return self.append(Operation(name, qubits, _validate.sequence("params", params), None, when))

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
        checked, size = _validate.unitary("matrix", matrix), 2 ** len(qubits)
        if len(checked) != size:
            raise _validate.fail("matrix", f"must have shape ({size}, {size})", checked.shape)
        return self.append(Operation("unitary", qubits, tuple(checked.ravel().tolist()), None, when))

    def noise(self, name: str, *qubits: int, params: Sequence[float] = ()) -> Circuit:
        """Append a named channel of `CHANNEL_PARAMS`."""
        _validate.one_of("noise", name, CHANNEL_PARAMS)
        return self.append(Operation(name, qubits, _validate.sequence("params", params)))

    def kraus(self, operators: ComplexArray, *qubits: int) -> Circuit:
        """Append an explicit channel, a stack of shape (m, 2**k, 2**k) on k qubits."""
        checked, size = _validate.kraus_operators("operators", operators), 2 ** len(qubits)
        if checked.shape[1] != size:
            raise _validate.fail("operators", f"must have shape (m, {size}, {size})", checked.shape)
        return self.append(Operation("kraus", qubits, tuple(checked.ravel().tolist())))

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
        boxes = [[dict(zip(o.qubits, _labels(o), strict=True)) for o in column] for column in columns(self)]
        return text_drawing(self.num_qubits, boxes)


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


def columns(circuit: Circuit) -> list[list[Operation]]:
    """The columns of a drawing: each operation in the first one where its wires and those it crosses are free.

    >>> [[o.name for o in column] for column in columns(Circuit(3).h(0).x(2).cnot(0, 2).x(1))]
    [['h', 'x'], ['cnot'], ['x']]
    """
    steps = as_circuit(circuit)
    placed: list[list[Operation]] = []
    free = [0] * steps.num_qubits
    results: dict[str, int] = {}
    for operation in steps:
        crossed = slice(min(operation.qubits), max(operation.qubits) + 1)
        place = max([*free[crossed], results.get(operation.condition or "", 0)])
        placed += [[] for _ in range(place + 1 - len(placed))]
        placed[place].append(operation)
        free[crossed] = [place + 1] * len(free[crossed])
        if operation.key is not None:
            results[operation.key] = place + 1
    return placed


def _labels(operation: Operation) -> list[str]:
    """What a text drawing writes on each qubit of an operation."""
    fixed = {"measure": "M", "reset": "|0⟩", "unitary": "U", "kraus": "E"}
    if operation.name in GATES:
        labels = list(GATES[operation.name].symbols)
        if operation.params:
            labels[-1] += f"({','.join(f'{float(p.real):.3g}' for p in operation.params)})"
    elif operation.name in fixed:
        labels = [fixed[operation.name]] * len(operation.qubits)
    else:
        labels = [f"{operation.name}({float(operation.params[0].real):.3g})"] * len(operation.qubits)
    if operation.condition:
        labels[-1] += f"?{operation.condition}"
    return labels
