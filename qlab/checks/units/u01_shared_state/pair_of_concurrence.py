"""Task 01.pair_of_concurrence: a partially entangled ket."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import measures, states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, IGNORANCE, TELL_ENTANGLEMENT
from qlab.circuits import Circuit
from qlab.simulator import statevector

Matrix = NDArray[Any]

task = Declaration(
    id="01.pair_of_concurrence",
    points=3,
    title="Prepare a pair that is entangled to a given degree",
    outcome=TELL_ENTANGLEMENT,
    returns=forms.ket(2),
)


@task.inputs
def _concurrence_inputs(rng: np.random.Generator) -> list[tuple[float]]:
    return [
        (float(c),)
        for c in (rng.uniform(0.1, 0.4), rng.uniform(0.4, 0.7), rng.uniform(0.7, 0.95), rng.uniform(0.999, 0.9999))
    ]


@task.reference
def _pair_of_concurrence(concurrence: float) -> Matrix:
    return states.partially_entangled_ket(concurrence)


@task.view
def _concurrence_view(got: Matrix, _concurrence: float) -> float:
    return measures.concurrence(got)


def _weights(zero: float, one: float) -> Matrix:
    vector = np.sqrt(np.array([zero, 0, 0, one], dtype=complex))
    result: Matrix = vector / np.linalg.norm(vector)
    return result


@task.misconception(
    CONVENTION,
    "You read the concurrence as the chance of finding 11. But more weight on 11 entangles only until both terms "
    "weigh the same; a pair that is always 11 is not entangled at all.",
)
def _concurrence_as_weight(concurrence: float) -> Matrix:
    return _weights(1 - concurrence, concurrence)


@task.misconception(
    CONVENTION,
    "You read the concurrence as the amplitude of one term. It measures how both terms stand together, so it has to "
    "be symmetric under exchanging them.",
)
def _concurrence_as_amplitude(concurrence: float) -> Matrix:
    return _weights(1 - concurrence**2, concurrence**2)


@task.misconception(
    CONVENTION,
    "You let the smaller weight grow in proportion to the concurrence. The end points are right, but weights are "
    "squares of amplitudes, and what is proportional to concurrence is a product of amplitudes.",
)
def _half_the_weight(concurrence: float) -> Matrix:
    return _weights(1 - concurrence / 2, concurrence / 2)


@task.misconception(
    IGNORANCE,
    "You blended a Bell pair with an unentangled one as if amplitudes were shares. Superposing two states is not "
    "owning a fraction of each: the common term 00 adds up, and the norm changes too.",
)
def _part_bell(concurrence: float) -> Matrix:
    vector = concurrence * states.epr_pair() + (1 - concurrence) * states.ket("00")
    result: Matrix = vector / np.linalg.norm(vector)
    return result


@task.misconception(
    CONVENTION,
    "You turned the mixing angle in proportion to the concurrence. Concurrence grows like a sine of that angle, fast "
    "at first and slowly near the maximum.",
)
def _linear_angle(concurrence: float) -> Matrix:
    angle = concurrence * np.pi / 4
    return np.array([np.cos(angle), 0, 0, np.sin(angle)], dtype=complex)


@task.alternative
def _by_quadratic(concurrence: float) -> list[float]:
    smaller = (1 - np.sqrt(1 - concurrence**2)) / 2
    return [np.sqrt(1 - smaller), 0, 0, np.sqrt(smaller)]


@task.alternative
def _by_circuit(concurrence: float) -> Matrix:
    circuit = Circuit(2).ry(float(np.arcsin(concurrence)), 0).cnot(0, 1)
    return statevector.run(circuit)


@task.alternative
def _anticorrelated(concurrence: float) -> Matrix:
    angle = np.arcsin(concurrence) / 2
    return np.array([0, np.cos(angle), 1j * np.sin(angle), 0])


@task.alternative
def _by_bisection(concurrence: float) -> Matrix:
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        if measures.concurrence(_weights(1 - middle, middle)) < concurrence:
            low = middle
        else:
            high = middle
    return _weights(1 - low, low)


TASK = task.with_hints(
    "Take α|00⟩ + β|11⟩ with real α and β. Only two numbers are to be found, and α² + β² = 1 is one equation.",
    "The concurrence of this ket is 2αβ.",
    "With α = cos φ and β = sin φ the product 2αβ is the sine of a multiple of φ.",
)
