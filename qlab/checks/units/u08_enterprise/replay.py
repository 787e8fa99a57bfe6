"""Task 08.replay: a record that replays."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import HEADLINE_FIGURE, NOISE_ARITHMETIC, PREDICT_MEASUREMENT, SAMPLE_IS_TRUTH
from qlab.checks._task import Arguments

OUTCOMES = ("00", "01", "10", "11")

task = Declaration(
    id="08.replay",
    points=4,
    title="A record that replays",
    outcome=PREDICT_MEASUREMENT,
    returns=forms.mapping(forms.whole_number(0), OUTCOMES),
)


@task.inputs
def _replay_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (
            {
                "backend": "bench-2",
                "calibration": {
                    "pair_fidelity": float(rng.uniform(0.85, 0.95)),
                    "e0": float(rng.uniform(0.02, 0.05)),
                    "e1": float(rng.uniform(0.07, 0.12)),
                },
                "shots": int(rng.integers(30_000, 90_000)),
                "seed": int(rng.integers(1, 2**31)),
            },
        )
        for _ in range(3)
    ]


def _chances(calibration: dict[str, float]) -> Any:
    """Outcomes of a Werner pair read in Z, through a readout that misreads 0 with chance e0 and 1 with e1."""
    unequal = (1 - calibration["pair_fidelity"]) / 3
    pair = np.array([0.5 - unequal, unequal, unequal, 0.5 - unequal])
    e0, e1 = calibration["e0"], calibration["e1"]
    seen = np.array([[1 - e0, e1], [e0, 1 - e1]])
    return np.kron(seen, seen) @ pair


def _drawn(record: dict[str, Any], seed: int, shots: int, chances: Any) -> dict[str, int]:
    counts = np.random.default_rng(seed).multinomial(shots, chances)
    return {outcome: int(n) for outcome, n in zip(OUTCOMES, counts, strict=True)}


@task.reference
def _replay(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], record["shots"], _chances(record["calibration"]))


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You used a seed of your own. A replay must give the very counts of the record, and for that the simulator's "
    "randomness is part of it.",
)
def _seed_of_ones_own(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, 0, record["shots"], _chances(record["calibration"]))


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You returned what is expected on average. The record holds one run, with its scatter; a log that shows averages "
    "cannot be audited.",
)
def _expected_counts(record: dict[str, Any]) -> dict[str, int]:
    return {o: round(record["shots"] * p) for o, p in zip(OUTCOMES, _chances(record["calibration"]), strict=True)}


@task.misconception(
    HEADLINE_FIGURE,
    "You replayed on an ideal machine. The calibration of that day is part of the job; without it the result belongs "
    "to another device.",
)
def _ideal_backend(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], record["shots"], [0.5, 0, 0, 0.5])


@task.misconception(
    SAMPLE_IS_TRUTH,
    "You ran the customary number of shots. It stands in the record, and every error bar that was reported depends on "
    "it.",
)
def _habitual_shots(record: dict[str, Any]) -> dict[str, int]:
    return _drawn(record, record["seed"], 1024, _chances(record["calibration"]))


@task.misconception(
    NOISE_ARITHMETIC,
    "You averaged the two readout errors. Reading 1 fails more often than reading 0 on most machines, and the "
    "histogram leans because of it.",
)
def _readout_averaged(record: dict[str, Any]) -> dict[str, int]:
    c = record["calibration"]
    mean = (c["e0"] + c["e1"]) / 2
    return _drawn(record, record["seed"], record["shots"], _chances({**c, "e0": mean, "e1": mean}))


@task.alternative
def _replay_spelled_out(record: dict[str, Any]) -> dict[str, int]:
    c = record["calibration"]
    u = (1 - c["pair_fidelity"]) / 3
    s = 0.5 - u
    a, b = 1 - c["e0"], 1 - c["e1"]
    p00 = s * a * a + 2 * u * a * c["e1"] + s * c["e1"] ** 2
    p11 = s * c["e0"] ** 2 + 2 * u * c["e0"] * b + s * b * b
    rest = (1 - p00 - p11) / 2
    counts = np.random.default_rng(record["seed"]).multinomial(record["shots"], [p00, rest, rest, p11])
    return dict(zip(OUTCOMES, map(int, counts), strict=True))


@task.alternative
def _replay_with_einsum(record: dict[str, Any]) -> dict[str, int]:
    calibration = record["calibration"]
    wrong = (1 - calibration["pair_fidelity"]) / 3
    table = np.array([[0.5 - wrong, wrong], [wrong, 0.5 - wrong]])
    read = np.array([[1 - calibration["e0"], calibration["e1"]], [calibration["e0"], 1 - calibration["e1"]]])
    chances = np.einsum("ai,bj,ij->ab", read, read, table).ravel()
    generator = np.random.Generator(np.random.PCG64(record["seed"]))
    return {f"{k:02b}": int(n) for k, n in enumerate(generator.multinomial(record["shots"], chances))}


@task.alternative
def _replay_copies_counts(record: dict[str, Any]) -> dict[str, int]:
    found = _replay(dict(record))
    return {key: found[key] for key in sorted(found)}


TASK = task.with_hints(
    "Work out the four chances first: a Werner pair read in Z, then each side through its readout.",
    "The pair gives unequal results with chance (1 - F)/3 each. The readout matrix [[1-e0, e1], [e0, 1-e1]] acts on "
    "both sides; np.kron of it with itself acts on the four outcomes.",
    "np.random.default_rng(seed).multinomial(shots, chances), with the four in the order 00, 01, 10, 11, gives the "
    "counts of the record.",
)
