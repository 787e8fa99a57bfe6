"""Task 08.pair_figures: from a device's description to a pair."""

from __future__ import annotations

import math

import numpy as np

from qlab.bell.chsh import chsh_value
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, HEADLINE_FIGURE, JUDGE_DEVICES, NOISE_ARITHMETIC
from qlab.checks._task import Arguments, Row
from qlab.checks._views import close
from qlab.circuits import Circuit
from qlab.measures import fidelity
from qlab.simulator import run_density_matrix
from qlab.states import epr_pair

task = Declaration(
    id="08.pair_figures",
    points=4,
    title="From a device's description to a pair",
    outcome=JUDGE_DEVICES,
    returns=forms.record(fidelity=forms.number(0, 1), s=forms.number(-4, 4)),
)


@task.inputs
def _figures_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(rng.uniform(0.002, 0.006)), float(rng.uniform(0.01, 0.04)), float(rng.uniform(0.01, 0.05)))
        for _ in range(3)
    ]


@task.reference
def _figures(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    """Average infidelity r is a Pauli error of chance 3r/2 on one qubit and 5r/4 on two."""
    circuit = Circuit(2).h(0).noise("depolarizing", 0, params=[1.5 * one_qubit_error])
    rho = run_density_matrix(circuit.cnot(0, 1).noise("depolarizing", 0, 1, params=[1.25 * two_qubit_error]))
    return {"fidelity": fidelity(epr_pair(), rho), "s": float(chsh_value(rho)) * (1 - 2 * readout_error) ** 2}


@task.misconception(
    HEADLINE_FIGURE,
    "You left the readout out of S. The pair may be excellent; what a customer measures is the pair as seen through "
    "two readouts, and on many machines they cost more than the gate.",
)
def _readout_forgotten(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    return _figures_closed(one_qubit_error, two_qubit_error, 0.0)


@task.misconception(
    NOISE_ARITHMETIC,
    "You let only one side misread. Each correlation passes through both readouts, so the factor comes twice.",
)
def _one_side_misread(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    given = _figures_closed(one_qubit_error, two_qubit_error, 0.0)
    return {**given, "s": given["s"] * (1 - 2 * readout_error)}


@task.misconception(
    CONVENTION,
    "You took the average infidelity for the weight of complete noise. Complete noise still looks right part of the "
    "time, so the weight is larger than the infidelity.",
)
def _infidelity_is_weight(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    return _figures_closed(one_qubit_error / 2, 0.75 * two_qubit_error, readout_error)


@task.misconception(
    CONVENTION,
    "You took the average infidelity for the chance of an error. Some errors leave some states as they were, so errors "
    "are more frequent than the infidelity says.",
)
def _infidelity_is_error_chance(
    one_qubit_error: float, two_qubit_error: float, readout_error: float
) -> dict[str, float]:
    return _figures_closed(2 / 3 * one_qubit_error, 0.8 * two_qubit_error, readout_error)


@task.remark
def _one_gate_converted(rows: list[Row]) -> str | None:
    """The infidelity of one gate was turned into the chance of an error, that of the other was not."""
    for which, one, two in (("one-qubit", 2 / 3, 1.0), ("two-qubit", 1.0, 0.8)):
        given = [_figures_closed(one * first, two * second, readout) for _, _, (first, second, readout) in rows]
        if all(close(got, made) for (got, _, _), made in zip(rows, given, strict=True)):
            return f"You took the {which} gate's average infidelity for the chance of an error, which is larger."
    return None


@task.misconception(
    NOISE_ARITHMETIC,
    "You scaled S with the fidelity. A state with no correlation has fidelity one quarter and S zero, so S falls "
    "faster.",
)
def _s_in_proportion_to_fidelity(
    one_qubit_error: float, two_qubit_error: float, readout_error: float
) -> dict[str, float]:
    f = _figures_closed(one_qubit_error, two_qubit_error, readout_error)["fidelity"]
    return {"fidelity": f, "s": 2 * math.sqrt(2) * f * (1 - 2 * readout_error) ** 2}


@task.misconception(
    HEADLINE_FIGURE,
    "You charged the readout to the pair's fidelity. It spoils what you see of the pair and not the pair; a protocol "
    "that corrects for it gets the difference back.",
)
def _readout_damages_the_pair(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    given = _figures_closed(one_qubit_error, two_qubit_error, readout_error)
    return {**given, "fidelity": given["fidelity"] * (1 - readout_error) ** 2}


@task.alternative
def _figures_closed(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    kept, phase = 1 - 4 * two_qubit_error / 3, 1 - 2 * one_qubit_error
    zz, xx, yy = kept, kept * phase, -kept * phase
    return {"fidelity": (1 + zz + xx - yy) / 4, "s": math.sqrt(2) * (zz + xx) * (1 - 2 * readout_error) ** 2}


@task.alternative
def _figures_by_matrices(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    plus = np.full((2, 2), 0.5)
    first = (1 - 2 * one_qubit_error) * plus + 2 * one_qubit_error * np.eye(2) / 2
    cnot = np.eye(4)[[0, 1, 3, 2]]
    rho = cnot @ np.kron(first, np.diag([1, 0])) @ cnot.T
    rho = (1 - 4 / 3 * two_qubit_error) * rho + 4 / 3 * two_qubit_error * np.eye(4) / 4
    x = np.array([[0, 1], [1, 0]])
    z = np.diag([1, -1])
    flip = 1 - 2 * readout_error
    zz, xx = (float(np.trace(rho @ np.kron(p, p))) * flip**2 for p in (z, x))
    bell = np.array([1, 0, 0, 1]) / math.sqrt(2)
    return {"fidelity": float(bell @ rho @ bell), "s": (zz + xx) * math.sqrt(2)}


@task.alternative
def _figures_by_pauli_errors(one_qubit_error: float, two_qubit_error: float, readout_error: float) -> dict[str, float]:
    """Which Bell state each error leads to: after H, X does nothing and Y, Z flip the phase; then 15 equal errors."""
    flipped = one_qubit_error
    weights = np.array([1 - flipped, flipped, 0, 0])
    spread = 4 * two_qubit_error / 3
    weights = (1 - spread) * weights + spread / 4
    zz, xx = np.array([1, 1, -1, -1]) @ weights, np.array([1, -1, 1, -1]) @ weights
    return {"fidelity": float(weights[0]), "s": float(np.sqrt(2) * (zz + xx) * (1 - 2 * readout_error) ** 2)}


TASK = task.with_hints(
    "Build it: H on qubit 0, noise, CNOT, noise. Then take fidelity and S of the density matrix.",
    "A depolarizing channel with average infidelity r applies a Pauli error with chance 3r/2 on one qubit and 5r/4 on "
    "two. simulator.run_density_matrix runs the noisy circuit.",
    "Each side's readout flips with chance e and multiplies every correlation by 1 - 2e; S has it from both sides. "
    "The fidelity asked for is that of the pair itself.",
)
