"""CONVENTIONS.md, row by row: each disagreement between libraries is settled and checked here."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import cirq
import numpy as np
import pytest

from qlab import channels, gates, measures, states
from qlab.circuits import Circuit
from qlab.simulator import run


def test_qubit_zero_is_leftmost() -> None:
    assert run(Circuit(2).x(0)).argmax() == 2
    assert states.ket("10").argmax() == 2


def test_fidelity_is_squared() -> None:
    assert measures.fidelity(states.ket("0"), states.ket("+")) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "factor"), [(1, 4 / 3), (2, 16 / 15)])
def test_depolarizing_counts_non_identity_paulis(n: int, factor: float) -> None:
    p = 0.09
    rho = states.random_density_matrix(n, np.random.default_rng(1))
    ours = channels.apply_channel(rho, channels.depolarizing(p, num_qubits=n), range(n))
    weight = factor * p
    assert np.allclose(ours, (1 - weight) * rho + weight * np.eye(2**n) / 2**n)
    theirs = sum(k @ rho @ k.conj().T for k in cirq.kraus(cirq.depolarize(p, n_qubits=n)))
    assert np.allclose(ours, theirs)


def test_dephasing_and_phase_flip_shrink_coherences() -> None:
    rho = states.density_matrix(states.ket("+"))
    assert channels.apply_channel(rho, channels.dephasing(0.3), [0])[0, 1] == pytest.approx(0.5 * 0.7)
    assert channels.apply_channel(rho, channels.phase_flip(0.3), [0])[0, 1] == pytest.approx(0.5 * 0.4)


def test_t2_may_not_exceed_twice_t1() -> None:
    with pytest.raises(ValueError, match=r"t2 must lie in \(0, 20\], got 21"):
        channels.thermal_relaxation(1.0, 10.0, 21.0)


def test_werner_states_are_named_by_fidelity_with_phi_plus() -> None:
    fidelity = 0.8
    visibility = (4 * fidelity - 1) / 3
    expected = visibility * states.density_matrix(states.bell_state("phi+")) + (1 - visibility) * np.eye(4) / 4
    assert np.allclose(states.werner_state(fidelity), expected)
    assert measures.fidelity(states.epr_pair(), states.werner_state(fidelity)) == pytest.approx(fidelity)


def test_negativity_of_a_bell_pair_is_one_half() -> None:
    assert measures.negativity(states.epr_pair()) == pytest.approx(0.5)


def test_entropies_are_in_bits() -> None:
    assert measures.entropy(states.maximally_mixed_state(3)) == pytest.approx(3)


def test_first_qubit_of_cnot_is_the_control() -> None:
    assert np.array_equal(gates.CNOT @ states.ket("10"), states.ket("11"))


def test_no_function_changes_its_arguments() -> None:
    rho = states.werner_state(0.9)
    before = rho.copy()
    channels.apply_channel(rho, channels.bit_flip(0.2), [0])
    measures.concurrence(rho)
    states.partial_trace(rho, [0])
    assert np.array_equal(rho, before)


def examples(library: str) -> doctest.DocTest:
    """What CONVENTIONS.md shows under the name of a library."""
    page = Path(__file__).parents[1] / "CONVENTIONS.md"
    shown = re.search(rf"^### {library}\n(.*?)^#", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert shown
    blocks = re.findall(r"```python\n(.*?)```", shown[1], re.DOTALL)
    return doctest.DocTestParser().get_doctest("\n".join(blocks), {}, library, str(page), 0)


def test_the_bridge_to_cirq_holds() -> None:
    shown = examples("Cirq")
    assert len(shown.examples) > 15
    assert doctest.DocTestRunner().run(shown).failed == 0


def test_each_bridge_is_run_somewhere() -> None:
    """QuTiP's and Qiskit's need those libraries: `make peers`."""
    page = (Path(__file__).parents[1] / "CONVENTIONS.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == ["Cirq", "QuTiP", "Qiskit"]
    assert all(examples(library).examples for library in ("QuTiP", "Qiskit"))
