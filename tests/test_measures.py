"""Measures of one and two states: closed forms, laws and known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import channels, gates, measures, states
from qlab.bell import correlations
from qlab.simulator import apply_unitary

SEEDS = st.integers(0, 2**32 - 1)
FIDELITIES = st.floats(0.25, 1)


def random_pair(seed: int, rank: int = 4) -> np.ndarray:
    return states.random_density_matrix(2, np.random.default_rng(seed), rank=rank)


@settings(deadline=None, max_examples=60)
@given(FIDELITIES)
def test_werner_closed_forms(f: float) -> None:
    rho = states.werner_state(f)
    p = (4 * f - 1) / 3
    assert measures.concurrence(rho) == pytest.approx(max(0, 2 * f - 1), abs=1e-9)
    assert measures.negativity(rho) == pytest.approx(max(0, (3 * p - 1) / 4), abs=1e-9)
    assert correlations.chsh_maximum(rho) == pytest.approx(2 * np.sqrt(2) * p, abs=1e-9)
    assert measures.coherent_information(rho) == pytest.approx(1 - measures.entropy(rho), abs=1e-9)
    assert measures.fidelity(states.epr_pair(), rho) == pytest.approx(f, abs=1e-9)


@pytest.mark.parametrize(("p", "ebits"), [(0.5, 0.1176), (0.7, 0.4106), (0.9, 0.7894), (1.0, 1.0), (1 / 3, 0.0)])
def test_entanglement_of_formation_of_werner_states(p: float, ebits: float) -> None:
    assert measures.entanglement_of_formation(states.werner_state((1 + 3 * p) / 4)) == pytest.approx(ebits, abs=5e-5)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_pure_states_have_entropy_of_a_half_as_entanglement(seed: int) -> None:
    psi = states.random_ket(2, np.random.default_rng(seed))
    half = measures.entropy(states.partial_trace(psi, [0]))
    assert measures.entanglement_of_formation(psi) == pytest.approx(half, abs=1e-9)
    assert measures.mutual_information(psi) == pytest.approx(2 * half, abs=1e-9)
    assert measures.hashing_bound(psi) == pytest.approx(half, abs=1e-9)
    assert measures.concurrence(psi) == pytest.approx(2 * measures.negativity(psi), abs=1e-9)
    projector = states.density_matrix(psi)
    assert measures.concurrence(projector) == pytest.approx(measures.concurrence(psi), abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 4))
def test_negative_partial_transpose_and_concurrence_agree_on_two_qubits(seed: int, rank: int) -> None:
    rho = random_pair(seed, rank)
    assert measures.is_ppt(rho) == (measures.concurrence(rho) < 1e-8)
    assert measures.negativity(rho) <= measures.concurrence(rho) / 2 + 1e-9


LOCAL_CHANNELS = [
    channels.dephasing(0.2),
    channels.amplitude_damping(0.3),
    channels.depolarizing(0.1),
    channels.bit_flip(0.4),
]


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 3), st.sampled_from(range(4)), st.sampled_from([0, 1]))
def test_local_noise_never_raises_entanglement(seed: int, rank: int, which: int, qubit: int) -> None:
    rho = random_pair(seed, rank)
    after = channels.apply_channel(rho, LOCAL_CHANNELS[which], [qubit])
    for measure in (measures.concurrence, measures.negativity, measures.entanglement_of_formation):
        assert measure(after) <= measure(rho) + 1e-9
    assert measures.mutual_information(after) <= measures.mutual_information(rho) + 1e-9
    # Coherent information may only be relied on to fall under noise on Bob's side.
    if qubit == 1:
        assert measures.coherent_information(after) <= measures.coherent_information(rho) + 1e-9


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_local_rotations_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = random_pair(seed, 2)
    local = np.kron(gates.random_unitary(2, rng), gates.random_unitary(2, rng))
    turned = local @ rho @ local.conj().T
    for measure in (
        measures.concurrence,
        measures.negativity,
        measures.entropy,
        measures.purity,
        measures.hashing_bound,
        correlations.chsh_maximum,
    ):
        assert measure(turned) == pytest.approx(measure(rho), abs=1e-7)


def test_hashing_break_even_and_values() -> None:
    assert measures.coherent_information(states.werner_state(0.810710)) == pytest.approx(0, abs=1e-5)
    for f, bits in ((0.9, 0.3725), (0.95, 0.6344), (0.99, 0.9034)):
        assert measures.hashing_bound(states.werner_state(f)) == pytest.approx(bits, abs=5e-5)
    assert measures.hashing_bound(states.werner_state(0.7)) == 0
    assert measures.hashing_bound(states.classically_correlated_state()) == pytest.approx(0, abs=1e-9)


def numerical_discord(rho: np.ndarray) -> float:
    """Mutual information minus the best of many measurements on qubit 1, by brute force."""
    best = 0.0
    for theta in np.linspace(0, np.pi, 41):
        for phi in np.linspace(0, np.pi, 41):
            n = (np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta))
            conditional = 0.0
            for sign in (1, -1):
                projector = np.kron(np.eye(2), (np.eye(2) + sign * correlations.observable(n)) / 2)
                part = projector @ rho @ projector
                chance = np.trace(part).real
                if chance > 1e-12:
                    conditional += chance * measures.entropy(states.partial_trace(part / chance, [0]))
            best = max(best, measures.entropy(states.partial_trace(rho, [0])) - conditional)
    return measures.mutual_information(rho) - best


@pytest.mark.parametrize("weights", [(0.6, 0.2, 0.15, 0.05), (0.1, 0.5, 0.1, 0.3)])
def test_discord_against_a_search_over_measurements(weights: tuple[float, ...]) -> None:
    found = numerical_discord(states.bell_diagonal_state(weights))
    assert measures.bell_diagonal_discord(weights) == pytest.approx(found, abs=1e-6)


def test_discord_of_known_states() -> None:
    assert measures.bell_diagonal_discord([1, 0, 0, 0]) == pytest.approx(1)
    assert measures.bell_diagonal_discord([0.5, 0.5, 0, 0]) == pytest.approx(0, abs=1e-12)
    separable = [0.4, 0.2, 0.2, 0.2]
    assert measures.concurrence(states.bell_diagonal_state(separable)) == 0
    assert measures.bell_diagonal_discord(separable) > 0.02


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 5), st.floats(0.2, 2))
def test_idle_qubit_fidelities(t: float, ratio: float) -> None:
    t1, t2 = 1.0, min(2.0, ratio)
    kraus = channels.thermal_relaxation(t, t1, t2)
    process = (1 + 2 * np.exp(-t / t2) + np.exp(-t / t1)) / 4
    assert measures.process_fidelity(kraus, gates.I) == pytest.approx(process, abs=1e-9)
    average = 0.5 + np.exp(-t / t2) / 3 + np.exp(-t / t1) / 6
    assert measures.average_fidelity(kraus, gates.I) == pytest.approx(average, abs=1e-9)


def test_average_fidelity_is_the_mean_over_the_six_pauli_eigenstates() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        u = gates.random_unitary(2, rng)
        kraus = channels.compose(channels.amplitude_damping(rng.random()), channels.depolarizing(rng.random()))
        overlaps = []
        for label in "01+-rl":
            psi = states.ket(label)
            after = channels.apply_channel(psi, kraus, [0])
            overlaps.append(measures.fidelity(u @ psi, after))
        assert measures.average_fidelity(kraus, u) == pytest.approx(np.mean(overlaps), abs=1e-9)


@pytest.mark.parametrize("n", [1, 2])
def test_depolarizing_from_average_infidelity(n: int) -> None:
    d, r = 2**n, 0.01
    weight = r * d / (d - 1)
    p = weight * (d**2 - 1) / d**2
    kraus = channels.depolarizing(p, num_qubits=n)
    assert 1 - measures.average_fidelity(kraus, np.eye(d)) == pytest.approx(r)


def test_bell_pair_after_a_noisy_gate_has_fidelity_one_minus_infidelity() -> None:
    r = 0.02
    kraus = channels.depolarizing(4 * r / 3 * 15 / 16, num_qubits=2)
    after = channels.apply_channel(states.epr_pair(), kraus, [0, 1])
    assert measures.fidelity(states.epr_pair(), after) == pytest.approx(1 - r)


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_fidelity_laws(seed: int) -> None:
    first, second = random_pair(seed, 3), random_pair(seed + 1, 2)
    f = measures.fidelity(first, second)
    assert 0 <= f <= 1
    assert f == pytest.approx(measures.fidelity(second, first), abs=1e-7)
    distance = measures.trace_distance(first, second)
    assert 1 - np.sqrt(f) - 1e-7 <= distance <= np.sqrt(1 - f) + 1e-7
    psi = states.random_ket(2, np.random.default_rng(seed))
    assert measures.fidelity(psi, first) == pytest.approx(
        measures.fidelity(states.density_matrix(psi), first), abs=1e-6
    )
    assert measures.fidelity(first, psi) == measures.fidelity(psi, first)
    assert measures.fidelity(psi, apply_unitary(psi, gates.X, [0])) == pytest.approx(
        abs(np.vdot(psi, apply_unitary(psi, gates.X, [0]))) ** 2
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measures.fidelity(states.ket("0"), states.ket("00")), "second must have the dimension of first"),
        (lambda: measures.concurrence(states.ghz_state(3)), "rho must be a state of two qubits"),
        (lambda: measures.binary_entropy(1.1), r"probability must lie in \[0, 1\], got 1.1"),
        (lambda: measures.mutual_information(states.ket("0")), "number of qubits in rho must be a whole number"),
        (lambda: measures.coherent_information(states.ket("0")), "number of qubits in rho must be a whole number"),
        (lambda: measures.bell_diagonal_discord([0.5, 0.5, 0.5, 0]), "weights must add up to 1"),
        (lambda: measures.process_fidelity(channels.bit_flip(0.1), gates.CNOT), r"unitary must have shape \(2, 2\)"),
        (lambda: measures.process_fidelity(np.zeros((1, 2, 2)), gates.I), "kraus must satisfy"),
        (lambda: measures.negativity(states.epr_pair(), [2]), "subsystem must be a whole number"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_partial_transpose_turns_the_qubits_named_and_no_others() -> None:
    rng = np.random.default_rng(8)
    one, two, three = (states.random_density_matrix(1, rng) for _ in range(3))
    rho = states.tensor(one, two, three)
    assert np.allclose(measures.partial_transpose(rho, [1]), states.tensor(one, two.T, three))
    assert np.allclose(measures.partial_transpose(rho, [2, 0]), states.tensor(one.T, two, three.T))


def test_the_cut_decides_what_is_entangled() -> None:
    rho = states.tensor(states.ket("0"), states.epr_pair())
    assert measures.is_ppt(rho, [0])
    assert not measures.is_ppt(rho, [1])
    assert measures.negativity(rho, [0, 1]) == pytest.approx(0.5)


def test_nothing_is_zero_and_not_minus_zero() -> None:
    for value in (measures.binary_entropy(1), measures.negativity(states.ket("00")), measures.entropy(states.ket("0"))):
        assert str(value) == "0.0"


def test_coherent_information_counts_bobs_half() -> None:
    rho = channels.apply_channel(states.epr_pair(), channels.amplitude_damping(0.3), [1])
    alice, bob = (measures.entropy(states.partial_trace(rho, [q])) for q in (0, 1))
    assert alice - bob > 0.05
    assert measures.coherent_information(rho) == pytest.approx(bob - measures.entropy(rho), abs=1e-12)


@pytest.mark.parametrize("weights", [(0.4, 0.1, 0.4, 0.1), (0.1, 0.4, 0.4, 0.1), (0.1, 0.1, 0.4, 0.4)])
def test_discord_looks_along_all_three_axes(weights: tuple[float, ...]) -> None:
    """Two equal weights on each side: one axis shows all the correlation there is, so that no discord is left."""
    assert measures.bell_diagonal_discord(weights) == pytest.approx(0, abs=1e-12)


def test_fidelities_never_exceed_one() -> None:
    """Not by the last bit either: 1 - F is taken the root of elsewhere."""
    rng = np.random.default_rng(9)
    for _ in range(200):
        psi, u = states.random_ket(2, rng), gates.random_unitary(2, rng)
        rho = states.random_density_matrix(2, rng, rank=2)
        assert measures.fidelity(psi, psi) <= 1
        assert measures.fidelity(psi, states.density_matrix(psi)) <= 1
        assert measures.fidelity(rho, rho) <= 1
        assert measures.process_fidelity(u[None], u) <= 1
        bell = np.kron(u, gates.random_unitary(2, rng)) @ states.epr_pair()
        assert measures.concurrence(bell) <= 1
        assert measures.concurrence(states.density_matrix(bell)) <= 1
