"""Task faq.ghz_success: are more qubits better?"""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import GROUP_OF_PAIRS, HEADLINE_FIGURE, JUDGE_DEVICES, NOISE_ARITHMETIC
from qlab.checks._task import Arguments

task = Declaration(
    id="faq.ghz_success",
    points=2,
    title="Are more qubits better?",
    outcome=JUDGE_DEVICES,
    returns=forms.number(0, 1, what="a probability"),
)


@task.inputs
def _ghz_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (int(rng.integers(5, 60)), float(rng.uniform(0.002, 0.012)), float(rng.uniform(0.01, 0.04))) for _ in range(4)
    ]


@task.reference
def _ghz(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1) * (1 - readout_error) ** num_qubits)


@task.misconception(
    HEADLINE_FIGURE,
    "You judged a large state by the figure of one pair. Every further qubit brings a gate and a readout, and all of "
    "them must go right.",
)
def _large_state_like_a_pair(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return (1 - gate_error) * (1 - readout_error) ** 2


@task.misconception(
    HEADLINE_FIGURE,
    "You counted the gates and left out the readout. On most machines the readout is the larger error, and there is "
    "one for every qubit.",
)
def _readout_left_out(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1))


@task.misconception(
    NOISE_ARITHMETIC,
    "You added the errors up. That is a fair estimate for few and small ones; for many, chances of success multiply.",
)
def _errors_add_up(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return max(0.0, 1 - (num_qubits - 1) * gate_error - num_qubits * readout_error)


@task.misconception(
    GROUP_OF_PAIRS,
    "You entangled every qubit with every other. A chain of n - 1 gates is enough: a GHZ state is one correlation of "
    "all, not a web of pairs.",
)
def _every_pair_linked(num_qubits: int, gate_error: float, readout_error: float) -> float:
    links = num_qubits * (num_qubits - 1) // 2
    return float((1 - gate_error) ** links * (1 - readout_error) ** num_qubits)


@task.alternative
def _ghz_by_logs(num_qubits: int, gate_error: float, readout_error: float) -> float:
    gates = (num_qubits - 1) * np.log1p(-gate_error)
    return float(np.exp(gates + num_qubits * np.log1p(-readout_error)))


@task.alternative
def _ghz_by_loop(num_qubits: int, gate_error: float, readout_error: float) -> float:
    chance = 1 - readout_error
    for _ in range(num_qubits - 1):
        chance *= (1 - gate_error) * (1 - readout_error)
    return chance


@task.alternative
def _ghz_by_list(num_qubits: int, gate_error: float, readout_error: float) -> float:
    steps = [1 - gate_error] * (num_qubits - 1) + [1 - readout_error] * num_qubits
    return float(np.prod(steps))


TASK = task.with_hints(
    "A GHZ state of n qubits needs n - 1 two-qubit gates and n readouts.",
    "No step may fail, and the steps fail independently.",
    "Multiply the chances that each step goes right.",
)
