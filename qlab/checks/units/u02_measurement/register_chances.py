"""Task 02.register_chances: the joint distribution of some qubits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, ONE_SETTING, PREDICT_MEASUREMENT, SAMPLE_IS_TRUTH
from qlab.checks._task import Row
from qlab.simulator import statevector

Array = NDArray[Any]

task = Declaration(
    id="02.register_chances",
    points=3,
    title="Read two qubits out of a register of three",
    outcome=PREDICT_MEASUREMENT,
    returns=forms.numbers(4, what="four probabilities", low=0, high=1),
)


@task.inputs
def _register_inputs(rng: np.random.Generator) -> list[tuple[Array, list[int]]]:
    orders = ([0, 2], [2, 0], [1, 2], [1, 0])
    first, second = rng.permutation(len(orders))[:2]
    return [
        (states.random_ket(3, rng), list(orders[first])),
        (states.random_ket(3, rng), list(orders[second])),
        (np.roll(states.ghz_state(3), int(rng.integers(8))), [2, 0]),
    ]


@task.reference
def _register_chances(ket: Array, qubits: Sequence[int]) -> Array:
    return statevector.probabilities(ket, qubits)


@task.remark
def _not_all_of_it(rows: list[Row]) -> str | None:
    """Chances that leave something out."""
    if all(abs(np.sum(got) - 1) > 1e-6 for got, _, _ in rows):
        return "Your four chances do not add up to one: every result of the third qubit counts, and each only once."
    return None


@task.misconception(
    CONVENTION,
    "You took amplitudes for probabilities and rescaled them. A chance is the squared magnitude, and squares add up "
    "to one by themselves.",
)
def _magnitudes(ket: Array, qubits: Sequence[int]) -> Array:
    sizes = np.abs(np.asarray(ket)).reshape(2, 2, 2)
    dropped = ({0, 1, 2} - set(qubits)).pop()
    summed = sizes.sum(axis=dropped)
    table = summed if qubits[0] < qubits[1] else summed.T
    return (table / table.sum()).reshape(-1)


@task.misconception(
    ONE_SETTING,
    "You multiplied the two qubits' own distributions. That throws away every correlation between them, which is the "
    "very thing a joint distribution is for.",
)
def _independent(ket: Array, qubits: Sequence[int]) -> Array:
    return np.kron(*(statevector.probabilities(ket, [q]) for q in qubits))


@task.misconception(
    CONVENTION,
    "You counted the qubits from the right, as some libraries do. In this course qubit 0 is the leftmost.",
)
def _reading_order(ket: Array, qubits: Sequence[int]) -> Array:
    return statevector.probabilities(ket, [2 - q for q in qubits])


@task.misconception(
    CONVENTION,
    "You gave the bits in the register's own order. The first qubit asked for gives the left bit of the result, "
    "whichever number it carries.",
)
def _order_ignored(ket: Array, qubits: Sequence[int]) -> Array:
    dropped = ({0, 1, 2} - set(qubits)).pop()
    chances = (np.abs(np.asarray(ket)) ** 2).reshape(2, 2, 2).sum(axis=dropped)
    return chances.reshape(-1)


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You kept only the runs in which the third qubit reads 0. Nobody reads it: whatever it would show, the run counts.",
)
def _rest_in_zero(ket: Array, qubits: Sequence[int]) -> Array:
    dropped = ({0, 1, 2} - set(qubits)).pop()
    chances = (np.abs(np.asarray(ket)) ** 2).reshape(2, 2, 2).take(0, axis=dropped) + 1e-12
    table = chances if qubits[0] < qubits[1] else chances.T
    return (table / table.sum()).reshape(-1)


@task.alternative
def _by_loop(ket: Array, qubits: Sequence[int]) -> list[float]:
    chances = [0.0] * 4
    for index, amplitude in enumerate(ket):
        bits = f"{index:03b}"
        chances[2 * int(bits[qubits[0]]) + int(bits[qubits[1]])] += abs(amplitude) ** 2
    return chances


@task.alternative
def _by_einsum(ket: Array, qubits: Sequence[int]) -> Array:
    chances = np.abs(np.reshape(ket, (2, 2, 2))) ** 2
    return np.einsum(chances, [0, 1, 2], list(qubits)).ravel()


@task.alternative
def _by_marginal_state(ket: Array, qubits: Sequence[int]) -> Array:
    return np.diag(states.partial_trace(ket, qubits)).real


TASK = task.with_hints(
    "Square the magnitudes first. You then have eight chances, one for each of 000, 001, … 111.",
    "Add up the chances that agree in both qubits asked for.",
    "Reshaped to (2, 2, 2), axis q belongs to qubit q: sum over the axis left out, then order the rest.",
)
