"""Bell tests and games: largest S, XOR games, local and quantum values, against toqito, QuTiP and Qiskit."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import qutip
from qiskit.quantum_info import Operator, Pauli
from toqito.nonlocal_games import NonlocalGame, XORGame

from qlab import states
from qlab.bell import (
    TSIRELSON_BOUND,
    behaviour,
    chsh_maximum,
    correlation_matrix,
    correlator,
    local_bound,
    odd_cycle,
    quantum_value,
    xor_bias,
)
from qlab.bell.chsh import chsh_operator
from qlab.bell.games import NonlocalGame as OurGame
from qlab.bell.games import chsh_game, magic_square_game, mermin_local_bound, mermin_operator
from tests.peers.at_hand import all_states
from tests.peers.bridges import close, in_qiskit, in_qutip
from tests.peers.exceptions import allowed

SOLVED = allowed("values of games, toqito")


def test_correlations_of_every_pair() -> None:
    """E(a, b), the matrix of all E and P(a, b | x, y), by QuTiP's observables."""
    rng = np.random.default_rng(51)
    paulis = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    for state in all_states(2, 51):
        rho = in_qutip(states.density_matrix(state))
        theirs = [[qutip.expect(qutip.tensor(a, b), rho) for b in paulis] for a in paulis]
        close(correlation_matrix(state), np.real(theirs))
        alice, bob = rng.uniform(-4, 4, (2, 2))
        sides = [[np.cos(t) * qutip.sigmaz() + np.sin(t) * qutip.sigmax() for t in side] for side in (alice, bob)]
        close(correlator(state, alice[0], bob[1]), np.real(qutip.expect(qutip.tensor(sides[0][0], sides[1][1]), rho)))
        table = np.empty((2, 2, 2, 2))
        for x, y, a, b in product((0, 1), repeat=4):
            halves = [
                (qutip.qeye(2) + (-1) ** answer * side) / 2 for answer, side in ((a, sides[0][x]), (b, sides[1][y]))
            ]
            table[x, y, a, b] = np.real(qutip.expect(qutip.tensor(*halves), rho))
        close(behaviour(state, alice, bob), table)


def test_largest_s_of_every_pair() -> None:
    """Horodecki's formula from Qiskit's means of Paulis, and no angles of QuTiP's observables exceed it."""
    rng = np.random.default_rng(52)
    for state in all_states(2, 52):
        density = in_qiskit(state)
        theirs = [[density.expectation_value(Operator(Pauli(b + a))).real for b in "XYZ"] for a in "XYZ"]
        two = np.linalg.svd(theirs, compute_uv=False)[:2]
        ours = chsh_maximum(state)
        close(ours, 2 * np.sqrt(np.sum(two**2)))
        for _ in range(3):
            operator = in_qutip(chsh_operator(tuple(rng.uniform(-4, 4, 2)), tuple(rng.uniform(-4, 4, 2))))
            assert abs(qutip.expect(operator, in_qutip(states.density_matrix(state)))) <= ours + 1e-12


def test_no_state_exceeds_tsirelson_in_qutip() -> None:
    """The largest eigenvalue of the CHSH operator at the best angles."""
    operator = in_qutip(chsh_operator((0.0, np.pi / 2), (np.pi / 4, -np.pi / 4)))
    close(operator.eigenenergies()[-1], TSIRELSON_BOUND)
    assert qutip.expect(operator, in_qutip(states.epr_pair())) == pytest.approx(TSIRELSON_BOUND)


def xor_games(seed: int) -> list[tuple[str, Any, Any]]:
    """Names, chances of questions and asked parities: CHSH, biased CHSH, an odd ring, random ones, a trivial one."""
    rng = np.random.default_rng([53, seed])
    ring = odd_cycle(5)
    games = [
        ("CHSH", np.full((2, 2), 0.25), np.array([[0, 0], [0, 1]])),
        ("CHSH with biased questions", np.outer([0.7, 0.3], [0.7, 0.3]), np.array([[0, 0], [0, 1]])),
        ("odd ring of five", np.abs(ring), (ring < 0).astype(int)),
        ("always agree", np.full((2, 3), 1 / 6), np.zeros((2, 3), dtype=int)),
    ]
    for shape in ((2, 2), (2, 3), (3, 3), (4, 3)):
        chances = rng.dirichlet(np.ones(shape[0] * shape[1])).reshape(shape)
        games.append((f"random {shape}", chances, rng.integers(0, 2, shape)))
    return games


@pytest.mark.parametrize(
    ("name", "chances", "parities"), xor_games(0), ids=lambda value: value if isinstance(value, str) else ""
)
def test_value_of_xor_games(name: str, chances: Any, parities: Any) -> None:
    """toqito gives the chance to win, ours the bias: ½ + bias/2."""
    bias = xor_bias(chances * (-1.0) ** parities, np.random.default_rng(54))
    theirs = XORGame(chances, parities)
    close(bias.upper, bias.lower, 1e-7)
    close(0.5 + bias.lower / 2, theirs.quantum_value(), SOLVED)
    table = np.zeros((*chances.shape, 2, 2))
    for a, b in product((0, 1), repeat=2):
        table[:, :, a, b] = chances * ((a ^ b) == parities)
    close(local_bound(table), theirs.classical_value())


def in_toqito(game: OurGame) -> NonlocalGame:
    """toqito's predicate is ``[a, b, x, y]``, ours ``[x, y, a, b]``."""
    return NonlocalGame(game.questions, game.wins.transpose(2, 3, 0, 1).astype(float))


@pytest.mark.parametrize("game", [chsh_game(), chsh_game(question_one=0.3), magic_square_game()])
def test_classical_and_no_signalling_value_of_games(game: OurGame) -> None:
    close(game.classical_value(), in_toqito(game).classical_value())
    assert game.classical_value() <= in_toqito(game).nonsignaling_value() + SOLVED


def test_see_saw_reaches_what_theirs_reaches() -> None:
    """Lower bounds both, of the same game."""
    game = chsh_game()
    ours = quantum_value(game.questions[:, :, None, None] * game.wins, np.random.default_rng(55)).value
    np.random.seed(1)  # toqito draws from NumPy's global generator
    close(ours, in_toqito(game).quantum_value_lower_bound(iters=8), 1e-4)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_mermin_operator_of_qutip(n: int) -> None:
    """Re (X+iY)⊗ⁿ, its GHZ mean and its local bound by all deterministic answers."""
    raised = qutip.tensor(*[qutip.sigmax() + 1j * qutip.sigmay()] * n)
    theirs = (raised + raised.dag()) / 2
    close(mermin_operator(n), theirs.full())
    close(qutip.expect(theirs, qutip.ghz_state(n)), 2.0 ** (n - 1))
    signs = list(product((1, -1), repeat=2))
    best = max(np.prod([x + 1j * y for x, y in answers]).real for answers in product(signs, repeat=n))
    close(mermin_local_bound(n), best)
