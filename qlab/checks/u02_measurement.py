"""Unit 02: what a measurement shows, and what it leaves behind."""

# Implementations here are written as learners write them: what NumPy returns is returned as it comes.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import states, statevector
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    COPYING,
    DISTURBANCE,
    IGNORANCE,
    ONE_SETTING,
    PLAN_SHOTS,
    PREDICT_MEASUREMENT,
    SAMPLE_IS_TRUTH,
    SHARED_SEED,
)
from qlab.checks._task import Misconception, Task
from qlab.gates import X, Z

Array = NDArray[Any]

# --- chance_of_zero: |+⟩ against the 50/50 mixture -------------------------------------------------


def _source_inputs(rng: np.random.Generator) -> list[tuple[str, float]]:
    angles = [rng.uniform(0.2, 1.3), rng.uniform(1.8, 2.9), -rng.uniform(0.2, 1.3)]
    return [(kind, float(angle)) for angle in angles for kind in ("plus", "mixture")]


def _chance_of_zero(source: str, angle: float) -> float:
    rho = states.density_matrix(states.ket("+")) if source == "plus" else states.maximally_mixed_state(1)
    return float((1 + np.trace(rho @ (np.cos(angle) * Z + np.sin(angle) * X)).real) / 2)


def _always_even(source: str, angle: float) -> float:
    return 0.5


def _one_of_its_members(source: str, angle: float) -> float:
    return (1 + math.sin(angle)) / 2 if source == "plus" else (1 + math.cos(angle)) / 2


def _plus_read_as_zero(source: str, angle: float) -> float:
    return (1 + math.cos(angle)) / 2 if source == "plus" else 0.5


def _doubled_angle(source: str, angle: float) -> float:
    return (1 + math.sin(2 * angle)) / 2 if source == "plus" else 0.5


def _both_follow(source: str, angle: float) -> float:
    return (1 + math.sin(angle)) / 2


def _by_half_angle(source: str, angle: float) -> float:
    if source == "mixture":
        return 0.5
    return math.cos(angle / 2 - math.pi / 4) ** 2


def _by_projection(source: str, angle: float) -> float:
    zero = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    members = {"plus": [states.ket("+")], "mixture": [states.ket("0"), states.ket("1")]}[source]
    return float(np.mean([abs(np.vdot(zero, member)) ** 2 for member in members]))


def _by_rotation(source: str, angle: float) -> float:
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    turned = np.array([[c, s], [-s, c]])
    rho = np.full((2, 2), 0.5) if source == "plus" else np.eye(2) / 2
    return float((turned @ rho @ turned.T)[0, 0])


CHANCE_OF_ZERO = Task(
    id="02.chance_of_zero",
    title="Tell a superposition from a coin by turning the axis",
    outcome=PREDICT_MEASUREMENT,
    inputs=_source_inputs,
    reference=_chance_of_zero,
    returns=forms.number(0, 1),
    misconceptions=(
        Misconception(
            "always-even",
            "You carried the even odds along Z over to every axis. A superposition is not a bit that nobody has read "
            "yet: along other axes it is anything from even to certain.",
            _always_even,
            IGNORANCE,
        ),
        Misconception(
            "one-member",
            "You treated the mixture as if every device were in 0. Half of them are in 1, and those lean the other "
            "way by just as much.",
            _one_of_its_members,
            SHARED_SEED,
        ),
        Misconception(
            "plus-as-zero",
            "You turned the axis away from Z, where |+⟩ is not at home. |+⟩ points along X, so what counts is how far "
            "the axis is from X.",
            _plus_read_as_zero,
            ONE_SETTING,
        ),
        Misconception(
            "doubled-angle",
            "You doubled the angle, as one does for polarisers. The angle here is already that of the axis on the "
            "Bloch sphere.",
            _doubled_angle,
            CONVENTION,
        ),
        Misconception(
            "both-follow",
            "You gave the mixture a direction. A device that was prepared in 0 or in 1 by a coin has, on average, no "
            "direction at all, so no axis can be better than another.",
            _both_follow,
            IGNORANCE,
        ),
    ),
    alternatives=(_by_half_angle, _by_projection, _by_rotation),
    hints=(
        "One of the two sources does not care about the angle. Which one, and why?",
        "A pure state is certain along one axis and even along every axis at right angles to it.",
        "The chance is ½(1 + the cosine of the angle between the axis and the state's own direction).",
    ),
)

