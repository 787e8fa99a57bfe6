"""Devices at their edges, against paths by matrix powers, density matrices, exact fractions and lists of outcomes."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import pairwise, product
from math import comb
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import yaml

from qlab.circuits import Circuit, Operation, as_circuit
from qlab.devices import couplings, ghz, hardware, mitigation, parts, repetition, routing, sheets
from qlab.devices.couplings import CouplingMap
from qlab.devices.hardware import Calibration, Device
from qlab.simulator.reference import records
from qlab.states import ghz_state
from tests.edges.chances import digits, scatter
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import traced

HERE = Path(sheets.__file__).parent / "data_sheets"


# Maps.


def hops(chart: CouplingMap) -> Any:
    """Distances by powers of the adjacency matrix."""
    n = chart.num_qubits
    step = np.eye(n, dtype=int)
    for a, b in chart.edges:
        step[a, b] = step[b, a] = 1
    found, reach = np.where(np.eye(n, dtype=int) > 0, 0, -1), np.eye(n, dtype=int)
    for far in range(1, n):
        reach = ((reach @ step) > 0).astype(int)
        found[(reach > 0) & (found < 0)] = far
    return found


def joined(result: Any, wanted: set[tuple[int, int]], num_qubits: int) -> bool:
    fine = result.num_qubits == num_qubits == len(result.positions) and set(result.edges) == wanted
    if num_qubits > 60:
        return fine
    apart = hops(result)
    matched = [pair for group in result.matchings() for pair in group]
    alone = all(len({q for pair in group for q in pair}) == 2 * len(group) for group in result.matchings())
    return bool(fine and (result.distances == apart).all() and sorted(matched) == sorted(wanted) and alone)


def map_read(result: Any, num_qubits: Any, edges: Any, positions: Any) -> bool:
    wanted = {(min(int(a), int(b)), max(int(a), int(b))) for a, b in edges}
    placed = np.allclose(result.positions, np.array(positions, dtype=float)) if len(positions) else True
    return joined(result, wanted, int(num_qubits)) and bool(placed)


def row(num_qubits: Any) -> Any:
    return {(q, q + 1) for q in range(int(num_qubits) - 1)}


def squares(rows: Any, columns: Any) -> Any:
    places = list(product(range(int(rows)), range(int(columns))))
    return {
        (min(i, j), max(i, j))
        for i, (r, c) in enumerate(places) for j, (s, d) in enumerate(places) if abs(r - s) + abs(c - d) == 1
    }  # fmt: skip


def hexagons(result: Any, rows: Any, columns: Any, first_bridge: Any, trimmed: Any) -> bool:
    """Degrees of at most three, rows and bridges counted, and joined."""
    r, c = int(rows), int(columns)
    bridges = sum(len(range((int(first_bridge) + 2 * i) % 4, c, 4)) for i in range(r - 1))
    lost = (1 if r == 1 else 2) if trimmed else 0
    degrees = np.bincount(np.ravel(result.edges).astype(int), minlength=result.num_qubits)
    return bool(result.num_qubits == r * c + bridges - lost and degrees.max() <= 3)


def path_read(result: Any, first: Any, second: Any) -> bool:
    linked = all((min(p), max(p)) in MAP.edges for p in pairwise(result))
    ends = (result[0], result[-1]) == (int(first), int(second))
    return bool(linked and ends and len(result) == 1 + hops(MAP)[int(first), int(second)])


def from_pairs(result: Any, edges: Any, num_qubits: Any, positions: Any) -> bool:
    wanted = {(min(int(a), int(b)), max(int(a), int(b))) for a, b in edges}
    n = 1 + max(int(q) for pair in edges for q in pair) if num_qubits is None else int(num_qubits)
    return joined(result, wanted, n)


# GHZ states.


def pure(circuit: Circuit, qubits: Any) -> Any:
    return traced(sum(records(circuit).values()), qubits)


def spread(result: Any, num_qubits: Any, couplings: Any, centre: Any) -> bool:
    circuit, shared = result
    n = int(num_qubits)
    coupled = all(
        o.name == "h" or (min(o.qubits), max(o.qubits)) in couplings.edges for o in circuit
    )  # fmt: skip
    wanted = np.outer(ghz_state(n), ghz_state(n)) if n > 1 else None
    fine = coupled and len(shared) == len(set(shared)) == n and (centre is None or shared[0] == int(centre))
    return bool(fine and np.allclose(pure(circuit, shared), wanted))


def machine_fidelity(num_qubits: Any, device: Any, readout: Any) -> float:
    """By the reference simulator on the whole machine; wrong readout by sums over all flips."""
    n = int(num_qubits)
    circuit, patch = ghz.ghz_circuit(n, device.couplings)
    rho = pure(hardware.noisy_circuit(circuit, device), patch)
    e0, e1 = ([getattr(device.calibration, name)[q] for q in patch] for name in ("readout_e0", "readout_e1"))
    if not readout:
        e0 = e1 = [0.0] * n
    total = 0.0
    for read in ((0,) * n, (1,) * n):
        for k, true in enumerate(product((0, 1), repeat=n)):
            chance = rho[k, k].real
            for q in range(n):
                chance *= (e1[q] if read[q] == 0 else 1 - e1[q]) if true[q] else (e0[q] if read[q] else 1 - e0[q])
            total += chance
    contrast = 2 * abs(rho[0, -1])
    for q in range(n):
        contrast *= abs(1 - e0[q] - e1[q])
    return float((total + contrast) / 2)


def promised(num_qubits: Any, **figures: Any) -> float:
    n, (r2, r1, e0, e1) = int(num_qubits), (
        digits(figures[k]) for k in ("two_qubit_infidelity", "one_qubit_infidelity", "readout_e0", "readout_e1")
    )  # fmt: skip
    with mp.workdps(40):
        gates = (1 - r1) * (1 - r2) * (1 - r2 * 7 / 6) ** (n - 2)
        seen = ((1 - e0) ** n + (1 - e1) ** n + e0**n + e1**n) / 2 + abs(1 - e0 - e1) ** n
        return float(gates * seen / 2)


def limit_holds(result: Any, threshold: Any, limit: Any, figures: Any) -> bool:
    def above(n: int) -> bool:
        return promised(n, **FULL) > float(threshold)

    if float(threshold) < 1e-290:  # the estimate itself is no longer a float
        return result == int(limit) or promised(result + 1, **FULL) < 1e-280
    last = result == int(limit) or not above(result + 1)
    return 1 <= result <= int(limit) and (result == 1 or above(result)) and last


# Machines.


def calibration_read(result: Any, **given: Any) -> bool:
    pairs = given["two_qubit_infidelity"]
    same = all(getattr(result, name) == tuple(float(v) for v in given[name]) for name in LISTS)
    same = same and all(
        getattr(result, name) == float(given[name]) for name in ("one_qubit_ns", "two_qubit_ns", "measure_ns")
    )
    middle = sorted(float(v) for v in given["t1_us"])
    median = (middle[(len(middle) - 1) // 2] + middle[len(middle) // 2]) / 2
    return bool(same and len(result.two_qubit_infidelity) == len(pairs) and result.medians()["t1_us"] == median)


def uniform_read(result: Any, couplings: Any, **given: Any) -> bool:
    n, t1 = couplings.num_qubits, float(given["t1_us"])
    t2 = 2 * t1 if given["t2_us"] is None else float(given["t2_us"])
    same = result.t1_us == (t1,) * n and result.t2_us == (t2,) * n and result.date == given["date"]
    same = same and all(getattr(result, k) == (float(given[k]),) * n for k in LISTS[2:])
    return bool(
        same and result.two_qubit_infidelity == dict.fromkeys(couplings.edges, float(given["two_qubit_infidelity"]))
    )


def misreads(e0: Any, e1: Any) -> Any:
    """The Choi matrix of what the stack does: diagonal, with the four chances."""
    return np.diag([1 - float(e0), float(e0), float(e1), 1 - float(e1)])


def choi_of(result: Any, e0: Any, e1: Any) -> bool:
    choi = np.sum([np.outer(k.T.ravel(), k.T.ravel().conj()) for k in result], axis=0)
    complete = np.sum([k.conj().T @ k for k in result], axis=0)
    return bool(np.allclose(choi.diagonal().real, np.diag(misreads(e0, e1))) and np.allclose(complete, np.eye(2)))


def waited(circuit: Any, duration_us: Any, qubits: Any) -> Circuit:
    marks = tuple(
        Operation("thermal_relaxation", (int(q),), (float(duration_us), np.inf, np.inf)) for q in qubits
    )  # fmt: skip
    before = as_circuit(circuit)
    return Circuit(before.num_qubits, (*before.operations, *marks))


def made_noisy(result: Any, circuit: Any, device: Any) -> bool:
    """Gates of the circuit in order; behind each its noise, and readout before a measurement."""
    given = [o for o in circuit if o.name != "thermal_relaxation"]
    kept = [o for o in result if o.name not in ("depolarizing", "kraus", "thermal_relaxation")]
    if [(o.name, o.qubits, o.params) for o in given] != [(o.name, o.qubits, o.params) for o in kept]:
        return False
    noisy = [o for o in result if o.name == "depolarizing"]
    wanted = []
    for o in given:
        if o.is_gate() and o.name not in ("i", "z", "s", "sdg", "t", "tdg", "rz", "phase"):
            pair = len(o.qubits) == 2
            r = device.calibration.two_qubit_infidelity[min(o.qubits), max(o.qubits)] if pair else (
                device.calibration.one_qubit_infidelity[o.qubits[0]]
            )  # fmt: skip
            if r:
                wanted.append((o.qubits, r * (5 / 4 if pair else 3 / 2)))
    return result.num_qubits == device.num_qubits and [
        (o.qubits, pytest.approx(o.params[0].real)) for o in noisy
    ] == wanted  # fmt: skip


# Mitigation.


def solved(probabilities: Any, e0: Any, e1: Any) -> Any:
    """By a linear system of all outcomes."""
    shares = np.array(probabilities, dtype=float)
    n = len(shares).bit_length() - 1
    zero, one = (np.broadcast_to(np.array(e, dtype=float), (n,)) for e in (e0, e1))
    full = np.eye(1)
    for q in range(n):
        full = np.kron(full, np.array([[1 - zero[q], one[q]], [zero[q], 1 - one[q]]]))
    return np.linalg.solve(full, shares)


def closest(result: Any, quasi: Any) -> bool:
    """Conditions of the optimum: what is kept is shifted alike, what is dropped lies below."""
    values = np.array(quasi, dtype=float)
    size = 1 + np.abs(values).max()
    kept = result > 0
    shift = (values - result)[kept]
    lower = values[~kept] <= shift.max() + 1e-9 * size if kept.any() else np.array([False])
    return bool(
        abs(result.sum() - 1) < 1e-9 * size and (result >= 0).all() and np.ptp(shift) < 1e-9 * size and np.all(lower)
    )  # fmt: skip


def corrected(result: Any, counts: Any, e0: Any, e1: Any) -> bool:
    n = [digits(v) for v in np.array(counts, dtype=float)]
    zero, one = (np.broadcast_to(np.array(e, dtype=float), (2,)) for e in (e0, e1))
    total = sum(n)
    worth = []
    for q in range(2):
        kept = 1 - digits(zero[q]) - digits(one[q])
        worth.append([(1 - digits(one[q]) + digits(zero[q])) / kept, -(1 + digits(one[q]) - digits(zero[q])) / kept])
    values = [a * b for a in worth[0] for b in worth[1]]
    centre = sum(v * c for v, c in zip(values, n, strict=True)) / total
    variance = sum((v - centre) ** 2 * c for v, c in zip(values, n, strict=True)) / total
    least = (max(values) - min(values)) ** 2 * (total + 1) / (total + 2) ** 2
    error = mp.sqrt(max(variance, least) / total)
    return bool(
        abs(result.correlator - centre) <= 1e-6 * (1 + abs(centre))
        and abs(result.standard_error / error - 1) <= 1e-6
    )  # fmt: skip


def fitted(scales: Any, order: Any) -> Any:
    """Normal equations with many digits."""
    with mp.workdps(200):
        x = [digits(s) for s in scales]
        largest = max(x)
        degree = len(x) - 1 if order is None else int(order)
        rows = mp.matrix([[(v / largest) ** k for k in range(degree + 1)] for v in x])
        return np.array([float(v) for v in (mp.inverse(rows.T * rows) * rows.T)[0, :]])


def extrapolated(result: Any, scales: Any, values: Any, order: Any) -> bool:
    weights, found = fitted(scales, order), [digits(v) for v in values]
    wanted = mp.fsum(digits(w) * v for w, v in zip(weights, found, strict=True))
    size = max(abs(v) for v in found) * np.abs(weights).max()
    near = abs(result[0] - wanted) <= 1e-7 * size + mp.mpf("1e-320")
    return bool(near and abs(result[1] / (weights @ weights) - 1) < 1e-7)


def folded(result: Any, circuit: Any, factor: Any) -> bool:
    gates = sum(o.is_gate() for o in circuit)
    rest = len(circuit.operations) - gates
    fine = len(result.operations) == gates * int(factor) + rest
    if len(result.operations) > 500:
        return bool(fine)
    one, two = (records(c) for c in (circuit, result))
    return bool(fine and set(one) == set(two) and all(np.allclose(one[k], two[k], atol=1e-9) for k in one))


# Parts, repetition, routing, sheets.


def split(result: Any, circuit: Any) -> bool:
    taken = [q for qubits, _ in result for q in qubits]
    steps = sum(len(part.operations) for _, part in result)
    used = {q for o in circuit for q in o.qubits}
    return steps == len(circuit.operations) and sorted(taken) == sorted(used) and len(taken) == len(set(taken))


def drawn(result: Any, circuit: Any, shots: Any, rng: Any) -> bool:
    n, chances = int(shots), {}
    for record, after in records(circuit).items():
        chances[record] = after.trace().real
    widths = {o.key: len(o.qubits) for o in circuit if o.key is not None}
    if {key: bits.shape for key, bits in result.items()} != {key: (n, k) for key, k in widths.items()}:
        return False
    for key, bits in result.items():
        for place in range(bits.shape[1]):
            wanted = sum(p for r, p in chances.items() if dict(r)[key] >> (bits.shape[1] - 1 - place) & 1)
            if not scatter(bits[:, place].mean() if n else wanted, float(wanted), n):
                return False
    return True


def machine_drawn(result: Any, circuit: Any, device: Any, shots: Any, rng: Any) -> bool:
    return drawn(result, hardware.noisy_circuit(circuit, device), shots, rng)


def majority(distance: Any, flip_probability: Any) -> float:
    d, p = int(distance), Fraction(float(flip_probability))
    if d > 200:
        return mean_majority(d, p)
    return float(sum(comb(d, k) * p**k * (1 - p) ** (d - k) for k in range(d // 2 + 1, d + 1)))


def mean_majority(d: int, p: Fraction) -> float:
    """Of very many copies: by symmetry ½, else as good as certain."""
    return 0.5 if p == Fraction(1, 2) else float(p > Fraction(1, 2))


def majority_drawn(result: Any, distance: Any, flip_probability: Any, shots: Any, rng: Any) -> bool:
    return 0 <= result <= int(shots) and scatter(result / int(shots), majority(distance, flip_probability), int(shots))


def mended(result: Any, flip_probability: Any, theta: Any) -> bool:
    angle, wrong = float(theta), majority(3, flip_probability)
    psi = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    turned = psi[::-1]
    wanted = (1 - wrong) * np.outer(psi, psi) + wrong * np.outer(turned, turned)
    return bool(np.allclose(traced(sum(records(result).values()), [0]), wanted, atol=1e-6))


def routed(result: Any, circuit: Any, couplings: Any, initial: Any) -> bool:
    """Every pair is coupled, and with the SWAPs undone the steps are the circuit's."""
    start = list(range(circuit.num_qubits)) if initial is None else [int(q) for q in initial]
    place, undone = list(start), []
    for o in result.circuit:
        if o.is_gate() and len(o.qubits) == 2 and tuple(sorted(o.qubits)) not in couplings.edges:
            return False
        expected = circuit.operations[len(undone)] if len(undone) < len(circuit.operations) else None
        here = expected is not None and o.name == expected.name and o.qubits == tuple(place[q] for q in expected.qubits)
        if here:
            undone.append(expected)
        elif o.name == "swap":
            place = [{o.qubits[0]: o.qubits[1], o.qubits[1]: o.qubits[0]}.get(q, q) for q in place]
        else:
            return False
    return len(undone) == len(circuit.operations) and list(result.final) == place and list(result.initial) == start


