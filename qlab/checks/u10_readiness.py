"""Unit 10: what a data sheet promises, what a measurement shows, and what distance costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qlab.channels import apply_channel, thermal_relaxation
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    FREE_WIRING,
    GROUP_OF_PAIRS,
    HEADLINE_FIGURE,
    JUDGE_DEVICES,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    PLAN_LINKS,
    SAMPLE_IS_TRUTH,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.correlations import chsh_maximum
from qlab.devices import ghz_size_limit
from qlab.states import epr_pair
from qlab.witnesses import bell_fidelity

# --- 10.largest_ghz ----------------------------------------------------------------------------------------------


def _largest_inputs(rng: np.random.Generator) -> list[Arguments]:
    sheets = []
    for r2, e in ((0.0035, 0.008), (0.0008, 0.02), (0.012, 0.002)):
        sheet = {
            "two_qubit_infidelity": float(r2 * rng.uniform(0.8, 1.2)),
            "readout_e0": float(e * rng.uniform(0.5, 0.9)),
            "readout_e1": float(e * rng.uniform(1.5, 2.5)),
        }
        sheets.append(sheet)
    return [([sheets[int(i)] for i in rng.permutation(3)],)]


def _largest(sheets: list[dict[str, Any]]) -> list[int]:
    return [ghz_size_limit(**sheet) for sheet in sheets]


def _promise(n: int, two_qubit_infidelity: float, readout_e0: float, readout_e1: float) -> float:
    """The estimate of the task: gates, times the mean of populations and contrast as they are read."""
    gates = (1 - 7 / 6 * two_qubit_infidelity) ** (n - 1)
    populations = ((1 - readout_e0) ** n + (1 - readout_e1) ** n) / 2
    return gates * (populations + (1 - readout_e0 - readout_e1) ** n) / 2


def _largest_by_counting(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        n = 1
        while _promise(n + 1, **sheet) > 0.5:
            n += 1
        found.append(n)
    return found


def _largest_with_arrays(sheets: list[dict[str, float]]) -> list[int]:
    n = np.arange(2, 3000)
    found = []
    for sheet in sheets:
        r, e0, e1 = sheet["two_qubit_infidelity"], sheet["readout_e0"], sheet["readout_e1"]
        read = ((1 - e0) ** n + (1 - e1) ** n) / 4 + (1 - e0 - e1) ** n / 2
        found.append(int(1 + np.count_nonzero((1 - 7 * r / 6) ** (n - 1) * read > 0.5)))
    return found


def _largest_by_halving(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        low, high = 1, 4096
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _promise(middle, **sheet) > 0.5 else (low, middle)
        found.append(low)
    return found


def _largest_gates_only(sheets: list[dict[str, float]]) -> list[int]:
    return _largest([{**sheet, "readout_e0": 0.0, "readout_e1": 0.0} for sheet in sheets])


def _largest_readout_only(sheets: list[dict[str, float]]) -> list[int]:
    return _largest([{**sheet, "two_qubit_infidelity": 0.0} for sheet in sheets])


def _largest_populations(sheets: list[dict[str, float]]) -> list[int]:
    found = []
    for sheet in sheets:
        r, e0, e1 = sheet["two_qubit_infidelity"], sheet["readout_e0"], sheet["readout_e1"]
        n = 1
        while (1 - 7 / 6 * r) ** n * ((1 - e0) ** (n + 1) + (1 - e1) ** (n + 1)) / 2 > 0.5:
            n += 1
        found.append(n)
    return found


def _largest_tenth(sheets: list[dict[str, float]]) -> list[int]:
    return [round(1 / sheet["two_qubit_infidelity"]) for sheet in sheets]


def _largest_high_bar(sheets: list[dict[str, Any]]) -> list[int]:
    return [ghz_size_limit(threshold=0.9, **sheet) for sheet in sheets]


LARGEST_GHZ = Task(
    id="10.largest_ghz",
    title="The largest useful GHZ state on three data sheets",
    outcome=JUDGE_DEVICES,
    inputs=_largest_inputs,
    reference=_largest,
    returns=forms.listing(forms.whole_number(1), 3),
    misconceptions=(
        Misconception(
            "only-the-gate-figure",
            "You sized the state by the gates alone. Each qubit is read as well, and on one of the three sheets the "
            "readout is what ends it.",
            _largest_gates_only,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "only-the-readout",
            "You sized the state by the readout alone. It needs n - 1 gates too, and on one of the three sheets they "
            "are what ends it.",
            _largest_readout_only,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "populations-are-enough",
            "You judged by how often all results are equal. So does a row of copied coins; half of the fidelity is the "
            "contrast, which falls faster.",
            _largest_populations,
            ONE_SETTING,
        ),
        Misconception(
            "one-error-expected",
            "You went on until one gate error is expected. That is a rule of thumb for running out of luck, and it "
            "knows "
            "neither the threshold nor the readout.",
            _largest_tenth,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "nine-tenths-or-nothing",
            "You asked for a fidelity of nine tenths. Above one half, all qubits are entangled together for certain; "
            "more is better and not the question.",
            _largest_high_bar,
            GROUP_OF_PAIRS,
        ),
    ),
    alternatives=(_largest_by_counting, _largest_with_arrays, _largest_by_halving),
    hints=(
        "Write the estimate as a function of n first, and look how it falls.",
        "F(n) = (1 - 7r/6)ⁿ⁻¹ · (P + C)/2 with P = ((1-e0)ⁿ + (1-e1)ⁿ)/2 and C = (1-e0-e1)ⁿ.",
        "The largest n with F(n) above one half, for each sheet. devices.ghz_size_limit(**sheet) does the same search.",
    ),
)

# --- 10.blame ----------------------------------------------------------------------------------------------------


def _blame_inputs(rng: np.random.Generator) -> list[Arguments]:
    cases: list[Arguments] = []
    for fidelity, e in ((0.97, 0.08), (0.8, 0.01), (0.9, 0.04)):
        v = (4 * fidelity * rng.uniform(0.98, 1.01) - 1) / 3
        a, b = float(e * rng.uniform(0.7, 1.3)), float(e * rng.uniform(0.7, 1.3))
        seen = v * (1 - 2 * a) * (1 - 2 * b)
        cases.append((float(seen), float(-seen), float(seen), a, b))
    return cases


def _blamed(raw: float, corrected: float) -> dict[str, Any]:
    return {"raw": raw, "corrected": corrected, "culprit": "readout" if corrected - raw > 1 - corrected else "pair"}


def _blame(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    shrunk = (1 - 2 * error_a) * (1 - 2 * error_b)
    raw = float(bell_fidelity(xx, yy, zz))
    corrected = float(bell_fidelity(*(max(-1.0, min(1.0, e / shrunk)) for e in (xx, yy, zz))))
    return _blamed(raw, corrected)


def _blame_formula(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    total = xx - yy + zz
    return _blamed((1 + total) / 4, 0.25 + total / (4 * (1 - 2 * error_a) * (1 - 2 * error_b)))


def _blame_by_matrices(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    """Invert the confusion matrix of both sides on the four chances of each setting."""
    flips = [np.array([[1 - e, e], [e, 1 - e]]) for e in (error_a, error_b)]
    back = np.linalg.inv(np.kron(*flips))
    signs = np.array([1, -1, -1, 1])
    true = [float(signs @ back @ ((1 + signs * seen) / 4)) for seen in (xx, yy, zz)]
    return _blamed((1 + xx - yy + zz) / 4, (1 + true[0] - true[1] + true[2]) / 4)


def _blame_side_by_side(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + float(np.dot([1, -1, 1], [xx, yy, zz]))) / 4
    corrected = raw
    for error in (error_a, error_b):
        corrected = 0.25 + (corrected - 0.25) / (1 - 2 * error)
    return _blamed(raw, corrected)


def _blame_the_pair(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return {"raw": raw, "corrected": raw, "culprit": "pair"}


def _blame_one_side(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    return _blame_formula(xx, yy, zz, error_a, 0.0)


def _blame_additive(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, min(1.0, raw + error_a + error_b))


def _blame_divided_fidelity(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, min(1.0, raw / ((1 - 2 * error_a) * (1 - 2 * error_b))))


def _blame_single_factor(xx: float, yy: float, zz: float, error_a: float, error_b: float) -> dict[str, Any]:
    raw = (1 + xx - yy + zz) / 4
    return _blamed(raw, 0.25 + (raw - 0.25) / ((1 - error_a) * (1 - error_b)))


BLAME = Task(
    id="10.blame",
    title="Bad pair or bad readout",
    outcome=JUDGE_DEVICES,
    inputs=_blame_inputs,
    reference=_blame,
    returns=forms.record(
        raw=forms.number(0, 1), corrected=forms.number(0, 1.001), culprit=forms.choice("readout", "pair")
    ),
    misconceptions=(
        Misconception(
            "seen-is-real",
            "You took what was read for what was there. Both readouts shrink every correlation, and a good pair looks "
            "bad through them.",
            _blame_the_pair,
            SAMPLE_IS_TRUTH,
        ),
        Misconception(
            "one-side-corrected",
            "You corrected one side. The results of both sides enter each correlation, and both were misread.",
            _blame_one_side,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "errors-added-back",
            "You added the readout errors back to the fidelity. They act on correlations as factors, and what they "
            "cost "
            "depends on how much correlation there was.",
            _blame_additive,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "fidelity-divided",
            "You divided the whole fidelity. One quarter of it is there without any correlation, and no readout error "
            "can take that away.",
            _blame_divided_fidelity,
            CONVENTION,
        ),
        Misconception(
            "flip-counts-once",
            "You used 1 - e for a side. A misread result turns a plus into a minus, so it costs twice: the factor is "
            "1 - 2e.",
            _blame_single_factor,
            CONVENTION,
        ),
    ),
    alternatives=(_blame_formula, _blame_by_matrices, _blame_side_by_side),
    hints=(
        "A readout that flips with chance e multiplies every correlation it takes part in by 1 - 2e.",
        "Divide each of the three correlations by (1 - 2e_A)(1 - 2e_B) before taking the fidelity.",
        "Culprit: compare what the readout took (corrected less raw) with what the pair itself lacks (1 less "
        "corrected).",
    ),
)

# --- 10.bell_time ------------------------------------------------------------------------------------------------


def _time_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [
        (float(t1), float(t1 * share))
        for t1, share in zip(
            rng.uniform(50, 300, size=3), (rng.uniform(0.4, 0.6), 1.0, rng.uniform(1.3, 1.9)), strict=True
        )
    ]


def _until_two(s_at: Any, longest: float) -> float:
    low, high = 0.0, longest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if s_at(middle) > 2 else (low, middle)
    return low


def _crossing(excess: Any, first: float, second: float) -> float:
    """Where a smooth falling function is zero, by the secant method."""
    at_first, at_second = excess(first), excess(second)
    while abs(second - first) > 1e-10 * second and at_first != at_second:
        third = second - at_second * (second - first) / (at_second - at_first)
        first, at_first, second, at_second = second, at_second, third, excess(third)
    return float(second)


def _time(t1_us: float, t2_us: float) -> float:
    def excess(time: float) -> float:
        decay = thermal_relaxation(time, t1_us, t2_us)
        return float(chsh_maximum(apply_channel(apply_channel(epr_pair(), decay, [0]), decay, [1]))) ** 2 - 4

    return _crossing(excess, 0.1 * t2_us, 0.2 * t2_us)


def _time_formula(t1_us: float, t2_us: float) -> float:
    def s_at(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        xx, zz = math.exp(-2 * time / t2_us), 1 - 2 * gamma * (1 - gamma)
        return 2 * math.sqrt(xx**2 + max(abs(xx), abs(zz)) ** 2)

    return _until_two(s_at, t2_us)


def _time_with_arrays(t1_us: float, t2_us: float) -> float:
    low, high = 0.0, t2_us
    for _ in range(9):
        times = np.linspace(low, high, 50)
        stays = np.exp(-times / t1_us)
        squares = np.sort(
            [np.exp(-4 * times / t2_us), (1 - 2 * stays * (1 - stays)) ** 2, np.exp(-4 * times / t2_us)], axis=0
        )
        after = int(np.argmax(squares[1] + squares[2] <= 1))
        low, high = float(times[after - 1]), float(times[after])
    return (low + high) / 2


def _time_by_secant(t1_us: float, t2_us: float) -> float:
    def excess(time: float) -> float:
        stays, xx = math.exp(-time / t1_us), math.exp(-2 * time / t2_us)
        zz = stays**2 + (1 - stays) ** 2
        return xx**2 + max(xx, zz) ** 2 - 1

    return _crossing(excess, 0.05 * t2_us, 0.15 * t2_us)


def _time_is_t2(t1_us: float, t2_us: float) -> float:
    return t2_us


def _time_until_separable(t1_us: float, t2_us: float) -> float:
    def margin(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        return 2 + math.exp(-2 * time / t2_us) - gamma * (1 - gamma)

    return _until_two(margin, 60 * t2_us)


def _time_one_half(t1_us: float, t2_us: float) -> float:
    def s_at(time: float) -> float:
        xx, zz = math.exp(-time / t2_us), math.exp(-time / t1_us)
        return 2 * math.sqrt(xx**2 + max(xx, zz) ** 2)

    return _until_two(s_at, 4 * t2_us)


def _time_fixed_settings(t1_us: float, t2_us: float) -> float:
    def s_at(time: float) -> float:
        gamma = -math.expm1(-time / t1_us)
        return math.sqrt(2) * (math.exp(-2 * time / t2_us) + 1 - 2 * gamma * (1 - gamma))

    return _until_two(s_at, 4 * t2_us)


def _time_phase_only(t1_us: float, t2_us: float) -> float:
    return t2_us * math.log(2) / 4


BELL_TIME = Task(
    id="10.bell_time",
    title="Coherence is not usable time",
    outcome=PLAN_LINKS,
    inputs=_time_inputs,
    reference=_time,
    returns=forms.number(0, what="a time in microseconds"),
    misconceptions=(
        Misconception(
            "t2-from-the-sheet",
            "You read T2 off the sheet. At T2 one qubit has kept a bit over a third of its coherence; a Bell test on a "
            "pair fails long before that.",
            _time_is_t2,
            HEADLINE_FIGURE,
        ),
        Misconception(
            "entangled-is-enough",
            "You waited until the entanglement is gone. The Bell value falls below 2 earlier, and the machine is asked "
            "for the Bell value.",
            _time_until_separable,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "one-half-waits",
            "You let one half wait. Both are stored, and both lose phase and energy.",
            _time_one_half,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "settings-for-a-fresh-pair",
            "You kept the settings of a fresh pair. As the correlations become unequal, other settings do better; the "
            "question is the best S.",
            _time_fixed_settings,
            CONVENTION,
        ),
        Misconception(
            "phase-only",
            "You left the relaxation out by setting S against two equal correlations. T1 acts on one and phase on the "
            "other, so neither alone tells when S crosses 2.",
            _time_phase_only,
            NOISE_ARITHMETIC,
        ),
    ),
    alternatives=(_time_formula, _time_with_arrays, _time_by_secant),
    hints=(
        "Store the pair for a time t: apply channels.thermal_relaxation to both halves of |Φ+⟩.",
        "correlations.chsh_maximum of the result is the best S at that time.",
        "It falls all the way from 2√2, so halve an interval between 0 and T2 until the crossing with 2 is pinned "
        "down.",
    ),
    tolerance=1e-5,
    points=4,
)

# --- 10.routing_cost ---------------------------------------------------------------------------------------------


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


def _routing(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * (_distance(edges, first, second) - 1) + 1


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


def _routing_by_matrix(edges: list[list[int]], first: int, second: int) -> int:
    total = 1 + max(max(edge) for edge in edges)
    steps = np.full((total, total), 10**6)
    np.fill_diagonal(steps, 0)
    for a, b in edges:
        steps[a, b] = steps[b, a] = 1
    for k in range(total):
        steps = np.minimum(steps, steps[:, [k]] + steps[[k], :])
    return int(3 * steps[first, second] - 2)


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


def _routing_free(edges: list[list[int]], first: int, second: int) -> int:
    return 1


def _routing_swap_is_one(edges: list[list[int]], first: int, second: int) -> int:
    return _distance(edges, first, second)


def _routing_one_swap_more(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * _distance(edges, first, second) + 1


def _routing_round_trip(edges: list[list[int]], first: int, second: int) -> int:
    return 6 * (_distance(edges, first, second) - 1) + 1


def _routing_by_number(edges: list[list[int]], first: int, second: int) -> int:
    return 3 * (abs(first - second) - 1) + 1


ROUTING_COST = Task(
    id="10.routing_cost",
    title="What distance costs on three kinds of wiring",
    outcome=JUDGE_DEVICES,
    inputs=_routing_inputs,
    reference=_routing,
    returns=forms.whole_number(0, what="a number of CNOTs"),
    misconceptions=(
        Misconception(
            "any-two-are-neighbours",
            "You coupled any two qubits directly. Only the couplings that exist can run a gate; on most chips the two "
            "must be brought together first.",
            _routing_free,
            FREE_WIRING,
        ),
        Misconception(
            "a-swap-is-one-gate",
            "You counted a SWAP as one gate. It is three CNOTs, which is why distance hurts.",
            _routing_swap_is_one,
            FREE_WIRING,
        ),
        Misconception(
            "swap-onto-the-partner",
            "You swapped once too often. To be neighbours is enough; the last step is the gate itself.",
            _routing_one_swap_more,
            CONVENTION,
        ),
        Misconception(
            "and-back-again",
            "You brought the qubit back. Nothing here asks for that; a compiler remembers where it is and goes on from "
            "there.",
            _routing_round_trip,
            CONVENTION,
        ),
        Misconception(
            "numbers-are-places",
            "You took the numbers of the qubits for their places. Distance is counted along couplings, and "
            "neighbours in "
            "number can be far apart on the chip.",
            _routing_by_number,
            FREE_WIRING,
        ),
    ),
    alternatives=(_routing_by_queue, _routing_by_matrix, _routing_by_costs),
    hints=(
        "Find the smallest number d of couplings that lead from one qubit to the other.",
        "Spread out from the first qubit: its neighbours, their neighbours, and so on until the second is reached.",
        "d - 1 SWAPs make them neighbours, each worth three CNOTs, and then comes the gate.",
    ),
)

TASKS = (LARGEST_GHZ, BLAME, BELL_TIME, ROUTING_COST)
