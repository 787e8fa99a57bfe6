"""Devices: maps against published counts, noise against its own figures, routing against the circuit it routes."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import channels, devices, gates, measures, states
from qlab.circuits import Circuit, Operation
from qlab.devices import (
    CouplingMap,
    Device,
    all_to_all,
    device_ghz_fidelity,
    fold_gates,
    ghz_circuit,
    ghz_fidelity_estimate,
    grid,
    heavy_hex,
    invert_readout,
    line,
    nearest_distribution,
    noisy_circuit,
    read_sheet,
    remote_cnot_cost,
    repetition_failure,
    route,
    uniform_calibration,
)
from qlab.simulator import run, run_density_matrix

LAW = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32 - 1)


# ---------- Coupling maps ----------


@pytest.mark.parametrize(
    ("couplings", "edges", "mean", "diameter"),
    [
        (line(16), 15, 17 / 3, 15),
        (grid(4, 4), 24, 8 / 3, 6),
        (grid(10, 10), 180, 20 / 3, 18),
        (grid(10, 12), 218, 22 / 3, 20),  # Nighthawk's map
        (heavy_hex(), 144, 11.13, 26),  # Eagle, 127 qubits
        (heavy_hex(8, 16, first_bridge=3, trimmed=False), 176, 12.64, 32),  # Heron r2, 156 qubits
        (all_to_all(98), 98 * 97 // 2, 1, 1),
    ],
)
def test_maps_have_the_published_edges_and_distances(
    couplings: CouplingMap, edges: int, mean: float, diameter: int
) -> None:
    assert len(couplings.edges) == edges
    assert couplings.mean_distance == pytest.approx(mean, abs=0.005)
    assert couplings.diameter == diameter
    assert couplings.is_connected()


def test_heavy_hex_degrees() -> None:
    assert {len(near) for near in heavy_hex().neighbours} == {1, 2, 3}


@pytest.mark.parametrize("couplings", [line(9), grid(5, 6), heavy_hex(), all_to_all(7)], ids=str)
def test_matchings_use_every_coupling_once_and_no_qubit_twice(couplings: CouplingMap) -> None:
    groups = couplings.matchings()
    assert sorted(e for group in groups for e in group) == list(couplings.edges)
    for group in groups:
        ends = [q for edge in group for q in edge]
        assert len(ends) == len(set(ends))
    degree = max(map(len, couplings.neighbours))
    assert len(groups) <= 2 * degree - 1


def test_a_grid_needs_four_groups() -> None:
    assert len(grid(9, 8).matchings()) == 4


def test_path_is_a_shortest_way() -> None:
    couplings = grid(4, 5)
    path = couplings.path(0, 19)
    assert len(path) == couplings.distance(0, 19) + 1 == 8
    assert all(b in couplings.neighbours[a] for a, b in pairwise(path))


def test_maps_from_files(tmp_path: Path) -> None:
    plain, full, wrong = (tmp_path / f"{name}.json" for name in ("plain", "full", "wrong"))
    plain.write_text("[[1, 0], [0, 1], [1, 2]]")
    full.write_text(json.dumps({"num_qubits": 4, "edges": [[0, 1]], "positions": [[0, 0], [1, 0], [0, 1], [1, 1]]}))
    wrong.write_text("{")
    assert devices.coupling_map_from_file(plain) == CouplingMap(3, ((0, 1), (1, 2)))
    island = devices.coupling_map_from_file(full)
    assert not island.is_connected()
    with pytest.raises(ValueError, match="second must be connected to qubit 0, got 3"):
        island.distance(0, 3)
    with pytest.raises(ValueError, match="path must hold JSON"):
        devices.coupling_map_from_file(wrong)


# ---------- Noise from figures ----------


def device(couplings: CouplingMap, **figures: float) -> Device:
    return Device("test", couplings, uniform_calibration(couplings, **figures))


@pytest.mark.parametrize("infidelity", [0.0, 0.004, 0.1])
def test_a_gate_suffers_exactly_its_average_infidelity(infidelity: float) -> None:
    pair = device(line(2), two_qubit_infidelity=infidelity, one_qubit_infidelity=infidelity)
    for circuit, unitary in ((Circuit(2).cnot(0, 1), gates.CNOT), (Circuit(2).h(0), gates.H)):
        noise = [channels.kraus_operators(o) for o in noisy_circuit(circuit, pair)]
        total = noise[0]
        for step in noise[1:]:
            total = channels.compose(total, step)
        assert measures.average_fidelity(total, unitary) == pytest.approx(1 - infidelity, abs=1e-12)


def test_a_bell_pair_after_one_noisy_gate_has_fidelity_one_minus_r() -> None:
    # Facts 3.3: depolarizing two-qubit gate of average infidelity r gives a Bell state of fidelity 1 - r.
    rho = run_density_matrix(noisy_circuit(Circuit(2).h(0).cnot(0, 1), device(line(2), two_qubit_infidelity=0.03)))
    assert measures.fidelity(states.epr_pair(), rho) == pytest.approx(0.97)


def test_waiting_qubits_relax_by_the_closed_form() -> None:
    t1, t2 = 70.0, 49.0
    times = {"one_qubit_ns": 1000.0, "two_qubit_ns": 0.0, "t1_us": t1, "t2_us": t2}
    circuit = Circuit(3).h(0).cnot(0, 1)
    for _ in range(20):
        circuit = circuit.x(2)
    circuit = circuit.swap(1, 2).swap(1, 2).append(Operation("i", (0,)))  # qubit 1 waits for 2
    patch = device(line(3), **times)
    rho = states.partial_trace(run_density_matrix(noisy_circuit(circuit, patch)), [0, 1])
    wait = 20.0 - 1.0
    gamma, coherence = 1 - np.exp(-wait / t1), np.exp(-wait / t2)
    # One half decays: F = ¼(2 - γ) + ½ e^(-t/T2).
    assert measures.fidelity(states.epr_pair(), rho) == pytest.approx((2 - gamma) / 4 + coherence / 2, abs=1e-9)


def test_frame_changes_cost_nothing_and_unstarted_qubits_rest() -> None:
    patch = device(line(2), one_qubit_infidelity=0.01, one_qubit_ns=100, t1_us=10, two_qubit_infidelity=0.01)
    names = [o.name for o in noisy_circuit(Circuit(2).h(0).rz(0.3, 0).s(0).cnot(0, 1), patch)]
    assert names == ["h", "depolarizing", "rz", "s", "cnot", "depolarizing"]


def test_readout_noise_gives_the_histogram_of_the_facts() -> None:
    pair = device(line(2), readout_e0=0.01, readout_e1=0.05)
    noisy = noisy_circuit(Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m"), pair)
    shares = run_density_matrix(noisy).diagonal().real
    assert shares.round(4).tolist() == [0.4913, 0.0287, 0.0287, 0.4513]


def test_a_condition_waits_for_its_result() -> None:
    patch = device(line(2), measure_ns=5000, t1_us=50)
    noisy = noisy_circuit(Circuit(2).h(1).measure(0, key="m").x(1, when="m"), patch)
    (wait,) = (o for o in noisy if o.name == "thermal_relaxation")
    assert wait.params[0] == pytest.approx(5.0)


def test_a_marked_wait_relaxes_with_the_devices_times() -> None:
    patch = device(line(2), t1_us=70, t2_us=49)
    circuit = devices.wait(Circuit(2).h(0).cnot(0, 1), 10.0, 0, 1)
    assert measures.fidelity(states.epr_pair(), run_density_matrix(circuit)) == pytest.approx(1)
    gamma = 1 - np.exp(-10 / 70)
    # Facts 3.2: F = ¼[1 + γ² + (1-γ)²] + ½ e^(-2t/T2), both halves stored.
    expected = (1 + gamma**2 + (1 - gamma) ** 2) / 4 + np.exp(-20 / 49) / 2
    rho = run_density_matrix(noisy_circuit(circuit, patch))
    assert measures.fidelity(states.epr_pair(), rho) == pytest.approx(expected)
    assert noisy_circuit(circuit, device(line(2))) == Circuit(2).h(0).cnot(0, 1)


def test_wide_circuits_are_sampled_part_by_part() -> None:
    wide = Circuit(60)
    for q in range(0, 60, 2):
        wide = wide.h(q).cnot(q, q + 1).measure(q, q + 1, key=f"k{q}")
    found = devices.sample_device(wide, device(line(60), readout_e0=0.1), 4000, np.random.default_rng(3))
    for q in range(0, 60, 2):
        same = (found[f"k{q}"][:, 0] == found[f"k{q}"][:, 1]).mean()
        # Zeros are misread with chance 0.1: half the shots stay equal, half with chance 0.82.
        assert abs(same - 0.91) < 4 * np.sqrt(0.91 * 0.09 / 4000) + 1e-3


def test_parts_with_feed_forward_run_by_trajectories() -> None:
    circuit = Circuit(3).h(0).measure(0, key="m").x(1, when="m").measure(1, key="n")
    found = devices.sample_parts(circuit, 500, np.random.default_rng(4))
    assert (found["m"] == found["n"]).all()
    with pytest.raises(ValueError, match="circuit must join at most 16 qubits by gates, got 17"):
        devices.sample_parts(ghz_circuit(17, line(17))[0].measure(0, key="m"), 1, np.random.default_rng(1))


# ---------- Routing ----------


def permuted(rho: np.ndarray, places: tuple[int, ...]) -> np.ndarray:
    return states.partial_trace(rho, places)


@LAW
@given(seeds)
def test_routing_keeps_the_meaning(seed: int) -> None:
    rng = np.random.default_rng(seed)
    couplings = [line(5), grid(2, 3), heavy_hex(1, 5, trimmed=False), all_to_all(5)][seed % 4]
    circuit = Circuit(5)
    for _ in range(12):
        a, b = (int(q) for q in rng.permutation(5)[:2])
        circuit = circuit.ry(float(rng.uniform(0, 6)), a).gate(str(rng.choice(["cnot", "cz", "iswap"])), a, b)
    routed = route(circuit, couplings)
    for o in routed.circuit:
        assert len(o.qubits) < 2 or (min(o.qubits), max(o.qubits)) in couplings.edges
    wanted = run(circuit)
    found = permuted(run(routed.circuit), routed.final)
    assert measures.fidelity(wanted, found) == pytest.approx(1)
    assert routed.swaps == routed.circuit.count("swap")
    assert routed.native_gates == 12 + 3 * routed.swaps


@pytest.mark.parametrize("distance", range(1, 8))
def test_a_distant_cnot_costs_what_the_formula_says(distance: int) -> None:
    routed = route(Circuit(distance + 1).cnot(0, distance), line(distance + 1))
    assert routed.native_gates == remote_cnot_cost(distance)


def test_all_to_all_needs_no_swap() -> None:
    circuit = Circuit(6)
    for a in range(6):
        for b in range(a):
            circuit = circuit.cnot(a, b)
    assert route(circuit, all_to_all(6)).swaps == 0
    assert route(circuit, line(6)).swaps > 5


def test_routing_carries_results_and_conditions_along() -> None:
    circuit = Circuit(4).x(0).measure(0, key="m").cnot(0, 3).x(2, when="m").measure(2, 3, key="end")
    routed = route(circuit, line(4))
    assert run_density_matrix(routed.circuit).diagonal().real.max() == pytest.approx(1)
    assert routed.circuit.keys == ("m", "end")


# ---------- GHZ ----------


@pytest.mark.parametrize("couplings", [line(7), grid(3, 3), all_to_all(7)], ids=["line", "grid", "all"])
def test_ghz_circuits_make_ghz_states(couplings: CouplingMap) -> None:
    circuit, patch = ghz_circuit(6, couplings)
    rho = states.partial_trace(run(circuit), sorted(patch))
    assert measures.fidelity(states.ghz_state(6), rho) == pytest.approx(1)
    assert circuit.count("cnot") == 5


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7])
def test_ghz_estimate_meets_the_density_matrix_to_first_order(n: int) -> None:
    for gate_error, read in ((1e-3, 0.0), (1e-6, 0.0), (1e-3, 0.01)):
        errors = dict.fromkeys(("readout_e0", "readout_e1"), read)
        figures = {"two_qubit_infidelity": gate_error, "one_qubit_infidelity": gate_error / 10, **errors}
        for couplings in (line(9), all_to_all(9)):
            exact = device_ghz_fidelity(n, device(couplings, **figures), readout=True)
            estimate = ghz_fidelity_estimate(n, **figures)
            # What is left is of second order: pairs of errors that cancel, and errors that a wrong readout hides.
            assert -1e-12 <= exact - estimate < 2 * (n * gate_error) ** 2 + 2 * n * gate_error * read


def test_without_gate_errors_the_estimate_is_what_is_read() -> None:
    for n, e0, e1 in ((2, 0.3, 0.2), (3, 1.0, 0.9), (5, 0.0, 1.0), (4, 0.5, 0.5)):
        figures = {"two_qubit_infidelity": 0.0, "readout_e0": e0, "readout_e1": e1}
        assert ghz_fidelity_estimate(n, **figures) == pytest.approx(
            device_ghz_fidelity(n, device(line(n), **figures), readout=True), abs=1e-12
        )


def test_ghz_fidelity_without_readout_is_the_state_fidelity() -> None:
    patch = device(line(4), two_qubit_infidelity=0.01)
    circuit, order = ghz_circuit(4, line(4))
    rho = run_density_matrix(noisy_circuit(circuit, patch))
    assert sorted(order) == [0, 1, 2, 3]
    assert device_ghz_fidelity(4, patch) == pytest.approx(measures.fidelity(states.ghz_state(4), rho))


def test_the_size_limit_is_where_the_estimate_crosses() -> None:
    figures = {"two_qubit_infidelity": 0.004, "readout_e1": 0.01}
    limit = devices.ghz_size_limit(**figures)
    assert ghz_fidelity_estimate(limit, **figures) > 0.5 >= ghz_fidelity_estimate(limit + 1, **figures)
    assert devices.ghz_size_limit(two_qubit_infidelity=0.7) == 1


# ---------- Mitigation ----------


@LAW
@given(seeds)
def test_inversion_undoes_confusion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.ones(8))
    e0, e1 = rng.uniform(0, 0.3, 3), rng.uniform(0, 0.3, 3)
    confusion: np.ndarray = np.eye(1)
    for p, q in zip(e0, e1, strict=True):
        confusion = np.kron(confusion, channels.readout_confusion(p, q))
    assert np.allclose(invert_readout(confusion @ true, e0, e1), true)


@LAW
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_nearest_distribution_is_one_and_is_closest(values: list[float]) -> None:
    quasi = np.array(values) + (1 - sum(values)) / len(values)
    nearest = nearest_distribution(quasi)
    assert nearest.min() >= 0
    assert nearest.sum() == pytest.approx(1)
    rng = np.random.default_rng(0)
    for other in rng.dirichlet(np.ones(len(values)), 20):
        assert np.sum((nearest - quasi) ** 2) <= np.sum((other - quasi) ** 2) + 1e-12


def test_corrected_correlators_are_unbiased_and_know_their_error() -> None:
    rng = np.random.default_rng(17)
    e0, e1, shots = [0.02, 0.01], [0.06, 0.03], 2000
    confusion = np.kron(channels.readout_confusion(e0[0], e1[0]), channels.readout_confusion(e0[1], e1[1]))
    shares = confusion @ np.array([0.45, 0.05, 0.1, 0.4])
    found = [devices.ReadoutCorrection.of_counts(rng.multinomial(shots, shares), e0, e1) for _ in range(600)]
    values, errors = np.array([f.correlator for f in found]), np.array([f.standard_error for f in found])
    z = (values.mean() - 0.7) / (values.std() / np.sqrt(600))
    assert abs(z) < 4
    # The standard deviation of 600 draws is known to 1/√1200 = 2.9 %, four of them 11.6 %.
    assert errors.mean() == pytest.approx(values.std(), rel=0.116)


def test_counts_that_all_agree_leave_an_error_and_useless_readout_none() -> None:
    certain = devices.ReadoutCorrection.of_counts([50, 0, 0, 0], [0.0, 0.0], [0.0, 0.0])
    assert (certain.correlator, certain.standard_error) == (1.0, pytest.approx(np.sqrt(4 * 51 / 52**2 / 50)))
    corrected = devices.ReadoutCorrection.of_counts([50, 0, 0, 50], [0.01, 0.02], [0.01, 0.02])
    assert corrected.standard_error > certain.standard_error / 2
    with pytest.raises(ValueError, match=r"e0 \+ e1 must differ from 1 for readout to say anything, got 1"):
        devices.ReadoutCorrection.of_counts([10, 20, 30, 40], [0.9, 0.1], [0.1, 0.1])
    with pytest.raises(ValueError, match=r"e0 must lie in \[0, 1\], got 2"):
        devices.ReadoutCorrection.of_counts([10, 20, 30, 40], [2, 0.1], [0.1, 0.1])
    with pytest.raises(ValueError, match="e1 must be one number or one for each of 2 qubits"):
        devices.ReadoutCorrection.of_counts([10, 20, 30, 40], [0.2, 0.1], [0.1, 0.1, 0.1])


def test_inversion_costs_variance() -> None:
    assert devices.readout_variance_factor(0.01, 0.05) == pytest.approx(1 / 0.94**2)


def test_zero_noise_extrapolation_of_the_facts() -> None:
    scales = [1, 2, 3]
    values = [np.exp(-0.05 * s) for s in scales]
    linear, linear_factor = devices.zero_noise_extrapolation([1, 3], [values[0], values[2]])
    richardson, factor = devices.zero_noise_extrapolation(scales, values)
    assert (linear, linear_factor) == (pytest.approx(0.99649, abs=5e-6), pytest.approx(2.5))
    assert (richardson, factor) == (pytest.approx(0.99988, abs=5e-6), pytest.approx(19))


@LAW
@given(seeds)
def test_folding_keeps_the_action(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circuit = Circuit(2)
    for name in rng.permutation([*gates.GATES, "unitary"])[:8]:
        if name == "unitary":
            circuit = circuit.unitary(gates.random_unitary(2, rng), 0)
        elif gates.GATES[name].num_qubits < 3:
            spec = gates.GATES[name]
            circuit = circuit.gate(name, *range(spec.num_qubits), params=rng.uniform(-3, 3, spec.num_params))
    folded = fold_gates(circuit, 3)
    assert len(folded) == 3 * len(circuit)
    assert np.allclose(folded.to_unitary(), circuit.to_unitary())


def test_folding_and_extrapolating_mends_a_noisy_correlator() -> None:
    pair = device(line(2), two_qubit_infidelity=0.02)
    zz = gates.pauli_string("ZZ")

    def correlator(factor: int) -> float:
        noisy = noisy_circuit(fold_gates(Circuit(2).h(0).cnot(0, 1), factor), pair)
        return float(np.trace(run_density_matrix(noisy) @ zz).real)

    raw = correlator(1)
    mended, _ = devices.zero_noise_extrapolation([1, 3, 5], [correlator(f) for f in (1, 3, 5)])
    assert raw < 0.975
    assert mended == pytest.approx(1, abs=2e-4)


# ---------- Repetition code ----------


@pytest.mark.parametrize(
    ("p", "d", "failure"),
    [(0.1, 3, 0.028), (0.1, 5, 0.00856), (0.1, 7, 0.002728), (0.1, 9, 0.00089092), (0.01, 3, 2.98e-4)],
)
def test_repetition_failures_of_the_facts(p: float, d: int, failure: float) -> None:
    assert repetition_failure(d, p) == pytest.approx(failure, rel=1e-4)
    shots = 40_000
    found = devices.sample_repetition(d, p, shots, np.random.default_rng(d))
    assert abs(found - shots * failure) < 4 * np.sqrt(shots * failure) + 1


@pytest.mark.parametrize("p", [0.0, 0.003, 0.1, 0.5, 0.7, 1.0])
def test_large_codes_fail_as_exact_fractions_say(p: float) -> None:
    for d in (1, 3, 65, 201):
        chance = Fraction(p)
        exact = sum(comb(d, k) * chance**k * (1 - chance) ** (d - k) for k in range(d // 2 + 1, d + 1))
        assert repetition_failure(d, p) == pytest.approx(float(exact), rel=1e-10, abs=0)
    assert repetition_failure(1001, 0.1) == pytest.approx(8.0e-225, rel=0.01)
    assert repetition_failure(10**15 + 1, 0.5) == pytest.approx(0.5)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.3])
def test_the_code_as_a_circuit_fails_as_the_formula_says(p: float) -> None:
    circuit = devices.repetition_code_round(p, theta=0.0)
    kept = states.partial_trace(run_density_matrix(circuit), [0])[0, 0].real
    assert 1 - kept == pytest.approx(repetition_failure(3, p), abs=1e-10)


def test_the_code_keeps_a_superposition_through_any_single_flip() -> None:
    clean = devices.repetition_code_round(0.0, theta=1.1)
    for broken in range(3):
        steps = [o for o in clean if o.name != "bit_flip"]
        at = next(i for i, o in enumerate(steps) if o.qubits == (0, 3))
        circuit = Circuit(5, (*steps[:at], Operation("x", (broken,)), *steps[at:]))
        kept = states.partial_trace(run_density_matrix(circuit), [0])
        assert measures.fidelity(run(Circuit(1).ry(1.1, 0)), kept) == pytest.approx(1)


# ---------- Data sheets ----------


def test_shipped_sheets_read_and_become_devices() -> None:
    names = devices.shipped_sheets()
    assert {"ion_trap_98", "square_grid_120"} <= set(names)
    for name in names:
        sheet = read_sheet(name)
        assert sheet.source
        assert sheet.device().num_qubits == sheet.couplings.num_qubits
    square = read_sheet("square_grid_120")
    assert len(square.couplings.edges) == 218
    assert square.device().calibration.medians()["t2_us"] == 342


BAD_SHEETS: list[tuple[str, str]] = [
    ("a: [", "sheet must hold YAML"),
    ("name: x", "sheet must be a mapping with name, couplings, figures"),
    ("{name: x, couplings: {kind: ring}, figures: {}}", "kind of couplings must be one of"),
    ("{name: x, couplings: {kind: line, rows: 3}, figures: {}}", "couplings must fit line"),
    ("{name: x, couplings: [], figures: {}}", "couplings must be a mapping with a kind"),
    ("{name: x, couplings: {kind: line, num_qubits: 3}, figures: {t3_us: 1}}", "name among figures must be one of"),
    ("{name: x, couplings: {kind: line, num_qubits: 3}, figures: {t1_us: -1}}", "figures.t1_us must lie in"),
    ("{name: x, couplings: {kind: line, num_qubits: 3}, figures: 7}", "figures must be a mapping"),
]


@pytest.mark.parametrize(("text", "message"), BAD_SHEETS)
def test_bad_sheets_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sheet.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_sheet(path)


CALIBRATION = uniform_calibration(line(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CouplingMap(2, ((0, 1), (1, 0))), "edges must not name a pair twice"),
        (lambda: CouplingMap(2, ((0, 2),)), "each of edges must be a whole number of at least 0 and at most 1, got 2"),
        (lambda: CouplingMap(3, ((0, 1, 2),)), "each of edges must be a pair"),
        (lambda: CouplingMap(2, (), ((0, 0),)), "positions must number 2, got 1"),
        (lambda: line(0), "num_qubits must be a whole number of at least 1 and at most"),
        (lambda: devices.couplings.coupling_map_from_edges([]), "edges must hold a pair"),
        (lambda: devices.couplings.coupling_map_from_edges({}), "edges must be a list of pairs"),
        (lambda: Device("x", line(3), CALIBRATION), "calibration must describe 3 qubits, got 2"),
        (lambda: Device("x", CouplingMap(2, ()), CALIBRATION, ("a", "a")), "labels must be 2 different names"),
        (lambda: Device("x", line(2), uniform_calibration(CouplingMap(2, ()))), "must describe every coupling"),
        (lambda: uniform_calibration(line(2), t1_us=10, t2_us=30), r"each of t2_us must lie in \(0, 20\], got 30"),
        (lambda: uniform_calibration(line(2), readout_e0=1.2), r"each of readout_e0 must lie in \[0, 1\], got 1.2"),
        (lambda: noisy_circuit(Circuit(3).h(0), device(line(2))), "circuit must have at most 2 qubits, got 3"),
        (lambda: noisy_circuit(Circuit(3).cnot(0, 2), device(line(3))), "gate cnot must act on two coupled qubits"),
        (lambda: route(Circuit(3).gate("ccx", 0, 1, 2), line(3)), "circuit must hold gates on at most two qubits"),
        (lambda: route(Circuit(3), line(3), initial=(0, 1)), "initial must place 3 qubits"),
        (lambda: remote_cnot_cost(0), "distance must be a whole number of at least 1, got 0"),
        (lambda: remote_cnot_cost(2, method="teleport"), "method must be one of"),
        (lambda: ghz_circuit(3, CouplingMap(3, ((0, 1),))), "num_qubits must be at most 2 around qubit 0, got 3"),
        (
            lambda: device_ghz_fidelity(12, device(line(20))),
            "num_qubits must be a whole number of at least 2 and at most 11",
        ),
        (lambda: invert_readout([0.5, 0.5], 0.5, 0.5), r"e0 \+ e1 must differ from 1"),
        (lambda: devices.readout_variance_factor(0.5, 0.5), r"e0 \+ e1 must differ from 1"),
        (lambda: devices.ReadoutCorrection.of_counts([0] * 4, [0, 0], [0, 0]), "counts must be four counts"),
        (lambda: devices.zero_noise_weights([1, 1]), "scales must hold 2 different strengths for order 1"),
        (lambda: devices.zero_noise_extrapolation([1, 3], [1.0]), r"values must be as many as scales \(2\), got 1"),
        (lambda: fold_gates(Circuit(1), 2), "factor must be odd, got 2"),
        (lambda: repetition_failure(4, 0.1), "distance must be odd, got 4"),
        (lambda: read_sheet("no_such_sheet"), "path must be one of"),
        (
            lambda: devices.Calibration((1.0,), (1.0, 1.0), (0.0,), (0.0,), (0.0,), {}, 0, 0, 0),
            "t2_us must hold one figure for each of 1 qubits, got 2",
        ),
    ],
)
def test_bad_input_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
