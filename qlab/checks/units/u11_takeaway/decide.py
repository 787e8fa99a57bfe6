"""Task 11.decide: ten claims, and the test that decides each."""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import (
    ENTANGLED_MEANS_USEFUL,
    HEADLINE_FIGURE,
    JUDGE_CLAIMS,
    QUANTUM_MEANS_SECURE,
    SELECTED_DATA,
    SHARED_SEED,
    SIGNALLING,
)
from qlab.checks._task import Arguments, Row

TESTS = (
    "bell test",
    "second setting",
    "count every round",
    "far marginal",
    "impersonation",
    "key rate",
    "store and measure",
    "parity oscillation",
    "readout matrix",
    "teleport fidelity",
)

VERDICTS = ("holds", "with conditions", "wrong")

task = Declaration(
    id="11.decide",
    points=3,
    title="Ten claims, and the test that decides each",
    outcome=JUDGE_CLAIMS,
    returns=forms.record(verdict=forms.choice(*VERDICTS), test=forms.choice(*TESTS)),
)

CLAIMS = (
    "agreement",
    "violation",
    "dropped rounds",
    "instant replicas",
    "no other keys",
    "key at eight percent",
    "memory time",
    "hundred qubits",
    "gate fidelity",
    "teleportation",
)
"""Short names of the ten claims, whose full text stands in the notebook."""


@task.inputs
def _decide_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(CLAIMS[int(i)],) for i in rng.permutation(len(CLAIMS))]


@task.reference
def _decide(claim: str) -> dict[str, str]:
    decided = {
        "agreement": ("wrong", "second setting"),
        "violation": ("with conditions", "bell test"),
        "dropped rounds": ("wrong", "count every round"),
        "instant replicas": ("wrong", "far marginal"),
        "no other keys": ("wrong", "impersonation"),
        "key at eight percent": ("with conditions", "key rate"),
        "memory time": ("wrong", "store and measure"),
        "hundred qubits": ("with conditions", "parity oscillation"),
        "gate fidelity": ("wrong", "readout matrix"),
        "teleportation": ("holds", "teleport fidelity"),
    }
    verdict, test = decided[claim]
    return {"verdict": verdict, "test": test}


DECIDING = {
    "agreement": "two copies of one random file agree as often, so agreement in one setting shows nothing",
    "violation": "a violation with every round counted rules out local answers, provided that the settings were chosen "
    "independently of the devices and no message could pass between the sides",
    "dropped rounds": "at sixty per cent efficiency a local program that stays silent when it likes reaches that value",
    "instant replicas": "the far side's statistics do not depend on what is done here, under any condition",
    "no other keys": "somebody in the middle can play both partners, unless a key or signature tells them apart",
    "key at eight percent": "below eleven per cent key is possible; how much is left after error correction, and from "
    "a finite block, decides",
    "memory time": "the pair fails its test well before the coherence time is over",
    "hundred qubits": "it can be shown, and it depends on how many are entangled together and how well",
    "gate fidelity": "the readout's errors come on top of the gate's in whatever you measure",
    "teleportation": "it says what arrives and what it costs: a pair, two bits, and the original",
}
"""What decides the verdict on each claim, said after a verdict that is not right."""


@task.remark
def _what_decides(rows: list[Row]) -> str | None:
    """Of the first claim with another verdict, whether it was too kind or too strict, and what decides."""
    for got, expected, (claim,) in rows:
        if got["verdict"] != expected["verdict"]:
            kind = VERDICTS.index(got["verdict"]) < VERDICTS.index(expected["verdict"])
            return f"You were too {'kind to' if kind else 'strict with'} {claim!r}: {DECIDING[claim]}."
    return None


@task.misconception(
    SHARED_SEED,
    "You let agreement stand as proof. Two copies of one random file agree as well; nothing was shown until both "
    "sides were asked a second question.",
)
def _agreement_convinces(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "holds"} if claim == "agreement" else _decide(claim)


