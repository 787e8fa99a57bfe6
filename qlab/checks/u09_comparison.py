"""Unit 09: the comparison table, cell by cell, each with the computation that decides it."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.channels import apply_channel, phase_flip
from qlab.checks import _forms as forms
from qlab.checks._families import (
    CONVENTION,
    COPYING,
    ENTANGLED_MEANS_USEFUL,
    IGNORANCE,
    JUDGE_CLAIMS,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    SHARED_SEED,
    SIGNALLING,
    TELL_ENTANGLEMENT,
)
from qlab.checks._task import Arguments, Misconception, Task
from qlab.correlations import chsh_maximum
from qlab.gates import CNOT, PAULIS, H, random_unitary
from qlab.measures import concurrence, fidelity, is_ppt
from qlab.states import classically_correlated_state, epr_pair, ket, mixture, partial_trace, tensor, werner_state

# --- 09.comparison_row -------------------------------------------------------------------------------------------


def _row_inputs(rng: np.random.Generator) -> list[Arguments]:
    turned = tensor(H, H)
    coin_in_x = turned @ classically_correlated_state() @ turned
    return [
        (classically_correlated_state(),),
        (werner_state(float(rng.uniform(0.55, 0.74))),),
        (werner_state(float(rng.uniform(0.85, 0.97))),),
        (apply_channel(epr_pair(), phase_flip(float(rng.uniform(0.1, 0.3))), [1]),),
        (coin_in_x,),
        (mixture([0.5, 0.5], [ket("00"), ket("++")]),),
    ]


def _correlation(rho: Any, first: str, second: str) -> float:
    return float(np.trace(rho @ np.kron(PAULIS[first], PAULIS[second])).real)


def _correlations(rho: Any) -> Any:
    return np.array([[_correlation(rho, a, b) for b in "XYZ"] for a in "XYZ"])


def _best_s(rho: Any) -> float:
    squares = np.sort(np.linalg.eigvalsh(_correlations(rho).T @ _correlations(rho)))
    return float(2 * np.sqrt(squares[-1] + squares[-2]))


def _agreement(rho: Any, letter: str) -> float:
    return (1 + _correlation(rho, letter, letter)) / 2


def _row(rho: Any) -> dict[str, Any]:
    best = chsh_maximum(rho)
    return {
        "agree_z": _agreement(rho, "Z"),
        "agree_x": _agreement(rho, "X"),
        "entangled": concurrence(rho) > 1e-9,
        "best_s": best,
        "beats_shared_seed": best > 2 + 1e-9,
        "signal": 0.0,
    }


def _row_by_transpose(rho: Any) -> dict[str, Any]:
    best = _best_s(rho)
    return {
        "agree_z": float((rho[0, 0] + rho[3, 3]).real),
        "agree_x": 0.5 + float((rho[0, 3] + rho[1, 2]).real),
        "entangled": not is_ppt(rho),
        "best_s": best,
        "beats_shared_seed": bool(best > 2.000001),
        "signal": 0,
    }


def _row_by_singular_values(rho: Any) -> dict[str, Any]:
    sizes = np.linalg.svd(_correlations(rho), compute_uv=False)
    best = 2 * float(np.hypot(sizes[0], sizes[1]))
    turned = np.kron(H, H) @ rho @ np.kron(H, H)
    return {
        "agree_z": float(rho[0, 0].real + rho[3, 3].real),
        "agree_x": float(turned[0, 0].real + turned[3, 3].real),
        "entangled": concurrence(rho) > 1e-6,
        "best_s": best,
        "beats_shared_seed": best > 2 + 1e-6,
        "signal": 0.0,
    }


def _row_by_angles(rho: Any) -> dict[str, Any]:
    """Bob's best answers to Alice's two orthogonal directions, in the frame of the singular vectors."""
    left, sizes, right = np.linalg.svd(_correlations(rho))
    tilt = np.arctan2(sizes[1], sizes[0])
    first = np.cos(tilt) * right[0] + np.sin(tilt) * right[1]
    second = np.cos(tilt) * right[0] - np.sin(tilt) * right[1]
    t = _correlations(rho)
    alice, other = left[:, 0], left[:, 1]
    best = float(alice @ t @ (first + second) + other @ t @ (first - second))
    smallest = np.linalg.eigvalsh(rho.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4))[0]
    return {**_row(rho), "best_s": best, "entangled": bool(smallest < -1e-9)}


def _row_agreement_is_entanglement(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "entangled": _agreement(rho, "Z") > 0.7}


def _row_bell_is_entanglement(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "entangled": _best_s(rho) > 2 + 1e-9}


def _row_entanglement_is_bell(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "beats_shared_seed": concurrence(rho) > 1e-9}


def _row_werner_formula(rho: Any) -> dict[str, Any]:
    f = fidelity(epr_pair(), rho)
    return {**_row(rho), "best_s": abs(2 * np.sqrt(2) * (4 * f - 1) / 3)}


def _row_fixed_settings(rho: Any) -> dict[str, Any]:
    best = np.sqrt(2) * (_correlation(rho, "Z", "Z") + _correlation(rho, "X", "X"))
    return {**_row(rho), "best_s": abs(float(best))}


def _row_signals(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "signal": _correlation(rho, "Z", "Z") ** 2}


COMPARISON_ROW = Task(
    id="09.comparison_row",
    title="Six cells of the comparison table",
    outcome=JUDGE_CLAIMS,
    inputs=_row_inputs,
    reference=_row,
    returns=forms.record(
        agree_z=forms.number(0, 1),
        agree_x=forms.number(0, 1),
        entangled=forms.boolean(),
        best_s=forms.number(0, 4),
        beats_shared_seed=forms.boolean(),
        signal=forms.number(0, 1),
    ),
    misconceptions=(
        Misconception(
            "agreement-is-entanglement",
            "You called a pair entangled because its halves agree in Z. A copied coin agrees there perfectly; the cell "
            "is decided by the whole state, not by one setting.",
            _row_agreement_is_entanglement,
            ONE_SETTING,
        ),
        Misconception(
            "only-bell-counts",
            "You called entangled only what breaks the Bell bound. Noisy pairs can be entangled and still play no "
            "better than a shared seed; the two columns are different questions.",
            _row_bell_is_entanglement,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "entangled-so-it-wins",
            "You let every entangled pair beat the shared seed. Entanglement is needed for that and not enough; noise "
            "takes the advantage long before it takes the entanglement.",
            _row_entanglement_is_bell,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "all-noise-is-white",
            "You computed S from the fidelity as if all noise were white. The kind of noise matters; two pairs of one "
            "fidelity can lie on opposite sides of the bound.",
            _row_werner_formula,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "textbook-settings",
            "You used the settings that suit a perfect pair. The cell asks for the best that this state can do, and a "
            "damaged pair is read best along other directions.",
            _row_fixed_settings,
            CONVENTION,
        ),
        Misconception(
            "correlation-is-a-channel",
            "You read correlation as a channel and let something arrive. No choice of Alice's moves Bob's statistics, "
            "for any state in the table.",
            _row_signals,
            SIGNALLING,
        ),
    ),
    alternatives=(_row_by_transpose, _row_by_singular_values, _row_by_angles),
    hints=(
        "Agreement in a basis is (1 + ⟨PP⟩)/2, with the Pauli operator of that basis on both sides.",
        "For the best S collect all nine ⟨PQ⟩ in a matrix T; the two largest eigenvalues m of TᵀT give 2√(m₁ + m₂) "
        "(Horodecki, 1995).",
        "Entangled is a question for concurrence or the partial transpose; beating the seed is best_s > 2. For the "
        "signal, ask what Bob's reduced state depends on.",
    ),
)

# --- 09.cnot_copy ------------------------------------------------------------------------------------------------


def _copy_inputs(rng: np.random.Generator) -> list[Arguments]:
    near_pole, near_equator = rng.uniform(0.2, 0.6), rng.uniform(1.2, 1.9)
    phases = rng.uniform(0.3, 2.8, size=2)
    return [(float(near_pole), float(phases[0])), (float(near_equator), float(phases[1])), (0.0, 0.0)]


def _qubit(theta: float, phi: float) -> Any:
    return np.array([np.cos(theta / 2), np.exp(1j * phi) * np.sin(theta / 2)])


def _judged(value: float) -> dict[str, Any]:
    return {"fidelity": float(value), "universal_cloner_is_better": bool(value < 5 / 6)}


def _copy(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    after = CNOT @ np.kron(psi, ket("0"))
    return _judged(fidelity(psi, partial_trace(after, [1])))


def _copy_formula(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1 - np.sin(theta) ** 2 / 2)


def _copy_powers(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.cos(theta / 2) ** 4 + np.sin(theta / 2) ** 4)


def _copy_as_reading(theta: float, phi: float) -> dict[str, Any]:
    """What the CNOT writes is what a Z measurement would have written."""
    chances = np.abs(_qubit(theta, phi)) ** 2
    return _judged(float(chances @ chances))


def _copy_perfect(theta: float, phi: float) -> dict[str, Any]:
    return _judged(1.0)


def _copy_at_the_bound(theta: float, phi: float) -> dict[str, Any]:
    return {"fidelity": 5 / 6, "universal_cloner_is_better": False}


def _copy_root(theta: float, phi: float) -> dict[str, Any]:
    return _judged(np.sqrt(1 - np.sin(theta) ** 2 / 2))


def _copy_both(theta: float, phi: float) -> dict[str, Any]:
    psi = _qubit(theta, phi)
    return _judged(fidelity(np.kron(psi, psi), CNOT @ np.kron(psi, ket("0"))))


def _copy_never(theta: float, phi: float) -> dict[str, Any]:
    return _judged(0.5)


CNOT_COPY = Task(
    id="09.cnot_copy",
    title="CNOT as a would-be copier",
    outcome=JUDGE_CLAIMS,
    inputs=_copy_inputs,
    reference=_copy,
    returns=forms.record(fidelity=forms.number(0, 1), universal_cloner_is_better=forms.boolean()),
    misconceptions=(
        Misconception(
            "copies-like-a-file",
            "You took the CNOT for a file copy. It copies 0 and 1; a superposition comes out as one entangled pair, "
            "whose halves are both damaged.",
            _copy_perfect,
            COPYING,
        ),
        Misconception(
            "bound-for-every-machine",
            "You gave the bound on universal cloners as the result of this circuit. The CNOT is better than that on "
            "some inputs and worse on others; only its worst cases must obey.",
            _copy_at_the_bound,
            COPYING,
        ),
        Misconception(
            "root-of-fidelity",
            "You gave the overlap where the course gives its square. Libraries differ here; ours takes the square.",
            _copy_root,
            CONVENTION,
        ),
        Misconception(
            "both-copies-at-once",
            "You compared the pair with two perfect copies. The question is how good the second qubit is by itself.",
            _copy_both,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "nothing-is-copied",
            "You took no-cloning to mean that nothing is ever copied. States of one known basis are copied perfectly, "
            "which is what classical copying is.",
            _copy_never,
            COPYING,
        ),
    ),
    alternatives=(_copy_formula, _copy_powers, _copy_as_reading),
    hints=(
        "Write down the two-qubit ket after the CNOT, with the second qubit starting in |0⟩.",
        "The copy is the reduced state of qubit 1, and it has no off-diagonal elements.",
        "Take ⟨ψ|ρ|ψ⟩ with that diagonal ρ. A universal cloner reaches 5/6 for each of two copies; compare.",
    ),
)

# --- 09.kind_of_correlation --------------------------------------------------------------------------------------

KINDS = ("product", "classical", "discordant", "entangled")


def _turned(rho: Any, rng: np.random.Generator) -> Any:
    local = np.kron(random_unitary(2, rng), random_unitary(2, rng))
    return local @ rho @ local.conj().T


def _kind_inputs(rng: np.random.Generator) -> list[Arguments]:
    p, q, w = rng.uniform(0.15, 0.4, size=3)
    product = np.kron(np.diag([1 - p, p]), np.diag([1 - q, q])).astype(complex)
    classical = np.diag([0.5 - p / 2, p / 2, p / 2, 0.5 - p / 2]).astype(complex)
    one_sided = mixture([1 - w, w], [ket("00"), ket("1+")])
    cases = [_turned(product, rng), _turned(classical, rng), classical, werner_state(float(rng.uniform(0.3, 0.45)))]
    entangled = [werner_state(float(rng.uniform(0.6, 0.74))), werner_state(float(rng.uniform(0.9, 0.98)))]
    return [(rho,) for rho in [*cases, _turned(one_sided, rng), *entangled]]


def _blocks(rho: Any) -> tuple[list[Any], list[Any]]:
    """Operators on each side left by each matrix element of the other side."""
    tensor_form = np.reshape(rho, (2, 2, 2, 2))
    left = [tensor_form[:, k, :, m] for k in range(2) for m in range(2)]
    right = [tensor_form[k, :, m, :] for k in range(2) for m in range(2)]
    return left, right


def _commute(operators: list[Any]) -> bool:
    return all(np.allclose(a @ b, b @ a, atol=1e-9) for a in operators for b in operators)


def _is_product(rho: Any) -> bool:
    return np.allclose(rho, np.kron(partial_trace(rho, [0]), partial_trace(rho, [1])), atol=1e-9)


def _kind(rho: Any) -> str:
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    return "classical" if all(_commute(operators) for operators in _blocks(rho)) else "discordant"


def _kind_by_transpose(rho: Any) -> str:
    if not is_ppt(rho):
        return "entangled"
    left, right = _blocks(rho)
    if np.linalg.matrix_rank(np.array([block.ravel() for block in left]), tol=1e-9) == 1:
        return "product"
    return "classical" if _commute(left) and _commute(right) else "discordant"


def _kind_by_eigenbasis(rho: Any) -> str:
    """Diagonalise a random combination of the blocks on each side; a classical state is diagonal in that basis."""
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    weights = np.array([0.83, 0.31 + 0.4j, 0.31 - 0.4j, -0.52])
    bases = [np.linalg.eigh(sum(w * b for w, b in zip(weights, side, strict=True)))[1] for side in _blocks(rho)]
    turned = np.kron(*bases).conj().T @ rho @ np.kron(*bases)
    return "classical" if np.allclose(turned, np.diag(np.diag(turned)), atol=1e-9) else "discordant"


def _kind_by_entropy(rho: Any) -> str:
    """Correlated or not by mutual information, then as the definition says."""
    if concurrence(rho) > 1e-9:
        return "entangled"

    def bits(matrix: Any) -> float:
        values = np.linalg.eigvalsh(matrix)
        values = values[values > 1e-14]
        return float(-values @ np.log2(values))

    mutual = bits(partial_trace(rho, [0])) + bits(partial_trace(rho, [1])) - bits(rho)
    if mutual < 1e-9:
        return "product"
    left, right = _blocks(rho)
    return "classical" if _commute(left) and _commute(right) else "discordant"


def _kind_z_only(rho: Any) -> str:
    if concurrence(rho) > 1e-9:
        return "entangled"
    if _is_product(rho):
        return "product"
    return "classical" if np.allclose(rho, np.diag(np.diag(rho)), atol=1e-9) else "discordant"


def _kind_discord_is_entanglement(rho: Any) -> str:
    return "entangled" if _kind(rho) == "discordant" else _kind(rho)


def _kind_separable_is_classical(rho: Any) -> str:
    return "classical" if _kind(rho) == "discordant" else _kind(rho)


def _kind_bell_is_entanglement(rho: Any) -> str:
    if _kind(rho) == "entangled" and chsh_maximum(rho) <= 2:
        return "discordant"
    return _kind(rho)


def _kind_mixed_is_classical(rho: Any) -> str:
    kind = _kind(rho)
    pure = np.trace(rho @ rho).real > 0.8
    return kind if kind != "entangled" or pure else "classical"


KIND_OF_CORRELATION = Task(
    id="09.kind_of_correlation",
    title="Discord without entanglement",
    outcome=TELL_ENTANGLEMENT,
    inputs=_kind_inputs,
    reference=_kind,
    returns=forms.choice(*KINDS),
    misconceptions=(
        Misconception(
            "quantum-means-entangled",
            "You called every state that a measurement disturbs entangled. A mixture of product states can have parts "
            "that no single basis tells apart, and it is still a mixture of product states.",
            _kind_discord_is_entanglement,
            IGNORANCE,
        ),
        Misconception(
            "separable-means-classical",
            "You called everything separable classical. Prepared apart does not mean readable without a trace: with "
            "non-orthogonal parts, every local measurement disturbs something.",
            _kind_separable_is_classical,
            SHARED_SEED,
        ),
        Misconception(
            "classical-only-in-z",
            "You looked for a diagonal matrix in the Z basis. A classical state is diagonal in some local basis, "
            "and nobody promised that it is this one.",
            _kind_z_only,
            ONE_SETTING,
        ),
        Misconception(
            "bell-bound-as-border",
            "You put the border of entanglement at the Bell bound. Between the two lie pairs that are entangled and "
            "violate no CHSH inequality.",
            _kind_bell_is_entanglement,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "mixed-means-classical",
            "You took a mixed state for a classical one. Noise mixes, but a mixed state remains entangled as long as "
            "no mixture of product states equals it.",
            _kind_mixed_is_classical,
            IGNORANCE,
        ),
    ),
    alternatives=(_kind_by_transpose, _kind_by_eigenbasis, _kind_by_entropy),
    hints=(
        "Decide entangled first (concurrence), then product (is ρ equal to ρ_A ⊗ ρ_B?).",
        "A classical state has a local basis on each side in which the whole matrix is diagonal.",
        "Cut ρ into the 2×2 blocks that belong to the matrix elements of the other side. Such a basis exists exactly "
        "when all blocks of each side commute.",
    ),
)

# --- 09.messages_to_match ----------------------------------------------------------------------------------------


def _match_inputs(rng: np.random.Generator) -> list[Arguments]:
    return [(float(rng.uniform(0.84, 0.93)),), (1.0,), (float(rng.uniform(0.55, 0.74)),)]


def _value(f: float) -> float:
    return float(2 * np.sqrt(2) * (4 * f - 1) / 3)


def _match(pair_fidelity: float) -> float:
    best = max(2.0, chsh_maximum(werner_state(pair_fidelity)))
    return (best - 2) / 2


def _match_formula(pair_fidelity: float) -> float:
    return max(0.0, float(np.sqrt(2)) * (4 * pair_fidelity - 1) / 3 - 1)


def _match_by_wins(pair_fidelity: float) -> float:
    """The share q of rounds with a message wins always, the rest three quarters: 3/4 + q/4 must be the quantum win."""
    win = 0.5 + _value(pair_fidelity) / 8
    return max(0.0, 4 * (win - 0.75))


def _match_by_search(pair_fidelity: float) -> float:
    low, high, target = 0.0, 1.0, _value(pair_fidelity)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if 4 * middle + 2 * (1 - middle) >= target else (middle, high)
    return high if high > 1e-12 else 0.0


def _match_every_round(pair_fidelity: float) -> float:
    return 1.0 if _value(pair_fidelity) > 2 else 0.0


def _match_cannot(pair_fidelity: float) -> float:
    return 1.0


def _match_perfect_pair(pair_fidelity: float) -> float:
    return float(np.sqrt(2) - 1)


def _match_share_of_four(pair_fidelity: float) -> float:
    return _value(pair_fidelity) / 4


def _match_entangled_at_half(pair_fidelity: float) -> float:
    return float(np.sqrt(2) - 1) * max(0.0, 2 * pair_fidelity - 1)


MESSAGES_TO_MATCH = Task(
    id="09.messages_to_match",
    title="How many messages match a pair",
    outcome=JUDGE_CLAIMS,
    inputs=_match_inputs,
    reference=_match,
    returns=forms.number(0, 1, what="a share of the rounds"),
    misconceptions=(
        Misconception(
            "a-bit-in-every-round",
            "You sent a bit in every round that quantum play is better than a seed. A bit in every round gives S = 4, "
            "far more than needed; only some of the rounds must have one.",
            _match_every_round,
            SIGNALLING,
        ),
        Misconception(
            "classical-cannot-follow",
            "You held that classical parties need a message always, as if quantum correlations were out of reach. With "
            "messages they reach them, and go beyond.",
            _match_cannot,
            ENTANGLED_MEANS_USEFUL,
        ),
        Misconception(
            "every-pair-is-perfect",
            "You matched a perfect pair. A pair of lower fidelity has a lower S, and below the bound there is nothing "
            "to match at all.",
            _match_perfect_pair,
            NOISE_ARITHMETIC,
        ),
        Misconception(
            "seed-counts-for-nothing",
            "You let messages carry the whole of S. The rounds without a message play with the shared seed and bring "
            "2 on their own.",
            _match_share_of_four,
            SHARED_SEED,
        ),
        Misconception(
            "advantage-from-one-half",
            "You let the advantage start where entanglement starts, at fidelity one half. For the CHSH game it starts "
            "later, and in between a seed is as good.",
            _match_entangled_at_half,
            ENTANGLED_MEANS_USEFUL,
        ),
    ),
    alternatives=(_match_formula, _match_by_wins, _match_by_search),
    hints=(
        "Two kinds of rounds: with a message S is 4, without one it is 2. Mix them.",
        "A Werner pair of fidelity F reaches 2√2·(4F - 1)/3, or the seed's 2 where that is less.",
        "Find the share q with 4q + 2(1 - q) equal to what the pair reaches.",
    ),
)

TASKS = (COMPARISON_ROW, CNOT_COPY, KIND_OF_CORRELATION, MESSAGES_TO_MATCH)
