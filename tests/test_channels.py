"""Channels: the validity law, closed forms of decaying entanglement, density matrices, trajectories, read-out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import channels, gates, measures, simulator, states
from qlab.circuits import Circuit, Operation
from qlab.simulator import reference as oracle
from qlab.simulator._layers import obstacle
from tests.circuit_maker import dynamic, random_gates, with_noise

P = st.floats(0, 1)
PAIR = states.epr_pair()


def both(rho, kraus):
    return channels.apply_channel(channels.apply_channel(rho, kraus, [0]), kraus, [1])


def entangled(weight_of_11: float):
    return np.array([np.sqrt(1 - weight_of_11), 0, 0, np.sqrt(weight_of_11)], dtype=complex)


@given(P, P, P)
@settings(deadline=None, max_examples=40)
def test_every_builder_gives_a_channel(p: float, q: float, r: float) -> None:
    t1 = 0.5 + q
    stacks = [
        channels.bit_flip(p),
        channels.phase_flip(p),
        channels.dephasing(p),
        channels.depolarizing(p),
        channels.amplitude_damping(p),
        channels.thermal_relaxation(p, t1, 2 * t1 * max(r, 0.01)),
        channels.compose(channels.bit_flip(p), channels.amplitude_damping(q)),
        channels.depolarizing(p, num_qubits=2),
    ]
    for kraus in stacks:
        assert np.allclose(np.einsum("kji,kjl->il", kraus.conj(), kraus), np.eye(kraus.shape[1]))


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_composition_is_one_channel_after_the_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = states.random_density_matrix(1, rng)
    first, second = channels.amplitude_damping(rng.random()), channels.bit_flip(rng.random())
    step = channels.apply_channel(channels.apply_channel(rho, first, [0]), second, [0])
    assert np.allclose(channels.apply_channel(rho, channels.compose(first, second), [0]), step)
    pair = states.random_density_matrix(2, rng)
    side = channels.apply_channel(channels.apply_channel(pair, first, [1]), second, [0])
    both_at_once = np.array([np.kron(b, a) for b in second for a in first])
    assert np.allclose(channels.apply_channel(pair, both_at_once, [0, 1]), side)


@given(st.floats(0.001, 5), st.floats(0.1, 3), st.floats(0.05, 1))
@settings(deadline=None, max_examples=40)
def test_relaxation_shrinks_populations_and_coherences_as_defined(t: float, t1: float, share: float) -> None:
    t2 = 2 * t1 * share
    rho = channels.apply_channel(states.ket("-"), channels.thermal_relaxation(t, t1, t2), [0])
    assert rho[1, 1].real == pytest.approx(0.5 * np.exp(-t / t1))
    assert rho[0, 1].real == pytest.approx(-0.5 * np.exp(-t / t2), abs=1e-8)


def test_relaxation_without_decay_of_populations() -> None:
    rho = channels.apply_channel(states.ket("+"), channels.thermal_relaxation(1.0, np.inf, 2.0), [0])
    assert rho[1, 1].real == pytest.approx(0.5)
    assert rho[0, 1].real == pytest.approx(0.5 * np.exp(-0.5))


@given(st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_closed_forms_of_concurrence(weight: float, g: float) -> None:
    """Yu and Eberly, PRL 93, 140404 (2004), and the other rows of the same family."""
    a, b = np.sqrt(1 - weight), np.sqrt(weight)
    psi = np.array([0, a, b, 0], dtype=complex)
    damped = channels.amplitude_damping(g)
    close = {"abs": 1e-6}
    assert measures.concurrence(both(entangled(weight), damped)) == pytest.approx(
        max(0, 2 * (1 - g) * b * (a - g * b)), **close
    )
    assert measures.concurrence(both(psi, damped)) == pytest.approx(2 * a * b * (1 - g), **close)
    assert measures.concurrence(both(PAIR, damped)) == pytest.approx((1 - g) ** 2, **close)
    assert measures.concurrence(channels.apply_channel(PAIR, damped, [1])) == pytest.approx(np.sqrt(1 - g), **close)
    assert measures.concurrence(both(entangled(weight), channels.dephasing(g))) == pytest.approx(
        2 * a * b * (1 - g) ** 2, **close
    )
    noise = channels.depolarizing(0.75 * g)  # λ = 4p/3
    assert measures.concurrence(both(PAIR, noise)) == pytest.approx(max(0, (3 * (1 - g) ** 2 - 1) / 2), **close)
    assert measures.concurrence(channels.apply_channel(PAIR, noise, [0])) == pytest.approx(max(0, 1 - 1.5 * g), **close)


@pytest.mark.parametrize(("weight", "time"), [(0.6, 1.6955), (0.7, 1.0632), (0.8, 0.6931), (0.9, 0.4055)])
def test_sudden_death(weight: float, time: float) -> None:
    """Times of Yu and Eberly (2004) in units of T1: entangled just before, separable just after."""

    def left(t: float) -> float:
        kraus = channels.thermal_relaxation(t, 1.0, 2.0)
        return measures.concurrence(both(entangled(weight), kraus))

    assert left(time - 2e-4) > 0
    assert left(time + 2e-4) == pytest.approx(0, abs=1e-9)


STORED = [(300, 300, 55.02, 207.94), (300, 150, 37.27, 114.67), (70, 50, 10.66, 35.69)]


def stored(t: float, t1: float, t2: float, name: str = "phi+"):
    return both(states.bell_state(name), channels.thermal_relaxation(t, t1, t2))


def largest_s(rho) -> float:
    """Largest CHSH value over all settings (Horodecki, Horodecki, Horodecki, PLA 200, 340, 1995)."""
    t = [[np.trace(rho @ gates.pauli_string(a + b)).real for b in "XYZ"] for a in "XYZ"]
    return 2 * np.sqrt((np.linalg.svd(np.array(t), compute_uv=False)[:2] ** 2).sum())


@pytest.mark.parametrize(("t1", "t2", "silent", "dead"), STORED)
def test_stored_pair_table(t1: float, t2: float, silent: float, dead: float) -> None:
    assert largest_s(stored(silent - 0.01, t1, t2)) > 2 > largest_s(stored(silent + 0.01, t1, t2))
    assert measures.concurrence(stored(dead - 0.01, t1, t2)) > 0
    assert measures.concurrence(stored(dead + 0.01, t1, t2)) == pytest.approx(0, abs=1e-9)


@given(st.floats(0, 3), st.floats(0.05, 1))
@settings(deadline=None, max_examples=40)
def test_stored_pair_closed_forms(t: float, share: float) -> None:
    t2 = 2 * share
    g, coherence = -np.expm1(-t), np.exp(-2 * t / t2)
    phi = measures.fidelity(PAIR, stored(t, 1, t2))
    psi = measures.fidelity(states.bell_state("psi-"), stored(t, 1, t2, "psi-"))
    assert phi == pytest.approx((1 + g**2 + (1 - g) ** 2) / 4 + coherence / 2, abs=1e-7)
    assert psi == pytest.approx((1 - g) / 2 + coherence / 2, abs=1e-7)
    assert measures.concurrence(stored(t, 1, t2, "psi-")) == pytest.approx(coherence, abs=1e-6)


def test_density_matrices_agree_with_the_oracle() -> None:
    rng = np.random.default_rng(47)
    for case in range(250):
        n = int(rng.integers(1, 5))
        circuit = with_noise(random_gates(rng, n, int(rng.integers(1, 9))), rng)
        initial = states.random_density_matrix(n, rng) if case % 2 else None
        ours = simulator.run_density_matrix(circuit, initial=initial)
        assert np.abs(ours - oracle.final_density_matrix(circuit, initial)).max() < 1e-12
    kraus = np.array([np.kron(a, b) for a in channels.bit_flip(0.2) for b in channels.amplitude_damping(0.3)])
    wide = Circuit(3).h(0).cnot(0, 2).kraus(kraus, 2, 0).noise("depolarizing", 1, 2, params=[0.2])
    assert np.allclose(simulator.run_density_matrix(wide), oracle.final_density_matrix(wide))


def test_what_is_measured_is_dephased_and_what_is_reset_is_zero() -> None:
    bell = Circuit(2).h(0).cnot(0, 1)
    measured = simulator.run_density_matrix(bell.measure(0))
    assert np.allclose(measured, states.classically_correlated_state())
    assert np.allclose(simulator.run_density_matrix(bell.reset(0)), np.diag([0.5, 0.5, 0, 0]))


def test_wide_measurements_cost_no_more_than_narrow_ones() -> None:
    """A transfer matrix of eight qubits at once would hold 4**16 numbers."""
    circuit = Circuit(9).h(0).cnot(0, 8).measure(*range(8), key="m").x(8, when="m")
    rho = simulator.run_density_matrix(circuit)
    assert rho.trace() == pytest.approx(1)
    assert rho[0, 0] == pytest.approx(0.5)
    assert rho[2**8, 2**8] == pytest.approx(0.5)
    last = channels.kraus_operators(Operation("measure", (0, 1)))
    assert np.allclose(last, [np.diag(np.eye(4)[i]) for i in range(4)])


def test_feed_forward_teleports_exactly() -> None:
    circuit = (
        Circuit(3).h(1).cnot(1, 2).cnot(0, 1).h(0)
        .measure(0, key="a").measure(1, key="b").x(2, when="b").z(2, when="a")
    )  # fmt: skip
    rng = np.random.default_rng(53)
    for _ in range(5):
        psi = states.random_ket(1, rng)
        rho = simulator.run_density_matrix(circuit, initial=states.tensor(psi, states.ket("00")))
        assert measures.fidelity(psi, states.partial_trace(rho, [2])) == pytest.approx(1)


def test_a_condition_on_two_bits_means_not_both_zero() -> None:
    circuit = Circuit(3).h(0).h(1).measure(0, 1, key="m").x(2, when="m")
    chance = states.partial_trace(simulator.run_density_matrix(circuit), [2])[1, 1].real
    assert chance == pytest.approx(0.75)


def test_trajectories_sample_the_density_matrix() -> None:
    """Dynamic circuits with noise; |z| < 5 over some hundred outcomes."""
    rng = np.random.default_rng(59)
    shots = 4000
    for _ in range(25):
        n = int(rng.integers(1, 4))
        circuit = with_noise(dynamic(rng, n, 3), rng, 0.3).measure(*range(n), key="all")
        chances = simulator.run_density_matrix(circuit).diagonal().real.clip(0, 1)
        bits = simulator.sample(circuit, shots, rng)["all"]
        observed = np.bincount(bits @ (1 << np.arange(n)[::-1]), minlength=2**n)
        spread = np.sqrt(shots * chances * (1 - chances))
        ok = spread > 1
        assert np.abs((observed - shots * chances)[ok] / spread[ok]).max(initial=0) < 5
        assert observed[chances < 1e-12].sum() == 0


def clifford(rng: np.random.Generator, n: int, depth: int) -> Circuit:
    """Clifford gates, Pauli noise, measurements and resets in between."""
    circuit = Circuit(n)
    for step in range(depth):
        order = [int(q) for q in rng.permutation(n)]
        pick = rng.random()
        if pick < 0.3:
            circuit = circuit.gate(str(rng.choice(["x", "y", "z", "h", "s", "sdg", "sx", "i"])), order[0])
        elif pick < 0.6:
            circuit = circuit.gate(str(rng.choice(["cnot", "cz", "swap", "iswap"])), *order[:2])
        elif pick < 0.7:
            circuit = circuit.noise("depolarizing", *order[:2], params=[rng.random()])
        elif pick < 0.9:
            name = str(rng.choice(["bit_flip", "phase_flip", "dephasing", "depolarizing"]))
            circuit = circuit.noise(name, order[0], params=[rng.random()])
        elif pick < 0.95:
            circuit = circuit.measure(*order[:2], key=f"k{step}")
        else:
            circuit = circuit.reset(order[0])
    return circuit.measure(*range(n), key="all")


def test_pauli_frames_sample_the_density_matrix() -> None:
    rng = np.random.default_rng(67)
    shots = 20_000
    for _ in range(60):
        n = int(rng.integers(2, 5))
        circuit = clifford(rng, n, 25)
        assert obstacle(circuit) is None
        chances = simulator.run_density_matrix(circuit).diagonal().real.clip(0, 1)
        bits = simulator.sample(circuit, shots, rng)["all"]
        observed = np.bincount(bits @ (1 << np.arange(n)[::-1]), minlength=2**n)
        spread = np.sqrt(shots * chances * (1 - chances))
        ok = spread > 1
        assert np.abs((observed - shots * chances)[ok] / spread[ok]).max(initial=0) < 5
        assert observed[chances < 1e-12].sum() == 0


def test_frames_keep_correlations_between_measurements() -> None:
    circuit = Circuit(2).h(0).cnot(0, 1).measure(0, key="a").measure(1, key="b").measure(0, key="again")
    results = simulator.sample(circuit.noise("bit_flip", 0, params=[0.5]), 10_000, np.random.default_rng(71))
    assert (results["a"] == results["b"]).all()
    assert (results["a"] == results["again"]).all()
    assert abs(results["a"].mean() - 0.5) < 4 * 0.5 / 100
    assert obstacle(Circuit(1).gate("t", 0)) is not None
    assert obstacle(Circuit(1).noise("amplitude_damping", 0, params=[0.1])) is not None


@pytest.mark.parametrize("name", ["bit_flip", "depolarizing", "amplitude_damping"])
@pytest.mark.parametrize("chance", [0.0, 1e-300, 1e-18, 1e-9, 1.0])
def test_errors_that_never_or_always_happen(name: str, chance: float) -> None:
    """Gaps between errors of probability 1e-18 add up to more than a machine word holds."""
    circuit = Circuit(2).x(0).noise(name, 0, params=[chance]).measure(0, 1, key="m")
    bits = simulator.sample(circuit, 1000, np.random.default_rng(5))["m"]
    expected = 1.0 if chance < 0.5 else (1 / 3 if name == "depolarizing" else 0.0)
    assert abs(bits[:, 0].mean() - expected) < (0.07 if 0 < expected < 1 else 1e-12)
    assert not bits[:, 1].any()


@pytest.mark.parametrize("noise", ["bit_flip", "amplitude_damping"])
def test_no_shots_of_a_circuit_that_goes_on_after_a_measurement(noise: str) -> None:
    circuit = Circuit(2).h(0).noise(noise, 0, params=[0.3]).measure(0, key="a").reset(1).x(1, when="a").h(0)
    results = simulator.sample(circuit.measure(0, 1, key="b"), 0, np.random.default_rng(1))
    assert {key: bits.shape for key, bits in results.items()} == {"a": (0, 1), "b": (0, 2)}
    by_frames = Circuit(2).h(0).noise("bit_flip", 0, params=[0.3]).measure(0, 1, key="m")
    assert simulator.sample(by_frames, 0, np.random.default_rng(1))["m"].shape == (0, 2)


def test_a_bell_histogram_as_read() -> None:
    e0, e1 = 0.01, 0.05
    read = channels.confuse(np.array([0.5, 0, 0, 0.5]), e0, e1)
    assert np.allclose(read, [0.4913, 0.0287, 0.0287, 0.4513])
    rng = np.random.default_rng(61)
    true = np.repeat(rng.integers(0, 2, (200_000, 1), dtype=np.uint8), 2, axis=1)
    seen = channels.readout_error(true, e0, e1, rng)
    observed = np.bincount(seen @ np.array([2, 1]), minlength=4)
    spread = np.sqrt(200_000 * read * (1 - read))
    assert np.abs((observed - 200_000 * read) / spread).max() < 4
    assert np.allclose(channels.readout_confusion(e0, e1).sum(axis=0), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: channels.bit_flip(1.5), "p must lie in [0, 1], got 1.5"),
        (lambda: channels.dephasing(-1), "p must lie in [0, 1], got -1"),
        (lambda: channels.depolarizing(0.1, num_qubits=9), "num_qubits must be a whole number"),
        (lambda: channels.amplitude_damping("x"), "gamma must be a real number"),
        (lambda: channels.thermal_relaxation(-1, 1, 1), "duration must be a finite number of at least 0"),
        (lambda: channels.thermal_relaxation(1, 1, 3), "t2 must lie in (0, 2], got 3"),
        (lambda: channels.compose(channels.bit_flip(0.1), channels.depolarizing(0.1, num_qubits=2)), "second must act"),
        (lambda: channels.apply_channel(PAIR, channels.bit_flip(0.1), [0, 1]), "kraus must act on 2 qubits"),
        (lambda: channels.apply_channel(PAIR, channels.bit_flip(0.1), [2]), "qubits must be a whole number"),
        (
            lambda: simulator.run_density_matrix(Circuit(1), initial=PAIR),
            "initial must be a state of one qubit, got (4,)",
        ),
        (lambda: simulator.run_density_matrix(Circuit(30)), "num_qubits must fit into memory"),
        (lambda: simulator.sample(Circuit(1), 3, np.random.default_rng(1)), "circuit must measure something"),
        (lambda: simulator.sample(Circuit(1).measure(0), -3, np.random.default_rng(1)), "shots must be"),
        (
            lambda: simulator.sample(Circuit(1).measure(0), 3, np.random.default_rng(1), initial=PAIR),
            "initial must be a state of one qubit, got (4,)",
        ),
        (lambda: channels.confuse(np.array([0.5, 0.4]), 0, 0), "probabilities must add up to 1, got 0.9"),
        (lambda: channels.readout_error(np.array([[2]]), 0, 0, np.random.default_rng(1)), "bits must be zeros"),
        (lambda: channels.readout_confusion(1.1, 0), "e0 must lie in [0, 1], got 1.1"),
        (
            lambda: channels.kraus_operators(Operation("bit_flip", (0, 1), (0.1,))),
            "qubits of bit_flip must number 1",
        ),
        (lambda: channels.kraus_operators(Operation("nonsense", (0,))), "operation must be one of"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
        call()
    assert message in str(caught.value)
