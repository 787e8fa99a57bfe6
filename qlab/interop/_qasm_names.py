"""Names of an OpenQASM program: registers of qubits and bits, aliases, constants, and what an index picks of them."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from qlab import _validate
from qlab.interop._qasm_numbers import CONSTANTS, whole


class Names:
    """What has been declared so far, innermost block first.

    Attributes:
        num_qubits: how many qubits there are.
        qubits: for each name its qubits, and whether it is a single one.
        bits: for each name its bits, each a register and a place in it.
        names: constants, angles and counters.
        widths: number of bits of each register.
    """

    def __init__(self) -> None:
        self.num_qubits = 0
        self.qubits: ChainMap[str, tuple[list[int], bool]] = ChainMap()
        self.bits: ChainMap[str, list[tuple[str, int]]] = ChainMap()
        self.names: ChainMap[str, float] = ChainMap({}, dict(CONSTANTS))
        self.widths: dict[str, int] = {}

    def new(self, name: str) -> str:
        """A name that the innermost block has not used yet."""
        if name in self.qubits.maps[0] or name in self.bits.maps[0] or name in self.names.maps[0]:
            raise _validate.fail("name", "must be new", name)
        return name

    def declare_qubits(self, name: str, size: int | None) -> None:
        """A register, or a single qubit where there is no size."""
        if any(key.startswith("$") for key in self.qubits):
            raise _validate.fail("qubits", "must be all declared or all physical", name)
        count = 1 if size is None else size
        self.qubits[self.new(name)] = list(range(self.num_qubits, self.num_qubits + count)), size is None
        self.num_qubits = _validate.integer(
            "number of qubits", self.num_qubits + count, 1, _validate.MAX_CIRCUIT_QUBITS
        )

    def declare_bits(self, name: str, size: int) -> list[tuple[str, int]]:
        """A register of bits; one that hides an outer one of its name is told apart from it."""
        self.new(name)
        register = name if name not in self.widths else f"{name}_{len(self.widths)}"
        self.widths[register] = size
        self.bits[name] = [(register, i) for i in range(size)]
        return self.bits[name]

    def _picked(self, values: list[Any], index: Any) -> tuple[list[Any], bool]:
        """Entries of a register, and whether the index names a single one."""
        if type(index).__name__ == "DiscreteSet":
            return [self._picked(values, [v])[0][0] for v in index.values], False
        if len(index) != 1:
            raise _validate.fail("index", "must be one number, range or set", len(index))
        if type(index[0]).__name__ == "RangeDefinition":
            return [self._picked_one(values, i) for i in self.range_of(index[0], len(values))], False
        return [self._picked_one(values, whole(index[0], self.names))], True

    @staticmethod
    def _picked_one(values: list[Any], i: int) -> Any:
        return values[_validate.integer("index", i, -len(values), len(values) - 1)]

    def range_of(self, node: Any, size: int | None) -> range:
        """Numbers of a range, both ends included; of places in a register of some size, where one is given."""
        step = 1 if node.step is None else whole(node.step, self.names)
        if step == 0 or (size is None and (node.start is None or node.end is None)):
            raise _validate.fail("range", "must have two ends and a step other than 0", step)
        first, last = (0, (size or 0) - 1) if step > 0 else ((size or 0) - 1, 0)
        start = first if node.start is None else whole(node.start, self.names)
        stop = last if node.end is None else whole(node.end, self.names)
        if size is not None:
            start, stop = start + size * (start < 0), stop + size * (stop < 0)
        return range(start, stop + (1 if step > 0 else -1), step)

    def _found(self, node: Any, scope: Any, noun: str) -> tuple[list[Any], bool]:
        """What an operand names in a scope of lists, and whether it names a single one."""
        kind = type(node).__name__
        if kind == "Concatenation":
            return self._found(node.lhs, scope, noun)[0] + self._found(node.rhs, scope, noun)[0], False
        if kind == "IndexExpression":
            return self._picked(self._found(node.collection, scope, noun)[0], node.index)
        name = node.name.name if kind == "IndexedIdentifier" else getattr(node, "name", kind)
        if name not in scope:
            raise _validate.fail(noun, "must be declared", name)
        found, single = scope[name] if noun == "qubit" else (scope[name], False)
        for index in node.indices if kind == "IndexedIdentifier" else ():
            found, single = self._picked(found, index)
        return found, single

    def qubits_of(self, node: Any) -> tuple[list[int], bool]:
        """Qubits of an operand, and whether it names a single one; ``$7`` is the physical qubit 7."""
        name = getattr(node, "name", None)
        if isinstance(name, str) and re.fullmatch(r"\$\d+", name):
            if self.num_qubits and not any(key.startswith("$") for key in self.qubits):
                raise _validate.fail("qubits", "must be all declared or all physical", name)
            place = _validate.integer("physical qubit", int(name[1:]), 0, _validate.MAX_CIRCUIT_QUBITS - 1)
            self.num_qubits = max(self.num_qubits, place + 1)
            self.qubits.maps[-1][name] = [place], True
        return self._found(node, self.qubits, "qubit")

    def bits_of(self, node: Any) -> list[tuple[str, int]]:
        """Bits of an operand."""
        return self._found(node, self.bits, "bit")[0]

    def operands(self, nodes: list[Any]) -> Iterator[tuple[int, ...]]:
        """The qubits of each gate that one line stands for: registers go side by side."""
        found = [self.qubits_of(node) for node in nodes]
        sizes = {len(qubits) for qubits, single in found if not single}
        if len(sizes) > 1:
            raise _validate.fail("registers", "must have one size", sorted(sizes))
        for i in range(sizes.pop() if sizes else 1):
            yield tuple(qubits[0] if single else qubits[i] for qubits, single in found)
