"""Whoever hands Cirq's or Matplotlib's room something else than it asks for is told so by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cirq
import pytest

from qlab import interop, plotting
from qlab.circuits import Circuit
from qlab.devices import line

CIRCUIT = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
SAMPLER = cirq.Simulator(seed=1)
STRANGERS = (None, 3, "x", b"x", [], [None], {"num_qubits": 2}, cirq.Simulator)

DOORS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "from_cirq": ("circuit", interop.from_cirq),
    "from_qasm2": ("text|program", interop.from_qasm2),
    "from_qasm3": ("text|program", interop.from_qasm3),
    "google_device": ("device", interop.google_device),
    "google_machine": ("device", interop.google_machine),
    "google_medians": ("device", interop.google_medians),
    "google_noise_model": ("device", interop.google_noise_model),
    "google_sampler": ("device", interop.google_sampler),
    "Machine": ("sampler", lambda bad: interop.Machine("m", bad, line(2))),
    "Machine, couplings": ("couplings", lambda bad: interop.Machine("m", SAMPLER, bad)),
    "sample_with": ("circuit", lambda bad: interop.sample_with(SAMPLER, bad, 2)),
    "sample_with, sampler": ("sampler", lambda bad: interop.sample_with(bad, CIRCUIT, 2)),
    "sample_with, shots": ("shots", lambda bad: interop.sample_with(SAMPLER, CIRCUIT, bad if bad != 3 else -3)),
    "sample_batch_with": ("circuit", lambda bad: interop.sample_batch_with(SAMPLER, [bad], [2])),
    "sample_batch_with, all": ("circuits?", lambda bad: interop.sample_batch_with(SAMPLER, bad or None, 2)),
    "sample_batch_with, qubits": (
        "qubits",
        # None for one circuit's qubits stands for line qubits.
        lambda bad: interop.sample_batch_with(SAMPLER, [CIRCUIT], 2, qubits=0 if bad in (None, [None]) else bad),
    ),
    "to_cirq": ("circuit", interop.to_cirq),
    "to_qasm3": ("circuit", interop.to_qasm3),
    "a drawing": ("circuit", lambda bad: plotting.circuit(bad, alt="a drawing")),
}

WITHOUT = {"PartSampler", "SamplerLied", "google_device_names"}
"""Cirq itself calls the first, nobody hands anything to the others."""


def test_no_door_is_forgotten() -> None:
    assert {name.split(",")[0] for name in DOORS} - {"a drawing"} == set(interop.__all__) - WITHOUT


@pytest.mark.parametrize("stranger", STRANGERS, ids=repr)
@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_is_refused_by_name(door: str, stranger: Any) -> None:
    name, call = DOORS[door]
    with pytest.raises((ValueError, TypeError), match=rf"\b({name})\b.* must .*, got "):
        call(stranger)


def test_a_circuit_as_plain_data_is_as_good() -> None:
    """As everywhere in the simulator: a mapping crosses any boundary."""
    data = CIRCUIT.to_data()
    assert interop.to_cirq(data) == interop.to_cirq(CIRCUIT)
    assert interop.to_qasm3(data) == interop.to_qasm3(CIRCUIT)
    assert interop.sample_with(SAMPLER, data, 3)["m"].shape == (3, 2)


def test_a_frozen_circuit_of_cirq_is_read_too() -> None:
    assert interop.from_cirq(interop.to_cirq(CIRCUIT).freeze()) == CIRCUIT
