"""Task 05.pair_after_loss: lose a node of GHZ and of W."""

from __future__ import annotations

import numpy as np

from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, GROUP_OF_PAIRS, NO_SIGNALLING
from qlab.checks._forms import number
from qlab.checks._task import Arguments
from qlab.measures import concurrence
from qlab.states import ghz_state, partial_trace, w_state

task = Declaration(
    id="05.pair_after_loss",
    points=3,
    title="Lose a node of GHZ and of W",
    outcome=NO_SIGNALLING,
    returns=number(0, 1, what="a concurrence"),
)


@task.inputs
def _loss_inputs(rng: np.random.Generator) -> list[Arguments]:
    sizes = rng.choice(np.arange(3, 8), size=3, replace=False)
    return [("ghz", int(sizes[0])), ("w", int(sizes[1])), ("w", int(sizes[2])), ("ghz", int(sizes[2]))]


@task.reference
def _loss(kind: str, num_nodes: int) -> float:
    ket = ghz_state(num_nodes) if kind == "ghz" else w_state(num_nodes)
    return round(concurrence(partial_trace(ket, [0, 1])), 12)


@task.misconception(
    GROUP_OF_PAIRS,
    "You read the GHZ state as a bundle of Bell pairs. Any two of its nodes, without the rest, hold a shared coin and "
    "no entanglement at all.",
)
def _ghz_is_many_pairs(kind: str, num_nodes: int) -> float:
    return 1.0 if kind == "ghz" else 2 / num_nodes


@task.misconception(
    GROUP_OF_PAIRS,
    "You took it that losing a node destroys everything. That is true of GHZ; the W state was found because it keeps "
    "something.",
)
def _every_loss_is_total(kind: str, num_nodes: int) -> float:
    return 0.0


@task.misconception(
    GROUP_OF_PAIRS,
    "You let the survivors close ranks into a smaller W state. The lost node may hold the excitation, and that case "
    "stays in the mixture.",
)
def _loss_without_a_trace(kind: str, num_nodes: int) -> float:
    return 2 / (num_nodes - 1) if kind == "w" else 0.0


@task.misconception(
    CONVENTION,
    "You have the two states the other way round. GHZ is all nodes equal; W is one excitation, somewhere.",
)
def _ghz_and_w_exchanged(kind: str, num_nodes: int) -> float:
    return 2 / num_nodes if kind == "ghz" else 0.0


@task.misconception(
    CONVENTION,
    "You gave the chance that one node holds the excitation. Concurrence counts the coherence between the two places, "
    "and both orders contribute.",
)
def _share_of_the_excitation(kind: str, num_nodes: int) -> float:
    return 1 / num_nodes if kind == "w" else 0.0


@task.alternative
def _loss_formula(kind: str, num_nodes: int) -> float:
    return 2 / num_nodes if kind == "w" else 0.0


@task.alternative
def _loss_table(kind: str, num_nodes: int) -> float:
    return {"ghz": 0.0, "w": 2.0 / num_nodes}[kind]


@task.alternative
def _loss_by_hand(kind: str, num_nodes: int) -> float:
    """The 4×4 state of two nodes, written down: for W, one excitation shared, or with the nodes that are lost."""
    if kind == "ghz":
        rho = np.diag([0.5, 0, 0, 0.5])
    else:
        rho = np.zeros((4, 4))
        rho[0, 0] = (num_nodes - 2) / num_nodes
        rho[1:3, 1:3] = 1 / num_nodes
    off_diagonal = abs(rho[1, 2]) - np.sqrt(rho[0, 0] * rho[3, 3])
    return float(max(0.0, 2 * off_diagonal))


TASK = task.with_hints(
    "A lost node is traced out: what remains is a mixture over whatever it could have shown.",
    "partial_trace(ket, [0, 1]) gives the state of the first two nodes, and concurrence measures it.",
    "For GHZ look whether any off-diagonal element survives the trace. For W compute it for three and for four nodes "
    "and see how it shrinks.",
)
