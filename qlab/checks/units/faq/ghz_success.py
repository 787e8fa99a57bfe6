"""Task faq.ghz_success: are more qubits better?"""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._families import GROUP_OF_PAIRS, HEADLINE_FIGURE, JUDGE_DEVICES, NOISE_ARITHMETIC
from qlab.checks._task import Arguments, Misconception, Task


def _ghz_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (int(rng.integers(5, 60)), float(rng.uniform(0.002, 0.012)), float(rng.uniform(0.01, 0.04))) for _ in range(4)
    ]


def _ghz(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1) * (1 - readout_error) ** num_qubits)


def _ghz_as_one_pair(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return (1 - gate_error) * (1 - readout_error) ** 2


def _ghz_gates_only(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return float((1 - gate_error) ** (num_qubits - 1))


def _ghz_linear(num_qubits: int, gate_error: float, readout_error: float) -> float:
    return max(0.0, 1 - (num_qubits - 1) * gate_error - num_qubits * readout_error)


def _ghz_all_pairs(num_qubits: int, gate_error: float, readout_error: float) -> float:
    links = num_qubits * (num_qubits - 1) // 2
    return float((1 - gate_error) ** links * (1 - readout_error) ** num_qubits)


def _ghz_by_logs(num_qubits: int, gate_error: float, readout_error: float) -> float:
    gates = (num_qubits - 1) * np.log1p(-gate_error)
    return float(np.exp(gates + num_qubits * np.log1p(-readout_error)))


def _ghz_by_loop(num_qubits: int, gate_error: float, readout_error: float) -> float:
    chance = 1 - readout_error
    for _ in range(num_qubits - 1):
        chance *= (1 - gate_error) * (1 - readout_error)
    return chance


def _ghz_by_list(num_qubits: int, gate_error: float, readout_error: float) -> float:
    steps = [1 - gate_error] * (num_qubits - 1) + [1 - readout_error] * num_qubits
    return float(np.prod(steps))


TASK = Task(
    id="faq.ghz_success",
    title="Are more qubits better?",
    outcome=JUDGE_DEVICES,
    inputs=_ghz_inputs,
    reference=_ghz,
    returns=forms.number(0, 1, what="a probability"),
    misconceptions=(
        Misconception(
            "large-state-like-a-pair",
            "You judged a large state by the figure of one pair. Every further qubit brings a gate and a readout, "
            "and all of them must go right.",
            _ghz_as_one_pair,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "readout-left-out",
            "You counted the gates and left out the readout. On most machines the readout is the larger error, and "
            "there is one for every qubit.",
            _ghz_gates_only,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "errors-add-up",
            "You added the errors up. That is a fair estimate for few and small ones; for many, chances of success "
            "multiply.",
            _ghz_linear,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "every-pair-linked",
            "You entangled every qubit with every other. A chain of n - 1 gates is enough: a GHZ state is one "
            "correlation of all, not a web of pairs.",
            _ghz_all_pairs,
            GROUP_OF_PAIRS,
        ),
    ),
    alternatives=(_ghz_by_logs, _ghz_by_loop, _ghz_by_list),
    hints=(
        "A GHZ state of n qubits needs n - 1 two-qubit gates and n readouts.",
        "No step may fail, and the steps fail independently.",
        "Multiply the chances that each step goes right.",
    ),
    points=2,
)
