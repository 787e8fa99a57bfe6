"""Shots out of the leaves of a tree of branches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab._validate import ComplexArray, FloatArray
from qlab.circuits import Circuit, Operation
from qlab.simulator._branches import EXACT_LEAVES, Batch, Bits, KrausOf, Split, arranged, bits_of, marginals, walk
from qlab.simulator._engine import evolve

BLOCK = 8192
"""Shots looked up at a time."""


def sample_tree(
    circuit: Circuit,
    shots: int,
    rng: np.random.Generator,
    initial: ComplexArray | None = None,
    kraus_of: KrausOf | None = None,
) -> dict[str, Bits]:
    """Results of many runs by key, each of shape (shots, k)."""
    body, final = arranged(circuit)
    sure = next((i for i, o in enumerate(body) if not o.is_gate() or o.condition is not None), len(body))
    n = circuit.num_qubits
    start = evolve(n, body[:sure], initial, np.complex128)
    exact = shots >= 64 and _leaves(body, final, kraus_of) <= EXACT_LEAVES

    def split(weights: FloatArray, chances: FloatArray) -> FloatArray:
        if exact:
            return np.where(chances > 1e-15, chances, 0.0) * weights[:, None]
        return rng.multinomial(weights.astype(np.int64), chances).astype(float)

    first = Batch(start[None], np.array([1.0 if exact else float(shots)]), {})
    ended = [_ended(leaf, final, split, n) for leaf in walk(n, body[sure:], first, split, kraus_of)]
    weights = np.concatenate([w for w, _ in ended])
    records = {key: np.concatenate([r[key] for _, r in ended]) for key in circuit.keys}
    if exact:
        return _drawn(records, weights, shots, rng)
    order = rng.permutation(np.repeat(np.arange(len(weights)), weights.astype(np.int64)))
    return {key: bits[order] for key, bits in records.items()}


def _leaves(body: list[Operation], final: list[Operation], kraus_of: KrausOf | None) -> float:
    """Bound on the number of leaves."""
    bound = 1.0
    for o in [*body, *final]:
        if o.key is not None or o.name == "reset":
            bound *= 2.0 ** len(o.qubits)
        elif o.is_channel() and kraus_of is not None:
            bound *= len(kraus_of(o))
    return bound


def _ended(batch: Batch, final: list[Operation], split: Split, n: int) -> tuple[FloatArray, dict[str, Bits]]:
    """Weights and records of leaves after the last measurements, all taken at once."""
    if not final:
        return batch.weights, batch.records
    qubits = tuple(q for operation in final for q in operation.qubits)
    shares = split(batch.weights, marginals(batch.kets, qubits, n))
    rows, outcomes = shares.nonzero()
    records = {key: bits[rows] for key, bits in batch.records.items()}
    bits = bits_of(outcomes, len(qubits))
    place = 0
    for operation in final:
        records[str(operation.key)] = bits[:, place : place + len(operation.qubits)]
        place += len(operation.qubits)
    return shares[rows, outcomes], records


def _drawn(records: dict[str, Bits], chances: FloatArray, shots: int, rng: np.random.Generator) -> dict[str, Bits]:
    """Independent draws from the leaves.

    Looked up by a random number of 16 bits, or of 8 where all probabilities are multiples of 1/256, as
    those of stabiliser states are.
    """
    edges = np.cumsum(chances) * (1 / chances.sum())
    if np.abs(edges * 256 - (edges * 256).round()).max() < 1e-6:
        leaf = np.repeat(np.arange(len(edges)), np.diff((edges * 256).round().astype(int), prepend=0))
        draws = np.frombuffer(rng.bytes(shots), dtype=np.uint8)
        return {key: _looked_up(bits[leaf], draws) for key, bits in records.items()}
    which = _words(edges, shots, rng)
    return {key: _looked_up(bits, which) for key, bits in records.items()}


def _words(edges: FloatArray, shots: int, rng: np.random.Generator) -> NDArray[np.integer]:
    """Leaf of a random 16-bit number; one in which two leaves meet takes 53 further bits to tell."""
    scaled = edges * 65536
    numbers = np.arange(len(edges), dtype=np.uint8 if len(edges) < 255 else np.uint16)
    leaf = np.repeat(numbers, np.diff(np.ceil(scaled).clip(max=65536).astype(int), prepend=0))
    meeting = np.floor(scaled).astype(int)[scaled != np.floor(scaled)]
    leaf[meeting[meeting < len(leaf)]] = len(edges)
    draws = np.frombuffer(rng.bytes(2 * shots), dtype=np.uint16)
    which = _taken(leaf, draws)
    unclear = (which == len(edges)).nonzero()[0]
    exact = np.searchsorted(scaled, draws[unclear] + rng.random(len(unclear)), side="right")
    which[unclear] = np.minimum(exact, len(edges) - 1)
    return which


def _taken(table: NDArray[Any], index: NDArray[np.integer]) -> NDArray[Any]:
    """``table[index]``, a block at a time: NumPy widens indices to machine words, and those should stay in cache."""
    result = np.empty(len(index), dtype=table.dtype)
    for start in range(0, len(index), BLOCK):
        part = slice(start, start + BLOCK)
        table.take(index[part].astype(np.intp), out=result[part], mode="clip")
    return result


def _looked_up(rows: Bits, index: NDArray[np.integer]) -> Bits:
    """``rows[index]`` for rows of a few bytes, moved as one machine word each."""
    width = rows.shape[1]
    size = next((s for s in (1, 2, 4, 8) if s >= width), 0)
    if not size:
        return rows.take(index, axis=0)
    words = np.zeros((len(rows), size), dtype=np.uint8)
    words[:, :width] = rows
    taken: Bits = _taken(words.view(f"u{size}")[:, 0], index).view(np.uint8).reshape(-1, size)
    return taken if size == width else np.ascontiguousarray(taken[:, :width])
