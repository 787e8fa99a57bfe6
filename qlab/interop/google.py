"""The calibrations that ship with cirq_google: rainbow, weber and willow_pink, all offline.

Cirq's maintainers say that the figures are samples of real devices, not current production figures.
"""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Any

import cirq
import cirq_google
import numpy as np

from qlab import _validate
from qlab.devices import Calibration, CouplingMap, Device
from qlab.interop.machines import Machine
from qlab.interop.virtual import PartSampler

SOURCE = "calibration shipped with cirq_google {version}"


def google_device_names() -> tuple[str, ...]:
    """Names of the machines whose calibrations ship.

    >>> google_device_names()
    ('rainbow', 'weber', 'willow_pink')
    """
    return tuple(sorted(cirq_google.engine.list_virtual_processors()))


def _figures(name: str) -> Any:
    _validate.one_of("device", name, google_device_names())
    # noise_properties_from_calibration alone would fill in the gate times of an older machine.
    return cirq_google.engine.load_device_noise_properties(name)


def _graph(name: str) -> Any:
    metadata = cirq_google.engine.create_device_from_processor_id(name).metadata
    assert isinstance(metadata, cirq.GridDeviceMetadata)
    return metadata.nx_graph


def _couplings(name: str) -> tuple[CouplingMap, tuple[cirq.GridQubit, ...]]:
    _validate.one_of("device", name, google_device_names())
    graph = _graph(name)
    qubits = tuple(sorted(graph.nodes))
    number = {q: i for i, q in enumerate(qubits)}
    edges = tuple((number[a], number[b]) for a, b in graph.edges)
    return CouplingMap(len(qubits), edges, tuple((float(q.col), float(q.row)) for q in qubits)), qubits


def _date(name: str) -> str:
    stamp = cirq_google.engine.load_median_device_calibration(name).timestamp
    return datetime.datetime.fromtimestamp(stamp / 1000, tz=datetime.UTC).date().isoformat()


def _two_qubit_kind(name: str) -> Any:
    """The native gate that pairs are made with: CZ where it was calibrated, else √iSWAP."""
    kinds = {identifier.gate_type for identifier in _figures(name).gate_pauli_errors}
    return cirq.CZPowGate if cirq.CZPowGate in kinds else cirq.ISwapPowGate


def google_medians(name: str) -> dict[str, float]:
    """Medians of the shipped figures in Google's own terms: Pauli errors, Tφ, gate times in ns, coupler counts."""
    figures, (couplings, _) = _figures(name), _couplings(name)
    degrees = [len(near) for near in couplings.neighbours]

    def pauli(kind: Any) -> float:
        return float(np.median([e for i, e in figures.gate_pauli_errors.items() if i.gate_type is kind]))

    kinds = {identifier.gate_type for identifier in figures.gate_pauli_errors}
    found = {
        "qubits": float(couplings.num_qubits),
        "couplers": float(len(couplings.edges)),
        "max_degree": float(max(degrees)),
        "mean_degree": float(np.mean(degrees)),
        "diameter": float(couplings.diameter),
        "t1_us": float(np.median(list(figures.t1_ns.values())) / 1000),
        "tphi_us": float(np.median(list(figures.tphi_ns.values())) / 1000),
        "one_qubit_pauli_error": pauli(cirq.PhasedXZGate),
        "readout_e0": float(np.median([e[0] for e in figures.readout_errors.values()])),
        "readout_e1": float(np.median([e[1] for e in figures.readout_errors.values()])),
        "worst_readout_e1": float(max(e[1] for e in figures.readout_errors.values())),
        "one_qubit_ns": float(figures.gate_times_ns[cirq.PhasedXZGate]),
        "measure_ns": float(figures.gate_times_ns[cirq.MeasurementGate]),
    }
    names = {cirq.CZPowGate: "cz", cirq.ISwapPowGate: "sqrt_iswap", cirq_google.SycamoreGate: "sycamore"}
    for kind, label in names.items():
        if kind in kinds:
            found[f"{label}_pauli_error"] = pauli(kind)
            found[f"{label}_ns"] = float(figures.gate_times_ns[kind])
    return found


