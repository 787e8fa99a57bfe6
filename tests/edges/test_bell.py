"""Bell tests at their edges, against projectors, lists of all programs, linear programmes and sums with many digits."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor, isinf, sqrt
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import linprog

from qlab.bell import (
    chsh,
    communication,
    correlations,
    eberhard,
    games,
    inequalities,
    locality,
    lost_rounds,
    published,
    refereed_game,
    statistics,
    witnesses,
    xor_games,
)
from qlab.bell.statistics import HENSEN_2015, BellTestResult
from qlab.gates import X, Y, Z
from qlab.simulator.reference import records
from qlab.states import bell_state, epr_pair, ghz_state, random_density_matrix, werner_state
from tests.edges.chances import digits, log10_between, scatter
from tests.edges.frame import RNG, Case, edges_of, law
from tests.edges.matrices import matrix

BITS = (0, 1)
CELLS = list(product(BITS, repeat=4))


# Observables and behaviours, by matrices.


def turned(direction: Any) -> Any:
    """The observable of an angle or a vector."""
    vector = np.array(direction, dtype=float)
    if vector.ndim:
        return vector[0] * X + vector[1] * Y + vector[2] * Z
    return np.cos(float(vector)) * Z + np.sin(float(vector)) * X


def vector_of(direction: Any) -> Any:
    return np.array([np.trace(turned(direction) @ p).real / 2 for p in (X, Y, Z)])


def mean(rho: Any, one: Any, two: Any) -> float:
    return float(np.trace(matrix(rho) @ np.kron(one, two)).real)


def products(rho: Any, alice: Any, bob: Any) -> Any:
    return np.array([[mean(rho, turned(a), turned(b)) for b in bob] for a in alice])


def seen(rho: Any, alice: Any, bob: Any) -> Any:
    """P(a, b | x, y) from projectors on eigenvectors."""
    tables = []
    for one, two in product([turned(a) for a in alice], [turned(b) for b in bob]):
        left, right = ([np.outer(v, v.conj()) for v in np.linalg.eigh(o)[1].T[::-1]] for o in (one, two))
        tables.append([[mean(rho, p, q) for q in right] for p in left])
    table = np.array(tables).reshape(len(alice), len(bob), 2, 2)
    return table / table.sum(axis=(2, 3), keepdims=True)


def s_of(behaviour: Any) -> float:
    table = np.array(behaviour, dtype=float)
    return float(sum((-1) ** (a + b + x * y) * table[x, y, a, b] for x, y, a, b in CELLS))


def wins(behaviour: Any, question_one: Any) -> float:
    table, p = np.array(behaviour, dtype=float), [1 - float(question_one), float(question_one)]
    return float(sum(p[x] * p[y] * table[x, y, a, b] for x, y, a, b in CELLS if (a + b) % 2 == x * y))


def as_equal(behaviour: Any) -> Any:
    table = np.array(behaviour, dtype=float)
    return np.array([[np.trace(table[x, y]) - table[x, y, 0, 1] - table[x, y, 1, 0] for y in BITS] for x in BITS])


def pauli_table(rho: Any) -> Any:
    paulis = [np.eye(2), X, Y, Z]
    return np.array([[mean(rho, p, q) for q in paulis] for p in paulis])


def best_s(rho: Any) -> float:
    t = pauli_table(rho)[1:, 1:]
    return float(2 * np.sqrt(np.trace(t.T @ t) - np.linalg.eigvalsh(t.T @ t)[0]))


def told(behaviour: Any) -> float:
    table, gaps = np.array(behaviour, dtype=float), [0.0]
    for q, r in product(BITS, repeat=2):
        gaps.append(abs(table[q, 0, r].sum() - table[q, 1, r].sum()))
        gaps.append(abs(table[0, q, :, r].sum() - table[1, q, :, r].sum()))
    return float(max(gaps))


def programs(strategy: Any) -> Any:
    (a0, a1), (b0, b1) = strategy
    table = np.zeros((2, 2, 2, 2))
    for x, y in product(BITS, repeat=2):
        table[x, y, int((a0, a1)[x]), int((b0, b1)[y])] = 1
    return table


# Rounds.


def by_counts(counts: Any, cells: Any, rounds: int) -> bool:
    """Counts scatter about probabilities that add up to 1."""
    table = np.array(counts).ravel()
    return bool(table.sum() == rounds) and all(
        scatter(found / max(rounds, 1), float(chance), rounds)
        for found, chance in zip(table, np.ravel(cells), strict=True)
    )


def played(result: Any, behaviour: Any, rounds: Any, rng: Any, question_one: Any) -> bool:
    p = [1 - float(question_one), float(question_one)]
    cells = np.array(behaviour, dtype=float) * np.outer(p, p)[:, :, None, None]
    return by_counts(result.counts, cells / cells.sum(), int(rounds))


def measured(result: Any, rho: Any, rounds: Any, rng: Any, alice_angles: Any, bob_angles: Any) -> bool:
    return by_counts(result.counts, seen(rho, alice_angles, bob_angles) / 4, int(rounds))


def by_programs(result: Any, alice: Any, bob: Any, rounds: Any, rng: Any) -> bool:
    cells = np.zeros((2, 2, 2, 2))
    for x, y in product(BITS, repeat=2) if rounds else ():  # nobody is asked where nothing is played
        for u in np.linspace(0.0005, 0.9995, 1000):
            cells[x, y, int(alice(x, float(u))), int(bob(y, float(u)))] += 1 / 4000
    return by_counts(result.counts, cells, int(rounds))


def with_word(result: Any, alice: Any, bob: Any, rounds: Any, rng: Any) -> bool:
    cells = np.zeros((2, 2, 2, 2))
    for x, y in product(BITS, repeat=2) if rounds else ():  # nobody is asked where nothing is played
        for u in np.linspace(0.0005, 0.9995, 1000):
            answer, word = alice(x, float(u))
            cells[x, y, int(answer), int(bob(y, float(u), int(word)))] += 1 / 4000
    return by_counts(result.counts, cells, int(rounds))


def imitated(result: Any, alice: Any, bob: Any, rounds: Any, rng: Any) -> bool:
    n, (one, two, sent) = int(rounds), result
    fits = all(len(part) == n for part in result) and set(one.tolist() + two.tolist()) <= {1, -1}
    wanted = -float(vector_of(alice) @ vector_of(bob))
    found = (np.asarray(one, dtype=float) * two).mean() if n else wanted
    return bool(fits and set(sent.tolist()) <= {0, 1} and scatter((1 + found) / 2, (1 + wanted) / 2, n))


def rarely_told(result: Any, rounds: Any, rng: Any, message_probability: Any) -> bool:
    n, f = int(rounds), float(message_probability)
    won = (3 + f) / 4
    return (
        result.result.rounds == n
        and scatter(result.bits_sent / max(n, 1), f, n)
        and scatter(result.result.wins / max(n, 1), won, n)
    )


# Eberhard.


def clicks(theta: float, eta: float, zeta: float) -> Any:
    amplitude = np.array([np.cos(theta / 2), np.sin(theta / 2)])
    return zeta * np.eye(2) + (1 - zeta) * eta * np.outer(amplitude, amplitude)


def j_operator(alice_angles: Any, bob_angles: Any, efficiency: Any, background: Any) -> Any:
    a, b = ([clicks(float(t), float(efficiency), float(background)) for t in s] for s in (alice_angles, bob_angles))
    one = np.eye(2)
    return (
        np.kron(a[0], b[0]) - np.kron(a[0], one - b[1]) - np.kron(one - a[1], b[0]) - np.kron(a[1], b[1])
    )  # fmt: skip


def j_of(behaviour: Any) -> float:
    table = np.array(behaviour, dtype=float)
    return float(table[0, 0, 0, 0] - table[0, 1, 0, 1] - table[1, 0, 1, 0] - table[1, 1, 0, 0])


def clicked(optimum: Any, efficiency: Any, background: Any) -> Any:
    ket, table = optimum.ket, np.zeros((2, 2, 2, 2))
    for x, y, a, b in CELLS:
        one, two = (
            clicks(t, float(efficiency), float(background)) for t in (optimum.alice_angles[x], optimum.bob_angles[y])
        )
        one, two = (np.eye(2) - one if a else one), (np.eye(2) - two if b else two)
        table[x, y, a, b] = (ket.conj() @ np.kron(one, two) @ ket).real
    return table


def best_experiment(result: Any, efficiency: Any, background: Any) -> bool:
    """What is returned reaches its J, and none of two hundred other pairs of angles more."""
    operator = j_operator(result.alice_angles, result.bob_angles, efficiency, background)
    reached = abs((result.ket.conj() @ operator @ result.ket).real - result.j) < 1e-9
    others = np.pi * np.random.default_rng(3).random((200, 4)) ** 2
    values = [np.linalg.eigvalsh(j_operator(o[:2], o[2:], efficiency, background))[-1] for o in others]
    return bool(reached and max(values) <= result.j + 1e-9)


def at_the_edge(found: float, outward: float, holds: Any) -> bool:
    return not holds(found + outward) and (found in (0.0, 1.0) or holds(found - outward))


def background_ends(result: Any, efficiency: Any, tolerance: Any) -> bool:
    def holds(zeta: float) -> bool:
        return 0 <= zeta <= 1 and eberhard.eberhard_optimum(float(efficiency), background=zeta).j > 1e-9

    slack = float(tolerance) + 1e-12
    return 0 <= result <= 0.5 and (not holds(result + slack)) and (result == 0 or holds(result))


def efficiency_ends(result: Any, background: Any, tolerance: Any) -> bool:
    def holds(eta: float) -> bool:
        return 0 <= eta <= 1 and eberhard.eberhard_optimum(eta, background=float(background)).j > 1e-9

    return 0.5 <= result <= 1 and not holds(result - float(tolerance) - 1e-12) and (result == 1 or holds(result))


def from_totals(trials: Any, singles_alice: Any, singles_bob: Any, coincidences: Any) -> BellTestResult:
    table = []
    for x, y in product(BITS, repeat=2):
        n, a, b, both = (int(np.array(t)[x, y]) for t in (trials, singles_alice, singles_bob, coincidences))
        table.append([[both, a - both], [b - both, n - a - b + both]])
    return BellTestResult(np.array(table).reshape(2, 2, 2, 2))


def terms_read(result: Any, terms: Any, trials: Any, input_excess: Any) -> bool:
    counted, rounds = [int(t) for t in terms], [int(n) for n in trials]
    j = Fraction(counted[0], rounds[0]) - sum(Fraction(t, n) for t, n in zip(counted[1:], rounds[1:], strict=True))
    variance = 0.0
    for t, n in zip(counted, rounds, strict=True):
        share = t / n
        variance += max(share * (1 - share), (n + 1) / (n + 2) ** 2 if t in (0, n) else 0.0) / n
    yes, no, tau = counted[0], sum(counted[1:]), float(input_excess)
    chance = (0.5 + tau) ** 2 / (0.5 + 2 * tau * tau)
    tail = log10_between(yes + no, yes, yes + no, chance) if yes + no < 10**5 else result.log10_p_value
    return (
        abs(result.j - float(j)) < 1e-12
        and abs(result.standard_error / sqrt(variance) - 1) < 1e-9
        and (result.for_quantum, result.against) == (yes, no)
        and abs(result.log10_p_value - tail) <= 1e-9 * abs(tail) + 1e-9
    )


def result_read(result: Any, given: Any, input_excess: Any) -> bool:
    table = given.table
    terms = [table[0, 0, 0, 0], table[0, 1, 0, 1], table[1, 0, 1, 0], table[1, 1, 0, 0]]
    return terms_read(result, terms, table.sum(axis=(2, 3)).ravel(), input_excess)


# Games and inequalities: all programs.


def listed(functional: Any) -> float:
    c = np.array(functional, dtype=float)
    x, y, a, b = c.shape
    best = -np.inf
    for alice in product(range(a), repeat=x):
        for bob in product(range(b), repeat=y):
            best = max(best, sum(c[i, j, p, q] for (i, p), (j, q) in product(enumerate(alice), enumerate(bob))))
    return float(best)


def best_reached(result: Any, functional: Any) -> bool:
    bound, table = result
    wanted = listed(functional)
    slack = 1e-9 * abs(wanted) + 1e-12
    whole = set(np.unique(table)) <= {0.0, 1.0} and (table.sum(axis=(2, 3)) == 1).all()
    reached = np.sum(np.array(functional, dtype=float) * table)
    return bool(whole and abs(bound - wanted) <= slack and abs(reached - wanted) <= slack)


def game_read(result: Any, questions: Any, wins: Any) -> bool:
    asked, won = np.array(questions, dtype=float), np.array(wins, dtype=bool)
    best = listed(asked[:, :, None, None] * won)
    return bool(np.allclose(result.questions, asked, atol=1e-4) and (result.wins == won).all()) and (
        abs(result.classical_value() - best) < 1e-4
    )


def game_value(behaviour: Any) -> float:
    table = np.array(behaviour, dtype=float)
    return float(sum(
        GAME.questions[x, y] * table[x, y, a, b]
        for x, y, a, b in np.ndindex(*table.shape) if GAME.wins[x, y, a, b]
    ))  # fmt: skip


def biased(question_one: Any, program: bool) -> float:
    """Of all programs, or of all angles between Alice's two vectors."""
    p = [1 - float(question_one), float(question_one)]
    weights = np.outer(p, p)
    if program:
        return max(
            sum(weights[x, y] for x, y in product(BITS, repeat=2) if (a[x] + b[y]) % 2 == x * y)
            for a, b in product(product(BITS, repeat=2), repeat=2)
        )
    turn = np.exp(1j * np.linspace(0, np.pi, 20_001))
    bias = abs(weights[0, 0] + weights[1, 0] * turn) + abs(weights[0, 1] - weights[1, 1] * turn)
    return float(0.5 + bias.max() / 2)


