"""The estimate of a GHZ state's fidelity against Cirq's density matrices, for several sizes and maps."""

import cirq
import numpy as np
import pytest

from qlab.devices import ghz_fidelity_estimate


@pytest.mark.parametrize("star", [False, True], ids=["row", "star"])
@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_estimate_is_exact_to_first_order(n: int, star: bool) -> None:
    r1, r2 = 2e-5, 1e-4
    qubits = cirq.LineQubit.range(n)
    # A Pauli error of probability p has average infidelity 2p/3 on one qubit and 4p/5 on two.
    circuit = cirq.Circuit(cirq.H(qubits[0]), cirq.depolarize(1.5 * r1)(qubits[0]))
    for i in range(1, n):
        pair = (qubits[0 if star else i - 1], qubits[i])
        circuit += [cirq.CNOT(*pair), cirq.depolarize(1.25 * r2, n_qubits=2)(*pair)]
    rho = cirq.DensityMatrixSimulator(dtype=np.complex128).simulate(circuit).final_density_matrix
    fidelity = (rho[0, 0] + rho[-1, -1] + rho[0, -1] + rho[-1, 0]).real / 2
    estimate = ghz_fidelity_estimate(n, one_qubit_infidelity=r1, two_qubit_infidelity=r2)
    assert 0 <= fidelity - estimate < (n * r2) ** 2
