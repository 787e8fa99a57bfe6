"""Kets after circuits, their probabilities, and measurements one by one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qlab import _validate
from qlab._types import Bits, ComplexArray, FloatArray
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation
from qlab.gates import X
from qlab.simulator._engine import evolve


def apply_unitary(ket: ComplexArray, matrix: ComplexArray, qubits: Iterable[int]) -> ComplexArray:
    """New ket with a unitary applied to some qubits.

    Args:
        ket: shape (2**n,).
        matrix: shape (2**k, 2**k).
        qubits: the k qubits, the first one leftmost.

    Returns:
        Array of shape (2**n,).
    """
    n = _validate.number_of_qubits("ket", len(ket))
    targets = _validate.distinct_qubits("qubits", qubits, n)
    k = len(targets)
    if np.shape(matrix) != (2**k, 2**k):
        raise _validate.fail("matrix", f"must have shape ({2**k}, {2**k})", np.shape(matrix))
    block = np.asarray(matrix, dtype=ket.dtype).reshape((2,) * (2 * k))
    moved = np.tensordot(block, ket.reshape((2,) * n), axes=(range(k, 2 * k), targets))
    return np.moveaxis(moved, range(k), targets).reshape(-1)


def _checked(initial: ComplexArray | None, num_qubits: int) -> ComplexArray | None:
    return None if initial is None else _validate.ket("initial", initial, num_qubits=num_qubits)


def run(
    circuit: Circuit, *, initial: ComplexArray | None = None, dtype: type = np.complex128, threads: int = 1
) -> ComplexArray:
    """Final ket of a circuit of gates alone.

    =======================================  ==============================================================
    ket                                      what runs
    =======================================  ==============================================================
    fewer than 12 qubits                     gate by gate, one-qubit gates together (`_small`)
    from |0…0⟩, until it would not pay       two half-registers, joined by few products (`_halves`)
    then, with many diagonal gates on pairs  tables of phases, a block of four qubits at a time (`_phases`)
    then, with any other gates               windows of up to five qubits (`_fusion`, `_windows`)
    =======================================  ==============================================================

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
    return evolve(circuit.num_qubits, circuit.operations, _checked(initial, circuit.num_qubits), dtype, workers)


def probabilities(ket: ComplexArray, qubits: Iterable[int] | None = None) -> FloatArray:
    """Probabilities of the outcomes of a Z measurement.

    Args:
        ket: shape (2**n,).
        qubits: the k qubits measured, the first one leftmost, by default all.

    Returns:
        Array of shape (2**k,).

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

    Args:
        ket: normalised, shape (2**n,).
        qubits: the k qubits measured.
        rng: source of randomness.

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
    """One run of any circuit: the final ket and the results by key.

    Args:
        circuit: gates, measurements, resets, feed-forward, noise (of which one Kraus operator happens).
        rng: source of randomness.
        initial: ket of shape (2**n,), by default |0…0⟩.

    Returns:
        The ket, shape (2**n,), and for each measurement key the bits, shape (k,).
    """
    ket = evolve(circuit.num_qubits, (), _checked(initial, circuit.num_qubits), np.complex128)
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
    if operation.is_gate():
        return apply_unitary(ket, operation.matrix(), operation.qubits)
    branches = [apply_unitary(ket, k, operation.qubits) for k in kraus_operators(operation)]
    weights = np.array([_validate.norm_squared(branch) for branch in branches])
    happened = int(rng.choice(len(branches), p=weights / weights.sum()))
    chosen: ComplexArray = branches[happened] / np.sqrt(weights[happened])
    return chosen
