"""Task 10.routing_cost: what distance costs on three kinds of wiring."""

from __future__ import annotations

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import CONVENTION, FREE_WIRING, JUDGE_DEVICES
from qlab.checks._task import Arguments

task = Declaration(
    id="10.routing_cost",
    points=3,
    title="What distance costs on three kinds of wiring",
    outcome=JUDGE_DEVICES,
    returns=forms.whole_number(0, what="a number of CNOTs"),
)


def _wiring(kind: str, size: int) -> list[list[int]]:
    """Edges of a small grid, of all pairs, or of a heavy-hex-like ladder: two rows and every fourth rung."""
    if kind == "all":
        return [[a, b] for a in range(size) for b in range(a + 1, size)]
    if kind == "grid":
        across = [[size * r + c, size * r + c + 1] for r in range(size) for c in range(size - 1)]
        return across + [[size * r + c, size * (r + 1) + c] for r in range(size - 1) for c in range(size)]
    rows = [[r * size + c, r * size + c + 1] for r in (0, 1) for c in range(size - 1)]
    rungs = range(0, size, 4)
    middle = {c: 2 * size + i for i, c in enumerate(rungs)}
    return rows + [[c, middle[c]] for c in rungs] + [[middle[c], size + c] for c in rungs]


@task.inputs
def _routing_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = []
    for kind, size, last in (("hex", int(rng.integers(9, 14)), 2), ("grid", int(rng.integers(4, 7)), 1), ("all", 8, 0)):
        edges = _wiring(kind, size)
        total = 1 + max(max(edge) for edge in edges)
        first = int(rng.integers(0, 3))
        second = {
            2: 2 * size - 1 - int(rng.integers(0, 2)),
            1: size * size - 1 - int(rng.integers(0, size)),
            0: total - 1,
        }[last]
        cases.append((edges, first, second))
    cases.append((_wiring("grid", 4), 5, 6))
    return cases


def _distance(edges: list[list[int]], first: int, second: int) -> int:
    reached, steps = {first}, 0
    while second not in reached:
        reached |= {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
        steps += 1
    return steps


@task.reference
def _routing(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * (_distance(edges, first, second) - 1) + 1


@task.misconception(
    FREE_WIRING,
    "You coupled any two qubits directly. Only the couplings that exist can run a gate; on most chips the two must be "
    "brought together first.",
)
def _any_two_are_neighbours(edges: list[list[int]], first: int, second: int) -> int:
    return 1


@task.misconception(
    FREE_WIRING,
    "You counted a SWAP as one gate. It is three CNOTs, which is why distance hurts.",
)
def _a_swap_is_one_gate(edges: list[list[int]], first: int, second: int) -> int:
    return _distance(edges, first, second)


@task.misconception(
    CONVENTION,
    "You swapped once too often. To be neighbours is enough; the last step is the gate itself.",
)
def _swap_onto_the_partner(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * _distance(edges, first, second) + 1


@task.misconception(
    CONVENTION,
    "You brought the qubit back. Nothing here asks for that; a compiler remembers where it is and goes on from there.",
)
def _and_back_again(edges: list[list[int]], first: int, second: int) -> int:
    return 6 * (_distance(edges, first, second) - 1) + 1


@task.misconception(
    FREE_WIRING,
    "You took the numbers of the qubits for their places. Distance is counted along couplings, and neighbours in "
    "number can be far apart on the chip.",
)
def _numbers_are_places(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * (abs(first - second) - 1) + 1


@task.alternative
def _routing_by_queue(edges: list[list[int]], first: int, second: int) -> int:
    neighbours: dict[int, list[int]] = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    depth, queue = {first: 0}, [first]
    for here in queue:
        for there in neighbours[here]:
            if there not in depth:
                depth[there] = depth[here] + 1
                queue.append(there)
    return 3 * depth[second] - 2


@task.alternative
def _routing_by_matrix(edges: list[list[int]], first: int, second: int) -> int:
    total = 1 + max(max(edge) for edge in edges)
    steps = np.full((total, total), 10**6)
    np.fill_diagonal(steps, 0)
    for a, b in edges:
        steps[a, b] = steps[b, a] = 1
    for k in range(total):
        steps = np.minimum(steps, steps[:, [k]] + steps[[k], :])
    return int(3 * steps[first, second] - 2)


@task.alternative
def _routing_by_costs(edges: list[list[int]], first: int, second: int) -> int:
    """Relax costs along couplings: three CNOTs a step, of which the last is a single one."""
    cost = {first: 0}
    for _ in range(len(edges)):
        for a, b in edges:
            for here, there in ((a, b), (b, a)):
                if here in cost and cost[here] + 3 < cost.get(there, 10**9):
                    cost[there] = cost[here] + 3
        if second in cost and len(cost) >= len({q for edge in edges for q in edge}):
            break
    return cost[second] - 2


TASK = task.with_hints(
    "Find the smallest number d of couplings that lead from one qubit to the other.",
    "Spread out from the first qubit: its neighbours, their neighbours, and so on until the second is reached.",
    "d - 1 SWAPs make them neighbours, each worth three CNOTs, and then comes the gate.",
)
