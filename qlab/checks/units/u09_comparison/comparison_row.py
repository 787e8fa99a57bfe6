"""Task 09.comparison_row: six cells of the comparison table."""

from __future__ import annotations

from typing import Any

import numpy as np

from qlab.bell.correlations import chsh_maximum
from qlab.channels import apply_channel, phase_flip
from qlab.checks import _forms as forms
from qlab.checks._declaration import Declaration
from qlab.checks._families import (
    CONVENTION,
    ENTANGLED_MEANS_USEFUL,
    JUDGE_CLAIMS,
    NOISE_ARITHMETIC,
    ONE_SETTING,
    SIGNALLING,
)
from qlab.checks._task import Arguments
from qlab.gates import PAULIS, H, random_unitary
from qlab.measures import concurrence, fidelity, is_ppt
from qlab.states import classically_correlated_state, epr_pair, ket, mixture, tensor, werner_state

task = Declaration(
    id="09.comparison_row",
    points=3,
    title="Six cells of the comparison table",
    outcome=JUDGE_CLAIMS,
    returns=forms.record(
        agree_z=forms.number(0, 1),
        agree_x=forms.number(0, 1),
        entangled=forms.boolean(),
        best_s=forms.number(0, 4),
        beats_shared_seed=forms.boolean(),
        signal=forms.number(0, 1),
    ),
)


@task.inputs
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
        *((_turned(werner_state(float(f)), rng),) for f in (rng.uniform(0.784, 0.8), rng.uniform(0.76, 0.777))),
        (_turned(apply_channel(epr_pair(), phase_flip(float(rng.uniform(0.1, 0.3))), [1]), rng),),
    ]


def _turned(rho: Any, rng: np.random.Generator) -> Any:
    local = np.kron(random_unitary(2, rng), random_unitary(2, rng))
    turned = local @ rho @ local.conj().T
    return (turned + turned.conj().T) / 2


def _correlation(rho: Any, first: str, second: str) -> float:
    return float(np.trace(rho @ np.kron(PAULIS[first], PAULIS[second])).real)


def _agreement(rho: Any, letter: str) -> float:
    return (1 + _correlation(rho, letter, letter)) / 2


@task.reference
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


@task.misconception(
    ONE_SETTING,
    "You called a pair entangled because its halves agree in Z. A copied coin agrees there perfectly; the cell is "
    "decided by the whole state, not by one setting.",
)
def _agreement_is_entanglement(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "entangled": _agreement(rho, "Z") > 0.7}


def _correlations(rho: Any) -> Any:
    return np.array([[_correlation(rho, a, b) for b in "XYZ"] for a in "XYZ"])


def _best_s(rho: Any) -> float:
    squares = np.sort(np.linalg.eigvalsh(_correlations(rho).T @ _correlations(rho)))
    return float(2 * np.sqrt(squares[-1] + squares[-2]))


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You called entangled only what breaks the Bell bound. Noisy pairs can be entangled and still play no better than "
    "a shared seed; the two columns are different questions.",
)
def _only_bell_counts(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "entangled": _best_s(rho) > 2 + 1e-9}


@task.misconception(
    ENTANGLED_MEANS_USEFUL,
    "You let every entangled pair beat the shared seed. Entanglement is needed for that and not enough; noise takes "
    "the advantage long before it takes the entanglement.",
)
def _entangled_so_it_wins(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "beats_shared_seed": concurrence(rho) > 1e-9}


@task.misconception(
    NOISE_ARITHMETIC,
    "You computed S from the fidelity as if all noise were white. The kind of noise matters; two pairs of one "
    "fidelity can lie on opposite sides of the bound.",
)
def _all_noise_is_white(rho: Any) -> dict[str, Any]:
    f = fidelity(epr_pair(), rho)
    return {**_row(rho), "best_s": abs(2 * np.sqrt(2) * (4 * f - 1) / 3)}


@task.misconception(
    CONVENTION,
    "You used the settings that suit a perfect pair. The cell asks for the best that this state can do, and a damaged "
    "pair is read best along other directions.",
)
def _textbook_settings(rho: Any) -> dict[str, Any]:
    best = np.sqrt(2) * (_correlation(rho, "Z", "Z") + _correlation(rho, "X", "X"))
    return {**_row(rho), "best_s": abs(float(best))}


@task.misconception(
    SIGNALLING,
    "You read correlation as a channel and let something arrive. No choice of Alice's moves Bob's statistics, for any "
    "state in the table.",
)
def _correlation_is_a_channel(rho: Any) -> dict[str, Any]:
    return {**_row(rho), "signal": _correlation(rho, "Z", "Z") ** 2}


@task.alternative
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


@task.alternative
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


@task.alternative
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


TASK = task.with_hints(
    "Agreement in a basis is (1 + ⟨PP⟩)/2, with the Pauli operator of that basis on both sides.",
    "For the best S collect all nine ⟨PQ⟩ in a matrix T; the two largest eigenvalues m of TᵀT give 2√(m₁ + m₂) "
    "(Horodecki, 1995).",
    "Entangled is a question for concurrence or the partial transpose; beating the seed is best_s > 2. For the "
    "signal, ask what Bob's reduced state depends on.",
)
