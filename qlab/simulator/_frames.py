"""Shots of Clifford circuits with Pauli noise: only the errors are followed, not the states.

One noiseless run is the reference. A shot differs from it by a Pauli string, its frame, and Clifford gates turn
Pauli strings into Pauli strings: two bits a qubit and shot instead of 2ⁿ amplitudes. Where the reference chose
an outcome by chance, a random Z on the measured qubit stands for the other choice (Rall, Liang, Cook, Kretschmer,
PRA 99, 062337, 2019; Gidney, "Stim", Quantum 5, 497, 2021; the two-bit form of Pauli strings and its rules for gates:
Aaronson, Gottesman, PRA 70, 052328, 2004).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from qlab.circuits import Circuit, Operation

Bits = NDArray[np.uint8]
Rows = list[Bits]

_PAULI_NOISE = {"bit_flip": (1, 0), "phase_flip": (0, 1), "dephasing": (0, 1)}
_CLIFFORD = frozenset({"i", "x", "y", "z", "h", "s", "sdg", "sx", "cnot", "cz", "swap", "iswap"})


def applies(circuit: Circuit) -> bool:
    """Whether a circuit holds nothing but Clifford gates, Pauli noise, measurements and resets."""
    allowed = _CLIFFORD | set(_PAULI_NOISE) | {"depolarizing", "measure", "reset"}
    return all(o.name in allowed and o.condition is None for o in circuit)


def sample_frames(
    circuit: Circuit, shots: int, rng: np.random.Generator, reference: dict[str, Bits]
) -> dict[str, Bits]:
    """Results by key, each of shape (shots, k), from one noiseless run with results of shape (1, k)."""
    x: Rows = list(np.zeros((circuit.num_qubits, shots), dtype=np.uint8))
    z: Rows = list(_coins(circuit.num_qubits * shots, rng).reshape(circuit.num_qubits, shots))
    last = len(circuit) - 1
    errors = _errors(circuit, shots, rng)
    results: dict[str, Bits] = {}
    for i, o in enumerate(circuit):
        if o.key is not None:
            seen = np.array([x[q] for q in o.qubits])
            seen ^= reference[o.key].T
            results[o.key] = np.ascontiguousarray(seen.T)
            for q in o.qubits if i < last else ():
                z[q] = _coins(shots, rng)
        elif o.name == "reset":
            for q in o.qubits:
                x[q], z[q] = np.zeros(shots, dtype=np.uint8), _coins(shots, rng)
        elif o.is_channel():
            _hit(x, z, o, *errors[i])
        else:
            _conjugate(x, z, o.name, o.qubits)
    return results


def _coins(shots: int, rng: np.random.Generator) -> Bits:
    return np.unpackbits(np.frombuffer(rng.bytes((shots + 7) // 8), dtype=np.uint8), count=shots)


def _errors(
    circuit: Circuit, shots: int, rng: np.random.Generator
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each noisy operation the shots that it hits, and which of its Pauli strings hits them.

    Operations of equal strength share one draw of the places of their errors.
    """
    sites: dict[float, list[int]] = {}
    for i, o in enumerate(circuit):
        if o.is_channel():
            strength = float(o.params[0].real)
            sites.setdefault(strength / 2 if o.name == "dephasing" else strength, []).append(i)
    drawn = {}
    for strength, members in sites.items():
        places = _successes(shots * len(members), strength, rng)
        edges = np.searchsorted(places, np.arange(len(members) + 1) * shots)
        for row, i in enumerate(members):
            hit = places[edges[row] : edges[row + 1]] - row * shots
            drawn[i] = (hit, rng.integers(1, 4 ** len(circuit.operations[i].qubits), len(hit)))
    return drawn


def _successes(trials: int, chance: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which of many trials succeed, in ascending order: the gaps between them are geometric."""
    if chance == 0 or trials == 0:
        return np.zeros(0, dtype=np.int64)
    expected = trials * chance
    places = np.zeros(0, dtype=np.int64)
    while not len(places) or places[-1] < trials:
        gaps = rng.geometric(chance, int(expected + 4 * np.sqrt(expected) + 8)).clip(max=trials + 1)  # no overflow
        places = np.concatenate([places, np.cumsum(gaps) + (places[-1] if len(places) else -1)])
    return places[: np.searchsorted(places, trials)]


def _hit(x: Rows, z: Rows, o: Operation, shots: NDArray[np.int64], which: NDArray[np.int64]) -> None:
    if o.name != "depolarizing":
        flips_x, flips_z = _PAULI_NOISE[o.name]
        q = o.qubits[0]
        x[q][shots] ^= flips_x
        z[q][shots] ^= flips_z
        return
    for q in o.qubits:
        x[q][shots] ^= (which & 1).astype(np.uint8)
        z[q][shots] ^= (which >> 1 & 1).astype(np.uint8)
        which = which >> 2


def _phase(x: Rows, z: Rows, q: int) -> None:
    z[q] ^= x[q]


def _cz(x: Rows, z: Rows, a: int, b: int) -> None:
    z[a] ^= x[b]
    z[b] ^= x[a]


def _cnot(x: Rows, z: Rows, a: int, b: int) -> None:
    x[b] ^= x[a]
    z[a] ^= z[b]


def _swap(x: Rows, z: Rows, a: int, b: int) -> None:
    x[a], x[b], z[a], z[b] = x[b], x[a], z[b], z[a]


def _hadamard(x: Rows, z: Rows, q: int) -> None:
    x[q], z[q] = z[q], x[q]


def _root_x(x: Rows, z: Rows, q: int) -> None:
    x[q] ^= z[q]


def _iswap(x: Rows, z: Rows, a: int, b: int) -> None:
    _phase(x, z, a)
    _phase(x, z, b)
    _cz(x, z, a, b)
    _swap(x, z, a, b)


_ACTIONS: dict[str, Callable[..., None]] = {
    "h": _hadamard,
    "s": _phase,
    "sdg": _phase,
    "sx": _root_x,
    "cnot": _cnot,
    "cz": _cz,
    "swap": _swap,
    "iswap": _iswap,
}


def _conjugate(x: Rows, z: Rows, name: str, qubits: tuple[int, ...]) -> None:
    """Frames after a Clifford gate; Pauli gates change signs only."""
    if name in _ACTIONS:
        _ACTIONS[name](x, z, *qubits)