# --- chance_same: sequences of reads, Z X Z and its like ---------------------------------------------


def _sequence_inputs(rng: np.random.Generator) -> list[tuple[list[float]]]:
    a, b, c = rng.uniform(-1.2, 1.2, 3)
    return [
        ([float(a), float(a)],),
        ([0.0, math.pi / 2, 0.0],),
        ([float(a), float(a + rng.uniform(0.4, 1.1)), float(a)],),
        ([float(b), float(b + rng.uniform(0.3, 0.8)), float(c), float(b - 0.4)],),
    ]


def _chance_same(angles: Sequence[float]) -> float:
    return float((1 + np.prod(np.cos(np.diff(angles)))) / 2)


def _fresh_draw(angles: Sequence[float]) -> float:
    return 0.5


def _reads_do_nothing(angles: Sequence[float]) -> float:
    return (1 + math.cos(angles[-1] - angles[0])) / 2


def _looking_destroys(angles: Sequence[float]) -> float:
    between = [angle for angle in angles[1:-1] if abs(angle - angles[0]) > 1e-9]
    return 0.5 if between else (1 + math.cos(angles[-1] - angles[0])) / 2


def _never_flips(angles: Sequence[float]) -> float:
    return float(np.prod(np.cos(np.diff(angles) / 2) ** 2))


def _last_step_only(angles: Sequence[float]) -> float:
    return (1 + math.cos(angles[-1] - angles[-2])) / 2


def _by_transfer_matrix(angles: Sequence[float]) -> float:
    chances = np.array([1.0, 0.0])
    for before, after in pairwise(angles):
        stay = math.cos((after - before) / 2) ** 2
        chances = np.array([[stay, 1 - stay], [1 - stay, stay]]) @ chances
    return float(chances[0])


def _by_collapse(angles: Sequence[float]) -> float:
    rho = np.array([[1, 0], [0, 0]], dtype=complex)
    for angle in angles[1:]:
        axis = np.cos(angle - angles[0]) * Z + np.sin(angle - angles[0]) * X
        up, down = (np.eye(2) + axis) / 2, (np.eye(2) - axis) / 2
        last = float(np.trace(up @ rho).real)
        rho = up @ rho @ up + down @ rho @ down
    return last


def _by_recursion(angles: Sequence[float]) -> float:
    if len(angles) == 1:
        return 1.0
    before = _by_recursion(angles[:-1])
    stay = (1 + math.cos(angles[-1] - angles[-2])) / 2
    return before * stay + (1 - before) * (1 - stay)


CHANCE_SAME = Task(
    id="02.chance_same",
    title="Read again, and read again after a look from the side",
    outcome=PREDICT_MEASUREMENT,
    inputs=_sequence_inputs,
    reference=_chance_same,
    returns=forms.number(0, 1),
    misconceptions=(
        Misconception(
            "fresh-draw",
            "You let every read draw afresh. After a read the device is in the state that was found, and the same "
            "read again gives the same result, however often.",
            _fresh_draw,
            DISTURBANCE,
        ),
        Misconception(
            "reads-do-nothing",
            "You left out the reads in between, as if they were log lines. A read along another axis leaves the "
            "device pointing along that axis, and the next read starts from there.",
            _reads_do_nothing,
            COPYING,
        ),
        Misconception(
            "looking-destroys",
            "You let any read from the side erase everything. How much is lost depends on the angle: along nearly "
            "the same axis nearly nothing, at right angles all of it.",
            _looking_destroys,
            DISTURBANCE,
        ),
        Misconception(
            "never-flips",
            "You counted only the runs in which no read differed from the one before. A result that flips and flips "
            "back ends the same as it began, and those runs count too.",
            _never_flips,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "last-step-only",
            "You compared the last read with the one before it. The question is about the first, and what was lost "
            "on the way from the first stays lost.",
            _last_step_only,
            DISTURBANCE,
        ),
    ),
    alternatives=(_by_transfer_matrix, _by_collapse, _by_recursion),
    hints=(
        "Start with two reads: what is the chance that they agree if their axes are an angle δ apart?",
        "From one read to the next the result stays with chance cos²(δ/2), else it flips. An even number of flips "
        "counts as the same.",
        "Work with +1 and -1 instead of 0 and 1: the mean product of two neighbouring reads is cos δ, and means "
        "multiply along the chain.",
    ),
)

