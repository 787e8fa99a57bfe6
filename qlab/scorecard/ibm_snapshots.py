"""Offline snapshots of IBM's machines as devices (the extra ``qlab[ibm]``)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from qlab import _validate
from qlab.devices import Calibration, CouplingMap, Device

IBM_PREFIX = "ibm_"
"""A device's name begins with it where a snapshot is meant."""


def ibm_device(name: str, *, provider: Any = None) -> Device:
    """An offline snapshot of an IBM machine, for instance ``"boston"`` (needs ``qlab[ibm]``).

    Args:
        name: of the snapshot, as in ``FakeBoston``.
        provider: module with the snapshot classes, by default ``qiskit_ibm_runtime.fake_provider``.

    Returns:
        Couplings and figures of the snapshot.

    Raises:
        ValueError: where there is no such snapshot, or the extra is not installed.
    """
    snapshots = provider
    if snapshots is None:
        try:
            snapshots = import_module("qiskit_ibm_runtime.fake_provider")
        except ImportError:
            raise _validate.fail("device", "of IBM needs the extra qlab[ibm] (qiskit-ibm-runtime)", name) from None
    kind = getattr(snapshots, "Fake" + "".join(word.capitalize() for word in name.split("_")), None)
    if kind is None:
        raise _validate.fail("device", "must name a snapshot of qiskit-ibm-runtime", name)
    return device_from_target(f"{IBM_PREFIX}{name}", kind().target)


def device_from_target(name: str, target: Any) -> Device:
    """A device from an object shaped like a Qiskit target: gates by name, each with error and duration by qubits.

    Args:
        name: for the report.
        target: a ``qiskit.transpiler.Target`` or a like object.

    Raises:
        ValueError: where it has no gate on pairs that is known here.
    """
    pair = next((gate for gate in ("cz", "ecr", "cx") if gate in target.operation_names), None)
    if pair is None:
        raise _validate.fail("target", "must hold cz, ecr or cx", list(target.operation_names))
    gates: dict[tuple[int, int], list[Any]] = {}
    for (a, b), figures in target[pair].items():
        if figures is not None and figures.error is not None:
            gates.setdefault((min(a, b), max(a, b)), []).append(figures)
    errors = {edge: min(0.75, min(f.error for f in found)) for edge, found in gates.items()}
    n = target.num_qubits
    t1 = tuple(float(q.t1) * 1e6 for q in target.qubit_properties)
    t2 = tuple(min(float(q.t2) * 1e6, 2 * a) for q, a in zip(target.qubit_properties, t1, strict=True))
    single, measure_ = target["sx"], target["measure"]
    readout = tuple(min(1.0, float(measure_[(q,)].error)) for q in range(n))
    calibration = Calibration(
        t1_us=t1,
        t2_us=t2,
        one_qubit_infidelity=tuple(min(0.5, float(single[(q,)].error)) for q in range(n)),
        readout_e0=readout,
        readout_e1=readout,
        two_qubit_infidelity=errors,
        one_qubit_ns=_median_ns([single[(q,)] for q in range(n)]),
        two_qubit_ns=_median_ns([f for found in gates.values() for f in found]),
        measure_ns=_median_ns([measure_[(q,)] for q in range(n)]),
        source="offline snapshot of qiskit-ibm-runtime",
    )
    return Device(name, CouplingMap(n, tuple(errors)), calibration)


def _median_ns(figures: Sequence[Any]) -> float:
    return float(np.median([f.duration for f in figures if f.duration is not None]) * 1e9)
