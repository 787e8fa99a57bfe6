"""A circuit in a machine's own gates, so that no compiler of the vendor has anything left to merge or remove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.circuits import Circuit, Operation
from qlab.devices.hardware import is_wait
from qlab.gates import GATES

PLAIN, RZ_SX_CZ, RZ_SX_CX, PRX_CZ = BASES = ("plain", "rz sx cz", "rz sx cx", "prx cz")
"""Sets of gates: the names of OpenQASM's stdgates.inc, IBM's two, and IQM's."""

_PLAIN = {"cnot": "cx", **{name: name for name in ("x", "y", "z", "h", "s", "sdg", "sx", "rx", "ry", "rz", "cz")}}
_HADAMARD = GATES["h"].matrix()
_SMALL = 1e-9


@dataclass(frozen=True)
class Step:
    """One line of a program.

    Attributes:
        name: of a gate, or ``"barrier"``, ``"delay"``, ``"measure"``.
        qubits: acted on.
        params: angles in radians; of a delay its time in µs.
        bits: of a measurement the places of its bits among all bits of the circuit.
    """

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...] = ()
    bits: tuple[int, ...] = ()


def places(circuit: Circuit) -> dict[str, tuple[int, ...]]:
    """For each measurement key the places of its bits, in one register of all bits of the circuit.

    >>> places(Circuit(3).measure(2, key="a").measure(0, 1, key="b"))
    {'a': (0,), 'b': (1, 2)}
    """
    found: dict[str, tuple[int, ...]] = {}
    width = 0
    for o in circuit:
        if o.key is not None:
            found[o.key] = tuple(range(width, width + len(o.qubits)))
            width += len(o.qubits)
    return found


def native(circuit: Circuit, basis: str) -> list[Step]:
    """The steps of a circuit, a barrier wherever it has a fence.

    Turns of one qubit are merged, across fences too; two-qubit gates never are, and between any two on one qubit
    that a fence parts there stands a barrier.

    Args:
        circuit: gates, fences (identities), waits and measurements.
        basis: one of `BASES`.

    Returns:
        Steps in order; a global phase is dropped.

    Raises:
        ValueError: where the circuit holds what no such program says, a condition for instance.
    """
    _validate.one_of("basis", basis, BASES)
    where = places(circuit)
    for o in circuit:
        if o.condition is not None:
            raise _validate.fail("circuit", "must hold no gate that waits for a result", o.name)
        if not (o.is_gate() or is_wait(o) or o.key is not None):
            raise _validate.fail("circuit", "must hold gates, waits and measurements only", o.name)
    writer = _Plain(where) if basis == PLAIN else _Merging(where, basis)
    return [*writer.steps(circuit), *writer.rest()]


class _Plain:
    """Gates as they stand."""

    def __init__(self, where: dict[str, tuple[int, ...]]) -> None:
        self._where = where
        self._fenced: list[int] = []

    def steps(self, circuit: Circuit) -> Iterator[Step]:
        for o in circuit:
            if o.name == "i":
                self._fenced.append(o.qubits[0])
                continue
            yield from self._barrier()
            yield from self._step(o)

    def _barrier(self) -> Iterator[Step]:
        if self._fenced:
            yield Step("barrier", tuple(dict.fromkeys(self._fenced)))
            self._fenced = []

    def _step(self, o: Operation) -> Iterator[Step]:
        if o.key is not None:
            yield Step("measure", o.qubits, (), self._where[o.key])
        elif is_wait(o):
            yield Step("delay", o.qubits, (float(o.params[0].real),))
        elif o.name in _PLAIN:
            yield Step(_PLAIN[o.name], o.qubits, tuple(float(p.real) for p in o.params))
        else:
            raise _validate.fail("circuit", f"must hold gates of {', '.join(_PLAIN)} only", o.name)

    def rest(self) -> Iterator[Step]:
        return iter(())


