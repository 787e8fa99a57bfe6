"""Shots of Clifford circuits with Pauli noise: only the errors are followed, not the states.

One noiseless run is the reference. A shot differs from it by a Pauli string, its frame, and Clifford gates turn
Pauli strings into Pauli strings: two bits a qubit and shot instead of 2ⁿ amplitudes, 64 shots a word. Where the
reference chose an outcome by chance, a random Z on the measured qubit stands for the other choice (Rall, Liang, Cook,
Kretschmer, PRA 99, 062337, 2019; Gidney, "Stim", Quantum 5, 497, 2021; the two-bit form of Pauli strings and its rules
for gates: Aaronson, Gottesman, PRA 70, 052328, 2004). A Pauli gate that waits for a result acts on the frames of the
shots whose result says otherwise than the reference's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlab._types import Bits
from qlab.circuits import Circuit
from qlab.simulator import _memory
from qlab.simulator._layers import Layer, layers
from qlab.simulator._stabilizer import reference_record

Words = NDArray[np.uint64]
Index = NDArray[np.intp]

BLOCK_BITS = 2**28
"""Bits of frames that are held at a time; more shots than that follow block by block."""

ROW_BY_ROW = 512
"""Rows of more words than this are added one at a time, so that they stay in the cache."""


def sample_frames(circuit: Circuit, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Results by key, each of shape (shots, k).

    Raises:
        ValueError: before anything is allocated, where the results do not fit into memory.
    """
    n = circuit.num_qubits
    widths = {str(o.key): len(o.qubits) for o in circuit if o.key is not None}
    size = shots * sum(widths.values()) + min(BLOCK_BITS, 2 * n * (shots + 64)) // 2 + n * n
    if size > 2**24:
        _memory.require(size, n, "the results of all shots")
    steps = layers(circuit)
    reference = reference_record(n, steps)
    results = {key: np.empty((shots, width), dtype=np.uint8) for key, width in widths.items()}
    block = max(64, BLOCK_BITS // (2 * n) // 64 * 64)
    for start in range(0, shots, block):
        stop = min(start + block, shots)
        frames = _Frames(n, stop - start, rng)
        seen = frames.run(steps, reference)
        for key, rows in seen.items():
            results[key][start:stop] = _unpacked(rows, stop - start).T
    return results


def _unpacked(rows: Words, shots: int) -> Bits:
    return np.unpackbits(rows.view(np.uint8), axis=1, count=shots, bitorder="little")


@dataclass
class _Errors:
    """Where the errors of some layers strike: shots, places in the layer, and bits of the frame, in order of layers.

    Attributes:
        edges: the slice of each layer.
        site: which operation.
        slot: 0 for x of its first qubit, 1 for z, 2 for x of its second, and so on.
        word: where in a row.
        bit: which bit of the word.
    """

    edges: list[int]
    site: Index
    slot: Index
    word: Index
    bit: Words


class _Frames:
    """Frames of some shots; row of x and of z for each qubit, so that a Hadamard gate moves no bits."""

    def __init__(self, n: int, shots: int, rng: np.random.Generator) -> None:
        self.shots, self.rng = shots, rng
        self.width = (shots + 63) // 64
        self.bits: Words = np.zeros((2 * n, self.width), dtype=np.uint64)
        self.bits[n:] = self.coins(n)
        self.x, self.z = np.arange(n), np.arange(n, 2 * n)

    def coins(self, rows: int) -> Words:
        """Random bits."""
        words = np.frombuffer(self.rng.bytes(8 * rows * self.width), dtype=np.uint64)
        return words.reshape(rows, self.width)

    def add(self, to: Index, by: Index) -> None:
        """Rows added to others, modulo 2."""
        if len(to) > 1 and self.width <= ROW_BY_ROW:
            self.bits[to] ^= self.bits[by]
            return
        for i, j in zip(to.tolist(), by.tolist(), strict=True):
            row = self.bits[i]
            row ^= self.bits[j]

    def run(self, steps: list[Layer], reference: dict[str, Bits]) -> dict[str, Words]:
        """For each key the results of all shots, packed, shape (k, words)."""
        errors = self._errors(steps)
        results: dict[str, Words] = {}
        for i, layer in enumerate(steps):
            if layer.name == "measure":
                self._measure(layer, reference, results)
            elif layer.name == "reset":
                q = layer.qubits[:, 0]
                self.bits[self.x[q]] = 0
                self.bits[self.z[q]] = self.coins(len(q))
            elif i in errors:
                self._hit(layer, *errors[i])
            elif layer.condition is not None:
                self._correct(layer, reference[layer.condition], results[layer.condition])
            elif layer.name in _ACTIONS:
                _ACTIONS[layer.name](self, *layer.qubits.T)
        return results

    def _measure(self, layer: Layer, reference: dict[str, Bits], results: dict[str, Words]) -> None:
        q = layer.qubits[:, 0]
        seen = self.bits[self.x[q]]
        place = 0
        for o in layer.operations:
            rows = seen[place : place + len(o.qubits)]
            rows[reference[str(o.key)] > 0] ^= ~np.uint64(0)
            results[str(o.key)] = rows
            place += len(o.qubits)
        self.bits[self.z[q]] = self.coins(len(q))

    def _correct(self, layer: Layer, expected: Bits, seen: Words) -> None:
        otherwise = np.bitwise_or.reduce(seen, axis=0)
        if expected.any():
            otherwise = ~otherwise
        for rows, names in ((self.x, "xy"), (self.z, "yz")):
            if layer.name in names:
                self.bits[rows[layer.qubits[:, 0]]] ^= otherwise

    def _errors(self, steps: list[Layer]) -> dict[int, tuple[_Errors, int]]:
        """For each noisy layer its errors; layers of equal kind and strength share one draw of places."""
        kinds: dict[tuple[bool, str, float, int], list[int]] = {}
        for i, layer in enumerate(steps):
            if layer.strength or layer.name in _FLIPS or layer.name == "depolarizing":
                strings = layer.name == "depolarizing"
                kinds.setdefault((strings, layer.name, layer.strength, layer.qubits.shape[1]), []).append(i)
        found: dict[int, tuple[_Errors, int]] = {}
        for (strings, name, strength, width), members in kinds.items():
            first = np.cumsum([0, *(len(steps[i].qubits) for i in members)])
            places = _successes(self.shots * int(first[-1]), strength, self.rng)
            site, shot = np.divmod(places, self.shots)
            if strings:
                which = self.rng.integers(1, 4**width, len(site))
                hit, slot = (which[:, None] >> np.arange(2 * width) & 1).nonzero()
                site, shot = site[hit], shot[hit]
            else:
                slot = np.full(len(site), _FLIPS[name])
            edges = np.searchsorted(site, first).tolist()
            errors = _Errors(edges, site, slot, shot >> 6, np.uint64(1) << (shot & 63).astype(np.uint64))
            for place, i in enumerate(members):
                errors.site[edges[place] : edges[place + 1]] -= first[place]
                found[i] = errors, place
        return found

    def _hit(self, layer: Layer, errors: _Errors, place: int) -> None:
        part = slice(errors.edges[place], errors.edges[place + 1])
        if part.start == part.stop:
            return
        slots = np.stack([rows[q] for q in layer.qubits.T for rows in (self.x, self.z)])
        rows = slots[errors.slot[part], errors.site[part]]
        np.bitwise_xor.at(self.bits.reshape(-1), rows * self.width + errors.word[part], errors.bit[part])


_FLIPS = {"bit_flip": 0, "phase_flip": 1, "dephasing": 1}
"""The slot of the one bit that an error of a kind flips."""


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


def _phase(f: _Frames, q: Index) -> None:
    f.add(f.z[q], f.x[q])


def _cz(f: _Frames, a: Index, b: Index) -> None:
    f.add(f.z[a], f.x[b])
    f.add(f.z[b], f.x[a])


def _cnot(f: _Frames, a: Index, b: Index) -> None:
    f.add(f.x[b], f.x[a])
    f.add(f.z[a], f.z[b])


def _swap(f: _Frames, a: Index, b: Index) -> None:
    for rows in (f.x, f.z):
        rows[a], rows[b] = rows[b], rows[a]


def _hadamard(f: _Frames, q: Index) -> None:
    f.x[q], f.z[q] = f.z[q], f.x[q]


def _root_x(f: _Frames, q: Index) -> None:
    f.add(f.x[q], f.z[q])


def _iswap(f: _Frames, a: Index, b: Index) -> None:
    _phase(f, a)
    _phase(f, b)
    _cz(f, a, b)
    _swap(f, a, b)


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
"""What a Clifford gate makes of frames; Pauli gates change signs only."""
