"""A virtual machine of any width: each independent part gets its noise and is simulated on its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import cirq
import numpy as np

from qlab import _numeric, _validate
from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.devices.parts import MAX_PART
from qlab.interop.from_cirq import from_cirq
from qlab.simulator import sample

MAX_KNOWN = 4096
"""How many noisy parts a sampler remembers."""

NoiseFor = Callable[[tuple[Any, ...]], cirq.NoiseModel]


class PartSampler(cirq.Sampler):
    """Samples circuits with noise, part by part, so that a hundred pairs cost a hundred times one pair.

    Parts share no gate, no measurement key and no condition; each runs as if it were alone on the machine.
    """

    def __init__(self, noise: Any = None, *, seed: int | None = None) -> None:
        """Take a Cirq noise model (or what Cirq turns into one), or a function from qubits to a noise model."""
        if callable(noise) and not isinstance(noise, (cirq.NoiseModel, cirq.Gate)):
            self._noise_for: NoiseFor = noise
        else:
            model = cirq.NO_NOISE if noise is None else cirq.NoiseModel.from_noise_model_like(noise)
            self._noise_for = lambda _: model
        self._rng = np.random.default_rng(seed)
        self._known: dict[cirq.FrozenCircuit, Circuit] = {}

    def run_sweep(
        self, program: cirq.AbstractCircuit, params: cirq.Sweepable, repetitions: int = 1
    ) -> Sequence[cirq.Result]:
        """One result a set of parameters, as Cirq's interface asks.

        Args:
            program: gates, channels, measurements and conditions; parts of at most `MAX_PART` qubits.
            params: values of the program's free parameters.
            repetitions: number of runs, at least 1.

        Raises:
            ValueError: where a part is too large, or holds what `from_cirq` refuses.
        """
        results = []
        for resolver in cirq.to_resolvers(params):
            resolved = cirq.resolve_parameters(program.unfreeze(), resolver)
            results.append(cirq.ResultDict(params=resolver, measurements=self._sampled(resolved, repetitions)))
        return results

    def _noisy(self, part: cirq.Circuit, qubits: tuple[Any, ...]) -> Circuit:
        """The part with its noise as one of our circuits, kept for the next time the same part is asked for."""
        key = part.freeze()
        try:
            known = self._known.get(key)
        except TypeError:  # Cirq cannot hash every channel
            return from_cirq(part.with_noise(self._noise_for(qubits)), qubits=qubits)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = from_cirq(part.with_noise(self._noise_for(qubits)), qubits=qubits)
        return known

    def _sampled(self, program: cirq.Circuit, shots: int) -> dict[str, Bits]:
        found: dict[str, Bits] = {}
        for part in _parts(cirq.unroll_circuit_op(program, deep=True, tags_to_check=None)):
            qubits = tuple(sorted(part.all_qubits()))
            if len(qubits) > MAX_PART:
                raise _validate.fail("program", f"must join at most {MAX_PART} qubits", len(qubits))
            names = [cirq.measurement_key_name(op) for op in part.all_operations() if cirq.is_measurement(op)]
            if names:
                ours = self._noisy(part, qubits)
                bits = sample(ours, shots, self._rng)
                found |= {name: bits[key] for name, key in zip(names, ours.keys, strict=True)}
        return found


def _parts(program: cirq.Circuit) -> list[cirq.Circuit]:
    """The program's independent parts, each with its own moments."""
    operations = [op for op in program.all_operations() if op.qubits]  # a global phase changes no sample
    keys = [cirq.measurement_key_objs(op) | cirq.control_keys(op) for op in operations]
    group = _numeric.joined([*op.qubits, *known] for op, known in zip(operations, keys, strict=True))
    moments: dict[Hashable, list[cirq.Moment]] = {}
    for moment in program:
        split: dict[Hashable, list[cirq.Operation]] = {}
        for op in moment:
            if op.qubits:
                split.setdefault(group(op.qubits[0]), []).append(op)
        for own, ops in split.items():
            moments.setdefault(own, []).append(cirq.Moment(ops))
    return [cirq.Circuit(part) for part in moments.values()]