def ghz_value(rho: Any) -> float:
    total = 0.0
    for asked in games.GHZ_QUESTIONS:
        bases = [np.linalg.eigh(Y if q else X)[1][:, ::-1] for q in asked]
        unitary = np.kron(np.kron(bases[0], bases[1]), bases[2])
        chances = (unitary.conj().T @ matrix(rho) @ unitary).diagonal().real
        total += sum(chances[k] for k in range(8) if bin(k).count("1") % 2 == max(asked)) / 4
    return float(total)


def ghz_answers(result: Any, questions: Any) -> bool:
    happens = {record for record, after in records(result).items() if after.trace().real > 1e-9}
    parities = {bin(record[0][1]).count("1") % 2 for record in happens}
    return parities == {max(int(q) for q in questions)} and len(happens) == 4


def raising(num_qubits: Any) -> Any:
    n = int(num_qubits)
    operator = np.zeros((2**n, 2**n))
    operator[0, -1] = operator[-1, 0] = 2.0 ** (n - 1)
    return operator


def collins_gisin(table: Any) -> Any:
    t = np.array(table, dtype=float)
    x, y = t.shape[0] - 1, t.shape[1] - 1
    c = np.full((x, y, 2, 2), t[0, 0] / (x * y))
    for i, j, a, b in np.ndindex(x, y, 2, 2):
        c[i, j, a, b] += t[i + 1, 0] / y * (a == 0) + t[0, j + 1] / x * (b == 0) + t[i + 1, j + 1] * (a == b == 0)
    return c


