"""The ket after gates: which way is fastest for which circuit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlab._validate import ComplexArray
from qlab.circuits import Operation
from qlab.simulator import _memory
from qlab.simulator._fusion import relabelled
from qlab.simulator._halves import Halves
from qlab.simulator._phases import sweep, worthwhile
from qlab.simulator._small import run_small
from qlab.simulator._windows import Ket, apply_all

SMALL = 12
"""Below this many qubits planning costs more than it saves: gate by gate."""


def evolve(
    n: int, operations: Sequence[Operation], initial: ComplexArray | None, dtype: Any, threads: int = 1
) -> ComplexArray:
    """New ket of shape (2**n,) after gates, from ``initial`` or from |0…0⟩."""
    kind = np.dtype(dtype)
    if n < SMALL:
        return _gate_by_gate(n, operations, initial, kind)
    _memory.require(2 * kind.itemsize << n, n, f"a ket of {kind.name} with room to work")
    gates, start = relabelled(n, operations)
    if initial is None:
        halves = Halves(n, gates, kind)
        gates = halves.run()
        ket = Ket(halves.merge(threads), list(range(n)), threads)
    else:
        ket = Ket(np.array(initial, dtype=kind), start, threads)
    if worthwhile(gates, n):
        sweep(ket, gates)
    else:
        apply_all(ket, gates)
    ket.permute(list(range(n)))
    return ket.values


def _gate_by_gate(n: int, operations: Sequence[Operation], initial: ComplexArray | None, kind: Any) -> ComplexArray:
    if initial is None:
        ket: ComplexArray = np.zeros(2**n, dtype=kind)
        ket[0] = 1
    else:
        ket = np.array(initial, dtype=kind)
    run_small(n, operations, ket)
    return ket
