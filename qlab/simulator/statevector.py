"""Kets after circuits, their probabilities, and measurements one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from qlab import _validate
from qlab._types import Bits, ComplexArray, FloatArray
from qlab.channels import kraus_operators
from qlab.circuits import Circuit, Operation, as_circuit
from qlab.gates import X
from qlab.simulator._engine import evolve


def apply_unitary(ket: ComplexArray, matrix: ComplexArray, qubits: Iterable[int]) -> ComplexArray:
    """New ket with a unitary applied to some qubits, in the ket's precision.

    Args:
        ket: normalised, shape (2**n,).
        matrix: shape (2**k, 2**k).
        qubits: the k qubits, the first one leftmost.

    Returns:
        Array of shape (2**n,).
    """
    psi, targets = _ket_and_qubits(ket, qubits)
    k = len(targets)
    shape = _validate.finite_array("matrix", matrix).shape
    if not k or shape != (2**k, 2**k):
        raise _validate.fail("matrix", f"must have shape ({2**k}, {2**k}), for one or more qubits", shape)
    return _applied(psi, _validate.unitary("matrix", matrix), targets)


def _ket_and_qubits(ket: ComplexArray, qubits: Iterable[int]) -> tuple[ComplexArray, tuple[int, ...]]:
    psi = _validate.ket("ket", ket)
    return psi, _validate.distinct_qubits("qubits", qubits, _validate.number_of_qubits("ket", len(psi)))


def _applied(ket: ComplexArray, operator: ComplexArray, qubits: tuple[int, ...]) -> ComplexArray:
    """Any operator on some qubits of a ket, in the ket's precision."""
    n, k = len(ket).bit_length() - 1, len(qubits)
    block = operator.astype(ket.dtype).reshape((2,) * (2 * k))
    moved = np.tensordot(block, ket.reshape((2,) * n), axes=(range(k, 2 * k), qubits))
    return np.moveaxis(moved, range(k), qubits).reshape(-1)


def _checked(initial: ComplexArray | None, num_qubits: int) -> ComplexArray | None:
    return None if initial is None else _validate.ket("initial", initial, num_qubits=num_qubits)


def run(circuit: Circuit, *, initial: ComplexArray | None = None, dtype: Any = None, threads: int = 1) -> ComplexArray:
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
        dtype: ``np.complex128`` or ``np.complex64``, by default that of ``initial``, without one ``np.complex128``.
        threads: how many share the passes over a large ket. NumPy's own threads then only get in the
            way: set the environment variable ``OPENBLAS_NUM_THREADS=1`` before Python starts.

    Returns:
        Array of shape (2**n,).

    Raises:
        ValueError: before anything is allocated, where the ket does not fit into memory.

    >>> run(Circuit(2).h(0).cnot(0, 1)).real.round(4)
    array([0.7071, 0.    , 0.    , 0.7071])
    """
    gates = as_circuit(circuit)
    if not gates.is_unitary():
        raise _validate.fail("circuit", "must hold gates only", [o.name for o in gates if not o.is_gate()])
    workers = _validate.integer("threads", threads, 1, 256)
    start = _checked(initial, gates.num_qubits)
    kind = _kind(dtype) if dtype is not None else np.dtype(complex) if start is None else start.dtype
    if start is not None and start.dtype != kind:
        start = _normalised(start.astype(complex))
    return evolve(gates.num_qubits, gates.operations, start, kind, workers)


def _kind(dtype: Any) -> np.dtype[Any]:
    names = ("complex64", "complex128")
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name if isinstance(dtype, (type, np.dtype)) else ""
    if name not in names:
        raise _validate.fail("dtype", "must be complex64 or complex128", dtype)
    return np.dtype(name)


def _normalised(ket: ComplexArray) -> ComplexArray:
    result: ComplexArray = ket / float(np.sqrt(_validate.norm_squared(ket)))
    return result


def probabilities(ket: ComplexArray, qubits: Iterable[int] | None = None) -> FloatArray:
    """Probabilities of the outcomes of a Z measurement.

    Args:
        ket: normalised, shape (2**n,).
        qubits: the k qubits measured, the first one leftmost, by default all.

    Returns:
        Array of shape (2**k,).

    >>> probabilities(run(Circuit(2).h(0).cnot(0, 1)), [1]).round(12)
    array([0.5, 0.5])
    """
    if qubits is None:
        psi = _validate.ket("ket", ket)
        return _chances(psi, tuple(range(len(psi).bit_length() - 1)))
    return _chances(*_ket_and_qubits(ket, qubits))


def _chances(ket: ComplexArray, kept: tuple[int, ...]) -> FloatArray:
    n = len(ket).bit_length() - 1
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
    checked, measured = _ket_and_qubits(ket, qubits)
    n = len(checked).bit_length() - 1
    outcome = int(_validate.generator("rng", rng).choice(2 ** len(measured), p=_chances(checked, measured)))
    bits = np.array([outcome >> (len(measured) - 1 - i) & 1 for i in range(len(measured))], dtype=np.uint8)
    index: list[slice | int] = [slice(None)] * n
    for q, bit in zip(measured, bits, strict=True):
        index[q] = int(bit)
    collapsed = np.zeros_like(checked).reshape((2,) * n)
    collapsed[tuple(index)] = checked.reshape((2,) * n)[tuple(index)]
    flat = collapsed.reshape(-1)
    return bits, _normalised(flat)


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
    steps = as_circuit(circuit)
    start = _checked(initial, steps.num_qubits)
    _validate.generator("rng", rng)
    ket = evolve(steps.num_qubits, (), start, np.complex128 if start is None else start.dtype)
    results: dict[str, Bits] = {}
    for operation in steps:
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
            ket = _applied(ket, X, (q,)) if bits[0] else ket
        return ket
    if operation.is_gate():
        return _applied(ket, operation.matrix(), operation.qubits)
    branches = [_applied(ket, k, operation.qubits) for k in kraus_operators(operation)]
    weights = np.array([_validate.norm_squared(branch) for branch in branches])
    happened = int(rng.choice(len(branches), p=weights / weights.sum()))
    return _normalised(branches[happened])