def signed(joint: Any, alice: Any, bob: Any) -> Any:
    m = np.array(joint, dtype=float)
    c = np.zeros((*m.shape, 2, 2))
    for x, y, a, b in np.ndindex(*c.shape):
        c[x, y, a, b] = (-1) ** (a + b) * m[x, y]
        c[x, y, a, b] += (-1) ** a * float(alice[x]) / m.shape[1] if alice is not None else 0
        c[x, y, a, b] += (-1) ** b * float(bob[y]) / m.shape[0] if bob is not None else 0
    return c


def ring(questions: Any) -> Any:
    n = int(questions)
    joint = np.zeros((n, n))
    for k in range(n):
        joint[k, k] += 1
        if k:
            joint[k, k - 1] += 1
    joint[0, n - 1] -= 1
    return signed(joint, None, None)


def seesawed(result: Any, functional: Any, rng: Any, dimension: Any, starts: Any) -> bool:
    """The value is what state and observables give, and no less than the programs'."""
    c, d = np.array(functional, dtype=float), int(dimension)
    found, scale = 0.0, np.abs(c).max() or 1.0
    for x, y, a, b in np.ndindex(*c.shape):
        one = (np.eye(d) + (-1) ** a * result.alice[x]) / 2
        two = (np.eye(d) + (-1) ** b * result.bob[y]) / 2
        found += float(c[x, y, a, b] / scale * (result.ket.conj() @ np.kron(one, two) @ result.ket).real)
    fine = all(np.allclose(o @ o, np.eye(d), atol=1e-8) for side in (result.alice, result.bob) for o in side)
    return bool(fine and abs(result.value / scale - found) < 1e-9 and found >= listed(c / scale) - 1e-9)


def certified(result: Any, behaviour: Any) -> bool:
    """A linear programme says whether programs mix to it; where not, the inequality is checked by listing."""
    table = np.array(behaviour, dtype=float)
    x, y, a, b = table.shape
    corners = []
    for alice in product(range(a), repeat=x):
        for bob in product(range(b), repeat=y):
            corner = np.zeros(table.shape)
            for (i, p), (j, q) in product(enumerate(alice), enumerate(bob)):
                corner[i, j, p, q] = 1
            corners.append(corner.ravel())
    size = len(corners)
    slack = np.eye(table.size)
    found = linprog(
        np.concatenate([np.zeros(size), np.ones(2 * table.size)]),
        A_eq=np.vstack([np.hstack([np.array(corners).T, slack, -slack]), [1.0] * size + [0.0] * 2 * table.size]),
        b_eq=np.append(table.ravel(), 1.0),
    )
    fine = abs(np.linalg.norm(result.nearest - table) - result.distance) < 1e-4
    if result.is_local:
        return bool(fine and found.fun < 1e-5)
    bound = max(float(corner @ result.functional.ravel()) for corner in corners)
    certificate = abs(bound - result.local_bound) < 1e-7 and abs(result.value - bound - result.distance) < 1e-4
    return bool(fine and found.fun > 1e-9 and certificate and abs(np.linalg.norm(result.functional) - 1) < 1e-9)


def biases(result: Any, joint: Any, rng: Any, starts: Any) -> bool:
    m = np.array(joint, dtype=float)
    scale = np.abs(m).max() or 1.0
    lengths = [np.linalg.norm(side, axis=1) for side in (result.alice, result.bob)]
    reached = np.sum(m / scale * (result.alice @ result.bob.T))
    fine = all(np.allclose(length, 1) for length in lengths) and abs(result.lower / scale - reached) < 1e-9
    if m.shape == (2, 2):
        turn = np.exp(1j * np.linspace(0, np.pi, 20_001))
        dense = (abs(m[0, 0] / scale + m[1, 0] / scale * turn) + abs(m[0, 1] / scale + m[1, 1] / scale * turn)).max()
        fine = fine and abs(result.lower / scale - dense) < 1e-7
    return bool(fine and result.lower <= result.upper + 1e-9 * scale and result.upper - result.lower < 1e-5 * scale)


# Lost rounds.


def thirds(table: Any) -> Any:
    return np.array(table, dtype=float).reshape(2, 2, 3, 3)


def lossy_read(result: Any, counts: Any) -> bool:
    table = np.array(counts, dtype=int)
    clicked_both = sum(table[x, y, a, b] for x, y, a, b in CELLS)
    alice = sum(table[x, y, a, b] for x, y, a, b in np.ndindex(2, 2, 2, 3))
    bob = sum(table[x, y, a, b] for x, y, a, b in np.ndindex(2, 2, 3, 2))
    share = clicked_both / max(1, alice, bob)
    return bool(result.kept().rounds == clicked_both and abs(result.conditional_efficiency - share) < 1e-12)


