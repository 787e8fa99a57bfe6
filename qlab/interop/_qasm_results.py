"""From single bits, as OpenQASM writes them, to our results: which readings form one measurement, and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qlab import _validate
from qlab.circuits import Operation
from qlab.interop._qasm_gates import inverse

Test = tuple[frozenset[int], bool]
"""Readings of which any must be 1; and whether the opposite is meant."""

MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}

ALWAYS: Test = (frozenset(), True)
NEVER: Test = (frozenset(), False)


ASKED = "must ask whether any of some bits is 1, or none (our results are asked for nothing else)"


@dataclass(frozen=True)
class Reading:
    """A qubit measured into a bit.

    Attributes:
        number: place among all readings.
        qubit: what is measured.
        register: name of the bit's register, empty where the result is thrown away.
        index: place of the bit in its register.
    """

    number: int
    qubit: int
    register: str
    index: int


@dataclass(frozen=True)
class Step:
    """A gate, reset or wait, when it acts, and on which line it stands."""

    operation: Operation
    test: Test
    line: int


def negated(test: Test) -> Test:
    """The opposite of a test."""
    return test[0], not test[1]


def both(first: Test, second: Test) -> Test:
    """Two tests at once.

    Raises:
        ValueError: where that is not again one question whether any of some bits is 1, or none of them.
    """
    if first in (second, NEVER) or second == ALWAYS:
        return first
    if first == ALWAYS or second == NEVER:
        return second
    if first[1] and second[1]:
        return first[0] | second[0], True
    raise _validate.fail("condition", ASKED, "and")


def either(first: Test, second: Test) -> Test:
    """At least one of two tests."""
    return negated(both(negated(first), negated(second)))


def comparison(weights: dict[int, int], op: str, value: float) -> Test:
    """Bits as a number compared with a number.

    Args:
        weights: what each reading that is 1 adds to the number; bits not read are zero.
        op: a key of `COMPARED`.
        value: to compare with.

    Raises:
        ValueError: where the answer depends on more than whether any bit is 1.
    """
    holds, every = COMPARED[op], sum(weights.values())
    least = min(weights.values(), default=0)
    at_zero = holds(0, value)
    # From the least number other than zero to the greatest the answer must not change.
    changes = op in ("==", "!=") and least < every and least <= value <= every
    if changes or holds(least, value) != holds(every, value):
        raise _validate.fail("condition", ASKED, f"{op} {value:g}")
    if at_zero == holds(every, value):
        return ALWAYS if at_zero else NEVER
    return frozenset(weights), at_zero


def in_our_words(
    steps: list[Step | Reading], widths: dict[str, int]
) -> tuple[list[Operation], list[tuple[ValueError, int]]]:
    """Operations with keys and conditions, and what could not be said, with its line.

    A whole register becomes one result with its name where nothing asks for its bits one by one and nothing happens
    to its qubits between its measurements; so do the bits that one condition asks for. Any other bit is a result of
    its own. Where none of some bits must be 1, the gate acts, and its inverse where any is.

    Args:
        steps: in order.
        widths: number of bits of each register.
    """
    groups = _groups(steps, widths)
    keys = _keys(groups, widths)
    last = {max(r.number for r in group): group for group in groups}
    key_of = {frozenset(r.number for r in group): key for group, key in zip(groups, keys, strict=True)}
    operations: list[Operation] = []
    complaints = []
    for step in steps:
        if isinstance(step, Reading):
            if step.number in last:
                group = last[step.number]
                key = key_of[frozenset(r.number for r in group)]
                operations.append(Operation("measure", tuple(r.qubit for r in group), (), key))
            continue
        try:
            operations += _conditioned(step, key_of)
        except ValueError as error:
            complaints.append((error, step.line))
    return operations, complaints


def _conditioned(step: Step, key_of: dict[frozenset[int], str]) -> list[Operation]:
    asked, none = step.test
    o = step.operation
    if not asked:
        return [o]
    if asked not in key_of:
        raise _validate.fail(
            "condition", "must ask for bits that are measured together, and for all or each of them", len(asked)
        )
    conditional = Operation(o.name, o.qubits, o.params, None, key_of[asked])
    if not none:
        return [conditional]
    if not o.is_gate():
        raise _validate.fail("operation", "must be a gate to act where a result is zero", o.name)
    undone = inverse(o)
    return [o, Operation(undone.name, o.qubits, undone.params, None, key_of[asked])]


def _groups(steps: list[Step | Reading], widths: dict[str, int]) -> list[list[Reading]]:
    readings = [step for step in steps if isinstance(step, Reading)]
    demands = {step.test[0] for step in steps if isinstance(step, Step) and step.test[0]}
    asked = frozenset[int]().union(*demands)
    wanted = [[readings[i] for i in sorted(demand)] for demand in demands if len(demand) > 1]
    wanted += [g for g in _whole_registers(readings, widths) if asked.isdisjoint(r.number for r in g)]
    taken: set[int] = set()
    groups = []
    for group in sorted(wanted, key=lambda g: min(r.number for r in g)):
        numbers = {r.number for r in group}
        mixed = any(numbers & demand and numbers != demand for demand in demands)
        if not mixed and taken.isdisjoint(numbers) and _joinable(steps, group):
            groups.append(sorted(group, key=lambda r: (r.register, r.index)))
            taken |= numbers
    return groups + [[r] for r in readings if r.number not in taken]


def _whole_registers(readings: list[Reading], widths: dict[str, int]) -> Iterable[list[Reading]]:
    """The first readings of all bits of each register, the second ones, and so on."""
    for register, width in widths.items():
        of_bit: list[list[Reading]] = [[] for _ in range(width)]
        for r in readings:
            if r.register == register:
                of_bit[r.index].append(r)
        yield from ([*group] for group in zip(*of_bit, strict=False))


def _joinable(steps: list[Step | Reading], group: list[Reading]) -> bool:
    """Whether all can be read when the last one is."""
    qubits = {r.qubit for r in group}
    numbers = {r.number for r in group}
    if len(qubits) < len(group):
        return False
    read: set[int] = set()
    for step in steps:
        if isinstance(step, Reading) and step.number in numbers:
            read.add(step.qubit)
            if len(read) == len(qubits):
                return True
        elif read and not read.isdisjoint((step.qubit,) if isinstance(step, Reading) else step.operation.qubits):
            return False
    return False


def _keys(groups: list[list[Reading]], widths: dict[str, int]) -> list[str]:
    """A new identifier for each group, after its register and, where it is a part of it, its bits."""
    used: set[str] = set()
    keys = []
    for group in groups:
        registers = {r.register for r in group}
        name = "_".join(sorted(_without_prefix(register, widths) for register in registers)) or "unused"
        if len(registers) > 1 or len(group) < widths.get(group[0].register, 0):
            name += "".join(f"_{r.index}" for r in group)
        key, again = name, 1
        while key in used:
            again += 1
            key = f"{name}_{again}"
        used.add(key)
        keys.append(key)
    return keys


def _without_prefix(register: str, widths: dict[str, int]) -> str:
    """The register ``c_key`` of `to_qasm3` is the result ``key``."""
    short = register.removeprefix("c_")
    return short if short.isidentifier() and (short == register or short not in widths) else register
