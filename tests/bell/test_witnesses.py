"""Fidelities and witnesses from a handful of measurements, against the whole state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import measures, states
from qlab.bell import correlations, witnesses

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.sampled_from(states.BELL_NAMES))
def test_three_correlators_give_the_bell_fidelity(seed: int, name: str) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed), rank=2)
    xx, yy, zz = correlations.correlation_matrix(rho).diagonal()
    whole = measures.fidelity(states.bell_state(name), rho)
    assert witnesses.bell_fidelity(xx, yy, zz, name=name) == pytest.approx(whole, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_separable_states_never_pass_the_witness(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(3))
    products = [np.kron(states.random_ket(1, rng), states.random_ket(1, rng)) for _ in weights]
    xx, yy, zz = correlations.correlation_matrix(states.mixture(list(weights), products)).diagonal()
    for name in states.BELL_NAMES:
        assert witnesses.witness_value(xx, yy, zz, name=name) >= -1e-9


def test_the_shared_coin_sits_on_the_edge() -> None:
    xx, yy, zz = correlations.correlation_matrix(states.classically_correlated_state()).diagonal()
    assert witnesses.witness_value(xx, yy, zz) == pytest.approx(0)
    assert witnesses.witness_value(1.0, -1.0, 1.0) == -0.5


def test_counts_give_fidelity_and_a_true_standard_error() -> None:
    rng, f, shots = np.random.default_rng(3), 0.9, 500
    t = correlations.correlation_matrix(states.werner_state(f)).diagonal()
    estimates = []
    for _ in range(500):
        counts = [rng.multinomial(shots, np.array([1 + m, 1 - m, 1 - m, 1 + m]) / 4) for m in t]
        estimates.append(witnesses.bell_fidelity_from_counts(*counts))
    z = np.array([(e.fidelity - f) / e.standard_error for e in estimates])
    assert abs(z.mean()) < 4 / np.sqrt(500)
    assert abs(z.std() - 1) < 4 / np.sqrt(1000)
    assert estimates[0].sigmas_above_one_half == (estimates[0].fidelity - 0.5) / estimates[0].standard_error


def test_counts_that_all_agree_leave_an_error() -> None:
    for shots in (1, 10, 1000):
        estimate = witnesses.bell_fidelity_from_counts([shots, 0, 0, 0], [0, shots, 0, 0], [shots, 0, 0, 0])
        assert estimate.fidelity == 1
        assert estimate.standard_error == pytest.approx(np.sqrt(3 * 4 * (shots + 1) / (shots + 2) ** 2 / shots) / 4)
    assert 500 < estimate.sigmas_above_one_half < 600


def test_corrected_correlators_may_fluctuate_beyond_one() -> None:
    assert witnesses.bell_fidelity(1.01, -1.0, 0.99) == pytest.approx(1)
    assert witnesses.witness_value(1.01, -1.02, 0.99) == pytest.approx(-0.505)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: witnesses.bell_fidelity(2.2, 0, 0), r"xx must lie in \[-2, 2\], got 2.2"),
        (lambda: witnesses.FidelityEstimate(0.9, 0.0), "standard_error must be a finite number greater than 0, got 0"),
        (lambda: witnesses.bell_fidelity(0, 0, 0, name="ghz"), "name must be one of"),
        (lambda: witnesses.bell_fidelity_from_counts([0] * 4, [1] * 4, [1] * 4), "xx must be counts"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
