"""Cirq's channels on a thousand density matrices at once: `cirq.apply_channel` leaves axes alone that no qubit owns."""

from __future__ import annotations

from collections.abc import Sequence

import cirq
import numpy as np


def final_density_matrices(circuit: cirq.Circuit, qubits: Sequence[cirq.Qid], rhos: np.ndarray) -> np.ndarray:
    """Each of the (cases, 2**n, 2**n) matrices after the circuit, which may be noisy but may not measure.

    Operation by operation it is what Cirq's own density-matrix simulator does, for the price of one case.
    """
    n, place = len(qubits), {q: i for i, q in enumerate(qubits)}
    tensor = np.array(rhos, dtype=complex).reshape((-1,) + (2,) * (2 * n))
    spare = [np.empty_like(tensor) for _ in range(3)]
    for operation in circuit.all_operations():
        left = [1 + place[q] for q in operation.qubits]
        args = cirq.ApplyChannelArgs(tensor.copy(), spare[0], spare[1], spare[2], left, [n + axis for axis in left])
        tensor = np.array(cirq.apply_channel(operation, args))
    return tensor.reshape(-1, 2**n, 2**n)


def kept(rhos: np.ndarray, keep: Sequence[int]) -> np.ndarray:
    """The partial trace of each matrix down to the qubits named."""
    n = int(np.log2(rhos.shape[-1]))
    rows, columns = list(range(1, n + 1)), [n + i if i - 1 in keep else i for i in range(1, n + 1)]
    wanted = [1 + i for i in keep] + [n + 1 + i for i in keep]
    tensor = rhos.reshape((-1,) + (2,) * (2 * n))
    return np.einsum(tensor, [0, *rows, *columns], [0, *wanted]).reshape(len(rhos), 2 ** len(keep), -1)


def products(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The tensor product of two stacks of matrices, case by case."""
    size = first.shape[1] * second.shape[1]
    return np.einsum("cij,ckl->cikjl", first, second).reshape(-1, size, size)
