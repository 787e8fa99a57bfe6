"""Correlators, behaviours, no-signalling and the Horodecki maximum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import channels, gates, measures, states
from qlab.bell import chsh, correlations

SEEDS = st.integers(0, 2**32 - 1)


def random_axes(rng: np.random.Generator, count: int = 2) -> np.ndarray:
    vectors = rng.standard_normal((count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_behaviour_from_projectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho, alice, bob = states.random_density_matrix(2, rng), random_axes(rng), random_axes(rng)
    table = correlations.behaviour(rho, alice, bob)
    for index in np.ndindex(2, 2, 2, 2):
        x, y, a, b = index
        left = (np.eye(2) + (-1) ** a * correlations.observable(alice[x])) / 2
        right = (np.eye(2) + (-1) ** b * correlations.observable(bob[y])) / 2
        assert table[index] == pytest.approx(np.trace(np.kron(left, right) @ rho).real, abs=1e-12)
    assert np.allclose(correlations.behaviour_correlators(table), correlations.correlators(rho, alice, bob))
    assert correlations.correlator(rho, alice[0], bob[1]) == pytest.approx(
        correlations.correlators(rho, alice, bob)[0, 1]
    )


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_no_measurement_signals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = states.random_density_matrix(2, rng, rank=int(rng.integers(1, 5)))
    table = correlations.behaviour(rho, random_axes(rng), random_axes(rng))
    assert correlations.is_no_signalling(table)


def test_a_message_signals_and_is_seen() -> None:
    told = np.zeros((2, 2, 2, 2))
    for x, y in np.ndindex(2, 2):
        told[x, y, 0, x & y] = 1
    assert chsh.behaviour_winning_probability(told) == 1
    assert correlations.signalling(told) == 1
    assert not correlations.is_no_signalling(told)
    assert correlations.signalling(told.transpose(1, 0, 3, 2)) == 1


def best_directions(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alice's and Bob's two Bloch vectors that reach the maximum, from the singular vectors of T."""
    left, singular, right = np.linalg.svd(correlations.correlation_matrix(rho))
    half_angle = np.arctan2(singular[1], singular[0])
    bob_sum, bob_difference = np.cos(half_angle) * right[0], np.sin(half_angle) * right[1]
    return left.T[:2], np.array([bob_sum + bob_difference, bob_sum - bob_difference])


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 4))
def test_horodecki_maximum_is_reached_and_never_beaten(seed: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    rho = states.random_density_matrix(2, rng, rank=rank)
    best = correlations.chsh_maximum(rho)
    alice, bob = best_directions(rho)
    assert np.allclose(np.linalg.norm(alice, axis=1), 1)
    assert np.allclose(np.linalg.norm(bob, axis=1), 1)
    assert chsh.chsh_value(rho, alice, bob) == pytest.approx(best, abs=1e-9)
    for _ in range(30):
        assert chsh.chsh_value(rho, random_axes(rng), random_axes(rng)) <= best + 1e-9


@settings(deadline=None, max_examples=40)
@given(SEEDS)
def test_product_states_never_violate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = np.kron(states.random_density_matrix(1, rng), states.random_density_matrix(1, rng))
    assert correlations.chsh_maximum(rho) <= 2 + 1e-9
    alice, bob = best_directions(rho)
    assert chsh.chsh_value(rho, alice, bob) == pytest.approx(correlations.chsh_maximum(rho), abs=1e-9)


@pytest.mark.parametrize(
    ("f", "worst", "best"),
    [(0.75, 1.8856, 2.2361), (0.78, 1.9988, 2.2922), (0.8, 2.0742, 2.3324), (0.9, 2.4513, 2.5612)],
)
def test_kind_of_noise_decides_s_at_equal_fidelity(f: float, worst: float, best: float) -> None:
    werner, dephased = states.werner_state(f), states.bell_diagonal_state([f, 1 - f, 0, 0])
    assert measures.fidelity(states.epr_pair(), dephased) == pytest.approx(f)
    assert correlations.chsh_maximum(werner) == pytest.approx(worst, abs=5e-5)
    assert correlations.chsh_maximum(dephased) == pytest.approx(best, abs=5e-5)
    assert correlations.chsh_maximum(dephased) == pytest.approx(2 * np.sqrt(1 + (2 * f - 1) ** 2))


@settings(deadline=None, max_examples=60)
@given(st.floats(0.5, 1), SEEDS)
def test_bell_diagonal_states_lie_between_werner_and_dephasing(f: float, seed: int) -> None:
    rest = np.random.default_rng(seed).dirichlet(np.ones(3)) * (1 - f)
    s = correlations.chsh_maximum(states.bell_diagonal_state([f, *rest]))
    low = correlations.chsh_maximum(states.werner_state(f))
    high = correlations.chsh_maximum(states.bell_diagonal_state([f, 1 - f, 0, 0]))
    assert low - 1e-9 <= s <= high + 1e-9


def test_entangled_is_not_bell_violating() -> None:
    rho = states.werner_state(0.7)
    assert measures.concurrence(rho) > 0
    assert correlations.chsh_maximum(rho) < 2
    edge = (1 + 3 / np.sqrt(2)) / 4
    assert edge == pytest.approx(0.78033, abs=5e-6)
    assert correlations.chsh_maximum(states.werner_state(edge)) == pytest.approx(2)


def test_stored_pair_loses_the_violation_before_the_entanglement() -> None:
    """T1 = T2 = 300: S falls to 2 at t = 55.02, concurrence to 0 at 207.94."""

    def stored(t: float) -> np.ndarray:
        kraus = channels.thermal_relaxation(t, 300.0, 300.0)
        return channels.apply_channel(channels.apply_channel(states.epr_pair(), kraus, [0]), kraus, [1])

    assert correlations.chsh_maximum(stored(55.02)) == pytest.approx(2, abs=2e-4)
    assert measures.concurrence(stored(55.02)) > 0.5
    assert measures.concurrence(stored(207.94)) == pytest.approx(0, abs=1e-4)


def test_chances_that_vanish_are_not_negative() -> None:
    for angle in np.linspace(0, 6, 200):
        table = correlations.behaviour(states.epr_pair(), (angle, 0.0), (angle, 0.0))
        assert table.min() >= 0
        assert table[0, 0, 0, 1] == pytest.approx(0, abs=1e-12)


def test_the_box_of_popescu_and_rohrlich_does_not_signal_at_all() -> None:
    assert correlations.is_no_signalling(correlations.pr_box(), tolerance=0)
    assert chsh.behaviour_winning_probability(correlations.pr_box()) == 1


def test_observables_of_named_directions() -> None:
    assert np.allclose(correlations.observable(0.0), gates.Z)
    assert np.allclose(correlations.observable(np.pi / 2), gates.X)
    assert np.allclose(correlations.observable((0, 1, 0)), gates.Y)
    assert correlations.correlation_matrix(states.bell_state("psi-")) == pytest.approx(-np.eye(3), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: correlations.observable([1, 1, 0]), r"direction must be an angle or a unit vector \(x, y, z\)"),
        (lambda: correlations.observable(np.nan), "direction must lie in"),
        (lambda: correlations.correlation_matrix(states.ket("0")), "rho must be a state of two qubits"),
        (lambda: correlations.behaviour(states.epr_pair(), 0.0, (0.0, 1.0)), "alice must hold two directions"),
        (lambda: correlations.signalling(np.ones(3)), r"behaviour must be probabilities of shape \(2, 2, 2, 2\)"),
        (lambda: correlations.signalling("a box"), "behaviour must be an array of real numbers, got 'a box'"),
        (
            lambda: correlations.behaviour(states.epr_pair(), (0, (1, 1, 1)), (0, 0)),
            "^each of alice must be an angle",
        ),
        (lambda: correlations.behaviour(states.epr_pair(), (0, 0), ((1, 1, 1), 0)), "^each of bob must be an angle"),
        (lambda: correlations.observable("up,"), "direction must be a real number"),
        (lambda: correlations.observable(["x", "y", "z"]), "direction must be an array of real numbers"),
        (lambda: correlations.signalling(np.full((2, 2, 2, 2), 0.3)), "behaviour must add up to 1"),
        (lambda: correlations.signalling(np.full((2, 2, 2, 2), -0.25)), "behaviour must be probabilities"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
