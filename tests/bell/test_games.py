"""Games beyond CHSH: classical values by enumeration, quantum ones by simulation (A2, A12)."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlab import states
from qlab.bell import chsh, games
from qlab.bell.correlations import behaviour, pr_box
from qlab.simulator import sample

CHANCES = st.floats(0.001, 0.999)


def quantum_value_by_search(p: float) -> float:
    """Largest eigenvalue of the game operator, Alice's and Bob's relative angles on a grid, then refined."""
    best, centre, width = 0.0, np.array([np.pi / 2, np.pi / 2]), np.pi / 2
    q = np.outer([1 - p, p], [1 - p, p])
    for _ in range(14):
        grid = np.linspace(-width, width, 13)
        for da, db in product(grid, grid):
            a, b = centre[0] + da, centre[1] + db
            obs = [[np.array([[np.cos(t), np.sin(t)], [np.sin(t), -np.cos(t)]]) for t in (0.0, s)] for s in (a, b)]
            operator = sum(q[x, y] * (-1) ** (x * y) * np.kron(obs[0][x], obs[1][y]) for x in (0, 1) for y in (0, 1))
            value = 0.5 + np.linalg.eigvalsh(operator)[-1] / 2
            if value > best:
                best, found = value, np.array([a, b])
        centre, width = found, width / 3
    return best


@pytest.mark.parametrize("p", [0.5, 0.4, 0.3, 0.25])
def test_biased_chsh_table(p: float) -> None:
    known = {0.5: (0.75, 0.853553), 0.4: (0.84, 0.867696), 0.3: (0.91, 0.910122), 0.25: (0.9375, 0.9375)}
    assert games.biased_chsh_classical_value(p) == pytest.approx(known[p][0])
    assert games.biased_chsh_quantum_value(p) == pytest.approx(known[p][1], abs=5e-7)
    assert games.biased_chsh_quantum_value(p) == pytest.approx(quantum_value_by_search(p), abs=1e-6)


@settings(deadline=None)
@given(CHANCES)
def test_biased_chsh_against_enumeration_and_explicit_angles(p: float) -> None:
    game = games.chsh_game(question_one=p)
    classical, quantum = games.biased_chsh_classical_value(p), games.biased_chsh_quantum_value(p)
    assert game.classical_value() == pytest.approx(classical)
    assert quantum >= classical - 1e-12
    # Alice's directions stand at ±α/2 with cos α = (1-2p)/(2p(1-p)), Bob's along the sums that the game weighs.
    half = np.arccos(np.clip((1 - 2 * p) / (2 * p * (1 - p)), -1, 1)) / 2
    weights = np.array([(1 - p) * np.exp(1j * half), p * np.exp(-1j * half)])
    alice, bob = (half, -half), tuple(np.angle([weights[0] + weights[1], weights[0] - weights[1]]))
    assert game.value(behaviour(states.epr_pair(), alice, bob)) == pytest.approx(quantum, abs=1e-9)
    assert chsh.behaviour_winning_probability(
        behaviour(states.epr_pair(), alice, bob), question_one=p
    ) == pytest.approx(quantum, abs=1e-9)


def test_a12_the_advantage_begins_at_the_cutoff() -> None:
    cut = games.BIASED_CHSH_CUTOFF
    assert cut == pytest.approx(0.29289, abs=5e-6)
    for p, wins_more in ((cut - 1e-3, False), (cut + 1e-3, True), (1 - cut - 1e-3, True), (1 - cut + 1e-3, False)):
        assert (games.biased_chsh_quantum_value(p) - games.biased_chsh_classical_value(p) > 1e-9) == wins_more
    closed_form = 0.5 + (cut**2 + (1 - cut) ** 2) / np.sqrt(2)
    assert closed_form == pytest.approx(1 - cut**2, abs=1e-12)


def test_a2_chsh_values() -> None:
    game = games.chsh_game()
    assert game.classical_value() == 0.75
    best = behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    assert game.value(best) == pytest.approx(0.853553, abs=5e-7)
    assert game.value(pr_box()) == 1
    n = 200_000
    won = game.play(best, n, np.random.default_rng(1))
    assert abs(won / n - game.value(best)) < 4 * np.sqrt(0.125 / n)
    assert chsh.play_behaviour(best, 100, np.random.default_rng(1)).rounds == 100


def test_a2_ghz_game() -> None:
    assert games.ghz_game_classical_value() == 0.75
    assert games.ghz_game_value(states.ghz_state(3)) == pytest.approx(1)
    rng = np.random.default_rng(2)
    for questions in games.GHZ_QUESTIONS:
        for answers in sample(games.ghz_game_circuit(questions), 50, rng)["m"].tolist():
            assert games.ghz_game_wins(questions, tuple(answers))


def test_ghz_game_without_entanglement() -> None:
    assert games.ghz_game_value(states.classically_correlated_state(3)) == pytest.approx(0.5)
    assert games.ghz_game_value(states.ket("+++")) == pytest.approx(0.5 + 1 / 8)
    # The best product state wins no more than a deterministic strategy.
    rng = np.random.default_rng(3)
    for _ in range(200):
        rho = states.tensor(*(states.random_ket(1, rng) for _ in range(3)))
        assert games.ghz_game_value(rho) <= 0.75 + 1e-9


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_mermin_bounds(n: int) -> None:
    operator = games.mermin_operator(n)
    ghz = states.ghz_state(n)
    assert (ghz.conj() @ operator @ ghz).real == pytest.approx(2 ** (n - 1))
    assert np.linalg.eigvalsh(operator)[-1] == pytest.approx(2 ** (n - 1))
    signs = list(product((1, -1), repeat=2))
    local = max(np.prod([x + 1j * y for x, y in choice]).real for choice in product(signs, repeat=n))
    assert local == pytest.approx(games.mermin_local_bound(n))


def test_mermin_operator_of_three_is_the_ghz_game() -> None:
    rho = states.random_density_matrix(3, np.random.default_rng(4))
    value = np.trace(games.mermin_operator(3) @ rho).real
    assert games.ghz_game_value(rho) == pytest.approx(0.5 + value / 8)


@pytest.mark.parametrize(("n", "visibility"), [(3, 0.5), (5, 0.25)])
def test_white_noise_that_mermin_survives(n: int, visibility: float) -> None:
    assert visibility * 2 ** (n - 1) == games.mermin_local_bound(n)


def test_a2_magic_square() -> None:
    game = games.magic_square_game()
    assert game.classical_value() == pytest.approx(8 / 9)
    table = games.magic_square_behaviour()
    assert table.sum(axis=(2, 3)) == pytest.approx(np.ones((3, 3)))
    assert game.value(table) == pytest.approx(1)
    assert game.play(table, 10_000, np.random.default_rng(5)) == 10_000
    alice, bob = table.sum(axis=3), table.sum(axis=2)
    assert alice == pytest.approx(np.full((3, 3, 4), 0.25))
    assert bob == pytest.approx(np.full((3, 3, 4), 0.25))


def test_magic_square_of_observables() -> None:
    square = games.magic_square_observables()
    for i in range(3):
        assert square[i, 0] @ square[i, 1] @ square[i, 2] == pytest.approx(np.eye(4))
        assert square[0, i] @ square[1, i] @ square[2, i] == pytest.approx(-np.eye(4))
        for line in (square[i], square[:, i]):
            for first, second in product(line, repeat=2):
                assert first @ second == pytest.approx(second @ first)


@pytest.mark.parametrize("shape", [(2, 3, 2, 2), (3, 1, 2, 4), (1, 2, 3, 2), (2, 2, 3, 1)])
def test_classical_values_of_random_games_by_trying_every_pair_of_programs(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(6)
    questions, wins = rng.dirichlet(np.ones(shape[0] * shape[1])).reshape(shape[:2]), rng.random(shape) < 0.4
    best = max(
        sum(questions[x, y] for x, y in np.ndindex(*shape[:2]) if wins[x, y, alice[x], bob[y]])
        for alice in product(range(shape[2]), repeat=shape[0])
        for bob in product(range(shape[3]), repeat=shape[1])
    )
    assert games.NonlocalGame(questions, wins).classical_value() == pytest.approx(best)


def test_a_game_may_be_written_as_lists_and_never_ask_a_question() -> None:
    game = games.NonlocalGame([[1, 0]], [[[[True, False]], [[False, False]]]])
    assert game.questions.dtype == float
    assert game.classical_value() == game.value([[[[1, 0]], [[1, 0]]]]) == 1


def test_probabilities_are_neither_negative_nor_unknown() -> None:
    odd = np.zeros((2, 2, 2, 2))
    odd[..., 0, 0], odd[..., 1, 1] = 1.5, -0.5
    with pytest.raises(ValueError, match="behaviour must be probabilities"):
        games.chsh_game().value(odd)
    for questions in ([[np.nan, 1]], [[-0.5, 1.5]], [1.0]):
        with pytest.raises(ValueError, match=r"questions must be probabilities of shape \(X, Y\) that add up to 1"):
            games.NonlocalGame(questions, np.ones((1, 2, 2, 2), bool))


def test_a_round_of_the_ghz_game_has_three_qubits() -> None:
    assert all(games.ghz_game_circuit(questions).num_qubits == 3 for questions in games.GHZ_QUESTIONS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: games.chsh_game(question_one=1.1), r"question_one must lie in \[0, 1\], got 1.1"),
        (lambda: games.chsh_game().value(np.ones((2, 2))), "behaviour must be probabilities of shape"),
        (lambda: games.chsh_game().value(np.full((2, 2, 2, 2), 0.3)), "behaviour must add up to 1 for each pair"),
        (lambda: games.NonlocalGame(np.ones((2, 2)), np.ones((2, 2, 2, 2), bool)), "questions must be probabilities"),
        (lambda: games.NonlocalGame(np.full((2, 2), 0.25), np.ones((2, 2, 2, 2))), "wins must be booleans"),
        (lambda: games.ghz_game_wins((0, 0, 1), (0, 0, 0)), "questions must be one of"),
        (lambda: games.ghz_game_circuit((1, 1, 1)), "questions must be one of"),
        (lambda: games.ghz_game_value(states.epr_pair()), "rho must be a state of three qubits"),
        (lambda: games.mermin_operator(1), "num_qubits must be a whole number of at least 2"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
