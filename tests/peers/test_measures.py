"""Numbers of states: ours against QuTiP, Qiskit and toqito, at every state of `at_hand`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qutip
from qiskit import quantum_info as qi
from toqito import channels as tq_channels
from toqito import state_metrics, state_props
from toqito import states as tq_states
from toqito.matrix_props import trace_norm

from qlab import gates, measures, multipartite, states
from tests.peers.at_hand import all_states, kets
from tests.peers.bridges import close, in_qiskit, in_qutip, turned
from tests.peers.exceptions import ALLOWED, LEFT_OUT, allowed

SIZES = (1, 2, 3)


def matrix(state: Any) -> Any:
    return states.density_matrix(state)


def pairs_of_states(n: int) -> list[tuple[Any, Any]]:
    """Every state beside itself and beside two others."""
    given = list(all_states(n, 11))
    return [(one, given[(i + step) % len(given)]) for i, one in enumerate(given) for step in (0, 1, 7)]


@pytest.mark.parametrize("n", SIZES)
def test_fidelity_is_the_square_of_theirs_or_theirs(n: int) -> None:
    for one, two in pairs_of_states(n):
        ours = measures.fidelity(one, two)
        close(ours, qutip.fidelity(in_qutip(one), in_qutip(two)) ** 2, allowed("fidelity, QuTiP"))
        close(ours, qi.state_fidelity(in_qiskit(one), in_qiskit(two)), allowed("fidelity, Qiskit"))
        close(ours, state_metrics.fidelity(matrix(one), matrix(two)) ** 2, allowed("fidelity, toqito"))


@pytest.mark.parametrize("n", SIZES)
def test_trace_distance(n: int) -> None:
    for one, two in pairs_of_states(n):
        ours = measures.trace_distance(one, two)
        theirs = qutip.tracedist(in_qutip(matrix(one)), in_qutip(matrix(two)))
        close(ours, theirs, allowed("trace distance, QuTiP"))
        close(ours, trace_norm(matrix(one) - matrix(two)) / 2)


@pytest.mark.parametrize("n", SIZES)
def test_purity_and_entropy_in_bits(n: int) -> None:
    for state in all_states(n, 12):
        close(measures.purity(state), qi.purity(in_qiskit(state)).real)
        close(measures.purity(state), in_qutip(matrix(state)).purity())
        close(measures.entropy(state), qi.entropy(in_qiskit(state), base=2))
        close(measures.entropy(state), qutip.entropy_vn(in_qutip(matrix(state)), base=2))
        close(measures.entropy(state), state_props.von_neumann_entropy(matrix(state)))


@pytest.mark.parametrize("n", [2, 3])
def test_mutual_information_and_conditional_entropy_across_every_cut(n: int) -> None:
    for state in all_states(n, 13):
        rho = in_qutip(matrix(state))
        for size in range(1, n):
            for side in combinations(range(n), size):
                other = [q for q in range(n) if q not in side]
                theirs = qutip.entropy_mutual(rho, list(side), other, base=2)
                close(multipartite.cut_mutual_information(state, side), theirs)
                theirs = qutip.entropy_conditional(rho, other, base=2)
                close(multipartite.conditional_entropy(state, side), theirs)
        close(measures.mutual_information(state), qutip.entropy_mutual(rho, [0], list(range(1, n)), base=2))


def test_mutual_information_and_formation_of_pairs() -> None:
    for state in all_states(2, 14):
        close(measures.mutual_information(state), qi.mutual_information(in_qiskit(state), base=2))
        theirs = qi.entanglement_of_formation(in_qiskit(state))
        close(measures.entanglement_of_formation(state), theirs, allowed("formation, Qiskit"))


def test_concurrence() -> None:
    for state in all_states(2, 15):
        ours = measures.concurrence(state)
        close(ours, qutip.concurrence(in_qutip(state)), allowed("concurrence, QuTiP"))
        close(ours, qi.concurrence(in_qiskit(state)), allowed("concurrence, Qiskit"))
        close(ours, state_props.concurrence(matrix(state)), allowed("concurrence, toqito"))


@pytest.mark.parametrize("n", [2, 3])
def test_partial_transpose_negativity_and_ppt_across_every_cut(n: int) -> None:
    for state in all_states(n, 16):
        for size in range(1, n):
            for side in combinations(range(n), size):
                swapped = measures.partial_transpose(state, side)
                theirs = qutip.partial_transpose(in_qutip(matrix(state)), [int(q in side) for q in range(n)])
                close(swapped, theirs.full())
                close(swapped, tq_channels.partial_transpose(matrix(state), list(side), [2] * n))
                ours = measures.negativity(state, side)
                close(
                    ours,
                    qi.negativity(in_qiskit(state), [q for q in range(n) if q in side]),
                    allowed("negativity, all"),
                )
                if size == 1:
                    close(ours, qutip.negativity(in_qutip(matrix(state)), side[0]), allowed("negativity, all"))


def test_negativity_and_log_negativity_of_halves() -> None:
    for state in all_states(2, 17):
        close(measures.negativity(state), state_props.negativity(matrix(state)), allowed("negativity, all"))
        close(
            multipartite.log_negativity(state),
            state_props.log_negativity(matrix(state)),
            allowed("log-negativity, all"),
        )
        theirs = qutip.negativity(in_qutip(matrix(state)), 0, logarithmic=True)
        close(multipartite.log_negativity(state), theirs, allowed("log-negativity, all"))
        if abs(measures.negativity(state)) > 1e-7:
            assert not state_props.is_ppt(matrix(state), 2, [2, 2])
            assert not measures.is_ppt(state)


@pytest.mark.parametrize("n", SIZES)
def test_partial_trace_of_every_set_of_qubits(n: int) -> None:
    for state in all_states(n, 18):
        for size in range(1, n + 1):
            for keep in combinations(range(n), size):
                ours = states.partial_trace(state, keep)
                close(ours, in_qutip(matrix(state)).ptrace(list(keep)).full())
                gone = [q for q in range(n) if q not in keep]
                close(turned(ours), qi.partial_trace(in_qiskit(state), gone).data)
                if gone:
                    close(ours, tq_channels.partial_trace(matrix(state), gone, [2] * n))


def test_kept_qubits_come_in_the_order_named() -> None:
    """QuTiP sorts what it is told to keep; ours hands out the order named, which is QuTiP's permuted."""
    for psi in kets(3, 19):
        kept = in_qutip(matrix(psi)).ptrace([0, 2])
        close(states.partial_trace(psi, [2, 0]), kept.permute([1, 0]).full())
        close(in_qutip(matrix(psi)).ptrace([2, 0]).full(), kept.full())