# --- shots_needed: how many repetitions for ±w ---------------------------------------------------------


def _precision_inputs(rng: np.random.Generator) -> list[tuple[float, float]]:
    widths = [rng.uniform(0.012, 0.03), rng.uniform(0.04, 0.08), rng.uniform(0.001, 0.004)]
    return [(float(w), float(z)) for w, z in zip(widths, rng.uniform(1.5, 3.2, 3), strict=True)]


def _shots_needed(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / (2 * half_width)) ** 2)


def _enough(got: int, expected: int, half_width: float, sigmas: float) -> bool:
    return expected <= got <= expected + 1


def _linear(half_width: float, sigmas: float) -> int:
    return math.ceil(sigmas / half_width)


def _one_sigma(half_width: float, sigmas: float) -> int:
    return math.ceil(1 / (4 * half_width**2))


def _unit_variance(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / half_width) ** 2)


def _sigmas_not_squared(half_width: float, sigmas: float) -> int:
    return math.ceil(sigmas / (4 * half_width**2))


def _whole_width(half_width: float, sigmas: float) -> int:
    return math.ceil((sigmas / (4 * half_width)) ** 2)


def _rounded_down(half_width: float, sigmas: float) -> int:
    return math.floor((sigmas / (2 * half_width)) ** 2)


def _from_variance(half_width: float, sigmas: float) -> int:
    standard_error = half_width / sigmas
    return int(np.ceil(0.25 / standard_error**2))


def _by_search(half_width: float, sigmas: float) -> int:
    low, high = 0, 1
    while sigmas * 0.5 / math.sqrt(high) > half_width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if sigmas * 0.5 / math.sqrt(middle) <= half_width else (middle, high)
    return high


def _one_more(half_width: float, sigmas: float) -> float:
    return math.floor(0.25 * (sigmas / half_width) ** 2) + 1


SHOTS_NEEDED = Task(
    id="02.shots_needed",
    title="Count the shots that a promised precision costs",
    outcome=PLAN_SHOTS,
    inputs=_precision_inputs,
    reference=_shots_needed,
    returns=forms.whole_number(0, what="a whole number of shots"),
    judge=_enough,
    tolerance=1e-9,
    misconceptions=(
        Misconception(
            "linear",
            "You let the precision grow in proportion to the shots. Independent errors partly cancel, so the error "
            "falls only with the square root: ten times the precision costs a hundred times the shots.",
            _linear,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "one-sigma",
            "You planned for one standard error. Within one standard error lies only about two thirds of all runs; "
            "the confidence asked for is part of the question.",
            _one_sigma,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "unit-variance",
            "You gave a single shot a spread of 1. A shot that is 0 or 1 spreads by at most half of that, however "
            "uncertain it is.",
            _unit_variance,
            CONVENTION,
        ),
        Misconception(
            "sigmas-not-squared",
            "You squared the width but not the confidence. Both stand under the same root: asking for twice as many "
            "standard errors costs as much as asking for half the width.",
            _sigmas_not_squared,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "whole-width",
            "You read ± as the whole width of the interval. It names the half on either side.",
            _whole_width,
            CONVENTION,
        ),
        Misconception(
            "rounded-down",
            "You rounded down. The plan must keep its promise, and one shot too few does not.",
            _rounded_down,
            CONVENTION,
        ),
    ),
    alternatives=(_from_variance, _by_search, _one_more),
    hints=(
        "The unknown probability p has a standard error of √(p(1-p)/n). Which p makes it largest?",
        "Demand that so many standard errors fit into the half-width, then solve for n.",
        "The largest spread of one shot is ½. Set sigmas · ½/√n equal to the half-width.",
    ),
)

# --- register_chances: the joint distribution of some qubits -------------------------------------------


def _register_inputs(rng: np.random.Generator) -> list[tuple[Array, list[int]]]:
    orders = ([0, 2], [2, 0], [1, 2], [1, 0])
    first, second = rng.permutation(len(orders))[:2]
    return [
        (states.random_ket(3, rng), list(orders[first])),
        (states.random_ket(3, rng), list(orders[second])),
        (np.roll(states.ghz_state(3), int(rng.integers(8))), [2, 0]),
    ]


