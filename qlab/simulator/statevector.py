"""Run, sample and measure circuits on a state vector."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from qlab import _validate
from qlab._validate import ComplexArray, FloatArray
from qlab.circuits import Circuit, Operation
from qlab.gates import X
from qlab.simulator._engine import evolve
from qlab.simulator._shots import sample_tree

Bits = NDArray[np.uint8]


def apply_unitary(ket: ComplexArray, matrix: ComplexArray, qubits: Iterable[int]) -> ComplexArray:
    """New ket with a unitary of shape (2**k, 2**k) applied to k qubits, the first one leftmost."""
    n = _validate.number_of_qubits("ket", len(ket))
    targets = _validate.distinct_qubits("qubits", qubits, n)
    k = len(targets)
    if np.shape(matrix) != (2**k, 2**k):
        raise _validate.fail("matrix", f"must have shape ({2**k}, {2**k})", np.shape(matrix))
    block = np.asarray(matrix, dtype=ket.dtype).reshape((2,) * (2 * k))
    moved = np.tensordot(block, ket.reshape((2,) * n), axes=(range(k, 2 * k), targets))
    return np.moveaxis(moved, range(k), targets).reshape(-1)


def _checked_initial(circuit: Circuit, initial: ComplexArray | None) -> ComplexArray | None:
    if initial is None:
        return None
    start = _validate.ket("initial", initial)
    if len(start) != 2**circuit.num_qubits:
        raise _validate.fail("initial", f"must have shape ({2**circuit.num_qubits},)", start.shape)
    return start


def run(
    circuit: Circuit, *, initial: ComplexArray | None = None, dtype: type = np.complex128, threads: int = 1
) -> ComplexArray:
    """Final ket of a circuit of gates alone.

    Args:
        circuit: gates only; use `sample` or `run_shot` where there are measurements.
        initial: ket of shape (2**n,), by default |0…0⟩.
        dtype: ``np.complex128`` or ``np.complex64``.
        threads: how many share the passes over a large ket. NumPy's own threads then only get in the
            way: set the environment variable ``OPENBLAS_NUM_THREADS=1`` before Python starts.

    Returns:
        Array of shape (2**n,).

    Raises:
        ValueError: before anything is allocated, where the ket does not fit into memory.

    >>> run(Circuit(2).h(0).cnot(0, 1)).real.round(4)
    array([0.7071, 0.    , 0.    , 0.7071])
    """
    if not circuit.is_unitary():
        raise _validate.fail("circuit", "must hold gates only", [o.name for o in circuit if not o.is_gate()])
    if np.dtype(dtype) not in (np.complex64, np.complex128):
        raise _validate.fail("dtype", "must be complex64 or complex128", dtype)
    workers = _validate.integer("threads", threads, 1, 256)
    return evolve(circuit.num_qubits, circuit.operations, _checked_initial(circuit, initial), dtype, workers)


def probabilities(ket: ComplexArray, qubits: Iterable[int] | None = None) -> FloatArray:
    """Chances of the outcomes of a Z measurement, shape (2**k,), by default of all qubits.

    >>> probabilities(run(Circuit(2).h(0).cnot(0, 1)), [1]).round(12)
    array([0.5, 0.5])
    """
    n = _validate.number_of_qubits("ket", len(ket))
    kept = _validate.distinct_qubits("qubits", range(n) if qubits is None else qubits, n)
    chances = (np.abs(ket) ** 2).astype(np.float64).reshape((2,) * n)
    summed = chances.sum(axis=tuple(q for q in range(n) if q not in kept))
    order = np.argsort(np.argsort(kept))
    flat: FloatArray = summed.transpose(order).reshape(-1)
    flat /= flat.sum()
    return flat


def measure(ket: ComplexArray, qubits: Iterable[int], rng: np.random.Generator) -> tuple[Bits, ComplexArray]:
    """Measure qubits in the Z basis: one outcome, and the ket after it.

    Returns:
        The bits, shape (k,), in the order of ``qubits``, and the collapsed normalised ket.
    """
    checked = _validate.ket("ket", ket)
    n = _validate.number_of_qubits("ket", len(checked))
    measured = _validate.distinct_qubits("qubits", qubits, n)
    outcome = int(rng.choice(2 ** len(measured), p=probabilities(checked, measured)))
    bits = np.array([outcome >> (len(measured) - 1 - i) & 1 for i in range(len(measured))], dtype=np.uint8)
    index: list[slice | int] = [slice(None)] * n
    for q, bit in zip(measured, bits, strict=True):
        index[q] = int(bit)
    collapsed = np.zeros_like(checked).reshape((2,) * n)
    collapsed[tuple(index)] = checked.reshape((2,) * n)[tuple(index)]
    flat = collapsed.reshape(-1)
    return bits, flat / np.sqrt(_validate.norm_squared(flat))


def run_shot(
    circuit: Circuit, rng: np.random.Generator, *, initial: ComplexArray | None = None
) -> tuple[ComplexArray, dict[str, Bits]]:
    """One run of a circuit with measurements, resets and feed-forward: the final ket and the results by key."""
    ket = evolve(circuit.num_qubits, (), _checked_initial(circuit, initial), np.complex128)
    results: dict[str, Bits] = {}
    for operation in circuit:
        ket = _step(ket, operation, results, rng)
    return ket, results


def _step(ket: ComplexArray, operation: Operation, results: dict[str, Bits], rng: np.random.Generator) -> ComplexArray:
    if operation.condition is not None and not results[operation.condition].any():
        return ket
    if operation.key is not None:
        results[operation.key], ket = measure(ket, operation.qubits, rng)
        return ket
    if operation.name == "reset":
        for q in operation.qubits:
            bits, ket = measure(ket, (q,), rng)
            ket = apply_unitary(ket, X, (q,)) if bits[0] else ket
        return ket
    if not operation.is_gate():
        raise _validate.fail("circuit", "must hold no noise (see qlab.channels)", operation.name)
    return apply_unitary(ket, operation.matrix(), operation.qubits)


def sample(
    circuit: Circuit, shots: int, rng: np.random.Generator, *, initial: ComplexArray | None = None
) -> dict[str, Bits]:
    """Results of many runs, drawn from one tree of outcomes rather than run by run.

    Returns:
        For each measurement key an array of bits, shape (shots, k).

    >>> bell = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    >>> counts(sample(bell, 1000, np.random.default_rng(7))["m"])
    {'00': 505, '11': 495}
    """
    count = _validate.integer("shots", shots, 0)
    if not circuit.keys:
        raise _validate.fail("circuit", "must measure something to be sampled", len(circuit))
    for operation in circuit:
        if operation.is_channel():
            raise _validate.fail("circuit", "must hold no noise (see qlab.channels)", operation.name)
    return sample_tree(circuit, count, rng, _checked_initial(circuit, initial))


def counts(bits: Bits) -> dict[str, int]:
    """How often each outcome occurs, from bits of shape (shots, k), as ``{"01": 17, …}`` in ascending order.

    >>> counts(np.array([[0, 1], [1, 1], [0, 1]], dtype=np.uint8))
    {'01': 2, '11': 1}
    """
    array = np.asarray(bits)
    if array.ndim != 2 or not np.isin(array, (0, 1)).all():
        raise _validate.fail("bits", "must be zeros and ones of shape (shots, k)", array)
    rows, totals = np.unique(array, axis=0, return_counts=True)
    return {"".join(map(str, row)): int(total) for row, total in zip(rows, totals, strict=True)}
