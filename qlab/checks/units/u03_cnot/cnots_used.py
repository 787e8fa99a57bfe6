"""Task 03.cnots_used: what a schedule costs on a line and with all-to-all coupling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import FREE_WIRING, HEADLINE_FIGURE, JUDGE_DEVICES
from qlab.checks._task import Row

Pairs = Sequence[Sequence[int]]

task = Declaration(
    id="03.cnots_used",
    points=3,
    title="Count what a schedule of CNOTs costs on real wiring",
    outcome=JUDGE_DEVICES,
    returns=forms.whole_number(0, what="a whole number of CNOTs"),
)


@task.inputs
def _schedule_inputs(rng: np.random.Generator) -> list[tuple[int, str, list[list[int]]]]:
    cases: list[tuple[int, str, list[list[int]]]] = []
    for layout in ("line", "line", "all-to-all", "line"):
        size = int(rng.integers(10, 13))
        gates = [[int(q) for q in rng.choice(size, 2, replace=False)] for _ in range(12)]
        gates[0] = (
            [size - 1, size - 3] if len(cases) % 2 else [size - 3, size - 1]
        )  # two steps apart, in either direction
        cases.append((size, layout, gates))
    return cases


@task.reference
def _cnots_used(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    place = list(range(num_qubits))  # place[q] is where qubit q sits
    total = 0
    for control, target in gates:
        while abs(place[control] - place[target]) > 1:
            step = 1 if place[target] > place[control] else -1
            neighbour = place.index(place[control] + step)
            place[control], place[neighbour] = place[neighbour], place[control]
            total += 3
        total += 1
    return total


@task.remark
def _price_of_a_step(rows: list[Row]) -> str | None:
    """Another price than three CNOTs for a SWAP, or another number of SWAPs."""
    gates = [len(each) for _, _, (_, _, each) in rows]
    swaps = [(expected - n) // 3 for (_, expected, _), n in zip(rows, gates, strict=True)]
    for price in (0, 2, 4, 5, 6):
        if all(got == n + price * k for (got, _, _), n, k in zip(rows, gates, swaps, strict=True)):
            return f"You count the SWAPs right and charge {price} CNOTs for each; build one and count."
    return None


@task.misconception(
    FREE_WIRING,
    "You counted the gates in the drawing. On a line only neighbours are coupled, and bringing two qubits together "
    "costs more than the gate that was wanted.",
)
def _wiring_is_free(num_qubits: int, layout: str, gates: Pairs) -> int:
    return len(gates)


@task.misconception(
    HEADLINE_FIGURE,
    "You counted a SWAP as one gate. A device that offers CNOT builds it from several of them, each with its own "
    "error.",
)
def _swap_is_one_gate(num_qubits: int, layout: str, gates: Pairs) -> int:
    total = _cnots_used(num_qubits, layout, gates)
    return len(gates) + (total - len(gates)) // 3


@task.misconception(
    FREE_WIRING,
    "You swapped until the control sits where the target was, from places that never change. It only has to come next "
    "to it, and whoever was moved stays where he is.",
)
def _one_step_too_far(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(3 * abs(control - target) + 1 for control, target in gates)


@task.misconception(
    FREE_WIRING,
    "You counted every distance from the original places. After a SWAP the qubits sit elsewhere, and so do those that "
    "were merely in the way.",
)
def _places_not_updated(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(3 * (abs(control - target) - 1) + 1 for control, target in gates)


@task.misconception(
    FREE_WIRING,
    "You moved the control back after every gate. The task leaves everybody where he is; the way back would be a cost "
    "of its own.",
)
def _there_and_back(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout == "all-to-all":
        return len(gates)
    return sum(6 * (abs(control - target) - 1) + 1 for control, target in gates)


@task.misconception(
    HEADLINE_FIGURE,
    "You routed where nothing needs routing. With all-to-all coupling every pair can meet directly: that is what the "
    "layout is sold for.",
)
def _every_layout_a_line(num_qubits: int, layout: str, gates: Pairs) -> int:
    return _cnots_used(num_qubits, "line", gates)


@task.alternative
def _by_moving_list(num_qubits: int, layout: str, gates: Pairs) -> int:
    line = list(range(num_qubits))  # line[i] is the qubit that sits at place i
    total = 0
    for control, target in gates:
        start, goal = line.index(control), line.index(target)
        if layout == "line" and abs(start - goal) > 1:
            stop = goal - 1 if goal > start else goal + 1
            line.insert(stop, line.pop(start))
            total += 3 * abs(stop - start)
        total += 1
    return total


@task.alternative
def _by_dictionary(num_qubits: int, layout: str, gates: Pairs) -> int:
    at = {q: q for q in range(num_qubits)}
    swaps = 0
    for control, target in gates if layout == "line" else []:
        start, goal = at[control], at[target]
        stop = start if abs(goal - start) == 1 else goal - (1 if goal > start else -1)
        for q, place in at.items():
            if start < place <= stop:
                at[q] = place - 1
            elif stop <= place < start:
                at[q] = place + 1
        at[control] = stop
        swaps += abs(stop - start)
    return 3 * swaps + len(gates)


@task.alternative
def _by_permutation(num_qubits: int, layout: str, gates: Pairs) -> int:
    if layout != "line":
        return len(gates)
    order = np.arange(num_qubits)
    total = 0
    for control, target in gates:
        start, goal = int(np.flatnonzero(order == control)[0]), int(np.flatnonzero(order == target)[0])
        distance = abs(goal - start)
        rest = order[order != control]
        slot = int(np.flatnonzero(rest == target)[0]) + (0 if start < goal else 1)
        if distance > 1:
            order = np.insert(rest, slot, control)
        total += 3 * (distance - 1) + 1
    return int(total)


TASK = task.with_hints(
    "All-to-all first: one CNOT a gate. On a line keep a list of who sits where.",
    "For one gate the control moves step by step; each step exchanges it with the neighbour on that side.",
    "Stop as soon as the two are neighbours. Each step is one SWAP, a SWAP is three CNOTs, then comes the gate.",
)
