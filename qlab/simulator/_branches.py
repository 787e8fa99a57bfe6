"""Many shots of a circuit as one tree: every measurement, reset and noise event splits a batch of kets.

A shot is never run alone. A batch of kets, each with its weight, walks through the circuit; where chance
decides, each ket gets one child an outcome, and the weight is split: exactly, by probabilities, while the tree is
small, else by one multinomial draw for each ket, so that no outcome is followed that no shot takes. Measurements
that nothing follows do not split kets at all. The shots are then drawn from the leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qlab._types import Bits, ComplexArray, FloatArray, Split
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation
from qlab.simulator._kernels import apply_in_place

BATCH_AMPLITUDES = 2**21
"""Larger batches of kets walk in parts, one part to its end before the next begins."""

EXACT_LEAVES = 512
"""Trees of no more leaves than this carry probabilities; larger ones carry numbers of shots."""


@dataclass
class Batch:
    """Kets that differ by what chance decided.

    Attributes:
        kets: normalised, shape (B, 2**n).
        weights: probability or number of shots of each, shape (B,).
        records: results so far by key, each of shape (B, k).
    """

    kets: ComplexArray
    weights: FloatArray
    records: dict[str, Bits]

    def pick(self, rows: NDArray[np.intp] | slice, weights: FloatArray) -> Batch:
        """Children: some rows, with new weights."""
        return Batch(self.kets[rows], weights, {key: bits[rows] for key, bits in self.records.items()})


def arranged(circuit: Circuit) -> tuple[list[Operation], list[Operation]]:
    """The operations up to the last one that decides something, and the measurements that can wait until after them."""
    body: list[Operation] = []
    final: list[Operation] = []
    touched: set[int] = set()
    asked: set[str] = set()
    for operation in reversed(circuit.operations):
        if operation.key is not None and operation.key not in asked and touched.isdisjoint(operation.qubits):
            final.append(operation)
        else:
            body.append(operation)
            asked |= {operation.condition} if operation.condition else set()
        touched |= set(operation.qubits)
    return body[::-1], final[::-1]


def walk(n: int, steps: list[Operation], root: Batch, split: Split) -> Iterator[Batch]:
    """Batches of leaves after all steps, depth first; a stack of (batch, how many steps it has done)."""
    stack = [(root, 0)]
    while stack:
        batch, done = stack.pop()
        if done == len(steps):
            yield batch
            continue
        batch = _after(batch, steps[done], split, n)
        rows = len(batch.weights)
        parts = [batch]
        if rows > 1 and rows << n > BATCH_AMPLITUDES:
            halves = slice((rows + 1) // 2), slice((rows + 1) // 2, rows)
            parts = [batch.pick(half, batch.weights[half]) for half in halves]
        stack += [(part, done + 1) for part in reversed(parts)]


def _after(batch: Batch, step: Operation, split: Split, n: int) -> Batch:
    """The batch after one operation."""
    if step.condition is not None:
        return _where_asked(batch, step, split, n)
    if step.key is not None:
        return _measured(batch, step, split, n)
    if step.is_gate():
        apply_in_place(batch.kets.reshape(-1), step.matrix(), step.qubits, n)
        return batch
    if step.name == "reset" and len(step.qubits) > 1:
        for q in step.qubits:
            batch = _after(batch, replace(step, qubits=(q,)), split, n)
        return batch
    return _noise(batch, kraus_operators(step), step.qubits, split, n)


def _where_asked(batch: Batch, step: Operation, split: Split, n: int) -> Batch:
    """The batch after a conditional operation, which acts on the rows whose result is not zero."""
    hit: NDArray[np.bool_] = batch.records[str(step.condition)].max(axis=1) > 0
    if not hit.any():
        return batch
    chosen, others = hit.nonzero()[0], np.logical_not(hit).nonzero()[0]
    acted = _after(batch.pick(chosen, batch.weights[chosen]), replace(step, condition=None), split, n)
    return _joined([batch.pick(others, batch.weights[others]), acted])


def _joined(batches: list[Batch]) -> Batch:
    return Batch(
        np.concatenate([b.kets for b in batches]),
        np.concatenate([b.weights for b in batches]),
        {key: np.concatenate([b.records[key] for b in batches]) for key in batches[0].records},
    )


def _axes_first(kets: ComplexArray, qubits: tuple[int, ...], n: int) -> ComplexArray:
    """Kets of shape (B, 2**n) as (B, 2**k, 2**(n-k)), the named qubits first and in their order."""
    rest = [q for q in range(n) if q not in qubits]
    tensor = kets.reshape((-1,) + (2,) * n).transpose([0, *(1 + q for q in [*qubits, *rest])])
    return tensor.reshape(len(kets), 2 ** len(qubits), 2 ** len(rest))


def marginals(kets: ComplexArray, qubits: tuple[int, ...], n: int) -> FloatArray:
    """Probabilities of the outcomes of some qubits for each ket, shape (B, 2**k)."""
    chances = np.square(kets.real, dtype=np.float64)
    chances += np.square(kets.imag, dtype=np.float64)
    dropped = tuple(1 + q for q in range(n) if q not in qubits)
    summed = chances.reshape((-1,) + (2,) * n).sum(axis=dropped) if dropped else chances.reshape((-1,) + (2,) * n)
    order = np.argsort(np.argsort(qubits))
    flat: FloatArray = summed.transpose([0, *(1 + order)]).reshape(len(kets), 2 ** len(qubits))
    flat /= flat.sum(axis=1, keepdims=True)
    return flat


def bits_of(outcomes: NDArray[np.integer], width: int) -> Bits:
    """Whole numbers as rows of bits, first qubit first, shape (len(outcomes), width)."""
    return (outcomes[:, None] >> np.arange(width - 1, -1, -1) & 1).astype(np.uint8)


def _measured(batch: Batch, step: Operation, split: Split, n: int) -> Batch:
    shares = split(batch.weights, marginals(batch.kets, step.qubits, n))
    rows, outcomes = shares.nonzero()
    after = batch.pick(rows, shares[rows, outcomes])
    blocks = _axes_first(after.kets, step.qubits, n)
    kept = np.zeros_like(blocks)
    kept[np.arange(len(rows)), outcomes] = blocks[np.arange(len(rows)), outcomes]
    inverse = np.argsort([*step.qubits, *(q for q in range(n) if q not in step.qubits)])
    after.kets = _normalised(kept.reshape((-1,) + (2,) * n).transpose([0, *(1 + inverse)]).reshape(after.kets.shape))
    after.records[str(step.key)] = bits_of(outcomes, len(step.qubits))
    return after


def _normalised(kets: ComplexArray) -> ComplexArray:
    norms = np.sqrt((np.square(kets.real, dtype=float) + np.square(kets.imag, dtype=float)).sum(axis=1, keepdims=True))
    result: ComplexArray = kets / norms
    return result


def _noise(batch: Batch, kraus: ComplexArray, qubits: tuple[int, ...], split: Split, n: int) -> Batch:
    """Children of a channel: one Kraus operator each, with probability ⟨K†K⟩."""
    weights = kraus.conj().transpose(0, 2, 1) @ kraus
    traces = weights[:, 0, 0].real
    if np.allclose(weights, traces[:, None, None] * np.eye(weights.shape[1]), atol=1e-12):
        chances = np.broadcast_to(traces, (len(batch.weights), len(kraus)))  # whatever the ket
    else:
        blocks = _axes_first(batch.kets, qubits, n)
        local = blocks @ blocks.conj().transpose(0, 2, 1)
        chances = np.einsum("mij,bji->bm", weights, local, optimize=True).real.clip(0)
    shares = split(batch.weights, chances / chances.sum(axis=1, keepdims=True))
    rows, which = shares.nonzero()
    after = batch.pick(rows, shares[rows, which])
    for m, operator in enumerate(kraus):
        hit = (which == m).nonzero()[0]
        if len(hit) and not np.allclose(operator, operator[0, 0] * np.eye(len(operator)), atol=1e-14):
            chosen = after.kets[hit]
            apply_in_place(chosen.reshape(-1), operator, qubits, n)
            after.kets[hit] = _normalised(chosen)
    return after
