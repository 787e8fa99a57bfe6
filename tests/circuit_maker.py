"""Circuits of every kind of operation, at random and in the shapes that people build, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from qlab import gates
from qlab.circuits import CHANNEL_PARAMS, Circuit, Operation

SPECIAL_ANGLES = (0.0, -0.0, np.pi / 2, -np.pi / 2, np.pi, -np.pi, 2 * np.pi, 4 * np.pi, 1e-9, 1e-300)
"""Where a gate becomes another one, or none: scans of angles begin and end here."""

SPECIAL_CHANCES = (0.0, 1e-18, 1e-9, 0.5, 1.0)


def some_angles(rng: np.random.Generator, count: int) -> tuple[float, ...]:
    """Angles in radians, special as often as generic."""
    return tuple(float(rng.choice(SPECIAL_ANGLES) if rng.random() < 0.5 else rng.uniform(-4, 4)) for _ in range(count))


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
            circuit = circuit.gate(name, *order[: spec.num_qubits], params=some_angles(rng, spec.num_params))
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


def _op(name: str, *qubits: int, angle: float | None = None) -> Operation:
    return Operation(name, qubits, () if angle is None else (angle,))


def _some_phase(rng: np.random.Generator, a: int, b: int) -> Operation:
    """A diagonal gate on two qubits."""
    name = str(rng.choice(["cz", "cphase", "rzz"]))
    return Operation(name, (a, b), some_angles(rng, gates.GATES[name].num_params))


def _hadamards(w: Sequence[int]) -> list[Operation]:
    return [_op("h", q) for q in w]


def _fourier(w: Sequence[int], sign: int = 1) -> list[Operation]:
    steps = []
    for place, q in enumerate(w):
        steps += [_op("h", q)]
        steps += [_op("cphase", q, w[j], angle=sign * np.pi / 2 ** (j - place)) for j in range(place + 1, len(w))]
    steps += [_op("swap", w[i], w[-1 - i]) for i in range(len(w) // 2)]
    return steps if sign > 0 else steps[::-1]


def star(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Everyone linked with the first: by phases, or by CNOTs."""
    phases = rng.random() < 0.5
    links = [_some_phase(rng, w[0], q) if phases else _op("cnot", w[0], q) for q in w[1:]]
    return _hadamards(w) + links + _hadamards(w[1:])


