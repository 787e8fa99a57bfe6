"""The repetition code: measure parities, never the value, and mend a minority of flips."""

from __future__ import annotations

import numpy as np

from qlab import _validate
from qlab.bell.statistics import binomial_log10_tail
from qlab.circuits import Circuit


def repetition_failure(distance: int, flip_probability: float) -> float:
    """Probability that more than half of an odd number of copies flip: Σ_{k>d/2} C(d,k) pᵏ(1-p)ᵈ⁻ᵏ; 0 below 1e-323.

    Args:
        distance: number d of copies, odd.
        flip_probability: p of each copy, in [0, 1].

    >>> round(repetition_failure(5, 0.1), 5)
    0.00856
    """
    d = _odd(distance)
    p = _validate.probability("flip_probability", flip_probability)
    return float(10.0 ** binomial_log10_tail(d, d // 2 + 1, p))


def _odd(distance: int) -> int:
    d = _validate.count("distance", distance, 1)
    if d % 2 == 0:
        raise _validate.fail("distance", "must be odd", distance)
    return d


def sample_repetition(distance: int, flip_probability: float, shots: int, rng: np.random.Generator) -> int:
    """How often the majority is wrong in so many shots: the experiment to `repetition_failure`.

    Args:
        distance: number of copies, odd.
        flip_probability: of each copy, in [0, 1].
        shots: number of trials, 1 to 10,000,000.
        rng: source of randomness.
    """
    d, count = _odd(distance), _validate.count("shots", shots, 1, 10_000_000)
    p = _validate.probability("flip_probability", flip_probability)
    return int(np.sum(_validate.generator("rng", rng).binomial(d, p, size=count) > d // 2))


def repetition_code_round(flip_probability: float, *, theta: float = 0.0) -> Circuit:
    """One round of the three-qubit code as a circuit: encode, suffer, compare neighbours, mend, decode.

    Qubits 0 to 2 hold the data, 3 and 4 the two parities, which are used and reset without ever telling
    the value. The state cos(θ/2)|0⟩ + sin(θ/2)|1⟩ goes in and comes out on qubit 0, unless two or more flip.

    Args:
        flip_probability: of X on each data qubit.
        theta: angle of the state to keep, in radians.
    """
    p = _validate.probability("flip_probability", flip_probability)
    circuit = Circuit(5).ry(theta, 0).cnot(0, 1).cnot(0, 2)
    for q in range(3):
        circuit = circuit.noise("bit_flip", q, params=(p,))
    circuit = circuit.cnot(0, 3).cnot(1, 3).cnot(1, 4).cnot(2, 4)
    # Only the first parity odd: qubit 0. Only the second: qubit 2. Both: qubit 1.
    circuit = circuit.cnot(3, 0).cnot(4, 2)
    for q in range(3):
        circuit = circuit.gate("ccx", 3, 4, q)
    circuit = circuit.reset(3).reset(4)
    return circuit.cnot(0, 2).cnot(0, 1)
