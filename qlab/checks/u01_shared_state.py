"""Unit 01: what two systems share when they share a state."""

# Implementations here are written as learners write them: what NumPy returns is returned as it comes.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlab import measures, states, statevector
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    IGNORANCE,
    ONE_SETTING,
    SHARED_SEED,
    TELL_ENTANGLEMENT,
)
from qlab.checks._task import Misconception, Task
from qlab.circuits import Circuit
from qlab.gates import PAULIS, X, Z, random_unitary

Matrix = NDArray[Any]

# --- telling_angle: Bob's angle that best tells |Φ+⟩ from a shared coin ---------------------------


def _axis(angle: float) -> Matrix:
    return np.cos(angle) * Z + np.sin(angle) * X


def _correlations(alice_angle: float, bob_angle: float) -> tuple[float, float]:
    """E(a, b) of |Φ+⟩ and of the classically correlated state."""
    observable = np.kron(_axis(alice_angle), _axis(bob_angle))
    pair = states.density_matrix(states.epr_pair())
    coin = states.classically_correlated_state()
    return float(np.trace(observable @ pair).real), float(np.trace(observable @ coin).real)


def _angle_inputs(rng: np.random.Generator) -> list[tuple[float]]:
    return [(float(rng.uniform(0.35, 1.1)),), (float(rng.uniform(1.9, 2.8)),), (float(-rng.uniform(0.4, 1.2)),)]


def _telling_angle(alice_angle: float) -> float:
    return np.pi / 2


def _angle_right(got: float, _expected: float, alice_angle: float) -> bool:
    pair, coin = _correlations(alice_angle, got)
    return abs(pair - coin) > abs(np.sin(alice_angle)) - 1e-4


def _angle_view(got: float, alice_angle: float) -> list[float]:
    return list(_correlations(alice_angle, got))


def _same_axis(alice_angle: float) -> float:
    return alice_angle


def _agreed_axis(alice_angle: float) -> float:
    return 0.0


def _crossed_axis(alice_angle: float) -> float:
    return alice_angle + np.pi / 2


def _degrees(alice_angle: float) -> float:
    return 90.0


def _polariser(alice_angle: float) -> float:
    return np.pi / 4


def _minus_quarter_turn(alice_angle: float) -> float:
    return -np.pi / 2


def _scan_angles(alice_angle: float) -> float:
    grid = np.linspace(0, np.pi, 181)
    gaps = np.abs(np.cos(alice_angle - grid) - np.cos(alice_angle) * np.cos(grid))
    return float(grid[np.argmax(gaps)])


def _scan_matrices(alice_angle: float) -> float:
    pair = states.density_matrix(states.epr_pair())
    difference = pair - states.classically_correlated_state()
    gaps = {}
    for degrees in (0, 45, 90, 135):
        bob = np.deg2rad(degrees)
        observable = np.kron(
            np.cos(alice_angle) * Z + np.sin(alice_angle) * X,
            np.cos(bob) * Z + np.sin(bob) * X,
        )
        gaps[bob] = abs(np.trace(observable @ difference).real)
    return max(gaps, key=lambda bob: gaps[bob])


