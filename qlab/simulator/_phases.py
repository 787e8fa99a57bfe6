"""Circuits of many diagonal gates, the Fourier transform first of all: phases as tables, multiplied in once.

A block of four wires takes its own gates as one window. Its diagonal gates with all other wires commute, and
together they are a table of phases over the block and the others, a few thousand entries at a time: one
multiplication an amplitude for dozens of gates.
"""

from __future__ import annotations

import numpy as np

from qlab._validate import ComplexArray
from qlab.simulator._fusion import Gate, sorted_out
from qlab.simulator._kernels import parts_of
from qlab.simulator._windows import Ket, apply_all

BLOCK = 4
GROUP = 11
"""Wires of a table besides those of the block: 2**15 phases stay in cache."""


def worthwhile(gates: list[Gate], n: int) -> bool:
    """Whether diagonal gates on pairs reach more partners than windows can hold, with few other gates in between."""
    diagonal = [frozenset(g.qubits) for g in gates if g.diagonal and len(g.qubits) == 2]
    return len(set(diagonal)) >= 3 * n and len(diagonal) >= 2 * sum(not g.diagonal for g in gates)


def sweep(ket: Ket, gates: list[Gate]) -> None:
    """All gates, block by block."""
    while gates:
        block = _next_block(gates)
        inside, pool, later = _split(gates, frozenset(block), len(ket.order))
        if len(later) == len(gates):
            break
        if inside:
            apply_all(ket, inside)
        if pool:
            _multiply(ket, block, pool)
        gates = later
    apply_all(ket, gates)


def _next_block(gates: list[Gate]) -> list[int]:
    """The wires whose other than diagonal gates come first."""
    block: list[int] = []
    for gate in [*(g for g in gates if not g.diagonal), *gates]:
        for q in gate.qubits:
            if q not in block and len(block) < BLOCK:
                block.append(q)
    return block


def _split(gates: list[Gate], block: frozenset[int], n: int) -> tuple[list[Gate], list[Gate], list[Gate]]:
    """Gates inside a block, diagonal gates between it and one other wire, and those that must wait."""
    return sorted_out(
        gates, n, lambda g: block.issuperset(g.qubits), lambda g: len(g.qubits) == 2 and not block.isdisjoint(g.qubits)
    )


def _multiply(ket: Ket, block: list[int], pool: list[Gate]) -> None:
    """Multiply the ket by all phases of a pool of diagonal gates."""
    first = ket.gather(tuple(block))
    n, k = len(ket.order), len(block)
    for low, high in ((0, first), (first + k, n)):
        for start in range(low, high, GROUP):
            places = range(start, min(start + GROUP, high))
            wires = [ket.order[p] for p in places]
            mine = [g for g in pool if any(q in wires for q in g.qubits)]
            if not mine:
                continue
            ends = sorted([(first, k), (start, len(wires))])
            table = _table([ket.order[p + i] for p, length in ends for i in range(length)], mine)
            (a, a_length), (b, b_length) = ends
            view = ket.values.reshape(-1, 2**a_length, 2 ** (b - a - a_length), 2**b_length, 2 ** (n - b - b_length))
            view *= table.reshape(2**a_length, 1, 2**b_length, 1).astype(ket.values.dtype)


def _table(wires: list[int], gates: list[Gate]) -> ComplexArray:
    """Product of diagonal gates as a table over some wires, the first slowest."""
    table: ComplexArray = np.ones(2 ** len(wires), dtype=complex)
    for gate in gates:
        places = tuple([wires.index(q) for q in gate.qubits])
        for part, phase in zip(parts_of(table, places, len(wires)), gate.matrix.diagonal().tolist(), strict=True):
            if phase != 1:
                part *= phase
    return table
