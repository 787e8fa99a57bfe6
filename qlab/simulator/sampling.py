"""Shots of any circuit: which way is fastest for which, and how they are drawn in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._types import Bits, ComplexArray, FloatArray, Split
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.simulator import _memory
from qlab.simulator._branches import EXACT_LEAVES, Batch, arranged, bits_of, marginals, walk
from qlab.simulator._engine import evolve
from qlab.simulator._frames import sample_frames
from qlab.simulator._layers import obstacle
from qlab.simulator.noisy import run_density_matrix

MAX_DENSITY = 9
"""Up to this many qubits a noisy circuit that ends measured has its density matrix computed."""

MAX_SHOTS = 10**8
"""More are drawn in several calls."""

MAX_TREE = 12
"""Up to this many qubits the kets of a noiseless Clifford circuit take no longer than its tableau."""

_REMEDY = (
    "; any width is sampled without {} on qubit {}: from Clifford gates, Pauli noise, measurements, resets,"
    " and Pauli gates that wait for results"
)

BLOCK = 8192
"""Shots looked up at a time."""


def sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, *, initial: ComplexArray | None = None
) -> dict[str, Bits]:
    """Results of many runs of a circuit, with or without noise, feed-forward and resets.

    The first row that fits says what runs, once operations that no measurement can notice are left out.

    =====================================================  =================================================
    circuit                                                what runs
    =====================================================  =================================================
    Clifford gates, from |0…0⟩, only Pauli gates wait for  one noiseless run by a tableau, of any width
    a result; Pauli noise, or more than `MAX_TREE` qubits  (`qlab.simulator._stabilizer`), then only the errors
                                                           of each shot are followed (`qlab.simulator._frames`)
    noise, at most `MAX_DENSITY` qubits, nothing follows   the density matrix; outcomes are drawn from its
    a measurement, no condition                            diagonal
    any other                                              one tree of outcomes and errors for all shots
                                                           (`qlab.simulator._branches`): each shot has one
                                                           Kraus operator an operation, as in Dalibard,
                                                           Castin, Mølmer, PRL 68, 580 (1992)
    =====================================================  =================================================

    Args:
        circuit: any circuit with at least one measurement.
        shots: number of runs, in [0, `MAX_SHOTS`].
        rng: source of randomness.
        initial: ket of shape (2**n,), by default |0…0⟩.

    Returns:
        For each measurement key an array of bits, shape (shots, k).

    Raises:
        ValueError: before anything is allocated, where kets or results do not fit into memory.

    >>> bell = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    >>> counts(sample(bell, 1000, np.random.default_rng(7))["m"])
    {'00': 505, '11': 495}
    >>> flipped = Circuit(1).noise("bit_flip", 0, params=[1.0]).measure(0, key="m")
    >>> sample(flipped, 3, np.random.default_rng(7))["m"].ravel()
    array([1, 1, 1], dtype=uint8)
    """
    steps, count = as_circuit(circuit), _validate.integer("shots", shots, 0, MAX_SHOTS)
    _validate.generator("rng", rng)
    if not steps.keys:
        raise _validate.fail("circuit", "must measure something to be sampled", len(steps))
    start = None if initial is None else _validate.ket("initial", initial, num_qubits=steps.num_qubits)
    measured = sum(len(o.qubits) for o in steps if o.key is not None)
    _memory.require(count * (measured + 2), count, "an array of results", "shots")
    noticed = steps.noticeable()
    noisy = any(o.is_channel() for o in noticed)
    if noisy or steps.num_qubits > MAX_TREE:
        hindrance = obstacle(noticed)
        if start is None and hindrance is None:
            return sample_frames(noticed, count, rng)
        _require_ket(steps.num_qubits, hindrance)
    if noisy and steps.num_qubits <= MAX_DENSITY and _ends_measured(noticed):
        return _sample_final(noticed, count, rng, start)
    return _sample_tree(noticed, count, rng, start)


def counts(bits: Bits) -> dict[str, int]:
    """How often each outcome occurs, from bits of shape (shots, k), as ``{"01": 17, …}`` in ascending order.

    >>> counts(np.array([[0, 1], [1, 1], [0, 1]], dtype=np.uint8))
    {'01': 2, '11': 1}
    """
    demand = "must be zeros and ones of shape (shots, k)"
    array = _validate.bits("bits", bits, demand)
    if array.ndim != 2:
        raise _validate.fail("bits", demand, bits)
    rows, totals = np.unique(array, axis=0, return_counts=True)
    return {"".join(map(str, row)): int(total) for row, total in zip(rows, totals, strict=True)}


def _require_ket(n: int, hindrance: Operation | None) -> None:
    """Refuse a ket that does not fit, and name the operation that keeps a wide circuit from being sampled without."""
    if n > MAX_TREE:
        remedy = "" if hindrance is None else _REMEDY.format(hindrance.name, *hindrance.qubits[:1])
        _memory.require(32 << n, n, "a ket of complex128 with room to work", remedy=remedy)


def _ends_measured(circuit: Circuit) -> bool:
    """Whether nothing waits for a result and nothing happens to a qubit after its measurement."""
    measured: set[int] = set()
    for o in circuit:
        if o.condition is not None or measured & set(o.qubits):
            return False
        if o.key is not None:
            measured |= set(o.qubits)
    return True


def _sample_final(
    circuit: Circuit, shots: int, rng: np.random.Generator, initial: ComplexArray | None = None
) -> dict[str, Bits]:
    """Results by key, drawn from the density matrix at the end of a circuit that ends measured."""
    n = circuit.num_qubits
    chances = run_density_matrix(circuit, initial=initial).diagonal().real.clip(0)
    bits = bits_of(rng.choice(2**n, size=shots, p=chances / chances.sum()), n)
    return {o.key: bits[:, list(o.qubits)] for o in circuit if o.key is not None}


def _sample_tree(
    circuit: Circuit, shots: int, rng: np.random.Generator, initial: ComplexArray | None = None
) -> dict[str, Bits]:
    """Results by key, each of shape (shots, k), from one tree of outcomes."""
    body, final = arranged(circuit)
    sure = next((i for i, o in enumerate(body) if not o.is_gate() or o.condition is not None), len(body))
    n = circuit.num_qubits
    start = evolve(n, body[:sure], initial, np.complex128)
    exact = shots >= 64 and _leaves(circuit) <= EXACT_LEAVES

    def split(weights: FloatArray, chances: FloatArray) -> FloatArray:
        if exact:
            return np.where(chances > 1e-15, chances, 0.0) * weights[:, None]
        return rng.multinomial(weights.astype(np.int64), chances).astype(float)

    root = Batch(start[None], np.array([1.0 if exact else float(shots)]), {})
    ended = [_ended(leaf, final, split, n) for leaf in walk(n, body[sure:], root, split)]
    weights = np.concatenate([w for w, _ in ended])
    records = {key: np.concatenate([r[key] for _, r in ended]) for key in circuit.keys}
    if exact:
        return _drawn(records, weights, shots, rng)
    order = rng.permutation(np.repeat(np.arange(len(weights)), weights.astype(np.int64)))
    return {key: bits[order] for key, bits in records.items()}


def _leaves(circuit: Circuit) -> float:
    """Bound on the number of leaves."""
    bound = 1.0
    for o in circuit:
        if not o.is_gate():
            bound *= len(kraus_operators(o)) if o.is_channel() else 2.0 ** len(o.qubits)
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
