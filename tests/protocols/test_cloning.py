"""Cloners reach their bounds and no state is copied perfectly by all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import gates, measures, states
from qlab.protocols import cloning

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_universal_cloner_copies_every_state_equally_well(seed: int) -> None:
    psi = states.random_ket(1, np.random.default_rng(seed))
    for copy in cloning.clones(psi, cloning.universal_cloner()):
        assert measures.fidelity(psi, copy) == pytest.approx(cloning.cloning_fidelity(1, 2), abs=1e-9)
        shrunk = (2 / 3) * states.density_matrix(psi) + np.eye(2) / 6
        assert copy == pytest.approx(shrunk, abs=1e-9)


def test_the_cloner_is_unitary() -> None:
    cloner = cloning.universal_cloner()
    assert cloner.dtype == np.complex128
    assert cloner @ cloner.conj().T == pytest.approx(np.eye(8), abs=1e-12)


def test_bounds() -> None:
    known = {(1, 2): 5 / 6, (1, 3): 7 / 9, (1, 4): 3 / 4, (2, 3): 11 / 12, (1, np.inf): 2 / 3, (3, 3): 1}
    for (n, m), f in known.items():
        assert cloning.cloning_fidelity(n, m) == pytest.approx(f)


def test_universal_cloner_is_optimal_among_symmetric_cloners() -> None:
    """Largest eigenvalue bound: no channel exceeds the mean over states of both copies' projectors.

    The mean fidelity of a channel is Tr[C·R] with Choi matrix C and R the average of ψᵀ⊗(ψ⊗I + I⊗ψ)/2;
    with Tr_out C = I it is at most 2·λ_max(R) (2 = dimension of the input).
    """
    r = np.zeros((8, 8), dtype=complex)
    for label in "01+-rl":
        psi = states.density_matrix(states.ket(label))
        both = (np.kron(psi, np.eye(2)) + np.kron(np.eye(2), psi)) / 2
        r += np.kron(psi.T, both) / 6
    assert 2 * np.linalg.eigvalsh(r)[-1] == pytest.approx(cloning.cloning_fidelity(1, 2), abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 30))
def test_more_copies_cost_and_more_originals_help(n: int, extra: int) -> None:
    m = n + extra
    here = cloning.cloning_fidelity(n, m)
    assert cloning.cloning_fidelity(n, m + 1) < here
    assert cloning.cloning_fidelity(n + 1, m + 1) > cloning.cloning_fidelity(n, m + 1)
    assert here > cloning.cloning_fidelity(n, np.inf)


def test_cnot_copies_the_basis_and_nothing_else() -> None:
    for label in "01":
        for copy in cloning.clones(states.ket(label), gates.CNOT):
            assert measures.fidelity(states.ket(label), copy) == pytest.approx(1)
    assert measures.fidelity(states.ket("+"), cloning.clones(states.ket("+"), gates.CNOT)[1]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cloning.clones(states.epr_pair(), gates.CNOT), "message must be a state of one qubit"),
        (lambda: cloning.clones(states.ket("0"), gates.H), "number of qubits of cloner must be a whole number"),
        (lambda: cloning.cloning_fidelity(2, 1), "copies must be a whole number of at least 2, got 1"),
        (lambda: cloning.cloning_fidelity(0, 1), "originals must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
