"""Task 10.largest_ghz: the largest useful GHZ state on three data sheets."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab import _numeric
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import GROUP_OF_PAIRS, HEADLINE_FIGURE, JUDGE_DEVICES, NOISE_ARITHMETIC, ONE_SETTING
from qlab.checks._task import Arguments
from qlab.devices import ghz_size_limit

task = Declaration(
    id="10.largest_ghz",
    points=3,
    title="The largest useful GHZ state on three data sheets",
    outcome=JUDGE_DEVICES,
    returns=forms.listing(forms.whole_number(1), 3),
)


def _promise(n: float, two_qubit_infidelity: float, readout_e0: float, readout_e1: float) -> float:
    """The estimate of the task: gates, times the mean of populations and contrast as they are read."""
    gates = (1 - two_qubit_infidelity) * (1 - 7 / 6 * two_qubit_infidelity) ** (n - 2)
    populations = ((1 - readout_e0) ** n + (1 - readout_e1) ** n) / 2
    return gates * (populations + (1 - readout_e0 - readout_e1) ** n) / 2


def _gate_error_at(size: float, **readout: float) -> float:
    """The gate infidelity at which the estimate of this size is one half."""
    return _numeric.bisect(lambda r: _promise(size, r, **readout) > 0.5, 0.0, 0.1)


@task.inputs
def _largest_inputs(rng: np.random.Generator) -> list[Arguments]:
    """Sheets whose fidelity crosses one half just above a whole number of qubits, and sheets where just below it."""
    cases: list[Arguments] = []
    for past in (0.03, -0.03):
        sheets = []
        for e, low, high in ((0.008, 22, 30), (0.02, 14, 15), (0.002, 38, 50)):
            e0, e1 = e * rng.uniform(0.5, 0.9), e * rng.uniform(1.5, 1.9)
            size = int(rng.integers(low, high)) + past
            readout = {"readout_e0": float(e0), "readout_e1": float(e1)}
            sheets.append({"two_qubit_infidelity": _gate_error_at(size, **readout), **readout})
        cases.append(([sheets[int(i)] for i in rng.permutation(3)],))
    return cases


@task.reference
def _largest(sheets: list[dict[str, Any]]) -> list[int]:
    return [ghz_size_limit(**sheet) for sheet in sheets]


@task.misconception(
    HEADLINE_FIGURE,
    "You sized the state by the gates alone. Each qubit is read as well, and on one of the three sheets the readout "
    "is what ends it.",
)
def _only_the_gate_figure(sheets: list[dict[str, float]]) -> list[int]:
    return _largest([{**sheet, "readout_e0": 0.0, "readout_e1": 0.0} for sheet in sheets])


@task.misconception(
    HEADLINE_FIGURE,
    "You sized the state by the readout alone. It needs n - 1 gates too, and on one of the three sheets they are what "
    "ends it.",
)
def _only_the_readout(sheets: list[dict[str, float]]) -> list[int]:
    return _largest([{**sheet, "two_qubit_infidelity": 0.0} for sheet in sheets])


@task.misconception(
    ONE_SETTING,
    "You judged by how often all results are equal. So does a row of copied coins; half of the fidelity is the "
    "contrast, which falls faster.",
)
def _populations_are_enough(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        r, e0, e1 = sheet["two_qubit_infidelity"], sheet["readout_e0"], sheet["readout_e1"]
        n = 1
        while (1 - r) * (1 - 7 / 6 * r) ** (n - 1) * ((1 - e0) ** (n + 1) + (1 - e1) ** (n + 1)) / 2 > 0.5:
            n += 1
        found.append(n)
    return found


@task.misconception(
    NOISE_ARITHMETIC,
    "You went on until one gate error is expected. That is a rule of thumb for running out of luck, and it knows "
    "neither the threshold nor the readout.",
)
def _one_error_expected(sheets: list[dict[str, float]]) -> list[int]:
    return [round(1 / sheet["two_qubit_infidelity"]) for sheet in sheets]


@task.misconception(
    GROUP_OF_PAIRS,
    "You asked for a fidelity of nine tenths. Above one half, all qubits are entangled together for certain; more is "
    "better and not the question.",
)
def _nine_tenths_or_nothing(sheets: list[dict[str, Any]]) -> list[int]:
    return [ghz_size_limit(threshold=0.9, **sheet) for sheet in sheets]


@task.alternative
def _largest_by_counting(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        n = 1
        while _promise(n + 1, **sheet) > 0.5:
            n += 1
        found.append(n)
    return found


@task.alternative
def _largest_with_arrays(sheets: list[dict[str, float]]) -> list[int]:
    n = np.arange(2, 3000)
    found = []
    for sheet in sheets:
        r, e0, e1 = sheet["two_qubit_infidelity"], sheet["readout_e0"], sheet["readout_e1"]
        read = ((1 - e0) ** n + (1 - e1) ** n) / 4 + (1 - e0 - e1) ** n / 2
        found.append(int(1 + np.count_nonzero((1 - r) * (1 - 7 * r / 6) ** (n - 2) * read > 0.5)))
    return found


@task.alternative
def _largest_by_halving(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        low, high = 1, 4096
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _promise(middle, **sheet) > 0.5 else (low, middle)
        found.append(low)
    return found


TASK = task.with_hints(
    "Write the estimate as a function of n first, and look how it falls.",
    "F(n) = (1 - r)(1 - 7r/6)ⁿ⁻² · (P + C)/2 with P = ((1-e0)ⁿ + (1-e1)ⁿ)/2 and C = (1-e0-e1)ⁿ.",
    "The largest n with F(n) above one half, for each sheet. devices.ghz_size_limit(**sheet) does the same search.",
)
