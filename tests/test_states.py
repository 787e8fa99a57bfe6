"""Named states, their laws, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states

R = np.sqrt(0.5)
SEEDS = st.integers(0, 2**32 - 1)


def test_kets_by_label() -> None:
    assert np.allclose(states.ket("+0"), [R, 0, R, 0])
    assert np.allclose(states.ket("r"), [R, 1j * R])
    assert np.allclose(states.ket("l"), [R, -1j * R])
    assert states.ket("110").argmax() == 6


def test_bell_states_are_an_orthonormal_basis() -> None:
    basis = np.array([states.bell_state(name) for name in states.BELL_NAMES])
    assert np.allclose(basis @ basis.conj().T, np.eye(4))
    assert np.allclose(states.bell_state("psi-"), [0, R, -R, 0])
    assert np.allclose(states.epr_pair(), [R, 0, 0, R])


@given(st.floats(0, 1))
@settings(deadline=None)
def test_partially_entangled_concurrence(c: float) -> None:
    a, *between, b = states.partially_entangled_ket(c).real
    assert between == [0, 0]
    assert 2 * a * b == pytest.approx(c, abs=1e-12)
    assert a >= b >= 0
    assert a * a + b * b == pytest.approx(1)


def test_ghz_and_w() -> None:
    assert np.allclose(states.ghz_state(2), states.epr_pair())
    assert np.allclose(states.w_state(2), states.bell_state("psi+"))
    w = states.w_state(4)
    assert w.shape == (16,)
    assert sorted(w.nonzero()[0]) == [1, 2, 4, 8]
    assert np.linalg.norm(w) == pytest.approx(1)


@pytest.mark.parametrize("fidelity", [0.0, 0.25, 0.5, 0.78, 1.0])
def test_werner_has_its_fidelity_and_is_white_noise_around_a_pair(fidelity: float) -> None:
    p = (4 * fidelity - 1) / 3
    pair = states.epr_pair()
    rho = states.werner_state(fidelity)
    assert np.allclose(rho, p * np.outer(pair, pair) + (1 - p) * np.eye(4) / 4)
    assert (pair @ rho @ pair).real == pytest.approx(fidelity)


def test_partial_trace_of_products_and_pairs() -> None:
    rng = np.random.default_rng(3)
    a, b = states.random_density_matrix(1, rng), states.random_density_matrix(2, rng)
    both = states.tensor(a, b)
    assert np.allclose(states.partial_trace(both, [0]), a)
    assert np.allclose(states.partial_trace(both, [1, 2]), b)
    swapped = b.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    assert np.allclose(states.partial_trace(both, [2, 1]), swapped)
    assert np.allclose(states.partial_trace(states.epr_pair(), [0]), np.eye(2) / 2)
    assert np.allclose(states.partial_trace(both, [0, 1, 2]), both)


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_partial_trace_of_ket_and_projector_agree(seed: int) -> None:
    ket = states.random_ket(4, np.random.default_rng(seed))
    for keep in ([0], [3, 1], [2, 0, 1]):
        from_ket = states.partial_trace(ket, keep)
        assert np.allclose(from_ket, states.partial_trace(states.density_matrix(ket), keep))
        assert np.trace(from_ket) == pytest.approx(1)


@given(SEEDS, st.integers(1, 3), st.integers(1, 2))
@settings(deadline=None, max_examples=30)
def test_random_states_are_states(seed: int, n: int, rank: int) -> None:
    rng = np.random.default_rng(seed)
    rho = states.random_density_matrix(n, rng, rank=rank)
    assert np.allclose(states.density_matrix(rho), rho)
    assert np.linalg.matrix_rank(rho, tol=1e-10) == rank
    assert np.linalg.matrix_rank(states.random_density_matrix(n, rng), tol=1e-10) == 2**n
    assert np.linalg.norm(states.random_ket(n, rng)) == pytest.approx(1)


def test_random_density_matrices_have_the_moments_of_hilbert_and_schmidt() -> None:
    """Of full rank and two qubits: the mean is I/4, the mean purity 2d/(d²+1) = 8/17 (Hall, PLA 242, 123, 1998)."""
    rng = np.random.default_rng(8)
    drawn = np.array([states.random_density_matrix(2, rng) for _ in range(4000)])
    assert np.abs(drawn.mean(axis=0) - np.eye(4) / 4).max() < 4 * drawn.std(axis=0).max() / np.sqrt(4000)
    purities = np.einsum("nij,nji->n", drawn, drawn).real
    assert abs(purities.mean() - 8 / 17) < 4 * purities.std() / np.sqrt(4000)
    one = np.array([states.random_density_matrix(1, rng, rank=2)[0, 1] for _ in range(4000)])
    assert abs((one**2).mean()) < 4 * (np.abs(one) ** 2).std() / np.sqrt(4000)


def test_everything_is_complex_even_where_its_entries_are_real() -> None:
    for made in (
        states.ket("01"),
        states.bell_state("psi-"),
        states.partially_entangled_ket(0.5),
        states.ghz_state(2),
        states.w_state(2),
        states.maximally_mixed_state(1),
        states.classically_correlated_state(),
    ):
        assert made.dtype == np.complex128


def test_the_two_correlated_states_differ_only_off_the_diagonal() -> None:
    shared, pair = states.classically_correlated_state(), states.density_matrix(states.epr_pair())
    assert np.allclose(shared.diagonal(), pair.diagonal())
    assert shared[0, 3] == 0
    assert pair[0, 3] == pytest.approx(0.5)
    for n in (1, 2, 3):
        assert np.allclose(states.maximally_mixed_state(n), np.eye(2**n) / 2**n)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: states.ket("0a"), "label must be a non-empty string"),
        (lambda: states.ket(""), "label must be a non-empty string"),
        (lambda: states.ket("0" * 27), "number of qubits in label"),
        (lambda: states.bell_state("phi"), "name must be one of"),
        (lambda: states.werner_state(1.1), r"fidelity must lie in \[0, 1\], got 1.1"),
        (lambda: states.ghz_state(1), "num_qubits must be a whole number of at least 2"),
        (lambda: states.w_state(40), "num_qubits"),
        (lambda: states.mixture([0.5], [states.ket("0"), states.ket("1")]), "weights must be as many"),
        (lambda: states.mixture([0.5, 0.6], [states.ket("0"), states.ket("1")]), "weights must add up to 1"),
        (lambda: states.bell_diagonal_state([1.0]), "weights must be four probabilities"),
        (lambda: states.partial_trace(states.epr_pair(), [2]), "keep"),
        (lambda: states.partial_trace(states.epr_pair(), []), "keep must name at least one qubit"),
        (lambda: states.tensor(), "factors must hold at least one array"),
        (lambda: states.partially_entangled_ket(-0.1), "concurrence"),
        (lambda: states.random_density_matrix(1, np.random.default_rng(1), rank=3), "rank"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
