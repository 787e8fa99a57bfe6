"""The circuits that are timed, as plain lists of steps that every simulator can be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qlab import gates
from qlab.circuits import Circuit, Operation

Step = tuple[str, tuple[int, ...], Any]
"""A gate's name, its qubits, and its matrix or angle where it has one."""


@dataclass(frozen=True)
class Work:
    """A circuit and the ket that it starts from (``None`` for |0…0⟩)."""

    name: str
    n: int
    steps: tuple[Step, ...]
    initial: np.ndarray | None = None

    def circuit(self) -> Circuit:
        return Circuit(self.n, tuple(_operation(step) for step in self.steps))


def _operation(step: Step) -> Operation:
    name, qubits, value = step
    if name == "matrix":
        return Operation("unitary", qubits, tuple(np.ravel(value)))
    return Operation(name, qubits, () if value is None else (float(value),))


def random_ket(n: int, rng: np.random.Generator) -> np.ndarray:
    parts = rng.standard_normal((2, 2**n), dtype=np.float32)
    ket = (parts[0] + 1j * parts[1]).astype(np.complex64)
    return (ket / np.sqrt(np.square(parts, dtype=np.float64).sum())).astype(np.complex64)


def brickwork(n: int, rng: np.random.Generator, *, depth: int = 20, far: bool = False) -> tuple[Step, ...]:
    """Haar gates on every qubit, then CZ or CNOT on neighbours in brickwork, or on pairs drawn by lot."""
    steps: list[Step] = []
    for layer in range(depth):
        steps += [("matrix", (q,), gates.random_unitary(2, rng)) for q in range(n)]
        order = [int(q) for q in rng.permutation(n)] if far else list(range(layer % 2, n))
        for pair in zip(order[::2], order[1::2], strict=False):
            steps.append((str(rng.choice(["cnot", "cz"])), pair, None))
    return tuple(steps)


def fourier(n: int, rng: np.random.Generator, *, product: bool = True) -> tuple[Step, ...]:
    """Quantum Fourier transform with its SWAPs, of a random product state unless that is not wanted."""
    steps: list[Step] = [("matrix", (q,), gates.random_unitary(2, rng)) for q in range(n)] if product else []
    for q in range(n):
        steps.append(("h", (q,), None))
        steps += [("cphase", (q, j), np.pi / 2 ** (j - q)) for j in range(q + 1, n)]
    return (*steps, *(("swap", (q, n - 1 - q), None) for q in range(n // 2)))


def ghz(n: int) -> tuple[Step, ...]:
    return (("h", (0,), None), *(("cnot", (q, q + 1), None) for q in range(n - 1)))
