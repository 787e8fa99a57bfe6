"""Graph states, the bound-entangled state and the measures beyond two qubits: laws, known values, second ways."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import Circuit, channels, gates, measures, multipartite, states
from qlab.bell.games import mermin_operator
from qlab.gates import pauli_string
from qlab.simulator import run

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("edges", [[], [(0, 1)], [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]])
def test_graph_states_are_made_by_cz(edges: list[tuple[int, int]]) -> None:
    circuit = Circuit(4).h(0).h(1).h(2).h(3)
    for edge in edges:
        circuit = circuit.cz(*edge)
    assert np.allclose(multipartite.graph_state(4, edges), run(circuit))


def test_cluster_states_have_their_stabilisers() -> None:
    ket = multipartite.cluster_state(2, 3)
    for i, j in product(range(2), range(3)):
        near = [(i + di, j + dj) for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        letters = ["Z" if (q // 3, q % 3) in near else "I" for q in range(6)]
        letters[3 * i + j] = "X"
        assert multipartite.pauli_expectation(ket, "".join(letters)) == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.text("IXYZ", min_size=1, max_size=4))
def test_pauli_expectation_is_the_trace(seed: int, label: str) -> None:
    rng, operator = np.random.default_rng(seed), pauli_string(label)
    ket = states.random_ket(len(label), rng)
    rho = states.random_density_matrix(len(label), rng)
    assert multipartite.pauli_expectation(ket, label) == pytest.approx(np.vdot(ket, operator @ ket).real)
    assert multipartite.pauli_expectation(rho, label) == pytest.approx(np.trace(operator @ rho).real)


def test_pauli_expectation_of_twenty_qubits_needs_no_matrix() -> None:
    assert multipartite.pauli_expectation(states.ghz_state(20), "X" * 20) == pytest.approx(1)
    assert multipartite.pauli_expectation(states.ghz_state(20), "Z" + "I" * 19) == pytest.approx(0)


@pytest.mark.parametrize("b", [0.05, 0.3, 0.9])
def test_the_partial_transpose_misses_horodeckis_state(b: float) -> None:
    """Entangled for 0 < b < 1 though its partial transpose has no negative eigenvalue (P. Horodecki 1997)."""
    rho = multipartite.horodecki_state(b)
    assert np.linalg.eigvalsh(measures.partial_transpose(rho, [0]))[0] > -1e-12
    assert measures.is_ppt(rho)
    assert multipartite.log_negativity(rho) == 0
    assert multipartite.range_gap(rho) > 1e-4


@pytest.mark.parametrize("b", [0, 1])
def test_the_ends_of_horodeckis_family_show_nothing(b: float) -> None:
    assert multipartite.range_gap(multipartite.horodecki_state(b)) == 0


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_mixtures_of_products_have_no_range_gap(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    kets = [np.kron(states.random_ket(1, rng), states.random_ket(2, rng)) for _ in range(members)]
    assert multipartite.range_gap(states.mixture(rng.dirichlet(np.ones(members)), kets)) < 1e-6


def test_pure_entangled_states_have_a_range_gap() -> None:
    """½: no product state has more than half of a GHZ state, nor of a pair."""
    assert multipartite.range_gap(states.ghz_state(3)) == pytest.approx(0.5)


@given(st.floats(0.25, 1))
def test_log_negativity_and_fraction_of_werner_states(fidelity: float) -> None:
    rho = states.werner_state(fidelity)
    assert multipartite.log_negativity(rho) == pytest.approx(max(0, np.log2(2 * fidelity)), abs=1e-7)
    assert multipartite.fully_entangled_fraction(rho) == pytest.approx(max(fidelity, (1 - fidelity) / 3))


@settings(max_examples=5, deadline=None)
@given(SEEDS)
def test_local_turns_reach_the_fully_entangled_fraction_and_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = states.random_density_matrix(2, rng, rank=2)
    largest = multipartite.fully_entangled_fraction(rho)
    overlaps = []
    for _ in range(200):  # (U⊗I)|Φ+⟩ are all the maximally entangled kets
        unitary = np.linalg.qr(rng.standard_normal((2, 2)) + 1j * rng.standard_normal((2, 2)))[0]
        overlaps.append(measures.fidelity(np.kron(unitary, np.eye(2)) @ states.epr_pair(), rho))
    assert max(overlaps) <= largest + 1e-12
    assert max(overlaps) > largest - 0.15
    turned = np.kron(np.linalg.qr(rng.standard_normal((2, 2)))[0], np.eye(2))
    assert multipartite.fully_entangled_fraction(turned @ rho @ turned.conj().T) == pytest.approx(largest)


def test_a_fraction_of_a_half_is_what_separable_pairs_reach() -> None:
    assert multipartite.fully_entangled_fraction(states.classically_correlated_state()) == pytest.approx(0.5)


@given(st.floats(0.25, 1))
def test_conditional_entropy_of_werner_states(fidelity: float) -> None:
    rho = states.werner_state(fidelity)
    assert multipartite.conditional_entropy(rho) == pytest.approx(-measures.coherent_information(rho))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_conditional_entropies_obey_strong_subadditivity(seed: int) -> None:
    rho = states.random_density_matrix(3, np.random.default_rng(seed), rank=2)
    given_two = multipartite.conditional_entropy(rho, [1])
    given_one = multipartite.conditional_entropy(states.partial_trace(rho, [0, 1]), [1])
    assert given_two <= given_one + 1e-9


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_mutual_information_across_a_cut_is_symmetric_and_known_for_qubit_zero(seed: int) -> None:
    rho = states.random_density_matrix(3, np.random.default_rng(seed), rank=2)
    assert multipartite.cut_mutual_information(rho) == pytest.approx(measures.mutual_information(rho))
    other_side = multipartite.cut_mutual_information(rho, [0, 2])
    assert multipartite.cut_mutual_information(rho, [1]) == pytest.approx(other_side)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_fidelity_of_channels(one: float, two: float) -> None:
    """Against the overlap with a unitary, and (Σ√pq)² of the probabilities of two Pauli channels."""
    noise = channels.depolarizing(one)
    assert multipartite.channel_fidelity(noise, gates.H[None]) == pytest.approx(
        measures.process_fidelity(noise, gates.H)
    )
    weights = [np.array([1 - p, *[p / 3] * 3]) for p in (one, two)]
    expected = np.sum(np.sqrt(weights[0] * weights[1])) ** 2
    assert multipartite.channel_fidelity(noise, channels.depolarizing(two)) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_three_tangle_is_what_monogamy_leaves(seed: int) -> None:
    """τ = C²(A|BC) - C²(AB) - C²(AC) (Coffman, Kundu, Wootters 2000)."""
    ket = states.random_ket(3, np.random.default_rng(seed))
    whole = 4 * np.linalg.det(states.partial_trace(ket, [0])).real
    pairs = sum(measures.concurrence(states.partial_trace(ket, [0, other])) ** 2 for other in (1, 2))
    assert multipartite.three_tangle(ket) == pytest.approx(whole - pairs, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_fidelity_lies_in_the_window_of_the_mermin_value(seed: int, weight: float) -> None:
    noise = states.random_density_matrix(3, np.random.default_rng(seed))
    rho = states.mixture([weight, 1 - weight], [states.ghz_state(3), noise])
    low, high = multipartite.ghz_fidelity_window(float(np.trace(mermin_operator(3) @ rho).real), 3)
    assert low - 1e-9 <= measures.fidelity(states.ghz_state(3), rho) <= high + 1e-9


def test_both_ends_of_the_window_are_reached() -> None:
    """v = 0.5 with nothing else in GHZ and its opposite, and with all the rest there."""
    minus = states.ghz_state(3) * np.array([1] * 7 + [-1])
    for members, expected in (((0.5, 0.0, 0.5), 0.5), ((0.75, 0.25, 0.0), 0.75)):
        rho = states.mixture(members, [states.ghz_state(3), minus, states.ket("010")])
        window = multipartite.ghz_fidelity_window(float(np.trace(mermin_operator(3) @ rho).real), 3)
        assert window == pytest.approx((0.5, 0.75))
        assert measures.fidelity(states.ghz_state(3), rho) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: multipartite.graph_state(2, [(0, 0)]), "each of edges must not name a qubit twice"),
        (lambda: multipartite.graph_state(2, [(0, 2)]), "each of edges must be a whole number"),
        (lambda: multipartite.graph_state(2, [(0, 1, 1)]), "each of edges must be a pair of qubits"),
        (lambda: multipartite.cluster_state(6, 6), "rows times columns must be a whole number .* at most 26"),
        (
            lambda: multipartite.channel_fidelity(gates.H[None], gates.CNOT[None]),
            "second must act on dimension 2",
        ),
        (lambda: multipartite.horodecki_state(1.2), r"b must lie in \[0, 1\], got 1.2"),
        (
            lambda: multipartite.conditional_entropy(states.epr_pair(), [0, 1]),
            "subsystem must name some of the 2 qubits",
        ),
        (lambda: multipartite.conditional_entropy(states.epr_pair(), []), "subsystem must name some of the 2 qubits"),
        (lambda: multipartite.pauli_expectation(states.epr_pair(), "XYZ"), "label must be 2 letters of I, X, Y and Z"),
        (lambda: multipartite.pauli_expectation(states.epr_pair(), "xy"), "label must be 2 letters of I, X, Y and Z"),
        (lambda: multipartite.three_tangle(states.epr_pair()), "ket must be a state of three qubits"),
        (lambda: multipartite.fully_entangled_fraction(states.ghz_state(3)), "rho must be a state of two qubits"),
        (lambda: multipartite.ghz_fidelity_window(4.1, 3), r"mermin_value must lie in \[-4, 4\], got 4.1"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