def folded(answer: Any) -> BellTestResult:
    table = np.zeros((2, 2, 2, 2), dtype=int)
    for x, y, a, b in np.ndindex(2, 2, 3, 3):
        table[x, y, int(answer) if a == 2 else a, int(answer) if b == 2 else b] += LOST.table[x, y, a, b]
    return BellTestResult(table)


def dimmed(behaviour: Any, efficiency_alice: Any, efficiency_bob: Any) -> Any:
    table, one, two = np.array(behaviour, dtype=float), float(efficiency_alice), float(efficiency_bob)
    lossy = np.zeros((2, 2, 3, 3))
    for x, y, a, b in CELLS:
        for p, q in ((a, b), (2, b), (a, 2), (2, 2)):
            chance = (1 - one if p == 2 else one) * (1 - two if q == 2 else two)
            lossy[x, y, p, q] += table[x, y, a, b] * chance
    return lossy


def deceiving(result: Any, efficiency: Any) -> bool:
    """Looks like independent clicks, shows 4/η - 2 on kept rounds, and is a mixture of programs."""
    eta = float(efficiency)
    fine = np.allclose(result.sum(axis=(2, 3)), 1) and np.allclose(result[:, :, :2].sum(axis=(2, 3)), eta)
    kept = result[:, :, :2, :2]
    fine = fine and np.allclose(kept.sum(axis=(2, 3)), eta**2)
    return bool(fine and abs(s_of(kept / eta**2) - (4 / eta - 2)) < 1e-9 and told(result) < 1e-9)


def misread(behaviour: Any, error_zero: Any, error_one: Any) -> Any:
    table, e = np.array(behaviour, dtype=float), [float(error_zero), float(error_one)]
    found = np.zeros((2, 2, 2, 2))
    for (x, y, a, b), (p, q) in product(CELLS, product(BITS, repeat=2)):
        found[x, y, p, q] += table[x, y, a, b] * (e[a] if p != a else 1 - e[a]) * (e[b] if q != b else 1 - e[b])
    return found


def lossy_played(result: Any, behaviour: Any, rounds: Any, rng: Any) -> bool:
    table = np.array(behaviour, dtype=float)
    return by_counts(result.counts, table / table.sum(), int(rounds))


# Papers, statistics, witnesses.


def pooled(result: Any, values: Any, standard_errors: Any) -> bool:
    x, s = [digits(v) for v in values], [digits(v) for v in standard_errors]
    weights = [1 / v**2 for v in s]
    centre = mp.fsum(w * v for w, v in zip(weights, x, strict=True)) / mp.fsum(weights)
    chi = mp.fsum(((v - centre) / e) ** 2 for v, e in zip(x, s, strict=True))
    size = max(abs(v) for v in x)
    scale = mp.sqrt(max(mp.mpf(1), chi / (len(x) - 1))) if len(x) > 1 else 1
    blur = 1e-9 + 1e-14 * float(min((size / e) ** 2 for e in s) if chi < 1 else 0)
    return bool(
        abs(result.value - centre) <= 1e-12 * size + mp.mpf("1e-320")
        and abs(result.standard_error * mp.sqrt(mp.fsum(weights)) - 1) < 1e-9
        and abs(result.chi_squared - chi) <= blur * (chi + 1) and abs(result.scale - scale) <= (blur + 1e-7) * scale
    )  # fmt: skip


def s_error(s: Any, rounds: Any) -> float:
    """Four correlators of n/4 rounds each; where all agree one more of n/4 + 2 might not."""
    e, quarter = digits(s) / 4, mp.mpf(int(rounds)) / 4
    variance = max(1 - e**2, 4 * (quarter + 1) / (quarter + 2) ** 2)
    return float(mp.sqrt(4 * variance / quarter))


def both_p_values(s: Any, rounds: Any, standard_error: Any, input_excess: Any) -> tuple[float, float]:
    n, value, tau = int(rounds), float(s), float(input_excess)
    error = s_error(s, rounds) if standard_error is None else standard_error
    far = (digits(value) - 2) / digits(error)
    with mp.workdps(30):
        if far > 1e9:
            naive = float(-(far**2) / 2 / mp.log(10) - mp.log10(far * mp.sqrt(2 * mp.pi)))
        else:
            naive = float(mp.log10(mp.erfc(far / mp.sqrt(2)) / 2))
    won = floor(n * (0.5 + value / 8) + 1e-9)
    local = 1 - (0.5 - tau) ** 2
    if won <= n * local:
        strict = float(mp.log10(1 - mp.mpf(10) ** log10_between(n, 0, won - 1, local))) if won else 0.0
    else:
        strict = log10_between(n, won, n, local)
    return naive, strict


def counts_read(result: Any, counts: Any) -> bool:
    table = np.array(counts, dtype=int)
    if (table.sum(axis=(2, 3)) == 0).any():
        return bool((result.table == table).all())
    s, variance = Fraction(0), 0.0
    for x, y in product(BITS, repeat=2):
        n = int(table[x, y].sum())
        e = Fraction(int(table[x, y, 0, 0] + table[x, y, 1, 1] - table[x, y, 0, 1] - table[x, y, 1, 0]), n)
        s += (-1) ** (x * y) * e
        variance += max(float(1 - e * e), 4 * (n + 1) / (n + 2) ** 2) / n
    return bool(abs(result.s - float(s)) < 1e-9 and abs(result.standard_error - sqrt(variance)) < 1e-9)


def rounds_counted(rounds: Any) -> BellTestResult:
    table = np.zeros(16, dtype=int)
    for code in rounds:
        table[int(code)] += 1
    return BellTestResult(table.reshape(2, 2, 2, 2))


def hensen(input_excess: Any) -> float:
    local = 1 - (0.5 - float(input_excess)) ** 2
    if 245 * local < 196:
        return log10_between(245, 196, 245, local)
    return float(mp.log10(1 - mp.mpf(10) ** log10_between(245, 0, 195, local)))


def guessed(input_excess: Any) -> float:
    """All programs against all ways to lean the coins."""
    best, tau = 0.0, float(input_excess)
    for p, q in product((0.5 + tau, 0.5 - tau), repeat=2):
        for a, b in product(product(BITS, repeat=2), repeat=2):
            won = [(x, y) for x, y in product(BITS, repeat=2) if (a[x] + b[y]) % 2 == x * y]
            best = max(best, sum((p if x else 1 - p) * (q if y else 1 - q) for x, y in won))
    return best


