"""The GHZ fidelity cliff: how many qubits of a machine can share one entangled state."""

from __future__ import annotations

import numpy as np

from qlab import _numeric, _validate
from qlab.channels import readout_confusion
from qlab.circuits import Circuit
from qlab.devices.couplings import CouplingMap
from qlab.devices.hardware import Device, noisy_circuit
from qlab.simulator import run_density_matrix


def ghz_circuit(
    num_qubits: int, couplings: CouplingMap, *, centre: int | None = None
) -> tuple[Circuit, tuple[int, ...]]:
    """GHZ state on a connected patch of a device: H on the centre, then CNOTs outwards ring by ring.

    Args:
        num_qubits: size of the state, at least 2.
        couplings: the device's map.
        centre: where to start; by default the qubit with the smallest mean distance.

    Returns:
        The circuit on the device's qubits, and the qubits that share the state, in order of joining.

    >>> from qlab.devices import line
    >>> ghz_circuit(3, line(5))[1]
    (2, 1, 3)
    """
    couplings = _validate.instance("couplings", couplings, CouplingMap)
    n = _validate.integer("num_qubits", num_qubits, 2, couplings.num_qubits)
    if centre is None:
        reachable = (couplings.distances >= 0).sum(axis=1)
        spread = couplings.distances.clip(0).sum(axis=1) / reachable
        centre = min(range(couplings.num_qubits), key=lambda q: (-reachable[q], spread[q], q))
    root = _validate.integer("centre", centre, 0, couplings.num_qubits - 1)
    circuit, joined = Circuit(couplings.num_qubits).h(root), [root]
    for q in joined:
        for other in couplings.neighbours[q]:
            if len(joined) < n and other not in joined:
                circuit = circuit.cnot(q, other)
                joined.append(other)
    if len(joined) < n:
        raise _validate.fail("num_qubits", f"must be at most {len(joined)} around qubit {root}", n)
    return circuit, tuple(joined)


MAX_DENSITY_QUBITS = 11
"""Largest patch whose density matrix is computed."""


def device_ghz_fidelity(num_qubits: int, device: Device, *, readout: bool = False) -> float:
    """Fidelity of the GHZ state that a device would prepare on its central patch, from the density matrix.

    F = (P(0…0) + P(1…1))/2 + C/2 with C the contrast of the parity oscillation (Sackett et al.,
    Nature 404, 256, 2000). With ``readout`` both are those that an experimenter would see, errors included.

    Args:
        num_qubits: 2 to `MAX_DENSITY_QUBITS`.
        device: noise by `noisy_circuit`.
        readout: whether wrong readout counts.
    """
    device = _validate.instance("device", device, Device)
    n = _validate.integer("num_qubits", num_qubits, 2, min(MAX_DENSITY_QUBITS, device.num_qubits))
    circuit, patch = ghz_circuit(n, device.couplings)
    number = {q: i for i, q in enumerate(patch)}
    steps = tuple(type(o)(o.name, tuple(number[q] for q in o.qubits), o.params) for o in noisy_circuit(circuit, device))
    rho = run_density_matrix(Circuit(n, steps))
    e0, e1 = ([getattr(device.calibration, name)[q] for q in patch] for name in ("readout_e0", "readout_e1"))
    if not readout:
        e0 = e1 = [0.0] * n
    populations = np.real(np.diagonal(rho)).reshape((2,) * n)
    for i in range(n):
        confusion = readout_confusion(e0[i], e1[i])
        populations = np.moveaxis(np.tensordot(confusion, populations, axes=(1, i)), 0, i)
    contrast = 2 * abs(rho[0, -1] * np.prod(1 - np.array(e0) - np.array(e1)))
    return float((populations.flat[0] + populations.flat[-1] + contrast) / 2)


def ghz_fidelity_estimate(
    num_qubits: int,
    *,
    two_qubit_infidelity: float,
    one_qubit_infidelity: float = 0.0,
    readout_e0: float = 0.0,
    readout_e1: float = 0.0,
) -> float:
    """What a data sheet's figures promise for a GHZ state, in one line.

    F ≈ (1 - r₁) · (1 - r₂) · (1 - 7r₂/6)ⁿ⁻² · (P + C)/2 with P = ((1-e0)ⁿ + (1-e1)ⁿ + e0ⁿ + e1ⁿ)/2 and
    C = |1-e0-e1|ⁿ. A gate of average infidelity r₂ suffers one of 15 equally likely Pauli errors with probability
    5r₂/4. The first CNOT makes a pair, which XX, YY and ZZ leave alone: 12 of the 15 spoil it. Every later one
    joins a qubit to a larger state, which ZZ alone leaves alone: 14 of the 15. After H one of three, X, does no
    harm. Exact to first order in the gate errors (waiting is left out), a lower bound beyond: errors may cancel.

    Args:
        num_qubits: n, at least 2.
        two_qubit_infidelity: r₂, average, in [0, ¾].
        one_qubit_infidelity: r₁, average, in [0, ½].
        readout_e0: probability that 0 is reported as 1, in [0, 1].
        readout_e1: probability that 1 is reported as 0, in [0, 1].

    >>> round(ghz_fidelity_estimate(20, two_qubit_infidelity=0.003, readout_e0=0.005, readout_e1=0.015), 3)
    0.697
    """
    n = _validate.count("num_qubits", num_qubits, 2)
    r2 = _validate.in_range("two_qubit_infidelity", two_qubit_infidelity, 0, 0.75)
    r1 = _validate.in_range("one_qubit_infidelity", one_qubit_infidelity, 0, 0.5)
    e0, e1 = _validate.probability("readout_e0", readout_e0), _validate.probability("readout_e1", readout_e1)
    gates = (1 - r1) * (1 - r2) * (1 - 7 / 6 * r2) ** (n - 2)
    populations = ((1 - e0) ** n + (1 - e1) ** n + e0**n + e1**n) / 2
    return float(gates * (populations + abs(1 - e0 - e1) ** n) / 2)


def ghz_size_limit(*, threshold: float = 0.5, limit: int = 100_000, **figures: float) -> int:
    """Largest GHZ state whose estimated fidelity stays above a threshold; 1 where not even a pair does.

    Args:
        threshold: above 1/2 the state is entangled among all its qubits for certain.
        limit: where to stop looking.
        figures: arguments of `ghz_fidelity_estimate`.

    >>> ghz_size_limit(two_qubit_infidelity=0.003, readout_e0=0.005, readout_e1=0.015)
    39
    """
    _validate.probability("threshold", threshold)
    most = _validate.count("limit", limit, 2, _validate.MAX_COUNT - 1)
    # The estimate falls with size: the last one above the threshold stands before the first that is not.
    return _numeric.smallest(lambda n: ghz_fidelity_estimate(n, **figures) <= threshold, 2, most + 1) - 1