TELLING_ANGLE = Task(
    id="01.telling_angle",
    title="Choose the setting that tells an entangled pair from a shared coin",
    outcome=TELL_ENTANGLEMENT,
    inputs=_angle_inputs,
    reference=_telling_angle,
    returns=forms.number(what="an angle in radians"),
    view=_angle_view,
    judge=_angle_right,
    misconceptions=(
        Misconception(
            "same-axis",
            "You looked where the entangled pair agrees perfectly. But perfect agreement is no mark of entanglement "
            "by itself: what counts is how far the shared coin falls behind at that setting.",
            _same_axis,
            ONE_SETTING,
        ),
        Misconception(
            "agreed-axis",
            "You measured along the very axis in which the coin was prepared. Along it a shared random value "
            "reproduces the pair exactly, so no number of rounds can tell the two apart.",
            _agreed_axis,
            SHARED_SEED,
        ),
        Misconception(
            "crossed-axis",
            "You crossed Bob's axis with Alice's, where the pair shows no correlation at all. You then compare "
            "nothing against what is left of the coin instead of the pair's own strength.",
            _crossed_axis,
            ONE_SETTING,
        ),
        Misconception(
            "degrees",
            "You thought in degrees, but the angle goes into a sine as it stands: in this course angles are radians.",
            _degrees,
            CONVENTION,
        ),
        Misconception(
            "polariser",
            "You used the angle at which a polariser would stand. The angle here is that of the axis on the Bloch "
            "sphere, where opposite results lie half a turn apart.",
            _polariser,
            CONVENTION,
        ),
    ),
    alternatives=(_minus_quarter_turn, _scan_angles, _scan_matrices),
    hints=(
        "Write down both correlations: the pair gives cos(a - b), the coin cos(a)·cos(b).",
        "Their difference is a product of two factors. Alice's factor is fixed; look at Bob's.",
        "The coin has a definite value along Z only. Which direction is as far from Z as a direction can be?",
    ),
)

# --- sort_states: product, separable, entangled ----------------------------------------------------


def _rotated(rho: Matrix, rng: np.random.Generator) -> Matrix:
    local = np.kron(random_unitary(2, rng), random_unitary(2, rng))
    result: Matrix = local @ rho @ local.conj().T
    return (result + result.conj().T) / 2


def _state_inputs(rng: np.random.Generator) -> list[tuple[list[Matrix]]]:
    pure = states.tensor(states.random_ket(1, rng), states.random_ket(1, rng))
    mixed = states.tensor(*(0.7 * states.random_density_matrix(1, rng) + 0.15 * np.eye(2) for _ in range(2)))
    seeded = [states.classically_correlated_state(), states.werner_state(rng.uniform(0.36, 0.46))]
    strength = float(rng.uniform(0.8, 0.95))
    six = [
        states.density_matrix(pure),
        mixed,
        _rotated(seeded[rng.integers(2)], rng),
        _rotated(states.bell_diagonal_state([strength, 1 - strength, 0, 0]), rng),
        _rotated(states.werner_state(rng.uniform(0.56, 0.74)), rng),
        _rotated(states.density_matrix(states.partially_entangled_ket(rng.uniform(0.4, 0.9))), rng),
    ]
    return [([six[i] for i in rng.permutation(6)],)]


def _is_product(rho: Matrix) -> bool:
    halves = states.tensor(states.partial_trace(rho, [0]), states.partial_trace(rho, [1]))
    return bool(np.allclose(halves, rho, atol=1e-6))