def tail(trials: Any, successes: Any, success_probability: Any) -> float:
    n, k, p = int(trials), int(successes), float(success_probability)
    if k == 0:
        return 0.0
    if k > n * p:
        return log10_between(n, k, n, p)
    with mp.workdps(80):
        return float(mp.log10(1 - mp.mpf(10) ** mp.mpf(log10_between(n, 0, k - 1, p)))) if p < 1 else 0.0


def fewest(result: Any, winning_probability: Any, p_value: Any) -> bool:
    w, target = float(winning_probability), float(mp.log10(digits(p_value)))

    def enough(n: int, wins: int) -> bool:
        return tail(n, wins, 0.75) <= target + 1e-9

    if result > 10**6:
        return result < 60 * (1 - target) / (w - 0.75) ** 2
    reached = any(enough(result, floor(result * w * up)) for up in (1, 1 + 1e-15))  # 60 × 0.85 is a little below 51
    return reached and not any(enough(n, floor(n * w)) for n in range(max(1, result - 40), result) if n <= 2000)


def bell_overlap(xx: Any, yy: Any, zz: Any, name: str) -> float:
    rho = (np.eye(4) + float(xx) * np.kron(X, X) + float(yy) * np.kron(Y, Y) + float(zz) * np.kron(Z, Z)) / 4
    return float((bell_state(name).conj() @ rho @ bell_state(name)).real)


def bell_counted(result: Any, xx: Any, yy: Any, zz: Any, name: str) -> bool:
    means, variance = [], 0.0
    for given in (xx, yy, zz):
        c = [int(v) for v in given]
        n, e = sum(c), Fraction(c[0] + c[3] - c[1] - c[2], sum(c))
        means.append(float(e))
        variance += max(float(1 - e * e), 4 * (n + 1) / (n + 2) ** 2) / n / 16
    return (
        abs(result.fidelity - bell_overlap(means[0], means[1], means[2], name)) < 1e-9
        and abs(result.standard_error - sqrt(variance)) < 1e-9
    )


def committed(alice_answers: Any, bob_answers: Any) -> float:
    alice, bob = np.array(alice_answers).astype(int), np.array(bob_answers).astype(int)
    n = alice.shape[1]
    won = sum((alice[x, i] + bob[y, i]) % 2 == x * y for x, y, i in np.ndindex(2, 2, n))
    return float(Fraction(int(won), 4 * n))


def refereed(result: Any, alice_answers: Any, bob_answers: Any) -> bool:
    alice, bob = np.array(alice_answers).astype(int), np.array(bob_answers).astype(int)
    n = alice.shape[1]
    possible = {(x, y, alice[x, i], bob[y, i]) for x, y, i in np.ndindex(2, 2, n)}
    counts = result.result.table
    return bool(counts.sum() == n and all(cell in possible for cell in zip(*np.nonzero(counts), strict=True)))


def isolated(result: Any, alice: Any, bob: Any, rounds: Any, rng: Any, time_limit_s: Any) -> bool:
    shared = np.random.default_rng(7).random(int(rounds)).tolist()
    same = all(
        (answers == [[int(player(q, u)) for u in shared] for q in BITS]).all()
        for answers, player in ((result.alice_answers, alice), (result.bob_answers, bob))
    )
    return same and refereed(result.result and result, result.alice_answers, result.bob_answers)


def estimate_read(result: Any, fidelity: Any, standard_error: Any) -> bool:
    f, e = digits(fidelity), digits(standard_error)
    return bool(result.fidelity == f and result.standard_error == e) and (
        isinf(result.sigmas_above_one_half) or abs(result.sigmas_above_one_half * e - (f - mp.mpf(1) / 2)) < 1e-9
    )


def odd_ring(length: Any) -> Any:
    n = int(length)
    table = np.zeros((n, n))
    for x in range(n):
        table[x, x] += 1 / (2 * n)
        table[x, (x + 1) % n] -= 1 / (2 * n)
    return table


RHO, ANGLES = random_density_matrix(2, np.random.default_rng(2)), (0.0, np.pi / 2)
OTHER = (np.pi / 4, -np.pi / 4)
STATES: list[Any] = [epr_pair(), bell_state("psi-"), werner_state(0.9), werner_state(0.9).astype(np.complex64),
                     ghz_state(3), np.eye(4) / 4]  # fmt: skip
TABLE = correlations.behaviour(RHO, ANGLES, OTHER)
MIXED = 0.7 * correlations.behaviour(epr_pair(), ANGLES, OTHER) + 0.3 / 4
TABLES: list[Any] = [
    correlations.pr_box(),
    MIXED,
    MIXED.astype(np.float32),
    np.full((2, 2, 2, 2), 0.25),
    np.round(MIXED, 7),
]
SIGNALLING = np.array([[programs(((y, y), (0, 0)))[x, y] for y in BITS] for x in BITS])
SETTINGS: list[Any] = [
    [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)], np.eye(3)[:2], np.float32([[0.6, 0, 0.8], [0, 1, 0]]), [0.0, (0.0, 0.6, 0.8)],
    [(0.0, 0.0, 1.0 + 1e-6), 0.0], [(0, 0, 0), 0.0], [0.0, np.nan],
]  # fmt: skip
SIDES: dict[str, Any] = {"alice": SETTINGS, "bob": SETTINGS}
ANGLED: dict[str, Any] = {"alice_angles": SETTINGS, "bob_angles": SETTINGS}
DIRECTION: list[Any] = [
    (0.0, 0.6, 0.8), [0, 1, 0], np.array([0.6, 0.0, 0.8]), np.float32([0.6, 0, 0.8]), (0.0, 0.0, 1 + 1e-6), (0, 0, 0),
    (1e300, 0, 0), (np.nan, 0, 1), np.pi, -3,
]  # fmt: skip
FUNCTIONAL = inequalities.from_correlators([[1, 1], [1, -1]], [0.2, 0.1], [0.0, -0.3])
FUNCTIONALS: list[Any] = [np.zeros((2, 2, 2, 2)), np.ones((1, 3, 2, 2)), 1e250 * FUNCTIONAL, inequalities.I3322]
GAME = games.NonlocalGame(np.array([[0.4, 0.3], [0.2, 0.1]]), np.arange(16).reshape(2, 2, 2, 2) % 3 == 0)
OPTIMUM = eberhard.eberhard_optimum(0.9)
COUNTS = np.array(HENSEN_2015.counts)
ZEROS: list[Any] = [0 * COUNTS, COUNTS.astype(np.uint64), COUNTS.astype(np.int8), (2**51 + COUNTS), (2**62 + COUNTS)]
LOST = lost_rounds.LossyBellTest(np.arange(36).reshape(2, 2, 3, 3))
SINGLES = {
    "trials": np.array([[1000, 900], [800, 1000]]), "singles_alice": np.array([[100, 90], [80, 70]]),
    "singles_bob": np.array([[50, 60], [70, 80]]), "coincidences": np.array([[40, 30], [20, 10]]),
}  # fmt: skip
NAMED = {"name": ["phi+", "phi-", "psi+", "psi-"]}
LOCAL: dict[str, Any] = {"strategy": [((1, 0), (0, 1)), ((True, False), (0, 0)), np.eye(2, dtype=int), ((0, 1), (0,))]}
PLAYERS: dict[str, Any] = {
    "alice": [lambda x, u: x, lambda x, u: u < 0.5, lambda x, u: np.int8(x), lambda x, u: 2, lambda x, u: None],
    "bob": [lambda y, u: y, lambda y, u: 1.0, lambda y, u: np.bool_(True)],
}


