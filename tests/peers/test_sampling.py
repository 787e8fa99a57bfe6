"""Shots: ours against Stim's, and against the chances that Qiskit computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import stim
from qiskit.quantum_info import Statevector

from qlab.circuits import Circuit
from qlab.simulator import sample
from tests.circuit_maker import clifford_rounds, random_gates, with_errors
from tests.crosscheck.chances import assert_alike, chi_squared, tally
from tests.peers.bridges import circuit_in_qiskit

SHOTS = 20_000

IN_STIM = {
    "i": "I", "x": "X", "y": "Y", "z": "Z", "h": "H", "s": "S", "sdg": "S_DAG", "sx": "SQRT_X", "cnot": "CX",
    "cz": "CZ", "swap": "SWAP", "iswap": "ISWAP", "bit_flip": "X_ERROR", "phase_flip": "Z_ERROR",
}  # fmt: skip


def in_stim(circuit: Circuit) -> stim.Circuit:
    """Clifford gates, Pauli noise, measurements, resets. Stim's depolarizing p is ours; Z errors come half as often."""
    made = stim.Circuit()
    for o in circuit:
        if o.name == "measure":
            made.append("M", o.qubits)
        elif o.name == "reset":
            made.append("R", o.qubits)
        elif o.name == "depolarizing":
            p, others = float(np.real(o.params[0])), 4 ** len(o.qubits) - 1
            if p <= others / (others + 1):
                made.append(f"DEPOLARIZE{len(o.qubits)}", o.qubits, p)
            else:  # ours goes on to 1, Stim's stops where all is mixed
                made.append(f"PAULI_CHANNEL_{len(o.qubits)}", o.qubits, [p / others] * others)
        elif o.name == "dephasing":
            made.append("Z_ERROR", o.qubits, float(np.real(o.params[0])) / 2)
        else:
            made.append(IN_STIM[o.name], o.qubits, [float(np.real(p)) for p in o.params])
    return made


def both(circuit: Circuit, seed: int) -> tuple[Any, Any]:
    """Rows of all results in the order measured, ours and Stim's."""
    ours = sample(circuit, SHOTS, np.random.default_rng([61, seed]))
    theirs = in_stim(circuit).compile_sampler(seed=seed).sample(SHOTS)
    return np.concatenate([ours[key] for key in circuit.keys], axis=1), theirs.astype(np.uint8)


def scored_against(ours: Any, theirs: Any) -> tuple[float, int]:
    """Two samples of one distribution: Pearson's statistic of a table with two rows, rare outcomes put together."""
    one, two = tally(ours), tally(theirs)
    total = one + two
    order = np.argsort(-total)
    frequent = max(1, int(np.sum(total >= 20)))
    starts = np.arange(frequent)
    one, two, total = (np.add.reduceat(v[order], starts).astype(float) for v in (one, two, total))
    return float(np.sum((one - two) ** 2 / total)), frequent - 1


def clifford_case(seed: int) -> Circuit:
    """Up to eight bits of result, noise in every second circuit."""
    rng = np.random.default_rng([62, seed])
    circuit = clifford_rounds(rng, int(rng.integers(1, 5)))
    return with_errors(circuit, rng, 3, paulis=True) if seed % 2 else circuit


def test_results_of_clifford_circuits_are_distributed_as_those_of_stim() -> None:
    scores = []
    for seed in range(60):
        circuit = clifford_case(seed)
        if sum(len(o.qubits) for o in circuit if o.key is not None) <= 14:
            scores.append(scored_against(*both(circuit, seed)))
    assert len(scores) >= 20
    assert_alike(scores)


@pytest.mark.parametrize("n", [40, 300])
def test_wide_circuits(n: int) -> None:
    """A GHZ state with noise: each bit, and each parity of neighbours, within five standard errors of Stim's."""
    circuit = Circuit(n).h(0)
    for q in range(n - 1):
        circuit = circuit.cnot(q, q + 1).noise("depolarizing", q, q + 1, params=[0.02])
    ours, theirs = both(circuit.measure(*range(n), key="m"), n)
    error = np.sqrt(0.5 / SHOTS)
    for rows in ((ours, theirs), (ours[:, 1:] ^ ours[:, :-1], theirs[:, 1:] ^ theirs[:, :-1])):
        gap = rows[0].mean(axis=0) - rows[1].mean(axis=0)
        assert np.abs(gap).max() < 5 * error


def test_results_of_any_circuit_follow_the_chances_of_qiskit() -> None:
    scores = []
    for seed in range(40):
        rng = np.random.default_rng([63, seed])
        n = int(rng.integers(1, 7))
        circuit = random_gates(rng, n, 20)
        chances = Statevector(circuit_in_qiskit(circuit)).probabilities(list(range(n))[::-1])
        rows = sample(circuit.measure(*range(n), key="m"), SHOTS, rng)["m"]
        scores.append(chi_squared(tally(rows), chances))
    assert_alike(scores)