def google_device(name: str) -> Device:
    """A shipped calibration as our `Device`: every qubit and coupling with its own figures.

    Average infidelity is (2/3) of Google's Pauli error for one qubit, (4/5) for two. The two-qubit gate is the CNOT
    as Cirq compiles it: on rainbow and weber two √iSWAP gates with five one-qubit gates around them, on later
    chips a CZ with three. Each of them suffers its Pauli error; which of the two qubits is the control is left open.

    >>> willow = google_device("willow_pink")
    >>> willow.num_qubits, len(willow.couplings.edges)
    (105, 182)
    """
    figures = _figures(name)
    couplings, qubits = _couplings(name)
    kind = _two_qubit_kind(name)
    times = {"t1": [figures.t1_ns[q] / 1000 for q in qubits], "tphi": [figures.tphi_ns[q] / 1000 for q in qubits]}
    t2 = [1 / (1 / (2 * t1) + 1 / tphi) for t1, tphi in zip(times["t1"], times["tphi"], strict=True)]
    paulis = {i.qubits: e for i, e in figures.gate_pauli_errors.items() if i.gate_type in (kind, cirq.PhasedXZGate)}
    uses, turns = (1, 3) if kind is cirq.CZPowGate else (2, 5)

    def cnot_infidelity(a: cirq.Qid, b: cirq.Qid) -> float:
        clean = (1 - paulis[a, b]) ** uses * ((1 - paulis[(a,)]) * (1 - paulis[(b,)])) ** (turns / 2)
        return float(4 / 5 * (1 - clean))

    one_ns = float(figures.gate_times_ns[cirq.PhasedXZGate])
    calibration = Calibration(
        t1_us=tuple(times["t1"]),
        t2_us=tuple(t2),
        one_qubit_infidelity=tuple(2 / 3 * paulis[(q,)] for q in qubits),
        readout_e0=tuple(float(figures.readout_errors[q][0]) for q in qubits),
        readout_e1=tuple(float(figures.readout_errors[q][1]) for q in qubits),
        two_qubit_infidelity={(a, b): cnot_infidelity(qubits[a], qubits[b]) for a, b in couplings.edges},
        one_qubit_ns=one_ns,
        two_qubit_ns=uses * float(figures.gate_times_ns[kind]) + (uses - 1) * one_ns,
        measure_ns=float(figures.gate_times_ns[cirq.MeasurementGate]),
        date=_date(name),
        source=SOURCE.format(version=cirq_google.__version__),
    )
    return Device(name, couplings, calibration, tuple(str(q) for q in qubits))


def google_noise_model(name: str) -> cirq.NoiseModel:
    """Cirq's own noise model of a shipped calibration."""
    return cirq_google.NoiseModelFromGoogleNoiseProperties(_figures(name))


def google_sampler(name: str, *, seed: int | None = None) -> cirq.Sampler:
    """A noisy virtual machine with a shipped calibration and Cirq's own noise model; takes native gates.

    Args:
        name: one of `google_device_names`.
        seed: of the sampler's random numbers; None draws one from the system.

    Raises:
        ValueError: where no such calibration ships.
    """
    figures = _figures(name)

    @lru_cache(maxsize=4096)
    def noise_for(qubits: tuple[cirq.Qid, ...]) -> cirq.NoiseModel:
        # Cirq searches all of a model's entries for each gate; those of other qubits are left out.
        return cirq_google.NoiseModelFromGoogleNoiseProperties(_restricted(figures, frozenset(qubits)))

    return PartSampler(noise_for, seed=seed)


def _restricted(figures: Any, qubits: frozenset[cirq.Qid]) -> Any:
    def of_qubit(entries: Any) -> Any:
        return {q: value for q, value in entries.items() if q in qubits}

    def of_gate(entries: Any) -> Any:
        return {gate: value for gate, value in entries.items() if set(gate.qubits) <= qubits}

    return cirq_google.GoogleNoiseProperties(
        gate_times_ns=figures.gate_times_ns,
        t1_ns=of_qubit(figures.t1_ns),
        tphi_ns=of_qubit(figures.tphi_ns),
        readout_errors=of_qubit(figures.readout_errors),
        gate_pauli_errors=of_gate(figures.gate_pauli_errors),
        fsim_errors=of_gate(figures.fsim_errors),
    )


def google_machine(name: str, *, seed: int | None = None) -> Machine:
    """A noisy virtual machine with its couplings, qubit names and native gates, ready for the scorecard.

    Args:
        name: one of `google_device_names`.
        seed: of the sampler's random numbers; None draws one from the system.

    Raises:
        ValueError: where no such calibration ships.
    """
    couplings, qubits = _couplings(name)
    cz = _two_qubit_kind(name) is cirq.CZPowGate
    gateset: cirq.CompilationTargetGateset = cirq.CZTargetGateset() if cz else cirq.SqrtIswapTargetGateset()
    provenance = {
        "calibration": SOURCE.format(version=cirq_google.__version__),
        "calibration date": _date(name),
        "kind": "virtual machine with noise from a shipped calibration",
    }
    return Machine(name, google_sampler(name, seed=seed), couplings, qubits, gateset, False, provenance)