def far_cnot(distance: Any, method: str) -> int:
    d = int(distance)
    if d == 1:
        return 1
    there = 3 * (d - 1)
    return {"swap": there + 1, "swap_and_return": 2 * there + 1, "bridge": there + d - 1}[method]


def sheet_read(result: Any, entry: Any) -> bool:
    return bool(
        result.name == str(entry["name"]) and dict(result.figures) == {k: float(v) for k, v in entry["figures"].items()}
        and result.device().num_qubits == result.couplings.num_qubits == 9
    )  # fmt: skip


def sheet_kept(result: Any, **given: Any) -> bool:
    return all(getattr(result, name) == value for name, value in given.items())


def file_read(result: Any, path: Any) -> bool:
    entry = yaml.safe_load((HERE / f"{Path(path).stem}.yml").read_text(encoding="utf-8"))
    return bool(result.name == entry["name"] and dict(result.figures) == entry["figures"])


MAP, LISTS = couplings.grid(3, 3), ("t1_us", "t2_us", "one_qubit_infidelity", "readout_e0", "readout_e1")
PAIR = couplings.line(2)
FIGURES = {"two_qubit_infidelity": 0.01}
FULL = {"one_qubit_infidelity": 0, "readout_e0": 0, "readout_e1": 0, **FIGURES}
UNIFORM: dict[str, Any] = {
    "t1_us": 100.0, "t2_us": 80.0, "one_qubit_infidelity": 0.001, "two_qubit_infidelity": 0.01, "readout_e0": 0.02,
    "readout_e1": 0.03, "one_qubit_ns": 30.0, "two_qubit_ns": 100.0, "measure_ns": 1000.0, "date": "2026-01-01",
    "source": "made up",
}  # fmt: skip
CALIBRATION = hardware.uniform_calibration(MAP, **UNIFORM)
DEVICE = Device("nine", MAP, CALIBRATION)
SMALL = Device("four", couplings.line(4), hardware.uniform_calibration(couplings.line(4), **UNIFORM))
STEPS = Circuit(3).h(0).cnot(0, 1).rz(0.3, 1).measure(0, key="a").measure(1, key="b")
STEPS = Circuit(3, (*STEPS.operations, Operation("x", (2,), (), None, "a")))
CIRCUITS = [
    Circuit(1).h(0),
    Circuit(3).h(2).measure(2, key="m"),
    Circuit(4).cnot(0, 1).cnot(2, 3),
    Circuit(3).gate("ccx", 0, 1, 2),
]
FOLDER = tempfile.TemporaryDirectory()
FILE = Path(FOLDER.name) / "row.json"
FILE.write_text("[[0, 1], [1, 2]]", encoding="utf-8")
ENTRY = {"name": "nine", "couplings": {"kind": "grid", "rows": 3, "columns": 3}, "figures": {"t1_us": 50.0}}
SHEET = sheets.sheet_from_mapping(ENTRY)
MAPS: list[Any] = [
    couplings.line(5),
    CouplingMap(3, ()),
    couplings.all_to_all(4),
    couplings.line(1),
    couplings.grid(2, 2),
]
DEVICES: list[Any] = [SMALL, Device("perfect", MAP, hardware.uniform_calibration(MAP))]
ODD_ENTRIES: list[Any] = [
    {**ENTRY, "figures": {"t1_us": -1}}, {**ENTRY, "figures": {"speed": 1}}, {**ENTRY, "couplings": {"kind": "ring"}},
    {**ENTRY, "couplings": {"kind": "line", "rows": 3}}, {**ENTRY, "couplings": []}, {**ENTRY, "figures": None},
    {**ENTRY, "name": None}, {**ENTRY, "actual": {"t1_us": 5}}, {**ENTRY, "claims": {"chsh_s": "2"}},
    {**ENTRY, "figures": {"t1_us": np.inf}}, {**ENTRY, "date": None}, {**ENTRY, "synthetic": "no"},
]  # fmt: skip

