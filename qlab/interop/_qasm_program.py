"""The statements of an OpenQASM program, one method each, named as the parser names them."""

from __future__ import annotations

import math
from collections import ChainMap
from typing import Any

from qlab import _validate
from qlab.circuits import Operation
from qlab.gates import GATES
from qlab.interop._qasm_gates import (
    BUILT_IN,
    LIBRARIES,
    Body,
    Known,
    alike,
    inverted,
    matrix_of,
    power,
    with_controls,
)
from qlab.interop._qasm_names import Names
from qlab.interop._qasm_numbers import finite, whole
from qlab.interop._qasm_results import (
    ALWAYS,
    COMPARED,
    MIRRORED,
    NEVER,
    Reading,
    Step,
    Test,
    both,
    comparison,
    either,
    negated,
)

MAX_STEPS = 200_000
"""Loops and gates within gates are unrolled to no more operations than this."""

_MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


class Refused(ValueError):
    """A complaint that names its line."""


def at_line(line: int, error: Exception) -> Refused:
    return error if isinstance(error, Refused) else Refused(f"line {line} of the program: {error}")


class Program(Names):
    """What has been read so far: registers, gates, constants, and steps in order."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version
        self.latest: dict[tuple[str, int], int] = {}
        self.known: Known = dict(BUILT_IN[version])
        self.steps: list[Step | Reading] = []
        self.readings = 0
        self.unrolled = 0
        self.path: Test = ALWAYS
        self.line = 1

    def statement(self, node: Any) -> None:
        """Take in one statement, and blame its line for what cannot be said."""
        rule = getattr(self, "_" + type(node).__name__, None)
        self.line = node.span.start_line
        try:
            if rule is None:
                raise _validate.fail("statement", "must be one that a circuit can hold", type(node).__name__)
            rule(node)
        except ValueError as error:
            raise at_line(node.span.start_line, error) from None

    def block(self, nodes: list[Any]) -> None:
        """Statements with names of their own."""
        outer = self.qubits, self.bits, self.names
        self.qubits, self.bits, self.names = outer[0].new_child(), outer[1].new_child(), outer[2].new_child()
        for node in nodes:
            self.statement(node)
        self.qubits, self.bits, self.names = outer

    # Declarations

    def _Include(self, node: Any) -> None:
        self.known.update(LIBRARIES[_validate.one_of("include", node.filename, LIBRARIES)])

    def _QubitDeclaration(self, node: Any) -> None:
        size = None if node.size is None else _validate.integer("size", whole(node.size, self.names), 1)
        self.declare_qubits(node.qubit.name, size)

    def _ClassicalDeclaration(self, node: Any) -> None:
        init = node.init_expression
        if type(node.type).__name__ != "BitType":
            self._ConstantDeclaration(node)
            return
        size = 1 if node.type.size is None else whole(node.type.size, self.names)
        bits = self.declare_bits(node.identifier.name, _validate.integer("size", size, 1, MAX_STEPS))
        if type(init).__name__ == "QuantumMeasurement":
            self._read(init, bits)
        elif init is not None and getattr(init, "value", None) != 0:
            raise _validate.fail("bit", "must begin as zero", node.identifier.name)

    def _ConstantDeclaration(self, node: Any) -> None:
        if node.init_expression is None:
            raise _validate.fail("variable", "must be a constant", node.identifier.name)
        self.names[self.new(node.identifier.name)] = finite(node.init_expression, self.names)

    def _AliasStatement(self, node: Any) -> None:
        name = self.new(node.target.name)
        try:
            self.qubits[name] = self.qubits_of(node.value)
        except ValueError:
            self.bits[name] = self.bits_of(node.value)

    def _QuantumGateDefinition(self, node: Any) -> None:
        angles, qubits = [a.name for a in node.arguments], [q.name for q in node.qubits]
        if len({*angles, *qubits}) < len(angles) + len(qubits):
            raise _validate.fail("names in a gate", "must differ", (*angles, *qubits))
        known, name = dict(self.known), node.name.name

        def body(*values: float) -> Body:
            inner = _GateBody(self, known, dict(zip(angles, values, strict=True)), qubits)
            inner.block(node.body)
            self._count(len(inner.steps))
            found: Body = inner.phase, tuple(step.operation for step in inner.steps if isinstance(step, Step))
            return self._ours_if_alike(name, values, len(qubits), found)

        body(*[0.25] * len(angles))  # what a body must not hold is refused where it stands, called or not
        self.known[name] = (len(angles), len(qubits), body)

    @staticmethod
    def _ours_if_alike(name: str, values: tuple[float, ...], width: int, found: Body) -> Body:
        """A gate that a program defines under a name of ours, and as we do, keeps its name."""
        spec = GATES.get(name)
        if spec is None or (spec.num_params, spec.num_qubits) != (len(values), width):
            return found
        return (
            (found[0], (Operation(name, tuple(range(width)), values),))
            if alike(matrix_of(found, width), spec.matrix(*values))
            else found
        )

    # What happens

    def _count(self, more: int) -> None:
        self.unrolled += more
        if self.unrolled > MAX_STEPS:
            raise _validate.fail("program", f"must unroll to at most {MAX_STEPS} operations", self.unrolled)

    def _apply(self, body: Body, qubits: tuple[int, ...]) -> None:
        self._count(len(body[1]) or 1)
        _validate.distinct_qubits("qubits", qubits, max(self.num_qubits, 1))
        for o in body[1]:
            self._then(Operation(o.name, tuple(qubits[q] for q in o.qubits), o.params))

    def _then(self, operation: Operation) -> None:
        if self.path != NEVER:
            self.steps.append(Step(operation, self.path, self.line))

    def _QuantumGate(self, node: Any) -> None:
        if node.duration is not None:
            raise _validate.fail("gate", "must have no duration", node.name.name)
        values = [finite(a, self.names) for a in node.arguments]
        if node.name.name not in self.known:
            raise _validate.fail("gate", "must be built in, included or defined before", node.name.name)
        num_angles, width, build = self.known[node.name.name]
        if len(values) != num_angles:
            raise _validate.fail(f"gate {node.name.name}", f"must have {num_angles} angles", len(values))
        self._modified(node, build(*values), width)

    def _QuantumPhase(self, node: Any) -> None:
        self._modified(node, (finite(node.argument, self.names), ()), 0)

    def _modified(self, node: Any, body: Body, width: int) -> None:
        for modifier in reversed(node.modifiers):
            kind, argument = modifier.modifier.name, modifier.argument
            if kind == "inv":
                body = inverted(body)
            elif kind == "pow":
                body = power(body, width, finite(argument, self.names))
            else:
                number = 1 if argument is None else _validate.integer("controls", whole(argument, self.names), 1)
                body = with_controls(body, width, number, int(kind == "ctrl"))
                width += number
        if len(node.qubits) != width:
            raise _validate.fail("gate", f"must have {width} operands", len(node.qubits))
        if node.qubits:
            for qubits in self.operands(node.qubits):
                self._apply(body, qubits)
        self._phase(body[0])

    def _phase(self, angle: float) -> None:
        """A global phase of the program is left out."""

    def _QuantumBarrier(self, node: Any) -> None:
        for operand in node.qubits:
            self.qubits_of(operand)

    def _QuantumReset(self, node: Any) -> None:
        for q in self.qubits_of(node.qubits)[0]:
            self._then(Operation("reset", (q,)))

    def _DelayInstruction(self, node: Any) -> None:
        duration = node.duration
        unit = getattr(getattr(duration, "unit", None), "name", type(duration).__name__)
        if unit not in _MICROSECONDS:
            raise _validate.fail("delay", "must be a number of ns, us, ms or s", unit)
        times = (float(duration.value) * _MICROSECONDS[unit], math.inf, math.inf)
        for operand in node.qubits:
            for q in self.qubits_of(operand)[0]:
                self._then(Operation("thermal_relaxation", (q,), times))

    def _Box(self, node: Any) -> None:
        if node.duration is not None:
            raise _validate.fail("box", "must have no duration", "a duration")
        self.block(node.body)

    def _CompoundStatement(self, node: Any) -> None:
        self.block(node.statements)

    def _ForInLoop(self, node: Any) -> None:
        values = node.set_declaration
        kind = type(values).__name__
        if kind not in ("RangeDefinition", "DiscreteSet"):
            raise _validate.fail("loop", "must run over a range or a set of numbers", kind)
        listed = [] if kind == "RangeDefinition" else [finite(v, self.names) for v in values.values]
        numbers = self.range_of(values, None) if kind == "RangeDefinition" else listed
        for value in numbers:
            self._count(1)
            outer = self.names
            self.names = outer.new_child({node.identifier.name: value})
            self.block(node.block)
            self.names = outer

    # Measurements and what waits for them

    def _QuantumMeasurementStatement(self, node: Any) -> None:
        self._read(node.measure, None if node.target is None else self.bits_of(node.target))

    def _read(self, measure: Any, targets: list[tuple[str, int]] | None) -> None:
        qubits = self.qubits_of(measure.qubit)[0]
        bits = [("", 0)] * len(qubits) if targets is None else targets
        if len(bits) != len(qubits):
            raise _validate.fail("measurement", f"must fill {len(qubits)} bits", len(bits))
        if self.path != ALWAYS:
            raise _validate.fail("measurement", "must not wait for a result", "if")
        for qubit, bit in zip(qubits, bits, strict=True):
            self._count(1)
            self.steps.append(Reading(self.readings, qubit, *bit))
            self.latest[bit] = self.readings
            self.readings += 1

    def _BranchingStatement(self, node: Any) -> None:
        test, before = self._test(node.condition), self.path
        for nodes, wanted in ((node.if_block, test), (node.else_block, negated(test))):
            if nodes:
                self.path = both(before, wanted)
                self.block(nodes)
                self.path = before

    def _test(self, node: Any) -> Test:
        """A condition as the question whether any of some bits is 1, or none."""
        kind = type(node).__name__
        op = node.op.name if kind in ("UnaryExpression", "BinaryExpression") else ""
        if kind == "BooleanLiteral":
            return ALWAYS if node.value else NEVER
        if op == "!" or (op == "~" and len(self._asked(node.expression)) == 1):
            return negated(self._test(node.expression))
        if op in ("&&", "||"):
            first, second = self._test(node.lhs), self._test(node.rhs)
            return both(first, second) if op == "&&" else either(first, second)
        if op in COMPARED:
            return self._comparison(node.lhs, op, node.rhs)
        return self._comparison(node, "!=", None)

    def _asked(self, node: Any) -> list[tuple[str, int]]:
        return self._asked(node.argument) if type(node).__name__ == "Cast" else self.bits_of(node)

    def _comparison(self, left: Any, op: str, right: Any) -> Test:
        """Bits as a number, the first one counting least, compared with a number; on whichever side they stand."""
        try:
            bits = self._asked(left)
        except ValueError:
            if right is None:
                raise
            bits, op, right = self._asked(right), MIRRORED[op], left
        literal = type(right).__name__ == "BitstringLiteral"
        value = 0 if right is None else right.value if literal else finite(right, self.names)
        return comparison({self.latest[bit]: 2**i for i, bit in enumerate(bits) if bit in self.latest}, op, value)


class _GateBody(Program):
    """The inside of a gate: only gates, loops and phases."""

    def __init__(self, outer: Program, known: Known, angles: dict[str, float], qubits: list[str]) -> None:
        super().__init__(outer.version)
        self.known = known
        self.num_qubits = len(qubits)
        self.qubits.update({name: ([i], True) for i, name in enumerate(qubits)})
        constants = {k: v for k, v in outer.names.items() if k not in qubits}
        self.names = ChainMap(dict(angles), constants)
        self.phase = 0.0

    def _phase(self, angle: float) -> None:
        self.phase += angle

    def statement(self, node: Any) -> None:
        kind = type(node).__name__
        if kind not in ("QuantumGate", "QuantumPhase", "QuantumBarrier", "ForInLoop"):
            raise at_line(node.span.start_line, _validate.fail("gate", "must be made of gates", kind))
        super().statement(node)