class _Merging(_Plain):
    """Turns are gathered qubit by qubit until something else is to be done."""

    def __init__(self, where: dict[str, tuple[int, ...]], basis: str) -> None:
        super().__init__(where)
        self._basis = basis
        self._turns: dict[int, ComplexArray] = {}
        self._frames: dict[int, float] = {}

    def _step(self, o: Operation) -> Iterator[Step]:
        if o.is_gate() and len(o.qubits) == 1:
            self._turn(o.qubits[0], o.matrix())
            return
        if o.is_gate():
            yield from self._pair(o)
            return
        for q in o.qubits:
            yield from self._flushed(q)
        yield from super()._step(o)

    def steps(self, circuit: Circuit) -> Iterator[Step]:
        for o in circuit:
            if o.name == "i":
                self._fenced.append(o.qubits[0])
            else:
                yield from self._step(o)

    def _turn(self, qubit: int, matrix: ComplexArray) -> None:
        self._turns[qubit] = matrix @ self._turns.get(qubit, np.eye(2, dtype=complex))

    def _pair(self, o: Operation) -> Iterator[Step]:
        if o.name not in ("cnot", "cz"):
            raise _validate.fail("circuit", "must hold no two-qubit gates but cnot and cz", o.name)
        native_cz = not self._basis.endswith("cx")
        inside = (o.name == "cnot") == native_cz
        if inside:
            self._turn(o.qubits[1], _HADAMARD)
        for q in o.qubits:
            yield from self._flushed(q)
        yield from self._barrier()
        yield Step("cz" if native_cz else "cx", o.qubits)
        if inside:
            self._turn(o.qubits[1], _HADAMARD)

    def _flushed(self, qubit: int) -> Iterator[Step]:
        matrix = self._turns.pop(qubit, None)
        if matrix is None:
            return
        theta, phi, lam = _euler(matrix)
        if self._basis != PRX_CZ:
            yield from _rz_sx(qubit, theta, phi, lam)
            return
        # U = Rz(φ + λ)·PRX(θ, π/2 - λ); the turn about z is kept for later, where it costs nothing.
        frame = self._frames.get(qubit, 0.0)
        if abs(theta) > _SMALL:
            yield Step("prx", (qubit,), (theta, _wrapped(np.pi / 2 - lam - frame)))
        self._frames[qubit] = _wrapped(frame + phi + lam)

    def rest(self) -> Iterator[Step]:
        for q in sorted(self._turns):
            yield from self._flushed(q)


def _euler(matrix: ComplexArray) -> tuple[float, float, float]:
    """θ, φ, λ of a unitary as Rz(φ)·Ry(θ)·Rz(λ), up to a phase."""
    theta = 2 * float(np.arctan2(abs(matrix[1, 0]), abs(matrix[0, 0])))
    if abs(matrix[1, 0]) < _SMALL:
        return 0.0, float(np.angle(matrix[1, 1]) - np.angle(matrix[0, 0])), 0.0
    if abs(matrix[0, 0]) < _SMALL:
        return float(np.pi), float(np.angle(matrix[1, 0]) - np.angle(-matrix[0, 1])), 0.0
    # Against the first entry, since halves of sums of phases would leave a sign open.
    first = np.angle(matrix[0, 0])
    return theta, float(np.angle(matrix[1, 0]) - first), float(np.angle(-matrix[0, 1]) - first)


def _wrapped(angle: float) -> float:
    """An angle in (-π, π]."""
    return float(-((-angle + np.pi) % (2 * np.pi) - np.pi))


def _rz_sx(qubit: int, theta: float, phi: float, lam: float) -> Iterator[Step]:
    """Rz(φ)·Ry(θ)·Rz(λ) as Rz, SX, Rz, SX, Rz; turns of nothing are left out."""
    if abs(theta) < _SMALL:
        parts: tuple[float | None, ...] = (phi + lam,)
    elif abs(theta - np.pi / 2) < _SMALL:
        parts = (lam - np.pi / 2, None, phi + np.pi / 2)
    else:
        # Ry(θ) = Rz(π)·SX·Rz(θ + π)·SX, up to a phase.
        parts = (lam, None, theta + np.pi, None, phi + np.pi)
    for part in parts:
        if part is None:
            yield Step("sx", (qubit,))
        elif abs(_wrapped(part)) > _SMALL:
            yield Step("rz", (qubit,), (_wrapped(part),))