def always(question: int, shared: float) -> int:
    return 0


CASES = [
    Case(chsh.winning_probability, {"s": 2.4}, lambda s: (4 + float(s)) / 8, odd={"s": [2.8285, -4, 4.0001]}),
    Case(chsh.local_behaviour, {"strategy": ((0, 1), (1, 0))}, programs, odd=LOCAL),
    Case(chsh.strategy_chsh_value, {"strategy": ((0, 1), (1, 0))}, lambda strategy: s_of(
        programs(strategy)
    ), odd=LOCAL),
    Case(chsh.behaviour_chsh_value, {"behaviour": TABLE}, s_of, odd={"behaviour": TABLES}, absolute=1e-7),
    Case(
        chsh.behaviour_winning_probability, {"behaviour": TABLE, "question_one": 0.3}, wins, odd={"behaviour": TABLES},
        absolute=1e-7,
    ),
    Case(
        chsh.chsh_value, {"rho": RHO, "alice_angles": ANGLES, "bob_angles": OTHER},
        lambda rho, alice_angles, bob_angles: s_of(seen(rho, alice_angles, bob_angles)), absolute=1e-7,
        odd={"rho": STATES, **ANGLED},
    ),
    Case(
        chsh.chsh_operator, {"alice_angles": ANGLES, "bob_angles": OTHER},
        lambda alice_angles, bob_angles: sum(
            (-1) ** (x * y) * np.kron(turned(alice_angles[x]), turned(bob_angles[y])) for x in BITS for y in BITS
        ), odd=ANGLED, absolute=1e-7,
    ),
    Case(
        chsh.play_behaviour, {"behaviour": TABLE, "rounds": 1000, "rng": RNG, "question_one": 0.3}, law(played),
        odd={"behaviour": TABLES},
    ),
    Case(
        chsh.play_quantum,
        {"rho": RHO, "rounds": 1000, "rng": RNG, "alice_angles": ANGLES, "bob_angles": OTHER}, law(measured),
        odd={"rho": STATES, **ANGLED},
    ),
    Case(
        chsh.play_classical, {"alice": always, "bob": always, "rounds": 500, "rng": RNG}, law(by_programs), odd=PLAYERS,
    ),
    Case(
        chsh.play_with_message,
        {"alice": lambda x, u: (0, x), "bob": lambda y, u, m: m & y, "rounds": 500, "rng": RNG}, law(with_word),
        odd={"alice": [lambda x, u: 0, lambda x, u: (0, 2), lambda x, u: (0,), lambda x, u: [1, True]]},
    ),
    Case(
        communication.toner_bacon, {"alice": 0.3, "bob": 1.0, "rounds": 2000, "rng": RNG}, law(imitated),
        odd={"alice": DIRECTION, "bob": DIRECTION},
    ),
    Case(
        communication.play_with_rare_messages, {"rounds": 2000, "rng": RNG, "message_probability": 0.4},
        law(rarely_told),
    ),
    Case(correlations.axis, {"name": "alice", "direction": 0.3}, lambda name, direction: vector_of(direction), odd={
        "direction": DIRECTION,
    }, without={"name": "it is shown in a complaint"}, says=["alice"], absolute=1e-7),
    Case(correlations.axes, {"name": "alice", "directions": ANGLES}, lambda name, directions: np.array(
        [vector_of(d) for d in directions]
    ), odd={"directions": SETTINGS}, without={"name": "it is shown in a complaint"}, absolute=1e-7,
        says=["alice"]),
    Case(
        correlations.as_behaviour, {"name": "table", "value": TABLE}, lambda name, value: np.array(value, dtype=float),
        odd={"value": TABLES}, without={"name": "it is shown in a complaint"}, says=["table"], absolute=1e-7,
    ),
    Case(correlations.behaviour, {"rho": RHO, "alice": ANGLES, "bob": OTHER}, seen, absolute=1e-7, odd={
        "rho": STATES, **SIDES,
    }),
    Case(correlations.behaviour_correlators, {"behaviour": TABLE}, as_equal, odd={"behaviour": TABLES}, absolute=1e-7),
    Case(correlations.chsh_maximum, {"rho": RHO}, best_s, odd={"rho": STATES}),
    Case(correlations.correlation_matrix, {"rho": RHO}, lambda rho: pauli_table(rho)[1:, 1:], odd={"rho": STATES}),
    Case(
        correlations.correlator, {"rho": RHO, "alice": 0.3, "bob": 1.0},
        lambda rho, alice, bob: mean(rho, turned(alice), turned(bob)), absolute=1e-7,
        odd={"rho": STATES, "alice": DIRECTION, "bob": DIRECTION},
    ),
    Case(correlations.correlators, {"rho": RHO, "alice": ANGLES, "bob": OTHER}, products, absolute=1e-7, odd={
        "rho": STATES, **SIDES,
    }),
    Case(
        correlations.is_no_signalling, {"behaviour": TABLE, "tolerance": 1e-9},
        lambda behaviour, tolerance: told(behaviour) <= (
            tolerance if tolerance is not None else 2e-4 if np.array(behaviour).dtype == np.float32 else 2e-8
        ), odd={"behaviour": [*TABLES, SIGNALLING], "tolerance": [None]},
    ),
    Case(correlations.observable, {"direction": 0.3}, turned, odd={"direction": DIRECTION}, absolute=1e-7),
    Case(correlations.pauli_coefficients, {"rho": RHO}, pauli_table, odd={"rho": STATES}),
    Case(correlations.signalling, {"behaviour": TABLE}, told, odd={"behaviour": TABLES}, absolute=1e-7),
    Case(
        eberhard.eberhard_operator,
        {"alice_angles": (0.0, 0.5), "bob_angles": (0.0, 0.7), "efficiency": 0.8, "background": 0.01}, j_operator,
        says=["alice_angles and bob_angles"],
    ),
    Case(eberhard.eberhard_value, {"behaviour": TABLE}, j_of, odd={"behaviour": TABLES}, absolute=1e-7),
    Case(eberhard.eberhard_optimum, {"efficiency": 0.9, "background": 0.001}, law(best_experiment)),
    Case(eberhard.largest_background, {"efficiency": 0.9, "tolerance": 1e-3}, law(background_ends)),
    Case(eberhard.smallest_efficiency, {"background": 0.001, "tolerance": 1e-3}, law(efficiency_ends)),
    Case(eberhard.counts_from_singles, SINGLES, from_totals, odd={
        "singles_alice": [SINGLES["singles_alice"].astype(np.uint64), np.full((2, 2), 2000, dtype=np.uint16)],
        "coincidences": [SINGLES["coincidences"].astype(np.uint8), np.full((2, 2), 200, dtype=np.uint64)],
    }),
    Case(eberhard.analyse, {"result": HENSEN_2015, "input_excess": 0.01}, law(
        lambda answer, result, input_excess: result_read(answer, result, input_excess)
    ), odd={"result": [
        BellTestResult(1 + 0 * COUNTS), BellTestResult(0 * COUNTS), published.SHALM_2015,
        BellTestResult(programs(((0, 0), (0, 0))).astype(int)),
    ]}),
    Case(eberhard.analyse_terms, {"terms": [40, 6, 5, 9], "trials": [245, 240, 250, 230], "input_excess": 0.01}, law(
        terms_read
    ), odd={"terms": [[0, 0, 0, 0], [245, 0, 0, 0], np.array([40, 6, 5, 9], dtype=np.uint8)]}, says=["trials"]),
    Case(
        eberhard.eberhard_behaviour, {"optimum": OPTIMUM, "efficiency": 0.8, "background": 0.01}, clicked,
    ),
    Case(
        games.NonlocalGame, {"questions": GAME.questions, "wins": GAME.wins}, law(game_read),
        says=["wins", "questions"], odd={"questions": [np.float32(GAME.questions), np.ones((1, 1))]},
    ),
    Case(GAME.value, {"behaviour": TABLE}, game_value, odd={"behaviour": TABLES}, absolute=1e-7),
    Case(GAME.play, {"behaviour": TABLE, "rounds": 1000, "rng": RNG}, law(
        lambda result, behaviour, rounds, rng: scatter(result / max(1, int(rounds)), game_value(behaviour), int(rounds))
    ), odd={"behaviour": TABLES}),
    Case(games.biased_chsh_classical_value, {"question_one": 0.3}, lambda question_one: biased(question_one, True)),
    Case(
        games.biased_chsh_quantum_value, {"question_one": 0.4}, lambda question_one: biased(question_one, False),
        absolute=1e-7, odd={"question_one": [0.29, 0.2929, 0.293, 0.7071]},
    ),
    Case(games.chsh_game, {"question_one": 0.3}, lambda question_one: games.NonlocalGame(
        np.array([[(1 - float(question_one)) ** 2, float(question_one) * (1 - float(question_one))],
                  [float(question_one) * (1 - float(question_one)), float(question_one) ** 2]]),
        np.array([[[[(a + b) % 2 == x * y for b in BITS] for a in BITS] for y in BITS] for x in BITS]),
    )),
    Case(games.ghz_game_circuit, {"questions": (0, 1, 1)}, law(ghz_answers), odd={
        "questions": [*games.GHZ_QUESTIONS, np.array([1, 1, 0]), (True, False, True), (1, 1, 1)],
    }),
    Case(games.ghz_game_value, {"rho": random_density_matrix(3, np.random.default_rng(1))}, ghz_value, odd={
        "rho": [ghz_state(3), epr_pair(), ghz_state(3).astype(np.complex64)],
    }),
    Case(games.ghz_game_wins, {"questions": (0, 1, 1), "answers": (1, 0, 0)}, lambda questions, answers: (
        sum(int(a) for a in answers) % 2 == (sum(int(q) for q in questions) > 0)
    ), odd={"questions": [*games.GHZ_QUESTIONS, (1, 1, 1)], "answers": [(1, 1, 1), (True, True, False), np.ones(3)]}),
    Case(games.mermin_operator, {"num_qubits": 3}, raising),
    Case(
        games.mermin_local_bound, {"num_qubits": 3},
        lambda num_qubits: 2 ** (int(num_qubits) / 2) * max(
            np.cos((int(num_qubits) + 2 * k) * np.pi / 4) for k in range(4)
        ),
    ),
    Case(
        inequalities.as_any_behaviour, {"behaviour": TABLE}, lambda behaviour: np.array(behaviour, dtype=float),
        odd={"behaviour": TABLES}, absolute=1e-7,
    ),
    Case(
        inequalities.behaviour_at, {"rho": RHO, "alice": [0.0, 0.3, 1.0], "bob": OTHER}, seen,
        odd={"rho": STATES, **SIDES}, absolute=1e-7,
    ),
    Case(inequalities.best_programs, {"functional": FUNCTIONAL}, law(best_reached), odd={"functional": FUNCTIONALS}),
    Case(inequalities.chained_inequality, {"questions": 4}, ring),
    Case(inequalities.from_collins_gisin, {"table": np.array(inequalities.I3322, dtype=float)}, collins_gisin, odd={
        "table": [inequalities.I3322],
    }),
    Case(
        inequalities.from_correlators,
        {"joint": np.array([[1.0, 1.0], [1.0, -1.0]]), "alice": [0.2, 0.1], "bob": [0.0, -0.3]}, signed,
        says=["alice and bob"],
    ),
    Case(inequalities.local_bound, {"functional": FUNCTIONAL}, listed, odd={"functional": FUNCTIONALS}),
    Case(
        inequalities.quantum_value, {"functional": FUNCTIONAL, "rng": RNG, "dimension": 2, "starts": 3}, law(seesawed),
        odd={"functional": FUNCTIONALS},
    ),
    Case(locality.check_locality, {"behaviour": TABLE}, law(certified), odd={"behaviour": [
        *TABLES, np.full((3, 2, 2, 2), 0.25), programs(((0, 1), (0, 0))),
        correlations.behaviour(epr_pair(), ANGLES, OTHER),
    ]}),
    Case(lost_rounds.LossyBellTest, {"counts": LOST.table}, law(lossy_read), odd={"counts": [2**62 + LOST.table]}),
    Case(LOST.with_no_click_as, {"answer": 1}, folded),
    Case(lost_rounds.deceiving_local_behaviour, {"efficiency": 0.8}, law(deceiving), odd={"efficiency": [2 / 3, 0.67]}),
    Case(lost_rounds.largest_readout_error, {"s": 2.5}, lambda s: float(
        mp.findroot(lambda e: (1 - 2 * e) ** 2 * digits(s) - 2, 0.01)
    ), absolute=1e-9, odd={"s": [2.8285]}),
    Case(
        lost_rounds.lossy_behaviour, {"behaviour": TABLE, "efficiency_alice": 0.8, "efficiency_bob": 0.9}, dimmed,
        odd={"behaviour": TABLES}, absolute=1e-7,
    ),
    Case(
        lost_rounds.play_lossy, {"behaviour": dimmed(TABLE, 0.8, 0.9), "rounds": 1000, "rng": RNG}, law(lossy_played),
    ),
    Case(
        lost_rounds.post_selected_local_bound, {"efficiency": 0.8},
        lambda efficiency: float(min(mp.mpf(4), 2 * (2 - digits(efficiency)) / digits(efficiency))),
    ),
    Case(
        lost_rounds.with_readout_error, {"behaviour": TABLE, "error_zero": 0.1, "error_one": 0.2}, misread,
        odd={"behaviour": TABLES}, absolute=1e-7,
    ),
    Case(
        published.pool, {"values": [2.42, 2.35, 2.5], "standard_errors": [0.2, 0.18, 0.3]}, law(pooled),
        says=["values", "standard_errors"],
    ),
    Case(published.s_standard_error, {"s": 2.4, "rounds": 245}, s_error, odd={"s": [4, -4, 3.9999]}),
    Case(
        published.two_p_values, {"s": 2.4, "rounds": 245, "standard_error": 0.2, "input_excess": 0.01}, both_p_values,
        tolerance=1e-6, absolute=1e-6, odd={"standard_error": [None], "s": [4, -4]},
    ),
    Case(
        refereed_game.exact_winning_probability,
        {"alice_answers": np.array([[0, 0, 1], [0, 1, 1]]), "bob_answers": np.array([[0, 1, 0], [0, 0, 1]])}, committed,
        says=["alice_answers"],
    ),
    Case(
        refereed_game.referee,
        {"alice_answers": np.array([[0, 0, 1], [0, 1, 1]]), "bob_answers": np.array([[0, 1, 0], [0, 0, 1]])},
        law(refereed), says=["alice_answers"],
    ),
    Case(refereed_game.play_isolated, {
        "alice": always, "bob": always, "rounds": 20, "rng": RNG, "time_limit_s": 10.0,
    }, law(isolated), odd=PLAYERS, says=["alice"]),
    Case(BellTestResult, {"counts": COUNTS}, law(counts_read), odd={"counts": ZEROS}),
    Case(BellTestResult.from_rounds, {"rounds": np.arange(16)}, rounds_counted, odd={
        "rounds": [[], [1, 15], np.array([3, 200], dtype=np.uint8), np.array([2**63], dtype=np.uint64), [-1]],
    }),
    Case(HENSEN_2015.log10_p_value, {"input_excess": 0.01}, hensen, absolute=1e-9),
    Case(HENSEN_2015.p_value, {"input_excess": 0.01}, lambda input_excess: 10 ** hensen(input_excess)),
    Case(statistics.best_local_winning_probability, {"input_excess": 0.01}, guessed),
    Case(
        statistics.binomial_log10_tail, {"trials": 245, "successes": 196, "success_probability": 0.75}, tail,
        absolute=1e-9, says=["successes"], odd={"success_probability": [0.001, 0.999]},
    ),
    Case(statistics.trials_needed, {"winning_probability": 0.85, "p_value": 0.05}, law(fewest), odd={
        "winning_probability": [0.7501, 0.75 + 1e-7, 0.751],
    }),
    Case(witnesses.FidelityEstimate, {"fidelity": 0.9, "standard_error": 0.01}, law(estimate_read)),
    Case(witnesses.bell_fidelity, {"xx": 0.9, "yy": -0.8, "zz": 0.95, "name": "phi+"}, bell_overlap, odd=NAMED),
    Case(witnesses.witness_value, {"xx": 0.9, "yy": -0.8, "zz": 0.95, "name": "phi+"}, lambda **given: (
        0.5 - bell_overlap(**given)
    ), odd=NAMED),
    Case(witnesses.bell_fidelity_from_counts, {
        "xx": [480, 20, 20, 480], "yy": [20, 480, 480, 20], "zz": [480, 20, 20, 480], "name": "phi+",
    }, law(bell_counted), odd={
        "xx": [[1, 0, 0, 0], [0, 0, 0, 0], np.array([200, 200, 0, 200], dtype=np.uint8)], **NAMED,
    }),
    Case(xor_games.odd_cycle, {"length": 5}, odd_ring),
    Case(
        xor_games.xor_bias, {"joint": np.array([[1.0, 0.5], [0.8, -1.0]]), "rng": RNG, "starts": 3}, law(biases),
        odd={"joint": [[[0, 0], [0, 0]], 1e250 * np.eye(2), np.ones((3, 1))]},
    ),
]  # fmt: skip

