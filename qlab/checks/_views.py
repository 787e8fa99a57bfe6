"""What of a result matters, and when two views are equal: the physics in the judging.

Each function here can be a task's ``view``: it takes the learner's result (already in its form) and the case's
arguments, and returns plain data or arrays that are equal exactly where the results mean the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab._validate import ComplexArray
from qlab.circuits import Circuit
from qlab.simulator import statevector


def close(first: Any, second: Any, tolerance: float = 1e-6) -> bool:
    """Whether two canonical values are equal: numbers up to a tolerance, everything else exactly.

    Args:
        first: built-in types and NumPy arrays, nested at will.
        second: what it is compared with.
        tolerance: difference of numbers that still counts as equal, absolute below 1 and relative above.

    >>> close([1.0, {"a": True}], (1.0 + 1e-9, {"a": True}))
    True
    """
    if type(first) in (list, tuple) and type(second) in (list, tuple):
        same = len(first) == len(second)
        return same and all(close(a, b, tolerance) for a, b in zip(first, second, strict=True))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(close(v, second[k], tolerance) for k, v in first.items())
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.shape == second.shape and _near(first, second, tolerance)
    if _is_number(first) and _is_number(second):
        return _near(np.asarray(first), np.asarray(second), tolerance)
    return type(first) is type(second) and bool(first == second)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool)


def _near(first: Any, second: Any, tolerance: float) -> bool:
    if first.dtype.kind not in "iufcb" or second.dtype.kind not in "iufcb":
        return bool((first == second).all())
    with np.errstate(invalid="ignore"):
        scale = np.maximum(1.0, np.minimum(np.abs(first), np.abs(second)))
        return bool(((np.abs(first - second) <= tolerance * scale) | (first == second)).all())


def up_to_phase(ket: ComplexArray, *_arguments: Any) -> ComplexArray:
    """A ket's projector |ψ⟩⟨ψ|, which a global phase leaves alone."""
    return np.outer(ket, ket.conj())


def final_state(circuit: Circuit, *_arguments: Any) -> ComplexArray:
    """Projector on the ket that a circuit of gates prepares from |0…0⟩; other circuits have an empty view."""
    if not circuit.is_unitary():
        return np.zeros(0, dtype=complex)
    return up_to_phase(statevector.run(circuit))


def action(circuit: Circuit, *_arguments: Any) -> ComplexArray:
    """What a circuit of gates does to every state: its unitary with the global phase divided out."""
    if not circuit.is_unitary():
        return np.zeros(0, dtype=complex)
    return without_phase(circuit.to_unitary())


def without_phase(matrix: ComplexArray, *_arguments: Any) -> ComplexArray:
    """A matrix times the phase that makes its first entry of the largest size real and positive."""
    flat = np.ravel(matrix)
    sizes = np.abs(flat)
    anchor = flat[int(np.argmax(sizes > sizes.max() - 1e-6))]
    result: ComplexArray = matrix * (abs(anchor) / anchor) if abs(anchor) > 0 else matrix
    return result
