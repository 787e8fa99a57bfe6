"""Bell inequalities from their tables: published bounds, laws, and a second way for each number."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from qlab import states
from qlab.bell import chsh, correlations, games, inequalities, locality, xor_games

RNG = np.random.default_rng(13)
SEEDS = st.integers(0, 2**32 - 1)


def value(functional: np.ndarray, behaviour: np.ndarray) -> float:
    return float(np.sum(functional * behaviour))


def slow_local_bound(c: np.ndarray) -> float:
    """Every pair of programs, one by one."""
    questions_a, questions_b, answers_a, answers_b = c.shape
    return max(
        sum(c[x, y, a[x], b[y]] for x in range(questions_a) for y in range(questions_b))
        for a in product(range(answers_a), repeat=questions_a)
        for b in product(range(answers_b), repeat=questions_b)
    )


def local_by_linear_programme(behaviour: np.ndarray) -> bool:
    """Whether weights of all pairs of programs exist that add up to the behaviour, by SciPy."""
    x, y, a, b = behaviour.shape
    columns = []
    for alice in product(range(a), repeat=x):
        for bob in product(range(b), repeat=y):
            table = np.zeros(behaviour.shape)
            for i, j in product(range(x), range(y)):
                table[i, j, alice[i], bob[j]] = 1
            columns.append(table.ravel())
    found = linprog(np.zeros(len(columns)), A_eq=np.array(columns).T, b_eq=behaviour.ravel(), bounds=(0, None))
    return bool(found.status == 0)


def test_i3322_has_the_published_bounds() -> None:
    functional = inequalities.from_collins_gisin(inequalities.I3322)
    assert inequalities.local_bound(functional) == pytest.approx(0, abs=1e-12)
    assert inequalities.quantum_value(functional, RNG, starts=10).value == pytest.approx(0.25, abs=1e-9)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_chained_inequalities_have_the_published_bounds(n: int) -> None:
    functional = inequalities.chained_inequality(n)
    assert inequalities.local_bound(functional) == pytest.approx(2 * n - 2)
    assert inequalities.quantum_value(functional, RNG, starts=5).value == pytest.approx(2 * n * np.cos(np.pi / 2 / n))


def test_ch_with_marginals_is_chsh_in_other_words() -> None:
    functional = inequalities.from_collins_gisin([[0, -1, 0], [-1, 1, 1], [0, 1, -1]])
    found = inequalities.quantum_value(functional, RNG, starts=5)
    assert found.value == pytest.approx((np.sqrt(2) - 1) / 2)
    table = correlations.behaviour(states.epr_pair(), chsh.ALICE_ANGLES, chsh.BOB_ANGLES)
    assert value(functional, table) == pytest.approx((chsh.behaviour_chsh_value(table) - 2) / 4)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_local_bound_is_that_of_all_pairs_of_programs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = rng.standard_normal(rng.integers(1, 4, size=4))
    assert inequalities.local_bound(c) == pytest.approx(slow_local_bound(c))


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_what_a_see_saw_returns_reaches_its_value(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joint, alice, bob = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal(2)
    found = inequalities.quantum_value(inequalities.from_correlators(joint, alice, bob), rng, starts=2)
    for observable in (*found.alice, *found.bob):
        assert np.allclose(observable @ observable, np.eye(2))
    mean = {
        (x, y): np.vdot(found.ket, np.kron(found.alice[x], found.bob[y]) @ found.ket).real
        for x in range(3)
        for y in range(2)
    }
    total = sum(joint[x, y] * mean[x, y] for x, y in mean)
    total += sum(
        a * np.vdot(found.ket, np.kron(A, np.eye(2)) @ found.ket).real for a, A in zip(alice, found.alice, strict=True)
    )
    total += sum(
        b * np.vdot(found.ket, np.kron(np.eye(2), B) @ found.ket).real for b, B in zip(bob, found.bob, strict=True)
    )
    assert found.value == pytest.approx(total)
    assert found.value >= inequalities.local_bound(inequalities.from_correlators(joint, alice, bob)) - 1e-9


def test_a_pair_reaches_the_chained_value_at_the_known_settings() -> None:
    n = 4
    alice, bob = [np.pi * k / n for k in range(n)], [np.pi * (k + 0.5) / n for k in range(n)]
    table = inequalities.behaviour_at(states.epr_pair(), alice, bob)
    assert value(inequalities.chained_inequality(n), table) == pytest.approx(2 * n * np.cos(np.pi / 2 / n))


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_locality_agrees_with_fine_and_its_certificate_holds(seed: int, visibility: float) -> None:
    """With two questions and answers a side, local means that no version of CHSH is violated (Fine 1982)."""
    rng = np.random.default_rng(seed)
    quantum = correlations.behaviour(states.random_density_matrix(2, rng, rank=1), *rng.uniform(0, 7, (2, 2)))
    box = visibility * quantum + (1 - visibility) * correlations.pr_box()
    e = correlations.behaviour_correlators(box)
    largest = max(abs(e.sum() - 2 * e[x, y]) for x in (0, 1) for y in (0, 1))
    check = locality.check_locality(box)
    if abs(largest - 2) > 1e-6:
        assert check.is_local == (largest < 2)
    assert check.value - check.local_bound == pytest.approx(0 if check.is_local else check.distance, abs=1e-7)
    assert value(check.functional, box) == pytest.approx(check.value)
    assert slow_local_bound(check.functional) == pytest.approx(check.local_bound)
    assert np.allclose(check.nearest.sum(axis=(2, 3)), 1)
    assert check.nearest.min() > -1e-12


@pytest.mark.parametrize("settings_a_side", [2, 3])
def test_locality_agrees_with_a_linear_programme(settings_a_side: int) -> None:
    rng = np.random.default_rng(5)
    verdicts = []
    for _ in range(12):
        vectors = rng.standard_normal((2, settings_a_side, 3))
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        box = inequalities.behaviour_at(states.werner_state(rng.uniform(0.8, 1)), *vectors)
        verdicts.append(locality.check_locality(box).is_local)
        assert verdicts[-1] == local_by_linear_programme(box)
    assert len(set(verdicts)) == 2  # both kinds were met


def test_a_mixture_of_programs_is_local_and_a_signalling_box_is_not() -> None:
    weights = RNG.dirichlet(np.ones(16))
    mixture = sum(w * chsh.local_behaviour(s) for w, s in zip(weights, chsh.local_strategies(), strict=True))
    assert locality.check_locality(mixture).is_local
    _, y, a, b = np.indices((2, 2, 2, 2))
    assert not locality.check_locality(((a == y) & (b == 0)).astype(float)).is_local


def test_the_magic_square_is_not_local() -> None:
    check = locality.check_locality(games.magic_square_behaviour())
    assert not check.is_local
    assert check.value > check.local_bound + 0.05


@pytest.mark.parametrize("n", [3, 5, 9])
def test_odd_cycles_have_the_published_values(n: int) -> None:
    table = xor_games.odd_cycle(n)
    bias = xor_games.xor_bias(table, RNG, starts=3)
    assert 0.5 + bias.lower / 2 == pytest.approx(np.cos(np.pi / 4 / n) ** 2, abs=1e-7)
    assert 0.5 + bias.upper / 2 == pytest.approx(np.cos(np.pi / 4 / n) ** 2, abs=1e-7)
    local = inequalities.local_bound(inequalities.from_correlators(table))
    assert 0.5 + local / 2 == pytest.approx(1 - 1 / (2 * n))


def test_chsh_and_biased_chsh_are_xor_games() -> None:
    for p in (0.5, 0.4, 0.3):
        questions = np.outer([1 - p, p], [1 - p, p])
        bias = xor_games.xor_bias(questions * np.array([[1, 1], [1, -1]]), RNG)
        assert 0.5 + bias.upper / 2 == pytest.approx(games.biased_chsh_quantum_value(p), abs=1e-7)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_bounds_of_xor_games_enclose_what_qubits_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joint = rng.standard_normal((3, 3))
    bias = xor_games.xor_bias(joint, rng)
    assert np.allclose(np.linalg.norm(bias.alice, axis=1), 1)
    assert bias.lower == pytest.approx(float(np.sum(joint * (bias.alice @ bias.bob.T))))
    assert bias.upper - bias.lower < 1e-5 * bias.upper
    qubits = inequalities.quantum_value(inequalities.from_correlators(joint), rng, starts=2).value
    assert qubits <= bias.upper + 1e-9


def test_the_upper_bound_holds_whatever_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    def poor(m: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        alice, bob = rng.standard_normal((2, 2, 2))
        return alice / np.linalg.norm(alice, axis=1)[:, None], bob / np.linalg.norm(bob, axis=1)[:, None]

    monkeypatch.setattr(xor_games, "_vectors", poor)
    for seed in range(20):
        bias = xor_games.xor_bias([[1, 1], [1, -1]], np.random.default_rng(seed), starts=1)
        assert bias.lower < 2 * np.sqrt(2) < bias.upper


def test_a_question_that_counts_for_nothing_changes_nothing() -> None:
    bias = xor_games.xor_bias([[1, 1, 0], [1, -1, 0]], RNG)
    assert bias.upper == pytest.approx(2 * np.sqrt(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inequalities.local_bound(np.ones((40, 40, 2, 2))), "functional must leave one side few enough"),
        (lambda: inequalities.local_bound(np.ones((2, 2))), "functional must be an array of 4 axes"),
        (lambda: inequalities.local_bound(np.full((1, 1, 2, 2), np.nan)), "functional must be an array of 4 axes"),
        (lambda: inequalities.from_correlators([[1, 2]], alice=[1, 2]), r"alice and bob must hold 1 and 2 numbers"),
        (lambda: inequalities.from_collins_gisin([[1.0]]), "table must have shape"),
        (lambda: inequalities.chained_inequality(1), "questions must be a whole number of at least 2"),
        (lambda: inequalities.quantum_value(np.ones((2, 2, 3, 2)), RNG), "functional must have two answers a side"),
        (lambda: locality.check_locality(np.ones((2, 2, 2, 2))), "behaviour must add up to 1 for each pair"),
        (lambda: locality.check_locality("box"), "behaviour must be an array of real numbers"),
        (lambda: xor_games.xor_bias([1, 2], RNG), r"joint must be finite numbers of shape \(X, Y\)"),
        (lambda: xor_games.odd_cycle(4), "length must be odd"),
        (lambda: inequalities.behaviour_at(states.epr_pair(), [], [0.0]), "alice must hold directions"),
        (lambda: inequalities.behaviour_at(states.epr_pair(), [0.0], 0.0), "bob must be a list or a tuple"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