def phase_estimation(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Onto the last qubit, with the inverse Fourier transform of the others."""
    angle = float(rng.uniform(0, 2 * np.pi))
    kicks = [_op("cphase", q, w[-1], angle=angle * 2**k) for k, q in enumerate(reversed(w[:-1]))]
    return [_op("x", w[-1]), *_hadamards(w[:-1]), *kicks, *_fourier(w[:-1], -1)]


def bernstein_vazirani(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """A hidden bit string, asked for once, by CNOTs onto the last qubit or by CZs with it."""
    name = str(rng.choice(["cnot", "cz"]))
    ready = [_op("x", w[-1])] + ([_op("h", w[-1])] if name == "cnot" else [])
    asked = [_op(name, q, w[-1]) for q in w[:-1] if rng.random() < 0.6]
    return ready + _hadamards(w[:-1]) + asked + _hadamards(w[:-1])


def graph_state(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """CZ on a random set of pairs, from none to all."""
    density = rng.random()
    return _hadamards(w) + [_op("cz", a, b) for a, b in combinations(w, 2) if rng.random() < density]


def qaoa(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Layers of ZZ rotations on the edges of a graph, and of X rotations; the first scans start at angle 0."""
    edges = [pair for pair in combinations(w, 2) if rng.random() < 0.4]
    steps = _hadamards(w)
    for _ in range(int(rng.integers(1, 4))):
        gamma, beta = some_angles(rng, 2)
        steps += [_op("rzz", a, b, angle=gamma) for a, b in edges] + [_op("rx", q, angle=beta) for q in w]
    return steps


def adder(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Ripple carry of two registers after Cuccaro and others (2004), of superposed and of definite numbers."""
    bits = (len(w) - 1) // 2
    carry, a, b = w[0], w[1 : 1 + bits], w[1 + bits : 1 + 2 * bits]
    steps = [_op(str(rng.choice(["x", "h", "i"])), q) for q in w]
    lower = [carry, *a]
    for c, x, y in zip(lower, a, b, strict=False):
        steps += [_op("cnot", x, y), _op("cnot", x, c), _op("ccx", c, y, x)]
    for c, x, y in reversed(list(zip(lower, a, b, strict=False))):
        steps += [_op("ccx", c, y, x), _op("cnot", x, c), _op("cnot", c, y)]
    return steps


def brickwork(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Gates on every qubit, then on neighbours, in turns."""
    steps = []
    for layer in range(int(rng.integers(1, 8))):
        steps += [Operation("u3", (q,), some_angles(rng, 3)) for q in w]
        for pair in list(pairwise(w))[layer % 2 :: 2]:
            steps.append(
                _some_phase(rng, *pair) if rng.random() < 0.5 else _op(str(rng.choice(["cnot", "iswap"])), *pair)
            )
    return steps


def ghz(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """A chain of CNOTs, perhaps undone again."""
    links = [_op("h", w[0])] + [_op("cnot", a, b) for a, b in pairwise(w)]
    return links + (links[::-1] if rng.random() < 0.3 else [])


def swap_network(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Everyone meets everyone else by SWAPs of neighbours."""
    steps = _hadamards(w)
    for layer in range(len(w)):
        for pair in list(pairwise(w))[layer % 2 :: 2]:
            steps += [_some_phase(rng, *pair), _op("swap", *pair)]
    return steps + [Operation("u3", (q,), some_angles(rng, 3)) for q in w]


def fourier(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """The Fourier transform of a product state, or its inverse."""
    return [Operation("ry", (q,), some_angles(rng, 1)) for q in w] + _fourier(w, int(rng.choice([1, -1])))


def clifford(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Clifford gates on random qubits."""
    names = [name for name in ("x", "y", "z", "h", "s", "sdg", "sx", "cnot", "cz", "swap", "iswap")
             if gates.GATES[name].num_qubits <= len(w)]  # fmt: skip
    steps = []
    for _ in range(int(rng.integers(1, 40))):
        name = str(rng.choice(names))
        steps.append(_op(name, *map(int, rng.permutation(w)[: gates.GATES[name].num_qubits])))
    return steps


def every_gate(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Each name once, in random order."""
    steps = []
    for name in map(str, rng.permutation(list(gates.GATES))):
        spec = gates.GATES[name]
        if spec.num_qubits <= len(w):
            qubits = tuple(map(int, rng.permutation(w)[: spec.num_qubits]))
            steps.append(Operation(name, qubits, some_angles(rng, spec.num_params)))
    return steps


def matrices(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Explicit matrices on up to six qubits: Haar, diagonal, permutation, real, of rank 1 across every cut."""
    steps = []
    for _ in range(int(rng.integers(1, 8))):
        k = int(rng.integers(1, min(len(w), int(rng.choice([2, 3, 6]))) + 1))
        kind = rng.integers(5)
        if kind == 0:
            matrix = gates.random_unitary(2**k, rng)
        elif kind == 1:
            matrix = np.diag(np.exp(1j * rng.choice([0, np.pi / 2, 1.0], 2**k)))
        elif kind == 2:
            matrix = np.eye(2**k, dtype=complex)[rng.permutation(2**k)]
        elif kind == 3:
            matrix = np.linalg.qr(rng.standard_normal((2**k, 2**k)))[0].astype(complex)
        else:
            matrix = np.eye(1, dtype=complex)
            for _ in range(k):
                matrix = np.kron(matrix, gates.random_unitary(2, rng))
        steps.append(Operation("unitary", tuple(map(int, rng.permutation(w)[:k])), tuple(matrix.ravel())))
    return steps


def identities(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Nothing happens: gates of angle zero, the identity by name and as a matrix, SWAPs in pairs."""
    steps = []
    for q in w:
        steps += [_op("i", q), _op("rx", q, angle=0.0), Operation("u3", (q,), (0.0, 0.0, 0.0))]
    for pair in pairwise(w):
        steps += [_op("rzz", *pair, angle=0.0), _op("cphase", *pair, angle=0.0), _op("swap", *pair), _op("swap", *pair)]
    for k in range(1, min(len(w), 4) + 1):
        steps.append(Operation("unitary", tuple(w[:k]), tuple(np.eye(2**k, dtype=complex).ravel())))
    return [steps[i] for i in range(len(steps)) if rng.random() < 0.8 or steps[i].name == "swap"]


def empty(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """No gate at all."""
    return []


def anything(rng: np.random.Generator, w: Sequence[int]) -> list[Operation]:
    """Any gates on any qubits."""
    return list(random_gates(rng, len(w), int(rng.integers(1, 40))))


SHAPES = (
    star, phase_estimation, bernstein_vazirani, graph_state, qaoa, adder, brickwork, ghz, swap_network, fourier,
    clifford, every_gate, matrices, identities, empty, anything,
)  # fmt: skip
"""From a generator of random numbers and the qubits, in the order of the shape, to operations."""


def shaped(rng: np.random.Generator, n: int) -> Circuit:
    """A shape that people build, on qubits in their order or in any other, sometimes followed by another one."""
    steps: list[Operation] = []
    for _ in range(1 + int(rng.random() < 0.3)):
        wires = list(range(n)) if rng.random() < 0.5 else [int(q) for q in rng.permutation(n)]
        steps += SHAPES[int(rng.integers(len(SHAPES)))](rng, wires)
    return Circuit(n, tuple(steps))


def fed_forward(rng: np.random.Generator, n: int, most: int = 4) -> Circuit:
    """Shapes with measurements in between, resets, gates that wait for results; some qubits are measured at the end.

    Args:
        rng: source of randomness.
        n: number of qubits.
        most: how many bits chance decides before the end.
    """
    circuit = shaped(rng, n)
    for step in range(int(rng.integers(0, 4))):
        width = int(rng.integers(1, min(n, 2) + 1))
        if most < width:
            break
        most -= width
        qubits = [int(q) for q in rng.permutation(n)[:width]]
        if rng.random() < 0.25:
            circuit, most = circuit.reset(qubits[0]), most + width - 1
        else:
            circuit = circuit.measure(*qubits, key=f"k{step}")
            for o in random_gates(rng, n, int(rng.integers(0, 3))):
                circuit = circuit.append(Operation(o.name, o.qubits, o.params, None, f"k{step}"))
        circuit = circuit + (shaped(rng, n) if rng.random() < 0.5 else random_gates(rng, n, 3))
    return circuit.measure(*map(int, rng.permutation(n)[: int(rng.integers(1, n + 1))]), key="last")


def clifford_rounds(rng: np.random.Generator, n: int) -> Circuit:
    """Clifford gates, measurements and resets in turns: what errors alone can be followed through."""
    circuit = Circuit(n)
    for step in range(int(rng.integers(1, 4))):
        circuit = circuit.append(*clifford(rng, range(n)))
        q = int(rng.integers(n))
        circuit = circuit.measure(q, key=f"k{step}") if rng.random() < 0.6 else circuit.reset(q)
    circuit = circuit.append(*clifford(rng, range(n)))
    return circuit.measure(*map(int, rng.permutation(n)), key="last")


def with_errors(circuit: Circuit, rng: np.random.Generator, sites: int, *, paulis: bool = False) -> Circuit:
    """The circuit with channels at some of its steps, never or always at work as often as in between.

    Args:
        circuit: at its end stands a measurement, behind which no channel comes.
        rng: source of randomness.
        sites: how many channels.
        paulis: only those that are Pauli errors with probabilities.
    """
    n = circuit.num_qubits
    places = sorted(int(p) for p in rng.integers(0, len(circuit), sites))
    steps = list(circuit)
    for place in reversed(places):
        names = ["bit_flip", "phase_flip", "dephasing", "depolarizing"]
        name = str(rng.choice(names if paulis else [*names, "amplitude_damping", "thermal_relaxation", "kraus"]))
        width = int(rng.integers(1, min(n, 2) + 1)) if name in ("depolarizing", "kraus") else 1
        chance = float(rng.choice(SPECIAL_CHANCES) if rng.random() < 0.4 else rng.uniform(0, 1))
        params: tuple[complex, ...] = (chance,)
        if name == "thermal_relaxation":
            t1 = float(rng.choice([1.0, np.inf]))
            params = (chance, t1, 1.5)
        elif name == "kraus":
            stack = gates.random_unitary(2 * 2**width, rng)[:, : 2**width].reshape(2, 2**width, 2**width)
            params = tuple(stack.ravel())
        qubits = tuple(int(q) for q in rng.permutation(n)[:width])
        steps.insert(place, Operation(name, qubits, params))
    return Circuit(n, tuple(steps))