@task.misconception(
    SELECTED_DATA,
    "You accepted a violation from the rounds that were kept. At sixty per cent efficiency, a local model that "
    "chooses when to stay silent reaches any value; every round must count.",
)
def _selection_convinces(claim: str) -> dict[str, str]:
    return {"verdict": "holds", "test": "bell test"} if claim == "dropped rounds" else _decide(claim)


@task.misconception(
    SIGNALLING,
    "You left a door open for replicas that update at once. No condition opens it: the far side's statistics do not "
    "depend on what is done here.",
)
def _signals_under_conditions(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "with conditions"} if claim == "instant replicas" else _decide(claim)


@task.misconception(
    QUANTUM_MEANS_SECURE,
    "You took keys from a quantum link as secure by that alone. They need an authenticated channel, and their rate "
    "depends on error correction and on how much data there was.",
)
def _quantum_so_secure(claim: str) -> dict[str, str]:
    trusted = claim in ("no other keys", "key at eight percent")
    return {"verdict": "holds", "test": "key rate"} if trusted else _decide(claim)


@task.misconception(
    HEADLINE_FIGURE,
    "You took headline figures as they stand. A coherence time is not a storage time for pairs, a number of qubits is "
    "not a number entangled, and a gate figure leaves out the readout.",
)
def _sheet_so_it_holds(claim: str) -> dict[str, str]:
    trusted = claim in ("memory time", "hundred qubits", "gate fidelity")
    return {**_decide(claim), "verdict": "holds"} if trusted else _decide(claim)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You turned everything down. Four of the claims are true, some of them under conditions that a contract can state, "
    "and rejecting those costs you the vendor who did it right.",
)
def _nothing_holds(claim: str) -> dict[str, str]:
    return {**_decide(claim), "verdict": "wrong"}


@task.alternative
def _decide_two_tables(claim: str) -> dict[str, str]:
    sound = {"teleportation": "holds"}
    open_ones = {
        "violation": "with conditions",
        "key at eight percent": "with conditions",
        "hundred qubits": "with conditions",
    }
    tests = {
        "agreement": "second setting",
        "violation": "bell test",
        "dropped rounds": "count every round",
        "instant replicas": "far marginal",
        "no other keys": "impersonation",
        "key at eight percent": "key rate",
        "memory time": "store and measure",
        "hundred qubits": "parity oscillation",
        "gate fidelity": "readout matrix",
        "teleportation": "teleport fidelity",
    }
    return {"verdict": {**sound, **open_ones}.get(claim, "wrong"), "test": tests[claim]}


@task.alternative
def _decide_by_cases(claim: str) -> dict[str, str]:
    match claim:
        case "violation":
            return {"verdict": "with conditions", "test": "bell test"}
        case "teleportation":
            return {"verdict": "holds", "test": "teleport fidelity"}
        case "key at eight percent":
            return {"verdict": "with conditions", "test": "key rate"}
        case "hundred qubits":
            return {"verdict": "with conditions", "test": "parity oscillation"}
    tests = {"agreement": "second setting", "dropped rounds": "count every round", "instant replicas": "far marginal"}
    tests |= {"no other keys": "impersonation", "memory time": "store and measure", "gate fidelity": "readout matrix"}
    return {"verdict": "wrong", "test": tests[claim]}


@task.alternative
def _decide_in_capitals(claim: str) -> dict[str, str]:
    given = _decide(claim)
    return {"test": given["test"].title(), "verdict": given["verdict"].upper()}


TASK = task.with_hints(
    "For each claim ask first: would a shared seed, or a lucky selection, give the same evidence?",
    "One claim holds as written, three need conditions, six are wrong.",
    "Conditions are missing where the claim leaves out what decides: how the settings were chosen and that no message "
    "could pass, the key rate after error correction, how many of the qubits are entangled together.",
)