CASES = [
    Case(CouplingMap, {
        "num_qubits": 4, "edges": [(0, 1), (2, 1), (3, 2)],
        "positions": [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)],
    }, law(map_read), odd={
        "edges": [[(0, 0)], [(0, 1), (1, 0)], [(0, 1, 2)], [(0.0, 1.0)], [("0", "1")]],
        "positions": [(), [(0, np.nan)] * 4, np.zeros((4, 2)), [("0", "1")] * 4],
    }, says=["edges", "positions", "num_qubits"]),
    Case(MAP.distance, {"first": 0, "second": 8}, lambda first, second: hops(MAP)[int(first), int(second)]),
    Case(MAP.path, {"first": 0, "second": 8}, law(path_read)),
    Case(couplings.line, {"num_qubits": 5}, law(lambda result, num_qubits: joined(
        result, row(num_qubits), int(num_qubits)
    ))),
    Case(couplings.grid, {"rows": 3, "columns": 4}, law(lambda result, rows, columns: joined(
        result, squares(rows, columns), int(rows) * int(columns)
    ))),
    Case(couplings.all_to_all, {"num_qubits": 5}, law(lambda result, num_qubits: joined(
        result, {(a, b) for b in range(int(num_qubits)) for a in range(b)}, int(num_qubits)
    ))),
    Case(couplings.heavy_hex, {"rows": 3, "columns": 7, "first_bridge": 1, "trimmed": True}, law(hexagons)),
    Case(couplings.coupling_map_from_edges, {
        "edges": [(0, 1), (2, 1)], "num_qubits": 3, "positions": [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)],
    }, law(from_pairs), says=["edges", "positions"]),
    Case(couplings.coupling_map_from_file, {"path": str(FILE)}, law(
        lambda result, path: Path(path) == FILE and joined(result, {(0, 1), (1, 2)}, 3)
    ), odd={"path": [FILE, FILE.parent, "no such file", __file__, "\0"]}),
    Case(ghz.ghz_circuit, {"num_qubits": 3, "couplings": MAP, "centre": 4}, law(spread), odd={"couplings": MAPS},
         says=["centre", "num_qubits"]),
    Case(
        ghz.device_ghz_fidelity, {"num_qubits": 3, "device": SMALL, "readout": True}, machine_fidelity,
        odd={"device": [Device("pair", PAIR, hardware.uniform_calibration(PAIR))]}, says=["num_qubits"],
    ),
    Case(ghz.ghz_fidelity_estimate, {
        "num_qubits": 5, "two_qubit_infidelity": 0.01, "one_qubit_infidelity": 0.001, "readout_e0": 0.02,
        "readout_e1": 0.03,
    }, promised),
    Case(ghz.ghz_size_limit, {"threshold": 0.5, "limit": 1000, "figures": FIGURES}, law(limit_holds), without={
        "figures": "they are those of ghz_fidelity_estimate",
    }),
    Case(Calibration, {
        "t1_us": [50.0, 60.0], "t2_us": [40.0, 50.0], "one_qubit_infidelity": [0.001, 0.002],
        "readout_e0": [0.01, 0.02], "readout_e1": [0.02, 0.03], "two_qubit_infidelity": {(0, 1): 0.01},
        "one_qubit_ns": 30.0, "two_qubit_ns": 100.0, "measure_ns": 1000.0, "date": "2026-01-01", "source": "made up",
    }, law(calibration_read), odd={"two_qubit_infidelity": [
        {}, {(0, 1): np.nan}, {(0, 1): "0.1"}, {(0, 5): 0.1}, {0: 0.1}, {"01": 0.1}, {(0, 1): 0.8},
    ]}, says=LISTS),
    Case(
        Device, {"name": "nine", "couplings": MAP, "calibration": CALIBRATION, "labels": tuple("abcdefghi")},
        law(lambda result, **given: all(getattr(result, k) == (
            tuple(v) or tuple(f"q{q}" for q in range(9)) if k == "labels" else v
        ) for k, v in given.items())), odd={"couplings": MAPS}, says=["calibration", "labels"],
    ),
    Case(hardware.is_wait, {"operation": Operation("thermal_relaxation", (0,), (1.0, np.inf, np.inf))}, law(
        lambda result, operation: result is (operation.name != "h")
    ), odd={"operation": [Operation("h", (0,))]}),
    Case(hardware.noisy_circuit, {"circuit": STEPS, "device": DEVICE}, law(made_noisy), odd={
        "circuit": CIRCUITS, "device": DEVICES,
    }, says=["gate ccx", "gate cnot", "circuit"]),
    Case(hardware.readout_kraus, {"e0": 0.1, "e1": 0.2}, law(choi_of)),
    Case(hardware.uniform_calibration, {"couplings": MAP, **UNIFORM}, law(uniform_read), odd={
        "couplings": MAPS, "t1_us": [np.inf], "t2_us": [None, np.inf],
    }, says=["t1_us", "t2_us", "two_qubit_infidelity"]),
    Case(hardware.wait, {"circuit": STEPS, "duration_us": 1.5, "qubits": (0, 1)}, waited, says=["qubits", "qubit"]),
    Case(mitigation.invert_readout, {
        "probabilities": np.array([0.5, 0.1, 0.1, 0.3]), "e0": [0.01, 0.02], "e1": [0.05, 0.04],
    }, solved, says=["e0", "e1", "e0 + e1"], absolute=1e-9),
    Case(mitigation.nearest_distribution, {"quasi": np.array([0.6, 0.5, -0.1])}, law(closest), odd={"quasi": [
        [1e300, -1e300, 1.0], [1e5, -1e5, 1.0], [1.0], [0.5, 0.5], [2.0, -0.5, -0.5],
    ]}),
    Case(
        mitigation.readout_variance_factor, {"e0": 0.1, "e1": 0.2},
        lambda e0, e1: float(1 / (1 - digits(e0) - digits(e1)) ** 2), says=["e0 + e1"],
    ),
    Case(mitigation.ReadoutCorrection, {"correlator": 0.9, "standard_error": 0.01}, lambda **given: (
        mitigation.ReadoutCorrection(**{k: float(v) for k, v in given.items()})
    )),
    Case(mitigation.ReadoutCorrection.of_counts, {
        "counts": [480, 20, 30, 470], "e0": [0.01, 0.02], "e1": [0.05, 0.04],
    }, law(corrected), says=["e0 + e1"], odd={"counts": [[5, 0, 0, 0], [0, 0, 0, 0], [2**60, 1, 1, 1]]}),
    Case(
        mitigation.zero_noise_weights, {"scales": [1.0, 2.0, 3.0], "order": 1}, fitted, absolute=1e-7,
        odd={"scales": [[1, 1], [1, 1 + 1e-9], [1e-300, 1], [1e300, 2e300], [3.0] * 200]}, says=["scales"],
    ),
    Case(
        mitigation.zero_noise_extrapolation, {"scales": [1.0, 2.0, 3.0], "values": [0.95, 0.9, 0.86], "order": None},
        law(extrapolated), says=["scales", "values"],
    ),
    Case(mitigation.fold_gates, {"circuit": STEPS, "factor": 3}, law(folded), odd={"circuit": CIRCUITS}),
    Case(parts.components, {"circuit": STEPS}, law(split), odd={"circuit": CIRCUITS}),
    Case(parts.sample_parts, {"circuit": STEPS, "shots": 500, "rng": RNG}, law(drawn), odd={
        "circuit": CIRCUITS, "shots": [-1],
    }),
    Case(parts.sample_device, {"circuit": STEPS, "device": SMALL, "shots": 500, "rng": RNG}, law(machine_drawn), odd={
        "circuit": CIRCUITS, "shots": [-1],
    }, says=["gate ccx", "circuit"]),
    Case(repetition.repetition_code_round, {"flip_probability": 0.1, "theta": 0.3}, law(mended), says=["angle"]),
    Case(repetition.repetition_failure, {"distance": 5, "flip_probability": 0.1}, majority, absolute=1e-322, odd={
        "distance": [101], "flip_probability": [1e-100],
    }),
    Case(
        repetition.sample_repetition, {"distance": 5, "flip_probability": 0.1, "shots": 1000, "rng": RNG},
        law(majority_drawn),
    ),
    Case(routing.route, {"circuit": STEPS, "couplings": MAP, "initial": (0, 4, 8)}, law(routed), odd={
        "circuit": CIRCUITS, "couplings": MAPS, "initial": [None, (0, 0, 1), (0, 1), (0, 1, 9), np.array([2, 5, 7])],
    }, says=["initial", "second", "circuit"]),
    Case(routing.remote_cnot_cost, {"distance": 4, "method": "swap"}, far_cnot, odd={
        "method": ["swap_and_return", "bridge"],
    }),
    Case(sheets.DataSheet, {
        "name": "nine", "couplings": MAP, "figures": {"t1_us": 50.0}, "claims": {"chsh_s": 2.5}, "synthetic": True,
        "source": "made up", "date": "2026-01-01", "actual": {"t1_us": 20.0}, "planted": "T1",
    }, law(sheet_kept), odd={"figures": [{"t1_us": "5"}, {"x": 1}, {"t1_us": -1}]}, says=["actual", "t1_us"]),
    Case(SHEET.device_on, {"couplings": MAP}, law(lambda result, couplings: (
        result.couplings == couplings and result.calibration.t1_us == (50.0,) * couplings.num_qubits
    )), odd={"couplings": MAPS}),
    Case(sheets.sheet_from_mapping, {"entry": ENTRY}, law(sheet_read), odd={"entry": ODD_ENTRIES}, says=[
        "sheet", "couplings", "figures", "name", "actual", "claims", "date", "synthetic",
    ]),
    Case(sheets.read_sheet, {"path": "ion_trap_98"}, law(file_read), odd={
        "path": [HERE / "ion_trap_98.yml", "no_such.yml", Path("/"), "\0.yml"],
    }, says=["path", "sheet"]),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.devices", CASES, records=(routing.RoutedCircuit,)
)
