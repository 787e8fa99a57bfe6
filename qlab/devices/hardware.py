"""From the figures of a data sheet or calibration to a noisy circuit.

Gate errors are average infidelities r, as randomised benchmarking reports them; the gate then suffers
depolarizing noise of exactly that infidelity. What happens to a qubit while it waits for others is
thermal relaxation. Readout errors flip the reported bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from qlab import _validate
from qlab._validate import ComplexArray
from qlab.channels import readout_confusion
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.devices.couplings import CouplingMap, Edge

Figures = tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """Measured figures of one machine on one day.

    Attributes:
        t1_us: relaxation time of each qubit in µs; may be infinite.
        t2_us: coherence time of each qubit in µs, at most 2·T1.
        one_qubit_infidelity: average infidelity of a one-qubit gate, one a qubit.
        readout_e0: probability that 0 is reported as 1, one a qubit.
        readout_e1: probability that 1 is reported as 0, one a qubit.
        two_qubit_infidelity: average infidelity of the two-qubit gate, one a coupling.
        one_qubit_ns: duration of a one-qubit gate in ns.
        two_qubit_ns: duration of a two-qubit gate in ns.
        measure_ns: duration of a measurement in ns.
        date: day of the calibration, ISO form.
        source: where the figures come from.
    """

    t1_us: Figures
    t2_us: Figures
    one_qubit_infidelity: Figures
    readout_e0: Figures
    readout_e1: Figures
    two_qubit_infidelity: Mapping[Edge, float] = field(hash=False)
    one_qubit_ns: float
    two_qubit_ns: float
    measure_ns: float
    date: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        n = len(_validate.sequence("t1_us", self.t1_us))
        for name in ("t1_us", "t2_us", "one_qubit_infidelity", "readout_e0", "readout_e1"):
            values = _validate.sequence(name, getattr(self, name))
            if len(values) != n or n == 0:
                raise _validate.fail(name, f"must hold one figure for each of {n} qubits", len(values))
            _validate.keep(self, **{name: tuple(_validate.in_range(f"each of {name}", v, 0, np.inf) for v in values)})
        for t1, t2 in zip(self.t1_us, self.t2_us, strict=True):
            _validate.in_range("each of t1_us", t1, 0, np.inf, open_low=True)
            _validate.in_range("each of t2_us", t2, 0, 2 * t1, open_low=True)
        for name, top in (("one_qubit_infidelity", 0.5), ("readout_e0", 1.0), ("readout_e1", 1.0)):
            for value in getattr(self, name):
                _validate.in_range(f"each of {name}", value, 0, top)
        _validate.keep(self, two_qubit_infidelity=_by_coupling(self.two_qubit_infidelity, n))
        for name in ("one_qubit_ns", "two_qubit_ns", "measure_ns"):
            _validate.keep(self, **{name: _validate.non_negative(name, getattr(self, name))})
        for name in ("date", "source"):
            _validate.instance(name, getattr(self, name), str)

    def medians(self) -> dict[str, float]:
        """Median of each figure, by name."""
        names = ("t1_us", "t2_us", "one_qubit_infidelity", "readout_e0", "readout_e1")
        found = {name: float(np.median(getattr(self, name))) for name in names}
        if self.two_qubit_infidelity:
            found["two_qubit_infidelity"] = float(np.median(list(self.two_qubit_infidelity.values())))
        return found


def _by_coupling(figures: Mapping[Edge, float], num_qubits: int) -> dict[Edge, float]:
    """Infidelities by pairs in ascending order, checked."""
    name = "two_qubit_infidelity"
    if not isinstance(figures, Mapping):
        raise _validate.fail(name, "must be a mapping of pairs of qubits to figures", figures)
    pairs = {}
    for edge, value in figures.items():
        ends = _validate.distinct_qubits(f"each pair of {name}", edge, num_qubits)
        if len(ends) != 2:
            raise _validate.fail(f"each pair of {name}", "must be two qubits", edge)
        pairs[min(ends), max(ends)] = _validate.in_range(f"each of {name}", value, 0, 0.75)
    return pairs


@dataclass(frozen=True)
class Device:
    """A machine: what it is called, what can meet what, and how well.

    Attributes:
        name: for reports.
        couplings: the coupling map.
        calibration: figures for its qubits and couplings.
        labels: the maker's name of each qubit.

    >>> from qlab.devices import grid
    >>> small = Device("small", grid(2, 2), uniform_calibration(grid(2, 2), two_qubit_infidelity=0.004))
    >>> bell = noisy_circuit(Circuit(4).h(0).cnot(0, 1), small)
    >>> [operation.name for operation in bell]
    ['h', 'cnot', 'depolarizing']
    """

    name: str
    couplings: CouplingMap
    calibration: Calibration
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _validate.instance("name", self.name, str)
        n = _validate.instance("couplings", self.couplings, CouplingMap).num_qubits
        _validate.instance("calibration", self.calibration, Calibration)
        if len(self.calibration.t1_us) != n:
            raise _validate.fail("calibration", f"must describe {n} qubits", len(self.calibration.t1_us))
        missing = set(self.couplings.edges) - set(self.calibration.two_qubit_infidelity)
        if missing:
            raise _validate.fail("calibration", "must describe every coupling", sorted(missing)[:3])
        labels = _validate.sequence("labels", self.labels) or tuple(f"q{q}" for q in range(n))
        if not all(isinstance(label, str) for label in labels) or not len(labels) == len(set(labels)) == n:
            raise _validate.fail("labels", f"must be {n} different names", labels)
        _validate.keep(self, labels=labels)

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""
        return self.couplings.num_qubits


def uniform_calibration(
    couplings: CouplingMap,
    *,
    t1_us: float = np.inf,
    t2_us: float | None = None,
    one_qubit_infidelity: float = 0.0,
    two_qubit_infidelity: float = 0.0,
    readout_e0: float = 0.0,
    readout_e1: float = 0.0,
    one_qubit_ns: float = 0.0,
    two_qubit_ns: float = 0.0,
    measure_ns: float = 0.0,
    date: str = "",
    source: str = "",
) -> Calibration:
    """The same figures for every qubit and coupling, as a data sheet gives them; T2 is 2·T1 where not given.

    Args:
        couplings: the device's map.
        t1_us: relaxation time, above 0; may be infinite.
        t2_us: coherence time, in (0, 2·T1].
        one_qubit_infidelity: average, in [0, ½].
        two_qubit_infidelity: average, in [0, ¾].
        readout_e0: probability that 0 is reported as 1, in [0, 1].
        readout_e1: probability that 1 is reported as 0, in [0, 1].
        one_qubit_ns: duration of a one-qubit gate, at least 0.
        two_qubit_ns: duration of a two-qubit gate.
        measure_ns: duration of a measurement.
        date: day of the figures.
        source: where they come from.
    """
    n = _validate.instance("couplings", couplings, CouplingMap).num_qubits
    _validate.in_range("two_qubit_infidelity", two_qubit_infidelity, 0, 0.75)  # there may be no coupling to keep it
    if t2_us is None:
        t2_us = 2 * _validate.in_range("t1_us", t1_us, 0, np.inf, open_low=True)
    return Calibration(
        t1_us=(t1_us,) * n,
        t2_us=(t2_us,) * n,
        one_qubit_infidelity=(one_qubit_infidelity,) * n,
        readout_e0=(readout_e0,) * n,
        readout_e1=(readout_e1,) * n,
        two_qubit_infidelity=dict.fromkeys(couplings.edges, two_qubit_infidelity),
        one_qubit_ns=one_qubit_ns,
        two_qubit_ns=two_qubit_ns,
        measure_ns=measure_ns,
        date=date,
        source=source,
    )


def _depolarizing(infidelity: float, qubits: tuple[int, ...]) -> list[Operation]:
    """Noise of average infidelity r: probability of a non-identity Pauli p = r(d+1)/d."""
    d = 2 ** len(qubits)
    return [Operation("depolarizing", qubits, (infidelity * (d + 1) / d,))] if infidelity else []


def readout_kraus(e0: float, e1: float) -> ComplexArray:
    """Channel before a perfect measurement that yields the same results as wrong readout, shape (4, 2, 2).

    Args:
        e0: probability that 0 is reported as 1, in [0, 1].
        e1: probability that 1 is reported as 0, in [0, 1].
    """
    confusion = readout_confusion(e0, e1)
    operators = np.zeros((4, 2, 2), dtype=complex)
    for k, (true, read) in enumerate(((0, 0), (0, 1), (1, 1), (1, 0))):
        operators[k, read, true] = np.sqrt(confusion[read, true])
    return operators


def wait(circuit: Circuit, duration_us: float, *qubits: int) -> Circuit:
    """Append a wait: relaxation with infinite T1 and T2, which `noisy_circuit` replaces with the device's own.

    Args:
        circuit: what happens before.
        duration_us: length of the wait, at least 0.
        *qubits: the qubits that wait.
    """
    time, circuit = _validate.non_negative("duration_us", duration_us), as_circuit(circuit)
    for q in qubits:
        circuit = circuit.noise("thermal_relaxation", q, params=(time, np.inf, np.inf))
    return circuit


def is_wait(operation: Operation) -> bool:
    """Whether an operation marks a wait, as `wait` appends it."""
    named = _validate.instance("operation", operation, Operation).name == "thermal_relaxation"
    return named and bool(np.isinf(operation.params[2].real))


class _Clock:
    """Follows when each qubit is free, and turns waiting into relaxation."""

    def __init__(self, device: Device) -> None:
        self.figures = device.calibration
        self.busy_until_ns = [0.0] * device.num_qubits
        self.started = [False] * device.num_qubits

    def wait(self, operation: Operation, earliest_ns: float) -> list[Operation]:
        start = max([earliest_ns, *(self.busy_until_ns[q] for q in operation.qubits)])
        waits = []
        for q in operation.qubits:
            idle_us = (start - self.busy_until_ns[q]) / 1000
            if idle_us > 0 and self.started[q] and np.isfinite(self.figures.t2_us[q]):
                times = (idle_us, self.figures.t1_us[q], self.figures.t2_us[q])
                waits.append(Operation("thermal_relaxation", (q,), times))
            self.started[q] = True
            self.busy_until_ns[q] = start + self._duration_ns(operation)
        return waits

    def pause(self, operation: Operation) -> list[Operation]:
        q, duration_us = operation.qubits[0], float(operation.params[0].real)
        self.busy_until_ns[q] += 1000 * duration_us
        if not duration_us or not np.isfinite(self.figures.t2_us[q]):
            return []
        return [Operation("thermal_relaxation", (q,), (duration_us, self.figures.t1_us[q], self.figures.t2_us[q]))]

    def _duration_ns(self, operation: Operation) -> float:
        if operation.key is not None or operation.name == "reset":
            return self.figures.measure_ns
        if not operation.is_gate():
            return 0.0
        return self.figures.one_qubit_ns if len(operation.qubits) == 1 else self.figures.two_qubit_ns


def noisy_circuit(circuit: Circuit, device: Device) -> Circuit:
    """The circuit as the device would run it, on the device's own qubits.

    Each gate is followed by depolarizing noise of its average infidelity, waiting qubits relax, and each
    measurement is preceded by a channel with the readout's confusion (so a qubit used after its measurement
    carries the reported, not the true value). A condition waits for its result. Qubits start relaxed, so
    nothing happens to them before their first gate. RZ, phase, Z, S and T gates are frame changes: free.
    A step that `wait` appended becomes relaxation with the device's own times.

    Args:
        circuit: gates on at most two qubits, coupled on the device; see `route`.
        device: as many qubits as the circuit or more.

    Raises:
        ValueError: for a gate on three qubits, or on two that the device does not couple.
    """
    circuit, device = as_circuit(circuit), _validate.instance("device", device, Device)
    if circuit.num_qubits > device.num_qubits:
        raise _validate.fail("circuit", f"must have at most {device.num_qubits} qubits", circuit.num_qubits)
    clock, figures = _Clock(device), device.calibration
    ready_ns: dict[str, float] = {}
    steps: list[Operation] = []
    for operation in circuit:
        if operation.is_gate() and len(operation.qubits) > 1:
            _check_coupled(operation, device)
        if operation.name in _FRAME_CHANGES:
            steps.append(operation)
            continue
        if is_wait(operation):
            steps += clock.pause(operation)
            continue
        steps += clock.wait(operation, ready_ns.get(operation.condition or "", 0.0))
        if operation.key is not None:
            confusions = ((q, figures.readout_e0[q], figures.readout_e1[q]) for q in operation.qubits)
            steps += [_confusion(*c) for c in confusions if c[1] or c[2]]
            ready_ns[operation.key] = clock.busy_until_ns[operation.qubits[0]]
        steps.append(operation)
        if operation.is_gate():
            steps += _depolarizing(_infidelity(operation, figures), operation.qubits)
    return Circuit(device.num_qubits, tuple(steps))


_FRAME_CHANGES = ("i", "z", "s", "sdg", "t", "tdg", "rz", "phase")


def _confusion(qubit: int, e0: float, e1: float) -> Operation:
    return Operation("kraus", (qubit,), tuple(np.ravel(readout_kraus(e0, e1))))


def _infidelity(operation: Operation, figures: Calibration) -> float:
    if len(operation.qubits) == 1:
        return figures.one_qubit_infidelity[operation.qubits[0]]
    return figures.two_qubit_infidelity[min(operation.qubits), max(operation.qubits)]


def _check_coupled(operation: Operation, device: Device) -> None:
    pair = (min(operation.qubits), max(operation.qubits))
    if len(operation.qubits) > 2 or pair not in device.calibration.two_qubit_infidelity:
        raise _validate.fail(f"gate {operation.name}", f"must act on two coupled qubits of {device.name}", pair)
