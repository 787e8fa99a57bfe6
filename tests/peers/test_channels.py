"""Channels: Kraus stacks against QuTiP's and Qiskit's superoperators and Choi matrices, and toqito's channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import qutip
from qiskit import quantum_info as qi
from toqito import channel_ops
from toqito import channels as tq_channels

from qlab import channels, gates, measures, multipartite, states
from tests.peers.at_hand import all_states, random_stack, stacks
from tests.peers.bridges import close, in_qiskit, in_qutip, turned
from tests.peers.exceptions import allowed


def choi(stack: Any) -> Any:
    """Σ |K⟩⟩⟨⟨K| with the columns of K one above the other: QuTiP's and Qiskit's, its trace d."""
    columns = [k.T.reshape(-1) for k in stack]
    return sum(np.outer(column, column.conj()) for column in columns)


def acted(state: Any, operators: Any) -> Any:
    """Σ KρK†."""
    return sum(k @ states.density_matrix(state) @ k.conj().T for k in operators)


def test_action_on_every_state() -> None:
    for stack in stacks(31):
        theirs = qi.Kraus(list(stack))
        for state in all_states(1, 31):
            ours = channels.apply_channel(state, stack, [0])
            close(ours, qi.DensityMatrix(in_qiskit(state)).evolve(theirs).data)
            close(ours, channel_ops.apply_channel(states.density_matrix(state), list(stack)))
            rho = in_qutip(states.density_matrix(state))
            superoperator = qutip.kraus_to_super([qutip.Qobj(k) for k in stack])
            close(ours, qutip.vector_to_operator(superoperator * qutip.operator_to_vector(rho)).full())


def test_action_on_some_qubits_of_three_in_any_order() -> None:
    rng = np.random.default_rng(32)
    for qubits in ([0], [2], [0, 1], [1, 0], [2, 0], [0, 2]):
        stack = random_stack(len(qubits), 3, rng)
        for state in all_states(3, 32):
            ours = channels.apply_channel(state, stack, qubits)
            # The first qubit named is the rightmost factor of Qiskit's matrices: turned, the numbers stay.
            theirs = qi.DensityMatrix(in_qiskit(state)).evolve(qi.Kraus([turned(k) for k in stack]), qubits)
            close(turned(ours), theirs.data)


def test_choi_matrix_and_superoperator() -> None:
    for stack in stacks(33):
        close(choi(stack), qi.Choi(qi.Kraus(list(stack))).data)
        close(choi(stack), qutip.kraus_to_choi([qutip.Qobj(k) for k in stack]).full())
        # On columns one above the other a superoperator is Σ K*⊗K; on rows one after the other, as in our arrays, K⊗K*.
        by_columns = sum(np.kron(k.conj(), k) for k in stack)
        close(by_columns, qi.SuperOp(qi.Kraus(list(stack))).data)
        close(by_columns, qutip.kraus_to_super([qutip.Qobj(k) for k in stack]).full())
        rho = states.random_density_matrix(1, np.random.default_rng(33))
        by_rows = sum(np.kron(k, k.conj()) for k in stack)
        close(channels.apply_channel(rho, stack, [0]).reshape(-1), by_rows @ rho.reshape(-1))
        close(by_rows, channel_ops.natural_representation(list(stack)))
        close(choi(stack), channel_ops.kraus_to_choi([[k, k] for k in stack]))


def test_kraus_operators_of_theirs_are_the_same_channel() -> None:
    """Another set of operators, told from ours by no state: Choi matrices agree."""
    for stack in stacks(34):
        back = qi.Kraus(qi.Choi(choi(stack))).data
        close(choi(np.array(back)), choi(stack), allowed("Kraus from Choi, Qiskit"))
        for state in all_states(1, 34):
            # Not by `apply_channel`, which refuses operators that leave out 1e-8.
            ours = channels.apply_channel(state, stack, [0])
            close(acted(state, back), ours, allowed("Kraus from Choi, Qiskit"))


def test_composition() -> None:
    given = list(stacks(35))
    for first, second in zip(given, given[3:] + given[:3], strict=True):
        theirs = qi.SuperOp(qi.Kraus(list(first))).compose(qi.SuperOp(qi.Kraus(list(second))))
        close(choi(channels.compose(first, second)), qi.Choi(theirs).data)


def test_process_and_average_fidelity() -> None:
    rng = np.random.default_rng(36)
    for stack in stacks(36):
        for unitary in (gates.I, gates.H, gates.Y, gates.random_unitary(2, rng)):
            theirs = qi.Kraus(list(stack))
            target = qi.Operator(unitary)
            close(measures.process_fidelity(stack, unitary), qi.process_fidelity(theirs, target), 1e-10)
            close(measures.average_fidelity(stack, unitary), qi.average_gate_fidelity(theirs, target), 1e-10)
            superoperator = qutip.kraus_to_super([qutip.Qobj(k) for k in stack])
            close(measures.process_fidelity(stack, unitary), qutip.process_fidelity(superoperator, qutip.Qobj(unitary)))
            theirs = qutip.average_gate_fidelity(superoperator, qutip.Qobj(unitary))
            close(measures.average_fidelity(stack, unitary), theirs)


def test_fidelity_of_two_channels() -> None:
    given = list(stacks(37))
    for first, second in zip(given, given[5:] + given[:5], strict=True):
        ours = multipartite.channel_fidelity(first, second)
        one, two = (qi.Choi(qi.Kraus(list(stack))) for stack in (first, second))
        close(
            ours,
            qi.state_fidelity(qi.DensityMatrix(one.data / 2), qi.DensityMatrix(two.data / 2)),
            allowed("channel fidelity, Qiskit"),
        )


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_named_channels_of_toqito(p: float) -> None:
    """toqito's numbers are others: what is kept (depolarizing, dephasing), or the chance of no error (flips)."""
    close(choi(channels.depolarizing(0.75 * (1 - p))), tq_channels.depolarizing(2, p))
    close(choi(channels.dephasing(1 - p)), tq_channels.dephasing(2, p))
    rho = states.random_density_matrix(1, np.random.default_rng(38))
    ours = channels.apply_channel(rho, channels.amplitude_damping(p), [0])
    close(ours, tq_channels.amplitude_damping(rho, p, 1))
    close(channels.apply_channel(rho, channels.bit_flip(p), [0]), tq_channels.bitflip(rho, p))
