"""Offline snapshots of IBM's machines as devices (the extra ``ibm``)."""

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
    """An offline snapshot of an IBM machine, for instance ``"boston"`` (needs ``ibm``).

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
            raise _validate.fail("device", "of IBM needs the extra `ibm` (qiskit-ibm-runtime)", name) from None
    kind = getattr(snapshots, "Fake" + "".join(word.capitalize() for word in name.split("_")), None)
    if kind is None:
        raise _validate.fail("device", "must name a snapshot of qiskit-ibm-runtime", name)
    snapshot = kind()
    return device_from_target(f"{IBM_PREFIX}{name}", snapshot.target, date=_date(snapshot))


def _date(snapshot: Any) -> str:
    """Day of the snapshot's calibration in ISO form; empty where it does not say."""
    properties = getattr(snapshot, "properties", None)
    stamp = getattr(properties() if callable(properties) else properties, "last_update_date", None)
    return str(stamp)[:10] if stamp is not None else ""


def device_from_target(name: str, target: Any, *, date: str = "") -> Device:
    """A device from an object shaped like a Qiskit target: gates by name, each with error and duration by qubits.

    A coupling counts with the best of its gates. An error of 1, IBM's mark for "not calibrated", is none.

    Args:
        name: for the report.
        target: a ``qiskit.transpiler.Target`` or a like object.
        date: day of the calibration in ISO form.

    Raises:
        ValueError: where it has no gate on pairs that is known here, or none that is calibrated.
    """
    pairs, turns = _known(target, _PAIR_GATES), _known(target, _TURNS)
    if not pairs or not turns:
        *first, last = _TURNS if pairs else _PAIR_GATES
        missing = f"{', '.join(first)} or {last}"
        raise _validate.fail("target", f"must hold {missing}", list(target.operation_names))
    gates: dict[tuple[int, int], list[Any]] = {}
    for gate in pairs:
        for (a, b), figures in target[gate].items():
            if figures is not None and figures.error is not None and figures.error < 1:
                gates.setdefault((min(a, b), max(a, b)), []).append(figures)
    if not gates:
        raise _validate.fail("target", "must hold a calibrated gate on a pair (an error below 1)", name)
    errors = {edge: min(0.75, min(f.error for f in found)) for edge, found in gates.items()}
    n = target.num_qubits
    t1 = tuple(float(q.t1) * 1e6 for q in target.qubit_properties)
    t2 = tuple(min(float(q.t2) * 1e6, 2 * a) for q, a in zip(target.qubit_properties, t1, strict=True))
    single, measure_ = target[turns[0]], target["measure"]
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
        date=date,
        source="offline snapshot of qiskit-ibm-runtime",
    )
    return Device(name, CouplingMap(n, tuple(errors)), calibration)


_PAIR_GATES = ("cz", "ecr", "cx")
_TURNS = ("sx", "u2", "u3")


def _known(target: Any, names: Sequence[str]) -> list[str]:
    return [gate for gate in names if gate in target.operation_names]


def _median_ns(figures: Sequence[Any]) -> float:
    return float(np.median([f.duration for f in figures if f.duration is not None]) * 1e9)
