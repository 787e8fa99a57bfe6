"""State vectors: the fast engine against the plain one, sampling against exact chances, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import _validate, gates, simulator, states
from qlab.circuits import Circuit, Operation
from qlab.simulator import _halves, run_density_matrix, sampling, statevector
from qlab.simulator import reference as oracle
from qlab.simulator._fusion import relabelled
from qlab.simulator._phases import worthwhile
from qlab.simulator._wires import SHORTEST, adjacent, arrangement
from tests.circuit_maker import dynamic, random_gates, with_noise


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_thousands_of_small_circuits_agree_with_the_oracle(dtype) -> None:
    rng = np.random.default_rng(17)
    tolerance = 1e-12 if dtype is np.complex128 else 2e-5
    for case in range(1000):
        n = int(rng.integers(1, 7))
        circuit = random_gates(rng, n, int(rng.integers(1, 12)))
        initial = states.random_ket(n, rng) if case % 3 == 0 else None
        ours = statevector.run(circuit, initial=initial, dtype=dtype)
        assert ours.dtype == dtype
        assert np.abs(ours - oracle.final_ket(circuit, initial)).max() < tolerance, circuit


def layered(n: int, depth: int, rng: np.random.Generator, *, far: bool) -> Circuit:
    """Haar gates on every qubit, then CNOT or CZ between neighbours, or between pairs drawn by lot."""
    steps = []
    for layer in range(depth):
        steps += [Operation("unitary", (q,), tuple(gates.random_unitary(2, rng).ravel())) for q in range(n)]
        order = [int(q) for q in rng.permutation(n)] if far else list(range(layer % 2, n))
        for pair in zip(order[::2], order[1::2], strict=False):
            steps.append(Operation(str(rng.choice(["cnot", "cz"])), pair))
    return Circuit(n, tuple(steps))


def fourier(n: int, rng: np.random.Generator) -> Circuit:
    """Quantum Fourier transform of a random product state, with the SWAPs at its end."""
    circuit = Circuit(n)
    for q in range(n):
        circuit = circuit.gate("u3", q, params=rng.uniform(-3, 3, 3))
    for q in range(n):
        circuit = circuit.h(q)
        for j in range(q + 1, n):
            circuit = circuit.gate("cphase", q, j, params=[np.pi / 2 ** (j - q)])
    for q in range(n // 2):
        circuit = circuit.swap(q, n - 1 - q)
    return circuit


@pytest.mark.parametrize(("circuit", "tables"), [
    (fourier(12, np.random.default_rng(3)), True),
    (layered(12, 20, np.random.default_rng(4), far=True), False),
    (layered(12, 20, np.random.default_rng(5), far=False), False),
])  # fmt: skip
def test_tables_of_phases_serve_transforms_and_nothing_else(circuit: Circuit, tables: bool) -> None:
    """Between pairs drawn by lot, half of the gates are diagonal too; tables made such a circuit five times slower."""
    wires, _ = relabelled(12, circuit.operations)
    assert worthwhile(wires, 12) is tables


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_windows_find_their_wires_together(data: st.DataObject) -> None:
    """An arrangement loses no wire, holds this window and the next one together, and leaves no one or two behind."""
    n = data.draw(st.integers(10, 24))
    some = st.lists(st.integers(0, n - 1), min_size=2, max_size=5, unique=True)
    order = data.draw(st.permutations(range(n)))
    window, ahead = data.draw(some), data.draw(st.lists(some, max_size=6))
    new = arrangement(order, window, ahead)
    assert sorted(new) == list(range(n))
    assert adjacent(new, window)[1] > 2
    if ahead and len({*window, *ahead[0]}) + SHORTEST <= n:
        assert adjacent(new, ahead[0])[1] > 2


def chain(n: int) -> Circuit:
    circuit = Circuit(n).h(0)
    for q in range(n - 1):
        circuit = circuit.cnot(q, q + 1)
    return circuit


@pytest.mark.parametrize(("dtype", "threads"), [(np.complex64, 2), (np.complex128, 1)])
def test_large_circuits_agree_with_the_oracle(dtype, threads: int) -> None:
    rng = np.random.default_rng(19)
    tolerance = 1e-12 if dtype is np.complex128 else 2e-6
    for case in range(30):
        n = int(rng.integers(12, 14))
        kinds = [
            lambda n=n: random_gates(rng, n, 40),
            lambda n=n: layered(n, int(rng.integers(1, 12)), rng, far=False),
            lambda n=n: layered(n, int(rng.integers(1, 5)), rng, far=True),
            lambda n=n: fourier(n, rng),
            lambda n=n: chain(n),
            lambda n=n: Circuit(n).unitary(gates.random_unitary(2**6, rng), *map(int, rng.permutation(n)[:6])),
        ]
        circuit = kinds[case % len(kinds)]()
        initial = states.random_ket(n, rng) if rng.random() < 0.3 else None
        ours = statevector.run(circuit, initial=initial, dtype=dtype, threads=threads)
        assert ours.dtype == dtype
        assert np.abs(ours - oracle.final_ket(circuit, initial)).max() < tolerance, (case, n)


def test_the_fourier_transform_of_a_number_is_a_plane_wave() -> None:
    """Closed form at a size where the phases between the halves are compressed: amplitude e^(2πi·number·x/2ⁿ)/√2ⁿ."""
    n, number = 18, 123_457
    circuit = Circuit(n)
    for q in range(n):
        if number >> (n - 1 - q) & 1:
            circuit = circuit.x(q)
    whole = circuit + Circuit(n, fourier(n, np.random.default_rng(1)).operations[n:])
    expected = np.exp(2j * np.pi * (number * np.arange(2**n) % 2**n) / 2**n) / 2 ** (n / 2)
    assert np.abs(statevector.run(whole) - expected).max() < 1e-14
    assert np.abs(statevector.run(whole, dtype=np.complex64) - expected).max() < 1e-8


@pytest.mark.parametrize("extra", [0, 3])
def test_fourier_transforms_of_any_state_go_through_tables(extra: int) -> None:
    """With gates before it that spoil the pattern, and without."""
    rng = np.random.default_rng(6)
    circuit = random_gates(rng, 13, extra) + Circuit(13, fourier(13, rng).operations)
    circuit = circuit + random_gates(rng, 13, extra)
    start = states.random_ket(13, rng)
    assert np.abs(statevector.run(circuit, initial=start) - oracle.final_ket(circuit, start)).max() < 1e-13


def everywhere(n: int, name: str) -> Circuit:
    return Circuit(n, tuple(Operation(name, (q,)) for q in range(n)))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("pairs", [
    [(0, 11), (1, 11)],
    [(q, 11) for q in range(11)],
    [(0, q) for q in range(1, 12)],
    [(a, b) for a in range(6) for b in (7, 9)],
    [(a, b) for b in range(12) for a in range(b)],
])  # fmt: skip
def test_diagonal_gates_cross_the_cut_to_any_number_of_partners(dtype, pairs) -> None:
    """A graph state, a phase estimation, a star: sides of the cut with unequal numbers of partners."""
    for k, name in enumerate(["cz", "cphase", "rzz"]):
        gates_ = [Operation(name, pair, (0.3 + 0.7 * i,) if k else ()) for i, pair in enumerate(pairs)]
        circuit = everywhere(12, "h") + Circuit(12, tuple(gates_)) + everywhere(12, "h")
        assert np.abs(statevector.run(circuit, dtype=dtype) - oracle.final_ket(circuit)).max() < (
            1e-12 if dtype is np.complex128 else 2e-6
        )


def test_phases_of_high_rank_are_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generic phases between 10 and 10 qubits have rank 2¹⁰: found to be beyond 16 after five qubits, not after ten."""
    rng = np.random.default_rng(7)
    ranks: list[int] = []
    short_svd = _halves._short_svd
    monkeypatch.setattr(_halves, "_short_svd", lambda rows, tiny: ranks.append(len(rows)) or short_svd(rows, tiny))
    phases = {(a, 10 + b): np.exp(1j * rng.uniform(0, 6)) for a in range(10) for b in range(10)}
    assert _halves.phase_factors(phases, 4e-16, 16) is None
    assert ranks == [2, 4, 8, 16, 32]


