"""Task 06.dense_audit: superdense coding: audit what travels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import COPYING, ENTANGLED_MEANS_USEFUL, HEADLINE_FIGURE, NOISE_ARITHMETIC, PLAN_LINKS
from qlab.checks._task import Arguments
from qlab.gates import I, X, Z
from qlab.measures import entropy
from qlab.states import werner_state

task = Declaration(
    id="06.dense_audit",
    points=3,
    title="Superdense coding: audit what travels",
    outcome=PLAN_LINKS,
    returns=forms.record(bits=forms.number(0, 2), qubits_in_total=forms.whole_number(0), worth_it=forms.boolean()),
)


@task.inputs
def _dense_inputs(rng: np.random.Generator) -> list[Arguments]:
    """The perfect pair, pairs closely on both sides of the one whose yield is a plain bit, and pairs far from it."""
    ranges = ((0.9, 0.97), (0.813, 0.82), (0.8, 0.808), (0.55, 0.7))
    return [(1.0,), *((float(rng.uniform(low, high)),) for low, high in ranges)]


def _report(bits: float, qubits: int) -> dict[str, Any]:
    return {"bits": float(bits), "qubits_in_total": qubits, "worth_it": bool(bits > 1)}


@task.reference
def _dense(pair_fidelity: float) -> dict[str, Any]:
    return _report(2 - entropy(werner_state(pair_fidelity)), 2)


@task.misconception(
    HEADLINE_FIGURE,
    "You booked two bits for any pair. That is the perfect pair's yield; noise takes its share out of it.",
)
def _two_bits_always(pair_fidelity: float) -> dict[str, Any]:
    return _report(2.0, 2)


@task.misconception(
    COPYING,
    "You counted the qubit that carries the message and forgot the other half, which had to travel earlier. Nothing "
    "was compressed; half of the transport was done in advance.",
)
def _first_half_was_free(pair_fidelity: float) -> dict[str, Any]:
    return _report(_dense(pair_fidelity)["bits"], 1)


@task.misconception(
    NOISE_ARITHMETIC,
    "You scaled the bits with the fidelity. What noise takes is an entropy, and that bites early: the first few per "
    "cent of noise cost the most.",
)
def _bits_in_proportion(pair_fidelity: float) -> dict[str, Any]:
    return _report(2 * pair_fidelity, 2)


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You called it worth it as soon as the pair is entangled. A plain qubit carries one bit without any pair, and a "
    "weakly entangled pair stays below that.",
)
def _entangled_so_worth_it(pair_fidelity: float) -> dict[str, Any]:
    return {**_dense(pair_fidelity), "worth_it": pair_fidelity > 0.5}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let the scheme never fall below one bit. Used as superdense coding, a noisy pair delivers less; to get the "
    "one bit back one must stop using it.",
)
def _never_below_one(pair_fidelity: float) -> dict[str, Any]:
    return _report(max(1.0, _dense(pair_fidelity)["bits"]), 2)


@task.alternative
def _dense_by_weights(pair_fidelity: float) -> dict[str, Any]:
    weights = np.array([pair_fidelity] + 3 * [(1 - pair_fidelity) / 3])
    weights = weights[weights > 0]
    return _report(2 + float(weights @ np.log2(weights)), 2)


@task.alternative
def _dense_by_ensemble(pair_fidelity: float) -> dict[str, Any]:
    """Holevo's quantity of the four signals: entropy of their average less the entropy of each."""
    rho = werner_state(pair_fidelity)
    signals = [np.kron(u, I) @ rho @ np.kron(u, I).conj().T for u in (I, X, Z, X @ Z)]
    average: Any = sum(signals) / 4
    return _report(entropy(average) - entropy(rho), 2)


@task.alternative
def _dense_by_logs(pair_fidelity: float) -> dict[str, Any]:
    f, rest = pair_fidelity, 1 - pair_fidelity
    lost = -f * math.log2(f) - (rest * math.log2(rest / 3) if rest > 0 else 0)
    return _report(2 - lost, 2)


TASK = task.with_hints(
    "Count every qubit that crosses the line, at any time.",
    "A Werner pair delivers 2 - S(ρ) bits, with the entropy of the pair in bits.",
    "measures.entropy(states.werner_state(fidelity)) is S(ρ); sending one plain bit is what it must beat.",
)
