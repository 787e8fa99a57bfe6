"""Results from any `cirq.Sampler` (a simulator, a noisy virtual machine, a cloud service), checked on arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import cirq
import numpy as np

from qlab import _validate
from qlab._types import Bits
from qlab.circuits import Circuit, as_circuit
from qlab.interop.to_cirq import to_cirq


class SamplerLied(ValueError):
    """A sampler answered with something that cannot be the result of the circuit it was given."""

    answered = True
    """The circuit was taken: this is no refusal."""


def _checked(circuit: Circuit, shots: int, result: Any) -> dict[str, Bits]:
    widths = {o.key: len(o.qubits) for o in circuit if o.key is not None}
    measured: Any = getattr(result, "measurements", None)
    if not hasattr(measured, "keys"):
        raise SamplerLied(f"sampler must answer with measurements by key, got {type(result).__name__}")
    missing = sorted(set(widths) - set(measured))
    if missing:
        raise SamplerLied(f"sampler must return the keys {sorted(widths)}, got {sorted(measured)}")
    answer: dict[str, Bits] = {}
    for key, width in widths.items():
        bits = np.asarray(measured[key])
        if bits.shape != (shots, width):
            raise SamplerLied(f"result {key!r} must have shape ({shots}, {width}), got {bits.shape}")
        if not np.isin(bits, (0, 1)).all():
            raise SamplerLied(f"result {key!r} must hold zeros and ones only, got {np.unique(bits)[:5].tolist()}")
        answer[key] = bits.astype(np.uint8)
    return answer


def checked_batch(circuits: Sequence[Circuit], shots: Sequence[int], answers: Any) -> list[dict[str, Bits]]:
    """Answers of a sampler's ``run_batch`` as bits by measurement key.

    Args:
        circuits: what the sampler was given.
        shots: number of runs asked for, one a circuit.
        answers: what came back; nothing about it is trusted.

    Returns:
        For each circuit, by measurement key, an array of bits of shape (shots, k).

    Raises:
        SamplerLied: where results are missing, of another shape, or not bits.
    """
    found = list(answers) if isinstance(answers, Iterable) else []
    if len(found) != len(circuits) or any(len(answer) != 1 for answer in found):
        raise SamplerLied(f"sampler must return one result for each of {len(circuits)} circuits, got {len(found)}")
    return [_checked(c, n, a[0]) for c, n, a in zip(circuits, shots, found, strict=True)]


def checked_sampler(sampler: Any) -> Any:
    """Check for anything with Cirq's interface, whether it is a `cirq.Sampler` or not."""
    if isinstance(sampler, type):
        raise _validate.fail("sampler", "must be an object, not its class", sampler.__name__)
    if not callable(getattr(sampler, "run_batch", None)):
        raise _validate.fail("sampler", "must have run_batch, as cirq.Sampler has", type(sampler).__name__)
    return sampler


def sample_with(
    sampler: cirq.Sampler, circuit: Circuit, shots: int, *, qubits: Sequence[cirq.Qid] | None = None
) -> dict[str, Bits]:
    """Results of many runs of our circuit on a Cirq sampler, in the form of `qlab.simulator.sample`.

    Args:
        sampler: anything with Cirq's interface.
        circuit: with at least one measurement.
        shots: number of runs, at least 1.
        qubits: Cirq's name of each qubit, by default ``cirq.LineQubit.range(n)``.

    Returns:
        For each measurement key an array of bits, shape (shots, k).

    Raises:
        SamplerLied: where keys are missing, or shots too few, or values other than bits.

    >>> bits = sample_with(cirq.Simulator(seed=1), Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m"), 100)["m"]
    >>> bool((bits[:, 0] == bits[:, 1]).all())
    True
    """
    return sample_batch_with(sampler, [circuit], shots, qubits=None if qubits is None else [qubits])[0]


def sample_batch_with(
    sampler: cirq.Sampler,
    circuits: Sequence[Circuit],
    shots: int | Sequence[int],
    *,
    qubits: Sequence[Sequence[cirq.Qid]] | None = None,
) -> list[dict[str, Bits]]:
    """Results of several circuits through the sampler's own batch interface, in the order of the circuits.

    Args:
        sampler: anything with Cirq's interface.
        circuits: each with at least one measurement.
        shots: number of runs, one for all or one a circuit.
        qubits: for each circuit Cirq's name of each qubit, by default ``cirq.LineQubit.range(n)``.

    Returns:
        For each circuit, by measurement key, an array of bits of shape (shots, k).

    Raises:
        ValueError: where a circuit measures nothing, or ``shots`` does not fit the circuits.
        SamplerLied: where results are missing, of another shape, or not bits.
    """
    runs = checked_sampler(sampler).run_batch
    circuits = [as_circuit(circuit) for circuit in _validate.sequence("circuits", circuits)]
    if not circuits:
        return []
    counts = [shots] * len(circuits) if isinstance(shots, (int, np.integer)) else _validate.sequence("shots", shots)
    counts = [_validate.integer("shots", count, 1) for count in counts]
    if len(counts) != len(circuits):
        raise _validate.fail("shots", f"must be one number, or one for each of {len(circuits)} circuits", counts)
    if any(not circuit.keys for circuit in circuits):
        raise _validate.fail("circuits", "must all measure something to be sampled", [c.keys for c in circuits])
    names = [None] * len(circuits) if qubits is None else _validate.sequence("qubits", qubits)
    if len(names) != len(circuits):
        raise _validate.fail("qubits", f"must be the qubits of each of {len(circuits)} circuits", names)
    programs = [to_cirq(c, qubits=q) for c, q in zip(circuits, names, strict=True)]
    return checked_batch(circuits, counts, runs(programs, repetitions=counts))
