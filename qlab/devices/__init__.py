"""Devices: what hardware figures mean for entanglement.

Noise from a calibration, coupling maps and distances, routing and its cost, the GHZ fidelity cliff,
readout inversion, zero-noise extrapolation, the repetition code, and data sheets.
"""

from qlab.devices.couplings import CouplingMap, all_to_all, coupling_map_from_file, grid, heavy_hex, line
from qlab.devices.ghz import device_ghz_fidelity, ghz_circuit, ghz_fidelity_estimate, ghz_size_limit
from qlab.devices.hardware import Calibration, Device, noisy_circuit, uniform_calibration, wait
from qlab.devices.mitigation import (
    ReadoutCorrection,
    fold_gates,
    invert_readout,
    nearest_distribution,
    readout_variance_factor,
    zero_noise_extrapolation,
    zero_noise_weights,
)
from qlab.devices.parts import components, sample_device, sample_parts
from qlab.devices.repetition import repetition_code_round, repetition_failure, sample_repetition
from qlab.devices.routing import RoutedCircuit, remote_cnot_cost, route
from qlab.devices.sheets import DataSheet, read_sheet, shipped_sheets

__all__ = [
    "Calibration",
    "CouplingMap",
    "DataSheet",
    "Device",
    "ReadoutCorrection",
    "RoutedCircuit",
    "all_to_all",
    "components",
    "coupling_map_from_file",
    "device_ghz_fidelity",
    "fold_gates",
    "ghz_circuit",
    "ghz_fidelity_estimate",
    "ghz_size_limit",
    "grid",
    "heavy_hex",
    "invert_readout",
    "line",
    "nearest_distribution",
    "noisy_circuit",
    "read_sheet",
    "readout_variance_factor",
    "remote_cnot_cost",
    "repetition_code_round",
    "repetition_failure",
    "route",
    "sample_device",
    "sample_parts",
    "sample_repetition",
    "shipped_sheets",
    "uniform_calibration",
    "wait",
    "zero_noise_extrapolation",
    "zero_noise_weights",
]
