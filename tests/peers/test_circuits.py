"""Gates and circuits: every gate by name, random and special circuits, and programs of OpenQASM through Qiskit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import qutip
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.quantum_info import Operator, Statevector

from qlab import gates
from qlab.circuits import Circuit
from qlab.interop import from_qasm2, from_qasm3, to_qasm3
from qlab.simulator import run
from tests.circuit_maker import SHAPES, SPECIAL_ANGLES, random_gates
from tests.peers.bridges import circuit_in_qiskit, close, turned

QUTIP = {
    "cnot": lambda: qutip.gates.cnot(), "cz": lambda: qutip.gates.cz_gate(), "swap": lambda: qutip.gates.swap(),
    "iswap": lambda: qutip.gates.iswap(), "ccx": lambda: qutip.gates.toffoli(), "h": lambda: qutip.gates.snot(),
    "s": lambda: qutip.gates.s_gate(), "t": lambda: qutip.gates.t_gate(), "x": qutip.sigmax, "y": qutip.sigmay,
    "z": qutip.sigmaz, "rx": qutip.gates.rx, "ry": qutip.gates.ry, "rz": qutip.gates.rz,
    "phase": qutip.gates.phasegate, "cphase": qutip.gates.cphase,
}  # fmt: skip
"""QuTiP's gates of our names. Its `sqrtnot` is our sx; it has no rzz and no u3 of this form."""


@pytest.mark.parametrize("name", gates.GATES)
def test_every_gate_is_theirs_of_the_name(name: str) -> None:
    spec, rng = gates.GATES[name], np.random.default_rng(41)
    for row in range(12):
        angles = [float(SPECIAL_ANGLES[row % len(SPECIAL_ANGLES)] if row < 9 else rng.uniform(-7, 7))] * spec.num_params
        ours = gates.unitary(name, angles)
        circuit = Circuit(spec.num_qubits).gate(name, *range(spec.num_qubits), params=angles)
        close(turned(ours), Operator(circuit_in_qiskit(circuit)).data)
        if name in QUTIP:
            close(ours, QUTIP[name](*angles).full())


def amplitudes_alike(circuit: Circuit) -> None:
    """Amplitude by amplitude, phase included."""
    close(turned(run(circuit)), Statevector(circuit_in_qiskit(circuit)).data, 1e-11)


@pytest.mark.parametrize("seed", range(60))
def test_random_circuits(seed: int) -> None:
    rng = np.random.default_rng([42, seed])
    amplitudes_alike(random_gates(rng, 1 + seed % 7, 25))


@pytest.mark.parametrize("seed", range(20))
def test_unitary_of_random_circuits(seed: int) -> None:
    circuit = random_gates(np.random.default_rng([43, seed]), 1 + seed % 4, 15)
    close(turned(circuit.to_unitary()), Operator(circuit_in_qiskit(circuit)).data, 1e-11)


@pytest.mark.parametrize("n", [2, 5, 12, 13])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_shapes_that_people_build(shape: Any, n: int) -> None:
    rng = np.random.default_rng([44, n])
    amplitudes_alike(Circuit(n, tuple(shape(rng, list(range(n))))))


@pytest.mark.parametrize("seed", range(20))
def test_our_programs_run_in_qiskit(seed: int) -> None:
    """Agrees up to a global phase: `to_qasm3` says so."""
    circuit = random_gates(np.random.default_rng([45, seed]), 1 + seed % 4, 12)
    theirs = turned(Statevector(qasm3.loads(to_qasm3(circuit))).data)
    close(abs(np.vdot(run(circuit), theirs)), 1.0, 1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_programs_of_qiskit_run_here(seed: int) -> None:
    circuit = random_gates(np.random.default_rng([46, seed]), 1 + seed % 4, 12)
    named = Circuit(circuit.num_qubits, tuple(o for o in circuit if o.name not in ("unitary", "iswap")))
    program = circuit_in_qiskit(named)
    for text, reader in ((qasm3.dumps(program), from_qasm3), (qasm2.dumps(program), from_qasm2)):
        close(abs(np.vdot(run(named), run(reader(text)))), 1.0, 1e-9)


def test_written_bits_are_read_from_the_other_end() -> None:
    """X on qubit 0 of three: our row begins with the 1, Qiskit's string of counts ends with it."""
    made = QuantumCircuit(3)
    made.x(0)
    assert Statevector(made).probabilities_dict() == {"001": 1.0}
    assert run(Circuit(3).x(0)).argmax() == 0b100
