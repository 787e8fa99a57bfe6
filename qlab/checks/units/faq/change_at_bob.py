"""Task faq.change_at_bob: does it signal?"""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, NO_SIGNALLING, SELECTED_DATA, SIGNALLING
from qlab.checks._task import Arguments
from qlab.measures import trace_distance
from qlab.states import density_matrix, epr_pair, partial_trace, random_density_matrix, werner_state

task = Declaration(
    id="faq.change_at_bob",
    points=2,
    title="Does a measurement here show over there?",
    outcome=NO_SIGNALLING,
    returns=forms.number(0, 1, what="a trace distance"),
)


@task.inputs
def _change_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = [(density_matrix(epr_pair()),), (werner_state(float(rng.uniform(0.6, 0.9))),)]
    return [*cases, (random_density_matrix(2, rng, rank=2),), (random_density_matrix(2, rng),)]


def _after_alice_reads(rho: Any, keep: tuple[int, ...] = (0, 1)) -> Any:
    """The pair after Alice measured Z: the branches of her outcomes that are kept, added up."""
    projectors = [np.kron(np.diag([1.0 - bit, 1.0 * bit]), np.eye(2)) for bit in keep]
    total = sum(p @ rho @ p for p in projectors)
    return total / np.trace(total)


@task.reference
def _change(rho: Any) -> float:
    before, after = partial_trace(rho, [1]), partial_trace(_after_alice_reads(rho), [1])
    return round(trace_distance(before, after), 9)


@task.misconception(
    SELECTED_DATA,
    "You followed one of Alice's outcomes. Bob does not know which one it was, so what he can see is the mixture of "
    "both.",
)
def _one_outcome_is_all(rho: Any) -> float:
    return trace_distance(partial_trace(rho, [1]), partial_trace(_after_alice_reads(rho, (0,)), [1]))


@task.misconception(
    SIGNALLING,
    "You compared the pair as a whole before and after. That difference shows only when both sides lay their records "
    "together; Bob alone holds one half, and its statistics are the question.",
)
def _pair_for_half(rho: Any) -> float:
    return trace_distance(rho, _after_alice_reads(rho))


@task.misconception(
    CONVENTION,
    "You looked at Alice's half. That she learns something is no surprise; the question is what reaches Bob.",
)
def _alice_for_bob(rho: Any) -> float:
    return trace_distance(partial_trace(rho, [0]), partial_trace(_after_alice_reads(rho, (0,)), [0]))


@task.misconception(
    SIGNALLING,
    "You let her measurement turn his half completely, as if the pair were a telegraph. Then two such halves would "
    "carry a message, and none is ever received.",
)
def _telegraph(rho: Any) -> float:
    return 1.0


@task.alternative
def _change_known(rho: Any) -> float:
    return 0.0


@task.alternative
def _change_elementwise(rho: Any) -> float:
    cut = np.reshape(rho, (2, 2, 2, 2))
    before = cut[0, :, 0, :] + cut[1, :, 1, :]
    read = np.einsum("abcd,ac->abcd", cut, np.eye(2))
    after = read[0, :, 0, :] + read[1, :, 1, :]
    return float(np.abs(before - after).max())


@task.alternative
def _change_by_blocks(rho: Any) -> float:
    branches = _after_alice_reads(rho)
    return float(np.linalg.norm(branches[:2, :2] + branches[2:, 2:] - rho[:2, :2] - rho[2:, 2:]))


TASK = task.with_hints(
    "Bob's view is the reduced state of qubit 1, before and after.",
    "After her Z measurement the pair is the sum over both outcomes of P ρ P.",
    "Trace out Alice in both. Which elements of ρ does her measurement remove, and do any of them enter Bob's sum?",
)
