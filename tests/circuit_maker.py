"""Random circuits of every kind of operation, for the tests of the engine."""

from __future__ import annotations

import numpy as np

from qlab import gates
from qlab.circuits import CHANNEL_PARAMS, Circuit


def random_gates(rng: np.random.Generator, n: int, depth: int) -> Circuit:
    """Named gates and Haar unitaries on random qubits, far apart as often as close."""
    circuit = Circuit(n)
    fitting = [name for name, spec in gates.GATES.items() if spec.num_qubits <= n]
    for _ in range(depth):
        order = [int(q) for q in rng.permutation(n)]
        if rng.random() < 0.3:
            k = int(rng.integers(1, min(n, 3) + 1))
            circuit = circuit.unitary(gates.random_unitary(2**k, rng), *order[:k])
        else:
            name = str(rng.choice(fitting))
            spec = gates.GATES[name]
            circuit = circuit.gate(name, *order[: spec.num_qubits], params=rng.uniform(-4, 4, spec.num_params))
    return circuit


def with_noise(circuit: Circuit, rng: np.random.Generator, chance: float = 0.5) -> Circuit:
    """The circuit with random channels strewn between its gates."""
    noisy = Circuit(circuit.num_qubits)
    for operation in circuit:
        noisy = noisy.append(operation)
        if rng.random() < chance:
            name = str(rng.choice(list(CHANNEL_PARAMS)))
            q = int(rng.integers(circuit.num_qubits))
            params = list(rng.uniform(0, 1, CHANNEL_PARAMS[name]))
            if name == "thermal_relaxation":
                params = [params[0], 1 + params[1], (1 + params[1]) * 2 * params[2] + 1e-3]
            noisy = noisy.noise(name, q, params=params)
    return noisy


def dynamic(rng: np.random.Generator, n: int, depth: int) -> Circuit:
    """Gates, measurements in between, gates that wait for results, resets; every qubit is measured at the end."""
    circuit = Circuit(n)
    for step in range(depth):
        circuit = circuit + random_gates(rng, n, 2)
        kind = rng.random()
        q = int(rng.integers(n))
        if kind < 0.4:
            width = int(rng.integers(1, n + 1))
            circuit = circuit.measure(*map(int, rng.permutation(n)[:width]), key=f"k{step}")
        elif kind < 0.55:
            circuit = circuit.reset(q)
        elif circuit.keys:
            circuit = circuit.gate("u3", q, params=rng.uniform(-3, 3, 3), when=str(rng.choice(circuit.keys)))
    return circuit.measure(*range(n), key="last")