@pytest.mark.parametrize("n", SIZES)
def test_means_of_pauli_strings(n: int) -> None:
    rng = np.random.default_rng(20)
    for state in all_states(n, 20):
        for _ in range(6):
            label = "".join(rng.choice(list("IXYZ"), n))
            ours = multipartite.pauli_expectation(state, label)
            # Qiskit writes qubit 0 last.
            close(ours, in_qiskit(state).expectation_value(qi.Pauli(label[::-1])).real)
            theirs = {"I": qutip.qeye(2), "X": qutip.sigmax(), "Y": qutip.sigmay(), "Z": qutip.sigmaz()}
            close(ours, np.real(qutip.expect(qutip.tensor(*(theirs[c] for c in label)), in_qutip(state))))
            close(gates.pauli_string(label), qi.Operator(qi.Pauli(label)).data)


NAMED: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
    ("GHZ, QuTiP", lambda: states.ghz_state(4), lambda: qutip.ghz_state(4).full().ravel()),
    ("W, QuTiP", lambda: states.w_state(4), lambda: qutip.w_state(4).full().ravel()),
    ("GHZ, toqito", lambda: states.ghz_state(3), lambda: tq_states.ghz(2, 3).ravel()),
    ("W, toqito", lambda: states.w_state(3), lambda: tq_states.w_state(3).ravel()),
    *(
        (f"Bell {b}, {peer}", lambda b=b: states.bell_state(b), their)
        for place, b in enumerate(("phi+", "phi-", "psi+", "psi-"))
        for peer, their in (
            ("toqito", lambda place=place: tq_states.bell(place).ravel()),
            ("QuTiP", lambda place=place: qutip.bell_state(("00", "01", "10", "11")[place]).full().ravel()),
        )
    ),
    # toqito names the Horodecki state by a and has the pair of four levels first or second by `dim`.
    ("Horodecki, toqito", lambda: multipartite.horodecki_state(0.3), lambda: tq_states.horodecki(0.3, [2, 4])),
    # Ours names isotropic pairs by fidelity F, toqito by the weight α = (4F-1)/3 of the pair.
    ("Werner, toqito", lambda: states.werner_state(0.7), lambda: tq_states.isotropic(2, (4 * 0.7 - 1) / 3)),
]


@pytest.mark.parametrize(("name", "ours", "theirs"), NAMED, ids=[row[0] for row in NAMED])
def test_states_of_one_name_are_one_state(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    close(ours(), theirs(), allowed("W state, toqito") if name == "W, toqito" else 1e-12)


def test_every_exception_is_asked_for_and_has_a_reason() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for name, (tolerance, reason) in ALLOWED.items():
        assert f'allowed("{name}")' in texts, name
        assert 1e-12 < tolerance <= 1e-4
        assert len(reason) > 10
    assert all(len(reason) > 10 for reason in LEFT_OUT.values())
