"""Machines by name, all offline: shipped calibrations, published figures, data sheets, and an ideal one.

Cirq is imported only where one of Google's shipped calibrations is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices import (
    CouplingMap,
    Device,
    grid,
    read_sheet,
    sample_device,
    shipped_sheets,
    uniform_calibration,
)
from qlab.scorecard.execution import Measured
from qlab.scorecard.ibm_snapshots import IBM_PREFIX, ibm_device

IDEAL = "ideal"
_GOOGLE = ("rainbow", "weber", "willow_pink")


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
    """Names that `load_machine` knows without any file (IBM's snapshots need the extra ``ibm``)."""
    return (IDEAL, *_GOOGLE, *shipped_sheets())


def load_machine(name: str, *, seed: int = 0) -> Measured:
    """A machine by name: ``ideal``, a shipped calibration, a data sheet (by name or file), or ``ibm_<snapshot>``.

    Args:
        name: one of `device_names`, a path to a YAML sheet, or for instance ``ibm_boston``.
        seed: of its random results.

    Returns:
        A machine that `qlab.scorecard.measure` takes.

    Raises:
        ValueError: where no device has that name, or its extra is not installed.
    """
    _validate.integer("seed", seed, 0)
    if name == IDEAL:
        perfect = Device(IDEAL, grid(3, 3), uniform_calibration(grid(3, 3), source="no noise at all"))
        return VirtualMachine(perfect, seed)
    if name in _GOOGLE:
        from qlab.interop import google_machine

        machine = google_machine(name, seed=seed)
        machine.provenance["seed"] = str(seed)
        return machine
    if name.startswith(IBM_PREFIX):
        return VirtualMachine(ibm_device(name.removeprefix(IBM_PREFIX)), seed)
    if not Path(name).suffix:
        _validate.one_of("device", name, device_names())
    sheet = read_sheet(name)
    kind = "synthetic data sheet, made up for teaching" if sheet.synthetic else "figures of a data sheet"
    return VirtualMachine(sheet.delivered(), seed, provenance={"kind": f"virtual machine from the {kind}"})
