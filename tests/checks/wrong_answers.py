"""Wrong answers as people give them, none of them declared by a task: by what share of them is the thought named?

By task, and in each by what was thought. They are of the kinds that a review of 272 wrong answers met: another formula,
another axis, threshold, law of noise or rounding; degrees, halves, complements; one entry of a table or list alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from qlab import measures, states
from qlab.bell.correlations import chsh_maximum
from qlab.checks import find_task
from qlab.checks.units.u08_enterprise.replay import OUTCOMES, _chances
from qlab.circuits import Circuit
from qlab.devices import ghz_size_limit
from qlab.keys.rates import werner_qber, werner_s
from qlab.networks.purification import dejmps, werner_weights
from qlab.networks.repeaters import swapped_weights
from qlab.simulator import statevector

Answer = Callable[..., Any]
ROOT = math.sqrt(2)


def right(task_id: str) -> Answer:
    return find_task(task_id).reference


def after(task_id: str, change: Callable[[Any], Any]) -> Answer:
    """The right answer with something done to it."""
    return lambda *arguments: change(right(task_id)(*arguments))


def put(task_id: str, key: str, entry: Answer) -> Answer:
    """The right table with one entry put in the place of another, made of the table and the arguments."""

    def answer(*arguments: Any) -> dict[str, Any]:
        table = dict(right(task_id)(*arguments))
        return {**table, key: entry(table, *arguments)}

    return answer


def given(task_id: str, change: Callable[..., tuple[Any, ...]]) -> Answer:
    """The right answer to other arguments."""
    return lambda *arguments: right(task_id)(*change(*arguments))


def h2(p: float) -> float:
    return 0.0 if p <= 0 or p >= 1 else -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def draws(task_id: str, count: int) -> Answer:
    """A chance estimated by random draws."""
    rng = np.random.default_rng(5)
    return lambda *arguments: rng.binomial(count, right(task_id)(*arguments)) / count


# --- 01 ---------------------------------------------------------------------------------------------------------------


def _sorted_by(kind: Callable[[Any], str]) -> Answer:
    return lambda shelf: [kind(rho) for rho in shelf]


def _off_diagonal(rho: Any) -> str:
    if _product(rho):
        return "product"
    return "entangled" if np.abs(rho - np.diag(np.diag(rho))).max() > 1e-9 else "separable"


def _product(rho: Any) -> bool:
    return np.allclose(rho, np.kron(states.partial_trace(rho, [0]), states.partial_trace(rho, [1])), atol=1e-6)


def _by_purity(bound: float) -> Callable[[Any], str]:
    return lambda rho: "product" if _product(rho) else "entangled" if measures.purity(rho) > bound else "separable"


UNIT_01: dict[str, dict[str, Answer]] = {
    "01.telling_angle": {
        "half of Alice's": lambda a: a / 2,
        "twice Alice's": lambda a: 2 * a,
        "opposite": lambda a: -a,
        "polariser of 22.5": lambda a: math.pi / 8,
        "half a turn": lambda a: math.pi,
        "crossed the other way": lambda a: a - math.pi / 2,
        "in degrees": lambda a: math.degrees(a) + 90,
        "bisector": lambda a: (a + math.pi / 2) / 2,
        "one": lambda a: 1.0,
    },
    "01.sort_states": {
        "off-diagonal entries entangle": _sorted_by(_off_diagonal),
        "all entangled": _sorted_by(lambda rho: "entangled"),
        "all separable": _sorted_by(lambda rho: "separable"),
        "product never": _sorted_by(lambda rho: "separable" if measures.is_ppt(rho) else "entangled"),
        "purity above one half": _sorted_by(_by_purity(0.5)),
        "one of them wrong": lambda shelf: _one_changed(right("01.sort_states")(shelf), 3),
        "separable and product exchanged": lambda shelf: [
            {"product": "separable", "separable": "product"}.get(w, w) for w in right("01.sort_states")(shelf)
        ],
        "concurrence above 0.1": _sorted_by(
            lambda rho: "product" if _product(rho) else "entangled" if measures.concurrence(rho) > 0.1 else "separable"
        ),
    },
    "01.pair_of_concurrence": {
        "amplitude for weight": lambda c: [math.sqrt(1 - c / 4), 0, 0, math.sqrt(c / 4)],
        "half the angle": lambda c: [math.cos(math.asin(c) / 4), 0, 0, math.sin(math.asin(c) / 4)],
        "whole angle": lambda c: [math.cos(math.asin(c)), 0, 0, math.sin(math.asin(c))],
        "always a Bell pair": lambda c: states.epr_pair(),
        "square": lambda c: states.partially_entangled_ket(c * c),
        "root": lambda c: states.partially_entangled_ket(math.sqrt(c)),
        "complement": lambda c: states.partially_entangled_ket(1 - c),
        "amplitudes as they stand": lambda c: np.array([1, 0, 0, c]) / math.sqrt(1 + c * c),
        "cosine for sine": lambda c: [math.cos(math.acos(c) / 2), 0, 0, math.sin(math.acos(c) / 2)],
    },
    "01.marginals": {
        "both of Alice": lambda rho: [right("01.marginals")(rho)[0]] * 2,
        "both of Bob": lambda rho: [right("01.marginals")(rho)[1]] * 2,
        "corner blocks": lambda rho: [rho[:2, :2] / np.trace(rho[:2, :2]), rho[2:, 2:] / np.trace(rho[2:, 2:])],
        "transposed": after("01.marginals", lambda halves: [half.T for half in halves]),
        "real parts": after("01.marginals", lambda halves: [half.real for half in halves]),
        "first right, second mixed": after("01.marginals", lambda halves: [halves[0], np.eye(2) / 2]),
        "0 for the second": after("01.marginals", lambda halves: [halves[0], np.diag([1, 0])]),
    },
}


def _one_changed(words: list[str], which: int) -> list[str]:
    kinds = ("product", "separable", "entangled")
    return [kinds[(kinds.index(w) + 1) % 3] if i == which else w for i, w in enumerate(words)]


# --- 02 ---------------------------------------------------------------------------------------------------------------


def _shots(sigmas_power: float, change: Callable[[float], float] = math.ceil, factor: float = 0.25) -> Answer:
    return lambda w, z: max(0, int(change(factor * z**sigmas_power / w**2)))


def _chance_zero(plus: Callable[[float], float], mixed: Callable[[float], float] = lambda a: 0.5) -> Answer:
    return lambda source, angle: plus(angle) if source == "plus" else mixed(angle)


UNIT_02: dict[str, dict[str, Answer]] = {
    "02.chance_of_zero": {
        "chance of one": after("02.chance_of_zero", lambda p: 1 - p),
        "correlation": _chance_zero(lambda a: abs(math.sin(a)), lambda a: 0.0),
        "degrees": _chance_zero(lambda a: (1 + math.sin(math.radians(a))) / 2),
        "half angle squared": _chance_zero(lambda a: math.sin(a / 2) ** 2),
        "sine squared": _chance_zero(lambda a: math.sin(a) ** 2),
        "half of the angle": _chance_zero(lambda a: (1 + math.sin(a / 2)) / 2),
        "plus certain": _chance_zero(lambda a: 1.0),
        "draws": draws("02.chance_of_zero", 1000),
        "sources exchanged": lambda s, a: right("02.chance_of_zero")("plus" if s == "mixture" else "mixture", a),
    },
    "02.chance_same": {
        "differ": after("02.chance_same", lambda p: 1 - p),
        "first two reads": lambda a: (1 + math.cos(a[1] - a[0])) / 2,
        "mean product": after("02.chance_same", lambda p: abs(2 * p - 1)),
        "draws": draws("02.chance_same", 2000),
        "degrees": given("02.chance_same", lambda a: ([math.radians(x) for x in a],)),
        "half angles": given("02.chance_same", lambda a: ([x / 2 for x in a],)),
        "doubled angles": given("02.chance_same", lambda a: ([2 * x for x in a],)),
        "product of chances": lambda a: float(np.prod((1 + np.cos(np.diff(a))) / 2)),
        "sines": lambda a: float((1 + np.prod(np.sin(np.diff(a)))) / 2),
        "always": lambda a: 1.0,
    },
    "02.register_chances": {
        "amplitudes": lambda ket, q: _half_square(right("02.register_chances")(ket, q)),
        "first two": lambda ket, q: statevector.probabilities(ket, [0, 1]),
        "bits of the result exchanged": after("02.register_chances", lambda p: p[[0, 2, 1, 3]]),
        "backwards": after("02.register_chances", lambda p: p[::-1]),
        "even": lambda ket, q: np.full(4, 0.25),
        "not added up": lambda ket, q: np.abs(ket[:4]) ** 2,
        "rest in 1": lambda ket, q: _rest_in_one(ket, q),
        "draws": lambda ket, q: np.random.default_rng(1).multinomial(1000, _clean(ket, q)) / 1000,
        "rounded": after("02.register_chances", lambda p: np.round(p, 2)),
    },
    "02.shots_needed": {
        "last but one": after("02.shots_needed", lambda n: n - 1),
        "one more": after("02.shots_needed", lambda n: n + 1),
        "rounded": _shots(2, round),
        "sigmas forgotten, no quarter": lambda w, z: math.ceil(1 / w**2),
        "no squares": lambda w, z: math.ceil(z / (2 * w)),
        "half for a quarter": _shots(2, factor=0.5),
        "next power of two": lambda w, z: 2 ** math.ceil(2 * math.log2(z / (2 * w))),
        "two sigmas": lambda w, z: math.ceil(1 / w**2),
        "1.96 for all": lambda w, z: math.ceil((1.96 / (2 * w)) ** 2),
        "twice": after("02.shots_needed", lambda n: 2 * n),
        "a thousand": lambda w, z: 1000,
    },
}


def _half_square(p: Any) -> Any:
    return np.sqrt(p)


def _clean(ket: Any, qubits: Sequence[int]) -> Any:
    chances = np.asarray(right("02.register_chances")(ket, qubits))
    return chances / chances.sum()


def _rest_in_one(ket: Any, qubits: Sequence[int]) -> Any:
    dropped = ({0, 1, 2} - set(qubits)).pop()
    table = (np.abs(np.asarray(ket)) ** 2).reshape(2, 2, 2).take(1, axis=dropped) + 1e-12
    table = table if qubits[0] < qubits[1] else table.T
    return (table / table.sum()).reshape(-1)


# --- 03 ---------------------------------------------------------------------------------------------------------------


def _bell(make: Callable[[Circuit, str], Circuit]) -> Answer:
    return lambda name: make(Circuit(2).h(0).cnot(0, 1), name)


def _labels(kept: Callable[[str], bool]) -> Answer:
    return lambda labels: [label for label in labels if kept(label)]


def _plus_chance(change: Callable[[Any], float]) -> Answer:
    return lambda target: float(change(target))


def _wiring_cost(swap: float, rest: float, stay: bool = False) -> Answer:
    def answer(size: int, layout: str, gates: Any) -> int:
        exact = right("03.cnots_used")(size, layout, gates)
        return round((exact - len(gates)) / 3 * swap + rest * len(gates))

    return answer


def _flip_sign_of(name: str) -> str:
    return name[:-1] + ("-" if name.endswith("+") else "+")


UNIT_03: dict[str, dict[str, Answer]] = {
    "03.prepare_bell": {
        "always phi+": _bell(lambda c, n: c),
        "psi swapped sign": lambda n: right("03.prepare_bell")(_flip_sign_of(n)),
        "Z for all": _bell(lambda c, n: c.z(0)),
        "X before on target": lambda n: Circuit(2).h(0).x(1).cnot(0, 1) if "psi" in n else Circuit(2).h(0).cnot(0, 1),
        "no CNOT": lambda n: Circuit(2).h(0).h(1),
        "only H": lambda n: Circuit(2).h(0),
        "empty": lambda n: Circuit(2),
        "phi and psi exchanged": lambda n: right("03.prepare_bell")(("psi" if "phi" in n else "phi") + n[3:]),
        "CZ for CNOT": lambda n: Circuit(2).h(0).cz(0, 1),
        "psi- is psi+": lambda n: right("03.prepare_bell")("psi+" if n == "psi-" else n),
        "measured": lambda n: right("03.prepare_bell")(n).measure(0, 1),
    },
    "03.left_unentangled": {
        "all": _labels(lambda label: True),
        "superposition": _labels(lambda label: label[0] in "01" or label[1] in "+-rl"),
        "only equal": _labels(lambda label: label[0] == label[1]),
        "the entangled": lambda labels: [x for x in labels if x not in right("03.left_unentangled")(labels)],
        "control zero": _labels(lambda label: label[0] == "0"),
        "target plus": _labels(lambda label: label[1] in "+-"),
        "minus forgotten": _labels(lambda label: label[0] in "01" or label[1] == "+"),
        "plus only forgotten": _labels(lambda label: label[0] in "01" or label[1] == "-"),
    },
    "03.control_stays_plus": {
        "complement": after("03.control_stays_plus", lambda p: 1 - p),
        "mean of X": after("03.control_stays_plus", lambda p: abs(2 * p - 1)),
        "target is 1": _plus_chance(lambda t: abs(t[1]) ** 2),
        "overlap unsquared": after("03.control_stays_plus", math.sqrt),
        "imaginary part": _plus_chance(lambda t: (1 + 2 * (t[0].conjugate() * t[1]).imag) / 2),
        "half": after("03.control_stays_plus", lambda p: p / 2),
        "never": _plus_chance(lambda t: 0.0),
        "draws": draws("03.control_stays_plus", 500),
        "real parts": _plus_chance(lambda t: (1 + 2 * t[0].real * t[1].real) / 2),
        "no conjugate": _plus_chance(lambda t: (1 + 2 * (t[0] * t[1]).real) / 2),
    },
    "03.cnots_used": {
        "only swaps": _wiring_cost(3, 0),
        "swap of two": _wiring_cost(2, 1),
        "one too many": after("03.cnots_used", lambda n: n + 1),
        "swap of four": _wiring_cost(4, 1),
        "both move back": _wiring_cost(6, 1),
        "nothing": lambda size, layout, gates: 0,
        "ring": lambda size, layout, gates: _ring(size, layout, gates),
        "gates of the list twice": lambda size, layout, gates: 2 * len(gates),
        "target moves": lambda size, layout, gates: _target_moves(size, layout, gates),
        "all-to-all on a line too": lambda size, layout, gates: sum(abs(a - b) for a, b in gates),
    },
}


def _ring(size: int, layout: str, gates: Any) -> int:
    if layout != "line":
        return len(gates)
    return sum(3 * (min(abs(a - b), size - abs(a - b)) - 1) + 1 for a, b in gates)


def _target_moves(size: int, layout: str, gates: Any) -> int:
    exchanged = [[b, a] for a, b in gates]
    return int(right("03.cnots_used")(size, layout, exchanged))


# --- 04 ---------------------------------------------------------------------------------------------------------------


def _turned(which: int, change: Callable[[Any], Any]) -> Answer:
    task = find_task("04.best_angles")
    return lambda name, tilt: change(np.array(task.alternatives[which](name, tilt)))


def _both(dropped: Callable[[Any], Any]) -> Answer:
    return lambda counts: {
        "kept": right("04.chsh_both_ways")(counts)["kept"],
        "all": right("04.chsh_both_ways")(dropped(np.array(counts)))["all"],
    }


def _ones(counts: Any) -> Any:
    table = np.array(counts)
    table[:, :, 1, :] += table[:, :, 2, :]
    table[:, :, 2, :] = 0
    table[:, :, :, 1] += table[:, :, :, 2]
    table[:, :, :, 2] = 0
    return table


UNIT_04: dict[str, dict[str, Answer]] = {
    "04.best_angles": {
        "degrees of another frame": _turned(0, np.degrees),
        "half of another frame": _turned(0, lambda a: a / 2),
        "twice another frame": _turned(0, lambda a: 2 * a),
        "signs turned": _turned(1, lambda a: -a),
        "Bob's exchanged": _turned(1, lambda a: a[[0, 1, 3, 2]]),
        "Alice's exchanged": _turned(1, lambda a: a[[1, 0, 2, 3]]),
        "sides exchanged": _turned(1, lambda a: a[[2, 3, 0, 1]]),
        "tilt on Bob": lambda n, t: np.array(right("04.best_angles")(n, 0.0)) - [0, 0, t, t],
        "tilt on all": lambda n, t: np.array(right("04.best_angles")(n, 0.0)) - t,
        "half of the tilt": lambda n, t: right("04.best_angles")(n, t / 2),
        "all zero": lambda n, t: [0, 0, 0, 0],
        "even steps": lambda n, t: [0, math.pi / 4, math.pi / 2, 3 * math.pi / 4],
        "textbook for phi+": lambda n, t: [0, math.pi / 2, math.pi / 4, -math.pi / 4],
        "singlet always": lambda n, t: right("04.best_angles")("psi-", t),
    },
    "04.best_without_pairs": {
        "two corners": lambda c: 1 - min(c[0][0], c[1][1]),
        "complement": after("04.best_without_pairs", lambda p: 1 - p),
        "the rarest": lambda c: float(np.min(c)),
        "sum of two": lambda c: float(np.sort(np.ravel(c))[-2:].sum()),
        "commonest": lambda c: float(np.max(c)),
        "S of it": after("04.best_without_pairs", lambda p: abs(8 * p - 4) / 4),
        "mean of tables": lambda c: float(1 - np.mean(c)),
        "draws": draws("04.best_without_pairs", 500),
    },
    "04.plan_with_one_bit": {
        "all zeros": lambda x, y: {"alice": [0, 0], "message": [0, 0], "bob": [[0, 0], [0, 0]]},
        "rows and columns": lambda x, y: _transposed(right("04.plan_with_one_bit")(x, y)),
        "textbook corner": lambda x, y: right("04.plan_with_one_bit")(1, 1),
        "x and y exchanged": lambda x, y: right("04.plan_with_one_bit")(y, x),
        "message turned": lambda x, y: {**right("04.plan_with_one_bit")(x, y), "message": [1, 0]},
        "Bob sees y": lambda x, y: {**right("04.plan_with_one_bit")(x, y), "bob": [[int(v == y)] * 2 for v in (0, 1)]},
        "alice differs": lambda x, y: {**right("04.plan_with_one_bit")(x, y), "alice": [0, 1]},
        "bob always 1": lambda x, y: {"alice": [0, 0], "message": [0, 1], "bob": [[1, 1], [1, 1]]},
    },
    "04.chsh_both_ways": {
        "exchanged": after("04.chsh_both_ways", lambda t: {"kept": t["all"], "all": t["kept"]}),
        "lost as one": _both(_ones),
        "as share of wins": after("04.chsh_both_ways", lambda t: {k: (v + 4) / 8 for k, v in t.items()}),
        "mean of four": after("04.chsh_both_ways", lambda t: {k: v / 4 for k, v in t.items()}),
        "all booked in both": after("04.chsh_both_ways", lambda t: {"kept": t["all"], "all": t["all"]}),
        "minus at 00": lambda c: _minus_at(c, 0, 0),
        "minus at 01": lambda c: _minus_at(c, 0, 1),
        "sign": after("04.chsh_both_ways", lambda t: {k: -v for k, v in t.items()}),
        "all is 2": after("04.chsh_both_ways", lambda t: {**t, "all": 2.0}),
        "all through efficiency": lambda c: _through_efficiency(c),
    },
}


def _transposed(plan: dict[str, Any]) -> dict[str, Any]:
    return {**plan, "bob": np.transpose(plan["bob"]).tolist()}


def _correlations(counts: Any) -> tuple[Any, Any]:
    table = np.asarray(counts, dtype=float)
    signs = np.array([[1, -1], [-1, 1]])
    kept = (table[:, :, :2, :2] * signs).sum(axis=(2, 3)) / table[:, :, :2, :2].sum(axis=(2, 3))
    values = np.array([1, -1, 1])
    return kept, np.einsum("xyab,a,b->xy", table, values, values) / table.sum(axis=(2, 3))


def _minus_at(counts: Any, x: int, y: int) -> dict[str, float]:
    signs = np.ones((2, 2))
    signs[x, y] = -1
    kept, every = _correlations(counts)
    return {"kept": float((signs * kept).sum()), "all": float((signs * every).sum())}


def _through_efficiency(counts: Any) -> dict[str, float]:
    kept = right("04.chsh_both_ways")(counts)["kept"]
    table = np.asarray(counts, dtype=float)
    return {"kept": kept, "all": float(kept * table[:, :, :2, :2].sum() / table.sum())}


# --- 05 ---------------------------------------------------------------------------------------------------------------

UNIT_05: dict[str, dict[str, Answer]] = {
    "05.bob_marginal": {
        "reads 0": after("05.bob_marginal", lambda p: 1 - p),
        "Bell formula": lambda ket, a: math.cos(a / 2) ** 2,
        "sine": lambda ket, a: math.sin(a / 2) ** 2,
        "amplitudes": lambda ket, a: abs(ket[1] + ket[3]) ** 2 / 2,
        "Alice reads 0": lambda ket, a: abs(ket[1]) ** 2 / (abs(ket[0]) ** 2 + abs(ket[1]) ** 2),
        "never": lambda ket, a: 0.0,
        "the one joint": lambda ket, a: abs(ket[1]) ** 2,
        "draws": draws("05.bob_marginal", 1000),
        "Alice's complement": lambda ket, a: abs(ket[0]) ** 2 + abs(ket[1]) ** 2,
    },
    "05.replica_budget": {
        "square of the sum": lambda c: math.sqrt(max(0.0, 1 - min(1.0, sum(c)) ** 2)),
        "mean": lambda c: float(1 - np.mean(c)),
        "first only": lambda c: math.sqrt(1 - c[0] ** 2),
        "last only": lambda c: math.sqrt(1 - c[-1] ** 2),
        "product": lambda c: float(np.prod([1 - x for x in c])),
        "already held": lambda c: math.sqrt(min(1.0, sum(x * x for x in c))),
        "product of roots": lambda c: float(np.prod([math.sqrt(1 - x * x) for x in c])),
        "shared out": lambda c: math.sqrt(max(0.0, 1 - sum(x * x for x in c))) / len(c),
        "strongest only": lambda c: math.sqrt(1 - max(c) ** 2),
        "nothing left": lambda c: 0.0,
    },
    "05.pair_after_loss": {
        "GHZ of one half": lambda k, n: 0.5 if k == "ghz" else 2 / n,
        "W constant": lambda k, n: 0.0 if k == "ghz" else 2 / 3,
        "square": after("05.pair_after_loss", lambda c: c * c),
        "both smaller": lambda k, n: 2 / n,
        "pairs": lambda k, n: 0.0 if k == "ghz" else 2 / (n * (n - 1)),
        "W whole": lambda k, n: 0.0 if k == "ghz" else 1.0,
        "root": after("05.pair_after_loss", math.sqrt),
        "one less": lambda k, n: 0.0 if k == "ghz" else (n - 1) / n,
        "half of it": lambda k, n: 0.0 if k == "ghz" else 1 / (n - 1),
    },
    "05.expected_wins": {
        "share": lambda n, m, p: right("05.expected_wins")(n, m, p) / n,
        "classical only": lambda n, m, p: n * (1 - p * p),
        "pair for all": lambda n, m, p: n * _game(p)[1],
        "lost rounds": lambda n, m, p: n - right("05.expected_wins")(n, m, p),
        "p for p squared": lambda n, m, p: min(n, m) * _game(p)[1] + (n - min(n, m)) * (1 - p),
        "Tsirelson and classical": lambda n, m, p: (
            min(n, m) * math.cos(math.pi / 8) ** 2 + (n - min(n, m)) * (1 - p * p)
        ),
        "larger of both": lambda n, m, p: (
            min(n, m) * max(1 - p * p, 0.5 + (p * p + (1 - p) ** 2) / ROOT) + (n - min(n, m)) * (1 - p * p)
        ),
        "gain only": lambda n, m, p: min(n, m) * (_game(p)[1] - (1 - p * p)),
        "whole number": lambda n, m, p: round(right("05.expected_wins")(n, m, p)),
        "always 1": lambda n, m, p: float(n),
        "quantum is certain": lambda n, m, p: min(n, m) + (n - min(n, m)) * (1 - p * p),
    },
}


def _game(p: float) -> tuple[float, float]:
    classical = 1 - p * p
    return classical, 0.5 + (p * p + (1 - p) ** 2) / ROOT if p > 1 - 1 / ROOT else classical


# --- 06 ---------------------------------------------------------------------------------------------------------------


def _link(change: Callable[[dict[str, Any], float, float, float], dict[str, Any]], judged: bool = True) -> Answer:
    def answer(distance: float, rate: float, swap: float) -> dict[str, Any]:
        table = {**right("06.link_choice")(distance, rate, swap)}
        table.update(change(table, distance, rate, swap))
        if judged:
            table["better"] = "direct" if table["direct_hz"] >= table["repeater_hz"] else "repeater"
        return table

    return answer


def _dense(
    bits: Callable[[float], float], qubits: int = 2, worth: Callable[[float, float], bool] | None = None
) -> Answer:
    def answer(f: float) -> dict[str, Any]:
        b = bits(f)
        return {"bits": b, "qubits_in_total": qubits, "worth_it": b > 1 if worth is None else worth(f, b)}

    return answer


def _dense_right(f: float) -> float:
    return float(right("06.dense_audit")(f)["bits"])


def _received(change: Callable[[Any, str], Any]) -> Answer:
    return lambda ket, bits: change(np.asarray(ket), bits)


def _pure(ket: Any) -> Any:
    return np.outer(ket, np.conj(ket))


UNIT_06: dict[str, dict[str, Answer]] = {
    "06.dense_audit": {
        "above 0.85": _dense(_dense_right, worth=lambda f, b: f > 0.85),
        "above 0.78": _dense(_dense_right, worth=lambda f, b: f > 0.78),
        "always worth it": _dense(_dense_right, worth=lambda f, b: True),
        "never worth it": _dense(_dense_right, worth=lambda f, b: False),
        "one per two qubits": _dense(lambda f: _dense_right(f) / 2),
        "natural logarithms": _dense(lambda f: 2 - (2 - _dense_right(f)) * math.log(2)),
        "h of F": _dense(lambda f: 2 - h2(f)),
        "one minus entropy": _dense(lambda f: max(0.0, _dense_right(f) - 1)),
        "three qubits": _dense(_dense_right, 3),
        "exactly two": _dense(_dense_right, worth=lambda f, b: b == 2),
        "weighed per qubit": _dense(_dense_right, worth=lambda f, b: b / 2 > 1),
        "1 + F": _dense(lambda f: 1 + f),
    },
    "06.link_choice": {
        "always direct": _link(lambda t, d, r, s: {"better": "direct"}, judged=False),
        "always repeater": _link(lambda t, d, r, s: {"better": "repeater"}, judged=False),
        "exchanged": _link(lambda t, d, r, s: {"direct_hz": t["repeater_hz"], "repeater_hz": t["direct_hz"]}),
        "dB as e-folds": _link(lambda t, d, r, s: {"direct_hz": r * math.exp(-0.2 * d)}),
        "no loss": _link(lambda t, d, r, s: {"direct_hz": r}),
        "swap for free": _link(lambda t, d, r, s: {"repeater_hz": t["repeater_hz"] / s}),
        "swap squared": _link(lambda t, d, r, s: {"repeater_hz": t["repeater_hz"] * s}),
        "attempt both ways": _link(lambda t, d, r, s: {"repeater_hz": t["repeater_hz"] / 2}),
        "beyond 100 km": _link(lambda t, d, r, s: {"better": "repeater" if d > 200 else "direct"}, judged=False),
        "in kHz": _link(lambda t, d, r, s: {"direct_hz": t["direct_hz"] / 1e3, "repeater_hz": t["repeater_hz"] / 1e3}),
        "amplitude loss": _link(lambda t, d, r, s: {"direct_hz": r * 10 ** (-0.01 * d)}),
        "worse for better": _link(
            lambda t, d, r, s: {"better": "repeater" if t["better"] == "direct" else "direct"}, judged=False
        ),
    },
    "06.raw_pairs": {
        "first round only": after("06.raw_pairs", lambda n: n if n < 100 else 0.0),
        "twice": after("06.raw_pairs", lambda n: 2 * n),
        "one link more": lambda f, k, t: right("06.raw_pairs")(f, k, t) / k * (k + 1),
        "one link fewer": lambda f, k, t: right("06.raw_pairs")(f, k, t) / k * (k - 1),
        "ceil": after("06.raw_pairs", math.ceil),
        "powers of links": lambda f, k, t: right("06.raw_pairs")(f, k, t) ** 2,
        "no limit on the poor": lambda f, k, t: right("06.raw_pairs")(f, k, t) or float(k * 2**9),
        "success squared": lambda f, k, t: _raw(f, k, t, lambda s: 2 / s**2),
        "success not two": lambda f, k, t: _raw(f, k, t, lambda s: 1 / s),
        "one round more": lambda f, k, t: _raw(f, k, t, lambda s: 2 / s, more=1),
        "times success": lambda f, k, t: _raw(f, k, t, lambda s: 2 * s),
    },
    "06.received": {
        "mixed always": _received(lambda k, b: np.eye(2) / 2),
        "flip": _received(lambda k, b: _pure(k[::-1])),
        "diagonal": _received(lambda k, b: np.diag(np.abs(k) ** 2)),
        "transposed": after("06.received", lambda rho: np.transpose(rho)),
        "z nothing": _received(lambda k, b: right("06.received")(k, b if "x" not in b else "xz")),
        "x nothing": _received(lambda k, b: right("06.received")(k, b if "z" not in b else "xz")),
        "zero sent": _received(lambda k, b: np.diag([1.0, 0.0])),
        "one bit as none": _received(lambda k, b: right("06.received")(k, b if len(b) == 2 else "")),
        "bits turned over": _received(lambda k, b: right("06.received")(k, {"": "xz", "xz": ""}.get(b, b))),
    },
    "06.storage_time": {
        "in ms": after("06.storage_time", lambda t: t / 1000),
        "in s": after("06.storage_time", lambda t: t / 1e6),
        "twice": after("06.storage_time", lambda t: 2 * t),
        "half": after("06.storage_time", lambda t: t / 2),
        "t1 for t2": lambda a, b, f: right("06.storage_time")(b, min(a, 2 * b), f),
        "t1": lambda a, b, f: a,
        "t1 log": lambda a, b, f: -a * math.log(f),
        "half t2": lambda a, b, f: b / 2,
        "smaller of both": lambda a, b, f: min(a, b),
        "phase only, one half": lambda a, b, f: -b * math.log(2 * f - 1),
        "grid of tenths": after("06.storage_time", lambda t: math.floor(t * 10) / 10),
        "entangled": lambda a, b, f: right("06.storage_time")(a, b, 0.5001),
    },
}


def _raw(f: float, links: int, target: float, cost: Callable[[float], float], more: int = 0) -> float:
    def chained(weights: Any) -> Any:
        total = weights
        for _ in range(links - 1):
            total = swapped_weights(total, weights)
        return total

    weights, paid, left = werner_weights(f), 1.0, more
    for _ in range(9 + more):
        if chained(weights)[0] >= target:
            if left == 0:
                return float(links * paid)
            left -= 1
        weights, success = dejmps(weights)
        paid *= cost(success)
    return 0.0


# --- 07 ---------------------------------------------------------------------------------------------------------------


def _limit(sigmas: float | None, rounded: Callable[[float], int], shift: float = 0.0) -> Answer:
    def answer(n: int, q: float, alarm: float) -> int:
        far = NormalDist().inv_cdf(1 - alarm) if sigmas is None else sigmas
        return max(0, rounded(n * q + far * math.sqrt(n * q * (1 - q)) + shift))

    return answer


def _earn(**entries: Callable[[dict[str, Any], float], Any]) -> Answer:
    def answer(f: float) -> dict[str, Any]:
        table = dict(right("07.pair_earns")(f))
        return {**table, **{key: make(table, f) for key, make in entries.items()}}

    return answer


def _catch(n: Callable[[float, float], float], all_attacks: bool = False) -> Answer:
    return lambda attack, f, c: math.ceil(n(f, c)) if attack == "random basis" or all_attacks else 0


UNIT_07: dict[str, dict[str, Answer]] = {
    "07.abort_limit": {
        "normal": _limit(None, math.ceil),
        "normal with correction": _limit(None, math.ceil, -0.5),
        "three sigma": _limit(3, math.floor),
        "two sigma up": _limit(2, math.ceil),
        "off by one": after("07.abort_limit", lambda k: k + 1),
        "one low": after("07.abort_limit", lambda k: max(0, k - 1)),
        "two sided": given("07.abort_limit", lambda n, q, a: (n, q, a / 2)),
        "ten per cent": lambda n, q, a: math.floor(0.1 * n),
        "twice the mean": lambda n, q, a: math.floor(2 * n * q),
        "per cent": lambda n, q, a: math.floor(a * n),
        "mean rounded up": lambda n, q, a: math.ceil(n * q),
        "complement": given("07.abort_limit", lambda n, q, a: (n, q, 1 - a)),
    },
    "07.bits_to_catch": {
        "rounded down": after("07.bits_to_catch", lambda n: max(0, n - 1)),
        "half wrong": _catch(lambda f, c: math.log(1 - c) / math.log(1 - f / 2)),
        "every touched wrong": _catch(lambda f, c: math.log(1 - c) / math.log(1 - min(0.999, f))),
        "confidence for doubt": _catch(lambda f, c: math.log(c) / math.log(1 - f / 4)),
        "three quarters": _catch(lambda f, c: math.log(1 - c) / math.log(0.25 * f)),
        "linear": _catch(lambda f, c: c / (f / 4)),
        "natural limit": _catch(lambda f, c: -math.log(1 - c) * 4 / f),
        "always none": lambda attack, f, c: 0,
        "one in f": _catch(lambda f, c: 1 / f),
        "twice": after("07.bits_to_catch", lambda n: 2 * n),
        "sifting": after("07.bits_to_catch", lambda n: 2 * n + 1),
    },
    "07.marks": {
        "s to zero": put("07.marks", "s", lambda t, f: 2 * ROOT * (1 - f)),
        "s of two errors": put("07.marks", "s", lambda t, f: 2 * ROOT * (1 - f / 4)),
        "s squared": put("07.marks", "s", lambda t, f: 2 * ROOT * (1 - t["qber"]) ** 2),
        "per cent": after("07.marks", lambda t: {**t, "qber": min(1.0, t["qber"] * 4)}),
        "agreement": after("07.marks", lambda t: {**t, "qber": 1 - t["qber"]}),
        "s unmoved": put("07.marks", "s", lambda t, f: 2 * ROOT),
        "s to one": put("07.marks", "s", lambda t, f: 2 * ROOT * (1 - f) + f),
        "an eighth": put("07.marks", "qber", lambda t, f: f / 8),
        "three quarters": put("07.marks", "qber", lambda t, f: 0.75 * f),
        "both squared": lambda f: {"qber": f * f / 4, "s": right("07.marks")(f)["s"]},
    },
    "07.pair_earns": {
        "above 0.75": _earn(violates=lambda t, f: f > 0.75),
        "above 0.8": _earn(violates=lambda t, f: f > 0.8),
        "above 0.71": _earn(violates=lambda t, f: f > 1 / ROOT),
        "half infidelity": _earn(qber=lambda t, f: (1 - f) / 2),
        "agreement": _earn(qber=lambda t, f: 1 - t["qber"]),
        "one entropy": _earn(trusted=lambda t, f: max(0.0, 1 - h2(werner_qber(f)))),
        "no cost of errors": _earn(trusted=lambda t, f: 1 - 2 * t["qber"]),
        "all of it": _earn(trusted=lambda t, f: f),
        "nothing": _earn(untrusted=lambda t, f: 0.0),
        "shares exchanged": _earn(trusted=lambda t, f: t["untrusted"], untrusted=lambda t, f: t["trusted"]),
        "always violates": _earn(violates=lambda t, f: True),
        "untrusted by errors": _earn(untrusted=lambda t, f: max(0.0, 1 - h2(werner_qber(f))) if t["violates"] else 0.0),
        "s over the bound": _earn(untrusted=lambda t, f: max(0.0, float(werner_s(f)) / 2 - 1)),
    },
    "07.reach_km": {
        "in m": after("07.reach_km", lambda d: 1000 * d),
        "half": after("07.reach_km", lambda d: d / 2),
        "twice": after("07.reach_km", lambda d: 2 * d),
        "dark alone": given("07.reach_km", lambda a, d, m: (a, d, 0.0)),
        "0.2 for all": given("07.reach_km", lambda a, d, m: (0.2, d, m)),
        "whole km": after("07.reach_km", math.floor),
        "steps of 10": after("07.reach_km", lambda d: 10 * round(d / 10)),
        "dark is signal": lambda a, d, m: -10 / a * math.log10(d),
        "with efficiency": lambda a, d, m: -10 / a * math.log10(d / 0.1),
        "a hundred": lambda a, d, m: 100.0,
        "11 per cent": lambda a, d, m: 10 / a * math.log10(0.1 * 0.11 / d),
        "twice the misalignment": given("07.reach_km", lambda a, d, m: (a, d, 2 * m)),
        "twice the dark counts": given("07.reach_km", lambda a, d, m: (a, 2 * d, m)),
    },
}

# --- 08 ---------------------------------------------------------------------------------------------------------------


def _range(change: Callable[[dict[str, Any], float, float], dict[str, Any]], judged: bool = True) -> Answer:
    def answer(counts: dict[str, int]) -> dict[str, Any]:
        total = sum(counts.values())
        table = dict(right("08.fidelity_range")(counts))
        table.update(change(table, counts["00"] / total, counts["11"] / total))
        if judged:
            table["certified"] = table["lowest"] > 0.5
        return table

    return answer


def _figures(
    one: float = 1.5, two: float = 1.25, **entries: Callable[[dict[str, float], float, float, float], float]
) -> Answer:
    def answer(a: float, b: float, e: float) -> dict[str, float]:
        p, q = one * a, two * b
        kept, phase = 1 - 16 * q / 15, 1 - 4 * p / 3
        zz, xx = kept, kept * phase
        table = {"fidelity": (1 + zz + 2 * xx) / 4, "s": ROOT * (zz + xx) * (1 - 2 * e) ** 2}
        return {**table, **{key: make(table, a, b, e) for key, make in entries.items()}}

    return answer


def _replayed(**changes: Callable[[dict[str, Any]], Any]) -> Answer:
    def answer(record: dict[str, Any]) -> dict[str, int]:
        new = {**record, "calibration": dict(record["calibration"])}
        for key, change in changes.items():
            if key in new:
                new[key] = change(record)
            else:
                new["calibration"][key] = change(record)
        return dict(right("08.replay")(new))

    return answer


UNIT_08: dict[str, dict[str, Answer]] = {
    "08.fidelity_range": {
        "up to one": _range(lambda t, a, b: {"highest": 1.0}),
        "from zero": _range(lambda t, a, b: {"lowest": 0.0}),
        "root forgotten": _range(
            lambda t, a, b: {"lowest": max(0.0, (a + b) / 2 - a * b), "highest": (a + b) / 2 + a * b}
        ),
        "half the coherence": _range(
            lambda t, a, b: {
                "lowest": max(0.0, (a + b - math.sqrt(a * b)) / 2),
                "highest": (a + b + math.sqrt(a * b)) / 2,
            }
        ),
        "always certified": _range(lambda t, a, b: {"certified": True}, judged=False),
        "exchanged": _range(lambda t, a, b: {"lowest": t["highest"], "highest": t["lowest"]}),
        "sum not halved": _range(lambda t, a, b: {"lowest": max(0.0, a + b - math.sqrt(a * b)), "highest": 1.0}),
        "agreement on top": _range(lambda t, a, b: {"highest": a + b}),
        "P00": _range(lambda t, a, b: {"lowest": min(a, b), "highest": max(a, b)}),
        "highest above 0.9": _range(lambda t, a, b: {"certified": t["highest"] > 0.9}, judged=False),
    },
    "08.pair_figures": {
        "one gate not converted": _figures(one=1),
        "other gate not converted": _figures(two=1),
        "errors added": _figures(fidelity=lambda t, a, b, e: 1 - a - b),
        "errors multiplied": _figures(fidelity=lambda t, a, b, e: (1 - a) * (1 - b)),
        "perfect s": _figures(s=lambda t, a, b, e: 2 * ROOT * (1 - 2 * e) ** 2),
        "1 - e": _figures(s=lambda t, a, b, e: t["s"] / (1 - 2 * e) ** 2 * (1 - e) ** 2),
        "one qubit gate free": _figures(one=0),
        "two qubit gate free": _figures(two=0),
        "win": _figures(s=lambda t, a, b, e: (t["s"] + 4) / 8),
        "white noise": _figures(s=lambda t, a, b, e: 2 * ROOT * (4 * t["fidelity"] - 1) / 3 * (1 - 2 * e) ** 2),
        "readout as factor on F": _figures(fidelity=lambda t, a, b, e: t["fidelity"] * (1 - 2 * e) ** 2),
        "conversion of one for both": _figures(two=1.5),
    },
    "08.replay": {
        "seed off": _replayed(seed=lambda r: r["seed"] + 1),
        "shots of a round number": _replayed(shots=lambda r: 10000),
        "errors exchanged": _replayed(e0=lambda r: r["calibration"]["e1"], e1=lambda r: r["calibration"]["e0"]),
        "no readout": _replayed(e0=lambda r: 0.0, e1=lambda r: 0.0),
        "perfect pair": _replayed(pair_fidelity=lambda r: 1.0),
        "order": lambda r: dict(zip(("00", "10", "01", "11"), right("08.replay")(r).values(), strict=True)),
        "e0 for both": _replayed(e1=lambda r: r["calibration"]["e0"]),
        "shares": lambda r: {k: round(100 * v / r["shots"]) for k, v in right("08.replay")(r).items()},
        "infidelity in two": _replayed(pair_fidelity=lambda r: 1 - 1.5 * (1 - r["calibration"]["pair_fidelity"])),
        "choice": lambda r: _by_choice(r),
    },
    "08.witness": {
        "any sign": lambda xx, yy, zz: _witness((1 - abs(xx) - abs(yy) - abs(zz)) / 4),
        "sign turned": lambda xx, yy, zz: {
            "value": -right("08.witness")(xx, yy, zz)["value"],
            "entangled": right("08.witness")(xx, yy, zz)["entangled"],
        },
        "not divided": lambda xx, yy, zz: _witness(max(-1.0, min(1.0, 1 - xx + yy - zz))),
        "half": lambda xx, yy, zz: _witness((1 - xx + yy - zz) / 8),
        "xx + zz": lambda xx, yy, zz: _witness((1 - xx - zz) / 4),
        "positive is entangled": lambda xx, yy, zz: {
            "value": right("08.witness")(xx, yy, zz)["value"],
            "entangled": right("08.witness")(xx, yy, zz)["value"] > 0,
        },
        "always": lambda xx, yy, zz: {**right("08.witness")(xx, yy, zz), "entangled": True},
        "fidelity above 0.78": lambda xx, yy, zz: {
            **right("08.witness")(xx, yy, zz),
            "entangled": (1 + xx - yy + zz) / 4 > 0.78,
        },
        "clear margin": lambda xx, yy, zz: {
            **right("08.witness")(xx, yy, zz),
            "entangled": right("08.witness")(xx, yy, zz)["value"] < -0.1,
        },
        "yy and zz": lambda xx, yy, zz: right("08.witness")(xx, zz, yy),
        "xx forgotten": lambda xx, yy, zz: _witness((1 + yy - zz) / 4),
    },
}


def _witness(value: float) -> dict[str, Any]:
    return {"value": value, "entangled": value < -1e-12}


def _by_choice(record: dict[str, Any]) -> dict[str, int]:
    rng = np.random.default_rng(record["seed"])
    drawn = rng.choice(4, size=record["shots"], p=_chances(record["calibration"]))
    return {o: int((drawn == i).sum()) for i, o in enumerate(OUTCOMES)}


# --- 09 ---------------------------------------------------------------------------------------------------------------


def _row(**entries: Callable[[dict[str, Any], Any], Any]) -> Answer:
    def answer(rho: Any) -> dict[str, Any]:
        table = dict(right("09.comparison_row")(rho))
        return {**table, **{key: make(table, rho) for key, make in entries.items()}}

    return answer


def _kind(change: Callable[[str, Any], str]) -> Answer:
    return lambda rho: change(right("09.kind_of_correlation")(rho), np.asarray(rho))


def _one_side(rho: Any) -> bool:
    tensor = np.reshape(rho, (2, 2, 2, 2))
    bob = [tensor[k, :, m, :] for k in range(2) for m in range(2)]
    return all(np.allclose(a @ b, b @ a, atol=1e-9) for a in bob for b in bob)


def _copy(value: Callable[[float, float], float]) -> Answer:
    return lambda t, p: {"fidelity": value(t, p), "universal_cloner_is_better": value(t, p) < 5 / 6}


UNIT_09: dict[str, dict[str, Answer]] = {
    "09.kind_of_correlation": {
        "one side only": _kind(lambda k, rho: ("classical" if _one_side(rho) else "discordant") if k[0] in "cd" else k),
        "no discord": _kind(lambda k, rho: "classical" if k == "product" else k),
        "all discordant": _kind(lambda k, rho: "discordant" if k == "classical" else k),
        "product classical": _kind(lambda k, rho: "product" if k == "classical" else k),
        "all entangled": _kind(lambda k, rho: "entangled"),
        "pure only": _kind(lambda k, rho: "entangled" if measures.purity(rho) > 0.9 else "classical"),
        "two kinds": _kind(lambda k, rho: k if k == "entangled" else "classical"),
        "entangled is discordant": _kind(lambda k, rho: "discordant" if k == "entangled" else k),
    },
    "09.comparison_row": {
        "correlations": _row(agree_z=lambda t, r: abs(2 * t["agree_z"] - 1)),
        "differ": _row(agree_x=lambda t, r: 1 - t["agree_x"]),
        "exchanged": _row(agree_z=lambda t, r: t["agree_x"], agree_x=lambda t, r: t["agree_z"]),
        "wins": _row(best_s=lambda t, r: (t["best_s"] + 4) / 8),
        "half s": _row(best_s=lambda t, r: t["best_s"] / 2),
        "s at least 2": _row(best_s=lambda t, r: max(2.0, t["best_s"])),
        "s of the ceiling": _row(best_s=lambda t, r: 2 * ROOT if t["entangled"] else min(2.0, t["best_s"])),
        "s above 0": _row(beats_shared_seed=lambda t, r: t["best_s"] > 0),
        "trace": _row(signal=lambda t, r: abs(t["agree_z"] - 0.5)),
        "signal of entangled": _row(signal=lambda t, r: 1.0 if t["entangled"] else 0.0),
        "all entangled": _row(entangled=lambda t, r: True),
        "agreement 1/2": _row(agree_x=lambda t, r: 0.5),
        "one eigenvalue": _row(best_s=lambda t, r: _one_eigenvalue(r)),
    },
    "09.messages_to_match": {
        "s - 2": after("09.messages_to_match", lambda q: min(1.0, 2 * q)),
        "of four": after("09.messages_to_match", lambda q: q / 2),
        "wins": lambda f: max(0.0, _s(f) / 8 + 0.5 - 0.75),
        "wins needed": lambda f: max(0.75, _s(f) / 8 + 0.5),
        "complement": after("09.messages_to_match", lambda q: 1 - q),
        "fidelity": lambda f: f,
        "over the ceiling": lambda f: max(0.0, (_s(f) - 2) / (2 * ROOT - 2)),
        "below the bound too": lambda f: abs(_s(f) - 2) / 2,
        "in proportion to F": lambda f: (ROOT - 1) * f,
        "none": lambda f: 0.0,
    },
    "09.cnot_copy": {
        "infidelity": lambda t, p: {
            **right("09.cnot_copy")(t, p),
            "fidelity": 1 - right("09.cnot_copy")(t, p)["fidelity"],
        },
        "half angle": _copy(lambda t, p: 1 - math.sin(t / 2) ** 2 / 2),
        "twice angle": _copy(lambda t, p: 1 - math.sin(2 * t) ** 2 / 2),
        "cos squared": _copy(lambda t, p: math.cos(t / 2) ** 2),
        "no half": _copy(lambda t, p: 1 - math.sin(t) ** 2),
        "always better": lambda t, p: {**right("09.cnot_copy")(t, p), "universal_cloner_is_better": True},
        "other way": lambda t, p: {
            **right("09.cnot_copy")(t, p),
            "universal_cloner_is_better": not right("09.cnot_copy")(t, p)["universal_cloner_is_better"],
        },
        "two thirds": lambda t, p: {
            **right("09.cnot_copy")(t, p),
            "universal_cloner_is_better": right("09.cnot_copy")(t, p)["fidelity"] < 2 / 3,
        },
        "below one": lambda t, p: {
            **right("09.cnot_copy")(t, p),
            "universal_cloner_is_better": right("09.cnot_copy")(t, p)["fidelity"] < 1 - 1e-9,
        },
        "phase": _copy(lambda t, p: (1 + math.cos(p)) / 2),
        "degrees": _copy(lambda t, p: 1 - math.sin(math.radians(t)) ** 2 / 2),
        "original": _copy(lambda t, p: (1 + abs(math.cos(t))) / 2),
    },
}


def _s(f: float) -> float:
    return 2 * ROOT * (4 * f - 1) / 3


def _one_eigenvalue(rho: Any) -> float:
    return float(min(4.0, chsh_maximum(rho) / ROOT))


# --- 10 ---------------------------------------------------------------------------------------------------------------


def _blame(change: Callable[..., dict[str, Any]], judged: bool = True) -> Answer:
    def answer(*arguments: float) -> dict[str, Any]:
        table = dict(right("10.blame")(*arguments))
        table.update(change(table, *arguments))
        if judged:
            lost = table["corrected"] - table["raw"]
            table["culprit"] = "readout" if lost > 1 - table["corrected"] else "pair"
        return table

    return answer


def _sized(change: Callable[[dict[str, float]], dict[str, float]]) -> Answer:
    return lambda sheets: right("10.largest_ghz")([{**s, **change(s)} for s in sheets])


UNIT_10: dict[str, dict[str, Answer]] = {
    "10.blame": {
        "above 0.9": _blame(lambda t, *a: {"culprit": "readout" if t["corrected"] > 0.9 else "pair"}, judged=False),
        "always readout": _blame(lambda t, *a: {"culprit": "readout"}, judged=False),
        "exchanged": _blame(
            lambda t, *a: {"culprit": "pair" if t["culprit"] == "readout" else "readout"}, judged=False
        ),
        "the larger figure": _blame(
            lambda t, *a: {"culprit": "readout" if max(a[3:]) > 1 - t["corrected"] else "pair"}, judged=False
        ),
        "sum of errors": _blame(
            lambda t, *a: {"culprit": "readout" if sum(a[3:]) > 1 - t["corrected"] else "pair"}, judged=False
        ),
        "other side only": lambda x, y, z, a, b: (
            right("10.blame")(x, y, z, 0.0, b) | {"raw": right("10.blame")(x, y, z, a, b)["raw"]}
        ),
        "raw and corrected exchanged": _blame(lambda t, *a: {"raw": t["corrected"], "corrected": t["raw"]}),
        "capped": _blame(lambda t, *a: {"corrected": 1.0}),
        "infidelity": _blame(lambda t, *a: {"raw": 1 - t["raw"], "corrected": 1 - t["corrected"]}, judged=False),
        "signs alike": lambda x, y, z, a, b: right("10.blame")(x, -y, z, a, b),
        "raw against half": _blame(lambda t, *a: {"culprit": "readout" if t["raw"] > 0.5 else "pair"}, judged=False),
        "multiplied": _blame(lambda t, x, y, z, a, b: {"corrected": min(1.0, t["raw"] * (1 + a) * (1 + b))}),
    },
    "10.largest_ghz": {
        "one more": after("10.largest_ghz", lambda n: [k + 1 for k in n]),
        "one less": after("10.largest_ghz", lambda n: [k - 1 for k in n]),
        "mean readout": _sized(
            lambda s: dict.fromkeys(("readout_e0", "readout_e1"), (s["readout_e0"] + s["readout_e1"]) / 2)
        ),
        "e0 for both": _sized(lambda s: {"readout_e1": s["readout_e0"]}),
        "e1 left out": _sized(lambda s: {"readout_e1": 0.0}),
        "e0 left out": _sized(lambda s: {"readout_e0": 0.0}),
        "sorted": after("10.largest_ghz", sorted),
        "reversed": after("10.largest_ghz", lambda n: n[::-1]),
        "smallest for all": after("10.largest_ghz", lambda n: [min(n)] * 3),
        "ghz of 80": lambda sheets: [ghz_size_limit(threshold=0.8, **s) for s in sheets],
        "half of it": after("10.largest_ghz", lambda n: [k // 2 for k in n]),
        "half of the errors": lambda sheets: [round(0.5 / s["two_qubit_infidelity"]) for s in sheets],
        "ln 2": lambda sheets: [
            math.floor(math.log(2) / (s["two_qubit_infidelity"] + (s["readout_e0"] + s["readout_e1"]) / 2))
            for s in sheets
        ],
        "success of all": lambda sheets: [_all_right(s) for s in sheets],
    },
    "10.bell_time": {
        "in ms": after("10.bell_time", lambda t: t / 1000),
        "half": after("10.bell_time", lambda t: t / 2),
        "twice": after("10.bell_time", lambda t: 2 * t),
        "t1": lambda a, b: a,
        "smaller": lambda a, b: min(a, b),
        "half t2": lambda a, b: b / 2,
        "fixed share": lambda a, b: 0.2 * b,
        "t2 log 2": lambda a, b: b * math.log(2),
        "t2 log 2 of two": lambda a, b: b * math.log(2) / 2,
        "exchanged": given("10.bell_time", lambda a, b: (b, min(a, 2 * b))),
        "rounded": after("10.bell_time", round),
        "grid": after("10.bell_time", lambda t: math.floor(10 * t) / 10),
        "no T1": given("10.bell_time", lambda a, b: (1e9, b)),
        "no pure dephasing": given("10.bell_time", lambda a, b: (a, 2 * a)),
    },
    "10.routing_cost": {
        "swaps only": after("10.routing_cost", lambda n: n - 1),
        "swap of two": after("10.routing_cost", lambda n: 2 * (n - 1) // 3 + 1),
        "steps": after("10.routing_cost", lambda n: (n - 1) // 3),
        "three a step": after("10.routing_cost", lambda n: n + 2),
        "twice": after("10.routing_cost", lambda n: 2 * n),
        "nothing": lambda edges, a, b: 0,
        "number of couplings": lambda edges, a, b: len(edges),
        "difference": lambda edges, a, b: abs(a - b),
        "both qubits": after("10.routing_cost", lambda n: n + 1),
    },
}


def _all_right(sheet: dict[str, float]) -> int:
    r, e = sheet["two_qubit_infidelity"], (sheet["readout_e0"] + sheet["readout_e1"]) / 2
    n = 1
    while (1 - r) ** n * (1 - e) ** (n + 1) > 0.5:
        n += 1
    return n


# --- 11 and the questions ---------------------------------------------------------------------------------------------


def _accept(change: Callable[[dict[str, Any], dict[str, Any], float], dict[str, Any]], judged: bool = True) -> Answer:
    def answer(counts: dict[str, Any], threshold: float) -> dict[str, Any]:
        table = dict(right("11.accept_pairs")(counts, threshold))
        table.update(change(table, counts, threshold))
        if judged:
            table["accept"] = table["fidelity"] - 1.6448536 * table["error"] >= threshold
        return table

    return answer


def _at(sigmas: float) -> Answer:
    return _accept(lambda t, c, threshold: {"accept": t["fidelity"] - sigmas * t["error"] >= threshold}, judged=False)


def _share_error(t: dict[str, Any], n: float) -> dict[str, Any]:
    return {"error": math.sqrt(t["fidelity"] * (1 - t["fidelity"]) / n)}


def _rounds(
    variance: Callable[[float], float], far: Callable[[float], float] = lambda s: s - 2, power: int = 2
) -> Answer:
    return lambda s, z: 4 * math.ceil(variance(s) * z**power / far(s) ** power)


def _flipped(claim: str, verdict: str) -> Answer:
    return lambda name: {**right("11.decide")(name), **({"verdict": verdict} if name == claim else {})}


def _other_test(claim: str, test: str) -> Answer:
    return lambda name: {**right("11.decide")(name), **({"test": test} if name == claim else {})}


UNIT_11: dict[str, dict[str, Answer]] = {
    "11.accept_pairs": {
        "1.28": _at(1.2817),
        "1.96": _at(1.96),
        "2": _at(2.0),
        "2.33": _at(2.326),
        "one sigma": _at(1.0),
        "three sigma": _at(3.0),
        "share error": _accept(lambda t, c, x: _share_error(t, sum(c["XX"]))),
        "share error of all": _accept(lambda t, c, x: _share_error(t, sum(map(sum, c.values())))),
        "not divided by 4": _accept(lambda t, c, x: {"error": min(1.0, 4 * t["error"])}),
        "variance": _accept(lambda t, c, x: {"error": t["error"] ** 2}),
        "errors added": _accept(lambda t, c, x: {"error": t["error"] * math.sqrt(3)}),
        "always": _accept(lambda t, c, x: {"accept": True}, judged=False),
        "never": _accept(lambda t, c, x: {"accept": False}, judged=False),
        "infidelity": _accept(lambda t, c, x: {"fidelity": 1 - t["fidelity"]}, judged=False),
        "agreement of all": _accept(lambda t, c, x: {"fidelity": _agreeing(c)}),
        "unit variance": _accept(lambda t, c, x: {"error": math.sqrt(sum(1 / sum(v) for v in c.values())) / 4}),
    },
    "11.decide": {
        "violation holds": _flipped("violation", "holds"),
        "teleportation wrong": _flipped("teleportation", "wrong"),
        "gate fidelity conditions": _flipped("gate fidelity", "with conditions"),
        "memory time conditions": _flipped("memory time", "with conditions"),
        "hundred qubits wrong": _flipped("hundred qubits", "wrong"),
        "key wrong": _flipped("key at eight percent", "wrong"),
        "parity by bell": _other_test("hundred qubits", "bell test"),
        "key by bell": _other_test("key at eight percent", "bell test"),
        "far by second": _other_test("instant replicas", "second setting"),
        "impersonation by key rate": _other_test("no other keys", "key rate"),
        "tests shifted": lambda name: {
            "verdict": right("11.decide")(name)["verdict"],
            "test": "bell test" if right("11.decide")(name)["test"] != "bell test" else "second setting",
        },
        "all hold": lambda name: {**right("11.decide")(name), "verdict": "holds"},
        "all with conditions": lambda name: {**right("11.decide")(name), "verdict": "with conditions"},
    },
    "11.rounds_to_show": {
        "unit variance": _rounds(lambda s: 4.0),
        "worst": _rounds(lambda s: 1.0),
        "twice": after("11.rounds_to_show", lambda n: 2 * n),
        "off by four": after("11.rounds_to_show", lambda n: n + 4),
        "one less": after("11.rounds_to_show", lambda n: n - 1),
        "five sigma": lambda s, z: right("11.rounds_to_show")(s, 5.0),
        "one sigma": lambda s, z: right("11.rounds_to_show")(s, 1.0),
        "rounded at the end": lambda s, z: math.ceil(16 * (1 - (s / 4) ** 2) * z**2 / (s - 2) ** 2),
        "from four": _rounds(lambda s: 4 * (1 - (s / 4) ** 2), far=lambda s: 4 - s),
        "sigmas not squared": lambda s, z: 4 * math.ceil(4 * (1 - (s / 4) ** 2) * z / (s - 2) ** 2),
        "deviation for variance": _rounds(lambda s: 2 * math.sqrt(1 - (s / 4) ** 2)),
        "a million": lambda s, z: 1_000_000,
        "half S": _rounds(lambda s: 4 * (1 - (s / 2) ** 2) if s < 2 else 0.0),
        "perfect pair": lambda s, z: right("11.rounds_to_show")(2.828, z),
    },
}

FAQ: dict[str, dict[str, Answer]] = {
    "faq.backup_fidelity": {
        "damage": after("faq.backup_fidelity", lambda f: 1 - f),
        "from two": lambda n: (n + 1) / (2 * n),
        "two thirds": lambda n: 2 / 3,
        "off by one": lambda n: right("faq.backup_fidelity")(n + 1),
        "one copy fewer": lambda n: right("faq.backup_fidelity")(max(1, n - 1)),
        "total": lambda n: 1.0 if n == 1 else 2 / 3 / n,
        "root": after("faq.backup_fidelity", math.sqrt),
        "half at last": lambda n: 0.5 + 0.5 / n,
        "5/6 of them": lambda n: (5 / 6) ** math.log2(n),
        "squares": after("faq.backup_fidelity", lambda f: f * f),
    },
    "faq.best_seed": {
        "min of all": lambda w, t: 1 - min(map(min, w)),
        "complement": after("faq.best_seed", lambda p: 1 - p),
        "zero answers or ones": lambda w, t: max(
            sum(w[x][y] for x in (0, 1) for y in (0, 1) if t[x][y] == v) for v in (0, 1)
        ),
        "commonest": lambda w, t: max(map(max, w)),
        "quantum": lambda w, t: math.cos(math.pi / 8) ** 2,
        "unweighted": lambda w, t: right("faq.best_seed")([[0.25] * 2] * 2, t),
        "textbook targets": lambda w, t: right("faq.best_seed")(w, [[0, 0], [0, 1]]),
        "bob only": lambda w, t: max(
            sum(w[x][y] for x in (0, 1) for y in (0, 1) if (b0, b1)[y] == t[x][y]) for b0 in (0, 1) for b1 in (0, 1)
        ),
        "worst plan": lambda w, t: min(map(min, w)),
    },
    "faq.change_at_bob": {
        "half": lambda rho: 0.5,
        "Bob's purity": lambda rho: measures.purity(states.partial_trace(rho, [1])),
        "Alice before after": lambda rho: _alice_change(rho),
        "concurrence": lambda rho: measures.concurrence(rho),
        "outcome one": lambda rho: _outcome(rho, 1),
        "entropy": lambda rho: min(1.0, measures.entropy(states.partial_trace(rho, [1]))),
        "difference of halves": lambda rho: measures.trace_distance(
            states.partial_trace(rho, [0]), states.partial_trace(rho, [1])
        ),
        "correlated": lambda rho: abs(np.trace(rho @ np.diag([1, -1, -1, 1])).real),
    },
    "faq.ghz_success": {
        "n gates": lambda n, g, r: (1 - g) ** n * (1 - r) ** n,
        "one readout": lambda n, g, r: (1 - g) ** (n - 1) * (1 - r),
        "gates left out": lambda n, g, r: (1 - r) ** n,
        "exchanged": given("faq.ghz_success", lambda n, g, r: (n, r, g)),
        "failure": after("faq.ghz_success", lambda p: 1 - p),
        "exponent": lambda n, g, r: math.exp(-n * (g + r)),
        "twice readout": lambda n, g, r: (1 - g) ** (n - 1) * (1 - 2 * r) ** n,
        "two for one": lambda n, g, r: (1 - g) ** (2 * (n - 1)) * (1 - r) ** n,
        "sum in one power": lambda n, g, r: (1 - g - r) ** n,
        "n - 1 readouts": lambda n, g, r: ((1 - g) * (1 - r)) ** (n - 1),
        "half": after("faq.ghz_success", lambda p: p / 2),
    },
    "faq.key_share": {
        "no floor": lambda q, a: abs(1 - 2 * h2(q)) if a else 0.0,
        "linear": lambda q, a: max(0.0, 1 - 2 * q) if a else 0.0,
        "four q": lambda q, a: max(0.0, 1 - 4 * q) if a else 0.0,
        "natural": lambda q, a: max(0.0, 1 - 2 * h2(q) * math.log(2)) if a else 0.0,
        "eleven per cent": lambda q, a: float(q < 0.11) if a else 0.0,
        "everything": lambda q, a: 1.0 if a else 0.0,
        "sifting": after("faq.key_share", lambda r: r / 2),
        "complement": after("faq.key_share", lambda r: 1 - r),
        "turned": lambda q, a: right("faq.key_share")(q, not a),
        "below 11 only once": lambda q, a: (max(0.0, 1 - h2(q)) if q < 0.11 else 0.0) if a else 0.0,
        "what is lost": lambda q, a: min(1.0, 2 * h2(q)) if a else 0.0,
    },
}


def _agreeing(counts: dict[str, Any]) -> float:
    same = counts["XX"][0] + counts["YY"][1] + counts["ZZ"][0]
    return float(same / sum(map(sum, counts.values())))


def _alice_change(rho: Any) -> float:
    half = states.partial_trace(rho, [0])
    return float(measures.trace_distance(half, np.diag(np.diag(half))))


def _outcome(rho: Any, bit: int) -> float:
    block = np.asarray(rho)[2 * bit : 2 * bit + 2, 2 * bit : 2 * bit + 2]
    return float(measures.trace_distance(states.partial_trace(rho, [1]), block / np.trace(block)))


WRONG: dict[str, dict[str, Answer]] = {
    **UNIT_01,
    **UNIT_02,
    **UNIT_03,
    **UNIT_04,
    **UNIT_05,
    **UNIT_06,
    **UNIT_07,
    **UNIT_08,
    **UNIT_09,
    **UNIT_10,
    **UNIT_11,
    **FAQ,
}
