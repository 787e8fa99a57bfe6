"""Circuits of any width, as long as their gates join few qubits: split, add noise, sample each part alone."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from qlab import _numeric, _validate
from qlab._types import Bits
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.devices.hardware import Device, noisy_circuit
from qlab.simulator import sample
from qlab.simulator.sampling import MAX_SHOTS

MAX_PART = 16
"""Largest number of qubits that the gates of one circuit may join."""


def components(circuit: Circuit) -> list[tuple[tuple[int, ...], Circuit]]:
    """A circuit as its independent parts: the qubits of each part in ascending order, and the part on its own.

    Parts share no gate, no measurement and no condition; idle qubits belong to none.

    >>> [qubits for qubits, _ in components(Circuit(5).h(4).cnot(4, 1).x(3))]
    [(1, 4), (3,)]
    """
    circuit = as_circuit(circuit)
    group = _numeric.joined([*o.qubits, *(k for k in (o.key, o.condition) if k is not None)] for o in circuit)
    groups: dict[Hashable, list[Operation]] = {}
    for o in circuit:
        groups.setdefault(group(o.qubits[0]), []).append(o)
    parts = []
    for steps in groups.values():
        qubits = tuple(sorted({q for o in steps for q in o.qubits}))
        number = {q: i for i, q in enumerate(qubits)}
        own = tuple(Operation(o.name, tuple(number[q] for q in o.qubits), o.params, o.key, o.condition) for o in steps)
        parts.append((qubits, Circuit(len(qubits), own)))
    return sorted(parts, key=lambda part: part[0])


def sample_parts(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Results of a noisy circuit, each independent part simulated alone: for each key bits of shape (shots, k)."""
    circuit = as_circuit(circuit)
    shots, rng = _validate.integer("shots", shots, 0, MAX_SHOTS), _validate.generator("rng", rng)
    found: dict[str, Bits] = {}
    for qubits, part in components(circuit):
        if len(qubits) > MAX_PART:
            raise _validate.fail("circuit", f"must join at most {MAX_PART} qubits by gates", len(qubits))
        if part.keys:
            found |= sample(part, shots, rng)
    return {key: found[key] for key in circuit.keys}


def sample_device(circuit: Circuit, device: Device, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """What a device with these figures would report: `noisy_circuit`, then `sample_parts`.

    >>> from qlab.devices import line, uniform_calibration
    >>> pair = Device("pair", line(2), uniform_calibration(line(2), readout_e1=1.0))
    >>> sample_device(Circuit(2).x(0).measure(0, 1, key="m"), pair, 2, np.random.default_rng(1))["m"].tolist()
    [[0, 0], [0, 0]]
    """
    return sample_parts(noisy_circuit(circuit, device), shots, rng)
