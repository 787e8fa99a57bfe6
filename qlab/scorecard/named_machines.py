"""Machines by name, all offline: shipped calibrations, published figures, data sheets, and an ideal one.

This module alone of the scorecard reaches for the edge (`qlab.interop`), and only when a Cirq sampler or a
shipped calibration is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import (
    Calibration,
    CouplingMap,
    Device,
    grid,
    read_sheet,
    sample_device,
    shipped_sheets,
    uniform_calibration,
)
from qlab.scorecard.card import Scorecard, Settings, measure
from qlab.scorecard.execution import Measured

IDEAL = "ideal"
_GOOGLE = ("rainbow", "weber", "willow_pink")
_IBM_PREFIX = "ibm_"


@dataclass
class VirtualMachine:
    """A machine made of figures: noise by `qlab.devices.noisy_circuit`, sampled part by part.

    Attributes:
        device: couplings and figures.
        seed: of its random results.
        feed_forward: whether a gate may depend on an earlier result.
        provenance: where the figures come from.
    """

    device: Device
    seed: int = 0
    feed_forward: bool = True
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        known = {"kind": "virtual machine from figures", "seed": str(self.seed)}
        calibration = self.device.calibration
        for name, text in (("calibration", calibration.source), ("calibration date", calibration.date)):
            known |= {name: text} if text else {}
        self.provenance = {**known, **self.provenance}

    @property
    def name(self) -> str:
        """Of the device."""
        return self.device.name

    @property
    def couplings(self) -> CouplingMap:
        """Of the device."""
        return self.device.couplings

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the device."""
        return self.device.labels

    def sample_batch(self, circuits: Sequence[Circuit], shots: Sequence[int]) -> list[dict[str, Bits]]:
        """Bits by key for each circuit."""
        return [sample_device(c, self.device, n, self._rng) for c, n in zip(circuits, shots, strict=True)]


def device_names() -> tuple[str, ...]:
    """Names that `load_machine` knows without any file (IBM's snapshots need the extra ``qlab[ibm]``)."""
    return (IDEAL, *_GOOGLE, *shipped_sheets())


def load_machine(name: str, *, seed: int = 0) -> Measured:
    """A machine by name: ``ideal``, a shipped calibration, a data sheet (by name or file), or ``ibm_<snapshot>``.

    Args:
        name: one of `device_names`, a path to a YAML sheet, or for instance ``ibm_boston``.
        seed: of its random results.
    """
    if name == IDEAL:
        perfect = Device(IDEAL, grid(3, 3), uniform_calibration(grid(3, 3), source="no noise at all"))
        return VirtualMachine(perfect, seed)
    if name in _GOOGLE:
        from qlab.interop import google_machine

        machine = google_machine(name, seed=seed)
        machine.provenance["seed"] = str(seed)
        return machine
    if name.startswith(_IBM_PREFIX):
        return VirtualMachine(ibm_device(name.removeprefix(_IBM_PREFIX)), seed)
    if not Path(name).suffix:
        _validate.one_of("device", name, device_names())
    sheet = read_sheet(name)
    kind = "synthetic data sheet, made up for teaching" if sheet.synthetic else "figures of a data sheet"
    return VirtualMachine(sheet.delivered(), seed, provenance={"kind": f"virtual machine from the {kind}"})


def ibm_device(name: str, *, provider: Any = None) -> Device:
    """An offline snapshot of an IBM machine, for instance ``"boston"`` (needs ``qlab[ibm]``).

    Args:
        name: of the snapshot, as in ``FakeBoston``.
        provider: module with the snapshot classes, by default ``qiskit_ibm_runtime.fake_provider``.
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
    return device_from_target(f"{_IBM_PREFIX}{name}", kind().target)


def device_from_target(name: str, target: Any) -> Device:
    """A device from an object shaped like a Qiskit target: gates by name, each with error and duration by qubits."""
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


def run(
    sampler: Any,
    *,
    couplings: CouplingMap | None = None,
    name: str | None = None,
    qubits: Sequence[Any] = (),
    gateset: Any = None,
    feed_forward: bool = False,
    provenance: dict[str, str] | None = None,
    shots: int = 200_000,
    settings: Settings | None = None,
    **options: Any,
) -> Scorecard:
    """The card of anything: a Cirq sampler, a machine, or the name of a device that ships.

    Args:
        sampler: a ``cirq.Sampler``, something with ``sample_batch``, or a name for `load_machine`.
        couplings: which qubits can meet; needed for a sampler.
        name: for the report.
        qubits: Cirq's name of each qubit, by default line qubits.
        gateset: Cirq's target gateset to compile to; none where the sampler takes any gate.
        feed_forward: whether the sampler runs gates that depend on earlier results.
        provenance: where the machine and its figures come from.
        shots: budget for the whole card.
        settings: what to measure.
        options: further arguments of `measure` (``store``, ``retries``, ``on_batch`` …).
    """
    machine: Measured
    if isinstance(sampler, str):
        machine = load_machine(sampler)
    elif hasattr(sampler, "sample_batch"):
        machine = sampler
    else:
        if couplings is None:
            raise _validate.fail("couplings", "must be given for a sampler", couplings)
        from qlab.interop import Machine

        title = name or type(sampler).__name__
        known = {"kind": f"sampler {type(sampler).__module__}.{type(sampler).__qualname__}", **(provenance or {})}
        machine = Machine(title, sampler, couplings, tuple(qubits), gateset, feed_forward, known)
    return measure(machine, shots=shots, settings=settings, **options)


def _card_of(name: str, seed: int, shots: int, settings: Settings | None, store: str | None) -> str:
    machine = load_machine(name, seed=seed)
    return measure(machine, shots=shots, settings=settings, store=store).to_json()


def sweep(
    names: Sequence[str],
    *,
    shots: int = 200_000,
    seed: int = 0,
    settings: Settings | None = None,
    store: str | Path | None = None,
    executor: Executor | None = None,
) -> list[Scorecard]:
    """Cards of several devices, each a job of an executor (process pool, Dask's ``get_executor()``), in their order."""
    folder = None if store is None else str(store)
    if executor is None:
        texts = [_card_of(name, seed, shots, settings, folder) for name in names]
    else:
        jobs = [executor.submit(_card_of, name, seed, shots, settings, folder) for name in names]
        texts = [job.result() for job in jobs]
    return [Scorecard.from_json(text) for text in texts]
