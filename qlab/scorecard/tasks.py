"""The circuits of every experiment. A task is one circuit; wide tasks exercise many parts of a machine at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

import numpy as np

from qlab.bell.chsh import ALICE_ANGLES, BOB_ANGLES
from qlab.circuits import Circuit
from qlab.devices import CouplingMap, ghz_circuit, wait
from qlab.scorecard.paths import Edge, QubitPath
from qlab.scorecard.steps import MESSAGES, bell_pair, fence, measure_pauli, mirrored_cnots, prepare, unprepare

PAULI_SETTINGS = ("XX", "YY", "ZZ")
CHSH_SETTINGS = tuple(product((0, 1), (0, 1)))


@dataclass(frozen=True)
class Task:
    """One circuit of an experiment.

    Attributes:
        experiment: its name.
        name: of the circuit within the experiment.
        circuit: what to run; each part of the machine has its own measurement key.
        expected: what an ideal machine answers under each key, where that is one string of bits.
    """

    experiment: str
    name: str
    circuit: Circuit
    expected: Mapping[str, str] = field(default_factory=dict)


def identity_tasks(couplings: CouplingMap) -> list[Task]:
    """Each qubit reports its own number, bit by bit: who is who on this machine."""
    n = couplings.num_qubits
    tasks = []
    for bit in range((n + 1).bit_length()):
        circuit = Circuit(n)
        for q in range(n):
            circuit = circuit.x(q) if (q + 1) >> bit & 1 else circuit
        for q in range(n):
            circuit = circuit.measure(q, key=f"q{q}")
        tasks.append(Task("identity", f"bit{bit}", circuit))
    return tasks


def readout_tasks(couplings: CouplingMap) -> list[Task]:
    """Every qubit prepared in 0, then every qubit in 1."""
    tasks = []
    for value in (0, 1):
        circuit = Circuit(couplings.num_qubits)
        for q in range(couplings.num_qubits):
            circuit = circuit.x(q) if value else circuit
        for q in range(couplings.num_qubits):
            circuit = circuit.measure(q, key=f"q{q}")
        tasks.append(Task("readout", f"all{value}", circuit))
    return tasks


def bell_tasks(couplings: CouplingMap, groups: Sequence[Sequence[Edge]]) -> list[Task]:
    """Bell pairs on every coupling of each group, read in XX, YY and ZZ."""
    tasks = []
    for (i, group), setting in product(list(enumerate(groups)), PAULI_SETTINGS):
        circuit = Circuit(couplings.num_qubits)
        for a, b in group:
            circuit = fence(bell_pair(circuit, a, b), a, b)
            circuit = measure_pauli(measure_pauli(circuit, setting[0], a), setting[1], b)
            circuit = circuit.measure(a, b, key=f"c{a}_{b}")
        tasks.append(Task("bell", f"{setting}/{i}", circuit))
    return tasks


def chsh_tasks(couplings: CouplingMap, groups: Sequence[Sequence[Edge]], repeat: int) -> list[Task]:
    """Bell pairs on every coupling of each group, read at each of the four pairs of CHSH angles."""
    tasks = []
    for (i, group), (x, y) in product(list(enumerate(groups)), CHSH_SETTINGS):
        circuit = Circuit(couplings.num_qubits)
        for a, b in group:
            circuit = fence(bell_pair(circuit, a, b), a, b)
            circuit = circuit.ry(-ALICE_ANGLES[x], a) if ALICE_ANGLES[x] else circuit
            circuit = circuit.ry(-BOB_ANGLES[y], b).measure(a, b, key=f"c{a}_{b}")
        tasks.append(Task(f"chsh{repeat}", f"{x}{y}/{i}", circuit))
    return tasks


def ghz_tasks(couplings: CouplingMap, size: int, centre: int | None = None) -> list[Task]:
    """GHZ state of one size: populations, and its parity along n axes of the equator, kπ/n apart.

    ½(populations + mean of (-1)ᵏ⟨M_kⁿ⟩) is the fidelity exactly, no fit (Gühne et al., PRA 76, 030305, 2007).

    Args:
        couplings: the device's map.
        size: number of qubits.
        centre: where the patch begins; by default the middle of the map.
    """
    start, patch = ghz_circuit(size, couplings, centre=centre)
    tasks = [Task(f"ghz{size}", "populations", start.measure(*patch, key="g"))]
    for k in range(size):
        circuit = start
        for q in patch:
            circuit = circuit.rz(-np.pi * k / size, q).h(q) if k else circuit.h(q)
        tasks.append(Task(f"ghz{size}", f"phase{k}", circuit.measure(*patch, key="g")))
    return tasks


def teleportation_tasks(couplings: CouplingMap, paths: Sequence[QubitPath], *, feed_forward: bool) -> list[Task]:
    """Six message states teleported along paths of three qubits.

    With feed-forward Bob's corrections wait for Alice's two bits. Without, nothing is corrected on the machine:
    the two bits decide in the evaluation whether Bob's bit is to be read upside down, which is as good for these
    six messages.
    """
    tasks = []
    for label in MESSAGES:
        circuit = Circuit(couplings.num_qubits)
        for i, (message, alice, bob) in enumerate(paths):
            circuit = bell_pair(prepare(circuit, label, message), alice, bob)
            circuit = circuit.cnot(message, alice).h(message)
            if feed_forward:
                circuit = circuit.measure(message, key=f"z{i}").measure(alice, key=f"x{i}")
                circuit = circuit.x(bob, when=f"x{i}").z(bob, when=f"z{i}")
                circuit = unprepare(circuit, label, bob).measure(bob, key=f"p{i}")
            else:
                circuit = unprepare(circuit, label, bob).measure(message, alice, bob, key=f"p{i}")
        tasks.append(Task("teleportation", label, circuit))
    return tasks


def dense_coding_tasks(couplings: CouplingMap, group: Sequence[Edge]) -> list[Task]:
    """Two bits sent over each pair of a group, for each of the four messages."""
    tasks = []
    for z, x in product((0, 1), (0, 1)):
        circuit = Circuit(couplings.num_qubits)
        for a, b in group:
            circuit = fence(bell_pair(circuit, a, b), a, b)
            circuit = circuit.x(a) if x else circuit
            circuit = circuit.z(a) if z else circuit
            # Without the second fence a compiler finds that the CNOTs undo each other, and sends no pair at all.
            circuit = fence(circuit, a, b).cnot(a, b).h(a).measure(a, b, key=f"c{a}_{b}")
        tasks.append(Task("dense_coding", f"{z}{x}", circuit))
    return tasks


def swapping_tasks(couplings: CouplingMap, paths: Sequence[QubitPath]) -> list[Task]:
    """Two pairs on a path of four qubits; a Bell measurement in the middle leaves the ends entangled."""
    tasks = []
    for setting in PAULI_SETTINGS:
        circuit = Circuit(couplings.num_qubits)
        for i, (a, b, c, d) in enumerate(paths):
            circuit = fence(bell_pair(bell_pair(circuit, a, b), d, c).cnot(b, c).h(b), a, d)
            circuit = measure_pauli(measure_pauli(circuit, setting[0], a), setting[1], d)
            circuit = circuit.measure(b, c, a, d, key=f"p{i}")
        tasks.append(Task("swapping", setting, circuit))
    return tasks


def idle_tasks(couplings: CouplingMap, group: Sequence[Edge], times_us: Sequence[float]) -> list[Task]:
    """Bell pairs that wait before they are read."""
    tasks = []
    for i, time in enumerate(times_us):
        for setting in PAULI_SETTINGS:
            circuit = Circuit(couplings.num_qubits)
            for a, b in group:
                circuit = wait(bell_pair(circuit, a, b), time, a, b) if time else bell_pair(circuit, a, b)
                circuit = measure_pauli(measure_pauli(circuit, setting[0], a), setting[1], b)
                circuit = circuit.measure(a, b, key=f"c{a}_{b}")
            tasks.append(Task("idle", f"{i}/{setting}", circuit))
    return tasks


def depth_tasks(
    couplings: CouplingMap, group: Sequence[Edge], layers: Sequence[int], circuits: int, seed: int
) -> list[Task]:
    """Mirrored layers of CNOTs on every pair of a group, so many random circuits for each depth.

    Args:
        couplings: the device's map.
        group: pairs that share no qubit.
        layers: CNOTs of one way, one number a depth.
        circuits: of each depth.
        seed: of the random turns.
    """
    rng = np.random.default_rng(seed)
    tasks = []
    for (i, count), k in product(list(enumerate(layers)), range(circuits)):
        circuit, expected = Circuit(couplings.num_qubits), {}
        for a, b in group:
            circuit, expected[f"c{a}_{b}"] = mirrored_cnots(circuit, (a, b), count, rng)
            circuit = circuit.measure(a, b, key=f"c{a}_{b}")
        tasks.append(Task("depth", f"{i}/{k}", circuit, expected))
    return tasks


def distance_tasks(couplings: CouplingMap, paths: Sequence[Sequence[QubitPath]]) -> list[Task]:
    """A Bell pair one half of which is swapped along a path, for each list of paths of one length."""
    tasks = []
    for i, same_length in enumerate(paths):
        for setting in PAULI_SETTINGS:
            circuit = Circuit(couplings.num_qubits)
            for j, path in enumerate(same_length):
                circuit = bell_pair(circuit, path[0], path[1])
                circuit = fence(circuit, path[0], path[1])
                for a, b in pairwise(path[1:]):
                    circuit = fence(circuit.cnot(a, b).cnot(b, a).cnot(a, b), a, b)
                ends = (path[0], path[-1])
                circuit = measure_pauli(measure_pauli(circuit, setting[0], ends[0]), setting[1], ends[1])
                circuit = circuit.measure(*ends, key=f"p{j}")
            tasks.append(Task("distance", f"{i}/{setting}", circuit))
    return tasks


def latency_task(couplings: CouplingMap, repeat: int) -> Task:
    """The smallest job: one qubit, one shot; its time is queue, network and overhead."""
    return Task(f"latency{repeat}", "one", Circuit(couplings.num_qubits).measure(0, key="q0"))