def _register_chances(ket: Array, qubits: Sequence[int]) -> Array:
    return statevector.probabilities(ket, qubits)


def _magnitudes(ket: Array, qubits: Sequence[int]) -> Array:
    sizes = np.abs(np.asarray(ket)).reshape(2, 2, 2)
    dropped = ({0, 1, 2} - set(qubits)).pop()
    summed = sizes.sum(axis=dropped)
    table = summed if qubits[0] < qubits[1] else summed.T
    return (table / table.sum()).reshape(-1)


def _independent(ket: Array, qubits: Sequence[int]) -> Array:
    return np.kron(*(statevector.probabilities(ket, [q]) for q in qubits))


def _reading_order(ket: Array, qubits: Sequence[int]) -> Array:
    return statevector.probabilities(ket, [2 - q for q in qubits])


def _order_ignored(ket: Array, qubits: Sequence[int]) -> Array:
    dropped = ({0, 1, 2} - set(qubits)).pop()
    chances = (np.abs(np.asarray(ket)) ** 2).reshape(2, 2, 2).sum(axis=dropped)
    return chances.reshape(-1)


def _rest_in_zero(ket: Array, qubits: Sequence[int]) -> Array:
    dropped = ({0, 1, 2} - set(qubits)).pop()
    chances = (np.abs(np.asarray(ket)) ** 2).reshape(2, 2, 2).take(0, axis=dropped) + 1e-12
    table = chances if qubits[0] < qubits[1] else chances.T
    return (table / table.sum()).reshape(-1)


def _by_loop(ket: Array, qubits: Sequence[int]) -> list[float]:
    chances = [0.0] * 4
    for index, amplitude in enumerate(ket):
        bits = f"{index:03b}"
        chances[2 * int(bits[qubits[0]]) + int(bits[qubits[1]])] += abs(amplitude) ** 2
    return chances


def _by_einsum(ket: Array, qubits: Sequence[int]) -> Array:
    chances = np.abs(np.reshape(ket, (2, 2, 2))) ** 2
    return np.einsum(chances, [0, 1, 2], list(qubits)).ravel()


def _by_marginal_state(ket: Array, qubits: Sequence[int]) -> Array:
    return np.diag(states.partial_trace(ket, qubits)).real


REGISTER_CHANCES = Task(
    id="02.register_chances",
    title="Read two qubits out of a register of three",
    outcome=PREDICT_MEASUREMENT,
    inputs=_register_inputs,
    reference=_register_chances,
    returns=forms.numbers(4, what="four probabilities", low=0, high=1),
    misconceptions=(
        Misconception(
            "magnitudes",
            "You took amplitudes for probabilities and rescaled them. A chance is the squared magnitude, and squares "
            "add up to one by themselves.",
            _magnitudes,
            CONVENTION,
        ),
        Misconception(
            "independent",
            "You multiplied the two qubits' own distributions. That throws away every correlation between them, which "
            "is the very thing a joint distribution is for.",
            _independent,
            ONE_SETTING,
        ),
        Misconception(
            "reading-order",
            "You counted the qubits from the right, as some libraries do. In this course qubit 0 is the leftmost.",
            _reading_order,
            CONVENTION,
        ),
        Misconception(
            "order-ignored",
            "You gave the bits in the register's own order. The first qubit asked for gives the left bit of the "
            "result, whichever number it carries.",
            _order_ignored,
            CONVENTION,
        ),
        Misconception(
            "rest-in-zero",
            "You kept only the runs in which the third qubit reads 0. Nobody reads it: whatever it would show, the run "
            "counts.",
            _rest_in_zero,
            SAMPLE_IS_TRUTH,
        ),
    ),
    alternatives=(_by_loop, _by_einsum, _by_marginal_state),
    hints=(
        "Square the magnitudes first. You then have eight chances, one for each of 000, 001, … 111.",
        "Add up the chances that agree in both qubits asked for.",
        "Reshaped to (2, 2, 2), axis q belongs to qubit q: sum over the axis left out, then order the rest.",
    ),
)

TASKS = (CHANCE_OF_ZERO, CHANCE_SAME, SHOTS_NEEDED, REGISTER_CHANCES)
