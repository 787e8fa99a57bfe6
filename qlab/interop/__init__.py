"""The edge to other people's software: Cirq and OpenQASM in and out, samplers and calibrations in.

Nothing else in the package names Cirq. Needs the extra ``cirq``, to read OpenQASM ``qasm``.
States, channels and numbers cross as arrays: CONVENTIONS.md, "Coming from another library", shows how.
"""

from qlab.interop.from_cirq import from_cirq
from qlab.interop.from_qasm import from_qasm2, from_qasm3
from qlab.interop.google import (
    google_device,
    google_device_names,
    google_machine,
    google_medians,
    google_noise_model,
    google_sampler,
)
from qlab.interop.machines import Machine
from qlab.interop.qasm import to_qasm3
from qlab.interop.sampling import SamplerLied, sample_batch_with, sample_with
from qlab.interop.to_cirq import to_cirq
from qlab.interop.virtual import PartSampler

__all__ = [
    "Machine",
    "PartSampler",
    "SamplerLied",
    "from_cirq",
    "from_qasm2",
    "from_qasm3",
    "google_device",
    "google_device_names",
    "google_machine",
    "google_medians",
    "google_noise_model",
    "google_sampler",
    "sample_batch_with",
    "sample_with",
    "to_cirq",
    "to_qasm3",
]
