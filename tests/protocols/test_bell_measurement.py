"""The Bell measurement against its circuit and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import measures, states
from qlab.circuits import Circuit
from qlab.protocols import bell_measurement as bm
from qlab.simulator import run, run_shot

SEEDS = st.integers(0, 2**32 - 1)


def test_the_four_outcomes_name_the_four_bell_states() -> None:
    for bits, name in zip(bm.OUTCOMES, ("phi+", "psi+", "phi-", "psi-"), strict=True):
        assert measures.fidelity(bm.bell_ket(*bits), states.bell_state(name)) == pytest.approx(1)


@pytest.mark.parametrize("bits", bm.OUTCOMES)
def test_the_circuit_reads_the_same_bits(bits: tuple[int, int]) -> None:
    circuit = Circuit(2).cnot(0, 1).h(0).measure(0, 1, key="m")
    _, results = run_shot(circuit, np.random.default_rng(1), initial=bm.bell_ket(*bits))
    assert tuple(results["m"].tolist()) == bits


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.permutations(range(3)), st.booleans())
def test_outcomes_against_the_circuit_on_random_states(seed: int, order: list[int], mixed: bool) -> None:
    """CNOT, H and a Z measurement of the pair: same chances, same state of the third qubit."""
    rng = np.random.default_rng(seed)
    psi = states.random_ket(3, rng)
    first, second, rest = order
    outcomes = bm.bell_measurement(states.density_matrix(psi) if mixed else psi, first, second)
    after = run(Circuit(3).cnot(first, second).h(first), initial=psi).reshape(2, 2, 2)
    after = after.transpose(first, second, rest)
    assert sum(o.probability for o in outcomes) == pytest.approx(1)
    for outcome in outcomes:
        branch = after[outcome.bits]
        assert outcome.probability == pytest.approx(np.linalg.norm(branch) ** 2, abs=1e-9)
        assert outcome.rho == pytest.approx(np.outer(branch, branch.conj()) / outcome.probability, abs=1e-7)


def test_an_outcome_that_cannot_happen_leaves_no_state() -> None:
    outcomes = bm.bell_measurement(np.kron(states.epr_pair(), states.ket("0")), 0, 1)
    assert [o.probability for o in outcomes] == pytest.approx([1, 0, 0, 0])
    assert [o.rho is None for o in outcomes] == [False, True, True, True]


@settings(deadline=None, max_examples=30)
@given(SEEDS, st.sampled_from(bm.OUTCOMES), st.integers(0, 1))
def test_corrections_act_on_one_qubit_and_keep_the_trace(seed: int, bits: tuple[int, int], qubit: int) -> None:
    rho = states.random_density_matrix(2, np.random.default_rng(seed))
    after = bm.apply_correction(rho, bits, qubit)
    assert np.trace(after) == pytest.approx(1)
    assert states.partial_trace(after, [1 - qubit]) == pytest.approx(states.partial_trace(rho, [1 - qubit]))
    expected = bm.correction(*bits) @ states.partial_trace(rho, [qubit]) @ bm.correction(*bits).conj().T
    assert states.partial_trace(after, [qubit]) == pytest.approx(expected)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="number of qubits of rho must be a whole number of at least 3, got 2"):
        bm.bell_measurement(states.epr_pair(), 0, 1)
    with pytest.raises(ValueError, match="first and second must not name a qubit twice"):
        bm.bell_measurement(states.ghz_state(3), 1, 1)