def _sort_states(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if _is_product(rho):
            names.append("product")
        else:
            names.append("separable" if measures.is_ppt(rho) else "entangled")
    return names


def _random_half(density_matrices: Sequence[Matrix]) -> list[str]:
    purities = [measures.purity(states.partial_trace(rho, [0])) for rho in density_matrices]
    return ["product" if purity > 0.999 else "entangled" for purity in purities]


def _any_correlation(density_matrices: Sequence[Matrix]) -> list[str]:
    return ["product" if _is_product(rho) else "entangled" for rho in density_matrices]


def _noise_kills(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if _is_product(rho):
            names.append("product")
        else:
            names.append("entangled" if measures.purity(rho) > 0.999 else "separable")
    return names


def _bell_or_nothing(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        paulis = [PAULIS[letter] for letter in "XYZ"]
        table = np.array([[np.trace(rho @ np.kron(p, q)).real for q in paulis] for p in paulis])
        largest = np.sort(np.linalg.eigvalsh(table.T @ table))[-2:].sum()
        if _is_product(rho):
            names.append("product")
        else:
            names.append("entangled" if largest > 1 + 1e-9 else "separable")
    return names


def _no_product(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        if not measures.is_ppt(rho):
            names.append("entangled")
        else:
            names.append("product" if measures.purity(rho) > 0.999 else "separable")
    return names


def _by_concurrence(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        halves = np.kron(states.partial_trace(rho, [0]), states.partial_trace(rho, [1]))
        if measures.concurrence(rho) > 1e-6:
            names.append("entangled")
        elif measures.trace_distance(rho, halves) < 1e-6:
            names.append("product")
        else:
            names.append("separable")
    return names


def _by_transpose_determinant(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        blocks = np.reshape(rho, (2, 2, 2, 2))
        transposed = blocks.transpose(2, 1, 0, 3).reshape(4, 4)
        halves = np.kron(np.einsum("ikjk->ij", blocks), np.einsum("kikj->ij", blocks))
        if np.abs(halves - rho).max() < 1e-6:
            names.append("product")
        else:
            names.append("entangled" if np.linalg.det(transposed).real < -1e-12 else "separable")
    return names


def _by_information(density_matrices: Sequence[Matrix]) -> list[str]:
    names = []
    for rho in density_matrices:
        parts = [measures.entropy(states.partial_trace(rho, [q])) for q in (0, 1)]
        shared = sum(parts) - measures.entropy(rho)
        entangled = measures.negativity(rho) > 1e-7
        names.append("entangled" if entangled else "separable" if shared > 1e-6 else "product")
    return names


SORT_STATES = Task(
    id="01.sort_states",
    title="Sort six states into product, separable and entangled",
    outcome=TELL_ENTANGLEMENT,
    inputs=_state_inputs,
    reference=_sort_states,
    returns=forms.listing(forms.choice("product", "separable", "entangled"), 6),
    misconceptions=(
        Misconception(
            "random-half",
            "You read a random half as the mark of entanglement. A half is just as random when nobody told you "
            "which state was prepared; a mixed half marks entanglement only where the whole is pure.",
            _random_half,
            IGNORANCE,
        ),
        Misconception(
            "any-correlation",
            "You took every correlation for entanglement. A shared random seed correlates two sides without any "
            "entanglement: that is the whole class of separable states beyond the product ones.",
            _any_correlation,
            SHARED_SEED,
        ),
        Misconception(
            "noise-kills",
            "You assumed that a mixed state cannot be entangled. Noise weakens entanglement by degrees, and a pair "
            "well short of perfect can still be one that no seed reproduces.",
            _noise_kills,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "bell-or-nothing",
            "You called entangled only what violates the CHSH bound. A violation proves entanglement, but its absence "
            "proves nothing: some entangled states pass every CHSH test as if they were local.",
            _bell_or_nothing,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "mixed-means-shared",
            "You let 'product' mean pure. Two machines that each hold their own random bit, unknown to each other, "
            "are mixed and still share nothing.",
            _no_product,
            IGNORANCE,
        ),
    ),
    alternatives=(_by_concurrence, _by_transpose_determinant, _by_information),
    hints=(
        "Two questions, in this order: is the whole nothing but its halves side by side? If not, could a seed do it?",
        "For the first, compare the state with the tensor product of its two partial traces.",
        "For the second, two qubits have an exact criterion in qlab.measures: look at the partial transpose.",
    ),
)

# --- pair_of_concurrence: a partially entangled ket -------------------------------------------------


def _concurrence_inputs(rng: np.random.Generator) -> list[tuple[float]]:
    return [(float(c),) for c in (rng.uniform(0.1, 0.4), rng.uniform(0.4, 0.7), rng.uniform(0.7, 0.95))]


def _pair_of_concurrence(concurrence: float) -> Matrix:
    return states.partially_entangled_ket(concurrence)


def _concurrence_view(got: Matrix, _concurrence: float) -> float:
    return measures.concurrence(got)


def _weights(zero: float, one: float) -> Matrix:
    vector = np.sqrt(np.array([zero, 0, 0, one], dtype=complex))
    result: Matrix = vector / np.linalg.norm(vector)
    return result


def _concurrence_as_weight(concurrence: float) -> Matrix:
    return _weights(1 - concurrence, concurrence)


def _concurrence_as_amplitude(concurrence: float) -> Matrix:
    return _weights(1 - concurrence**2, concurrence**2)


def _half_the_weight(concurrence: float) -> Matrix:
    return _weights(1 - concurrence / 2, concurrence / 2)


def _part_bell(concurrence: float) -> Matrix:
    vector = concurrence * states.epr_pair() + (1 - concurrence) * states.ket("00")
    result: Matrix = vector / np.linalg.norm(vector)
    return result


def _linear_angle(concurrence: float) -> Matrix:
    angle = concurrence * np.pi / 4
    return np.array([np.cos(angle), 0, 0, np.sin(angle)], dtype=complex)


def _by_quadratic(concurrence: float) -> list[float]:
    smaller = (1 - np.sqrt(1 - concurrence**2)) / 2
    return [np.sqrt(1 - smaller), 0, 0, np.sqrt(smaller)]


def _by_circuit(concurrence: float) -> Matrix:
    circuit = Circuit(2).ry(float(np.arcsin(concurrence)), 0).cnot(0, 1)
    return statevector.run(circuit)


def _anticorrelated(concurrence: float) -> Matrix:
    angle = np.arcsin(concurrence) / 2
    return np.array([0, np.cos(angle), 1j * np.sin(angle), 0])


def _by_bisection(concurrence: float) -> Matrix:
    low, high = 0.0, 0.5
    for _ in range(60):
        middle = (low + high) / 2
        if measures.concurrence(_weights(1 - middle, middle)) < concurrence:
            low = middle
        else:
            high = middle
    return _weights(1 - low, low)


PAIR_OF_CONCURRENCE = Task(
    id="01.pair_of_concurrence",
    title="Prepare a pair that is entangled to a given degree",
    outcome=TELL_ENTANGLEMENT,
    inputs=_concurrence_inputs,
    reference=_pair_of_concurrence,
    returns=forms.ket(2),
    view=_concurrence_view,
    misconceptions=(
        Misconception(
            "concurrence-as-weight",
            "You read the concurrence as the chance of finding 11. But more weight on 11 entangles only until both "
            "terms weigh the same; a pair that is always 11 is not entangled at all.",
            _concurrence_as_weight,
            CONVENTION,
        ),
        Misconception(
            "concurrence-as-amplitude",
            "You read the concurrence as the amplitude of one term. It measures how both terms stand together, so it "
            "has to be symmetric under exchanging them.",
            _concurrence_as_amplitude,
            CONVENTION,
        ),
        Misconception(
            "half-the-weight",
            "You let the smaller weight grow in proportion to the concurrence. The end points are right, but weights "
            "are squares of amplitudes, and what is proportional to concurrence is a product of amplitudes.",
            _half_the_weight,
            CONVENTION,
        ),
        Misconception(
            "part-bell",
            "You blended a Bell pair with an unentangled one as if amplitudes were shares. Superposing two states is "
            "not owning a fraction of each: the common term 00 adds up, and the norm changes too.",
            _part_bell,
            IGNORANCE,
        ),
        Misconception(
            "linear-angle",
            "You turned the mixing angle in proportion to the concurrence. Concurrence grows like a sine of that "
            "angle, fast at first and slowly near the maximum.",
            _linear_angle,
            CONVENTION,
        ),
    ),
    alternatives=(_by_quadratic, _by_circuit, _anticorrelated, _by_bisection),
    hints=(
        "Take α|00⟩ + β|11⟩ with real α and β. Only two numbers are to be found, and α² + β² = 1 is one equation.",
        "The concurrence of this ket is 2αβ.",
        "With α = cos φ and β = sin φ the product 2αβ is the sine of a multiple of φ.",
    ),
)

# --- marginals: what each half shows by itself -------------------------------------------------------


def _marginal_inputs(rng: np.random.Generator) -> list[tuple[Matrix]]:
    pure = states.density_matrix(states.random_ket(2, rng))
    mixed = states.random_density_matrix(2, rng)
    bell = _rotated(states.werner_state(rng.uniform(0.8, 1.0)), rng)
    return [(pure,), (mixed,), (bell,)]


def _marginals(rho: Matrix) -> list[Matrix]:
    return [states.partial_trace(rho, [0]), states.partial_trace(rho, [1])]


def _swapped(rho: Matrix) -> list[Matrix]:
    return _marginals(rho)[::-1]


def _after_a_zero(rho: Matrix) -> list[Matrix]:
    blocks = np.reshape(rho, (2, 2, 2, 2))
    first, second = blocks[:, 0, :, 0], blocks[0, :, 0, :]
    return [first / np.trace(first), second / np.trace(second)]


def _counts_only(rho: Matrix) -> list[Matrix]:
    return [np.diag(np.diag(half)) for half in _marginals(rho)]


def _always_mixed(rho: Matrix) -> list[Matrix]:
    return [np.eye(2, dtype=complex) / 2, np.eye(2, dtype=complex) / 2]


def _own_pure_state(rho: Matrix) -> list[Matrix]:
    halves = []
    for half in _marginals(rho):
        likeliest = np.linalg.eigh(half)[1][:, -1]
        halves.append(np.outer(likeliest, likeliest.conj()))
    return halves


def _by_einsum(rho: Matrix) -> tuple[Matrix, Matrix]:
    blocks = np.asarray(rho).reshape(2, 2, 2, 2)
    return np.einsum("ikjk->ij", blocks), np.einsum("kikj->ij", blocks)


def _by_loops(rho: Matrix) -> list[list[list[complex]]]:
    first = [[sum(rho[2 * i + k][2 * j + k] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    second = [[sum(rho[2 * k + i][2 * k + j] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    return [first, second]


def _by_expectations(rho: Matrix) -> list[Matrix]:
    identity = PAULIS["I"]
    halves = [np.zeros((2, 2), dtype=complex), np.zeros((2, 2), dtype=complex)]
    for pauli in PAULIS.values():
        halves[0] = halves[0] + np.trace(rho @ np.kron(pauli, identity)) * pauli / 2
        halves[1] = halves[1] + np.trace(rho @ np.kron(identity, pauli)) * pauli / 2
    return halves


MARGINALS = Task(
    id="01.marginals",
    title="Say what each half shows by itself",
    outcome=TELL_ENTANGLEMENT,
    inputs=_marginal_inputs,
    reference=_marginals,
    returns=forms.listing(forms.density_matrix(1), 2),
    misconceptions=(
        Misconception(
            "swapped",
            "You kept the half that you meant to drop. Qubit 0 is the leftmost factor, so its own index changes "
            "slowest in the matrix.",
            _swapped,
            CONVENTION,
        ),
        Misconception(
            "after-a-zero",
            "You gave the state of one half after the other was found in 0. Nobody has looked yet, and whoever holds "
            "one half cannot know what the other side found: both cases count, each with its chance.",
            _after_a_zero,
            SHARED_SEED,
        ),
        Misconception(
            "counts-only",
            "You kept the chances of 0 and 1 and dropped the rest of the matrix. The entries off the diagonal decide "
            "what every other measurement setting shows.",
            _counts_only,
            ONE_SETTING,
        ),
        Misconception(
            "always-mixed",
            "You generalised from the Bell pair: half of it is completely random, but half of a weakly entangled or "
            "biased pair is not.",
            _always_mixed,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "own-pure-state",
            "You gave each half a definite state of its own, the likeliest one. A half of an entangled pair is a "
            "mixture to whoever holds it, and no single pure state shows the same counts in all settings.",
            _own_pure_state,
            IGNORANCE,
        ),
    ),
    alternatives=(_by_einsum, _by_loops, _by_expectations),
    hints=(
        "Whoever holds one half averages over everything that could happen at the other.",
        "Reshape the 4×4 matrix to (2, 2, 2, 2): row of qubit 0, row of qubit 1, column of qubit 0, column of qubit 1.",
        "Set the row and the column of the half that you drop equal, and add up. qlab.partial_trace does just that.",
    ),
)

TASKS = (TELLING_ANGLE, SORT_STATES, PAIR_OF_CONCURRENCE, MARGINALS)