def test_norm_of_a_large_single_precision_ket() -> None:
    ket = statevector.run(layered(18, 8, np.random.default_rng(3), far=False), dtype=np.complex64)
    assert _validate.norm_squared(ket) == pytest.approx(1, abs=1e-5)


def test_the_initial_ket_is_left_alone() -> None:
    start = states.ket("0+")
    before = start.copy()
    statevector.run(Circuit(2).x(0).h(1), initial=start)
    statevector.measure(start, [1], np.random.default_rng(1))
    assert np.array_equal(start, before)


def test_apply_unitary_follows_the_order_of_qubits() -> None:
    ket = states.ket("10")
    assert statevector.apply_unitary(ket, gates.CNOT, [0, 1]).argmax() == 3
    assert statevector.apply_unitary(ket, gates.CNOT, [1, 0]).argmax() == 2


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
@settings(deadline=None, max_examples=40)
def test_marginal_probabilities(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    ket = states.random_ket(n, rng)
    kept = [int(q) for q in rng.permutation(n)[: rng.integers(1, n + 1)]]
    marginal = statevector.probabilities(ket, kept)
    assert np.allclose(marginal, states.partial_trace(ket, kept).diagonal().real)


def test_measurement_collapses_and_repeats() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        ket = states.random_ket(3, rng)
        bits, after = statevector.measure(ket, [2, 0], rng)
        again, same = statevector.measure(after, [2, 0], rng)
        assert np.array_equal(bits, again)
        assert np.allclose(after, same)
        assert statevector.probabilities(after, [2, 0])[2 * bits[0] + bits[1]] == pytest.approx(1)


@pytest.mark.parametrize(
    "way", [sampling._sample_tree, sampling._sample_final], ids=["tree of branches", "density matrix"]
)
def test_each_way_of_sampling_noise_follows_the_reference(way) -> None:
    """`sample` takes one of them; |z| < 5 in some hundred outcomes."""
    rng = np.random.default_rng(41)
    for _ in range(15):
        n = int(rng.integers(1, 5))
        circuit = with_noise(random_gates(rng, n, 6), rng).measure(*range(n), key="last")
        chances = np.abs(oracle.final_density_matrix(circuit).diagonal())
        bits = way(circuit, 4000, rng)["last"]
        observed = np.bincount(bits @ (1 << np.arange(n)[::-1]), minlength=2**n)
        assert worst_z(observed, chances, 4000) < 5
        assert observed[chances < 1e-12].sum() == 0


def test_what_no_measurement_notices_changes_no_result() -> None:
    circuit = Circuit(3).h(0).cnot(0, 1).measure(0, key="a").x(1, when="a").measure(1, key="b")
    idle = Circuit(3).h(0).h(2).cnot(0, 1).measure(0, key="a").x(1, when="a").x(2, when="a").measure(1, key="b")
    idle = idle.noise("amplitude_damping", 1, params=[0.4]).reset(2).h(0)
    assert idle.noticeable() == circuit
    reached_through_a_gate = Circuit(2).h(1).cz(0, 1).measure(0)
    assert reached_through_a_gate.noticeable() == reached_through_a_gate
    for seed in range(3):
        one, other = (simulator.sample(c, 100, np.random.default_rng(seed)) for c in (circuit, idle))
        assert all(np.array_equal(one[key], other[key]) for key in ("a", "b"))


def exact_last(circuit: Circuit):
    """Chances of the final measurement of all qubits, from the density matrix."""
    return run_density_matrix(circuit).diagonal().real.clip(0, 1)


def worst_z(observed, chances, shots: int) -> float:
    spread = np.sqrt(shots * chances * (1 - chances))
    ok = spread > 1
    return float(np.abs((observed - shots * chances)[ok] / spread[ok]).max(initial=0))


@pytest.mark.parametrize("shots", [50, 20_000])
def test_dynamic_circuits_sample_their_exact_distribution(shots: int) -> None:
    """Both ways of walking the tree; |z| < 5 in some hundred outcomes is a false alarm once in 10,000 runs."""
    rng = np.random.default_rng(23)
    for _ in range(40):
        n = int(rng.integers(1, 4))
        circuit = dynamic(rng, n, 4)
        last = simulator.sample(circuit, shots, rng)["last"]
        assert last.shape == (shots, n)
        observed = np.bincount(last @ (1 << np.arange(n)[::-1]), minlength=2**n)
        chances = exact_last(circuit)
        assert observed[chances < 1e-12].sum() == 0
        assert worst_z(observed, chances, shots) < 5


def test_shots_run_one_by_one_agree_with_the_tree() -> None:
    rng = np.random.default_rng(29)
    circuit = dynamic(rng, 2, 5)
    ones = np.array([statevector.run_shot(circuit, rng)[1]["last"] for _ in range(2000)]).mean(axis=0)
    chances = exact_last(circuit).reshape(2, 2)
    exact = np.array([chances[1].sum(), chances[:, 1].sum()])
    assert (np.abs(ones - exact) < 4 * np.sqrt(exact * (1 - exact) / 2000) + 1e-9).all()


@pytest.mark.parametrize("noise", ["bit_flip", "amplitude_damping"])
def test_noise_happens_in_a_single_run_as_often_as_in_many(noise: str) -> None:
    rng = np.random.default_rng(37)
    circuit = Circuit(2).rx(1.0, 0).cnot(0, 1).noise(noise, 1, params=[0.3]).measure(0, 1, key="last")
    ones = np.array([statevector.run_shot(circuit, rng)[1]["last"] for _ in range(2000)])
    chances = exact_last(circuit)
    observed = np.bincount(ones @ [2, 1], minlength=4)
    assert worst_z(observed, chances, 2000) < 4
    assert observed[chances < 1e-12].sum() == 0


def test_shots_come_in_random_order() -> None:
    """Neighbouring shots are independent: equal as often as chance has it."""
    circuit = Circuit(2).h(0).cnot(0, 1).measure(0, 1, key="m")
    for shots in (50, 100_000):
        bits = simulator.sample(circuit, shots, np.random.default_rng(31))["m"]
        assert (bits[:, 0] == bits[:, 1]).all()
        equal = (bits[1:, 0] == bits[:-1, 0]).mean()
        assert abs(equal - 0.5) < 4 * 0.5 / np.sqrt(shots - 1)


def test_teleportation_with_feed_forward() -> None:
    rng = np.random.default_rng(37)
    theta = 1.1
    circuit = (
        Circuit(3).ry(theta, 0).h(1).cnot(1, 2).cnot(0, 1).h(0)
        .measure(0, key="a").measure(1, key="b").x(2, when="b").z(2, when="a").measure(2, key="out")
    )  # fmt: skip
    shots = 100_000
    results = simulator.sample(circuit, shots, rng)
    chance = np.sin(theta / 2) ** 2
    assert abs(results["out"].mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / shots)
    assert list(results) == ["a", "b", "out"]


def test_a_wide_measurement_and_no_shots() -> None:
    circuit = Circuit(12)
    for q in range(12):
        circuit = circuit.h(q)
    bits = simulator.sample(circuit.measure(*range(12), key="m"), 3000, np.random.default_rng(41))["m"]
    assert bits.shape == (3000, 12)
    assert (np.abs(bits.mean(axis=0) - 0.5) < 4 * 0.5 / np.sqrt(3000)).all()
    assert simulator.sample(circuit.measure(0, key="m"), 0, np.random.default_rng(1))["m"].shape == (0, 1)


def test_many_measurements_do_not_grow_the_tree_beyond_the_shots() -> None:
    circuit = Circuit(2)
    for step in range(40):
        circuit = circuit.h(0).cnot(0, 1).measure(0, key=f"k{step}").h(1)
    results = simulator.sample(circuit, 500, np.random.default_rng(43))
    means = np.array([results[f"k{step}"].mean() for step in range(40)])
    assert (np.abs(means - 0.5) < 4 * 0.5 / np.sqrt(500)).all()


def test_counts() -> None:
    assert simulator.counts(np.array([[1, 0], [0, 0], [1, 0]], dtype=np.uint8)) == {"00": 1, "10": 2}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: statevector.run(Circuit(1).measure(0)), "circuit must hold gates only"),
        (
            lambda rng: statevector.run(Circuit(2), initial=states.ket("0")),
            "initial must be a state of two qubits",
        ),
        (lambda rng: statevector.run(Circuit(1), initial=np.ones(2)), "initial must have norm 1"),
        (lambda rng: statevector.run(Circuit(1), dtype=float), "dtype must be complex64 or complex128"),
        (lambda rng: statevector.apply_unitary(states.ket("00"), gates.X, [0, 1]), "matrix must have shape (4, 4)"),
        (lambda rng: statevector.measure(states.ket("0"), [1], rng), "qubits must be a whole number"),
        (lambda rng: simulator.sample(Circuit(1), 5, rng), "circuit must measure something"),
        (lambda rng: simulator.sample(Circuit(1).measure(0), -1, rng), "shots must be a whole number"),
        (lambda rng: simulator.counts(np.array([[2]])), "bits must be zeros and ones"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
        call(np.random.default_rng(1))
    assert message in str(caught.value)