test_no_function_is_forgotten, test_one_odd_argument, test_two_odd_arguments, test_many_odd_pairs = edges_of(
    "qlab.bell", CASES, records=(
        communication.MessageResult, eberhard.EberhardAnalysis, eberhard.EberhardOptimum, inequalities.SeeSaw,
        locality.LocalityCheck, published.Pooled, refereed_game.RefereedGame, xor_games.XorBias,
    )
)  # fmt: skip


def test_a_state_that_is_handed_out_twice_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        OPTIMUM.ket[0] = 0
    assert eberhard.eberhard_optimum(0.9).j == OPTIMUM.j


@pytest.mark.parametrize("terms", [[0, 0, 0, 0], [100, 0, 0, 0], [0, 100, 0, 0]])
def test_rates_of_nought_and_one_still_have_errors(terms: list[int]) -> None:
    found = eberhard.analyse_terms(terms, [100] * 4)
    assert found.standard_error == pytest.approx(2 * sqrt(101 / 102**2 / 100))


@pytest.mark.parametrize("direction", DIRECTION[:4])
def test_directions_have_length_one_however_they_were_rounded(direction: Any) -> None:
    assert np.linalg.norm(correlations.axis("alice", direction)) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("scale", [1e-300, 1e-13, 1.0, 1e250])
def test_the_size_of_coefficients_does_not_matter(scale: float) -> None:
    rng = np.random.default_rng(1)
    assert inequalities.quantum_value(scale * signed([[1, 1], [1, -1]], None, None), rng).value == pytest.approx(
        scale * sqrt(8), rel=1e-9
    )
    assert xor_games.xor_bias(scale * np.array([[1, 1], [1, -1]]), rng).upper == pytest.approx(
        scale * sqrt(8), rel=1e-9
    )
